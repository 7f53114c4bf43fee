//! A client of the `graphql-transport-ws` protocol, small enough to send what a client should not.

use std::net::SocketAddr;
use std::time::Duration;

use anyhow::{Context, bail};
use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::http::HeaderValue;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

/// How long a test waits for a frame before it fails.
const PATIENCE: Duration = Duration::from_secs(10);

/// An open socket.
pub struct Socket {
    stream: WebSocketStream<MaybeTlsStream<TcpStream>>,
}

impl Socket {
    /// Connects and is acknowledged.
    pub async fn open(addr: SocketAddr, token: &str) -> anyhow::Result<Socket> {
        let mut socket = Socket::connect(addr, None).await?;
        socket.send(json!({ "type": "connection_init", "payload": { "authorization": format!("Bearer {token}") } })).await;
        let ack = socket
            .next()
            .await
            .map_err(|code| anyhow::anyhow!("closed with {code}"))?;
        if ack["type"] != "connection_ack" {
            bail!("expected an acknowledgement, got {ack}");
        }
        Ok(socket)
    }

    /// Connects and says nothing.
    pub async fn connect(addr: SocketAddr, origin: Option<&str>) -> anyhow::Result<Socket> {
        let mut request = format!("ws://{addr}/graphql/ws").into_client_request()?;
        request.headers_mut().insert(
            "sec-websocket-protocol",
            HeaderValue::from_static("graphql-transport-ws"),
        );
        if let Some(origin) = origin {
            request.headers_mut().insert("origin", origin.parse()?);
        }
        let (stream, _) = connect_async(request)
            .await
            .context("the socket connects")?;
        Ok(Socket { stream })
    }

    /// Sends a message.
    pub async fn send(&mut self, message: Value) {
        self.text(message.to_string()).await;
    }

    /// Sends any text.
    pub async fn text(&mut self, text: String) {
        self.stream.send(Message::text(text)).await.ok();
    }

    /// Starts an operation.
    pub async fn subscribe(&mut self, id: &str, document: &str, variables: Value) {
        self.send(json!({ "id": id, "type": "subscribe", "payload": { "query": document, "variables": variables } })).await;
    }

    /// The next message that is not a ping, or the code that the socket was closed with.
    pub async fn next(&mut self) -> Result<Value, u16> {
        loop {
            let frame = tokio::time::timeout(PATIENCE, self.stream.next())
                .await
                .expect("a frame arrives within ten seconds");
            match frame {
                Some(Ok(Message::Text(text))) => {
                    let message: Value = serde_json::from_str(&text).expect("messages are JSON");
                    if message["type"] == "ping" {
                        self.send(json!({ "type": "pong" })).await;
                    } else {
                        return Ok(message);
                    }
                }
                Some(Ok(Message::Close(frame))) => {
                    return Err(frame.map_or(1005, |frame| frame.code.into()));
                }
                Some(Ok(_)) => {}
                Some(Err(_)) | None => return Err(1006),
            }
        }
    }

    /// The next payload of data of an operation; fails on anything else.
    pub async fn change(&mut self, id: &str) -> Value {
        let message = self.next().await.expect("the socket stays open");
        assert_eq!(
            (&message["type"], &message["id"]),
            (&json!("next"), &json!(id)),
            "{message}"
        );
        assert!(message["payload"].get("errors").is_none(), "{message}");
        message["payload"]["data"].clone()
    }
}
