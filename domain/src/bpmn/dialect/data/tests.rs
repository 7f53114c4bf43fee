use super::super::super::read::read_text;
use super::super::super::resolve::resolve;
use super::super::super::tests::{file, rules};
use super::super::super::{Assignment, Count, Element, Kind, Process, Repeat, Throw};

fn process(text: &str) -> Process {
    let text = file(
        "<signal id='s' name='news'/><dataStore id='store' name='files'/>",
        text,
    );
    resolve(&read_text(&text).unwrap(), "p").unwrap_or_else(|problems| panic!("{problems:?}"))
}

fn at<'a>(process: &'a Process, id: &str) -> &'a Element {
    process.element(process.by_id[id])
}

/// Assignments as `field=source`.
fn shown(assignments: &[Assignment]) -> String {
    let shown = assignments
        .iter()
        .map(|it| format!("{}={}", it.field, it.value.source()));
    shown.collect::<Vec<_>>().join(" ")
}

/// What an activity of this content has for itself, and what it maps out.
fn task(inside: &str) -> (String, String) {
    let process = process(&format!(
        "<userTask id='t'>{inside}</userTask><dataObject id='do' name='order'/><dataObject id='bare'/><dataObjectReference id='ref' dataObjectRef='bare' name='the bill'/><dataStoreReference id='filed' dataStoreRef='store'/>"
    ));
    let task = at(&process, "t");
    (shown(&task.inputs), shown(&task.outputs))
}

#[test]
fn associations_copy_between_data_and_the_inputs_and_outputs_of_an_element() {
    let io = "<ioSpecification><dataInput id='in1' name='what'/><dataOutput id='out1' name='result'/></ioSpecification>";
    let cases = [
        (
            "<dataInputAssociation><sourceRef>do</sourceRef><targetRef>in1</targetRef></dataInputAssociation>",
            "what=`order`",
            "",
        ),
        (
            "<dataInputAssociation><sourceRef>ref</sourceRef><targetRef>in1</targetRef></dataInputAssociation>",
            "what=`the bill`",
            "",
        ),
        (
            "<dataInputAssociation><sourceRef>do</sourceRef><targetRef>in1</targetRef><transformation>order.sum * 2</transformation></dataInputAssociation>",
            "what=order.sum * 2",
            "",
        ),
        (
            "<dataInputAssociation><targetRef>in1</targetRef><assignment><from>1 + 1</from><to>in1</to></assignment></dataInputAssociation>",
            "what=1 + 1",
            "",
        ),
        (
            "<dataOutputAssociation><sourceRef>out1</sourceRef><targetRef>ref</targetRef></dataOutputAssociation>",
            "result=null",
            "the bill=`result`",
        ),
        (
            "<dataOutputAssociation><targetRef>do</targetRef><assignment><from>=result + 1</from><to>do</to></assignment></dataOutputAssociation>",
            "",
            "order==result + 1",
        ),
        // What a tool draws, and nothing is copied.
        (
            "<property id='pl' name='__targetRef_placeholder'/><dataInputAssociation><sourceRef>ref</sourceRef><targetRef>pl</targetRef></dataInputAssociation><dataOutputAssociation><targetRef>ref</targetRef></dataOutputAssociation>",
            "",
            "",
        ),
        (
            "<dataOutputAssociation><sourceRef>out1</sourceRef><targetRef>filed</targetRef></dataOutputAssociation>",
            "result=null",
            "",
        ),
        ("<property id='p1' name='draft'/>", "draft=null", ""),
        (
            "<property id='p1' name='draft'><extensionElements><wf:initial value='1 + 2'/></extensionElements></property>",
            "draft=1 + 2",
            "",
        ),
    ];
    for (inside, inputs, outputs) in cases {
        let found = task(&format!("{io}{inside}"));
        assert_eq!(
            (found.0.as_str(), found.1.as_str()),
            (inputs, outputs),
            "{inside}"
        );
    }
}

#[test]
fn vendors_map_into_every_kind_of_activity_and_event() {
    let camunda = "<extensionElements><camunda:inputOutput><camunda:inputParameter name='a'>${b + 1}</camunda:inputParameter><camunda:inputParameter name='l'><camunda:list><camunda:value>x</camunda:value><camunda:value>${y}</camunda:value></camunda:list></camunda:inputParameter><camunda:inputParameter name='m'><camunda:map><camunda:entry key='k'>#{z}</camunda:entry><camunda:entry key='q'><camunda:list/></camunda:entry></camunda:map></camunda:inputParameter><camunda:outputParameter name='c'>${a}</camunda:outputParameter></camunda:inputOutput></extensionElements>";
    let zeebe = "<extensionElements><zeebe:ioMapping><zeebe:input source='=b' target='a'/><zeebe:output source='=a' target='c'/></zeebe:ioMapping></extensionElements>";
    let ours = "<extensionElements><wf:input field='a' value='b'/><wf:output field='c' value='a'/></extensionElements>";
    for (inside, inputs, output) in [
        (
            camunda,
            "a=${b + 1} l==[\"x\", (y)] m=={\"k\": (z), \"q\": []}",
            "c=${a}",
        ),
        (zeebe, "a==b", "c==a"),
        (ours, "a=b", "c=a"),
    ] {
        for host in [
            "userTask",
            "task",
            "manualTask",
            "receiveTask messageRef='m'",
            "scriptTask",
            "subProcess",
            "adHocSubProcess",
            "startEvent",
            "endEvent",
            "intermediateThrowEvent",
        ] {
            let tag = host.split(' ').next().unwrap();
            let body = if tag.ends_with("rocess") {
                "<task id='inner'/>"
            } else {
                ""
            };
            let start = if tag == "startEvent" {
                ""
            } else {
                "<startEvent id='s0'/>"
            };
            let text = file(
                "<message id='m' name='m'/>",
                &format!("{start}<{host} id='t'>{inside}{body}</{tag}>"),
            );
            let process = resolve(&read_text(&text).unwrap(), "p")
                .unwrap_or_else(|problems| panic!("{host}: {problems:?}"));
            let element = at(&process, "t");
            assert_eq!(shown(&element.inputs), inputs, "{host}");
            assert_eq!(shown(&element.outputs), output, "{host}");
        }
    }
}

#[test]
fn what_is_mapped_into_a_call_work_or_what_is_told_is_read_there() {
    let process = process(
        "<intermediateThrowEvent id='t'><dataInput id='i' name='what'/><dataInputAssociation><sourceRef>do</sourceRef><targetRef>i</targetRef></dataInputAssociation><signalEventDefinition signalRef='s'/></intermediateThrowEvent>
        <serviceTask id='w'><extensionElements><wf:work type='x'/></extensionElements><ioSpecification><dataInput id='j' name='sum'/></ioSpecification><dataInputAssociation><sourceRef>do</sourceRef><targetRef>j</targetRef></dataInputAssociation></serviceTask>
        <callActivity id='c'><extensionElements><zeebe:calledElement processId='o'/><zeebe:ioMapping><zeebe:input source='=b' target='a'/></zeebe:ioMapping></extensionElements></callActivity>
        <dataObject id='do' name='order'/>",
    );
    match &at(&process, "t").kind {
        Kind::Throw(Throw::Signal(sent)) => assert_eq!(shown(&sent.fields), "what=`order`"),
        other => panic!("{other:?}"),
    }
    match &at(&process, "w").kind {
        Kind::Work(work) => assert_eq!(shown(&work.inputs), "sum=`order`"),
        other => panic!("{other:?}"),
    }
    for id in ["t", "w", "c"] {
        assert!(at(&process, id).inputs.is_empty(), "{id}");
    }
}

#[test]
fn data_of_a_sub_process_is_its_own_and_that_of_the_process_begins_with_what_the_model_says() {
    let process = process(
        "<property id='p1' name='plain'/>
        <property id='p2' name='limit'><extensionElements><wf:initial value='5'/></extensionElements></property>
        <dataObject id='d1' name='word' itemSubjectRef='xsd:string'><extensionElements><flowable:value>it is so</flowable:value></extensionElements></dataObject>
        <dataObject id='d2' name='count' itemSubjectRef='xsd:int'><extensionElements><flowable:value>7</flowable:value></extensionElements></dataObject>
        <dataObject id='d3' name='drawn' isCollection='true'/>
        <dataObject id='d4' isCollection='true'/><dataObjectReference id='r4' dataObjectRef='d4' name='papers'/>
        <subProcess id='sub'><dataObject id='d5' name='inner'/><task id='t'><dataOutputAssociation><sourceRef>d5</sourceRef><targetRef>r4</targetRef></dataOutputAssociation></task></subProcess>",
    );
    assert_eq!(
        shown(&process.initial),
        "limit=5 word=\"it is so\" count=7 papers=[]"
    );
    assert_eq!(shown(&at(&process, "sub").inputs), "inner=null");
    assert_eq!(shown(&at(&process, "t").outputs), "papers=`inner`");
}

#[test]
fn the_list_of_an_activity_that_repeats_is_what_its_association_names() {
    let process = process(
        "<task id='t'><ioSpecification><dataInput id='in' isCollection='true'/><dataInput id='one' name='paper'/><dataOutput id='out'/></ioSpecification>
          <dataInputAssociation><sourceRef>d</sourceRef><targetRef>in</targetRef></dataInputAssociation>
          <dataInputAssociation><sourceRef>item</sourceRef><targetRef>one</targetRef></dataInputAssociation>
          <dataOutputAssociation><sourceRef>out</sourceRef><targetRef>e</targetRef></dataOutputAssociation>
          <multiInstanceLoopCharacteristics><loopDataInputRef>in</loopDataInputRef><loopDataOutputRef>out</loopDataOutputRef><inputDataItem id='item' name='each'/><outputDataItem id='made' name='made'/></multiInstanceLoopCharacteristics></task>
        <dataObject id='d' name='papers' isCollection='true'/><dataObject id='e' name='answers' isCollection='true'/>",
    );
    let task = at(&process, "t");
    let Some(Repeat::Multi(multi)) = &task.repeat else {
        panic!("{:?}", task.repeat);
    };
    assert!(
        matches!(&multi.count, Count::Collection { items, element } if items.source() == "`papers`" && element.as_deref() == Some("each"))
    );
    assert_eq!(
        multi.results.as_ref().map(|results| &*results.list),
        Some("answers")
    );
    assert_eq!(shown(&task.inputs), "out=null paper=`each`");
    assert_eq!(shown(&task.outputs), "");
}

#[test]
fn an_association_that_cannot_be_read_is_a_problem() {
    let problems = |association: &str| {
        let text = format!("<task id='t'>{association}</task>");
        let draft = read_text(&file("", &text)).unwrap();
        resolve(&draft, "p").map_or_else(|problems| rules(&problems), |_| Vec::new())
    };
    assert_eq!(
        problems(
            "<dataInputAssociation><targetRef>a</targetRef><assignment><from>1 +</from><to>a</to></assignment></dataInputAssociation>"
        ),
        ["3 t bad-expression"]
    );
    assert_eq!(
        problems(
            "<dataInputAssociation><targetRef>a</targetRef><assignment><from>1</from><to>a.b</to></assignment></dataInputAssociation>"
        ),
        ["3 t not-supported"]
    );
    assert_eq!(
        problems(
            "<property id='x' name='x'><extensionElements><wf:initial worth='1'/></extensionElements></property>"
        ),
        ["3 t unknown-extension"]
    );
}
