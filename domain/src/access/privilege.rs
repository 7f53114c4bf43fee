//! G2: what a person may do at all in a tenant, apart from any one object.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// A tenant-wide privilege. Privileges open operations, never objects: reading a case takes a grant of its own.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Privilege {
    /// Uploads and downloads models.
    Designer,
    /// Publishes and retires models that somebody else uploaded.
    Manager,
    /// Terminates instances and reassigns tasks, without seeing their data.
    Administrator,
    /// Sees status without data.
    Monitor,
    /// Has a worklist, claims and completes tasks.
    User,
    /// Starts instances.
    Instantiator,
    /// Reads the audit.
    Auditor,
    /// Erases persons.
    DataProtectionOfficer,
    /// Does the work of service, send and business rule tasks, without reading instances.
    Worker,
}

impl Privilege {
    /// Every privilege.
    pub const ALL: [Privilege; 9] = [
        Privilege::Designer,
        Privilege::Manager,
        Privilege::Administrator,
        Privilege::Monitor,
        Privilege::User,
        Privilege::Instantiator,
        Privilege::Auditor,
        Privilege::DataProtectionOfficer,
        Privilege::Worker,
    ];

    /// The name in tokens and on the command line, in lower case.
    pub fn name(self) -> &'static str {
        match self {
            Privilege::Designer => "designer",
            Privilege::Manager => "manager",
            Privilege::Administrator => "administrator",
            Privilege::Monitor => "monitor",
            Privilege::User => "user",
            Privilege::Instantiator => "instantiator",
            Privilege::Auditor => "auditor",
            Privilege::DataProtectionOfficer => "data_protection_officer",
            Privilege::Worker => "worker",
        }
    }
}

impl fmt::Display for Privilege {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A name that is no privilege.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("`{0}` is no privilege")]
pub struct UnknownPrivilege(pub String);

impl FromStr for Privilege {
    type Err = UnknownPrivilege;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        Privilege::ALL
            .into_iter()
            .find(|privilege| privilege.name() == name)
            .ok_or_else(|| UnknownPrivilege(name.to_owned()))
    }
}

#[cfg(test)]
mod tests;
