//! What kind of element another must be so that what stands there goes on: a task stays a task, a wait for a timer stays
//! one. What the element says besides is the other version's to say.

use crate::bpmn::{Element, Kind, MultiInstance, Repeat, Trigger};

/// What an element is to a token that stands there.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Nature {
    Start(Awaited),
    End,
    Catch(Awaited),
    Throw,
    LinkSource,
    LinkTarget,
    Boundary(Awaited),
    UserTask,
    /// Done as it is entered: passed, assigned, or decided.
    AtOnce,
    Work,
    Receive,
    Call,
    Exclusive,
    Parallel,
    Inclusive,
    Complex,
    EventBased,
    SubProcess,
    Transaction,
    AdHoc {
        sequential: bool,
    },
    EventSubProcess,
    EventStart(Awaited),
}

/// What an event waits for, without the particulars.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Awaited {
    needed: usize,
    parts: Vec<Part>,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Part {
    None,
    Timer,
    Message,
    Error,
    Escalation,
    Condition,
    Compensation,
    Cancel,
    Signal,
    Several,
}

/// How an activity repeats.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Rhythm {
    Once,
    AllAtOnce,
    OneByOne,
    Loop,
}

impl Nature {
    pub(super) fn of(kind: &Kind) -> Nature {
        match kind {
            Kind::Start(trigger) => Nature::Start(Awaited::of(trigger)),
            Kind::End(_) => Nature::End,
            Kind::Catch(trigger) => Nature::Catch(Awaited::of(trigger)),
            Kind::Throw(_) => Nature::Throw,
            Kind::LinkSource(_) => Nature::LinkSource,
            Kind::LinkTarget => Nature::LinkTarget,
            Kind::Boundary { trigger, .. } => Nature::Boundary(Awaited::of(trigger)),
            Kind::UserTask(_) => Nature::UserTask,
            Kind::PassThrough | Kind::Assign(_) | Kind::Decision(_) => Nature::AtOnce,
            Kind::Work(_) => Nature::Work,
            Kind::Receive(_) => Nature::Receive,
            Kind::Call(_) => Nature::Call,
            Kind::Exclusive => Nature::Exclusive,
            Kind::Parallel => Nature::Parallel,
            Kind::Inclusive => Nature::Inclusive,
            Kind::Complex { .. } => Nature::Complex,
            Kind::EventBased => Nature::EventBased,
            Kind::SubProcess => Nature::SubProcess,
            Kind::Transaction => Nature::Transaction,
            Kind::AdHoc(ad_hoc) => Nature::AdHoc {
                sequential: ad_hoc.sequential,
            },
            Kind::EventSubProcess => Nature::EventSubProcess,
            Kind::EventStart { trigger, .. } => Nature::EventStart(Awaited::of(trigger)),
        }
    }

    /// Whether what stands there waits for others that come over other flows.
    pub(super) fn joins(&self) -> bool {
        matches!(self, Nature::Parallel | Nature::Inclusive | Nature::Complex)
    }

    /// Whether two elements may become one: not where it matters how many of them there are.
    pub(super) fn merges(&self) -> bool {
        self.is_plain() || matches!(self, Nature::Catch(_) | Nature::End | Nature::Exclusive)
    }

    /// An activity without an inside.
    fn is_plain(&self) -> bool {
        matches!(
            self,
            Nature::UserTask | Nature::AtOnce | Nature::Work | Nature::Receive | Nature::Call
        )
    }
}

/// Whether one element may stand for another at all: the same nature, or both are activities, of which one that has not
/// begun may become any other.
pub(super) fn is_kin(one: &Element, other: &Element) -> bool {
    let (nature, becomes) = (Nature::of(&one.kind), Nature::of(&other.kind));
    one.for_compensation == other.for_compensation
        && (nature == becomes || nature.is_plain() && becomes.is_plain())
}

/// Whether what has begun at one element goes on at the other.
pub(super) fn is_same(one: &Element, other: &Element) -> bool {
    Nature::of(&one.kind) == Nature::of(&other.kind) && Rhythm::of(one) == Rhythm::of(other)
}

impl Rhythm {
    pub(super) fn of(element: &Element) -> Rhythm {
        match &element.repeat {
            None => Rhythm::Once,
            Some(Repeat::Loop(_)) => Rhythm::Loop,
            Some(Repeat::Multi(MultiInstance {
                sequential: true, ..
            })) => Rhythm::OneByOne,
            Some(Repeat::Multi(_)) => Rhythm::AllAtOnce,
        }
    }
}

impl Awaited {
    fn of(trigger: &Trigger) -> Awaited {
        Awaited {
            needed: trigger.needed(),
            parts: trigger.parts().iter().map(Part::of).collect(),
        }
    }
}

impl Part {
    fn of(trigger: &Trigger) -> Part {
        match trigger {
            Trigger::None => Part::None,
            Trigger::Timer(_) => Part::Timer,
            Trigger::Message(_) => Part::Message,
            Trigger::Error(_) => Part::Error,
            Trigger::Escalation(_) => Part::Escalation,
            Trigger::Condition(_) => Part::Condition,
            Trigger::Compensation => Part::Compensation,
            Trigger::Cancel => Part::Cancel,
            Trigger::Signal(_) => Part::Signal,
            Trigger::Multiple { .. } => Part::Several,
        }
    }
}
