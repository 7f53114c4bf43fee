//! The history of instances: a row holds up to [`CHUNK`] entries of one transition, sealed together. Entries are numbered
//! without a gap, so that a page is a range of numbers and is found by them, however long the history is; what a filter asks
//! for is sealed, so that a filtered page opens a range of [`WINDOW`] entries and takes what fits.

use std::cmp::{max, min};

use docket_domain::access::Actor;
use docket_domain::engine::instance::Instance;
use docket_domain::history::{Entry, Kind};
use docket_domain::ids::InstanceId;
use docket_domain::value::Name;
use sea_orm::sea_query::{Expr, ExprTrait, Order, Query, SelectStatement};
use sea_orm::{ColumnTrait, EntityTrait, Set};
use uuid::Uuid;

use super::access::{Slot, aliased};
use super::condition::{object, of_tenant, readable, with_me};
use super::entity::history::{ActiveModel, Column, Entity};
use super::entity::instance;
use super::row::{Cell, or_absent};
use super::transitions::{Keyed, Transition};
use super::{Key, Page, Read, StoreError, Write, key_id};

/// Entries in a row at most.
const CHUNK: u32 = 200;
/// Entries that a filtered page looks at, at most.
pub const WINDOW: u32 = 2_000;
/// Rows in one statement.
const ROWS: usize = 1_000;

/// What a history is narrowed to; all parts must hold.
#[derive(Clone, Default, Debug)]
pub struct HistoryFilter {
    /// Of one of these kinds.
    pub kinds: Option<Vec<Kind>>,
    /// At one of these elements.
    pub elements: Option<Vec<Name>>,
}

/// An entry with its number.
#[derive(Clone, PartialEq, Debug)]
pub struct Remembrance {
    /// From 1, without a gap within the instance.
    pub sequence: u32,
    /// What it says.
    pub entry: Entry,
}

/// A part of a history.
#[derive(Clone, PartialEq, Debug)]
pub struct HistoryPage {
    /// The entries, in order. Those that do not open are left out.
    pub items: Vec<(Key, Remembrance)>,
    /// The place of the first entry that was looked at.
    pub start: Option<Key>,
    /// The place of the last entry that was looked at.
    pub end: Option<Key>,
    /// Whether there are entries after it, whether or not they fit the filter.
    pub has_next: bool,
    /// Whether there are entries before the first.
    pub has_previous: bool,
}

/// Numbers from one to another, both included; nothing if the second is smaller.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Range {
    low: i64,
    high: i64,
}

impl HistoryFilter {
    fn is_all(&self) -> bool {
        self.kinds.is_none() && self.elements.is_none()
    }

    fn holds(&self, entry: &Entry) -> bool {
        let kind = self.kinds.as_ref();
        let element = self.elements.as_ref();
        kind.is_none_or(|kinds| kinds.contains(&entry.kind))
            && element.is_none_or(|elements| elements.contains(&entry.element_id))
    }
}

impl Read {
    /// The history of an instance as it was at a transition, the oldest entries first; empty if the actor may not read the
    /// instance now. A page with a filter looks at [`WINDOW`] entries and may be shorter than was asked for.
    pub async fn history(
        &self,
        actor: &Actor,
        instance: &Instance,
        filter: &HistoryFilter,
        page: &Page,
    ) -> Result<HistoryPage, StoreError> {
        let all = i64::from(instance.history);
        let size = if filter.is_all() { page.size } else { WINDOW };
        let range = range(page, size, all);
        let mut found = self.remembered(actor, instance.id, range).await?;
        found.retain(|found| filter.holds(&found.entry));
        Ok(cut(instance.id, page, range, all, found))
    }

    /// Entries of a range, in order.
    async fn remembered(
        &self,
        actor: &Actor,
        instance: InstanceId,
        range: Range,
    ) -> Result<Vec<Remembrance>, StoreError> {
        let mut select = self.chunks(instance, range);
        let me = self.principals(actor, true);
        let rows: Vec<(i64, i64, Uuid, Vec<u8>)> = self.rows(&with_me(&me, &mut select)).await?;
        let ciphers = self.ciphers(rows.iter().map(|row| row.2)).await?;
        let mut found = Vec::new();
        for (first, last, key, body) in rows {
            let part = part(first, last);
            let cell = self.history_cell(instance, &part);
            let Some(cipher) = ciphers.get(&key_id(key)) else {
                continue;
            };
            let opened = or_absent(cell.open_json::<Vec<Entry>>(cipher, &body))?;
            let numbered = (first..=last).zip(opened.into_iter().flatten());
            found.extend(
                numbered
                    .filter(|(number, _)| (range.low..=range.high).contains(number))
                    .filter_map(|(number, entry)| {
                        let sequence = u32::try_from(number).ok()?;
                        Some(Remembrance { sequence, entry })
                    }),
            );
        }
        Ok(found)
    }

    /// The rows that hold a range. A row is found by its first number: none that holds the lowest begins more than a chunk
    /// before it.
    fn chunks(&self, id: InstanceId, range: Range) -> SelectStatement {
        let read = Query::select()
            .expr(Expr::val(1))
            .from(aliased(instance::Entity))
            .and_where(of_tenant(self.tenant.0))
            .and_where(object(instance::Column::Id).eq(id.0))
            .cond_where(readable(&[Slot::InstanceRead]))
            .take();
        Query::select()
            .columns([Column::First, Column::Last, Column::KeyId, Column::Body])
            .from(Entity)
            .and_where(Column::InstanceId.eq(id.0))
            .and_where(Column::TenantId.eq(self.tenant.0))
            .and_where(Column::First.gt(range.low - i64::from(CHUNK)))
            .and_where(Column::First.lte(range.high))
            .and_where(Column::Last.gte(range.low))
            .and_where(Expr::exists(read))
            .order_by(Column::First, Order::Asc)
            .take()
    }

    fn history_cell<'a>(&self, instance: InstanceId, part: &'a [u8]) -> Cell<'a> {
        Cell {
            tenant: self.tenant,
            table: "history",
            row: instance.0,
            column: "body",
            part,
        }
    }
}

impl Read {
    /// What is remembered of a transition, as rows behind those that are there.
    pub(super) fn history_rows(&self, one: &Keyed<'_>) -> Result<Vec<ActiveModel>, StoreError> {
        let Transition {
            after, remembered, ..
        } = one.transition;
        let added = u32::try_from(remembered.len()).unwrap_or(u32::MAX);
        let mut next = i64::from(after.history.saturating_sub(added)) + 1;
        let mut rows = Vec::new();
        for chunk in remembered.chunks(CHUNK as usize) {
            let first = next;
            next += i64::try_from(chunk.len()).unwrap_or(i64::MAX);
            let part = part(first, next - 1);
            let cell = self.history_cell(after.id, &part);
            rows.push(ActiveModel {
                instance_id: Set(after.id.0),
                first: Set(first),
                last: Set(next - 1),
                tenant_id: Set(self.tenant.0),
                key_id: Set(Uuid::from_bytes(one.cipher.key_id().0)),
                body: Set(cell.seal_json(&one.cipher, &chunk)?),
            });
        }
        Ok(rows)
    }
}

impl Write {
    pub(super) async fn insert_history(&self, rows: &[ActiveModel]) -> Result<(), StoreError> {
        for rows in rows.chunks(ROWS) {
            Entity::insert_many(rows.iter().cloned())
                .exec_without_returning(&self.tx)
                .await?;
        }
        Ok(())
    }
}

/// A row's place besides its instance.
fn part(first: i64, last: i64) -> Vec<u8> {
    [first.to_be_bytes(), last.to_be_bytes()].concat()
}

/// The entries to look at: so many from the page's beginning, or from its end.
fn range(page: &Page, size: u32, all: i64) -> Range {
    let after = page.after.map_or(0, |key| key.sort.clamp(0, all));
    let before = page
        .before
        .map_or(all, |key| key.sort.clamp(1, all + 1) - 1);
    let size = if page.size == 0 { 0 } else { i64::from(size) };
    match page.from_end {
        true => Range {
            low: max(before - size + 1, after + 1),
            high: before,
        },
        false => Range {
            low: after + 1,
            high: min(after + size, before),
        },
    }
}

/// Cuts what fits to the page's size; the entries that were looked at end where the page is full.
fn cut(
    instance: InstanceId,
    page: &Page,
    range: Range,
    all: i64,
    mut found: Vec<Remembrance>,
) -> HistoryPage {
    let Range { mut low, mut high } = range;
    let size = page.size as usize;
    if found.len() > size {
        match page.from_end {
            true => drop(found.drain(..found.len() - size)),
            false => found.truncate(size),
        }
        match page.from_end {
            true => low = found.first().map_or(low, |found| found.sequence.into()),
            false => high = found.last().map_or(high, |found| found.sequence.into()),
        }
    }
    let key = |sort| Key {
        sort,
        id: instance.0,
    };
    let any = low <= high;
    HistoryPage {
        items: found
            .into_iter()
            .map(|found| (key(found.sequence.into()), found))
            .collect(),
        start: any.then(|| key(low)),
        end: any.then(|| key(high)),
        has_next: high < all,
        has_previous: low > 1,
    }
}
