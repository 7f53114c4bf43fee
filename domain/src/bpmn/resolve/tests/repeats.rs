use super::super::super::read::read_text;
use super::super::super::tests::file;
use super::super::super::{Behavior, Count, MultiInstance, Repeat, StandardLoop};
use super::super::resolve;
use super::{at, process};

#[test]
fn every_dialect_says_what_an_activity_is_done_for() {
    let multi = |attributes: &str, inside: &str| {
        let process = process(&format!(
            "<userTask id='t'><multiInstanceLoopCharacteristics {attributes}>{inside}</multiInstanceLoopCharacteristics></userTask>"
        ));
        let Some(Repeat::Multi(MultiInstance { count, .. })) = at(&process, "t").repeat.clone()
        else {
            panic!("{attributes} {inside}");
        };
        match count {
            Count::Cardinality(expr) => expr.source().to_owned(),
            Count::Collection { items, element } => {
                format!(
                    "{} in {}",
                    element.as_deref().unwrap_or("-"),
                    items.source()
                )
            }
        }
    };
    let extended = |inside: &str| format!("<extensionElements>{inside}</extensionElements>");
    assert_eq!(multi("", "<loopCardinality>3</loopCardinality>"), "3");
    for collection in ["items", "${items}"] {
        let attributes =
            format!("camunda:collection='{collection}' camunda:elementVariable='item'");
        let found = multi(&attributes, "");
        assert!(
            found.starts_with("item in ") && found.contains("items"),
            "{found}"
        );
    }
    assert_eq!(multi("flowable:collection='items'", ""), "- in items");
    let zeebe = "<zeebe:loopCharacteristics inputCollection='=items' inputElement='item'/>";
    assert!(multi("", &extended(zeebe)).starts_with("item in"));
    let ours = "<wf:collection field='items' element='item'/>";
    assert_eq!(multi("", &extended(ours)), "item in items");
    let standard = "<loopDataInputRef>items</loopDataInputRef><inputDataItem id='x' name='item'/>";
    assert_eq!(multi("", standard), "item in `items`");
}

#[test]
fn order_and_conditions_belong_to_the_repetition() {
    let process = process(
        "<task id='m'><multiInstanceLoopCharacteristics isSequential='true'><loopCardinality>3</loopCardinality><completionCondition>${nrOfCompletedInstances &gt; 1}</completionCondition></multiInstanceLoopCharacteristics></task>
        <subProcess id='l'><standardLoopCharacteristics testBefore='true' loopMaximum='4'><loopCondition>x &lt; 3</loopCondition></standardLoopCharacteristics><task id='t'/></subProcess>",
    );
    assert!(matches!(
        &at(&process, "m").repeat,
        Some(Repeat::Multi(MultiInstance {
            sequential: true,
            until: Some(_),
            ..
        }))
    ));
    assert!(matches!(
        &at(&process, "l").repeat,
        Some(Repeat::Loop(StandardLoop {
            condition: Some(_),
            test_before: true,
            maximum: Some(4)
        }))
    ));
    assert!(at(&process, "t").repeat.is_none());
}

#[test]
fn multi_instances_say_what_they_tell_and_gather() {
    let text = file(
        "<signal id='s' name='news'/><signalEventDefinition id='d' signalRef='s'/>",
        "<task id='one'><multiInstanceLoopCharacteristics behavior='One' oneBehaviorEventRef='d'><loopCardinality>3</loopCardinality></multiInstanceLoopCharacteristics></task>
        <task id='each'><multiInstanceLoopCharacteristics behavior='None' noneBehaviorEventRef='d'><loopCardinality>3</loopCardinality></multiInstanceLoopCharacteristics></task>
        <task id='none'><multiInstanceLoopCharacteristics behavior='None'><loopCardinality>3</loopCardinality></multiInstanceLoopCharacteristics></task>
        <task id='when'><multiInstanceLoopCharacteristics behavior='Complex'><loopCardinality>3</loopCardinality><complexBehaviorDefinition><condition>true</condition><event><signalEventDefinition signalRef='s'/></event></complexBehaviorDefinition></multiInstanceLoopCharacteristics></task>
        <task id='z'><multiInstanceLoopCharacteristics><extensionElements><zeebe:loopCharacteristics inputCollection='=items' outputCollection='results' outputElement='=x'/></extensionElements></multiInstanceLoopCharacteristics></task>
        <task id='l'><multiInstanceLoopCharacteristics><loopDataInputRef>items</loopDataInputRef><loopDataOutputRef>results</loopDataOutputRef><outputDataItem id='o' name='x'/></multiInstanceLoopCharacteristics></task>",
    );
    let process = resolve(&read_text(&text).unwrap(), "p").unwrap();
    let multi = |id: &str| match &at(&process, id).repeat {
        Some(Repeat::Multi(multi)) => multi.clone(),
        other => panic!("`{id}` has no instances: {other:?}"),
    };
    assert!(matches!(multi("one").behavior, Behavior::First(sent) if &*sent.name == "news"));
    assert!(matches!(multi("each").behavior, Behavior::Each(_)));
    assert!(matches!(multi("none").behavior, Behavior::All));
    assert!(matches!(multi("when").behavior, Behavior::Complex(all) if all.len() == 1));
    for id in ["z", "l"] {
        let results = multi(id).results.unwrap();
        assert_eq!(&*results.list, "results");
        assert_eq!(results.element.source().trim_matches(['=', '`']), "x");
    }
}
