//! The life of a task: [`decide`] judges what a person asks of it, [`Task::apply`] folds what happened. Completing lets
//! the instance go on, which is the engine's part.
//!
//! ```text
//!            claim              delegate
//!   Ready ───────────▶ Claimed ──────────▶ Delegated
//!     ▲     unclaim  ◀─┘  ▲  │    unclaim / resolve │
//!     └──────────────     └──┼─────────────────────┘
//!                            └── complete ──▶ Completed        (the instance moves on: Cancelled)
//! ```

use std::collections::BTreeSet;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::access::Principal;
use crate::bpmn::ElementIx;
use crate::engine::instance::{ScopeId, TokenId};
use crate::ids::TaskId;
use crate::value::{Data, Name};

mod decide;
pub mod form;
pub mod worklist;

pub use decide::{decide, permissions, takes_no_reading};

/// Where the life of a task stands.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub enum TaskState {
    /// Nobody has it in hand.
    Ready,
    /// The assignee has it in hand.
    Claimed,
    /// The assignee has it in hand for the owner, who gets it back.
    Delegated,
    /// Its instance is suspended; nothing can be done with it until that goes on.
    Suspended,
    /// Done.
    Completed,
    /// No longer needed.
    Cancelled,
}

impl TaskState {
    /// Whether work on it may still happen.
    pub fn is_open(self) -> bool {
        match self {
            TaskState::Ready | TaskState::Claimed | TaskState::Delegated | TaskState::Suspended => {
                true
            }
            TaskState::Completed | TaskState::Cancelled => false,
        }
    }
}

/// A unit of human work.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Task {
    /// Which one.
    pub id: TaskId,
    /// The token that waits for it.
    pub token: TokenId,
    /// The scope that its data lives in.
    pub scope: ScopeId,
    /// The user task of the model.
    pub element: ElementIx,
    /// Where its life stands.
    pub state: TaskState,
    /// Who has it in hand.
    pub assignee: Option<Name>,
    /// Who is accountable while somebody else has it in hand for them; gets it back after delegation.
    pub owner: Option<Name>,
    /// Who may claim it.
    pub candidates: BTreeSet<Principal>,
    /// Who may not, whatever else they are.
    pub excluded: BTreeSet<Principal>,
    /// 0 to 100; higher is more urgent.
    pub priority: i32,
    /// When it came into being.
    pub created_at: Timestamp,
    /// When it should be done.
    pub due_at: Option<Timestamp>,
    /// When to look at it again.
    pub follow_up_at: Option<Timestamp>,
    /// What the assignee has typed and not sent.
    pub draft: Option<Data>,
    /// How many comments it has.
    pub comments: u32,
    /// Who completed it.
    pub completed_by: Option<Name>,
    /// Goes up with each change of the task.
    pub revision: u32,
}

/// What a person may ask of a task.
#[derive(Clone, PartialEq, Debug)]
pub enum TaskCommand {
    /// Take it in hand.
    Claim,
    /// Give it back to the candidates; a delegate gives it back to its owner.
    Unclaim,
    /// Finish it; the fields are written to the instance.
    Complete {
        /// The fields.
        data: Data,
        /// What the person chose.
        outcome: Option<Name>,
    },
    /// Hand it to somebody else and stay its owner.
    Delegate {
        /// To whom.
        to: Name,
    },
    /// Hand it to somebody else for good, or to nobody.
    Reassign {
        /// To whom.
        to: Option<Name>,
    },
    /// Change what surrounds it; `None` leaves a part as it is, `Some(None)` clears it.
    Update {
        /// 0 to 100.
        priority: Option<i32>,
        /// When it should be done.
        due_at: Option<Option<Timestamp>>,
        /// When to look at it again.
        follow_up_at: Option<Option<Timestamp>>,
        /// What is typed and not sent.
        draft: Option<Option<Data>>,
    },
    /// Say something about it; the text is stored beside the task.
    Comment,
}

/// What happened to a task.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub enum TaskEvent {
    /// Somebody took it in hand.
    Claimed {
        /// Who.
        by: Name,
    },
    /// It lies with the candidates again.
    Unclaimed,
    /// It is with somebody else for its owner.
    Delegated {
        /// The owner.
        owner: Name,
        /// With whom.
        to: Name,
    },
    /// The delegate gave it back.
    Returned {
        /// To whom.
        owner: Name,
    },
    /// It is with somebody else for good, or with nobody.
    Reassigned {
        /// With whom.
        to: Option<Name>,
    },
    /// What surrounds it changed; the values after the change.
    Updated {
        /// 0 to 100.
        priority: i32,
        /// When it should be done.
        due_at: Option<Timestamp>,
        /// When to look at it again.
        follow_up_at: Option<Timestamp>,
        /// What is typed and not sent.
        draft: Option<Data>,
    },
    /// Somebody said something about it.
    Commented,
    /// Its instance runs another version of its process: what that says of it. Whoever has it in hand keeps it.
    Renewed {
        /// Who gets it, if nobody had it in hand.
        assignee: Option<Name>,
        /// Who may claim it.
        candidates: BTreeSet<Principal>,
        /// Who may not.
        excluded: BTreeSet<Principal>,
        /// 0 to 100.
        priority: i32,
        /// When it should be done.
        due_at: Option<Timestamp>,
        /// When to look at it again.
        follow_up_at: Option<Timestamp>,
    },
    /// Its instance is suspended.
    Suspended,
    /// Its instance goes on; it is in the hands that it was in.
    Resumed,
    /// Done.
    Completed {
        /// By whom.
        by: Name,
    },
    /// No longer needed.
    Cancelled,
}

/// What a person may ask of a task right now, whatever the particulars of the command turn out to be.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Permissions {
    /// Take it in hand.
    pub claim: bool,
    /// Give it back.
    pub unclaim: bool,
    /// Finish it.
    pub complete: bool,
    /// Hand it over and stay its owner.
    pub delegate: bool,
    /// Hand it over for good, or to nobody.
    pub reassign: bool,
    /// Change what surrounds it.
    pub update: bool,
    /// Say something about it.
    pub comment: bool,
}

impl Task {
    /// Folds one event into the state; the revision goes up by one. Total: any event can be folded into any state.
    ///
    /// What was typed and not sent goes with the hands that typed it: the next ones may see less of the fields.
    pub fn apply(&mut self, event: &TaskEvent) {
        match event {
            TaskEvent::Claimed { by } => self.hand(TaskState::Claimed, Some(by), None),
            TaskEvent::Unclaimed => self.hand(TaskState::Ready, None, None),
            TaskEvent::Delegated { owner, to } => {
                self.hand(TaskState::Delegated, Some(to), Some(owner));
            }
            TaskEvent::Returned { owner } => self.hand(TaskState::Claimed, Some(owner), None),
            TaskEvent::Reassigned { to: Some(to) } => self.hand(TaskState::Claimed, Some(to), None),
            TaskEvent::Reassigned { to: None } => self.hand(TaskState::Ready, None, None),
            TaskEvent::Updated {
                priority,
                due_at,
                follow_up_at,
                draft,
            } => {
                self.priority = *priority;
                self.due_at = *due_at;
                self.follow_up_at = *follow_up_at;
                self.draft.clone_from(draft);
            }
            TaskEvent::Renewed {
                assignee,
                candidates,
                excluded,
                priority,
                due_at,
                follow_up_at,
            } => {
                if self.assignee.is_none() && assignee.is_some() && self.state.is_open() {
                    let state = match self.state == TaskState::Suspended {
                        true => TaskState::Suspended,
                        false => TaskState::Claimed,
                    };
                    self.hand(state, assignee.as_ref(), None);
                }
                self.candidates.clone_from(candidates);
                self.excluded.clone_from(excluded);
                self.priority = *priority;
                self.due_at = *due_at;
                self.follow_up_at = *follow_up_at;
            }
            TaskEvent::Commented => self.comments = self.comments.saturating_add(1),
            TaskEvent::Suspended if self.state.is_open() => self.state = TaskState::Suspended,
            TaskEvent::Resumed if self.state == TaskState::Suspended => {
                self.state = self.standing();
            }
            TaskEvent::Suspended | TaskEvent::Resumed => {}
            TaskEvent::Completed { by } => {
                self.state = TaskState::Completed;
                self.completed_by = Some(by.clone());
                self.draft = None;
            }
            TaskEvent::Cancelled => {
                self.state = TaskState::Cancelled;
                self.draft = None;
            }
        }
        self.revision = self.revision.saturating_add(1);
    }

    /// Whose hands it is in says how it stands, if it is open.
    fn standing(&self) -> TaskState {
        match (&self.assignee, &self.owner) {
            (None, _) => TaskState::Ready,
            (Some(_), None) => TaskState::Claimed,
            (Some(_), Some(_)) => TaskState::Delegated,
        }
    }

    fn hand(&mut self, state: TaskState, assignee: Option<&Name>, owner: Option<&Name>) {
        if self.assignee.as_ref() != assignee {
            self.draft = None;
        }
        self.state = state;
        self.assignee = assignee.cloned();
        self.owner = owner.cloned();
    }
}

#[cfg(test)]
mod tests;
