//! Running instances that go to another version of their process, by administrators, who see no data by it.

use async_graphql::{Context, InputObject, Object, OneofObject};
use docket_domain::engine::migrate::MappingEntry;
use docket_domain::value::Name;

use super::settled;
use crate::app::migration::{MigrationRequest, Subjects};
use crate::graphql::error::Result;
use crate::graphql::id::{Id, Malformed};
use crate::graphql::session::Asking;
use crate::graphql::types::migration::MigrationPayload;

/// What `migrateInstances` and `previewMigration` take.
#[derive(Clone, Debug, InputObject)]
pub struct MigrateInstancesInput {
    /// The version to go to: a published one of the same process.
    process: Id,
    /// Which instances.
    instances: MigrationSubjectsInput,
    /// Which elements stand for which, 1,000 at most. What is not named goes to the element of the same id, if that is of the
    /// same kind and in the same sub-process.
    mapping: Option<Vec<ElementMappingInput>>,
    /// Why: 1 to 1,000 characters.
    reason: String,
}

/// Which instances go to another version.
#[derive(Clone, Debug, OneofObject)]
pub enum MigrationSubjectsInput {
    /// These: 1 to 100, each once.
    Named(Vec<MigrationSubjectInput>),
    /// Those of a version that are not over, 100 at a time.
    Running(RunningInstancesInput),
}

/// An instance that goes to another version.
#[derive(Clone, Debug, InputObject)]
pub struct MigrationSubjectInput {
    /// Which.
    process_instance: Id,
    /// The revision of the instance that the viewer has seen; another one is a conflict.
    expected_revision: Option<u32>,
}

/// Instances of a version that are not over.
#[derive(Clone, Debug, InputObject)]
pub struct RunningInstancesInput {
    /// The version that they run.
    process: Id,
    /// Only those behind this instance: the last one of the answer before.
    after: Option<Id>,
}

/// Which element stands for one.
#[derive(Clone, Debug, InputObject)]
pub struct ElementMappingInput {
    /// The id of the element in the version that is left.
    source: String,
    /// The id of the element in the version to go to. Null is none, though one has the same id: what is waited for there is
    /// waited for anew.
    target: Option<String>,
}

impl TryFrom<MigrateInstancesInput> for MigrationRequest {
    type Error = Malformed;

    fn try_from(input: MigrateInstancesInput) -> std::result::Result<Self, Malformed> {
        let subject = |subject: MigrationSubjectInput| {
            let id = subject.process_instance.instance()?;
            Ok((id, subject.expected_revision))
        };
        let subjects = match input.instances {
            MigrationSubjectsInput::Named(named) => {
                let named = named.into_iter().map(subject);
                Subjects::Named(named.collect::<std::result::Result<_, _>>()?)
            }
            MigrationSubjectsInput::Running(running) => Subjects::Running {
                process: running.process.process()?,
                after: running.after.map(|after| after.instance()).transpose()?,
            },
        };
        let entry = |entry: ElementMappingInput| MappingEntry {
            source: Name::from(entry.source),
            target: entry.target.map(Name::from),
        };
        let mapping = input.mapping.unwrap_or_default();
        Ok(MigrationRequest {
            to: input.process.process()?,
            subjects,
            mapping: mapping.into_iter().map(entry).collect(),
            reason: input.reason,
        })
    }
}

/// The mutations that move instances from one version to another.
#[derive(Default)]
pub struct MigrationMutation;

#[Object(serial)]
impl MigrationMutation {
    /// Moves running instances to another published version of their process, each in a transaction of its own: one that
    /// cannot go says why and keeps no other from it. Tasks stay in the hands that they are in; who reads what, who may claim and
    /// which form there is, is what the other version says. Timers at events that are mapped fire when they would have; new ones
    /// begin now. Suspended instances stay suspended. Takes the privilege `ADMINISTRATOR`.
    async fn migrate_instances(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which instances, to which version, and why.")]
        input: MigrateInstancesInput,
    ) -> Result<MigrationPayload> {
        let asking = Asking::writing(ctx)?;
        let request = MigrationRequest::try_from(input)?;
        let asked = asking.app.migrate_instances(asking.actor(), &request);
        match settled(asked).await? {
            Ok(done) => MigrationPayload::of(&asking, done).await,
            Err(user_errors) => Ok(MigrationPayload::refused(user_errors)),
        }
    }
}
