//! Conditional events (BPMN 2.0.2, 13.5.1): waiting for a condition over the data to become true. Conditions are judged
//! when they are first waited for, and again whenever the data has changed, before any other token moves.

use super::wait;
use crate::bpmn::{ElementIx, Kind, Trigger};
use crate::engine::command::Trouble;
use crate::engine::event::Event;
use crate::engine::incident::Phase;
use crate::engine::instance::{PendingCondition, TokenId};
use crate::engine::run::Run;
use crate::expr::Expr;

/// The event that makes a token wait for a condition.
pub(in crate::engine) fn watch(token: TokenId, element: ElementIx, part: u32) -> Event {
    Event::ConditionJudged(PendingCondition {
        token,
        element,
        part,
        held: false,
    })
}

/// Lets happen what waits for a condition that has become true.
pub(in crate::engine) fn judge(run: &mut Run<'_, '_>) {
    if !std::mem::take(&mut run.changed) {
        return;
    }
    for waits in run.instance.conditions.clone() {
        // What happened to one may have taken another away.
        if !run.instance.conditions.contains(&waits) {
            continue;
        }
        let process = run.process;
        let Some(condition) = condition(&process.element(waits.element).kind, waits.part) else {
            continue;
        };
        run.spend(1);
        let scope = wait::sees(run, waits.token, waits.element);
        let holds = match run.holds(scope, condition) {
            Ok(holds) => holds,
            Err(error) => {
                let source = condition.source();
                let message = format!("`{source}` has no value: {error}");
                complain(run, &waits, message);
                continue;
            }
        };
        if holds != waits.held {
            let (token, element, part) = (waits.token, waits.element, waits.part);
            run.emit(Event::ConditionJudged(PendingCondition {
                held: holds,
                ..waits
            }));
            if holds {
                wait::happened(run, token, element, part);
            }
        }
    }
}

/// Says once of a condition that it cannot be judged. It is waited for all the same: the next change may help.
fn complain(run: &mut Run<'_, '_>, waits: &PendingCondition, message: String) {
    let element = waits.element;
    let mut said = run.instance.incidents.iter();
    if said.any(|it| it.element == element) {
        return;
    }
    if let Some(token) = wait::witness(run, waits.token) {
        run.hold_at(token, Trouble::new(element, message), Phase::Beside);
    }
}

fn condition(kind: &Kind, part: u32) -> Option<&Expr> {
    match kind.trigger()?.parts().get(part as usize)? {
        Trigger::Condition(condition) => Some(condition),
        Trigger::None
        | Trigger::Timer(_)
        | Trigger::Message(_)
        | Trigger::Error(_)
        | Trigger::Escalation(_)
        | Trigger::Compensation
        | Trigger::Cancel
        | Trigger::Signal(_)
        | Trigger::Multiple { .. } => None,
    }
}
