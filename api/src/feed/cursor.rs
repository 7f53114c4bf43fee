//! Places in the journal, as clients hold them: sealed, so that the gaps between them tell nothing. A cursor of a
//! subscription opens for the same person, subject and filter; that of a commit for any subscription of the same person.
//! Both know which rights the person had: with others, what was told and what was not cannot be made up for by what
//! happened since.

use docket_domain::access::{Actor, Principal};
use docket_infra::crypto::TenantKeys;
use docket_infra::store::Position;

use crate::app::{App, AppError};

/// How far a subscription has come.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Place {
    /// The entry.
    pub position: Position,
    /// How many of the entry's tasks were looked at; `None` when nothing of the entry is left.
    pub within: Option<u32>,
}

impl Place {
    /// After a whole entry.
    pub fn after(position: Position) -> Place {
        Place {
            position,
            within: None,
        }
    }

    fn bytes(self, rights: Rights) -> [u8; 28] {
        let mut bytes = [0; 28];
        bytes[..8].copy_from_slice(&self.position.0.to_be_bytes());
        bytes[8..12].copy_from_slice(&self.within.unwrap_or(u32::MAX).to_be_bytes());
        bytes[12..].copy_from_slice(&rights.0);
        bytes
    }

    fn read(bytes: &[u8]) -> Option<(Place, Rights)> {
        let (position, rest) = bytes.split_first_chunk::<8>()?;
        let (within, rights) = rest.split_first_chunk::<4>()?;
        let within = u32::from_be_bytes(*within);
        let place = Place {
            position: Position(i64::from_be_bytes(*position)),
            within: (within != u32::MAX).then_some(within),
        };
        Some((place, Rights(rights.try_into().ok()?)))
    }
}

/// Everything that a person is, as one keyed hash.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Rights([u8; 16]);

impl Rights {
    /// Those of an actor.
    pub fn of(keys: &TenantKeys, actor: &Actor) -> Rights {
        let principals = actor.principals().iter();
        let names: Vec<u8> = principals
            .flat_map(|principal| {
                let (kind, name): (u8, &str) = match principal {
                    Principal::Everyone => (0, ""),
                    Principal::User(name) => (1, name),
                    Principal::Group(name) => (2, name),
                    Principal::Role(name) => (3, name),
                    Principal::Privilege(privilege) => (4, privilege.name()),
                };
                let length = name.len().to_be_bytes();
                std::iter::once(kind)
                    .chain(length)
                    .chain(name.bytes())
                    .collect::<Vec<u8>>()
            })
            .collect();
        Rights(keys.blind_index("rights", &names))
    }
}

/// The cursor of a commit of this person: every subscription of theirs takes it.
pub async fn after_commit(
    app: &App,
    actor: &Actor,
    position: Position,
) -> Result<String, AppError> {
    let keys = app.keys(actor.tenant).await?;
    let rights = Rights::of(&keys, actor);
    Ok(keys.seal_token(&of_person(actor), &Place::after(position).bytes(rights)))
}

/// The cursor of a message of a subscription; `subject` says what it is about and how it is filtered.
pub fn seal(
    keys: &TenantKeys,
    actor: &Actor,
    rights: Rights,
    subject: &str,
    place: Place,
) -> String {
    keys.seal_token(&of_subscription(actor, subject), &place.bytes(rights))
}

/// Opens a cursor of this subscription, or of a commit, with the rights that it was made with; nothing if it is neither.
pub fn open(
    keys: &TenantKeys,
    actor: &Actor,
    subject: &str,
    cursor: &str,
) -> Option<(Place, Rights)> {
    let plain = keys
        .open_token(&of_subscription(actor, subject), cursor)
        .or_else(|_| keys.open_token(&of_person(actor), cursor));
    Place::read(&plain.ok()?)
}

/// The name's length stands in front, so that no name and subject together look like another name.
fn of_person(actor: &Actor) -> Vec<u8> {
    format!("feed/v1/{}/{}", actor.user.len(), actor.user).into_bytes()
}

fn of_subscription(actor: &Actor, subject: &str) -> Vec<u8> {
    let mut purpose = of_person(actor);
    purpose.push(b'/');
    purpose.extend_from_slice(subject.as_bytes());
    purpose
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_place_comes_back(position in any::<i64>(), within in prop::option::of(0..u32::MAX), rights in any::<[u8; 16]>()) {
            let place = Place { position: Position(position), within };
            prop_assert_eq!(Place::read(&place.bytes(Rights(rights))), Some((place, Rights(rights))));
        }

        #[test]
        fn no_bytes_panic(plain in prop::collection::vec(any::<u8>(), 0..40)) {
            prop_assert_eq!(Place::read(&plain).is_some(), plain.len() == 28);
        }
    }
}
