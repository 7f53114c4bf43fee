//! Identifiers: newtypes over `Uuid`, so that a task's id cannot be handed over where an instance's is asked for.
//! Nothing here makes an id: fresh ones come in from the caller.

use std::fmt;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub Uuid);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
    };
}

id!(
    /// A tenant: the border that nothing crosses.
    TenantId
);
id!(
    /// One version of a process.
    ProcessId
);
id!(
    /// One version of a decision.
    DecisionId
);
id!(
    /// A file of decisions.
    DecisionFileId
);
id!(
    /// One run of a process.
    InstanceId
);
id!(
    /// One unit of human work.
    TaskId
);
id!(
    /// A timer that an instance waits for.
    TimerId
);
id!(
    /// One piece of work that is done outside.
    WorkId
);
id!(
    /// A comment on a task.
    CommentId
);
