//! The program's own log: one line of text or JSON per event, on standard error.

use std::io;

use tracing::Level;
use tracing_subscriber::EnvFilter;

/// Starts logging. Our crates log at the given level; others only warn, whatever level is asked for: at `trace` some of
/// them log what people wrote.
pub fn start(level: Level, json: bool) {
    let filter = EnvFilter::new(format!(
        "warn,docket={level},docket_api={level},docket_infra={level},docket_domain={level}"
    ));
    let builder = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(io::stderr)
        .with_ansi(false);
    // A second start, in a test, changes nothing.
    let started = match json {
        true => builder.json().flatten_event(true).try_init(),
        false => builder.try_init(),
    };
    started.ok();
}
