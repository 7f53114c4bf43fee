//! (stub) configuration.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

/// Settings.
#[derive(Clone, Debug)]
pub struct Config {
    /// Folder.
    pub data: PathBuf,
    /// Address.
    pub listen: SocketAddr,
    /// Development.
    pub dev: bool,
    /// Origins.
    pub origins: Vec<String>,
    /// Limits.
    pub limits: Limits,
}

/// Limits.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Deadline.
    pub timeout: Duration,
}

impl Config {
    /// Defaults.
    pub fn new(data: PathBuf) -> Config {
        Config {
            data,
            listen: SocketAddr::from(([127, 0, 0, 1], 8080)),
            dev: false,
            origins: Vec::new(),
            limits: Limits { timeout: Duration::from_secs(10) },
        }
    }
}
