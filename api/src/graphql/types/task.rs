//! Tasks, and lists of them.

use std::sync::Arc;

use async_graphql::{Context, Enum, InputObject, Object, SimpleObject};
use docket_domain::access::Principal;
use docket_domain::bpmn::{self, ElementIx, Kind, UserTask};
use docket_domain::task::worklist::{self, Span, TaskImage, Worklist};
use docket_domain::task::{self as domain, permissions};
use docket_domain::value::{Name, data_to_json};
use docket_infra::store::{TaskOrder as StoreOrder, TaskSort};
use serde_json::Value as Json;

use super::comment::Comment;
use super::field::{self, Field};
use super::instance::ProcessInstance;
use super::process::{Form, Process};
use super::scalar::{DateTime, DateTimeRange, IntRange, OrderDirection};
use super::user::User;
use crate::graphql::error::{Code, Result};
use crate::graphql::id::Id;
use crate::graphql::page::{self, Connection, Listing, PageArgs, wants_total};
use crate::graphql::session::Asking;

/// Where the life of a task stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Enum)]
#[graphql(remote = "domain::TaskState")]
pub enum TaskState {
    /// Nobody has it in hand.
    Ready,
    /// The assignee has it in hand.
    Claimed,
    /// The assignee has it in hand for the owner, who gets it back.
    Delegated,
    /// Its instance is suspended: nothing can be done with it until that goes on.
    Suspended,
    /// Done.
    Completed,
    /// No longer needed.
    Cancelled,
}

/// What a list of tasks is narrowed to; all parts must hold.
#[derive(Clone, Default, Debug, InputObject)]
pub struct TaskFilter {
    /// Only in the hands of this user.
    assignee: Option<Id>,
    /// Only those that this group may claim.
    candidate_group: Option<String>,
    /// Only of this process, by key, in any version.
    process: Option<String>,
    /// Only of this instance.
    process_instance: Option<Id>,
    /// Only at this element of the model.
    element_id: Option<String>,
    /// Only in one of these states.
    state: Option<Vec<TaskState>>,
    /// Only due in this range; a task without a due date is in none.
    due: Option<DateTimeRange>,
    /// Only created in this range.
    created: Option<DateTimeRange>,
    /// Only with a priority in this range.
    priority: Option<IntRange>,
}

/// The filter as the rules see it.
pub fn filter(filter: Option<TaskFilter>) -> Result<worklist::TaskFilter> {
    let filter = filter.unwrap_or_default();
    let instance = filter.process_instance.map(|id| id.instance());
    Ok(worklist::TaskFilter {
        assignee: filter.assignee.map(Id::user).transpose()?,
        candidate_group: filter.candidate_group.map(Name::from),
        process: filter.process.map(Name::from),
        instance: instance.transpose()?,
        element_id: filter.element_id.map(Name::from),
        state: filter
            .state
            .map(|states| states.into_iter().map(Into::into).collect()),
        due: filter.due.map(Span::from),
        created: filter.created.map(Span::from),
        min_priority: filter.priority.and_then(|range| range.min),
        max_priority: filter.priority.and_then(|range| range.max),
    })
}

/// What tasks are sorted by.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Enum)]
#[graphql(remote = "TaskSort")]
pub enum TaskOrderField {
    /// When it came into being.
    #[graphql(name = "CREATED_AT")]
    Created,
    /// When it is due; tasks without a due date come last in both directions.
    #[graphql(name = "DUE_AT")]
    Due,
    /// How urgent it is.
    Priority,
}

/// An order of tasks.
#[derive(Clone, Copy, Debug, InputObject)]
pub struct TaskOrder {
    /// By what.
    field: TaskOrderField,
    /// Which end comes first.
    #[graphql(default)]
    direction: OrderDirection,
}

/// The oldest first, unless something else is asked for.
fn order(orders: Option<Vec<TaskOrder>>) -> Result<StoreOrder> {
    match orders.unwrap_or_default().as_slice() {
        [] => Ok(StoreOrder {
            sort: TaskSort::Created,
            descending: false,
        }),
        [order] => Ok(StoreOrder {
            sort: order.field.into(),
            descending: order.direction == OrderDirection::Desc,
        }),
        _ => Err(Code::BadInput.error("`orderBy` takes one order")),
    }
}

/// A task as it was at one commit, which the viewer may read.
pub struct Task(pub Arc<TaskImage>);

impl From<TaskImage> for Task {
    fn from(image: TaskImage) -> Task {
        Task(Arc::new(image))
    }
}

/// A unit of human work.
#[Object(serial)]
impl Task {
    /// Names the task.
    pub async fn id(&self) -> Id {
        Id::Task(self.0.task.id)
    }

    /// What it is called: the name of its element in the model, else the element's id.
    async fn name(&self) -> &str {
        &self.0.name
    }

    /// The id of its element in the model.
    async fn element_id(&self) -> &str {
        &self.0.element_id
    }

    /// Where its life stands.
    async fn state(&self) -> TaskState {
        self.0.task.state.into()
    }

    /// The run that it belongs to. Null if the viewer may read the task alone.
    async fn process_instance(&self, ctx: &Context<'_>) -> Result<Option<ProcessInstance>> {
        let instance = Asking::of(ctx)?.instance(self.0.instance).await?;
        Ok(instance.map(ProcessInstance))
    }

    /// The version of the process that it belongs to.
    async fn process(&self, ctx: &Context<'_>) -> Result<Process> {
        let fixed = Process::asks_fixed(&ctx.field());
        let asking = Asking::of(ctx)?;
        Ok(Process(asking.process(self.0.process, fixed).await?))
    }

    /// Who has it in hand.
    async fn assignee(&self) -> Option<User> {
        User::maybe(self.0.task.assignee.as_ref())
    }

    /// Who is accountable for it, and gets it back after delegation.
    async fn owner(&self) -> Option<User> {
        User::maybe(self.0.task.owner.as_ref())
    }

    /// Who completed it, once somebody has.
    async fn completed_by(&self) -> Option<User> {
        User::maybe(self.0.task.completed_by.as_ref())
    }

    /// The people who may claim it by name.
    async fn candidate_users(&self) -> Option<Vec<User>> {
        let names = self.0.task.candidates.iter().filter_map(user_name);
        Some(names.cloned().map(User).collect())
    }

    /// The groups whose members may claim it.
    async fn candidate_groups(&self) -> Option<Vec<String>> {
        let names = self.0.task.candidates.iter().filter_map(group_name);
        Some(names.map(|name| name.to_string()).collect())
    }

    /// The roles whose holders may claim it.
    async fn candidate_roles(&self) -> Option<Vec<String>> {
        let names = self.0.task.candidates.iter().filter_map(role_name);
        Some(names.map(|name| name.to_string()).collect())
    }

    /// 0 to 100; higher is more urgent.
    async fn priority(&self) -> i32 {
        self.0.task.priority
    }

    /// When it came into being.
    async fn created_at(&self) -> DateTime {
        DateTime(self.0.task.created_at)
    }

    /// When it should be done.
    async fn due_at(&self) -> Option<DateTime> {
        self.0.task.due_at.map(DateTime)
    }

    /// When to look at it again.
    async fn follow_up_at(&self) -> Option<DateTime> {
        self.0.task.follow_up_at.map(DateTime)
    }

    /// What a person fills in to complete it, if the model has a form.
    async fn form(&self, ctx: &Context<'_>) -> Result<Option<Form>> {
        let model = Asking::of(ctx)?.model(self.0.process).await?;
        let task = user_task(&model, self.0.task.element);
        Ok(task.and_then(|task| task.form.as_ref()).map(Form::from))
    }

    /// The outcomes that a person chooses from; empty means that it has none.
    async fn outcomes(&self, ctx: &Context<'_>) -> Result<Vec<String>> {
        let model = Asking::of(ctx)?.model(self.0.process).await?;
        let outcomes = user_task(&model, self.0.task.element).map(|task| &task.outcomes);
        Ok(outcomes
            .into_iter()
            .flatten()
            .map(|name| name.to_string())
            .collect())
    }

    /// The data that it works on, in order of name. Null if the viewer may read the task alone.
    async fn fields(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Only fields of these names.")] names: Option<Vec<String>>,
    ) -> Result<Option<Vec<Field>>> {
        let instance = Asking::of(ctx)?.instance(self.0.instance).await?;
        let Some(instance) = instance else {
            return Ok(None);
        };
        let fields = field::fields(ctx, &instance, self.0.task.scope, names).await?;
        Ok(Some(fields))
    }

    /// The clear fields as one object; what is masked or hidden is not in it. Null if the viewer may read the task alone.
    async fn data(&self, ctx: &Context<'_>) -> Result<Option<Json>> {
        let instance = Asking::of(ctx)?.instance(self.0.instance).await?;
        let Some(instance) = instance else {
            return Ok(None);
        };
        field::data(ctx, &instance, self.0.task.scope)
            .await
            .map(Some)
    }

    /// What the assignee has typed and not sent; for the assignee alone.
    async fn draft(&self, ctx: &Context<'_>) -> Result<Option<Json>> {
        let task = &self.0.task;
        let mine = task.assignee.as_ref() == Some(&Asking::of(ctx)?.actor().user);
        Ok(task.draft.as_ref().filter(|_| mine).map(data_to_json))
    }

    /// What people said about it, the oldest first.
    #[graphql(complexity = "page::cost(first, None) * child_complexity")]
    async fn comments(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "At most so many rows, 100 at most; 20 unless named.")] first: Option<i32>,
        #[graphql(desc = "Only rows after this cursor.")] after: Option<String>,
    ) -> Result<Connection<Comment>> {
        let args = PageArgs {
            first,
            after,
            ..PageArgs::default()
        };
        // Boxed, as what reads is everywhere in the types of rows: a page has hundreds of futures of their fields, each as
        // large as that of the largest.
        Box::pin(comments(ctx, &self.0, &args)).await
    }

    /// Goes up with each change; name it in a mutation to be told of a conflict.
    async fn revision(&self) -> u32 {
        self.0.task.revision
    }

    /// What the viewer may do with it now.
    async fn viewer_can(&self, ctx: &Context<'_>) -> Result<TaskPermissions> {
        let asking = Asking::of(ctx)?;
        let instance = asking.instance(self.0.instance).await?;
        // As it was in a version that the instance has left, nothing can be done with it.
        let Some(instance) = instance.filter(|it| it.process == self.0.process) else {
            return Ok(TaskPermissions::from(domain::Permissions::default()));
        };
        let model = asking.model(self.0.process).await?;
        let can = permissions(&model, &instance, &self.0.task, asking.actor());
        Ok(TaskPermissions::from(can))
    }
}

fn user_task(model: &bpmn::Process, element: ElementIx) -> Option<&UserTask> {
    if let Kind::UserTask(task) = &model.element(element).kind {
        Some(task)
    } else {
        None
    }
}

fn user_name(principal: &Principal) -> Option<&Name> {
    match principal {
        Principal::User(name) => Some(name),
        Principal::Everyone
        | Principal::Group(_)
        | Principal::Role(_)
        | Principal::Privilege(_) => None,
    }
}

fn group_name(principal: &Principal) -> Option<&Name> {
    match principal {
        Principal::Group(name) => Some(name),
        Principal::Everyone | Principal::User(_) | Principal::Role(_) | Principal::Privilege(_) => {
            None
        }
    }
}

fn role_name(principal: &Principal) -> Option<&Name> {
    match principal {
        Principal::Role(name) => Some(name),
        Principal::Everyone
        | Principal::User(_)
        | Principal::Group(_)
        | Principal::Privilege(_) => None,
    }
}

/// What a viewer may do with a task.
#[derive(Clone, Copy, Debug, SimpleObject)]
#[graphql(serial)]
pub struct TaskPermissions {
    /// Take it in hand.
    claim: bool,
    /// Give it back.
    unclaim: bool,
    /// Finish it.
    complete: bool,
    /// Hand it to somebody else and stay its owner.
    delegate: bool,
    /// Hand it to somebody else for good, or to nobody.
    reassign: bool,
    /// Change what surrounds it.
    update: bool,
    /// Say something about it.
    comment: bool,
}

impl From<domain::Permissions> for TaskPermissions {
    fn from(can: domain::Permissions) -> Self {
        TaskPermissions {
            claim: can.claim,
            unclaim: can.unclaim,
            complete: can.complete,
            delegate: can.delegate,
            reassign: can.reassign,
            update: can.update,
            comment: can.comment,
        }
    }
}

/// What the document asks of each task of a list that is not in the task itself.
struct Ahead {
    instance: bool,
    process: bool,
}

impl Ahead {
    fn of(ctx: &Context<'_>) -> Ahead {
        let ahead = ctx.look_ahead();
        let rows = [ahead.field("nodes"), ahead.field("edges").field("node")];
        let asks = |field: &str| rows.iter().any(|row| row.field(field).exists());
        let mut processes = rows
            .iter()
            .flat_map(|row| row.field("process").selection_fields());
        Ahead {
            instance: ["processInstance", "fields", "data", "viewerCan"]
                .into_iter()
                .any(asks),
            process: processes.any(|asked| !Process::asks_fixed(&asked)),
        }
    }
}

/// A page of tasks: of a worklist, or all that the viewer may read.
pub async fn list(
    ctx: &Context<'_>,
    of: Option<&Worklist>,
    filter: &worklist::TaskFilter,
    orders: Option<Vec<TaskOrder>>,
    args: &PageArgs,
) -> Result<Connection<Task>> {
    let asking = Asking::of(ctx)?;
    let order = order(orders)?;
    let name = format!("tasks/{order:?}/{of:?}");
    let listing = Listing::open(&asking, &name, args).await?;
    let tx = asking.read().await?;
    let actor = asking.actor();
    let ahead = Ahead::of(ctx);
    let slice = if ahead.instance {
        let found = tx.tasks_with_instances(actor, of, filter, order, &listing.page);
        let found = found.await?;
        let asked = found.tasks.items.iter().map(|(_, image)| image.instance);
        asking.foreseen(asked, found.instances)?;
        found.tasks
    } else {
        tx.tasks(actor, of, filter, order, &listing.page).await?
    };
    if ahead.process {
        let processes = slice.items.iter().map(|(_, image)| image.process);
        asking.foresee(processes).await?;
    }
    let total = match wants_total(ctx) {
        true => Some(tx.count_tasks(actor, of, filter).await?),
        false => None,
    };
    Ok(listing.connection(slice, total, Task))
}

async fn comments(
    ctx: &Context<'_>,
    image: &TaskImage,
    args: &PageArgs,
) -> Result<Connection<Comment>> {
    let asking = Asking::of(ctx)?;
    let id = image.task.id;
    let listing = Listing::open(&asking, &format!("comments/{id}"), args).await?;
    let tx = asking.read().await?;
    let slice = tx.comments(asking.actor(), id, &listing.page).await?;
    let total = match wants_total(ctx) {
        true => Some(tx.count_comments(asking.actor(), id).await?),
        false => None,
    };
    Ok(listing.connection(slice, total, Comment))
}
