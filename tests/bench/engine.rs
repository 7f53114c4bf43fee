//! The engine alone, in memory, on one thread: start, claim, complete. No store, no ciphers; ids are counted up.

use std::time::{Duration, Instant};

use docket_domain::access::{Actor, Privilege};
use docket_domain::bpmn::{Process, read, resolve};
use docket_domain::engine;
use docket_domain::engine::command::{Begin, Command, Fresh, Known, Start, Starter};
use docket_domain::engine::instance::InstanceState;
use docket_domain::ids::{InstanceId, ProcessId, TenantId};
use docket_domain::task::TaskCommand;
use docket_domain::value::{Data, Name};
use jiff::Timestamp;
use uuid::Uuid;

use crate::world::{MODEL, data};
use crate::{Goal, report};

/// How long it runs.
const TIME: Duration = Duration::from_secs(3);
/// Runs a second that we want of one core.
const WANTED: f64 = 200_000.0;

pub fn run() {
    let draft = read::read_text(MODEL).expect("the model can be read");
    let model = resolve::resolve(&draft, "claim").expect("the model resolves");
    let mut small = data(1, 1);
    small.retain(|name, _| ["amount", "clerk", "team"].contains(&name.as_ref()));
    for (what, data) in [("3 fields", small), ("10 fields", data(1, 1))] {
        once_for(&model, &data, TIME / 10);
        let rate = once_for(&model, &data, TIME);
        report(
            &format!("engine, {what}, one thread"),
            format_args!("{rate:.0} runs/s ({:.2} µs each)", 1e6 / rate),
            format_args!("wanted {WANTED:.0} runs/s"),
            rate / WANTED,
            Some(Goal::AtLeast(1.0)),
        );
    }
}

fn once_for(model: &Process, data: &Data, time: Duration) -> f64 {
    let mut ids = 0u128;
    let mut id = || {
        ids += 1;
        Uuid::from_u128(ids)
    };
    let clerk = Actor::new(
        TenantId(Uuid::nil()),
        Name::from("carl"),
        [Name::from("clerks")],
        [],
        [Privilege::User, Privilege::Instantiator],
    );
    let begun = Instant::now();
    let mut runs = 0u32;
    while begun.elapsed() < time {
        for _ in 0..100 {
            one(model, data, &clerk, &mut id);
        }
        runs += 100;
    }
    f64::from(runs) / begun.elapsed().as_secs_f64()
}

fn one(model: &Process, data: &Data, clerk: &Actor, id: &mut dyn FnMut() -> Uuid) {
    let start = Start {
        id: InstanceId(id()),
        process: ProcessId(Uuid::nil()),
        begin: Begin::Plain,
        business_key: None,
        data: data.clone(),
    };
    let known = Known::default();
    let mut fresh = Fresh {
        now: Timestamp::UNIX_EPOCH,
        id,
        known: &known,
    };
    let (mut instance, events) =
        engine::start(model, &start, Starter::Person(clerk), &mut fresh).expect("it may start");
    instance.apply(&events);
    let task = instance.tasks[0].id;
    let complete = TaskCommand::Complete {
        data: Data::new(),
        outcome: None,
    };
    for command in [TaskCommand::Claim, complete] {
        let command = Command::Task {
            task,
            actor: clerk,
            command,
            expected_revision: None,
        };
        let events = engine::decide(model, &instance, &command, &mut fresh).expect("it is allowed");
        instance.apply(&events);
    }
    assert_eq!(instance.state, InstanceState::Completed);
}
