//! The BPMN benchmark of the University of Bamberg, run through GraphQL: a model is uploaded by one person and published by
//! another, a third starts it, the clock goes on as long as the case says, and what the history remembers is compared with
//! what the case expects.
//!
//! Each case has a tenant of its own on one server. The clock is everybody's: cases that wait equally long wait together, and
//! are read before it moves on.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::sync::Arc;

use anyhow::{Context, ensure};
use serde_json::Value as Json;
use tokio::task::JoinSet;

use crate::TestServer;

mod case;
mod excused;
mod judge;
mod model;

pub use excused::{Excused, excused};

use case::{Begun, Case};

/// Cases that are under way at the same time.
const LANES: usize = 8;

/// Milliseconds that the clock goes on at a time.
const STEP: usize = 1_000;

/// What came of a case.
#[derive(Debug)]
pub struct Outcome {
    /// The case: `betsy/gateways/ExclusiveGateway/1`.
    pub id: String,
    /// Its group: `gateways`.
    pub group: String,
    /// Its feature: `ExclusiveGateway`.
    pub feature: String,
    /// What is not as expected.
    pub failure: Option<String>,
}

/// Runs every case of `conformance/betsy/cases.json` in the folder, in the order of that file.
pub async fn betsy(folder: &Path) -> anyhow::Result<Vec<Outcome>> {
    let folder = folder.join("conformance/betsy");
    let path = folder.join("cases.json");
    let text = fs::read_to_string(&path).with_context(|| format!("read {}", path.display()))?;
    let all: Vec<Json> = serde_json::from_str(&text).context("read the cases")?;
    ensure!(!all.is_empty(), "there is no case");
    let mut by_wait: BTreeMap<u64, Vec<Case>> = BTreeMap::new();
    for (number, json) in all.iter().enumerate() {
        let case = Case::read(number, json).with_context(|| json["id"].to_string())?;
        by_wait.entry(case.wait).or_default().push(case);
    }
    let server = Arc::new(TestServer::start().await);
    let mut outcomes = Vec::with_capacity(all.len());
    for (wait, cases) in by_wait {
        let folder = folder.clone();
        let on = server.clone();
        let begun = side_by_side(cases, move |case| {
            let (folder, server) = (folder.clone(), on.clone());
            async move { case.begin(&server, &folder).await }
        })
        .await?;
        // Second by second, as time goes: what repeats is not to find itself late by all of it at once.
        for from in (0..wait).step_by(STEP) {
            let by = (wait - from).min(STEP as u64);
            let by = format!("PT{}.{:03}S", by / 1000, by % 1000);
            server.advance(&by).await;
        }
        let judged = side_by_side(begun, |begun: Begun| async move { begun.end().await }).await?;
        outcomes.extend(judged);
    }
    outcomes.sort_by_key(|(number, _)| *number);
    Ok(outcomes.into_iter().map(|(_, outcome)| outcome).collect())
}

async fn side_by_side<T, U, F>(
    all: Vec<T>,
    with: impl Fn(T) -> F + Clone + Send + 'static,
) -> anyhow::Result<Vec<U>>
where
    T: Send + 'static,
    U: Send + 'static,
    F: Future<Output = anyhow::Result<U>> + Send,
{
    let mut lanes: Vec<Vec<T>> = (0..LANES).map(|_| Vec::new()).collect();
    for (number, one) in all.into_iter().enumerate() {
        lanes[number % LANES].push(one);
    }
    let mut running = JoinSet::new();
    for lane in lanes {
        let with = with.clone();
        running.spawn(async move {
            let mut done = Vec::with_capacity(lane.len());
            for one in lane {
                done.push(with(one).await?);
            }
            Ok::<_, anyhow::Error>(done)
        });
    }
    let lanes: anyhow::Result<Vec<Vec<U>>> = running.join_all().await.into_iter().collect();
    Ok(lanes?.into_iter().flatten().collect())
}
