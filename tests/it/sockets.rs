//! The socket's protocol, `graphql-transport-ws`, by the letter and against clients that do not keep to it.

use docket_tests::{Socket, TestServer};
use serde_json::{Value, json};

use crate::tasks::CLAIMABLE;

fn init(token: &str) -> Value {
    json!({ "type": "connection_init", "payload": { "authorization": format!("Bearer {token}") } })
}

#[tokio::test(flavor = "multi_thread")]
async fn what_breaks_the_protocol_closes_the_socket_with_its_code() {
    let server = TestServer::start().await;
    let token = server.user("emma").token();
    let subscribe = json!({ "id": "1", "type": "subscribe", "payload": { "query": "{ viewer { user { name } } }" } });
    for (messages, code) in [
        (vec![subscribe.clone()], 4401),
        (vec![json!({ "type": "connection_init" })], 4401),
        (
            vec![json!({ "type": "connection_init", "payload": { "authorization": "Bearer x" } })],
            4401,
        ),
        (vec![json!({ "type": "nonsense" })], 4400),
        (vec![json!([])], 4400),
        (vec![json!({ "type": "subscribe", "payload": {} })], 4400),
    ] {
        let mut socket = Socket::connect(server.addr, None)
            .await
            .expect("the socket connects");
        for message in &messages {
            socket.send(message.clone()).await;
        }
        assert_eq!(closing(&mut socket).await, code, "{messages:?}");
    }
    let mut twice = Socket::open(server.addr, &token)
        .await
        .expect("the socket opens");
    twice.send(init(&token)).await;
    assert_eq!(closing(&mut twice).await, 4429);
    let mut broken = Socket::open(server.addr, &token)
        .await
        .expect("the socket opens");
    broken.text("{".to_owned()).await;
    assert_eq!(closing(&mut broken).await, 4400);
    let mut large = Socket::open(server.addr, &token)
        .await
        .expect("the socket opens");
    large.text("x".repeat(100_000)).await;
    assert!([1009, 4400, 1006].contains(&closing(&mut large).await));
}

async fn closing(socket: &mut Socket) -> u16 {
    loop {
        if let Err(code) = socket.next().await {
            return code;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_id_in_use_is_refused_and_a_finished_one_may_be_used_again() {
    let server = TestServer::start().await;
    server.publish(CLAIMABLE).await;
    let ann = server.user("ann").group("crew");
    let list = ann.ok("{ viewer { worklists { id } } }", json!({})).await["viewer"]["worklists"][0]
        ["id"]
        .clone();
    let mut socket = ann.socket().await;
    for _ in 0..2 {
        socket
            .subscribe("q", "{ viewer { user { name } } }", json!({}))
            .await;
        assert_eq!(socket.change("q").await["viewer"]["user"]["name"], "ann");
        assert_eq!(
            socket.next().await,
            Ok(json!({ "id": "q", "type": "complete" }))
        );
    }
    let changes = "subscription($w: ID!) { worklistChanges(worklist: $w) { __typename } }";
    socket.subscribe("s", changes, json!({ "w": list })).await;
    assert_eq!(
        socket.change("s").await["worklistChanges"]["__typename"],
        "WorklistSnapshot"
    );
    socket.send(json!({ "id": "s", "type": "complete" })).await;
    socket.subscribe("s", changes, json!({ "w": list })).await;
    assert_eq!(
        socket.change("s").await["worklistChanges"]["__typename"],
        "WorklistSnapshot"
    );
    socket.subscribe("s", changes, json!({ "w": list })).await;
    assert_eq!(closing(&mut socket).await, 4409);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_of_another_origin_gets_no_socket() {
    let server = TestServer::start().await;
    assert!(
        Socket::connect(server.addr, Some("https://evil.example"))
            .await
            .is_err()
    );
    assert!(Socket::connect(server.addr, Some("null")).await.is_err());
    assert!(
        Socket::connect(server.addr, Some(&format!("http://{}", server.addr)))
            .await
            .is_ok()
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_socket_has_fifty_subscriptions_and_a_person_ten_sockets() {
    let server = TestServer::start().await;
    let ann = server.user("ann").group("crew");
    let list = ann.ok("{ viewer { worklists { id } } }", json!({})).await["viewer"]["worklists"][0]
        ["id"]
        .clone();
    let mut socket = ann.socket().await;
    for i in 0..51 {
        socket
            .subscribe(
                &i.to_string(),
                "subscription($w: ID!) { worklistChanges(worklist: $w) { __typename } }",
                json!({ "w": list }),
            )
            .await;
    }
    let mut refused = 0;
    for _ in 0..51 {
        let message = socket.next().await.expect("the socket stays open");
        refused += usize::from(message["type"] == "error");
    }
    assert_eq!(refused, 1);
    let mut sockets = vec![socket];
    for _ in 0..9 {
        sockets.push(ann.socket().await);
    }
    let mut eleventh = Socket::connect(server.addr, None)
        .await
        .expect("the socket connects");
    eleventh.send(init(&ann.token())).await;
    assert!(closing(&mut eleventh).await >= 4400);
    drop(sockets.pop());
    server.user("ben").socket().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn hostile_documents_are_refused_on_the_socket_too() {
    let server = TestServer::start().await;
    let mut socket = server.user("ann").socket().await;
    socket
        .subscribe(
            "1",
            &format!("{{ node(id: {}", "[".repeat(5_000)),
            json!({}),
        )
        .await;
    let message = socket.next().await.expect("the socket stays open");
    assert_eq!(message["type"], "error");
    assert_eq!(message["payload"][0]["extensions"]["code"], "BAD_INPUT");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_orderly_stop_tells_the_sockets() {
    let server = TestServer::start().await;
    let mut socket = server.user("ann").socket().await;
    let _folder = server.stop().await;
    assert_eq!(closing(&mut socket).await, 1001);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_does_not_introduce_themselves_in_time_is_sent_away() {
    let server = TestServer::start_with(|config| config.socket.init_timeout_ms = 100).await;
    let mut socket = Socket::connect(server.addr, None)
        .await
        .expect("the socket connects");
    assert_eq!(closing(&mut socket).await, 4408);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_of_another_person_or_other_rights_refreshes_nothing() {
    let server = TestServer::start().await;
    let ann = server.user("ann");
    for other in [
        server.user("ben"),
        ann.clone().group("crew"),
        ann.clone().in_tenant("globex"),
    ] {
        let mut socket = ann.socket().await;
        let payload = json!({ "authorization": format!("Bearer {}", other.token()) });
        socket
            .send(json!({ "type": "ping", "payload": payload }))
            .await;
        assert_eq!(closing(&mut socket).await, 4403);
    }
}

/// Answers of some hundred kilobytes each that nobody reads: the socket is closed, and others are served meanwhile.
#[tokio::test(flavor = "multi_thread")]
async fn a_reader_that_does_not_read_is_closed_and_holds_nobody_up() {
    let server = TestServer::start().await;
    let ann = server.user("ann");
    let ben = server.user("ben").keep_alive();
    let schema = "{ __schema { types { name description fields { name description args { name description } } inputFields { name description } } } }";
    let mut socket = ann.socket().await;
    // Each answer that somebody else gets means that there was time for one here; the kernel holds the first megabytes.
    for round in 0..300 {
        socket
            .subscribe(&round.to_string(), schema, json!({}))
            .await;
        ben.ok(schema, json!({})).await;
    }
    // Who writes into a socket that was closed long ago loses what stood unread before the closing frame.
    let code = closing(&mut socket).await;
    assert!([4413, 1006].contains(&code), "closed with {code}");
}
