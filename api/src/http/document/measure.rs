//! What a parsed document expands to: each fragment is measured once and counted once per spread, with numbers that stop
//! at the top instead of wrapping.

use std::collections::HashMap;

use async_graphql::parser::types::{ExecutableDocument, Selection, SelectionSet};

use super::{Bounds, Counted, Refusal};

/// Refuses a document that expands beyond the bounds, or without end.
pub(super) fn check(document: &ExecutableDocument, bounds: &Bounds) -> Result<(), Refusal> {
    let mut measurer = Measurer {
        document,
        bounds,
        fragments: HashMap::new(),
    };
    let mut all = Extent::default();
    for (_, operation) in document.operations.iter() {
        let mut extent = measurer.selection_set(&operation.node.selection_set.node, 1)?;
        let variables = &operation.node.variable_definitions;
        extent.directives += operation.node.directives.len() as u64;
        extent.directives += variables
            .iter()
            .map(|variable| variable.node.directives.len() as u64)
            .sum::<u64>();
        within(Counted::Aliases, extent.aliases, bounds.aliases)?;
        within(Counted::RootFields, extent.width, bounds.root_fields)?;
        all.add(extent);
    }
    // Validation visits each fragment once more on its own account, used or not.
    for name in document.fragments.keys() {
        all.add(measurer.fragment(name.as_str(), 1)?);
    }
    within(Counted::Selections, all.selections, bounds.selections)?;
    within(Counted::Directives, all.directives, bounds.directives)
}

fn within(what: Counted, count: u64, limit: u64) -> Result<(), Refusal> {
    if count > limit {
        return Err(Refusal::Count { what, limit });
    }
    Ok(())
}

/// What a selection set expands to.
#[derive(Clone, Copy, Default)]
struct Extent {
    selections: u64,
    /// Fields of the set itself.
    width: u64,
    aliases: u64,
    directives: u64,
    depth: usize,
}

impl Extent {
    fn add(&mut self, other: Extent) {
        self.selections = self.selections.saturating_add(other.selections);
        self.width = self.width.saturating_add(other.width);
        self.aliases = self.aliases.saturating_add(other.aliases);
        self.directives = self.directives.saturating_add(other.directives);
        self.depth = self.depth.max(other.depth);
    }
}

struct Measurer<'a> {
    document: &'a ExecutableDocument,
    bounds: &'a Bounds,
    /// `None` while it is being measured.
    fragments: HashMap<&'a str, Option<Extent>>,
}

impl<'a> Measurer<'a> {
    /// `level` is how deep this set stands on the way that led here; it bounds the recursion.
    fn selection_set(&mut self, set: &'a SelectionSet, level: usize) -> Result<Extent, Refusal> {
        let mut total = Extent::default();
        for selection in &set.items {
            let (inner, directives, alias, is_field) = match &selection.node {
                Selection::Field(field) => {
                    let inner = match field.node.selection_set.node.items.is_empty() {
                        true => Extent::default(),
                        false => self.deeper(&field.node.selection_set.node, level)?,
                    };
                    let alias = field.node.alias.is_some();
                    (inner, field.node.directives.len(), alias, true)
                }
                Selection::InlineFragment(fragment) => {
                    let inner = self.deeper(&fragment.node.selection_set.node, level)?;
                    (inner, fragment.node.directives.len(), false, false)
                }
                Selection::FragmentSpread(spread) => {
                    let name = spread.node.fragment_name.node.as_str();
                    let inner = self.fragment(name, level + 1)?;
                    (inner, spread.node.directives.len(), false, false)
                }
            };
            total.add(Extent {
                selections: inner.selections.saturating_add(1),
                width: if is_field { 1 } else { inner.width },
                aliases: inner.aliases.saturating_add(u64::from(alias)),
                directives: inner.directives.saturating_add(directives as u64),
                depth: inner.depth,
            });
        }
        total.depth += 1;
        if total.depth > self.bounds.depth {
            return Err(self.too_deep());
        }
        Ok(total)
    }

    fn deeper(&mut self, set: &'a SelectionSet, level: usize) -> Result<Extent, Refusal> {
        if level >= self.bounds.depth {
            return Err(self.too_deep());
        }
        self.selection_set(set, level + 1)
    }

    /// A fragment that is not defined measures nothing: validation names it.
    fn fragment(&mut self, name: &'a str, level: usize) -> Result<Extent, Refusal> {
        if level > self.bounds.depth {
            return Err(self.too_deep());
        }
        let Some(fragment) = self.document.fragments.get(name) else {
            return Ok(Extent::default());
        };
        match self.fragments.get(name) {
            Some(Some(extent)) => return Ok(*extent),
            Some(None) => return Err(Refusal::Cycle { at: fragment.pos }),
            None => {}
        }
        self.fragments.insert(name, None);
        let mut extent = self.selection_set(&fragment.node.selection_set.node, level)?;
        extent.directives = extent
            .directives
            .saturating_add(fragment.node.directives.len() as u64);
        self.fragments.insert(name, Some(extent));
        Ok(extent)
    }

    fn too_deep(&self) -> Refusal {
        Refusal::Depth {
            limit: self.bounds.depth,
        }
    }
}
