use std::sync::Arc;

use serde_json::json;

use super::*;
use crate::access::fixture::{
    at, claimed, data, field_rule, group, instance, list, name, person, person_with, process,
    ready, set, stand, user,
};
use crate::bpmn::{Classification, FieldRule, Form};

/// One task of emma's case, for the group `hr`, not for olga. In hand it is mark's; delegated, dan's for mark.
fn case(state: TaskState) -> (Process, Instance) {
    let process = process(&["approve"]);
    let mut instance = instance();
    stand(&process, &mut instance, "approve");
    instance.tokens[0].lists.owners = Some(set([group("board")]));
    let mut task = match state {
        TaskState::Ready => ready(&process, "approve"),
        TaskState::Claimed | TaskState::Completed | TaskState::Cancelled => {
            claimed(&process, "approve", "mark")
        }
        TaskState::Delegated | TaskState::Suspended => claimed(&process, "approve", "dan"),
    };
    task.state = state;
    task.owner = (state == TaskState::Delegated).then(|| name("mark"));
    task.candidates = set([group("hr")]);
    task.excluded = set([user("olga")]);
    task.revision = 7;
    instance.tasks = vec![task];
    (process, instance)
}

fn people() -> [Actor; 6] {
    [
        person("mark", "group:hr"),
        person("dan", "group:hr"),
        person("hanna", "group:hr"),
        person("olga", "group:hr"),
        person("emma", ""),
        person("bea", "group:board"),
    ]
}

fn ask(
    case: &(Process, Instance),
    actor: &Actor,
    command: &TaskCommand,
) -> Result<Vec<TaskEvent>, Rejection> {
    let (process, instance) = case;
    decide(process, instance, &instance.tasks[0], actor, command, None)
}

fn complete<const N: usize>(fields: [(&str, Value); N], outcome: Option<&str>) -> TaskCommand {
    TaskCommand::Complete {
        data: data(fields),
        outcome: outcome.map(name),
    }
}

fn priority(priority: i32) -> TaskCommand {
    TaskCommand::Update {
        priority: Some(priority),
        due_at: None,
        follow_up_at: None,
        draft: None,
    }
}

fn draft(draft: Option<Data>) -> TaskCommand {
    TaskCommand::Update {
        priority: None,
        due_at: None,
        follow_up_at: None,
        draft: Some(draft),
    }
}

/// What happens, or why not, in a word.
fn word(verdict: Result<Vec<TaskEvent>, Rejection>) -> &'static str {
    match verdict {
        Ok(events) => match &events[..] {
            [TaskEvent::Claimed { .. }] => "claimed",
            [TaskEvent::Unclaimed] => "unclaimed",
            [TaskEvent::Delegated { .. }] => "delegated",
            [TaskEvent::Returned { .. }] => "returned",
            [TaskEvent::Reassigned { .. }] => "reassigned",
            [TaskEvent::Updated { .. }] => "updated",
            [TaskEvent::Commented] => "commented",
            [TaskEvent::Completed { .. }] => "completed",
            other => panic!("{other:?}"),
        },
        Err(Rejection::NotCandidate) => "no candidate",
        Err(Rejection::Excluded) => "excluded",
        Err(Rejection::AlreadyYours) => "yours",
        Err(Rejection::NotAssignee | Rejection::Taken) => "another's",
        Err(Rejection::NotClaimed) => "unclaimed yet",
        Err(Rejection::NotWriter) => "no writer",
        Err(Rejection::TaskClosed) => "closed",
        Err(other) => panic!("{other:?}"),
    }
}

#[test]
fn every_command_in_every_state_has_its_answer_for_everyone() {
    let closed = ["closed"; 6];
    let open = ["commented"; 6];
    let ready_yet = ["unclaimed yet"; 6];
    let delegate = TaskCommand::Delegate { to: name("dora") };
    let reassign = TaskCommand::Reassign {
        to: Some(name("dora")),
    };
    let release = TaskCommand::Reassign { to: None };
    use TaskCommand::{Claim, Comment, Unclaim};
    use TaskState::{Cancelled, Claimed, Completed, Delegated, Ready};
    // mark has it in hand or is its owner, dan is the delegate, hanna a candidate, olga excluded, emma the initiator
    // (and so the writer), bea accountable for the state.
    let hand = |happens, refused| [happens, refused, refused, refused, refused, refused];
    let table = [
        (
            Claim,
            [
                (
                    Ready,
                    [
                        "claimed",
                        "claimed",
                        "claimed",
                        "excluded",
                        "no candidate",
                        "no candidate",
                    ],
                ),
                (Claimed, hand("yours", "another's")),
                (
                    Delegated,
                    [
                        "another's",
                        "yours",
                        "another's",
                        "another's",
                        "another's",
                        "another's",
                    ],
                ),
            ],
        ),
        (
            Unclaim,
            [
                (Ready, ready_yet),
                (Claimed, hand("unclaimed", "another's")),
                (
                    Delegated,
                    [
                        "another's",
                        "returned",
                        "another's",
                        "another's",
                        "another's",
                        "another's",
                    ],
                ),
            ],
        ),
        (
            complete([], None),
            [
                (Ready, ready_yet),
                (Claimed, hand("completed", "another's")),
                (
                    Delegated,
                    [
                        "another's",
                        "completed",
                        "another's",
                        "another's",
                        "another's",
                        "another's",
                    ],
                ),
            ],
        ),
        (
            delegate,
            [
                (Ready, ready_yet),
                (Claimed, hand("delegated", "another's")),
                (
                    Delegated,
                    [
                        "another's",
                        "delegated",
                        "another's",
                        "another's",
                        "another's",
                        "another's",
                    ],
                ),
            ],
        ),
        (
            reassign.clone(),
            [
                (
                    Ready,
                    [
                        "unclaimed yet",
                        "unclaimed yet",
                        "unclaimed yet",
                        "unclaimed yet",
                        "unclaimed yet",
                        "reassigned",
                    ],
                ),
                (
                    Claimed,
                    [
                        "reassigned",
                        "another's",
                        "another's",
                        "another's",
                        "another's",
                        "reassigned",
                    ],
                ),
                (
                    Delegated,
                    [
                        "reassigned",
                        "reassigned",
                        "another's",
                        "another's",
                        "another's",
                        "reassigned",
                    ],
                ),
            ],
        ),
        (
            release,
            [
                (
                    Ready,
                    [
                        "unclaimed yet",
                        "unclaimed yet",
                        "unclaimed yet",
                        "unclaimed yet",
                        "unclaimed yet",
                        "reassigned",
                    ],
                ),
                (
                    Claimed,
                    [
                        "reassigned",
                        "another's",
                        "another's",
                        "another's",
                        "another's",
                        "reassigned",
                    ],
                ),
                (
                    Delegated,
                    [
                        "reassigned",
                        "reassigned",
                        "another's",
                        "another's",
                        "another's",
                        "reassigned",
                    ],
                ),
            ],
        ),
        (
            priority(80),
            [
                (
                    Ready,
                    [
                        "no writer",
                        "no writer",
                        "no writer",
                        "no writer",
                        "updated",
                        "no writer",
                    ],
                ),
                (
                    Claimed,
                    [
                        "updated",
                        "no writer",
                        "no writer",
                        "no writer",
                        "updated",
                        "no writer",
                    ],
                ),
                (
                    Delegated,
                    [
                        "no writer",
                        "updated",
                        "no writer",
                        "no writer",
                        "updated",
                        "no writer",
                    ],
                ),
            ],
        ),
        (
            draft(None),
            [
                (
                    Ready,
                    [
                        "no writer",
                        "no writer",
                        "no writer",
                        "no writer",
                        "unclaimed yet",
                        "no writer",
                    ],
                ),
                (
                    Claimed,
                    [
                        "updated",
                        "no writer",
                        "no writer",
                        "no writer",
                        "another's",
                        "no writer",
                    ],
                ),
                (
                    Delegated,
                    [
                        "no writer",
                        "updated",
                        "no writer",
                        "no writer",
                        "another's",
                        "no writer",
                    ],
                ),
            ],
        ),
        (Comment, [(Ready, open), (Claimed, open), (Delegated, open)]),
    ];
    for (command, rows) in table {
        for (state, expected) in rows
            .into_iter()
            .chain([(Completed, closed), (Cancelled, closed)])
        {
            let case = case(state);
            let answers = people().map(|actor| word(ask(&case, &actor, &command)));
            assert_eq!(answers, expected, "{command:?} {state:?}");
        }
    }
}

#[test]
fn without_the_privilege_user_there_is_nothing_to_ask() {
    let admin = person_with("mark", "group:hr", &[Privilege::Administrator]);
    let reassign = TaskCommand::Reassign { to: None };
    for command in [
        TaskCommand::Claim,
        TaskCommand::Unclaim,
        complete([], None),
        TaskCommand::Delegate { to: name("dan") },
        priority(1),
        TaskCommand::Comment,
    ] {
        let case = case(TaskState::Claimed);
        assert_eq!(
            ask(&case, &admin, &command),
            Err(Rejection::Privilege(Privilege::User)),
            "{command:?}"
        );
    }
    let stranger = person_with("ada", "", &[Privilege::Administrator]);
    assert!(ask(&case(TaskState::Claimed), &stranger, &reassign).is_ok());
    let take = TaskCommand::Reassign {
        to: Some(name("ada")),
    };
    assert_eq!(
        ask(&case(TaskState::Claimed), &stranger, &take),
        Err(Rejection::NotReader)
    );
    let reader = person_with("ada", "group:hr", &[Privilege::Administrator]);
    assert!(ask(&case(TaskState::Claimed), &reader, &take).is_ok());
    let nobody = person_with("mark", "", &[Privilege::Monitor]);
    assert_eq!(
        ask(&case(TaskState::Claimed), &nobody, &reassign),
        Err(Rejection::Privilege(Privilege::User))
    );
}

#[test]
fn whoever_saw_an_older_revision_is_told_before_anything_else() {
    for state in [TaskState::Ready, TaskState::Claimed, TaskState::Completed] {
        let (process, instance) = case(state);
        let task = &instance.tasks[0];
        for actor in people() {
            let verdict = decide(
                &process,
                &instance,
                task,
                &actor,
                &TaskCommand::Claim,
                Some(6),
            );
            assert_eq!(
                verdict,
                Err(Rejection::Stale {
                    expected: 6,
                    actual: 7
                })
            );
            let now = decide(
                &process,
                &instance,
                task,
                &actor,
                &TaskCommand::Comment,
                Some(7),
            );
            assert_eq!(now.is_ok(), state.is_open());
        }
    }
}

#[test]
fn nobody_hands_a_task_to_whom_it_excludes_or_to_a_blank() {
    let claimed = case(TaskState::Claimed);
    let mark = person("mark", "");
    let admin = person_with("ada", "", &[Privilege::Administrator]);
    for (actor, command, expected) in [
        (
            &mark,
            TaskCommand::Delegate { to: name("olga") },
            Rejection::TargetExcluded(name("olga")),
        ),
        (
            &mark,
            TaskCommand::Reassign {
                to: Some(name("olga")),
            },
            Rejection::TargetExcluded(name("olga")),
        ),
        (
            &admin,
            TaskCommand::Reassign {
                to: Some(name("olga")),
            },
            Rejection::TargetExcluded(name("olga")),
        ),
        (
            &mark,
            TaskCommand::Delegate { to: name("mark") },
            Rejection::AlreadyYours,
        ),
        (
            &mark,
            TaskCommand::Delegate { to: name(" ") },
            Rejection::FieldInvalid {
                field: name("to"),
                reason: "must name a user".to_owned(),
            },
        ),
    ] {
        assert_eq!(ask(&claimed, actor, &command), Err(expected), "{command:?}");
    }
}

#[test]
fn delegating_on_keeps_the_owner_and_delegating_to_the_owner_gives_it_back() {
    let delegated = case(TaskState::Delegated);
    let dan = person("dan", "");
    let (mark, eve) = (name("mark"), name("eve"));
    assert_eq!(
        ask(&delegated, &dan, &TaskCommand::Delegate { to: eve.clone() }),
        Ok(vec![TaskEvent::Delegated {
            owner: mark.clone(),
            to: eve
        }])
    );
    assert_eq!(
        ask(
            &delegated,
            &dan,
            &TaskCommand::Delegate { to: mark.clone() }
        ),
        Ok(vec![TaskEvent::Returned { owner: mark }])
    );
}

#[test]
fn an_assignee_who_is_excluded_does_not_complete() {
    let mut case = case(TaskState::Claimed);
    case.1.tasks[0].assignee = Some(name("olga"));
    let olga = person("olga", "group:hr");
    assert_eq!(
        ask(&case, &olga, &complete([], None)),
        Err(Rejection::Excluded)
    );
    assert!(ask(&case, &olga, &TaskCommand::Unclaim).is_ok());
}

#[test]
fn an_update_leaves_what_it_does_not_name() {
    let mut case = case(TaskState::Claimed);
    case.1.tasks[0].due_at = Some(at(50));
    case.1.tasks[0].follow_up_at = Some(at(40));
    let command = TaskCommand::Update {
        priority: None,
        due_at: Some(None),
        follow_up_at: None,
        draft: Some(Some(data([("days", Value::Number(2.into()))]))),
    };
    assert_eq!(
        ask(&case, &person("mark", ""), &command),
        Ok(vec![TaskEvent::Updated {
            priority: 50,
            due_at: None,
            follow_up_at: Some(at(40)),
            draft: Some(data([("days", Value::Number(2.into()))])),
        }])
    );
    for (value, fits) in [(-1, false), (0, true), (100, true), (101, false)] {
        let verdict = ask(&case, &person("mark", ""), &priority(value));
        assert_eq!(verdict.is_ok(), fits, "{value}");
        if !fits {
            assert_eq!(verdict, Err(Rejection::Priority));
        }
    }
}

/// The same case, whose task has outcomes, and a form if there is a schema.
fn modelled(outcomes: &[&str], schema: Option<serde_json::Value>) -> (Process, Instance) {
    let (mut process, instance) = case(TaskState::Claimed);
    process.elements[0].kind = Kind::UserTask(Box::new(UserTask {
        outcomes: outcomes.iter().copied().map(name).collect(),
        outcome_field: Some(name("decision")),
        form: schema.map(|schema| Form {
            key: None,
            schema: Some(schema),
        }),
        ..UserTask::default()
    }));
    (process, instance)
}

#[test]
fn completing_takes_one_of_the_outcomes() {
    let mark = person("mark", "");
    let unknown = |outcome: &str| Err(Rejection::UnknownOutcome(name(outcome)));
    let as_field = |value: Value| complete([("decision", value)], None);
    let chosen = modelled(&["approve", "reject"], None);
    for (command, expected) in [
        (complete([], Some("approve")), Ok(())),
        (complete([], Some("defer")), unknown("defer")),
        (complete([], None), Err(Rejection::OutcomeMissing)),
        (as_field(Value::text("reject")), Ok(())),
        (as_field(Value::text("defer")), unknown("defer")),
        (as_field(Value::Null), Err(Rejection::OutcomeMissing)),
        (as_field(Value::Bool(true)), Err(Rejection::OutcomeMissing)),
        (
            complete([("decision", Value::text("reject"))], Some("approve")),
            Ok(()),
        ),
    ] {
        assert_eq!(
            ask(&chosen, &mark, &command).map(|_| ()),
            expected,
            "{command:?}"
        );
    }
    let free = modelled(&[], None);
    for outcome in [None, Some("whatever")] {
        assert!(ask(&free, &mark, &complete([], outcome)).is_ok());
    }
}

#[test]
fn completing_takes_what_the_form_asks_for_and_no_more() {
    let schema = json!({ "components": [
        { "type": "select", "key": "decision", "validate": { "required": true },
          "values": [{ "value": "approve" }, { "value": "reject" }] },
        { "type": "textfield", "key": "reason", "validate": { "required": true } },
    ]});
    let mark = person("mark", "");
    let mut case = modelled(&["approve", "reject"], Some(schema));
    let reason = || ("reason", Value::text("tired"));
    let decision = ("decision", Value::text("approve"));
    let missing = Err(Rejection::FieldInvalid {
        field: name("reason"),
        reason: "is required".to_owned(),
    });
    for (command, expected) in [
        (complete([reason()], Some("approve")), Ok(())),
        (complete([reason(), decision.clone()], None), Ok(())),
        (complete([decision], None), missing),
        (
            complete(
                [reason(), ("bonus", Value::Number(1.into()))],
                Some("approve"),
            ),
            Err(Rejection::FieldNotWritable(name("bonus"))),
        ),
        (
            complete([("reason", Value::Bool(true))], Some("approve")),
            Err(Rejection::FieldInvalid {
                field: name("reason"),
                reason: "must be text".to_owned(),
            }),
        ),
    ] {
        assert_eq!(
            ask(&case, &mark, &command).map(|_| ()),
            expected,
            "{command:?}"
        );
    }
    assert!(
        ask(&case, &mark, &draft(Some(Data::new()))).is_ok(),
        "a draft may be unfinished"
    );
    assert_eq!(
        ask(&case, &mark, &draft(Some(data([("bonus", Value::Null)])))),
        Err(Rejection::FieldNotWritable(name("bonus")))
    );
    case.1.data = data([reason()]);
    assert!(
        ask(&case, &mark, &complete([], Some("reject"))).is_ok(),
        "the instance has the reason already"
    );
}

#[test]
fn the_outcomes_field_needs_no_component() {
    let schema = json!({ "components": [{ "type": "textfield", "key": "reason" }] });
    let case = modelled(&["approve"], Some(schema));
    let mark = person("mark", "");
    assert!(ask(&case, &mark, &complete([], Some("approve"))).is_ok());
    assert!(
        ask(
            &case,
            &mark,
            &complete([("decision", Value::text("approve"))], None)
        )
        .is_ok()
    );
}

#[test]
fn rights_to_fields_come_before_the_form() {
    let schema = json!({ "components": [{ "type": "number", "key": "salary", "readonly": true }] });
    let mut case = modelled(&[], Some(schema));
    case.0.fields = vec![FieldRule {
        clear: Some(list("user:paul")),
        ..field_rule("salary", Classification::Secret)
    }];
    case.1.data = data([("salary", Value::Number(100.into()))]);
    let mark = person("mark", "");
    for guess in [99, 100] {
        for command in [
            complete([("salary", Value::Number(guess.into()))], None),
            draft(Some(data([("salary", Value::Number(guess.into()))]))),
        ] {
            assert_eq!(
                ask(&case, &mark, &command),
                Err(Rejection::FieldNotWritable(name("salary"))),
                "the right guess must not be told from a wrong one"
            );
        }
    }
}

#[test]
fn what_a_person_may_is_what_they_are_not_refused() {
    let admin = person_with("ada", "", &[Privilege::Administrator]);
    let nobody = person_with("mark", "group:hr", &[]);
    for state in [
        TaskState::Ready,
        TaskState::Claimed,
        TaskState::Delegated,
        TaskState::Completed,
        TaskState::Cancelled,
    ] {
        let case = case(state);
        for actor in people().iter().chain([&admin, &nobody]) {
            let may = |command| ask(&case, actor, &command).is_ok();
            let expected = Permissions {
                claim: may(TaskCommand::Claim),
                unclaim: may(TaskCommand::Unclaim),
                complete: may(complete([], None)),
                delegate: may(TaskCommand::Delegate {
                    to: Arc::from("zoe"),
                }),
                reassign: may(TaskCommand::Reassign {
                    to: Some(Arc::from("zoe")),
                }),
                update: may(priority(10)),
                comment: may(TaskCommand::Comment),
            };
            let (process, instance) = &case;
            let told = permissions(process, instance, &instance.tasks[0], actor);
            assert_eq!(told, expected, "{} {state:?}", actor.user);
        }
    }
}
