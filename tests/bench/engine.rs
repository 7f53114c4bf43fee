//! The engine alone, in memory, on one thread: start, claim, complete. No store, no ciphers; ids are counted up.

use std::time::{Duration, Instant};

use anyhow::Context;
use docket_domain::access::{Actor, Privilege};
use docket_domain::bpmn::{Process, read, resolve};
use docket_domain::engine;
use docket_domain::engine::command::{Begin, Command, Fresh, Known, Start, Starter};
use docket_domain::engine::instance::{Instance, InstanceState};
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
/// Milliseconds that the fork and its join may take.
const FORK: f64 = 20.0;

pub fn run() -> anyhow::Result<()> {
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
        waiting(&model, &data)?;
    }
    fan_out();
    Ok(())
}

/// Waiting instances that are held at once to see what they take.
const HELD: usize = 20_000;
/// A fork of this many ways, and its join.
const WAYS: usize = 1_000;

/// Start to end of a process that forks, does nothing on each way, and joins.
fn fan_out() {
    let mut model = String::from(
        "<definitions xmlns='http://www.omg.org/spec/BPMN/20100524/MODEL'><process id='fan' isExecutable='true'>\
         <startEvent id='s'/><parallelGateway id='f'/><parallelGateway id='j'/><endEvent id='e'/>\
         <sequenceFlow sourceRef='s' targetRef='f'/><sequenceFlow sourceRef='j' targetRef='e'/>",
    );
    for way in 0..WAYS {
        model.push_str(&format!(
            "<task id='t{way}'/><sequenceFlow sourceRef='f' targetRef='t{way}'/><sequenceFlow sourceRef='t{way}' targetRef='j'/>"
        ));
    }
    model.push_str("</process></definitions>");
    let draft = read::read_text(&model).expect("the model can be read");
    let model = resolve::resolve(&draft, "fan").expect("the model resolves");
    let mut ids = 0u128;
    let mut id = || {
        ids += 1;
        Uuid::from_u128(ids)
    };
    let begun = Instant::now();
    let mut runs = 0u32;
    while begun.elapsed() < TIME / 10 {
        let instance = begin(&model, &Data::new(), &clerk(), &mut id);
        assert_eq!(instance.state, InstanceState::Completed);
        runs += 1;
    }
    let millis = begun.elapsed().as_secs_f64() * 1e3 / f64::from(runs);
    report(
        &format!("engine, fork and join of {WAYS} ways"),
        format_args!("{millis:.2} ms"),
        format_args!("wanted below {FORK} ms"),
        FORK / millis,
        Some(Goal::AtLeast(1.0)),
    );
}

/// What an instance takes that waits at a task: as JSON, before it is sealed, and in memory.
fn waiting(model: &Process, data: &Data) -> anyhow::Result<()> {
    let mut ids = 0u128;
    let mut id = || {
        ids += 1;
        Uuid::from_u128(ids)
    };
    let instance = begin(model, data, &clerk(), &mut id);
    let stored = serde_json::to_vec(&instance)?.len();
    let before = resident()?;
    let held = vec![instance; HELD];
    let bytes = (resident()? - before) * 1024 / HELD;
    println!(
        "engine, an instance that waits at a task, {} fields: {bytes} bytes in memory, {stored} as JSON",
        data.len()
    );
    drop(held);
    Ok(())
}

/// Memory of this program in KiB, as the kernel counts it.
fn resident() -> anyhow::Result<usize> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let number = line.and_then(|line| line.split_whitespace().next());
    Ok(number.context("the kernel counts memory")?.parse()?)
}

fn once_for(model: &Process, data: &Data, time: Duration) -> f64 {
    let mut ids = 0u128;
    let mut id = || {
        ids += 1;
        Uuid::from_u128(ids)
    };
    let clerk = clerk();
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

fn clerk() -> Actor {
    Actor::new(
        TenantId(Uuid::nil()),
        Name::from("carl"),
        [Name::from("clerks")],
        [],
        [Privilege::User, Privilege::Instantiator],
    )
}

/// An instance as its first transition leaves it.
fn begin(model: &Process, data: &Data, clerk: &Actor, id: &mut dyn FnMut() -> Uuid) -> Instance {
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
    instance
}

fn one(model: &Process, data: &Data, clerk: &Actor, id: &mut dyn FnMut() -> Uuid) {
    let mut instance = begin(model, data, clerk, id);
    let known = Known::default();
    let mut fresh = Fresh {
        now: Timestamp::UNIX_EPOCH,
        id,
        known: &known,
    };
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
