//! The rules of reading as conditions in SQL: the same as `Acl::admits`, `TaskFilter::holds` and `Worklist::holds`, which
//! a property test holds them to. The object that a condition judges has the alias [`OBJECT`] in its query, the actor's
//! pseudonyms are a table named [`ME`]: however many groups a person has, they are bound once.

use docket_domain::access::Principal;
use docket_domain::task::worklist::{Span, TaskFilter};
use docket_domain::value::Name;
use jiff::Timestamp;
use sea_orm::DeriveIden;
use sea_orm::sea_query::{
    CommonTableExpression, Condition, Expr, ExprTrait, IntoIden, Query, SelectStatement, TableRef,
    WithClause,
};
use uuid::Uuid;

use super::InstanceFilter;
use super::access::Slot;
use super::entity::{access_entry, instance, task};
use super::row::{instance_state_code, micros, task_state_code, uuid};
use crate::crypto::TenantKeys;

/// The alias of the object that a query finds.
pub const OBJECT: &str = "t";
/// The table of the actor's pseudonyms.
pub const ME: &str = "me";

/// The columns that every object with access entries has.
#[derive(DeriveIden, Clone, Copy)]
pub enum Guarded {
    /// Which.
    Id,
    /// Whose.
    TenantId,
    /// How many sets an actor must match besides a grant.
    Clauses,
    /// How many entries close the object to somebody.
    Denials,
}

/// A column of the object.
pub fn object(column: impl IntoIden) -> Expr {
    Expr::col((OBJECT, column))
}

/// The table [`ME`], for the front of a statement.
pub fn me(principals: &[Uuid]) -> CommonTableExpression {
    let mut values = Query::select();
    values
        .column(sea_orm::sea_query::Asterisk)
        .from_values(principals.iter().copied(), "v");
    CommonTableExpression::new()
        .table_name(ME)
        .column("principal")
        .query(values.take())
        .to_owned()
}

/// A statement in which [`ME`] is known.
pub fn with_me(principals: &[Uuid], select: &mut SelectStatement) -> SelectStatement {
    select
        .with_cte(WithClause::new().cte(me(principals)).to_owned())
        .take()
}

/// From these objects alone, each looked up by its id. Compared with a list instead, SQLite takes an index of the tenant
/// and reads all that it has, as soon as the list is long; the order of a cross join it keeps.
pub fn from_ids(select: &mut SelectStatement, table: TableRef, ids: impl Iterator<Item = Uuid>) {
    select
        .from_values(ids, "w")
        .cross_join(table)
        .and_where(object(Guarded::Id).equals(("w", "column1")));
}

/// Whether the value is one of the actor's pseudonyms.
pub fn is_me(principal: Expr) -> Expr {
    principal.in_subquery(Query::select().column("principal").from(ME).take())
}

/// Whether the object is the tenant's: every query has this.
pub fn of_tenant(tenant: Uuid) -> Expr {
    object(Guarded::TenantId).eq(tenant)
}

/// Whether the actor has a grant in one of the slots, matches every required set and is not denied.
pub fn readable(slots: &[Slot]) -> Condition {
    Condition::all().add(granted(slots)).add(unrestricted())
}

/// Whether one of the actor's principals stands in one of the slots.
pub fn granted(slots: &[Slot]) -> Expr {
    Expr::exists(entries(slots))
}

/// Whether none of the actor's principals stands in the slot.
pub fn not_in(slot: Slot) -> Condition {
    Condition::any()
        .add(object(Guarded::Denials).eq(0))
        .add(Expr::exists(entries(&[slot])).not())
}

/// The part of an access list besides its grants.
pub fn unrestricted() -> Condition {
    let met = Query::select()
        .expr(entry(access_entry::Column::Slot).count_distinct())
        .from_as(access_entry::Entity, ENTRY)
        .and_where(entry(access_entry::Column::ObjectId).equals((OBJECT, Guarded::Id)))
        .and_where(entry(access_entry::Column::Slot).gte(Slot::Require(0).code()))
        .and_where(is_me(entry(access_entry::Column::Principal)))
        .take();
    Condition::all()
        .add(
            Condition::any()
                .add(object(Guarded::Clauses).eq(0))
                .add(object(Guarded::Clauses).eq(Expr::from(met))),
        )
        .add(not_in(Slot::Denied))
}

const ENTRY: &str = "x";

fn entry(column: access_entry::Column) -> Expr {
    Expr::col((ENTRY, column))
}

fn entries(slots: &[Slot]) -> SelectStatement {
    Query::select()
        .expr(Expr::val(1))
        .from_as(access_entry::Entity, ENTRY)
        .and_where(entry(access_entry::Column::ObjectId).equals((OBJECT, Guarded::Id)))
        .and_where(entry(access_entry::Column::Slot).is_in(slots.iter().map(|slot| slot.code())))
        .and_where(is_me(entry(access_entry::Column::Principal)))
        .take()
}

/// The pseudonym of a person.
pub fn person(keys: &TenantKeys, name: &Name) -> Uuid {
    uuid(keys.pseudonym(&Principal::User(name.clone())))
}

/// `TaskFilter::holds`.
pub fn task_filter(keys: &TenantKeys, filter: &TaskFilter) -> Condition {
    let TaskFilter {
        assignee,
        candidate_group,
        process,
        instance,
        element_id,
        state,
        due,
        created,
        min_priority,
        max_priority,
    } = filter;
    let candidate = |name: &Name| {
        let group = uuid(keys.pseudonym(&Principal::Group(name.clone())));
        let slots = [Slot::Candidate, Slot::CandidateClosed].map(Slot::code);
        Expr::exists(
            Query::select()
                .expr(Expr::val(1))
                .from_as(access_entry::Entity, ENTRY)
                .and_where(entry(access_entry::Column::ObjectId).equals((OBJECT, Guarded::Id)))
                .and_where(entry(access_entry::Column::Slot).is_in(slots))
                .and_where(entry(access_entry::Column::Principal).eq(group))
                .take(),
        )
    };
    Condition::all()
        .add_option(
            assignee
                .as_ref()
                .map(|name| object(task::Column::Assignee).eq(person(keys, name))),
        )
        .add_option(candidate_group.as_ref().map(candidate))
        .add_option(
            process
                .as_ref()
                .map(|key| object(task::Column::ProcessKey).eq(key.as_ref())),
        )
        .add_option(instance.map(|id| object(task::Column::InstanceId).eq(id.0)))
        .add_option(
            element_id
                .as_ref()
                .map(|id| object(task::Column::ElementId).eq(id.as_ref())),
        )
        .add_option(state.as_ref().map(|states| {
            object(task::Column::State).is_in(states.iter().map(|state| task_state_code(*state)))
        }))
        .add_option(due.map(|due| {
            span(object(task::Column::DueAt), due).add(object(task::Column::DueAt).is_not_null())
        }))
        .add_option(created.map(|created| span(object(task::Column::CreatedAt), created)))
        .add_option(min_priority.map(|least| object(task::Column::Priority).gte(i64::from(least))))
        .add_option(max_priority.map(|most| object(task::Column::Priority).lte(i64::from(most))))
}

/// What a list of instances is narrowed to.
pub fn instance_filter(keys: &TenantKeys, filter: &InstanceFilter) -> Condition {
    let InstanceFilter {
        process,
        process_id,
        state,
        started,
        initiator,
        parent,
    } = filter;
    Condition::all()
        .add_option(
            process
                .as_ref()
                .map(|key| object(instance::Column::ProcessKey).eq(key.as_ref())),
        )
        .add_option(process_id.map(|id| object(instance::Column::ProcessId).eq(id.0)))
        .add_option(state.as_ref().map(|states| {
            object(instance::Column::State)
                .is_in(states.iter().map(|state| instance_state_code(*state)))
        }))
        .add_option(started.map(|started| span(object(instance::Column::StartedAt), started)))
        .add_option(
            initiator
                .as_ref()
                .map(|name| object(instance::Column::Initiator).eq(person(keys, name))),
        )
        .add_option(parent.map(|id| object(instance::Column::Parent).eq(id.0)))
}

/// Whether the moment lies in the range: from inclusive, until exclusive.
fn span(at: Expr, span: Span) -> Condition {
    let Span { from, until } = span;
    let bound = |moment: Timestamp| Expr::val(micros(moment));
    Condition::all()
        .add_option(from.map(|from| at.clone().gte(bound(from))))
        .add_option(until.map(|until| at.clone().lt(bound(until))))
}
