use super::super::super::read::read_text;
use super::super::super::resolve::resolve;
use super::super::super::tests::{file, rules};
use crate::bpmn::Kind;
use crate::bpmn::lint::findings;

/// `key binding result shape` of the first element.
fn said(content: &str) -> String {
    let draft = read_text(&file("", content)).unwrap();
    let process = resolve(&draft, "p").unwrap_or_else(|problems| panic!("{problems:?}"));
    let Kind::Decision(call) = &process.elements[0].kind else {
        panic!("no decision: {:?}", process.elements[0].kind);
    };
    assert_eq!(process.decisions().len(), 1);
    format!(
        "{} {:?} {} {:?}",
        call.decision.key,
        call.decision.binding,
        call.result.as_deref().unwrap_or("-"),
        call.shape
    )
}

fn task(attributes: &str, extensions: &str) -> String {
    format!(
        "<businessRuleTask id='b' {attributes}><extensionElements>{extensions}</extensionElements></businessRuleTask>"
    )
}

#[test]
fn each_dialect_names_a_decision_its_own_way() {
    for (attributes, extensions, expected) in [
        ("", "<wf:decision ref='fee'/>", "fee Latest - Plain"),
        (
            "",
            "<wf:decision ref=' fee ' result='x' binding='deployment'/>",
            "fee Deployment x Plain",
        ),
        (
            "",
            "<wf:decision ref='fee' result='x' version='3' map='singleEntry'/>",
            "fee Version(3) x SingleEntry",
        ),
        (
            "",
            "<wf:decision ref='fee' result='x' versionTag='v1' map='collectEntries'/>",
            "fee VersionTag(\"v1\") x CollectEntries",
        ),
        ("camunda:decisionRef='fee'", "", "fee Latest - Plain"),
        (
            "camunda:decisionRef='fee' camunda:resultVariable='x'",
            "",
            "fee Latest x ResultList",
        ),
        (
            "camunda:decisionRef='fee' camunda:resultVariable='x' camunda:decisionRefBinding='version' camunda:decisionRefVersion='2' camunda:mapDecisionResult='singleResult'",
            "",
            "fee Version(2) x SingleResult",
        ),
        (
            "camunda:decisionRef='fee' camunda:resultVariable='x' camunda:decisionRefBinding='versionTag' camunda:decisionRefVersionTag='v' camunda:mapDecisionResult='resultList'",
            "",
            "fee VersionTag(\"v\") x ResultList",
        ),
        (
            "",
            "<zeebe:calledDecision decisionId='fee' resultVariable='x' bindingType='versionTag' versionTag='v'/>",
            "fee VersionTag(\"v\") x Plain",
        ),
        (
            "",
            "<zeebe:calledDecision decisionId='fee' resultVariable='x'/>",
            "fee Latest x Plain",
        ),
        (
            "",
            "<flowable:field name='decisionTaskReferenceKey'><flowable:string>fee</flowable:string></flowable:field>",
            "fee Latest - Plain",
        ),
        (
            "camunda:decisionRef='theirs'",
            "<wf:decision ref='ours'/>",
            "ours Latest - Plain",
        ),
    ] {
        assert_eq!(said(&task(attributes, extensions)), expected);
    }
    let flowable = "<serviceTask id='b' flowable:type='dmn'><extensionElements><flowable:field name='decisionTableReferenceKey' stringValue='fee'/></extensionElements></serviceTask>";
    assert_eq!(said(flowable), "fee Latest - Plain");
}

#[test]
fn what_is_wrong_with_it_is_named_once() {
    for (attributes, extensions, expected) in [
        ("", "<wf:decision/>", "3 b no-name"),
        ("", "<wf:decision ref='=pick'/>", "3 b not-supported"),
        ("", "<wf:decision ref='fee-${kind}'/>", "3 b not-supported"),
        ("", "<wf:decision ref='a' version='0'/>", "3 b bad-version"),
        (
            "",
            "<wf:decision ref='a' binding='version'/>",
            "3 b bad-version",
        ),
        (
            "",
            "<wf:decision ref='a' binding='newest'/>",
            "3 b unknown-binding",
        ),
        (
            "",
            "<wf:decision ref='a' binding='versionTag'/>",
            "3 b no-name",
        ),
        (
            "",
            "<wf:decision ref='a' result='x' map='first'/>",
            "3 b unknown-mapping",
        ),
        (
            "",
            "<wf:decision ref='a' map='singleEntry'/>",
            "3 b no-name",
        ),
        (
            "",
            "<wf:decision ref='a' table='x'/>",
            "3 b unknown-extension",
        ),
        (
            "camunda:decisionRef='a' camunda:decisionRefTenantId='t'",
            "",
            "3 b no-implementation",
        ),
    ] {
        let draft = read_text(&file("", &task(attributes, extensions))).unwrap();
        let problems = findings(&draft, "p");
        assert_eq!(rules(&problems), [expected], "{attributes} {extensions}");
    }
    let user =
        "<userTask id='b'><extensionElements><wf:decision ref='a'/></extensionElements></userTask>";
    let draft = read_text(&file("", user)).unwrap();
    let problems = resolve(&draft, "p").unwrap_err();
    assert_eq!(rules(&problems), ["3 b misplaced-extension"]);
}

#[test]
fn our_assignments_beat_a_vendors_decision() {
    let both = task("camunda:decisionRef='a'", "<wf:set field='x' value='1'/>");
    let draft = read_text(&file("", &both)).unwrap();
    let process = resolve(&draft, "p").unwrap();
    assert!(matches!(process.elements[0].kind, Kind::Assign(_)));
}
