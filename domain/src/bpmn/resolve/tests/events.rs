use super::super::super::read::read_text;
use super::super::super::tests::file;
use super::super::super::{Sent, Throw, Trigger};
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

#[test]
fn signals_are_thrown_and_waited_for_by_name_also_where_the_definition_stands_beside_the_process() {
    let text = file(
        "<signal id='s1' name='news'/><signal id='s2'/><signalEventDefinition id='d' signalRef='s1'/>",
        "<startEvent id='a'><signalEventDefinition signalRef='s2'/></startEvent>
        <intermediateThrowEvent id='t'><extensionElements><wf:set field='text' value='1'/></extensionElements><eventDefinitionRef>d</eventDefinitionRef></intermediateThrowEvent>
        <intermediateCatchEvent id='c'><eventDefinitionRef>d</eventDefinitionRef></intermediateCatchEvent>
        <subProcess id='sub'><endEvent id='x'><signalEventDefinition signalRef='s2'><extensionElements><camunda:in source='a' target='b'/><camunda:in sourceExpression='${1 + 1}' target='c'/></extensionElements></signalEventDefinition></endEvent></subProcess>
        <boundaryEvent id='b' attachedToRef='sub' cancelActivity='false'><eventDefinitionRef>d</eventDefinitionRef></boundaryEvent>
        <subProcess id='h' triggeredByEvent='true'><startEvent id='e'><signalEventDefinition signalRef='s1'/></startEvent></subProcess>",
    );
    let process = resolve(&read_text(&text).unwrap(), "p").unwrap();
    let kind = |id: &str| &at(&process, id).kind;
    assert!(matches!(kind("a"), Kind::Start(Trigger::Signal(name)) if &**name == "s2"));
    assert!(matches!(kind("c"), Kind::Catch(Trigger::Signal(name)) if &**name == "news"));
    assert!(
        matches!(kind("b"), Kind::Boundary { interrupting: false, trigger: Trigger::Signal(name), .. } if &**name == "news")
    );
    assert!(
        matches!(kind("e"), Kind::EventStart { interrupting: true, trigger: Trigger::Signal(name) } if &**name == "news")
    );
    let fields = |sent: &Sent| -> Vec<String> {
        sent.fields.iter().map(|it| it.field.to_string()).collect()
    };
    let Kind::Throw(Throw::Signal(thrown)) = kind("t") else {
        panic!("`t` throws no signal");
    };
    assert_eq!(
        (&*thrown.name, fields(thrown)),
        ("news", vec!["text".to_owned()])
    );
    let Kind::End(Throw::Signal(thrown)) = kind("x") else {
        panic!("`x` throws no signal");
    };
    assert_eq!(fields(thrown), ["b", "c"]);
}

#[test]
fn messages_are_sent_by_events_and_by_tasks_that_name_one() {
    let text = file(
        "<message id='m' name='order'><extensionElements><zeebe:subscription correlationKey='=number'/></extensionElements></message>",
        "<intermediateThrowEvent id='t'><messageEventDefinition messageRef='m'/></intermediateThrowEvent>
        <sendTask id='s' messageRef='m'><extensionElements><wf:set field='a' value='1'/></extensionElements></sendTask>
        <sendTask id='w'><extensionElements><wf:set field='a' value='1'/></extensionElements></sendTask>
        <endEvent id='x'><extensionElements><zeebe:ioMapping><zeebe:input source='=1' target='b'/></zeebe:ioMapping></extensionElements><messageEventDefinition messageRef='m'/></endEvent>",
    );
    let process = resolve(&read_text(&text).unwrap(), "p").unwrap();
    let sent = |id: &str| match &at(&process, id).kind {
        Kind::Throw(Throw::Message(sent)) | Kind::End(Throw::Message(sent)) => sent.clone(),
        other => panic!("`{id}` sends nothing: {other:?}"),
    };
    for (id, fields) in [("t", 0), ("s", 1), ("x", 1)] {
        assert_eq!((&*sent(id).name, sent(id).fields.len()), ("order", fields));
        assert!(sent(id).correlation.is_some());
    }
    assert!(matches!(at(&process, "w").kind, Kind::Assign(_)));
    let lost = file("", "<endEvent id='x'><messageEventDefinition/></endEvent>");
    let problems = resolve(&read_text(&lost).unwrap(), "p").unwrap_err();
    assert_eq!(&*problems[0].rule, "no-message");
}

#[test]
fn an_event_may_have_several_definitions() {
    let text = file(
        "<signal id='s'/><message id='m'/><error id='e'/>",
        "<startEvent id='a'><messageEventDefinition messageRef='m'/><signalEventDefinition signalRef='s'/></startEvent>
        <intermediateCatchEvent id='c' parallelMultiple='true'><messageEventDefinition messageRef='m'/><signalEventDefinition signalRef='s'/></intermediateCatchEvent>
        <subProcess id='sub'><endEvent id='x'><errorEventDefinition errorRef='e'/><signalEventDefinition signalRef='s'/><messageEventDefinition messageRef='m'/></endEvent></subProcess>
        <boundaryEvent id='b' attachedToRef='sub'><errorEventDefinition/><signalEventDefinition signalRef='s'/></boundaryEvent>",
    );
    let process = resolve(&read_text(&text).unwrap(), "p").unwrap();
    let trigger = |id: &str| at(&process, id).kind.trigger().unwrap().clone();
    for (id, needed) in [("a", 1), ("c", 2), ("b", 1)] {
        let trigger = trigger(id);
        assert_eq!((trigger.parts().len(), trigger.needed()), (2, needed));
    }
    let Kind::End(throw) = &at(&process, "x").kind else {
        panic!("`x` is no end event");
    };
    assert!(matches!(
        throw.parts(),
        [Throw::Signal(_), Throw::Message(_), Throw::Error(_)]
    ));
    let both = file(
        "<signal id='s'/>",
        "<task id='t'/><boundaryEvent id='b' attachedToRef='t' parallelMultiple='true'><errorEventDefinition/><signalEventDefinition signalRef='s'/></boundaryEvent>",
    );
    let problems = resolve(&read_text(&both).unwrap(), "p").unwrap_err();
    assert_eq!(&*problems[0].rule, "not-supported");
}

#[test]
fn receive_tasks_and_event_based_gateways_may_start_an_instance() {
    let text = file(
        "<message id='m'/><signal id='s'/>",
        "<receiveTask id='r' instantiate='true' messageRef='m'/>
        <eventBasedGateway id='g' instantiate='true' eventGatewayType='Parallel'/><receiveTask id='one' messageRef='m'/>
        <intermediateCatchEvent id='two'><signalEventDefinition signalRef='s'/></intermediateCatchEvent>
        <sequenceFlow sourceRef='g' targetRef='one'/><sequenceFlow sourceRef='g' targetRef='two'/>",
    );
    let process = resolve(&read_text(&text).unwrap(), "p").unwrap();
    let openers = process.openers.iter();
    let openers: Vec<_> = openers.map(|it| (it.element, it.gateway)).collect();
    let ix = |id: &str| process.by_id[id];
    let gateway = Some((ix("g"), true));
    assert_eq!(
        openers,
        [(ix("r"), None), (ix("one"), gateway), (ix("two"), gateway)]
    );
    assert!(process.plain_starts(None).is_empty());
    for wrong in [
        "<task id='t'/><receiveTask id='r' instantiate='true' messageRef='m'/><sequenceFlow sourceRef='t' targetRef='r'/>",
        "<task/><subProcess><receiveTask instantiate='true' messageRef='m'/></subProcess>",
        "<receiveTask instantiate='true' messageRef='m'><standardLoopCharacteristics loopMaximum='2'/></receiveTask>",
    ] {
        let text = file("<message id='m'/>", wrong);
        let problems = resolve(&read_text(&text).unwrap(), "p").unwrap_err();
        assert_eq!(&*problems[0].rule, "bad-start", "{wrong}");
    }
    let late = file(
        "<message id='m'/>",
        "<task id='t'/><eventBasedGateway id='g' eventGatewayType='Parallel'/><receiveTask id='r' messageRef='m'/>
        <sequenceFlow sourceRef='t' targetRef='g'/><sequenceFlow sourceRef='g' targetRef='r'/>",
    );
    let problems = resolve(&read_text(&late).unwrap(), "p").unwrap_err();
    assert_eq!(&*problems[0].rule, "bad-gateway");
}
