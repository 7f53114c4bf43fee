//! User tasks: a task comes into being with its people and dates, and completing it lets the token go on.

use std::collections::BTreeSet;

use jiff::Timestamp;
use rust_decimal::prelude::ToPrimitive;

use super::boundary;
use super::wait::reckoning;
use crate::access::Principal;
use crate::access::state::{self, People};
use crate::bpmn::{Kind, Principals, Text, UserTask};
use crate::engine::command::{Rejection, Trouble};
use crate::engine::data::quoted;
use crate::engine::event::Event;
use crate::engine::run::{Run, Spot};
use crate::ids::TaskId;
use crate::task::{Task, TaskEvent, TaskState};
use crate::value::{Data, Name, Value};

/// How urgent a task is when nobody says.
const PRIORITY: i32 = 50;

/// A token has come to a user task.
pub(in crate::engine) fn step(
    run: &mut Run<'_, '_>,
    spot: Spot,
    user_task: &UserTask,
) -> Result<(), Trouble> {
    let task = task(run, spot, user_task)?;
    let armed = boundary::arm(run, spot)?;
    run.emit(Event::TaskCreated(Box::new(task)));
    for event in armed {
        run.emit(event);
    }
    Ok(())
}

/// A task has been completed: its fields and its outcome are written, and the token goes on.
pub(in crate::engine) fn complete(
    run: &mut Run<'_, '_>,
    task: &Task,
    data: &Data,
    outcome: Option<&Name>,
) -> Result<(), Rejection> {
    let Some(spot) = run.spot(task.token) else {
        return Ok(());
    };
    let process = run.process;
    let element = process.element(task.element);
    run.take_in((task.token, task.element), task.scope, data)?;
    let mut field = Name::from("outcome");
    let mut chosen = outcome.map(|outcome| Value::Text(outcome.clone()));
    if let Kind::UserTask(user_task) = &element.kind
        && let Some(named) = &user_task.outcome_field
    {
        field = named.clone();
        // It may have come as a field; the model says where it belongs, whatever else is mapped.
        let mapped = !element.outputs.is_empty();
        chosen = chosen.or_else(|| data.get(named).filter(|_| mapped).cloned());
    }
    if let Some(chosen) = chosen {
        run.write_out(spot, &field, chosen)?;
    }
    run.leave(spot);
    Ok(())
}

fn task(run: &mut Run<'_, '_>, spot: Spot, user_task: &UserTask) -> Result<Task, Trouble> {
    let candidates = candidates(run, spot, user_task);
    let excluded = people(run, spot, &user_task.excluded);
    let assignee = assignee(run, spot, user_task.assignee.as_ref(), &excluded)?;
    let now = run.fresh.now;
    Ok(Task {
        id: TaskId((run.fresh.id)()),
        token: spot.token,
        scope: spot.scope,
        element: spot.element,
        state: match assignee {
            Some(_) => TaskState::Claimed,
            None => TaskState::Ready,
        },
        assignee,
        owner: None,
        candidates,
        excluded,
        priority: priority(run, spot, user_task.priority.as_ref())?,
        created_at: now,
        due_at: moment(run, spot, user_task.due.as_ref(), "due date", now)?,
        follow_up_at: moment(
            run,
            spot,
            user_task.follow_up.as_ref(),
            "follow-up date",
            now,
        )?,
        draft: None,
        comments: 0,
        completed_by: None,
        revision: 1,
    })
}

/// What an open task takes over from another version of its element, which says `is` where the one before said `was`. What
/// both say in the same words stays as it is, also where somebody has changed it; dates are counted from when the task came into being.
/// `counted` says whether both count days in the same way.
pub(in crate::engine) fn renewed(
    run: &Run<'_, '_>,
    spot: Spot,
    task: &Task,
    (was, is): (&UserTask, &UserTask),
    counted: bool,
) -> Result<TaskEvent, Trouble> {
    let unnamed = |user_task: &UserTask| user_task.assignee.is_none();
    let same_people = was.candidates == is.candidates && unnamed(was) == unnamed(is);
    let excluded = match was.excluded == is.excluded {
        true => task.excluded.clone(),
        false => people(run, spot, &is.excluded),
    };
    let date = |was: &Option<Text>, is: &Option<Text>, at, what| match was == is && counted {
        true => Ok(at),
        false => moment(run, spot, is.as_ref(), what, task.created_at),
    };
    Ok(TaskEvent::Renewed {
        assignee: match task.assignee.is_none() && was.assignee != is.assignee {
            true => assignee(run, spot, is.assignee.as_ref(), &excluded)?,
            false => None,
        },
        candidates: match same_people {
            true => task.candidates.clone(),
            false => candidates(run, spot, is),
        },
        excluded,
        priority: match was.priority == is.priority {
            true => task.priority,
            false => priority(run, spot, is.priority.as_ref())?,
        },
        due_at: date(&was.due, &is.due, task.due_at, "due date")?,
        follow_up_at: date(
            &was.follow_up,
            &is.follow_up,
            task.follow_up_at,
            "follow-up date",
        )?,
    })
}

/// Who may claim a task. One that the model gives to nobody at all is the initiator's to claim: it must not be lost to
/// everyone. Where the system started the case there is none, and an administrator assigns it.
fn candidates(run: &Run<'_, '_>, spot: Spot, user_task: &UserTask) -> BTreeSet<Principal> {
    let mut candidates = people(run, spot, &user_task.candidates);
    let unnamed = user_task.assignee.is_none() && user_task.candidates.is_empty();
    if unnamed && !run.instance.initiator.is_empty() {
        candidates.insert(Principal::User(run.instance.initiator.clone()));
    }
    candidates
}

fn people(run: &Run<'_, '_>, spot: Spot, list: &[Principals]) -> BTreeSet<Principal> {
    if list.is_empty() {
        return BTreeSet::new();
    }
    let layers = state::layers(&run.instance, spot.scope);
    let people = People::of(&run.instance, &layers, run.clock(), &run.meter);
    state::resolve(list, &people)
}

/// Who gets a task. Who may not have it does not get it by assignment either: it waits for a candidate.
fn assignee(
    run: &Run<'_, '_>,
    spot: Spot,
    text: Option<&Text>,
    excluded: &BTreeSet<Principal>,
) -> Result<Option<Name>, Trouble> {
    let named = named(run, spot, text)?;
    Ok(named.filter(|name| !excluded.contains(&Principal::User(name.clone()))))
}

/// One name; of several, by commas or as a list, the first. Empty and null are nobody.
fn named(run: &Run<'_, '_>, spot: Spot, text: Option<&Text>) -> Result<Option<Name>, Trouble> {
    let Some((text, value)) = value(run, spot, text, "assignee")? else {
        return Ok(None);
    };
    let names = match &value {
        Value::Text(names) => Some(names),
        Value::List(values) => match values.first() {
            None | Some(Value::Null) => return Ok(None),
            Some(Value::Text(name)) => Some(name),
            Some(Value::Bool(_) | Value::Number(_) | Value::List(_) | Value::Object(_)) => None,
        },
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Object(_) => None,
    };
    let names = names.ok_or_else(|| spot.trouble(format!("{} is no name", quoted(text))))?;
    let mut names = names.split(',').map(str::trim);
    Ok(names.find(|name| !name.is_empty()).map(Name::from))
}

pub(super) fn priority(run: &Run<'_, '_>, spot: Spot, text: Option<&Text>) -> Result<i32, Trouble> {
    let Some((text, value)) = value(run, spot, text, "priority")? else {
        return Ok(PRIORITY);
    };
    let number = match &value {
        Value::Number(number) if number.fract().is_zero() => number.to_i32(),
        Value::Text(text) => text.trim().parse().ok(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::List(_) | Value::Object(_) => None,
    };
    number
        .filter(|number| (0..=100).contains(number))
        .ok_or_else(|| spot.trouble(format!("{} is no priority from 0 to 100", quoted(text))))
}

/// A date, or a duration from a moment on.
fn moment(
    run: &Run<'_, '_>,
    spot: Spot,
    text: Option<&Text>,
    what: &str,
    from: Timestamp,
) -> Result<Option<Timestamp>, Trouble> {
    let Some((text, value)) = value(run, spot, text, what)? else {
        return Ok(None);
    };
    let Some(value) = value.as_text() else {
        return Err(spot.trouble(format!("{} is no {what}", quoted(text))));
    };
    let at = reckoning(run, spot.element).moment(value, from);
    at.map(Some)
        .map_err(|error| spot.trouble(format!("{} is no {what}: it {error}", quoted(text))))
}

/// The value of a text that the model has, unless it is null or blank.
pub(super) fn value<'t>(
    run: &Run<'_, '_>,
    spot: Spot,
    text: Option<&'t Text>,
    what: &str,
) -> Result<Option<(&'t Text, Value)>, Trouble> {
    let Some(text) = text else {
        return Ok(None);
    };
    let value = run
        .text(spot.scope, text)
        .map_err(|error| spot.trouble(format!("the {what} has no value: {error}")))?;
    let blank = match &value {
        Value::Null => true,
        Value::Text(text) => text.trim().is_empty(),
        Value::Bool(_) | Value::Number(_) | Value::List(_) | Value::Object(_) => false,
    };
    Ok((!blank).then_some((text, value)))
}
