//! Where a start begins (BPMN 2.0.2, 13.5.1 and 13.4.5): at one start event, at a receive task or behind an event-based
//! gateway that a message starts, or, in a process without any of these, wherever no flow leads.

use super::command::Begin;
use super::element::{sub_process, wait};
use super::instance::{Lists, ScopeId};
use super::run::Run;
use crate::bpmn::{ElementIx, Kind, Opener, Process, Trigger};

/// One beginning.
#[derive(Clone, Copy, Debug)]
pub(super) enum Beginning {
    /// At an element, as if over a flow.
    Plain(ElementIx),
    /// At a start event, by one of the things that it waits for.
    Triggered(ElementIx, u32),
    /// At what stands before any start.
    Opened(Opener),
}

/// Where a start begins: nowhere if the process has no start for what was asked. Asked by hand, a process that nothing
/// starts plainly begins at its first timer ahead of time, else at the first condition that the data meets.
pub(super) fn find(run: &Run<'_, '_>, begin: &Begin) -> Vec<Beginning> {
    let process = run.process;
    let one = |found: Option<Beginning>| found.into_iter().collect();
    let by = |fits: &dyn Fn(&Trigger) -> bool| {
        starts(process).find_map(|(ix, trigger)| triggered(ix, trigger, fits))
    };
    match begin {
        Begin::Plain => {
            let plain = sub_process::begins(process, None);
            if !plain.is_empty() {
                return plain.into_iter().map(Beginning::Plain).collect();
            }
            let holds = |trigger: &Trigger| matches!(trigger, Trigger::Condition(condition) if run.holds(ScopeId::ROOT, condition) == Ok(true));
            one(by(&is_timer).or_else(|| by(&holds)))
        }
        Begin::Message(name) => {
            let fits =
                |trigger: &Trigger| matches!(trigger, Trigger::Message(wait) if wait.name == *name);
            let opens = |kind: &Kind| match kind {
                Kind::Receive(wait) => wait.name == *name,
                kind => kind.trigger().is_some_and(fits),
            };
            one(by(&fits).or_else(|| opened(process, &opens)))
        }
        Begin::Signal(name) => {
            let fits =
                |trigger: &Trigger| matches!(trigger, Trigger::Signal(signal) if signal == name);
            let opens = |kind: &Kind| kind.trigger().is_some_and(fits);
            one(by(&fits).or_else(|| opened(process, &opens)))
        }
        Begin::Timer(start) => {
            let found = starts(process).find(|(ix, _)| ix == start);
            one(found.and_then(|(ix, trigger)| triggered(ix, trigger, &is_timer)))
        }
    }
}

/// The start events of the process itself, and what each waits for.
fn starts(process: &Process) -> impl Iterator<Item = (ElementIx, &Trigger)> {
    let children = process.children(None);
    let starts = children.filter(|(_, element)| matches!(element.kind, Kind::Start(_)));
    starts.filter_map(|(ix, element)| Some((ix, element.kind.trigger()?)))
}

fn triggered(
    ix: ElementIx,
    trigger: &Trigger,
    fits: &dyn Fn(&Trigger) -> bool,
) -> Option<Beginning> {
    let mut parts = (0..).zip(trigger.parts());
    let (part, _) = parts.find(|(_, part)| fits(part))?;
    Some(Beginning::Triggered(ix, part))
}

fn opened(process: &Process, opens: &dyn Fn(&Kind) -> bool) -> Option<Beginning> {
    let mut openers = process.openers.iter();
    let opener = openers.find(|opener| opens(&process.element(opener.element).kind))?;
    Some(Beginning::Opened(*opener))
}

fn is_timer(trigger: &Trigger) -> bool {
    matches!(trigger, Trigger::Timer(_))
}

impl Beginning {
    /// The element that shows what is wrong before anything has begun.
    pub(super) fn element(&self) -> ElementIx {
        match self {
            Beginning::Plain(element) | Beginning::Triggered(element, _) => *element,
            Beginning::Opened(opener) => opener
                .gateway
                .map_or(opener.element, |(gateway, _)| gateway),
        }
    }

    /// Puts the first token on its way.
    pub(super) fn go(&self, run: &mut Run<'_, '_>, lists: &Lists) {
        match self {
            Beginning::Plain(element) => run.arrive(*element, ScopeId::ROOT, None, lists),
            Beginning::Triggered(element, part) => triggers(run, *element, *part, lists),
            Beginning::Opened(opener) => opens(run, *opener, lists),
        }
    }
}

/// A start event that needs several things begins with the first of them, and waits for the others.
fn triggers(run: &mut Run<'_, '_>, element: ElementIx, part: u32, lists: &Lists) {
    let process = run.process;
    let several = process.element(element).kind.trigger();
    let Some(trigger) = several.filter(|trigger| trigger.needed() > 1) else {
        run.arrive(element, ScopeId::ROOT, None, lists);
        return;
    };
    let spot = run.enter(element, ScopeId::ROOT, None, lists);
    match wait::watch(run, spot, element, trigger) {
        Ok(awaited) => {
            for event in awaited {
                run.emit(event);
            }
            wait::happened(run, spot.token, element, part);
        }
        Err(trouble) => run.hold(spot.token, trouble),
    }
}

/// What came is what the receive task or the event waits for: it is done as it is entered. Behind a gateway that needs all
/// of its events, the others are waited for.
fn opens(run: &mut Run<'_, '_>, opener: Opener, lists: &Lists) {
    let process = run.process;
    let Some((gateway, all)) = opener.gateway else {
        let spot = run.enter(opener.element, ScopeId::ROOT, None, lists);
        run.leave(spot);
        return;
    };
    let spot = run.enter(gateway, ScopeId::ROOT, None, lists);
    let lists = run.complete(spot);
    for flow in &process.element(gateway).outgoing {
        let target = process.flow(*flow).target;
        if target == opener.element {
            let spot = run.enter(target, ScopeId::ROOT, Some(*flow), &lists);
            run.leave(spot);
        } else if all {
            run.arrive(target, ScopeId::ROOT, Some(*flow), &lists);
        }
    }
}
