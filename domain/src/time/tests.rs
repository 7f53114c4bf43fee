use std::collections::BTreeSet;

use jiff::Timestamp;
use jiff::civil::{Date, Weekday};
use proptest::prelude::*;

use super::TimeError::{Beyond, Negative, NoCycle, NoDate, NoDuration, TooOften};
use super::*;

const NOON: &str = "2026-01-31T12:00:00Z";

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn day(text: &str) -> Date {
    text.parse().unwrap()
}

/// Berlin, Monday to Friday, with Easter of 2026.
fn berlin() -> Calendar {
    let working = Calendar::default().working();
    let holidays = ["2026-04-03", "2026-04-06", "2026-05-01"].map(day);
    Calendar::new("Europe/Berlin", working, BTreeSet::from(holidays)).unwrap()
}

fn all_days(calendar: &Calendar) -> Reckoning<'_> {
    Reckoning {
        calendar,
        working: false,
    }
}

fn working(calendar: &Calendar) -> Reckoning<'_> {
    Reckoning {
        calendar,
        working: true,
    }
}

fn first(text: &str, now: &str, by: Reckoning<'_>) -> Option<Due> {
    Cycle::parse(text, by).unwrap().first(at(now), by)
}

/// The first occurrences, each as soon as the one before is due.
fn occurrences(text: &str, now: &str, count: usize, by: Reckoning<'_>) -> Vec<String> {
    let cycle = Cycle::parse(text, by).unwrap();
    let mut due = cycle.first(at(now), by);
    let mut seen = Vec::new();
    while let Some(now) = due.filter(|_| seen.len() < count) {
        seen.push(now.at.to_string());
        due = cycle.next(now, now.at, false, by);
    }
    seen
}

#[test]
fn dates_without_a_zone_are_in_the_calendars() {
    let (utc, berlin) = (Calendar::default(), berlin());
    for (text, in_utc, in_berlin) in [
        (
            "2026-03-01T10:00:00Z",
            Ok("2026-03-01T10:00:00Z"),
            Ok("2026-03-01T10:00:00Z"),
        ),
        (
            "2026-03-01T10:00:00+02:00",
            Ok("2026-03-01T08:00:00Z"),
            Ok("2026-03-01T08:00:00Z"),
        ),
        (
            "2026-03-01T10:00:00",
            Ok("2026-03-01T10:00:00Z"),
            Ok("2026-03-01T09:00:00Z"),
        ),
        (
            " 2026-07-01T10:00 ",
            Ok("2026-07-01T10:00:00Z"),
            Ok("2026-07-01T08:00:00Z"),
        ),
        (
            "2026-03-01",
            Ok("2026-03-01T00:00:00Z"),
            Ok("2026-02-28T23:00:00Z"),
        ),
        (
            "2026-07-01T10:00:00[Europe/Berlin]",
            Ok("2026-07-01T08:00:00Z"),
            Ok("2026-07-01T08:00:00Z"),
        ),
        (
            "2026-03-01T10:00:00.123456789Z",
            Ok("2026-03-01T10:00:00.123456Z"),
            Ok("2026-03-01T10:00:00.123456Z"),
        ),
        // Clocks leave out 02:30 on this day, and show it twice on the other.
        (
            "2026-03-29T02:30:00",
            Ok("2026-03-29T02:30:00Z"),
            Ok("2026-03-29T01:30:00Z"),
        ),
        (
            "2026-10-25T02:30:00",
            Ok("2026-10-25T02:30:00Z"),
            Ok("2026-10-25T00:30:00Z"),
        ),
        (
            "2024-02-29",
            Ok("2024-02-29T00:00:00Z"),
            Ok("2024-02-28T23:00:00Z"),
        ),
        ("2026-02-29", Err(NoDate), Err(NoDate)),
        ("tomorrow", Err(NoDate), Err(NoDate)),
        ("", Err(NoDate), Err(NoDate)),
    ] {
        assert_eq!(all_days(&utc).date(text), in_utc.map(at), "{text} in UTC");
        assert_eq!(
            all_days(&berlin).date(text),
            in_berlin.map(at),
            "{text} in Berlin"
        );
    }
}

#[test]
fn durations_are_iso_8601_and_not_negative() {
    let utc = Calendar::default();
    let by = all_days(&utc);
    for (text, expected) in [
        ("P1M", Ok("2026-02-28T12:00:00Z")),
        ("P1Y", Ok("2027-01-31T12:00:00Z")),
        ("P1W", Ok("2026-02-07T12:00:00Z")),
        ("P1W2D", Ok("2026-02-09T12:00:00Z")),
        ("P1DT1H", Ok("2026-02-01T13:00:00Z")),
        ("PT36H", Ok("2026-02-02T00:00:00Z")),
        ("PT0S", Ok(NOON)),
        ("PT0.5S", Ok("2026-01-31T12:00:00.5Z")),
        ("PT1.5H", Ok("2026-01-31T13:30:00Z")),
        ("PT1,5M", Ok("2026-01-31T12:01:30Z")),
        ("P0.5D", Ok("2026-02-01T00:00:00Z")),
        ("P1,5W", Ok("2026-02-11T00:00:00Z")),
        ("P1M0.25D", Ok("2026-02-28T18:00:00Z")),
        ("P7999Y", Err(Beyond)),
        ("-PT1H", Err(Negative)),
        ("PT-1H", Err(NoDuration)),
        ("P0.5M", Err(NoDuration)),
        ("P.5D", Err(NoDuration)),
        ("P1.D", Err(NoDuration)),
        ("P1.x5D", Err(NoDuration)),
        ("P1H", Err(NoDuration)),
        ("P", Err(NoDuration)),
        ("PT", Err(NoDuration)),
        ("1 hour", Err(NoDuration)),
        ("5 days", Err(NoDuration)),
        ("PT1H foo", Err(NoDuration)),
        ("", Err(NoDuration)),
    ] {
        assert_eq!(by.after(text, at(NOON)), expected.map(at), "{text}");
    }
    assert!(by.after("P99999Y", at(NOON)).is_err());
    assert_eq!(by.moment("P1D", at(NOON)), Ok(at("2026-02-01T12:00:00Z")));
    assert_eq!(
        by.moment("2026-02-01", at(NOON)),
        Ok(at("2026-02-01T00:00:00Z"))
    );
    assert_eq!(by.moment("soon", at(NOON)), Err(TimeError::NoMoment));
}

#[test]
fn a_day_is_the_same_time_of_the_next_day_also_where_clocks_change() {
    let berlin = berlin();
    let by = all_days(&berlin);
    for (text, from, expected) in [
        ("P1D", "2026-03-28T11:00:00Z", "2026-03-29T10:00:00Z"),
        ("PT24H", "2026-03-28T11:00:00Z", "2026-03-29T11:00:00Z"),
        ("P1D", "2026-10-24T10:00:00Z", "2026-10-25T11:00:00Z"),
        // 02:30 does not exist on the 29th, and on the 30th it does again.
        ("P1D", "2026-03-28T01:30:00Z", "2026-03-29T01:30:00Z"),
        ("P2D", "2026-03-28T01:30:00Z", "2026-03-30T00:30:00Z"),
        ("P1Y", "2024-02-29T11:00:00Z", "2025-02-28T11:00:00Z"),
    ] {
        assert_eq!(
            by.after(text, at(from)),
            Ok(at(expected)),
            "{text} after {from}"
        );
    }
}

#[test]
fn working_days_leave_out_weekends_and_holidays() {
    let berlin = berlin();
    let by = working(&berlin);
    // The 1st of April 2026 is a Wednesday; Good Friday is the 3rd, Easter Monday the 6th.
    for (text, from, expected) in [
        ("P1D", "2026-04-01T13:00:00Z", "2026-04-02T13:00:00Z"),
        ("P2D", "2026-04-01T13:00:00Z", "2026-04-07T13:00:00Z"),
        ("P3D", "2026-03-27T14:00:00Z", "2026-04-01T13:00:00Z"),
        ("P5D", "2026-03-16T14:00:00Z", "2026-03-23T14:00:00Z"),
        ("P1D", "2026-04-04T13:00:00Z", "2026-04-07T13:00:00Z"),
        ("P0D", "2026-04-04T13:00:00Z", "2026-04-07T13:00:00Z"),
        ("P1W", "2026-03-30T13:00:00Z", "2026-04-07T13:00:00Z"),
        ("P1M", "2026-03-01T13:00:00Z", "2026-04-01T12:00:00Z"),
        // Ten hours are left of Thursday, none of Friday to Monday.
        ("PT12H", "2026-04-02T12:00:00Z", "2026-04-07T00:00:00Z"),
        ("PT10H", "2026-04-02T12:00:00Z", "2026-04-06T22:00:00Z"),
        ("PT9H", "2026-04-02T12:00:00Z", "2026-04-02T21:00:00Z"),
        ("PT2H", "2026-04-04T12:00:00Z", "2026-04-07T00:00:00Z"),
        ("P1DT2H", "2026-04-02T21:00:00Z", "2026-04-07T23:00:00Z"),
    ] {
        assert_eq!(
            by.after(text, at(from)),
            Ok(at(expected)),
            "{text} after {from}"
        );
    }
    assert_eq!(
        by.date("2026-04-03"),
        Ok(at("2026-04-02T22:00:00Z")),
        "a date stays what it says"
    );
    assert_eq!(by.after("P100001D", at(NOON)), Err(Beyond));
}

#[test]
fn working_days_are_counted_as_if_one_by_one() {
    let mut week = [Weekday::Monday; 7];
    for (number, day) in week.iter_mut().enumerate() {
        *day = Weekday::from_monday_zero_offset(i8::try_from(number).unwrap()).unwrap();
    }
    let from = day("2026-03-25");
    for shape in 1_u8..128 {
        let days = week
            .into_iter()
            .filter(|day| shape & (1 << day.to_monday_zero_offset()) != 0);
        let holidays = [
            "2026-03-27",
            "2026-04-03",
            "2026-04-06",
            "2026-04-11",
            "2026-04-12",
        ];
        let calendar = Calendar::new("UTC", days.collect(), holidays.map(day).into()).unwrap();
        let mut date = from;
        for number in 1..40 {
            date = calendar.next_working_day(date.tomorrow().unwrap()).unwrap();
            assert_eq!(
                calendar.working_days_after(from, number),
                Some(date),
                "{number} of {shape:b}"
            );
            let between = calendar.working_days_between(from, date);
            assert_eq!(between, i64::from(number), "{number} of {shape:b}");
            assert_eq!(calendar.working_days_between(date, from), -between);
        }
    }
}

#[test]
fn a_calendar_needs_a_zone_and_a_day_on_which_people_work() {
    let five = Calendar::default().working();
    let none = BTreeSet::new;
    let made = |zone: &str, days, holidays| Calendar::new(zone, days, holidays).map(drop);
    assert_eq!(made("Europe/Berlin", five, none()), Ok(()));
    for zone in ["Europe/Atlantis", "", "+02:00", &"x".repeat(300)] {
        assert_eq!(
            made(zone, five, none()),
            Err(CalendarProblem::Zone),
            "{zone}"
        );
    }
    let nobody = made("UTC", Weekdays::default(), none());
    assert_eq!(nobody, Err(CalendarProblem::NoWorkingDay));
    let many = (0..=MAX_HOLIDAYS).map(|number| {
        let days = jiff::Span::new().days(i64::try_from(number).unwrap());
        day("2026-01-01").checked_add(days).unwrap()
    });
    assert_eq!(
        made("UTC", five, many.collect()),
        Err(CalendarProblem::TooManyHolidays)
    );
    let berlin = berlin();
    let stored = serde_json::to_string(&berlin).unwrap();
    assert_eq!(serde_json::from_str::<Calendar>(&stored).unwrap(), berlin);
}

#[test]
fn intervals_begin_after_a_step_or_at_their_start() {
    let utc = Calendar::default();
    let due = |when: &str, repeats: Option<u32>| Some((at(when), repeats));
    for (text, expected) in [
        ("R3/PT10H", due("2026-01-31T22:00:00Z", Some(2))),
        ("R/PT1H", due("2026-01-31T13:00:00Z", None)),
        ("R-1/PT1H", due("2026-01-31T13:00:00Z", None)),
        ("R5/2026-03-01/P1D", due("2026-03-01T00:00:00Z", Some(4))),
        ("R5/2026-01-29/P1D", due("2026-02-01T00:00:00Z", Some(1))),
        ("R2/2026-01-01/P1D", due(NOON, Some(0))),
        ("R/2026-02-01/2026-02-03", due("2026-02-01T00:00:00Z", None)),
        (
            "R3/2026-01-30/2026-01-31",
            due("2026-02-01T00:00:00Z", Some(0)),
        ),
        (
            "R/1970-01-01T00:00:01Z/PT2S",
            due("2026-01-31T12:00:01Z", None),
        ),
        ("R/1970-01-15/P1M", due("2026-02-15T00:00:00Z", None)),
        ("R/PT1H/2026-01-31T12:30:00Z", None),
        ("R/PT1H/2026-02-01", due("2026-01-31T13:00:00Z", None)),
        ("R/P7900Y", due("9926-01-31T12:00:00Z", None)),
        ("R/P8000Y", None),
    ] {
        let by = all_days(&utc);
        let first = Cycle::parse(text, by).map(|cycle| cycle.first(at(NOON), by));
        let first = first.ok().flatten();
        assert_eq!(first.map(|due| (due.at, due.repeats)), expected, "{text}");
    }
}

#[test]
fn what_is_no_cycle_is_refused() {
    let utc = Calendar::default();
    for (text, error) in [
        ("", NoCycle),
        ("R", NoCycle),
        ("R3", NoCycle),
        ("R0/PT1H", NoCycle),
        ("R+3/PT1H", NoCycle),
        ("R/", NoCycle),
        ("3/PT1H", NoCycle),
        ("R3/PT0S", TooOften),
        ("R/PT0.5S", TooOften),
        ("R/-PT1H", NoCycle),
        ("Rx/PT1H", NoCycle),
        ("R3/PT1H/PT1H", NoCycle),
        ("R3/2026-01-01", NoCycle),
        ("R3/2026-01-02/2026-01-01", NoCycle),
        ("R3/2026-01-01/2026-01-01", TooOften),
        ("R3/PT1H/2026-01-01/P1D", NoCycle),
        ("PT1H", NoCycle),
        ("* * * *", NoCycle),
        ("* * * * * * * *", NoCycle),
        ("60 * * * *", NoCycle),
        ("0 0 25 * * ?", NoCycle),
        ("0 0 12 ? * NEVER", NoCycle),
        ("@sometimes", NoCycle),
    ] {
        let read = Cycle::parse(text, all_days(&utc));
        assert_eq!(read.err(), Some(error), "{text}");
    }
}

#[test]
fn a_series_counts_from_its_beginning() {
    let berlin = berlin();
    let by = all_days(&berlin);
    assert_eq!(
        occurrences("R4/2026-01-31/P1M", "2026-01-01T00:00:00Z", 9, by),
        [
            "2026-01-30T23:00:00Z",
            "2026-02-27T23:00:00Z",
            "2026-03-30T22:00:00Z",
            "2026-04-29T22:00:00Z"
        ]
    );
    // Clocks leave out 02:30 on the 29th of March; the days after it are at 02:30 again.
    assert_eq!(
        occurrences("R3/2026-03-28T02:30:00/P1D", "2026-03-01T00:00:00Z", 9, by),
        [
            "2026-03-28T01:30:00Z",
            "2026-03-29T01:30:00Z",
            "2026-03-30T00:30:00Z"
        ]
    );
    assert_eq!(
        occurrences(
            "R/2024-02-29/P1Y",
            "2024-01-01T00:00:00Z",
            5,
            all_days(&Calendar::default())
        ),
        [
            "2024-02-29T00:00:00Z",
            "2025-02-28T00:00:00Z",
            "2026-02-28T00:00:00Z",
            "2027-02-28T00:00:00Z",
            "2028-02-29T00:00:00Z"
        ]
    );
    assert_eq!(
        occurrences("R/PT1H/2026-01-31T14:30:00Z", NOON, 9, by),
        ["2026-01-31T13:00:00Z", "2026-01-31T14:00:00Z"]
    );
    assert_eq!(
        occurrences("R3/P1D", "2026-04-02T08:00:00Z", 9, working(&berlin)),
        [
            "2026-04-07T08:00:00Z",
            "2026-04-08T08:00:00Z",
            "2026-04-09T08:00:00Z"
        ]
    );
}

#[test]
fn cron_is_read_with_five_fields_or_as_quartz_writes_it() {
    let utc = Calendar::default();
    // A Saturday.
    for (text, expected) in [
        (
            "*/15 * * * *",
            ["2026-01-31T12:15:00Z", "2026-01-31T12:30:00Z"],
        ),
        (
            "0 9 * * 1",
            ["2026-02-02T09:00:00Z", "2026-02-09T09:00:00Z"],
        ),
        (
            "0 9 * * 0",
            ["2026-02-01T09:00:00Z", "2026-02-08T09:00:00Z"],
        ),
        (
            "0 9 * * 7",
            ["2026-02-01T09:00:00Z", "2026-02-08T09:00:00Z"],
        ),
        // Of old: the 2nd of the month, or a Wednesday.
        (
            "0 9 2 * WED",
            ["2026-02-02T09:00:00Z", "2026-02-04T09:00:00Z"],
        ),
        ("@daily", ["2026-02-01T00:00:00Z", "2026-02-02T00:00:00Z"]),
        (
            "0 0 9-17 * * MON-FRI",
            ["2026-02-02T09:00:00Z", "2026-02-02T10:00:00Z"],
        ),
        (
            "0 0/5 * * * ?",
            ["2026-01-31T12:05:00Z", "2026-01-31T12:10:00Z"],
        ),
        // Quartz: 1 is Sunday.
        (
            "0 0 9 ? * 1",
            ["2026-02-01T09:00:00Z", "2026-02-08T09:00:00Z"],
        ),
        (
            "0 0 9 ? * 2-6",
            ["2026-02-02T09:00:00Z", "2026-02-03T09:00:00Z"],
        ),
        (
            "0 15 10 L * ?",
            ["2026-02-28T10:15:00Z", "2026-03-31T10:15:00Z"],
        ),
        (
            "0 15 10 15W * ?",
            ["2026-02-16T10:15:00Z", "2026-03-16T10:15:00Z"],
        ),
        (
            "0 15 10 ? * 6L",
            ["2026-02-27T10:15:00Z", "2026-03-27T10:15:00Z"],
        ),
        (
            "0 15 10 ? * 6#3",
            ["2026-02-20T10:15:00Z", "2026-03-20T10:15:00Z"],
        ),
        (
            "0 0 12 1 1 ? 2030-2031",
            ["2030-01-01T12:00:00Z", "2031-01-01T12:00:00Z"],
        ),
        (
            "0 0 0 29 2 ?",
            ["2028-02-29T00:00:00Z", "2032-02-29T00:00:00Z"],
        ),
        (
            "* * * * * *",
            ["2026-01-31T12:00:01Z", "2026-01-31T12:00:02Z"],
        ),
    ] {
        assert_eq!(
            occurrences(text, NOON, 2, all_days(&utc)),
            expected,
            "{text}"
        );
    }
    for never in ["0 0 30 2 *", "0 0 12 1 1 ? 2020"] {
        assert_eq!(first(never, NOON, all_days(&utc)), None, "{never}");
    }
}

#[test]
fn cron_goes_by_the_clocks_of_the_zone() {
    let berlin = berlin();
    let by = all_days(&berlin);
    // What clocks leave out happens once on that day, and what they show twice happens once.
    assert_eq!(
        occurrences("30 2 * * *", "2026-03-28T12:00:00Z", 2, by),
        ["2026-03-29T01:00:00Z", "2026-03-30T00:30:00Z"]
    );
    assert_eq!(
        occurrences("30 2 * * *", "2026-10-24T12:00:00Z", 2, by),
        ["2026-10-25T00:30:00Z", "2026-10-26T01:30:00Z"]
    );
    assert_eq!(
        occurrences("0 9 * * *", "2026-04-02T12:00:00Z", 2, working(&berlin)),
        ["2026-04-07T07:00:00Z", "2026-04-08T07:00:00Z"]
    );
    assert_eq!(
        first("0 9 * * SUN", NOON, working(&berlin)),
        None,
        "nobody works on Sundays"
    );
}

#[test]
fn the_next_occurrence_counts_from_the_last_and_not_from_now() {
    let utc = Calendar::default();
    let by = all_days(&utc);
    let hourly = Cycle::parse("R/PT1H", by).unwrap();
    let was = hourly.first(at(NOON), by).unwrap();
    let next = hourly.next(was, at("2026-01-31T13:07:00Z"), true, by);
    assert_eq!(next.map(|due| due.at), Some(at("2026-01-31T14:00:00Z")));
}

#[test]
fn what_was_missed_is_passed_over_unless_a_counted_cycle_makes_it_up() {
    let utc = Calendar::default();
    let by = all_days(&utc);
    let next = |text: &str, now: &str, make_up| {
        let cycle = Cycle::parse(text, by).unwrap();
        let was = cycle.first(at(NOON), by).unwrap();
        let next = cycle.next(was, at(now), make_up, by);
        next.map(|due| (due.at.to_string(), due.repeats))
    };
    let due = |when: &str, repeats| Some((when.to_owned(), repeats));
    let later = "2026-01-31T16:30:00Z";
    assert_eq!(
        next("R/PT1H", later, true),
        due("2026-01-31T17:00:00Z", None)
    );
    assert_eq!(
        next("R9/PT1H", later, false),
        due("2026-01-31T17:00:00Z", Some(4))
    );
    assert_eq!(
        next("R9/PT1H", later, true),
        due("2026-01-31T14:00:00Z", Some(7))
    );
    assert_eq!(next("R4/PT1H", later, false), None, "the rest was missed");
    assert_eq!(
        next("0 0 * * * ?", later, true),
        due("2026-01-31T17:00:00Z", None)
    );
    let much_later = "2026-03-31T12:30:00Z";
    assert_eq!(
        next("R9999/PT1H", much_later, true),
        due("2026-03-31T13:00:00Z", Some(8582))
    );
}

#[test]
fn a_cycle_ends_with_its_count_or_its_end() {
    let utc = Calendar::default();
    let by = all_days(&utc);
    let last = Due {
        at: at(NOON),
        repeats: Some(0),
        series: None,
    };
    let next = |text: &str, was| {
        Cycle::parse(text, by)
            .unwrap()
            .next(was, at(NOON), true, by)
    };
    assert_eq!(next("R3/PT1H", last), None);
    let before = Due {
        repeats: None,
        ..last
    };
    assert_eq!(next("R/PT1H/2026-01-31T12:30:00Z", before), None);
}

proptest! {
    #[test]
    fn times_of_any_text_are_read_or_refused(text in "[RPTYMDWHS0-9/:.,+Z?*L# -]{0,40}", now in -4_000_000_000_i64..8_000_000_000) {
        let now = Timestamp::from_second(now).unwrap();
        let berlin = berlin();
        for working in [false, true] {
            let by = Reckoning { calendar: &berlin, working };
            let _ = by.moment(&text, now);
            if let Ok(cycle) = Cycle::parse(&text, by) {
                let mut due = cycle.first(now, by);
                for make_up in [false, true, false, true] {
                    due = due.and_then(|due| {
                        let next = cycle.next(due, now, make_up, by);
                        assert!(next.is_none_or(|next| next.at > due.at), "{text}");
                        next
                    });
                }
            }
        }
    }
}
