use super::super::super::{Count, MultiInstance, Repeat, StandardLoop};
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
    assert_eq!(multi("", standard), "item in items");
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
