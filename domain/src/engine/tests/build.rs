//! A small builder of processes.

use std::collections::HashMap;

use crate::bpmn::{
    Assignment, Behavior, Count, Element, ElementIx, ExternalWork, Flow, FlowIx, Kind, MessageWait,
    MultiInstance, Naming, Place, Principals, Process, Repeat, StateList, Text, Throw, Timer,
    Trigger, UserTask,
};
use crate::expr::Expr;
use crate::value::Name;

pub(super) struct Build {
    pub process: Process,
    parent: Option<ElementIx>,
}

pub(super) fn expr(source: &str) -> Expr {
    Expr::parse(source).unwrap()
}

pub(super) fn literal(text: &str) -> Text {
    Text::Literal(Name::from(text))
}

pub(super) fn set(field: &str, value: &str) -> Assignment {
    Assignment {
        field: Name::from(field),
        value: expr(value),
    }
}

pub(super) fn message(name: &str) -> MessageWait {
    MessageWait {
        name: Name::from(name),
        correlation: None,
    }
}

pub(super) fn after(duration: &str) -> Trigger {
    Trigger::Timer(Timer::Duration(literal(duration)))
}

pub(super) fn user(name: &str) -> Principals {
    Principals::Named(Naming::User, Name::from(name))
}

/// Readers of a state, by user name; snapshot.
pub(super) fn readers(names: &[&str]) -> StateList {
    StateList {
        readers: Some(names.iter().map(|name| user(name)).collect()),
        ..StateList::default()
    }
}

/// In the hands of ann from the start.
pub(super) fn for_ann() -> UserTask {
    UserTask {
        assignee: Some(literal("ann")),
        ..UserTask::default()
    }
}

impl Build {
    pub(super) fn new() -> Build {
        Build {
            process: Process {
                key: Name::from("p"),
                name: None,
                elements: Vec::new(),
                flows: Vec::new(),
                by_id: HashMap::new(),
                security_roles: None,
                policy: Default::default(),
                acl: StateList::default(),
                fields: Vec::new(),
                correlations: Vec::new(),
                initial: Vec::new(),
                openers: Vec::new(),
                starters: None,
                initiator_field: None,
                initiator_variable: None,
                start_form: None,
                version_tag: None,
            },
            parent: None,
        }
    }

    pub(super) fn of(process: Process) -> Build {
        Build {
            process,
            parent: None,
        }
    }

    pub(super) fn add(&mut self, id: &str, kind: Kind) -> ElementIx {
        let ix = ElementIx(self.process.elements.len() as u32);
        if let Kind::Boundary { on, .. } = &kind {
            self.process.elements[on.0 as usize].boundaries.push(ix);
        }
        let was = self.process.by_id.insert(Name::from(id), ix);
        assert_eq!(was, None, "`{id}` is there already");
        self.process.elements.push(Element {
            id: Name::from(id),
            name: None,
            tag: Name::from("task"),
            kind,
            repeat: None,
            parent: self.parent,
            incoming: Vec::new(),
            outgoing: Vec::new(),
            default: None,
            boundaries: Vec::new(),
            working_days: false,
            compensation: None,
            start_quantity: 1,
            completion_quantity: 1,
            for_compensation: false,
            acl: StateList::default(),
            fields: Vec::new(),
            inputs: Vec::new(),
            outputs: Vec::new(),
            place: Place::default(),
        });
        ix
    }

    pub(super) fn ix(&self, id: &str) -> ElementIx {
        self.process.by_id[id]
    }

    pub(super) fn at(&mut self, id: &str) -> &mut Element {
        let ix = self.ix(id);
        &mut self.process.elements[ix.0 as usize]
    }

    pub(super) fn start(&mut self, id: &str) -> &mut Build {
        self.add(id, Kind::Start(Trigger::None));
        self
    }

    pub(super) fn end(&mut self, id: &str) -> &mut Build {
        self.add(id, Kind::End(Throw::None));
        self
    }

    pub(super) fn pass(&mut self, id: &str) -> &mut Build {
        self.add(id, Kind::PassThrough);
        self
    }

    /// User tasks for ann, by name.
    pub(super) fn tasks(&mut self, ids: &str) -> &mut Build {
        for id in ids.split(' ') {
            self.user_task(id, for_ann());
        }
        self
    }

    pub(super) fn user_task(&mut self, id: &str, task: UserTask) -> &mut Build {
        self.add(id, Kind::UserTask(Box::new(task)));
        self
    }

    /// Work for somebody outside, of the type `pay`.
    pub(super) fn work(&mut self, id: &str) -> &mut Build {
        self.work_of(id, |_| {})
    }

    pub(super) fn work_of(&mut self, id: &str, say: impl FnOnce(&mut ExternalWork)) -> &mut Build {
        let mut work = ExternalWork::of(literal("pay"));
        say(&mut work);
        self.add(id, Kind::Work(Box::new(work)));
        self
    }

    pub(super) fn assign(&mut self, id: &str, field: &str, value: &str) -> &mut Build {
        self.add(id, Kind::Assign(vec![set(field, value)]));
        self
    }

    pub(super) fn exclusive(&mut self, ids: &str) -> &mut Build {
        for id in ids.split(' ') {
            self.add(id, Kind::Exclusive);
        }
        self
    }

    pub(super) fn parallel(&mut self, ids: &str) -> &mut Build {
        for id in ids.split(' ') {
            self.add(id, Kind::Parallel);
        }
        self
    }

    pub(super) fn inclusive(&mut self, ids: &str) -> &mut Build {
        for id in ids.split(' ') {
            self.add(id, Kind::Inclusive);
        }
        self
    }

    pub(super) fn catch(&mut self, id: &str, trigger: Trigger) -> &mut Build {
        self.add(id, Kind::Catch(trigger));
        self
    }

    pub(super) fn boundary(
        &mut self,
        id: &str,
        on: &str,
        interrupting: bool,
        trigger: Trigger,
    ) -> &mut Build {
        let on = self.ix(on);
        self.add(
            id,
            Kind::Boundary {
                on,
                interrupting,
                trigger,
            },
        );
        self
    }

    /// An activity is done once for each value of `items`, which it knows as `item`.
    pub(super) fn each(&mut self, id: &str, sequential: bool, until: Option<&str>) -> &mut Build {
        self.at(id).repeat = Some(Repeat::Multi(MultiInstance {
            sequential,
            count: Count::Collection {
                items: expr("items"),
                element: Some(Name::from("item")),
            },
            until: until.map(expr),
            behavior: Behavior::All,
            results: None,
        }));
        self
    }

    /// An activity is done so many times.
    pub(super) fn times(&mut self, id: &str, sequential: bool, cardinality: &str) -> &mut Build {
        self.at(id).repeat = Some(Repeat::Multi(MultiInstance {
            sequential,
            count: Count::Cardinality(expr(cardinality)),
            until: None,
            behavior: Behavior::All,
            results: None,
        }));
        self
    }

    /// The sub-process that was ended last is done twice; or until one round is done.
    pub(super) fn repeat_last(&mut self, sequential: bool, early: bool) {
        let Some(Kind::Boundary { on, .. }) =
            self.process.elements.last().map(|it| it.kind.clone())
        else {
            return;
        };
        let id = self.process.element(on).id.clone();
        self.times(&id, sequential, "2");
        if early && let Some(Repeat::Multi(multi)) = &mut self.at(&id).repeat {
            multi.until = Some(expr("numberOfCompletedInstances = 1"));
        }
    }

    /// A sub-process with what the closure builds.
    pub(super) fn inside(&mut self, id: &str, build: impl FnOnce(&mut Build)) -> &mut Build {
        let sub_process = self.add(id, Kind::SubProcess);
        let around = self.parent.replace(sub_process);
        build(self);
        self.parent = around;
        self
    }

    /// A task for ann that compensates an activity.
    pub(super) fn undo(&mut self, id: &str, activity: &str) -> &mut Build {
        self.tasks(id).undone_by(activity, id)
    }

    pub(super) fn undone_by(&mut self, activity: &str, id: &str) -> &mut Build {
        let handler = self.ix(id);
        self.at(id).for_compensation = true;
        self.at(activity).compensation = Some(handler);
        self
    }

    /// A throw event that compensates this activity, or everything.
    pub(super) fn compensate(&mut self, id: &str, activity: Option<&str>) -> &mut Build {
        let activity = activity.map(|activity| self.ix(activity));
        let wait = true;
        self.add(id, Kind::Throw(Throw::Compensate { activity, wait }));
        self
    }

    /// A transaction with what the closure builds, and its cancel event.
    pub(super) fn transaction(
        &mut self,
        id: &str,
        cancelled: &str,
        build: impl FnOnce(&mut Build),
    ) -> &mut Build {
        self.inside(id, build);
        self.at(id).kind = Kind::Transaction;
        self.boundary(cancelled, id, true, Trigger::Cancel)
    }

    /// More inside of what is there.
    pub(super) fn within(&mut self, around: ElementIx, build: impl FnOnce(&mut Build)) {
        let was = self.parent.replace(around);
        build(self);
        self.parent = was;
    }

    /// An event sub-process with what the closure builds behind its start event.
    pub(super) fn handler(
        &mut self,
        id: &str,
        start: &str,
        (interrupting, trigger): (bool, Trigger),
        build: impl FnOnce(&mut Build),
    ) -> &mut Build {
        let handler = self.add(id, Kind::EventSubProcess);
        let around = self.parent.replace(handler);
        self.add(
            start,
            Kind::EventStart {
                interrupting,
                trigger,
            },
        );
        build(self);
        self.parent = around;
        self
    }

    /// Flows along a row of elements.
    pub(super) fn row(&mut self, ids: &str) -> &mut Build {
        let ids: Vec<&str> = ids.split(' ').collect();
        for pair in ids.windows(2) {
            self.flow(pair[0], pair[1], None);
        }
        self
    }

    pub(super) fn when(&mut self, source: &str, target: &str, condition: &str) -> &mut Build {
        self.flow(source, target, Some(expr(condition)));
        self
    }

    pub(super) fn otherwise(&mut self, source: &str, target: &str) -> &mut Build {
        let flow = self.flow(source, target, None);
        self.at(source).default = Some(flow);
        self
    }

    pub(super) fn flow(&mut self, source: &str, target: &str, condition: Option<Expr>) -> FlowIx {
        let (source, target) = (self.ix(source), self.ix(target));
        let flow = FlowIx(self.process.flows.len() as u32);
        self.process.elements[source.0 as usize].outgoing.push(flow);
        self.process.elements[target.0 as usize].incoming.push(flow);
        self.process.flows.push(Flow {
            id: None,
            source,
            target,
            condition,
        });
        flow
    }
}

/// `start → a → end` with one user task.
pub(super) fn one_task(task: UserTask) -> Build {
    let mut build = Build::new();
    build
        .start("start")
        .user_task("a", task)
        .end("end")
        .row("start a end");
    build
}
