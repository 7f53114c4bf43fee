//! `docket worklist watch`: worklists in a terminal, live. Loses nothing over a lost connection: it comes back with the
//! cursor of the last change it printed.

use std::collections::HashMap;
use std::io::{self, Write};
use std::time::Duration;

use anyhow::{Context, bail, ensure};
use docket_infra::clock::Clock;
use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio::signal::ctrl_c;
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::http::HeaderValue;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

/// The first pause before coming back; each further one is twice as long.
const FIRST_PAUSE: Duration = Duration::from_millis(250);
/// No pause is longer.
const LONGEST_PAUSE: Duration = Duration::from_secs(30);
/// The server pings every 20 seconds: without any frame for so long, the connection is dead.
const SILENCE: Duration = Duration::from_secs(60);
/// The id of the operation that finds the worklists.
const FIND: &str = "worklists";

const WORKLISTS: &str = "{ viewer { worklists { id kind name } } }";
const CHANGES: &str = "subscription($worklist: ID!, $after: String) {
  worklistChanges(worklist: $worklist, after: $after) {
    __typename
    ... on WorklistSnapshot { sequence cursor at tasks { ...T } }
    ... on TaskEntered { sequence cursor at task { ...T } }
    ... on TaskUpdated { sequence cursor at task { ...T } }
    ... on TaskLeft { sequence cursor at taskId reason }
    ... on WorklistReset { sequence cursor at }
  }
}
fragment T on Task { id name state priority dueAt assignee { name } process { key } }";

/// What to watch.
pub struct Watch {
    /// Where the server is, as `http://…` or `ws://…`.
    pub url: String,
    /// Who watches.
    pub token: String,
    /// The name or kind of one worklist; all without it.
    pub worklist: Option<String>,
    /// One JSON object a line, instead of text.
    pub json: bool,
}

type Connection = WebSocketStream<MaybeTlsStream<TcpStream>>;

/// How one connection ended.
enum End {
    /// Come back.
    Lost,
    /// The person had enough.
    Enough,
}

/// A worklist that is watched.
struct Watched {
    name: String,
    cursor: Option<String>,
}

/// Watches until it is interrupted, or the server refuses for good.
pub async fn run(watch: &Watch) -> anyhow::Result<()> {
    let url = endpoint(&watch.url)?;
    let mut watched = HashMap::new();
    let mut pause = FIRST_PAUSE;
    loop {
        match session(watch, &url, &mut watched, &mut pause).await {
            Ok(End::Enough) => return Ok(()),
            Ok(End::Lost) => {}
            Err(cause) => return Err(cause),
        }
        eprintln!(
            "docket: the connection is lost; back in {:.1} s",
            pause.as_secs_f64()
        );
        // Clients that were cut off together should not come back together.
        let spread = 500 + (Clock::fresh_id().as_u128() % 500) as u32;
        if timeout(pause * spread / 1_000, ctrl_c()).await.is_ok() {
            return Ok(());
        }
        pause = (pause * 2).min(LONGEST_PAUSE);
    }
}

fn endpoint(url: &str) -> anyhow::Result<String> {
    let (scheme, rest) = url
        .split_once("://")
        .context("the URL has no scheme: `http://…`")?;
    ensure!(
        matches!(scheme, "http" | "ws"),
        "`{scheme}` is not spoken here: use `http://…`, through a tunnel if need be"
    );
    let rest = rest.trim_end_matches('/');
    let rest = rest
        .strip_suffix("/graphql/ws")
        .or(rest.strip_suffix("/graphql"))
        .unwrap_or(rest);
    Ok(format!("ws://{rest}/graphql/ws"))
}

async fn session(
    watch: &Watch,
    url: &str,
    watched: &mut HashMap<String, Watched>,
    pause: &mut Duration,
) -> anyhow::Result<End> {
    let Some(mut connection) = connect(url).await? else {
        return Ok(End::Lost);
    };
    let authorization = format!("Bearer {}", watch.token);
    send(
        &mut connection,
        json!({ "type": "connection_init", "payload": { "authorization": authorization } }),
    )
    .await;
    loop {
        let frame = tokio::select! {
            _ = ctrl_c() => {
                connection.close(None).await.ok();
                return Ok(End::Enough);
            }
            frame = timeout(SILENCE, connection.next()) => frame,
        };
        let text = match frame {
            Ok(Some(Ok(Message::Text(text)))) => text,
            Ok(Some(Ok(Message::Close(Some(frame))))) => {
                refused(frame.code.into(), &frame.reason)?;
                return Ok(End::Lost);
            }
            Ok(Some(Ok(_))) => continue,
            Ok(Some(Err(_)) | None) | Err(_) => return Ok(End::Lost),
        };
        let message: Value =
            serde_json::from_str(&text).context("the server sent something else than JSON")?;
        match (message["type"].as_str(), message["id"].as_str()) {
            (Some("connection_ack"), _) => {
                *pause = FIRST_PAUSE;
                subscribe(&mut connection, FIND, WORKLISTS, json!({})).await;
            }
            (Some("next"), Some(FIND)) => {
                begin(watch, &mut connection, &message["payload"], watched).await?;
            }
            (Some("next"), Some(id)) => {
                let change = change(&message["payload"])?;
                if let Some(list) = watched.get_mut(id) {
                    print(watch, &list.name, change).context("nobody reads what is printed")?;
                    list.cursor = change["cursor"].as_str().map(str::to_owned);
                }
            }
            (Some("error"), _) => bail!("the server refuses: {}", reason(&message["payload"])),
            (Some("complete"), Some(id)) if id != FIND => return Ok(End::Lost),
            (Some("ping"), _) => send(&mut connection, json!({ "type": "pong" })).await,
            _ => {}
        }
    }
}

/// `None` if nobody answers, which may change; an error if the answer is no.
async fn connect(url: &str) -> anyhow::Result<Option<Connection>> {
    use tokio_tungstenite::tungstenite::Error;
    let mut request = url.into_client_request().context("the URL is malformed")?;
    let protocol = HeaderValue::from_static("graphql-transport-ws");
    request
        .headers_mut()
        .insert("sec-websocket-protocol", protocol);
    match connect_async(request).await {
        Ok((connection, _)) => Ok(Some(connection)),
        Err(Error::Http(response)) if response.status().is_client_error() => {
            bail!("the server answers with {}", response.status())
        }
        Err(_) => Ok(None),
    }
}

/// Subscribes to the worklists that are asked for, from where they were left.
async fn begin(
    watch: &Watch,
    connection: &mut Connection,
    payload: &Value,
    watched: &mut HashMap<String, Watched>,
) -> anyhow::Result<()> {
    if let Some(errors) = payload.get("errors") {
        bail!("the server refuses: {}", reason(errors));
    }
    let lists = payload["data"]["viewer"]["worklists"]
        .as_array()
        .context("the server has no worklists")?;
    let wanted = |list: &Value| match &watch.worklist {
        None => true,
        Some(wanted) => ["name", "kind"].iter().any(|member| {
            list[*member]
                .as_str()
                .is_some_and(|own| own.eq_ignore_ascii_case(wanted))
        }),
    };
    let mut found = false;
    for list in lists.iter().filter(|list| wanted(list)) {
        found = true;
        let id = list["id"].as_str().unwrap_or_default();
        let name = list["name"].as_str().unwrap_or_default();
        let cursor = &watched
            .entry(id.to_owned())
            .or_insert_with(|| Watched {
                name: name.to_owned(),
                cursor: None,
            })
            .cursor;
        let variables = json!({ "worklist": id, "after": cursor });
        subscribe(connection, id, CHANGES, variables).await;
    }
    ensure!(found, "there is no such worklist for you");
    Ok(())
}

fn change(payload: &Value) -> anyhow::Result<&Value> {
    if let Some(errors) = payload.get("errors") {
        bail!("the server fails: {}", reason(errors));
    }
    Ok(&payload["data"]["worklistChanges"])
}

/// An end that comes back the same is the end.
fn refused(code: u16, reason: &str) -> anyhow::Result<()> {
    match code {
        4401 => bail!("the token is not accepted"),
        4403 => bail!("the token has expired"),
        4400 | 4406 | 4409 | 4429 => bail!("the server refuses: {reason} ({code})"),
        _ => Ok(()),
    }
}

fn reason(errors: &Value) -> &str {
    errors[0]["message"].as_str().unwrap_or("without a reason")
}

// A failure to send is seen as the end of the stream.
async fn send(connection: &mut Connection, message: Value) {
    connection
        .send(Message::text(message.to_string()))
        .await
        .ok();
}

async fn subscribe(connection: &mut Connection, id: &str, query: &str, variables: Value) {
    let payload = json!({ "query": query, "variables": variables });
    send(
        connection,
        json!({ "id": id, "type": "subscribe", "payload": payload }),
    )
    .await;
}

/// Fails when nobody reads any more.
fn print(watch: &Watch, worklist: &str, change: &Value) -> io::Result<()> {
    let mut out = io::stdout().lock();
    if watch.json {
        return writeln!(out, "{}", json!({ "worklist": worklist, "change": change }));
    }
    let at = change["at"].as_str().unwrap_or_default();
    let kind = change["__typename"].as_str().unwrap_or_default();
    match kind {
        "WorklistSnapshot" => {
            let tasks = change["tasks"].as_array().map_or(&[][..], Vec::as_slice);
            writeln!(out, "{at}  {worklist}  {} tasks", tasks.len())?;
            tasks
                .iter()
                .try_for_each(|task| writeln!(out, "{at}  {worklist}  · {}", line(task)))
        }
        "TaskEntered" => writeln!(out, "{at}  {worklist}  + {}", line(&change["task"])),
        "TaskUpdated" => writeln!(out, "{at}  {worklist}  ~ {}", line(&change["task"])),
        "TaskLeft" => writeln!(
            out,
            "{at}  {worklist}  - {} {}",
            change["taskId"].as_str().unwrap_or_default(),
            change["reason"].as_str().unwrap_or_default(),
        ),
        _ => writeln!(out, "{at}  {worklist}  {kind}"),
    }
}

fn line(task: &Value) -> String {
    let text = |value: &Value| value.as_str().unwrap_or("-").to_owned();
    format!(
        "{} [{}] {} {} {}",
        text(&task["name"]),
        text(&task["process"]["key"]),
        text(&task["state"]),
        text(&task["assignee"]["name"]),
        text(&task["id"]),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_socket_is_found_from_what_people_paste() {
        for url in [
            "http://127.0.0.1:8080",
            "http://127.0.0.1:8080/",
            "http://127.0.0.1:8080/graphql",
            "ws://127.0.0.1:8080/graphql/ws",
        ] {
            assert_eq!(
                endpoint(url).expect("a URL"),
                "ws://127.0.0.1:8080/graphql/ws"
            );
        }
        for url in ["127.0.0.1:8080", "https://example.org", "wss://example.org"] {
            assert!(endpoint(url).is_err(), "{url}");
        }
    }

    #[test]
    fn only_an_end_that_would_come_back_is_the_end() {
        for code in [4400, 4401, 4403, 4409, 4429] {
            assert!(refused(code, "").is_err(), "{code}");
        }
        for code in [1000, 1001, 1006, 1011, 4408, 4413] {
            assert!(refused(code, "").is_ok(), "{code}");
        }
    }
}
