//! What processes and decisions have in common: versions that are counted per key, drafted, published and retired, and never
//! deleted. Each function takes the table that it is of; its columns have the names of [`Versioned`].

use docket_domain::ids::TenantId;
use docket_domain::process::ProcessState;
use docket_domain::value::Name;
use sea_orm::sea_query::{Condition, Expr, ExprTrait, IntoTableRef, Query, SelectStatement};
use sea_orm::{DeriveIden, EntityTrait};
use uuid::Uuid;

use super::condition::object;
use super::page::Walk;
use super::row::process_state_code;
use super::{Key, Page, StoreError, Write};

/// The columns that every table of versions has.
#[derive(DeriveIden, Clone, Copy)]
enum Versioned {
    Id,
    TenantId,
    Key,
    Version,
    State,
}

/// What a list of versions is narrowed to.
#[derive(Clone, Default, Debug)]
pub struct VersionFilter {
    /// This key.
    pub key: Option<Name>,
    /// One of these states.
    pub state: Option<Vec<ProcessState>>,
    /// Only the latest published version of each key.
    pub latest: bool,
}

impl VersionFilter {
    /// The filter as a condition on the versions of a table.
    pub(super) fn condition(&self, table: impl EntityTrait) -> Condition {
        let VersionFilter {
            key,
            state,
            latest: only_latest,
        } = self;
        Condition::all()
            .add_option(
                key.as_ref()
                    .map(|key| object(Versioned::Key).eq(key.as_ref())),
            )
            .add_option(state.as_ref().map(|states| {
                object(Versioned::State)
                    .is_in(states.iter().map(|state| process_state_code(*state)))
            }))
            .add_option(only_latest.then(|| latest(table)))
    }
}

/// The version of a key, or the latest published one.
pub(super) fn named(table: impl EntityTrait, key: &str, version: Option<u32>) -> Condition {
    Condition::all()
        .add(object(Versioned::Key).eq(key))
        .add(match version {
            Some(version) => object(Versioned::Version).eq(i64::from(version)),
            None => latest(table),
        })
}

/// Whether the version is the latest published one of its key: whoever may not read that one reads no older one instead.
pub(super) fn latest(table: impl EntityTrait) -> Expr {
    let published = process_state_code(ProcessState::Published);
    let of = |column: Versioned| Expr::col(("o", column));
    let largest = Query::select()
        .expr(of(Versioned::Version).max())
        .from(table.into_table_ref().alias("o"))
        .and_where(of(Versioned::TenantId).eq(object(Versioned::TenantId)))
        .and_where(of(Versioned::Key).eq(object(Versioned::Key)))
        .and_where(of(Versioned::State).eq(published))
        .take();
    object(Versioned::State)
        .eq(published)
        .and(object(Versioned::Version).eq(Expr::from(largest)))
}

/// Cuts a page out of a select of versions, in the order of key, then version, both rising.
pub(super) fn paged(
    select: &mut SelectStatement,
    table: impl EntityTrait,
    tenant: TenantId,
    page: &Page,
    walk: &Walk,
) {
    let after = |key: Key| Expr::from(place_of(table, tenant, key.id));
    let place = || Expr::tuple([object(Versioned::Key), object(Versioned::Version)]);
    select
        .cond_where(
            Condition::all()
                .add_option(page.after.map(|key| place().gt(after(key))))
                .add_option(page.before.map(|key| place().lt(after(key)))),
        )
        .order_by_expr(object(Versioned::Key), walk.order.into())
        .order_by_expr(object(Versioned::Version), walk.order.into())
        .limit(walk.limit);
}

/// Versions are never deleted: the place of a key in the order is read again.
fn place_of(table: impl EntityTrait, tenant: TenantId, id: Uuid) -> SelectStatement {
    Query::select()
        .columns([Versioned::Key, Versioned::Version])
        .from(table)
        .and_where(Expr::col(Versioned::TenantId).eq(tenant.0))
        .and_where(Expr::col(Versioned::Id).eq(id))
        .take()
}

impl Write {
    /// The number of the next version of a key, from 1.
    pub(super) async fn next_version(
        &self,
        table: impl EntityTrait,
        key: &str,
    ) -> Result<u32, StoreError> {
        let largest = Query::select()
            .expr(Expr::col(Versioned::Version).max())
            .from(table)
            .and_where(Expr::col(Versioned::TenantId).eq(self.tenant.0))
            .and_where(Expr::col(Versioned::Key).eq(key))
            .take();
        let largest: Option<Option<i32>> = self.row(&largest).await?;
        Ok(largest.flatten().unwrap_or(0).unsigned_abs() + 1)
    }
}
