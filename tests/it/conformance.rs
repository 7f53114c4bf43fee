//! Which cases of the outside suites need not pass.

use docket_tests::betsy::{Excused, Outcome, excused};

fn outcome(id: &str, failure: Option<&str>) -> Outcome {
    Outcome {
        id: id.to_owned(),
        group: "gateways".to_owned(),
        feature: "Join".to_owned(),
        failure: failure.map(str::to_owned),
    }
}

#[test]
fn every_excuse_that_is_checked_in_names_a_case_and_a_section() {
    excused().expect("the list can be read");
    for bad in [
        "betsy/gateways/Join/1",
        "gateways/Join/1: because (BPMN 2.0.2, 13.4)",
        "betsy/gateways/Join/1: because",
    ] {
        assert!(Excused::read(bad).is_err(), "{bad}");
    }
}

#[test]
fn a_failure_without_excuse_an_excuse_that_is_not_needed_and_one_for_no_case_are_told() {
    let reason = "why (BPMN 2.0.2, 13.4)";
    let list =
        format!("# why\n\nbetsy/g/A/1: {reason}\nbetsy/g/B/1: {reason}\nbetsy/g/C/1: {reason}");
    let excused = Excused::read(&list).expect("the list can be read");
    assert_eq!(excused.reason("betsy/g/A/1"), Some(reason));
    let outcomes = [
        outcome("betsy/g/A/1", Some("wrong")),
        outcome("betsy/g/B/1", None),
        outcome("betsy/g/D/1", Some("wrong")),
        outcome("betsy/g/E/1", None),
    ];
    assert_eq!(
        excused.violations(&outcomes),
        [
            "betsy/g/B/1 is excused and passes",
            "betsy/g/D/1 fails without excuse",
            "betsy/g/C/1 is excused and is no case"
        ]
    );
}
