//! Access lists as rows. Each row says that a principal, as a pseudonym, stands in a slot of an object; tasks and
//! instances carry their sort values along, so that a list is walked from the principal: one limited walk for each
//! principal of the actor, merged. What a page costs depends on its size, not on how many objects there are.

use std::collections::BTreeSet;

use docket_domain::access::{Acl, Principal};
use docket_domain::ids::TenantId;
use docket_domain::journal::InstanceImage;
use docket_domain::task::TaskState;
use docket_domain::task::worklist::TaskImage;
use jiff::Timestamp;
use sea_orm::sea_query::{
    Condition, Expr, ExprTrait, IntoTableRef, Query, SelectStatement, TableRef, UnionType,
};
use sea_orm::{ColumnTrait, DatabaseTransaction, EntityTrait, QueryFilter, Set};
use uuid::Uuid;

use super::condition::{Guarded, OBJECT, is_me, object};
use super::entity::access_entry::{ActiveModel, Column, Entity};
use super::page::{Key, Walk};
use super::row::{micros, uuid};
use super::{StoreError, TaskSort};
use crate::crypto::TenantKeys;

/// What a principal is to an object.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Slot {
    /// Has a grant for a task that is open.
    ReadOpen,
    /// Has a grant for a task that is closed.
    ReadClosed,
    /// May claim the task, unless excluded.
    Claimable,
    /// May not claim the task.
    ClaimExcluded,
    /// Is a candidate of a task that is open.
    Candidate,
    /// Was a candidate of a task that is closed.
    CandidateClosed,
    /// Has a grant for an instance.
    InstanceRead,
    /// Has a grant for a process version.
    ProcessRead,
    /// Reads nothing, whatever else holds.
    Denied,
    /// Is in the set of this number that is required besides a grant.
    Require(u8),
}

impl Slot {
    /// The stored code: required sets are the largest.
    pub fn code(self) -> i16 {
        match self {
            Slot::ReadOpen => 1,
            Slot::ReadClosed => 2,
            Slot::Claimable => 3,
            Slot::ClaimExcluded => 4,
            Slot::Candidate => 5,
            Slot::CandidateClosed => 6,
            Slot::InstanceRead => 7,
            Slot::ProcessRead => 8,
            Slot::Denied => 9,
            Slot::Require(set) => 16 + i16::from(set),
        }
    }
}

/// More principals than this are walked together instead of one by one: SQLite takes 500 parts in a union.
const MOST_WALKS: usize = 200;

/// The due date of what has none, in the rows.
const NEVER: i64 = i64::MAX;

/// The rows of one object, and what the object's own row says about them.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Entries {
    object: Uuid,
    rows: BTreeSet<(i16, Uuid)>,
    created_at: i64,
    due_at: i64,
    priority: i64,
    /// How many sets are required besides a grant.
    pub clauses: i16,
    /// How many rows close the object to somebody.
    pub denials: i16,
}

impl Entries {
    /// Of a task.
    pub fn of_task(keys: &TenantKeys, image: &TaskImage) -> Entries {
        let task = &image.task;
        let (read, candidate) = if task.state.is_open() {
            (Slot::ReadOpen, Slot::Candidate)
        } else {
            (Slot::ReadClosed, Slot::CandidateClosed)
        };
        let mut entries = Entries::new(keys, task.id.0, read, &image.acl, task.created_at);
        entries.due_at = task.due_at.map_or(NEVER, micros);
        entries.priority = i64::from(task.priority);
        entries.add(keys, candidate, &task.candidates);
        if task.state == TaskState::Ready {
            entries.add(keys, Slot::Claimable, &task.candidates);
            entries.deny(keys, Slot::ClaimExcluded, &task.excluded);
        }
        entries
    }

    /// Of an instance.
    pub fn of_instance(
        keys: &TenantKeys,
        id: Uuid,
        image: &InstanceImage,
        started_at: Timestamp,
    ) -> Entries {
        Entries::new(keys, id, Slot::InstanceRead, &image.acl, started_at)
    }

    /// Of a process version.
    pub fn of_process(keys: &TenantKeys, id: Uuid, acl: &Acl, uploaded_at: Timestamp) -> Entries {
        Entries::new(keys, id, Slot::ProcessRead, acl, uploaded_at)
    }

    fn new(keys: &TenantKeys, object: Uuid, read: Slot, acl: &Acl, at: Timestamp) -> Entries {
        let Acl {
            grants,
            require,
            denied,
        } = acl;
        let mut entries = Entries {
            object,
            rows: BTreeSet::new(),
            created_at: micros(at),
            due_at: NEVER,
            priority: 0,
            clauses: 0,
            denials: 0,
        };
        entries.add(keys, read, grants);
        for (number, set) in (0u8..).zip(require) {
            entries.add(keys, Slot::Require(number), set);
            entries.clauses += 1;
        }
        if require.len() > usize::from(u8::MAX) {
            // More sets than there are numbers: no row can meet what is counted here, so nobody reads.
            entries.clauses = i16::MAX;
        }
        entries.deny(keys, Slot::Denied, denied);
        entries
    }

    fn add(&mut self, keys: &TenantKeys, slot: Slot, principals: &BTreeSet<Principal>) {
        self.rows.extend(
            principals
                .iter()
                .map(|principal| (slot.code(), uuid(keys.pseudonym(principal)))),
        );
    }

    fn deny(&mut self, keys: &TenantKeys, slot: Slot, principals: &BTreeSet<Principal>) {
        self.add(keys, slot, principals);
        self.denials = self
            .denials
            .saturating_add(i16::try_from(principals.len()).unwrap_or(i16::MAX));
    }
}

/// Puts the rows of these objects in the place of those they had, if any.
pub async fn replace(
    tx: &DatabaseTransaction,
    tenant: TenantId,
    objects: &[Entries],
    had_rows: bool,
) -> Result<(), StoreError> {
    if had_rows {
        for chunk in objects.chunks(500) {
            Entity::delete_many()
                .filter(Column::ObjectId.is_in(chunk.iter().map(|entries| entries.object)))
                .filter(Column::TenantId.eq(tenant.0))
                .exec(tx)
                .await?;
        }
    }
    let rows: Vec<ActiveModel> = objects
        .iter()
        .flat_map(|entries| {
            entries.rows.iter().map(|(slot, principal)| ActiveModel {
                object_id: Set(entries.object),
                slot: Set(*slot),
                principal: Set(*principal),
                tenant_id: Set(tenant.0),
                created_at: Set(entries.created_at),
                due_at: Set(entries.due_at),
                priority: Set(entries.priority),
            })
        })
        .collect();
    for chunk in rows.chunks(1000) {
        Entity::insert_many(chunk.iter().cloned())
            .exec_without_returning(tx)
            .await?;
    }
    Ok(())
}

const ENTRY: &str = "e";
/// The column of a part of a list with the object's id.
pub const ID: &str = "id";
/// The column of a part of a list with the sort value.
pub const SORT: &str = "sort";

/// Where a list of objects begins.
pub struct Start<'a> {
    /// The table of the objects.
    pub table: TableRef,
    /// The slots to walk.
    pub slots: &'a [Slot],
    /// Whom to walk them for: the actor's pseudonyms, or some of them.
    pub principals: &'a [Uuid],
    /// Whether `principals` is everything that the actor is.
    pub whole_actor: bool,
    /// What must hold for each object.
    pub conditions: Condition,
}

impl Start<'_> {
    /// The ids and sort values of one page, in the order of the walk.
    pub fn page(self, sort: TaskSort, walk: &Walk) -> SelectStatement {
        let mut parts = Vec::new();
        let together = self.whole_actor && self.principals.len() * self.slots.len() > MOST_WALKS;
        for slot in self.slots {
            let at = || entry(Column::Slot).eq(slot.code());
            if together {
                let of = at().and(is_me(entry(Column::Principal)));
                parts.extend(self.parts(sort, walk, &of, together));
            } else {
                for principal in self.principals {
                    let of = at().and(entry(Column::Principal).eq(*principal));
                    parts.extend(self.parts(sort, walk, &of, together));
                }
            }
        }
        merge(parts, walk)
    }

    /// The ids of all objects, each once.
    pub fn ids(self) -> SelectStatement {
        let mut select = Query::select();
        select
            .distinct()
            .expr_as(entry(Column::ObjectId), ID)
            .from_as(Entity, ENTRY);
        self.join(&mut select);
        select
            .and_where(entry(Column::Slot).is_in(self.slots.iter().map(|slot| slot.code())))
            .and_where(if self.whole_actor {
                is_me(entry(Column::Principal))
            } else {
                entry(Column::Principal).is_in(self.principals.iter().copied())
            })
            .take()
    }

    /// SQLite keeps the order of a cross join: from the entries to the objects, never the other way round.
    fn join(&self, select: &mut SelectStatement) {
        select
            .cross_join(self.table.clone())
            .and_where(object(Guarded::Id).equals((ENTRY, Column::ObjectId)))
            .cond_where(self.conditions.clone());
    }

    /// The entries of one kind: one part, or two where what has no date is a stretch of its own.
    fn parts(
        &self,
        sort: TaskSort,
        walk: &Walk,
        of: &Expr,
        together: bool,
    ) -> Vec<SelectStatement> {
        let id = entry(Column::ObjectId);
        let column = entry(match sort {
            TaskSort::Created => Column::CreatedAt,
            TaskSort::Due => Column::DueAt,
            TaskSort::Priority => Column::Priority,
        });
        let part = |sort: Expr, bounds: Condition| {
            let mut select = Query::select();
            if together {
                select.distinct();
            }
            select
                .expr_as(id.clone(), ID)
                .expr_as(sort, SORT)
                .from_as(Entity, ENTRY);
            self.join(&mut select);
            select
                .and_where(of.clone())
                .cond_where(bounds)
                .order_by_expr(column.clone(), walk.order.into())
                .order_by_expr(id.clone(), walk.order.into())
                .limit(walk.limit)
                .take()
        };
        if sort == TaskSort::Due && walk.descending {
            // In the rows what is never due has the largest date; in a falling list it comes last, as its own stretch.
            let dated = walk
                .bounds(&column, &id)
                .add(column.clone().lt(Expr::val(NEVER)));
            let undated = walk.bounds_at(i64::MIN, &id).map(|bounds| {
                let bounds = bounds.add(column.clone().eq(Expr::val(NEVER)));
                part(Expr::val(i64::MIN), bounds)
            });
            std::iter::once(part(column.clone(), dated))
                .chain(undated)
                .collect()
        } else {
            vec![part(column.clone(), walk.bounds(&column, &id))]
        }
    }
}

/// The ids and sort values of one page of the objects themselves, where a column says whose they are.
pub fn page_of_rows(
    table: TableRef,
    sort: Expr,
    conditions: Condition,
    walk: &Walk,
) -> SelectStatement {
    Query::select()
        .expr_as(object(Guarded::Id), ID)
        .expr_as(sort.clone(), SORT)
        .from(table)
        .cond_where(conditions)
        .cond_where(walk.bounds(&sort, &object(Guarded::Id)))
        .order_by(SORT, walk.order.into())
        .order_by_expr(object(Guarded::Id), walk.order.into())
        .limit(walk.limit)
        .take()
}

/// Merges parts, each in the order of the walk and limited, to one page without doubles.
fn merge(parts: Vec<SelectStatement>, walk: &Walk) -> SelectStatement {
    let mut parts = parts.into_iter().map(|part| {
        // SQLite takes no limit in a part of a union, only around it.
        Query::select()
            .columns([ID, SORT])
            .from_subquery(part, "p")
            .take()
    });
    let mut union = parts.next().unwrap_or_else(nothing);
    union.unions(parts.map(|part| (UnionType::All, part)));
    Query::select()
        .distinct()
        .columns([ID, SORT])
        .from_subquery(union, "u")
        .order_by(SORT, walk.order.into())
        .order_by(ID, walk.order.into())
        .limit(walk.limit)
        .take()
}

fn nothing() -> SelectStatement {
    Query::select()
        .expr_as(Expr::val(Uuid::nil()), ID)
        .expr_as(Expr::val(0i64), SORT)
        .and_where(Expr::val(1).eq(0))
        .take()
}

fn entry(column: Column) -> Expr {
    Expr::col((ENTRY, column))
}

/// A table under the alias of the object.
pub fn aliased(table: impl IntoTableRef) -> TableRef {
    table.into_table_ref().alias(OBJECT)
}

/// The place of a row that a page found.
pub fn key(id: Uuid, sort: i64) -> Key {
    Key { sort, id }
}
