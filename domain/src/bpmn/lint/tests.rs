use super::super::Severity;
use super::super::read::{read, read_text};
use super::super::tests::{draft, file, rules};
use super::*;

mod fields;
mod loops;
mod people;

fn found(process: &str) -> Vec<String> {
    rules(&findings(&draft(process), "p"))
}

#[test]
fn a_right_model_has_no_findings() {
    let files = [
        include_str!("../../../../api/demo/vacation.bpmn"),
        include_str!("../../../../api/demo/expense.bpmn"),
        include_str!("../../../../api/demo/onboarding.bpmn"),
    ];
    for file in files {
        let draft = read(file.as_bytes()).unwrap();
        for process in draft.processes() {
            assert_eq!(findings(&draft, &process.key), []);
        }
    }
}

#[test]
fn a_draft_that_is_not_executable_resolves_and_is_not_published() {
    for mark in ["", "isExecutable='false'", "isExecutable='perhaps'"] {
        let text = file("", "<task id='t'/>").replace("isExecutable=\"true\"", mark);
        let draft = read_text(&text).unwrap();
        assert_eq!(rules(&findings(&draft, "p")), ["2 p not-executable"]);
        assert!(resolve::resolve(&draft, "p").is_ok());
    }
}

#[test]
fn what_no_token_comes_to_is_named() {
    let found = found(
        "<startEvent id='s'/><sequenceFlow sourceRef='s' targetRef='a'/>
        <manualTask id='a'/>
        <manualTask id='island'/><sequenceFlow sourceRef='island' targetRef='ring'/>
        <subProcess id='ring'><manualTask id='inside'/></subProcess>",
    );
    assert_eq!(
        found,
        [
            "5 island unreachable",
            "6 ring unreachable",
            "6 inside unreachable"
        ]
    );
}

#[test]
fn several_starts_and_boundaries_all_lead_on() {
    let process = "<startEvent id='s'/><startEvent id='t'><timerEventDefinition><timeCycle>R/P1D</timeCycle></timerEventDefinition></startEvent>
        <subProcess id='sub'><userTask id='u' camunda:assignee='ann'/></subProcess>
        <boundaryEvent id='b' attachedToRef='sub'><timerEventDefinition><timeDuration>P1D</timeDuration></timerEventDefinition></boundaryEvent>
        <manualTask id='late'/><manualTask id='daily'/>
        <sequenceFlow sourceRef='s' targetRef='sub'/><sequenceFlow sourceRef='b' targetRef='late'/><sequenceFlow sourceRef='t' targetRef='daily'/>";
    assert_eq!(found(process), Vec::<String>::new());
}

#[test]
fn a_link_leads_on() {
    let process = |name: &str| {
        found(&format!(
            "<startEvent id='s'/><sequenceFlow sourceRef='s' targetRef='here'/>
            <intermediateThrowEvent id='here'><linkEventDefinition name='A'/></intermediateThrowEvent>
            <intermediateCatchEvent id='there'><linkEventDefinition name='A'/></intermediateCatchEvent>
            <intermediateCatchEvent id='other'><linkEventDefinition name='{name}'/></intermediateCatchEvent>"
        ))
    };
    assert_eq!(process("B"), ["6 other unreachable"]);
}

#[test]
fn gateways_without_a_way_out_are_named() {
    let gateway = |default: &str, first: &str, second: &str| {
        found(&format!(
            "<startEvent id='s'/><sequenceFlow sourceRef='s' targetRef='g'/>
            <exclusiveGateway id='g' {default}/><endEvent id='a'/><endEvent id='b'/>
            <sequenceFlow id='one' sourceRef='g' targetRef='a'>{first}</sequenceFlow>
            <sequenceFlow id='two' sourceRef='g' targetRef='b'>{second}</sequenceFlow>"
        ))
    };
    let condition = "<conditionExpression>${ok}</conditionExpression>";
    assert_eq!(gateway("", condition, condition), ["4 g no-default"]);
    assert_eq!(gateway("", condition, ""), ["4 g no-condition"]);
    assert_eq!(
        gateway("default='one'", condition, ""),
        ["4 g no-condition"]
    );
    assert_eq!(
        gateway("default='two'", condition, condition),
        Vec::<String>::new()
    );
    assert_eq!(
        gateway("default='two'", condition, ""),
        Vec::<String>::new()
    );
}

#[test]
fn an_inclusive_gateway_asks_for_a_default_and_allows_a_way_that_is_always_taken() {
    let gateway = |default: &str, second: &str| {
        found(&format!(
            "<startEvent id='s'/><sequenceFlow sourceRef='s' targetRef='g'/>
            <inclusiveGateway id='g' {default}/><endEvent id='a'/><endEvent id='b'/>
            <sequenceFlow id='one' sourceRef='g' targetRef='a'><conditionExpression>${{ok}}</conditionExpression></sequenceFlow>
            <sequenceFlow id='two' sourceRef='g' targetRef='b'>{second}</sequenceFlow>"
        ))
    };
    let condition = "<conditionExpression>${ok}</conditionExpression>";
    assert_eq!(gateway("", condition), ["4 g no-default"]);
    assert_eq!(gateway("", ""), Vec::<String>::new());
    assert_eq!(gateway("default='two'", condition), Vec::<String>::new());
}

#[test]
fn what_nobody_can_take_is_named() {
    assert_eq!(found("<userTask id='u'/>"), ["3 u nobody"]);
    assert_eq!(
        found(
            "<userTask id='u'><extensionElements><wf:assignment candidateRoles='clerk'/></extensionElements></userTask>"
        ),
        Vec::<String>::new()
    );
}

#[test]
fn borders_that_never_fire_are_named() {
    let with = |host: &str, definition: &str| {
        let roots = "<error id='e' errorCode='E'/><error id='f' errorCode='F'/><escalation id='s' escalationCode='S'/>";
        let process =
            format!("{host}\n<boundaryEvent id='b' attachedToRef='h'>{definition}</boundaryEvent>");
        rules(&findings(&read_text(&file(roots, &process)).unwrap(), "p"))
    };
    let timer = "<timerEventDefinition><timeDuration>P1D</timeDuration></timerEventDefinition>";
    let error = "<errorEventDefinition errorRef='e'/>";
    let any = "<errorEventDefinition/>";
    let dead = ["4 b dead-boundary"];
    let throwing = "<subProcess id='h'><subProcess id='i'><endEvent id='x'><errorEventDefinition errorRef='e'/></endEvent></subProcess></subProcess>";
    let other = "<subProcess id='h'><endEvent id='x'><errorEventDefinition errorRef='f'/></endEvent></subProcess>";
    assert_eq!(with("<manualTask id='h'/>", timer), dead);
    assert_eq!(
        with("<userTask id='h' camunda:assignee='ann'/>", timer),
        Vec::<String>::new()
    );
    assert_eq!(with("<userTask id='h' camunda:assignee='ann'/>", any), dead);
    assert_eq!(with(throwing, error), Vec::<String>::new());
    assert_eq!(with(throwing, any), Vec::<String>::new());
    assert_eq!(with(other, error), dead);
    let escalation = "<escalationEventDefinition escalationRef='s'/>";
    let telling = "<subProcess id='h'><intermediateThrowEvent id='x'><escalationEventDefinition escalationRef='s'/></intermediateThrowEvent></subProcess>";
    assert_eq!(with(telling, escalation), Vec::<String>::new());
    assert_eq!(with(telling, any), dead);
    assert_eq!(with(other, escalation), dead);
}

#[test]
fn an_event_sub_process_is_reached_and_one_that_catches_nothing_is_named() {
    let process = |throw: &str| {
        let roots = "<error id='e' errorCode='E'/><error id='f' errorCode='F'/>";
        let text = file(
            roots,
            &format!(
                "<startEvent id='s'/><sequenceFlow sourceRef='s' targetRef='x'/><endEvent id='x'><errorEventDefinition errorRef='{throw}'/></endEvent>
                <subProcess id='h' triggeredByEvent='true'><startEvent id='u'><errorEventDefinition errorRef='e'/></startEvent><sequenceFlow sourceRef='u' targetRef='t'/><manualTask id='t'/></subProcess>"
            ),
        );
        rules(&findings(&read_text(&text).unwrap(), "p"))
    };
    assert_eq!(process("e"), Vec::<String>::new());
    assert_eq!(process("f"), ["4 h dead-event-sub-process"]);
}

#[test]
fn findings_come_in_order_of_place() {
    let found = found(
        "<userTask id='a'/>
        <startEvent id='b'><compensateEventDefinition/></startEvent>
        <serviceTask id='c'/>
        <sequenceFlow sourceRef='a' targetRef='nowhere'/>",
    );
    // Lints ask for a resolved process, so `a` is not judged yet.
    assert_eq!(
        found,
        [
            "4 b not-supported",
            "5 c does-nothing",
            "6 - unknown-reference"
        ]
    );
}

#[test]
fn no_number_of_warnings_hides_an_error() {
    let process =
        "<serviceTask/>".repeat(2_000) + "<startEvent id='i'><cancelEventDefinition/></startEvent>";
    let draft = draft(&process);
    assert_eq!(resolve::resolve(&draft, "p").unwrap_err().len(), 1);
    let found = findings(&draft, "p");
    assert_eq!(found.len(), 501);
    assert_eq!(found[500].severity, Severity::Error);
}

#[test]
fn what_is_left_out_is_named() {
    let found = found(
        "<userTask id='u' camunda:assignee='ann'><extensionElements><camunda:taskListener event='create'/></extensionElements></userTask>
        <serviceTask id='s'><extensionElements><zeebe:executionListeners/><wf:set field='c' value='1'/></extensionElements></serviceTask>
        <flowNode id='f'/>
        <parallelGateway id='g'/><sequenceFlow id='gf' sourceRef='g' targetRef='s'><conditionExpression>a</conditionExpression></sequenceFlow>",
    );
    assert_eq!(
        found,
        [
            "3 u ignored-extension",
            "4 s ignored-extension",
            "5 p unknown-element",
            "6 g ignored-condition"
        ]
    );
}
