//! Comments on tasks. Who may read the task may read them. That is asked when they are read: a task that somebody was told
//! of a while ago may be closed to them by now.

use std::sync::Arc;

use docket_domain::access::Actor;
use docket_domain::ids::{CommentId, InstanceId, TaskId};
use docket_domain::value::Name;
use jiff::Timestamp;
use sea_orm::sea_query::{Expr, ExprTrait, Query, SelectStatement};
use sea_orm::{ColumnTrait, EntityTrait, Set};
use uuid::Uuid;

use super::access::{Slot, aliased, key};
use super::condition::{object, of_tenant, readable, with_me};
use super::entity::comment::{ActiveModel, Column, Entity};
use super::entity::task;
use super::row::{Cell, micros, or_absent, timestamp};
use super::{Page, Read, Slice, StoreError, Write, key_id};

/// A comment.
#[derive(Clone, PartialEq, Debug)]
pub struct Comment {
    /// Which.
    pub id: CommentId,
    /// On which task.
    pub task: TaskId,
    /// Who said it.
    pub author: Name,
    /// When.
    pub at: Timestamp,
    /// What.
    pub text: Arc<str>,
}

impl Read {
    /// The comments of a task, oldest first.
    pub async fn comments(
        &self,
        actor: &Actor,
        task: TaskId,
        page: &Page,
    ) -> Result<Slice<Comment>, StoreError> {
        let walk = page.walk(false);
        let (at, id) = (Expr::col(Column::At), Expr::col(Column::Id));
        let mut select = self.of_task(task);
        select
            .columns([Column::At, Column::Id, Column::KeyId, Column::Body])
            .cond_where(walk.bounds(&at, &id))
            .order_by(Column::At, walk.order.into())
            .order_by(Column::Id, walk.order.into())
            .limit(walk.limit);
        let select = with_me(&self.task_principals(actor), &mut select);
        let rows: Vec<(i64, Uuid, Uuid, Vec<u8>)> = self.rows(&select).await?;
        let ciphers = self.ciphers(rows.iter().map(|row| row.2)).await?;
        let rows = rows.into_iter().map(|row| (key(row.1, row.0), row));
        page.cut(rows.collect())
            .try_filter_map(|(at, id, key, body)| {
                let cell = self.comment_cell(id);
                let Some(cipher) = ciphers.get(&key_id(key)) else {
                    return Ok(None);
                };
                let said = cell.open_json::<(Name, Arc<str>)>(cipher, &body);
                let Some((author, text)) = or_absent(said)? else {
                    return Ok(None);
                };
                Ok(Some(Comment {
                    id: CommentId(id),
                    task,
                    author,
                    at: timestamp(at, "comments", "at", id)?,
                    text,
                }))
            })
    }

    /// How many there are.
    pub async fn count_comments(&self, actor: &Actor, task: TaskId) -> Result<u64, StoreError> {
        let mut select = self.of_task(task);
        select.expr(Column::Id.count());
        let me = self.task_principals(actor);
        self.count(&with_me(&me, &mut select)).await
    }

    fn of_task(&self, task: TaskId) -> SelectStatement {
        let read = Query::select()
            .expr(Expr::val(1))
            .from(aliased(task::Entity))
            .and_where(of_tenant(self.tenant.0))
            .and_where(object(task::Column::Id).eq(task.0))
            .cond_where(readable(&[Slot::ReadOpen, Slot::ReadClosed]))
            .take();
        Query::select()
            .from(Entity)
            .and_where(Column::TenantId.eq(self.tenant.0))
            .and_where(Column::TaskId.eq(task.0))
            .and_where(Expr::exists(read))
            .take()
    }

    fn comment_cell(&self, id: Uuid) -> Cell<'static> {
        Cell {
            tenant: self.tenant,
            table: "comments",
            row: id,
            column: "body",
            part: &[],
        }
    }
}

impl Write {
    /// Stores a comment on a task of the instance; `Conflict` if there is no such task.
    pub async fn insert_comment(
        &self,
        instance: InstanceId,
        comment: &Comment,
    ) -> Result<(), StoreError> {
        let select = Query::select()
            .column(task::Column::KeyId)
            .from(task::Entity)
            .and_where(task::Column::TenantId.eq(self.tenant.0))
            .and_where(task::Column::Id.eq(comment.task.0))
            .and_where(task::Column::InstanceId.eq(instance.0))
            .take();
        let key: Uuid = self.row(&select).await?.ok_or(StoreError::Conflict)?;
        let cell = self.comment_cell(comment.id.0);
        let ciphers = self.ciphers([key]).await?;
        let cipher = ciphers.get(&key_id(key)).ok_or_else(|| cell.corrupt())?;
        Entity::insert(ActiveModel {
            id: Set(comment.id.0),
            tenant_id: Set(self.tenant.0),
            task_id: Set(comment.task.0),
            instance_id: Set(instance.0),
            key_id: Set(key),
            at: Set(micros(comment.at)),
            body: Set(cell.seal_json(cipher, &(&comment.author, &comment.text))?),
        })
        .exec_without_returning(&self.tx)
        .await?;
        Ok(())
    }
}
