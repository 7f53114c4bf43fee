//! Start events that wait for a time: which there are when a version is published, when each starts an instance, and when
//! again. There is no instance yet, so what they compute sees no data; it is computed once, when the version is published.

use serde::{Deserialize, Serialize};

use super::command::{Fresh, Trouble};
use super::data::quoted;
use crate::bpmn::{Element, ElementIx, Kind, Process, Text, Timer, Trigger};
use crate::expr::Env;
use crate::time::{Cycle, Due, Reckoning, TimeError};
use crate::value::{Name, Value};

/// A start event that waits for a time.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Schedule {
    /// The start event.
    pub element: ElementIx,
    /// When it starts the next instance.
    pub due: Due,
    /// How it goes on after that, if it does.
    cycle: Option<Name>,
}

impl Schedule {
    /// After an instance was started: when the next one is, if there is one. Occurrences that were missed since are passed
    /// over: the one that was started stands for them.
    pub fn next(&self, process: &Process, fresh: &Fresh<'_>) -> Option<Schedule> {
        let by = reckoning(process.element(self.element), fresh);
        let cycle = Cycle::parse(self.cycle.as_deref()?, by).ok()?;
        let due = cycle.next(self.due, fresh.now, false, by)?;
        Some(Schedule {
            due,
            ..self.clone()
        })
    }
}

/// The schedules of a version that is published now. A date that has passed starts nothing. An error is a time that cannot
/// be read.
pub fn schedules(process: &Process, fresh: &Fresh<'_>) -> Result<Vec<Schedule>, Trouble> {
    let mut schedules = Vec::new();
    for (ix, element) in process.children(None) {
        if let Kind::Start(Trigger::Timer(timer)) = &element.kind {
            let schedule = schedule(ix, element, timer, fresh);
            schedules.extend(schedule.map_err(|message| Trouble::new(ix, message))?);
        }
    }
    Ok(schedules)
}

fn schedule(
    ix: ElementIx,
    element: &Element,
    timer: &Timer,
    fresh: &Fresh<'_>,
) -> Result<Option<Schedule>, String> {
    let by = reckoning(element, fresh);
    let (Timer::Date(text) | Timer::Duration(text) | Timer::Cycle(text)) = timer;
    let value = value(text, fresh)?;
    let bad = |error: TimeError| format!("{} {error}", quoted(text));
    let once = |at| Due {
        at,
        repeats: Some(0),
        series: None,
    };
    let (due, cycle) = match timer {
        Timer::Date(_) => {
            let at = by.date(&value).map_err(bad)?;
            ((at >= fresh.now).then(|| once(at)), None)
        }
        Timer::Duration(_) => {
            let at = by.after(&value, fresh.now).map_err(bad)?;
            (Some(once(at)), None)
        }
        Timer::Cycle(_) => {
            let cycle = Cycle::parse(&value, by).map_err(bad)?;
            (cycle.first(fresh.now, by), Some(value))
        }
    };
    Ok(due.map(|due| Schedule {
        element: ix,
        due,
        cycle,
    }))
}

fn reckoning<'a>(element: &Element, fresh: &'a Fresh<'_>) -> Reckoning<'a> {
    Reckoning {
        calendar: &fresh.known.calendar,
        working: element.working_days,
    }
}

fn value(text: &Text, fresh: &Fresh<'_>) -> Result<Name, String> {
    let expr = match text {
        Text::Literal(text) => return Ok(text.clone()),
        Text::Expr(expr) => expr,
    };
    let value = expr.eval(&Env {
        layers: &[],
        now: fresh.now,
        calendar: &fresh.known.calendar,
        actor: None,
    });
    match value {
        Ok(Value::Text(value)) => Ok(value),
        Ok(_) => Err(format!("{} is no time", quoted(text))),
        Err(error) => Err(format!("{} has no value: {error}", quoted(text))),
    }
}
