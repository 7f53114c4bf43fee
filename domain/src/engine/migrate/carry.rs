//! The state of an instance in terms of another version: every reference to an element or a flow is translated. What waits at
//! an element for which there is no other is gone with it; everything else was checked before.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::bpmn::{ElementIx, FlowIx};
use crate::engine::instance::{Instance, Lists, Scope, Source, Sources, Token};
use crate::ids::ProcessId;
use crate::value::Name;

/// An instance has gone to another version.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Migrated {
    /// The version that it goes to.
    pub to: ProcessId,
    /// The number of the version that it has left.
    pub from_version: u32,
    /// The number of the version that it goes to.
    pub to_version: u32,
    /// The elements of the one by those of the other.
    pub elements: BTreeMap<ElementIx, ElementIx>,
    /// The flows of the one by those of the other.
    pub flows: BTreeMap<FlowIx, FlowIx>,
    /// The incidents before which other assignments were made than would be now: trying again makes all of them.
    pub redone: BTreeSet<u32>,
    /// By whom.
    pub by: Name,
    /// When.
    pub at: Timestamp,
    /// Why, in their words.
    pub reason: Name,
}

impl Migrated {
    /// Translates where something is; whether it is still anywhere.
    fn moves(&self, element: &mut ElementIx) -> bool {
        let target = self.elements.get(element);
        if let Some(target) = target {
            *element = *target;
        }
        target.is_some()
    }

    fn token(&self, token: &mut Token) {
        let Token {
            id: _,
            element,
            scope: _,
            via,
            gathered: _,
            since: _,
            lists,
        } = token;
        self.moves(element);
        // What brought a token matters at joins alone, where it was found to have a counterpart.
        *via = via.and_then(|flow| self.flows.get(&FlowIx(flow)).map(|flow| flow.0));
        self.lists(lists);
    }

    fn lists(&self, lists: &mut Lists) {
        let Lists {
            readers: _,
            writers: _,
            owners: _,
            live,
            from,
        } = lists;
        for sources in [live, from] {
            let Sources {
                readers,
                writers,
                owners,
            } = sources;
            for source in [readers, writers, owners] {
                *source = source.and_then(|source| self.source(source));
            }
        }
    }

    pub(super) fn source(&self, source: Source) -> Option<Source> {
        match source {
            Source::Process => Some(Source::Process),
            Source::Element(element) => self.elements.get(&element).copied().map(Source::Element),
        }
    }

    fn scope(&self, scope: &mut Scope) {
        let Scope {
            id: _,
            parent: _,
            element,
            data: _,
            own: _,
            rounds: _,
            turn: _,
            undoing: _,
        } = scope;
        self.moves(element);
    }
}

impl Instance {
    /// Folds that the instance has gone to another version. Total: what was not checked and has no counterpart stays as it
    /// is, if it is a token or what belongs to one, and is gone if it is a wait.
    pub(in crate::engine) fn carry(&mut self, migrated: &Migrated) {
        let Instance {
            id: _,
            process,
            state: _,
            business_key: _,
            initiator: _,
            created_by: _,
            started_at: _,
            ended_at: _,
            data: _,
            tokens,
            next_token: _,
            scopes,
            tasks,
            timers,
            waits,
            keys: _,
            conditions,
            signals,
            work,
            happened,
            calls,
            parent: _,
            incidents,
            next_incident: _,
            compensable,
            gates,
            past: _,
            last_lists,
            history: _,
            revision: _,
        } = self;
        *process = migrated.to;
        for token in tokens.iter_mut() {
            migrated.token(token);
        }
        for scope in scopes {
            migrated.scope(scope);
        }
        // What is closed was stored already, and stays as it was.
        tasks.retain_mut(|task| migrated.moves(&mut task.element) || task.state.is_open());
        timers.retain_mut(|timer| migrated.moves(&mut timer.element));
        waits.retain_mut(|wait| migrated.moves(&mut wait.element));
        conditions.retain_mut(|wait| migrated.moves(&mut wait.element));
        signals.retain_mut(|wait| migrated.moves(&mut wait.element));
        happened.retain_mut(|part| migrated.moves(&mut part.element));
        for work in work {
            migrated.moves(&mut work.element);
        }
        for call in calls {
            migrated.moves(&mut call.element);
        }
        incidents.retain_mut(|incident| {
            if migrated.redone.contains(&incident.number) {
                incident.done = 0;
            }
            if migrated.moves(&mut incident.element) {
                return true;
            }
            // It arose at what hangs beside the token, and that is gone; the token is held all the same.
            let at = tokens.iter().find(|token| token.id == incident.token);
            if let Some(token) = at {
                incident.element = token.element;
            }
            incident.phase.holds()
        });
        for done in compensable {
            migrated.moves(&mut done.element);
        }
        for gate in gates {
            migrated.moves(&mut gate.element);
            let flows = gate.flows.iter();
            gate.flows = flows
                .filter_map(|it| migrated.flows.get(it).copied())
                .collect();
        }
        migrated.lists(last_lists);
    }
}
