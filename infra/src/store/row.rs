//! Between rows and values: codes of states, times, and sealing. A value is sealed for its tenant, table, row and field,
//! so that what is moved elsewhere does not open.

use std::collections::HashMap;

use docket_domain::engine::instance::InstanceState;
use docket_domain::ids::{InstanceId, TenantId};
use docket_domain::process::ProcessState;
use docket_domain::task::TaskState;
use docket_domain::value::{Data, Name, Value};
use jiff::Timestamp;
use serde::Serialize;
use serde::de::DeserializeOwned;
use uuid::Uuid;

use super::StoreError;
use crate::crypto::{Cipher, Place, Pseudonym, TenantKeys};

/// One sealed value: its place, and the column's name for the error.
#[derive(Clone, Copy)]
pub struct Cell<'a> {
    /// The tenant.
    pub tenant: TenantId,
    /// The table.
    pub table: &'static str,
    /// The row.
    pub row: Uuid,
    /// The column; it is the field's id as well, unless `part` says more.
    pub column: &'static str,
    /// What tells values of one column and row apart; empty where there is one.
    pub part: &'a [u8],
}

impl Cell<'_> {
    /// The error of a value that does not open or parse.
    pub fn corrupt(&self) -> StoreError {
        StoreError::Corrupt {
            table: self.table,
            column: self.column,
            row: self.row,
        }
    }

    /// Seals bytes.
    pub fn seal(&self, cipher: &Cipher, plain: &[u8]) -> Vec<u8> {
        self.at(|place| cipher.seal(place, plain))
    }

    /// Opens bytes.
    pub fn open(&self, cipher: &Cipher, sealed: &[u8]) -> Result<Vec<u8>, StoreError> {
        self.at(|place| cipher.open(place, sealed))
            .map_err(|_| self.corrupt())
    }

    /// Seals a value as JSON.
    pub fn seal_json(
        &self,
        cipher: &Cipher,
        value: &impl Serialize,
    ) -> Result<Vec<u8>, StoreError> {
        let plain = serde_json::to_vec(value).map_err(|_| self.corrupt())?;
        Ok(self.seal(cipher, &plain))
    }

    /// Opens a value that was sealed as JSON.
    pub fn open_json<T: DeserializeOwned>(
        &self,
        cipher: &Cipher,
        sealed: &[u8],
    ) -> Result<T, StoreError> {
        serde_json::from_slice(&self.open(cipher, sealed)?).map_err(|_| self.corrupt())
    }

    fn at<T>(&self, then: impl FnOnce(&Place<'_>) -> T) -> T {
        let mut field = self.column.as_bytes().to_vec();
        if !self.part.is_empty() {
            field.push(b':');
            field.extend_from_slice(self.part);
        }
        then(&Place {
            tenant: self.tenant,
            table: self.table,
            row: self.row,
            field: &field,
        })
    }
}

/// What a reader of a list sees of a row that does not open: nothing. The operator is told, without contents.
pub fn or_absent<T>(opened: Result<T, StoreError>) -> Result<Option<T>, StoreError> {
    match opened {
        Ok(value) => Ok(Some(value)),
        Err(error @ StoreError::Corrupt { .. }) => {
            tracing::error!(%error, "a row is left out");
            Ok(None)
        }
        Err(
            error @ (StoreError::Conflict
            | StoreError::Keys(_)
            | StoreError::File(_)
            | StoreError::OtherVersion
            | StoreError::Database(_)),
        ) => Err(error),
    }
}

/// A pseudonym as a column holds it.
pub fn uuid(pseudonym: Pseudonym) -> Uuid {
    Uuid::from_bytes(pseudonym)
}

/// A moment as a column holds it.
pub fn micros(at: Timestamp) -> i64 {
    at.as_microsecond()
}

/// A moment from a column.
pub fn timestamp(
    micros: i64,
    table: &'static str,
    column: &'static str,
    row: Uuid,
) -> Result<Timestamp, StoreError> {
    Timestamp::from_microsecond(micros).map_err(|_| StoreError::Corrupt { table, column, row })
}

/// The code of a task's state.
pub fn task_state_code(state: TaskState) -> i16 {
    match state {
        TaskState::Ready => 1,
        TaskState::Claimed => 2,
        TaskState::Delegated => 3,
        TaskState::Completed => 4,
        TaskState::Cancelled => 5,
        TaskState::Suspended => 6,
    }
}

/// The code of an instance's state.
pub fn instance_state_code(state: InstanceState) -> i16 {
    match state {
        InstanceState::Active => 1,
        InstanceState::Completed => 2,
        InstanceState::Withdrawn => 3,
        InstanceState::Terminated => 4,
        InstanceState::Suspended => 5,
    }
}

/// The state of an instance by its code.
pub fn instance_state(code: i16) -> Option<InstanceState> {
    [
        InstanceState::Active,
        InstanceState::Completed,
        InstanceState::Withdrawn,
        InstanceState::Terminated,
        InstanceState::Suspended,
    ]
    .into_iter()
    .find(|state| instance_state_code(*state) == code)
}

/// The code of a process version's state.
pub fn process_state_code(state: ProcessState) -> i16 {
    match state {
        ProcessState::Draft => 1,
        ProcessState::Published => 2,
        ProcessState::Retired => 3,
    }
}

/// The state of a process version by its code.
pub fn process_state(code: i16) -> Option<ProcessState> {
    [
        ProcessState::Draft,
        ProcessState::Published,
        ProcessState::Retired,
    ]
    .into_iter()
    .find(|state| process_state_code(*state) == code)
}

/// The fields of an instance, each sealed by itself, in one column:
///
/// ```text
/// u32 count, then for each: 16 bytes blind index of the name | u32 length | envelope of [name, value]
/// ```
///
/// Numbers are big-endian. A field that has not changed keeps its old bytes.
pub struct Fields<'a> {
    /// The tenant.
    pub tenant: TenantId,
    /// Its keys.
    pub keys: &'a TenantKeys,
    /// The instance.
    pub instance: InstanceId,
    /// The instance's key.
    pub cipher: &'a Cipher,
}

impl Fields<'_> {
    /// Seals data; `old` is what was stored, with its bytes.
    pub fn seal(&self, data: &Data, old: Option<(&Data, &[u8])>) -> Result<Vec<u8>, StoreError> {
        let (old_data, old_frames) = match old {
            Some((data, bytes)) => (Some(data), self.frames(bytes)?),
            None => (None, Vec::new()),
        };
        let old_frames: HashMap<Pseudonym, &[u8]> = old_frames.into_iter().collect();
        let mut bytes = be_u32(data.len()).to_vec();
        for (name, value) in data {
            let id = self.keys.blind_index("field", name.as_bytes());
            let unchanged = old_data.is_some_and(|old| old.get(name) == Some(value));
            let fresh;
            let envelope = match old_frames.get(&id) {
                Some(envelope) if unchanged => *envelope,
                Some(_) | None => {
                    fresh = self.cell(&id).seal_json(self.cipher, &(name, value))?;
                    fresh.as_slice()
                }
            };
            bytes.extend_from_slice(&id);
            bytes.extend_from_slice(&be_u32(envelope.len()));
            bytes.extend_from_slice(envelope);
        }
        Ok(bytes)
    }

    /// Opens data.
    pub fn open(&self, bytes: &[u8]) -> Result<Data, StoreError> {
        self.frames(bytes)?
            .into_iter()
            .map(|(id, envelope)| {
                self.cell(&id)
                    .open_json::<(Name, Value)>(self.cipher, envelope)
            })
            .collect()
    }

    fn frames<'b>(&self, bytes: &'b [u8]) -> Result<Vec<(Pseudonym, &'b [u8])>, StoreError> {
        parse_frames(bytes).ok_or_else(|| self.cell(&[]).corrupt())
    }

    fn cell<'b>(&self, id: &'b [u8]) -> Cell<'b> {
        Cell {
            tenant: self.tenant,
            table: "instances",
            row: self.instance.0,
            column: "data",
            part: id,
        }
    }
}

pub fn parse_frames(bytes: &[u8]) -> Option<Vec<(Pseudonym, &[u8])>> {
    let (count, mut rest) = bytes.split_first_chunk::<4>()?;
    let mut frames = Vec::new();
    for _ in 0..u32::from_be_bytes(*count) {
        let (id, after) = rest.split_first_chunk::<16>()?;
        let (length, after) = after.split_first_chunk::<4>()?;
        let (envelope, after) = after.split_at_checked(u32::from_be_bytes(*length) as usize)?;
        frames.push((*id, envelope));
        rest = after;
    }
    rest.is_empty().then_some(frames)
}

/// Data is bounded far below 4 GiB (`docket_domain::value::MAX_BYTES`).
fn be_u32(length: usize) -> [u8; 4] {
    u32::try_from(length).unwrap_or(u32::MAX).to_be_bytes()
}
