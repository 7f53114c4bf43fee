//! Process data, as one viewer may see it.

use async_graphql::{Context, Enum, SimpleObject};
use docket_domain::access::field::{FieldView, Visibility, view_in};
use docket_domain::bpmn;
use docket_domain::engine::instance::{Instance, ScopeId};
use docket_domain::value::{Name, Value};
use serde_json::Value as Json;

use crate::graphql::error::Result;
use crate::graphql::session::{Asking, Redactions};

/// One piece of process data, as this viewer may see it.
#[derive(Clone, Debug, SimpleObject)]
#[graphql(serial)]
pub struct Field {
    /// What it is called.
    name: Name,
    /// What kind of value is seen.
    #[graphql(name = "type")]
    kind: FieldType,
    /// What is seen: the value, its mask, or null.
    value: Option<Json>,
    /// How it is seen.
    visibility: FieldVisibility,
    /// How secret it is.
    classification: Classification,
    /// Whether the viewer may change it now.
    writable: bool,
}

/// What kind of value a field has.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Enum)]
pub enum FieldType {
    /// Text; dates, times and durations are ISO 8601 text.
    Text,
    /// An exact decimal.
    Number,
    /// True or false.
    Boolean,
    /// Values in order.
    List,
    /// Named values.
    Object,
    /// Nothing is seen: there is no value, or it is hidden.
    Unknown,
}

/// How a viewer sees a field.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Enum)]
#[graphql(remote = "Visibility")]
pub enum FieldVisibility {
    /// As it is.
    Clear,
    /// Its shape only.
    Masked,
    /// Not at all.
    Hidden,
}

/// How secret a field is.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Enum)]
#[graphql(remote = "bpmn::Classification")]
pub enum Classification {
    /// For everyone who reads the instance.
    Public,
    /// The same; the class of every field that no rule names.
    Internal,
    /// Clear for those that the model names, masked or hidden for other readers.
    Confidential,
    /// Hidden from everyone that the model does not name; never masked.
    Secret,
}

impl From<FieldView> for Field {
    fn from(view: FieldView) -> Self {
        Field {
            name: view.name,
            kind: view.value.as_ref().map_or(FieldType::Unknown, kind),
            value: view.value.as_ref().map(Value::to_json),
            visibility: view.visibility.into(),
            classification: view.class.into(),
            writable: view.writable,
        }
    }
}

fn kind(value: &Value) -> FieldType {
    match value {
        Value::Null => FieldType::Unknown,
        Value::Bool(_) => FieldType::Boolean,
        Value::Number(_) => FieldType::Number,
        Value::Text(_) => FieldType::Text,
        Value::List(_) => FieldType::List,
        Value::Object(_) => FieldType::Object,
    }
}

/// The fields of a scope of an instance that the viewer reads; hidden ones are named in the answer's redactions.
pub async fn fields(
    ctx: &Context<'_>,
    instance: &Instance,
    scope: ScopeId,
    names: Option<Vec<String>>,
) -> Result<Vec<Field>> {
    let asking = Asking::of(ctx)?;
    let model = asking.model(instance.process).await?;
    let views = view_in(&model, instance, scope, asking.actor(), names.as_deref());
    for (index, view) in views.iter().enumerate() {
        if view.visibility == Visibility::Hidden {
            Redactions::note(ctx, index);
        }
    }
    Ok(views.into_iter().map(Field::from).collect())
}

/// The clear fields of a scope as one object. What is masked is left out: sent back, a mask would overwrite the value.
pub async fn data(ctx: &Context<'_>, instance: &Instance, scope: ScopeId) -> Result<Json> {
    let asking = Asking::of(ctx)?;
    let model = asking.model(instance.process).await?;
    let views = view_in(&model, instance, scope, asking.actor(), None);
    Ok(views
        .into_iter()
        .filter(|view| view.visibility == Visibility::Clear)
        .filter_map(|view| Some((view.name.to_string(), view.value?.to_json())))
        .collect())
}
