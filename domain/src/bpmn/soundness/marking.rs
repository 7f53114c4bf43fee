//! Where the tokens of one scope stand.

use crate::bpmn::{ElementIx, FlowIx};

/// A token at an element.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub(super) struct Token {
    pub element: ElementIx,
    /// The flow that it came by.
    pub via: Option<FlowIx>,
    /// Whether it may be meant to be there beside others.
    pub extra: bool,
}

/// The tokens of a scope, sorted, and what was chosen where it matters later.
#[derive(Clone, PartialEq, Eq, Hash, Default, Debug)]
pub(super) struct Marking {
    pub tokens: Vec<Token>,
    /// Gateways and the ways out whose conditions held there the last time, sorted by gateway.
    pub chosen: Vec<(ElementIx, u64)>,
    /// Whether a token stopped for a reason that is found elsewhere.
    pub stopped: bool,
}

impl Marking {
    pub fn insert(&mut self, token: Token) {
        let at = self.tokens.partition_point(|held| *held <= token);
        self.tokens.insert(at, token);
    }

    pub fn remove(&mut self, token: Token) {
        if let Ok(at) = self.tokens.binary_search(&token) {
            self.tokens.remove(at);
        }
    }

    /// The tokens that stand at an element.
    pub fn at(&self, element: ElementIx) -> &[Token] {
        let from = self.tokens.partition_point(|held| held.element < element);
        let to = self.tokens.partition_point(|held| held.element <= element);
        &self.tokens[from..to]
    }

    /// One token of each flow that has brought any to an element, those that are meant for certain first.
    pub fn brought(&self, element: ElementIx) -> Vec<Token> {
        let mut found: Vec<Token> = Vec::new();
        for token in self.at(element) {
            if found.last().is_none_or(|last| last.via != token.via) {
                found.push(*token);
            }
        }
        found
    }

    /// Remembers what was chosen at a gateway, in place of what was chosen there before.
    pub fn choose(&mut self, element: ElementIx, open: u64) {
        match self.chosen.binary_search_by_key(&element, |(at, _)| *at) {
            Ok(at) => self.chosen[at].1 = open,
            Err(at) => self.chosen.insert(at, (element, open)),
        }
    }

    /// The tokens that it has beyond another; nothing unless it has all of the other's and more.
    pub fn beyond(&self, other: &Marking) -> Option<Vec<Token>> {
        if self.tokens.len() <= other.tokens.len() || self.chosen != other.chosen {
            return None;
        }
        let mut more = Vec::new();
        let mut theirs = other.tokens.iter().peekable();
        for token in &self.tokens {
            match theirs.peek() {
                Some(next) if *next == token => {
                    theirs.next();
                }
                Some(_) | None => more.push(*token),
            }
        }
        theirs.next().is_none().then_some(more)
    }
}
