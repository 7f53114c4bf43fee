use super::super::super::{Throw, Trigger};
use super::super::*;
use super::{at, problems, process};

const HANDLED: &str = "<task id='a'/><task id='undo' isForCompensation='true'/>
    <boundaryEvent id='b' attachedToRef='a'><compensateEventDefinition/></boundaryEvent>";

#[test]
fn a_handler_is_found_by_its_association_and_begins_nothing() {
    for association in [
        "<association sourceRef='b' targetRef='undo'/>",
        "<association sourceRef='x:undo' targetRef=' b '/>",
    ] {
        let process = process(&format!("{HANDLED}{association}"));
        let undo = process.by_id["undo"];
        assert_eq!(at(&process, "a").compensation, Some(undo));
        assert!(at(&process, "undo").for_compensation);
        assert_eq!(process.plain_starts(None), [process.by_id["a"]]);
        assert!(matches!(
            at(&process, "b").kind,
            Kind::Boundary {
                trigger: Trigger::Compensation,
                ..
            }
        ));
    }
}

#[test]
fn compensation_is_thrown_on_the_way_and_at_the_end_and_waited_for_unless_told_otherwise() {
    let process = process(
        "<task id='a'/>
        <intermediateThrowEvent id='t'><compensateEventDefinition activityRef='a' waitForCompletion='false'/></intermediateThrowEvent>
        <subProcess id='s'><startEvent id='i'/><subProcess id='h' triggeredByEvent='true'><startEvent id='w'><compensateEventDefinition/></startEvent>
          <intermediateThrowEvent id='own'><compensateEventDefinition activityRef='s'/></intermediateThrowEvent>
        </subProcess></subProcess>
        <endEvent id='e'><compensateEventDefinition/></endEvent>",
    );
    let a = process.by_id["a"];
    assert!(matches!(
        at(&process, "t").kind,
        Kind::Throw(Throw::Compensate { activity: Some(at), wait: false }) if at == a
    ));
    assert!(matches!(
        at(&process, "e").kind,
        Kind::End(Throw::Compensate {
            activity: None,
            wait: true
        })
    ));
    assert!(matches!(
        at(&process, "w").kind,
        Kind::EventStart {
            trigger: Trigger::Compensation,
            ..
        }
    ));
}

#[test]
fn what_compensates_stands_apart_from_the_flow() {
    for (model, found) in [
        (HANDLED.to_owned(), "4 b bad-compensation"),
        (
            format!("{HANDLED}<association sourceRef='b' targetRef='a'/>"),
            "4 b bad-compensation",
        ),
        (
            format!(
                "{HANDLED}<association sourceRef='b' targetRef='undo'/><sequenceFlow id='f' sourceRef='a' targetRef='undo'/>"
            ),
            "4 f bad-flow",
        ),
        (
            format!(
                "{HANDLED}<association sourceRef='b' targetRef='undo'/><task id='z'/><sequenceFlow id='f' sourceRef='b' targetRef='z'/>"
            ),
            "4 f bad-flow",
        ),
        (
            "<task/><endEvent id='e'><compensateEventDefinition activityRef='gone'/></endEvent>"
                .to_owned(),
            "3 e unknown-reference",
        ),
        (
            "<subProcess><task id='in'/></subProcess><endEvent id='e'><compensateEventDefinition activityRef='in'/></endEvent>"
                .to_owned(),
            "3 e bad-compensation",
        ),
    ] {
        assert_eq!(problems(&model), [found], "{model}");
    }
}

#[test]
fn a_transaction_is_cancelled_from_inside_and_left_at_its_border() {
    let stop = "<endEvent id='e'><cancelEventDefinition/></endEvent>";
    let border = "<boundaryEvent id='b' attachedToRef='x'><cancelEventDefinition/></boundaryEvent>";
    let model = process(&format!(
        "<transaction id='x'><startEvent/><subProcess><startEvent/>{stop}</subProcess></transaction>{border}"
    ));
    assert!(matches!(at(&model, "x").kind, Kind::Transaction));
    assert!(matches!(at(&model, "e").kind, Kind::End(Throw::Cancel)));
    for (model, found) in [
        (format!("<task/>{stop}"), "3 e bad-cancel"),
        (
            format!("<transaction id='x'><startEvent/>{stop}</transaction>"),
            "3 e bad-cancel",
        ),
        (
            format!("<subProcess id='x'><startEvent/></subProcess>{border}"),
            "3 b bad-cancel",
        ),
    ] {
        assert_eq!(problems(&model), [found], "{model}");
    }
}
