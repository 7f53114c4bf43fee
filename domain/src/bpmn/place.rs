//! Offsets of a text to lines and columns.

use super::Place;

impl Place {
    /// The place that follows a text from the start of a file.
    pub(super) fn after(text: &str) -> Place {
        let mut cursor = Cursor::new(text);
        cursor.at(text.len())
    }
}

/// Turns growing offsets into places, looking at each byte once.
pub(super) struct Cursor<'a> {
    text: &'a str,
    offset: usize,
    place: Place,
}

impl<'a> Cursor<'a> {
    pub fn new(text: &'a str) -> Self {
        let place = Place { line: 1, column: 1 };
        Cursor {
            text,
            offset: 0,
            place,
        }
    }

    /// The place of an offset that is not before the one asked for last; an offset inside a character is its start.
    pub fn at(&mut self, offset: usize) -> Place {
        let bytes = self.text.as_bytes();
        for ix in self.offset..offset.min(bytes.len()) {
            match bytes[ix] {
                b'\n' => self.next_line(),
                b'\r' if bytes.get(ix + 1) != Some(&b'\n') => self.next_line(),
                byte if byte & 0xC0 == 0x80 => {}
                _ => self.place.column += 1,
            }
        }
        self.offset = self.offset.max(offset);
        self.place
    }

    fn next_line(&mut self) {
        self.place.line += 1;
        self.place.column = 1;
    }
}
