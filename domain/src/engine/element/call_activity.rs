//! Call activities (BPMN 2.0.2, 10.3.6 and 13.3.5): the token waits until the instance that it has called is over. What is
//! given is mapped when the call begins, what comes back when it has come to its end; an error or an escalation that leaves
//! the called instance is thrown at the border of the activity.

use super::{boundary, throw};
use crate::access::Principal;
use crate::access::state;
use crate::bpmn::{Binding, Call, Kind, Mapping, Text};
use crate::engine::call::{
    Calling, Heir, MOST_DEPTH, NotCalled, Outcome, Parent, PendingCall, Wanted,
};
use crate::engine::command::Trouble;
use crate::engine::data::{Oversize, quoted};
use crate::engine::effect::Effect;
use crate::engine::event::Event;
use crate::engine::incident::{IncidentKind, Phase};
use crate::engine::instance::ScopeId;
use crate::engine::run::{Run, Spot};
use crate::ids::InstanceId;
use crate::value::{self, Data, Name, Value};

/// Bytes of a business key at most.
const MOST_KEY: usize = 256;

/// A token has come to a call activity.
pub(in crate::engine) fn step(
    run: &mut Run<'_, '_>,
    spot: Spot,
    call: &Call,
) -> Result<(), Trouble> {
    let calling = calling(run, spot, call)?;
    let armed = boundary::arm(run, spot)?;
    run.emit(Event::Called(PendingCall {
        token: spot.token,
        element: spot.element,
        child: calling.child,
        readers: Default::default(),
        returned: None,
    }));
    for event in armed {
        run.emit(event);
    }
    run.emit(Event::Asked(Effect::Call(Box::new(calling))));
    Ok(())
}

/// What was called is over, or never began.
pub(in crate::engine) fn returned(run: &mut Run<'_, '_>, call: &PendingCall, outcome: &Outcome) {
    let spot = run.spot(call.token);
    let kind = &run.process.element(call.element).kind;
    if let (Some(spot), Outcome::Completed(data), Kind::Call(asked)) = (spot, outcome, kind) {
        return take(run, spot, call, &asked.outputs, data);
    }
    run.emit(Event::CallCleared { child: call.child });
    let Some(spot) = spot else {
        return;
    };
    let done = match (outcome, kind) {
        (Outcome::Error(code), _) => throw::error_at(run, spot, code),
        (Outcome::NotCalled(why), Kind::Call(asked)) => Err(not_called(spot, &asked.callee, *why)),
        (Outcome::Ended | Outcome::Completed(_) | Outcome::NotCalled(_), _) => {
            let trouble = spot.trouble("what was called has been ended".to_owned());
            Err(trouble.of(IncidentKind::Call))
        }
    };
    if let Err(trouble) = done {
        run.hold(spot.token, trouble);
    }
}

/// Takes over once more what has come back to a token and could not be taken over, without calling again; whether there is
/// any.
pub(in crate::engine) fn take_again(run: &mut Run<'_, '_>, spot: Spot) -> bool {
    let mut calls = run.instance.calls.iter();
    let call = calls.find(|call| call.token == spot.token).cloned();
    let kind = &run.process.element(spot.element).kind;
    if let Some(call) = &call
        && let (Some(data), Kind::Call(asked)) = (&call.returned, kind)
    {
        take(run, spot, call, &asked.outputs, data);
        return true;
    }
    false
}

/// An escalation has left what was called, which goes on unless an event that catches it takes the call away.
pub(in crate::engine) fn escalated(run: &mut Run<'_, '_>, call: &PendingCall, code: &Name) {
    if let Some(spot) = run.spot(call.token) {
        throw::escalation_at(run, spot, code);
    }
}

fn not_called(spot: Spot, callee: &Text, why: NotCalled) -> Trouble {
    spot.trouble(format!("{} was not called: {why}", quoted(callee)))
        .of(IncidentKind::Call)
}

fn calling(run: &mut Run<'_, '_>, spot: Spot, call: &Call) -> Result<Calling, Trouble> {
    let callee = text(run, spot, &call.callee, "process")?;
    let version = match &call.binding {
        Binding::Latest => Wanted::Latest,
        Binding::Deployment => Wanted::Deployment,
        Binding::Tag(tag) => Wanted::Tag(text(run, spot, tag, "version tag")?),
        Binding::Version(version) => {
            let number = text(run, spot, version, "version")?.parse().ok();
            let none = || spot.trouble(format!("{} is no version", quoted(version)));
            Wanted::Version(number.ok_or_else(none)?)
        }
    };
    let business_key = match &call.business_key {
        None => None,
        Some(key) => Some(text(run, spot, key, "business key")?),
    };
    if business_key
        .as_ref()
        .is_some_and(|key| key.len() > MOST_KEY)
    {
        return Err(spot.trouble(format!("the business key has more than {MOST_KEY} bytes")));
    }
    let data = give(run, spot, &call.inputs)?;
    let heir = heir(run, spot, call)?;
    Ok(Calling {
        child: InstanceId((run.fresh.id)()),
        callee,
        version,
        business_key,
        data,
        heir,
    })
}

fn heir(run: &Run<'_, '_>, spot: Spot, call: &Call) -> Result<Heir, Trouble> {
    let instance = &run.instance;
    let above = instance.parent.as_ref();
    let depth = above.map_or(0, |above| above.depth) + 1;
    if depth > MOST_DEPTH {
        return Err(spot.trouble(format!("calls nest deeper than {MOST_DEPTH}")));
    }
    let mut roles = above.map_or_else(Vec::new, |above| above.roles.clone());
    if let Some(own) = &run.process.security_roles
        && !roles.contains(own)
    {
        roles.push(own.clone());
    }
    // Where no state has said anything, the initiator reads, who is the called instance's as well.
    let held = instance.token(spot.token).map(|token| &token.lists);
    let readers = held.and_then(|lists| lists.readers.clone());
    let initiator = || [Principal::User(instance.initiator.clone())].into();
    Ok(Heir {
        parent: Parent {
            instance: instance.id,
            token: spot.token,
            depth,
            roles,
            readers_up: call.readers_up,
        },
        initiator: instance.initiator.clone(),
        creator: instance.created_by.clone(),
        readers: call.readers_down.then(|| readers.unwrap_or_else(initiator)),
    })
}

/// The fields that a call gives: later ones over earlier ones.
fn give(run: &Run<'_, '_>, spot: Spot, inputs: &[Mapping]) -> Result<Data, Trouble> {
    let mut data = Data::new();
    for input in inputs {
        match input {
            Mapping::All => {
                for layer in state::layers(&run.instance, spot.scope).into_iter().rev() {
                    data.extend(
                        layer
                            .iter()
                            .map(|(name, value)| (name.clone(), value.clone())),
                    );
                }
            }
            Mapping::Field(assignment) => {
                let field = &assignment.field;
                let value = run
                    .eval(spot.scope, &assignment.value)
                    .map_err(|error| spot.trouble(format!("`{field}` has no value: {error}")))?;
                data.insert(field.clone(), value);
            }
        }
        if value::bytes(&data) > value::MAX_BYTES {
            let why = NotCalled::TooLarge;
            return Err(spot.trouble(format!("nothing was called: {why}")));
        }
    }
    Ok(data)
}

/// Takes over what comes back, and goes on. Where that fails it is kept, so that what was called is not called again only
/// because its outputs failed.
fn take(run: &mut Run<'_, '_>, spot: Spot, call: &PendingCall, outputs: &[Mapping], data: &Data) {
    let child = call.child;
    match write(run, spot, outputs, data) {
        Ok(()) => {
            run.emit(Event::CallCleared { child });
            run.leave(spot);
        }
        Err(trouble) => {
            if call.returned.is_none() {
                let data = data.clone();
                run.emit(Event::CallReturned { child, data });
            }
            run.hold_at(spot.token, trouble, Phase::Leaving);
        }
    }
}

/// Writes what comes back, after all of its values were computed: over the data of what was called alone.
fn write(
    run: &mut Run<'_, '_>,
    spot: Spot,
    outputs: &[Mapping],
    data: &Data,
) -> Result<(), Trouble> {
    let mut values = Data::new();
    for output in outputs {
        match output {
            Mapping::All => values.extend(data.iter().map(|(name, it)| (name.clone(), it.clone()))),
            Mapping::Field(assignment) => {
                let field = &assignment.field;
                let value = run
                    .eval_over(data, &assignment.value)
                    .map_err(|error| spot.trouble(format!("`{field}` has no value: {error}")))?;
                values.insert(field.clone(), value);
            }
        }
    }
    let held = run.instance.token(spot.token);
    let scope = held.map_or(ScopeId::ROOT, |token| run.instance.scope_of(token));
    run.write_all(scope, &values).map_err(|Oversize| {
        spot.trouble(format!(
            "with what comes back the data would be larger than {} bytes",
            value::MAX_BYTES
        ))
    })
}

/// A name that the model computes or says; a number is taken as it is written.
fn text(run: &Run<'_, '_>, spot: Spot, text: &Text, what: &str) -> Result<Name, Trouble> {
    let value = run
        .text(spot.scope, text)
        .map_err(|error| spot.trouble(format!("the {what} has no value: {error}")))?;
    let name = match value {
        Value::Text(text) => Some(Name::from(text.trim())).filter(|text| !text.is_empty()),
        Value::Number(number) => Some(Name::from(number.normalize().to_string())),
        Value::Null | Value::Bool(_) | Value::List(_) | Value::Object(_) => None,
    };
    name.ok_or_else(|| spot.trouble(format!("{} is no {what}", quoted(text))))
}
