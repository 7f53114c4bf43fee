//! What would happen: steps and places of the model, no data.

use async_graphql::SimpleObject;

use super::history::HistoryKind;
use super::instance::ProcessInstanceState;
use crate::app::intervention::Preview;
use crate::graphql::error::UserError;

/// Steps that a preview shows at most.
const MOST_STEPS: usize = 1_000;

/// What `modifyInstance` would do with the same input.
#[derive(Default, SimpleObject)]
#[graphql(serial)]
pub struct ModificationPreview {
    /// What the history would say, the first 1,000 entries. Null if it would be refused.
    steps: Option<Vec<PreviewStep>>,
    /// Where the life of the instance would stand.
    state: Option<ProcessInstanceState>,
    /// The ids of the elements at which it would stand, one for each token, 1,000 at most.
    stands_at: Option<Vec<String>>,
    /// How many of its tasks would be open.
    open_tasks: Option<usize>,
    /// How many incidents would hold it.
    incidents: Option<usize>,
    /// Why it would be refused.
    user_errors: Vec<UserError>,
}

/// One thing that would happen.
#[derive(Clone, Debug, SimpleObject)]
#[graphql(serial)]
pub struct PreviewStep {
    /// What.
    kind: HistoryKind,
    /// The id of the element in the model.
    element_id: String,
    /// The name of the element in the model.
    element_name: Option<String>,
    /// What BPMN calls the element.
    element_type: String,
}

impl ModificationPreview {
    /// What would happen.
    pub fn of(preview: &Preview) -> ModificationPreview {
        let steps = preview.steps.iter().take(MOST_STEPS);
        let tokens = preview.after.tokens.iter().take(MOST_STEPS);
        let id = |token| preview.model.element(token).id.to_string();
        ModificationPreview {
            steps: Some(
                steps
                    .map(|step| PreviewStep {
                        kind: step.kind.into(),
                        element_id: step.element_id.to_string(),
                        element_name: step.element_name.as_ref().map(|name| name.to_string()),
                        element_type: step.element_type.to_string(),
                    })
                    .collect(),
            ),
            state: Some(preview.after.state.into()),
            stands_at: Some(tokens.map(|token| id(token.element)).collect()),
            open_tasks: Some(preview.after.open_tasks().count()),
            incidents: Some(preview.after.incidents.len()),
            user_errors: Vec::new(),
        }
    }

    /// Why it would be refused.
    pub fn refused(user_errors: Vec<UserError>) -> ModificationPreview {
        ModificationPreview {
            user_errors,
            ..ModificationPreview::default()
        }
    }
}
