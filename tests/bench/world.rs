//! A data folder with one published process and as many instances of it as a figure asks for. Seeded through the engine
//! and the store, as requests would, but with many transitions in one transaction: a commit each would take an hour.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use anyhow::Context;
use docket_api::app::App;
use docket_api::graphql::id::Id;
use docket_api::http::{Server, open};
use docket_domain::access::{Actor, Privilege};
use docket_domain::bpmn::Process;
use docket_domain::engine::command::{Begin, Fresh, Known, Start, Starter};
use docket_domain::ids::{InstanceId, ProcessId};
use docket_domain::process::ProcessCommand;
use docket_domain::task::worklist::Worklist;
use docket_domain::value::{Data, Name, data_from_json};
use docket_domain::{engine, history, journal};
use docket_infra::clock::Clock;
use docket_infra::config::Config;
use docket_infra::crypto::RootKey;
use docket_infra::identity::{Bearer, DevIssuer};
use docket_infra::store::Write;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::runtime::Runtime;

/// The model of every figure.
pub const MODEL: &str = include_str!("claim.bpmn");
/// Instances in one transaction.
const BATCH: usize = 1_000;
/// How many tasks the small group sees.
pub const FEW: usize = 200;
/// The ten fields, in order of name.
pub const FIELDS: [&str; 10] = [
    "amount",
    "clerk",
    "costCentre",
    "currency",
    "iban",
    "note",
    "purpose",
    "receipts",
    "team",
    "urgent",
];

/// A page of 50 tasks of one worklist, with ten fields of each.
pub const PAGE: &str = "query($list: ID!, $names: [String!], $after: String) { worklist(id: $list) { tasks(first: 50, after: $after) { nodes { id name state priority dueAt assignee { name } process { key name } fields(names: $names) { name value visibility } } } } }";

/// A seeded folder.
pub struct World {
    folder: TempDir,
}

impl World {
    /// Publishes the model, starts so many instances and says how fast.
    pub fn new(runtime: &Runtime, tasks: usize) -> anyhow::Result<World> {
        let world = World {
            folder: tempfile::tempdir()?,
        };
        runtime.block_on(async {
            let app = world.open().await?;
            let process = publish(&app).await?;
            let begun = Instant::now();
            seed(&app, process, tasks).await?;
            if tasks > 0 {
                let rate = tasks as f64 / begun.elapsed().as_secs_f64();
                println!("seeding: {tasks} instances with a task each, {rate:.0} a second, {BATCH} in a transaction");
            }
            Ok(world)
        })
    }

    /// A folder with nothing in it.
    pub fn empty(folder: TempDir) -> World {
        World { folder }
    }

    /// Where its files lie.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// The use cases over it, without a server.
    pub async fn open(&self) -> anyhow::Result<App> {
        Ok(open(&self.config(), Arc::new(Clock::System)).await?.app)
    }

    /// Serves it on a free port.
    pub fn serve(&self, runtime: &Runtime) -> anyhow::Result<Server> {
        Ok(runtime.block_on(Server::start(self.config(), Arc::new(Clock::System)))?)
    }

    fn config(&self) -> Config {
        let mut config = Config::new(self.folder.path().join("data"));
        config.listen = SocketAddr::from(([127, 0, 0, 1], 0));
        config.dev = true;
        config
    }

    /// The token of somebody who starts processes and works on tasks.
    pub fn token(&self, user: &str, groups: &[&str]) -> anyhow::Result<String> {
        token(&self.folder.path().join("data.key"), user, groups)
    }
}

/// The token of somebody who starts processes and works on tasks, by the root key in a file.
pub fn token(key: &Path, user: &str, groups: &[&str]) -> anyhow::Result<String> {
    let bearer = bearer(user, groups, &[Privilege::User, Privilege::Instantiator]);
    Ok(DevIssuer::new(&RootKey::load(key)?).issue(&bearer, now() - SignedDuration::from_mins(1)))
}

/// The id of a group's worklist.
pub fn list(group: &str) -> String {
    Id::Worklist(Worklist::Group(Name::from(group))).text()
}

/// The variables of [`PAGE`].
pub fn variables(group: &str) -> Value {
    json!({ "list": list(group), "names": FIELDS })
}

/// The body of a request for [`PAGE`] of a group's worklist, after a cursor if there is one.
pub fn page(group: &str, after: Option<&str>) -> String {
    let mut variables = variables(group);
    variables["after"] = json!(after);
    json!({ "query": PAGE, "variables": variables }).to_string()
}

fn bearer(user: &str, groups: &[&str], privileges: &[Privilege]) -> Bearer {
    Bearer {
        tenant: "acme".to_owned(),
        user: Name::from(user),
        groups: groups.iter().map(|group| Name::from(*group)).collect(),
        roles: Vec::new(),
        privileges: privileges.to_vec(),
        expires_at: now() + SignedDuration::from_hours(24),
    }
}

fn now() -> Timestamp {
    Clock::System
        .now()
        .round(jiff::Unit::Second)
        .unwrap_or(Timestamp::UNIX_EPOCH)
}

/// Somebody of the tenant acme.
pub async fn actor(app: &App, user: &str, privileges: &[Privilege]) -> anyhow::Result<Actor> {
    Ok(app.viewer(&bearer(user, &[], privileges)).await?.actor)
}

async fn publish(app: &App) -> anyhow::Result<ProcessId> {
    let dora = actor(app, "dora", &[Privilege::Designer]).await?;
    let pia = actor(app, "pia", &[Privilege::Manager]).await?;
    let uploaded = app.upload(&dora, Arc::from(MODEL)).await?;
    let process = uploaded
        .processes
        .first()
        .context("the model has a process")?
        .id;
    app.move_process(&pia, process, ProcessCommand::Publish)
        .await?;
    Ok(process)
}

async fn seed(app: &App, process: ProcessId, tasks: usize) -> anyhow::Result<()> {
    let ada = actor(app, "ada", &[Privilege::User, Privilege::Instantiator]).await?;
    let tx = app.store.read(ada.tenant).await?;
    let model = app.model(&tx, process).await?;
    drop(tx);
    let begin = now() - SignedDuration::from_millis(i64::try_from(tasks)?);
    for batch in (0..tasks).collect::<Vec<_>>().chunks(BATCH) {
        let tx = app.store.write(ada.tenant).await?;
        for number in batch {
            let at = begin + SignedDuration::from_millis(i64::try_from(*number)?);
            start(&tx, &model, process, &ada, data(*number, tasks), at).await?;
        }
        tx.commit().await?;
    }
    Ok(())
}

async fn start(
    tx: &Write,
    model: &Process,
    process: ProcessId,
    actor: &Actor,
    data: Data,
    now: Timestamp,
) -> anyhow::Result<()> {
    let start = Start {
        id: InstanceId(Clock::fresh_id()),
        process,
        begin: Begin::Plain,
        business_key: None,
        data,
    };
    let known = Known::default();
    let mut fresh = Fresh {
        now,
        id: &mut Clock::fresh_id,
        known: &known,
    };
    let (mut instance, events) = engine::start(model, &start, Starter::Person(actor), &mut fresh)?;
    instance.apply(&events);
    let entry = journal::entry(model, None, &instance, now);
    let remembered = history::entries(model, None, &events, now, Some(&actor.user));
    Ok(tx
        .save_instance(model, None, &instance, &entry, &remembered)
        .await?)
}

/// The ten fields of one instance. Every second task is in somebody's hands; [`FEW`] are for the small group as well.
pub fn fields(number: usize, of: usize) -> Value {
    let few = number.is_multiple_of((of / FEW).max(1));
    json!({
        "amount": 12.5 + number as f64,
        "clerk": if number.is_multiple_of(2) { "carl" } else { "" },
        "costCentre": format!("CC-{:04}", number % 40),
        "currency": "EUR",
        "iban": format!("DE89 3704 0044 0532 {number:08}"),
        "note": "Two nights and a train. The second receipt is a copy, the original went to the travel office.",
        "purpose": format!("Visit to customer {}", number % 900),
        "receipts": number % 7,
        "team": if few { "few" } else { "many" },
        "urgent": number.is_multiple_of(5),
    })
}

/// The same, as process data.
pub fn data(number: usize, of: usize) -> Data {
    data_from_json(&fields(number, of)).expect("the fields are process data")
}
