use super::*;

#[test]
fn what_a_model_says_of_time_is_told_from_what_looks_like_it() {
    for (good, check) in [
        ("P3D", duration as Check),
        ("P2W", duration),
        ("P0.5D", duration),
        ("2026-03-01", date),
        ("2026-03-01T08:00:00.5+01:00", date),
        ("R/PT1H", cycle),
        ("R-1/PT1H", cycle),
        ("R3/2026-03-01T08:00:00Z/P1D", cycle),
        ("R/P1D/2026-12-31", cycle),
        ("0 0 9-17 * * MON-FRI", cycle),
        ("0 9 * * 1-5", cycle),
        ("0 0 12 1 1 ? 2020", cycle),
    ] {
        assert_eq!(check(good), Ok(()), "{good}");
    }
    for (bad, check, error) in [
        ("3D", duration as Check, TimeError::NoDuration),
        ("-P1D", duration, TimeError::Negative),
        ("P9000Y", duration, TimeError::Beyond),
        ("2026-02-30", date, TimeError::NoDate),
        ("01.03.2026", date, TimeError::NoDate),
        ("PT1H", cycle, TimeError::NoCycle),
        ("R3/PT0S", cycle, TimeError::TooOften),
        ("0 0 30 2 *", cycle, TimeError::Beyond),
    ] {
        assert_eq!(check(bad), Err(error), "{bad}");
    }
}
