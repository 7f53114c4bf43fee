//! Work that is done outside: fetched by workers who read no instance, locked, failed, retried, thrown and done.

use std::collections::HashSet;

use docket_tests::{TestServer, User};
use serde_json::{Value, json};

use crate::history::statements;

pub const WORK: &str = include_str!("../fixtures/work.bpmn");

const ACTIVATE: &str = "mutation($input: ActivateWorkInput!) { activateWork(input: $input) { work { id type elementId processKey processVersion businessKey retries priority lockedUntil headers { name value } data lastFailure } userErrors { code message field } } }";

fn robot(server: &TestServer, name: &str) -> User {
    server.nobody(name).privilege("worker")
}

/// What a worker fetches, with a lock of a minute.
async fn activate(worker: &User, kind: &str, max: u32) -> Vec<Value> {
    let input = json!({ "type": kind, "worker": "w1", "max": max, "lock": "PT1M" });
    let answer = worker.ok(ACTIVATE, json!({ "input": input })).await;
    let payload = &answer["activateWork"];
    assert_eq!(payload["userErrors"], json!([]), "{payload}");
    payload["work"].as_array().expect("a list").clone()
}

/// One piece that is there.
async fn one(worker: &User, kind: &str) -> Value {
    let mut all = activate(worker, kind, 1).await;
    all.pop().expect("there is work")
}

/// Says something about work; the refusal's code if it was refused.
async fn say(worker: &User, mutation: &str, work: &Value, more: Value) -> Result<Value, String> {
    let input = format!("{}{}", mutation[..1].to_uppercase(), &mutation[1..]);
    let document = format!(
        "mutation($input: {input}Input!) {{ {mutation}(input: $input) {{ work {{ id lockedUntil }} cursor userErrors {{ code message field }} }} }}"
    );
    let mut input = json!({ "work": work, "worker": "w1" });
    let more = more.as_object().expect("an object").clone();
    input.as_object_mut().expect("an object").extend(more);
    let answer = worker.ok(&document, json!({ "input": input })).await;
    let payload = answer[mutation].clone();
    match payload["userErrors"][0]["code"].as_str() {
        None => Ok(payload),
        Some(code) => {
            assert_eq!(payload["work"], Value::Null, "{payload}");
            Err(code.to_owned())
        }
    }
}

fn refused(code: &str) -> Result<Value, String> {
    Err(code.to_owned())
}

async fn case(person: &User, id: &str) -> Value {
    let document = "query($id: ID!) { processInstance(id: $id) { state data incidents { message elementId } tasks(first: 5) { nodes { elementId state } } } }";
    let answer = person.ok(document, json!({ "id": id })).await;
    answer["processInstance"].clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_fetches_work_does_it_and_the_case_goes_on() {
    let server = TestServer::start().await;
    server.publish(WORK).await;
    let emma = server.user("emma");
    let id = emma
        .start(
            "payment",
            json!({ "amount": 5, "iban": "AT611904300234573201", "pin": "0000" }),
        )
        .await;
    let rob = robot(&server, "rob");
    let work = one(&rob, "pay").await;
    let shown = json!({
        "id": work["id"], "type": "pay", "elementId": "pay", "processKey": "payment", "processVersion": 1,
        "businessKey": null, "retries": 2, "priority": 70, "lockedUntil": "2026-03-02T08:01:00Z",
        "headers": [{ "name": "region", "value": "eu" }], "data": { "amount": 5 }, "lastFailure": null,
    });
    assert_eq!(
        work, shown,
        "what is confidential or secret is not the worker's"
    );
    assert_eq!(
        activate(&rob, "pay", 10).await,
        [] as [Value; 0],
        "it is in hand"
    );

    let done = say(
        &rob,
        "completeWork",
        &work["id"],
        json!({ "data": { "receipt": "R1" } }),
    )
    .await;
    assert!(done.is_ok_and(|payload| payload["cursor"].is_string()));
    let after = case(&emma, &id).await;
    assert_eq!(after["data"]["receipt"], "R1");
    assert_eq!(
        after["tasks"]["nodes"],
        json!([{ "elementId": "check", "state": "READY" }])
    );
    let document = "query($id: ID!) { processInstance(id: $id) { id } node(id: $id) { id } }";
    let read = rob.ok(document, json!({ "id": id })).await;
    assert_eq!(
        read,
        json!({ "processInstance": null, "node": null }),
        "doing work gives no right to read"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_said_twice_is_answered_twice_and_happens_once() {
    let server = TestServer::start().await;
    server.publish(WORK).await;
    let emma = server.user("emma");
    let rob = robot(&server, "rob");
    emma.start("payment", json!({})).await;
    let work = one(&rob, "pay").await["id"].clone();
    let said = json!({ "data": { "receipt": "R1" } });
    assert!(say(&rob, "completeWork", &work, said.clone()).await.is_ok());
    assert!(say(&rob, "completeWork", &work, said).await.is_ok());
    let other = say(
        &rob,
        "completeWork",
        &work,
        json!({ "data": { "receipt": "R2" } }),
    )
    .await;
    assert_eq!(other, refused("INVALID_STATE"));
    let failed = say(&rob, "failWork", &work, json!({})).await;
    assert_eq!(failed, refused("NOT_AVAILABLE"));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_there_not_locked_or_in_other_hands_is_answered_alike() {
    let server = TestServer::start().await;
    server.publish(WORK).await;
    let emma = server.user("emma");
    for _ in 0..2 {
        emma.start("payment", json!({})).await;
    }
    let (rob, eve) = (robot(&server, "rob"), robot(&server, "eve"));
    let mine = one(&rob, "pay").await["id"].clone();
    let free = one(&eve, "pay").await["id"].clone();
    let gave_back = say(&eve, "failWork", &free, json!({ "backoff": "PT0S" })).await;
    assert!(gave_back.is_ok());
    let absent = json!("Work_01990000-0000-7000-8000-000000000001");
    let complete = "mutation($work: ID!, $worker: String!) { completeWork(input: {work: $work, worker: $worker}) { work { id } cursor userErrors { code message field } } }";
    let stranger = robot(&server, "rob").in_tenant("globex");
    let mut answers = HashSet::new();
    for (who, work, worker) in [
        (&eve, &mine, "w1"),
        (&rob, &mine, "w2"),
        (&eve, &free, "w1"),
        (&rob, &free, "w1"),
        (&rob, &absent, "w1"),
        (&stranger, &mine, "w1"),
    ] {
        let (status, headers, bytes) = who
            .raw(complete, json!({ "work": work, "worker": worker }))
            .await;
        answers.insert((
            status,
            headers,
            String::from_utf8(bytes).expect("JSON is text"),
        ));
    }
    assert_eq!(answers.len(), 1, "{answers:?}");
    let answer = answers.into_iter().next().expect("an answer").2;
    assert!(answer.contains("NOT_AVAILABLE"), "{answer}");
    for mutation in [
        "completeWork",
        "failWork",
        "throwWorkError",
        "extendWorkLock",
    ] {
        let more = match mutation {
            "throwWorkError" => json!({ "code": "X" }),
            "extendWorkLock" => json!({ "lock": "PT1M" }),
            _ => json!({}),
        };
        let told = say(&eve, mutation, &mine, more).await;
        assert_eq!(told, refused("NOT_AVAILABLE"), "{mutation}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn without_the_privilege_nobody_fetches_or_hears_of_work() {
    let server = TestServer::start().await;
    server.publish(WORK).await;
    let emma = server.user("emma").privilege("administrator");
    emma.start("payment", json!({})).await;
    let input = json!({ "type": "pay", "worker": "w1" });
    let answer = emma.ok(ACTIVATE, json!({ "input": input })).await;
    assert_eq!(
        answer["activateWork"]["userErrors"][0]["code"],
        "NOT_PERMITTED"
    );
    let work = one(&robot(&server, "rob"), "pay").await["id"].clone();
    let told = say(&emma, "completeWork", &work, json!({})).await;
    assert_eq!(told, refused("NOT_PERMITTED"));
    let mut socket = emma.socket().await;
    socket
        .subscribe("1", AVAILABLE, json!({ "type": "pay" }))
        .await;
    let message = socket.next().await.expect("the socket stays open");
    assert!(message.to_string().contains("NOT_FOUND"), "{message}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lock_that_is_over_lets_others_take_the_work() {
    let server = TestServer::start().await;
    server.publish(WORK).await;
    server.user("emma").start("payment", json!({})).await;
    let (rob, eve) = (robot(&server, "rob"), robot(&server, "eve"));
    let work = one(&rob, "pay").await["id"].clone();
    let longer = say(&rob, "extendWorkLock", &work, json!({ "lock": "PT3M" })).await;
    assert_eq!(
        longer.expect("more time")["work"]["lockedUntil"],
        "2026-03-02T08:03:00Z"
    );
    server.advance("PT2M").await;
    assert!(activate(&eve, "pay", 1).await.is_empty());
    server.advance("PT1M").await;
    assert_eq!(one(&eve, "pay").await["id"], work);
    let late = say(&rob, "completeWork", &work, json!({})).await;
    assert_eq!(late, refused("NOT_AVAILABLE"), "it is in other hands");
    server.advance("PT1H").await;
    let late = say(&eve, "completeWork", &work, json!({})).await;
    assert!(late.is_ok(), "nobody else has taken it since: {late:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_fails_rests_is_tried_again_and_becomes_an_incident_that_quotes_nothing() {
    let server = TestServer::start().await;
    server.publish(WORK).await;
    let emma = server.user("emma");
    let id = emma.start("payment", json!({})).await;
    let (rob, eve) = (robot(&server, "rob"), robot(&server, "eve"));
    let work = one(&rob, "pay").await["id"].clone();
    let message = json!({ "message": "account 4711 is closed" });
    assert!(say(&rob, "failWork", &work, message.clone()).await.is_ok());
    assert!(
        activate(&rob, "pay", 1).await.is_empty(),
        "it rests for ten seconds"
    );
    server.advance("PT10S").await;
    let again = one(&eve, "pay").await;
    assert_eq!(
        (&again["retries"], &again["lastFailure"]),
        (&json!(1), &Value::Null)
    );
    server.advance("PT1M").await;
    let again = one(&rob, "pay").await;
    assert_eq!(
        again["lastFailure"], "account 4711 is closed",
        "told to who said it"
    );
    assert!(say(&rob, "failWork", &work, message).await.is_ok());
    server.advance("PT1H").await;
    assert!(activate(&rob, "pay", 1).await.is_empty());
    let stuck = case(&emma, &id).await;
    assert_eq!(stuck["state"], "ACTIVE");
    let incidents = stuck["incidents"].to_string();
    assert!(
        incidents.contains("the work `pay` has failed too often"),
        "{incidents}"
    );
    assert!(!incidents.contains("4711"), "{incidents}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_incident_that_is_tried_again_gives_the_tries_back() {
    let server = TestServer::start().await;
    server.publish(WORK).await;
    let emma = server.user("emma");
    let id = emma.start("payment", json!({})).await;
    let rob = robot(&server, "rob");
    let work = one(&rob, "pay").await["id"].clone();
    assert!(
        say(&rob, "failWork", &work, json!({ "retries": 0 }))
            .await
            .is_ok()
    );
    assert!(activate(&rob, "pay", 1).await.is_empty());
    let retry = "mutation($id: ID!) { retryIncident(input: {processInstance: $id}) { userErrors { code message } } }";
    let adam = server.nobody("adam").privilege("administrator");
    let answer = adam.ok(retry, json!({ "id": id })).await;
    assert_eq!(answer["retryIncident"]["userErrors"], json!([]));
    assert_eq!(one(&rob, "pay").await["retries"], 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_error_goes_to_the_boundary_that_catches_it_and_a_timer_takes_work_away() {
    let server = TestServer::start().await;
    server.publish(WORK).await;
    let emma = server.user("emma");
    let rob = robot(&server, "rob");
    let id = emma.start("payment", json!({})).await;
    let work = one(&rob, "pay").await["id"].clone();
    let thrown = json!({ "code": "BROKE", "data": { "why": "empty" } });
    assert!(
        say(&rob, "throwWorkError", &work, thrown.clone())
            .await
            .is_ok()
    );
    assert!(
        say(&rob, "throwWorkError", &work, thrown).await.is_ok(),
        "said twice"
    );
    let caught = case(&emma, &id).await;
    assert_eq!(caught["tasks"]["nodes"][0]["elementId"], "mend");
    assert_eq!(caught["data"]["why"], "empty");

    let id = emma.start("payment", json!({})).await;
    let work = one(&rob, "pay").await["id"].clone();
    server.advance("P2D").await;
    assert_eq!(
        case(&emma, &id).await["tasks"]["nodes"][0]["elementId"],
        "mend"
    );
    let late = say(&rob, "completeWork", &work, json!({})).await;
    assert_eq!(late, refused("NOT_AVAILABLE"));

    let id = emma.start("payment", json!({})).await;
    let work = one(&rob, "pay").await["id"].clone();
    let thrown = json!({ "code": "SECRET4711" });
    assert!(say(&rob, "throwWorkError", &work, thrown).await.is_ok());
    let stuck = case(&emma, &id).await["incidents"].to_string();
    assert!(
        stuck.contains("nobody catches the error that was thrown here"),
        "{stuck}"
    );
    assert!(!stuck.contains("4711"), "{stuck}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_model_narrows_who_works_and_what_goes_in_and_out() {
    let server = TestServer::start().await;
    server.publish(WORK).await;
    let emma = server.user("emma").role("bank");
    let start = "mutation($data: JSON) { startProcess(input: {key: \"transfer\", businessKey: \"B1\", data: $data}) { processInstance { id } } }";
    let data = json!({ "amount": 7, "note": "private", "bot": "rob" });
    let started = emma.ok(start, json!({ "data": data })).await;
    let id = started["startProcess"]["processInstance"]["id"]
        .as_str()
        .expect("an id");
    let (rob, eve) = (robot(&server, "rob"), robot(&server, "eve"));
    for outside in [
        &rob,
        &eve,
        &eve.clone().group("bots"),
        &eve.clone().role("bank"),
    ] {
        assert!(activate(outside, "transfer", 1).await.is_empty());
    }
    let elsewhere = rob.clone().role("bank").in_tenant("globex");
    assert!(activate(&elsewhere, "transfer", 1).await.is_empty());
    let by_group = one(&eve.clone().group("bots").role("bank"), "transfer").await;
    assert_eq!(by_group["data"], json!({ "sum": 7 }));
    assert_eq!(
        by_group["businessKey"],
        Value::Null,
        "the inputs are all that it gets"
    );
    server.advance("PT1M").await;
    let rob = rob.role("bank");
    let by_name = one(&rob, "transfer").await;
    let done = json!({ "data": { "receipt": "R1", "noise": 1 } });
    assert!(
        say(&rob, "completeWork", &by_name["id"], done)
            .await
            .is_ok()
    );
    let after = case(&emma, id).await;
    let kept = json!({ "amount": 7, "note": "private", "bot": "rob", "proof": "R1" });
    assert_eq!(after["data"], kept, "only what the output mapping says");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_most_urgent_comes_first_and_fields_are_narrowed_on_request() {
    let server = TestServer::start().await;
    server
        .publish(&WORK.replace("priority=\"70\"", "priority=\"=urgency\""))
        .await;
    let emma = server.user("emma");
    for urgency in [10, 90, 50] {
        emma.start("payment", json!({ "urgency": urgency, "more": 1 }))
            .await;
    }
    let input = json!({ "type": "pay", "worker": "w1", "max": 3, "fields": ["urgency"] });
    let rob = robot(&server, "rob");
    let answer = rob.ok(ACTIVATE, json!({ "input": input })).await;
    let work = answer["activateWork"]["work"].as_array().expect("a list");
    let seen: Vec<&Value> = work.iter().map(|one| &one["data"]).collect();
    assert_eq!(
        seen,
        [
            &json!({ "urgency": 90 }),
            &json!({ "urgency": 50 }),
            &json!({ "urgency": 10 })
        ]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn many_pieces_are_fetched_with_as_many_statements_as_one() {
    let server = TestServer::start().await;
    server.publish(WORK).await;
    let (emma, rob) = (server.user("emma"), robot(&server, "rob"));
    for _ in 0..120 {
        emma.start("payment", json!({})).await;
    }
    let fetch = async |max: u32| {
        let before = statements(&server).await;
        let fetched = activate(&rob, "pay", max).await;
        assert_eq!(fetched.len(), max as usize);
        statements(&server).await - before
    };
    // The least of three: background work sends statements of its own now and then.
    let mut one = u64::MAX;
    for _ in 0..3 {
        one = one.min(fetch(1).await);
    }
    let mut many = u64::MAX;
    for _ in 0..3 {
        many = many.min(fetch(30).await);
    }
    assert!(
        many <= one + 10,
        "{one} statements for one, {many} for thirty"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_asked_out_of_bounds_is_refused() {
    let server = TestServer::start().await;
    server.publish(WORK).await;
    server.user("emma").start("payment", json!({})).await;
    let rob = robot(&server, "rob");
    let work = one(&rob, "pay").await["id"].clone();
    for (input, field) in [
        (json!({ "type": "", "worker": "w1" }), "type"),
        (json!({ "type": "pay", "worker": "" }), "worker"),
        (
            json!({ "type": "pay", "worker": "w".repeat(129) }),
            "worker",
        ),
        (json!({ "type": "pay", "worker": "w1", "max": 0 }), "max"),
        (json!({ "type": "pay", "worker": "w1", "max": 101 }), "max"),
        (
            json!({ "type": "pay", "worker": "w1", "lock": "PT0S" }),
            "lock",
        ),
        (
            json!({ "type": "pay", "worker": "w1", "lock": "P2D" }),
            "lock",
        ),
        (
            json!({ "type": "pay", "worker": "w1", "fields": vec!["a"; 101] }),
            "fields",
        ),
    ] {
        let answer = rob.ok(ACTIVATE, json!({ "input": input })).await;
        let error = &answer["activateWork"]["userErrors"][0];
        assert_eq!(
            (&error["code"], &error["field"]),
            (&json!("INVALID_INPUT"), &json!([field])),
            "{input}"
        );
    }
    for (mutation, more) in [
        ("extendWorkLock", json!({ "lock": "P2D" })),
        ("failWork", json!({ "backoff": "P31D" })),
        ("failWork", json!({ "message": "x".repeat(4_001) })),
        ("throwWorkError", json!({ "code": "" })),
        ("throwWorkError", json!({ "code": "X", "data": [1] })),
        ("completeWork", json!({ "data": 5 })),
    ] {
        let told = say(&rob, mutation, &work, more.clone()).await;
        assert_eq!(told, refused("INVALID_INPUT"), "{mutation} {more}");
    }
    let hidden = say(
        &rob,
        "completeWork",
        &work,
        json!({ "data": { "iban": "mine" } }),
    )
    .await;
    assert_eq!(
        hidden,
        refused("NOT_PERMITTED"),
        "nobody writes what is hidden from them"
    );
    assert!(
        say(&rob, "completeWork", &work, json!({})).await.is_ok(),
        "nothing has happened so far"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn sixteen_workers_race_for_two_hundred_pieces_and_each_is_had_once() {
    let server = TestServer::start().await;
    server.publish(WORK).await;
    let emma = server.user("emma");
    // As many cases as rounds: pieces of one instance and of many.
    for part in 0..20 {
        let numbers: Vec<u32> = (part * 10..part * 10 + 10).collect();
        emma.start("many", json!({ "numbers": numbers })).await;
    }
    let racers = (0..16).map(|number| {
        let racer = robot(&server, &format!("racer-{number}")).keep_alive();
        async move {
            let mut had: Vec<Value> = Vec::new();
            loop {
                let found = activate(&racer, "each", 7).await;
                if found.is_empty() {
                    break had;
                }
                for work in found {
                    let done = say(&racer, "completeWork", &work["id"], json!({})).await;
                    assert!(done.is_ok(), "{done:?}");
                    had.push(work["data"]["number"].clone());
                }
            }
        }
    });
    let had: Vec<Vec<Value>> = futures_util::future::join_all(racers).await;
    let mut numbers: Vec<u64> = had.iter().flatten().filter_map(Value::as_u64).collect();
    numbers.sort_unstable();
    assert_eq!(numbers, (0..200).collect::<Vec<u64>>());
    let document = "{ processInstances(first: 50, filter: {state: [ACTIVE]}) { totalCount } }";
    assert_eq!(
        emma.ok(document, json!({})).await["processInstances"]["totalCount"],
        0
    );
}

const AVAILABLE: &str =
    "subscription($type: String!) { workAvailable(type: $type) { sequence at type } }";

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_hears_of_work_at_once_and_of_what_becomes_free() {
    let server = TestServer::start().await;
    server.publish(WORK).await;
    let emma = server.user("emma");
    let (rob, eve) = (robot(&server, "rob"), robot(&server, "eve"));
    let mut socket = eve.socket().await;
    let mut elsewhere = robot(&server, "eve").in_tenant("globex").socket().await;
    elsewhere
        .subscribe("1", AVAILABLE, json!({ "type": "pay" }))
        .await;
    emma.start("payment", json!({})).await;
    socket
        .subscribe("1", AVAILABLE, json!({ "type": "pay" }))
        .await;
    let first = socket.change("1").await["workAvailable"].clone();
    assert_eq!(
        first,
        json!({ "sequence": 1, "at": "2026-03-02T08:00:00Z", "type": "pay" })
    );

    // In other hands until the lock is over: nothing is swept, the moment itself makes it free.
    let work = one(&rob, "pay").await["id"].clone();
    server.advance("PT1M").await;
    let second = socket.change("1").await["workAvailable"].clone();
    assert_eq!(
        (&second["sequence"], &second["at"]),
        (&json!(2), &json!("2026-03-02T08:01:00Z"))
    );

    // A rest that is shorter than the lock was.
    assert_eq!(one(&rob, "pay").await["id"], work);
    assert!(
        say(&rob, "failWork", &work, json!({ "backoff": "PT5S" }))
            .await
            .is_ok()
    );
    server.advance("PT5S").await;
    let third = socket.change("1").await["workAvailable"].clone();
    assert_eq!(
        (&third["sequence"], &third["at"]),
        (&json!(3), &json!("2026-03-02T08:01:05Z"))
    );

    // Of another type, and in another tenant.
    emma.start("many", json!({ "numbers": [1] })).await;
    emma.start("payment", json!({})).await;
    assert_eq!(socket.change("1").await["workAvailable"]["sequence"], 4);
    server.publish_for("globex", WORK).await;
    emma.clone()
        .in_tenant("globex")
        .start("payment", json!({}))
        .await;
    assert_eq!(elsewhere.change("1").await["workAvailable"]["sequence"], 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_hears_only_of_work_that_it_may_do_and_until_its_session_ends() {
    let server = TestServer::start().await;
    server.publish(WORK).await;
    let emma = server.user("emma").role("bank");
    let end = docket_tests::server::BEGIN
        .parse::<jiff::Timestamp>()
        .expect("a moment")
        + jiff::SignedDuration::from_hours(1);
    let bot = robot(&server, "eve").group("bots").role("bank").until(end);
    let outside = robot(&server, "eve").group("bots");
    let (mut inside, mut outside) = (bot.socket().await, outside.socket().await);
    inside
        .subscribe("1", AVAILABLE, json!({ "type": "transfer" }))
        .await;
    outside
        .subscribe("1", AVAILABLE, json!({ "type": "transfer" }))
        .await;
    outside
        .subscribe("2", AVAILABLE, json!({ "type": "pay" }))
        .await;
    emma.start("transfer", json!({})).await;
    emma.start("payment", json!({})).await;
    assert_eq!(inside.change("1").await["workAvailable"]["sequence"], 1);
    assert_eq!(
        outside.change("2").await["workAvailable"]["sequence"],
        1,
        "nothing came before it"
    );
    server.advance("PT1H").await;
    emma.start("transfer", json!({})).await;
    assert_eq!(inside.next().await, Err(4403));
}
