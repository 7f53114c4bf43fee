//! The cases that need not pass, each with its reason. What is not listed must pass, and what is listed must not: a reason
//! that no longer holds is to be noticed.

use anyhow::{Context, ensure};

use super::Outcome;

/// Cases that need not pass, with why.
#[derive(Debug)]
pub struct Excused(Vec<(String, String)>);

/// The list that is checked in: a line for each case, `id: reason`; lines that begin with `#` are remarks.
pub fn excused() -> anyhow::Result<Excused> {
    Excused::read(include_str!("../../betsy-excused.txt"))
}

impl Excused {
    /// Reads a list. Each reason names the section of the specification.
    pub fn read(text: &str) -> anyhow::Result<Excused> {
        let lines = text.lines().filter(|line| !line.trim().is_empty());
        let lines = lines.filter(|line| !line.starts_with('#'));
        let read = |line: &str| {
            let (id, reason) = line.split_once(": ").context("a line is `id: reason`")?;
            ensure!(id.starts_with("betsy/"), "`{id}` is no case");
            let section = reason.contains("BPMN 2.0.2, ");
            ensure!(
                section,
                "the reason of `{id}` names no section of BPMN 2.0.2"
            );
            Ok((id.to_owned(), reason.to_owned()))
        };
        lines.map(read).collect::<anyhow::Result<_>>().map(Excused)
    }

    /// Why a case need not pass.
    pub fn reason(&self, id: &str) -> Option<&str> {
        let found = self.0.iter().find(|(excused, _)| excused == id);
        found.map(|(_, reason)| reason.as_str())
    }

    /// What must not be: a case that fails without excuse, one that passes in spite of it, an excuse for no case.
    pub fn violations(&self, outcomes: &[Outcome]) -> Vec<String> {
        let judged = outcomes.iter().filter_map(|outcome| {
            let excused = self.reason(&outcome.id).is_some();
            match (&outcome.failure, excused) {
                (Some(_), false) => Some(format!("{} fails without excuse", outcome.id)),
                (None, true) => Some(format!("{} is excused and passes", outcome.id)),
                (Some(_), true) | (None, false) => None,
            }
        });
        let unknown = self.0.iter().filter_map(|(id, _)| {
            let known = outcomes.iter().any(|outcome| outcome.id == *id);
            (!known).then(|| format!("{id} is excused and is no case"))
        });
        judged.chain(unknown).collect()
    }
}
