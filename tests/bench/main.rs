//! The figures of the product, each beside its baseline in the same run: `make bench`, or one of them by name
//! (`cargo bench --bench figures -- page`). Everything happens on this machine, over loopback where it is served.
//!
//! ```text
//!  world   a folder with seeded tasks        client   HTTP by hand, on threads of their own
//!  page  size  cycle  engine  envelopes  memory  reading  one figure each     twin   the same page, bare
//! ```
//!
//! `DOCKET_BENCH_TIMERS` sets how many timers `timers` fires; without it, ten thousand. `DOCKET_BENCH_TASKS` sets how many tasks the larger store of `size` has; without it, a million.

use std::fmt::Display;

use tokio::runtime::Runtime;

mod client;
mod cycle;
mod engine;
mod envelopes;
mod memory;
mod page;
mod reading;
mod size;
mod timers;
mod twin;
mod world;

use world::World;

/// The same allocator as the program's.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Tasks of the smaller store.
const TASKS: usize = 10_000;
/// Tasks of the larger store, unless told otherwise.
const MANY_TASKS: usize = 1_000_000;

fn main() -> anyhow::Result<()> {
    let names: Vec<String> = std::env::args()
        .skip(1)
        .filter(|arg| !arg.starts_with('-'))
        .collect();
    let wanted = |name: &str| names.is_empty() || names.iter().any(|wanted| wanted == name);
    let many = std::env::var_os("DOCKET_BENCH_TASKS")
        .and_then(|tasks| tasks.to_str()?.parse().ok())
        .unwrap_or(MANY_TASKS);
    let many_timers =
        std::env::var_os("DOCKET_BENCH_TIMERS").and_then(|timers| timers.to_str()?.parse().ok());
    let runtime = Runtime::new()?;
    if wanted("envelopes") {
        envelopes::run(&runtime)?;
    }
    if wanted("engine") {
        engine::run()?;
    }
    if wanted("reading") {
        reading::run()?;
    }
    if wanted("memory") {
        memory::run(&runtime)?;
    }
    if wanted("cycle") {
        cycle::run(&runtime)?;
    }
    if wanted("timers") {
        timers::run(&runtime, many_timers)?;
    }
    if wanted("page") || wanted("size") {
        let world = World::new(&runtime, TASKS)?;
        if wanted("page") {
            page::run(&runtime, &world)?;
        }
        if wanted("size") {
            size::run(&runtime, &world, many)?;
        }
    }
    Ok(())
}

/// What a ratio should be.
#[derive(Clone, Copy)]
enum Goal {
    /// This or more.
    AtLeast(f64),
    /// This or less.
    AtMost(f64),
}

/// Prints one figure with its baseline.
fn report(
    figure: &str,
    measured: impl Display,
    baseline: impl Display,
    ratio: f64,
    goal: Option<Goal>,
) {
    let verdict = |met: bool| if met { "met" } else { "MISSED" };
    let goal = match goal {
        None => String::new(),
        Some(Goal::AtLeast(least)) => format!(" (goal ≥ {least}: {})", verdict(ratio >= least)),
        Some(Goal::AtMost(most)) => format!(" (goal ≤ {most}: {})", verdict(ratio <= most)),
    };
    println!("{figure}: {measured}; {baseline}; ratio {ratio:.2}{goal}");
}

/// The value in the middle, or 0 of nothing.
fn median(values: impl IntoIterator<Item = f64>) -> f64 {
    quantile(values, 0.5)
}

/// The value below which this part of all values lies, or 0 of nothing.
fn quantile(values: impl IntoIterator<Item = f64>, part: f64) -> f64 {
    let mut values: Vec<f64> = values.into_iter().collect();
    values.sort_by(f64::total_cmp);
    let last = values.len().saturating_sub(1) as f64;
    values
        .get((last * part).round() as usize)
        .copied()
        .unwrap_or_default()
}
