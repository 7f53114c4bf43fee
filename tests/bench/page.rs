//! A page of a worklist, 50 tasks with ten sealed fields each, against the same bytes from the bare twin. The two take
//! turns, so that what disturbs one disturbs the other.

use std::net::SocketAddr;
use std::time::Duration;

use anyhow::{Context, ensure};
use serde_json::{Value, json};
use tokio::runtime::Runtime;

use crate::client::{Client, rate, times};
use crate::world::{PAGE, World, list, page, variables};
use crate::{Goal, median, report, twin};

/// Turns of each of the two.
const ROUNDS: usize = 7;
/// How long a turn lasts.
const TURN: Duration = Duration::from_millis(1_500);

pub fn run(runtime: &Runtime, world: &World) -> anyhow::Result<()> {
    let token = world.token("cleo", &["clerks"])?;
    let (tasks, cursors) = everything(runtime, world, &token)?;
    let server = world.serve(runtime)?;
    cold(server.addr, &token, &cursors)?;
    let list = list("clerks");
    let file = world.folder().join("twin.db");
    let bare = twin::serve(runtime, &file, &list, &tasks)?;
    let body = page("clerks", None);
    let ours = Client::connect(server.addr, &token)?.post(&body)?.to_vec();
    let theirs = Client::connect(bare, &token)?.post(&body)?.to_vec();
    ensure!(ours == theirs, "the twin answers with the same bytes");
    println!(
        "page: {} bytes, {} tasks in the store",
        ours.len(),
        tasks.len()
    );
    for clients in [1, 16] {
        warm(server.addr, bare, &token, clients, &body)?;
    }
    let before = server.app().store.statements();
    Client::connect(server.addr, &token)?.post(&body)?;
    let statements = server.app().store.statements() - before;
    println!("page: {statements} SQL statements; bare 1");
    runtime.block_on(server.shutdown());
    Ok(())
}

fn warm(
    ours: SocketAddr,
    bare: SocketAddr,
    token: &str,
    clients: usize,
    body: &str,
) -> anyhow::Result<()> {
    let connect = |addr| {
        (0..clients)
            .map(|_| Client::connect(addr, token))
            .collect::<anyhow::Result<Vec<_>>>()
    };
    let (mut ours, mut bare) = (connect(ours)?, connect(bare)?);
    rate(&mut ours, body, TURN)?;
    rate(&mut bare, body, TURN)?;
    let mut rounds = Vec::new();
    for _ in 0..ROUNDS {
        rounds.push((rate(&mut ours, body, TURN)?, rate(&mut bare, body, TURN)?));
    }
    let ratio = median(rounds.iter().map(|round| round.0 / round.1));
    report(
        &format!("page, {clients} client(s), keys at hand"),
        format_args!("{:.0} pages/s", median(rounds.iter().map(|round| round.0))),
        format_args!(
            "bare {:.0} pages/s",
            median(rounds.iter().map(|round| round.1))
        ),
        ratio,
        Some(Goal::AtLeast(0.6)),
    );
    Ok(())
}

/// Every task of the list, and the cursors of its pages. On a server of its own, which keeps the keys that it opens.
fn everything(
    runtime: &Runtime,
    world: &World,
    token: &str,
) -> anyhow::Result<(Vec<Value>, Vec<String>)> {
    let server = world.serve(runtime)?;
    let mut client = Client::connect(server.addr, token)?;
    let document = PAGE.replace("nodes {", "pageInfo { hasNextPage endCursor } nodes {");
    let (mut tasks, mut cursors) = (Vec::new(), Vec::<String>::new());
    loop {
        let mut variables = variables("clerks");
        variables["after"] = json!(cursors.last());
        let mut page = client.data(&document, &variables)?["worklist"]["tasks"].take();
        tasks.append(page["nodes"].as_array_mut().context("the tasks")?);
        let info = &page["pageInfo"];
        if info["hasNextPage"] == false {
            break;
        }
        cursors.push(info["endCursor"].as_str().context("a cursor")?.to_owned());
    }
    runtime.block_on(server.shutdown());
    Ok((tasks, cursors))
}

/// Pages on a server that has just begun, each with keys that nobody has opened yet, and then the same pages again.
fn cold(addr: SocketAddr, token: &str, cursors: &[String]) -> anyhow::Result<()> {
    let mut client = Client::connect(addr, token)?;
    client.post(&page("clerks", None))?;
    let bodies: Vec<String> = cursors
        .iter()
        .map(|cursor| page("clerks", Some(cursor)))
        .collect();
    let mut pass = || times(&mut client, bodies.iter().map(String::as_str)).map(median);
    let (cold, warm) = (pass()?, pass()?);
    report(
        "page, 1 client, keys not opened yet",
        format_args!("{cold:.2} ms, median of {} pages", bodies.len()),
        format_args!("the same pages with keys at hand {warm:.2} ms"),
        cold / warm,
        None,
    );
    Ok(())
}
