//! Bytes to text: by byte order mark, else by the XML declaration, else UTF-8 (XML 1.0, appendix F).

use std::borrow::Cow;

use encoding_rs::{Encoding, UTF_8, UTF_16BE, UTF_16LE};

use super::report::Report;
use super::{Place, Problem};

/// An XML declaration longer than this is none.
const DECLARATION: usize = 512;

/// The text of a file, without its byte order mark.
pub(crate) fn decode(bytes: &[u8]) -> Result<Cow<'_, str>, Vec<Problem>> {
    let (encoding, bytes) = detect(bytes)?;
    if encoding == UTF_8 {
        return match std::str::from_utf8(bytes) {
            Ok(text) => Ok(Cow::Borrowed(text)),
            Err(error) => {
                let good = String::from_utf8_lossy(&bytes[..error.valid_up_to()]);
                Err(malformed(encoding, &good))
            }
        };
    }
    if let Some(text) = encoding.decode_without_bom_handling_and_without_replacement(bytes) {
        return Ok(text);
    }
    let (text, _) = encoding.decode_without_bom_handling(bytes);
    let good = text.split('\u{FFFD}').next().unwrap_or_default();
    Err(malformed(encoding, good))
}

/// The encoding, and the bytes after a byte order mark.
fn detect(bytes: &[u8]) -> Result<(&'static Encoding, &[u8]), Vec<Problem>> {
    if let Some((encoding, length)) = Encoding::for_bom(bytes) {
        return Ok((encoding, &bytes[length..]));
    }
    // A declaration in UTF-16 tells its byte order by itself.
    if bytes.starts_with(b"<\0?\0") {
        return Ok((UTF_16LE, bytes));
    }
    if bytes.starts_with(b"\0<\0?") {
        return Ok((UTF_16BE, bytes));
    }
    let Some(label) = declared(bytes) else {
        return Ok((UTF_8, bytes));
    };
    match Encoding::for_label_no_replacement(label.as_bytes()) {
        // Some tools write UTF-8 and declare UTF-16. What could be read as far as here is no UTF-16.
        Some(encoding) if encoding == UTF_16LE || encoding == UTF_16BE => Ok((UTF_8, bytes)),
        Some(encoding) => Ok((encoding, bytes)),
        None => {
            let mut report = Report::default();
            report.fault(
                Place { line: 1, column: 1 },
                "unknown-encoding",
                format!("the encoding `{label}` is not known"),
            );
            Err(report.into_problems())
        }
    }
}

/// The encoding that the XML declaration names.
fn declared(bytes: &[u8]) -> Option<&str> {
    if !bytes.starts_with(b"<?xml") {
        return None;
    }
    let head = &bytes[..bytes.len().min(DECLARATION)];
    let end = head.windows(2).position(|pair| pair == b"?>")?;
    let declaration = std::str::from_utf8(&head[..end]).ok()?;
    let (_, rest) = declaration.split_once("encoding")?;
    let rest = rest.trim_start().strip_prefix('=')?.trim_start();
    let quote = rest.chars().next().filter(|c| matches!(c, '"' | '\''))?;
    rest[1..].split_once(quote).map(|(label, _)| label.trim())
}

fn malformed(encoding: &'static Encoding, good: &str) -> Vec<Problem> {
    let mut report = Report::default();
    report.fault(
        Place::after(good),
        "bad-encoding",
        format!("the bytes here are not {}", encoding.name()),
    );
    report.into_problems()
}
