use super::super::*;
use super::{at, problems, process};

#[test]
fn ad_hoc_sub_processes_say_in_what_order_and_until_when() {
    let process = process(
        "<adHocSubProcess id='one'><task/></adHocSubProcess>
        <adHocSubProcess id='two' ordering='Sequential' cancelRemainingInstances='false'><task/>
          <completionCondition>done &gt; 2</completionCondition></adHocSubProcess>",
    );
    let Kind::AdHoc(one) = &at(&process, "one").kind else {
        panic!("{process:?}");
    };
    assert!(!one.sequential && one.cancel && one.until.is_none());
    let Kind::AdHoc(two) = &at(&process, "two").kind else {
        panic!("{process:?}");
    };
    assert!(two.sequential && !two.cancel);
    assert_eq!(two.until.as_ref().unwrap().source(), "done > 2");
}

#[test]
fn a_complex_gateway_has_a_condition_over_what_has_come() {
    let process = process(
        "<task id='a'/><complexGateway id='g'><activationCondition>activationCount &gt;= 1</activationCondition></complexGateway>
        <sequenceFlow sourceRef='a' targetRef='g'/>",
    );
    let Kind::Complex {
        activation: Some(activation),
    } = &at(&process, "g").kind
    else {
        panic!("{process:?}");
    };
    assert_eq!(activation.source(), "activationCount >= 1");
}

#[test]
fn quantities_are_one_unless_said_otherwise_and_never_none() {
    let model = process("<task id='a'/><task id='b' startQuantity='2' completionQuantity='1000'/>");
    let quantities = |id| {
        let element = at(&model, id);
        (element.start_quantity, element.completion_quantity)
    };
    assert_eq!(quantities("a"), (1, 1));
    assert_eq!(quantities("b"), (2, 1000));
    for quantity in ["0", "1001", "-1", "many"] {
        for name in ["startQuantity", "completionQuantity"] {
            assert_eq!(
                problems(&format!("<task id='a' {name}='{quantity}'/>")),
                ["3 a bad-quantity"]
            );
        }
    }
}
