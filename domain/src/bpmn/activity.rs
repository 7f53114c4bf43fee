//! What activities ask for beyond being passed, as the model says it.

use super::{Assignment, Principals, Sent, Text};
use crate::expr::Expr;
use crate::value::Name;

/// Human work, as the model describes it.
#[derive(Clone, Default, Debug)]
pub struct UserTask {
    /// Who gets it without claiming; the first name wins.
    pub assignee: Option<Text>,
    /// Who may claim it.
    pub candidates: Vec<Principals>,
    /// Who may not, whatever else they are: four eyes.
    pub excluded: Vec<Principals>,
    /// Due at this date, or after this duration from its creation (ISO 8601).
    pub due: Option<Text>,
    /// Follow up at this date, or after this duration (ISO 8601).
    pub follow_up: Option<Text>,
    /// 0 to 100, 50 unless said otherwise; higher is more urgent.
    pub priority: Option<Text>,
    /// The form, if the model has one.
    pub form: Option<Form>,
    /// The outcomes that a person chooses from; empty means free.
    pub outcomes: Vec<Name>,
    /// The field that the outcome is written to.
    pub outcome_field: Option<Name>,
}

/// A form.
#[derive(Clone, Debug)]
pub struct Form {
    /// Its key, as a front end knows it.
    pub key: Option<Name>,
    /// The form-js schema, if the model carries it.
    pub schema: Option<serde_json::Value>,
}

/// Work that is done outside, as the model describes it.
#[derive(Clone, PartialEq, Debug)]
pub struct ExternalWork {
    /// Of what type: what workers ask by.
    pub kind: Text,
    /// How often it is tried in all, 1 to 100; 3 unless said otherwise.
    pub retries: Option<Text>,
    /// How long it rests after a failure (ISO 8601); not at all unless said otherwise.
    pub backoff: Option<Text>,
    /// How long a worker has it that does not say for how long (ISO 8601).
    pub timeout: Option<Text>,
    /// 0 to 100, 50 unless said otherwise; higher is more urgent.
    pub priority: Option<Text>,
    /// What the model tells its worker besides data, in its order.
    pub headers: Vec<(Name, Name)>,
    /// What the worker gets of the data, by the names that it gets it under. Empty: every field that is clear to it.
    pub inputs: Vec<Assignment>,
    /// Who may do it, among those with the privilege; `None` abstains, an empty list is nobody.
    pub workers: Option<Vec<Principals>>,
}

impl ExternalWork {
    /// Work of a type of which nothing else is said.
    pub fn of(kind: Text) -> ExternalWork {
        ExternalWork {
            kind,
            retries: None,
            backoff: None,
            timeout: None,
            priority: None,
            headers: Vec::new(),
            inputs: Vec::new(),
            workers: None,
        }
    }
}

/// An ad-hoc sub-process (BPMN 2.0.2, 13.3.5).
#[derive(Clone, Debug)]
pub struct AdHoc {
    /// One activity after the other, or all at once.
    pub sequential: bool,
    /// When true after an activity, the sub-process is over.
    pub until: Option<Expr>,
    /// Whether what is still active then is taken away.
    pub cancel: bool,
}

/// How an activity is done more than once.
#[derive(Clone, Debug)]
pub enum Repeat {
    /// So many times, or once for each value of a list.
    Multi(MultiInstance),
    /// As long as a condition holds.
    Loop(StandardLoop),
}

/// Multi-instance (BPMN 2.0.2, 13.3.7).
#[derive(Clone, Debug)]
pub struct MultiInstance {
    /// One after the other, or all at once.
    pub sequential: bool,
    /// How many.
    pub count: Count,
    /// When true after a round, the others are taken away.
    pub until: Option<Expr>,
    /// What is told when a round is done.
    pub behavior: Behavior,
    /// Where what the rounds give is gathered.
    pub results: Option<Results>,
}

/// What is told when a round is done (BPMN 2.0.2, table 10.30): signals, which an event at the border of the activity can
/// catch.
#[derive(Clone, Default, Debug)]
pub enum Behavior {
    /// Nothing.
    #[default]
    All,
    /// After each round.
    Each(Sent),
    /// After the first round.
    First(Sent),
    /// After each round whatever has its condition met, in order. What interrupts the activity takes the other rounds away.
    Complex(Vec<(Expr, Sent)>),
}

/// A list of what the rounds give, in the order in which they began.
#[derive(Clone, Debug)]
pub struct Results {
    /// The field that gets the list when the activity is done.
    pub list: Name,
    /// What a round gives, as it ends.
    pub element: Expr,
}

/// How many rounds there are.
#[derive(Clone, Debug)]
pub enum Count {
    /// A whole number.
    Cardinality(Expr),
    /// One for each value of a list.
    Collection {
        /// The list.
        items: Expr,
        /// The field that holds the value in its round.
        element: Option<Name>,
    },
}

/// A standard loop (BPMN 2.0.2, 13.3.6).
#[derive(Clone, Debug)]
pub struct StandardLoop {
    /// Goes on while it holds; `None` is always.
    pub condition: Option<Expr>,
    /// Whether it must hold before the first round as well.
    pub test_before: bool,
    /// Rounds at most.
    pub maximum: Option<u32>,
}
