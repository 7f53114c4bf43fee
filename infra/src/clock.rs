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

    /// Now, in whole microseconds: what a database can give back unchanged. The last moment of the calendar stands still.
    pub fn now(&self) -> Timestamp {
        let micros = match self {
            Clock::System => system_now().as_microsecond(),
            Clock::Settable(offset) => {
                let offset = offset.load(Ordering::SeqCst);
                system_now().as_microsecond().saturating_add(offset)
            }
            Clock::Fixed(at) => at.load(Ordering::SeqCst),
        };
        Timestamp::from_microsecond(micros).unwrap_or(Timestamp::MAX)
    }

    /// What the lives of tokens are measured by: the system's time also where the clock was set ahead, for whoever moves it
    /// lets processes grow old, and not the people's tokens.
    pub fn wall(&self) -> Timestamp {
        match self {
            Clock::System | Clock::Settable(_) => Clock::System.now(),
            Clock::Fixed(_) => self.now(),
        }
    }

    /// Moves a settable clock forward; `false` if the clock is the system's, or `by` leads back: time never does.
    pub fn advance(&self, by: SignedDuration) -> bool {
        if by.is_negative() {
            return false;
        }
        let micros = i64::try_from(by.as_micros()).unwrap_or(i64::MAX);
        let value = match self {
            Clock::System => return false,
            Clock::Settable(value) | Clock::Fixed(value) => value,
        };
        value.update(Ordering::SeqCst, Ordering::SeqCst, |at| {
            at.saturating_add(micros)
        });
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fixed_clock_stands_until_it_is_moved() {
        let start = Timestamp::from_second(1_800_000_000).unwrap();
        let clock = Clock::fixed(start);
        assert_eq!(clock.now(), start);
        assert!(clock.advance(SignedDuration::from_hours(72)));
        assert_eq!(clock.now(), start + SignedDuration::from_hours(72));
    }

    #[test]
    fn a_settable_clock_starts_with_the_systems_time_and_the_systems_clock_cannot_be_moved() {
        let clock = Clock::settable();
        let before = Clock::System.now();
        assert!(clock.advance(SignedDuration::from_hours(1)));
        assert!(clock.now() >= before + SignedDuration::from_hours(1));
        assert!(clock.wall() < before + SignedDuration::from_hours(1));
        assert!(!Clock::System.advance(SignedDuration::from_hours(1)));
    }

    #[test]
    fn no_clock_goes_back_or_past_the_calendar() {
        let clock = Clock::settable();
        assert!(!clock.advance(SignedDuration::from_secs(-1)));
        for _ in 0..3 {
            assert!(clock.advance(SignedDuration::from_hours(i64::MAX / 3_600)));
        }
        assert_eq!(clock.now(), Timestamp::MAX);
    }
}
