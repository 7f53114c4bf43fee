//! The journal: one entry for each transition, in the order of commit. On SQLite there is one writer, so the order of
//! rows is the order of commits.
//!
//! An entry that cannot be read, because somebody edited it or because its key was destroyed, keeps its place as one that
//! is missing: who follows the journal knows where something is lost, and goes on.

use std::collections::HashMap;

use docket_domain::ids::TenantId;
use docket_domain::journal::Entry;
use sea_orm::sea_query::{Condition, ExprTrait, Order, Query};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, NotSet, QueryResult, Set};
use std::sync::atomic::Ordering;
use uuid::Uuid;

use super::entity::journal::{ActiveModel, Column, Entity};
use super::row::{Cell, micros, or_absent};
use super::transitions::{CHUNK, Keyed};
use super::{Read, Store, StoreError, Write, ciphers, key_id, rows};
use crate::crypto::{Cipher, KeyId, Keyring};

/// A place in the journal; goes up with each commit. Never shown to a client unsealed.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Debug)]
pub struct Position(pub i64);

impl Store {
    /// The journal after a position, over all tenants, in order of commit; at most `limit` entries. `None` is missing.
    pub async fn journal_after(
        &self,
        position: Position,
        limit: u32,
    ) -> Result<Vec<(Position, TenantId, Option<Entry>)>, StoreError> {
        after(&self.db, &self.keyring, Condition::all(), position, limit).await
    }

    /// Where the journal ends.
    pub async fn position(&self) -> Result<Position, StoreError> {
        end(&self.db).await
    }
}

impl Read {
    /// Where the journal ends in this snapshot.
    pub async fn position(&self) -> Result<Position, StoreError> {
        end(&self.tx).await
    }

    /// The tenant's journal after a position, in order, at most `limit` entries. `None` is missing.
    pub async fn journal_after(
        &self,
        position: Position,
        limit: u32,
    ) -> Result<Vec<(Position, Option<Entry>)>, StoreError> {
        let own = Condition::all().add(Column::TenantId.eq(self.tenant.0));
        let entries = after(&self.tx, &self.keyring, own, position, limit).await?;
        Ok(entries
            .into_iter()
            .map(|(position, _, entry)| (position, entry))
            .collect())
    }
}

impl Read {
    /// What a transition says, as a row.
    pub(super) fn entry_row(&self, keyed: &Keyed<'_>) -> Result<ActiveModel, StoreError> {
        let (entry, cipher) = (keyed.transition.entry, &keyed.cipher);
        let revision = i64::from(entry.after.revision);
        let part = revision.to_be_bytes();
        let cell = cell(self.tenant, entry.instance.0, &part);
        Ok(ActiveModel {
            seq: NotSet,
            tenant_id: Set(self.tenant.0),
            at: Set(micros(entry.at)),
            instance_id: Set(entry.instance.0),
            revision: Set(revision),
            key_id: Set(Uuid::from_bytes(cipher.key_id().0)),
            body: Set(cell.seal_json(cipher, entry)?),
        })
    }
}

impl Write {
    pub(super) async fn insert_entries(&self, rows: &[ActiveModel]) -> Result<(), StoreError> {
        for chunk in rows.chunks(CHUNK) {
            let inserted = Entity::insert_many(chunk.iter().cloned())
                .exec(&self.tx)
                .await?;
            if let Some(last) = inserted.last_insert_id {
                self.position.store(last, Ordering::Relaxed);
            }
        }
        Ok(())
    }
}

/// An entry's number is not known before it is stored: its place is the instance and the revision that it led to.
fn cell<'a>(tenant: TenantId, instance: Uuid, revision: &'a [u8]) -> Cell<'a> {
    Cell {
        tenant,
        table: "journal",
        row: instance,
        column: "body",
        part: revision,
    }
}

async fn end(db: &impl ConnectionTrait) -> Result<Position, StoreError> {
    let select = Query::select()
        .column(Column::Seq)
        .from(Entity)
        .order_by(Column::Seq, Order::Desc)
        .limit(1)
        .take();
    let rows: Vec<i64> = rows(db, &select).await?;
    Ok(Position(rows.first().copied().unwrap_or(0)))
}

struct Stored {
    seq: i64,
    tenant: TenantId,
    /// Nothing if the row cannot even be taken apart.
    sealed: Option<Sealed>,
}

struct Sealed {
    instance: Uuid,
    revision: i64,
    key: KeyId,
    body: Vec<u8>,
}

async fn after(
    db: &impl ConnectionTrait,
    keyring: &Keyring,
    of: Condition,
    position: Position,
    limit: u32,
) -> Result<Vec<(Position, TenantId, Option<Entry>)>, StoreError> {
    let select = Query::select()
        .columns([
            Column::Seq,
            Column::TenantId,
            Column::InstanceId,
            Column::Revision,
            Column::KeyId,
            Column::Body,
        ])
        .from(Entity)
        .cond_where(of)
        .and_where(Column::Seq.into_expr().gt(position.0))
        .order_by(Column::Seq, Order::Asc)
        .limit(u64::from(limit))
        .take();
    let rows = db.query_all(&select).await?;
    let stored = rows.iter().map(stored).collect::<Result<Vec<_>, _>>()?;
    open(keyring, stored).await
}

fn stored(row: &QueryResult) -> Result<Stored, StoreError> {
    let sealed = row.try_get_many_by_index::<(i64, Uuid, Uuid, i64, Uuid, Vec<u8>)>();
    let (seq, tenant, sealed) = match sealed {
        Ok((seq, tenant, instance, revision, key, body)) => {
            let sealed = Sealed {
                instance,
                revision,
                key: key_id(key),
                body,
            };
            (seq, tenant, Some(sealed))
        }
        Err(error) => {
            let seq = row.try_get_by_index(0)?;
            tracing::error!(journal.seq = seq, %error, "an entry of the journal is left out");
            // Whose it was may be lost as well.
            (seq, row.try_get_by_index(1).unwrap_or_default(), None)
        }
    };
    Ok(Stored {
        seq,
        tenant: TenantId(tenant),
        sealed,
    })
}

async fn open(
    keyring: &Keyring,
    batch: Vec<Stored>,
) -> Result<Vec<(Position, TenantId, Option<Entry>)>, StoreError> {
    let mut by_tenant: HashMap<TenantId, Vec<Uuid>> = HashMap::new();
    for stored in &batch {
        let keys = by_tenant.entry(stored.tenant).or_default();
        keys.extend(
            stored
                .sealed
                .iter()
                .map(|sealed| Uuid::from_bytes(sealed.key.0)),
        );
    }
    let mut keys: HashMap<(TenantId, KeyId), Cipher> = HashMap::new();
    for (tenant, ids) in by_tenant {
        let found = ciphers(keyring, tenant, ids).await?;
        keys.extend(found.into_iter().map(|(id, cipher)| ((tenant, id), cipher)));
    }
    let mut entries = Vec::with_capacity(batch.len());
    for stored in batch {
        let entry = match &stored.sealed {
            Some(sealed) => match keys.get(&(stored.tenant, sealed.key)) {
                Some(cipher) => {
                    let revision = sealed.revision.to_be_bytes();
                    let cell = cell(stored.tenant, sealed.instance, &revision);
                    or_absent(cell.open_json::<Entry>(cipher, &sealed.body))?
                }
                None => None,
            },
            None => None,
        };
        entries.push((Position(stored.seq), stored.tenant, entry));
    }
    Ok(entries)
}
