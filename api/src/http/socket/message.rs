//! The messages of the protocol, both ways.

use async_graphql::{Response, ServerError};
use serde::Serialize;
use serde_json::{Map, Value};

use crate::http::parameters::Parameters;

/// The longest id of an operation, in bytes.
const MAX_ID: usize = 256;

/// What a client says.
pub(super) enum Incoming {
    /// The first message, with the value of `authorization` in its payload.
    Init(Option<String>),
    /// Is anybody there? With an `authorization`, the token is replaced.
    Ping {
        /// The new token.
        authorization: Option<String>,
        /// What is given back.
        payload: Option<Value>,
    },
    /// The answer to a ping that we may have sent.
    Pong,
    /// Execute.
    Subscribe {
        /// Chosen by the client.
        id: String,
        /// What.
        parameters: Box<Parameters>,
    },
    /// Execute no longer.
    Complete {
        /// Which.
        id: String,
    },
}

/// Something that the protocol does not know; the protocol answers with 4400, whatever it is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Malformed;

impl Incoming {
    /// Reads a message.
    pub(super) fn parse(text: &str) -> Result<Incoming, Malformed> {
        let Ok(Value::Object(mut message)) = serde_json::from_str(text) else {
            return Err(Malformed);
        };
        let Some(Value::String(kind)) = message.remove("type") else {
            return Err(Malformed);
        };
        match kind.as_str() {
            "connection_init" => {
                let payload = payload(&mut message)?;
                Ok(Incoming::Init(authorization(payload.as_ref())))
            }
            "ping" => {
                let payload = payload(&mut message)?;
                let authorization = authorization(payload.as_ref());
                // A token goes nowhere but into the check.
                let payload = payload.filter(|_| authorization.is_none());
                Ok(Incoming::Ping {
                    authorization,
                    payload: payload.map(Value::Object),
                })
            }
            "pong" => payload(&mut message).map(|_| Incoming::Pong),
            "subscribe" => {
                let id = id(&mut message)?;
                let payload = message.remove("payload").ok_or(Malformed)?;
                let parameters = Parameters::from_json(payload).map_err(|_| Malformed)?;
                Ok(Incoming::Subscribe {
                    id,
                    parameters: Box::new(parameters),
                })
            }
            "complete" => Ok(Incoming::Complete {
                id: id(&mut message)?,
            }),
            _ => Err(Malformed),
        }
    }
}

fn id(message: &mut Map<String, Value>) -> Result<String, Malformed> {
    match message.remove("id") {
        Some(Value::String(id)) if !id.is_empty() && id.len() <= MAX_ID => Ok(id),
        _ => Err(Malformed),
    }
}

fn payload(message: &mut Map<String, Value>) -> Result<Option<Map<String, Value>>, Malformed> {
    match message.remove("payload") {
        None | Some(Value::Null) => Ok(None),
        Some(Value::Object(payload)) => Ok(Some(payload)),
        Some(_) => Err(Malformed),
    }
}

/// The value of `authorization`, in whatever case the client writes the name.
fn authorization(payload: Option<&Map<String, Value>>) -> Option<String> {
    payload?
        .iter()
        .find(|(name, _)| name.eq_ignore_ascii_case("authorization"))
        .and_then(|(_, value)| value.as_str())
        .map(str::to_owned)
}

/// What we say.
#[derive(Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(super) enum Outgoing<'a> {
    /// The session begins.
    ConnectionAck,
    /// The answer to a ping.
    Pong {
        /// What came with it.
        #[serde(skip_serializing_if = "Option::is_none")]
        payload: Option<Value>,
    },
    /// One answer of an operation.
    Next {
        /// Which.
        id: &'a str,
        /// The answer.
        payload: &'a Response,
    },
    /// The operation was not executed, or was given up; it is over.
    Error {
        /// Which.
        id: &'a str,
        /// Why.
        payload: &'a [ServerError],
    },
    /// The operation is over.
    Complete {
        /// Which.
        id: &'a str,
    },
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_message_beyond_the_protocol_is_malformed() {
        for text in [
            "",
            "{",
            "[]",
            "null",
            "\"ping\"",
            "{}",
            r#"{"type":1}"#,
            r#"{"type":"start","id":"1","payload":{"query":"{a}"}}"#,
            r#"{"type":"connection_ack"}"#,
            r#"{"type":"connection_init","payload":"Bearer x"}"#,
            r#"{"type":"ping","payload":[]}"#,
            r#"{"type":"subscribe","payload":{"query":"{a}"}}"#,
            r#"{"type":"subscribe","id":"","payload":{"query":"{a}"}}"#,
            r#"{"type":"subscribe","id":1,"payload":{"query":"{a}"}}"#,
            r#"{"type":"subscribe","id":"1"}"#,
            r#"{"type":"subscribe","id":"1","payload":{}}"#,
            r#"{"type":"subscribe","id":"1","payload":{"query":1}}"#,
            r#"{"type":"subscribe","id":"1","payload":{"query":"{a}","variables":"{}"}}"#,
            r#"{"type":"complete"}"#,
        ] {
            assert!(Incoming::parse(text).is_err(), "{text}");
        }
        let long = json!({"type": "complete", "id": "x".repeat(MAX_ID + 1)});
        assert!(Incoming::parse(&long.to_string()).is_err());
    }

    #[test]
    fn the_name_of_the_token_may_be_written_in_any_case() {
        for name in ["authorization", "Authorization", "AUTHORIZATION"] {
            let text = json!({"type": "connection_init", "payload": {name: "Bearer x"}});
            let Ok(Incoming::Init(Some(value))) = Incoming::parse(&text.to_string()) else {
                panic!("{name}");
            };
            assert_eq!(value, "Bearer x");
        }
        for text in [
            r#"{"type":"connection_init"}"#,
            r#"{"type":"connection_init","payload":{"authorization":1}}"#,
        ] {
            assert!(
                matches!(Incoming::parse(text), Ok(Incoming::Init(None))),
                "{text}"
            );
        }
    }

    #[test]
    fn a_token_in_a_ping_does_not_come_back() {
        let text = r#"{"type":"ping","payload":{"authorization":"Bearer x","n":1}}"#;
        let Ok(Incoming::Ping {
            authorization,
            payload,
        }) = Incoming::parse(text)
        else {
            panic!("a ping");
        };
        assert_eq!(
            (authorization.as_deref(), payload),
            (Some("Bearer x"), None)
        );
        let Ok(Incoming::Ping {
            authorization,
            payload,
        }) = Incoming::parse(r#"{"type":"ping","payload":{"n":1}}"#)
        else {
            panic!("a ping");
        };
        assert_eq!((authorization, payload), (None, Some(json!({"n": 1}))));
    }

    #[test]
    fn what_we_say_is_what_the_protocol_says() {
        let text = |message: Outgoing<'_>| serde_json::to_value(message).expect("JSON");
        assert_eq!(
            text(Outgoing::ConnectionAck),
            json!({"type": "connection_ack"})
        );
        assert_eq!(
            text(Outgoing::Pong { payload: None }),
            json!({"type": "pong"})
        );
        assert_eq!(
            text(Outgoing::Complete { id: "1" }),
            json!({"type": "complete", "id": "1"})
        );
        let answer = Response::new(async_graphql::Value::from(1));
        assert_eq!(
            text(Outgoing::Next {
                id: "1",
                payload: &answer
            }),
            json!({"type": "next", "id": "1", "payload": {"data": 1}})
        );
        let errors = [ServerError::new("no", None)];
        assert_eq!(
            text(Outgoing::Error {
                id: "1",
                payload: &errors
            }),
            json!({"type": "error", "id": "1", "payload": [{"message": "no"}]})
        );
    }
}
