//! What would happen: steps and places of the model, no data.

use async_graphql::{Enum, SimpleObject};
use docket_domain::bpmn::Process;
use docket_domain::engine::effect::Effect;
use docket_domain::engine::instance::{Instance, Token};
use docket_domain::history;
use docket_domain::ids::InstanceId;
use docket_domain::value::Name;

use super::history::HistoryKind;
use super::instance::ProcessInstanceState;
use crate::app::intervention::Preview;
use crate::graphql::error::UserError;
use crate::graphql::id::Id;

/// Entries that a list of a preview shows at most.
pub const MOST_SHOWN: usize = 1_000;

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
    /// What would be asked of others, the first 1,000 things. What these would do is not followed.
    asks: Option<Vec<PreviewAsk>>,
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

/// Something that is asked of others.
#[derive(Clone, Debug, SimpleObject)]
#[graphql(serial)]
pub struct PreviewAsk {
    /// What.
    kind: PreviewAskKind,
    /// The key of the process that is called, or the name of the signal, the message or the escalation.
    name: Option<String>,
    /// The instance that is ended, or that goes on.
    process_instance_id: Option<Id>,
}

/// What is asked of others.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Enum)]
pub enum PreviewAskKind {
    /// An instance of another process begins.
    Call,
    /// An instance that was called is ended.
    End,
    /// The instance that called this one goes on without it.
    Return,
    /// The instance that called this one is told of an escalation.
    Escalate,
    /// A signal for everything in the tenant that waits for it.
    Signal,
    /// A message for whoever waits for it.
    Message,
}

impl PreviewStep {
    /// The first of them.
    pub fn all(steps: &[history::Entry]) -> Vec<PreviewStep> {
        let steps = steps.iter().take(MOST_SHOWN);
        let step = |step: &history::Entry| PreviewStep {
            kind: step.kind.into(),
            element_id: step.element_id.to_string(),
            element_name: step.element_name.as_ref().map(|name| name.to_string()),
            element_type: step.element_type.to_string(),
        };
        steps.map(step).collect()
    }
}

impl PreviewAsk {
    /// The first of what a transition of an instance asks. Who takes part in it is no business of a preview.
    pub fn all(instance: &Instance, asks: &[Effect]) -> Vec<PreviewAsk> {
        let parent = instance.parent.as_ref().map(|parent| parent.instance);
        let ask = |kind, name: Option<&Name>, of: Option<InstanceId>| {
            Some(PreviewAsk {
                kind,
                name: name.map(|name| name.to_string()),
                process_instance_id: of.map(Id::Instance),
            })
        };
        let asks = asks.iter().filter_map(|effect| match effect {
            Effect::Call(call) => ask(PreviewAskKind::Call, Some(&call.callee), None),
            Effect::End(child) => ask(PreviewAskKind::End, None, Some(*child)),
            Effect::Return(_) => ask(PreviewAskKind::Return, None, parent),
            Effect::Escalate(code) => ask(PreviewAskKind::Escalate, Some(code), parent),
            Effect::Signal { name, .. } => ask(PreviewAskKind::Signal, Some(name), None),
            Effect::Message { name, .. } => ask(PreviewAskKind::Message, Some(name), None),
            Effect::Participants(_) => None,
        });
        asks.take(MOST_SHOWN).collect()
    }
}

/// The ids of the elements at which an instance stands, one for each token.
pub fn stands_at(model: &Process, instance: &Instance) -> Vec<String> {
    let tokens = instance.tokens.iter().take(MOST_SHOWN);
    let id = |token: &Token| model.element(token.element).id.to_string();
    tokens.map(id).collect()
}

impl ModificationPreview {
    /// What would happen.
    pub fn of(preview: &Preview) -> ModificationPreview {
        let after = &preview.after;
        ModificationPreview {
            steps: Some(PreviewStep::all(&preview.steps)),
            state: Some(after.state.into()),
            stands_at: Some(stands_at(&preview.model, after)),
            open_tasks: Some(after.open_tasks().count()),
            incidents: Some(after.incidents.len()),
            asks: Some(PreviewAsk::all(after, &preview.asks)),
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
