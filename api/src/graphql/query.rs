//! Where reading begins.

use std::sync::Arc;

use async_graphql::{Context, InputObject, Object};
use docket_domain::access::Privilege;
use docket_domain::ids::{InstanceId, TaskId};

use super::error::{Code, Result};
use super::id::Id;
use super::mutation::intervention::{ModifyInstanceInput, modification};
use super::mutation::migration::MigrateInstancesInput;
use super::mutation::settled;
use super::page::{self, Connection, PageArgs};
use super::session::Asking;
use super::types::Node;
use super::types::decision::{
    self, DecisionDefinition, DecisionEvaluation, DecisionFilter, EvaluateDecisionInput,
};
use super::types::instance::{self, ProcessInstance, ProcessInstanceFilter, ProcessInstanceOrder};
use super::types::migration::MigrationPayload;
use super::types::monitor::Monitor;
use super::types::preview::ModificationPreview;
use super::types::process::{self, Process, ProcessFilter};
use super::types::suspension::{self, ProcessSuspension};
use super::types::task::{self, Task, TaskFilter, TaskOrder};
use super::types::user::User;
use super::types::viewer::Viewer;
use super::types::worklist::Worklist;
use crate::app::migration::MigrationRequest;

/// Objects that `nodes` reads at once.
const MAX_NODES: usize = 100;

/// The key that the outside knows an instance by.
#[derive(Clone, Debug, InputObject)]
pub struct BusinessKeyInput {
    /// The key of the process.
    pub process: String,
    /// The key of the instance.
    pub key: String,
}

/// Where reading begins. What is absent and what the viewer may not read are the same everywhere: null, or not in the list.
pub struct Query;

/// Where reading begins. What is absent and what the viewer may not read are the same everywhere: null, or not in the list.
#[Object(serial)]
impl Query {
    /// Any object by its id. Of people only the viewer: there is no directory.
    async fn node(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which.")] id: Id,
    ) -> Result<Option<Node>> {
        let mut found = nodes(&Asking::of(ctx)?, &[id]).await?;
        Ok(found.pop().flatten())
    }

    /// Objects by their ids, in the order of the ids; 100 at most.
    #[graphql(complexity = "ids.len() * child_complexity")]
    async fn nodes(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which.")] ids: Vec<Id>,
    ) -> Result<Vec<Option<Node>>> {
        let asking = Asking::of(ctx)?;
        if ids.len() > MAX_NODES {
            return Err(Code::TooLarge.error(format!("`ids` takes {MAX_NODES} at most")));
        }
        nodes(&asking, &ids).await
    }

    /// Who is asking, and what they may do.
    async fn viewer(&self, ctx: &Context<'_>) -> Result<Viewer> {
        Asking::of(ctx).map(|_| Viewer)
    }

    /// Processes, by key, then version.
    #[graphql(complexity = "page::cost(first, last) * child_complexity")]
    async fn processes(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What the list is narrowed to.")] filter: Option<ProcessFilter>,
        #[graphql(desc = "The first rows, 100 at most; 20 unless named.")] first: Option<i32>,
        #[graphql(desc = "Only rows after this cursor.")] after: Option<String>,
        #[graphql(desc = "The last rows, 100 at most.")] last: Option<i32>,
        #[graphql(desc = "Only rows before this cursor.")] before: Option<String>,
    ) -> Result<Connection<Process>> {
        let args = PageArgs {
            first,
            after,
            last,
            before,
        };
        process::list(ctx, filter.unwrap_or_default().into(), &args).await
    }

    /// A process by its key: the latest published version unless one is named.
    async fn process(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The id of the process in the model.")] key: String,
        #[graphql(desc = "Which version, from 1.")] version: Option<u32>,
    ) -> Result<Option<Process>> {
        let asking = Asking::of(ctx)?;
        let tx = asking.read().await?;
        let record = tx.process_by_key(asking.actor(), &key, version).await?;
        Ok(record.map(Process::from))
    }

    /// Decisions, by key, then version. Takes the privilege `DESIGNER` or `MANAGER`, without which there are none.
    #[graphql(complexity = "page::cost(first, last) * child_complexity")]
    async fn decisions(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What the list is narrowed to.")] filter: Option<DecisionFilter>,
        #[graphql(desc = "The first rows, 100 at most; 20 unless named.")] first: Option<i32>,
        #[graphql(desc = "Only rows after this cursor.")] after: Option<String>,
        #[graphql(desc = "The last rows, 100 at most.")] last: Option<i32>,
        #[graphql(desc = "Only rows before this cursor.")] before: Option<String>,
    ) -> Result<Connection<DecisionDefinition>> {
        let args = PageArgs {
            first,
            after,
            last,
            before,
        };
        decision::list(ctx, filter.unwrap_or_default().into(), &args).await
    }

    /// A decision by its key: the latest published version unless one is named. Takes the privilege `DESIGNER` or
    /// `MANAGER`, without which there is none.
    async fn decision(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The id of the decision in its file.")] key: String,
        #[graphql(desc = "Which version, from 1.")] version: Option<u32>,
    ) -> Result<Option<DecisionDefinition>> {
        let asking = Asking::of(ctx)?;
        let tx = asking.read().await?;
        let record = tx.decision_by_key(asking.actor(), &key, version).await?;
        Ok(record.map(DecisionDefinition))
    }

    /// What a decision says of some fields; nothing is stored. Takes the privilege `DESIGNER` or `MANAGER`, without which
    /// there is no decision.
    #[graphql(complexity = "100 + child_complexity")]
    async fn evaluate_decision(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which decision, and the fields that it sees.")]
        input: EvaluateDecisionInput,
    ) -> Result<Option<DecisionEvaluation>> {
        decision::evaluate(ctx, input).await
    }

    /// Instances, the latest started first unless another order is asked for.
    #[graphql(complexity = "page::cost(first, last) * child_complexity")]
    #[expect(
        clippy::too_many_arguments,
        reason = "the four of a page, a filter and an order"
    )]
    async fn process_instances(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What the list is narrowed to.")] filter: Option<ProcessInstanceFilter>,
        #[graphql(desc = "In which order; one order is supported.")] order_by: Option<
            Vec<ProcessInstanceOrder>,
        >,
        #[graphql(desc = "The first rows, 100 at most; 20 unless named.")] first: Option<i32>,
        #[graphql(desc = "Only rows after this cursor.")] after: Option<String>,
        #[graphql(desc = "The last rows, 100 at most.")] last: Option<i32>,
        #[graphql(desc = "Only rows before this cursor.")] before: Option<String>,
    ) -> Result<Connection<ProcessInstance>> {
        let args = PageArgs {
            first,
            after,
            last,
            before,
        };
        let filter = filter.unwrap_or_default().try_into()?;
        instance::list(ctx, filter, instance::descending(order_by)?, &args).await
    }

    /// An instance: by id, or the latest started of a business key. Exactly one of the two is named.
    async fn process_instance(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "By id.")] id: Option<Id>,
        #[graphql(desc = "By the key that the outside knows it by.")] business_key: Option<
            BusinessKeyInput,
        >,
    ) -> Result<Option<ProcessInstance>> {
        let asking = Asking::of(ctx)?;
        let tx = asking.read().await?;
        let found = match (id, business_key) {
            (Some(id), None) => tx.instance(asking.actor(), id.instance()?).await?,
            (None, Some(key)) => {
                tx.instance_by_business_key(asking.actor(), &key.process, &key.key)
                    .await?
            }
            (Some(_), Some(_)) | (None, None) => {
                return Err(Code::BadInput.error("name `id` or `businessKey`"));
            }
        };
        Ok(found.map(|found| ProcessInstance(Arc::new(found))))
    }

    /// All tasks that the viewer may read, the oldest first unless another order is asked for. Takes the privilege `USER`,
    /// without which there are none.
    #[graphql(complexity = "page::cost(first, last) * child_complexity")]
    #[expect(
        clippy::too_many_arguments,
        reason = "the four of a page, a filter and an order"
    )]
    async fn tasks(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What the list is narrowed to.")] filter: Option<TaskFilter>,
        #[graphql(desc = "In which order; one order is supported.")] order_by: Option<
            Vec<TaskOrder>,
        >,
        #[graphql(desc = "The first rows, 100 at most; 20 unless named.")] first: Option<i32>,
        #[graphql(desc = "Only rows after this cursor.")] after: Option<String>,
        #[graphql(desc = "The last rows, 100 at most.")] last: Option<i32>,
        #[graphql(desc = "Only rows before this cursor.")] before: Option<String>,
    ) -> Result<Connection<Task>> {
        let args = PageArgs {
            first,
            after,
            last,
            before,
        };
        task::list(ctx, None, &task::filter(filter)?, order_by, &args).await
    }

    /// A task.
    async fn task(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which.")] id: Id,
    ) -> Result<Option<Task>> {
        let asking = Asking::of(ctx)?;
        let id = id.task()?;
        let tx = asking.read().await?;
        Ok(tx.task(asking.actor(), id).await?.map(Task::from))
    }

    /// A worklist of the viewer.
    async fn worklist(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which.")] id: Id,
    ) -> Result<Option<Worklist>> {
        let asking = Asking::of(ctx)?;
        Ok(Worklist::of(asking.actor(), id.worklist()?))
    }

    /// What `migrateInstances` would do, without doing it. Takes the privilege `ADMINISTRATOR`. What it would ask of other
    /// instances is said, and not followed.
    async fn preview_migration(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What would be done.")] input: MigrateInstancesInput,
    ) -> Result<MigrationPayload> {
        let asking = Asking::of(ctx)?;
        let request = MigrationRequest::try_from(input)?;
        let asked = asking.app.preview_migration(asking.actor(), &request);
        match settled(asked).await? {
            Ok(shown) => MigrationPayload::of(&asking, shown).await,
            Err(user_errors) => Ok(MigrationPayload::refused(user_errors)),
        }
    }

    /// What `modifyInstance` would do, without doing it. Takes the privilege `ADMINISTRATOR`. What it would ask of other
    /// instances is said, and not followed.
    async fn preview_modification(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What would be done.")] input: ModifyInstanceInput,
    ) -> Result<ModificationPreview> {
        let asking = Asking::of(ctx)?;
        let instance = input.instance()?;
        let asked = async {
            let request = modification(instance, input)?;
            asking
                .app
                .preview_modification(asking.actor(), &request)
                .await
        };
        Ok(match settled(asked).await? {
            Ok(preview) => ModificationPreview::of(&preview),
            Err(user_errors) => ModificationPreview::refused(user_errors),
        })
    }

    /// Who stopped processes and let them go on, when and why, the latest first. Takes the privilege `ADMINISTRATOR` or
    /// `MONITOR`, without which there is nothing.
    #[graphql(complexity = "page::cost(first, last) * child_complexity")]
    async fn suspensions(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Only of the process with this key.")] process: Option<String>,
        #[graphql(desc = "The first rows, 100 at most; 20 unless named.")] first: Option<i32>,
        #[graphql(desc = "Only rows after this cursor.")] after: Option<String>,
        #[graphql(desc = "The last rows, 100 at most.")] last: Option<i32>,
        #[graphql(desc = "Only rows before this cursor.")] before: Option<String>,
    ) -> Result<Connection<ProcessSuspension>> {
        let args = PageArgs {
            first,
            after,
            last,
            before,
        };
        suspension::list(ctx, process, &args).await
    }

    /// Status without data. Null without the privilege `MONITOR`.
    async fn monitor(&self, ctx: &Context<'_>) -> Result<Option<Monitor>> {
        let asking = Asking::of(ctx)?;
        Ok(asking.actor().has(Privilege::Monitor).then_some(Monitor))
    }
}

/// Objects by their ids; instances and tasks with one statement each.
async fn nodes(asking: &Asking<'_>, ids: &[Id]) -> Result<Vec<Option<Node>>> {
    let actor = asking.actor();
    let tx = asking.read().await?;
    let instances: Vec<InstanceId> = ids.iter().filter_map(|id| id.instance().ok()).collect();
    let tasks: Vec<TaskId> = ids.iter().filter_map(|id| id.task().ok()).collect();
    let instances = match instances.as_slice() {
        [] => Default::default(),
        ids => tx.instances_by_id(actor, ids).await?,
    };
    let tasks = match tasks.as_slice() {
        [] => Default::default(),
        ids => tx.tasks_by_id(actor, ids).await?,
    };
    let mut found = Vec::with_capacity(ids.len());
    for id in ids {
        found.push(match id {
            Id::Process(id) => {
                let record = tx.process(actor, *id).await?;
                record.map(|record| Node::Process(Process::from(record)))
            }
            Id::Decision(id) => {
                let record = tx.decision(actor, *id).await?;
                record.map(|record| Node::DecisionDefinition(DecisionDefinition(record)))
            }
            Id::Instance(id) => instances
                .get(id)
                .cloned()
                .map(|instance| Node::ProcessInstance(ProcessInstance(instance))),
            Id::Task(id) => tasks.get(id).cloned().map(|image| Node::Task(image.into())),
            Id::User(name) => (*name == actor.user).then(|| Node::User(User(name.clone()))),
            Id::Worklist(worklist) => Worklist::of(actor, worklist.clone()).map(Node::Worklist),
            // A comment is read through its task, an incident through its instance; work is only ever shown to the worker that
            // fetches it.
            Id::Comment(_) | Id::Incident(..) | Id::Work(_) => None,
        });
    }
    Ok(found)
}
