//! What a token can do next, whatever the data says: of a condition that is not always the same, both is possible. What an
//! activity does inside and how often is left out; what hangs at its border may happen.

use crate::bpmn::{Element, ElementIx, FlowIx, Kind, Process, Throw, Trigger};
use crate::value::Value;

/// Of so many ways out with conditions, every choice is looked at; of more, the narrow and the wide ones.
const CHOICES: usize = 6;

/// Events at a border that do not interrupt are looked at together, and at most so many.
const BESIDE: usize = 16;

/// What happens to a token at an element.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Class {
    /// It goes on in one way.
    Passes,
    /// It goes on in one of several ways.
    Chooses,
    /// It goes on, and others may come by another way.
    Merges,
    /// It waits for one on every way in.
    Joins,
    /// It waits for the ways in on which one can still come.
    Gathers,
    /// It ends everything around it, in order.
    Ends,
    /// It leaves everything around it in disorder: an error, or cancelling.
    Breaks,
    /// It does not go on, for a reason that is found elsewhere.
    Stops,
}

/// One way to go on.
#[derive(Clone, Default, Debug)]
pub(super) struct Way {
    /// The tokens that go on.
    pub to: Vec<Target>,
    /// The flows with conditions that were found to be open, in the order of the ways out; nothing where none was looked at.
    pub open: Option<u64>,
}

/// Where a token goes on.
#[derive(Clone, Copy, Debug)]
pub(super) struct Target {
    pub element: ElementIx,
    pub via: Option<FlowIx>,
    /// It may well be meant to go on beside others: another condition held as well, or a border was crossed without interrupting.
    pub extra: bool,
}

/// The ways out of an element, and whether they are all.
#[derive(Default)]
pub(super) struct Ways {
    pub ways: Vec<Way>,
    pub partial: bool,
}

/// Elements and their ways, as the search sees them.
pub(super) struct Net<'a> {
    pub process: &'a Process,
    /// Sub-processes that cannot come to their end in order.
    pub endless: Vec<bool>,
    /// How many ways lead to an element.
    ways_in: Vec<u32>,
}

impl<'a> Net<'a> {
    pub fn new(process: &'a Process) -> Net<'a> {
        let links = process.elements.iter().filter_map(|element| {
            let Kind::LinkSource(target) = element.kind else {
                return None;
            };
            Some(target)
        });
        let mut ways_in: Vec<u32> = process
            .elements
            .iter()
            .map(|element| element.incoming.len() as u32)
            .collect();
        for target in links {
            ways_in[target.0 as usize] += 1;
        }
        for opener in &process.openers {
            ways_in[opener.element.0 as usize] += 1;
        }
        Net {
            process,
            endless: vec![false; process.elements.len()],
            ways_in,
        }
    }

    pub fn class(&self, ix: ElementIx) -> Class {
        let element = self.process.element(ix);
        if let Kind::End(throw) | Kind::Throw(throw) = &element.kind
            && let Some(class) = ends(throw)
        {
            return class;
        }
        let kind = &element.kind;
        if self.ways_in[ix.0 as usize] > 1 {
            return if matches!(kind, Kind::Parallel) {
                Class::Joins
            } else if matches!(kind, Kind::Inclusive | Kind::Complex { .. }) {
                Class::Gathers
            } else {
                Class::Merges
            };
        }
        match self.ways(ix).ways.len() {
            0 => Class::Stops,
            1 => Class::Passes,
            _ => Class::Chooses,
        }
    }

    /// Every way in which a token that is at an element can go on.
    pub fn ways(&self, ix: ElementIx) -> Ways {
        let element = self.process.element(ix);
        let mut found = if let Kind::LinkSource(target) = element.kind {
            let to = vec![Target {
                element: target,
                via: None,
                extra: false,
            }];
            Ways::of(vec![Way { to, open: None }])
        } else if matches!(element.kind, Kind::Exclusive) {
            self.one(element)
        } else if matches!(element.kind, Kind::EventBased) {
            let targets = element.outgoing.iter();
            Ways::of(targets.map(|flow| self.over([(*flow, false)])).collect())
        } else if matches!(element.kind, Kind::Parallel) {
            let all = element.outgoing.iter().map(|flow| (*flow, false));
            Ways::of(vec![self.over(all)])
        } else {
            self.several(element)
        };
        for way in &mut found.ways {
            let once = std::mem::take(&mut way.to);
            for _ in 0..element.completion_quantity.min(8) {
                way.to.extend(&once);
            }
        }
        if self.endless[ix.0 as usize] {
            found.ways.clear();
        }
        self.borders(element, &mut found);
        found
    }

    fn over(&self, flows: impl IntoIterator<Item = (FlowIx, bool)>) -> Way {
        let to = flows.into_iter().map(|(flow, extra)| Target {
            element: self.process.flow(flow).target,
            via: Some(flow),
            extra,
        });
        Way {
            to: to.collect(),
            open: None,
        }
    }

    /// Whether a way out is always open or never; nothing if that depends.
    fn always(&self, flow: FlowIx) -> Option<bool> {
        match &self.process.flow(flow).condition {
            None => Some(true),
            // What is no truth value is an incident, which is no way on; null is not true.
            Some(condition) => Some(condition.constant()? == Value::Bool(true)),
        }
    }

    /// The first way out whose condition holds, else the default. Of several ways, one without a condition is taken to have
    /// one that is not written yet: that it has none is found elsewhere.
    fn one(&self, element: &Element) -> Ways {
        let mut found = Ways::default();
        let drawn = |flow: FlowIx| {
            element.outgoing.len() > 1 && self.process.flow(flow).condition.is_none()
        };
        for (number, flow) in element.outgoing.iter().enumerate() {
            if element.default == Some(*flow) {
                continue;
            }
            let always = self.always(*flow).filter(|_| !drawn(*flow));
            if always == Some(false) {
                continue;
            }
            let mut way = self.over([(*flow, false)]);
            way.open = 1u64.checked_shl(number as u32);
            found.ways.push(way);
            if always == Some(true) {
                return found;
            }
        }
        if let Some(default) = element.default {
            let mut way = self.over([(default, false)]);
            way.open = Some(0);
            found.ways.push(way);
        }
        if element.outgoing.is_empty() {
            found.ways.push(Way::default());
        }
        found
    }

    /// Every way out whose condition holds, else the default.
    fn several(&self, element: &Element) -> Ways {
        let mut always = Vec::new();
        let mut maybe = Vec::new();
        let mut chosen = false;
        for (number, flow) in element.outgoing.iter().enumerate() {
            if element.default == Some(*flow) {
                continue;
            }
            match self.always(*flow) {
                Some(true) => {
                    always.push(*flow);
                    // As the engine has it: behind an activity, a flow without a condition is no choice.
                    let unconditional = self.process.flow(*flow).condition.is_none();
                    chosen |= !(unconditional && element.kind.is_activity());
                }
                Some(false) => {}
                None => maybe.push((number, *flow)),
            }
        }
        let (choices, partial) = choices(maybe.len());
        let mut found = Ways {
            ways: Vec::with_capacity(choices.len()),
            partial,
        };
        for choice in choices {
            let taken = |at: &usize| choice.contains(at);
            let open = (0..maybe.len()).filter(taken).map(|at| maybe[at]);
            let open: Vec<(usize, FlowIx)> = open.collect();
            let mut flows: Vec<FlowIx> = always.clone();
            flows.extend(open.iter().map(|(_, flow)| *flow));
            if open.is_empty() && !chosen {
                flows.extend(element.default);
            }
            if flows.is_empty() && !element.outgoing.is_empty() {
                continue;
            }
            let beside = flows.len() > 1;
            let conditional = |flow: &FlowIx| open.iter().any(|(_, taken)| taken == flow);
            let mut way = self.over(
                flows
                    .iter()
                    .map(|flow| (*flow, beside && conditional(flow))),
            );
            let bits = open
                .iter()
                .map(|(number, _)| 1u64.checked_shl(*number as u32));
            if !maybe.is_empty() {
                way.open = bits.sum::<Option<u64>>();
            }
            found.ways.push(way);
        }
        found
    }

    /// What the events at the border of an activity do besides its coming to its end, or instead.
    fn borders(&self, element: &Element, found: &mut Ways) {
        let mut beside = Vec::new();
        let mut instead = Vec::new();
        for border in &element.boundaries {
            let Kind::Boundary {
                interrupting,
                trigger,
                ..
            } = &self.process.element(*border).kind
            else {
                continue;
            };
            if matches!(trigger, Trigger::Compensation) {
                continue;
            }
            let target = Target {
                element: *border,
                via: None,
                extra: !interrupting,
            };
            match interrupting {
                true => instead.push(target),
                false if beside.len() == BESIDE => found.partial = true,
                false => beside.push(target),
            }
        }
        if !beside.is_empty() {
            let done = found.ways.clone();
            for way in done {
                let mut with = way;
                with.to.extend(&beside);
                found.ways.push(with);
            }
        }
        found.ways.extend(instead.into_iter().map(|target| Way {
            to: vec![target],
            open: None,
        }));
    }
}

impl Ways {
    fn of(ways: Vec<Way>) -> Ways {
        Ways {
            ways,
            partial: false,
        }
    }
}

/// Which of so many may be chosen together, and whether other choices were left out.
fn choices(of: usize) -> (Vec<Vec<usize>>, bool) {
    if of <= CHOICES {
        let bits = |choice: usize| (0..of).filter(|at| choice >> at & 1 == 1).collect();
        return ((0..1usize << of).map(bits).collect(), false);
    }
    let all: Vec<usize> = (0..of).collect();
    let mut found = vec![Vec::new(), all];
    found.extend((0..of).map(|one| vec![one]));
    (found, true)
}

fn ends(throw: &Throw) -> Option<Class> {
    throw.parts().iter().find_map(|part| match part {
        Throw::Terminate => Some(Class::Ends),
        Throw::Error(_) | Throw::Cancel => Some(Class::Breaks),
        Throw::None
        | Throw::Escalation(_)
        | Throw::Compensate { .. }
        | Throw::Signal(_)
        | Throw::Message(_)
        | Throw::Multiple(_) => None,
    })
}
