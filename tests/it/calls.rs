//! What one instance has another do: what goes in and comes back, what happens when either ends, and who sees which of them.

use docket_tests::{TestServer, User};
use serde_json::{Value, json};

const CALLS: &str = include_str!("../fixtures/calls.bpmn");

const INSTANCE: &str = "query($id: ID!) { processInstance(id: $id) { id state revision businessKey data initiator { id } createdBy { id } incidents { elementId message } process { key version } parent { id } children { nodes { id } totalCount pageInfo { hasNextPage } } tokens { elementId } } }";

async fn look(user: &User, id: &str) -> Value {
    user.ok(INSTANCE, json!({ "id": id })).await["processInstance"].clone()
}

/// The called instances that the person sees, oldest last.
fn children(instance: &Value) -> Vec<String> {
    let nodes = instance["children"]["nodes"].as_array().expect("children");
    nodes
        .iter()
        .map(|node| node["id"].as_str().expect("an id").to_owned())
        .collect()
}

fn stands(instance: &Value) -> Vec<&str> {
    let tokens = instance["tokens"].as_array().expect("tokens");
    tokens
        .iter()
        .filter_map(|token| token["elementId"].as_str())
        .collect()
}

/// One who started an order, one who may check it, and both instances.
struct Order {
    emma: User,
    carl: User,
    order: String,
    check: String,
}

async fn order(server: &TestServer, model: &str) -> Order {
    server.publish(model).await;
    let emma = server.user("emma").role("sales");
    let carl = server.user("carl").group("crew").role("sales");
    let data = json!({ "amount": 7, "number": "N-1", "secret": "s" });
    let order = emma.start("order", data).await;
    let check = children(&look(&emma, &order).await)
        .pop()
        .expect("the check was called");
    Order {
        emma,
        carl,
        order,
        check,
    }
}

async fn finish(carl: &User, outcome: &str) {
    let task = match carl.worklist("CLAIMABLE").await.pop() {
        Some((task, _)) => {
            carl.claim(&task).await.expect("it can be claimed");
            task
        }
        None => carl.worklist("ASSIGNED").await.pop().expect("a task").0,
    };
    carl.complete(&task, json!({}), Some(outcome))
        .await
        .expect("it can be completed");
}

async fn names(user: &User, kind: &str) -> Vec<String> {
    let list = user.worklist(kind).await;
    list.into_iter().map(|(_, name)| name).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_gives_what_the_model_names_and_goes_on_with_what_comes_back() {
    let server = TestServer::start().await;
    let Order {
        emma,
        carl,
        order,
        check,
    } = order(&server, CALLS).await;
    let child = look(&emma, &check).await;
    assert_eq!(child["data"], json!({ "amount": 7, "double": 14 }));
    assert_eq!(child["businessKey"], "N-1");
    assert_eq!(child["parent"]["id"], json!(order));
    assert_eq!(child["initiator"], child["createdBy"]);
    let parent = look(&emma, &order).await;
    assert_eq!(parent["initiator"], child["initiator"]);
    assert_eq!(parent["parent"], json!(null));
    assert_eq!(stands(&parent), ["check"]);
    assert_eq!(parent["children"]["totalCount"], 1);

    finish(&carl, "fine").await;
    let parent = look(&emma, &order).await;
    assert_eq!(stands(&parent), ["ship"]);
    assert_eq!(
        parent["data"],
        json!({ "amount": 7, "number": "N-1", "secret": "s", "verdict": "fine" })
    );
    assert_eq!(parent["revision"], 2);
    assert_eq!(look(&emma, &check).await["state"], "COMPLETED");
    assert_eq!(names(&emma, "ASSIGNED").await, ["Ship"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn errors_and_escalations_of_the_called_reach_the_border_of_the_call() {
    let server = TestServer::start().await;
    let Order {
        emma,
        carl,
        order,
        check,
    } = order(&server, CALLS).await;
    finish(&carl, "doubt").await;
    assert_eq!(stands(&look(&emma, &order).await), ["check", "ask"]);
    assert_eq!(look(&emma, &check).await["state"], "ACTIVE");
    finish(&carl, "refuse").await;
    assert_eq!(stands(&look(&emma, &order).await), ["ask", "apologise"]);
    assert_eq!(look(&emma, &check).await["state"], "TERMINATED");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_that_is_taken_away_ends_what_it_called_and_its_tasks() {
    let server = TestServer::start().await;
    let Order {
        emma,
        carl,
        order,
        check,
    } = order(&server, CALLS).await;
    assert_eq!(names(&carl, "CLAIMABLE").await, ["Look"]);
    server.advance("P3D").await;
    assert_eq!(stands(&look(&emma, &order).await), ["remind"]);
    assert_eq!(look(&emma, &check).await["state"], "TERMINATED");
    assert_eq!(names(&carl, "CLAIMABLE").await, Vec::<String>::new());

    let again = emma
        .start("order", json!({ "amount": 1, "number": "N-2" }))
        .await;
    let called = children(&look(&emma, &again).await).remove(0);
    assert_eq!(names(&carl, "CLAIMABLE").await, ["Look"]);
    let adam = server.nobody("adam").privilege("administrator");
    let terminate = "mutation($i: ID!) { terminateInstance(input: {processInstance: $i}) { status { state } userErrors { code } } }";
    let ended = adam.ok(terminate, json!({ "i": again })).await;
    assert_eq!(ended["terminateInstance"]["status"]["state"], "TERMINATED");
    assert_eq!(look(&emma, &called).await["state"], "TERMINATED");
    assert_eq!(names(&carl, "CLAIMABLE").await, Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_called_instance_that_an_administrator_ends_is_an_incident_of_the_call() {
    let server = TestServer::start().await;
    let Order {
        emma, order, check, ..
    } = order(&server, CALLS).await;
    let withdraw = "mutation($i: ID!) { withdrawInstance(input: {processInstance: $i}) { userErrors { code } } }";
    let refused = emma.ok(withdraw, json!({ "i": check })).await;
    assert_eq!(
        refused["withdrawInstance"]["userErrors"][0]["code"], "NOT_PERMITTED",
        "a part of a case is not taken back by itself"
    );
    let adam = server.nobody("adam").privilege("administrator");
    let terminate = "mutation($i: ID!) { terminateInstance(input: {processInstance: $i}) { status { state } userErrors { code } } }";
    adam.ok(terminate, json!({ "i": check })).await;
    let parent = look(&emma, &order).await;
    assert_eq!(stands(&parent), ["check"]);
    assert_eq!(
        parent["incidents"],
        json!([{ "elementId": "check", "message": "what was called has been ended" }])
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_published_is_not_called() {
    let server = TestServer::start().await;
    let model = CALLS.replace("calledElement=\"check\"", "calledElement=\"elsewhere\"");
    server.publish(&model).await;
    let emma = server.user("emma").role("sales");
    let order = emma
        .start("order", json!({ "amount": 1, "number": "N-3" }))
        .await;
    let parent = look(&emma, &order).await;
    assert_eq!(parent["children"]["totalCount"], 0);
    assert_eq!(
        parent["incidents"][0]["message"],
        "`elsewhere` was not called: no such version is published"
    );
    // Only an uploaded draft: that is not published either.
    let draft = CALLS.replace(
        "id=\"check\" name=\"Check\" isExecutable",
        "id=\"elsewhere\" isExecutable",
    );
    let dora = server.nobody("dora").privilege("designer");
    let upload =
        "mutation($xml: String!) { uploadProcess(input: {bpmnXml: $xml}) { processes { key } } }";
    dora.ok(upload, json!({ "xml": draft })).await;
    let order = emma
        .start("order", json!({ "amount": 1, "number": "N-4" }))
        .await;
    assert_eq!(look(&emma, &order).await["children"]["totalCount"], 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_is_bound_to_the_version_that_the_model_names() {
    let server = TestServer::start().await;
    let bound = |attributes: &str| CALLS.replace("<wf:call ", &format!("<wf:call {attributes} "));
    let tagged = bound("tag=\"stable\"").replace(
        "id=\"check\" name=\"Check\" isExecutable=\"true\"",
        "id=\"check\" wf:versionTag=\"stable\" isExecutable=\"true\"",
    );
    let number = bound("version=\"=which\"");
    // The versions of `check` are 1 to 4, and `order` goes along.
    for model in [&tagged, &number, &bound("binding=\"deployment\""), CALLS] {
        server.publish(model).await;
    }
    let emma = server.user("emma").role("sales");
    let mut called = Vec::new();
    for version in 1..=4 {
        let start = "mutation($v: Int!, $data: JSON) { startProcess(input: {key: \"order\", version: $v, data: $data}) { processInstance { children { nodes { process { version } } } } userErrors { message } } }";
        let data = json!({ "amount": 1, "number": "N", "which": 2 });
        let answer = emma.ok(start, json!({ "v": version, "data": data })).await;
        let nodes = &answer["startProcess"]["processInstance"]["children"]["nodes"];
        called.push(nodes[0]["process"]["version"].as_i64().expect("a version"));
    }
    assert_eq!(called, [1, 2, 3, 4], "tag, number, same upload, latest");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_bound_to_a_deployment_and_came_in_another_file_is_what_was_in_force() {
    let server = TestServer::start().await;
    let callee = r#"<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL"><process id="apart" isExecutable="true"><task id="t"/></process></definitions>"#;
    let caller = r#"<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:wf="https://docket.dev/schema/wf"><process id="bound" isExecutable="true"><callActivity id="call" calledElement="apart"><extensionElements><wf:call binding="deployment"/></extensionElements></callActivity></process></definitions>"#;
    server.publish(caller).await;
    let emma = server.user("emma");
    let called = async |version: u32| {
        let start = "mutation($v: Int!) { startProcess(input: {key: \"bound\", version: $v}) { processInstance { incidents { message } children { nodes { process { version } } } } } }";
        let answer = emma.ok(start, json!({ "v": version })).await;
        answer["startProcess"]["processInstance"].clone()
    };
    for model in [callee, caller, callee] {
        server.advance("PT1M").await;
        server.publish(model).await;
    }
    let nothing = called(1).await;
    assert_eq!(
        nothing["incidents"][0]["message"],
        "`apart` was not called: no such version is published"
    );
    let first = called(2).await;
    assert_eq!(
        first["children"]["nodes"],
        json!([{ "process": { "version": 1 } }]),
        "not the latest: {first}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_suspended_instance_called_ends_and_is_heard_when_it_goes_on() {
    let server = TestServer::start().await;
    let Order {
        emma,
        carl,
        order,
        check,
    } = order(&server, CALLS).await;
    let adam = server.nobody("adam").privilege("administrator");
    for (stop, go_on, input) in [
        (
            "suspendInstance",
            "resumeInstance",
            json!({ "processInstance": order }),
        ),
        (
            "suspendProcess",
            "resumeProcess",
            json!({ "process": "order" }),
        ),
    ] {
        let (order, check) = match stop {
            "suspendInstance" => (order.clone(), check.clone()),
            _ => {
                let data = json!({ "amount": 7, "number": "N-2", "secret": "s" });
                let order = emma.start("order", data).await;
                let check = children(&look(&emma, &order).await).pop();
                (order, check.expect("the check was called"))
            }
        };
        let ask = async |name: &str| {
            let kind = format!("{}{}Input", name[..1].to_uppercase(), &name[1..]);
            let document = format!(
                "mutation($input: {kind}!) {{ {name}(input: $input) {{ userErrors {{ code message }} }} }}"
            );
            let answer = adam.ok(&document, json!({ "input": input })).await;
            assert_eq!(answer[name]["userErrors"], json!([]), "{answer}");
        };
        ask(stop).await;
        finish(&carl, "approve").await;
        assert_eq!(look(&emma, &check).await["state"], "COMPLETED");
        assert_eq!(stands(&look(&emma, &order).await), ["check"]);
        // However long it rests.
        server.advance("P1D").await;
        assert_eq!(stands(&look(&emma, &order).await), ["check"]);
        ask(go_on).await;
        let mut gone_on = look(&emma, &order).await;
        for _ in 0..100 {
            if stands(&gone_on) != ["check"] {
                break;
            }
            // The worker may be at it.
            server.advance("PT1S").await;
            gone_on = look(&emma, &order).await;
        }
        assert_eq!(gone_on["incidents"], json!([]), "{gone_on}");
        assert_ne!(stands(&gone_on), ["check"], "{gone_on}");
    }
}

/// Each of a hundred rounds calls, and each is over at once; a call in an endless loop is stopped.
#[tokio::test(flavor = "multi_thread")]
async fn many_calls_in_one_transaction_are_bounded() {
    let server = TestServer::start().await;
    let model = r#"<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:wf="https://docket.dev/schema/wf">
      <process id="many" isExecutable="true"><callActivity id="each" calledElement="one"><extensionElements><wf:call><wf:in field="n" value="item"/><wf:out field="last" value="n"/></wf:call></extensionElements>
        <multiInstanceLoopCharacteristics><extensionElements><wf:collection field="items" element="item"/></extensionElements></multiInstanceLoopCharacteristics></callActivity></process>
      <process id="one" isExecutable="true"><task id="t"/></process>
      <process id="endless" isExecutable="true"><startEvent id="s"/><sequenceFlow sourceRef="s" targetRef="again"/><exclusiveGateway id="again"/><sequenceFlow sourceRef="again" targetRef="call"/><callActivity id="call" calledElement="one"/><sequenceFlow sourceRef="call" targetRef="again"/></process>
      <process id="deep" isExecutable="true"><callActivity id="call" calledElement="deep"/></process>
    </definitions>"#;
    server.publish(model).await;
    let emma = server.user("emma");
    let items: Vec<u32> = (1..=100).collect();
    let many = look(&emma, &emma.start("many", json!({ "items": items })).await).await;
    assert_eq!(many["state"], "COMPLETED");
    assert_eq!(many["children"]["totalCount"], 100);
    assert_eq!(many["data"]["last"], 100);
    assert_eq!(many["revision"], 2, "all came back in one transition");

    let endless = look(&emma, &emma.start("endless", json!({})).await).await;
    assert_eq!(endless["children"]["totalCount"], 1_000);
    assert_eq!(
        endless["incidents"][0]["message"],
        "`one` was not called: too many instances would begin at once"
    );

    let mut at = look(&emma, &emma.start("deep", json!({})).await).await;
    let mut depth = 0;
    while let Some(child) = children(&at).pop() {
        assert_eq!(at["incidents"], json!([]));
        at = look(&emma, &child).await;
        depth += 1;
    }
    assert_eq!(depth, 32);
    assert_eq!(at["incidents"][0]["message"], "calls nest deeper than 32");
}

/// The role that `order` demands is demanded of `check` as well, though its own model asks for none.
#[tokio::test(flavor = "multi_thread")]
async fn the_called_is_closed_to_everyone_without_the_roles_above_it() {
    let server = TestServer::start().await;
    server.publish(CALLS).await;
    let otto = server.user("otto").group("crew");
    let own = otto.start("check", json!({})).await;
    let mut socket = otto.socket().await;
    let list = crate::worklist::list_id(&otto, "CLAIMABLE").await;
    let changes = "subscription($w: ID!) { worklistChanges(worklist: $w) { __typename ... on TaskEntered { task { processInstance { id } } } ... on TaskLeft { taskId } } }";
    socket.subscribe("w", changes, json!({ "w": list })).await;
    assert_eq!(
        socket.change("w").await["worklistChanges"]["__typename"],
        "WorklistSnapshot"
    );
    let Order {
        emma,
        carl,
        order,
        check,
    } = order(&server, CALLS).await;
    let task = "query($i: ID!) { processInstance(id: $i) { tasks { nodes { id } } } }";
    let seen = carl.ok(task, json!({ "i": check })).await;
    let task = seen["processInstance"]["tasks"]["nodes"][0]["id"].clone();

    let document = "query($p: ID!, $c: ID!, $t: ID!) { a: processInstance(id: $c) { id } b: node(id: $c) { id } c: nodes(ids: [$c, $t]) { id } d: task(id: $t) { id } e: processInstances { totalCount nodes { id } } f: tasks { totalCount } g: processInstance(id: $p) { children { totalCount } } }";
    let ids = json!({ "p": order, "c": check, "t": task });
    let seen = otto.ok(document, ids.clone()).await;
    assert_eq!(
        seen,
        json!({ "a": null, "b": null, "c": [null, null], "d": null, "e": { "totalCount": 1, "nodes": [{ "id": own }] }, "f": { "totalCount": 1 }, "g": null })
    );
    let seen = carl.ok(document, ids).await;
    assert_eq!(
        seen["a"]["id"],
        json!(check),
        "with the role a candidate reads it"
    );
    assert_eq!(seen["g"], json!(null), "and not what called it");
    assert_eq!(look(&carl, &check).await["parent"], json!(null));
    assert_eq!(look(&emma, &check).await["parent"]["id"], json!(order));
    assert_eq!(
        otto.claim(task.as_str().expect("an id")).await,
        Err("NOT_AVAILABLE".to_owned())
    );
    assert_eq!(otto.worklist("CLAIMABLE").await.len(), 1);

    // The next thing that otto hears of is an instance of his own: nothing of the called one came before it.
    let mine = otto.start("check", json!({})).await;
    let heard = socket.change("w").await;
    assert_eq!(
        heard["worklistChanges"]["task"]["processInstance"]["id"],
        json!(mine)
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_works_below_reads_above_where_the_model_says_so() {
    let server = TestServer::start().await;
    let up = CALLS.replace("<wf:call ", "<wf:call readers=\"up\" ");
    let Order {
        emma,
        carl,
        order,
        check,
    } = order(&server, &up).await;
    assert_eq!(
        look(&carl, &order).await,
        json!(null),
        "a candidate takes no part yet"
    );
    let (task, _) = carl.worklist("CLAIMABLE").await.remove(0);
    carl.claim(&task).await.expect("it can be claimed");
    assert_eq!(look(&carl, &check).await["parent"]["id"], json!(order));
    let otto = server.user("otto").group("crew");
    assert_eq!(look(&otto, &order).await, json!(null));
    carl.complete(&task, json!({}), Some("fine"))
        .await
        .expect("it can be completed");
    assert_eq!(
        look(&carl, &order).await,
        json!(null),
        "who takes no part any more reads no more"
    );
    assert_eq!(look(&emma, &order).await["id"], json!(order));
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_reads_above_reads_below_where_the_model_says_so() {
    let server = TestServer::start().await;
    let lists = "<extensionElements><wf:acl><wf:readers groups=\"hr\" users=\"@initiator\"/></wf:acl></extensionElements><startEvent id=\"start\"/>";
    let with_readers = CALLS.replacen("<startEvent id=\"start\"/>", lists, 1);
    let hr = server.user("hanna").group("hr").role("sales");
    let closed = order(&server, &with_readers).await;
    assert_eq!(look(&hr, &closed.order).await["id"], json!(closed.order));
    assert_eq!(look(&hr, &closed.check).await, json!(null));
    let down = with_readers.replace("<wf:call ", "<wf:call readers=\"down\" ");
    let open = order(&server, &down).await;
    assert_eq!(look(&hr, &open.check).await["id"], json!(open.check));
}
