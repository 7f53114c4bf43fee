//! The search through everything that can happen in one scope. Tokens that have one way to go are moved at once, for it makes no
//! difference when they go; what is left are choices, merges and joins, in this order, and of these one at a time. What
//! ends the scope comes last, so that the others are seen to come as far as they can.
//!
//! ```text
//!  marking ──settle──▶ rests ──▶ choice │ merge │ inclusive join │ end │ stuck
//!                        ▲          └──────┴──── one marking for each way ───┘
//!                        └─────────────────────────────────┘
//! ```

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::rc::Rc;

use super::choice::Choices;
use super::marking::{Marking, Token};
use super::way::{Class, Net, Target, Way};
use crate::bpmn::{ElementIx, FlowIx, upstream};

/// Tokens that one marking may have: more are not looked into.
const TOKENS: usize = 4_096;
/// Markings before one that it is compared with, to see whether tokens pile up.
const ANCESTORS: usize = 256;

/// What was found in one scope.
#[derive(Default, Debug)]
pub(super) struct Found {
    /// Joins where tokens wait for ever, and a flow that brings none.
    pub stuck: BTreeMap<ElementIx, FlowIx>,
    /// Joins at which ever more tokens wait.
    pub piling: BTreeSet<ElementIx>,
    /// Merges to which two tokens came side by side, and by which flows.
    pub doubled: BTreeMap<ElementIx, (FlowIx, FlowIx)>,
    /// Every element that a token came to.
    pub visited: BTreeSet<ElementIx>,
    /// Whether the scope can come to its end in order.
    pub completes: bool,
    /// Whether everything that can happen was looked at.
    pub whole: bool,
}

/// What may be spent on a model.
pub(super) struct Budget {
    /// Tokens that may still be moved or looked at.
    pub steps: usize,
    /// Markings that may still be kept.
    pub markings: usize,
}

impl Budget {
    fn spend(&mut self, steps: usize) -> bool {
        let left = self.steps.checked_sub(steps);
        self.steps = left.unwrap_or(0);
        left.is_some()
    }
}

/// What an inclusive join does not wait for: the elements from which a token can come by a flow that is missing alone.
type Awaited = HashMap<(ElementIx, Vec<FlowIx>), Rc<BTreeSet<ElementIx>>>;

pub(super) struct Search<'s, 'a> {
    pub net: &'s Net<'a>,
    pub choices: &'s Choices<'a>,
    pub ranks: &'s [u32],
    budget: &'s mut Budget,
    classes: HashMap<ElementIx, Class>,
    awaited: Awaited,
    markings: Vec<Rc<Marking>>,
    known: HashSet<Rc<Marking>>,
    parents: Vec<Option<usize>>,
    todo: Vec<usize>,
    found: Found,
}

impl<'s, 'a> Search<'s, 'a> {
    pub fn new(
        net: &'s Net<'a>,
        choices: &'s Choices<'a>,
        ranks: &'s [u32],
        budget: &'s mut Budget,
    ) -> Search<'s, 'a> {
        Search {
            net,
            choices,
            ranks,
            budget,
            classes: HashMap::new(),
            awaited: HashMap::new(),
            markings: Vec::new(),
            known: HashSet::new(),
            parents: Vec::new(),
            todo: Vec::new(),
            found: Found {
                whole: true,
                ..Found::default()
            },
        }
    }

    /// Looks at everything that can follow from each of these beginnings.
    pub fn run(mut self, beginnings: &[Vec<Target>]) -> Found {
        for beginning in beginnings {
            self.follow(None, Marking::default(), beginning, false);
        }
        while let Some(at) = self.todo.pop() {
            if self.budget.steps == 0 {
                self.found.whole = false;
                break;
            }
            self.expand(at);
        }
        self.found
    }

    fn class(&mut self, element: ElementIx) -> Class {
        let net = self.net;
        *self
            .classes
            .entry(element)
            .or_insert_with(|| net.class(element))
    }

    /// Puts tokens where they go on, moves what has one way to go, and keeps what comes of it.
    fn follow(&mut self, from: Option<usize>, marking: Marking, to: &[Target], extra: bool) {
        let mut marking = marking;
        let mut moving: Vec<Token> = to.iter().map(|target| token(target, extra)).collect();
        while let Some(token) = moving.pop() {
            if !self.budget.spend(1 + marking.tokens.len() / 64)
                || marking.tokens.len() + moving.len() > TOKENS
            {
                self.found.whole = false;
                return;
            }
            self.found.visited.insert(token.element);
            match self.class(token.element) {
                Class::Passes => {
                    let ways = self.net.ways(token.element).ways;
                    moving.extend(targets(&ways, token.extra));
                }
                Class::Joins => {
                    marking.insert(token);
                    if let Some(extra) = self.join(&mut marking, token) {
                        let ways = self.net.ways(token.element).ways;
                        moving.extend(targets(&ways, extra));
                    }
                }
                Class::Stops => marking.stopped = true,
                Class::Chooses | Class::Merges | Class::Gathers | Class::Ends | Class::Breaks => {
                    marking.insert(token)
                }
            }
        }
        self.keep(from, marking);
    }

    /// A token has come to a join: if it was the last, one of each way in is taken; whether what goes on is extra.
    fn join(&mut self, marking: &mut Marking, token: Token) -> Option<bool> {
        let incoming = &self.net.process.element(token.element).incoming;
        let here = marking.at(token.element);
        if here.len() < incoming.len() {
            return None;
        }
        self.budget.spend(here.len() / 16);
        let brought = marking.brought(token.element);
        if brought.iter().filter(|token| token.via.is_some()).count() < incoming.len() {
            return None;
        }
        for token in &brought {
            marking.remove(*token);
        }
        Some(brought.iter().all(|token| token.extra))
    }

    fn keep(&mut self, from: Option<usize>, marking: Marking) {
        if self.known.contains(&marking) {
            return;
        }
        if self.budget.markings == 0 {
            self.found.whole = false;
            return;
        }
        self.budget.markings -= 1;
        self.budget.spend(4 * marking.tokens.len());
        let grows = from.is_some_and(|from| self.grows(from, &marking));
        let marking = Rc::new(marking);
        if !grows {
            self.todo.push(self.markings.len());
        }
        self.known.insert(marking.clone());
        self.markings.push(marking);
        self.parents.push(from);
    }

    /// Whether the marking has come out of one that was the same but for tokens that wait at joins: then nothing keeps more
    /// from coming.
    fn grows(&mut self, from: usize, marking: &Marking) -> bool {
        let mut next = Some(from);
        for _ in 0..ANCESTORS {
            let Some(before) = next.and_then(|at| self.markings.get(at)).cloned() else {
                return false;
            };
            if before.tokens.len() < marking.tokens.len() {
                self.budget.spend(marking.tokens.len());
            }
            if let Some(more) = marking.beyond(&before) {
                let waiting = more
                    .iter()
                    .all(|token| self.class(token.element) == Class::Joins);
                if waiting {
                    let joins = more.iter().map(|token| token.element);
                    self.found.piling.extend(joins);
                    self.found.whole = false;
                    return true;
                }
            }
            next = next.and_then(|at| self.parents[at]);
        }
        false
    }

    /// What can happen next where every token has come to rest.
    fn expand(&mut self, at: usize) {
        let marking = self.markings[at].clone();
        if let Some(token) = self.first(&marking, Class::Chooses) {
            return self.go(at, &marking, &[token]);
        }
        self.side_by_side(&marking);
        if let Some(token) = self.merging(&marking) {
            return self.go(at, &marking, &[token]);
        }
        let gathers: BTreeSet<ElementIx> = marking
            .tokens
            .iter()
            .map(|token| token.element)
            .filter(|element| self.classes.get(element) == Some(&Class::Gathers))
            .collect();
        for element in &gathers {
            let brought = marking.brought(*element);
            if !self.awaits(&marking, *element, &brought) {
                return self.go(at, &marking, &brought);
            }
        }
        if self.first(&marking, Class::Ends).is_some() {
            self.found.completes = true;
        } else if self.first(&marking, Class::Breaks).is_none() && !marking.stopped {
            self.found.completes |= marking.tokens.is_empty();
            self.stuck(&marking);
        }
    }

    fn first(&mut self, marking: &Marking, class: Class) -> Option<Token> {
        let mut tokens = marking.tokens.iter();
        tokens
            .find(|token| self.class(token.element) == class)
            .copied()
    }

    /// The tokens go on together, in every way that goes with what was chosen before.
    fn go(&mut self, at: usize, marking: &Marking, taken: &[Token]) {
        let Some(first) = taken.first() else {
            return;
        };
        let element = first.element;
        let mut rest = marking.clone();
        for token in taken {
            rest.remove(*token);
        }
        let extra = match taken.len() {
            1 => first.extra,
            _ => false,
        };
        let ways = self.net.ways(element);
        self.found.whole &= !ways.partial;
        let matters = self.choices.matters(element);
        for way in &ways.ways {
            if !self.budget.spend(1 + rest.tokens.len() / 8) {
                self.found.whole = false;
                return;
            }
            let mut next = rest.clone();
            if let (true, Some(open)) = (matters, way.open) {
                next.choose(element, open);
                self.budget.spend(16 + 8 * next.chosen.len());
                if !self.choices.go_together(element, &next.chosen) {
                    self.found.whole = false;
                    continue;
                }
            }
            self.follow(Some(at), next, &way.to, extra);
        }
        if ways.ways.is_empty() {
            rest.stopped = true;
            self.keep(Some(at), rest);
        }
    }

    /// Two tokens at a merge are one after the other what nobody said was to be done twice.
    fn side_by_side(&mut self, marking: &Marking) {
        for pair in marking.tokens.windows(2) {
            let (one, other) = (pair[0], pair[1]);
            let meant = one.extra || other.extra || one.element != other.element;
            if meant || self.class(one.element) != Class::Merges {
                continue;
            }
            if let (Some(first), Some(second)) = (one.via, other.via)
                && first != second
            {
                let seen = self.found.doubled.entry(one.element);
                seen.or_insert((first, second));
            }
        }
    }

    /// The token to go on from a merge: where several wait, else where it is earliest.
    fn merging(&mut self, marking: &Marking) -> Option<Token> {
        let mut best: Option<(bool, u32, Token)> = None;
        for token in &marking.tokens {
            if self.class(token.element) != Class::Merges {
                continue;
            }
            let alone = marking.at(token.element).len() < 2;
            let rank = self.ranks[token.element.0 as usize];
            if best.is_none_or(|(than, least, _)| (alone, rank) < (than, least)) {
                best = Some((alone, rank, *token));
            }
        }
        best.map(|(_, _, token)| token)
    }

    /// Whether an inclusive join waits for a token that can still come (as `engine/element/inclusive.rs` has it).
    fn awaits(&mut self, marking: &Marking, element: ElementIx, brought: &[Token]) -> bool {
        let process = self.net.process;
        let (there, missing): (Vec<FlowIx>, Vec<FlowIx>) = process
            .element(element)
            .incoming
            .iter()
            .partition(|flow| brought.iter().any(|token| token.via == Some(**flow)));
        let key = (element, there);
        if !self.awaited.contains_key(&key) {
            self.budget.spend(4 * process.flows.len());
            let spare = upstream(process, &[element], &key.1);
            let mut awaited = upstream(process, &[element], &missing);
            awaited.retain(|ix| !spare.contains(ix));
            self.awaited.insert(key.clone(), Rc::new(awaited));
        }
        let awaited = self.awaited.get(&key).cloned().unwrap_or_default();
        let mut tokens = marking.tokens.iter();
        tokens.any(|token| awaited.contains(&token.element))
    }

    /// Nothing moves any more: names the joins that wait for no other one that is stuck.
    fn stuck(&mut self, marking: &Marking) {
        let process = self.net.process;
        let joins: BTreeSet<ElementIx> = marking.tokens.iter().map(|it| it.element).collect();
        if joins.iter().all(|join| self.found.stuck.contains_key(join)) {
            return;
        }
        let mut first = None;
        let mut named = false;
        for join in &joins {
            let brought = marking.brought(*join);
            let missing: Vec<FlowIx> = process
                .element(*join)
                .incoming
                .iter()
                .copied()
                .filter(|flow| brought.iter().all(|token| token.via != Some(*flow)))
                .collect();
            let Some(flow) = missing.first().copied() else {
                continue;
            };
            self.budget.spend(4 * process.flows.len());
            let before = upstream(process, &[*join], &missing);
            first = first.or(Some((*join, flow)));
            if !joins
                .iter()
                .any(|other| other != join && before.contains(other))
            {
                self.found.stuck.entry(*join).or_insert(flow);
                named = true;
            }
        }
        if let (false, Some((join, flow))) = (named, first) {
            self.found.stuck.entry(join).or_insert(flow);
        }
    }
}

fn token(target: &Target, extra: bool) -> Token {
    Token {
        element: target.element,
        via: target.via,
        extra: extra || target.extra,
    }
}

fn targets(ways: &[Way], extra: bool) -> impl Iterator<Item = Token> {
    let targets = ways.iter().flat_map(|way| &way.to);
    targets.map(move |target| token(target, extra))
}
