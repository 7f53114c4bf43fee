use super::*;

#[test]
fn a_loop_that_no_way_leads_out_of_is_named_once() {
    let process = |more: &str| {
        found(&format!(
            "<startEvent id='s'/><sequenceFlow sourceRef='s' targetRef='m'/>
            <exclusiveGateway id='m'/><sequenceFlow sourceRef='m' targetRef='a'/>
            <userTask id='a' camunda:assignee='ann'/><sequenceFlow sourceRef='a' targetRef='b'/>
            <userTask id='b' camunda:assignee='ann'/><sequenceFlow sourceRef='b' targetRef='m'/>
            {more}"
        ))
    };
    assert_eq!(process(""), ["3 s no-end"]);
    let late = "<timerEventDefinition><timeDuration>P1D</timeDuration></timerEventDefinition>";
    // What hangs at the border leads out, if it takes the token.
    let border = |interrupting: bool| {
        process(&format!(
            "<boundaryEvent id='l' attachedToRef='a' cancelActivity='{interrupting}'>{late}</boundaryEvent>"
        ))
    };
    assert_eq!(border(true), Vec::<String>::new());
    assert_eq!(border(false), ["3 s no-end"]);
    // So does what ends everything, here or around.
    let handler = format!(
        "<subProcess id='h' triggeredByEvent='true'><startEvent id='hs'>{late}</startEvent></subProcess>"
    );
    assert_eq!(process(&handler), Vec::<String>::new());
    let ended = "<endEvent id='t'><terminateEventDefinition/></endEvent><sequenceFlow sourceRef='c' targetRef='t'/>
        <userTask id='c' camunda:assignee='ann'/><sequenceFlow sourceRef='s' targetRef='c'/>";
    assert_eq!(process(ended), Vec::<String>::new());
}

#[test]
fn a_loop_inside_that_is_ended_from_outside_is_right() {
    let process = |border: &str| {
        found(&format!(
            "<startEvent id='s'/><sequenceFlow sourceRef='s' targetRef='sub'/>
            <subProcess id='sub'><startEvent id='t'/><sequenceFlow sourceRef='t' targetRef='a'/>
            <userTask id='a' camunda:assignee='ann'/><sequenceFlow sourceRef='a' targetRef='a'/></subProcess>{border}"
        ))
    };
    let late = "<boundaryEvent id='l' attachedToRef='sub'><timerEventDefinition><timeDuration>P1D</timeDuration></timerEventDefinition></boundaryEvent>";
    assert_eq!(process(late), Vec::<String>::new());
    assert_eq!(process(""), ["4 t no-end"]);
}

#[test]
fn a_fork_that_sends_a_token_back_each_time_never_ends() {
    let found = found(
        "<startEvent id='s'/><sequenceFlow sourceRef='s' targetRef='m'/>
        <exclusiveGateway id='m'/><sequenceFlow sourceRef='m' targetRef='f'/>
        <parallelGateway id='f'/><sequenceFlow sourceRef='f' targetRef='u'/><sequenceFlow sourceRef='f' targetRef='m'/>
        <userTask id='u' camunda:assignee='ann'/>",
    );
    assert_eq!(found, ["4 m endless-loop"]);
}

#[test]
fn a_loop_that_rests_nowhere_must_change_what_it_looks_at() {
    let process = |inside: &str| {
        found(&format!(
            "<startEvent id='s'/><sequenceFlow sourceRef='s' targetRef='m'/><endEvent id='e'/>
            <exclusiveGateway id='m'/><sequenceFlow sourceRef='m' targetRef='a'/>
            {inside}<sequenceFlow sourceRef='a' targetRef='g'/>
            <exclusiveGateway id='g' default='out'/><sequenceFlow id='out' sourceRef='g' targetRef='e'/>
            <sequenceFlow sourceRef='g' targetRef='m'><conditionExpression>count &lt; 5</conditionExpression></sequenceFlow>"
        ))
    };
    let set = |field: &str| {
        format!(
            "<scriptTask id='a'><extensionElements><wf:set field='{field}' value='=count + 1'/></extensionElements></scriptTask>"
        )
    };
    assert_eq!(process(&set("count")), Vec::<String>::new());
    assert_eq!(process(&set("other")), ["4 m endless-loop"]);
    assert_eq!(
        process("<intermediateThrowEvent id='a'/>"),
        ["4 m endless-loop"]
    );
    assert_eq!(
        process("<userTask id='a' camunda:assignee='ann'/>"),
        Vec::<String>::new()
    );
    // Who draws tasks without saying what they do means that somebody does them.
    assert_eq!(process("<task id='a'/>"), Vec::<String>::new());
    let waits = "<intermediateCatchEvent id='a'><timerEventDefinition><timeDuration>PT1H</timeDuration></timerEventDefinition></intermediateCatchEvent>";
    assert_eq!(process(waits), Vec::<String>::new());
}

#[test]
fn a_standard_loop_whose_condition_always_holds_is_endless() {
    let task = |condition: &str, most: &str| {
        found(&format!(
            "<userTask id='u' camunda:assignee='ann'><standardLoopCharacteristics {most}><loopCondition>{condition}</loopCondition></standardLoopCharacteristics></userTask>"
        ))
    };
    assert_eq!(task("true", ""), ["3 u endless-loop"]);
    assert_eq!(task("true", "loopMaximum='3'"), Vec::<String>::new());
    assert_eq!(task("again", ""), Vec::<String>::new());
}

#[test]
fn what_can_go_wrong_when_it_runs_is_named_at_its_place() {
    let draft = draft(
        "<startEvent id='s'/><sequenceFlow sourceRef='s' targetRef='f'/>
        <exclusiveGateway id='f' default='fb'/>
        <sequenceFlow sourceRef='f' targetRef='a'><conditionExpression>x</conditionExpression></sequenceFlow><sequenceFlow id='fb' sourceRef='f' targetRef='b'/>
        <userTask id='a' camunda:assignee='ann'/><userTask id='b' camunda:assignee='ann'/>
        <sequenceFlow sourceRef='a' targetRef='j'/><sequenceFlow sourceRef='b' targetRef='j'/>
        <parallelGateway id='j'/>",
    );
    let found = findings(&draft, "p");
    assert_eq!(rules(&found), ["8 j deadlock"]);
    assert_eq!(
        found[0].message,
        "`j` can wait for ever for a token from `a`: join the ways with the kind of gateway that split them"
    );
    assert_eq!(found[0].severity, Severity::Warning);
    assert_eq!(found[0].place.column, 9);
}
