//! From where no end is reached, whatever is chosen, if nothing takes the token away.

use super::split::certain;
use crate::bpmn::{ElementIx, Kind, Process, Trigger};

/// Which elements a token never comes to an end from: whatever is chosen, it goes on to another of them, or leaves one there.
/// What they all are is found by taking away those that are none until nothing changes.
pub(crate) fn lasting(process: &Process) -> Vec<bool> {
    let count = process.elements.len();
    let mut lasting = vec![true; count];
    // How many of the ways that are certain to be taken still lead on; where none is certain, all must.
    let mut certain_left = vec![0usize; count];
    let mut before: Vec<(ElementIx, ElementIx)> = Vec::new();
    let mut lost: Vec<ElementIx> = Vec::new();
    for (at, element) in process.elements.iter().enumerate() {
        let ix = ElementIx(at as u32);
        if let Kind::LinkSource(target) = element.kind {
            before.push((target, ix));
            continue;
        }
        if element.outgoing.is_empty() {
            lost.push(ix);
            continue;
        }
        let mut ways = certain(process, ix);
        certain_left[at] = ways.len();
        if ways.is_empty() {
            ways = element.outgoing.clone();
        }
        before.extend(ways.iter().map(|flow| (process.flow(*flow).target, ix)));
        let borders = element.boundaries.iter().copied();
        before.extend(borders.filter(|it| takes(process, *it)).map(|it| (it, ix)));
    }
    before.sort_unstable();
    while let Some(ix) = lost.pop() {
        if !std::mem::replace(&mut lasting[ix.0 as usize], false) {
            continue;
        }
        let from = before.partition_point(|(after, _)| *after < ix);
        for (after, source) in &before[from..] {
            if *after != ix {
                break;
            }
            let left = &mut certain_left[source.0 as usize];
            let border = matches!(process.element(ix).kind, Kind::Boundary { .. });
            *left = match border {
                true => 0,
                false => left.saturating_sub(1),
            };
            if *left == 0 {
                lost.push(*source);
            }
        }
    }
    lasting
}

/// Whether an event at a border takes the token of its activity.
fn takes(process: &Process, border: ElementIx) -> bool {
    let kind = &process.element(border).kind;
    let compensates = matches!(kind.trigger(), Some(Trigger::Compensation));
    let interrupts = matches!(
        kind,
        Kind::Boundary {
            interrupting: true,
            ..
        }
    );
    interrupts && !compensates
}
