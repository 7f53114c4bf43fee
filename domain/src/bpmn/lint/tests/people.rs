use super::*;

/// What is found of a task with this assignment.
fn assigned(assignment: &str) -> Vec<String> {
    found(&format!(
        "<startEvent id='s' camunda:initiator='author'/><sequenceFlow sourceRef='s' targetRef='u'/>
        <userTask id='u'><extensionElements><wf:assignment {assignment}/></extensionElements></userTask>"
    ))
}

#[test]
fn a_task_that_excludes_everyone_whom_it_names_is_nobodys() {
    for shut in [
        "candidateUsers='ann' exclude='user:ann'",
        "candidateUsers='ann' candidateGroups='hr' exclude='group:hr user:ann'",
        "candidateUsers='ann' candidateGroups='hr' exclude='@everyone'",
        "assignee='ann' exclude='user:ann'",
        "assignee='${author}' exclude='@initiator'",
        "assignee='${author}' exclude='@participants'",
        "assignee='${boss}' exclude='field:boss'",
        "candidateUsers='${deputies}' exclude='${ deputies }'",
    ] {
        assert_eq!(assigned(shut), ["4 u nobody"], "{shut}");
    }
    for open in [
        "candidateUsers='ann,bob' exclude='user:ann'",
        "candidateGroups='hr' exclude='user:ann @initiator'",
        "candidateGroups='hr' exclude='role:hr'",
        "assignee='${boss}' exclude='@initiator'",
        "assignee='${author}' candidateGroups='hr' exclude='@initiator'",
        "assignee='ann' exclude='user:bob'",
    ] {
        assert_eq!(assigned(open), Vec::<String>::new(), "{open}");
    }
}

#[test]
fn work_without_workers_and_a_process_without_people_are_nobodys() {
    let work = |workers: &str| {
        found(&format!(
            "<serviceTask id='w'><extensionElements><wf:work type='pay'/>{workers}</extensionElements></serviceTask>"
        ))
    };
    assert_eq!(work(""), Vec::<String>::new());
    assert_eq!(work("<wf:workers groups='bots'/>"), Vec::<String>::new());
    assert_eq!(work("<wf:workers/>"), ["3 w nobody"]);
    let process = |attributes: &str, inside: &str| {
        let text = file(
            "",
            &format!(
                "<extensionElements>{inside}</extensionElements><userTask id='u' camunda:assignee='ann'/>"
            ),
        );
        let text = text.replace("<process ", &format!("<process {attributes} "));
        rules(&findings(&read_text(&text).unwrap(), "p"))
    };
    assert_eq!(process("wf:securityRoles=''", ""), ["2 p nobody"]);
    assert_eq!(
        process("wf:securityRoles='clerk'", ""),
        Vec::<String>::new()
    );
    assert_eq!(
        process("", "<wf:starters users='@initiator'/>"),
        ["2 p nobody"]
    );
    assert_eq!(process("", "<wf:starters fields='boss'/>"), ["2 p nobody"]);
    // Nobody starts by hand what a message or another process starts.
    assert_eq!(process("", "<wf:starters/>"), Vec::<String>::new());
    assert_eq!(
        process("", "<wf:starters users='@initiator' groups='hr'/>"),
        Vec::<String>::new()
    );
}
