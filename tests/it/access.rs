//! The model is the policy: who reads, writes and acts in each state, and what a field shows to whom.

use docket_tests::{TestServer, User};
use serde_json::{Value, json};

use crate::tasks::CLAIMABLE;

const STATES: &str = include_str!("../fixtures/states.bpmn");

async fn reads(user: &User, instance: &str) -> bool {
    let answer = user.ok("query($i: ID!) { processInstance(id: $i) { id } processInstances(first: 100) { totalCount nodes { id } } }", json!({ "i": instance })).await;
    let listed = answer["processInstances"]["nodes"]
        .as_array()
        .expect("nodes")
        .iter()
        .any(|node| node["id"] == instance);
    let found = !answer["processInstance"].is_null();
    assert_eq!(found, listed, "lookup and list agree for {}", user.name());
    assert_eq!(
        answer["processInstances"]["totalCount"],
        i64::from(listed),
        "the count agrees for {}",
        user.name()
    );
    found
}

async fn writes(user: &User, instance: &str) -> bool {
    let update = "mutation($i: ID!) { updateData(input: {processInstance: $i, data: {touched: true}}) { userErrors { code } } }";
    let answer = user.ok(update, json!({ "i": instance })).await;
    let errors = answer["updateData"]["userErrors"]
        .as_array()
        .expect("errors")
        .clone();
    assert!(
        errors
            .iter()
            .all(|error| ["NOT_PERMITTED", "NOT_AVAILABLE", "INVALID_STATE"]
                .iter()
                .any(|code| error["code"] == *code)),
        "{answer}"
    );
    errors.is_empty()
}

async fn finish(user: &User) {
    let task = user
        .worklist("ASSIGNED")
        .await
        .pop()
        .expect("the task is assigned")
        .0;
    user.complete(&task, json!({}), None)
        .await
        .expect("it can be completed");
}

/// Five people, four states: what the fixture says, line by line. Each cell is (reads, writes).
#[tokio::test(flavor = "multi_thread")]
async fn five_people_read_and_write_what_each_of_four_states_says() {
    let server = TestServer::start().await;
    server.publish(STATES).await;
    let ini = server.user("ini");
    let lead = server.user("lead");
    let hr = server.user("hr-person").group("hr");
    let auditor = server.user("checker").role("checker");
    let none = server.user("none").group("crew");
    let people = [&ini, &lead, &hr, &auditor, &none];
    let instance = ini.start("states", json!({ "lead": "lead" })).await;
    let (no, read, both) = ((false, false), (true, false), (true, true));
    let table = [
        ("draft", &ini, [both, no, no, no, no]),
        ("review", &lead, [read, both, no, read, no]),
        ("file", &lead, [read, both, both, read, no]),
        ("over", &lead, [no, no, read, read, no]),
    ];
    for (state, worker, expected) in table {
        for (user, (may_read, may_write)) in people.iter().zip(expected) {
            assert_eq!(
                reads(user, &instance).await,
                may_read,
                "{} reads in `{state}`",
                user.name()
            );
            assert_eq!(
                writes(user, &instance).await,
                may_write,
                "{} writes in `{state}`",
                user.name()
            );
        }
        if state != "over" {
            finish(worker).await;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_service_gate_closes_a_process_to_everyone_without_its_role() {
    let server = TestServer::start().await;
    server
        .publish(&CLAIMABLE.replace(
            "id=\"claimable\"",
            "id=\"claimable\" wf:securityRoles=\"clerk\"",
        ))
        .await;
    let clerk = server.user("cleo").role("clerk").group("crew");
    let other = server.user("otto").group("crew");
    let instance = clerk.start("claimable", json!({ "user": "otto" })).await;
    assert_eq!(clerk.worklist("CLAIMABLE").await.len(), 1);
    assert_eq!(
        other.worklist("CLAIMABLE").await,
        [],
        "a candidate without the role has nothing"
    );
    assert!(!reads(&other, &instance).await);
    let seen = other.ok("{ process(key: \"claimable\") { id } processes { totalCount } viewer { startable(first: 1) { totalCount } } }", json!({})).await;
    assert_eq!(
        seen,
        json!({ "process": null, "processes": { "totalCount": 0 }, "viewer": { "startable": { "totalCount": 0 } } })
    );
    let refused = other
        .ok(
            "mutation { startProcess(input: {key: \"claimable\"}) { userErrors { code } } }",
            json!({}),
        )
        .await;
    assert_eq!(
        refused["startProcess"]["userErrors"][0]["code"],
        "NOT_AVAILABLE"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn participants_are_the_initiator_and_who_has_a_task_now() {
    let server = TestServer::start().await;
    server
        .publish(&CLAIMABLE.replace(
            "id=\"claimable\"",
            "id=\"claimable\" wf:accessPolicy=\"participants\"",
        ))
        .await;
    let [emma, ann, ben] = [
        server.user("emma"),
        server.user("ann"),
        server.user("ben").group("crew"),
    ];
    let instance = emma.start("claimable", json!({ "user": "ann" })).await;
    assert!(reads(&emma, &instance).await);
    assert!(
        !reads(&ben, &instance).await,
        "a candidate takes no part yet"
    );
    assert!(!reads(&ann, &instance).await);
    let task = ben
        .worklist("CLAIMABLE")
        .await
        .pop()
        .expect("the task itself is offered to them")
        .0;
    ben.claim(&task).await.expect("it can be claimed");
    assert!(reads(&ben, &instance).await);
    assert_eq!(ann.worklist("CLAIMABLE").await, []);
    ben.complete(&task, json!({}), None)
        .await
        .expect("it can be completed");
    assert!(
        !reads(&ben, &instance).await,
        "who acted earlier takes no part any more"
    );
    assert!(reads(&emma, &instance).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_camunda_model_without_a_list_of_its_own_works_as_its_author_expects() {
    let server = TestServer::start().await;
    server
        .publish(include_str!("../fixtures/camunda.bpmn"))
        .await;
    let [ini, ann, ben, zoe] = [
        server.user("ini"),
        server.user("ann"),
        server.user("ben").group("sales"),
        server.user("zoe").group("other"),
    ];
    let instance = ini.start("offer", json!({ "who": "ann" })).await;
    assert!(reads(&ini, &instance).await && reads(&ann, &instance).await);
    assert!(!reads(&ben, &instance).await && !reads(&zoe, &instance).await);
    finish(&ann).await;
    assert!(
        !reads(&ann, &instance).await,
        "the right ended with the task"
    );
    assert!(reads(&ben, &instance).await && !reads(&zoe, &instance).await);
    let task = ben
        .worklist("CLAIMABLE")
        .await
        .pop()
        .expect("the task is there")
        .0;
    ben.claim(&task).await.expect("it can be claimed");
    ben.complete(&task, json!({ "price": 12.5 }), None)
        .await
        .expect("it can be completed");
    let answer = ini
        .ok(
            "query($i: ID!) { processInstance(id: $i) { state data } }",
            json!({ "i": instance }),
        )
        .await;
    assert_eq!(
        answer["processInstance"],
        json!({ "state": "COMPLETED", "data": { "who": "ann", "price": 12.5 } })
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_field_is_clear_masked_hidden_or_not_there() {
    let server = TestServer::start().await;
    server.publish(STATES).await;
    let [ini, lead, checker] = [
        server.user("ini"),
        server.user("lead"),
        server.user("checker").role("checker"),
    ];
    let data = json!({ "lead": "lead", "iban": "DE02120300000000202051", "salary": 4200, "code": "s3cret", "note": "hi" });
    let instance = ini.start("states", data).await;
    finish(&ini).await;
    let fields = "query($i: ID!) { processInstance(id: $i) { data fields { name value visibility classification } } }";
    let seen = |answer: Value| -> Vec<Value> {
        answer["processInstance"]["fields"]
            .as_array()
            .expect("fields")
            .clone()
    };
    let find =
        |fields: &[Value], name: &str| fields.iter().find(|field| field["name"] == name).cloned();
    let of_ini = seen(ini.ok(fields, json!({ "i": instance })).await);
    let of_checker_answer = checker.ok(fields, json!({ "i": instance })).await;
    assert_eq!(
        of_checker_answer["processInstance"]["data"].get("salary"),
        None
    );
    let of_checker = seen(of_checker_answer);
    assert_eq!(
        find(&of_ini, "iban").expect("it is there")["value"],
        "DE02120300000000202051"
    );
    assert_eq!(
        find(&of_checker, "iban").expect("it is there")["value"],
        "************2051"
    );
    assert_eq!(
        find(&of_checker, "iban").expect("it is there")["visibility"],
        "MASKED"
    );
    let salary = find(&of_checker, "salary").expect("it is there");
    assert_eq!(
        (&salary["value"], &salary["visibility"]),
        (&Value::Null, &json!("HIDDEN"))
    );
    assert_eq!(
        find(&of_checker, "code"),
        None,
        "a secret does not exist for others"
    );
    assert_eq!(
        find(&of_checker, "note").expect("it is there")["visibility"],
        "CLEAR"
    );
    let of_lead = seen(lead.ok(fields, json!({ "i": instance })).await);
    assert_eq!(
        find(&of_lead, "salary").expect("it is there")["value"],
        4200
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn absent_and_unreadable_answer_byte_for_byte_alike() {
    let server = TestServer::start().await;
    server.publish(CLAIMABLE).await;
    let [emma, zoe] = [server.user("emma"), server.user("zoe")];
    let instance = emma.start("claimable", json!({})).await;
    let task = emma
        .ok(
            "query($i: ID!) { processInstance(id: $i) { tasks(first: 1) { nodes { id } } } }",
            json!({ "i": instance }),
        )
        .await;
    let task = task["processInstance"]["tasks"]["nodes"][0]["id"]
        .as_str()
        .expect("a task")
        .to_owned();
    let absent = "0193a1b2-0000-7000-8000-000000000000";
    for (kind, id, body) in [
        (
            "ProcessInstance",
            &instance,
            "query($id: ID!) { processInstance(id: $id) { id state data } node(id: $id) { id } nodes(ids: [$id]) { id } }",
        ),
        (
            "Task",
            &task,
            "query($id: ID!) { task(id: $id) { id state } node(id: $id) { id } nodes(ids: [$id]) { id } }",
        ),
        (
            "Task",
            &task,
            "mutation($id: ID!) { claimTask(input: {task: $id}) { task { id } cursor userErrors { code message field } } }",
        ),
        (
            "Task",
            &task,
            "mutation($id: ID!) { completeTask(input: {task: $id, data: {a: 1}}) { task { id } cursor userErrors { code message field } } }",
        ),
        (
            "Task",
            &task,
            "mutation($id: ID!) { addComment(input: {task: $id, text: \"x\"}) { comment { id } userErrors { code message field } } }",
        ),
        (
            "ProcessInstance",
            &instance,
            "mutation($id: ID!) { updateData(input: {processInstance: $id, data: {a: 1}}) { processInstance { id } userErrors { code message field } } }",
        ),
        (
            "ProcessInstance",
            &instance,
            "mutation($id: ID!) { withdrawInstance(input: {processInstance: $id}) { processInstance { id } userErrors { code message field } } }",
        ),
    ] {
        let unreadable = zoe.raw(body, json!({ "id": id })).await;
        let missing = zoe
            .raw(body, json!({ "id": format!("{kind}_{absent}") }))
            .await;
        assert_eq!(unreadable, missing, "{body}");
    }
}

/// Without the privilege `user` there is no worklist; without `instantiator` nothing starts. Reading a case takes neither.
#[tokio::test(flavor = "multi_thread")]
async fn privileges_open_operations_and_never_objects() {
    let server = TestServer::start().await;
    server.publish(CLAIMABLE).await;
    let emma = server.user("emma");
    let instance = emma.start("claimable", json!({ "user": "bare" })).await;
    let bare = server.nobody("bare").group("crew");
    assert_eq!(bare.worklist("CLAIMABLE").await, []);
    assert!(reads(&bare, &instance).await);
    let task = server
        .user("bare")
        .worklist("CLAIMABLE")
        .await
        .pop()
        .expect("the task is there")
        .0;
    assert_eq!(bare.claim(&task).await, Err("NOT_AVAILABLE".to_owned()));
    let start = "mutation { startProcess(input: {key: \"claimable\"}) { userErrors { code } } }";
    assert_eq!(
        bare.ok(start, json!({})).await["startProcess"]["userErrors"][0]["code"],
        "NOT_PERMITTED"
    );
    for privilege in [
        "designer",
        "manager",
        "administrator",
        "monitor",
        "auditor",
        "user",
        "instantiator",
    ] {
        let holder = server.nobody("holder").privilege(privilege);
        assert!(
            !reads(&holder, &instance).await,
            "`{privilege}` alone reads no case"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_administrator_ends_what_they_cannot_read_and_the_monitor_sees_who_did() {
    let server = TestServer::start().await;
    server.publish(CLAIMABLE).await;
    let emma = server.user("emma");
    let instance = emma.start("claimable", json!({ "secret": "s" })).await;
    let adam = server.nobody("adam").privilege("administrator");
    let mona = server.nobody("mona").privilege("monitor");
    let terminate = "mutation($i: ID!, $why: String) { terminateInstance(input: {processInstance: $i, reason: $why}) { status { endedReason } userErrors { code field } } }";
    let end = async |person: &User, why: &str| {
        let variables = json!({ "i": instance, "why": why });
        person.ok(terminate, variables).await["terminateInstance"].clone()
    };
    assert_eq!(
        end(&emma, "bored").await["userErrors"][0]["code"],
        "NOT_PERMITTED"
    );
    assert_eq!(
        end(&adam, &"é".repeat(1_001)).await["userErrors"],
        json!([{ "code": "INVALID_INPUT", "field": ["reason"] }])
    );
    let ended = end(&adam, &format!(" {} ", "é".repeat(1_000))).await;
    assert_eq!(ended["userErrors"], json!([]));
    assert_eq!(ended["status"]["endedReason"], "é".repeat(1_000));
    assert!(!reads(&adam, &instance).await);
    let seen = mona
        .ok(
            "{ monitor { instances(first: 5) { nodes { id state endedBy { name } endedReason openTasks } } } }",
            json!({}),
        )
        .await;
    assert_eq!(
        seen["monitor"]["instances"]["nodes"],
        json!([{ "id": instance, "state": "TERMINATED", "endedBy": { "name": "adam" }, "endedReason": "é".repeat(1_000), "openTasks": 0 }])
    );
    assert_eq!(
        emma.ok("{ monitor { instances { totalCount } } }", json!({}))
            .await["monitor"],
        Value::Null
    );
}
