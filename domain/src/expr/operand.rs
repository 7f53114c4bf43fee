//! Operands: literals, names and paths, calls and methods, lists, contexts, ranges, `if`, `some` and `every`.

use std::sync::Arc;

use super::function::Function;
use super::lex::TokenKind;
use super::parse::{Parsed, Parser, SUM, compare, node};
use super::pattern::Pattern;
use super::temporal::Temporal;
use super::unary::TESTED;
use super::{Closed, Comparison, Kind, Node, Quantifier, Test, problem};
use crate::value::Name;

/// Words that are no names. Others, like `eq`, are operators only where an operator can stand.
const RESERVED: [&str; 14] = [
    "null",
    "true",
    "false",
    "and",
    "or",
    "not",
    "if",
    "then",
    "else",
    "in",
    "between",
    "satisfies",
    "return",
    "instance",
];

/// Words that end a name of several words.
const OPERATORS: [&str; 7] = ["eq", "ne", "lt", "le", "gt", "ge", "is"];

/// What Java programs call the variables of a run.
const SCOPES: [&str; 2] = ["execution", "task"];

impl Parser {
    pub(super) fn prefix(&mut self) -> Parsed<Node> {
        let at = self.at();
        let range_fits = std::mem::take(&mut self.range_fits);
        let make: fn(Box<Node>) -> Kind = if self.take_sign("-") {
            Kind::Negate
        } else if self.take_sign("!") || self.take_word("not") {
            Kind::Not
        } else if self.is_word(0, "empty") && self.starts_operand(1) {
            self.next += 1;
            |operand| Kind::Call(Function::IsEmpty, vec![*operand])
        } else {
            self.range_fits = range_fits;
            return self.path();
        };
        let operand = self.nested(Parser::prefix)?;
        Ok(node(at, make(Box::new(operand))))
    }

    fn starts_operand(&self, ahead: usize) -> bool {
        match self.kind(ahead) {
            Some(TokenKind::Word(word)) => {
                matches!(&**word, "null" | "true" | "false" | "not")
                    || !(RESERVED.contains(&&**word) || OPERATORS.contains(&&**word))
            }
            Some(TokenKind::Quoted(_) | TokenKind::Text(_) | TokenKind::Number(_)) => true,
            Some(TokenKind::Sign(sign)) => matches!(*sign, "(" | "["),
            None => false,
        }
    }

    fn path(&mut self) -> Parsed<Node> {
        let mut base = self.primary()?;
        loop {
            let at = self.at();
            if matches!(base.kind, Kind::Range(..)) {
                return Ok(base);
            } else if self.index_follows() {
                self.next += 1;
                let index = self.expression()?;
                self.expect_sign("]")?;
                base = match text_of(&index) {
                    Some(name) => member(at, base, name),
                    None => node(at, Kind::Index(Box::new(base), Box::new(index))),
                };
            } else if self.take_sign(".") {
                let name = self.member_name()?;
                base = match self.take_sign("(") {
                    true => self.method(at, base, &name)?,
                    false => member(at, base, name),
                };
            } else {
                return Ok(base);
            }
        }
    }

    /// Whether a bracket opens here, and does not end a range as in `[1..10[`.
    fn index_follows(&self) -> bool {
        if self.sign(0) != Some("[") {
            return false;
        }
        match self.kind(1) {
            None => false,
            Some(TokenKind::Sign(sign)) => !matches!(*sign, "," | ")" | "]" | "}" | ":"),
            Some(TokenKind::Word(word)) => {
                !matches!(&**word, "and" | "or" | "then" | "else" | "satisfies")
            }
            Some(TokenKind::Quoted(_) | TokenKind::Text(_) | TokenKind::Number(_)) => true,
        }
    }

    fn member_name(&mut self) -> Parsed<Name> {
        let at = self.at();
        let first = match self.kind(0) {
            Some(TokenKind::Quoted(name)) => {
                let name = name.clone();
                self.next += 1;
                return Ok(name);
            }
            Some(TokenKind::Word(word)) => word.clone(),
            Some(TokenKind::Text(_) | TokenKind::Number(_) | TokenKind::Sign(_)) | None => {
                return Err(problem(at, "expected a name"));
            }
        };
        self.next += 1;
        self.words_after(first)
    }

    /// A name may have several words: `Vacation Approval`.
    fn words_after(&mut self, first: Name) -> Parsed<Name> {
        let mut name = first.to_string();
        while let Some(word) = self
            .word(0)
            .filter(|word| !RESERVED.contains(&&***word) && !OPERATORS.contains(&&***word))
        {
            let lower = word.to_lowercase();
            if RESERVED.contains(&&*lower) {
                return Err(problem(self.at(), format!("write `{lower}` in lower case")));
            }
            name.push(' ');
            name.push_str(word);
            self.next += 1;
        }
        match name.len() == first.len() {
            true => Ok(first),
            false => Ok(Name::from(name)),
        }
    }

    fn method(&mut self, at: u32, base: Node, name: &str) -> Parsed<Node> {
        let mut arguments = self.arguments()?;
        if name == "getVariable" {
            if let Kind::Field(scope) = &base.kind
                && SCOPES.contains(&&**scope)
                && let [argument] = &*arguments
                && let Some(name) = text_of(argument)
            {
                return Ok(self.named(base.at, name));
            }
            return Err(problem(
                at,
                "`getVariable` takes the name of a field as text",
            ));
        }
        let function = match name {
            "contains" => Function::Contains,
            "startsWith" => Function::StartsWith,
            "endsWith" => Function::EndsWith,
            "size" => Function::Count,
            "length" => Function::StringLength,
            "isEmpty" => Function::IsEmpty,
            "toUpperCase" => Function::UpperCase,
            "toLowerCase" => Function::LowerCase,
            "equals" if arguments.len() == 1 => {
                let right = arguments.remove(0);
                return Ok(compare(at, Comparison::Equal, base, right));
            }
            _ => return Err(problem(at, format!("no method `{name}` of this form"))),
        };
        arguments.insert(0, base);
        call(at, function, name, arguments)
    }

    /// Arguments up to the closing parenthesis; the opening one is behind.
    fn arguments(&mut self) -> Parsed<Vec<Node>> {
        self.list_until(")")
    }

    fn list_until(&mut self, close: &str) -> Parsed<Vec<Node>> {
        let mut nodes = Vec::new();
        if self.take_sign(close) {
            return Ok(nodes);
        }
        loop {
            nodes.push(self.expression()?);
            if self.take_sign(close) {
                return Ok(nodes);
            }
            self.expect_sign(",")?;
        }
    }

    fn primary(&mut self) -> Parsed<Node> {
        let at = self.at();
        let range_fits = std::mem::take(&mut self.range_fits);
        let Some(token) = self.kind(0).cloned() else {
            return Err(problem(at, "expected a value"));
        };
        self.next += 1;
        match token {
            TokenKind::Number(number) => Ok(node(at, Kind::Number(number))),
            TokenKind::Text(text) => Ok(node(at, Kind::Text(Arc::from(text)))),
            TokenKind::Quoted(name) => Ok(self.named(at, name)),
            TokenKind::Word(word) => self.word_first(at, word),
            TokenKind::Sign("(") => {
                let inner = self.expression()?;
                if range_fits && self.take_sign("..") {
                    return self.range(at, inner, false);
                }
                self.expect_sign(")")?;
                Ok(inner)
            }
            TokenKind::Sign("[") => self.bracket(at, range_fits),
            TokenKind::Sign("{") => self.nested_context(at),
            TokenKind::Sign("@") => self.temporal(at),
            TokenKind::Sign("?") if self.unary => Ok(self.named(at, Name::from(TESTED))),
            TokenKind::Sign(_) => Err(problem(at, "expected a value")),
        }
    }

    fn bracket(&mut self, at: u32, range_fits: bool) -> Parsed<Node> {
        if self.take_sign("]") {
            return Ok(node(at, Kind::List(Vec::new())));
        }
        let first = self.expression()?;
        if range_fits && self.take_sign("..") {
            return self.range(at, first, true);
        }
        let mut nodes = vec![first];
        if !self.take_sign("]") {
            self.expect_sign(",")?;
            nodes.extend(self.list_until("]")?);
        }
        Ok(node(at, Kind::List(nodes)))
    }

    /// A range whose lower end and dots are behind.
    pub(super) fn range(&mut self, at: u32, low: Node, low_closed: bool) -> Parsed<Node> {
        let high = self.expression()?;
        let high_closed = self.take_sign("]");
        if !high_closed && !self.take_sign("[") {
            self.expect_sign(")")?;
        }
        let closed = Closed {
            low: low_closed,
            high: high_closed,
        };
        Ok(node(at, Kind::Range(Box::new(low), Box::new(high), closed)))
    }

    /// Entries see the entries before them.
    fn nested_context(&mut self, at: u32) -> Parsed<Node> {
        let outside = self.bound.len();
        let mut entries: Vec<(Name, Node)> = Vec::new();
        while !self.take_sign("}") {
            if !entries.is_empty() {
                self.expect_sign(",")?;
            }
            let key_at = self.at();
            let name = match self.kind(0).cloned() {
                Some(TokenKind::Text(text)) => {
                    self.next += 1;
                    Name::from(text)
                }
                Some(
                    TokenKind::Word(_)
                    | TokenKind::Quoted(_)
                    | TokenKind::Number(_)
                    | TokenKind::Sign(_),
                )
                | None => self.member_name()?,
            };
            if name.is_empty() || name.len() > 256 || entries.iter().any(|(n, _)| *n == name) {
                return Err(problem(key_at, "expected a new name of 1 to 256 bytes"));
            }
            self.expect_sign(":")?;
            let value = self.expression()?;
            self.bound.push(name.clone());
            entries.push((name, value));
        }
        self.bound.truncate(outside);
        Ok(node(at, Kind::Context(entries)))
    }

    fn temporal(&mut self, at: u32) -> Parsed<Node> {
        let Some(TokenKind::Text(text)) = self.kind(0) else {
            return Err(problem(at, "expected a date, time or duration as text"));
        };
        let temporal = Temporal::parse(text)
            .ok_or_else(|| problem(at, "no ISO 8601 date, time or duration"))?;
        self.next += 1;
        Ok(node(at, Kind::Temporal(temporal)))
    }

    fn word_first(&mut self, at: u32, word: Name) -> Parsed<Node> {
        match &*word {
            "null" => return Ok(node(at, Kind::Null)),
            "true" => return Ok(node(at, Kind::Bool(true))),
            "false" => return Ok(node(at, Kind::Bool(false))),
            "if" => return self.if_then_else(at),
            "some" if self.word(0).is_some() && self.is_word(1, "in") => {
                return self.quantified(at, Quantifier::Some);
            }
            "every" if self.word(0).is_some() && self.is_word(1, "in") => {
                return self.quantified(at, Quantifier::Every);
            }
            "date" if self.and_time_follows() => {
                self.next += 3;
                let arguments = self.arguments()?;
                return call(at, Function::DateAndTime, "date and time", arguments);
            }
            word if RESERVED.contains(&word) => {
                return Err(problem(at, format!("`{word}` cannot stand here")));
            }
            _ => {}
        }
        let name = self.words_after(word)?;
        if !self.take_sign("(") {
            return Ok(self.named(at, name));
        }
        let function =
            Function::named(&name).ok_or_else(|| problem(at, format!("no function `{name}`")))?;
        let arguments = self.arguments()?;
        call(at, function, &name, arguments)
    }

    fn and_time_follows(&self) -> bool {
        self.is_word(0, "and") && self.is_word(1, "time") && self.sign(2) == Some("(")
    }

    fn named(&self, at: u32, name: Name) -> Node {
        match self.bound.iter().rposition(|bound| *bound == name) {
            Some(place) => node(at, Kind::Local(place)),
            None => node(at, Kind::Field(name)),
        }
    }

    fn if_then_else(&mut self, at: u32) -> Parsed<Node> {
        let condition = self.expression()?;
        self.expect_word("then")?;
        let then = self.expression()?;
        self.expect_word("else")?;
        let otherwise = self.expression()?;
        Ok(node(
            at,
            Kind::If(Box::new(condition), Box::new(then), Box::new(otherwise)),
        ))
    }

    /// `x in list, y in other satisfies …`; each further name is a quantifier inside the one before.
    fn quantified(&mut self, at: u32, quantifier: Quantifier) -> Parsed<Node> {
        self.deeper()?;
        let name = self.word(0).cloned().unwrap_or_default();
        self.next += 2;
        let over = self.domain()?;
        self.bound.push(name);
        let test = if self.take_sign(",") {
            if self.word(0).is_none() || !self.is_word(1, "in") {
                return Err(problem(self.at(), "expected a name and `in`"));
            }
            self.quantified(at, quantifier)?
        } else {
            self.expect_word("satisfies")?;
            self.expression()?
        };
        self.bound.pop();
        self.depth -= 1;
        Ok(node(
            at,
            Kind::Quantified(quantifier, Box::new(over), Box::new(test)),
        ))
    }

    fn domain(&mut self) -> Parsed<Node> {
        let Test::Member(low) = self.test()? else {
            return Err(problem(self.at(), "expected a list or a range"));
        };
        if !self.take_sign("..") {
            return Ok(low);
        }
        let high = self.binary(SUM)?;
        let closed = Closed {
            low: true,
            high: true,
        };
        Ok(node(
            low.at,
            Kind::Range(Box::new(low), Box::new(high), closed),
        ))
    }
}

fn member(at: u32, base: Node, name: Name) -> Node {
    if let Kind::Member(inner, mut names) = base.kind {
        names.push(name);
        return node(base.at, Kind::Member(inner, names));
    }
    node(at, Kind::Member(Box::new(base), vec![name]))
}

fn text_of(node: &Node) -> Option<Name> {
    if let Kind::Text(text) = &node.kind {
        return Some(text.clone());
    }
    None
}
fn call(at: u32, function: Function, name: &str, mut arguments: Vec<Node>) -> Parsed<Node> {
    let arity = function.arity();
    if !arity.contains(&arguments.len()) {
        let few = arity.start();
        return Err(problem(
            at,
            match arity.end() {
                &usize::MAX => format!("`{name}` takes at least {few} arguments"),
                many if many == few => format!("`{name}` takes {few} arguments"),
                many => format!("`{name}` takes {few} to {many} arguments"),
            },
        ));
    }
    if function == Function::Matches
        && let Some(Kind::Text(pattern)) = arguments.get(1).map(|argument| &argument.kind)
    {
        let pattern = Pattern::compile(pattern).map_err(|message| problem(at, message))?;
        let text = arguments.swap_remove(0);
        return Ok(node(at, Kind::Matches(Box::new(text), Arc::new(pattern))));
    }
    Ok(node(at, Kind::Call(function, arguments)))
}
