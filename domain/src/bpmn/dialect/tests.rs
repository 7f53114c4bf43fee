use super::super::read::read_text;
use super::super::resolve::resolve;
use super::super::tests::{file, rules};
use super::super::{Classification, Kind, Mask, Naming, Process, Text};
use super::*;

fn process(text: &str) -> Process {
    resolve(&read_text(text).unwrap(), "p").unwrap_or_else(|problems| panic!("{problems:?}"))
}

fn with_task(task: &str) -> Process {
    process(&file("<resource id='r' name='clerks'/>", task))
}

fn task(process: &Process) -> &UserTask {
    match &process.elements[0].kind {
        Kind::UserTask(task) => task,
        other => panic!("{other:?}"),
    }
}

/// A list as text: `user:x`, `@initiator`, `field:f`, `user=source`.
fn shown(principals: &[Principals]) -> Vec<String> {
    let naming = |naming: &Naming| match naming {
        Naming::User => "user",
        Naming::Group => "group",
        Naming::Role => "role",
    };
    principals
        .iter()
        .map(|principal| match principal {
            Principals::Everyone => "@everyone".into(),
            Principals::Initiator => "@initiator".into(),
            Principals::Creator => "@creator".into(),
            Principals::Participants => "@participants".into(),
            Principals::PastParticipants => "@pastParticipants".into(),
            Principals::Named(kind, name) => format!("{}:{name}", naming(kind)),
            Principals::Field(name) => format!("field:{name}"),
            Principals::Computed(kind, expr) => format!("{}={}", naming(kind), expr.source()),
        })
        .collect()
}

fn literal(text: &Option<Text>) -> Option<&str> {
    match text {
        Some(Text::Literal(text)) => Some(text),
        Some(Text::Expr(expr)) => Some(expr.source()),
        None => None,
    }
}

#[test]
fn our_own_words_say_everything() {
    let process = process(&file(
        "",
        r#"<extensionElements/>
        <userTask id="t"><extensionElements>
          <wf:assignment assignee="${manager}" candidateUsers="a, b" candidateGroups="hr,${team}" candidateRoles="clerk" exclude="@initiator user:x group:y"/>
          <wf:schedule due="P3D" followUp="2026-03-01T08:00:00Z" priority="70" calendar="working"/>
          <wf:form key="k"><![CDATA[{"type": "default", "components": []}]]></wf:form>
          <wf:outcomes field="decision" values="approve reject"/>
          <wf:acl bind="live"><wf:readers users="@everyone, emma @creator" groups="hr" roles="boss" fields="manager deputy" expr="${others}"/><wf:writers users=""/></wf:acl>
          <wf:field name="iban" class="confidential" mask="last4" clear="@initiator role:payroll" write="field:manager"/>
          <wf:output field="seen" value="=true"/>
        </extensionElements></userTask>"#,
    ));
    let element = &process.elements[0];
    assert!(element.working_days);
    let task = task(&process);
    assert_eq!(literal(&task.assignee), Some("${manager}"));
    assert_eq!(
        shown(&task.candidates),
        [
            "user:a",
            "user:b",
            "group:hr",
            "group=${team}",
            "role:clerk"
        ]
    );
    assert_eq!(shown(&task.excluded), ["@initiator", "user:x", "group:y"]);
    assert_eq!(literal(&task.due), Some("P3D"));
    assert_eq!(literal(&task.follow_up), Some("2026-03-01T08:00:00Z"));
    assert_eq!(literal(&task.priority), Some("70"));
    let form = task.form.as_ref().unwrap();
    assert_eq!(form.key.as_deref(), Some("k"));
    assert_eq!(form.schema.as_ref().unwrap()["type"], "default");
    assert_eq!(task.outcome_field.as_deref(), Some("decision"));
    assert_eq!(task.outcomes.len(), 2);
    assert!(element.acl.live);
    assert_eq!(
        shown(element.acl.readers.as_ref().unwrap()),
        [
            "@everyone",
            "user:emma",
            "@creator",
            "group:hr",
            "role:boss",
            "field:manager",
            "field:deputy",
            "user=${others}"
        ]
    );
    assert_eq!(
        shown(element.acl.writers.as_ref().unwrap()),
        Vec::<String>::new()
    );
    assert!(element.acl.owners.is_none());
    let field = &element.fields[0];
    assert_eq!(
        (field.class, field.mask),
        (Classification::Confidential, Some(Mask::Last4))
    );
    assert_eq!(
        shown(field.clear.as_ref().unwrap()),
        ["@initiator", "role:payroll"]
    );
    assert_eq!(shown(field.writers.as_ref().unwrap()), ["field:manager"]);
    assert_eq!(&*element.outputs[0].field, "seen");
}

#[test]
fn a_process_says_who_may_come_near() {
    let mut text = file(
        "",
        r#"<extensionElements><wf:starters groups="employees" users="ann"/><wf:acl><wf:readers users="@initiator"/></wf:acl><wf:field name="reason" class="confidential"/></extensionElements>
        <startEvent id="s" camunda:initiator="author"/>"#,
    );
    text = text.replace(
        "<process ",
        "<process wf:securityRoles='clerk, boss' wf:accessPolicy='composite:participants,initiatorStrict' wf:initiatorField='onBehalfOf' ",
    );
    let process = process(&text);
    let roles: Vec<_> = process
        .security_roles
        .iter()
        .flatten()
        .map(|role| &**role)
        .collect();
    assert_eq!(roles, ["clerk", "boss"]);
    assert_eq!(
        process.policy,
        AccessPolicy::Composite(vec![
            AccessPolicy::Participants,
            AccessPolicy::InitiatorStrict
        ])
    );
    assert_eq!(process.initiator_field.as_deref(), Some("onBehalfOf"));
    assert_eq!(process.initiator_variable.as_deref(), Some("author"));
    assert_eq!(
        shown(process.starters.as_ref().unwrap()),
        ["user:ann", "group:employees"]
    );
    assert_eq!(shown(process.acl.readers.as_ref().unwrap()), ["@initiator"]);
    assert_eq!(process.fields.len(), 1);
}

#[test]
fn nothing_declared_is_not_the_same_as_nobody() {
    let bare = file("", "<task id='t'/>");
    assert!(process(&bare).security_roles.is_none());
    assert!(process(&bare).starters.is_none());
    let closed = bare.replace("<process ", "<process wf:securityRoles='' ");
    assert_eq!(process(&closed).security_roles, Some(Vec::new()));
}

#[test]
fn policies_are_known_by_name() {
    for (name, known) in [
        ("allowAll", true),
        ("participants", true),
        ("initiator", true),
        ("initiatorStrict", true),
        ("composite:initiator, participants", true),
        ("composite:", false),
        ("composite:initiator,composite:participants", false),
        ("composite:initiator,other", false),
        ("Participants", false),
        ("", false),
    ] {
        let text = file("", "<task id='t'/>")
            .replace("<process ", &format!("<process wf:accessPolicy='{name}' "));
        match resolve(&read_text(&text).unwrap(), "p") {
            Ok(_) => assert!(known, "{name}"),
            Err(problems) => {
                assert!(!known, "{name}");
                assert_eq!(rules(&problems), ["2 p unknown-policy"]);
            }
        }
    }
}

#[test]
fn camunda_and_its_family_are_read_by_namespace() {
    for vendor in [
        "http://camunda.org/schema/1.0/bpmn",
        "http://operaton.org/schema/1.0/bpmn",
        "http://flowable.org/bpmn",
        "http://activiti.org/bpmn",
    ] {
        let text = file(
            "",
            "<startEvent id='s' v:initiator='starter' v:formKey='embedded:begin'/><userTask id='t' v:assignee='${starter}' v:candidateUsers='ann, ${list(a, b)[1]}' v:candidateGroups='#{team}' v:dueDate='${due}' v:followUpDate='P1D' v:priority='80' v:formKey='embedded:x'/>",
        )
        .replace("${list(a, b)[1]}", "${deputy}")
        .replace("<process ", &format!("<process xmlns:v='{vendor}' v:candidateStarterGroups='staff' v:candidateStarterUsers='bob' "));
        let process = process(&text);
        let Kind::UserTask(task) = &process.elements[1].kind else {
            panic!()
        };
        assert_eq!(literal(&task.assignee), Some("${starter}"));
        assert_eq!(
            shown(&task.candidates),
            ["user:ann", "user=${deputy}", "group=#{team}"]
        );
        assert_eq!(literal(&task.due), Some("${due}"));
        assert_eq!(literal(&task.follow_up), Some("P1D"));
        assert_eq!(literal(&task.priority), Some("80"));
        assert_eq!(
            task.form.as_ref().unwrap().key.as_deref(),
            Some("embedded:x")
        );
        assert_eq!(process.initiator_variable.as_deref(), Some("starter"));
        assert_eq!(
            process.start_form.as_ref().unwrap().key.as_deref(),
            Some("embedded:begin")
        );
        assert_eq!(
            shown(process.starters.as_ref().unwrap()),
            ["user:bob", "group:staff"]
        );
    }
    let stranger = file("", "<userTask id='t' v:assignee='ann'/>")
        .replace("<process ", "<process xmlns:v='urn:stranger' ");
    assert!(task(&process(&stranger)).assignee.is_none());
}

#[test]
fn camunda_outputs_are_assignments() {
    let process = with_task(
        r#"<userTask id="t"><extensionElements><camunda:inputOutput>
          <camunda:outputParameter name="total">${a + b}</camunda:outputParameter>
          <camunda:outputParameter name="word">it is "so"</camunda:outputParameter>
        </camunda:inputOutput></extensionElements></userTask>"#,
    );
    let outputs = &process.elements[0].outputs;
    assert_eq!(outputs.len(), 2);
    assert_eq!(outputs[0].value.source(), "${a + b}");
    assert_eq!(&*outputs[1].field, "word");
}

#[test]
fn zeebe_tasks_are_read() {
    let process = process(&file(
        "",
        r#"<extensionElements><zeebe:userTaskForm id="f1">{"components": []}</zeebe:userTaskForm></extensionElements>
        <startEvent id="s"><extensionElements><zeebe:formDefinition formKey="camunda-forms:bpmn:f1"/></extensionElements></startEvent>
        <userTask id="t"><extensionElements>
          <zeebe:assignmentDefinition assignee="=manager" candidateUsers="=users" candidateGroups="hr, it"/>
          <zeebe:taskSchedule dueDate="=due" followUpDate="2026-03-01T08:00:00Z"/>
          <zeebe:priorityDefinition priority="30"/>
          <zeebe:formDefinition formKey="camunda-forms:bpmn:f1"/>
          <zeebe:ioMapping><zeebe:output source="=a" target="b"/></zeebe:ioMapping>
        </extensionElements></userTask>"#,
    ));
    let Kind::UserTask(task) = &process.elements[1].kind else {
        panic!()
    };
    assert_eq!(literal(&task.assignee), Some("=manager"));
    assert_eq!(
        shown(&task.candidates),
        ["user==users", "group:hr", "group:it"]
    );
    assert_eq!(literal(&task.due), Some("=due"));
    assert_eq!(literal(&task.priority), Some("30"));
    assert!(task.form.as_ref().unwrap().schema.is_some());
    assert!(process.start_form.as_ref().unwrap().schema.is_some());
    assert_eq!(&*process.elements[1].outputs[0].field, "b");
}

#[test]
fn the_standard_names_people_plainly_or_by_kind() {
    let role = |tag: &str, text: &str| {
        format!(
            "<{tag}><resourceAssignmentExpression><formalExpression>{text}</formalExpression></resourceAssignmentExpression></{tag}>"
        )
    };
    let process = with_task(&format!(
        "<userTask id='t'>{}{}<potentialOwner><resourceRef>m:r</resourceRef></potentialOwner></userTask>",
        role("humanPerformer", "user(kermit)"),
        role("potentialOwner", "user(ann), group(hr), accounting"),
    ));
    assert_eq!(literal(&task(&process).assignee), Some("kermit"));
    assert_eq!(
        shown(&task(&process).candidates),
        ["user:ann", "group:hr", "group:accounting", "group:clerks"]
    );
}

#[test]
fn our_assignment_beats_the_vendors() {
    let process = with_task(
        "<userTask id='t' camunda:assignee='ann' camunda:dueDate='P1D'><extensionElements><wf:assignment candidateGroups='hr'/></extensionElements></userTask>",
    );
    assert!(task(&process).assignee.is_none());
    assert_eq!(shown(&task(&process).candidates), ["group:hr"]);
    assert_eq!(literal(&task(&process).due), Some("P1D"));
}

const JBPM: &str = r#"<userTask id="t">
  <ioSpecification><dataInput id="in1" name="GroupId"/><dataInput id="in2" name="ActorId"/><dataInput id="in3" name="Priority"/><dataInput id="in4" name="Skippable"/></ioSpecification>
  <dataInputAssociation><targetRef>in1</targetRef><assignment><from><![CDATA[hr,it]]></from><to>in1</to></assignment></dataInputAssociation>
  <dataInputAssociation><targetRef>in2</targetRef><assignment><from>ACTOR</from><to>in2</to></assignment></dataInputAssociation>
  <dataInputAssociation><targetRef>in3</targetRef><assignment><from>5</from><to>in3</to></assignment></dataInputAssociation>
  <dataInputAssociation><targetRef>in4</targetRef><assignment><from>true</from><to>in4</to></assignment></dataInputAssociation>
  <potentialOwner><resourceAssignmentExpression><formalExpression>mary</formalExpression></resourceAssignmentExpression></potentialOwner>
</userTask>"#;

#[test]
fn jbpm_names_people_as_inputs() {
    let drools = |text: String| {
        text.replace(
            "<definitions ",
            "<definitions xmlns:d='http://www.jboss.org/drools' ",
        )
    };
    let one = process(&drools(file("", &JBPM.replace("ACTOR", "#{boss}"))));
    assert_eq!(literal(&task(&one).assignee), Some("#{boss}"));
    assert_eq!(literal(&task(&one).priority), Some("5"));
    assert_eq!(
        shown(&task(&one).candidates),
        ["user:mary", "group:hr", "group:it"]
    );
    let several = process(&drools(file("", &JBPM.replace("ACTOR", "ann,bob"))));
    assert!(task(&several).assignee.is_none());
    assert_eq!(
        shown(&task(&several).candidates),
        ["user:mary", "group:hr", "group:it", "user:ann", "user:bob"]
    );
    let work = drools(file("", "<task id='t' d:taskName='Email'/>"));
    let problems = resolve(&read_text(&work).unwrap(), "p").unwrap_err();
    assert_eq!(rules(&problems), ["3 t no-implementation"]);
}

#[test]
fn automatiko_says_roles_policy_and_initiator_in_metadata() {
    let metadata = |name: &str, value: &str| {
        format!(
            "<d:metaData name='{name}'><d:metaValue><![CDATA[{value}]]></d:metaValue></d:metaData>"
        )
    };
    let text = |policy: &str| {
        file(
            "",
            &format!(
                "<extensionElements>{}{}</extensionElements>
                <property id='v1' name='requester'><extensionElements>{}</extensionElements></property><task id='t'/>",
                metadata("securityRoles", "managers, admin"),
                metadata("accessPolicy", policy),
                metadata("customTags", "required,initiator"),
            ),
        )
        .replace("<definitions ", "<definitions xmlns:d='http://www.jboss.org/drools' ")
    };
    let process = process(&text("participants"));
    assert_eq!(process.security_roles.unwrap().len(), 2);
    assert_eq!(process.policy, AccessPolicy::Participants);
    assert_eq!(process.initiator_field.as_deref(), Some("requester"));
    let problems = resolve(&read_text(&text("mine")).unwrap(), "p").unwrap_err();
    assert_eq!(rules(&problems), ["3 p unknown-policy"]);
}

#[test]
fn imixs_items_are_lists_when_they_are_switched_on() {
    let item = |name: &str, values: &[&str]| {
        let values: String = values
            .iter()
            .map(|value| format!("<imixs:value><![CDATA[{value}]]></imixs:value>"))
            .collect();
        format!("<imixs:item name='{name}' type='xs:string'>{values}</imixs:item>")
    };
    let with = |switch: &str| {
        with_task(&format!(
            "<task id='t'><extensionElements>{}{}{}{}</extensionElements></task>",
            item("keyupdateacl", &[switch]),
            item("namaddreadaccess", &["hr"]),
            item("keyaddreadfields", &["namteam", "$creator"]),
            item("keyownershipfields", &["namowner"]),
        ))
    };
    let on = with("true");
    let acl = &on.elements[0].acl;
    assert_eq!(
        shown(acl.readers.as_ref().unwrap()),
        [
            "user:hr",
            "group:hr",
            "role:hr",
            "field:namteam",
            "@creator"
        ]
    );
    assert!(acl.writers.is_none());
    assert_eq!(shown(acl.owners.as_ref().unwrap()), ["field:namowner"]);
    assert!(with("false").elements[0].acl.readers.is_none());
}
