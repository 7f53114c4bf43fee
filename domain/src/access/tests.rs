use std::collections::BTreeSet;

use proptest::prelude::*;

use super::fixture::{group, person, role, user};
use super::*;

fn principals() -> impl Strategy<Value = Principal> {
    prop_oneof![
        Just(Principal::Everyone),
        "[abc]".prop_map(|name| user(&name)),
        "[gh]".prop_map(|name| group(&name)),
        "[rs]".prop_map(|name| role(&name)),
        Just(Principal::Privilege(Privilege::User)),
        Just(Principal::Privilege(Privilege::Monitor)),
    ]
}

fn sets() -> impl Strategy<Value = BTreeSet<Principal>> {
    prop::collection::btree_set(principals(), 0..4)
}

fn acls() -> impl Strategy<Value = Acl> {
    (sets(), prop::collection::vec(sets(), 0..3), sets()).prop_map(|(grants, require, denied)| {
        Acl {
            grants,
            require,
            denied,
        }
    })
}

fn actors() -> impl Strategy<Value = Actor> {
    ("[abc]", "(group:[gh] )?(role:[rs])?")
        .prop_map(|(user, memberships)| person(&user, &memberships))
}

/// The words of the documentation, once more, without the sets of the actor.
fn may_read(acl: &Acl, actor: &Actor) -> bool {
    let matches = |principal: &Principal| match principal {
        Principal::Everyone => true,
        Principal::User(name) => *name == actor.user,
        Principal::Group(name) => actor.groups().any(|group| group == name),
        Principal::Role(name) => actor.roles().any(|role| role == name),
        Principal::Privilege(privilege) => actor.has(*privilege),
    };
    for principal in &acl.denied {
        if matches(principal) {
            return false;
        }
    }
    for clause in &acl.require {
        if !clause.iter().any(matches) {
            return false;
        }
    }
    acl.grants.iter().any(matches)
}

proptest! {
    #[test]
    fn an_access_list_admits_whom_its_words_say(acl in acls(), actor in actors()) {
        prop_assert_eq!(acl.admits(&actor), may_read(&acl, &actor));
    }

    #[test]
    fn nobody_reads_without_a_grant(acl in acls(), actor in actors()) {
        let closed = Acl { grants: BTreeSet::new(), ..acl };
        prop_assert!(!closed.admits(&actor));
    }

    #[test]
    fn denied_beats_every_grant(acl in acls(), actor in actors()) {
        for principal in actor.principals() {
            let mut denying = acl.clone();
            denying.grants.insert(Principal::Everyone);
            denying.denied.insert(principal.clone());
            prop_assert!(!denying.admits(&actor));
        }
    }

    #[test]
    fn a_required_set_without_members_is_met_by_nobody(acl in acls(), actor in actors()) {
        let mut closed = acl;
        closed.require.push(BTreeSet::new());
        prop_assert!(!closed.admits(&actor));
    }

    #[test]
    fn an_access_list_comes_back_from_storage_as_it_was(acl in acls()) {
        let stored = serde_json::to_string(&acl).unwrap();
        prop_assert_eq!(serde_json::from_str::<Acl>(&stored).unwrap(), acl);
    }
}

#[test]
fn a_user_is_never_taken_for_a_group_or_role_of_the_same_name() {
    let actor = person("hr", "");
    for principal in [group("hr"), role("hr")] {
        assert!(!actor.is(&principal), "{principal:?}");
    }
    assert!(!person("emma", "group:hr").is(&user("hr")));
}
