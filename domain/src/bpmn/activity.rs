//! What activities ask for beyond being passed, as the model says it.

use super::{Principals, Text};
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
