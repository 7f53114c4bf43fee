use super::super::read::read_text;
use super::super::tests::{draft, file, rules};
use super::super::{MessageWait, Text, Throw, Timer, Trigger};
use super::*;

mod compensation;
mod events;
mod repeats;
mod structure;

fn process(process: &str) -> Process {
    resolve(&draft(process), "p").unwrap_or_else(|problems| panic!("{problems:?}"))
}

fn problems(process: &str) -> Vec<String> {
    resolve(&draft(process), "p").map_or_else(|problems| rules(&problems), |_| Vec::new())
}

fn at<'a>(process: &'a Process, id: &str) -> &'a Element {
    process.element(process.by_id[id])
}

#[test]
fn elements_are_dense_and_parents_come_first() {
    let process = process(
        "<startEvent id='s'/>
        <subProcess id='sub'><startEvent id='inner'/><subProcess id='deep'><task id='t'/></subProcess></subProcess>
        <endEvent id='e'/>
        <sequenceFlow sourceRef='s' targetRef='sub'/>",
    );
    let ids: Vec<_> = process
        .elements
        .iter()
        .map(|element| &*element.id)
        .collect();
    assert_eq!(ids, ["s", "sub", "inner", "deep", "t", "e"]);
    for (ix, element) in process.elements.iter().enumerate() {
        assert_eq!(process.by_id[&element.id], ElementIx(ix as u32));
        assert!(element.parent.is_none_or(|parent| parent.0 < ix as u32));
    }
    assert_eq!(at(&process, "t").parent, Some(process.by_id["deep"]));
    assert_eq!(process.plain_starts(None), [process.by_id["s"]]);
}

#[test]
fn only_the_flows_say_what_comes_in_and_goes_out() {
    let process = process(
        "<startEvent id='s'><outgoing>lie</outgoing></startEvent>
        <task id='t'><incoming>lie</incoming><outgoing>f2</outgoing></task>
        <sequenceFlow id='f1' sourceRef='s' targetRef='t'/>",
    );
    assert_eq!(at(&process, "t").incoming.len(), 1);
    assert_eq!(at(&process, "t").outgoing.len(), 0);
    assert_eq!(process.flows[0].id.as_deref(), Some("f1"));
}

#[test]
fn every_event_of_daily_use_is_understood() {
    let text = file(
        "<message id='m' name='Paid'><extensionElements><zeebe:subscription correlationKey='=order'/></extensionElements></message>
        <message id='unnamed'/><error id='e1' errorCode='E-1' name='n'/><error id='e2' name='only a name'/><error id='e3'/>
        <timerEventDefinition id='shared'><timeDate>2026-03-01</timeDate></timerEventDefinition>",
        "<startEvent id='s'/><startEvent id='st'><timerEventDefinition><timeCycle>R/PT1H</timeCycle></timerEventDefinition></startEvent>
        <startEvent id='sm'><messageEventDefinition messageRef='m'/></startEvent>
        <intermediateCatchEvent id='ct'><timerEventDefinition><timeDuration>${wait}</timeDuration></timerEventDefinition></intermediateCatchEvent>
        <intermediateCatchEvent id='cs'><eventDefinitionRef>shared</eventDefinitionRef></intermediateCatchEvent>
        <intermediateCatchEvent id='cm'><messageEventDefinition messageRef='unnamed'/></intermediateCatchEvent>
        <intermediateThrowEvent id='t'/><receiveTask id='r' messageRef='m'/>
        <subProcess id='sub'><endEvent id='x1'><errorEventDefinition errorRef='e1'/></endEvent><endEvent id='x2'><errorEventDefinition errorRef='e2'/></endEvent><endEvent id='x3'><errorEventDefinition errorRef='e3'/></endEvent></subProcess>
        <boundaryEvent id='b1' attachedToRef='sub' cancelActivity='false'><timerEventDefinition><timeDuration>P1D</timeDuration></timerEventDefinition></boundaryEvent>
        <boundaryEvent id='b2' attachedToRef='sub'><errorEventDefinition errorRef='e1'/></boundaryEvent>
        <boundaryEvent id='b3' attachedToRef='sub' cancelActivity='true'><errorEventDefinition/></boundaryEvent>
        <endEvent id='e'/><endEvent id='et'><terminateEventDefinition/></endEvent>",
    );
    let process = resolve(&read_text(&text).unwrap(), "p").unwrap();
    let kind = |id: &str| &at(&process, id).kind;
    assert!(matches!(kind("s"), Kind::Start(Trigger::None)));
    assert!(
        matches!(kind("st"), Kind::Start(Trigger::Timer(Timer::Cycle(Text::Literal(text)))) if &**text == "R/PT1H")
    );
    assert!(matches!(
        kind("sm"),
        Kind::Start(Trigger::Message(MessageWait { name, correlation: Some(_) })) if &**name == "Paid"
    ));
    assert!(matches!(
        kind("ct"),
        Kind::Catch(Trigger::Timer(Timer::Duration(Text::Expr(_))))
    ));
    assert!(matches!(
        kind("cs"),
        Kind::Catch(Trigger::Timer(Timer::Date(Text::Literal(_))))
    ));
    assert!(matches!(
        kind("cm"),
        Kind::Catch(Trigger::Message(MessageWait { name, correlation: None })) if &**name == "unnamed"
    ));
    assert!(matches!(kind("t"), Kind::Throw(Throw::None)));
    assert!(matches!(kind("r"), Kind::Receive(_)));
    for (id, expected) in [("x1", "E-1"), ("x2", "only a name"), ("x3", "e3")] {
        assert!(
            matches!(kind(id), Kind::End(Throw::Error(code)) if &**code == expected),
            "{id}"
        );
    }
    assert!(matches!(
        kind("b1"),
        Kind::Boundary {
            interrupting: false,
            trigger: Trigger::Timer(_),
            ..
        }
    ));
    assert!(
        matches!(kind("b2"), Kind::Boundary { interrupting: true, trigger: Trigger::Error(Some(code)), .. } if &**code == "E-1")
    );
    assert!(matches!(
        kind("b3"),
        Kind::Boundary {
            interrupting: true,
            trigger: Trigger::Error(None),
            ..
        }
    ));
    assert!(matches!(kind("et"), Kind::End(Throw::Terminate)));
    assert_eq!(at(&process, "sub").boundaries.len(), 3);
}

#[test]
fn conditions_and_defaults_belong_to_their_flows() {
    let process = process(
        "<exclusiveGateway id='g' default='m:two'/><task id='a' default='three'/><task id='b'/>
        <sequenceFlow id='one' sourceRef='g' targetRef='a'><conditionExpression><![CDATA[${amount > 5 && kind == \"x\"}]]></conditionExpression></sequenceFlow>
        <sequenceFlow id='two' sourceRef='g' targetRef='b'><conditionExpression>  </conditionExpression></sequenceFlow>
        <sequenceFlow id='three' sourceRef='a' targetRef='b'/>",
    );
    let gateway = at(&process, "g");
    assert!(process.flow(gateway.outgoing[0]).condition.is_some());
    assert!(process.flow(gateway.outgoing[1]).condition.is_none());
    assert_eq!(gateway.default, Some(gateway.outgoing[1]));
    assert!(at(&process, "a").default.is_some());
}

#[test]
fn work_is_done_by_our_expressions_or_passed_through() {
    let process = process(
        "<serviceTask id='set'><extensionElements><wf:set field='total' value='=a + b'/><wf:set field='x' value='1'/></extensionElements></serviceTask>
        <scriptTask id='script' camunda:resultVariable='r'><script>return a + 1;</script></scriptTask>
        <scriptTask id='zeebe'><extensionElements><zeebe:script expression='=a + 1' resultVariable='r'/></extensionElements></scriptTask>
        <serviceTask id='call' camunda:expression='${a + 1}' camunda:resultVariable='r'/>
        <scriptTask id='word'><script>DO_SOMETHING</script></scriptTask>
        <serviceTask id='empty' implementation='##WebService'/><sendTask id='send'/><businessRuleTask id='rule' implementation='##unspecified'/>
        <manualTask id='manual'/><task id='none'/><subProcess id='hollow'/>",
    );
    let assigned = |id: &str| match &at(&process, id).kind {
        Kind::Assign(assignments) => assignments
            .iter()
            .map(|one| one.field.to_string())
            .collect(),
        _ => Vec::new(),
    };
    assert_eq!(assigned("set"), ["total", "x"]);
    for id in ["script", "zeebe", "call"] {
        assert_eq!(assigned(id), ["r"], "{id}");
    }
    for id in ["word", "empty", "send", "rule", "manual", "none", "hollow"] {
        assert!(matches!(at(&process, id).kind, Kind::PassThrough), "{id}");
    }
}

#[test]
fn every_problem_is_named_and_not_only_the_first() {
    assert_eq!(
        problems(
            "<startEvent id='s'/>
            <userTask id='u' camunda:dueDate='soon' camunda:priority='high'/>
            <userTask id='u'/>
            <boundaryEvent id='b' attachedToRef='gone'><timerEventDefinition><timeDuration>1 day</timeDuration></timerEventDefinition></boundaryEvent>
            <exclusiveGateway id='g' default='nope'/>
            <sequenceFlow id='f' sourceRef='s' targetRef='x'>
              <conditionExpression>a +</conditionExpression>
            </sequenceFlow>
            <startEvent id='i'><cancelEventDefinition/></startEvent>"
        ),
        [
            "4 u bad-date",
            "4 u bad-priority",
            "5 u duplicate-id",
            "6 b unknown-reference",
            "6 b bad-timer",
            "7 g unknown-reference",
            "8 f unknown-reference",
            "9 f bad-expression",
            "11 i not-supported",
        ]
    );
}

#[test]
fn each_broken_model_has_its_problem() {
    let catch =
        |inside: &str| format!("<intermediateCatchEvent id='c'>{inside}</intermediateCatchEvent>");
    let timer = |inside: &str| {
        catch(&format!(
            "<timerEventDefinition>{inside}</timerEventDefinition>"
        ))
    };
    let flow =
        |from: &str, to: &str| format!("<sequenceFlow sourceRef='{from}' targetRef='{to}'/>");
    let extended = |tag: &str, inside: &str| {
        format!("<{tag} id='x'><extensionElements>{inside}</extensionElements></{tag}>")
    };
    let cases: Vec<(String, &[&str])> = vec![
        (String::new(), &["2 p no-start"]),
        (format!("<task id='a'/><task id='b'/>{}{}", flow("a", "b"), flow("b", "a")), &["2 p no-start"]),
        (format!("<subProcess id='s'><task id='a'/>{}</subProcess>", flow("a", "a")), &["3 s no-start"]),
        ("<task id='a'/><sequenceFlow id='f' sourceRef='a'/>".into(), &["3 f no-reference"]),
        (format!("<task id='a'/><subProcess id='s'><task id='b'/></subProcess>{}", flow("a", "b")), &["3 - crosses-scope"]),
        (format!("<startEvent id='s'/><task id='a'/>{}", flow("a", "s")), &["3 - bad-flow"]),
        (format!("<endEvent id='e'/><task id='a'/>{}{}", flow("a", "e"), flow("e", "a")), &["2 p no-start", "3 - bad-flow"]),
        ("<task id='a'/><boundaryEvent id='b'><errorEventDefinition/></boundaryEvent>".into(), &["3 b bad-boundary"]),
        ("<endEvent id='a'/><boundaryEvent id='b' attachedToRef='a'><errorEventDefinition/></boundaryEvent>".into(), &["3 b bad-boundary"]),
        ("<subProcess id='a'><task id='c'/></subProcess><boundaryEvent id='b' attachedToRef='c'><errorEventDefinition/></boundaryEvent>".into(), &["3 b bad-boundary"]),
        ("<task id='a'/><boundaryEvent id='b' attachedToRef='a' cancelActivity='false'><errorEventDefinition/></boundaryEvent>".into(), &["3 b bad-boundary"]),
        ("<task id='a'/><boundaryEvent id='b' attachedToRef='a'/>".into(), &["3 b not-supported"]),
        (catch(""), &["3 c not-supported"]),
        (catch("<messageEventDefinition/>"), &["3 c no-message"]),
        (catch("<messageEventDefinition messageRef='m'/>"), &["3 c unknown-reference"]),
        (catch("<eventDefinitionRef>d</eventDefinitionRef>"), &["3 c unknown-reference"]),
        (catch("<signalEventDefinition/>"), &["3 c no-signal"]),
        (timer(""), &["3 c bad-timer"]),
        (timer("<timeDuration/>"), &["3 c bad-timer"]),
        (timer("<timeDuration>-P1D</timeDuration>"), &["3 c bad-timer"]),
        (timer("<timeDate>next monday</timeDate>"), &["3 c bad-timer"]),
        (timer("<timeCycle>0 0 9-25 * * MON-FRI</timeCycle>"), &["3 c bad-timer"]),
        (timer("<timeDuration>P${days}D</timeDuration>"), &["3 c bad-expression"]),
        (extended("userTask", "<wf:schedule due='P1D' calendar='lunar'/>"), &["3 x unknown-calendar"]),
        (extended("userTask", "<wf:timer calendar='working'/>"), &["3 x misplaced-extension"]),
        (timer("<timeDuration>${</timeDuration>"), &["3 c bad-expression"]),
        ("<endEvent id='e'><errorEventDefinition/></endEvent>".into(), &["3 e no-error"]),
        ("<endEvent id='e'><errorEventDefinition errorRef='x'/></endEvent>".into(), &["3 e unknown-reference"]),
        ("<endEvent id='e'><escalationEventDefinition/></endEvent>".into(), &["3 e no-escalation"]),
        ("<intermediateThrowEvent id='e'><escalationEventDefinition escalationRef='x'/></intermediateThrowEvent>".into(), &["3 e unknown-reference"]),
        (catch("<escalationEventDefinition/>"), &["3 c not-supported"]),
        ("<task id='t'/><subProcess id='s' triggeredByEvent='true'><task id='u'/></subProcess>".into(), &["3 s bad-event-sub-process"]),
        ("<task id='t'/><subProcess id='s' triggeredByEvent='true'><startEvent id='u'/></subProcess>".into(), &["3 u bad-event-sub-process"]),
        ("<task id='t'/><subProcess id='s' triggeredByEvent='true'><startEvent id='u'><errorEventDefinition/></startEvent><startEvent id='v'><errorEventDefinition/></startEvent></subProcess>".into(), &["3 s bad-event-sub-process"]),
        ("<task id='t'/><subProcess id='s' triggeredByEvent='true'><startEvent id='u' isInterrupting='false'><errorEventDefinition/></startEvent></subProcess>".into(), &["3 u bad-boundary"]),
        (format!("<task id='t'/><subProcess id='s' triggeredByEvent='true'><startEvent id='u'><errorEventDefinition/></startEvent></subProcess>{}", flow("t", "s")), &["3 - bad-flow"]),
        ("<task id='t'/><subProcess id='s' triggeredByEvent='true'><startEvent id='u'><errorEventDefinition/></startEvent></subProcess><boundaryEvent id='b' attachedToRef='s'><errorEventDefinition/></boundaryEvent>".into(), &["3 b bad-boundary"]),
        ("<subProcess id='s' triggeredByEvent='true'><startEvent id='u'><errorEventDefinition/></startEvent></subProcess>".into(), &["2 p no-start"]),
        ("<task id='t'><multiInstanceLoopCharacteristics/></task>".into(), &["3 t no-cardinality"]),
        ("<task id='t'><multiInstanceLoopCharacteristics><loopCardinality>a +</loopCardinality></multiInstanceLoopCharacteristics></task>".into(), &["3 t bad-expression"]),
        ("<task id='t'><multiInstanceLoopCharacteristics><extensionElements><wf:collection list='a'/></extensionElements></multiInstanceLoopCharacteristics></task>".into(), &["3 t no-cardinality", "3 t unknown-extension"]),
        (extended("task", "<wf:collection field='a'/>"), &["3 x misplaced-extension"]),
        ("<task id='t'><standardLoopCharacteristics/></task>".into(), &["3 t bad-loop"]),
        ("<task id='t'><standardLoopCharacteristics loopMaximum='-1'/></task>".into(), &["3 t bad-loop"]),
        ("<task id='t'><standardLoopCharacteristics loopMaximum='2'/><multiInstanceLoopCharacteristics/></task>".into(), &["3 t bad-loop"]),
        (catch("<conditionalEventDefinition/>"), &["3 c no-condition"]),
        (catch("<conditionalEventDefinition><condition>a +</condition></conditionalEventDefinition>"), &["3 c bad-expression"]),
        ("<receiveTask id='r'/>".into(), &["3 r no-message"]),
        ("<exclusiveGateway id='g' default='f'/><task id='a'/><task id='b'/><sequenceFlow id='f' sourceRef='a' targetRef='b'/>".into(), &["3 g bad-default"]),
        ("<eventBasedGateway id='g'/>".into(), &["3 g bad-gateway"]),
        (format!("<eventBasedGateway id='g'/><userTask id='u'/>{}", flow("g", "u")), &["3 - bad-gateway"]),
        ("<intermediateThrowEvent id='x'><linkEventDefinition/></intermediateThrowEvent>".into(), &["3 x bad-link"]),
        ("<intermediateThrowEvent id='x'><linkEventDefinition name='A'/></intermediateThrowEvent>".into(), &["3 x bad-link"]),
        ("<task id='t'/><intermediateCatchEvent id='x'><linkEventDefinition name='A'/></intermediateCatchEvent>
            <intermediateCatchEvent id='y'><linkEventDefinition name='A'/></intermediateCatchEvent>".into(), &["4 y bad-link"]),
        (format!("<task id='t'/><intermediateCatchEvent id='x'><linkEventDefinition name='A'/></intermediateCatchEvent>{}", flow("t", "x")), &["3 - bad-flow"]),
        (format!("<eventBasedGateway id='g'/><intermediateCatchEvent id='x'><linkEventDefinition name='A'/></intermediateCatchEvent>{}", flow("g", "x")), &["3 - bad-gateway", "3 - bad-flow"]),
        ("<serviceTask id='s' camunda:class='org.example.Pay'/>".into(), &["3 s no-implementation"]),
        ("<serviceTask id='s' flowable:delegateExpression='${pay}'/>".into(), &["3 s no-implementation"]),
        ("<serviceTask id='s' camunda:type='external'/>".into(), &["3 s no-implementation"]),
        ("<serviceTask id='s' implementation='Java'/>".into(), &["3 s no-implementation"]),
        (extended("serviceTask", "<zeebe:taskDefinition/>"), &["3 x no-name"]),
        ("<scriptTask id='s' camunda:resultVariable='r'><script>var x = 1; for (;;) {}</script></scriptTask>".into(), &["3 s no-implementation"]),
        (extended("serviceTask", "<wf:set field='a'/>"), &["3 x no-name"]),
        (extended("serviceTask", "<wf:set field='a' value='1 +'/>"), &["3 x bad-expression"]),
        (extended("userTask", "<wf:form>{not json</wf:form>"), &["3 x bad-form"]),
        (extended("userTask", "<wf:form>[]</wf:form>"), &["3 x bad-form"]),
        (extended("userTask", "<wf:form>{}</wf:form>"), &["3 x bad-form"]),
        (extended("startEvent", "\n<wf:form>{\"components\": [{\"type\": \"number\"}]}</wf:form>"), &["4 x bad-form"]),
        (extended("task", "<wf:form>{\"components\": []}</wf:form>"), &["3 x misplaced-extension"]),
        ("<subProcess id='p2'><startEvent id='x'><extensionElements><wf:form key='k'/></extensionElements></startEvent></subProcess>".into(), &["3 x misplaced-extension"]),
        (extended("userTask", "<wf:asignment assignee='a'/>"), &["3 x unknown-extension"]),
        (extended("userTask", "<wf:acl><wf:readers user='a'/></wf:acl>"), &["3 x unknown-extension"]),
        (extended("userTask", "<wf:acl bind='dead'/>"), &["3 x unknown-binding"]),
        (extended("userTask", "<wf:field name='f' class='hidden'/>"), &["3 x unknown-class"]),
        (extended("userTask", "<wf:field name='f' mask='first4'/>"), &["3 x unknown-mask"]),
        (extended("userTask", "<wf:field name='f' class='secret' mask='last4'/>"), &["3 x masked-secret"]),
        (extended("userTask", "<wf:field class='secret'/>"), &["3 x no-name"]),
        (extended("userTask", "<wf:field name='f' clear='emma'/>"), &["3 x unknown-principal"]),
        (extended("userTask", "<wf:acl><wf:readers users='@everbody'/></wf:acl>"), &["3 x unknown-principal"]),
        (extended("userTask", "<zeebe:formDefinition formKey='camunda-forms:bpmn:gone'/>"), &["3 x unknown-reference"]),
        (extended("userTask", "<wf:set field='a' value='1'/>"), &["3 x misplaced-extension"]),
        (extended("serviceTask", "<wf:assignment assignee='a'/>"), &["3 x misplaced-extension"]),
        (extended("userTask", "<wf:readers users='a'/>"), &["3 x misplaced-extension"]),
        ("<userTask id='u'><wf:acl/></userTask>".into(), &["3 u misplaced-extension"]),
        ("<userTask id='u' wf:securityRoles='a'/>".into(), &["3 u unknown-extension"]),
    ];
    for (process, expected) in cases {
        assert_eq!(problems(&process), expected, "{process}");
    }
}

#[test]
fn the_form_of_a_start_is_that_of_the_event_where_a_person_begins() {
    let start = |id: &str, trigger: &str| {
        format!(
            "<startEvent id='{id}'><extensionElements><wf:form key='{id}'/></extensionElements>{trigger}</startEvent>"
        )
    };
    let timer = start(
        "monthly",
        "<timerEventDefinition><timeCycle>R/P1M</timeCycle></timerEventDefinition>",
    );
    let message = start("ordered", "<messageEventDefinition messageRef='m'/>");
    let (plain, other) = (start("plain", ""), start("other", ""));
    for (starts, shown, ignored) in [
        (vec![&message, &timer, &plain, &other], Some("plain"), 3),
        (vec![&message, &timer], Some("monthly"), 1),
        (vec![&message], None, 1),
    ] {
        let starts: String = starts.into_iter().map(String::as_str).collect();
        let text = file("<message id='m'/>", &starts);
        let (process, problems) = run(&read_text(&text).unwrap(), "p");
        let form = process.unwrap().start_form;
        assert_eq!(form.and_then(|form| form.key).as_deref(), shown);
        let ignoring = problems
            .iter()
            .filter(|problem| &*problem.rule == "ignored-extension");
        assert_eq!(ignoring.count(), ignored, "{problems:?}");
    }
}

#[test]
fn what_cannot_run_yet_is_refused_by_name() {
    let on_task = |inside: &str| format!("<task id='x'>{inside}</task>");
    let cases = [
        on_task(
            "<multiInstanceLoopCharacteristics behavior='Some'><loopCardinality>3</loopCardinality></multiInstanceLoopCharacteristics>",
        ),
        on_task(
            "<multiInstanceLoopCharacteristics behavior='Complex'><loopCardinality>3</loopCardinality><complexBehaviorDefinition><condition>true</condition><event><errorEventDefinition/></event></complexBehaviorDefinition></multiInstanceLoopCharacteristics>",
        ),
    ];
    for process in cases {
        let text = file("<message id='m'/>", &process);
        let problems = resolve(&read_text(&text).unwrap(), "p").unwrap_err();
        assert!(
            rules(&problems).contains(&"3 x not-supported".to_owned()),
            "{process}: {problems:?}"
        );
        assert!(problems[0].message.contains("`x`"), "{problems:?}");
    }
}

#[test]
fn processes_are_found_by_key() {
    let draft = draft("<task id='t'/>");
    assert_eq!(
        rules(&resolve(&draft, "q").unwrap_err()),
        ["1 - unknown-process"]
    );
    let nameless = read_text(&format!(
        "<definitions xmlns='{}'><process><task/></process></definitions>",
        super::super::BPMN
    ))
    .unwrap();
    assert_eq!(&*nameless.processes()[0].key, "");
    assert_eq!(rules(&resolve(&nameless, "").unwrap_err()), ["1 - no-key"]);
    let twice =
        file("", "<task id='t'/>").replace("</definitions>", "<process id='p'/></definitions>");
    assert_eq!(
        rules(&resolve(&read_text(&twice).unwrap(), "p").unwrap_err()),
        ["4 p duplicate-id"]
    );
}
