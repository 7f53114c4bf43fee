use super::*;

fn read(text: &str) -> Option<String> {
    Temporal::parse(text).map(|temporal| temporal.to_string())
}

#[test]
fn iso_8601_goes_in_and_out() {
    for (text, expected) in [
        ("2026-01-31", "2026-01-31"),
        ("10:30", "10:30:00"),
        ("10:30:15.250Z", "10:30:15.25Z"),
        ("10:30:00-05:30", "10:30:00-05:30"),
        ("2026-01-31T10:30", "2026-01-31T10:30:00"),
        ("2026-01-31 10:30:00", "2026-01-31T10:30:00"),
        ("2026-01-31T10:30:00Z", "2026-01-31T10:30:00Z"),
        ("2026-01-31T10:30:00+05:30", "2026-01-31T10:30:00+05:30"),
        (
            "2026-01-31T10:30:00[Europe/Berlin]",
            "2026-01-31T10:30:00+01:00",
        ),
        (
            "2026-07-31T10:30:00@Europe/Berlin",
            "2026-07-31T10:30:00+02:00",
        ),
        ("P1Y2M", "P1Y2M"),
        ("P14M", "P1Y2M"),
        ("P2W", "P14D"),
        ("PT36H", "P1DT12H"),
        ("P1M2DT3H4M5.6S", "P1M2DT3H4M5.6S"),
        ("-P1D", "-P1D"),
        ("PT0S", "PT0S"),
        ("P0D", "PT0S"),
    ] {
        assert_eq!(read(text).as_deref(), Some(expected), "{text}");
        assert_eq!(read(expected).as_deref(), Some(expected), "{expected}");
    }
}

#[test]
fn other_text_is_no_moment() {
    for text in [
        "",
        "P",
        "PT",
        "-",
        "T",
        ":",
        "tomorrow",
        "2026",
        "2026-13-01",
        "2026-02-30",
        "25:00",
        "10:30+5",
        "10:30+99:00",
        "10:30+é0:00",
        "2026-01-31T",
        "2026-01-31T99:00",
        "2026-01-31T10:00:00@Nowhere/Land",
        "P1",
        "1 day",
        "P99999999999D",
        "2026-01-31T10:00:00Zé",
        "@",
        "2026-01-31@",
    ] {
        assert_eq!(read(text), None, "{text}");
    }
    assert_eq!(read(&"9".repeat(100)), None);
}

#[test]
fn months_are_added_in_the_zone_and_days_are_24_hours() {
    let at = |text: &str| Temporal::parse(text).unwrap();
    let later = |text: &str, duration: &str| {
        let later = at(text).plus(Duration::parse(duration).unwrap());
        later.map(|later| later.to_string())
    };
    let berlin = "2026-03-28T12:00:00[Europe/Berlin]";
    assert_eq!(later(berlin, "P1D").unwrap(), "2026-03-29T13:00:00+02:00");
    assert_eq!(later(berlin, "P1M").unwrap(), "2026-04-28T12:00:00+02:00");
    assert_eq!(later("2024-02-29", "P1Y").unwrap(), "2025-02-28");
    assert_eq!(later("9999-12-31", "P1D"), None);
}

#[test]
fn durations_never_point_both_ways() {
    let month = Duration::parse("P1M").unwrap();
    let day = Duration::parse("P1D").unwrap();
    assert_eq!(month.plus(day).unwrap().to_string(), "P1M1D");
    assert_eq!(month.plus(day.negated().unwrap()), None);
    assert_eq!(month.times(Decimal::MAX), None);
    assert_eq!(day.times(Decimal::MAX), None);
    assert_eq!(day.over(month), None);
    assert_eq!(day.over(Duration::parse("PT0S").unwrap()), None);
}
