//! Calendars: one row for a tenant that has one of its own, sealed.

use docket_domain::time::Calendar;
use sea_orm::sea_query::{OnConflict, Query};
use sea_orm::{ColumnTrait, EntityTrait, Set};

use super::entity::calendar::{ActiveModel, Column, Entity};
use super::row::Cell;
use super::{Read, StoreError, Write};

impl Read {
    /// The tenant's calendar; the usual one if it has none of its own.
    pub async fn calendar(&self) -> Result<Calendar, StoreError> {
        let select = Query::select()
            .column(Column::Body)
            .from(Entity)
            .and_where(Column::TenantId.eq(self.tenant.0))
            .take();
        let body: Option<Vec<u8>> = self.row(&select).await?;
        match body {
            Some(body) => self.calendar_cell().open_json(&self.keys.data, &body),
            None => Ok(Calendar::default()),
        }
    }

    fn calendar_cell(&self) -> Cell<'static> {
        Cell {
            tenant: self.tenant,
            table: "calendars",
            row: self.tenant.0,
            column: "body",
            part: &[],
        }
    }
}

impl Write {
    /// Gives the tenant a calendar of its own, in the place of the one that it had.
    pub async fn save_calendar(&self, calendar: &Calendar) -> Result<(), StoreError> {
        let body = self.calendar_cell().seal_json(&self.keys.data, calendar)?;
        Entity::insert(ActiveModel {
            tenant_id: Set(self.tenant.0),
            body: Set(body),
        })
        .on_conflict(
            OnConflict::column(Column::TenantId)
                .update_column(Column::Body)
                .to_owned(),
        )
        .exec_without_returning(&self.tx)
        .await?;
        Ok(())
    }
}
