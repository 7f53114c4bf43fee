//! Whether a process can come to its end, whatever happens (its soundness): everything that its tokens can do is explored,
//! scope by scope from the inside, as far as that is little enough. What the data says is open: of each condition both is
//! looked at, but for conditions that contradict each other, so that nothing is found that no data could bring about. Nothing
//! here runs the engine; tests compare the two.

mod choice;
mod lasting;
mod marking;
mod search;
mod split;
mod way;

use std::collections::BTreeSet;

use super::{ElementIx, FlowIx, Kind, Process, Trigger};

use choice::Choices;
use search::{Budget, Found, Search};
use way::{Net, Target};

pub(crate) use lasting::lasting;

/// Tokens that are moved or looked at in a model; beyond that it is too large to say anything.
const STEPS: usize = 1_000_000;
/// The same for a scope that goes round for ever.
const LASTING: usize = 10_000;
/// Markings that are kept of a model.
const MARKINGS: usize = 20_000;

/// What can go wrong when a process runs.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Fault {
    /// Tokens can wait at a join for ever, because by this flow none comes.
    Deadlock { join: ElementIx, missing: FlowIx },
    /// Ever more tokens can wait at a join.
    PilesUp { join: ElementIx },
    /// What a split began side by side passes a merge token by token.
    RunsTwice { merge: ElementIx, split: ElementIx },
    /// Flows lead there, and still no token comes.
    NeverReached { element: ElementIx },
}

/// What lies directly in a scope.
pub(super) struct Inside {
    /// The sub-process; `None` is the process itself.
    pub scope: Option<ElementIx>,
    /// Its elements, in order.
    pub elements: Vec<ElementIx>,
}

/// Every scope with what lies in it, the outer ones first.
pub(super) fn scopes(process: &Process) -> Vec<Inside> {
    let mut scopes = vec![Inside {
        scope: None,
        elements: Vec::new(),
    }];
    let mut slots = vec![0; process.elements.len()];
    for (ix, element) in process.elements.iter().enumerate() {
        let at = ElementIx(ix as u32);
        let slot = element.parent.map_or(0, |parent| slots[parent.0 as usize]);
        scopes[slot].elements.push(at);
        if holds_others(&element.kind) {
            slots[ix] = scopes.len();
            scopes.push(Inside {
                scope: Some(at),
                elements: Vec::new(),
            });
        }
    }
    scopes
}

fn holds_others(kind: &Kind) -> bool {
    matches!(
        kind,
        Kind::SubProcess | Kind::Transaction | Kind::AdHoc(_) | Kind::EventSubProcess
    )
}

/// What can go wrong, as far as a bounded search tells. Takes some milliseconds at most, however large the model is.
pub(crate) fn check(process: &Process) -> Vec<Fault> {
    let mut net = Net::new(process);
    let choices = Choices::new(process);
    let scopes = scopes(process);
    let beginnings: Vec<Vec<Vec<Target>>> = scopes
        .iter()
        .map(|inside| beginnings(process, inside))
        .collect();
    let ranks = ranks(process, &beginnings);
    let mut budget = Budget {
        steps: STEPS,
        markings: MARKINGS,
    };
    let interrupting = interrupting(process);
    let lasts = lasting(process);
    let mut faults = Vec::new();
    for (inside, beginnings) in scopes.iter().zip(&beginnings).rev() {
        if is_opaque(process, inside) {
            continue;
        }
        let round = inside.elements.iter().any(|ix| lasts[ix.0 as usize]);
        // What goes round for ever may make ever more tokens: little of it is looked at.
        let spared = match round {
            true => budget.steps.saturating_sub(LASTING),
            false => 0,
        };
        budget.steps -= spared;
        let found = Search::new(&net, &choices, &ranks, &mut budget).run(beginnings);
        budget.steps += spared;
        tell(process, inside, &found, &mut budget, &mut faults);
        let mended = !found.whole || !found.stuck.is_empty() || round;
        if let Some(scope) = inside.scope {
            let interrupted = inside.elements.iter().any(|ix| interrupting.contains(ix));
            // What is at fault inside is named there; around it, it is taken to be mended.
            net.endless[scope.0 as usize] = !found.completes && !mended && !interrupted;
        }
    }
    faults
}

/// Whether the search does not know how a scope goes on: something in it takes several tokens to begin, or data ends it.
fn is_opaque(process: &Process, inside: &Inside) -> bool {
    let ends = inside.scope.is_some_and(
        |scope| matches!(&process.element(scope).kind, Kind::AdHoc(ad_hoc) if ad_hoc.until.is_some()),
    );
    let gathers = |ix: &ElementIx| process.element(*ix).start_quantity > 1;
    ends || inside.elements.iter().any(gathers)
}

/// The event sub-processes that end what is around them.
pub(super) fn interrupting(process: &Process) -> BTreeSet<ElementIx> {
    let starts = process.elements.iter().filter(|element| {
        matches!(
            element.kind,
            Kind::EventStart {
                interrupting: true,
                ..
            }
        )
    });
    starts.filter_map(|start| start.parent).collect()
}

fn tell(
    process: &Process,
    inside: &Inside,
    found: &Found,
    budget: &mut Budget,
    faults: &mut Vec<Fault>,
) {
    let before = faults.len();
    for (join, missing) in &found.stuck {
        faults.push(Fault::Deadlock {
            join: *join,
            missing: *missing,
        });
    }
    for join in &found.piling {
        faults.push(Fault::PilesUp { join: *join });
    }
    for (merge, flows) in &found.doubled {
        // Who merges without a gateway may mean it: so BPMN says that something is done for each token.
        let drawn = matches!(process.element(*merge).kind, Kind::Exclusive);
        if !drawn || !leads_to_work(process, *merge, budget) {
            continue;
        }
        if let Some(split) = split::between(process, inside, *merge, *flows, budget) {
            faults.push(Fault::RunsTwice {
                merge: *merge,
                split,
            });
        }
    }
    if !found.whole || faults.len() > before {
        return;
    }
    let mut dead: BTreeSet<ElementIx> = BTreeSet::new();
    for element in &found.visited {
        let outgoing = process.element(*element).outgoing.iter();
        let targets = outgoing.map(|flow| process.flow(*flow).target);
        dead.extend(targets.filter(|target| !found.visited.contains(target)));
    }
    let dead = dead.into_iter();
    faults.extend(dead.map(|element| Fault::NeverReached { element }));
}

/// Whether something is done behind an element.
fn leads_to_work(process: &Process, from: ElementIx, budget: &mut Budget) -> bool {
    let mut seen = BTreeSet::from([from]);
    let mut left = vec![from];
    while let Some(ix) = left.pop() {
        budget.steps = budget.steps.saturating_sub(1);
        if process.element(ix).kind.is_activity() {
            return true;
        }
        left.extend(next(process, ix).filter(|ix| seen.insert(*ix)));
    }
    false
}

/// Where a scope can begin, each with the tokens that it begins with.
fn beginnings(process: &Process, inside: &Inside) -> Vec<Vec<Target>> {
    let target = |element: ElementIx| Target {
        element,
        via: None,
        extra: false,
    };
    let begins = |ix: &&ElementIx| {
        matches!(
            process.element(**ix).kind,
            Kind::Start(_) | Kind::EventStart { .. }
        )
    };
    let starts = inside.elements.iter().filter(begins);
    let mut found: Vec<Vec<Target>> = starts.map(|ix| vec![target(*ix)]).collect();
    let outside = inside.scope.is_none();
    if found.is_empty() {
        let opened: BTreeSet<ElementIx> = process
            .openers
            .iter()
            .filter(|_| outside)
            .map(|opener| {
                opener
                    .gateway
                    .map_or(opener.element, |(gateway, _)| gateway)
            })
            .collect();
        let plain = inside.elements.iter().copied();
        let plain = plain.filter(|ix| process.element(*ix).begins() && !opened.contains(ix));
        let plain: Vec<Target> = plain.map(target).collect();
        if !plain.is_empty() {
            found.push(plain);
        }
    }
    for opener in process.openers.iter().filter(|_| outside) {
        let Some((gateway, all)) = opener.gateway else {
            found.push(vec![target(opener.element)]);
            continue;
        };
        let flows = process.element(gateway).outgoing.iter();
        let behind = flows.map(|flow| Target {
            via: Some(*flow),
            ..target(process.flow(*flow).target)
        });
        found.push(
            behind
                .filter(|it| all || it.element == opener.element)
                .collect(),
        );
    }
    found
}

/// The elements that a token at one goes to next.
pub(super) fn next(process: &Process, ix: ElementIx) -> impl Iterator<Item = ElementIx> {
    let element = process.element(ix);
    let flows = element.outgoing.iter();
    let linked = if let Kind::LinkSource(target) = element.kind {
        Some(target)
    } else {
        None
    };
    let compensates = |border: &ElementIx| {
        matches!(
            process.element(*border).kind.trigger(),
            Some(Trigger::Compensation)
        )
    };
    let borders = element.boundaries.iter().copied();
    flows
        .map(|flow| process.flow(*flow).target)
        .chain(borders.filter(move |border| !compensates(border)))
        .chain(linked)
}

/// A number for each element that is smaller than those of what comes after it, loops left out.
fn ranks(process: &Process, beginnings: &[Vec<Vec<Target>>]) -> Vec<u32> {
    let mut ranks = vec![u32::MAX; process.elements.len()];
    let mut seen = vec![false; process.elements.len()];
    let mut rank = u32::MAX - 1;
    for target in beginnings.iter().flatten().flatten() {
        let mut path: Vec<(ElementIx, Vec<ElementIx>)> = Vec::new();
        let mut enter = |ix: ElementIx, path: &mut Vec<(ElementIx, Vec<ElementIx>)>| {
            if !std::mem::replace(&mut seen[ix.0 as usize], true) {
                path.push((ix, next(process, ix).collect()));
            }
        };
        enter(target.element, &mut path);
        while let Some((ix, left)) = path.last_mut() {
            match left.pop() {
                Some(next) => enter(next, &mut path),
                None => {
                    ranks[ix.0 as usize] = rank;
                    rank -= 1;
                    path.pop();
                }
            }
        }
    }
    ranks
}

#[cfg(test)]
mod tests;
