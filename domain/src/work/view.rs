//! What a worker is told of work that it has in hand: what the model hands it, or else the fields that are clear to it. No
//! more of the instance than that.

use jiff::Timestamp;

use super::{PendingWork, described};
use crate::access::{Actor, field, state};
use crate::bpmn::Process;
use crate::engine::instance::Instance;
use crate::expr::{Env, Meter};
use crate::ids::{ProcessId, WorkId};
use crate::time::Calendar;
use crate::value::{Data, Name, Value};

/// Steps that the inputs of one piece of work may take.
const THOUGHT: u32 = 100_000;

/// Work, as the worker sees it that has it in hand.
#[derive(Clone, PartialEq, Debug)]
pub struct WorkView {
    /// Which one.
    pub id: WorkId,
    /// Of what type.
    pub kind: Name,
    /// The element of the model, by its id.
    pub element_id: Name,
    /// The version of the process.
    pub process: ProcessId,
    /// The key that the outside knows the instance by; nothing where the model declares inputs.
    pub business_key: Option<Name>,
    /// How often it will still be tried, this time included.
    pub retries: u32,
    /// 0 to 100; higher is more urgent.
    pub priority: i32,
    /// Until when it is in hand.
    pub locked_until: Timestamp,
    /// When it came into being.
    pub created_at: Timestamp,
    /// What the model tells its worker, in its order.
    pub headers: Vec<(Name, Name)>,
    /// The data.
    pub data: Data,
    /// How it failed last, if that was the same user.
    pub last_failure: Option<String>,
}

/// Work as the actor sees it that has it in hand; only fields of these names, if names are given.
pub fn view(
    process: &Process,
    instance: &Instance,
    work: &PendingWork,
    actor: &Actor,
    names: Option<&[Name]>,
    (now, calendar): (Timestamp, &Calendar),
) -> WorkView {
    let model = described(process, work.element);
    let inputs = model.map(|model| &*model.inputs).unwrap_or_default();
    let mut data = match inputs.is_empty() {
        true => field::clear_to_worker(process, instance, (work.scope, work.element), actor),
        false => {
            let layers = state::layers(instance, work.scope);
            let meter = Meter::new(THOUGHT);
            let env = Env {
                layers: &layers,
                now,
                calendar,
                actor: None,
            };
            let value = |input: &crate::bpmn::Assignment| {
                // It had one when the work came into being; if the data has changed since, nothing is the answer.
                let value = input.value.eval_within(&env, &meter);
                (input.field.clone(), value.unwrap_or(Value::Null))
            };
            inputs.iter().map(value).collect()
        }
    };
    if let Some(names) = names {
        data.retain(|name, _| names.contains(name));
    }
    let failure = work.failure.as_ref();
    WorkView {
        id: work.id,
        kind: work.kind.clone(),
        element_id: process.element(work.element).id.clone(),
        process: instance.process,
        business_key: instance.business_key.clone().filter(|_| inputs.is_empty()),
        retries: work.retries,
        priority: work.priority,
        locked_until: work.free_at(),
        created_at: work.created_at,
        headers: model.map(|model| model.headers.clone()).unwrap_or_default(),
        data,
        last_failure: failure
            .filter(|failure| failure.user == actor.user)
            .map(|failure| failure.message.clone()),
    }
}
