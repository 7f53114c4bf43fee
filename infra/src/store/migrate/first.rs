//! The tables of the first release, and their indexes.

use sea_orm_migration::async_trait::async_trait;
use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{
    big_integer, big_integer_null, blob, blob_null, boolean, integer, pk_uuid, small_integer,
    string, uuid, uuid_null,
};

use super::references;

/// The tables of the first release.
pub(super) struct First;

impl MigrationName for First {
    fn name(&self) -> &str {
        "m0001_first"
    }
}

#[async_trait]
impl MigrationTrait for First {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in tables() {
            manager.create_table(table).await?;
        }
        for index in indexes() {
            manager.create_index(index).await?;
        }
        Ok(())
    }
}

fn tables() -> Vec<TableCreateStatement> {
    vec![
        Table::create()
            .table("tenants")
            .col(pk_uuid("id"))
            .col(string("name").unique_key())
            .col(big_integer("created_at"))
            .take(),
        Table::create()
            .table("processes")
            .col(pk_uuid("id"))
            .col(uuid("tenant_id"))
            .col(string("key"))
            .col(integer("version"))
            .col(small_integer("state"))
            .col(small_integer("clauses"))
            .col(small_integer("denials"))
            .col(big_integer("uploaded_at"))
            .col(big_integer_null("published_at"))
            .col(blob("body"))
            .col(blob("model"))
            .foreign_key(&mut references("processes", "tenant_id", "tenants"))
            .take(),
        Table::create()
            .table("instances")
            .col(pk_uuid("id"))
            .col(uuid("tenant_id"))
            .col(uuid("process_id"))
            .col(string("process_key"))
            .col(small_integer("state"))
            .col(big_integer("revision"))
            .col(big_integer("started_at"))
            .col(big_integer_null("ended_at"))
            .col(uuid("key_id"))
            .col(uuid_null("business_key"))
            .col(uuid("initiator"))
            .col(small_integer("clauses"))
            .col(small_integer("denials"))
            .col(integer("open_tasks"))
            .col(integer("incidents"))
            .col(blob("body"))
            .col(blob("data"))
            .col(blob_null("ended_by"))
            .foreign_key(&mut references("instances", "process_id", "processes"))
            .take(),
        Table::create()
            .table("tasks")
            .col(pk_uuid("id"))
            .col(uuid("tenant_id"))
            .col(uuid("instance_id"))
            .col(uuid("process_id"))
            .col(string("process_key"))
            .col(string("element_id"))
            .col(uuid("key_id"))
            .col(small_integer("state"))
            .col(boolean("open"))
            .col(uuid_null("assignee"))
            .col(uuid_null("owner"))
            .col(uuid("initiator"))
            .col(big_integer("priority"))
            .col(big_integer("created_at"))
            .col(big_integer_null("due_at"))
            .col(big_integer_null("follow_up_at"))
            .col(big_integer("revision"))
            .col(small_integer("clauses"))
            .col(small_integer("denials"))
            .col(blob("body"))
            .foreign_key(&mut references("tasks", "instance_id", "instances"))
            .take(),
        Table::create()
            .table("access_entries")
            .col(uuid("object_id"))
            .col(small_integer("slot"))
            .col(uuid("principal"))
            .col(uuid("tenant_id"))
            .col(big_integer("created_at"))
            .col(big_integer("due_at"))
            .col(big_integer("priority"))
            .primary_key(
                Index::create()
                    .col("object_id")
                    .col("slot")
                    .col("principal"),
            )
            .take(),
        Table::create()
            .table("timers")
            .col(pk_uuid("id"))
            .col(uuid("tenant_id"))
            .col(uuid("instance_id"))
            .col(big_integer("due_at"))
            .foreign_key(&mut references("timers", "instance_id", "instances"))
            .take(),
        Table::create()
            .table("journal")
            .col(big_integer("seq").primary_key().auto_increment())
            .col(uuid("tenant_id"))
            .col(big_integer("at"))
            .col(uuid("instance_id"))
            .col(big_integer("revision"))
            .col(uuid("key_id"))
            .col(blob("body"))
            .take(),
        Table::create()
            .table("comments")
            .col(pk_uuid("id"))
            .col(uuid("tenant_id"))
            .col(uuid("task_id"))
            .col(uuid("instance_id"))
            .col(uuid("key_id"))
            .col(big_integer("at"))
            .col(blob("body"))
            .foreign_key(&mut references("comments", "task_id", "tasks"))
            .take(),
        Table::create()
            .table("idempotency")
            .col(uuid("tenant_id"))
            .col(uuid("key"))
            .col(big_integer("created_at"))
            .col(blob("body"))
            .primary_key(Index::create().col("tenant_id").col("key"))
            .take(),
    ]
}

fn indexes() -> Vec<IndexCreateStatement> {
    let index = |name: &'static str, table: &'static str, columns: &[&'static str]| {
        let mut index = Index::create();
        index.name(name).table(table);
        for column in columns {
            index.col(*column);
        }
        index
    };
    vec![
        index(
            "processes_by_key",
            "processes",
            &["tenant_id", "key", "version"],
        )
        .unique()
        .take(),
        index(
            "instances_by_start",
            "instances",
            &["tenant_id", "started_at", "id"],
        ),
        index(
            "instances_by_initiator",
            "instances",
            &["tenant_id", "initiator", "started_at", "id"],
        ),
        index(
            "instances_by_business_key",
            "instances",
            &["tenant_id", "business_key", "started_at", "id"],
        ),
        index(
            "tasks_by_assignee",
            "tasks",
            &["tenant_id", "assignee", "open", "created_at", "id"],
        ),
        index(
            "tasks_by_owner",
            "tasks",
            &["tenant_id", "owner", "open", "created_at", "id"],
        ),
        index(
            "tasks_by_initiator",
            "tasks",
            &["tenant_id", "initiator", "open", "created_at", "id"],
        ),
        index(
            "tasks_by_instance",
            "tasks",
            &["tenant_id", "instance_id", "open"],
        ),
        // A principal's pseudonym is made with the tenant's key: it is the tenant's alone, and needs no column before it.
        index(
            "access_by_created",
            "access_entries",
            &["principal", "slot", "created_at", "object_id"],
        ),
        index(
            "access_by_due",
            "access_entries",
            &["principal", "slot", "due_at", "object_id"],
        ),
        index(
            "access_by_priority",
            "access_entries",
            &["principal", "slot", "priority", "object_id"],
        ),
        index("timers_by_due", "timers", &["due_at", "id"]),
        index("timers_by_instance", "timers", &["instance_id"]),
        index("journal_by_tenant", "journal", &["tenant_id", "seq"]),
        index("comments_by_task", "comments", &["task_id", "at", "id"]),
        index("idempotency_by_age", "idempotency", &["created_at"]),
    ]
}
