//! What is found in a process before it is published: the problems of resolving, and what is legal and still worth a
//! look. A model with nothing wrong has no findings.

use std::collections::HashSet;

use super::read::{Draft, flag};
use super::report::Report;
use super::soundness::{self, Fault};
use super::{
    Behavior, Element, ElementIx, Kind, Problem, Process, Repeat, Throw, Trigger, resolve,
};
use crate::value::Name;

mod cycle;
mod field;
mod people;

/// Everything that validation finds in a process of the file: what stands in the way of publishing, and what is legal and
/// still worth a look. In order of place.
pub fn findings(draft: &Draft, key: &str) -> Vec<Problem> {
    let (process, problems) = resolve::run(draft, key);
    let mut report = Report::default();
    report.extend(problems);
    executable(draft, key, &mut report);
    if let Some(process) = process {
        let mut lint = Lint {
            process: &process,
            works: works(&process),
            errors: thrown(&process, |throw| match throw {
                Throw::Error(code) => Some(code),
                Throw::None
                | Throw::Terminate
                | Throw::Escalation(_)
                | Throw::Compensate { .. }
                | Throw::Cancel
                | Throw::Signal(_)
                | Throw::Message(_)
                | Throw::Multiple(_) => None,
            }),
            escalations: thrown(&process, |throw| match throw {
                Throw::Escalation(code) => Some(code),
                Throw::None
                | Throw::Terminate
                | Throw::Error(_)
                | Throw::Compensate { .. }
                | Throw::Cancel
                | Throw::Signal(_)
                | Throw::Message(_)
                | Throw::Multiple(_) => None,
            }),
            report,
        };
        let reached = lint.unreachable();
        lint.sound();
        cycle::look(&mut lint, &reached);
        people::look(&mut lint, draft);
        field::look(&mut lint, draft);
        for (ix, element) in process.elements.iter().enumerate() {
            lint.element(ElementIx(ix as u32), element);
        }
        report = lint.report;
    }
    report.into_problems()
}

fn executable(draft: &Draft, key: &str, report: &mut Report) {
    let Some(tag) = draft
        .process_tags()
        .find(|tag| tag.id().map_or("", |id| id) == key)
    else {
        return;
    };
    if tag.own("isExecutable").and_then(|text| flag(text)) != Some(true) {
        let message = format!("the process `{key}` is not marked with `isExecutable=\"true\"`");
        report.error(tag, "not-executable", message);
    }
}

struct Lint<'a> {
    process: &'a Process,
    errors: Thrown,
    /// Scopes with work inside, whose worker may throw any error.
    works: HashSet<Option<ElementIx>>,
    escalations: Thrown,
    report: Report,
}

impl Lint<'_> {
    fn warn(&mut self, element: &Element, rule: &str, message: String) {
        self.report
            .notice(element.place, Some(&element.id), rule, message);
    }

    /// What can go wrong when it runs.
    fn sound(&mut self) {
        let process = self.process;
        for fault in soundness::check(process) {
            let (ix, rule, message) = match fault {
                Fault::Deadlock { join, missing } => {
                    let from = &process.element(process.flow(missing).source).id;
                    let message = format!(
                        "`{}` can wait for ever for a token from `{from}`: join the ways with the kind of gateway that split them",
                        process.element(join).id
                    );
                    (join, "deadlock", message)
                }
                Fault::PilesUp { join } => {
                    let message = format!(
                        "ever more tokens can come to wait at `{}`: a loop before it brings more than it takes",
                        process.element(join).id
                    );
                    (join, "piles-up", message)
                }
                Fault::RunsTwice { merge, split } => {
                    let message = format!(
                        "what follows `{}` is done once for each way out of `{}`: join these with a parallel gateway",
                        process.element(merge).id,
                        process.element(split).id
                    );
                    (merge, "runs-twice", message)
                }
                Fault::NeverReached { element } => {
                    let message = format!(
                        "flows lead to `{}`, and no token ever comes to it",
                        process.element(element).id
                    );
                    (element, "never-reached", message)
                }
            };
            self.warn(process.element(ix), rule, message);
        }
    }

    /// Elements that no token can come to; which ones one can.
    fn unreachable(&mut self) -> Vec<bool> {
        let process = self.process;
        let mut reached = vec![false; process.elements.len()];
        let mut next: Vec<ElementIx> = Vec::new();
        let begins = beginnings(process);
        next.extend(&begins.whole);
        for opener in &process.openers {
            next.push(
                opener
                    .gateway
                    .map_or(opener.element, |(gateway, _)| gateway),
            );
        }
        while let Some(ix) = next.pop() {
            if std::mem::replace(&mut reached[ix.0 as usize], true) {
                continue;
            }
            let element = process.element(ix);
            next.extend(
                element
                    .outgoing
                    .iter()
                    .map(|flow| process.flow(*flow).target),
            );
            next.extend(&element.boundaries);
            next.extend(element.compensation);
            next.extend(&begins.inside[ix.0 as usize]);
            if let Kind::LinkSource(target) = element.kind {
                next.push(target);
            }
        }
        for (element, reached) in process.elements.iter().zip(&reached) {
            if !reached {
                let message = format!("nothing leads to `{}`", element.id);
                self.warn(element, "unreachable", message);
            }
        }
        reached
    }

    fn element(&mut self, ix: ElementIx, element: &Element) {
        match &element.kind {
            Kind::Exclusive => self.exclusive(element),
            Kind::Inclusive | Kind::Complex { .. } => self.inclusive(element),
            Kind::Boundary { on, trigger, .. } => self.boundary(ix, *on, trigger),
            Kind::EventStart { trigger, .. } => self.handler(element, trigger),
            Kind::EventBased | Kind::Parallel => self.conditions(element),
            Kind::Start(_)
            | Kind::End(_)
            | Kind::Catch(_)
            | Kind::Throw(_)
            | Kind::LinkSource(_)
            | Kind::LinkTarget
            | Kind::UserTask(_)
            | Kind::PassThrough
            | Kind::Assign(_)
            | Kind::Work(_)
            | Kind::Decision(_)
            | Kind::Receive(_)
            | Kind::Call(_)
            | Kind::SubProcess
            | Kind::Transaction
            | Kind::AdHoc(_)
            | Kind::EventSubProcess => {}
        }
    }

    /// How many ways out have no condition and are not the default.
    fn always(&self, element: &Element) -> usize {
        let process = self.process;
        let always = element.outgoing.iter().filter(|flow| {
            element.default != Some(**flow) && process.flow(**flow).condition.is_none()
        });
        always.count()
    }

    fn inclusive(&mut self, element: &Element) {
        let ways = element.outgoing.len();
        if ways > 1 && element.default.is_none() && self.always(element) == 0 {
            self.no_default(element);
        }
    }

    fn no_default(&mut self, element: &Element) {
        let message = format!(
            "`{}` has no way out when no condition holds: name a default flow",
            element.id
        );
        self.warn(element, "no-default", message);
    }

    fn exclusive(&mut self, element: &Element) {
        if element.outgoing.len() < 2 {
            return;
        }
        match self.always(element) {
            0 if element.default.is_none() => self.no_default(element),
            0 => {}
            _ => {
                let message = format!(
                    "`{}` has several ways out, and one without a condition that is not the default",
                    element.id
                );
                self.warn(element, "no-condition", message);
            }
        }
    }

    fn conditions(&mut self, element: &Element) {
        let process = self.process;
        let conditional = |flow: &super::FlowIx| process.flow(*flow).condition.is_some();
        if element.outgoing.iter().any(conditional) {
            let message = format!("the conditions behind `{}` are not looked at", element.id);
            self.warn(element, "ignored-condition", message);
        }
    }

    /// An event sub-process for what nothing around it throws.
    fn handler(&mut self, start: &Element, trigger: &Trigger) {
        let process = self.process;
        let Some(handler) = start.parent.map(|parent| process.element(parent)) else {
            return;
        };
        let thrown = trigger.parts().iter().any(|trigger| match trigger {
            Trigger::Error(code) => {
                self.errors.contains(&(handler.parent, code.clone()))
                    || self.works.contains(&handler.parent)
            }
            Trigger::Escalation(code) => self.escalations.contains(&(handler.parent, code.clone())),
            Trigger::Compensation => handler.parent.is_some(),
            Trigger::None
            | Trigger::Timer(_)
            | Trigger::Message(_)
            | Trigger::Condition(_)
            | Trigger::Cancel
            | Trigger::Signal(_)
            | Trigger::Multiple { .. } => true,
        });
        if !thrown {
            let message = format!(
                "`{}` never begins: nothing throws what it catches",
                handler.id
            );
            self.warn(handler, "dead-event-sub-process", message);
        }
    }

    /// A boundary event whose activity never waits, or never throws what it catches.
    fn boundary(&mut self, ix: ElementIx, on: ElementIx, trigger: &Trigger) {
        let host = self.process.element(on);
        let waits = match &host.kind {
            Kind::UserTask(_)
            | Kind::Work(_)
            | Kind::Receive(_)
            | Kind::Call(_)
            | Kind::SubProcess
            | Kind::Transaction
            | Kind::AdHoc(_)
            | Kind::EventSubProcess
            | Kind::EventStart { .. } => true,
            Kind::Start(_)
            | Kind::End(_)
            | Kind::Catch(_)
            | Kind::Throw(_)
            | Kind::LinkSource(_)
            | Kind::LinkTarget
            | Kind::Boundary { .. }
            | Kind::PassThrough
            | Kind::Assign(_)
            | Kind::Decision(_)
            | Kind::Exclusive
            | Kind::Parallel
            | Kind::Inclusive
            | Kind::EventBased
            | Kind::Complex { .. } => false,
        };
        // The rounds of an activity may tell a signal by themselves.
        let tells = matches!(&host.repeat, Some(Repeat::Multi(multi)) if !matches!(multi.behavior, Behavior::All));
        let calls = matches!(host.kind, Kind::Call(_));
        let fires = trigger.parts().iter().any(|trigger| match trigger {
            // What a called process throws, it alone knows.
            Trigger::Error(_) | Trigger::Escalation(_) if calls => true,
            Trigger::Error(code) => {
                self.errors.contains(&(Some(on), code.clone()))
                    || self.works.contains(&Some(on))
                    || matches!(host.kind, Kind::Work(_))
            }
            Trigger::Escalation(code) => self.escalations.contains(&(Some(on), code.clone())),
            Trigger::Signal(_) if tells => true,
            Trigger::None | Trigger::Timer(_) | Trigger::Message(_) | Trigger::Signal(_) => waits,
            // It may hold as the activity begins. What is thrown to the others comes from elsewhere, or was looked for.
            Trigger::Condition(_)
            | Trigger::Compensation
            | Trigger::Cancel
            | Trigger::Multiple { .. } => true,
        });
        if !fires {
            let element = self.process.element(ix);
            let message = format!(
                "`{}` never fires: `{}` does not come to it",
                element.id, host.id
            );
            self.warn(element, "dead-boundary", message);
        }
    }
}

/// Which scopes hold work for somebody outside, at any depth.
fn works(process: &Process) -> HashSet<Option<ElementIx>> {
    let mut scopes = HashSet::new();
    for element in &process.elements {
        if let Kind::Work(_) = element.kind {
            let mut scope = element.parent;
            while scopes.insert(scope) {
                let Some(ix) = scope else { break };
                scope = process.element(ix).parent;
            }
        }
    }
    scopes
}

/// Which scopes hold an event that throws something of a kind, and of which code; `None` stands for any code.
type Thrown = HashSet<(Option<ElementIx>, Option<Name>)>;

fn thrown(process: &Process, code: impl Fn(&Throw) -> Option<&Name>) -> Thrown {
    let mut thrown = HashSet::new();
    for element in &process.elements {
        let (Kind::End(throw) | Kind::Throw(throw)) = &element.kind else {
            continue;
        };
        for code in throw.parts().iter().filter_map(&code) {
            let mut scope = element.parent;
            // Where this code is known already, it is known all the way up.
            while thrown.insert((scope, Some(code.clone()))) {
                thrown.insert((scope, None));
                scope = match scope {
                    Some(ix) => process.element(ix).parent,
                    None => break,
                };
            }
        }
    }
    thrown
}

/// Where tokens appear: in the process, and in each element that holds others.
struct Beginnings {
    whole: Vec<ElementIx>,
    inside: Vec<Vec<ElementIx>>,
}

/// Like [`Process::plain_starts`] with the starts that have triggers, for all scopes in one pass.
fn beginnings(process: &Process) -> Beginnings {
    let mut begins = Beginnings {
        whole: Vec::new(),
        inside: vec![Vec::new(); process.elements.len()],
    };
    let is_start =
        |element: &Element| matches!(element.kind, Kind::Start(_) | Kind::EventStart { .. });
    let mut has_start = vec![false; process.elements.len() + 1];
    let slot = |parent: Option<ElementIx>| parent.map_or(0, |ix| ix.0 as usize + 1);
    for element in process.elements.iter().filter(|element| is_start(element)) {
        has_start[slot(element.parent)] = true;
    }
    for (ix, element) in process.elements.iter().enumerate() {
        let begin = match has_start[slot(element.parent)] {
            true => is_start(element) || matches!(element.kind, Kind::EventSubProcess),
            false if matches!(element.kind, Kind::EventSubProcess) => true,
            false => element.begins(),
        };
        if begin {
            let place = match element.parent {
                Some(parent) => &mut begins.inside[parent.0 as usize],
                None => &mut begins.whole,
            };
            place.push(ElementIx(ix as u32));
        }
    }
    begins
}

#[cfg(test)]
mod tests;
