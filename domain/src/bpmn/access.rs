//! Who may read and write what, as the model says it.

use serde::{Deserialize, Serialize};

use crate::expr::Expr;
use crate::value::Name;

/// Whom a list of the model names.
#[derive(Clone, PartialEq, Debug)]
pub enum Principals {
    /// `@everyone`.
    Everyone,
    /// `@initiator`.
    Initiator,
    /// `@creator`.
    Creator,
    /// `@participants`: the initiator and those who have a task assigned now.
    Participants,
    /// `@pastParticipants`: those who completed a task of the instance.
    PastParticipants,
    /// A user, a group or a role by name.
    Named(Naming, Name),
    /// The users that a data field names: text, a list of text, or empty.
    Field(Name),
    /// Names that an expression gives: text (commas separate) or a list of text.
    Computed(Naming, Expr),
}

/// What a name names.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Naming {
    /// A user.
    User,
    /// A group.
    Group,
    /// A role.
    Role,
}

/// G7: the lists of a state. `None` carries the list before it forward; an empty list is nobody.
#[derive(Clone, PartialEq, Default, Debug)]
pub struct StateList {
    /// Who reads.
    pub readers: Option<Vec<Principals>>,
    /// Who writes, if they read.
    pub writers: Option<Vec<Principals>>,
    /// Who is accountable; grants nothing by itself.
    pub owners: Option<Vec<Principals>>,
    /// `bind="live"`: resolved anew at every change of the data instead of once on entry.
    pub live: bool,
}

/// G6, by name.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub enum AccessPolicy {
    /// `allowAll`, or none named: the gate abstains.
    #[default]
    AllowAll,
    /// The initiator and those with a task assigned now, for every operation.
    Participants,
    /// The same; but only the initiator may withdraw.
    Initiator,
    /// The initiator alone, for every operation.
    InitiatorStrict,
    /// All of these must agree.
    Composite(Vec<AccessPolicy>),
}

/// How secret a field is.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Debug, Serialize, Deserialize)]
pub enum Classification {
    /// For everyone who reads the instance.
    Public,
    /// The same; the class of every field that no rule names.
    #[default]
    Internal,
    /// Clear for those the rule names, masked or hidden for other readers.
    Confidential,
    /// Hidden from everyone the rule does not name; never masked.
    Secret,
}

/// G9: what a field is, and for whom.
#[derive(Clone, Debug)]
pub struct FieldRule {
    /// The field.
    pub name: Name,
    /// Its class.
    pub class: Classification,
    /// How it looks to readers who are not named; `None` hides it.
    pub mask: Option<Mask>,
    /// Who sees it clear; `None` is the default of the class.
    pub clear: Option<Vec<Principals>>,
    /// Who may write it, among the writers; `None` is all of them.
    pub writers: Option<Vec<Principals>>,
}

/// What a masked value shows.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Mask {
    /// Eight stars, whatever the value.
    Full,
    /// Twelve stars and the last four characters; shorter than eight, eight stars.
    Last4,
}
