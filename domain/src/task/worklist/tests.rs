use uuid::Uuid;

use super::*;
use crate::access::fixture::{
    at, claimed, group, name, person, person_with, process, ready, role, set, user,
};

/// A task that lies ready for the group `hr` and the role `boss`, not for olga; everybody of both and emma read it.
fn image() -> TaskImage {
    let task = Task {
        candidates: set([group("hr"), role("boss")]),
        excluded: set([user("olga")]),
        ..ready(&process(&["approve"]), "approve")
    };
    TaskImage {
        acl: Acl {
            grants: set([group("hr"), role("boss"), user("emma")]),
            ..Acl::default()
        },
        task,
        element_id: name("approve"),
        name: name("Approve"),
        instance: InstanceId(Uuid::from_u128(1)),
        process: ProcessId(Uuid::from_u128(2)),
        process_key: name("vacation"),
        initiator: name("emma"),
    }
}

/// The same in somebody's hand, and read by them.
fn in_hand(of: &str) -> TaskImage {
    let mut image = image();
    image.task.state = TaskState::Claimed;
    image.task.assignee = Some(name(of));
    image.task.revision += 1;
    image.acl.grants.insert(user(of));
    image
}

/// The same, delegated by mark to somebody.
fn delegated(to: &str) -> TaskImage {
    let mut image = in_hand(to);
    image.task.state = TaskState::Delegated;
    image.task.owner = Some(name("mark"));
    image.acl.grants.insert(user("mark"));
    image
}

/// The same, at its end; read by its completer and emma.
fn ended(state: TaskState, by: Option<&str>) -> TaskImage {
    let mut image = in_hand("mark");
    image.task.state = state;
    image.task.completed_by = by.map(name);
    image.task.revision += 1;
    image.acl.grants = set([user("emma")]);
    image.acl.grants.extend(by.map(user));
    image
}

fn change(before: Option<TaskImage>, after: TaskImage) -> TaskChange {
    TaskChange { before, after }
}

fn hr() -> Worklist {
    Worklist::Group(name("hr"))
}

#[test]
fn each_worklist_holds_its_tasks() {
    let lists = [
        Worklist::Assigned,
        Worklist::Claimable,
        hr(),
        Worklist::Role(name("boss")),
        Worklist::Owned,
        Worklist::Initiated,
    ];
    let mark = person("mark", "group:hr");
    let dan = person("dan", "");
    let bea = person("bea", "role:boss");
    let olga = person("olga", "group:hr");
    let emma = person("emma", "");
    let nora = person("nora", "group:it");
    //                              assigned claimable group  role   owned  initiated
    for (actor, image, expected) in [
        (&mark, image(), [false, true, true, false, false, false]),
        (&bea, image(), [false, true, false, true, false, false]),
        (&olga, image(), [false, false, true, false, false, false]),
        (&emma, image(), [false, false, false, false, false, true]),
        (&nora, image(), [false; 6]),
        (
            &mark,
            in_hand("mark"),
            [true, false, true, false, false, false],
        ),
        (
            &bea,
            in_hand("mark"),
            [false, false, false, true, false, false],
        ),
        (
            &emma,
            in_hand("mark"),
            [false, false, false, false, false, true],
        ),
        (
            &mark,
            delegated("dan"),
            [false, false, true, false, true, false],
        ),
        (
            &dan,
            delegated("dan"),
            [true, false, false, false, false, false],
        ),
        (&mark, ended(TaskState::Completed, Some("mark")), [false; 6]),
        (&emma, ended(TaskState::Completed, Some("mark")), [false; 6]),
        (&emma, ended(TaskState::Cancelled, None), [false; 6]),
    ] {
        let held: Vec<bool> = lists.iter().map(|list| list.holds(actor, &image)).collect();
        assert_eq!(held, expected, "{} {:?}", actor.user, image.task.state);
    }
}

#[test]
fn without_the_privilege_user_every_worklist_is_empty() {
    let mark = person_with("mark", "group:hr", &[Privilege::Administrator]);
    for list in Worklist::all_of(&mark) {
        assert!(!list.holds(&mark, &image()), "{list:?}");
        assert!(!list.holds(&mark, &in_hand("mark")), "{list:?}");
    }
}

#[test]
fn nobody_reads_a_group_by_naming_it() {
    let nora = person("nora", "group:it");
    let mut open = image();
    open.acl.grants.insert(Principal::Everyone);
    assert!(!hr().holds(&nora, &open));
    assert!(!Worklist::Role(name("boss")).holds(&nora, &open));
}

#[test]
fn a_person_has_the_fixed_worklists_and_one_for_each_group_and_role() {
    assert_eq!(
        Worklist::all_of(&person("mark", "group:it group:hr role:boss")),
        [
            Worklist::Assigned,
            Worklist::Claimable,
            Worklist::Owned,
            Worklist::Initiated,
            hr(),
            Worklist::Group(name("it")),
            Worklist::Role(name("boss")),
        ]
    );
}

#[test]
fn each_part_of_a_filter_narrows() {
    let mut image = in_hand("mark");
    image.task.due_at = Some(at(100));
    let span = |from, until| {
        Some(Span {
            from: Some(at(from)),
            until: Some(at(until)),
        })
    };
    let all = TaskFilter::default;
    for (filter, expected) in [
        (all(), true),
        (
            TaskFilter {
                assignee: Some(name("mark")),
                ..all()
            },
            true,
        ),
        (
            TaskFilter {
                assignee: Some(name("dan")),
                ..all()
            },
            false,
        ),
        (
            TaskFilter {
                candidate_group: Some(name("hr")),
                ..all()
            },
            true,
        ),
        (
            TaskFilter {
                candidate_group: Some(name("boss")),
                ..all()
            },
            false,
        ),
        (
            TaskFilter {
                process: Some(name("vacation")),
                ..all()
            },
            true,
        ),
        (
            TaskFilter {
                process: Some(name("expense")),
                ..all()
            },
            false,
        ),
        (
            TaskFilter {
                instance: Some(image.instance),
                ..all()
            },
            true,
        ),
        (
            TaskFilter {
                instance: Some(InstanceId(Uuid::nil())),
                ..all()
            },
            false,
        ),
        (
            TaskFilter {
                element_id: Some(name("approve")),
                ..all()
            },
            true,
        ),
        (
            TaskFilter {
                element_id: Some(name("pay")),
                ..all()
            },
            false,
        ),
        (
            TaskFilter {
                state: Some(vec![TaskState::Ready, TaskState::Claimed]),
                ..all()
            },
            true,
        ),
        (
            TaskFilter {
                state: Some(vec![TaskState::Ready]),
                ..all()
            },
            false,
        ),
        (
            TaskFilter {
                state: Some(vec![]),
                ..all()
            },
            false,
        ),
        (
            TaskFilter {
                due: span(100, 101),
                ..all()
            },
            true,
        ),
        (
            TaskFilter {
                due: span(99, 100),
                ..all()
            },
            false,
        ),
        (
            TaskFilter {
                due: span(101, 200),
                ..all()
            },
            false,
        ),
        (
            TaskFilter {
                due: Some(Span::default()),
                ..all()
            },
            true,
        ),
        (
            TaskFilter {
                created: span(1, 2),
                ..all()
            },
            true,
        ),
        (
            TaskFilter {
                created: span(2, 3),
                ..all()
            },
            false,
        ),
        (
            TaskFilter {
                min_priority: Some(50),
                max_priority: Some(50),
                ..all()
            },
            true,
        ),
        (
            TaskFilter {
                min_priority: Some(51),
                ..all()
            },
            false,
        ),
        (
            TaskFilter {
                max_priority: Some(49),
                ..all()
            },
            false,
        ),
        (
            TaskFilter {
                process: Some(name("vacation")),
                max_priority: Some(49),
                ..all()
            },
            false,
        ),
    ] {
        assert_eq!(filter.holds(&image), expected, "{filter:?}");
    }
    image.task.due_at = None;
    let anytime = TaskFilter {
        due: Some(Span::default()),
        ..all()
    };
    assert!(
        !anytime.holds(&image),
        "a task without a due date is in no range"
    );
}

#[test]
fn each_person_is_told_what_a_commit_means_for_their_lists() {
    use LeaveReason::{Cancelled, Completed, NoLongerMatches, NoLongerVisible, Taken};
    use Step::{Entered, Left, Updated};
    let mark = person("mark", "group:hr");
    let hanna = person("hanna", "group:hr");
    let dan = person("dan", "");
    let emma = person("emma", "");
    let nora = person("nora", "");
    let created = change(None, image());
    let claim = change(Some(image()), in_hand("mark"));
    let unclaim = change(Some(in_hand("mark")), image());
    let delegation = change(Some(in_hand("mark")), delegated("dan"));
    let back = change(Some(delegated("dan")), in_hand("mark"));
    let done = change(
        Some(in_hand("mark")),
        ended(TaskState::Completed, Some("mark")),
    );
    let done_for_me = change(
        Some(delegated("dan")),
        ended(TaskState::Completed, Some("dan")),
    );
    let gone = change(Some(in_hand("mark")), ended(TaskState::Cancelled, None));
    let urgent = {
        let mut after = in_hand("mark");
        after.task.priority = 90;
        after.task.revision += 1;
        change(Some(in_hand("mark")), after)
    };
    let claimable = Worklist::Claimable;
    let (assigned, owned, initiated) = (Worklist::Assigned, Worklist::Owned, Worklist::Initiated);
    for (who, list, change, expected) in [
        (&mark, &claimable, &created, Some(Entered)),
        (&mark, &hr(), &created, Some(Entered)),
        (&mark, &assigned, &created, None),
        (&emma, &initiated, &created, Some(Entered)),
        (&nora, &claimable, &created, None),
        (&mark, &claimable, &claim, Some(Left(NoLongerMatches))),
        (&mark, &assigned, &claim, Some(Entered)),
        (&hanna, &claimable, &claim, Some(Left(Taken))),
        (&hanna, &hr(), &claim, Some(Updated)),
        (&emma, &initiated, &claim, Some(Updated)),
        (&mark, &assigned, &unclaim, Some(Left(NoLongerMatches))),
        (&hanna, &claimable, &unclaim, Some(Entered)),
        (&mark, &assigned, &delegation, Some(Left(Taken))),
        (&mark, &owned, &delegation, Some(Entered)),
        (&dan, &assigned, &delegation, Some(Entered)),
        (&dan, &assigned, &back, Some(Left(NoLongerVisible))),
        (&mark, &owned, &back, Some(Left(NoLongerMatches))),
        (&mark, &assigned, &back, Some(Entered)),
        (&mark, &assigned, &done, Some(Left(Completed))),
        (&hanna, &hr(), &done, Some(Left(NoLongerVisible))),
        (&emma, &initiated, &done, Some(Left(Completed))),
        (&dan, &assigned, &done_for_me, Some(Left(Completed))),
        (&mark, &owned, &done_for_me, Some(Left(NoLongerVisible))),
        (&mark, &assigned, &gone, Some(Left(NoLongerVisible))),
        (&emma, &initiated, &gone, Some(Left(Cancelled))),
        (&mark, &assigned, &urgent, Some(Updated)),
        (&hanna, &claimable, &urgent, None),
        (&nora, &claimable, &done, None),
    ] {
        let told = step(list, &TaskFilter::default(), who, change);
        assert_eq!(
            told, expected,
            "{} {list:?} {:?}",
            who.user, change.after.task.state
        );
    }
}

#[test]
fn a_filter_decides_on_both_sides_of_a_commit() {
    let emma = person("emma", "");
    let urgent_only = TaskFilter {
        min_priority: Some(80),
        ..TaskFilter::default()
    };
    let (mild, mut urgent) = (in_hand("mark"), in_hand("mark"));
    urgent.task.priority = 90;
    let rises = change(Some(mild.clone()), urgent.clone());
    let falls = change(Some(urgent.clone()), mild);
    let told = |change| step(&Worklist::Initiated, &urgent_only, &emma, change);
    assert_eq!(told(&rises), Some(Step::Entered));
    assert_eq!(
        told(&falls),
        Some(Step::Left(LeaveReason::NoLongerMatches)),
        "it was in another's hands before: nobody took it now"
    );
    let born = change(None, urgent);
    assert_eq!(told(&born), Some(Step::Entered));
}

#[test]
fn who_completes_a_task_is_told_so_even_when_it_closes_to_them() {
    let mark = person("mark", "");
    let mut after = ended(TaskState::Completed, Some("mark"));
    after.acl.require.push(set([user("emma")]));
    let done = change(Some(in_hand("mark")), after);
    assert_eq!(
        step(&Worklist::Assigned, &TaskFilter::default(), &mark, &done),
        Some(Step::Left(LeaveReason::Completed))
    );
    assert_eq!(
        task_step(&mark, &done),
        Some(Step::Left(LeaveReason::Completed))
    );
}

#[test]
fn a_right_that_comes_or_goes_is_entering_or_leaving() {
    let emma = person("emma", "");
    let mut closed = image();
    closed.acl.grants = set([group("hr")]);
    let lost = change(Some(image()), closed.clone());
    let found = change(Some(closed.clone()), image());
    let later = change(Some(closed.clone()), closed);
    let list = |change| step(&Worklist::Initiated, &TaskFilter::default(), &emma, change);
    assert_eq!(list(&lost), Some(Step::Left(LeaveReason::NoLongerVisible)));
    assert_eq!(list(&found), Some(Step::Entered));
    assert_eq!(list(&later), None);
    assert_eq!(
        task_step(&emma, &lost),
        Some(Step::Left(LeaveReason::NoLongerVisible))
    );
    assert_eq!(task_step(&emma, &found), Some(Step::Entered));
    assert_eq!(task_step(&emma, &later), None);
}

#[test]
fn nobody_is_told_that_somebody_else_gained_or_lost_a_right() {
    let emma = person("emma", "");
    let mut others = image();
    others.acl.grants.insert(user("rita"));
    let grown = change(Some(image()), others);
    assert_eq!(
        step(&Worklist::Initiated, &TaskFilter::default(), &emma, &grown),
        None
    );
    assert_eq!(task_step(&emma, &grown), None);
}

#[test]
fn who_watches_one_task_sees_it_to_its_end() {
    let emma = person("emma", "");
    let hanna = person("hanna", "group:hr");
    let nora = person("nora", "");
    let without = person_with("emma", "", &[]);
    let created = change(None, image());
    let claim = change(Some(image()), in_hand("mark"));
    let done = change(
        Some(in_hand("mark")),
        ended(TaskState::Completed, Some("mark")),
    );
    for (who, change, expected) in [
        (&emma, &created, Some(Step::Entered)),
        (&emma, &claim, Some(Step::Updated)),
        (&emma, &done, Some(Step::Updated)),
        (&hanna, &claim, Some(Step::Updated)),
        (
            &hanna,
            &done,
            Some(Step::Left(LeaveReason::NoLongerVisible)),
        ),
        (&nora, &claim, None),
        (&without, &claim, None),
    ] {
        assert_eq!(task_step(who, change), expected, "{}", who.user);
    }
}

#[test]
fn a_claimed_task_comes_back_from_storage_as_it_was() {
    let mut task = claimed(&process(&["a"]), "a", "mark");
    task.candidates = set([group("hr"), Principal::Everyone]);
    let stored = serde_json::to_string(&task).unwrap();
    assert_eq!(serde_json::from_str::<Task>(&stored).unwrap(), task);
}
