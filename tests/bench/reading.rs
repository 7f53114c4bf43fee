//! Reading a model, resolving it and judging it, against the parser alone passing over the same bytes.

use std::hint::black_box;
use std::time::Instant;

use anyhow::ensure;
use docket_domain::bpmn::{lint, read, resolve};
use docket_tests::models;
use quick_xml::events::Event;

use crate::{Goal, median, report};

/// Turns of each; they take turns.
const ROUNDS: usize = 21;
/// What a file of a megabyte may take.
const WANTED_MS: f64 = 100.0;

pub fn run() -> anyhow::Result<()> {
    for tasks in [500, 7_000, 9_000] {
        figure(&models::large(tasks))?;
    }
    for (what, text) in models::attacks() {
        let ms = timed(|| {
            black_box(judged(&text));
        });
        println!(
            "reading, {what}: {:.2} MB in {ms:.1} ms; wanted: {WANTED_MS} ms",
            megabytes(&text)
        );
    }
    Ok(())
}

fn figure(text: &str) -> anyhow::Result<()> {
    ensure!(judged(text) == Some(0), "the model is right");
    let (mut whole, mut draft, mut bare) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        whole.push(timed(|| {
            black_box(judged(text));
        }));
        draft.push(timed(|| drop(black_box(read::read(text.as_bytes())))));
        bare.push(timed(|| {
            black_box(passed(text));
        }));
    }
    let [whole, draft, bare] = [whole, draft, bare].map(median);
    let size = megabytes(text);
    let goal = Some(Goal::AtMost(WANTED_MS * size.max(1.0) / bare));
    report(
        &format!("reading, {size:.2} MB, resolved and judged"),
        format_args!("{whole:.2} ms (wanted: {WANTED_MS} ms a megabyte)"),
        format_args!("{bare:.2} ms for the parser alone"),
        whole / bare,
        goal,
    );
    report(
        &format!("reading, {size:.2} MB, to a draft"),
        format_args!("{draft:.2} ms"),
        format_args!("{bare:.2} ms for the parser alone"),
        draft / bare,
        None,
    );
    Ok(())
}

/// How much is found in the processes of a file; nothing if it is refused.
fn judged(text: &str) -> Option<usize> {
    let draft = read::read(text.as_bytes()).ok()?;
    let found = draft.processes().into_iter().map(|process| {
        black_box(resolve::resolve(&draft, &process.key).is_ok());
        lint::findings(&draft, &process.key).len()
    });
    Some(found.sum())
}

/// The events of a file, counted and thrown away.
fn passed(text: &str) -> usize {
    let mut reader = quick_xml::Reader::from_str(text);
    let mut events = 0;
    loop {
        match reader.read_event() {
            Ok(Event::Eof) | Err(_) => return events,
            Ok(event) => {
                black_box(&event);
                events += 1;
            }
        }
    }
}

/// Milliseconds.
fn timed(what: impl FnOnce()) -> f64 {
    let begun = Instant::now();
    what();
    begun.elapsed().as_secs_f64() * 1_000.0
}

fn megabytes(text: &str) -> f64 {
    text.len() as f64 / 1_000_000.0
}
