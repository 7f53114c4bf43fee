//! The tenant's calendar, and with it what models refer to by name.

use std::sync::Arc;
use std::time::Duration;

use docket_domain::access::{Actor, Privilege};
use docket_domain::engine::command::Known;
use docket_domain::ids::TenantId;
use docket_domain::time::Calendar;
use docket_infra::store::Read;
use moka::sync::Cache;

use super::{App, AppError, Invalid, require, retry};

/// How long another node may go by the calendar that was.
const KEPT: Duration = Duration::from_secs(10);
const TENANTS: u64 = 10_000;

/// Calendars at hand.
pub(super) type Calendars = Cache<TenantId, Arc<Calendar>>;

/// None at hand.
pub(super) fn calendars() -> Calendars {
    Cache::builder()
        .max_capacity(TENANTS)
        .time_to_live(KEPT)
        .build()
}

impl App {
    /// What the tenant has that models refer to by name.
    pub(super) async fn known(&self, tx: &Read) -> Result<Known, AppError> {
        Ok(Known {
            calendar: self.calendar(tx).await?,
            ..Known::default()
        })
    }

    /// The calendar of the tenant.
    pub async fn calendar(&self, tx: &Read) -> Result<Arc<Calendar>, AppError> {
        if let Some(calendar) = self.calendars.get(&tx.tenant()) {
            return Ok(calendar);
        }
        let calendar = Arc::new(tx.calendar().await?);
        self.calendars.insert(tx.tenant(), calendar.clone());
        Ok(calendar)
    }

    /// Gives the tenant another calendar, for what is computed from now on. Takes the privilege `administrator`, which is
    /// asked for before the calendar is looked at.
    pub async fn set_calendar(
        &self,
        actor: &Actor,
        calendar: Result<Calendar, Invalid>,
    ) -> Result<Arc<Calendar>, AppError> {
        require(actor, Privilege::Administrator)?;
        let calendar = &calendar?;
        retry(&self.store, actor.tenant, move |tx| {
            Box::pin(async move {
                tx.save_calendar(calendar).await?;
                tx.commit().await?;
                let calendar = Arc::new(calendar.clone());
                self.calendars.insert(actor.tenant, calendar.clone());
                Ok(calendar)
            })
        })
        .await
    }
}
