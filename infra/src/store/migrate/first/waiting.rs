//! What instances wait for, and what was thrown and is not delivered.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{
    big_integer, blob, integer, pk_uuid, small_integer, uuid, uuid_null,
};

use super::{index, references};

pub(super) fn tables() -> Vec<TableCreateStatement> {
    vec![
        Table::create()
            .table("timers")
            .col(pk_uuid("id"))
            .col(uuid("tenant_id"))
            .col(uuid("instance_id"))
            .col(big_integer("due_at"))
            .col(integer("tries"))
            .foreign_key(&mut references("timers", "instance_id", "instances"))
            .take(),
        Table::create()
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
            .take(),
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

pub(super) fn indexes() -> Vec<IndexCreateStatement> {
    vec![
        index("timers_by_due", "timers", &["due_at", "id"]),
        index("timers_by_instance", "timers", &["instance_id"]),
        // A queue is made with the tenant's key: it is the tenant's alone, and needs no column before it.
        index(
            "work_by_priority",
            "work",
            &["queue", "priority", "free_at", "work_id"],
        ),
        index("work_by_time", "work", &["queue", "free_at"]),
        index(
            "waits_by_name",
            "waits",
            &["tenant_id", "kind", "name", "since"],
        ),
        index(
            "deliveries_by_due",
            "deliveries",
            &["due_at", "effect_id", "target"],
        ),
        index("deliveries_by_target", "deliveries", &["target"]),
    ]
}
