//! What can be read, a file per noun. Each type wraps what the domain or the store says and asks the loaders for the rest.

use async_graphql::Interface;

use super::id::Id;

pub mod calendar;
pub mod change;
pub mod comment;
pub mod decision;
pub mod field;
pub mod history;
pub mod instance;
pub mod migration;
pub mod monitor;
pub mod preview;
pub mod process;
pub mod scalar;
pub mod suspension;
pub mod task;
pub mod user;
pub mod viewer;
pub mod work;
pub mod worklist;

use decision::DecisionDefinition;
use instance::ProcessInstance;
use process::Process;
use task::Task;
use user::User;
use worklist::Worklist;

/// Whatever has an id of its own and can be read again by it.
#[derive(Interface)]
#[graphql(field(
    name = "id",
    ty = "Id",
    desc = "Names the object; to be handed back as it was given."
))]
pub enum Node {
    /// A version of a process.
    Process(Process),
    /// A version of a decision.
    DecisionDefinition(DecisionDefinition),
    /// A run of a process.
    ProcessInstance(ProcessInstance),
    /// A task.
    Task(Task),
    /// A person.
    User(User),
    /// A worklist.
    Worklist(Worklist),
}
