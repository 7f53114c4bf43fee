//! What holds a token: an incident names where it arose, of what kind it is, and what failed there, so that it can be tried
//! again from exactly there, or passed.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::instance::TokenId;
use crate::bpmn::ElementIx;

/// Why a token is held.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Incident {
    /// Its number within the instance, from 1; never used twice.
    #[serde(default)]
    pub number: u32,
    /// The token.
    pub token: TokenId,
    /// Where.
    pub element: ElementIx,
    /// When.
    pub at: Timestamp,
    /// What went wrong: it may quote the model, never data.
    pub message: String,
    /// Of what kind.
    #[serde(default)]
    pub kind: IncidentKind,
    /// What failed.
    #[serde(default)]
    pub phase: Phase,
    /// How many assignments had been made there before it: trying again does not make them twice.
    #[serde(default)]
    pub done: u32,
}

/// What went wrong, so that it can be counted and sorted by.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug, Serialize, Deserialize)]
pub enum IncidentKind {
    /// An expression has no value, or none of the kind that is asked for.
    #[default]
    Expression,
    /// The run did not come to rest within its bounds, or its expressions took too much.
    Budget,
    /// No condition holds, and there is no default flow.
    NoWay,
    /// Nobody catches the error that was thrown.
    Uncaught,
    /// The data would grow too large.
    Size,
    /// The model asks for what cannot be done.
    Model,
    /// Work outside has failed, and is not tried again by itself.
    Work,
    /// What was called has failed, or could not be begun.
    Call,
    /// A decision is not there, or says nothing that can be used.
    Decision,
}

/// What failed, and so what is done when it is tried again.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug, Serialize, Deserialize)]
pub enum Phase {
    /// What the element does: it begins again.
    #[default]
    Entering,
    /// What comes after it, its outputs and ways out: only they.
    Leaving,
    /// An event beside the flow: it is waited for again. The token itself is not held by it.
    Beside,
    /// What the instance waits for as a whole: everything begins.
    Opening,
    /// The fields of a round of an activity that repeats, the round of this number.
    Round(u32),
}

impl Phase {
    /// Whether the token that shows the incident does not move because of it.
    pub fn holds(self) -> bool {
        match self {
            Phase::Entering | Phase::Leaving | Phase::Opening | Phase::Round(_) => true,
            Phase::Beside => false,
        }
    }
}
