//! The people and the processes of the demo.

use docket_domain::access::Privilege;
use docket_domain::value::Name;
use docket_infra::identity::Bearer;
use jiff::Timestamp;
use serde::Serialize;

/// A person of the demo.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Person {
    /// The token's subject.
    pub user: &'static str,
    /// The tenant's name.
    pub tenant: &'static str,
    /// What they are, for people who choose.
    pub title: &'static str,
    /// Groups.
    pub groups: &'static [&'static str],
    /// Roles.
    pub roles: &'static [&'static str],
    /// Privileges.
    pub privileges: &'static [Privilege],
}
