//! Simulated lives of instances, each from a seed: a model, people, clocks and messages, all at random; every transition is
//! stored and loaded again, some decisions are lost before they are stored and made again, and some commands are delivered
//! twice. One machine with all its commands, so that a seed is one file to follow. `DOCKET_SEED=17 cargo test -p docket-domain
//! simulation` runs one seed again, exactly as it was.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, LazyLock};

use jiff::SignedDuration;
use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use serde_json::json;
use uuid::Uuid;

use super::blocks::{Layout, block};
use super::build::set;
use super::play::{administrator, at, data, person, plain_start};
use crate::access::{Actor, Privilege};
use crate::bpmn::{DecisionBinding, DecisionRef, Kind, Process, read, resolve};
use crate::dmn::{self, Decision};
use crate::engine::call::Outcome;
use crate::engine::command::{Command, Fresh, Known, Rejection, Starter};
use crate::engine::event::Event;
use crate::engine::instance::{Instance, InstanceState, Token, TokenId};
use crate::engine::{decide, start};
use crate::history;
use crate::ids::TenantId;
use crate::task::TaskCommand;
use crate::value::{Data, Name};
use crate::work::WorkCommand;

/// Lives that are simulated unless one seed is named.
const SEEDS: u64 = 5_000;
/// Commands that a life has at most.
const COMMANDS: u32 = 20;

/// Models of the families that blocks do not make.
const FAMILIES: [&str; 8] = [
    // Signals, thrown and caught, and an event sub-process that a message begins.
    r#"<startEvent id="s"/><sequenceFlow sourceRef="s" targetRef="f"/><parallelGateway id="f"/>
       <sequenceFlow sourceRef="f" targetRef="a"/><sequenceFlow sourceRef="f" targetRef="c"/>
       <userTask id="a">WHO</userTask><sequenceFlow sourceRef="a" targetRef="t"/>
       <intermediateThrowEvent id="t"><signalEventDefinition signalRef="sig"/></intermediateThrowEvent>
       <intermediateCatchEvent id="c"><signalEventDefinition signalRef="sig"/></intermediateCatchEvent>
       <sequenceFlow sourceRef="c" targetRef="b"/><userTask id="b">WHO</userTask>
       <subProcess id="e" triggeredByEvent="true"><startEvent id="es" isInterrupting="false"><messageEventDefinition messageRef="msg"/></startEvent>
       <sequenceFlow sourceRef="es" targetRef="et"/><userTask id="et">WHO</userTask></subProcess>"#,
    // A transaction that is cancelled, and what is done in it undone.
    r#"<startEvent id="s"/><sequenceFlow sourceRef="s" targetRef="x"/>
       <transaction id="x"><startEvent id="xs"/><sequenceFlow sourceRef="xs" targetRef="book"/><userTask id="book">WHO</userTask>
       <boundaryEvent id="cb" attachedToRef="book"><compensateEventDefinition/></boundaryEvent>
       <userTask id="undo" isForCompensation="true">WHO</userTask><association associationDirection="One" sourceRef="cb" targetRef="undo"/>
       <sequenceFlow sourceRef="book" targetRef="g"/><exclusiveGateway id="g" default="ok"/>
       <sequenceFlow sourceRef="g" targetRef="no"><conditionExpression>x &gt; 5</conditionExpression></sequenceFlow>
       <sequenceFlow id="ok" sourceRef="g" targetRef="yes"/><endEvent id="yes"/>
       <endEvent id="no"><cancelEventDefinition/></endEvent></transaction>
       <boundaryEvent id="xc" attachedToRef="x"><cancelEventDefinition/></boundaryEvent>
       <sequenceFlow sourceRef="xc" targetRef="after"/><userTask id="after">WHO</userTask>
       <sequenceFlow sourceRef="x" targetRef="end"/><endEvent id="end"/>"#,
    // Work outside, whose error is caught, and then a decision that contradicts itself at times.
    r#"<startEvent id="s"/><sequenceFlow sourceRef="s" targetRef="w"/>
       <serviceTask id="w"><extensionElements><wf:work type="pay" retries="2" backoff="PT1M" timeout="PT10M"/><wf:output field="paid" value="x"/></extensionElements></serviceTask>
       <boundaryEvent id="poor" attachedToRef="w"><errorEventDefinition errorRef="err"/></boundaryEvent>
       <boundaryEvent id="slow" attachedToRef="w" cancelActivity="false"><timerEventDefinition><timeDuration>PT1H</timeDuration></timerEventDefinition></boundaryEvent>
       <sequenceFlow sourceRef="poor" targetRef="a"/><userTask id="a">WHO</userTask>
       <sequenceFlow sourceRef="slow" targetRef="b"/><userTask id="b">WHO</userTask>
       <sequenceFlow sourceRef="w" targetRef="d"/>
       <businessRuleTask id="d"><extensionElements><wf:decision ref="d" result="said"/></extensionElements></businessRuleTask>
       <sequenceFlow sourceRef="d" targetRef="end"/><endEvent id="end"/>"#,
    // Calls side by side, what comes back from one of them being too large at times.
    r#"<startEvent id="s"/><sequenceFlow sourceRef="s" targetRef="f"/><parallelGateway id="f"/>
       <sequenceFlow sourceRef="f" targetRef="one"/><sequenceFlow sourceRef="f" targetRef="each"/>
       <callActivity id="one" calledElement="other"><extensionElements><wf:call><wf:out field="big" value="if x &gt; 5 then 100000000000000000000 * 100000000000000000000 else x"/></wf:call></extensionElements></callActivity>
       <callActivity id="each" calledElement="other"><multiInstanceLoopCharacteristics><extensionElements><wf:collection field="items" element="item"/></extensionElements></multiInstanceLoopCharacteristics></callActivity>
       <boundaryEvent id="failed" attachedToRef="each"><errorEventDefinition errorRef="err"/></boundaryEvent>
       <sequenceFlow sourceRef="failed" targetRef="a"/><userTask id="a">WHO</userTask>
       <sequenceFlow sourceRef="one" targetRef="j"/><sequenceFlow sourceRef="each" targetRef="j"/><parallelGateway id="j"/>"#,
    // A call with a timer at its border.
    r#"<startEvent id="s"/><sequenceFlow sourceRef="s" targetRef="call"/><callActivity id="call" calledElement="other"/>
       <boundaryEvent id="late" attachedToRef="call" cancelActivity="false"><timerEventDefinition><timeDuration>PT1H</timeDuration></timerEventDefinition></boundaryEvent>
       <sequenceFlow sourceRef="late" targetRef="a"/><userTask id="a">WHO</userTask>
       <sequenceFlow sourceRef="call" targetRef="end"/><endEvent id="end"/>"#,
    // A choice that nothing fits, until somebody mends the data.
    r#"<startEvent id="s"/><sequenceFlow sourceRef="s" targetRef="a"/><userTask id="a">WHO</userTask>
       <sequenceFlow sourceRef="a" targetRef="g"/><exclusiveGateway id="g"/>
       <sequenceFlow sourceRef="g" targetRef="b"><conditionExpression>x &gt; 7</conditionExpression></sequenceFlow>
       <userTask id="b">WHO</userTask><sequenceFlow sourceRef="b" targetRef="end"/><endEvent id="end"/>"#,
    // A task that is done as long as a condition holds, with links around it.
    r#"<startEvent id="s"/><sequenceFlow sourceRef="s" targetRef="l"/>
       <intermediateThrowEvent id="l"><linkEventDefinition name="L"/></intermediateThrowEvent>
       <intermediateCatchEvent id="k"><linkEventDefinition name="L"/></intermediateCatchEvent>
       <sequenceFlow sourceRef="k" targetRef="a"/><userTask id="a">WHO<standardLoopCharacteristics loopMaximum="3"><loopCondition>x &lt; 8</loopCondition></standardLoopCharacteristics></userTask>
       <sequenceFlow sourceRef="a" targetRef="end"/><endEvent id="end"/>"#,
    // A race of a message, a signal, a timer and a condition.
    r#"<startEvent id="s"/><sequenceFlow sourceRef="s" targetRef="g"/><eventBasedGateway id="g"/>
       <sequenceFlow sourceRef="g" targetRef="m"/><sequenceFlow sourceRef="g" targetRef="c"/><sequenceFlow sourceRef="g" targetRef="t"/><sequenceFlow sourceRef="g" targetRef="d"/>
       <intermediateCatchEvent id="m"><messageEventDefinition messageRef="msg"/></intermediateCatchEvent>
       <intermediateCatchEvent id="c"><signalEventDefinition signalRef="sig"/></intermediateCatchEvent>
       <intermediateCatchEvent id="t"><timerEventDefinition><timeDuration>PT2H</timeDuration></timerEventDefinition></intermediateCatchEvent>
       <intermediateCatchEvent id="d"><conditionalEventDefinition><condition>x &gt; 8</condition></conditionalEventDefinition></intermediateCatchEvent>
       <sequenceFlow sourceRef="m" targetRef="a"/><sequenceFlow sourceRef="c" targetRef="a"/><sequenceFlow sourceRef="t" targetRef="a"/><sequenceFlow sourceRef="d" targetRef="a"/>
       <userTask id="a">WHO</userTask><sequenceFlow sourceRef="a" targetRef="end"/><endEvent id="end"/>"#,
];

/// Numbers from a seed (SplitMix64): a generator of our own, so that a seed means the same for ever.
struct Dice(u64);

impl Dice {
    fn roll(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, bound: u64) -> u64 {
        self.roll() % bound
    }

    fn one_in(&mut self, of: u64) -> bool {
        self.below(of) == 0
    }

    fn pick<'a, T>(&mut self, of: &'a [T]) -> Option<&'a T> {
        match of.len() {
            0 => None,
            len => of.get(self.below(len as u64) as usize),
        }
    }
}

/// Says how to run a seed again if its life goes wrong.
struct Seed(u64);

impl Drop for Seed {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!(
                "DOCKET_SEED={} cargo test -p docket-domain simulation",
                self.0
            );
        }
    }
}

fn model(seed: u64, dice: &mut Dice) -> Process {
    let mut process = plain_model(seed, dice);
    furnish(&mut process, dice);
    process
}

/// Gives some activities and events fields of their own and mappings, some of which have no value at times.
fn furnish(process: &mut Process, dice: &mut Dice) {
    const FAILS: &str = "if x > 8 then 79228162514264337593543950335 * x else x";
    for element in &mut process.elements {
        let maps = element.kind.is_activity()
            || matches!(
                element.kind,
                Kind::Catch(_)
                    | Kind::Throw(_)
                    | Kind::End(_)
                    | Kind::Boundary { .. }
                    | Kind::EventStart { .. }
                    | Kind::EventSubProcess
            );
        if maps && dice.one_in(4) {
            element.inputs = vec![set("own", "x"), set("again", "own")];
        }
        if maps && dice.one_in(4) {
            element.outputs = vec![set("seen", "if again = null then x else again")];
        }
        if maps && dice.one_in(16) {
            element.inputs.push(set("own", FAILS));
        }
        if maps && dice.one_in(16) {
            element.outputs.push(set("seen", FAILS));
        }
    }
}

fn plain_model(seed: u64, dice: &mut Dice) -> Process {
    if let Some(family) = FAMILIES.get(dice.below(2 * FAMILIES.len() as u64) as usize) {
        return family_of(family);
    }
    let mut bytes = [0; 32];
    bytes[..8].copy_from_slice(&seed.to_be_bytes());
    let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &bytes);
    let mut runner = TestRunner::new_with_rng(Config::default(), rng);
    let block = block().new_tree(&mut runner).unwrap().current();
    Layout::of(&block).process
}

fn family_of(elements: &str) -> Process {
    let who = "<extensionElements><wf:assignment candidateUsers='ann,bob'/></extensionElements>";
    let xml = format!(
        r#"<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:wf="https://docket.dev/schema/wf" targetNamespace="t">
        <signal id="sig" name="sig"/><message id="msg" name="msg"/><error id="err" errorCode="E"/>
        <process id="p" isExecutable="true"><extensionElements><wf:acl><wf:readers users="ann,bob"/><wf:writers users="ann,bob"/></wf:acl></extensionElements>{}</process></definitions>"#,
        elements.replace("WHO", who)
    );
    let draft = read::read_text(&xml).unwrap();
    resolve::resolve(&draft, "p").unwrap()
}

struct People {
    ann: Actor,
    bob: Actor,
    adam: Actor,
    rob: Actor,
}

/// One life: what is stored, and beside it a twin that is never stored and never loses a decision.
struct Life<'a> {
    process: &'a Process,
    dice: Dice,
    now: jiff::Timestamp,
    stored: String,
    twin: Instance,
    blank: Instance,
    log: Vec<Vec<Event>>,
    /// How often what happened.
    seen: Seen,
}

type Seen = BTreeMap<&'static str, u32>;

/// What a command is called in [`Seen`].
fn called(command: &Command<'_>) -> &'static str {
    match command {
        Command::Task { command, .. } => match command {
            TaskCommand::Complete { .. } => "complete",
            _ => "task",
        },
        Command::UpdateData { .. } => "update",
        Command::Message { .. } => "message",
        Command::Fire(_) => "fire",
        Command::Signal { .. } => "signal",
        Command::Returned(_) => "returned",
        Command::Retry { .. } => "retry",
        Command::Withdraw(_) => "withdraw",
        Command::Terminate(_) => "terminate",
        Command::Activate { .. } => "activate",
        Command::Work { command, .. } => match command {
            WorkCommand::Complete { .. } => "work done",
            WorkCommand::Fail { .. } => "work failed",
            WorkCommand::Throw { .. } => "work threw",
            WorkCommand::Extend { .. } => "work extended",
        },
        Command::Suspend { .. } => "suspend",
        Command::Resume { .. } => "resume",
        Command::Resolve { .. } => "resolve",
        _ => "other",
    }
}

/// As the store does: open tasks alone come back.
fn stored(instance: &Instance) -> String {
    serde_json::to_string(&open_only(instance)).unwrap()
}

fn open_only(instance: &Instance) -> Instance {
    let mut instance = instance.clone();
    instance.tasks.retain(|task| task.state.is_open());
    instance
}

/// A decision whose rules contradict each other at times.
fn known() -> Known {
    static DECISION: LazyLock<Arc<Decision>> = LazyLock::new(|| {
        let xml = "<definitions xmlns='https://www.omg.org/spec/DMN/20191111/MODEL/'><decision id='d'><decisionTable><input><inputExpression><text>x</text></inputExpression></input><output name='said'/><rule><inputEntry><text>&lt; 4</text></inputEntry><outputEntry><text>\"low\"</text></outputEntry></rule><rule><inputEntry><text>&gt; 2</text></inputEntry><outputEntry><text>\"high\"</text></outputEntry></rule></decisionTable></decision></definitions>";
        let draft = dmn::read::read_text(xml).unwrap();
        Arc::new(dmn::read::resolve(&draft, "d").unwrap())
    });
    let decision = DecisionRef {
        key: Name::from("d"),
        binding: DecisionBinding::Latest,
    };
    Known {
        decisions: [(decision, DECISION.clone())].into(),
        ..Known::default()
    }
}

fn fresh<T>(revision: u32, now: jiff::Timestamp, then: impl FnOnce(&mut Fresh<'_>) -> T) -> T {
    let mut next = u128::from(revision + 1) << 64;
    let known = known();
    then(&mut Fresh {
        now,
        id: &mut || {
            next += 1;
            Uuid::from_u128(next)
        },
        known: &known,
    })
}

impl<'a> Life<'a> {
    fn begin(process: &'a Process, mut dice: Dice, people: &People) -> Life<'a> {
        let now = at("2026-01-01T12:00:00Z");
        let mut begin = plain_start();
        begin.data = data(json!({"x": dice.below(11), "items": ["ann", "bob"]}));
        let starter = Starter::Person(&people.ann);
        let (blank, events) =
            fresh(0, now, |fresh| start(process, &begin, starter, fresh)).unwrap();
        let mut life = Life {
            process,
            dice,
            now,
            stored: stored(&blank),
            twin: blank.clone(),
            blank: blank.clone(),
            log: Vec::new(),
            seen: Seen::new(),
        };
        life.twin.apply(&events);
        life.save(&blank, events);
        life
    }

    fn load(&self) -> Instance {
        serde_json::from_str(&self.stored).unwrap()
    }

    /// Delivers a command; whether it was accepted. Some decisions are lost before they are stored, and made again.
    fn deliver(&mut self, command: &Command<'_>) -> Result<(), Rejection> {
        let mut lost: Option<Result<Vec<Event>, Rejection>> = None;
        loop {
            let before = self.load();
            let decided = self.judge(&before, command);
            if let Some(lost) = &lost {
                assert_eq!(lost, &decided, "what was lost is decided again alike");
            }
            if self.dice.one_in(4) {
                *self.seen.entry("crash").or_default() += 1;
                lost = Some(decided);
                continue;
            }
            let events = decided.inspect_err(|_| {
                *self.seen.entry("refused").or_default() += 1;
            })?;
            *self.seen.entry(called(command)).or_default() += 1;
            let beside = self.judge(&self.twin, command);
            assert_eq!(beside.as_ref(), Ok(&events), "the twin decides alike");
            self.twin.apply(&events);
            self.save(&before, events);
            return Ok(());
        }
    }

    fn judge(&self, before: &Instance, command: &Command<'_>) -> Result<Vec<Event>, Rejection> {
        let decide = |fresh: &mut Fresh<'_>| decide(self.process, before, command, fresh);
        fresh(before.revision, self.now, decide)
    }

    fn save(&mut self, before: &Instance, events: Vec<Event>) {
        let mut after = before.clone();
        after.apply(&events);
        let entries = history::entries(self.process, Some(before), &events, self.now, None);
        assert_eq!(after.history, before.history + entries.len() as u32);
        assert_eq!(after.revision, before.revision + 1);
        self.log.push(events);
        assert_eq!(after.revision as usize, self.log.len(), "no gap");
        assert_eq!(open_only(&self.twin), open_only(&after), "as its twin");
        self.rests(&after);
        self.stored = stored(&after);
        assert_eq!(self.load(), open_only(&after), "storing loses nothing");
    }

    /// Every token waits for something, and nothing waits for a token that is gone.
    fn rests(&self, instance: &Instance) {
        for token in &instance.tokens {
            let element = self.process.element(token.element);
            assert!(
                waits(instance, token)
                    // The first of several tokens is there for the others.
                    || element.start_quantity > 1
                    || matches!(
                        element.kind,
                        Kind::Parallel | Kind::Inclusive | Kind::Complex { .. }
                    ),
                "the token at `{}` waits for nothing",
                element.id
            );
        }
        let held = |token: TokenId| token.0 == 0 || instance.token(token).is_some();
        assert!(instance.timers.iter().all(|timer| held(timer.token)));
        assert!(instance.waits.iter().all(|wait| held(wait.token)));
        assert!(instance.signals.iter().all(|wait| held(wait.token)));
        assert!(instance.calls.iter().all(|call| held(call.token)));
        assert!(instance.open_tasks().all(|task| held(task.token)));
        assert!(instance.work.iter().all(|work| held(work.token)));
        if instance.ended_at.is_some() {
            assert_eq!(instance.tokens, [], "nothing is left at the end");
            assert!(instance.timers.is_empty() && instance.waits.is_empty());
            assert!(instance.signals.is_empty() && instance.conditions.is_empty());
            assert!(instance.scopes.is_empty() && instance.incidents.is_empty());
        } else {
            assert_ne!(instance.tokens, [], "what runs stands somewhere");
        }
    }

    /// Each token came once and went at most once, and the log alone gives the state.
    fn audit(&self) {
        let (mut came, mut gone) = (BTreeSet::new(), BTreeSet::new());
        for event in self.log.iter().flatten() {
            if let Event::Entered { token, .. } = event {
                assert!(came.insert(*token), "{token:?} came twice");
            } else if let Event::Completed { token, .. }
            | Event::Cancelled { token, .. }
            | Event::Merged { token, .. } = event
            {
                assert!(gone.insert(*token), "{token:?} went twice");
            }
        }
        let last = self.load();
        let here: BTreeSet<TokenId> = last.tokens.iter().map(|token| token.id).collect();
        let expected: BTreeSet<TokenId> = came.difference(&gone).copied().collect();
        assert_eq!(here, expected, "no token is lost");
        let mut replayed = self.blank.clone();
        for events in &self.log {
            replayed.apply(events);
        }
        assert_eq!(open_only(&replayed), last, "each transition counts once");
    }

    /// Something that could be asked now, or that is stale.
    fn choose<'p>(&mut self, people: &'p People) -> Command<'p> {
        let instance = self.load();
        let dice = &mut self.dice;
        let actor = match dice.one_in(3) {
            true => &people.bob,
            false => &people.ann,
        };
        let fields = data(json!({"x": dice.below(11)}));
        if instance.state == InstanceState::Suspended && !dice.one_in(4) {
            return Command::Resume {
                actor: &people.adam,
                reason: None,
            };
        }
        if !instance.work.is_empty() && dice.one_in(2) {
            return work(&instance, dice, people, fields);
        }
        match dice.below(100) {
            65..67 => {
                return Command::Suspend {
                    actor: &people.adam,
                    reason: Some(Name::from("r")),
                };
            }
            67..78 if !instance.incidents.is_empty() => {
                return Command::Resolve {
                    actor: &people.adam,
                    incident: dice.pick(&instance.incidents).unwrap().number,
                    reason: Name::from("r"),
                };
            }
            0 => return Command::Withdraw(actor),
            1 => return Command::Terminate(&people.adam),
            2..8 => {
                let data = fields;
                return Command::UpdateData { actor, data };
            }
            8..30 if !instance.timers.is_empty() => {
                let timer = dice.pick(&instance.timers).unwrap();
                // It may be late.
                let late = SignedDuration::from_mins(dice.below(200) as i64);
                self.now = self.now.max(timer.due_at) + late;
                return Command::Fire(timer.id);
            }
            30..42 => {
                let name = dice.pick(&instance.waits).map(|wait| wait.name.clone());
                return Command::Message {
                    actor,
                    name: name.unwrap_or_else(|| Name::from("m")),
                    correlation: None,
                    data: fields,
                };
            }
            42..50 => {
                let name = dice.pick(&instance.signals).map(|wait| wait.name.clone());
                return Command::Signal {
                    name: name.unwrap_or_else(|| Name::from("sig")),
                    data: fields,
                };
            }
            50..60 if !instance.calls.is_empty() => {
                let child = dice.pick(&instance.calls).unwrap().child;
                let outcome = match dice.below(8) {
                    0 => Outcome::Error(Name::from("E")),
                    1 => Outcome::Ended,
                    _ => Outcome::Completed(fields),
                };
                return Command::Returned(vec![(child, outcome)]);
            }
            50..65 if !instance.incidents.is_empty() => {
                return Command::Retry {
                    actor,
                    incident: None,
                    data: fields,
                };
            }
            _ => {}
        }
        let tasks: Vec<_> = instance.open_tasks().collect();
        let Some(task) = dice.pick(&tasks) else {
            let data = fields;
            return Command::UpdateData { actor, data };
        };
        let command = match dice.below(8) {
            0 | 1 => TaskCommand::Claim,
            2 => TaskCommand::Unclaim,
            3 => TaskCommand::Comment,
            _ => TaskCommand::Complete {
                data: fields,
                outcome: None,
            },
        };
        let holder = task.assignee.as_deref();
        Command::Task {
            task: task.id,
            actor: match holder {
                Some("ann") if !dice.one_in(8) => &people.ann,
                Some("bob") if !dice.one_in(8) => &people.bob,
                Some(_) | None => actor,
            },
            command,
            expected_revision: None,
        }
    }
}

/// What a worker does, or tries to do.
fn work<'p>(instance: &Instance, dice: &mut Dice, people: &'p People, data: Data) -> Command<'p> {
    let (actor, worker) = (&people.rob, Name::from("w1"));
    let work = dice.pick(&instance.work).unwrap();
    if work.lock.is_none() || dice.one_in(8) {
        return Command::Activate {
            actor,
            worker,
            work: vec![work.id],
            lock: None,
        };
    }
    let command = match dice.below(7) {
        0 | 1 => WorkCommand::Fail {
            retries: None,
            backoff: None,
            message: None,
        },
        2 | 3 => WorkCommand::Throw {
            code: Name::from(if dice.one_in(3) { "unknown" } else { "E" }),
            data,
        },
        4 => WorkCommand::Extend {
            lock: SignedDuration::from_mins(5),
        },
        _ => WorkCommand::Complete { data },
    };
    Command::Work {
        actor,
        worker,
        work: work.id,
        command,
    }
}

fn waits(instance: &Instance, token: &Token) -> bool {
    let id = token.id;
    instance.incidents.iter().any(|held| held.token == id)
        || instance.open_tasks().any(|task| task.token == id)
        || instance.timers.iter().any(|timer| timer.token == id)
        || instance.waits.iter().any(|wait| wait.token == id)
        || instance.signals.iter().any(|wait| wait.token == id)
        || instance.conditions.iter().any(|wait| wait.token == id)
        || instance.calls.iter().any(|call| call.token == id)
        || instance.work.iter().any(|work| work.token == id)
        || instance.tokens.iter().any(|inside| inside.scope.0 == id.0)
        || waits_for_turn(instance, token)
}

/// In an ad-hoc sub-process whose activities come one after the other: somebody else who is there has the turn.
fn waits_for_turn(instance: &Instance, token: &Token) -> bool {
    let turn = instance.scope(token.scope).and_then(|scope| scope.turn);
    turn.is_some_and(|turn| turn != token.id && instance.token(turn).is_some())
}

fn live(seed: u64, people: &People) -> Seen {
    let _seed = Seed(seed);
    let mut dice = Dice(seed);
    let process = model(seed, &mut dice);
    let mut life = Life::begin(&process, dice, people);
    for _ in 0..COMMANDS {
        if life.twin.ended_at.is_some() && life.dice.one_in(2) {
            break;
        }
        let command = life.choose(people);
        let accepted = life.deliver(&command);
        if accepted.is_ok() && life.dice.one_in(3) {
            again(&mut life, &command);
        }
    }
    life.audit();
    life.seen
}

/// The same command once more. What a command was about is gone, for a timer, a task and a call: it does nothing twice.
fn again(life: &mut Life<'_>, command: &Command<'_>) {
    let once_more = life.deliver(command);
    if matches!(command, Command::Fire(_)) {
        assert!(matches!(
            once_more,
            Err(Rejection::NoTimer | Rejection::Ended)
        ));
    } else if let Command::Task {
        command: TaskCommand::Complete { .. },
        ..
    } = command
    {
        assert!(matches!(
            once_more,
            Err(Rejection::TaskClosed | Rejection::Ended)
        ));
    } else if matches!(command, Command::Returned(_)) {
        assert!(matches!(
            once_more,
            Err(Rejection::NoCall | Rejection::Ended)
        ));
    }
}

#[test]
fn simulated_lives_survive_crashes_and_deliveries_that_come_twice() {
    #[expect(
        clippy::disallowed_methods,
        reason = "one seed is run again by a name in the environment, so that the command line stays cargo's"
    )]
    let one = std::env::var("DOCKET_SEED");
    let seeds: Vec<u64> = match one {
        Ok(seed) => vec![seed.parse().expect("a seed is a number")],
        Err(_) => (0..SEEDS).collect(),
    };
    let people = People {
        ann: person("ann"),
        bob: person("bob"),
        adam: administrator(),
        rob: Actor::new(
            TenantId(Uuid::nil()),
            Name::from("rob"),
            [],
            [],
            [Privilege::Worker],
        ),
    };
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let seen: Vec<Seen> = std::thread::scope(|scope| {
        let lanes = (0..threads).map(|lane| {
            let (seeds, people) = (&seeds, &people);
            let lane = seeds.iter().skip(lane).step_by(threads);
            scope.spawn(move || lane.map(|seed| live(*seed, people)).collect::<Vec<_>>())
        });
        let lanes: Vec<_> = lanes.collect();
        let lanes = lanes.into_iter().flat_map(|lane| lane.join().unwrap());
        lanes.collect()
    });
    if seeds.len() == 1 {
        return;
    }
    let mut all = Seen::new();
    for (what, times) in seen.into_iter().flatten() {
        *all.entry(what).or_default() += times;
    }
    for what in [
        "crash",
        "refused",
        "complete",
        "task",
        "update",
        "message",
        "fire",
        "signal",
        "returned",
        "retry",
        "resolve",
        "suspend",
        "resume",
        "activate",
        "work done",
        "work failed",
        "work threw",
        "work extended",
        "withdraw",
        "terminate",
    ] {
        let times = all.get(what).copied().unwrap_or_default();
        assert!(times >= 50, "`{what}` happens too seldom: {all:?}");
    }
}
