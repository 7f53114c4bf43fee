use super::play::at;
use crate::engine::time::{Due, after, cycle, date, moment};

const NOON: &str = "2026-01-31T12:00:00Z";

#[test]
fn dates_without_a_zone_are_utc() {
    for (text, expected) in [
        ("2026-03-01T10:00:00Z", Some("2026-03-01T10:00:00Z")),
        ("2026-03-01T10:00:00+02:00", Some("2026-03-01T08:00:00Z")),
        ("2026-03-01T10:00:00", Some("2026-03-01T10:00:00Z")),
        (" 2026-03-01T10:00 ", Some("2026-03-01T10:00:00Z")),
        ("2026-03-01", Some("2026-03-01T00:00:00Z")),
        (
            "2026-07-01T10:00:00[Europe/Berlin]",
            Some("2026-07-01T08:00:00Z"),
        ),
        (
            "2026-03-01T10:00:00.123456789Z",
            Some("2026-03-01T10:00:00.123456Z"),
        ),
        ("2026-02-30", None),
        ("tomorrow", None),
        ("", None),
    ] {
        assert_eq!(date(text), expected.map(at), "{text}");
    }
}

#[test]
fn durations_count_calendar_units_in_utc() {
    for (text, expected) in [
        ("P1M", Some("2026-02-28T12:00:00Z")),
        ("P1Y", Some("2027-01-31T12:00:00Z")),
        ("P1W", Some("2026-02-07T12:00:00Z")),
        ("P1DT1H", Some("2026-02-01T13:00:00Z")),
        ("PT0S", Some(NOON)),
        ("-PT1H", Some("2026-01-31T11:00:00Z")),
        ("PT0.5S", Some("2026-01-31T12:00:00.5Z")),
        ("P99999Y", None),
        ("P1H", None),
        ("1 hour", None),
        ("", None),
    ] {
        assert_eq!(after(text, at(NOON)), expected.map(at), "{text}");
    }
    assert_eq!(moment("P1D", at(NOON)), Some(at("2026-02-01T12:00:00Z")));
    assert_eq!(
        moment("2026-02-01", at(NOON)),
        Some(at("2026-02-01T00:00:00Z"))
    );
}

#[test]
fn cycles_begin_after_a_step_or_at_their_start() {
    let first = |text: &str| cycle(text).unwrap().first(at(NOON));
    let due = |when: &str, repeats| {
        Some(Due {
            at: at(when),
            repeats,
        })
    };
    for (text, expected) in [
        ("R3/PT10H", due("2026-01-31T22:00:00Z", Some(2))),
        ("R/PT1H", due("2026-01-31T13:00:00Z", None)),
        ("R-1/PT1H", due("2026-01-31T13:00:00Z", None)),
        ("R5/2026-03-01/P1D", due("2026-03-01T00:00:00Z", Some(4))),
        ("R5/2026-01-29/P1D", due("2026-02-01T00:00:00Z", Some(1))),
        ("R2/2026-01-01/P1D", due(NOON, Some(0))),
        ("R/2026-02-01/2026-02-03", due("2026-02-01T00:00:00Z", None)),
        (
            "R/1970-01-01T00:00:01Z/PT2S",
            due("2026-01-31T12:00:01Z", None),
        ),
        ("R/1970-01-15/P1M", due("2026-02-15T00:00:00Z", None)),
        ("R/PT1H/2026-01-31T12:30:00Z", None),
        ("R/PT1H/2026-02-01", due("2026-01-31T13:00:00Z", None)),
    ] {
        assert_eq!(first(text), expected, "{text}");
    }
}

#[test]
fn what_is_no_cycle_is_refused() {
    for text in [
        "",
        "R",
        "R3",
        "R0/PT1H",
        "R/",
        "3/PT1H",
        "R3/PT0S",
        "R/-PT1H",
        "R/PT0.5S",
        "Rx/PT1H",
        "R3/PT1H/PT1H",
        "R3/2026-01-01",
        "R3/PT1H/2026-01-01/P1D",
        "PT1H",
    ] {
        assert!(cycle(text).is_none(), "{text}");
    }
}

#[test]
fn the_next_occurrence_counts_from_the_last_and_not_from_now() {
    let hourly = cycle("R/PT1H").unwrap();
    let was = Due {
        at: at(NOON),
        repeats: None,
    };
    let next = hourly.next(was, at("2026-01-31T12:07:00Z"));
    assert_eq!(next.map(|due| due.at), Some(at("2026-01-31T13:00:00Z")));
}

#[test]
fn missed_occurrences_are_made_up_unless_they_are_too_many() {
    let hourly = cycle("R/PT1H").unwrap();
    let was = Due {
        at: at(NOON),
        repeats: None,
    };
    let soon = hourly.next(was, at("2026-02-02T12:00:00Z"));
    assert_eq!(soon.map(|due| due.at), Some(at("2026-01-31T13:00:00Z")));
    let late = hourly.next(was, at("2026-03-31T12:30:00Z"));
    assert_eq!(late.map(|due| due.at), Some(at("2026-03-31T13:00:00Z")));
}

#[test]
fn a_cycle_ends_with_its_count_or_its_end() {
    let last = Due {
        at: at(NOON),
        repeats: Some(0),
    };
    assert_eq!(cycle("R3/PT1H").unwrap().next(last, at(NOON)), None);
    let before = Due {
        at: at(NOON),
        repeats: None,
    };
    let until = cycle("R/PT1H/2026-01-31T12:30:00Z").unwrap();
    assert_eq!(until.next(before, at(NOON)), None);
}
