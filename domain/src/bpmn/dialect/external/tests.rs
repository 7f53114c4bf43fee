use super::super::super::read::read_text;
use super::super::super::resolve::resolve;
use super::super::super::tests::{file, rules};
use super::*;
use crate::bpmn::{Kind, Process};

fn process(text: &str) -> Process {
    resolve(&read_text(text).unwrap(), "p").unwrap_or_else(|problems| panic!("{problems:?}"))
}

fn shown(text: Option<&Text>) -> &str {
    match text {
        Some(Text::Literal(text)) => text,
        Some(Text::Expr(expr)) => expr.source(),
        None => "-",
    }
}

/// The work of the first element, as `type retries backoff timeout priority | headers | inputs`.
fn said(content: &str) -> String {
    let process = process(&file("", content));
    let Kind::Work(work) = &process.elements[0].kind else {
        panic!("no work: {:?}", process.elements[0].kind);
    };
    let headers: Vec<String> = work
        .headers
        .iter()
        .map(|(name, value)| format!("{name}={value}"))
        .collect();
    let inputs: Vec<String> = work
        .inputs
        .iter()
        .map(|input| format!("{}={}", input.field, input.value.source()))
        .collect();
    format!(
        "{} {} {} {} {} | {} | {}",
        shown(Some(&work.kind)),
        shown(work.retries.as_ref()),
        shown(work.backoff.as_ref()),
        shown(work.timeout.as_ref()),
        shown(work.priority.as_ref()),
        headers.join(" "),
        inputs.join(" ")
    )
}

fn in_task(tag: &str, extensions: &str) -> String {
    format!("<{tag} id='w'><extensionElements>{extensions}</extensionElements></{tag}>")
}

fn problems(content: &str) -> Vec<String> {
    let draft = read_text(&file("", content)).unwrap();
    let problems = resolve(&draft, "p").unwrap_err();
    rules(&problems).iter().map(ToString::to_string).collect()
}

#[test]
fn our_own_words_say_what_work_is() {
    let ours = "<wf:work type='pay' retries='5' backoff='PT10S' timeout='PT2M' priority='70'>
          <wf:header name='region' value='eu'/></wf:work>
        <wf:input field='sum' value='a + b'/>";
    for tag in ["serviceTask", "sendTask", "businessRuleTask", "scriptTask"] {
        assert_eq!(
            said(&in_task(tag, ours)),
            "pay 5 PT10S PT2M 70 | region=eu | sum=a + b"
        );
    }
    let computed = "<wf:work type='=\"pay-\" + country' retries='${tries}'/>";
    assert_eq!(
        said(&in_task("serviceTask", computed)),
        "=\"pay-\" + country ${tries} - - - |  | "
    );
}

#[test]
fn vendors_say_it_in_their_own() {
    let zeebe = "<zeebe:taskDefinition type='pay' retries='=tries'/>
        <zeebe:taskHeaders><zeebe:header key='region' value='eu'/></zeebe:taskHeaders>
        <zeebe:ioMapping><zeebe:input source='=amount' target='sum'/><zeebe:output source='=paid' target='done'/></zeebe:ioMapping>";
    assert_eq!(
        said(&in_task("serviceTask", zeebe)),
        "pay =tries - - - | region=eu | sum==amount"
    );
    let camunda = "<serviceTask id='w' camunda:type='external' camunda:topic='pay' camunda:taskPriority='9'><extensionElements>
          <camunda:properties><camunda:property name='region' value='eu'/></camunda:properties>
          <camunda:inputOutput><camunda:inputParameter name='sum'>${amount}</camunda:inputParameter></camunda:inputOutput>
          <camunda:failedJobRetryTimeCycle>R4/PT10M</camunda:failedJobRetryTimeCycle>
        </extensionElements></serviceTask>";
    assert_eq!(said(camunda), "pay 4 PT10M - 9 | region=eu | sum=${amount}");
    let flowable =
        "<serviceTask id='w' flowable:type='external-worker' flowable:topic='${topic}'/>";
    assert_eq!(said(flowable), "${topic} - - - - |  | ");
}

#[test]
fn an_event_that_sends_a_message_may_leave_that_to_a_worker() {
    let zeebe = "<intermediateThrowEvent id='w'><extensionElements><zeebe:taskDefinition type='mail'/></extensionElements>
        <messageEventDefinition/></intermediateThrowEvent>";
    assert_eq!(said(zeebe), "mail - - - - |  | ");
    let camunda = "<endEvent id='w'><messageEventDefinition camunda:type='external' camunda:topic='mail'/></endEvent>";
    assert_eq!(said(camunda), "mail - - - - |  | ");
}

#[test]
fn the_model_narrows_who_may_work_for_every_dialect() {
    for work in [
        "<wf:work type='pay'/>",
        "<zeebe:taskDefinition type='pay'/>",
    ] {
        let workers = "<wf:workers users='rob ${who}' groups='bots' roles='bank'/>";
        let process = process(&file(
            "",
            &in_task("serviceTask", &format!("{work}{workers}")),
        ));
        let Kind::Work(work) = &process.elements[0].kind else {
            panic!("no work");
        };
        assert_eq!(work.workers.as_ref().map(Vec::len), Some(4));
    }
}

#[test]
fn assignments_go_before_work() {
    let both = "<wf:set field='a' value='1'/><zeebe:taskDefinition type='pay'/>";
    let process = process(&file("", &in_task("serviceTask", both)));
    assert!(matches!(process.elements[0].kind, Kind::Assign(_)));
}

#[test]
fn what_is_wrong_is_named() {
    let cases = [
        ("<wf:work/>", "3 w no-name"),
        ("<wf:work type='pay' retries='0'/>", "3 w bad-retries"),
        ("<wf:work type='pay' retries='many'/>", "3 w bad-retries"),
        ("<wf:work type='pay' backoff='soon'/>", "3 w bad-timer"),
        ("<wf:work type='pay' timeout='P1M'/>", "3 w bad-timer"),
        ("<wf:work type='pay' priority='101'/>", "3 w bad-priority"),
        ("<wf:work type='pay' topic='x'/>", "3 w unknown-extension"),
        ("<wf:work type='=1 +'/>", "3 w bad-expression"),
        (
            "<wf:work type='pay'><wf:header name='a'/></wf:work>",
            "3 w no-name",
        ),
        ("<wf:header name='a' value='b'/>", "3 w misplaced-extension"),
        ("<zeebe:taskDefinition/>", "3 w no-name"),
        (
            "<zeebe:taskDefinition type='pay' retries='-1'/>",
            "3 w bad-retries",
        ),
    ];
    for (extensions, expected) in cases {
        let found = problems(&in_task("serviceTask", extensions));
        assert_eq!(found, [expected], "{extensions}");
    }
    let person = problems(&in_task("userTask", "<wf:work type='pay'/>"));
    assert_eq!(person, ["3 w misplaced-extension"]);
    let no_topic = problems("<serviceTask id='w' camunda:type='external'/>");
    assert_eq!(no_topic, ["3 w no-implementation"]);
    let behind = problems(
        "<endEvent id='w'><extensionElements><zeebe:taskDefinition type='mail'/></extensionElements><messageEventDefinition/></endEvent><task id='t'/><sequenceFlow id='f' sourceRef='w' targetRef='t'/>",
    );
    assert_eq!(behind, ["3 f bad-flow"]);
}
