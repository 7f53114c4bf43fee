use super::*;
use crate::access::fixture::person_with;

#[test]
fn every_privilege_has_a_name_that_leads_back_to_it() {
    for privilege in Privilege::ALL {
        assert_eq!(privilege.name().parse(), Ok(privilege));
        assert_eq!(
            serde_json::to_value(privilege).unwrap(),
            privilege.name(),
            "stored under the name that tokens use"
        );
    }
    assert_eq!(
        "root".parse::<Privilege>(),
        Err(UnknownPrivilege("root".to_owned()))
    );
}

#[test]
fn a_privilege_is_held_alone() {
    for held in Privilege::ALL {
        let actor = person_with("ann", "", &[held]);
        for asked in Privilege::ALL {
            assert_eq!(actor.has(asked), held == asked, "{held} {asked}");
        }
    }
}
