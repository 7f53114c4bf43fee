//! One running server: what is opened at its start, in order, and closed at its end.

use std::fs::DirBuilder;
use std::future::{Future, IntoFuture};
use std::io;
use std::net::SocketAddr;
use std::os::unix::fs::DirBuilderExt;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use axum::serve::ListenerExt;
use docket_infra::clock::Clock;
use docket_infra::config::{Config, ConfigError};
use docket_infra::crypto::{KeyError, Keyring, RootKey};
use docket_infra::identity::{DevIssuer, JwksError, Verifier};
use docket_infra::store::{Store, StoreError};
use jiff::{SignedDuration, Timestamp};
use tokio::net::TcpListener;
use tokio::sync::{Mutex, Notify, watch};
use tokio::time::timeout;
use tracing::{error, info, warn};

use super::{Gateway, Shared, document, router, socket};
use crate::app::{App, AppError};
use crate::graphql;
use crate::metrics::Metrics;
use crate::worker::{self, Workers};

/// How long what is under way may take when the server stops.
const PATIENCE: Duration = Duration::from_secs(10);

/// The query that GraphiQL asks for the schema nests so deep.
const INTROSPECTION: usize = 16;

/// Why a server does not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The settings contradict each other.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The identity provider's keys are not to be had.
    #[error(transparent)]
    Identity(#[from] JwksError),
    /// The data folder cannot be made.
    #[error("the data folder `{}` cannot be made", path.display())]
    Data {
        /// The folder.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// The keys are not to be had.
    #[error(transparent)]
    Keys(#[from] KeyError),
    /// The database does not open.
    #[error("the database in `{}` does not open", path.display())]
    Store {
        /// The folder.
        path: PathBuf,
        /// Why.
        #[source]
        source: StoreError,
    },
    /// The address is taken, or not ours.
    #[error("cannot listen on `{addr}`")]
    Listen {
        /// The address.
        addr: SocketAddr,
        /// Why.
        #[source]
        source: io::Error,
    },
}

/// A running server. Dropping it cuts everything off; [`Server::shutdown`] ends it in order.
pub struct Server {
    /// Where it listens.
    pub addr: SocketAddr,
    gateway: Gateway,
    workers: Workers,
}

/// What a configuration opens: who is believed, and the use cases over the store.
pub struct Opened {
    /// The use cases.
    pub app: App,
    /// Issues tokens, in development.
    pub issuer: Option<DevIssuer>,
    verifier: Verifier,
}

/// Opens the keys and the database of a configuration; makes them if this is development and there are none.
pub async fn open(config: &Config, clock: Arc<Clock>) -> Result<Opened, StartError> {
    config.check()?;
    let (key, keystore) = (config.root_key(), config.keystore());
    // A key store without its key is not given another one: that could open nothing.
    let known = match config.dev && !key.exists() && !keystore.exists() {
        true => None,
        false => Some(RootKey::load(&key)?),
    };
    let mut folder = DirBuilder::new();
    let made = folder.recursive(true).mode(0o700).create(&config.data);
    made.map_err(|source| StartError::Data {
        path: config.data.clone(),
        source,
    })?;
    let root = match known {
        Some(root) => root,
        None => RootKey::create(&key)?,
    };
    let identity = &config.identity;
    let verifier = match &identity.jwks_file {
        Some(file) if !config.dev => {
            Verifier::jwks(file, identity.issuer.as_deref(), &identity.audience)?
        }
        // Without development and without a key set the check above has refused.
        Some(_) | None => Verifier::dev(&root),
    };
    let issuer = config.dev.then(|| DevIssuer::new(&root));
    let keyring = Arc::new(Keyring::open(root, &keystore).await?);
    let store = Store::open(
        &config.database(),
        keyring.clone(),
        config.database.connections,
    )
    .await
    .map_err(|source| StartError::Store {
        path: config.data.clone(),
        source,
    })?;
    Ok(Opened {
        app: App::new(store, keyring, clock),
        issuer,
        verifier,
    })
}

impl Server {
    /// Opens everything, listens, and starts to serve.
    pub async fn start(config: Config, clock: Arc<Clock>) -> Result<Server, StartError> {
        let opened = open(&config, clock).await?;
        let refused = |source| StartError::Listen {
            addr: config.listen,
            source,
        };
        let listener = TcpListener::bind(config.listen).await.map_err(refused)?;
        let addr = listener.local_addr().map_err(refused)?;
        let gateway = gateway(config, opened);
        let dev = gateway.issuer.is_some();
        let workers = Workers::start(&gateway, serve(gateway.clone(), listener));
        info!(addr = %addr, dev, "docket listens");
        Ok(Server {
            addr,
            gateway,
            workers,
        })
    }

    /// The use cases of this server: for seeding it.
    pub fn app(&self) -> &App {
        &self.gateway.app
    }

    /// Moves a clock that can be moved, as `POST /dev/clock` does.
    pub async fn advance(&self, by: SignedDuration) -> Result<Option<Timestamp>, AppError> {
        worker::advance(&self.gateway, by).await
    }

    /// Stops accepting, tells sockets to go elsewhere (1001), lets what is under way finish, and routes the rest of the
    /// journal.
    pub async fn shutdown(self) {
        self.gateway.closing.send_replace(true);
        if timeout(PATIENCE, self.gateway.seats.empty()).await.is_err() {
            warn!("sockets did not end in time");
        }
        self.workers.join(PATIENCE).await;
        if let Err(cause) = worker::settle(&self.gateway).await {
            error!(error = ?cause, "the journal was not routed to its end");
        }
        info!("docket has stopped");
    }
}

fn gateway(config: Config, opened: Opened) -> Gateway {
    let Opened {
        app,
        issuer,
        verifier,
    } = opened;
    let bounds = document::Bounds::from(&config.limits);
    let limits = graphql::Limits {
        depth: config.limits.depth.max(INTROSPECTION),
        complexity: config.limits.complexity,
        recursion: bounds.depth,
        directives: config.limits.directives,
    };
    Gateway(Arc::new(Shared {
        schema: graphql::schema(app.clone(), limits),
        app,
        metrics: Metrics::default(),
        firing: Mutex::default(),
        told: Mutex::default(),
        committed: Notify::new(),
        moved: watch::Sender::new(0),
        closing: watch::Sender::new(false),
        verifier,
        issuer,
        bounds,
        timeout: Duration::from_millis(config.limits.timeout_ms),
        seats: socket::Seats::new(config.socket.per_user),
        limits: config.limits,
        socket: config.socket,
        origins: config.allowed_origins,
    }))
}

/// Serves until the gateway closes. Answers go out at once instead of waiting for more to send (Nagle).
fn serve(gateway: Gateway, listener: TcpListener) -> impl Future<Output = ()> + Send + 'static {
    let mut closing = gateway.closing.subscribe();
    let listener = listener.tap_io(|connection| {
        if let Err(cause) = connection.set_nodelay(true) {
            warn!(error = %cause, "a connection keeps its delay");
        }
    });
    let service = router(gateway).into_make_service_with_connect_info::<SocketAddr>();
    let serving = axum::serve(listener, service).with_graceful_shutdown(async move {
        // The sender lives in the gateway that the router holds.
        closing.wait_for(|closing| *closing).await.ok();
    });
    async move {
        if let Err(cause) = serving.into_future().await {
            error!(error = %cause, "serving failed");
        }
    }
}
