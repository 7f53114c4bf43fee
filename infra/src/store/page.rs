//! Pages by key: a page begins after the last row of the one before, whatever was inserted since. The id of a row breaks
//! ties, in the direction of the order.

use sea_orm::sea_query::{Condition, Expr, ExprTrait, Order};
use uuid::Uuid;

/// The place of a row in an order.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Key {
    /// The sort value: microseconds, a priority, a version. What has no due date has `i64::MAX` in a rising order of due
    /// dates and `i64::MIN` in a falling one: last in both.
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

/// How a page is walked: the direction in which rows are fetched, and the keys that they lie between.
#[derive(Clone, Copy, Debug)]
pub(super) struct Walk {
    /// Whether the list itself falls.
    pub descending: bool,
    /// The direction of fetching; the other way round than the list's when the page is taken from its end.
    pub order: Direction,
    /// Rows are larger than this.
    lower: Option<Key>,
    /// Rows are smaller than this.
    upper: Option<Key>,
    /// One row more than the page holds, to know whether others follow.
    pub limit: u64,
}

/// A direction. sea-query's own has variants that are none.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Direction {
    /// Smallest first.
    Rising,
    /// Largest first.
    Falling,
}

impl From<Direction> for Order {
    fn from(order: Direction) -> Order {
        match order {
            Direction::Rising => Order::Asc,
            Direction::Falling => Order::Desc,
        }
    }
}

impl Page {
    pub(super) fn walk(&self, descending: bool) -> Walk {
        let (lower, upper) = if descending {
            (self.before, self.after)
        } else {
            (self.after, self.before)
        };
        Walk {
            descending,
            order: if descending == self.from_end {
                Direction::Rising
            } else {
                Direction::Falling
            },
            lower,
            upper,
            limit: u64::from(self.size) + 1,
        }
    }

    /// Cuts what was fetched to the page, in the list's order.
    pub(super) fn cut<T>(&self, mut rows: Vec<(Key, T)>) -> Slice<T> {
        let more = rows.len() > self.size as usize;
        rows.truncate(self.size as usize);
        if self.from_end {
            rows.reverse();
        }
        let (has_next, has_previous) = if self.from_end {
            (self.before.is_some(), more || self.after.is_some())
        } else {
            (more || self.before.is_some(), self.after.is_some())
        };
        Slice {
            items: rows,
            has_next,
            has_previous,
        }
    }
}

impl Walk {
    /// Whether rows are fetched smallest first.
    pub fn rising(&self) -> bool {
        self.order == Direction::Rising
    }

    /// The bounds for rows with this sort value and id.
    pub fn bounds(&self, sort: &Expr, id: &Expr) -> Condition {
        let row = || Expr::tuple([sort.clone(), id.clone()]);
        let key = |key: Key| Expr::tuple([Expr::val(key.sort), Expr::val(key.id)]);
        Condition::all()
            .add_option(self.lower.map(|lower| row().gt(key(lower))))
            .add_option(self.upper.map(|upper| row().lt(key(upper))))
    }

    /// The bounds for rows that all have this one sort value; nothing if none can lie between them.
    pub fn bounds_at(&self, sort: i64, id: &Expr) -> Option<Condition> {
        let mut bounds = Condition::all();
        if let Some(lower) = self.lower {
            if sort < lower.sort {
                return None;
            }
            bounds =
                bounds.add_option((sort == lower.sort).then(|| id.clone().gt(Expr::val(lower.id))));
        }
        if let Some(upper) = self.upper {
            if sort > upper.sort {
                return None;
            }
            bounds =
                bounds.add_option((sort == upper.sort).then(|| id.clone().lt(Expr::val(upper.id))));
        }
        Some(bounds)
    }
}

impl<T> Slice<T> {
    /// The same places with other contents; what becomes nothing is left out.
    pub(super) fn try_filter_map<U, E>(
        self,
        mut with: impl FnMut(T) -> Result<Option<U>, E>,
    ) -> Result<Slice<U>, E> {
        let mut items = Vec::with_capacity(self.items.len());
        for (key, item) in self.items {
            if let Some(item) = with(item)? {
                items.push((key, item));
            }
        }
        Ok(Slice {
            items,
            has_next: self.has_next,
            has_previous: self.has_previous,
        })
    }
}
