//! The vacation request, told by four people: what each sees at each step, over HTTP and over the socket; once inside
//! the test's process, and once with the real program, killed between the steps.

use docket_tests::server::publish;
use docket_tests::{Executable, Socket, TestServer, User};
use serde_json::{Value, json};

const VACATION: &str = include_str!("../../api/demo/vacation.bpmn");

const CHANGES: &str = "subscription($worklist: ID!, $after: String) { worklistChanges(worklist: $worklist, after: $after) { __typename
  ... on WorklistSnapshot { sequence cursor tasks { name } }
  ... on TaskEntered { sequence cursor task { id name state assignee { name } } }
  ... on TaskUpdated { sequence cursor task { id name state } }
  ... on TaskLeft { sequence cursor taskId reason }
  ... on WorklistReset { sequence cursor } } }";

struct Cast {
    emma: User,
    mark: User,
    hanna: User,
    nora: User,
}

fn cast(user: impl Fn(&str) -> User) -> Cast {
    let employee = |name: &str| user(name).group("employees").role("employee");
    Cast {
        emma: employee("emma"),
        mark: employee("mark").group("managers"),
        hanna: employee("hanna").group("hr"),
        nora: user("nora"),
    }
}

/// A request as Emma files it; the draft task is assigned to her.
async fn file(cast: &Cast) -> String {
    let instance = cast.emma.start("vacation", json!({})).await;
    let draft = only(cast.emma.worklist("ASSIGNED").await, "Fill in the request");
    let form = json!({ "from": "2026-07-01", "until": "2026-07-14", "days": 10, "manager": "mark", "reason": "my sister marries" });
    assert_eq!(cast.emma.complete(&draft, form, None).await, Ok(()));
    instance
}

fn only(worklist: Vec<(String, String)>, name: &str) -> String {
    let names: Vec<_> = worklist.iter().map(|(_, name)| name.as_str()).collect();
    assert_eq!(names, [name]);
    worklist[0].0.clone()
}

/// What one person sees of an instance: its state and its data, or nothing at all.
async fn sees(user: &User, instance: &str) -> Value {
    let answer = user
        .ok(
            "query($id: ID!) { processInstance(id: $id) { state data } }",
            json!({ "id": instance }),
        )
        .await;
    answer["processInstance"].clone()
}

async fn writes(user: &User, instance: &str) -> String {
    let update = "mutation($id: ID!) { updateData(input: {processInstance: $id, data: {note: \"x\"}}) { userErrors { code } } }";
    let answer = user.ok(update, json!({ "id": instance })).await;
    answer["updateData"]["userErrors"][0]["code"]
        .as_str()
        .unwrap_or("OK")
        .to_owned()
}

/// In the approval: Emma reads and no longer writes, her manager has the task, HR and others see nothing.
async fn in_approval(cast: &Cast, instance: &str) -> String {
    assert_eq!(sees(&cast.emma, instance).await["data"]["days"], 10);
    assert_eq!(
        sees(&cast.emma, instance).await["data"]["reason"],
        "my sister marries"
    );
    assert_eq!(writes(&cast.emma, instance).await, "NOT_PERMITTED");
    assert_eq!(
        sees(&cast.mark, instance).await["data"]["reason"],
        "my sister marries"
    );
    assert_eq!(sees(&cast.hanna, instance).await, Value::Null);
    assert_eq!(writes(&cast.hanna, instance).await, "NOT_AVAILABLE");
    assert_eq!(sees(&cast.nora, instance).await, Value::Null);
    assert_eq!(cast.hanna.worklist("CLAIMABLE").await, []);
    only(cast.mark.worklist("ASSIGNED").await, "Approve the vacation")
}

/// After three days without an answer: HR may decide; the reason stays between Emma and her manager.
async fn escalated(cast: &Cast, instance: &str) -> String {
    assert_eq!(cast.mark.worklist("ASSIGNED").await, []);
    let seen = sees(&cast.hanna, instance).await;
    assert_eq!(seen["data"]["days"], 10);
    assert_eq!(
        seen["data"].get("reason"),
        None,
        "the reason is confidential: {seen}"
    );
    assert_eq!(sees(&cast.nora, instance).await, Value::Null);
    only(
        cast.hanna.worklist("CLAIMABLE").await,
        "Decide in place of the manager",
    )
}

async fn watch(user: &User, kind: &str) -> (Socket, Value) {
    let answer = user
        .ok("{ viewer { worklists { id kind name } } }", json!({}))
        .await;
    let lists = answer["viewer"]["worklists"]
        .as_array()
        .expect("worklists")
        .clone();
    let list = lists
        .iter()
        .find(|list| list["kind"] == kind)
        .expect("the worklist exists");
    let mut socket = user.socket().await;
    socket
        .subscribe("1", CHANGES, json!({ "worklist": list["id"] }))
        .await;
    let snapshot = change(&mut socket).await;
    assert_eq!(
        (&snapshot["__typename"], &snapshot["sequence"]),
        (&json!("WorklistSnapshot"), &json!(1))
    );
    (socket, snapshot)
}

async fn change(socket: &mut Socket) -> Value {
    socket.change("1").await["worklistChanges"].clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn four_people_see_what_the_model_says_at_each_step_without_a_poll() {
    let server = TestServer::start().await;
    server.publish(VACATION).await;
    let cast = cast(|name| server.user(name));
    let (mut marks, snapshot) = watch(&cast.mark, "ASSIGNED").await;
    assert_eq!(snapshot["tasks"], json!([]));
    let (mut hannas, _) = watch(&cast.hanna, "CLAIMABLE").await;
    let (mut noras, _) = watch(&cast.nora, "CLAIMABLE").await;

    let instance = file(&cast).await;
    let entered = change(&mut marks).await;
    assert_eq!(entered["__typename"], "TaskEntered");
    assert_eq!(entered["task"]["name"], "Approve the vacation");
    assert_eq!(entered["task"]["assignee"]["name"], "mark");
    let approval = in_approval(&cast, &instance).await;
    assert_eq!(entered["task"]["id"], json!(approval));

    server.advance("P3DT1H").await;
    let left = change(&mut marks).await;
    assert_eq!(
        (&left["__typename"], &left["taskId"], &left["reason"]),
        (&json!("TaskLeft"), &json!(approval), &json!("CANCELLED"))
    );
    let entered = change(&mut hannas).await;
    assert_eq!(
        (&entered["__typename"], &entered["sequence"]),
        (&json!("TaskEntered"), &json!(2)),
        "nothing before it reached HR"
    );

    let decision = escalated(&cast, &instance).await;
    assert_eq!(
        cast.emma.claim(&decision).await,
        Err("NOT_PERMITTED".to_owned()),
        "nobody decides on their own request"
    );
    assert_eq!(
        cast.nora.claim(&decision).await,
        Err("NOT_AVAILABLE".to_owned())
    );
    assert_eq!(cast.hanna.claim(&decision).await, Ok(()));
    let left = change(&mut hannas).await;
    assert_eq!(
        (&left["__typename"], &left["reason"]),
        (&json!("TaskLeft"), &json!("NO_LONGER_MATCHES")),
        "it is hers now"
    );
    assert_eq!(
        cast.hanna
            .complete(&decision, json!({ "note": "enjoy" }), Some("approve"))
            .await,
        Ok(())
    );
    for user in [&cast.emma, &cast.mark, &cast.hanna] {
        assert_eq!(sees(user, &instance).await["state"], "COMPLETED");
    }
    assert_eq!(sees(&cast.nora, &instance).await, Value::Null);

    // The first thing that Nora is told of is the first thing that concerns her.
    server
        .publish(include_str!("../fixtures/claimable.bpmn"))
        .await;
    cast.emma
        .start("claimable", json!({ "user": "nora" }))
        .await;
    assert_eq!(change(&mut noras).await["sequence"], 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_author_takes_a_request_back_and_nobody_else_does() {
    let server = TestServer::start().await;
    server.publish(VACATION).await;
    let cast = cast(|name| server.user(name));
    let instance = file(&cast).await;
    let (mut marks, snapshot) = watch(&cast.mark, "ASSIGNED").await;
    assert_eq!(
        snapshot["tasks"],
        json!([{ "name": "Approve the vacation" }])
    );

    let withdraw = "mutation($id: ID!) { withdrawInstance(input: {processInstance: $id}) { processInstance { state } userErrors { code } } }";
    let id = json!({ "id": instance });
    assert_eq!(
        cast.mark.ok(withdraw, id.clone()).await["withdrawInstance"]["userErrors"][0]["code"],
        "NOT_PERMITTED"
    );
    assert_eq!(
        cast.nora.ok(withdraw, id.clone()).await["withdrawInstance"]["userErrors"][0]["code"],
        "NOT_AVAILABLE"
    );
    assert_eq!(
        cast.emma.ok(withdraw, id.clone()).await["withdrawInstance"]["processInstance"]["state"],
        "WITHDRAWN"
    );
    assert_eq!(change(&mut marks).await["__typename"], "TaskLeft");
    assert_eq!(cast.mark.worklist("ASSIGNED").await, []);
    assert_eq!(
        cast.emma.ok(withdraw, id).await["withdrawInstance"]["userErrors"][0]["code"],
        "INVALID_STATE",
        "it is over"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_acknowledged_is_lost_when_the_program_is_killed_between_two_steps() {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let program = Executable::start(folder.path())
        .await
        .expect("the program starts");
    publish(
        &program.nobody("dora").privilege("designer"),
        &program.nobody("pia").privilege("manager"),
        VACATION,
    )
    .await;
    let instance = file(&cast(|name| program.user(name))).await;
    let (mut marks, snapshot) = watch(
        &program.user("mark").group("employees").role("employee"),
        "ASSIGNED",
    )
    .await;
    assert_eq!(
        snapshot["tasks"],
        json!([{ "name": "Approve the vacation" }])
    );
    program.kill().expect("the program can be killed");
    assert!(marks.next().await.is_err(), "the socket is gone");

    let program = Executable::start(folder.path())
        .await
        .expect("the program starts again");
    in_approval(&cast(|name| program.user(name)), &instance).await;
    let mark = program.user("mark").group("employees").role("employee");
    let mut marks = mark.socket().await;
    let lists = mark
        .ok("{ viewer { worklists { id kind } } }", json!({}))
        .await;
    let assigned = lists["viewer"]["worklists"]
        .as_array()
        .expect("worklists")
        .iter()
        .find(|list| list["kind"] == "ASSIGNED")
        .expect("it exists")["id"]
        .clone();
    marks
        .subscribe(
            "1",
            CHANGES,
            json!({ "worklist": assigned, "after": snapshot["cursor"] }),
        )
        .await;
    program.advance("P3DT1H").await;
    let left = change(&mut marks).await;
    assert_eq!(
        (&left["__typename"], &left["reason"]),
        (&json!("TaskLeft"), &json!("CANCELLED")),
        "the feed goes on where it stood"
    );
    program.kill().expect("the program can be killed");

    let program = Executable::start(folder.path())
        .await
        .expect("the program starts again");
    let people = cast(|name| program.user(name));
    let decision = escalated(&people, &instance).await;
    assert_eq!(people.hanna.claim(&decision).await, Ok(()));
    program.kill().expect("the program can be killed");

    let program = Executable::start(folder.path())
        .await
        .expect("the program starts again");
    let people = cast(|name| program.user(name));
    assert_eq!(
        people
            .hanna
            .complete(&decision, json!({}), Some("reject"))
            .await,
        Ok(())
    );
    assert_eq!(sees(&people.emma, &instance).await["state"], "COMPLETED");
}
