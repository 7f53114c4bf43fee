//! Many timers due at once: how long until the last has fired, and how late each is. Beside it the same timers, each in a
//! transaction of its own.

use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::Context;
use docket_api::app::App;
use docket_api::app::timer::Pace;
use docket_domain::access::Privilege;
use docket_domain::engine::command::{Begin, Fresh, Known, Start, Starter};
use docket_domain::ids::InstanceId;
use docket_domain::process::ProcessCommand;
use docket_domain::value::data_from_json;
use docket_domain::{engine, journal};
use docket_infra::clock::Clock;
use docket_infra::store::Transition;
use jiff::{SignedDuration, Timestamp};
use serde_json::json;
use tokio::runtime::Runtime;

use crate::world::{World, actor};
use crate::{Goal, quantile, report};

/// Timers due at once, unless told otherwise.
const TIMERS: usize = 10_000;
/// Instances in one transaction, when they are made.
const BATCH: usize = 500;
const MODEL: &str = include_str!("../fixtures/timer.bpmn");

pub fn run(runtime: &Runtime, timers: Option<usize>) -> anyhow::Result<()> {
    let timers = timers.unwrap_or(TIMERS);
    runtime.block_on(async {
        let together = fire(timers, Pace::default()).await?;
        let alone = fire(timers, Pace::alone()).await?;
        let last = |late: &[f64]| quantile(late.iter().copied(), 1.0);
        let at = |part| quantile(together.iter().copied(), part);
        report(
            &format!("timers, {timers} due at once"),
            format_args!(
                "the last after {:.0} ms, lateness p50 {:.0} ms, p99 {:.0} ms",
                last(&together),
                at(0.5),
                at(0.99)
            ),
            format_args!(
                "one transaction each: the last after {:.0} ms",
                last(&alone)
            ),
            last(&together) / last(&alone),
            Some(Goal::AtMost(1.0)),
        );
        Ok(())
    })
}

/// How late each timer fired, in milliseconds.
async fn fire(timers: usize, mut pace: Pace) -> anyhow::Result<Vec<f64>> {
    let folder = tempfile::tempdir()?;
    let world = World::empty(folder);
    let app = world.open().await?;
    let due = seed(&app, timers).await?;
    while app.clock.now() < due {
        let left = Duration::try_from(due.duration_since(app.clock.now())).unwrap_or_default();
        tokio::time::timeout(left, std::future::pending::<()>())
            .await
            .ok();
    }
    let begun = Instant::now();
    let mut late = Vec::with_capacity(timers);
    while late.len() < timers {
        let fired = app.fire_due_timers(&mut pace).await?;
        anyhow::ensure!(fired > 0, "every timer fires");
        let now = begun.elapsed().as_secs_f64() * 1e3;
        late.extend(std::iter::repeat_n(now, fired));
    }
    Ok(late)
}

/// Instances that all wait for the same moment.
async fn seed(app: &App, timers: usize) -> anyhow::Result<Timestamp> {
    let dora = actor(app, "dora", &[Privilege::Designer]).await?;
    let pia = actor(app, "pia", &[Privilege::Manager]).await?;
    let ada = actor(app, "ada", &[Privilege::User, Privilege::Instantiator]).await?;
    let uploaded = app.upload(&dora, Arc::from(MODEL)).await?;
    let process = uploaded.processes.first().context("a process")?.id;
    app.move_process(&pia, process, ProcessCommand::Publish)
        .await?;
    let tx = app.store.read(ada.tenant).await?;
    let model = app.model(&tx, process).await?;
    drop(tx);
    // They wait for a moment that has come when all of them are stored.
    let begin = app.clock.now();
    let known = Known::default();
    for batch in (0..timers).collect::<Vec<_>>().chunks(BATCH) {
        let mut started = Vec::with_capacity(batch.len());
        for _ in batch {
            let start = Start {
                id: InstanceId(Clock::fresh_id()),
                process,
                begin: Begin::Plain,
                business_key: None,
                data: data_from_json(&json!({ "wait": "PT1S" })).context("data")?,
            };
            let mut fresh = Fresh {
                now: begin,
                id: &mut Clock::fresh_id,
                known: &known,
            };
            let by = Starter::Person(&ada);
            let (mut instance, events) = engine::start(&model, &start, by, &mut fresh)?;
            instance.apply(&events);
            let entry = journal::entry(&model, None, &instance, begin);
            started.push((instance, entry));
        }
        let transitions: Vec<Transition<'_>> = started
            .iter()
            .map(|(after, entry)| Transition {
                process: &model,
                before: None,
                after,
                entry,
                remembered: &[],
            })
            .collect();
        let tx = app.store.write(ada.tenant).await?;
        tx.save_instances(&transitions).await?;
        tx.commit().await?;
    }
    Ok(begin + SignedDuration::from_secs(1))
}
