//! Which message is for which wait (BPMN 2.0.2, 8.4.2). A wait asks for what the model says of the instance's data, or, in a
//! conversation by key, for what the first message of it gave, whoever sent that; a message gives what the model reads from
//! its fields.

use super::command::Trouble;
use super::event::Event;
use super::instance::{PendingMessage, ScopeId};
use super::run::{Run, Spot};
use crate::bpmn::{ElementIx, MessageWait, Process};
use crate::expr::{Env, Expr, Meter};
use crate::time::Calendar;
use crate::value::{Data, Name, Value};

use jiff::Timestamp;

/// Steps that reading what a message gives may take.
const THOUGHT: u32 = 100_000;

/// What a message of a name gives of itself to the instances of a process: nothing if the model does not read it, or finds
/// nothing.
pub fn given(
    process: &Process,
    name: &Name,
    data: &Data,
    (now, calendar): (Timestamp, &Calendar),
) -> Option<Value> {
    let correlation = process.correlation(name)?;
    let env = Env {
        layers: &[data],
        now,
        calendar,
        actor: None,
    };
    let value = correlation.given.eval_within(&env, &Meter::new(THOUGHT));
    value.ok().filter(is_said)
}

/// Whether a key says anything: of several properties each must.
fn is_said(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::List(values) => values.iter().all(|value| *value != Value::Null),
        Value::Bool(_) | Value::Number(_) | Value::Text(_) | Value::Object(_) => true,
    }
}

impl Run<'_, '_> {
    /// What a sender must name for a message that a token waits for. It must have a value: null would be stored as asking for
    /// nothing, and every message would fit.
    pub(super) fn asked(
        &self,
        spot: Spot,
        element: ElementIx,
        message: &MessageWait,
    ) -> Result<Option<Value>, Trouble> {
        let process = self.process;
        let trouble = |reason: String| {
            Trouble::new(element, format!("the correlation has no value: {reason}"))
        };
        let eval = |expr: &Expr| match self.eval(spot.scope, expr) {
            Ok(value) if is_said(&value) => Ok(Some(value)),
            Ok(_) => Err(trouble(format!("`{}` is null", expr.source()))),
            Err(error) => Err(trouble(error.to_string())),
        };
        if let Some(expr) = &message.correlation {
            return eval(expr);
        }
        match process.correlation(&message.name) {
            None => Ok(None),
            Some(correlation) => match &correlation.asked {
                Some(expr) => eval(expr),
                None => Ok(self.instance.keys.get(&correlation.key).cloned()),
            },
        }
    }

    /// The oldest wait that a message fits: one that asks for nothing, for what the sender names or for what the message gives.
    pub(super) fn fitting(
        &self,
        name: &Name,
        named: Option<&Value>,
        data: &Data,
    ) -> Option<PendingMessage> {
        let given = given(self.process, name, data, self.clock());
        let fits = |asked: &Value| Some(asked) == named || Some(asked) == given.as_ref();
        let mut waits = self.instance.waits.iter();
        let found =
            waits.find(|wait| wait.name == *name && wait.correlation.as_ref().is_none_or(fits));
        found.cloned()
    }

    /// What a message that is sent names, where the model does not say it of this one alone.
    pub(super) fn naming(&self, scope: ScopeId, name: &Name, data: &Data) -> Option<Value> {
        let correlation = self.process.correlation(name)?;
        let value = self.eval_with(scope, data, &correlation.given);
        value.ok().filter(is_said)
    }

    /// The first message of a conversation by key, sent or received, says what the others of it are told apart by.
    pub(super) fn converse(&mut self, name: &Name, named: Option<Value>) {
        let process = self.process;
        let Some(correlation) = process.correlation(name) else {
            return;
        };
        let key = &correlation.key;
        let (None, false, Some(value)) = (
            &correlation.asked,
            self.instance.keys.contains_key(key),
            named,
        ) else {
            return;
        };
        let messages = process.correlations.iter();
        let messages = messages.filter(|it| it.key == *key && it.asked.is_none());
        let messages = messages.map(|it| it.message.clone()).collect();
        self.emit(Event::Conversed {
            key: key.clone(),
            value,
            messages,
        });
    }
}
