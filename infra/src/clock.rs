//! The clock: the system's, or one that tests and `--dev` can set.

use std::sync::atomic::{AtomicI64, Ordering};

use jiff::{SignedDuration, Timestamp};
use uuid::Uuid;

/// Where the time comes from.
#[derive(Debug)]
pub enum Clock {
    /// The system's time.
    System,
    /// The system's time and an offset that somebody sets.
    Settable(AtomicI64),
    /// A time that stands until somebody moves it (microseconds since 1970).
    Fixed(AtomicI64),
}

impl Clock {
    /// A settable clock that starts with the system's time.
    pub fn settable() -> Clock {
        Clock::Settable(AtomicI64::new(0))
    }

    /// A clock that stands at a moment until it is moved.
    pub fn fixed(at: Timestamp) -> Clock {
        Clock::Fixed(AtomicI64::new(at.as_microsecond()))
    }

    /// Now, in whole microseconds: what a database can give back unchanged.
    pub fn now(&self) -> Timestamp {
        let micros = match self {
            Clock::System => system_now().as_microsecond(),
            Clock::Settable(offset) => {
                system_now().as_microsecond() + offset.load(Ordering::SeqCst)
            }
            Clock::Fixed(at) => at.load(Ordering::SeqCst),
        };
        Timestamp::from_microsecond(micros).unwrap_or(Timestamp::MAX)
    }

    /// Moves a settable clock forward; `false` if the clock is the system's.
    pub fn advance(&self, by: SignedDuration) -> bool {
        let micros = i64::try_from(by.as_micros()).unwrap_or(i64::MAX / 4);
        match self {
            Clock::System => return false,
            Clock::Settable(value) | Clock::Fixed(value) => {
                value.fetch_add(micros, Ordering::SeqCst)
            }
        };
        true
    }

    /// A fresh id, sortable by the system's time. The only place that makes one.
    #[expect(
        clippy::disallowed_methods,
        reason = "this is the place that the lint points to"
    )]
    pub fn fresh_id() -> Uuid {
        Uuid::now_v7()
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "this is the place that the lint points to"
)]
fn system_now() -> Timestamp {
    Timestamp::now()
}
