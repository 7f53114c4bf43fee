use super::super::read::read_text;
use super::super::resolve::resolve;
use super::super::tests::{file, rules};
use super::super::{Binding, Classification, Kind, Mapping, Mask, Naming, Process, Text};
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
    // Data objects are tagged as properties are, and each kind under either name.
    let drawn = text("participants")
        .replace(
            "<property id='v1' name='requester'>",
            "<dataObject id='requester'>",
        )
        .replace("</property>", "</dataObject>")
        .replace("customTags", "tags");
    let drawn = self::process(&drawn);
    assert_eq!(drawn.initiator_field.as_deref(), Some("requester"));
}

#[test]
fn every_vendor_of_the_family_names_lists_and_what_goes_into_calls() {
    for vendor in [
        "http://camunda.org/schema/1.0/bpmn",
        "http://operaton.org/schema/1.0/bpmn",
        "http://flowable.org/bpmn",
        "http://activiti.org/bpmn",
    ] {
        let text = file(
            "",
            "<userTask id='t' v:assignee='${item}'><multiInstanceLoopCharacteristics v:collection='items' v:elementVariable='item'/></userTask>
            <callActivity id='c' calledElement='other'><extensionElements><v:in source='a' target='b'/><v:out source='r' target='s'/></extensionElements></callActivity>",
        )
        .replace("<process ", &format!("<process xmlns:v='{vendor}' "));
        let process = process(&text);
        let Some(crate::bpmn::Repeat::Multi(multi)) = &process.elements[0].repeat else {
            panic!("{vendor}");
        };
        let crate::bpmn::Count::Collection { items, element } = &multi.count else {
            panic!("{vendor}");
        };
        assert_eq!(items.source(), "items", "{vendor}");
        assert_eq!(element.as_deref(), Some("item"), "{vendor}");
        let Kind::Call(call) = &process.elements[1].kind else {
            panic!("{vendor}");
        };
        for (mappings, from, to) in [(&call.inputs, "`a`", "b"), (&call.outputs, "`r`", "s")] {
            let [Mapping::Field(set)] = mappings.as_slice() else {
                panic!("{vendor}");
            };
            assert_eq!((set.value.source(), &*set.field), (from, to), "{vendor}");
        }
    }
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
    let with_writers = |switch: &str, writers: &str| {
        with_task(&format!(
            "<task id='t'><extensionElements>{}{}{}{}{}</extensionElements></task>",
            item("keyupdateacl", &[switch]),
            item("namaddreadaccess", &["hr"]),
            item("keyaddreadfields", &["namteam", "$creator"]),
            item("keyownershipfields", &["namowner"]),
            item(writers, &["boss"]),
        ))
    };
    let with = |switch: &str| with_writers(switch, "other");
    let written = with_writers("true", "namaddwriteaccess");
    assert_eq!(
        shown(written.elements[0].acl.writers.as_ref().unwrap()),
        ["user:boss", "group:boss", "role:boss"]
    );
    let written = with_writers("true", "keyaddwritefields");
    assert_eq!(
        shown(written.elements[0].acl.writers.as_ref().unwrap()),
        ["field:boss"]
    );
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

/// A call as text: callee, version, inputs, outputs, business key.
fn called(text: &str) -> Vec<String> {
    let process = process(text);
    let Kind::Call(call) = &process.elements[0].kind else {
        panic!("{:?}", process.elements[0].kind);
    };
    let text = |text: &Text| match text {
        Text::Literal(text) => text.to_string(),
        Text::Expr(expr) => format!("={}", expr.source()),
    };
    let mapped = |mappings: &[Mapping]| {
        let shown = mappings.iter().map(|mapping| match mapping {
            Mapping::All => "*".to_owned(),
            Mapping::Field(set) => format!("{}={}", set.field, set.value.source()),
        });
        Vec::from_iter(shown).join(" ")
    };
    let version = match &call.binding {
        Binding::Latest => "latest".to_owned(),
        Binding::Deployment => "deployment".to_owned(),
        Binding::Version(version) => format!("version {}", text(version)),
        Binding::Tag(tag) => format!("tag {}", text(tag)),
    };
    vec![
        text(&call.callee),
        version,
        mapped(&call.inputs),
        mapped(&call.outputs),
        call.business_key.as_ref().map(text).unwrap_or_default(),
    ]
}

#[test]
fn calls_are_read_in_every_dialect() {
    let cases = [
        (
            "<callActivity id='c' calledElement='tns:other'/>",
            ["other", "latest", "", "", ""],
        ),
        (
            "<callActivity id='c' calledElement='${which}' camunda:calledElementBinding='version' camunda:calledElementVersion='3'><extensionElements><camunda:in source='a' target='b'/><camunda:in sourceExpression='${x + 1}' target='y'/><camunda:in businessKey='${key}'/><camunda:out variables='all'/></extensionElements></callActivity>",
            ["=${which}", "version 3", "b=`a` y=${x + 1}", "*", "=${key}"],
        ),
        (
            "<callActivity id='c' calledElement='o' camunda:calledElementBinding='versionTag' camunda:calledElementVersionTag='v-2'/>",
            ["o", "tag v-2", "", "", ""],
        ),
        (
            "<callActivity id='c' calledElement='o' flowable:sameDeployment='true' flowable:inheritVariables='true' flowable:businessKey='k'><extensionElements><flowable:out source='r' target='s'/></extensionElements></callActivity>",
            ["o", "deployment", "*", "s=`r`", "k"],
        ),
        (
            "<callActivity id='c'><extensionElements><zeebe:calledElement processId='o'/></extensionElements></callActivity>",
            ["o", "latest", "*", "*", ""],
        ),
        (
            "<callActivity id='c'><extensionElements><zeebe:calledElement processId='=pid' bindingType='deployment' propagateAllParentVariables='false'/><zeebe:ioMapping><zeebe:input source='=a' target='b'/><zeebe:output source='=c' target='d'/></zeebe:ioMapping></extensionElements></callActivity>",
            ["==pid", "deployment", "b==a", "d==c", ""],
        ),
        (
            "<callActivity id='c' calledElement='o'><extensionElements><wf:call tag='stable' businessKey='=k' readers='up'><wf:in/><wf:in field='a'/><wf:in field='b' value='a + 1'/><wf:out field='c'/></wf:call></extensionElements></callActivity>",
            ["o", "tag stable", "* a=`a` b=a + 1", "c=`c`", "==k"],
        ),
        (
            "<callActivity id='c' calledElement='o'><ioSpecification><dataInput id='in1' name='b'/><dataOutput id='out1' name='r'/></ioSpecification><dataInputAssociation><sourceRef>prop</sourceRef><targetRef>in1</targetRef></dataInputAssociation><dataOutputAssociation><sourceRef>out1</sourceRef><targetRef>prop</targetRef></dataOutputAssociation></callActivity><property id='prop' name='a'/>",
            ["o", "latest", "b=`a`", "a=`r`", ""],
        ),
    ];
    for (text, expected) in cases {
        assert_eq!(called(&file("", text)), expected, "{text}");
    }
}

#[test]
fn a_call_that_cannot_be_made_is_refused() {
    let cases = [
        ("<callActivity id='c'/>", "no-callee"),
        (
            "<callActivity id='c' calledElement='o' camunda:calledElementBinding='version'/>",
            "no-callee",
        ),
        (
            "<callActivity id='c' calledElement='o' camunda:calledElementBinding='newest'/>",
            "unknown-binding",
        ),
        (
            "<callActivity id='c' camunda:caseRef='o' calledElement='o'/>",
            "no-implementation",
        ),
        (
            "<callActivity id='c' calledElement='o'><extensionElements><wf:call version='1' tag='a'/></extensionElements></callActivity>",
            "unknown-binding",
        ),
        (
            "<task id='c'><extensionElements><wf:call/></extensionElements></task>",
            "misplaced-extension",
        ),
    ];
    for (text, rule) in cases {
        let problems = resolve(&read_text(&file("", text)).unwrap(), "p").unwrap_err();
        assert_eq!(rules(&problems), [format!("3 c {rule}")], "{text}");
    }
}

#[test]
fn a_process_bears_a_version_tag() {
    let tagged = |attribute: &str| {
        let text = file("", "<task id='t'/>").replace("id=\"p\"", &format!("id=\"p\" {attribute}"));
        process(&text).version_tag
    };
    assert_eq!(tagged("wf:versionTag='a'").as_deref(), Some("a"));
    assert_eq!(tagged("camunda:versionTag='b'").as_deref(), Some("b"));
    assert_eq!(tagged(""), None);
    let zeebe =
        "<extensionElements><zeebe:versionTag value='c'/></extensionElements><task id='t'/>";
    assert_eq!(process(&file("", zeebe)).version_tag.as_deref(), Some("c"));
}

#[test]
fn a_global_task_is_done_in_place() {
    let globals = "<globalUserTask id='g' camunda:assignee='emma'/><globalScriptTask id='s'><extensionElements><wf:set field='a' value='1'/></extensionElements></globalScriptTask>";
    let called = file(
        globals,
        "<callActivity id='x' calledElement='g'/><callActivity id='y' calledElement='s'/>",
    );
    let process = process(&called);
    assert_eq!(literal(&task(&process).assignee), Some("emma"));
    assert!(matches!(&process.elements[1].kind, Kind::Assign(set) if set.len() == 1));
}
