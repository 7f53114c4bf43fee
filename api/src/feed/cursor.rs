//! Places in the journal, as clients hold them: sealed, so that the gaps between them tell nothing. A cursor of a
//! subscription opens for the same person, subject and filter; that of a commit for any subscription of the same person.

use docket_domain::access::Actor;
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

    fn bytes(self) -> [u8; 12] {
        let mut bytes = [0; 12];
        bytes[..8].copy_from_slice(&self.position.0.to_be_bytes());
        bytes[8..].copy_from_slice(&self.within.unwrap_or(u32::MAX).to_be_bytes());
        bytes
    }

    fn read(bytes: &[u8]) -> Option<Place> {
        let (position, within) = bytes.split_first_chunk::<8>()?;
        let within = u32::from_be_bytes(within.try_into().ok()?);
        Some(Place {
            position: Position(i64::from_be_bytes(*position)),
            within: (within != u32::MAX).then_some(within),
        })
    }
}

/// The cursor of a commit of this person: every subscription of theirs takes it.
pub async fn after_commit(
    app: &App,
    actor: &Actor,
    position: Position,
) -> Result<String, AppError> {
    let keys = app.keys(actor.tenant).await?;
    Ok(keys.seal_token(&of_person(actor), &Place::after(position).bytes()))
}

/// The cursor of a message of a subscription; `subject` says what it is about and how it is filtered.
pub fn seal(keys: &TenantKeys, actor: &Actor, subject: &str, place: Place) -> String {
    keys.seal_token(&of_subscription(actor, subject), &place.bytes())
}

/// Opens a cursor of this subscription, or of a commit; nothing if it is neither.
pub fn open(keys: &TenantKeys, actor: &Actor, subject: &str, cursor: &str) -> Option<Place> {
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
        fn a_place_comes_back(position in any::<i64>(), within in prop::option::of(0..u32::MAX)) {
            let place = Place { position: Position(position), within };
            prop_assert_eq!(Place::read(&place.bytes()), Some(place));
        }

        #[test]
        fn no_bytes_panic(plain in prop::collection::vec(any::<u8>(), 0..30)) {
            prop_assert_eq!(Place::read(&plain).is_some(), plain.len() == 12);
        }
    }
}
