//! The fields that an activity or an event has for itself (BPMN 2.0.2, 10.4): properties, the data objects of a sub-process,
//! and what is mapped into it. They are in a scope with the number of its token and shadow those around; what is mapped out
//! of it sees them and writes around it, and then they are gone.
//!
//! ```text
//!  comes ─▶ furnish: inputs ─▶ own scope ─▶ does what it does ─▶ output: outputs ─▶ scope around ─▶ own scope closed
//!                                  ▲ payload of a message, where there are outputs
//! ```

use super::command::{Rejection, Trouble};
use super::data::Oversize;
use super::event::Event;
use super::incident::IncidentKind;
use super::instance::{ScopeId, TokenId};
use super::lists;
use super::run::{Run, Spot};
use crate::bpmn::{Assignment, ElementIx};
use crate::value::{self, Data, Name};

impl Run<'_, '_> {
    /// The scope whose fields the element of a token sees.
    pub(super) fn inside(&self, spot: Spot) -> ScopeId {
        let held = self.instance.token(spot.token);
        held.map_or(spot.scope, |token| self.instance.scope_of(token))
    }

    /// Gives an element its own fields, unless it has them already. An activity goes on in their scope.
    pub(super) fn furnish(&mut self, spot: Spot) -> Result<Spot, Trouble> {
        let process = self.process;
        let element = process.element(spot.element);
        let inside = ScopeId(spot.token.0);
        if !element.inputs.is_empty() && !self.instance.has_own(spot.token) {
            let mut own = Data::new();
            for input in &element.inputs {
                let field = &input.field;
                let value = self
                    .eval_with(spot.scope, &own, &input.value)
                    .map_err(|error| {
                        spot.trouble(format!("the input `{field}` has no value: {error}"))
                    })?;
                own.insert(field.clone(), value);
            }
            let came = self
                .instance
                .scope(inside)
                .filter(|_| !element.kind.is_activity());
            let came: Vec<Name> =
                came.map_or_else(Vec::new, |open| open.data.keys().cloned().collect());
            own.retain(|field, _| !came.contains(field));
            self.hold_own(spot.token, &own)
                .map_err(|Oversize| oversize(spot))?;
            self.furnished(spot.token);
            self.relist(spot, inside);
        }
        match element.kind.is_activity() && self.instance.has_own(spot.token) {
            true => Ok(Spot {
                scope: inside,
                ..spot
            }),
            false => Ok(spot),
        }
    }

    /// Puts fields into the scope of an element's own, which is opened for them.
    fn hold_own(&mut self, token: TokenId, data: &Data) -> Result<(), Oversize> {
        let inside = ScopeId(token.0);
        if self.instance.scope(inside).is_none() {
            self.emit(Event::ScopeOpened { token });
        }
        for (field, value) in data {
            self.put(inside, field, value.clone())?;
        }
        Ok(())
    }

    fn furnished(&mut self, token: TokenId) {
        if !self.instance.has_own(token) {
            self.emit(Event::Furnished { token });
        }
    }

    /// A list of the element may name its own fields, which were not there when the token came.
    fn relist(&mut self, spot: Spot, inside: ScopeId) {
        let Some(before) = self
            .instance
            .token(spot.token)
            .map(|token| token.lists.clone())
        else {
            return;
        };
        let lists = lists::on_entry(self, spot.element, inside, &before);
        if lists != before {
            let token = spot.token;
            self.emit(Event::Relisted { token, lists });
        }
    }

    /// What has come from outside for an element: the data of a task that is completed, what comes with a message or a signal.
    /// Where the element maps it out, that alone says what is kept: the element has it for itself until it leaves. Of several events that must happen together each writes by itself.
    pub(super) fn take_in(
        &mut self,
        (token, element): (TokenId, ElementIx),
        scope: ScopeId,
        data: &Data,
    ) -> Result<(), Oversize> {
        let model = self.process.element(element);
        let together = model
            .kind
            .trigger()
            .is_some_and(|trigger| trigger.needed() > 1);
        if model.outputs.is_empty() || together {
            return self.write_all(scope, data);
        }
        if data.is_empty() {
            return Ok(());
        }
        let there = self.spot(token).is_some_and(|spot| spot.element == element);
        if there {
            self.hold_own(token, data)?;
            self.furnished(token);
            return Ok(());
        }
        if self.bytes() + value::bytes(data) > value::MAX_BYTES {
            return Err(Oversize);
        }
        self.carried.push((element, data.clone()));
        Ok(())
    }

    /// Gives a token that has just come to an event what has come with the event.
    pub(super) fn take_carried(&mut self, spot: Spot) {
        let Some(at) = self
            .carried
            .iter()
            .position(|(element, _)| *element == spot.element)
        else {
            return;
        };
        let (_, data) = self.carried.remove(at);
        // Its other fields follow when it is stepped or left.
        let more = !self.process.element(spot.element).inputs.is_empty();
        match self.hold_own(spot.token, &data) {
            Ok(()) if more => {}
            Ok(()) => self.furnished(spot.token),
            Err(Oversize) => self.hold(spot.token, oversize(spot)),
        }
    }

    /// Where an output of an element is written: around it, beside its own fields. A round keeps what is its own besides.
    fn outside(&self, spot: Spot, field: &Name) -> ScopeId {
        let inputs = &self.process.element(spot.element).inputs;
        match self.round(spot.token) {
            Some(round) if inputs.iter().any(|input| input.field == *field) => round.scope,
            Some(round) => ScopeId(round.token.0),
            None => self.spot(spot.token).map_or(spot.scope, |spot| spot.scope),
        }
    }

    /// Writes a field as an output of an element.
    pub(super) fn write_out(
        &mut self,
        spot: Spot,
        field: &Name,
        value: value::Value,
    ) -> Result<(), Oversize> {
        let scope = self.outside(spot, field);
        self.write(scope, field, value)
    }

    /// Maps out of an element what is its own. What was assigned before trouble stays, and is left out when it is tried again.
    pub(super) fn output(&mut self, spot: Spot, outputs: &[Assignment]) -> Result<(), Trouble> {
        let inside = self.inside(spot);
        self.assign_in(spot, inside, outputs, Run::write_out)
    }

    /// Keeps what a worker says of work that is done. Where there are output mappings, they alone say what is kept: they see
    /// what came, and nobody else does. One that has no value is refused: the worker can say it differently.
    pub(super) fn keep(&mut self, spot: Spot, data: &Data) -> Result<(), Rejection> {
        let process = self.process;
        let outputs = &process.element(spot.element).outputs;
        let inside = self.inside(spot);
        if outputs.is_empty() {
            self.write_all(inside, data)?;
        }
        for output in outputs {
            let value = self
                .eval_with(inside, data, &output.value)
                .map_err(|_| Rejection::OutputInvalid(output.field.clone()))?;
            self.write_out(spot, &output.field, value)?;
        }
        Ok(())
    }
}

fn oversize(spot: Spot) -> Trouble {
    let message = format!(
        "with its own fields the data would be larger than {} bytes",
        value::MAX_BYTES
    );
    spot.trouble(message).of(IncidentKind::Size)
}
