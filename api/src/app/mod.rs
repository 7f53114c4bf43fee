//! Use cases: one load, decide, save function per noun. Nothing here judges; nothing here knows GraphQL or HTTP.

use std::sync::Arc;

use docket_domain::access::Actor;
use docket_domain::value::Name;
use docket_infra::clock::Clock;
use docket_infra::crypto::Keyring;
use docket_infra::identity::Bearer;
use docket_infra::store::Store;
use jiff::Timestamp;

use crate::feed::Hub;

mod error;

pub use error::AppError;

/// Everything that a request needs. Cheap to clone.
#[derive(Clone)]
pub struct App {
    /// The database.
    pub store: Store,
    /// The keys.
    pub keyring: Arc<Keyring>,
    /// The time.
    pub clock: Arc<Clock>,
    /// Live subscriptions.
    pub hub: Hub,
}

/// Who asks, and until when the session holds. The protocol layer puts it into the request's data.
#[derive(Clone, Debug)]
pub struct Viewer {
    /// Who, as the rules see it.
    pub actor: Actor,
    /// What the tenant is called.
    pub tenant_name: Name,
    /// From this moment on nothing more is answered or delivered.
    pub expires_at: Timestamp,
}

impl App {
    /// An application over a store.
    pub fn new(store: Store, keyring: Arc<Keyring>, clock: Arc<Clock>) -> App {
        App {
            store,
            keyring,
            clock,
            hub: Hub::default(),
        }
    }

    /// The viewer that a verified token stands for. Makes the tenant on first sight.
    pub async fn viewer(&self, bearer: &Bearer) -> Result<Viewer, AppError> {
        let tenant = self.store.tenant(&bearer.tenant, self.clock.now()).await?;
        Ok(Viewer {
            actor: Actor::new(
                tenant,
                bearer.user.clone(),
                bearer.groups.iter().cloned(),
                bearer.roles.iter().cloned(),
                bearer.privileges.iter().copied(),
            ),
            tenant_name: Name::from(bearer.tenant.as_str()),
            expires_at: bearer.expires_at,
        })
    }

    /// Fires timers that are due, each in a transaction of its own; how many fired. One that fails is logged and does not
    /// stop the others.
    pub async fn fire_due_timers(&self, _limit: u32) -> Result<usize, AppError> {
        todo!()
    }
}
