//! What is uploaded, and the tenants that it is of: versions of processes and decisions, who begins with what, and what is suspended.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{
    big_integer, big_integer_null, blob, integer, pk_uuid, small_integer, string, uuid, uuid_null,
};

use super::{index, references};

pub(super) fn tables() -> Vec<TableCreateStatement> {
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
            .col(uuid_null("upload"))
            .col(uuid_null("version_tag"))
            .foreign_key(&mut references("processes", "tenant_id", "tenants"))
            .take(),
        Table::create()
            .table("beginnings")
            .col(uuid("process_id"))
            .col(small_integer("kind"))
            .col(uuid("name"))
            .col(uuid("tenant_id"))
            .primary_key(Index::create().col("process_id").col("kind").col("name"))
            .foreign_key(&mut references("beginnings", "process_id", "processes"))
            .take(),
        Table::create()
            .table("schedules")
            .col(pk_uuid("id"))
            .col(uuid("tenant_id"))
            .col(uuid("process_id"))
            .col(big_integer("due_at"))
            .col(integer("tries"))
            .col(blob("body"))
            .foreign_key(&mut references("schedules", "process_id", "processes"))
            .take(),
        Table::create()
            .table("calendars")
            .col(pk_uuid("tenant_id"))
            .col(blob("body"))
            .foreign_key(&mut references("calendars", "tenant_id", "tenants"))
            .take(),
        Table::create()
            .table("decision_files")
            .col(pk_uuid("id"))
            .col(uuid("tenant_id"))
            .col(blob("source"))
            .foreign_key(&mut references("decision_files", "tenant_id", "tenants"))
            .take(),
        Table::create()
            .table("decisions")
            .col(pk_uuid("id"))
            .col(uuid("tenant_id"))
            .col(uuid("file_id"))
            .col(string("key"))
            .col(integer("version"))
            .col(uuid_null("version_tag"))
            .col(small_integer("state"))
            .col(big_integer("uploaded_at"))
            .col(big_integer_null("published_at"))
            .col(blob("body"))
            .foreign_key(&mut references("decisions", "file_id", "decision_files"))
            .take(),
        Table::create()
            .table("suspensions")
            .col(uuid("tenant_id"))
            .col(string("process_key"))
            .col(integer("version"))
            .primary_key(
                Index::create()
                    .col("tenant_id")
                    .col("process_key")
                    .col("version"),
            )
            .take(),
        Table::create()
            .table("suspension_log")
            .col(pk_uuid("id"))
            .col(uuid("tenant_id"))
            .col(string("process_key"))
            .col(big_integer("at"))
            .col(blob("body"))
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

pub(super) fn indexes() -> Vec<IndexCreateStatement> {
    vec![
        index(
            "processes_by_key",
            "processes",
            &["tenant_id", "key", "version"],
        )
        .unique()
        .take(),
        index(
            "beginnings_by_name",
            "beginnings",
            &["tenant_id", "kind", "name"],
        ),
        index("schedules_by_due", "schedules", &["due_at", "id"]),
        index("schedules_by_process", "schedules", &["process_id", "id"]),
        index(
            "decisions_by_key",
            "decisions",
            &["tenant_id", "key", "version"],
        )
        .unique()
        .take(),
        index(
            "suspension_log_by_time",
            "suspension_log",
            &["tenant_id", "at", "id"],
        ),
        index(
            "suspension_log_by_process",
            "suspension_log",
            &["tenant_id", "process_key", "at", "id"],
        ),
        index("idempotency_by_age", "idempotency", &["created_at"]),
    ]
}
