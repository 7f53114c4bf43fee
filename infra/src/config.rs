//! Settings: defaults, under a TOML file, under `DOCKET_*` variables, under the command line. An unknown setting is refused by
//! name. The variable of `database.connections` is `DOCKET_DATABASE_CONNECTIONS`; lists are separated by commas there.
//! Paths are relative to the working directory.

use std::collections::HashMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};

use config::builder::DefaultState;
use config::{ConfigBuilder, Environment, File, FileFormat};
use serde::{Deserialize, Deserializer, Serialize};

const PREFIX: &str = "DOCKET_";
/// Settings with parts: what a variable's first word may stand for.
const SECTIONS: [&str; 4] = ["database", "identity", "limits", "socket"];

/// Every setting.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// The folder of the database and the key store.
    pub data: PathBuf,
    /// The address to serve at.
    pub listen: SocketAddr,
    /// Development: a token issuer and a settable clock. Only on a loopback address.
    pub dev: bool,
    /// The root key's file; without it `<data>.key`. See [`Config::root_key`].
    pub root_key: Option<PathBuf>,
    /// Origins of pages, beside the server's own, that may open sockets and send requests.
    #[serde(deserialize_with = "list")]
    pub allowed_origins: Vec<String>,
    /// What is logged: a filter of `tracing` ("info,docket_api=debug").
    pub log: String,
    /// How it is logged.
    pub log_format: LogFormat,
    /// The database.
    pub database: DatabaseConfig,
    /// Whose tokens are accepted.
    pub identity: IdentityConfig,
    /// What one request may ask for.
    pub limits: Limits,
    /// What one socket may do.
    pub socket: SocketLimits,
}

/// How log lines look.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// For people.
    Text,
    /// One JSON object a line.
    Json,
}

/// The database.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct DatabaseConfig {
    /// Connections in the pool.
    pub connections: u32,
}

/// Whose tokens are accepted.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct IdentityConfig {
    /// The `iss` that tokens must have; without it any issuer whose key fits.
    pub issuer: Option<String>,
    /// The `aud` that tokens must have.
    pub audience: String,
    /// The identity provider's public keys: a JSON Web Key Set with RS256, ES256 or EdDSA keys.
    pub jwks_file: Option<PathBuf>,
}

/// What one request may ask for.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Limits {
    /// Bytes of a request's body.
    pub body: usize,
    /// Bytes of a request's body that uploads a model.
    pub model_body: usize,
    /// Levels of fields in a query.
    pub depth: usize,
    /// Levels of brackets in a document, before it is parsed.
    pub nesting: usize,
    /// Aliases in a document.
    pub aliases: usize,
    /// Fields of an operation's root.
    pub root_fields: usize,
    /// Directives in a document.
    pub directives: usize,
    /// Selections, fragments expanded.
    pub selections: usize,
    /// Complexity of an operation.
    pub complexity: usize,
    /// Milliseconds that an operation may take.
    pub timeout_ms: u64,
}

/// What one socket may do.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct SocketLimits {
    /// Milliseconds until `connection_init` must have come.
    pub init_timeout_ms: u64,
    /// Milliseconds between pings.
    pub ping_ms: u64,
    /// Milliseconds of silence after which a socket is dead.
    pub dead_ms: u64,
    /// Subscriptions on one socket.
    pub subscriptions: usize,
    /// Sockets of one user.
    pub per_user: usize,
    /// Bytes of a message from a client.
    pub message: usize,
    /// Messages that wait for a slow client.
    pub queue_messages: usize,
    /// Bytes that wait for a slow client.
    pub queue_bytes: usize,
}

impl Default for Config {
    fn default() -> Self {
        Config {
            data: PathBuf::from("data"),
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 8080)),
            dev: false,
            root_key: None,
            allowed_origins: Vec::new(),
            log: "info".to_owned(),
            log_format: LogFormat::Text,
            database: DatabaseConfig::default(),
            identity: IdentityConfig::default(),
            limits: Limits::default(),
            socket: SocketLimits::default(),
        }
    }
}

impl Default for DatabaseConfig {
    fn default() -> Self {
        DatabaseConfig { connections: 8 }
    }
}

impl Default for IdentityConfig {
    fn default() -> Self {
        IdentityConfig {
            issuer: None,
            audience: "docket".to_owned(),
            jwks_file: None,
        }
    }
}

impl Default for Limits {
    fn default() -> Self {
        Limits {
            body: 256 * 1024,
            model_body: 4 * 1024 * 1024,
            depth: 12,
            nesting: 64,
            aliases: 64,
            root_fields: 16,
            directives: 32,
            selections: 5_000,
            complexity: 50_000,
            timeout_ms: 10_000,
        }
    }
}

impl Default for SocketLimits {
    fn default() -> Self {
        SocketLimits {
            init_timeout_ms: 5_000,
            ping_ms: 20_000,
            dead_ms: 60_000,
            subscriptions: 50,
            per_user: 10,
            message: 64 * 1024,
            queue_messages: 256,
            queue_bytes: 1024 * 1024,
        }
    }
}

/// Why the settings cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// A file that is missing or malformed, a setting that is unknown or of the wrong type.
    #[error("the settings cannot be read")]
    Read(#[from] config::ConfigError),
    /// A variable of ours whose value is not UTF-8.
    #[error("the variable `{name}` is not UTF-8")]
    NotText {
        /// The variable.
        name: String,
    },
    /// Development where others could reach it.
    #[error(
        "`dev` gives tokens to everybody who asks: set `listen` to a loopback address, not `{listen}`"
    )]
    DevInPublic {
        /// The address asked for.
        listen: SocketAddr,
    },
    /// Nobody could ever be authenticated.
    #[error(
        "no tokens can be verified: set `identity.jwks_file` (or `DOCKET_IDENTITY_JWKS_FILE`) to the identity provider's key set, or use `--dev`"
    )]
    NoIdentity,
    /// A number that must be at least 1.
    #[error("`{setting}` must be at least 1")]
    Zero {
        /// The setting's name.
        setting: &'static str,
    },
}

impl Config {
    /// The defaults over a data folder.
    pub fn new(data: impl Into<PathBuf>) -> Config {
        Config {
            data: data.into(),
            ..Config::default()
        }
    }

    /// Reads the settings of this process. `overrides` are those of the command line, by their names here
    /// (`("identity.audience", "docket")`).
    pub fn load(
        file: Option<&Path>,
        overrides: impl IntoIterator<Item = (&'static str, String)>,
    ) -> Result<Config, ConfigError> {
        let mut variables = Vec::new();
        for (name, value) in std::env::vars_os() {
            // Names that are no text are not ours.
            let Ok(name) = name.into_string() else {
                continue;
            };
            if name.starts_with(PREFIX) {
                match value.into_string() {
                    Ok(value) => variables.push((name, value)),
                    Err(_) => return Err(ConfigError::NotText { name }),
                }
            }
        }
        Config::read(file, variables, overrides)
    }

    fn read(
        file: Option<&Path>,
        variables: impl IntoIterator<Item = (String, String)>,
        overrides: impl IntoIterator<Item = (&'static str, String)>,
    ) -> Result<Config, ConfigError> {
        let mut builder = ConfigBuilder::<DefaultState>::default();
        if let Some(file) = file {
            builder = builder.add_source(File::from(file).format(FileFormat::Toml));
        }
        let variables: HashMap<String, String> = variables
            .into_iter()
            .filter_map(|(name, value)| Some((format!("{PREFIX}{}", setting_of(&name)?), value)))
            .collect();
        builder = builder.add_source(
            Environment::with_prefix("DOCKET")
                .ignore_empty(true)
                .source(Some(variables)),
        );
        for (setting, value) in overrides {
            builder = builder.set_override(setting, value)?;
        }
        Ok(builder.build()?.try_deserialize()?)
    }

    /// Whether a server may be started with these settings.
    pub fn check(&self) -> Result<(), ConfigError> {
        if self.dev && !self.listen.ip().is_loopback() {
            return Err(ConfigError::DevInPublic {
                listen: self.listen,
            });
        }
        if !self.dev && self.identity.jwks_file.is_none() {
            return Err(ConfigError::NoIdentity);
        }
        let (limits, socket) = (&self.limits, &self.socket);
        let times = [
            ("database.connections", u64::from(self.database.connections)),
            ("limits.timeout_ms", limits.timeout_ms),
            ("socket.init_timeout_ms", socket.init_timeout_ms),
            ("socket.ping_ms", socket.ping_ms),
            ("socket.dead_ms", socket.dead_ms),
        ];
        // Without aliases and directives there are still requests.
        let sizes = [
            ("limits.body", limits.body),
            ("limits.model_body", limits.model_body),
            ("limits.depth", limits.depth),
            ("limits.nesting", limits.nesting),
            ("limits.root_fields", limits.root_fields),
            ("limits.selections", limits.selections),
            ("limits.complexity", limits.complexity),
            ("socket.subscriptions", socket.subscriptions),
            ("socket.per_user", socket.per_user),
            ("socket.message", socket.message),
            ("socket.queue_messages", socket.queue_messages),
            ("socket.queue_bytes", socket.queue_bytes),
        ];
        let sizes = sizes.map(|(setting, size)| (setting, size as u64));
        for (setting, value) in times.into_iter().chain(sizes) {
            if value == 0 {
                return Err(ConfigError::Zero { setting });
            }
        }
        Ok(())
    }

    /// The root key's file: as set, or beside the data folder, so that a copy of the folder is worth nothing without it.
    pub fn root_key(&self) -> PathBuf {
        if let Some(path) = &self.root_key {
            return path.clone();
        }
        // A folder like `.` has no name to go by until it is resolved.
        let folder = match self.data.file_name() {
            Some(_) => self.data.clone(),
            None => self
                .data
                .canonicalize()
                .unwrap_or_else(|_| self.data.clone()),
        };
        let mut name = folder.file_name().unwrap_or_default().to_owned();
        name.push(".key");
        folder.with_file_name(name)
    }

    /// The database's file.
    pub fn database(&self) -> PathBuf {
        self.data.join("docket.db")
    }

    /// The key store's file.
    pub fn keystore(&self) -> PathBuf {
        self.data.join("keystore.db")
    }
}

/// `DOCKET_DATABASE_CONNECTIONS` → `database.connections`, `DOCKET_ROOT_KEY` → `root_key`; `None` for what is not ours.
fn setting_of(variable: &str) -> Option<String> {
    let name = variable.strip_prefix(PREFIX)?.to_ascii_lowercase();
    let part = SECTIONS.iter().find_map(|section| {
        let setting = name.strip_prefix(section)?.strip_prefix('_')?;
        Some(format!("{section}.{setting}"))
    });
    Some(part.unwrap_or(name))
}

/// A list, or text with commas.
fn list<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum List {
        Items(Vec<String>),
        Text(String),
    }
    Ok(match List::deserialize(deserializer)? {
        List::Items(items) => items,
        List::Text(text) => text
            .split(',')
            .map(|item| item.trim().to_owned())
            .filter(|item| !item.is_empty())
            .collect(),
    })
}

#[cfg(test)]
mod tests;
