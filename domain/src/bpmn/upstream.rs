//! From where a token can still come to a gateway (BPMN 2.0.2, 13.4.3): what an inclusive join waits for, when it runs and when
//! a model is looked at before it does.

use std::collections::BTreeSet;

use super::{ElementIx, FlowIx, Kind, Process};

/// The elements from which a token can come to the end of one of these flows without passing through certain others: through
/// the gateway that they lead to, first of all.
pub(crate) fn upstream(
    process: &Process,
    without: &[ElementIx],
    flows: &[FlowIx],
) -> BTreeSet<ElementIx> {
    let mut found = BTreeSet::new();
    let mut next: Vec<ElementIx> = flows
        .iter()
        .map(|flow| process.flow(*flow).source)
        .collect();
    while let Some(ix) = next.pop() {
        if without.contains(&ix) || !found.insert(ix) {
            continue;
        }
        let element = process.element(ix);
        let sources = element
            .incoming
            .iter()
            .map(|flow| process.flow(*flow).source);
        next.extend(sources);
        match element.kind {
            Kind::Boundary { on, .. } => next.push(on),
            Kind::LinkTarget => {
                let siblings = process.children(element.parent);
                let leads = |it: &Kind| matches!(it, Kind::LinkSource(target) if *target == ix);
                next.extend(siblings.filter(|(_, it)| leads(&it.kind)).map(|(ix, _)| ix));
            }
            Kind::Start(_)
            | Kind::End(_)
            | Kind::Catch(_)
            | Kind::Throw(_)
            | Kind::LinkSource(_)
            | Kind::UserTask(_)
            | Kind::PassThrough
            | Kind::Assign(_)
            | Kind::Work(_)
            | Kind::Call(_)
            | Kind::Decision(_)
            | Kind::Receive(_)
            | Kind::Exclusive
            | Kind::Parallel
            | Kind::Inclusive
            | Kind::EventBased
            | Kind::Complex { .. }
            | Kind::SubProcess
            | Kind::Transaction
            | Kind::AdHoc(_)
            | Kind::EventSubProcess
            | Kind::EventStart { .. } => {}
        }
    }
    found
}
