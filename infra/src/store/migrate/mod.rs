//! The tables, as a sequence of migrations: a change is a new one at the end, never an edit of an old one. Names are
//! written out here instead of being taken from `entity`, so that an old migration keeps meaning what it meant.
//!
//! Times are microseconds since 1970, ids and pseudonyms 16 bytes, what is sealed is bytes. Nothing here is SQLite's
//! alone.

use sea_orm_migration::async_trait::async_trait;
use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{
    big_integer, big_integer_null, blob, blob_null, integer, pk_uuid, small_integer, string, uuid,
    uuid_null,
};

mod first;

use first::First;

/// Every migration, oldest first.
pub struct Migrator;

#[async_trait]
impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![
            Box::new(First),
            Box::new(EndedReason),
            Box::new(History),
            Box::new(Held),
            Box::new(Calls),
            Box::new(Work),
            Box::new(Calendars),
            Box::new(Effects),
            Box::new(Suspensions),
            Box::new(Decisions),
        ]
    }
}

fn references(
    table: &'static str,
    column: &'static str,
    to: &'static str,
) -> ForeignKeyCreateStatement {
    ForeignKey::create().from(table, column).to(to, "id").take()
}

/// Why an administrator ended an instance.
struct EndedReason;

impl MigrationName for EndedReason {
    fn name(&self) -> &str {
        "m0002_ended_reason"
    }
}

#[async_trait]
impl MigrationTrait for EndedReason {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let mut instances = Table::alter();
        instances
            .table("instances")
            .add_column(blob_null("ended_reason"));
        manager.alter_table(instances).await
    }
}

/// Processes that are suspended.
struct Suspensions;

impl MigrationName for Suspensions {
    fn name(&self) -> &str {
        "m0009_suspensions"
    }
}

#[async_trait]
impl MigrationTrait for Suspensions {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let table = Table::create()
            .table("suspensions")
            .col(uuid("tenant_id"))
            .col(string("process_key"))
            .col(integer("version"))
            .col(blob("body"))
            .primary_key(
                Index::create()
                    .col("tenant_id")
                    .col("process_key")
                    .col("version"),
            )
            .take();
        manager.create_table(table).await
    }
}

/// Where incidents hold an instance.
struct Held;

impl MigrationName for Held {
    fn name(&self) -> &str {
        "m0004_held"
    }
}

#[async_trait]
impl MigrationTrait for Held {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let mut instances = Table::alter();
        instances.table("instances").add_column(blob_null("held"));
        manager.alter_table(instances).await
    }
}

/// What calls find: versions by upload and by tag, instances by what called them.
struct Calls;

impl MigrationName for Calls {
    fn name(&self) -> &str {
        "m0005_calls"
    }
}

#[async_trait]
impl MigrationTrait for Calls {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        // SQLite adds one column at a time.
        for (table, column) in [
            ("processes", "upload"),
            ("processes", "version_tag"),
            ("instances", "parent"),
        ] {
            let mut altered = Table::alter();
            altered.table(table).add_column(uuid_null(column));
            manager.alter_table(altered).await?;
        }
        let mut by_parent = Index::create();
        by_parent
            .name("instances_by_parent")
            .table("instances")
            .col("tenant_id")
            .col("parent")
            .col("started_at")
            .col("id");
        manager.create_index(by_parent).await
    }
}

/// Work that is done outside: a row for each queue that a worker may find it by.
struct Work;

impl MigrationName for Work {
    fn name(&self) -> &str {
        "m0006_work"
    }
}

#[async_trait]
impl MigrationTrait for Work {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let work = Table::create()
            .table("work")
            .col(uuid("work_id"))
            .col(uuid("queue"))
            .col(uuid("tenant_id"))
            .col(uuid("instance_id"))
            .col(big_integer("priority"))
            .col(big_integer("free_at"))
            .col(uuid_null("holder"))
            .primary_key(Index::create().col("work_id").col("queue"))
            .foreign_key(&mut references("work", "instance_id", "instances"))
            .take();
        manager.create_table(work).await?;
        // A queue is made with the tenant's key: it is the tenant's alone, and needs no column before it.
        let by_priority = Index::create()
            .name("work_by_priority")
            .table("work")
            .col("queue")
            .col("priority")
            .col("free_at")
            .col("work_id")
            .take();
        manager.create_index(by_priority).await?;
        let by_time = Index::create()
            .name("work_by_time")
            .table("work")
            .col("queue")
            .col("free_at")
            .take();
        manager.create_index(by_time).await
    }
}

/// When people of a tenant work, and when processes start by themselves.
struct Calendars;

impl MigrationName for Calendars {
    fn name(&self) -> &str {
        "m0007_calendars"
    }
}

#[async_trait]
impl MigrationTrait for Calendars {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let mut calendars = Table::create();
        calendars
            .table("calendars")
            .col(pk_uuid("tenant_id"))
            .col(blob("body"))
            .foreign_key(&mut references("calendars", "tenant_id", "tenants"));
        manager.create_table(calendars).await?;
        let mut schedules = Table::create();
        schedules
            .table("schedules")
            .col(pk_uuid("id"))
            .col(uuid("tenant_id"))
            .col(uuid("process_id"))
            .col(big_integer("due_at"))
            .col(blob("body"))
            .foreign_key(&mut references("schedules", "process_id", "processes"));
        manager.create_table(schedules).await?;
        for (name, columns) in [
            ("schedules_by_due", ["due_at", "id"]),
            ("schedules_by_process", ["process_id", "id"]),
        ] {
            let mut index = Index::create();
            index.name(name).table("schedules");
            for column in columns {
                index.col(column);
            }
            manager.create_index(index).await?;
        }
        Ok(())
    }
}

/// What is waited for by name, and what was thrown and is not delivered.
struct Effects;

impl MigrationName for Effects {
    fn name(&self) -> &str {
        "m0008_effects"
    }
}

#[async_trait]
impl MigrationTrait for Effects {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in effect_tables() {
            manager.create_table(table).await?;
        }
        for (name, table, columns) in [
            (
                "waits_by_name",
                "waits",
                &["tenant_id", "kind", "name", "since"][..],
            ),
            (
                "beginnings_by_name",
                "beginnings",
                &["tenant_id", "kind", "name"],
            ),
            (
                "deliveries_by_due",
                "deliveries",
                &["due_at", "effect_id", "target"],
            ),
        ] {
            let mut index = Index::create();
            index.name(name).table(table);
            for column in columns {
                index.col(*column);
            }
            manager.create_index(index).await?;
        }
        Ok(())
    }
}

fn effect_tables() -> Vec<TableCreateStatement> {
    vec![
        Table::create()
            .table("waits")
            .col(uuid("instance_id"))
            .col(small_integer("kind"))
            .col(uuid("name"))
            .col(uuid("correlation"))
            .col(uuid("tenant_id"))
            .col(big_integer("since"))
            .primary_key(
                Index::create()
                    .col("instance_id")
                    .col("kind")
                    .col("name")
                    .col("correlation"),
            )
            .foreign_key(&mut references("waits", "instance_id", "instances"))
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
            .table("effects")
            .col(pk_uuid("id"))
            .col(uuid("tenant_id"))
            .col(big_integer("created_at"))
            .col(blob("body"))
            .take(),
        Table::create()
            .table("deliveries")
            .col(uuid("effect_id"))
            .col(uuid("target"))
            .col(small_integer("recipient"))
            .col(uuid("tenant_id"))
            .col(big_integer("due_at"))
            .col(integer("tries"))
            .primary_key(Index::create().col("effect_id").col("target"))
            .take(),
    ]
}

/// What is remembered of each run.
struct History;

impl MigrationName for History {
    fn name(&self) -> &str {
        "m0003_history"
    }
}

#[async_trait]
impl MigrationTrait for History {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let history = Table::create()
            .table("history")
            .col(uuid("instance_id"))
            .col(big_integer("first"))
            .col(big_integer("last"))
            .col(uuid("tenant_id"))
            .col(uuid("key_id"))
            .col(blob("body"))
            .primary_key(Index::create().col("instance_id").col("first"))
            .foreign_key(&mut references("history", "instance_id", "instances"))
            .take();
        manager.create_table(history).await
    }
}

/// Business rules: files, and the versions of the decisions in them.
struct Decisions;

impl MigrationName for Decisions {
    fn name(&self) -> &str {
        "m0010_decisions"
    }
}

#[async_trait]
impl MigrationTrait for Decisions {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let files = Table::create()
            .table("decision_files")
            .col(pk_uuid("id"))
            .col(uuid("tenant_id"))
            .col(blob("source"))
            .foreign_key(&mut references("decision_files", "tenant_id", "tenants"))
            .take();
        let decisions = Table::create()
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
            .take();
        let mut by_key = Index::create();
        by_key
            .name("decisions_by_key")
            .table("decisions")
            .col("tenant_id")
            .col("key")
            .col("version")
            .unique();
        manager.create_table(files).await?;
        manager.create_table(decisions).await?;
        manager.create_index(by_key).await
    }
}
