//! Pages by key: a page begins after the last row of the one before, whatever was inserted since.

use uuid::Uuid;

/// The place of a row in an order.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Key {
    /// The sort value: microseconds, a priority, a version.
    pub sort: i64,
    /// The row.
    pub id: Uuid,
}

/// Which part of a list.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Page {
    /// At most so many rows.
    pub size: u32,
    /// Only rows after this one.
    pub after: Option<Key>,
    /// Only rows before this one.
    pub before: Option<Key>,
    /// The last rows of what is left, instead of the first; they come in the list's order all the same.
    pub from_end: bool,
}

/// A part of a list.
#[derive(Clone, PartialEq, Debug)]
pub struct Slice<T> {
    /// The rows with their places.
    pub items: Vec<(Key, T)>,
    /// Whether rows follow.
    pub has_next: bool,
    /// Whether rows come before.
    pub has_previous: bool,
}
