use super::*;
use crate::access::fixture::{name, person_with};

#[test]
fn a_version_moves_from_draft_to_published_to_retired() {
    use ProcessCommand::{Publish, Retire};
    use ProcessState::{Draft, Published, Retired};
    let manager = person_with("pia", "", &[Privilege::Manager]);
    let wrong = |state| Err(ProcessRejection::WrongState(state));
    for (command, state, expected) in [
        (Publish, Draft, Ok(Published)),
        (Publish, Published, wrong(Published)),
        (Publish, Retired, wrong(Retired)),
        (Retire, Draft, wrong(Draft)),
        (Retire, Published, Ok(Retired)),
        (Retire, Retired, wrong(Retired)),
    ] {
        let verdict = decide(state, &name("dora"), 0, &manager, command);
        assert_eq!(verdict, expected, "{command:?} {state:?}");
    }
}

#[test]
fn nobody_publishes_what_they_uploaded_or_what_is_broken() {
    let manager = person_with("pia", "", &[Privilege::Manager, Privilege::Designer]);
    let publish = |by: &str, errors| {
        decide(
            ProcessState::Draft,
            &name(by),
            errors,
            &manager,
            ProcessCommand::Publish,
        )
    };
    assert_eq!(publish("pia", 0), Err(ProcessRejection::OwnUpload));
    assert_eq!(publish("pia", 3), Err(ProcessRejection::OwnUpload));
    assert_eq!(publish("dora", 3), Err(ProcessRejection::Broken(3)));
    assert_eq!(publish("dora", 0), Ok(ProcessState::Published));
}

#[test]
fn only_managers_move_a_version() {
    for privilege in Privilege::ALL {
        let actor = person_with("ann", "", &[privilege]);
        for (state, command) in [
            (ProcessState::Draft, ProcessCommand::Publish),
            (ProcessState::Published, ProcessCommand::Retire),
        ] {
            let verdict = decide(state, &name("dora"), 0, &actor, command);
            assert_eq!(
                verdict.is_ok(),
                privilege == Privilege::Manager,
                "{privilege} {command:?}"
            );
            if verdict.is_err() {
                assert_eq!(
                    verdict,
                    Err(ProcessRejection::Privilege(Privilege::Manager))
                );
            }
        }
    }
}
