use proptest::prelude::*;

use super::*;
use crate::access::fixture::{
    claimed, group, instance, list, name, open_scope, person, person_with, process, ready, role,
    set, stand, user,
};
use crate::bpmn::StateList;
use crate::value::Data;

fn lists_of(readers: Option<&str>, writers: Option<&str>) -> StateList {
    StateList {
        readers: readers.map(list),
        writers: writers.map(list),
        ..StateList::default()
    }
}

fn people() -> [Actor; 5] {
    [
        person("emma", ""),
        person("mark", "group:managers"),
        person("hanna", "group:hr"),
        person("paul", "role:payroll"),
        person("nora", ""),
    ]
}

/// What each of [`people`] may: `rw`, `r` or `-`.
fn rights(process: &Process, instance: &Instance) -> [&'static str; 5] {
    let acl = acl(process, instance);
    people().map(
        |actor| match (acl.admits(&actor), may_write(process, instance, &actor)) {
            (true, true) => "rw",
            (true, false) => "r",
            (false, false) => "-",
            (false, true) => "writes unread",
        },
    )
}

#[test]
fn five_people_read_and_write_four_states_as_the_lists_say() {
    let mut process = process(&["draft", "approve", "pay", "archive"]);
    process.acl = lists_of(Some("@initiator group:hr"), Some("@initiator"));
    process.elements[1].acl = lists_of(Some("@initiator user:mark group:hr"), Some("user:mark"));
    process.elements[2].acl = lists_of(Some("@initiator role:payroll"), Some("role:payroll"));
    process.elements[3].acl = lists_of(Some(""), Some("@everyone"));
    //                 emma  mark  hanna  paul  nora
    let matrix = [
        ("draft", ["rw", "-", "r", "-", "-"]),
        ("approve", ["r", "rw", "r", "-", "-"]),
        ("pay", ["r", "-", "-", "rw", "-"]),
        ("archive", ["-", "-", "-", "-", "-"]),
    ];
    for (state, expected) in matrix {
        let mut instance = instance();
        stand(&process, &mut instance, state);
        assert_eq!(rights(&process, &instance), expected, "{state}");
    }
}

#[test]
fn without_lists_the_initiator_the_assignee_and_the_candidates_read() {
    let process = process(&["approve"]);
    let mut instance = instance();
    stand(&process, &mut instance, "approve");
    let mut task = claimed(&process, "approve", "mark");
    task.candidates = set([group("hr")]);
    instance.tasks = vec![task];
    assert_eq!(rights(&process, &instance), ["rw", "r", "r", "-", "-"]);
    let task_acl = task_acl(&process, &instance, &instance.tasks[0]);
    assert_eq!(
        people().map(|actor| task_acl.admits(&actor)),
        [true, true, true, false, false]
    );
}

#[test]
fn an_empty_list_is_nobody_and_a_missing_one_the_initiator() {
    let mut process = process(&["draft"]);
    let mut case = instance();
    stand(&process, &mut case, "draft");
    assert_eq!(rights(&process, &case), ["rw", "-", "-", "-", "-"]);

    process.acl = lists_of(Some(""), None);
    let mut case = instance();
    stand(&process, &mut case, "draft");
    assert_eq!(acl(&process, &case).grants, set([]));
    assert_eq!(rights(&process, &case), ["-", "-", "-", "-", "-"]);
}

#[test]
fn several_states_are_read_by_the_readers_of_each() {
    let mut process = process(&["a", "b"]);
    process.elements[0].acl = lists_of(Some("user:mark"), Some("user:mark"));
    process.elements[1].acl = lists_of(Some("group:hr"), Some("@initiator"));
    let mut instance = instance();
    stand(&process, &mut instance, "a");
    stand(&process, &mut instance, "b");
    assert_eq!(rights(&process, &instance), ["-", "rw", "r", "-", "-"]);
}

#[test]
fn the_lists_of_a_sub_process_rest_while_something_runs_inside() {
    let mut process = process(&["sub", "inner"]);
    process.elements[0].acl = lists_of(Some("user:nora"), None);
    process.elements[1].acl = lists_of(Some("user:mark"), None);
    let mut instance = instance();
    let host = stand(&process, &mut instance, "sub");
    assert_eq!(rights(&process, &instance), ["-", "-", "-", "-", "r"]);
    let scope = open_scope(&mut instance, host, Data::new());
    stand(&process, &mut instance, "inner");
    instance.tokens[1].scope = scope;
    assert_eq!(rights(&process, &instance), ["-", "r", "-", "-", "-"]);
}

#[test]
fn an_ended_instance_is_read_by_the_last_lists_and_written_by_nobody() {
    let process = process(&["a"]);
    for state in [
        InstanceState::Completed,
        InstanceState::Withdrawn,
        InstanceState::Terminated,
    ] {
        let mut instance = instance();
        instance.state = state;
        assert_eq!(
            rights(&process, &instance),
            ["r", "-", "-", "-", "-"],
            "{state:?}"
        );
        instance.last_lists = Lists {
            readers: Some(set([group("hr")])),
            writers: Some(set([group("hr")])),
            ..Lists::default()
        };
        assert_eq!(
            rights(&process, &instance),
            ["-", "-", "r", "-", "-"],
            "{state:?}"
        );
        assert!(!may_withdraw(&process, &instance, &person("emma", "")));
    }
}

#[test]
fn security_roles_stand_before_every_grant() {
    let mut process = process(&["a"]);
    process.acl = lists_of(Some("@everyone"), Some("@everyone"));
    let mut instance = instance();
    stand(&process, &mut instance, "a");
    instance.tasks = vec![claimed(&process, "a", "emma")];
    for (roles, expected) in [
        (None, ["rw", "rw", "rw", "rw", "rw"]),
        (Some(vec![name("payroll")]), ["-", "-", "-", "rw", "-"]),
        (Some(vec![]), ["-", "-", "-", "-", "-"]),
    ] {
        process.security_roles = roles;
        assert_eq!(rights(&process, &instance), expected);
        let task = task_acl(&process, &instance, &instance.tasks[0]);
        assert_eq!(
            people().map(|actor| task.admits(&actor)),
            expected.map(|right| right != "-")
        );
        assert_eq!(
            people().map(|actor| may_start(&process, &actor)),
            expected.map(|right| right != "-")
        );
    }
}

/// Read, update and withdraw under each policy, where everybody is on the lists: emma began, mark has a task in hand.
#[test]
fn each_policy_asks_for_its_people() {
    use AccessPolicy::{AllowAll, Composite, Initiator, InitiatorStrict, Participants};
    let both = Composite(vec![Participants, Initiator]);
    let nested = Composite(vec![AllowAll, Composite(vec![InitiatorStrict])]);
    let people = ["emma", "mark", "nora"].map(|name| person(name, ""));
    //                         read and written by   task read by         withdrawn by
    //                         emma  mark  nora      emma  mark  nora     emma  mark  nora
    for (policy, opens, tasks, withdraws) in [
        (
            AllowAll,
            [true, true, true],
            [true, true, true],
            [true, false, false],
        ),
        (
            Participants,
            [true, true, false],
            [true, true, false],
            [true, true, false],
        ),
        (
            Initiator,
            [true, true, false],
            [true, true, false],
            [true, false, false],
        ),
        (
            InitiatorStrict,
            [true, false, false],
            [true, true, false],
            [true, false, false],
        ),
        (
            both,
            [true, true, false],
            [true, true, false],
            [true, false, false],
        ),
        (
            nested,
            [true, false, false],
            [true, true, false],
            [true, false, false],
        ),
        (
            Composite(vec![]),
            [true, true, true],
            [true, true, true],
            [true, false, false],
        ),
    ] {
        let mut process = process(&["a"]);
        process.acl = lists_of(Some("@everyone"), Some("@everyone"));
        process.policy = policy.clone();
        let mut instance = instance();
        stand(&process, &mut instance, "a");
        instance.tasks = vec![claimed(&process, "a", "mark")];
        let (acl, task) = (
            acl(&process, &instance),
            task_acl(&process, &instance, &instance.tasks[0]),
        );
        let of = |right: &dyn Fn(&Actor) -> bool| people.each_ref().map(right);
        assert_eq!(of(&|actor| acl.admits(actor)), opens, "{policy:?}");
        assert_eq!(
            of(&|actor| may_write(&process, &instance, actor)),
            opens,
            "{policy:?}"
        );
        assert_eq!(of(&|actor| task.admits(actor)), tasks, "{policy:?}");
        assert_eq!(
            of(&|actor| may_withdraw(&process, &instance, actor)),
            withdraws,
            "{policy:?}"
        );
    }
}

#[test]
fn a_candidate_is_offered_a_task_whose_instance_is_for_participants() {
    let mut process = process(&["a"]);
    process.policy = AccessPolicy::Participants;
    process.security_roles = Some(vec![name("crew")]);
    let mut instance = instance();
    stand(&process, &mut instance, "a");
    let mut task = ready(&process, "a");
    task.candidates = set([group("hr")]);
    task.excluded = set([user("carl")]);
    instance.tasks = vec![task];
    for (who, memberships, reads_task) in [
        ("ben", "group:hr role:crew", true),
        ("ben", "group:hr", false),
        ("carl", "group:hr role:crew", false),
        ("nora", "role:crew", false),
    ] {
        let actor = person(who, memberships);
        let task = task_acl(&process, &instance, &instance.tasks[0]);
        assert_eq!(task.admits(&actor), reads_task, "{who} {memberships}");
        assert!(
            !acl(&process, &instance).admits(&actor),
            "{who} {memberships}"
        );
    }
    instance.tasks[0].apply(&crate::task::TaskEvent::Claimed { by: name("ben") });
    let ben = person("ben", "group:hr role:crew");
    assert!(acl(&process, &instance).admits(&ben));
}

#[test]
fn allow_all_opens_nothing_by_itself() {
    let process = process(&["a"]);
    let mut instance = instance();
    stand(&process, &mut instance, "a");
    assert!(!acl(&process, &instance).admits(&person("nora", "")));
}

#[test]
fn a_participant_reads_no_longer_when_the_task_is_done() {
    let mut process = process(&["a"]);
    process.policy = AccessPolicy::Participants;
    let mut instance = instance();
    stand(&process, &mut instance, "a");
    instance.tasks = vec![claimed(&process, "a", "mark")];
    let mark = person("mark", "");
    assert!(acl(&process, &instance).admits(&mark));
    instance.tasks[0].state = TaskState::Completed;
    assert!(!acl(&process, &instance).admits(&mark));
}

#[test]
fn who_reads_a_task_follows_its_state() {
    let process = process(&["a"]);
    let mut instance = instance();
    stand(&process, &mut instance, "a");
    let base = Task {
        assignee: Some(name("mark")),
        owner: Some(name("olga")),
        completed_by: Some(name("cleo")),
        candidates: set([group("hr")]),
        ..ready(&process, "a")
    };
    let emma = user("emma");
    for (state, expected) in [
        (
            TaskState::Ready,
            set([emma.clone(), user("mark"), group("hr")]),
        ),
        (
            TaskState::Claimed,
            set([emma.clone(), user("mark"), group("hr")]),
        ),
        (
            TaskState::Delegated,
            set([emma.clone(), user("mark"), user("olga"), group("hr")]),
        ),
        (TaskState::Completed, set([emma.clone(), user("cleo")])),
        (TaskState::Cancelled, set([emma.clone()])),
    ] {
        let task = Task {
            state,
            ..base.clone()
        };
        instance.tasks = vec![task.clone()];
        assert_eq!(
            task_acl(&process, &instance, &task).grants,
            expected,
            "{state:?}"
        );
    }
}

/// The excluded person is carl, of the group hr.
#[test]
fn exclusion_takes_back_what_candidacy_gives_and_nothing_else() {
    let carl = person("carl", "group:hr");
    for (readers, candidates, reads_instance, reads_task, why) in [
        (
            "@initiator",
            set([group("hr")]),
            false,
            false,
            "candidacy alone",
        ),
        (
            "@initiator",
            set([user("carl")]),
            false,
            false,
            "candidacy by name",
        ),
        (
            "@initiator",
            set([Principal::Everyone]),
            false,
            false,
            "candidacy of all",
        ),
        (
            "user:carl",
            set([group("hr")]),
            true,
            true,
            "the lists name him",
        ),
        (
            "group:hr",
            set([group("hr")]),
            true,
            true,
            "the lists name the same group",
        ),
        (
            "@everyone",
            set([group("hr")]),
            true,
            true,
            "the lists name everyone",
        ),
        (
            "role:boss",
            set([group("hr")]),
            false,
            false,
            "not on the lists at all",
        ),
        ("group:staff", set([user("mark")]), false, false, "neither"),
    ] {
        let mut process = process(&["a"]);
        process.acl = lists_of(Some(readers), None);
        let mut instance = instance();
        stand(&process, &mut instance, "a");
        let mut task = ready(&process, "a");
        task.candidates = candidates;
        task.excluded = set([user("carl")]);
        instance.tasks = vec![task];
        // Whether a list of groups holds a person is not known here: the task stays closed, the instance open to the list.
        let unknown = readers == "role:boss";
        let instance_acl = acl(&process, &instance);
        let task_acl = task_acl(&process, &instance, &instance.tasks[0]);
        assert_eq!(
            instance_acl.admits(&carl),
            reads_instance || unknown,
            "{why}"
        );
        assert_eq!(task_acl.admits(&carl), reads_task, "{why}");
    }
}

#[test]
fn the_excluded_initiator_keeps_the_case() {
    let process = process(&["a"]);
    let mut instance = instance();
    stand(&process, &mut instance, "a");
    let mut task = ready(&process, "a");
    task.candidates = set([group("hr")]);
    task.excluded = set([user("emma")]);
    instance.tasks = vec![task];
    let emma = person("emma", "group:hr");
    assert!(acl(&process, &instance).admits(&emma));
    assert!(task_acl(&process, &instance, &instance.tasks[0]).admits(&emma));
    assert!(may_write(&process, &instance, &emma));
}

#[test]
fn who_is_excluded_from_one_task_reads_by_another() {
    let process = process(&["a", "b"]);
    let mut instance = instance();
    stand(&process, &mut instance, "a");
    stand(&process, &mut instance, "b");
    let mut first = ready(&process, "a");
    first.candidates = set([group("hr")]);
    first.excluded = set([user("carl")]);
    let mut second = ready(&process, "b");
    second.candidates = set([role("boss")]);
    instance.tasks = vec![first, second];
    let carl = person("carl", "group:hr role:boss");
    assert!(acl(&process, &instance).admits(&carl));
    assert!(!task_acl(&process, &instance, &instance.tasks[0]).admits(&carl));
    assert!(task_acl(&process, &instance, &instance.tasks[1]).admits(&carl));
}

#[test]
fn starting_takes_the_privilege_and_being_a_starter() {
    let instantiator = |memberships| person("ines", memberships);
    let all: &[(Option<&str>, &str, bool)] = &[
        (None, "", true),
        (Some(""), "", false),
        (Some("@everyone"), "", true),
        (Some("user:ines"), "", true),
        (Some("user:emma"), "", false),
        (Some("group:staff"), "", false),
        (Some("group:staff"), "group:staff", true),
        (Some("role:staff"), "group:staff", false),
        (Some("role:staff user:x"), "role:staff", true),
        (Some("@initiator @creator @participants"), "", false),
        (Some("field:starter"), "", false),
    ];
    for (starters, memberships, expected) in all {
        let mut process = process(&["a"]);
        process.starters = starters.map(list);
        let actor = instantiator(memberships);
        assert_eq!(
            may_start(&process, &actor),
            *expected,
            "{starters:?} {memberships}"
        );
        let without = person_with(
            "ines",
            memberships,
            &[Privilege::User, Privilege::Administrator],
        );
        assert!(!may_start(&process, &without));
    }
}

#[test]
fn drafts_are_for_designers_and_managers_and_security_roles_hide_the_rest() {
    let designer = person_with("dora", "", &[Privilege::Designer]);
    let manager = person_with("pia", "", &[Privilege::Manager]);
    let boss = person("bea", "role:boss");
    let other = person("emma", "");
    let people = [&designer, &manager, &boss, &other];
    let boss_only = [name("boss")];
    for (roles, published, expected) in [
        (None, false, [true, true, false, false]),
        (None, true, [true, true, true, true]),
        (Some(&boss_only[..]), false, [true, true, false, false]),
        (Some(&boss_only[..]), true, [true, true, true, false]),
        (Some(&[][..]), true, [true, true, false, false]),
    ] {
        let acl = process_acl(roles, published);
        assert_eq!(
            people.map(|actor| acl.admits(actor)),
            expected,
            "{roles:?} {published}"
        );
    }
}

fn policies() -> impl Strategy<Value = AccessPolicy> {
    let leaf = prop_oneof![
        Just(AccessPolicy::AllowAll),
        Just(AccessPolicy::Participants),
        Just(AccessPolicy::Initiator),
        Just(AccessPolicy::InitiatorStrict),
    ];
    leaf.prop_recursive(2, 6, 3, |inner| {
        prop::collection::vec(inner, 0..3).prop_map(AccessPolicy::Composite)
    })
}

fn sets() -> impl Strategy<Value = BTreeSet<Principal>> {
    let principal = prop_oneof![
        "(emma|mark|nora)".prop_map(|name| user(&name)),
        "(hr|it)".prop_map(|name| group(&name)),
        Just(role("boss")),
        Just(Principal::Everyone),
    ];
    prop::collection::btree_set(principal, 0..3)
}

prop_compose! {
    fn cases()(
        policy in policies(),
        roles in prop::option::of(prop::collection::vec(Just(name("boss")), 0..2)),
        readers in prop::option::of(sets()),
        writers in prop::option::of(sets()),
        tasks in prop::collection::vec((sets(), sets(), prop::option::of("(mark|nora)"), any::<bool>()), 0..3),
    ) -> (Process, Instance) {
        let mut process = process(&["a"]);
        process.policy = policy;
        process.security_roles = roles;
        let mut instance = instance();
        stand(&process, &mut instance, "a");
        instance.tokens[0].lists = Lists { readers, writers, ..Lists::default() };
        for (candidates, excluded, assignee, open) in tasks {
            let mut task = ready(&process, "a");
            task.candidates = candidates;
            task.excluded = excluded;
            task.assignee = assignee.as_deref().map(name);
            task.state = match (open, &task.assignee) {
                (false, _) => TaskState::Cancelled,
                (true, None) => TaskState::Ready,
                (true, Some(_)) => TaskState::Claimed,
            };
            instance.tasks.push(task);
        }
        (process, instance)
    }
}

fn actors() -> impl Strategy<Value = Actor> {
    ("(emma|mark|nora)", "(group:hr )?(group:it )?(role:boss)?")
        .prop_map(|(user, memberships)| person(&user, &memberships))
}

proptest! {
    #[test]
    fn who_writes_reads((process, instance) in cases(), actor in actors()) {
        if may_write(&process, &instance, &actor) {
            prop_assert!(acl(&process, &instance).admits(&actor));
        }
    }

    /// Lists, assignment, or candidacy without exclusion: one of them is behind every read.
    #[test]
    fn nobody_reads_an_instance_for_another_reason((process, instance) in cases(), actor in actors()) {
        let listed = actor.is_any(instance.tokens[0].lists.readers.as_ref().unwrap_or(&set([user("emma")])));
        let open = || instance.tasks.iter().filter(|task| task.state.is_open());
        let assigned = open().any(|task| task.assignee.as_ref() == Some(&actor.user));
        let candidate = open().any(|task| actor.is_any(&task.candidates));
        if acl(&process, &instance).admits(&actor) {
            prop_assert!(listed || assigned || candidate);
            prop_assert!(process.security_roles.as_ref().is_none_or(|roles| actor.roles().any(|role| roles.contains(role))));
        }
    }

    #[test]
    fn candidacy_never_opens_a_task_to_the_person_it_excludes((process, instance) in cases(), actor in actors()) {
        let myself = Principal::User(actor.user.clone());
        for task in instance.tasks.iter().filter(|task| task.state.is_open()) {
            let listed = actor.is_any(instance.tokens[0].lists.readers.as_ref().unwrap_or(&set([user("emma")])));
            let assigned = task.assignee.as_ref() == Some(&actor.user);
            if task.excluded.contains(&myself) && !listed && !assigned {
                prop_assert!(!task_acl(&process, &instance, task).admits(&actor));
            }
        }
    }

    #[test]
    fn exclusion_never_closes_to_those_whom_lists_or_work_name((process, instance) in cases(), actor in actors()) {
        let myself = Principal::User(actor.user.clone());
        let readers = instance.tokens[0].lists.readers.clone().unwrap_or_else(|| set([user("emma")]));
        if readers.contains(&myself) || readers.contains(&Principal::Everyone) {
            prop_assert!(acl(&process, &instance).denied.iter().all(|denied| !actor.is(denied)));
            for task in &instance.tasks {
                let denied = task_acl(&process, &instance, task).denied;
                prop_assert!(denied.iter().all(|denied| !actor.is(denied)));
            }
        }
    }

    #[test]
    fn who_reads_a_task_without_working_on_it_reads_its_instance((process, instance) in cases(), actor in actors()) {
        for task in instance.tasks.iter().filter(|task| task.state.is_open()) {
            let works = task.assignee.as_ref() == Some(&actor.user) || actor.is_any(&task.candidates);
            if !works && task_acl(&process, &instance, task).admits(&actor) {
                prop_assert!(acl(&process, &instance).admits(&actor));
            }
        }
    }

    #[test]
    fn no_policy_keeps_a_task_from_whom_it_is_given_to((process, instance) in cases(), actor in actors()) {
        let has_role = process.security_roles.as_ref().is_none_or(|roles| actor.roles().any(|role| roles.contains(role)));
        for task in instance.tasks.iter().filter(|task| task.state.is_open()) {
            if has_role && task.assignee.as_ref() == Some(&actor.user) {
                prop_assert!(task_acl(&process, &instance, task).admits(&actor));
            }
        }
    }
}
