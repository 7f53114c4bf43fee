//! The search for cases that no rule is for: input by input, and for each group of values that the same rules admit.

use std::collections::HashMap;

use super::region::{Bits, Column};

/// Values that go together, input by input.
pub(super) type Common = Vec<Bits>;

/// A search, and what it has found so far.
pub(super) struct Sweep<'a> {
    pub columns: &'a [Column],
    /// The values that are looked at, input by input.
    pub within: &'a [Bits],
    pub work: usize,
    pub gaps: Vec<Common>,
    pub most: usize,
}

impl Sweep<'_> {
    /// `rules` are those that admit the values on the path so far.
    pub fn run(&mut self, rules: &[usize], path: &mut Vec<Bits>) {
        if self.gaps.len() == self.most || self.work == 0 {
            return;
        }
        let at = path.len();
        if rules.is_empty() {
            let mut gap = path.clone();
            gap.extend_from_slice(&self.within[at..]);
            return self.gaps.push(gap);
        }
        if at == self.columns.len() || rules.iter().any(|rule| self.covers(*rule, at)) {
            return;
        }
        let column = &self.columns[at];
        let mut groups: Vec<(Vec<usize>, Vec<usize>)> = Vec::new();
        let mut places: HashMap<Vec<usize>, usize> = HashMap::new();
        for region in self.within[at].members() {
            if self.work == 0 {
                return;
            }
            self.work = self.work.saturating_sub(rules.len() + column.alive.words());
            let admitting: Vec<usize> = rules
                .iter()
                .copied()
                .filter(|rule| {
                    column.cells[*rule]
                        .as_ref()
                        .is_none_or(|cell| cell.has(region))
                })
                .collect();
            match places.get(&admitting) {
                Some(place) => groups[*place].1.push(region),
                None => {
                    places.insert(admitting.clone(), groups.len());
                    groups.push((admitting, vec![region]));
                }
            }
        }
        for (admitting, regions) in groups {
            path.push(Bits::of(column.alive.words() * 64, regions));
            self.run(&admitting, path);
            path.pop();
        }
    }

    /// Whether a rule admits everything from an input on.
    fn covers(&mut self, rule: usize, from: usize) -> bool {
        let columns = self.columns[from..].iter().zip(&self.within[from..]);
        self.work = self.work.saturating_sub(self.columns.len() - from);
        columns.into_iter().all(|(column, within)| {
            column.cells[rule]
                .as_ref()
                .is_none_or(|cell| cell.holds(within))
        })
    }
}
