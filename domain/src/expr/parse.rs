//! Source to tree: precedence climbing over the tokens. All spellings of one thing become the same node here, and
//! nothing after this file knows how it was spelled.
//!
//! Loosest first: `? :`, `or`, `and`, comparisons (which do not chain), `+ -`, `* /`, `**`, prefix operators, paths.
//! The depth of recursion is counted, because the source is hostile. Operands are read in `operand.rs`.

use std::sync::Arc;

use super::lex::{self, Token, TokenKind};
use super::{
    Arithmetic, Closed, Comparison, ExprProblem, Kind, MAX_NESTING, MAX_SOURCE, Node, Test,
    problem, too_deep,
};
use crate::value::Name;

/// What a rule gives.
pub(super) type Parsed<T> = Result<T, ExprProblem>;

/// The tree of a source: an expression, or text with `${…}` in it.
pub(super) fn tree(source: &str) -> Parsed<Node> {
    if source.len() > MAX_SOURCE {
        return Err(problem(0, format!("longer than {MAX_SOURCE} bytes")));
    }
    let chars: Vec<char> = source.chars().collect();
    let start = chars.iter().take_while(|c| c.is_whitespace()).count();
    if chars.get(start) == Some(&'=') {
        return whole(&chars, start + 1);
    }
    if interpolation(&chars, start).is_some() {
        return template(&chars);
    }
    whole(&chars, start)
}

fn whole(chars: &[char], start: usize) -> Parsed<Node> {
    let (tokens, end) = lex::tokens(chars, start, false)?;
    let mut parser = Parser::new(tokens, end);
    parser.take_word("return");
    let node = parser.expression()?;
    parser.take_sign(";");
    parser.finish()?;
    Ok(node)
}

/// Where the next `${` or `#{` stands.
fn interpolation(chars: &[char], from: usize) -> Option<usize> {
    (from..chars.len().saturating_sub(1))
        .find(|i| matches!(chars[*i], '$' | '#') && chars[*i + 1] == '{')
}

fn template(chars: &[char]) -> Parsed<Node> {
    let mut pieces = Vec::new();
    let mut next = 0;
    while let Some(start) = interpolation(chars, next) {
        push_text(&mut pieces, chars, next, start);
        let (tokens, end) = lex::tokens(chars, start + 2, true)?;
        let mut parser = Parser::new(tokens, end);
        pieces.push(parser.expression()?);
        parser.finish()?;
        next = end + 1;
    }
    push_text(&mut pieces, chars, next, chars.len());
    let blank = |node: &Node| matches!(&node.kind, Kind::Text(text) if text.trim().is_empty());
    let mut values = (0..pieces.len()).filter(|i| !blank(&pieces[*i]));
    if let (Some(only), None) = (values.next(), values.next()) {
        return Ok(pieces.swap_remove(only));
    }
    Ok(node(0, Kind::Template(pieces)))
}

fn push_text(pieces: &mut Vec<Node>, chars: &[char], from: usize, to: usize) {
    if from < to {
        let text: String = chars[from..to].iter().collect();
        pieces.push(node(position(from), Kind::Text(Arc::from(text))));
    }
}

fn position(index: usize) -> u32 {
    u32::try_from(index).unwrap_or(u32::MAX)
}

pub(super) fn node(at: u32, kind: Kind) -> Node {
    Node { at, kind }
}

/// An operator between two operands.
#[derive(Clone, Copy)]
enum Operator {
    Or,
    And,
    Compare(Comparison),
    In,
    Between,
    Is,
    Arith(Arithmetic),
}

impl Operator {
    fn level(self) -> u8 {
        match self {
            Operator::Or => 1,
            Operator::And => 2,
            Operator::Compare(_) | Operator::In | Operator::Between | Operator::Is => COMPARISON,
            Operator::Arith(Arithmetic::Add | Arithmetic::Subtract) => SUM,
            Operator::Arith(Arithmetic::Multiply | Arithmetic::Divide) => 5,
            Operator::Arith(Arithmetic::Power) => 6,
        }
    }
}

const COMPARISON: u8 = 3;
pub(super) const SUM: u8 = 4;

/// Where the parser stands in the tokens of one expression.
pub(super) struct Parser {
    tokens: Vec<Token>,
    pub(super) next: usize,
    /// Where the text of the expression ends.
    end: u32,
    pub(super) depth: usize,
    /// Names bound here, innermost last.
    pub(super) bound: Vec<Name>,
    /// The next operand may be a range.
    pub(super) range_fits: bool,
    /// `?` stands for the value that is tested.
    pub(super) unary: bool,
}

impl Parser {
    pub(super) fn new(tokens: Vec<Token>, end: usize) -> Parser {
        Parser {
            tokens,
            next: 0,
            end: position(end),
            depth: 0,
            bound: Vec::new(),
            range_fits: false,
            unary: false,
        }
    }

    pub(super) fn at(&self) -> u32 {
        self.tokens
            .get(self.next)
            .map_or(self.end, |token| token.at)
    }

    pub(super) fn kind(&self, ahead: usize) -> Option<&TokenKind> {
        self.tokens.get(self.next + ahead).map(|token| &token.kind)
    }

    pub(super) fn word(&self, ahead: usize) -> Option<&Name> {
        match self.kind(ahead)? {
            TokenKind::Word(word) => Some(word),
            TokenKind::Quoted(_)
            | TokenKind::Text(_)
            | TokenKind::Number(_)
            | TokenKind::Sign(_) => None,
        }
    }

    pub(super) fn is_word(&self, ahead: usize, word: &str) -> bool {
        self.word(ahead).is_some_and(|found| &**found == word)
    }

    pub(super) fn sign(&self, ahead: usize) -> Option<&'static str> {
        match self.kind(ahead)? {
            TokenKind::Sign(sign) => Some(sign),
            TokenKind::Word(_)
            | TokenKind::Quoted(_)
            | TokenKind::Text(_)
            | TokenKind::Number(_) => None,
        }
    }

    pub(super) fn take_word(&mut self, word: &str) -> bool {
        let found = self.is_word(0, word);
        self.next += usize::from(found);
        found
    }

    pub(super) fn take_sign(&mut self, sign: &str) -> bool {
        let found = self.sign(0) == Some(sign);
        self.next += usize::from(found);
        found
    }

    pub(super) fn expect_word(&mut self, word: &str) -> Parsed<()> {
        if self.take_word(word) {
            return Ok(());
        }
        Err(problem(self.at(), format!("expected `{word}`")))
    }

    pub(super) fn expect_sign(&mut self, sign: &str) -> Parsed<()> {
        if self.take_sign(sign) {
            return Ok(());
        }
        Err(problem(self.at(), format!("expected `{sign}`")))
    }

    pub(super) fn finish(&self) -> Parsed<()> {
        match self.kind(0) {
            None => Ok(()),
            Some(_) => Err(problem(self.at(), "expected an operator or the end")),
        }
    }

    pub(super) fn deeper(&mut self) -> Parsed<()> {
        if self.depth == MAX_NESTING {
            return Err(too_deep(self.at()));
        }
        self.depth += 1;
        Ok(())
    }

    /// Runs a rule one level deeper.
    pub(super) fn nested(&mut self, rule: fn(&mut Parser) -> Parsed<Node>) -> Parsed<Node> {
        self.deeper()?;
        let range_fits = std::mem::take(&mut self.range_fits);
        let parsed = rule(self);
        self.range_fits = range_fits;
        self.depth -= 1;
        parsed
    }

    pub(super) fn expression(&mut self) -> Parsed<Node> {
        self.nested(Parser::choice)
    }

    pub(super) fn choice(&mut self) -> Parsed<Node> {
        let condition = self.operators(0)?;
        let at = self.at();
        if !self.take_sign("?") {
            return Ok(condition);
        }
        let then = self.expression()?;
        self.expect_sign(":")?;
        let otherwise = self.expression()?;
        Ok(node(
            at,
            Kind::If(Box::new(condition), Box::new(then), Box::new(otherwise)),
        ))
    }

    /// The right side of an operator: operators of this level or tighter, one level deeper.
    pub(super) fn binary(&mut self, level: u8) -> Parsed<Node> {
        self.deeper()?;
        let parsed = self.operators(level);
        self.depth -= 1;
        parsed
    }

    fn operators(&mut self, level: u8) -> Parsed<Node> {
        let mut left = self.prefix()?;
        if matches!(left.kind, Kind::Range(..)) {
            return Ok(left);
        }
        let mut compared = false;
        while let Some(operator) = self.operator().filter(|o| o.level() >= level) {
            let at = self.at();
            if compared && operator.level() == COMPARISON {
                return Err(problem(at, "comparisons do not chain; use parentheses"));
            }
            compared = operator.level() == COMPARISON;
            self.next += 1;
            left = match operator {
                Operator::Or => or(at, left, self.binary(2)?),
                Operator::And => and(at, left, self.binary(COMPARISON)?),
                Operator::Compare(comparison) => {
                    let right = self.binary(SUM)?;
                    compare(at, comparison, left, right)
                }
                Operator::In => {
                    let tests = self.tests()?;
                    node(at, Kind::In(Box::new(left), tests))
                }
                Operator::Between => self.between(at, left)?,
                Operator::Is => {
                    let negated = self.take_word("not");
                    let null = node(self.at(), Kind::Null);
                    self.expect_word("null")?;
                    let comparison = match negated {
                        true => Comparison::NotEqual,
                        false => Comparison::Equal,
                    };
                    compare(at, comparison, left, null)
                }
                Operator::Arith(arithmetic) => {
                    let right = self.binary(operator.level() + 1)?;
                    arith(at, left, arithmetic, right)
                }
            };
        }
        Ok(left)
    }

    fn operator(&self) -> Option<Operator> {
        if let Some(word) = self.word(0) {
            return Some(match &**word {
                "or" => Operator::Or,
                "and" => Operator::And,
                "in" => Operator::In,
                "between" => Operator::Between,
                "is" => Operator::Is,
                "eq" => Operator::Compare(Comparison::Equal),
                "ne" => Operator::Compare(Comparison::NotEqual),
                "lt" => Operator::Compare(Comparison::Less),
                "le" => Operator::Compare(Comparison::LessOrEqual),
                "gt" => Operator::Compare(Comparison::Greater),
                "ge" => Operator::Compare(Comparison::GreaterOrEqual),
                _ => return None,
            });
        }
        Some(match self.sign(0)? {
            "||" => Operator::Or,
            "&&" => Operator::And,
            "+" => Operator::Arith(Arithmetic::Add),
            "-" => Operator::Arith(Arithmetic::Subtract),
            "*" => Operator::Arith(Arithmetic::Multiply),
            "/" => Operator::Arith(Arithmetic::Divide),
            "**" => Operator::Arith(Arithmetic::Power),
            sign => Operator::Compare(comparison(sign)?),
        })
    }

    fn between(&mut self, at: u32, left: Node) -> Parsed<Node> {
        let low = self.binary(SUM)?;
        self.expect_word("and")?;
        let high = self.binary(SUM)?;
        let closed = Closed {
            low: true,
            high: true,
        };
        let range = node(low.at, Kind::Range(Box::new(low), Box::new(high), closed));
        Ok(node(
            at,
            Kind::In(Box::new(left), vec![Test::Member(range)]),
        ))
    }

    /// What follows `in`: one test, or several in parentheses.
    fn tests(&mut self) -> Parsed<Vec<Test>> {
        let at = self.at();
        if !self.take_sign("(") {
            return Ok(vec![self.test()?]);
        }
        let mut tests = vec![self.test()?];
        if let [Test::Member(low)] = &*tests
            && self.take_sign("..")
        {
            let low = low.clone();
            return Ok(vec![Test::Member(self.range(at, low, false)?)]);
        }
        while self.take_sign(",") {
            tests.push(self.test()?);
        }
        self.expect_sign(")")?;
        Ok(tests)
    }

    pub(super) fn test(&mut self) -> Parsed<Test> {
        if let Some(test) = self.marked_test()? {
            return Ok(test);
        }
        self.range_fits = true;
        let member = self.binary(SUM);
        self.range_fits = false;
        Ok(Test::Member(member?))
    }

    /// A test that its first sign tells: a comparison, or a range that is open below as in `]1..10]`.
    pub(super) fn marked_test(&mut self) -> Parsed<Option<Test>> {
        let at = self.at();
        if let Some(comparison) = self.sign(0).and_then(comparison) {
            self.next += 1;
            return Ok(Some(Test::Compare(comparison, self.binary(SUM)?)));
        }
        if !self.take_sign("]") {
            return Ok(None);
        }
        let low = self.binary(SUM)?;
        self.expect_sign("..")?;
        Ok(Some(Test::Member(self.range(at, low, false)?)))
    }
}

fn comparison(sign: &str) -> Option<Comparison> {
    Some(match sign {
        "=" | "==" => Comparison::Equal,
        "!=" => Comparison::NotEqual,
        "<" => Comparison::Less,
        "<=" => Comparison::LessOrEqual,
        ">" => Comparison::Greater,
        ">=" => Comparison::GreaterOrEqual,
        _ => return None,
    })
}

pub(super) fn compare(at: u32, comparison: Comparison, left: Node, right: Node) -> Node {
    node(
        at,
        Kind::Compare(comparison, Box::new(left), Box::new(right)),
    )
}

fn or(at: u32, left: Node, right: Node) -> Node {
    if let Kind::Any(mut nodes) = left.kind {
        nodes.push(right);
        return node(left.at, Kind::Any(nodes));
    }
    node(at, Kind::Any(vec![left, right]))
}

fn and(at: u32, left: Node, right: Node) -> Node {
    if let Kind::All(mut nodes) = left.kind {
        nodes.push(right);
        return node(left.at, Kind::All(nodes));
    }
    node(at, Kind::All(vec![left, right]))
}

fn arith(at: u32, left: Node, arithmetic: Arithmetic, right: Node) -> Node {
    let level = |arithmetic| Operator::Arith(arithmetic).level();
    if let Kind::Arith(first, mut rest) = left.kind {
        if rest
            .iter()
            .all(|(other, _)| level(*other) == level(arithmetic))
        {
            rest.push((arithmetic, right));
            return node(left.at, Kind::Arith(first, rest));
        }
        let left = node(left.at, Kind::Arith(first, rest));
        return node(at, Kind::Arith(Box::new(left), vec![(arithmetic, right)]));
    }
    node(at, Kind::Arith(Box::new(left), vec![(arithmetic, right)]))
}
