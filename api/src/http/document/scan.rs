//! Brackets and tokens of a text that nothing has parsed yet. Strings and comments are recognised exactly as the parser
//! does; where the parser would stop (a string that does not end), so does this, so that no bracket hides from the count.

use async_graphql::Pos;

use super::{Bounds, Refusal};

/// Refuses a text whose brackets or tokens are beyond the bounds.
pub(super) fn check(text: &str, bounds: &Bounds) -> Result<(), Refusal> {
    let bytes = text.as_bytes();
    let (mut at, mut depth, mut tokens) = (0, 0_usize, 0_usize);
    while let Some(&byte) = bytes.get(at) {
        let end = match byte {
            b' ' | b'\t' | b'\r' | b'\n' | b',' => {
                at += 1;
                continue;
            }
            b'#' => {
                at = skip(bytes, at, |byte| !matches!(byte, b'\r' | b'\n'));
                continue;
            }
            b'"' => string_end(bytes, at).ok_or_else(|| Refusal::Unterminated {
                at: place(text, at),
            })?,
            b'{' | b'[' | b'(' => {
                depth += 1;
                if depth > bounds.brackets {
                    return Err(Refusal::Brackets {
                        limit: bounds.brackets,
                        at: place(text, at),
                    });
                }
                at + 1
            }
            b'}' | b']' | b')' => {
                depth = depth.saturating_sub(1);
                at + 1
            }
            b'.' => skip(bytes, at, |byte| byte == b'.'),
            _ if is_word(byte) => skip(bytes, at, is_word),
            _ => at + 1,
        };
        tokens += 1;
        if tokens > bounds.tokens {
            return Err(Refusal::Tokens {
                limit: bounds.tokens,
                at: place(text, at),
            });
        }
        at = end;
    }
    Ok(())
}

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

fn skip(bytes: &[u8], from: usize, more: impl Fn(u8) -> bool) -> usize {
    let rest = bytes.get(from..).unwrap_or_default();
    from + rest
        .iter()
        .position(|&byte| !more(byte))
        .unwrap_or(rest.len())
}

/// The place after the string that begins here.
fn string_end(bytes: &[u8], from: usize) -> Option<usize> {
    let starts =
        |at: usize, what: &[u8]| bytes.get(at..).is_some_and(|rest| rest.starts_with(what));
    if starts(from, b"\"\"\"") {
        let mut at = from + 3;
        loop {
            if starts(at, b"\"\"\"") {
                return Some(at + 3);
            }
            at += if starts(at, b"\\\"\"\"") { 4 } else { 1 };
            bytes.get(at)?;
        }
    }
    let mut at = from + 1;
    loop {
        match bytes.get(at)? {
            b'"' => return Some(at + 1),
            b'\r' | b'\n' => return None,
            b'\\' => match bytes.get(at + 1)? {
                b'\r' | b'\n' => return None,
                _ => at += 2,
            },
            _ => at += 1,
        }
    }
}

/// Line and column, counted in characters from 1, as the parser counts.
fn place(text: &str, at: usize) -> Pos {
    let before = text.get(..at).unwrap_or(text);
    let line = before.matches('\n').count() + 1;
    let column = before
        .rsplit('\n')
        .next()
        .map_or(0, |tail| tail.chars().count())
        + 1;
    Pos { line, column }
}
