//! How many sockets each person has open on this node, and how many there are at all.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use docket_domain::ids::TenantId;
use docket_domain::value::Name;
use tokio::sync::watch;

type Person = (TenantId, Name);

/// The register. Cheap to clone.
#[derive(Clone)]
pub struct Seats {
    taken: Arc<Mutex<HashMap<Person, usize>>>,
    open: Arc<watch::Sender<usize>>,
    per_person: usize,
}

impl Seats {
    /// An empty register with so many places for each person.
    pub fn new(per_person: usize) -> Seats {
        Seats {
            taken: Arc::default(),
            open: Arc::new(watch::Sender::new(0)),
            per_person,
        }
    }

    /// A socket is open until the value is dropped.
    pub(super) fn enter(&self) -> Entered {
        self.open.send_modify(|open| *open += 1);
        Entered(self.clone())
    }

    /// A place for one more socket of a person; `None` if all are taken.
    pub(super) fn take(&self, tenant: TenantId, user: &Name) -> Option<Seat> {
        let person = (tenant, user.clone());
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        let count = taken.entry(person.clone()).or_default();
        if *count >= self.per_person {
            return None;
        }
        *count += 1;
        Some(Seat {
            seats: self.clone(),
            person,
        })
    }

    /// Waits until no socket is open.
    pub async fn empty(&self) {
        let mut open = self.open.subscribe();
        open.wait_for(|open| *open == 0)
            .await
            .expect("the sender lives in `self`");
    }
}

/// One open socket.
pub(super) struct Entered(Seats);

impl Drop for Entered {
    fn drop(&mut self) {
        self.0.open.send_modify(|open| *open -= 1);
    }
}

/// One socket of a person.
pub(super) struct Seat {
    seats: Seats,
    person: Person,
}

impl Drop for Seat {
    fn drop(&mut self) {
        let mut taken = self
            .seats
            .taken
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = taken.get_mut(&self.person) {
            *count -= 1;
            if *count == 0 {
                taken.remove(&self.person);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    #[test]
    fn a_person_has_ten_seats_in_each_tenant_and_gets_them_back() {
        let seats = Seats::new(10);
        let (acme, globex) = (TenantId(Uuid::from_u128(1)), TenantId(Uuid::from_u128(2)));
        let emma = Name::from("emma");
        let mut held: Vec<_> = (0..10).map(|_| seats.take(acme, &emma)).collect();
        assert!(held.iter().all(Option::is_some));
        assert!(seats.take(acme, &emma).is_none());
        assert!(seats.take(globex, &emma).is_some());
        assert!(seats.take(acme, &Name::from("mark")).is_some());
        held.pop();
        assert!(seats.take(acme, &emma).is_some());
        held.clear();
        assert!(seats.taken.lock().expect("a lock").is_empty());
    }

    #[tokio::test]
    async fn it_is_empty_when_the_last_socket_is_gone() {
        let seats = Seats::new(10);
        let (first, second) = (seats.enter(), seats.enter());
        drop(first);
        let waiting = seats.clone();
        let empty = waiting.empty();
        drop(second);
        empty.await;
    }
}
