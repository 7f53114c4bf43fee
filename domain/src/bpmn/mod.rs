//! The executable model. [`read`] turns XML into a draft and judges nothing; [`resolve`] turns the draft into
//! [`Process`]es whose references are dense indices, or says every [`Problem`]; [`lint`] finds what is legal and still
//! wrong. A running engine meets no unresolved reference. Nothing here runs anything.
//!
//! ```text
//!  bytes ──read──▶ Draft (every element, line and column) ──resolve──▶ Process │ Vec<Problem>
//!                                                   └──────lint──────▶ Vec<Problem> (warnings)
//! ```

use std::collections::{BTreeSet, HashMap};
use std::fmt;

use serde::{Deserialize, Serialize};

use crate::expr::Expr;
use crate::value::Name;

pub use access::{AccessPolicy, Classification, FieldRule, Mask, Naming, Principals, StateList};
pub use activity::{
    AdHoc, Behavior, Count, ExternalWork, Form, MultiInstance, Repeat, Results, StandardLoop,
    UserTask,
};
pub use call::{Binding, Call, Mapping};
pub use correlation::Correlation;
pub use decision::{DecisionBinding, DecisionCall, DecisionRef, ResultShape};
pub use event::{MessageWait, Opener, Sent, Throw, Timer, Trigger};
pub(crate) use upstream::upstream;

pub mod dialect;
pub mod lint;
pub mod read;
pub mod resolve;

mod access;
mod activity;
mod call;
mod correlation;
mod decision;
pub(crate) mod encoding;
mod event;
mod place;
pub(crate) mod report;
pub(crate) mod soundness;
mod text;
mod timer;
pub(crate) mod tree;
mod upstream;
pub(crate) mod xml;

/// The namespace of BPMN 2.0 models (BPMN 2.0.2, section 15).
pub const BPMN: &str = "http://www.omg.org/spec/BPMN/20100524/MODEL";
/// The namespace of our own extension elements and attributes.
pub const WF: &str = "https://docket.dev/schema/wf";

/// Where in a file: line and column, both from 1. Columns count characters.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Debug, Serialize, Deserialize)]
pub struct Place {
    /// Line, from 1.
    pub line: u32,
    /// Column, from 1.
    pub column: u32,
}

/// How much a finding weighs.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
pub enum Severity {
    /// Worth a look.
    Warning,
    /// The model cannot be published.
    Error,
}

/// One thing that is wrong with a model.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Problem {
    /// Whether it stands in the way of publishing.
    pub severity: Severity,
    /// A stable name for the kind of problem, in lower case with hyphens: `unknown-reference`.
    pub rule: Name,
    /// What is wrong, naming the thing in backticks.
    pub message: String,
    /// The element's id, where there is one.
    pub element: Option<Name>,
    /// Where.
    pub place: Place,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{}:{}: {}",
            self.place.line, self.place.column, self.message
        )
    }
}

/// An element's index in [`Process::elements`].
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ElementIx(pub u32);

/// A flow's index in [`Process::flows`].
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub struct FlowIx(pub u32);

/// One executable process.
#[derive(Clone, Debug)]
pub struct Process {
    /// The id of the process element: what instances are started by.
    pub key: Name,
    /// Its name.
    pub name: Option<Name>,
    /// Every flow element of the process and of its sub-processes. Parents come before children.
    pub elements: Vec<Element>,
    /// Every sequence flow.
    pub flows: Vec<Flow>,
    /// Element by id.
    pub by_id: HashMap<Name, ElementIx>,
    /// G3: who may use the process at all. `None` abstains, an empty list is nobody.
    pub security_roles: Option<Vec<Name>>,
    /// G6: what an instance asks of those who come near it.
    pub policy: AccessPolicy,
    /// G7: the lists that the first state starts with.
    pub acl: StateList,
    /// Field classes that hold in every state unless the element says otherwise.
    pub fields: Vec<FieldRule>,
    /// What its data objects and properties begin with, where the start does not say it.
    pub initial: Vec<Assignment>,
    /// How messages are correlated with its instances, each message once.
    pub correlations: Vec<Correlation>,
    /// What starts an instance besides start events.
    pub openers: Vec<Opener>,
    /// Who may start an instance besides holding the privilege; `None` abstains.
    pub starters: Option<Vec<Principals>>,
    /// The data field that names the initiator when somebody starts on another's behalf.
    pub initiator_field: Option<Name>,
    /// The data field that the initiator's name is written to at the start.
    pub initiator_variable: Option<Name>,
    /// What a person fills in to start an instance, if the model has a form for it. A start by message has none.
    pub start_form: Option<Form>,
    /// The tag that a call may ask for instead of a version.
    pub version_tag: Option<Name>,
}

impl Process {
    /// The element of an index.
    pub fn element(&self, ix: ElementIx) -> &Element {
        &self.elements[ix.0 as usize]
    }

    /// The flow of an index.
    pub fn flow(&self, ix: FlowIx) -> &Flow {
        &self.flows[ix.0 as usize]
    }

    /// The elements directly inside a scope: of the process itself with `None`, else of a sub-process.
    pub fn children(
        &self,
        scope: Option<ElementIx>,
    ) -> impl Iterator<Item = (ElementIx, &Element)> {
        self.elements
            .iter()
            .enumerate()
            .filter(move |(_, element)| element.parent == scope)
            .map(|(ix, element)| (ElementIx(ix as u32), element))
    }

    /// The start events of a scope's event sub-processes.
    pub fn handlers(&self, scope: Option<ElementIx>) -> impl Iterator<Item = ElementIx> {
        self.children(scope)
            .filter(|(_, element)| matches!(element.kind, Kind::EventSubProcess))
            .filter_map(|(ix, _)| {
                let mut inside = self.children(Some(ix));
                inside.find(|(_, element)| matches!(element.kind, Kind::EventStart { .. }))
            })
            .map(|(ix, _)| ix)
    }

    /// How a message of a name is correlated, if the model says so for the name.
    pub fn correlation(&self, message: &Name) -> Option<&Correlation> {
        self.correlations.iter().find(|it| it.message == *message)
    }

    /// The decisions that its tasks ask, each once.
    pub fn decisions(&self) -> BTreeSet<&DecisionRef> {
        let asked = self.elements.iter().filter_map(|element| {
            if let Kind::Decision(call) = &element.kind {
                return Some(&call.decision);
            }
            None
        });
        asked.collect()
    }

    /// Where a run of a scope begins without a trigger: its none start event, else, with no start event at all, every
    /// element without incoming flows that is no boundary event, link target, event sub-process or compensation activity (BPMN 2.0.2, 13.3.1).
    pub fn plain_starts(&self, scope: Option<ElementIx>) -> Vec<ElementIx> {
        let mut starts = self
            .children(scope)
            .filter(|(_, element)| matches!(element.kind, Kind::Start(_)))
            .peekable();
        if starts.peek().is_some() {
            return starts
                .filter(|(_, element)| matches!(element.kind, Kind::Start(Trigger::None)))
                .map(|(ix, _)| ix)
                .collect();
        }
        self.children(scope)
            .filter(|(_, element)| element.begins())
            .map(|(ix, _)| ix)
            .filter(|ix| !self.opens(*ix))
            .collect()
    }

    /// Whether an element starts an instance by what it waits for, or leads to what does.
    fn opens(&self, ix: ElementIx) -> bool {
        let mut openers = self.openers.iter();
        openers.any(|opener| {
            opener
                .gateway
                .map_or(opener.element, |(gateway, _)| gateway)
                == ix
        })
    }
}

/// A node of a process.
#[derive(Clone, Debug)]
pub struct Element {
    /// The XML id.
    pub id: Name,
    /// Its name, else nothing.
    pub name: Option<Name>,
    /// What BPMN calls it: `userTask`.
    pub tag: Name,
    /// What it does.
    pub kind: Kind,
    /// How often it does so, unless once.
    pub repeat: Option<Repeat>,
    /// The sub-process that holds it, or the process itself.
    pub parent: Option<ElementIx>,
    /// Flows that end here, in document order.
    pub incoming: Vec<FlowIx>,
    /// Flows that begin here, in document order.
    pub outgoing: Vec<FlowIx>,
    /// The outgoing flow taken when no condition holds.
    pub default: Option<FlowIx>,
    /// Boundary events attached here.
    pub boundaries: Vec<ElementIx>,
    /// Whether its timers and dates count in working days.
    pub working_days: bool,
    /// What is done to compensate this activity (BPMN 2.0.2, 10.7.1): it hangs at a compensation event on the border.
    pub compensation: Option<ElementIx>,
    /// How many tokens it takes to begin; at least 1.
    pub start_quantity: u32,
    /// How many tokens it sends over each way out; at least 1.
    pub completion_quantity: u32,
    /// Whether it is done to compensate only, and no flow leads to it.
    pub for_compensation: bool,
    /// G7: readers, writers and owners while a token stands here; what is `None` is carried forward.
    pub acl: StateList,
    /// Field classes while a token stands here.
    pub fields: Vec<FieldRule>,
    /// The fields that it has for itself, with what they begin with: properties, the data objects of a sub-process, input
    /// mappings, in this order. Later ones see earlier ones.
    pub inputs: Vec<Assignment>,
    /// Assignments after the element completes: data objects, output mappings. They see its own fields and write to those
    /// around it.
    pub outputs: Vec<Assignment>,
    /// Where it stands in the file.
    pub place: Place,
}

impl Element {
    /// Whether it begins by itself where its scope has no start event: no flow leads to it, though one could.
    pub(crate) fn begins(&self) -> bool {
        self.incoming.is_empty() && !self.for_compensation && self.kind.is_on_flow()
    }
}

/// A sequence flow.
#[derive(Clone, Debug)]
pub struct Flow {
    /// The XML id, where there is one.
    pub id: Option<Name>,
    /// From.
    pub source: ElementIx,
    /// To.
    pub target: ElementIx,
    /// Taken only if true; `None` is always.
    pub condition: Option<Expr>,
}

/// What an element does.
#[derive(Clone, Debug)]
pub enum Kind {
    /// Where a scope begins.
    Start(Trigger),
    /// Where a token ends.
    End(Throw),
    /// Waits on the flow.
    Catch(Trigger),
    /// Throws on the flow and goes on.
    Throw(Throw),
    /// Goes on at the link target of its name.
    LinkSource(ElementIx),
    /// Where link sources of its name go on.
    LinkTarget,
    /// Waits on the border of an activity.
    Boundary {
        /// The activity.
        on: ElementIx,
        /// Whether firing cancels the activity.
        interrupting: bool,
        /// What it waits for.
        trigger: Trigger,
    },
    /// Human work.
    UserTask(Box<UserTask>),
    /// A task of which the model says nothing: passed through.
    PassThrough,
    /// Work that somebody outside fetches and does.
    Work(Box<ExternalWork>),
    /// Assignments by expression: a service or script task with `wf:set`. Without any, passed through.
    Assign(Vec<Assignment>),
    /// Asks a decision: a business rule task.
    Decision(Box<DecisionCall>),
    /// Waits for a message.
    Receive(MessageWait),
    /// Waits for an instance of another process.
    Call(Box<Call>),
    /// One way out.
    Exclusive,
    /// All ways out; waits for all ways in.
    Parallel,
    /// Every way out that is open; waits for every way in on which a token can still come.
    Inclusive,
    /// Every way out that is open; goes on once its condition over what has come holds.
    Complex {
        /// The condition; `None` holds with the first token.
        activation: Option<Expr>,
    },
    /// The first event that happens takes its way.
    EventBased,
    /// An embedded sub-process.
    SubProcess,
    /// A sub-process that can be cancelled as a whole: then what it has completed is compensated.
    Transaction,
    /// A sub-process whose activities have no order of their own.
    AdHoc(Box<AdHoc>),
    /// A sub-process that no flow leads to: its one start event begins it while the scope around it is open.
    EventSubProcess,
    /// Where an event sub-process begins.
    EventStart {
        /// Whether it takes away everything else in the scope around.
        interrupting: bool,
        /// What it waits for.
        trigger: Trigger,
    },
}

impl Kind {
    /// What an event waits for; nothing for what is no event that waits.
    pub fn trigger(&self) -> Option<&Trigger> {
        match self {
            Kind::Start(trigger)
            | Kind::Catch(trigger)
            | Kind::Boundary { trigger, .. }
            | Kind::EventStart { trigger, .. } => Some(trigger),
            Kind::End(_)
            | Kind::Throw(_)
            | Kind::LinkSource(_)
            | Kind::LinkTarget
            | Kind::UserTask(_)
            | Kind::PassThrough
            | Kind::Work(_)
            | Kind::Assign(_)
            | Kind::Call(_)
            | Kind::Decision(_)
            | Kind::Receive(_)
            | Kind::Exclusive
            | Kind::Parallel
            | Kind::Inclusive
            | Kind::EventBased
            | Kind::Complex { .. }
            | Kind::AdHoc(_)
            | Kind::SubProcess
            | Kind::Transaction
            | Kind::EventSubProcess => None,
        }
    }

    /// Whether a token can come to it by a flow alone: so that it begins where none leads to it.
    pub(crate) fn is_on_flow(&self) -> bool {
        match self {
            Kind::Boundary { .. }
            | Kind::LinkTarget
            | Kind::EventSubProcess
            | Kind::EventStart { .. } => false,
            Kind::Start(_)
            | Kind::End(_)
            | Kind::Catch(_)
            | Kind::Throw(_)
            | Kind::LinkSource(_)
            | Kind::UserTask(_)
            | Kind::PassThrough
            | Kind::Work(_)
            | Kind::Assign(_)
            | Kind::Decision(_)
            | Kind::Receive(_)
            | Kind::Call(_)
            | Kind::Exclusive
            | Kind::Parallel
            | Kind::Inclusive
            | Kind::EventBased
            | Kind::Complex { .. }
            | Kind::SubProcess
            | Kind::Transaction
            | Kind::AdHoc(_) => true,
        }
    }
}

impl Kind {
    /// Whether it is work of some kind, rather than an event or a gateway (BPMN 2.0.2, 10.3).
    pub(crate) fn is_activity(&self) -> bool {
        match self {
            Kind::UserTask(_)
            | Kind::PassThrough
            | Kind::Work(_)
            | Kind::Decision(_)
            | Kind::Call(_)
            | Kind::Assign(_)
            | Kind::Receive(_)
            | Kind::SubProcess
            | Kind::Transaction
            | Kind::AdHoc(_) => true,
            Kind::Start(_)
            | Kind::End(_)
            | Kind::Catch(_)
            | Kind::Throw(_)
            | Kind::LinkSource(_)
            | Kind::LinkTarget
            | Kind::Boundary { .. }
            | Kind::Exclusive
            | Kind::Parallel
            | Kind::Inclusive
            | Kind::Complex { .. }
            | Kind::EventBased
            | Kind::EventSubProcess
            | Kind::EventStart { .. } => false,
        }
    }
}

/// Text from the model: as it stands, or computed.
#[derive(Clone, PartialEq, Debug)]
pub enum Text {
    /// As it stands.
    Literal(Name),
    /// The value of an expression.
    Expr(Expr),
}

/// An assignment of an expression's value to a field of the data.
#[derive(Clone, PartialEq, Debug)]
pub struct Assignment {
    /// The field.
    pub field: Name,
    /// Its new value.
    pub value: Expr,
}

#[cfg(test)]
mod tests;
