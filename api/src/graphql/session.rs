//! What one request carries: who asks, its loaders, and the fields that it was denied. Also where every error gets its
//! code, and where an answer names its redactions.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, Mutex, PoisonError};

use async_graphql::async_trait::async_trait;
use async_graphql::extensions::{
    Extension, ExtensionContext, ExtensionFactory, NextExecute, NextSubscribe,
};
use async_graphql::futures_util::StreamExt;
use async_graphql::futures_util::stream::BoxStream;
use async_graphql::parser::types::OperationType;
use async_graphql::{Context, Data, Request, Response, Value};
use docket_domain::access::Actor;
use docket_domain::bpmn;
use docket_domain::engine::instance::Instance;
use docket_domain::ids::{InstanceId, ProcessId, TaskId};
use docket_domain::task::worklist::{TaskImage, Worklist};
use docket_infra::store::{ProcessRecord, Read, WorklistCounts};

use super::batch::Batches;
use super::error::{Code, Failure, Result, complete};
use super::loader::{Loaders, ModelOf, loaders};
use super::snapshot::Snapshot;
use super::{Mutation, Query, Subscription};
use crate::app::{App, AppError, Viewer};

/// Who asks, of what. Every root field begins with it.
#[derive(Clone, Copy)]
pub struct Asking<'a> {
    /// The application.
    pub app: &'a App,
    /// Who asks.
    pub viewer: &'a Viewer,
    loaders: Option<&'a Loaders>,
    snapshot: Option<&'a Snapshot>,
}

impl<'a> Asking<'a> {
    /// Of the current request; an error if nobody is logged in any more.
    pub fn of(ctx: &Context<'a>) -> Result<Asking<'a>> {
        let app = ctx.data_unchecked::<App>();
        let viewer = ctx
            .data_opt::<Viewer>()
            .filter(|viewer| app.clock.wall() < viewer.expires_at);
        Ok(Asking {
            app,
            viewer: viewer.ok_or_else(|| Code::Unauthenticated.error("a valid token is needed"))?,
            loaders: ctx.data_opt::<Loaders>(),
            snapshot: ctx.data_opt::<Snapshot>(),
        })
    }

    /// The same for a mutation: what was loaded before it is not what is there after it, so nothing is kept any more.
    pub fn writing(ctx: &Context<'a>) -> Result<Asking<'a>> {
        let asking = Asking::of(ctx)?;
        asking.loaders()?.enable_all_cache(false);
        asking.snapshot()?.renew();
        Ok(asking)
    }

    /// Where a stream begins there are none: only its messages are executed.
    fn loaders(&self) -> Result<&'a Loaders> {
        self.loaders
            .ok_or_else(|| Code::Internal.error("internal error"))
    }

    fn snapshot(&self) -> Result<&'a Snapshot> {
        self.snapshot
            .ok_or_else(|| Code::Internal.error("internal error"))
    }

    /// Who asks, as the rules see it.
    pub fn actor(&self) -> &'a Actor {
        &self.viewer.actor
    }

    /// The execution's snapshot of the viewer's tenant.
    pub async fn read(&self) -> Result<Arc<Read>> {
        Ok(self.snapshot()?.read().await?)
    }

    /// Keeps the instances that were found for the rows of a page; of those that were asked for, the others may not be read.
    pub fn foreseen(
        &self,
        asked: impl IntoIterator<Item = InstanceId>,
        found: HashMap<InstanceId, Arc<Instance>>,
    ) -> Result<()> {
        self.snapshot()?.foreseen_instances(asked, found);
        Ok(())
    }

    /// Loads the process versions that the rows of a page are going to ask for, each once.
    pub async fn foresee(&self, processes: impl IntoIterator<Item = ProcessId>) -> Result<()> {
        let processes: BTreeSet<ProcessId> = processes.into_iter().collect();
        let processes: Vec<ProcessId> = processes.into_iter().collect();
        self.snapshot()?.foresee_processes(&processes).await?;
        Ok(())
    }

    /// An instance, if the viewer may read it.
    pub async fn instance(&self, id: InstanceId) -> Result<Option<Arc<Instance>>> {
        if let Some(foreseen) = self.snapshot()?.instance(id) {
            return Ok(foreseen);
        }
        self.loaders()?.load_one(id).await.map_err(shared)
    }

    /// A task, if the viewer may read it.
    pub async fn task(&self, id: TaskId) -> Result<Option<TaskImage>> {
        self.loaders()?.load_one(id).await.map_err(shared)
    }

    /// A process version of something that the viewer was found to read; with `fixed`, only for what never changes of it.
    pub async fn process(&self, id: ProcessId, fixed: bool) -> Result<Arc<ProcessRecord>> {
        if fixed && let Some(version) = self.app.version_at_hand(id) {
            return Ok(version);
        }
        if let Some(foreseen) = self.snapshot()?.process(id) {
            return Ok(foreseen);
        }
        let record = self.loaders()?.load_one(id).await.map_err(shared)?;
        let record = record.ok_or(AppError::Model(id))?;
        self.app.keep_version(&record);
        Ok(record)
    }

    /// The model of something that the viewer was found to read.
    pub async fn model(&self, id: ProcessId) -> Result<Arc<bpmn::Process>> {
        if let Some(model) = self.app.model_at_hand(id) {
            return Ok(model);
        }
        let model = self
            .loaders()?
            .load_one(ModelOf(id))
            .await
            .map_err(shared)?;
        Ok(model.ok_or(AppError::Model(id))?)
    }

    /// The counts of a worklist.
    pub async fn counts(&self, worklist: Worklist) -> Result<WorklistCounts> {
        let counts = self.loaders()?.load_one(worklist).await.map_err(shared)?;
        Ok(counts.unwrap_or_default())
    }
}

/// The error of a batch that failed for several at once.
fn shared(error: Arc<AppError>) -> Failure {
    match Arc::try_unwrap(error) {
        Ok(error) => error.into(),
        Err(error) => AppError::Batch(error).into(),
    }
}

/// The paths of the fields that the answer had to leave out.
#[derive(Clone, Default)]
pub struct Redactions(Arc<Mutex<Vec<Value>>>);

impl Redactions {
    /// Notes that the value at an index of the current list was denied.
    pub fn note(ctx: &Context<'_>, index: usize) {
        let (Some(noted), Some(node)) = (ctx.data_opt::<Redactions>(), ctx.path_node) else {
            return;
        };
        let mut path: Vec<Value> = node.to_string_vec().into_iter().map(Value::from).collect();
        path.push(Value::from(index));
        path.push(Value::from("value"));
        noted
            .0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(Value::List(path));
    }

    fn name_in(&self, response: Response) -> Response {
        let noted = std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner));
        if noted.is_empty() {
            response
        } else {
            response.extension("redactions", Value::List(noted))
        }
    }
}

/// What one execution has of its own: its snapshot, its loaders and what it redacts.
struct Execution {
    batches: Batches,
    redactions: Redactions,
    snapshot: Snapshot,
    loaders: Loaders,
}

impl Execution {
    fn new(app: &App, viewer: &Viewer) -> Execution {
        let batches = Batches::default();
        let actor = viewer.actor.clone();
        let snapshot = Snapshot::of(app.store.clone(), actor.tenant);
        Execution {
            loaders: loaders(app.clone(), actor, snapshot.clone(), batches.clone()),
            redactions: Redactions::default(),
            batches,
            snapshot,
        }
    }
}

/// Executes a query or a mutation as a viewer. Not as an extension of the schema: with one, the library asks it about
/// every field of every row, which costs as much as all the rest of a page.
pub async fn execute(
    schema: &async_graphql::Schema<Query, Mutation, Subscription>,
    app: &App,
    viewer: Viewer,
    mut request: Request,
) -> Response {
    let execution = Execution::new(app, &viewer);
    let reads = reads(&mut request);
    let snapshot = execution.snapshot.clone();
    let request = request
        .data(viewer)
        .data(execution.loaders)
        .data(execution.snapshot)
        .data(execution.redactions.clone());
    let running = execution.batches.drive(schema.execute(request));
    let response = match reads {
        true => snapshot.beside(running).await,
        false => running.await,
    };
    coded(execution.redactions.name_in(response))
}

/// Whether all that the document can do is to read: a mutation begins with what it writes.
fn reads(request: &mut Request) -> bool {
    let document = request.parsed_query();
    document.is_ok_and(|document| {
        let mut operations = document.operations.iter();
        operations.all(|(_, operation)| operation.node.ty == OperationType::Query)
    })
}

/// Makes the session of each subscription.
pub struct Sessions;

impl ExtensionFactory for Sessions {
    fn create(&self) -> Arc<dyn Extension> {
        Arc::new(Session)
    }
}

struct Session;

#[async_trait]
impl Extension for Session {
    fn subscribe<'s>(
        &self,
        ctx: &ExtensionContext<'_>,
        stream: BoxStream<'s, Response>,
        next: NextSubscribe<'_>,
    ) -> BoxStream<'s, Response> {
        next.run(ctx, stream).map(coded).boxed()
    }

    /// Each message of a subscription is an execution of its own.
    async fn execute(
        &self,
        ctx: &ExtensionContext<'_>,
        operation_name: Option<&str>,
        next: NextExecute<'_>,
    ) -> Response {
        let (Some(app), Some(viewer)) = (ctx.data_opt::<App>(), ctx.data_opt::<Viewer>()) else {
            return next.run(ctx, operation_name).await;
        };
        let execution = Execution::new(app, viewer);
        let mut data = Data::default();
        data.insert(execution.loaders);
        data.insert(execution.snapshot);
        data.insert(execution.redactions.clone());
        let message = next.run_with_data(ctx, operation_name, data);
        execution
            .redactions
            .name_in(execution.batches.drive(message).await)
    }
}

fn coded(mut response: Response) -> Response {
    response.errors.iter_mut().for_each(complete);
    response
}
