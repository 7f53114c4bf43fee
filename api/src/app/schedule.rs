//! Processes that start by themselves: scheduled when a version becomes the latest published one of its key, started when
//! they are due, each time once, by whichever node is faster.

use docket_domain::bpmn::Process;
use docket_domain::engine::command::{Begin, Fresh, Known, Start, Starter};
use docket_domain::engine::schedule::{Schedule, schedules};
use docket_domain::ids::{InstanceId, ProcessId};
use docket_domain::process::{ProcessCommand, ProcessRejection};
use docket_domain::value::Data;
use docket_infra::clock::Clock;
use docket_infra::store::{DueSchedule, Write};
use uuid::Uuid;

use super::timer::put_off;
use super::unit::Unit;
use super::{App, AppError, retry};

impl App {
    /// Starts what is due by schedule; how many were started. One that fails is logged, put off, and does not stop the others.
    pub async fn start_due(&self, limit: u32) -> Result<usize, AppError> {
        let now = self.clock.now();
        let mut last = None;
        loop {
            let due = self.store.due_schedules(now, last.as_ref(), limit).await?;
            let mut started = 0;
            for due in &due {
                match self.start_scheduled(due).await {
                    Ok(true) => started += 1,
                    // Another node was faster.
                    Ok(false) => {}
                    Err(error) => {
                        tracing::warn!(
                            process.id = %due.process,
                            error = &error as &dyn std::error::Error,
                            "a process that is due did not start and is put off"
                        );
                        let until = put_off(self.clock.now(), due.tries);
                        self.store.put_off_schedule(due, until).await?;
                    }
                }
            }
            last = due.last().copied();
            if started > 0 || last.is_none() {
                return Ok(started);
            }
        }
    }

    /// One start, and what comes after it, in one transaction: if it is still to happen.
    async fn start_scheduled(&self, due: &DueSchedule) -> Result<bool, AppError> {
        retry(&self.store, due.tenant, move |tx| {
            Box::pin(async move {
                let Some(schedule) = tx.schedule(due).await? else {
                    return Ok(false);
                };
                let model = self.model(&tx, due.process).await?;
                let known = self.known(&tx).await?;
                let next = with_fresh(self, &known, |fresh| schedule.next(&model, fresh));
                tx.save_schedule(due, next.as_ref()).await?;
                let start = Start {
                    id: InstanceId(Clock::fresh_id()),
                    process: due.process,
                    begin: Begin::Timer(schedule.element),
                    business_key: None,
                    data: Data::new(),
                };
                let (model, instance) = Unit::of(self, &tx)
                    .start(model, &start, Starter::System)
                    .await?;
                self.finish(tx, model, instance).await?;
                Ok(true)
            })
        })
        .await
    }

    /// After a version of a key was moved: if another one is the latest published now, its schedules are those that hold.
    pub(super) async fn reschedule(
        &self,
        tx: &Write,
        key: &str,
        was: Option<ProcessId>,
        command: ProcessCommand,
    ) -> Result<(), AppError> {
        let is = tx.latest_for_engine(key).await?;
        if is == was {
            return Ok(());
        }
        let mut all = Vec::new();
        if let Some(process) = is {
            let model = self.model(tx, process).await?;
            let known = self.known(tx).await?;
            match (self.schedules(&model, &known), command) {
                (Ok(schedules), _) => all = schedules,
                (Err(rejection), ProcessCommand::Publish) => return Err(rejection.into()),
                // What becomes the latest by that was published before; that must not keep anybody from retiring.
                (Err(rejection), ProcessCommand::Retire) => tracing::warn!(
                    process.id = %process,
                    error = &rejection as &dyn std::error::Error,
                    "a process is not scheduled"
                ),
            }
        }
        Ok(tx.replace_schedules(key, is, &all).await?)
    }

    fn schedules(
        &self,
        model: &Process,
        known: &Known,
    ) -> Result<Vec<(Uuid, Schedule)>, ProcessRejection> {
        let found = with_fresh(self, known, |fresh| schedules(model, fresh));
        let found = found.map_err(|trouble| ProcessRejection::Schedule {
            element: model.element(trouble.element).id.clone(),
            reason: trouble.message,
        })?;
        Ok(found
            .into_iter()
            .map(|schedule| (Clock::fresh_id(), schedule))
            .collect())
    }
}

fn with_fresh<T>(app: &App, known: &Known, judge: impl FnOnce(&Fresh<'_>) -> T) -> T {
    judge(&Fresh {
        now: app.clock.now(),
        id: &mut Clock::fresh_id,
        known,
    })
}
