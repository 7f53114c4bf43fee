use super::super::super::read::read_text;
use super::super::super::resolve::resolve;
use super::super::super::tests::{file, rules};

const ROOTS: &str = "<message id='m1' name='order placed'/><message id='m2' name='order paid'/>
    <correlationProperty id='number'><correlationPropertyRetrievalExpression messageRef='m1'><messagePath>order.number</messagePath></correlationPropertyRetrievalExpression><correlationPropertyRetrievalExpression messageRef='m2'><messagePath>=number</messagePath></correlationPropertyRetrievalExpression></correlationProperty>
    <correlationProperty id='shop'><correlationPropertyRetrievalExpression messageRef='m2'><messagePath>${shop}</messagePath></correlationPropertyRetrievalExpression></correlationProperty>";

/// How each message is correlated: `message by key: given, asked`; or the problems.
fn read(collaboration: &str, process: &str) -> Vec<String> {
    let roots = format!("{ROOTS}<collaboration id='all'>{collaboration}</collaboration>");
    let draft = read_text(&file(&roots, process)).unwrap();
    match resolve(&draft, "p") {
        Err(problems) => rules(&problems),
        Ok(process) => process
            .correlations
            .iter()
            .map(|it| {
                let asked = it.asked.as_ref().map_or("first", |asked| asked.source());
                format!(
                    "{} by {}: {}, {asked}",
                    it.message,
                    it.key,
                    it.given.source()
                )
            })
            .collect(),
    }
}

const KEY: &str = "<correlationKey id='k'><correlationPropertyRef>number</correlationPropertyRef></correlationKey>";
const BOTH: &str = "<conversation id='c'><correlationKey id='b'><correlationPropertyRef>number</correlationPropertyRef><correlationPropertyRef>shop</correlationPropertyRef></correlationKey></conversation>";

#[test]
fn a_key_is_what_the_first_message_gives_unless_the_process_subscribes() {
    assert_eq!(
        read(KEY, "<task id='t'/>"),
        [
            "order placed by k: order.number, first",
            "order paid by k: =number, first"
        ]
    );
    let subscribed = "<correlationSubscription id='s' correlationKeyRef='k'><correlationPropertyBinding correlationPropertyRef='number'><dataPath>=mine.number</dataPath></correlationPropertyBinding></correlationSubscription><task id='t'/>";
    assert_eq!(
        read(KEY, subscribed),
        [
            "order placed by k: order.number, =mine.number",
            "order paid by k: =number, =mine.number"
        ]
    );
}

#[test]
fn a_key_of_several_properties_is_borne_by_the_messages_that_have_them_all() {
    assert_eq!(
        read(BOTH, "<task id='t'/>"),
        ["order paid by b: [number, shop], first"]
    );
}

#[test]
fn what_does_not_fit_together_is_a_problem() {
    let bound = |reference: &str, property: &str| {
        format!(
            "<correlationSubscription id='s' correlationKeyRef='{reference}'><correlationPropertyBinding correlationPropertyRef='{property}'><dataPath>x</dataPath></correlationPropertyBinding></correlationSubscription><task id='t'/>"
        )
    };
    let only = |found: Vec<String>| {
        found
            .iter()
            .map(|it| it.rsplit(' ').next().unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    assert_eq!(
        only(read(KEY, &bound("other", "number"))),
        ["unknown-reference"]
    );
    assert_eq!(only(read(KEY, &bound("k", "other"))), ["no-correlation"]);
    let stray = "<correlationKey id='k'><correlationPropertyRef>nothing</correlationPropertyRef></correlationKey>";
    assert_eq!(only(read(stray, "<task id='t'/>")), ["unknown-reference"]);
}
