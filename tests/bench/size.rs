//! What a page costs when the store has a hundred times as many tasks: for somebody who sees a few of them through a
//! group, and for somebody who sees all. The two stores take turns.

use docket_api::http::Server;
use serde_json::json;
use tokio::runtime::Runtime;

use crate::client::{Client, times};
use crate::world::{FEW, FIELDS, World, page};
use crate::{Goal, TASKS, median, report};

/// Turns of each store.
const ROUNDS: usize = 7;
/// Requests in a turn.
const TURN: usize = 60;

pub fn run(runtime: &Runtime, small: &World, many: usize) -> anyhow::Result<()> {
    let large = World::new(runtime, many)?;
    let stores = [small.serve(runtime)?, large.serve(runtime)?];
    let readable = PAGE_OF_ALL.to_owned();
    let readable = json!({ "query": readable, "variables": { "names": FIELDS } }).to_string();
    for (who, groups, list) in [
        ("sees a few", ["few", "travel"], "few"),
        ("sees all", ["clerks", "travel"], "clerks"),
    ] {
        let tokens = [small.token("vera", &groups)?, large.token("vera", &groups)?];
        compare(
            &format!("{who}, a group's worklist"),
            &stores,
            &tokens,
            &page(list, None),
            many,
        )?;
        compare(
            &format!("{who}, all tasks"),
            &stores,
            &tokens,
            &readable,
            many,
        )?;
    }
    println!("size: the one who sees a few sees {FEW}");
    for server in stores {
        runtime.block_on(server.shutdown());
    }
    Ok(())
}

/// The same page of everything that the viewer may read.
const PAGE_OF_ALL: &str = "query($names: [String!]) { tasks(first: 50) { nodes { id name state priority dueAt assignee { name } process { key name } fields(names: $names) { name value visibility } } } }";

fn compare(
    what: &str,
    stores: &[Server; 2],
    tokens: &[String; 2],
    body: &str,
    many: usize,
) -> anyhow::Result<()> {
    let mut small = Client::connect(stores[0].addr, &tokens[0])?;
    let mut large = Client::connect(stores[1].addr, &tokens[1])?;
    let turn = |client: &mut Client| times(client, std::iter::repeat_n(body, TURN)).map(median);
    turn(&mut small)?;
    turn(&mut large)?;
    let mut rounds = Vec::new();
    for _ in 0..ROUNDS {
        rounds.push((turn(&mut large)?, turn(&mut small)?));
    }
    let statements = |server: &Server, client: &mut Client| {
        let before = server.app().store.statements();
        client.post(body)?;
        Ok::<_, anyhow::Error>(server.app().store.statements() - before)
    };
    report(
        &format!("size, {what}"),
        format_args!(
            "{:.2} ms and {} statements of {many} tasks",
            median(rounds.iter().map(|round| round.0)),
            statements(&stores[1], &mut large)?,
        ),
        format_args!(
            "{:.2} ms and {} statements of {TASKS}",
            median(rounds.iter().map(|round| round.1)),
            statements(&stores[0], &mut small)?,
        ),
        median(rounds.iter().map(|round| round.0 / round.1)),
        Some(Goal::AtMost(1.5)),
    );
    Ok(())
}
