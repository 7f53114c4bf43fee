//! Ids on the wire: `Task_<uuid>`. The type's name in front makes `node(id:)` one match, and a wrong kind of id is refused
//! before any resolver runs. Users and worklists have no rows: their ids carry what they are.

use async_graphql::{InputValueError, InputValueResult, Scalar, ScalarType, Value};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use docket_domain::ids::{CommentId, DecisionId, InstanceId, ProcessId, TaskId, WorkId};
use docket_domain::task::worklist::Worklist;
use docket_domain::value::Name;
use uuid::Uuid;

/// The longest id that is looked at, in bytes: a worklist's, of a group whose name is 256 control characters.
const MAX_LENGTH: usize = 2_560;

/// What an id names.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Id {
    /// A version of a process.
    Process(ProcessId),
    /// A version of a decision.
    Decision(DecisionId),
    /// A run of a process.
    Instance(InstanceId),
    /// A task.
    Task(TaskId),
    /// A comment.
    Comment(CommentId),
    /// Work that is done outside.
    Work(WorkId),
    /// What holds an instance, by its number.
    Incident(InstanceId, u32),
    /// A person, by the name that tokens give.
    User(Name),
    /// A worklist of whoever asks.
    Worklist(Worklist),
}

/// An id that is none of ours, or not of the kind that is asked for.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("the id is malformed")]
pub struct Malformed;

impl Id {
    /// Reads an id. Never panics, whatever the text.
    pub fn parse(text: &str) -> Result<Id, Malformed> {
        if text.len() > MAX_LENGTH {
            return Err(Malformed);
        }
        let (kind, rest) = text.split_once('_').ok_or(Malformed)?;
        match kind {
            "Process" => Ok(Id::Process(ProcessId(uuid(rest)?))),
            "DecisionDefinition" => Ok(Id::Decision(DecisionId(uuid(rest)?))),
            "ProcessInstance" => Ok(Id::Instance(InstanceId(uuid(rest)?))),
            "Task" => Ok(Id::Task(TaskId(uuid(rest)?))),
            "Comment" => Ok(Id::Comment(CommentId(uuid(rest)?))),
            "Work" => Ok(Id::Work(WorkId(uuid(rest)?))),
            "Incident" => {
                let (instance, number) = rest.rsplit_once('-').ok_or(Malformed)?;
                Ok(Id::Incident(InstanceId(uuid(instance)?), whole(number)?))
            }
            "User" => Ok(Id::User(user(rest)?)),
            "Worklist" => serde_json::from_slice(&decoded(rest)?)
                .map(Id::Worklist)
                .map_err(|_| Malformed),
            _ => Err(Malformed),
        }
    }

    /// The id as text.
    pub fn text(&self) -> String {
        match self {
            Id::Process(id) => format!("Process_{id}"),
            Id::Decision(id) => format!("DecisionDefinition_{id}"),
            Id::Instance(id) => format!("ProcessInstance_{id}"),
            Id::Task(id) => format!("Task_{id}"),
            Id::Comment(id) => format!("Comment_{id}"),
            Id::Work(id) => format!("Work_{id}"),
            Id::Incident(instance, number) => format!("Incident_{instance}-{number}"),
            Id::User(name) => format!("User_{}", URL_SAFE_NO_PAD.encode(name.as_bytes())),
            Id::Worklist(worklist) => {
                let json = serde_json::to_vec(worklist).unwrap_or_default();
                format!("Worklist_{}", URL_SAFE_NO_PAD.encode(json))
            }
        }
    }

    /// The process that it names.
    pub fn process(&self) -> Result<ProcessId, Malformed> {
        let Id::Process(id) = self else {
            return Err(Malformed);
        };
        Ok(*id)
    }

    /// The decision that it names.
    pub fn decision(&self) -> Result<DecisionId, Malformed> {
        let Id::Decision(id) = self else {
            return Err(Malformed);
        };
        Ok(*id)
    }

    /// The instance that it names.
    pub fn instance(&self) -> Result<InstanceId, Malformed> {
        let Id::Instance(id) = self else {
            return Err(Malformed);
        };
        Ok(*id)
    }

    /// The task that it names.
    pub fn task(&self) -> Result<TaskId, Malformed> {
        let Id::Task(id) = self else {
            return Err(Malformed);
        };
        Ok(*id)
    }

    /// The incident that it names: its instance, and its number there.
    pub fn incident(&self) -> Result<(InstanceId, u32), Malformed> {
        let Id::Incident(instance, number) = self else {
            return Err(Malformed);
        };
        Ok((*instance, *number))
    }

    /// The work that it names.
    pub fn work(&self) -> Result<WorkId, Malformed> {
        let Id::Work(id) = self else {
            return Err(Malformed);
        };
        Ok(*id)
    }

    /// The person that it names.
    pub fn user(self) -> Result<Name, Malformed> {
        let Id::User(name) = self else {
            return Err(Malformed);
        };
        Ok(name)
    }

    /// The worklist that it names.
    pub fn worklist(self) -> Result<Worklist, Malformed> {
        let Id::Worklist(worklist) = self else {
            return Err(Malformed);
        };
        Ok(worklist)
    }
}

/// Only the form that we write: one object has one id.
fn uuid(text: &str) -> Result<Uuid, Malformed> {
    let id = Uuid::try_parse(text).map_err(|_| Malformed)?;
    (id.to_string() == text).then_some(id).ok_or(Malformed)
}

/// Without sign or leading zeros: one object has one id.
fn whole(text: &str) -> Result<u32, Malformed> {
    let number: u32 = text.parse().map_err(|_| Malformed)?;
    (number.to_string() == text)
        .then_some(number)
        .ok_or(Malformed)
}

fn user(text: &str) -> Result<Name, Malformed> {
    let name = String::from_utf8(decoded(text)?).map_err(|_| Malformed)?;
    (!name.is_empty())
        .then(|| Name::from(name))
        .ok_or(Malformed)
}

fn decoded(text: &str) -> Result<Vec<u8>, Malformed> {
    URL_SAFE_NO_PAD.decode(text).map_err(|_| Malformed)
}

/// Names one object: what kind it is, and which. To be handed back as it was given.
#[Scalar(name = "ID")]
impl ScalarType for Id {
    fn parse(value: Value) -> InputValueResult<Self> {
        let Value::String(text) = &value else {
            return Err(InputValueError::expected_type(value));
        };
        Id::parse(text).map_err(InputValueError::custom)
    }

    fn to_value(&self) -> Value {
        Value::String(self.text())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn some_ids() -> Vec<Id> {
        let id = Uuid::from_u128(0x0199_0000_0000_7000_8000_0000_0000_0001);
        vec![
            Id::Process(ProcessId(id)),
            Id::Decision(DecisionId(id)),
            Id::Instance(InstanceId(id)),
            Id::Task(TaskId(id)),
            Id::Comment(CommentId(id)),
            Id::Work(WorkId(id)),
            Id::Incident(InstanceId(id), 17),
            Id::User(Name::from("änne_o'neill@example.org")),
            Id::Worklist(Worklist::Assigned),
            Id::Worklist(Worklist::Group(Name::from("human resources"))),
        ]
    }

    #[test]
    fn what_is_written_is_read_again() {
        for id in some_ids() {
            assert_eq!(Id::parse(&id.text()), Ok(id));
        }
    }

    #[test]
    fn another_spelling_is_another_id() {
        let id = "0199ABCD-0000-7000-8000-000000000001";
        assert_eq!(Id::parse(&format!("Task_{id}")), Err(Malformed));
        assert!(Id::parse(&format!("Task_{}", id.to_lowercase())).is_ok());
        assert_eq!(
            Id::parse("Task_0199abcd00007000800000000000_0001"),
            Err(Malformed)
        );
    }

    #[test]
    fn a_wrong_kind_is_malformed() {
        for id in some_ids() {
            assert_eq!(id.task().is_ok(), matches!(id, Id::Task(_)));
            assert_eq!(id.work().is_ok(), matches!(id, Id::Work(_)));
            assert_eq!(id.process().is_ok(), matches!(id, Id::Process(_)));
            assert_eq!(id.instance().is_ok(), matches!(id, Id::Instance(_)));
            assert_eq!(id.decision().is_ok(), matches!(id, Id::Decision(_)));
        }
    }

    #[test]
    fn nothing_and_nonsense_are_malformed() {
        for text in [
            "",
            "_",
            "Task",
            "Task_",
            "User_",
            "User_*",
            "User__w",
            "Worklist_",
            "Incident_0199abcd-0000-7000-8000-000000000001",
            "Incident_0199abcd-0000-7000-8000-000000000001-",
            "Incident_0199abcd-0000-7000-8000-000000000001-01",
            "Incident_0199abcd-0000-7000-8000-000000000001-+1",
            "Incident_0199abcd-0000-7000-8000-000000000001-4294967296",
            "Worklist_e30",
        ] {
            assert_eq!(Id::parse(text), Err(Malformed), "{text}");
        }
        assert_eq!(
            Id::parse(&format!("User_{}", "QUFB".repeat(800))),
            Err(Malformed)
        );
    }

    proptest! {
        #[test]
        fn no_text_panics(text in ".{0,80}") {
            let _ = Id::parse(&text);
        }

        #[test]
        fn no_worklist_json_panics(bytes in prop::collection::vec(any::<u8>(), 0..60)) {
            let _ = Id::parse(&format!("Worklist_{}", URL_SAFE_NO_PAD.encode(bytes)));
        }
    }
}
