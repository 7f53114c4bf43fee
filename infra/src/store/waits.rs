//! What instances wait for by name: a row for each name and correlation, so that what is thrown finds who waits for it.

use std::collections::BTreeSet;

use docket_domain::engine::effect::Awaited;
use docket_domain::engine::instance::Instance;
use docket_domain::value::{Name, Value};
use sea_orm::sea_query::Condition;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, Set};
use uuid::Uuid;

use super::entity::wait::{ActiveModel, Column, Entity};
use super::row::{micros, uuid};
use super::transitions::{CHUNK, Turn};
use super::{Read, StoreError, Transition, Write};
use crate::crypto::TenantKeys;

pub(super) const SIGNAL: i16 = 1;
pub(super) const MESSAGE: i16 = 2;
/// Alternatives in one condition: SQLite nests them, and takes a depth of 1,000.
const ALTERNATIVES: usize = 200;

/// Kind, name and correlation of what is awaited.
type Index = (i16, Uuid, Uuid);
/// What an instance awaits.
pub(super) type Wait = (Uuid, Index);

impl Read {
    /// What changes of what instances wait for between two states of each.
    pub(super) fn wait_rows(&self, transitions: &[Transition<'_>]) -> Turn<Wait, ActiveModel> {
        let mut turn = Turn::default();
        for Transition {
            before,
            after,
            entry,
            ..
        } in transitions
        {
            let were = before.map(|before| self.waits_of(before));
            let (were, are) = (were.unwrap_or_default(), self.waits_of(after));
            let left = were.difference(&are);
            turn.gone.extend(left.map(|index| (after.id.0, *index)));
            turn.new.extend(
                are.difference(&were)
                    .map(|(kind, name, correlation)| ActiveModel {
                        instance_id: Set(after.id.0),
                        kind: Set(*kind),
                        name: Set(*name),
                        correlation: Set(*correlation),
                        tenant_id: Set(self.tenant.0),
                        since: Set(micros(entry.at)),
                    }),
            );
        }
        turn
    }

    fn waits_of(&self, instance: &Instance) -> BTreeSet<Index> {
        let awaited = Awaited::of(instance);
        awaited.map(|awaited| self.index(&awaited)).collect()
    }

    /// What is awaited, as columns hold it.
    pub(super) fn index(&self, awaited: &Awaited<'_>) -> Index {
        let keys = &self.keys;
        match awaited {
            Awaited::Signal(name) => (SIGNAL, named_by(keys, SIGNAL, name), correlated(keys, None)),
            Awaited::Message(name, correlation) => (
                MESSAGE,
                named_by(keys, MESSAGE, name),
                correlated(keys, *correlation),
            ),
        }
    }
}

impl Write {
    pub(super) async fn save_waits(&self, turn: Turn<Wait, ActiveModel>) -> Result<(), StoreError> {
        // SQLite looks each part of such a condition up in the index, but not tuples in a list.
        for chunk in turn.gone.chunks(ALTERNATIVES) {
            let gone = chunk.iter().map(|(instance, (kind, name, correlation))| {
                Condition::all()
                    .add(Column::InstanceId.eq(*instance))
                    .add(Column::Kind.eq(*kind))
                    .add(Column::Name.eq(*name))
                    .add(Column::Correlation.eq(*correlation))
            });
            Entity::delete_many()
                .filter(Column::TenantId.eq(self.tenant.0))
                .filter(gone.fold(Condition::any(), Condition::add))
                .exec(&self.tx)
                .await?;
        }
        for chunk in turn.new.chunks(CHUNK) {
            Entity::insert_many(chunk.iter().cloned())
                .exec_without_returning(&self.tx)
                .await?;
        }
        Ok(())
    }
}

pub(super) fn named_by(keys: &TenantKeys, kind: i16, name: &Name) -> Uuid {
    let purpose = match kind {
        SIGNAL => "signal",
        _ => "message",
    };
    uuid(keys.blind_index(purpose, name.as_bytes()))
}

/// What a sender names as a column holds it; that nothing is asked for has a value of its own.
pub(super) fn correlated(keys: &TenantKeys, correlation: Option<&Value>) -> Uuid {
    match correlation {
        None => Uuid::nil(),
        Some(value) => {
            let json = value.to_json().to_string();
            uuid(keys.blind_index("correlation", json.as_bytes()))
        }
    }
}
