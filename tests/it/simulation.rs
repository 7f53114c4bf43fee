//! Simulated lives over the real store: use cases that are dropped at any point of their work, as when the process dies, and
//! asked again. `DOCKET_SEED=17 cargo test -p docket-tests --test it simulation` runs one seed again.

use std::collections::BTreeMap;
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;

use docket_api::app::App;
use docket_api::app::instance::{Idempotency, StartRequest};
use docket_api::app::task::TaskRequest;
use docket_api::app::timer::Pace;
use docket_api::http::open;
use docket_domain::access::{Actor, Privilege};
use docket_domain::engine::instance::{Instance, InstanceState};
use docket_domain::history::Kind;
use docket_domain::ids::{InstanceId, TenantId};
use docket_domain::process::ProcessCommand;
use docket_domain::task::TaskCommand;
use docket_domain::value::{Data, Name};
use docket_infra::clock::Clock;
use docket_infra::config::Config;
use docket_infra::store::{HistoryFilter, Page, Position};
use docket_tests::server::BEGIN;
use jiff::SignedDuration;

/// Lives that are simulated unless one seed is named.
const SEEDS: u64 = 100;

/// Two tasks side by side, one of them with a timer at its border that begins a third.
const MODEL: &str = r#"<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:wf="https://docket.dev/schema/wf" targetNamespace="t">
  <process id="crashing" isExecutable="true">
    <startEvent id="start"/><sequenceFlow sourceRef="start" targetRef="fork"/>
    <parallelGateway id="fork"/><sequenceFlow sourceRef="fork" targetRef="a"/><sequenceFlow sourceRef="fork" targetRef="b"/>
    <userTask id="a"><extensionElements><wf:assignment assignee="ann"/></extensionElements></userTask>
    <boundaryEvent id="late" attachedToRef="a" cancelActivity="false"><timerEventDefinition><timeDuration>PT1H</timeDuration></timerEventDefinition></boundaryEvent>
    <sequenceFlow sourceRef="late" targetRef="remind"/>
    <userTask id="remind"><extensionElements><wf:assignment assignee="ann"/></extensionElements></userTask>
    <userTask id="b"><extensionElements><wf:assignment assignee="ann"/></extensionElements></userTask>
    <sequenceFlow sourceRef="a" targetRef="join"/><sequenceFlow sourceRef="b" targetRef="join"/>
    <parallelGateway id="join"/><sequenceFlow sourceRef="join" targetRef="c"/>
    <userTask id="c"><extensionElements><wf:assignment assignee="ann"/></extensionElements></userTask>
    <sequenceFlow sourceRef="c" targetRef="end"/><endEvent id="end"/>
  </process>
</definitions>"#;

/// Numbers from a seed (SplitMix64).
struct Dice(u64);

impl Dice {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % bound
    }
}

/// Lets work go on for so many steps and drops it where it stands; nothing if it did not come to its end.
async fn until_crash<T>(steps: u64, work: impl Future<Output = T>) -> Option<T> {
    let mut work = pin!(work);
    let mut left = steps;
    std::future::poll_fn(move |context| {
        if left == 0 {
            return Poll::Ready(None);
        }
        left -= 1;
        work.as_mut().poll(context).map(Some)
    })
    .await
}

struct World {
    app: App,
    ann: Actor,
    tenant: TenantId,
    _folder: tempfile::TempDir,
}

impl World {
    async fn new() -> World {
        let folder = tempfile::tempdir().expect("a temporary folder can be made");
        let clock = Arc::new(Clock::fixed(BEGIN.parse().expect("a timestamp")));
        let mut config = Config::new(folder.path().join("data"));
        config.dev = true;
        let app = open(&config, clock).await.expect("the store opens").app;
        let tenant = app.store.tenant("acme", app.clock.now()).await;
        let tenant = tenant.expect("a tenant");
        let person = |name: &str, privileges: &[Privilege]| {
            let privileges = privileges.iter().copied();
            Actor::new(tenant, Name::from(name), [], [], privileges)
        };
        let dora = person("dora", &[Privilege::Designer]);
        let uploaded = app.upload(&dora, MODEL.into()).await.expect("an upload");
        let pia = person("pia", &[Privilege::Manager]);
        app.move_process(&pia, uploaded.processes[0].id, ProcessCommand::Publish)
            .await
            .expect("it is published");
        World {
            ann: person("ann", &[Privilege::User, Privilege::Instantiator]),
            app,
            tenant,
            _folder: folder,
        }
    }

    /// Asks until there is an answer, whatever happens to those who work on it.
    async fn insist<T, F: Future<Output = T>>(&self, dice: &mut Dice, ask: impl Fn() -> F) -> T {
        loop {
            let steps = match dice.below(2) {
                0 => u64::MAX,
                _ => 1 + dice.below(30),
            };
            if let Some(answer) = until_crash(steps, ask()).await {
                return answer;
            }
        }
    }

    async fn instance(&self, id: InstanceId) -> Instance {
        let tx = self.app.store.read(self.tenant).await.expect("a snapshot");
        let found = tx.instance_for_engine(id).await.expect("it can be read");
        found.expect("it is there")
    }

    async fn live(&self, seed: u64) {
        let mut dice = Dice(seed);
        let once = |step: u32| Idempotency {
            key: format!("{seed}/{step}"),
            request: [7; 32],
        };
        let start = StartRequest {
            process: Name::from("crashing"),
            version: None,
            message: None,
            business_key: None,
            data: Data::new(),
            on_behalf_of: None,
            once: Some(once(0)),
        };
        let started = self.insist(&mut dice, || self.app.start(&self.ann, &start));
        let id = started.await.expect("it starts").instance.id;
        let mut revision = 1;
        let late = dice.below(2) == 0;
        if late {
            let moved = self.app.clock.advance(SignedDuration::from_hours(1));
            assert!(moved, "the clock can be moved");
            while !self.instance(id).await.timers.is_empty() {
                let fired = self.insist(&mut dice, || async {
                    self.app.fire_due_timers(&mut Pace::default()).await
                });
                fired.await.expect("timers fire");
            }
            revision += 1;
        }
        for step in 1.. {
            let instance = self.instance(id).await;
            assert_eq!(instance.revision, revision, "each command counts once");
            let open: Vec<_> = instance.open_tasks().map(|task| task.id).collect();
            if open.is_empty() {
                break;
            }
            let request = TaskRequest {
                task: open[dice.below(open.len() as u64) as usize],
                command: TaskCommand::Complete {
                    data: Data::new(),
                    outcome: None,
                },
                expected_revision: None,
                once: Some(once(step)),
            };
            let done = self.insist(&mut dice, || self.app.ask_task(&self.ann, &request));
            done.await.expect("it is completed");
            revision += 1;
        }
        self.audit(id, late).await;
    }

    /// The journal and the history say everything once, in order, without a gap.
    async fn audit(&self, id: InstanceId, late: bool) {
        let last = self.instance(id).await;
        assert_eq!(last.state, InstanceState::Completed);
        let tx = self.app.store.read(self.tenant).await.expect("a snapshot");
        let journal = tx.journal_after(Position(0), 1_000_000).await;
        let revisions: Vec<u32> = journal
            .expect("the journal")
            .into_iter()
            .map(|(_, entry)| entry.expect("an entry"))
            .filter(|entry| entry.instance == id)
            .map(|entry| entry.after.revision)
            .collect();
        assert_eq!(revisions, (1..=last.revision).collect::<Vec<_>>());
        let page = Page {
            size: 100,
            after: None,
            before: None,
            from_end: false,
        };
        let all = HistoryFilter::default();
        let history = tx.history(&self.ann, &last, &all, &page).await;
        let history = history.expect("the history").items;
        let numbers: Vec<u32> = history.iter().map(|(_, entry)| entry.sequence).collect();
        assert_eq!(numbers, (1..=last.history).collect::<Vec<_>>());
        let mut done: BTreeMap<&str, u32> = BTreeMap::new();
        for (_, found) in &history {
            if found.entry.kind == Kind::Completed {
                *done.entry(&found.entry.element_id).or_default() += 1;
            }
        }
        for element in ["start", "fork", "a", "b", "c", "end"] {
            assert_eq!(done.get(element), Some(&1), "{element}: {done:?}");
        }
        for element in ["late", "remind"] {
            assert_eq!(done.get(element).is_some_and(|done| *done == 1), late);
        }
    }
}

/// Says how to run a seed again if its life goes wrong.
struct Seed(u64);

impl Drop for Seed {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!(
                "DOCKET_SEED={} cargo test -p docket-tests --test it simulation",
                self.0
            );
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_dropped_between_a_decision_and_its_commit_never_was_and_is_done_once() {
    #[expect(
        clippy::disallowed_methods,
        reason = "one seed is run again by a name in the environment, so that the command line stays cargo's"
    )]
    let one = std::env::var("DOCKET_SEED");
    let seeds: Vec<u64> = match one {
        Ok(seed) => vec![seed.parse().expect("a seed is a number")],
        Err(_) => (0..SEEDS).collect(),
    };
    let world = World::new().await;
    for seed in seeds {
        let _seed = Seed(seed);
        world.live(seed).await;
    }
}
