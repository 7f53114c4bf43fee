//! What becomes of instances that go to another version of their process, or would: places of the models, no data.

use async_graphql::{Enum, SimpleObject};
use docket_domain::engine::migrate as domain;
use docket_domain::ids::InstanceId;

use super::instance::ProcessInstanceState;
use super::preview::{MOST_SHOWN, PreviewAsk, PreviewStep, stands_at};
use super::scalar::DateTime;
use crate::app::AppError;
use crate::app::migration::{Migrations, Outcome};
use crate::feed;
use crate::graphql::error::{Result, UserError, user_errors};
use crate::graphql::id::Id;
use crate::graphql::session::Asking;

/// What came of moving instances to another version, or would.
#[derive(Default, SimpleObject)]
#[graphql(serial)]
pub struct MigrationPayload {
    /// Of each instance, in the order of the input. Null if the request as a whole was refused.
    results: Option<Vec<InstanceMigration>>,
    /// Whether there are more instances of the version behind these.
    has_more: Option<bool>,
    /// Why the request as a whole was refused.
    user_errors: Vec<UserError>,
}

/// What came of moving one instance, or would. Lists have 1,000 entries at most.
#[derive(SimpleObject)]
#[graphql(serial)]
pub struct InstanceMigration {
    /// Which instance.
    process_instance_id: Id,
    /// The number of the version that it leaves. Null, as all that follows, if it stays where it is.
    from_version: Option<u32>,
    /// The number of the version that it goes to.
    to_version: Option<u32>,
    /// Where each of its tokens goes.
    tokens: Option<Vec<TokenMigration>>,
    /// What becomes of each timer, message, signal and condition that it waits for: first what it waited for, then what is new.
    waits: Option<Vec<WaitMigration>>,
    /// What its history says of it.
    steps: Option<Vec<PreviewStep>>,
    /// What it asks of others.
    asks: Option<Vec<PreviewAsk>>,
    /// Where its life stands after it.
    state: Option<ProcessInstanceState>,
    /// The ids of the elements at which it stands after it, one for each token.
    stands_at: Option<Vec<String>>,
    /// How many of its tasks are open after it.
    open_tasks: Option<usize>,
    /// How many incidents hold it after it.
    incidents: Option<usize>,
    /// Where the feeds stand after its commit: a subscription with it in `after` shows what comes later. Null of a preview.
    cursor: Option<String>,
    /// Everything that stands in its way.
    obstacles: Vec<MigrationObstacle>,
    /// Why it stays where it is.
    user_errors: Vec<UserError>,
}

/// A token that goes from one element to another.
#[derive(Clone, Debug, SimpleObject)]
#[graphql(serial)]
pub struct TokenMigration {
    /// Its number.
    number: u32,
    /// The id of the element in the version that is left.
    from_element_id: String,
    /// The id of the element in the version to go to.
    to_element_id: String,
}

/// Something that an instance waits for, or waited for.
#[derive(Clone, Debug, SimpleObject)]
#[graphql(serial)]
pub struct WaitMigration {
    /// What it waits for.
    kind: WaitKind,
    /// What becomes of it.
    fate: WaitFate,
    /// The id of the event in the version that is left; null if it is new.
    from_element_id: Option<String>,
    /// The id of the event in the version to go to; null if nobody waits any more.
    to_element_id: Option<String>,
    /// When a timer fires, or would have.
    due_at: Option<DateTime>,
}

/// What an instance waits for.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Enum)]
#[graphql(remote = "domain::WaitKind")]
pub enum WaitKind {
    /// A moment.
    Timer,
    /// A message.
    Message,
    /// A signal.
    Signal,
    /// A condition over the data.
    Condition,
}

/// What becomes of what an instance waits for.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Enum)]
#[graphql(remote = "domain::Fate")]
pub enum WaitFate {
    /// It goes on as it is: a timer fires when it would have.
    Kept,
    /// It is waited for at the same event, for what the other version says.
    Renewed,
    /// It is waited for from now on.
    Begun,
    /// Nobody waits for it any more.
    Removed,
}

/// Something that stands in the way of moving an instance to another version.
#[derive(Clone, Debug, SimpleObject)]
#[graphql(serial)]
pub struct MigrationObstacle {
    /// Of what kind.
    kind: MigrationObstacleKind,
    /// The id of the element in the version that is left.
    element_id: Option<String>,
    /// The id of the element in the version to go to.
    target_element_id: Option<String>,
    /// The same for a person to read.
    message: String,
}

/// What stands in the way.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Enum)]
#[graphql(remote = "domain::ObstacleKind")]
pub enum MigrationObstacleKind {
    /// The mapping names an element that is not in the version that is left.
    UnknownSource,
    /// The mapping names an element that is not in the version to go to.
    UnknownTarget,
    /// The mapping names an element twice, or two elements become one that must stay apart.
    Ambiguous,
    /// The two elements are of different kinds, or repeat in different ways.
    KindMismatch,
    /// The two elements stand in sub-processes, or hang at activities, that do not correspond.
    ScopeMismatch,
    /// Something stands at an element, or could still be undone there, for which there is none in the other version.
    NoTarget,
    /// A token has come to a join by a flow for which there is none in the other version.
    NoFlow,
    /// What is done could be undone here, and not, or otherwise, in the other version.
    Undoing,
    /// The other version asks for something that has no value, or for nothing that could happen.
    Unready,
}

impl MigrationPayload {
    /// What came of it, or would.
    pub async fn of(asking: &Asking<'_>, done: Migrations) -> Result<MigrationPayload> {
        let mut results = Vec::with_capacity(done.outcomes.len());
        for (id, outcome) in done.outcomes {
            results.push(match outcome {
                Ok(outcome) => InstanceMigration::of(asking, id, &outcome).await?,
                Err(error) => InstanceMigration::refused(id, error)?,
            });
        }
        Ok(MigrationPayload {
            results: Some(results),
            has_more: Some(done.has_more),
            user_errors: Vec::new(),
        })
    }

    /// Why nothing was done, or would be.
    pub fn refused(user_errors: Vec<UserError>) -> MigrationPayload {
        MigrationPayload {
            user_errors,
            ..MigrationPayload::default()
        }
    }
}

impl InstanceMigration {
    async fn of(asking: &Asking<'_>, id: InstanceId, outcome: &Outcome) -> Result<Self> {
        let cursor = match outcome.position {
            Some(at) => Some(feed::cursor::after_commit(asking.app, asking.actor(), at).await?),
            None => None,
        };
        let (plan, after) = (&outcome.plan, &outcome.after);
        let tokens = plan.tokens.iter().take(MOST_SHOWN);
        let waits = plan.waits.iter().take(MOST_SHOWN);
        Ok(InstanceMigration {
            process_instance_id: Id::Instance(id),
            from_version: Some(outcome.from_version),
            to_version: Some(outcome.to_version),
            tokens: Some(tokens.map(TokenMigration::of).collect()),
            waits: Some(waits.map(WaitMigration::of).collect()),
            steps: Some(PreviewStep::all(&outcome.steps)),
            asks: Some(PreviewAsk::all(after, &outcome.asks)),
            state: Some(after.state.into()),
            stands_at: Some(stands_at(&outcome.model, after)),
            open_tasks: Some(after.open_tasks().count()),
            incidents: Some(after.incidents.len()),
            cursor,
            obstacles: Vec::new(),
            user_errors: Vec::new(),
        })
    }

    fn refused(id: InstanceId, error: AppError) -> Result<Self> {
        let mut obstacles = Vec::new();
        if let AppError::Obstructed(found) = &error {
            obstacles.extend(found.iter().map(MigrationObstacle::of));
        }
        Ok(InstanceMigration {
            process_instance_id: Id::Instance(id),
            from_version: None,
            to_version: None,
            tokens: None,
            waits: None,
            steps: None,
            asks: None,
            state: None,
            stands_at: None,
            open_tasks: None,
            incidents: None,
            cursor: None,
            obstacles,
            user_errors: user_errors(error)?,
        })
    }
}

impl TokenMigration {
    fn of(token: &domain::MovedToken) -> TokenMigration {
        TokenMigration {
            number: token.token.0,
            from_element_id: token.from.to_string(),
            to_element_id: token.to.to_string(),
        }
    }
}

impl WaitMigration {
    fn of(wait: &domain::PlannedWait) -> WaitMigration {
        WaitMigration {
            kind: wait.kind.into(),
            fate: wait.fate.into(),
            from_element_id: wait.from.as_ref().map(|id| id.to_string()),
            to_element_id: wait.to.as_ref().map(|id| id.to_string()),
            due_at: wait.due_at.map(DateTime),
        }
    }
}

impl MigrationObstacle {
    fn of(obstacle: &domain::Obstacle) -> MigrationObstacle {
        MigrationObstacle {
            kind: obstacle.kind.into(),
            element_id: obstacle.element.as_ref().map(|id| id.to_string()),
            target_element_id: obstacle.target.as_ref().map(|id| id.to_string()),
            message: obstacle.message.clone(),
        }
    }
}
