//! The life of a task: claim, give back, hand on, put off, talk about, complete.

use docket_tests::{TestServer, User};
use serde_json::{Value, json};

/// One task for whoever `user` names and for the group `crew`.
pub const CLAIMABLE: &str = include_str!("../fixtures/claimable.bpmn");
const FORM: &str = include_str!("../fixtures/form.bpmn");

/// Starts the claimable process and gives its task.
pub async fn task_for_crew(emma: &User) -> String {
    let instance = emma.start("claimable", json!({})).await;
    let answer = emma
        .ok(
            "query($id: ID!) { processInstance(id: $id) { tasks(first: 1) { nodes { id } } } }",
            json!({ "id": instance }),
        )
        .await;
    answer["processInstance"]["tasks"]["nodes"][0]["id"]
        .as_str()
        .expect("a task")
        .to_owned()
}

/// Sends a task mutation with extra input and gives the payload.
pub async fn act(user: &User, name: &str, task: &str, input: &str) -> Value {
    let document = format!(
        "mutation($task: ID!) {{ {name}(input: {{task: $task{input}}}) {{ task {{ id state assignee {{ name }} owner {{ name }} priority dueAt followUpAt revision draft }} userErrors {{ code message field }} }} }}"
    );
    user.ok(&document, json!({ "task": task })).await[name].clone()
}

fn code(payload: &Value) -> &str {
    payload["userErrors"][0]["code"].as_str().unwrap_or("OK")
}

async fn id_of(user: &User) -> String {
    user.ok("{ viewer { user { id } } }", json!({})).await["viewer"]["user"]["id"]
        .as_str()
        .expect("an id")
        .to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_task_is_claimed_given_back_and_claimed_by_another() {
    let server = TestServer::start().await;
    server.publish(CLAIMABLE).await;
    let [emma, ann, ben] = [
        server.user("emma"),
        server.user("ann").group("crew"),
        server.user("ben").group("crew"),
    ];
    let task = task_for_crew(&emma).await;
    assert_eq!(
        act(&ann, "claimTask", &task, "").await["task"]["state"],
        "CLAIMED"
    );
    assert_eq!(
        code(&act(&ben, "claimTask", &task, "").await),
        "INVALID_STATE"
    );
    assert_eq!(
        code(&act(&ben, "unclaimTask", &task, "").await),
        "NOT_PERMITTED"
    );
    assert_eq!(
        code(&act(&emma, "claimTask", &task, "").await),
        "INVALID_STATE",
        "the initiator reads it, and somebody has it"
    );
    assert_eq!(
        act(&ann, "unclaimTask", &task, "").await["task"]["state"],
        "READY"
    );
    assert_eq!(
        code(&act(&emma, "claimTask", &task, "").await),
        "NOT_PERMITTED",
        "reading is not being a candidate"
    );
    assert_eq!(
        act(&ben, "claimTask", &task, "").await["task"]["assignee"]["name"],
        "ben"
    );
    assert_eq!(
        code(&act(&ann, "completeTask", &task, "").await),
        "NOT_PERMITTED"
    );
    assert_eq!(
        act(&ben, "completeTask", &task, "").await["task"]["state"],
        "COMPLETED"
    );
    assert_eq!(
        code(&act(&ben, "completeTask", &task, "").await),
        "INVALID_STATE"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_completed_task_says_who_completed_it_to_those_who_read_it() {
    let server = TestServer::start().await;
    server.publish(CLAIMABLE).await;
    let emma = server.user("emma");
    let ann = server.user("ann").group("crew");
    let task = task_for_crew(&emma).await;
    let who = "query($t: ID!) { task(id: $t) { state completedBy { name } } }";
    let open = emma.ok(who, json!({ "t": task })).await["task"].clone();
    assert_eq!(open, json!({ "state": "READY", "completedBy": null }));
    assert_eq!(ann.claim(&task).await, Ok(()));
    assert_eq!(ann.complete(&task, json!({}), None).await, Ok(()));
    for reader in [&emma, &ann] {
        let done = reader.ok(who, json!({ "t": task })).await["task"].clone();
        assert_eq!(
            done,
            json!({ "state": "COMPLETED", "completedBy": { "name": "ann" } })
        );
    }
    // A candidate who did not do it has nothing to do with it any more.
    let ben = server.user("ben").group("crew");
    let gone = ben.ok(who, json!({ "t": task })).await;
    assert_eq!(gone["task"], Value::Null);
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_knows_a_name_can_hand_a_task_to_it() {
    let server = TestServer::start().await;
    server.publish(CLAIMABLE).await;
    let [emma, ann] = [server.user("emma"), server.user("ann").group("crew")];
    let task = task_for_crew(&emma).await;
    assert_eq!(ann.claim(&task).await, Ok(()));
    // As the schema says: `User_` and the base64url of the name, here "zoë".
    let handed = act(&ann, "delegateTask", &task, ", user: \"User_em_Dqw\"").await;
    assert_eq!(handed["userErrors"], json!([]));
    let zoe = server.user("zoë");
    let tasks = zoe.worklist("ASSIGNED").await;
    assert_eq!(tasks.len(), 1);
    assert_eq!(tasks[0].0, task);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_delegated_task_comes_back_to_its_owner() {
    let server = TestServer::start().await;
    server.publish(CLAIMABLE).await;
    let [emma, ann, zoe] = [
        server.user("emma"),
        server.user("ann").group("crew"),
        server.user("zoe"),
    ];
    let task = task_for_crew(&emma).await;
    assert_eq!(
        zoe.ok(
            "query($t: ID!) { task(id: $t) { id } }",
            json!({ "t": task })
        )
        .await["task"],
        Value::Null
    );
    act(&ann, "claimTask", &task, "").await;
    let to = format!(", user: \"{}\"", id_of(&zoe).await);
    let delegated = act(&ann, "delegateTask", &task, &to).await;
    assert_eq!(
        (
            &delegated["task"]["state"],
            &delegated["task"]["owner"]["name"]
        ),
        (&json!("DELEGATED"), &json!("ann"))
    );
    assert_eq!(zoe.worklist("ASSIGNED").await.len(), 1);
    assert_eq!(ann.worklist("OWNED").await.len(), 1);
    let returned = act(&zoe, "unclaimTask", &task, "").await;
    assert_eq!(code(&returned), "OK");
    assert_eq!(zoe.worklist("ASSIGNED").await, []);
    assert_eq!(ann.worklist("ASSIGNED").await.len(), 1);
    assert_eq!(
        zoe.ok(
            "query($t: ID!) { task(id: $t) { id } }",
            json!({ "t": task })
        )
        .await["task"],
        Value::Null,
        "the right ended with the task"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn an_administrator_reassigns_what_is_stuck_and_a_stranger_does_not() {
    let server = TestServer::start().await;
    server.publish(CLAIMABLE).await;
    let [emma, ann, ben] = [
        server.user("emma"),
        server.user("ann").group("crew"),
        server.user("ben").group("crew"),
    ];
    let task = task_for_crew(&emma).await;
    act(&ann, "claimTask", &task, "").await;
    let to_ben = format!(", user: \"{}\"", id_of(&ben).await);
    assert_eq!(
        code(&act(&ben, "reassignTask", &task, &to_ben).await),
        "NOT_PERMITTED"
    );
    assert_eq!(
        code(&act(&server.user("zoe"), "reassignTask", &task, &to_ben).await),
        "NOT_AVAILABLE"
    );
    assert_eq!(
        act(&ann, "reassignTask", &task, &to_ben).await["task"]["assignee"]["name"],
        "ben"
    );
    assert_eq!(ann.worklist("ASSIGNED").await, []);
    assert_eq!(ben.worklist("ASSIGNED").await.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_administrator_moves_what_they_cannot_read_and_sees_nothing_of_it() {
    let server = TestServer::start().await;
    server.publish(CLAIMABLE).await;
    let ann = server.user("ann").group("crew");
    let ben = server.user("ben").group("crew");
    let task = task_for_crew(&server.user("emma")).await;
    act(&ann, "claimTask", &task, "").await;
    let to_ben = format!(", user: \"{}\"", id_of(&ben).await);
    let nothing = json!({ "task": null, "userErrors": [] });
    for adam in [server.nobody("adam"), server.user("adam")] {
        let adam = adam.privilege("administrator");
        let to_adam = format!(", user: \"{}\"", id_of(&adam).await);
        let taken = act(&adam, "reassignTask", &task, &to_adam).await;
        assert_eq!(code(&taken), "NOT_PERMITTED", "{taken}");
        assert_eq!(act(&adam, "reassignTask", &task, &to_ben).await, nothing);
        assert_eq!(ann.worklist("ASSIGNED").await, []);
        assert_eq!(ben.worklist("ASSIGNED").await.len(), 1);
        assert_eq!(act(&adam, "reassignTask", &task, "").await, nothing);
        assert_eq!(ann.worklist("CLAIMABLE").await.len(), 1);
        for other in ["claimTask", "unclaimTask", "updateTask"] {
            let refused = act(&adam, other, &task, "").await;
            assert_eq!(code(&refused), "NOT_AVAILABLE", "{other}");
        }
        let absent = "Task_00000000-0000-7000-8000-000000000000";
        let refused = act(&adam, "reassignTask", absent, &to_ben).await;
        let stranger = adam.clone().in_tenant("globex");
        assert_eq!(
            act(&stranger, "reassignTask", &task, &to_ben).await,
            refused
        );
        assert_eq!(code(&refused), "NOT_AVAILABLE");
        let reads = "query($t: ID!) { task(id: $t) { id } node(id: $t) { id } }";
        assert_eq!(
            adam.ok(reads, json!({ "t": task })).await,
            json!({ "task": null, "node": null })
        );
        act(&ann, "claimTask", &task, "").await;
    }
    assert_eq!(ann.complete(&task, json!({}), None).await, Ok(()));
    let adam = server.nobody("adam").privilege("administrator");
    let late = act(&adam, "reassignTask", &task, &to_ben).await;
    assert_eq!(code(&late), "INVALID_STATE");
}

#[tokio::test(flavor = "multi_thread")]
async fn priority_dates_and_a_draft_belong_to_who_has_the_task() {
    let server = TestServer::start().await;
    server.publish(CLAIMABLE).await;
    let [emma, ann] = [server.user("emma"), server.user("ann").group("crew")];
    let task = task_for_crew(&emma).await;
    act(&ann, "claimTask", &task, "").await;
    let updated = act(&ann, "updateTask", &task, ", priority: 80, dueAt: \"2026-03-09T12:00:00Z\", followUpAt: \"2026-03-05T12:00:00Z\", draft: {half: \"done\"}").await;
    assert_eq!(updated["task"]["priority"], 80);
    assert_eq!(updated["task"]["dueAt"], "2026-03-09T12:00:00Z");
    assert_eq!(updated["task"]["draft"], json!({ "half": "done" }));
    assert_eq!(
        code(&act(&ann, "updateTask", &task, ", priority: 101").await),
        "INVALID_INPUT"
    );
    let cleared = act(&ann, "updateTask", &task, ", dueAt: null").await;
    assert_eq!(
        (&cleared["task"]["dueAt"], &cleared["task"]["priority"]),
        (&Value::Null, &json!(80)),
        "only what is named changes"
    );
    let seen = emma
        .ok(
            "query($t: ID!) { task(id: $t) { priority draft } }",
            json!({ "t": task }),
        )
        .await;
    assert_eq!(
        seen["task"],
        json!({ "priority": 80, "draft": null }),
        "what is typed and not sent is the assignee's own"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn who_reads_a_task_talks_about_it() {
    let server = TestServer::start().await;
    server.publish(CLAIMABLE).await;
    let [emma, ann] = [server.user("emma"), server.user("ann").group("crew")];
    let task = task_for_crew(&emma).await;
    let say = "mutation($t: ID!, $text: String!) { addComment(input: {task: $t, text: $text}) { comment { text author { name } createdAt } userErrors { code } } }";
    let said = ann
        .ok(say, json!({ "t": task, "text": "what is this?" }))
        .await;
    assert_eq!(said["addComment"]["comment"]["author"]["name"], "ann");
    emma.ok(say, json!({ "t": task, "text": "work" })).await;
    assert_eq!(
        emma.ok(say, json!({ "t": task, "text": "" })).await["addComment"]["userErrors"][0]["code"],
        "INVALID_INPUT"
    );
    let comments = ann
        .ok(
            "query($t: ID!) { task(id: $t) { comments(first: 10) { totalCount nodes { text } } } }",
            json!({ "t": task }),
        )
        .await;
    assert_eq!(
        comments["task"]["comments"],
        json!({ "totalCount": 2, "nodes": [{ "text": "what is this?" }, { "text": "work" }] })
    );
    assert_eq!(
        server
            .user("zoe")
            .ok(say, json!({ "t": task, "text": "hi" }))
            .await["addComment"]["userErrors"][0]["code"],
        "NOT_AVAILABLE"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_form_says_what_may_be_sent_and_an_outcome_what_may_be_chosen() {
    let server = TestServer::start().await;
    server.publish(FORM).await;
    let ann = server.user("ann");
    let instance = ann.start("form", json!({ "amount": 10 })).await;
    let task = ann
        .worklist("ASSIGNED")
        .await
        .pop()
        .expect("the task is assigned")
        .0;
    let form = ann
        .ok(
            "query($t: ID!) { task(id: $t) { form { key schema } outcomes } }",
            json!({ "t": task }),
        )
        .await;
    assert_eq!(form["task"]["outcomes"], json!(["yes", "no"]));
    assert_eq!(
        form["task"]["form"]["schema"]["components"][0]["key"],
        "amount"
    );

    let refused = act(&ann, "completeTask", &task, ", outcome: \"yes\", data: {}").await;
    assert_eq!(
        (code(&refused), &refused["userErrors"][0]["field"]),
        ("INVALID_INPUT", &json!(["data", "remark"]))
    );
    let many = ", outcome: \"yes\", data: {amount: 9, other: 1}";
    let many = act(&ann, "completeTask", &task, many).await["userErrors"].clone();
    let told: Vec<_> = many
        .as_array()
        .expect("refusals")
        .iter()
        .map(|error| (error["code"].as_str(), &error["field"][1]))
        .collect();
    assert_eq!(
        told,
        [
            (Some("NOT_PERMITTED"), &json!("amount")),
            (Some("NOT_PERMITTED"), &json!("other")),
            (Some("INVALID_INPUT"), &json!("remark")),
        ],
        "everything at once"
    );
    assert_eq!(
        code(
            &act(
                &ann,
                "completeTask",
                &task,
                ", outcome: \"yes\", data: {remark: \"ok\", amount: 9}"
            )
            .await
        ),
        "NOT_PERMITTED",
        "shown, not asked"
    );
    assert_eq!(
        code(
            &act(
                &ann,
                "completeTask",
                &task,
                ", outcome: \"yes\", data: {remark: \"ok\", other: 9}"
            )
            .await
        ),
        "NOT_PERMITTED",
        "not on the form"
    );
    assert_eq!(
        code(
            &act(
                &ann,
                "completeTask",
                &task,
                ", outcome: \"perhaps\", data: {remark: \"ok\"}"
            )
            .await
        ),
        "INVALID_INPUT"
    );
    assert_eq!(
        code(&act(&ann, "completeTask", &task, ", data: {remark: \"ok\"}").await),
        "INVALID_INPUT",
        "an outcome is asked for"
    );
    assert_eq!(
        act(
            &ann,
            "completeTask",
            &task,
            ", outcome: \"yes\", data: {remark: \"ok\"}"
        )
        .await["task"]["state"],
        "COMPLETED"
    );
    let data = ann
        .ok(
            "query($i: ID!) { processInstance(id: $i) { state data } }",
            json!({ "i": instance }),
        )
        .await;
    assert_eq!(
        data["processInstance"],
        json!({ "state": "COMPLETED", "data": { "amount": 10, "remark": "ok", "answer": "yes" } })
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn completing_says_what_comes_next_from_the_same_commit() {
    let server = TestServer::start().await;
    server
        .publish(include_str!("../../api/demo/expense.bpmn"))
        .await;
    let emma = server
        .user("emma")
        .group("employees")
        .role("employee")
        .group("finance");
    emma.start("expense", json!({})).await;
    let task = emma
        .worklist("ASSIGNED")
        .await
        .pop()
        .expect("the task is assigned")
        .0;
    let complete = "mutation($t: ID!, $d: JSON) { completeTask(input: {task: $t, data: $d}) { task { state } processInstance { state } nextTasks { name } cursor userErrors { message } } }";
    let data = json!({ "purpose": "train to Bonn", "amount": 80.5, "category": "travel", "iban": "DE02120300000000202051" });
    let payload = emma.ok(complete, json!({ "t": task, "d": data })).await["completeTask"].clone();
    assert_eq!(payload["task"]["state"], "COMPLETED", "{payload}");
    assert_eq!(
        payload["nextTasks"],
        json!([]),
        "nobody approves their own claim"
    );
    assert!(payload["cursor"].is_string());
    let onboarding = include_str!("../../api/demo/onboarding.bpmn");
    server.publish(onboarding).await;
    let hanna = server.user("hanna").group("hr").group("it");
    let instance = hanna
        .start(
            "onboarding",
            json!({ "newcomer": "Nele", "startsOn": "2026-04-01" }),
        )
        .await;
    let order = hanna
        .worklist("CLAIMABLE")
        .await
        .into_iter()
        .find(|(_, name)| name == "Order the equipment")
        .expect("the task is there")
        .0;
    hanna.claim(&order).await.expect("it can be claimed");
    let payload = hanna
        .ok(
            complete,
            json!({ "t": order, "d": { "machine": "laptop" } }),
        )
        .await["completeTask"]
        .clone();
    let mut next: Vec<_> = payload["nextTasks"]
        .as_array()
        .expect("tasks")
        .iter()
        .map(|task| task["name"].as_str().unwrap_or_default())
        .collect();
    next.sort_unstable();
    assert_eq!(
        next,
        [
            "Create the accounts",
            "File the contract",
            "Set up the desk"
        ],
        "of {instance}"
    );
}
