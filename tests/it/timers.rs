//! What happens by itself: reminders and due dates by the tenant's calendar, processes that start when it is time, and
//! many timers at once, each fired once whoever fires it.

use std::sync::Arc;

use docket_api::app::App;
use docket_api::app::timer::Pace;
use docket_api::http::open;
use docket_domain::access::{Actor, Privilege};
use docket_domain::engine::command::{Begin, Fresh, Known, Start, Starter};
use docket_domain::engine::instance::InstanceState;
use docket_domain::ids::InstanceId;
use docket_domain::process::ProcessCommand;
use docket_domain::value::{Name, Value as DataValue, data_from_json};
use docket_domain::{engine, journal};
use docket_infra::clock::Clock;
use docket_infra::config::Config;
use docket_infra::identity::Bearer;
use docket_infra::store::Transition;
use docket_tests::server::BEGIN;
use docket_tests::{TestServer, User};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

const REMINDER: &str = include_str!("../fixtures/reminder.bpmn");
const REPORT: &str = include_str!("../fixtures/report.bpmn");
pub const TIMER: &str = include_str!("../fixtures/timer.bpmn");

const SET: &str = "mutation($zone: String!, $days: [Weekday!]!, $holidays: [Date!]) { setCalendar(input: {timeZone: $zone, workingDays: $days, holidays: $holidays}) { calendar { timeZone workingDays holidays } userErrors { code message field } } }";
const CALENDAR: &str = "{ viewer { tenant { name calendar { timeZone workingDays holidays } } } }";

/// Berlin, Monday to Friday, with Easter of 2026.
async fn live_in_berlin(server: &TestServer) {
    let adam = server.nobody("adam").privilege("administrator");
    let week = ["MONDAY", "TUESDAY", "WEDNESDAY", "THURSDAY", "FRIDAY"];
    let berlin =
        json!({ "zone": "Europe/Berlin", "days": week, "holidays": ["2026-04-06", "2026-04-03"] });
    let answer = adam.ok(SET, berlin).await;
    assert_eq!(answer["setCalendar"]["userErrors"], json!([]), "{answer}");
    assert_eq!(
        answer["setCalendar"]["calendar"],
        json!({ "timeZone": "Europe/Berlin", "workingDays": week, "holidays": ["2026-04-03", "2026-04-06"] })
    );
}

async fn data(user: &User, instance: &str) -> Value {
    let read = "query($i: ID!) { processInstance(id: $i) { data } }";
    let answer = user.ok(read, json!({ "i": instance })).await;
    answer["processInstance"]["data"].clone()
}

/// When the reports that a member of the group sees were started, the oldest first.
async fn reports(ops: &User) -> Vec<String> {
    let list = "{ processInstances(first: 100) { nodes { startedAt initiator { name } } } }";
    let answer = ops.ok(list, json!({})).await;
    let nodes = answer["processInstances"]["nodes"].as_array().cloned();
    let mut started: Vec<String> = nodes
        .unwrap_or_default()
        .iter()
        .map(|node| {
            assert_eq!(node["initiator"], Value::Null, "it is nobody's case");
            node["startedAt"].as_str().unwrap_or_default().to_owned()
        })
        .collect();
    started.sort();
    started
}

fn every(cycle: &str) -> String {
    REPORT.replace("WHEN", cycle)
}

#[tokio::test(flavor = "multi_thread")]
async fn due_dates_and_reminders_go_by_the_calendar_of_the_tenant() {
    let server = TestServer::start().await;
    live_in_berlin(&server).await;
    server.publish(REMINDER).await;
    let emma = server.user("emma");
    // Tuesday the 31st of March, 10:00 in Berlin, where clocks have just been set forward.
    server.advance("P29D").await;
    let instance = emma
        .start("reminder", json!({ "rhythm": "R3/PT10H" }))
        .await;
    let dates = "{ tasks { nodes { dueAt followUpAt } } }";
    let answer = emma.ok(dates, json!({})).await;
    // Good Friday, the weekend and Easter Monday are no working days.
    assert_eq!(
        answer["tasks"]["nodes"][0],
        json!({ "dueAt": "2026-04-07T08:00:00Z", "followUpAt": "2026-04-01T07:00:00Z" })
    );
    server.advance("PT22H59M").await;
    assert_eq!(data(&emma, &instance).await["reminders"], Value::Null);
    server.advance("PT1M").await;
    let reminded = data(&emma, &instance).await;
    assert_eq!(reminded["reminders"], 1);
    assert_eq!(reminded["last"], "2026-04-01T09:00:00+02:00");
    server.advance("P1D").await;
    assert_eq!(data(&emma, &instance).await["reminders"], 2);
    // Nobody is reminded over Easter.
    for _ in 0..4 {
        server.advance("P1D").await;
        assert_eq!(data(&emma, &instance).await["reminders"], 2);
    }
    server.advance("P1D").await;
    let reminded = data(&emma, &instance).await;
    assert_eq!(reminded["reminders"], 3);
    assert_eq!(reminded["last"], "2026-04-07T09:00:00+02:00");
    assert_eq!(reminded["counted"], 3, "a counted cycle is over");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_calendar_is_the_administrators_to_set_and_the_tenants_own() {
    let server = TestServer::start().await;
    let emma = server.user("emma");
    let usual = json!({ "timeZone": "UTC", "workingDays": ["MONDAY", "TUESDAY", "WEDNESDAY", "THURSDAY", "FRIDAY"], "holidays": [] });
    let read = async |user: &User| {
        let answer = user.ok(CALENDAR, json!({})).await;
        answer["viewer"]["tenant"]["calendar"].clone()
    };
    assert_eq!(read(&emma).await, usual);
    let adam = server.nobody("adam").privilege("administrator");
    let refusals = [
        (
            &emma,
            json!({ "zone": "Europe/Atlantis", "days": [] }),
            "NOT_PERMITTED",
            Value::Null,
        ),
        (
            &adam,
            json!({ "zone": "Europe/Atlantis", "days": ["MONDAY"] }),
            "INVALID_INPUT",
            json!(["timeZone"]),
        ),
        (
            &adam,
            json!({ "zone": "UTC", "days": [] }),
            "INVALID_INPUT",
            json!(["workingDays"]),
        ),
    ];
    for (user, input, code, field) in refusals {
        let answer = user.ok(SET, input).await;
        let payload = &answer["setCalendar"];
        assert_eq!(payload["calendar"], Value::Null, "{answer}");
        assert_eq!(payload["userErrors"][0]["code"], code, "{answer}");
        assert!(
            field.is_null() || payload["userErrors"][0]["field"] == field,
            "{answer}"
        );
    }
    live_in_berlin(&server).await;
    assert_eq!(read(&emma).await["timeZone"], "Europe/Berlin");
    assert_eq!(read(&server.user("emma").in_tenant("globex")).await, usual);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_calendar_survives_a_restart() {
    let mut server = TestServer::start().await;
    live_in_berlin(&server).await;
    server.restart().await;
    let answer = server.user("emma").ok(CALENDAR, json!({})).await;
    let calendar = &answer["viewer"]["tenant"]["calendar"];
    assert_eq!(calendar["timeZone"], "Europe/Berlin");
    assert_eq!(calendar["holidays"], json!(["2026-04-03", "2026-04-06"]));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_process_starts_by_itself_each_time_once_and_goes_on_after_a_restart() {
    let mut server = TestServer::start().await;
    live_in_berlin(&server).await;
    server.publish(&every("0 30 9 ? * MON-FRI")).await;
    let ops = |server: &TestServer| server.user("olga").group("ops");
    assert_eq!(reports(&ops(&server)).await, [""; 0]);
    // It is Monday, 9:00 in Berlin.
    server.advance("PT29M").await;
    assert_eq!(reports(&ops(&server)).await, [""; 0]);
    server.advance("PT1M").await;
    let first = "2026-03-02T08:30:00Z";
    assert_eq!(reports(&ops(&server)).await, [first]);
    server.advance("PT1H").await;
    assert_eq!(reports(&ops(&server)).await, [first]);
    server.restart().await;
    assert_eq!(reports(&ops(&server)).await, [first]);
    server.advance("PT23H").await;
    assert_eq!(
        reports(&ops(&server)).await,
        [first, "2026-03-03T08:30:00Z"]
    );
    // Nobody was there for a week: what was missed happens once, and then the next one is at its time.
    server.advance("P7DT1H").await;
    assert_eq!(reports(&ops(&server)).await.len(), 3);
    server.advance("PT22H59M").await;
    assert_eq!(reports(&ops(&server)).await.len(), 3);
    server.advance("PT1M").await;
    let all = reports(&ops(&server)).await;
    assert_eq!(all.last().map(String::as_str), Some("2026-03-11T08:30:00Z"));
    let tasks = ops(&server).ok("{ tasks { totalCount } }", json!({})).await;
    assert_eq!(tasks["tasks"]["totalCount"], 4);
    let stranger = server.user("olga").group("ops").in_tenant("globex");
    assert_eq!(reports(&stranger).await, [""; 0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn only_the_latest_published_version_starts_by_itself() {
    let server = TestServer::start().await;
    let ops = server.user("olga").group("ops");
    server.publish(&every("R/PT1H")).await;
    server.advance("PT1H").await;
    assert_eq!(reports(&ops).await, ["2026-03-02T09:00:00Z"]);
    server.publish(&every("R2/PT4H")).await;
    server.advance("PT3H").await;
    assert_eq!(
        reports(&ops).await.len(),
        1,
        "the older version starts nothing any more"
    );
    server.advance("PT1H").await;
    assert_eq!(reports(&ops).await.len(), 2);
    let pia = server.nobody("pia").privilege("manager");
    let latest = "{ process(key: \"report\") { id version } }";
    let process = pia.ok(latest, json!({})).await["process"].clone();
    assert_eq!(process["version"], 2);
    let retire = "mutation($p: ID!) { retireProcess(input: {process: $p}) { process { state } userErrors { code } } }";
    let retired = pia.ok(retire, json!({ "p": process["id"] })).await;
    assert_eq!(retired["retireProcess"]["process"]["state"], "RETIRED");
    // The one before it is the latest again.
    server.advance("PT1H").await;
    assert_eq!(reports(&ops).await.len(), 3);
    let process = pia.ok(latest, json!({})).await["process"]["id"].clone();
    pia.ok(retire, json!({ "p": process })).await;
    server.advance("P1D").await;
    assert_eq!(
        reports(&ops).await.len(),
        3,
        "nothing is published any more"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_time_that_cannot_be_computed_keeps_a_version_from_being_published() {
    let server = TestServer::start().await;
    let dora = server.nobody("dora").privilege("designer");
    let upload = "mutation($xml: String!) { uploadProcess(input: {bpmnXml: $xml}) { process { id } userErrors { code } } }";
    let xml = every("=rhythm");
    let draft = dora.ok(upload, json!({ "xml": xml })).await["uploadProcess"]["process"].clone();
    let pia = server.nobody("pia").privilege("manager");
    let publish = "mutation($p: ID!) { publishProcess(input: {process: $p}) { process { id } userErrors { code message } } }";
    let answer = pia.ok(publish, json!({ "p": draft["id"] })).await;
    assert_eq!(
        answer["publishProcess"],
        json!({ "process": null, "userErrors": [{ "code": "INVALID_INPUT", "message": "the start event `due`: the value of `=rhythm` is no time" }] })
    );
    server.publish(&every("=\"R1/\" + \"PT1H\"")).await;
    server.advance("P1D").await;
    assert_eq!(reports(&server.user("olga").group("ops")).await.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn timers_that_were_set_before_a_restart_fire_after_it_and_once() {
    let mut server = TestServer::start().await;
    server.publish(TIMER).await;
    let mut instances = Vec::new();
    for number in 0..20 {
        let wait = json!({ "wait": format!("PT{}M", 30 + 3 * number) });
        instances.push(server.user("emma").start("timer", wait).await);
    }
    server.advance("PT1H").await;
    server.restart().await;
    server.advance("PT1H").await;
    let emma = server.user("emma");
    for instance in &instances {
        assert_eq!(data(&emma, instance).await["fired"], 1);
    }
}

/// Two nodes over one folder, whose clock stands still, and the instances of a process that wait for so long.
pub async fn two_nodes(
    waits: &[&str],
) -> (
    tempfile::TempDir,
    [App; 2],
    Arc<Clock>,
    Vec<InstanceId>,
    Actor,
) {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let begin: Timestamp = BEGIN.parse().expect("the beginning is a timestamp");
    let clock = Arc::new(Clock::fixed(begin));
    let mut config = Config::new(folder.path().join("data"));
    config.dev = true;
    let mut nodes = Vec::new();
    for _ in 0..2 {
        let opened = open(&config, clock.clone()).await;
        nodes.push(opened.expect("the folder opens").app);
    }
    let nodes: [App; 2] = nodes.try_into().ok().expect("two nodes");
    let app = &nodes[0];
    let actor = async |user: &str, privileges: &[Privilege]| {
        let bearer = Bearer {
            tenant: "acme".to_owned(),
            user: Name::from(user),
            groups: Vec::new(),
            roles: Vec::new(),
            privileges: privileges.to_vec(),
            expires_at: begin + SignedDuration::from_hours(24),
        };
        app.viewer(&bearer).await.expect("a viewer").actor
    };
    let dora = actor("dora", &[Privilege::Designer]).await;
    let pia = actor("pia", &[Privilege::Manager]).await;
    let emma = actor("emma", &[Privilege::User, Privilege::Instantiator]).await;
    let uploaded = app.upload(&dora, TIMER.into()).await.expect("an upload");
    let process = uploaded.processes[0].id;
    let published = app.move_process(&pia, process, ProcessCommand::Publish);
    published.await.expect("it is published");
    let tx = app.store.write(emma.tenant).await.expect("a transaction");
    let model = app.model(&tx, process).await.expect("a model");
    let mut started = Vec::new();
    for wait in waits {
        let start = Start {
            id: InstanceId(Clock::fresh_id()),
            process,
            begin: Begin::Plain,
            business_key: None,
            data: data_from_json(&json!({ "wait": wait })).expect("process data"),
        };
        let known = Known::default();
        let mut fresh = Fresh {
            now: begin,
            id: &mut Clock::fresh_id,
            known: &known,
        };
        let begun = engine::start(&model, &start, Starter::Person(&emma), &mut fresh);
        let (mut instance, events) = begun.expect("it starts");
        instance.apply(&events);
        let entry = journal::entry(&model, None, &instance, begin);
        started.push((instance, entry));
    }
    let transitions: Vec<Transition<'_>> = started
        .iter()
        .map(|(after, entry)| Transition {
            process: &model,
            before: None,
            after,
            entry,
            remembered: &[],
        })
        .collect();
    tx.save_instances(&transitions)
        .await
        .expect("they are saved");
    tx.commit().await.expect("a commit");
    let ids = started.iter().map(|(instance, _)| instance.id).collect();
    (folder, nodes, clock, ids, emma)
}

#[tokio::test(flavor = "multi_thread")]
async fn two_nodes_fire_500_timers_each_once() {
    let waits = vec!["PT1H"; 500];
    let (_folder, nodes, clock, ids, emma) = two_nodes(&waits).await;
    let end = nodes[0].store.position().await.expect("a position").0;
    clock.advance(SignedDuration::from_hours(1));
    let fire = async |app: &App| {
        let mut pace = Pace::default();
        let mut fired = 0;
        let due = async || app.store.due_timers(clock.now(), None, 1).await;
        while !due().await.expect("due timers").is_empty() {
            fired += app.fire_due_timers(&mut pace).await.expect("a round");
        }
        fired
    };
    let (one, other) = tokio::join!(fire(&nodes[0]), fire(&nodes[1]));
    assert_eq!(one + other, 500);
    let tx = nodes[0].store.read(emma.tenant).await.expect("a snapshot");
    let found = tx.instances_for_engine(&ids).await.expect("the instances");
    assert_eq!(found.len(), 500);
    for (_, instance) in found {
        let instance = instance.expect("it opens");
        assert_eq!(instance.state, InstanceState::Completed);
        assert_eq!(
            instance.data.get("fired"),
            Some(&DataValue::Number(1.into()))
        );
        assert_eq!(instance.revision, 2);
    }
    let entries = nodes[0].store.position().await.expect("a position").0 - end;
    assert_eq!(entries, 500, "one entry for each");
}

#[tokio::test(flavor = "multi_thread")]
async fn many_timers_take_few_transactions() {
    let waits = vec!["PT1H"; 100];
    let (_folder, [app, _], clock, _, _) = two_nodes(&waits).await;
    clock.advance(SignedDuration::from_hours(1));
    let before = app.store.statements();
    let mut pace = Pace::default();
    assert_eq!(app.fire_due_timers(&mut pace).await.ok(), Some(100));
    let taken = app.store.statements() - before;
    assert!(taken < 40, "{taken} statements for 100 timers");
    assert_eq!(app.fire_due_timers(&mut pace).await.ok(), Some(0));
}
