//! The tables of the first release, and their indexes.

use sea_orm_migration::async_trait::async_trait;
use sea_orm_migration::prelude::*;

mod instances;
mod versions;
mod waiting;

/// The tables of the first release.
pub(super) struct First;

impl MigrationName for First {
    fn name(&self) -> &str {
        "m0001_tables"
    }
}

#[async_trait]
impl MigrationTrait for First {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in [versions::tables(), instances::tables(), waiting::tables()].concat() {
            manager.create_table(table).await?;
        }
        for index in [
            versions::indexes(),
            instances::indexes(),
            waiting::indexes(),
        ]
        .concat()
        {
            manager.create_index(index).await?;
        }
        Ok(())
    }
}

fn references(
    table: &'static str,
    column: &'static str,
    to: &'static str,
) -> ForeignKeyCreateStatement {
    ForeignKey::create().from(table, column).to(to, "id").take()
}

fn index(
    name: &'static str,
    table: &'static str,
    columns: &[&'static str],
) -> IndexCreateStatement {
    let mut index = Index::create();
    index.name(name).table(table);
    for column in columns {
        index.col(*column);
    }
    index
}
