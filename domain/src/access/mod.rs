//! Who may see and do what: one file per gate, and the two values they share. An [`Acl`] is the decision as data: the
//! same value is evaluated here in memory and stored as rows that the database matches, so that list, lookup and push
//! agree. Nothing here knows SQL, tokens or GraphQL.
//!
//! ```text
//!  G0 authentication ─ outside    G1 tenant ─ structural, in the store
//!  G2 privilege   privilege.rs    G3 service  ┐
//!  G6 instance    instance.rs     G7 state    ├─▶ Acl { grants, require, denied } ─▶ admits(actor)
//!  G8 task        task/           G4 deny     ┘
//!  G9 field       field.rs
//! ```

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::ids::TenantId;
use crate::value::Name;

pub mod field;
#[cfg(test)]
pub(crate) mod fixture;
pub mod instance;
pub mod privilege;
pub mod state;

pub use privilege::Privilege;

/// Whom a rule can name.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub enum Principal {
    /// Everybody in the tenant.
    #[serde(rename = "e")]
    Everyone,
    /// One person, by the name that the token's subject gives.
    #[serde(rename = "u")]
    User(Name),
    /// A group of the token.
    #[serde(rename = "g")]
    Group(Name),
    /// A role of the token.
    #[serde(rename = "r")]
    Role(Name),
    /// Everyone who holds a privilege.
    #[serde(rename = "p")]
    Privilege(Privilege),
}

/// Who asks, authenticated. Made from a token alone; no argument of a request ever becomes part of it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Actor {
    /// The border.
    pub tenant: TenantId,
    /// The token's subject.
    pub user: Name,
    /// Every principal that the actor is: everyone, the user, groups, roles and privileges. Sorted.
    principals: BTreeSet<Principal>,
}

impl Actor {
    /// An actor of a tenant with the groups, roles and privileges that the token states.
    pub fn new(
        tenant: TenantId,
        user: Name,
        groups: impl IntoIterator<Item = Name>,
        roles: impl IntoIterator<Item = Name>,
        privileges: impl IntoIterator<Item = Privilege>,
    ) -> Actor {
        let mut principals = BTreeSet::from([Principal::Everyone, Principal::User(user.clone())]);
        principals.extend(groups.into_iter().map(Principal::Group));
        principals.extend(roles.into_iter().map(Principal::Role));
        principals.extend(privileges.into_iter().map(Principal::Privilege));
        Actor {
            tenant,
            user,
            principals,
        }
    }

    /// Every principal that the actor is.
    pub fn principals(&self) -> &BTreeSet<Principal> {
        &self.principals
    }

    /// Whether the actor is this principal.
    pub fn is(&self, principal: &Principal) -> bool {
        self.principals.contains(principal)
    }

    /// Whether the actor is one of these principals.
    pub fn is_any<'a>(&self, principals: impl IntoIterator<Item = &'a Principal>) -> bool {
        principals.into_iter().any(|principal| self.is(principal))
    }

    /// Whether the actor holds the privilege (G2).
    pub fn has(&self, privilege: Privilege) -> bool {
        self.is(&Principal::Privilege(privilege))
    }

    /// The names of the actor's groups, in order.
    pub fn groups(&self) -> impl Iterator<Item = &Name> {
        self.principals
            .iter()
            .filter_map(|principal| match principal {
                Principal::Group(name) => Some(name),
                Principal::Everyone
                | Principal::User(_)
                | Principal::Role(_)
                | Principal::Privilege(_) => None,
            })
    }

    /// The names of the actor's roles, in order.
    pub fn roles(&self) -> impl Iterator<Item = &Name> {
        self.principals
            .iter()
            .filter_map(|principal| match principal {
                Principal::Role(name) => Some(name),
                Principal::Everyone
                | Principal::User(_)
                | Principal::Group(_)
                | Principal::Privilege(_) => None,
            })
    }
}

/// Who may read one object, as data: at least one grant, one match in *each* required set, and no match among the denied.
/// Without a grant nobody reads.
#[derive(Clone, PartialEq, Eq, Default, Debug, Serialize, Deserialize)]
pub struct Acl {
    /// Any one of these opens (G5, G7, G8).
    #[serde(rename = "g", default, skip_serializing_if = "BTreeSet::is_empty")]
    pub grants: BTreeSet<Principal>,
    /// Each of these sets must be met as well (G3, G6): what a gate that restricts asks for. A gate that abstains adds none.
    #[serde(rename = "q", default, skip_serializing_if = "Vec::is_empty")]
    pub require: Vec<BTreeSet<Principal>>,
    /// Any one of these closes, whatever else holds (G4).
    #[serde(rename = "d", default, skip_serializing_if = "BTreeSet::is_empty")]
    pub denied: BTreeSet<Principal>,
}

impl Acl {
    /// Whether the actor may read the object.
    pub fn admits(&self, actor: &Actor) -> bool {
        actor.is_any(&self.grants)
            && self.require.iter().all(|set| actor.is_any(set))
            && !actor.is_any(&self.denied)
    }
}

#[cfg(test)]
mod tests;
