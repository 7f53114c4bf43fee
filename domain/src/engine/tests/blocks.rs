//! Processes made of blocks that cannot deadlock: what the properties are tried on.

use proptest::prelude::*;

use super::build::{Build, after, expr, literal, message};
use crate::bpmn::{AdHoc, Kind, Throw, Timer, Trigger};
use crate::value::Name;

#[derive(Clone, Debug)]
pub(super) enum Block {
    Task,
    Pass,
    /// A task with a timer at its border.
    Timed {
        interrupting: bool,
    },
    Delay,
    Message,
    Signal,
    /// A message or a timer, whatever comes first.
    First(Box<[Block; 2]>),
    Row(Vec<Block>),
    Choice(Box<[Block; 2]>),
    /// Every flow that holds, merged without waiting.
    Every(Box<[Block; 2]>),
    Parallel(Vec<Block>),
    /// Every flow that holds, and a join that waits for what was taken.
    Inclusive(Box<[Block; 2]>),
    /// All of them, and a join that goes on with the first.
    Complex(Box<[Block; 2]>),
    /// Both without an order.
    AdHoc {
        inside: Box<[Block; 2]>,
        sequential: bool,
    },
    /// Twice at once, and then once more when both are there.
    Twice(Box<Block>),
    /// Three rounds.
    Loop(Box<Block>),
    /// A sub-process of several instances.
    Multi {
        inside: Box<Block>,
        sequential: bool,
        early: bool,
    },
    Sub {
        inside: Box<Block>,
        border: Border,
    },
}

#[derive(Clone, Copy, Debug)]
pub(super) enum Border {
    Bare,
    Interrupting,
    Cycle,
    /// Fails inside if `x > 5`, caught at the border.
    Error,
    /// Escalates at the end inside if `x > 5`, heard at the border.
    Escalation {
        interrupting: bool,
    },
    /// Fails inside if `x > 5`, caught by an event sub-process.
    Caught,
    /// An event sub-process that begins after an hour.
    Aside {
        interrupting: bool,
    },
    /// Happens when `x > 5`.
    Condition {
        interrupting: bool,
    },
    /// Terminates inside if `x > 5`.
    Terminate,
    /// Does something that can be undone, and has it undone at the end if `x > 5`, else behind.
    Compensate {
        wait: bool,
    },
    /// A transaction that does something that can be undone, and is cancelled if `x > 5`.
    Cancel,
}

pub(super) fn block() -> impl Strategy<Value = Block> {
    let leaf = prop_oneof![
        4 => Just(Block::Task),
        2 => Just(Block::Pass),
        2 => any::<bool>().prop_map(|interrupting| Block::Timed { interrupting }),
        1 => Just(Block::Delay),
        1 => Just(Block::Message),
        1 => Just(Block::Signal),
    ];
    let border = prop_oneof![
        Just(Border::Bare),
        Just(Border::Interrupting),
        Just(Border::Cycle),
        Just(Border::Error),
        Just(Border::Caught),
        any::<bool>().prop_map(|interrupting| Border::Aside { interrupting }),
        any::<bool>().prop_map(|interrupting| Border::Escalation { interrupting }),
        any::<bool>().prop_map(|interrupting| Border::Condition { interrupting }),
        Just(Border::Terminate),
        any::<bool>().prop_map(|wait| Border::Compensate { wait }),
        Just(Border::Cancel),
    ];
    leaf.prop_recursive(4, 16, 3, move |inner| {
        let two = (inner.clone(), inner.clone()).prop_map(|(one, other)| Box::new([one, other]));
        prop_oneof![
            prop::collection::vec(inner.clone(), 1..4).prop_map(Block::Row),
            prop::collection::vec(inner.clone(), 2..4).prop_map(Block::Parallel),
            two.clone().prop_map(Block::Choice),
            two.clone().prop_map(Block::Every),
            two.clone().prop_map(Block::Inclusive),
            two.clone().prop_map(Block::Complex),
            (two.clone(), any::<bool>())
                .prop_map(|(inside, sequential)| Block::AdHoc { inside, sequential }),
            inner
                .clone()
                .prop_map(|block| Block::Twice(Box::new(block))),
            two.prop_map(Block::First),
            inner.clone().prop_map(|block| Block::Loop(Box::new(block))),
            (inner.clone(), any::<bool>(), any::<bool>()).prop_map(
                |(inside, sequential, early)| {
                    Block::Multi {
                        inside: Box::new(inside),
                        sequential,
                        early,
                    }
                }
            ),
            (inner, border.clone()).prop_map(|(inside, border)| Block::Sub {
                inside: Box::new(inside),
                border,
            }),
        ]
    })
}

/// Lays blocks out as elements and flows.
pub(super) struct Layout {
    build: Build,
    next: u32,
}

impl Layout {
    pub(super) fn of(block: &Block) -> Build {
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
            Block::Signal => {
                let name = self.name("signal");
                let trigger = Trigger::Signal(Name::from("s"));
                self.build.catch(&name, trigger);
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
            Block::Complex(blocks) => self.lay_complex(blocks, from),
            Block::AdHoc { inside, sequential } => self.lay_ad_hoc(inside, *sequential, from),
            Block::Twice(block) => self.lay_twice(block, from),
            Block::Loop(block) => self.lay_loop(block, from),
            Block::Multi {
                inside,
                sequential,
                early,
            } => {
                let merge = self.lay_sub(inside, Border::Cycle, from);
                self.build.repeat_last(*sequential, *early);
                merge
            }
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

    fn lay_complex(&mut self, blocks: &[Block; 2], from: &str) -> String {
        let (fork, join) = (self.name("fork"), self.name("complex"));
        let activation = Some(expr("activationCount >= 1"));
        self.build
            .parallel(&fork)
            .add(&join, Kind::Complex { activation });
        self.link(from, &fork);
        for block in blocks {
            let block = Block::Sub {
                inside: Box::new(block.clone()),
                border: Border::Bare,
            };
            let last = self.lay(&block, &fork);
            self.link(&last, &join);
        }
        join
    }

    fn lay_ad_hoc(&mut self, blocks: &[Block; 2], sequential: bool, from: &str) -> String {
        let sub = self.name("adhoc");
        let mut build = std::mem::replace(&mut self.build, Build::new());
        build.inside(&sub, |build| {
            std::mem::swap(&mut self.build, build);
            for block in blocks {
                let head = self.name("head");
                self.build.pass(&head);
                self.lay(block, &head);
            }
            std::mem::swap(&mut self.build, build);
        });
        self.build = build;
        self.build.at(&sub).kind = Kind::AdHoc(Box::new(AdHoc {
            sequential,
            until: Some(expr("x > 8")),
            cancel: !sequential,
        }));
        self.link(from, &sub);
        sub
    }

    fn lay_twice(&mut self, block: &Block, from: &str) -> String {
        let (send, receive) = (self.name("send"), self.name("receive"));
        self.build.pass(&send).tasks(&receive);
        self.build.at(&send).completion_quantity = 2;
        self.build.at(&receive).start_quantity = 2;
        self.link(from, &send);
        let block = Block::Sub {
            inside: Box::new(block.clone()),
            border: Border::Bare,
        };
        let last = self.lay(&block, &send);
        self.link(&last, &receive);
        receive
    }

    /// Something that a task undoes; what is behind it.
    fn lay_undone(&mut self, border: Border, from: String) -> String {
        if !matches!(border, Border::Compensate { .. } | Border::Cancel) {
            return from;
        }
        let (booked, undo) = (self.name("booked"), self.name("undo"));
        self.build.pass(&booked).undo(&undo, &booked);
        self.link(&from, &booked);
        booked
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

    /// An event sub-process of one task.
    fn lay_aside(&mut self, border: Border) {
        let event = match border {
            Border::Caught => (true, Trigger::Error(None)),
            Border::Aside { interrupting } => (interrupting, after("PT1H")),
            Border::Bare
            | Border::Interrupting
            | Border::Cycle
            | Border::Error
            | Border::Condition { .. }
            | Border::Escalation { .. }
            | Border::Terminate
            | Border::Compensate { .. }
            | Border::Cancel => return,
        };
        let (handler, when, help) = (self.name("handler"), self.name("when"), self.name("help"));
        self.build.handler(&handler, &when, event, |build| {
            build.tasks(&help).row(&format!("{when} {help}"));
        });
    }

    fn lay_sub(&mut self, inside: &Block, border: Border, from: &str) -> String {
        let (sub, merge) = (self.name("sub"), self.gateway(Kind::Exclusive));
        let mut build = std::mem::replace(&mut self.build, Build::new());
        build.inside(&sub, |build| {
            std::mem::swap(&mut self.build, build);
            let begin = self.name("begin");
            self.build.start(&begin);
            let begin = self.lay_undone(border, begin);
            let last = self.lay(inside, &begin);
            let throw = match border {
                Border::Bare
                | Border::Interrupting
                | Border::Cycle
                | Border::Aside { .. }
                | Border::Condition { .. } => None,
                Border::Error | Border::Caught => Some(Throw::Error(Name::from("E"))),
                Border::Escalation { .. } => Some(Throw::Escalation(Name::from("N"))),
                Border::Terminate => Some(Throw::Terminate),
                Border::Compensate { wait } => Some(Throw::Compensate {
                    activity: None,
                    wait,
                }),
                Border::Cancel => Some(Throw::Cancel),
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
            self.lay_aside(border);
            std::mem::swap(&mut self.build, build);
        });
        self.build = build;
        self.link(from, &sub);
        self.link(&sub, &merge);
        let (interrupting, trigger) = match border {
            Border::Bare | Border::Caught | Border::Aside { .. } | Border::Terminate => {
                return merge;
            }
            Border::Compensate { .. } => {
                let rest = self.name("rest");
                self.build.compensate(&rest, None);
                self.link(&merge, &rest);
                return rest;
            }
            Border::Cancel => {
                self.build.at(&sub).kind = Kind::Transaction;
                (true, Trigger::Cancel)
            }
            Border::Interrupting => (true, after("PT2H")),
            Border::Cycle => (false, Trigger::Timer(Timer::Cycle(literal("R2/PT1H")))),
            Border::Error => (true, Trigger::Error(None)),
            Border::Condition { interrupting } => (interrupting, Trigger::Condition(expr("x > 5"))),
            Border::Escalation { interrupting } => (interrupting, Trigger::Escalation(None)),
        };
        let event = self.name("border");
        self.build.boundary(&event, &sub, interrupting, trigger);
        if interrupting {
            self.link(&event, &merge);
        }
        merge
    }
}
