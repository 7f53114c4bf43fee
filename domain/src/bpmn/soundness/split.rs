//! Where two tokens that came to a merge side by side were one.

use super::Inside;
use super::search::Budget;
use crate::bpmn::{ElementIx, FlowIx, Kind, Process, upstream};

/// Splits that are looked at for one merge.
const SPLITS: usize = 32;

/// The split that sends a token by one way to one flow into a merge, and for certain another by another way to the other.
/// Nothing if the two tokens came there for another reason, as the rounds of a loop may.
pub(super) fn between(
    process: &Process,
    inside: &Inside,
    merge: ElementIx,
    flows: (FlowIx, FlowIx),
    budget: &mut Budget,
) -> Option<ElementIx> {
    let splits = inside.elements.iter().copied();
    let splits = splits.filter(|ix| certain(process, *ix).len() > 1);
    for split in splits.take(SPLITS) {
        budget.steps = budget.steps.saturating_sub(8 * process.flows.len());
        if budget.steps == 0 {
            return None;
        }
        let leads = |flow: FlowIx| {
            let before = upstream(process, &[merge, split], &[flow]);
            let ways = certain(process, split).into_iter();
            let leads =
                ways.filter(|way| *way == flow || before.contains(&process.flow(*way).target));
            leads.collect::<Vec<FlowIx>>()
        };
        let (one, other) = (leads(flows.0), leads(flows.1));
        if one.iter().any(|way| other.iter().any(|than| than != way)) {
            return Some(split);
        }
    }
    None
}

/// The ways out that every token takes.
pub(super) fn certain(process: &Process, ix: ElementIx) -> Vec<FlowIx> {
    let element = process.element(ix);
    let chooses = matches!(element.kind, Kind::Exclusive | Kind::EventBased);
    let free = matches!(element.kind, Kind::Parallel);
    let ways = element.outgoing.iter().copied().filter(|flow| {
        let always = process.flow(*flow).condition.is_none() && element.default != Some(*flow);
        free || (always && !chooses)
    });
    ways.collect()
}
