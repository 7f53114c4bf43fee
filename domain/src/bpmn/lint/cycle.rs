//! Loops without a way out: elements from which no end is reached, and loops that nothing in them can ever leave once they
//! go round, because they neither wait nor change what their conditions look at.

use std::collections::BTreeSet;

use super::Lint;
use crate::bpmn::soundness::{self, Inside};
use crate::bpmn::{ElementIx, Kind, Process, Repeat, Throw};
use crate::value::{Name, Value};

/// Looks at every scope; only elements that a token can come to are judged.
pub(super) fn look(lint: &mut Lint<'_>, reached: &[bool]) {
    let process = lint.process;
    let scopes = soundness::scopes(process);
    let interrupting = soundness::interrupting(process);
    let lasting = soundness::lasting(process);
    let lost: Vec<bool> = lasting.iter().zip(reached).map(|(a, b)| *a && *b).collect();
    // Whether something else ends what goes round in a scope.
    let mut ended = vec![false; process.elements.len()];
    for inside in &scopes {
        let around = inside.scope.map(|scope| process.element(scope));
        let from_above = around.is_some_and(|host| {
            host.parent.is_some_and(|parent| ended[parent.0 as usize]) || is_ended(process, host)
        });
        let from_inside = inside
            .elements
            .iter()
            .any(|ix| interrupting.contains(ix) || ends_its_scope(&process.element(*ix).kind));
        let ends = from_above || from_inside;
        if let Some(scope) = inside.scope {
            ended[scope.0 as usize] = ends;
        }
        let spinning = spinning(process, inside, reached);
        for members in &spinning {
            endless(lint, members);
        }
        if !ends {
            let told: BTreeSet<ElementIx> = spinning.into_iter().flatten().collect();
            no_end(lint, inside, &lost, &told);
        }
    }
    for element in &process.elements {
        if let Some(Repeat::Loop(repeat)) = &element.repeat
            && repeat.maximum.is_none()
            && let Some(condition) = &repeat.condition
            && condition.constant() == Some(Value::Bool(true))
            && !is_ended(process, element)
        {
            let message = format!(
                "`{}` is done again and again without end: its loop condition always holds",
                element.id
            );
            lint.warn(element, "endless-loop", message);
        }
    }
}

/// Whether an event at the border of an activity, or its completion condition, takes away what goes on inside.
fn is_ended(process: &Process, host: &crate::bpmn::Element) -> bool {
    let until = matches!(&host.kind, Kind::AdHoc(ad_hoc) if ad_hoc.until.is_some());
    let mut borders = host.boundaries.iter().map(|ix| process.element(*ix));
    until
        || borders.any(|border| {
            matches!(
                border.kind,
                Kind::Boundary {
                    interrupting: true,
                    ..
                }
            )
        })
}

fn ends_its_scope(kind: &Kind) -> bool {
    let (Kind::End(throw) | Kind::Throw(throw)) = kind else {
        return false;
    };
    throw.parts().iter().any(|part| match part {
        Throw::Terminate | Throw::Error(_) | Throw::Cancel => true,
        Throw::None
        | Throw::Escalation(_)
        | Throw::Signal(_)
        | Throw::Message(_)
        | Throw::Compensate { .. }
        | Throw::Multiple(_) => false,
    })
}

/// Names, for each part of a scope from which no end is reached, its first element.
fn no_end(lint: &mut Lint<'_>, inside: &Inside, lost: &[bool], told: &BTreeSet<ElementIx>) {
    let process = lint.process;
    let mut named: BTreeSet<ElementIx> = BTreeSet::new();
    for first in &inside.elements {
        if named.contains(first) || !lost[first.0 as usize] {
            continue;
        }
        let mut left = vec![*first];
        let mut known = false;
        while let Some(ix) = left.pop() {
            if named.insert(ix) {
                known |= told.contains(&ix);
                left.extend(soundness::next(process, ix).filter(|ix| lost[ix.0 as usize]));
            }
        }
        if !known {
            let element = process.element(*first);
            let message = format!(
                "whatever happens after `{}`, the end is not reached: lead a way out of the loop",
                element.id
            );
            lint.warn(element, "no-end", message);
        }
    }
}

/// The loops of a scope in which a token never rests.
fn spinning(process: &Process, inside: &Inside, reached: &[bool]) -> Vec<Vec<ElementIx>> {
    let members: Vec<ElementIx> = inside
        .elements
        .iter()
        .copied()
        .filter(|ix| reached[ix.0 as usize] && passes(process, *ix))
        .collect();
    let mut slots = vec![usize::MAX; process.elements.len()];
    for (slot, ix) in members.iter().enumerate() {
        slots[ix.0 as usize] = slot;
    }
    let edges: Vec<Vec<usize>> = members
        .iter()
        .map(|ix| {
            let next = soundness::next(process, *ix);
            next.map(|it| slots[it.0 as usize])
                .filter(|slot| *slot != usize::MAX)
                .collect()
        })
        .collect();
    circles(&edges)
        .into_iter()
        .map(|circle| {
            let mut circle: Vec<ElementIx> = circle.into_iter().map(|slot| members[slot]).collect();
            circle.sort_unstable();
            circle
        })
        .collect()
}

/// Whether a token that comes to an element goes on at once. A task that says nothing is taken to be done by somebody.
fn passes(process: &Process, ix: ElementIx) -> bool {
    let element = process.element(ix);
    let plain = element.repeat.is_none() && element.boundaries.is_empty();
    match &element.kind {
        Kind::Throw(_)
        | Kind::LinkSource(_)
        | Kind::LinkTarget
        | Kind::Assign(_)
        | Kind::Decision(_)
        | Kind::Exclusive
        | Kind::Inclusive => plain,
        // With several ways in it waits.
        Kind::Parallel => plain && element.incoming.len() < 2,
        Kind::Start(_)
        | Kind::End(_)
        | Kind::Catch(_)
        | Kind::Boundary { .. }
        | Kind::UserTask(_)
        | Kind::PassThrough
        | Kind::Work(_)
        | Kind::Receive(_)
        | Kind::Call(_)
        | Kind::Complex { .. }
        | Kind::EventBased
        | Kind::SubProcess
        | Kind::Transaction
        | Kind::AdHoc(_)
        | Kind::EventSubProcess
        | Kind::EventStart { .. } => false,
    }
}

/// A loop that never rests and changes nothing that its conditions look at.
fn endless(lint: &mut Lint<'_>, members: &[ElementIx]) {
    let process = lint.process;
    let mut reads: BTreeSet<Name> = BTreeSet::new();
    let mut writes: BTreeSet<Name> = BTreeSet::new();
    for ix in members {
        let element = process.element(*ix);
        let conditions = element.outgoing.iter();
        let conditions = conditions.filter_map(|flow| process.flow(*flow).condition.as_ref());
        reads.extend(conditions.flat_map(|condition| condition.fields()));
        writes.extend(element.outputs.iter().map(|output| output.field.clone()));
        if let Kind::Assign(set) = &element.kind {
            writes.extend(set.iter().map(|set| set.field.clone()));
        } else if let Kind::Decision(call) = &element.kind {
            let Some(result) = &call.result else {
                return;
            };
            writes.insert(result.clone());
        }
    }
    if !reads.is_disjoint(&writes) {
        return;
    }
    let Some(first) = members.first() else {
        return;
    };
    let element = process.element(*first);
    let message = format!(
        "the loop through `{}` waits for nothing and changes nothing that its conditions look at: once it goes round, it does so for ever",
        element.id
    );
    lint.warn(element, "endless-loop", message);
}

/// The strongly connected parts of a graph that hold a circle (Tarjan's algorithm, with a stack of its own).
fn circles(edges: &[Vec<usize>]) -> Vec<Vec<usize>> {
    const NEW: usize = usize::MAX;
    let mut index = vec![NEW; edges.len()];
    let mut low = vec![NEW; edges.len()];
    let mut open = vec![false; edges.len()];
    let mut stack = Vec::new();
    let mut count = 0;
    let mut found = Vec::new();
    for root in 0..edges.len() {
        if index[root] != NEW {
            continue;
        }
        let mut path = vec![(root, 0)];
        while let Some((node, edge)) = path.last_mut() {
            let node = *node;
            if *edge == 0 {
                index[node] = count;
                low[node] = count;
                count += 1;
                stack.push(node);
                open[node] = true;
            }
            if let Some(next) = edges[node].get(*edge).copied() {
                *edge += 1;
                if index[next] == NEW {
                    path.push((next, 0));
                } else if open[next] {
                    low[node] = low[node].min(index[next]);
                }
                continue;
            }
            path.pop();
            if let Some((parent, _)) = path.last() {
                low[*parent] = low[*parent].min(low[node]);
            }
            if low[node] == index[node] {
                let from = stack.iter().rposition(|held| *held == node).unwrap_or(0);
                let part = stack.split_off(from);
                for member in &part {
                    open[*member] = false;
                }
                if part.len() > 1 || edges[node].contains(&node) {
                    found.push(part);
                }
            }
        }
    }
    found
}
