//! What one request carries: who asks, its loaders, and the fields that it was denied. Also where every error gets its
//! code, and where an answer names its redactions.

use std::sync::{Arc, Mutex, PoisonError};

use async_graphql::async_trait::async_trait;
use async_graphql::extensions::{
    Extension, ExtensionContext, ExtensionFactory, NextExecute, NextRequest, NextSubscribe,
};
use async_graphql::futures_util::StreamExt;
use async_graphql::futures_util::stream::BoxStream;
use async_graphql::{Context, Data, Response, Value};
use docket_domain::access::Actor;
use docket_domain::bpmn;
use docket_domain::engine::instance::Instance;
use docket_domain::ids::{InstanceId, ProcessId, TaskId};
use docket_domain::task::worklist::{TaskImage, Worklist};
use docket_infra::store::{ProcessRecord, Read, WorklistCounts};

use super::batch::Batches;
use super::error::{Code, Failure, Result, complete};
use super::loader::{Loaders, ModelOf, loaders};
use crate::app::{App, AppError, Viewer};

/// Who asks, of what. Every root field begins with it.
#[derive(Clone, Copy)]
pub struct Asking<'a> {
    /// The application.
    pub app: &'a App,
    /// Who asks.
    pub viewer: &'a Viewer,
    loaders: Option<&'a Loaders>,
}

impl<'a> Asking<'a> {
    /// Of the current request; an error if nobody is logged in any more.
    pub fn of(ctx: &Context<'a>) -> Result<Asking<'a>> {
        let app = ctx.data_unchecked::<App>();
        let viewer = ctx
            .data_opt::<Viewer>()
            .filter(|viewer| app.clock.now() < viewer.expires_at);
        Ok(Asking {
            app,
            viewer: viewer.ok_or_else(|| Code::Unauthenticated.error("a valid token is needed"))?,
            loaders: ctx.data_opt::<Loaders>(),
        })
    }

    /// The same for a mutation: what was loaded before it is not what is there after it, so nothing is kept any more.
    pub fn writing(ctx: &Context<'a>) -> Result<Asking<'a>> {
        let asking = Asking::of(ctx)?;
        asking.loaders()?.enable_all_cache(false);
        Ok(asking)
    }

    /// Where a stream begins there are none: only its messages are executed.
    fn loaders(&self) -> Result<&'a Loaders> {
        self.loaders
            .ok_or_else(|| Code::Internal.error("internal error"))
    }

    /// Who asks, as the rules see it.
    pub fn actor(&self) -> &'a Actor {
        &self.viewer.actor
    }

    /// A snapshot of the viewer's tenant.
    pub async fn read(&self) -> Result<Read> {
        Ok(self.app.store.read(self.actor().tenant).await?)
    }

    /// An instance, if the viewer may read it.
    pub async fn instance(&self, id: InstanceId) -> Result<Option<Arc<Instance>>> {
        self.loaders()?.load_one(id).await.map_err(shared)
    }

    /// A task, if the viewer may read it.
    pub async fn task(&self, id: TaskId) -> Result<Option<TaskImage>> {
        self.loaders()?.load_one(id).await.map_err(shared)
    }

    /// A process version of something that the viewer was found to read.
    pub async fn process(&self, id: ProcessId) -> Result<ProcessRecord> {
        let record = self.loaders()?.load_one(id).await.map_err(shared)?;
        Ok(record.ok_or(AppError::Model(id))?)
    }

    /// The model of something that the viewer was found to read.
    pub async fn model(&self, id: ProcessId) -> Result<Arc<bpmn::Process>> {
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

/// Makes the session of each request.
pub struct Sessions;

impl ExtensionFactory for Sessions {
    fn create(&self) -> Arc<dyn Extension> {
        Arc::new(Session)
    }
}

struct Session;

#[async_trait]
impl Extension for Session {
    async fn request(&self, ctx: &ExtensionContext<'_>, next: NextRequest<'_>) -> Response {
        coded(next.run(ctx).await)
    }

    fn subscribe<'s>(
        &self,
        ctx: &ExtensionContext<'_>,
        stream: BoxStream<'s, Response>,
        next: NextSubscribe<'_>,
    ) -> BoxStream<'s, Response> {
        next.run(ctx, stream).map(coded).boxed()
    }

    /// Each execution has loaders of its own: a request has one, a subscription one for each message.
    async fn execute(
        &self,
        ctx: &ExtensionContext<'_>,
        operation_name: Option<&str>,
        next: NextExecute<'_>,
    ) -> Response {
        let (Some(app), Some(viewer)) = (ctx.data_opt::<App>(), ctx.data_opt::<Viewer>()) else {
            return next.run(ctx, operation_name).await;
        };
        let batches = Batches::default();
        let redactions = Redactions::default();
        let mut data = Data::default();
        data.insert(loaders(app.clone(), viewer.actor.clone(), batches.clone()));
        data.insert(redactions.clone());
        let execution = next.run_with_data(ctx, operation_name, data);
        let response = batches.drive(execution).await;
        redactions.name_in(response)
    }
}

fn coded(mut response: Response) -> Response {
    response.errors.iter_mut().for_each(complete);
    response
}
