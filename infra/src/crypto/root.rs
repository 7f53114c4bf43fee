//! The root key: 32 bytes in a file of their own, as 64 hexadecimal digits and a newline, readable by the owner alone.

use std::fs::{File, OpenOptions};
use std::io::{ErrorKind, Read, Write};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::Path;

use zeroize::Zeroizing;

use super::KeyError;
use super::blind_index::MacKey;
use super::envelope::{Cipher, fill_random};

/// The root key (32 bytes), zeroized on drop. It has no `Debug` and gives its bytes to nobody: only keys derived from it leave.
pub struct RootKey(Zeroizing<[u8; 32]>);

impl RootKey {
    /// A new random key that is in no file; what is sealed under it is lost with it.
    pub fn random() -> RootKey {
        let mut key = Zeroizing::new([0; 32]);
        fill_random(key.as_mut_slice());
        RootKey(key)
    }

    /// Reads a key file. Refuses one that is missing, of another shape, or open to others than its owner.
    pub fn load(path: &Path) -> Result<RootKey, KeyError> {
        let file = File::open(path).map_err(|source| match source.kind() {
            ErrorKind::NotFound => KeyError::RootMissing { path: path.into() },
            _ => unusable(path, source),
        })?;
        let permissions = file
            .metadata()
            .map_err(|e| unusable(path, e))?
            .permissions();
        let mode = permissions.mode() & 0o7777;
        if mode & 0o077 != 0 {
            return Err(KeyError::RootExposed {
                path: path.into(),
                mode,
            });
        }
        // One byte more than the longest well-formed file: enough to see that a file is too long.
        let mut text = Zeroizing::new(Vec::with_capacity(66));
        file.take(66)
            .read_to_end(&mut text)
            .map_err(|e| unusable(path, e))?;
        let digits = text.strip_suffix(b"\n").unwrap_or(&text);
        parse_hex(digits)
            .map(RootKey)
            .ok_or_else(|| KeyError::RootShape { path: path.into() })
    }

    /// Makes a random key and its file, with mode 0600, durably. An existing file is left alone and refused.
    pub fn create(path: &Path) -> Result<RootKey, KeyError> {
        let key = RootKey::random();
        let mut file = OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(path)
            .map_err(|source| match source.kind() {
                ErrorKind::AlreadyExists => KeyError::RootExists { path: path.into() },
                _ => unusable(path, source),
            })?;
        let text = key.hex();
        file.write_all(text.as_bytes())
            .and_then(|()| file.sync_all())
            .map_err(|e| unusable(path, e))?;
        Ok(key)
    }

    /// A key for one purpose, of no use for any other.
    pub(crate) fn derive(&self, purpose: &str) -> Zeroizing<[u8; 32]> {
        Zeroizing::new(MacKey::new(&self.0).mac(&[purpose.as_bytes()]))
    }

    /// The cipher that wraps the tenants' keys.
    pub(super) fn wrapping(&self) -> Cipher {
        Cipher::xaes(&self.derive("wf/root-wrap/v1"))
    }

    fn hex(&self) -> Zeroizing<String> {
        const DIGITS: [u8; 16] = *b"0123456789abcdef";
        let mut text = Zeroizing::new(String::with_capacity(65));
        for byte in self.0.iter() {
            text.push(char::from(DIGITS[usize::from(byte >> 4)]));
            text.push(char::from(DIGITS[usize::from(byte & 15)]));
        }
        text.push('\n');
        text
    }
}

fn unusable(path: &Path, source: std::io::Error) -> KeyError {
    KeyError::RootFile {
        path: path.into(),
        source,
    }
}

fn parse_hex(digits: &[u8]) -> Option<Zeroizing<[u8; 32]>> {
    let mut key = Zeroizing::new([0; 32]);
    if digits.len() != 64 {
        return None;
    }
    for (byte, pair) in key.iter_mut().zip(digits.chunks_exact(2)) {
        let high = char::from(pair[0]).to_digit(16)?;
        let low = char::from(pair[1]).to_digit(16)?;
        *byte = u8::try_from(high * 16 + low).ok()?;
    }
    Some(key)
}

#[cfg(test)]
mod tests;
