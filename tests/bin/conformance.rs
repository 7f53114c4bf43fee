//! Runs the outside suites and prints what failed, with one closing line for each suite.

use std::path::PathBuf;
use std::process::ExitCode;

use docket_tests::conformance;

#[tokio::main]
async fn main() -> ExitCode {
    let folder = match folder() {
        Ok(folder) => folder,
        Err(message) => return usage(&message),
    };
    if !folder.join("models/miwg/inventory.json").is_file() {
        return usage(&format!("there are no models in {}", folder.display()));
    }
    let report = match conformance::miwg(&folder).await {
        Ok(report) => report,
        Err(error) => return usage(&format!("{error:#}")),
    };
    for (file, reason) in &report.failed {
        println!("miwg: {file}: {reason}");
    }
    println!(
        "miwg: {} passed, {} failed",
        report.passed,
        report.failed.len()
    );
    match report.failed.is_empty() {
        true => ExitCode::SUCCESS,
        false => ExitCode::FAILURE,
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
