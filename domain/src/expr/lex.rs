//! Characters to tokens. Positions are characters from the start of the source. Knows literals and their escapes, and
//! nothing of grammar: whether a word is an operator is the parser's to say.

use rust_decimal::Decimal;

use super::{ExprProblem, problem};
use crate::value::Name;

/// A token and where it starts.
#[derive(Clone, Debug)]
pub(super) struct Token {
    pub(super) at: u32,
    pub(super) kind: TokenKind,
}

/// What a token is.
#[derive(Clone, PartialEq, Debug)]
pub(super) enum TokenKind {
    /// A name or a word of the language.
    Word(Name),
    /// A name in backticks, which is never a word of the language.
    Quoted(Name),
    Text(String),
    Number(Decimal),
    Sign(&'static str),
}

/// Longer signs first.
const SIGNS: [&str; 28] = [
    "==", "!=", "&&", "||", "<=", ">=", "**", "..", "=", "<", ">", "+", "-", "*", "/", "(", ")",
    "[", "]", "{", "}", ",", ".", ":", "?", "!", "@", ";",
];

/// The tokens from `start` up to the end, or, inside `${`, up to the brace that closes it; and where that is.
pub(super) fn tokens(
    chars: &[char],
    start: usize,
    in_braces: bool,
) -> Result<(Vec<Token>, usize), ExprProblem> {
    let mut lexer = Lexer { chars, next: start };
    let mut tokens = Vec::new();
    let mut open = 0_usize;
    loop {
        lexer.skip_space();
        let at = lexer.position();
        let Some(first) = lexer.peek(0) else {
            if in_braces {
                return Err(problem(at, "the `}` that ends the expression is missing"));
            }
            return Ok((tokens, lexer.next));
        };
        match first {
            '{' => open += 1,
            '}' if open == 0 && in_braces => return Ok((tokens, lexer.next)),
            '}' => open = open.saturating_sub(1),
            _ => {}
        }
        let kind = lexer.token(first)?;
        tokens.push(Token { at, kind });
    }
}

struct Lexer<'s> {
    chars: &'s [char],
    next: usize,
}

impl Lexer<'_> {
    fn position(&self) -> u32 {
        u32::try_from(self.next).unwrap_or(u32::MAX)
    }

    fn peek(&self, ahead: usize) -> Option<char> {
        self.chars.get(self.next + ahead).copied()
    }

    fn skip_space(&mut self) {
        while self.peek(0).is_some_and(char::is_whitespace) {
            self.next += 1;
        }
    }

    fn take_while(&mut self, holds: impl Fn(char) -> bool) -> String {
        let rest = self.chars.get(self.next..).unwrap_or_default();
        let taken: String = rest.iter().copied().take_while(|c| holds(*c)).collect();
        self.next += taken.chars().count();
        taken
    }

    fn token(&mut self, first: char) -> Result<TokenKind, ExprProblem> {
        let digit_follows = self.peek(1).is_some_and(|c| c.is_ascii_digit());
        if first.is_ascii_digit() || (first == '.' && digit_follows) {
            return self.number();
        }
        if starts_name(first) {
            return Ok(TokenKind::Word(Name::from(self.take_while(continues_name))));
        }
        match first {
            '"' | '\'' => self.text(first),
            '`' => self.quoted(),
            _ => self.sign(),
        }
    }

    fn sign(&mut self) -> Result<TokenKind, ExprProblem> {
        let found = SIGNS.into_iter().find(|sign| {
            sign.chars()
                .enumerate()
                .all(|(i, c)| self.peek(i) == Some(c))
        });
        let Some(sign) = found else {
            return Err(problem(
                self.position(),
                "a character that means nothing here",
            ));
        };
        self.next += sign.len();
        Ok(TokenKind::Sign(sign))
    }

    fn number(&mut self) -> Result<TokenKind, ExprProblem> {
        let at = self.position();
        let mut digits = self.take_while(|c| c.is_ascii_digit());
        if self.peek(0) == Some('.') && self.peek(1).is_some_and(|c| c.is_ascii_digit()) {
            self.next += 1;
            digits.push('.');
            digits += &self.take_while(|c| c.is_ascii_digit());
        }
        if matches!(self.peek(0), Some('e' | 'E')) {
            let signed = usize::from(matches!(self.peek(1), Some('+' | '-')));
            if self.peek(1 + signed).is_some_and(|c| c.is_ascii_digit()) {
                digits.push('e');
                digits.extend(self.peek(1).filter(|c| *c == '-'));
                self.next += 1 + signed;
                digits += &self.take_while(|c| c.is_ascii_digit());
            }
        }
        decimal(&digits)
            .map(TokenKind::Number)
            .ok_or_else(|| problem(at, "a number of more than 28 digits"))
    }

    fn quoted(&mut self) -> Result<TokenKind, ExprProblem> {
        let at = self.position();
        self.next += 1;
        let name = self.take_while(|c| c != '`');
        if self.peek(0).is_none() || name.trim().is_empty() {
            return Err(problem(at, "a name in backticks that does not end"));
        }
        self.next += 1;
        Ok(TokenKind::Quoted(Name::from(name)))
    }

    fn text(&mut self, quote: char) -> Result<TokenKind, ExprProblem> {
        let at = self.position();
        self.next += 1;
        let mut text = String::new();
        loop {
            text += &self.take_while(|c| c != quote && c != '\\');
            match self.peek(0) {
                None => return Err(problem(at, "a text that does not end")),
                Some('\\') => text.push(self.escape()?),
                Some(_) => {
                    self.next += 1;
                    return Ok(TokenKind::Text(text));
                }
            }
        }
    }

    /// One escape. Unknown ones are refused: a text must not silently become another.
    fn escape(&mut self) -> Result<char, ExprProblem> {
        let at = self.position();
        let unknown = || problem(at, "an unknown escape; `\\\\` is a backslash");
        let kind = self.peek(1).ok_or_else(unknown)?;
        self.next += 2;
        Ok(match kind {
            '"' | '\'' | '\\' | '/' => kind,
            'n' => '\n',
            'r' => '\r',
            't' => '\t',
            'u' => {
                let first = self.hex(4).ok_or_else(unknown)?;
                if (0xD800..0xDC00).contains(&first) {
                    if self.peek(0) != Some('\\') || self.peek(1) != Some('u') {
                        return Err(unknown());
                    }
                    self.next += 2;
                    let second = self.hex(4).filter(|c| (0xDC00..0xE000).contains(c));
                    let low = second.ok_or_else(unknown)? - 0xDC00;
                    char::from_u32(0x1_0000 + ((first - 0xD800) << 10) + low).ok_or_else(unknown)?
                } else {
                    char::from_u32(first).ok_or_else(unknown)?
                }
            }
            'U' => self.hex(6).and_then(char::from_u32).ok_or_else(unknown)?,
            _ => return Err(unknown()),
        })
    }

    fn hex(&mut self, digits: usize) -> Option<u32> {
        let mut code = 0;
        for _ in 0..digits {
            code = code * 16 + self.peek(0)?.to_digit(16)?;
            self.next += 1;
        }
        Some(code)
    }
}

/// A decimal from digits, refused if it cannot be held exactly.
pub(super) fn decimal(digits: &str) -> Option<Decimal> {
    let digits = digits.strip_prefix('+').unwrap_or(digits);
    let (base, exponent) = match digits.split_once(['e', 'E']) {
        Some((base, exponent)) => (base, Some(exponent)),
        None => (digits, None),
    };
    let unsigned = base.strip_prefix('-').unwrap_or(base);
    if !unsigned.contains(|c: char| c.is_ascii_digit())
        || unsigned.contains(|c: char| !c.is_ascii_digit() && c != '.')
    {
        return None;
    }
    let number = Decimal::from_str_exact(base).ok()?;
    match exponent {
        None => Some(number),
        Some(exponent) => Decimal::from_scientific(&format!("{number}e{exponent}")).ok(),
    }
}

pub(super) fn starts_name(c: char) -> bool {
    c.is_alphabetic() || c == '_'
}

fn continues_name(c: char) -> bool {
    starts_name(c) || c.is_numeric()
}
