//! The problems of one pass, as they are found. Passes go on after a problem, so that a modeller sees all of them.

use super::tree::Tag;
use super::{Place, Problem, Severity};
use crate::value::Name;

/// After this many problems of a severity nobody reads on; the rest would only cost time. Each severity has its own
/// count, so that no number of warnings hides an error.
const MOST: usize = 500;

/// What a pass found so far.
#[derive(Default, Debug)]
pub(crate) struct Report {
    problems: Vec<Problem>,
    errors: usize,
    warnings: usize,
}

impl Report {
    /// Adds what stands in the way of reading at all.
    pub fn fault(&mut self, place: Place, rule: &str, message: String) {
        self.add(Severity::Error, place, None, rule, message);
    }

    /// Adds what stands in the way, at a tag and the element that it belongs to.
    pub fn error(&mut self, tag: Tag<'_>, rule: &str, message: String) {
        self.add(Severity::Error, tag.place(), owner(tag), rule, message);
    }

    /// Adds what is worth a look.
    pub fn warning(&mut self, tag: Tag<'_>, rule: &str, message: String) {
        self.add(Severity::Warning, tag.place(), owner(tag), rule, message);
    }

    /// Adds what is worth a look at a place.
    pub fn notice(&mut self, place: Place, element: Option<&Name>, rule: &str, message: String) {
        self.add(Severity::Warning, place, element, rule, message);
    }

    /// Adds anything at a place.
    pub fn add(
        &mut self,
        severity: Severity,
        place: Place,
        element: Option<&Name>,
        rule: &str,
        message: String,
    ) {
        let count = match severity {
            Severity::Error => &mut self.errors,
            Severity::Warning => &mut self.warnings,
        };
        *count += 1;
        if *count <= MOST {
            self.problems.push(Problem {
                severity,
                rule: rule.into(),
                message,
                element: element.cloned(),
                place,
            });
        }
    }

    /// Whether it holds all the errors that it can.
    pub fn is_full(&self) -> bool {
        self.errors >= MOST
    }

    /// Whether something stands in the way.
    pub fn has_errors(&self) -> bool {
        self.errors > 0
    }

    /// Adds what an earlier pass found.
    pub fn extend(&mut self, problems: Vec<Problem>) {
        self.problems.extend(problems);
    }

    /// Everything found, in order of place.
    pub fn into_problems(mut self) -> Vec<Problem> {
        self.problems.sort_by_key(|problem| problem.place);
        self.problems
    }
}

/// The id of the element that a tag is or is a part of.
fn owner<'a>(tag: Tag<'a>) -> Option<&'a Name> {
    let mut next = Some(tag);
    while let Some(tag) = next {
        if tag.is_element() {
            return tag.id();
        }
        next = tag.parent();
    }
    None
}
