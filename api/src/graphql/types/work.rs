//! Work that is done outside, as the worker sees it that has it in hand.

use async_graphql::{Object, SimpleObject};
use docket_domain::value::data_to_json;
use serde_json::Value as Json;

use super::scalar::DateTime;
use crate::app::work::Held;
use crate::graphql::id::Id;

/// Work that the viewer has in hand. It leads to nothing else: doing it takes no right to read its instance, and gives none.
pub struct Work(pub Held);

/// Work that the viewer has in hand. It leads to nothing else: doing it takes no right to read its instance, and gives none.
#[Object(serial)]
impl Work {
    /// Names the work in what is said of it.
    async fn id(&self) -> Id {
        Id::Work(self.0.view.id)
    }

    /// Of what type.
    #[graphql(name = "type")]
    async fn kind(&self) -> &str {
        &self.0.view.kind
    }

    /// The element of the model that it is the work of.
    async fn element_id(&self) -> &str {
        &self.0.view.element_id
    }

    /// The key of the process.
    async fn process_key(&self) -> &str {
        &self.0.process_key
    }

    /// The version of the process.
    async fn process_version(&self) -> u32 {
        self.0.process_version
    }

    /// The key that the outside knows the instance by. Null where the model declares inputs: then these are all that a worker
    /// gets.
    async fn business_key(&self) -> Option<&str> {
        self.0.view.business_key.as_deref()
    }

    /// How often it will still be tried, this time included.
    async fn retries(&self) -> u32 {
        self.0.view.retries
    }

    /// 0 to 100; higher is more urgent.
    async fn priority(&self) -> i32 {
        self.0.view.priority
    }

    /// From then on others may take it. Until somebody does, the viewer may still say how it went.
    async fn locked_until(&self) -> DateTime {
        DateTime(self.0.view.locked_until)
    }

    /// When it came into being.
    async fn created_at(&self) -> DateTime {
        DateTime(self.0.view.created_at)
    }

    /// What the model tells its worker, in its order.
    async fn headers(&self) -> Vec<WorkHeader> {
        let headers = self.0.view.headers.iter();
        headers
            .map(|(name, value)| WorkHeader {
                name: name.to_string(),
                value: value.to_string(),
            })
            .collect()
    }

    /// The inputs that the model declares; if it declares none, every field that is clear to the viewer.
    async fn data(&self) -> Json {
        data_to_json(&self.0.view.data)
    }

    /// What was said when it failed last, if it was the viewer who said so.
    async fn last_failure(&self) -> Option<&str> {
        self.0.view.last_failure.as_deref()
    }
}

/// Something that the model tells its worker.
#[derive(Clone, Debug, SimpleObject)]
#[graphql(serial)]
pub struct WorkHeader {
    /// What it is called.
    name: String,
    /// What it says.
    value: String,
}

/// There is work for the viewer, or was a moment ago.
#[derive(Clone, Debug, SimpleObject)]
#[graphql(serial)]
pub struct WorkAvailable {
    /// Counts from 1 without a gap: a gap means a loss.
    pub sequence: u32,
    /// When it was seen.
    pub at: DateTime,
    /// Of what type.
    #[graphql(name = "type")]
    pub kind: String,
}
