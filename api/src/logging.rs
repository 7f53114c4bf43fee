//! The program's own log: one line of text or JSON per event, on standard error.

use std::io;

use docket_infra::config::{Config, LogFormat};
use tracing_subscriber::EnvFilter;
use tracing_subscriber::filter::ParseError;

/// What others log at `debug` or `trace` can hold what people wrote: frames, bodies, statements. They only warn, whatever
/// is asked for.
const QUIET: [&str; 11] = [
    "async_graphql",
    "axum",
    "h2",
    "hyper",
    "hyper_util",
    "sea_orm",
    "sea_orm_migration",
    "sqlx",
    "tokio_tungstenite",
    "tower",
    "tungstenite",
];

/// Whether the configured filter is one.
pub fn check(config: &Config) -> Result<(), ParseError> {
    EnvFilter::builder().parse(&config.log).map(|_| ())
}

/// Starts logging as configured.
pub fn start(config: &Config) -> Result<(), ParseError> {
    let mut filter = EnvFilter::builder().parse(&config.log)?;
    for name in QUIET {
        filter = filter.add_directive(format!("{name}=warn").parse()?);
    }
    let builder = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(io::stderr)
        .with_ansi(false);
    // The program starts logging once; if something else did before, it stays.
    let started = match config.log_format {
        LogFormat::Json => builder.json().flatten_event(true).try_init(),
        LogFormat::Text => builder.try_init(),
    };
    started.ok();
    Ok(())
}
