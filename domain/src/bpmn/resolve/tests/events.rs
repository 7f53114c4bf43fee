use super::super::super::read::read_text;
use super::super::super::tests::file;
use super::super::super::{Throw, Trigger};
use super::super::*;
use super::{at, process};

#[test]
fn escalations_are_thrown_on_the_way_and_at_the_end_and_caught_at_borders() {
    let text = file(
        "<escalation id='e1' escalationCode='E-1' name='n'/><escalation id='e2' name='only a name'/>",
        "<subProcess id='sub'><intermediateThrowEvent id='t'><escalationEventDefinition escalationRef='e1'/></intermediateThrowEvent>
        <endEvent id='x'><escalationEventDefinition escalationRef='e2'/></endEvent></subProcess>
        <boundaryEvent id='b1' attachedToRef='sub' cancelActivity='false'><escalationEventDefinition escalationRef='e1'/></boundaryEvent>
        <boundaryEvent id='b2' attachedToRef='sub'><escalationEventDefinition/></boundaryEvent>",
    );
    let process = resolve(&read_text(&text).unwrap(), "p").unwrap();
    let kind = |id: &str| &at(&process, id).kind;
    assert!(matches!(kind("t"), Kind::Throw(Throw::Escalation(code)) if &**code == "E-1"));
    assert!(matches!(kind("x"), Kind::End(Throw::Escalation(code)) if &**code == "only a name"));
    assert!(
        matches!(kind("b1"), Kind::Boundary { interrupting: false, trigger: Trigger::Escalation(Some(code)), .. } if &**code == "E-1")
    );
    assert!(matches!(
        kind("b2"),
        Kind::Boundary {
            interrupting: true,
            trigger: Trigger::Escalation(None),
            ..
        }
    ));
}

#[test]
fn an_event_sub_process_begins_with_its_one_start_event() {
    let process = process(
        "<task id='t'/><subProcess id='s' triggeredByEvent='true'><startEvent id='late' isInterrupting='false'><timerEventDefinition><timeDuration>P1D</timeDuration></timerEventDefinition></startEvent></subProcess>
        <subProcess id='f' triggeredByEvent='true'><startEvent id='fault'><errorEventDefinition/></startEvent></subProcess>",
    );
    assert!(matches!(at(&process, "s").kind, Kind::EventSubProcess));
    assert!(matches!(
        at(&process, "late").kind,
        Kind::EventStart {
            interrupting: false,
            trigger: Trigger::Timer(_)
        }
    ));
    assert!(matches!(
        at(&process, "fault").kind,
        Kind::EventStart {
            interrupting: true,
            trigger: Trigger::Error(None)
        }
    ));
    let starts: Vec<_> = process.handlers(None).collect();
    assert_eq!(starts, [process.by_id["late"], process.by_id["fault"]]);
    assert_eq!(process.plain_starts(None), [process.by_id["t"]]);
}

#[test]
fn links_are_paired_by_name_within_their_scope() {
    let process = process(
        "<startEvent id='s'/><intermediateThrowEvent id='here'><linkEventDefinition name='A'/></intermediateThrowEvent>
        <intermediateThrowEvent id='named' name='A'><linkEventDefinition name=''/></intermediateThrowEvent>
        <subProcess id='sub'><task id='t'/><intermediateThrowEvent id='inner'><linkEventDefinition name='A'/></intermediateThrowEvent>
        <intermediateCatchEvent id='inside'><linkEventDefinition name='A'/></intermediateCatchEvent></subProcess>
        <intermediateCatchEvent id='there'><linkEventDefinition name='A'/></intermediateCatchEvent>",
    );
    for (source, target) in [("here", "there"), ("named", "there"), ("inner", "inside")] {
        let target = process.by_id[target];
        let kind = &at(&process, source).kind;
        assert!(
            matches!(kind, Kind::LinkSource(to) if *to == target),
            "{source}: {kind:?}"
        );
    }
    assert!(matches!(at(&process, "there").kind, Kind::LinkTarget));
}

#[test]
fn conditions_are_waited_for_on_the_flow_at_borders_and_before_event_sub_processes() {
    let definition = "<conditionalEventDefinition><condition>${amount &gt; 5}</condition></conditionalEventDefinition>";
    let process = process(&format!(
        "<userTask id='t'/><intermediateCatchEvent id='c'>{definition}</intermediateCatchEvent>
        <boundaryEvent id='b' attachedToRef='t' cancelActivity='false'>{definition}</boundaryEvent>
        <subProcess id='s' triggeredByEvent='true'><startEvent id='w'>{definition}</startEvent></subProcess>"
    ));
    let kind = |id: &str| &at(&process, id).kind;
    assert!(matches!(kind("c"), Kind::Catch(Trigger::Condition(_))));
    assert!(matches!(
        kind("b"),
        Kind::Boundary {
            interrupting: false,
            trigger: Trigger::Condition(_),
            ..
        }
    ));
    assert!(matches!(
        kind("w"),
        Kind::EventStart {
            interrupting: true,
            trigger: Trigger::Condition(_)
        }
    ));
}
