use super::*;

#[test]
fn iso_8601_is_told_from_what_looks_like_it() {
    for good in [
        "P3D",
        "PT10H",
        "P1Y2M3DT4H5M6S",
        "PT0.5S",
        "P2W",
        "PT0S",
        "PT36H",
    ] {
        assert!(is_duration(good), "{good}");
    }
    for bad in [
        "3D", "P", "PT", "5 days", "-P1D", "1h", "P1H", "PT1H foo", "",
    ] {
        assert!(!is_duration(bad), "{bad}");
    }
    for good in [
        "2026-03-01",
        "2026-03-01T08:00:00",
        "2026-03-01T08:00:00Z",
        "2026-03-01T08:00:00.5+01:00",
        "2026-03-01T08:00",
    ] {
        assert!(is_date(good), "{good}");
    }
    for bad in [
        "2026-02-30",
        "tomorrow",
        "01.03.2026",
        "2026-03-01T25:00:00Z",
        "P1D",
    ] {
        assert!(!is_date(bad), "{bad}");
    }
    for good in [
        "R/PT1H",
        "R3/PT10H",
        "R3/2026-03-01T08:00:00Z/P1D",
        "R1/P1W",
    ] {
        assert!(is_cycle(good), "{good}");
    }
    for bad in [
        "PT1H",
        "R",
        "R/",
        "R0/PT1H",
        "R-1/PT1H",
        "R3/PT0S",
        "R/PT0.5S",
        "R3/x/P1D",
        "0 0 9-17 * * MON-FRI",
        "R3/2026-03-01T08:00:00Z",
        "R/PT1H/PT1H",
        "R/2026-03-01/P1D/x",
    ] {
        assert!(!is_cycle(bad), "{bad}");
    }
}
