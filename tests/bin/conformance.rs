//! Runs the outside suites and prints what failed, with one closing line for each suite.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use docket_tests::betsy::{self, Outcome};
use docket_tests::conformance;

/// Cases of the benchmark that must pass, whatever is excused.
const FLOOR: usize = 150;

#[tokio::main]
async fn main() -> ExitCode {
    let folder = match folder() {
        Ok(folder) => folder,
        Err(message) => return usage(&message),
    };
    if !folder.join("models/miwg/inventory.json").is_file() {
        return usage(&format!("there are no models in {}", folder.display()));
    }
    let done = async { Ok::<_, anyhow::Error>(miwg(&folder).await? & betsy(&folder).await?) };
    match done.await {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => usage(&format!("{error:#}")),
    }
}

/// The reference models of the interchange group: whether all pass.
async fn miwg(folder: &Path) -> anyhow::Result<bool> {
    let report = conformance::miwg(folder).await?;
    for (file, reason) in &report.failed {
        println!("miwg: {file}: {reason}");
    }
    println!(
        "miwg: {} passed, {} failed",
        report.passed,
        report.failed.len()
    );
    Ok(report.failed.is_empty())
}

/// The benchmark: whether as many pass as must, and all that are not excused.
async fn betsy(folder: &Path) -> anyhow::Result<bool> {
    let excused = betsy::excused()?;
    let outcomes = betsy::betsy(folder).await?;
    table("group", &outcomes, |outcome| &outcome.group);
    table("feature", &outcomes, |outcome| &outcome.feature);
    let failed = outcomes
        .iter()
        .filter_map(|outcome| Some((outcome, outcome.failure.as_ref()?)));
    let mut excuses = 0;
    for (outcome, why) in failed.clone() {
        println!("betsy: {}: {why}", outcome.id);
        if let Some(reason) = excused.reason(&outcome.id) {
            excuses += 1;
            println!("    excused: {reason}");
        }
    }
    let violations = excused.violations(&outcomes);
    for violation in &violations {
        println!("betsy: {violation}");
    }
    let failed = failed.count();
    let passed = outcomes.len() - failed;
    println!("betsy: {passed} passed, {failed} failed");
    println!("betsy: {excuses} of these excused");
    Ok(passed >= FLOOR && violations.is_empty())
}

/// How many passed and failed, by a name.
fn table<'a>(by: &str, outcomes: &'a [Outcome], name: impl Fn(&'a Outcome) -> &'a String) {
    let mut counts: BTreeMap<&str, (usize, usize)> = BTreeMap::new();
    for outcome in outcomes {
        let (passed, failed) = counts.entry(name(outcome)).or_default();
        match outcome.failure {
            None => *passed += 1,
            Some(_) => *failed += 1,
        }
    }
    println!("{:>7} {:>7}  {by}", "passed", "failed");
    for (name, (passed, failed)) in counts {
        println!("{passed:>7} {failed:>7}  {name}");
    }
}

/// The folder of the suites: `--folder`, else beside the repository.
fn folder() -> Result<PathBuf, String> {
    let mut folder = PathBuf::from("../shared");
    let mut arguments = std::env::args_os().skip(1);
    while let Some(argument) = arguments.next() {
        if argument != "--folder" {
            return Err(format!("{} is not known", argument.display()));
        }
        folder = arguments.next().ok_or("--folder needs a value")?.into();
    }
    Ok(folder)
}

fn usage(message: &str) -> ExitCode {
    eprintln!("conformance: {message}\nusage: conformance [--folder FOLDER]");
    ExitCode::from(2)
}
