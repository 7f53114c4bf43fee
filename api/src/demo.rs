//! The people and the processes of the demo. The people exist only as tokens; the processes are uploaded and published
//! through the same use cases as any other.

use std::sync::Arc;

use docket_domain::access::Privilege;
use docket_domain::process::ProcessCommand;
use docket_domain::value::Name;
use docket_infra::identity::Bearer;
use jiff::Timestamp;
use serde::Serialize;

use crate::app::{App, AppError};

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

/// The processes, each with the key that its model has.
const PROCESSES: [(&str, &str); 3] = [
    ("vacation", include_str!("../demo/vacation.bpmn")),
    ("expense", include_str!("../demo/expense.bpmn")),
    ("onboarding", include_str!("../demo/onboarding.bpmn")),
];

const WORKER: &[Privilege] = &[Privilege::User, Privilege::Instantiator];

const fn person(user: &'static str, title: &'static str) -> Person {
    Person {
        user,
        tenant: "acme",
        title,
        groups: &["employees"],
        roles: &["employee"],
        privileges: WORKER,
    }
}

/// Everybody, those of acme first.
pub const PEOPLE: [Person; 14] = [
    person("emma", "Employee"),
    Person {
        groups: &["employees", "managers"],
        roles: &["employee", "manager"],
        ..person("mark", "Manager")
    },
    Person {
        groups: &["employees", "hr"],
        roles: &["employee", "hr"],
        ..person("hanna", "Human resources")
    },
    Person {
        groups: &["employees", "finance"],
        ..person("fiona", "Finance")
    },
    Person {
        groups: &["employees", "finance"],
        ..person("felix", "Finance, the second pair of eyes")
    },
    Person {
        groups: &["employees", "it"],
        ..person("ivan", "IT")
    },
    Person {
        privileges: &[Privilege::Designer],
        ..person("dora", "Designer of processes")
    },
    Person {
        privileges: &[Privilege::Manager],
        ..person("pia", "Publishes processes")
    },
    Person {
        privileges: &[Privilege::Administrator],
        ..person("adam", "Administrator")
    },
    Person {
        privileges: &[Privilege::Monitor],
        ..person("mona", "Monitor")
    },
    Person {
        privileges: &[Privilege::Instantiator],
        ..person("ines", "Starts processes")
    },
    Person {
        groups: &[],
        roles: &[],
        privileges: &[],
        ..person("nora", "No rights")
    },
    Person {
        tenant: "globex",
        ..person("emma", "Employee of another company")
    },
    Person {
        tenant: "globex",
        groups: &["employees", "managers"],
        roles: &["employee", "manager"],
        ..person("gustav", "Manager of another company")
    },
];

/// One of the people by name; without a tenant, the first of that name.
pub fn find(user: &str, tenant: Option<&str>) -> Option<Person> {
    PEOPLE
        .into_iter()
        .find(|person| person.user == user && tenant.is_none_or(|tenant| person.tenant == tenant))
}

impl Person {
    /// What a token says of them.
    pub fn bearer(&self, expires_at: Timestamp) -> Bearer {
        let names = |names: &[&str]| names.iter().map(|name| Name::from(*name)).collect();
        Bearer {
            tenant: self.tenant.to_owned(),
            user: Name::from(self.user),
            groups: names(self.groups),
            roles: names(self.roles),
            privileges: self.privileges.to_vec(),
            expires_at,
        }
    }
}

/// Uploads the processes as Dora and publishes them as Pia, in each tenant that has none of that key yet.
pub async fn seed(app: &App) -> Result<(), AppError> {
    for tenant in ["acme", "globex"] {
        for (key, xml) in PROCESSES {
            publish(app, tenant, key, xml).await?;
        }
    }
    Ok(())
}

async fn publish(app: &App, tenant: &str, key: &str, xml: &str) -> Result<(), AppError> {
    let actor = async |user: &'static str, privilege: &'static [Privilege]| {
        let person = Person {
            privileges: privilege,
            ..person(user, "")
        };
        let bearer = Bearer {
            tenant: tenant.to_owned(),
            ..person.bearer(Timestamp::MAX)
        };
        app.viewer(&bearer).await.map(|viewer| viewer.actor)
    };
    let dora = actor("dora", &[Privilege::Designer]).await?;
    let pia = actor("pia", &[Privilege::Manager]).await?;
    let tx = app.store.read(pia.tenant).await?;
    if tx.process_by_key(&pia, key, None).await?.is_some() {
        return Ok(());
    }
    drop(tx);
    let uploaded = app.upload(&dora, Arc::from(xml)).await?;
    for process in uploaded.processes {
        app.move_process(&pia, process.id, ProcessCommand::Publish)
            .await?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_person_is_found_by_name_and_tenant() {
        for person in PEOPLE {
            let found = find(person.user, Some(person.tenant)).expect("a person");
            assert_eq!(found.title, person.title);
        }
        assert_eq!(find("emma", None).expect("a person").tenant, "acme");
        assert!(find("emma", Some("initech")).is_none());
        assert!(find("eve", None).is_none());
    }

    #[test]
    fn a_key_stands_in_its_model() {
        for (key, xml) in PROCESSES {
            assert!(
                xml.contains(&format!("<bpmn:process id=\"{key}\"")),
                "{key}"
            );
        }
    }
}
