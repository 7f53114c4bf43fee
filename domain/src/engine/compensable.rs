//! What is done and could still be compensated (BPMN 2.0.2, 13.5.5), remembered with the scope that it was done in. What
//! was done inside a completed sub-process stays under the number that its scope had.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::instance::{Instance, ScopeId, TokenId};
use crate::bpmn::ElementIx;
use crate::value::Data;

/// An activity that is done and could be compensated. In order of completion.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Compensable {
    /// The token that did it; its number is that of the scope which it had, if it had one.
    pub token: TokenId,
    /// The activity.
    pub element: ElementIx,
    /// The scope that it was done in.
    pub scope: ScopeId,
    /// Whether it was one round of an activity that repeats.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub round: bool,
    /// The fields of its scope, as they were when it was done.
    #[serde(default, skip_serializing_if = "Data::is_empty")]
    pub data: Data,
    /// The token that waits for its compensation, once that has been asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub claimed: Option<TokenId>,
}

/// Why a scope compensates, one activity after the other.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum Undoing {
    /// A compensation event asked for it; its token holds the scope.
    Thrown,
    /// The scope of a completed sub-process was opened again, to compensate it from the inside.
    Inside,
    /// The transaction is cancelled.
    Cancelled,
}

impl Instance {
    /// Remembers an activity; what was known of it by the same token is replaced where it stood.
    pub(super) fn remember(&mut self, done: &Compensable) {
        let mut known = self.compensable.iter_mut();
        match known.find(|known| known.token == done.token) {
            Some(known) => *known = done.clone(),
            None => self.compensable.push(done.clone()),
        }
    }

    /// What is to be compensated in a scope from now on.
    pub(super) fn undo(&mut self, host: TokenId, undoing: Undoing, of: &[TokenId]) {
        if let Some(open) = self.scope_mut(ScopeId(host.0)) {
            open.undoing = Some(undoing);
            // What compensates the rounds of an activity is none of them.
            open.rounds = None;
        }
        for done in &mut self.compensable {
            if of.contains(&done.token) {
                done.claimed = Some(host);
            }
        }
    }

    /// Compensation of an activity has begun, by a token: it is not compensated again. If the token opened the activity's
    /// scope anew, the fields and what was done inside go there.
    pub(super) fn undone(&mut self, activity: TokenId, by: TokenId) {
        let Some(at) = self.compensable.iter().position(|it| it.token == activity) else {
            return;
        };
        let done = self.compensable.remove(at);
        let Some(open) = self.scope_mut(ScopeId(by.0)) else {
            self.forget_inside(activity);
            return;
        };
        open.data = done.data;
        for inner in &mut self.compensable {
            if inner.scope.0 == activity.0 {
                inner.scope = ScopeId(by.0);
            }
        }
    }

    /// A token is gone: without being remembered itself, it takes along what was done inside.
    pub(super) fn gone(&mut self, token: TokenId, completed: bool) {
        if self.compensable.is_empty() {
            return;
        }
        if completed && self.compensable.iter().any(|it| it.token == token) {
            return;
        }
        self.compensable.retain(|it| it.token != token);
        self.forget_inside(token);
    }

    /// What was claimed for a scope that is closed can be compensated by others.
    pub(super) fn release(&mut self, scope: ScopeId) {
        for done in &mut self.compensable {
            if done.claimed.is_some_and(|host| host.0 == scope.0) {
                done.claimed = None;
            }
        }
    }

    fn forget_inside(&mut self, token: TokenId) {
        let mut scopes = BTreeSet::from([token.0]);
        // What is inside was done before what is around.
        for done in self.compensable.iter().rev() {
            if scopes.contains(&done.scope.0) {
                scopes.insert(done.token.0);
            }
        }
        self.compensable
            .retain(|done| !scopes.contains(&done.scope.0));
    }
}
