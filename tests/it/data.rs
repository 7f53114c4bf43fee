//! Data of processes, sub-processes and activities: what is mapped in and out, what shadows what, and who sees it.

use docket_tests::{TestServer, User};
use serde_json::{Value, json};

const CLAIM: &str = include_str!("../fixtures/data.bpmn");

async fn task(user: &User) -> String {
    user.worklist("ASSIGNED").await.pop().expect("a task").0
}

/// The data of a task, and each field as it is seen.
async fn look(user: &User, task: &str) -> (Value, Value) {
    let query =
        "query($id: ID!) { task(id: $id) { data fields { name visibility value writable } } }";
    let answer = user.ok(query, json!({ "id": task })).await["task"].clone();
    (answer["data"].clone(), answer["fields"].clone())
}

async fn data(user: &User, id: &str) -> Value {
    let query = "query($id: ID!) { processInstance(id: $id) { data } }";
    user.ok(query, json!({ "id": id })).await["processInstance"]["data"].clone()
}

fn field<'a>(fields: &'a Value, name: &str) -> &'a Value {
    let mut fields = fields.as_array().expect("fields").iter();
    fields
        .find(|field| field["name"] == name)
        .expect("the field")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_task_shows_what_is_mapped_into_it_and_what_it_keeps_goes_where_the_model_says() {
    let server = TestServer::start().await;
    server.publish(CLAIM).await;
    let (emma, carl) = (server.user("emma"), server.user("carl"));
    let start = json!({ "salary": 1200, "note": "of the process" });
    let id = carl.start("claim", start).await;

    // What the data begins with, and what is mapped into the form; the local salary is hidden like the one it shadows.
    let check = task(&emma).await;
    let (seen, fields) = look(&emma, &check).await;
    assert_eq!(
        seen,
        json!({ "bills": [], "limit": 500, "most": 1000, "note": null })
    );
    assert_eq!(field(&fields, "salary")["visibility"], "MASKED");
    assert_eq!(field(&fields, "salary")["value"], "********");
    let (seen, _) = look(&carl, &check).await;
    assert_eq!(seen["salary"], json!(100));
    assert_eq!(data(&carl, &id).await["salary"], json!(1200));

    // Nobody writes the local field who may not write the field of that name.
    let refused = emma.complete(&check, json!({ "salary": 1 }), None).await;
    assert_eq!(refused, Err("NOT_PERMITTED".to_owned()));
    let kept = json!({ "most": 1, "note": "inside", "checked": true });
    emma.complete(&check, kept, None)
        .await
        .expect("it can be completed");
    assert_eq!(
        data(&emma, &id).await,
        json!({ "bills": [], "limit": 500, "note": "of the process", "checked": true })
    );

    // The data object of the sub-process reaches the next task through its association; what it enters is appended.
    let bill = task(&emma).await;
    let (seen, _) = look(&emma, &bill).await;
    assert_eq!(seen["hint"], "INSIDE");
    assert_eq!(seen["most"], Value::Null);
    let entered = json!({ "bill": 70, "scribble": "x" });
    emma.complete(&bill, entered, None)
        .await
        .expect("it can be completed");

    // Behind the sub-process its data is gone, and the outer field was never touched.
    let sign = task(&carl).await;
    let (seen, _) = look(&carl, &sign).await;
    assert_eq!(seen["number"], json!(1));
    assert_eq!(seen["note"], "of the process");
    assert_eq!(seen["bills"], json!([70]));
    carl.complete(&sign, json!({ "extra": 2 }), None)
        .await
        .expect("it can be completed");
    assert_eq!(
        data(&carl, &id).await,
        json!({ "bills": [70], "limit": 500, "note": "of the process", "checked": true, "salary": 1200, "signed": 3 })
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_start_says_goes_before_what_the_data_begins_with() {
    let server = TestServer::start().await;
    server.publish(CLAIM).await;
    let emma = server.user("emma");
    let id = emma
        .start("claim", json!({ "limit": 3, "salary": 12 }))
        .await;
    assert_eq!(data(&emma, &id).await["limit"], json!(3));
    let (seen, _) = look(&emma, &task(&emma).await).await;
    assert_eq!(seen["most"], json!(6));
}

const SALES: &str = include_str!("../fixtures/correlation.bpmn");

async fn state(user: &User, id: &str) -> Value {
    let query = "query($id: ID!) { processInstance(id: $id) { state } }";
    user.ok(query, json!({ "id": id })).await["processInstance"]["state"].clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn of_many_that_wait_exactly_the_one_gets_a_message_whose_key_it_bears() {
    let server = TestServer::start().await;
    server.publish(SALES).await;
    let emma = server.user("emma");
    // More than are ever tried one by one.
    let mut sales = Vec::new();
    for number in 0..30 {
        sales.push(emma.start("sale", json!({ "order": number })).await);
    }
    let correlate = |data: Value| {
        let emma = &emma;
        async move {
            let send = "mutation($data: JSON) { correlateMessage(input: {name: \"order paid\", data: $data}) { processInstance { id } userErrors { code } } }";
            emma.ok(send, json!({ "data": data })).await["correlateMessage"].clone()
        }
    };
    let hit = correlate(json!({ "invoice": { "number": 27 }, "shop": "north" })).await;
    assert_eq!(hit["processInstance"]["id"], json!(sales[27]));
    for missed in [
        json!({ "invoice": { "number": 27 }, "shop": "north" }),
        json!({ "invoice": { "number": 26 }, "shop": "south" }),
        json!({ "invoice": { "number": 26 } }),
        json!({}),
    ] {
        let answer = correlate(missed.clone()).await;
        assert_eq!(answer["processInstance"], Value::Null, "{missed}: {answer}");
        assert_ne!(answer["userErrors"], json!([]), "{missed}");
    }
    // Nobody else's message reaches what they may not read.
    let send = "mutation($data: JSON) { correlateMessage(input: {name: \"order paid\", data: $data}) { processInstance { id } userErrors { code } } }";
    let data = json!({ "invoice": { "number": 26 }, "shop": "north" });
    let mia = server.user("mia").ok(send, json!({ "data": data })).await;
    assert_eq!(mia["correlateMessage"]["processInstance"], Value::Null);

    // What another instance throws finds the one that it is for.
    emma.start("bank", json!({ "transfer": 3 })).await;
    for (number, sale) in sales.iter().enumerate() {
        let over = number == 27 || number == 3;
        let expected = if over { "COMPLETED" } else { "ACTIVE" };
        assert_eq!(state(&emma, sale).await, expected, "{number}");
    }
}
