//! Reading and writing fields during a run: scopes, bounds, and the values of what the model computes.

use super::command::{Rejection, Trouble};
use super::event::Event;
use super::incident::IncidentKind;
use super::instance::ScopeId;
use super::run::{Run, Spot};
use crate::access::state;
use crate::bpmn::{Assignment, Text};
use crate::dmn::{Decision, DecisionError, Verdict};
use crate::expr::{Env, EvalError, Expr};
use crate::value::{self, Data, Name, Value};

/// A field did not get its value: all data together would be larger than [`value::MAX_BYTES`]. How deep a value nests was
/// bounded where it was made, by `value` or by `expr`.
#[derive(Clone, Copy, Debug)]
pub(super) struct Oversize;

impl From<Oversize> for Rejection {
    fn from(Oversize: Oversize) -> Self {
        Rejection::TooLarge
    }
}

impl Run<'_, '_> {
    /// Writes fields as one writer in a scope; the first that does not fit stops.
    pub(super) fn write_all(&mut self, scope: ScopeId, data: &Data) -> Result<(), Oversize> {
        for (field, value) in data {
            self.write(scope, field, value.clone())?;
        }
        Ok(())
    }

    /// Writes a field to the nearest scope that holds it, else to the instance. What does not fit is not written.
    pub(super) fn write(
        &mut self,
        scope: ScopeId,
        field: &Name,
        value: Value,
    ) -> Result<(), Oversize> {
        let scope = self.home(scope, field);
        self.put(scope, field, value)
    }

    /// Writes a field of a scope itself. What does not fit is not written.
    pub(super) fn put(
        &mut self,
        scope: ScopeId,
        field: &Name,
        value: Value,
    ) -> Result<(), Oversize> {
        let was = match self.instance.scope(scope) {
            Some(open) => open.data.get(field),
            None => self.instance.data.get(field),
        };
        let before = was.map_or(0, |was| field.len() + value::value_bytes(was));
        let size = field.len() + value::value_bytes(&value);
        let all = self.bytes() - before + size;
        if all > value::MAX_BYTES {
            return Err(Oversize);
        }
        self.bytes = Some(all);
        self.spend(size / 4096);
        self.changed = true;
        self.emit(Event::DataSet {
            scope,
            field: field.clone(),
            value,
        });
        Ok(())
    }

    /// Assigns in order, so that later values see earlier ones. What was assigned before trouble stays, and is left out when
    /// it is tried again.
    pub(super) fn assign(&mut self, spot: Spot, assignments: &[Assignment]) -> Result<(), Trouble> {
        self.assign_in(spot, spot.scope, assignments, |run, spot, field, value| {
            run.write(spot.scope, field, value)
        })
    }

    /// The same for values over the fields of a scope, written as the writer says.
    pub(super) fn assign_in(
        &mut self,
        spot: Spot,
        scope: ScopeId,
        assignments: &[Assignment],
        write: fn(&mut Self, Spot, &Name, Value) -> Result<(), Oversize>,
    ) -> Result<(), Trouble> {
        if self.skipped == Some(spot.token) {
            self.assigned = Some((spot.token, assignments.len()));
            return Ok(());
        }
        let resumed = self.resume.take_if(|(token, _)| *token == spot.token);
        let from = resumed.map_or(0, |(_, done)| done);
        self.assigned = Some((spot.token, from));
        for (done, assignment) in assignments.iter().enumerate().skip(from) {
            let field = &assignment.field;
            let value = self
                .eval(scope, &assignment.value)
                .map_err(|error| spot.trouble(format!("`{field}` has no value: {error}")))?;
            write(self, spot, field, value).map_err(|Oversize| {
                spot.trouble(format!(
                    "with `{field}` the data would be larger than {} bytes",
                    value::MAX_BYTES
                ))
                .of(IncidentKind::Size)
            })?;
            self.assigned = Some((spot.token, done + 1));
        }
        Ok(())
    }

    /// The value of an expression in a scope.
    pub(super) fn eval(&self, scope: ScopeId, expr: &Expr) -> Result<Value, EvalError> {
        self.with_env(scope, None, |env| expr.eval_within(env, &self.meter))
    }

    /// The value of an expression over fields of elsewhere.
    pub(super) fn eval_over(&self, data: &Data, expr: &Expr) -> Result<Value, EvalError> {
        let env = Env {
            layers: &[data],
            now: self.fresh.now,
            calendar: &self.fresh.known.calendar,
            actor: self.actor,
        };
        expr.eval_within(&env, &self.meter)
    }

    /// The value of an expression in a scope, with names that are no fields.
    pub(super) fn eval_with(
        &self,
        scope: ScopeId,
        names: &Data,
        expr: &Expr,
    ) -> Result<Value, EvalError> {
        self.with_env(scope, Some(names), |env| expr.eval_within(env, &self.meter))
    }

    /// The truth of an expression in a scope.
    pub(super) fn holds(&self, scope: ScopeId, expr: &Expr) -> Result<bool, EvalError> {
        self.with_env(scope, None, |env| expr.holds_within(env, &self.meter))
    }

    /// The truth of an expression in a scope, with names that are no fields.
    pub(super) fn holds_with(
        &self,
        scope: ScopeId,
        names: &Data,
        expr: &Expr,
    ) -> Result<bool, EvalError> {
        self.with_env(scope, Some(names), |env| {
            expr.holds_within(env, &self.meter)
        })
    }

    /// What a decision says of the fields of a scope.
    pub(super) fn ask(
        &self,
        scope: ScopeId,
        decision: &Decision,
    ) -> Result<Verdict, DecisionError> {
        self.with_env(scope, None, |env| decision.evaluate(env, &self.meter))
    }

    /// The value of a text of the model.
    pub(super) fn text(&self, scope: ScopeId, text: &Text) -> Result<Value, EvalError> {
        match text {
            Text::Literal(text) => Ok(Value::Text(text.clone())),
            Text::Expr(expr) => self.eval(scope, expr),
        }
    }

    /// Expressions see who asked: `hasRole` in a condition means the person whose command moves the token.
    fn with_env<T>(
        &self,
        scope: ScopeId,
        names: Option<&Data>,
        ask: impl FnOnce(&Env<'_>) -> T,
    ) -> T {
        let mut layers: Vec<&Data> = names.into_iter().collect();
        layers.extend(state::layers(&self.instance, scope));
        ask(&Env {
            layers: &layers,
            now: self.fresh.now,
            calendar: &self.fresh.known.calendar,
            actor: self.actor,
        })
    }

    fn home(&self, from: ScopeId, field: &Name) -> ScopeId {
        let mut at = from;
        while let Some(open) = self.instance.scope(at) {
            if open.data.contains_key(field) {
                return at;
            }
            at = open.parent;
        }
        ScopeId::ROOT
    }

    pub(super) fn bytes(&mut self) -> usize {
        let instance = &self.instance;
        *self.bytes.get_or_insert_with(|| {
            let scopes = instance
                .scopes
                .iter()
                .map(|scope| value::bytes(&scope.data));
            let done = instance.compensable.iter().map(|it| value::bytes(&it.data));
            value::bytes(&instance.data) + scopes.sum::<usize>() + done.sum::<usize>()
        })
    }
}

/// How a text of the model is named in an incident: as it stands there, never by its value, which is data.
pub(super) fn quoted(text: &Text) -> String {
    match text {
        Text::Literal(text) => format!("`{text}`"),
        Text::Expr(expr) => format!("the value of `{}`", expr.source()),
    }
}
