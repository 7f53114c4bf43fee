use super::*;

const FORM: &str = r#"<extensionElements><wf:form>{"components": [{"type": "number", "key": "amount"}, {"type": "textfield", "key": "approver"}]}</wf:form></extensionElements>"#;

/// A choice over a condition, behind a start with or without a form and a task.
fn choice(start: &str, task: &str, condition: &str) -> Vec<Problem> {
    let mut found = findings(
        &draft(&format!(
            "<startEvent id='s'>{start}</startEvent><sequenceFlow sourceRef='s' targetRef='u'/>
            <userTask id='u' camunda:assignee='ann'>{task}</userTask><sequenceFlow sourceRef='u' targetRef='g'/>
            <exclusiveGateway id='g' default='d'/><sequenceFlow id='d' sourceRef='g' targetRef='e'/><endEvent id='e'/>
            <sequenceFlow sourceRef='g' targetRef='e'><conditionExpression>{condition}</conditionExpression></sequenceFlow>"
        )),
        "p",
    );
    found.retain(|problem| &*problem.rule == "unknown-field");
    found
}

#[test]
fn where_all_data_is_declared_every_other_field_is_unknown() {
    let found = |condition: &str| rules(&choice(FORM, FORM, condition));
    assert_eq!(found("amount &gt; 5"), Vec::<String>::new());
    assert_eq!(found("outcome = 'ok'"), Vec::<String>::new());
    assert_eq!(found("total &gt; 5"), ["5 g unknown-field"]);
    // Data may come from where no form is.
    assert_eq!(
        rules(&choice("", FORM, "total &gt; 5")),
        Vec::<String>::new()
    );
    assert_eq!(
        rules(&choice(FORM, "", "total &gt; 5")),
        Vec::<String>::new()
    );
}

#[test]
fn a_slip_of_the_pen_is_told_wherever_data_comes_from() {
    let said = |condition: &str| {
        let found = choice("", FORM, condition);
        found.first().map(|problem| problem.message.clone())
    };
    let meant = |field: &str, near: &str| {
        Some(format!(
            "`g` looks at the field `{field}`, which nothing in the model writes: is `{near}` meant?"
        ))
    };
    assert_eq!(said("aprover = 'ann'"), meant("aprover", "approver"));
    assert_eq!(said("apporver = 'ann'"), meant("apporver", "approver"));
    assert_eq!(said("appraver = 'ann'"), meant("appraver", "approver"));
    assert_eq!(said("Amount &gt; 5"), meant("Amount", "amount"));
    for other in [
        "approvers",
        "approver2",
        "approve",
        "xapprover",
        "count",
        "approved",
    ] {
        assert_eq!(said(&format!("{other} = 'ann'")), None, "{other}");
    }
}

#[test]
fn everything_that_writes_a_field_counts() {
    for writer in [
        "<wf:outcomes field='approval' values='yes no'/>",
        "<wf:output field='approval' value='=1'/>",
        "<wf:field name='approval' class='internal'/>",
    ] {
        let task = FORM.replace(
            "</extensionElements>",
            &format!("{writer}</extensionElements>"),
        );
        let found = choice(FORM, &task, "approval = 'yes'");
        assert_eq!(rules(&found), Vec::<String>::new(), "{writer}");
    }
    let drawn = choice(
        FORM,
        &format!("{FORM}<property id='approval'/>"),
        "approval",
    );
    assert_eq!(rules(&drawn), Vec::<String>::new());
}

#[test]
fn lists_and_assignments_are_looked_at_too() {
    let task = |inside: &str| {
        FORM.replace(
            "</extensionElements>",
            &format!("{inside}</extensionElements>"),
        )
    };
    let acl = task("<wf:acl><wf:readers fields='aprover'/></wf:acl>");
    assert_eq!(
        rules(&choice(FORM, &acl, "amount = 1")),
        ["4 u unknown-field"]
    );
    let assigned = task("<wf:assignment assignee='${aprover}'/>");
    assert_eq!(
        rules(&choice(FORM, &assigned, "amount = 1")),
        ["4 u unknown-field"]
    );
}
