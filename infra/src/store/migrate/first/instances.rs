//! Runs: instances with their tasks, who may read them, and what is remembered and told of them.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{
    big_integer, big_integer_null, blob, blob_null, boolean, integer, pk_uuid, small_integer,
    string, uuid, uuid_null,
};

use super::{index, references};

pub(super) fn tables() -> Vec<TableCreateStatement> {
    vec![
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
            .col(blob_null("ended_reason"))
            .col(blob_null("held"))
            .col(uuid_null("parent"))
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
            .table("history")
            .col(uuid("instance_id"))
            .col(big_integer("first"))
            .col(big_integer("last"))
            .col(uuid("tenant_id"))
            .col(uuid("key_id"))
            .col(blob("body"))
            .primary_key(Index::create().col("instance_id").col("first"))
            .foreign_key(&mut references("history", "instance_id", "instances"))
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
    ]
}

pub(super) fn indexes() -> Vec<IndexCreateStatement> {
    vec![
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
            "instances_by_parent",
            "instances",
            &["tenant_id", "parent", "started_at", "id"],
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
        index("comments_by_task", "comments", &["task_id", "at", "id"]),
        index("journal_by_tenant", "journal", &["tenant_id", "seq"]),
    ]
}
