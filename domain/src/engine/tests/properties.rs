//! Random processes made of blocks that cannot deadlock, and random people on them. After every command `Play` checks
//! that a replay gives the same state, that storing loses nothing, and that nothing is left behind by what is gone.

use proptest::prelude::*;
use serde_json::json;

use super::build::{Build, after, literal, message};
use super::play::{Play, administrator, person};
use crate::bpmn::{Kind, Throw, Timer, Trigger};
use crate::engine::command::Command;
use crate::engine::event::Event;
use crate::engine::instance::InstanceState;
use crate::task::TaskCommand;
use crate::value::Name;

#[derive(Clone, Debug)]
enum Block {
    Task,
    Pass,
    /// A task with a timer at its border.
    Timed {
        interrupting: bool,
    },
    Delay,
    Message,
    /// A message or a timer, whatever comes first.
    First(Box<[Block; 2]>),
    Row(Vec<Block>),
    Choice(Box<[Block; 2]>),
    /// Every flow that holds, merged without waiting.
    Every(Box<[Block; 2]>),
    Parallel(Vec<Block>),
    /// Every flow that holds, and a join that waits for what was taken.
    Inclusive(Box<[Block; 2]>),
    /// Three rounds.
    Loop(Box<Block>),
    Sub {
        inside: Box<Block>,
        border: Border,
    },
}

#[derive(Clone, Copy, Debug)]
enum Border {
    Bare,
    Interrupting,
    Cycle,
    /// Fails inside if `x > 5`, caught at the border.
    Error,
    /// Terminates inside if `x > 5`.
    Terminate,
}

fn block() -> impl Strategy<Value = Block> {
    let leaf = prop_oneof![
        4 => Just(Block::Task),
        2 => Just(Block::Pass),
        2 => any::<bool>().prop_map(|interrupting| Block::Timed { interrupting }),
        1 => Just(Block::Delay),
        1 => Just(Block::Message),
    ];
    let border = prop_oneof![
        Just(Border::Bare),
        Just(Border::Interrupting),
        Just(Border::Cycle),
        Just(Border::Error),
        Just(Border::Terminate),
    ];
    leaf.prop_recursive(4, 16, 3, move |inner| {
        let two = (inner.clone(), inner.clone()).prop_map(|(one, other)| Box::new([one, other]));
        prop_oneof![
            prop::collection::vec(inner.clone(), 1..4).prop_map(Block::Row),
            prop::collection::vec(inner.clone(), 2..4).prop_map(Block::Parallel),
            two.clone().prop_map(Block::Choice),
            two.clone().prop_map(Block::Every),
            two.clone().prop_map(Block::Inclusive),
            two.prop_map(Block::First),
            inner.clone().prop_map(|block| Block::Loop(Box::new(block))),
            (inner, border.clone()).prop_map(|(inside, border)| Block::Sub {
                inside: Box::new(inside),
                border,
            }),
        ]
    })
}

/// Lays blocks out as elements and flows.
struct Layout {
    build: Build,
    next: u32,
}

impl Layout {
    fn of(block: &Block) -> Build {
        let mut layout = Layout {
            build: Build::new(),
            next: 0,
        };
        layout.build.start("start");
        let last = layout.lay(block, "start");
        layout.build.end("end").row(&format!("{last} end"));
        layout.build
    }

    fn name(&mut self, kind: &str) -> String {
        self.next += 1;
        format!("{kind}{}", self.next)
    }

    fn link(&mut self, from: &str, to: &str) {
        self.build.row(&format!("{from} {to}"));
    }

    fn gateway(&mut self, kind: Kind) -> String {
        let parallel = matches!(kind, Kind::Parallel);
        let name = self.name(if parallel { "parallel" } else { "gateway" });
        self.build.add(&name, kind);
        name
    }

    /// Puts a block behind an element: the element that the block ends with.
    fn lay(&mut self, block: &Block, from: &str) -> String {
        match block {
            Block::Task | Block::Timed { .. } => self.lay_task(block, from),
            Block::Pass => {
                let name = self.name("pass");
                self.build.pass(&name);
                self.link(from, &name);
                name
            }
            Block::Delay => {
                let name = self.name("delay");
                self.build.catch(&name, after("PT1H"));
                self.link(from, &name);
                name
            }
            Block::Message => {
                let name = self.name("message");
                self.build.catch(&name, Trigger::Message(message("m")));
                self.link(from, &name);
                name
            }
            Block::Row(blocks) => blocks
                .iter()
                .fold(from.to_owned(), |last, block| self.lay(block, &last)),
            Block::First(blocks) => self.lay_first(blocks, from),
            Block::Choice(blocks) => self.lay_choice(blocks, Kind::Exclusive, from),
            Block::Every(blocks) => self.lay_choice(blocks, Kind::PassThrough, from),
            Block::Inclusive(blocks) => self.lay_inclusive(blocks, from),
            Block::Parallel(blocks) => {
                let (fork, join) = (self.gateway(Kind::Parallel), self.gateway(Kind::Parallel));
                self.link(from, &fork);
                for block in blocks {
                    // The join counts flows, not tokens: what comes twice over one flow is for the next set. A scope of its
                    // own makes one token of what an uncontrolled merge has multiplied.
                    let block = Block::Sub {
                        inside: Box::new(block.clone()),
                        border: Border::Bare,
                    };
                    let last = self.lay(&block, &fork);
                    self.link(&last, &join);
                }
                join
            }
            Block::Loop(block) => self.lay_loop(block, from),
            Block::Sub { inside, border } => self.lay_sub(inside, *border, from),
        }
    }

    fn lay_task(&mut self, block: &Block, from: &str) -> String {
        let name = self.name("task");
        self.build.tasks(&name);
        self.link(from, &name);
        if let Block::Timed { interrupting } = block {
            let late = self.name("late");
            self.build
                .boundary(&late, &name, *interrupting, after("PT1H"));
            if *interrupting {
                let merge = self.gateway(Kind::Exclusive);
                self.link(&name, &merge);
                self.link(&late, &merge);
                return merge;
            }
        }
        name
    }

    fn lay_first(&mut self, blocks: &[Block; 2], from: &str) -> String {
        let first = self.gateway(Kind::EventBased);
        self.link(from, &first);
        let merge = self.gateway(Kind::Exclusive);
        for (event, block) in [Block::Message, Block::Delay].iter().zip(blocks) {
            let caught = self.lay(event, &first);
            let last = self.lay(block, &caught);
            self.link(&last, &merge);
        }
        merge
    }

    fn lay_choice(&mut self, blocks: &[Block; 2], kind: Kind, from: &str) -> String {
        let choice = self.gateway(kind);
        self.link(from, &choice);
        let merge = self.gateway(Kind::Exclusive);
        for (block, condition) in blocks.iter().zip(["x > 3", "x < 7"]) {
            let head = self.name("head");
            self.build.pass(&head).when(&choice, &head, condition);
            let last = self.lay(block, &head);
            self.link(&last, &merge);
        }
        merge
    }

    fn lay_inclusive(&mut self, blocks: &[Block; 2], from: &str) -> String {
        let (fork, join) = (self.name("inclusive"), self.name("inclusive"));
        self.build.inclusive(&format!("{fork} {join}"));
        self.link(from, &fork);
        for (block, condition) in blocks.iter().zip(["x > 3", "x < 7"]) {
            // As behind a parallel gateway: a scope makes one token of what its block has multiplied.
            let block = Block::Sub {
                inside: Box::new(block.clone()),
                border: Border::Bare,
            };
            let head = self.name("head");
            self.build.pass(&head).when(&fork, &head, condition);
            let last = self.lay(&block, &head);
            self.link(&last, &join);
        }
        join
    }

    fn lay_loop(&mut self, block: &Block, from: &str) -> String {
        let again = self.gateway(Kind::Exclusive);
        self.link(from, &again);
        let last = self.lay(block, &again);
        let (count, field) = (self.name("count"), self.name("n"));
        let plus = format!("if {field} = null then 1 else {field} + 1");
        self.build.assign(&count, &field, &plus);
        self.link(&last, &count);
        let more = self.gateway(Kind::Exclusive);
        let out = self.name("out");
        self.build.pass(&out);
        self.link(&count, &more);
        self.build
            .when(&more, &again, &format!("{field} < 3"))
            .otherwise(&more, &out);
        out
    }

    fn lay_sub(&mut self, inside: &Block, border: Border, from: &str) -> String {
        let (sub, merge) = (self.name("sub"), self.gateway(Kind::Exclusive));
        let mut build = std::mem::replace(&mut self.build, Build::new());
        build.inside(&sub, |build| {
            std::mem::swap(&mut self.build, build);
            let begin = self.name("begin");
            self.build.start(&begin);
            let last = self.lay(inside, &begin);
            let throw = match border {
                Border::Bare | Border::Interrupting | Border::Cycle => None,
                Border::Error => Some(Throw::Error(Name::from("E"))),
                Border::Terminate => Some(Throw::Terminate),
            };
            if let Some(throw) = throw {
                let choice = self.gateway(Kind::Exclusive);
                self.link(&last, &choice);
                let (done, stop) = (self.name("done"), self.name("stop"));
                self.build.end(&done).add(&stop, Kind::End(throw));
                self.build
                    .when(&choice, &stop, "x > 5")
                    .otherwise(&choice, &done);
            }
            std::mem::swap(&mut self.build, build);
        });
        self.build = build;
        self.link(from, &sub);
        self.link(&sub, &merge);
        let (interrupting, trigger) = match border {
            Border::Bare | Border::Terminate => return merge,
            Border::Interrupting => (true, after("PT2H")),
            Border::Cycle => (false, Trigger::Timer(Timer::Cycle(literal("R2/PT1H")))),
            Border::Error => (true, Trigger::Error(None)),
        };
        let event = self.name("border");
        self.build.boundary(&event, &sub, interrupting, trigger);
        if interrupting {
            self.link(&event, &merge);
        }
        merge
    }
}

/// One move of somebody; whether anything could be done.
fn act(play: &mut Play, dice: u32) -> bool {
    let tasks: Vec<_> = play.instance.open_tasks().map(|task| task.id).collect();
    let timers: Vec<_> = play.instance.timers.iter().map(|timer| timer.id).collect();
    let waits = usize::from(!play.instance.waits.is_empty());
    let all = tasks.len() + timers.len() + waits;
    if all == 0 {
        return false;
    }
    let ann = person("ann");
    let chosen = dice as usize % all;
    if let Some(task) = tasks.get(chosen) {
        let command = TaskCommand::Complete {
            data: super::play::data(json!({"x": dice % 11})),
            outcome: None,
        };
        let completed = play.command(&Command::Task {
            task: *task,
            actor: &ann,
            command,
            expected_revision: None,
        });
        completed.unwrap();
    } else if let Some(timer) = timers.get(chosen - tasks.len()) {
        let due = play.instance.timers.iter().find(|held| held.id == *timer);
        play.now = play.now.max(due.unwrap().due_at);
        play.command(&Command::Fire(*timer)).unwrap();
    } else {
        play.message("m").unwrap();
    }
    true
}

/// How often tokens of a parallel gateway were done, over the flows that come in.
fn firings(play: &Play, id: &str) -> (usize, usize) {
    let element = play.process.by_id[id];
    let done = play
        .events()
        .filter(|event| matches!(event, Event::Completed { element: at, .. } if *at == element));
    let flows = play.process.element(element).incoming.len();
    let done = done.count();
    (done / flows, done % flows)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_run_comes_to_its_end(block in block(), dice in prop::collection::vec(any::<u32>(), 16)) {
        let (mut play, _) = Play::with(Layout::of(&block), json!({"x": dice[0] % 11}));
        let mut moves = 0;
        while act(&mut play, dice[moves % dice.len()].wrapping_add(moves as u32)) {
            moves += 1;
            prop_assert!(moves < 500, "{:?}", play.stands());
        }
        prop_assert!(play.instance.incidents.is_empty(), "{:?}", play.instance.incidents);
        prop_assert!(play.is_over(), "{:?}", play.stands());
        prop_assert!(play.instance.timers.is_empty() && play.instance.waits.is_empty());
        prop_assert!(play.instance.open_tasks().next().is_none());
    }

    #[test]
    fn a_parallel_join_fires_as_often_as_its_fork(block in block(), dice in prop::collection::vec(any::<u32>(), 16)) {
        let (mut play, _) = Play::with(Layout::of(&block), json!({"x": dice[0] % 11}));
        let mut moves = 0;
        while moves < 500 && act(&mut play, dice[moves % dice.len()].wrapping_add(moves as u32)) {
            moves += 1;
        }
        let undisturbed = !play.events().any(|event| matches!(event, Event::Cancelled { .. }));
        let mut gateways: Vec<(u32, &Name)> = play
            .process
            .by_id
            .keys()
            .filter_map(|id| Some((id.strip_prefix("parallel")?.parse().unwrap(), id)))
            .collect();
        gateways.sort();
        // A fork and its join are laid out one after the other.
        for pair in gateways.chunks(2) {
            let (fork, join) = (firings(&play, pair[0].1), firings(&play, pair[1].1));
            prop_assert_eq!(join.1, 0, "a join takes whole sets");
            prop_assert!(join.0 <= fork.0);
            prop_assert!(!undisturbed || join.0 == fork.0);
        }
    }

    #[test]
    fn nothing_is_left_of_a_run_that_was_ended(
        block in block(),
        dice in prop::collection::vec(any::<u32>(), 0..12),
        withdrawn in any::<bool>(),
    ) {
        let (mut play, _) = Play::with(Layout::of(&block), json!({"x": 4}));
        for dice in dice {
            act(&mut play, dice);
        }
        let (ann, adam) = (person("ann"), administrator());
        let (command, state) = if withdrawn {
            (Command::Withdraw(&ann), InstanceState::Withdrawn)
        } else {
            (Command::Terminate(&adam), InstanceState::Terminated)
        };
        let ended = play.command(&command);
        prop_assert_eq!(ended.is_err(), play.is_over());
        prop_assert!(play.is_over() || play.instance.state == state);
        prop_assert!(play.instance.tokens.is_empty() && play.instance.scopes.is_empty());
        prop_assert!(play.instance.timers.is_empty() && play.instance.waits.is_empty());
        prop_assert!(play.instance.open_tasks().next().is_none());
    }

    #[test]
    fn times_of_any_text_are_read_or_refused(text in "[RPTYMDHS0-9/:.+Z -]{0,40}", now in -4_000_000_000_i64..8_000_000_000) {
        let now = jiff::Timestamp::from_second(now).unwrap();
        let _ = crate::engine::time::moment(&text, now);
        if let Some(cycle) = crate::engine::time::cycle(&text) {
            let mut due = cycle.first(now);
            for _ in 0..5 {
                due = due.and_then(|due| cycle.next(due, now));
            }
        }
    }
}
