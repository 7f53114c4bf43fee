//! Start, claim, complete: 16 people at once over HTTP, each with instances of their own. Each mutation is a durable
//! commit, so what they reach together is measured against bare commits on the same disk: one `INSERT` in each, one
//! writer, the write-ahead log, `synchronous=FULL`.

use std::net::SocketAddr;
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use sea_orm::sqlx::sqlite::{SqliteJournalMode, SqliteSynchronous};
use sea_orm::{ConnectOptions, ConnectionTrait, Database, DatabaseConnection};
use serde_json::{Value, json};
use tokio::runtime::Runtime;

use crate::client::Client;
use crate::world::{World, fields};
use crate::{quantile, report};

/// People at once.
pub const CLIENTS: usize = 16;
/// How long they work.
const TIME: Duration = Duration::from_secs(15);
/// How long bare commits are counted, before and after.
const BARE: Duration = Duration::from_secs(3);

const START: &str = "mutation($data: JSON) { startProcess(input: {key: \"claim\", data: $data}) { processInstance { id tasks(first: 1) { nodes { id } } } userErrors { code } } }";
const CLAIM: &str =
    "mutation($task: ID!) { claimTask(input: {task: $task}) { task { id } userErrors { code } } }";
const COMPLETE: &str = "mutation($task: ID!) { completeTask(input: {task: $task, data: {purpose: \"checked\"}}) { userErrors { code } } }";

/// Milliseconds that each mutation took, of instances that were completed.
type Times = [Vec<f64>; 3];

pub fn run(runtime: &Runtime) -> anyhow::Result<()> {
    let world = World::new(runtime, 0)?;
    let server = world.serve(runtime)?;
    let bare = runtime.block_on(open(&world.folder().join("bare.db")))?;
    let before = runtime.block_on(commits(&bare))?;
    let tokens = (0..CLIENTS)
        .map(|number| world.token(&format!("clerk-{number}"), &["clerks"]))
        .collect::<anyhow::Result<Vec<_>>>()?;
    let begun = Instant::now();
    let times = work(server.addr, &tokens, TIME)?;
    let seconds = begun.elapsed().as_secs_f64();
    let after = runtime.block_on(commits(&bare))?;
    runtime.block_on(server.shutdown());
    let instances = times[0].len() as f64 / seconds;
    let bare = (before + after) / 2.0;
    report(
        &format!("cycle, {CLIENTS} clients"),
        format_args!(
            "{instances:.0} instances/s, {:.0} commits/s",
            instances * 3.0
        ),
        format_args!("bare {bare:.0} commits/s with 1 writer"),
        instances * 3.0 / bare,
        None,
    );
    for (what, times) in ["startProcess", "claimTask", "completeTask"]
        .iter()
        .zip(times)
    {
        let at = |part| quantile(times.iter().copied(), part);
        println!(
            "cycle, {what}: p50 {:.1} ms, p99 {:.1} ms",
            at(0.5),
            at(0.99)
        );
    }
    Ok(())
}

/// Everybody works for a while.
pub fn work(addr: SocketAddr, tokens: &[String], time: Duration) -> anyhow::Result<Times> {
    let begun = Instant::now();
    let all = thread::scope(|scope| {
        let threads: Vec<_> = tokens
            .iter()
            .map(|token| {
                scope.spawn(move || {
                    let mut client = Client::connect(addr, token)?;
                    let mut times = Times::default();
                    while begun.elapsed() < time {
                        once(&mut client, &mut times)?;
                    }
                    Ok::<_, anyhow::Error>(times)
                })
            })
            .collect();
        threads
            .into_iter()
            .map(|thread| thread.join().expect("a client does not panic"))
            .collect::<Result<Vec<Times>, _>>()
    })?;
    let mut sum = Times::default();
    for times in all {
        for (sum, times) in sum.iter_mut().zip(times) {
            sum.extend(times);
        }
    }
    Ok(sum)
}

fn once(client: &mut Client, times: &mut Times) -> anyhow::Result<()> {
    let mut data = fields(1, 1);
    data["clerk"] = json!("");
    let mut timed = |number: usize, document: &str, variables: Value| {
        let begun = Instant::now();
        let mut answer = client.data(document, &variables)?;
        times[number].push(begun.elapsed().as_secs_f64() * 1e3);
        let (_, payload) = answer
            .as_object_mut()
            .and_then(|data| data.iter_mut().next())
            .context("a payload")?;
        ensure!(
            payload["userErrors"] == json!([]),
            "nothing is refused: {payload}"
        );
        Ok(payload.take())
    };
    let started = timed(0, START, json!({ "data": data }))?;
    let task = started["processInstance"]["tasks"]["nodes"][0]["id"].clone();
    timed(1, CLAIM, json!({ "task": task }))?;
    timed(2, COMPLETE, json!({ "task": task }))?;
    Ok(())
}

async fn open(file: &Path) -> anyhow::Result<DatabaseConnection> {
    let file = file.to_owned();
    let mut options = ConnectOptions::new("sqlite://bare.db");
    options
        .max_connections(1)
        .sqlx_logging(false)
        .record_stmt_in_spans(false)
        .map_sqlx_sqlite_opts(move |options| {
            options
                .filename(&file)
                .create_if_missing(true)
                .journal_mode(SqliteJournalMode::Wal)
                .synchronous(SqliteSynchronous::Full)
        });
    let db = Database::connect(options).await?;
    db.execute_unprepared("CREATE TABLE bare (id INTEGER PRIMARY KEY, text TEXT)")
        .await?;
    Ok(db)
}

async fn commits(db: &DatabaseConnection) -> anyhow::Result<f64> {
    let begun = Instant::now();
    let mut count = 0u32;
    while begun.elapsed() < BARE {
        db.execute_unprepared("INSERT INTO bare (text) VALUES ('one durable commit')")
            .await?;
        count += 1;
    }
    Ok(f64::from(count) / begun.elapsed().as_secs_f64())
}
