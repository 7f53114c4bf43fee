//! Relay connections over the store's pages. A cursor is the key of a row, sealed: its bytes tell nothing, and it opens
//! only for the person, the list and the order that it was made for.

use async_graphql::{Context, Object, OutputType, SimpleObject};
use docket_infra::crypto::TenantKeys;
use docket_infra::store::{HistoryPage, Key, Page, Remembrance, Slice};
use std::sync::Arc;
use uuid::Uuid;

use super::error::{Code, Result};
use super::session::Asking;
use super::types::comment::Comment;
use super::types::decision::DecisionDefinition;
use super::types::history::HistoryEntry;
use super::types::instance::ProcessInstance;
use super::types::monitor::ProcessInstanceStatus;
use super::types::process::Process;
use super::types::suspension::ProcessSuspension;
use super::types::task::Task;

/// Rows of a page, unless a number is named.
const DEFAULT_SIZE: u32 = 20;
/// Rows of a page at most.
const MAX_SIZE: u32 = 100;

/// The four arguments of every list.
#[derive(Clone, Default, Debug)]
pub struct PageArgs {
    /// The first rows.
    pub first: Option<i32>,
    /// After this cursor.
    pub after: Option<String>,
    /// The last rows.
    pub last: Option<i32>,
    /// Before this cursor.
    pub before: Option<String>,
}

/// How many rows a page may cost, for the complexity of a document: nonsense costs as much as the largest page.
pub fn cost(first: Option<i32>, last: Option<i32>) -> usize {
    let size = first.or(last).map_or(Some(DEFAULT_SIZE), |size| {
        u32::try_from(size).ok().filter(|size| *size <= MAX_SIZE)
    });
    size.unwrap_or(MAX_SIZE).max(1) as usize
}

/// One list that is being asked for: its page, and what seals its cursors.
pub struct Listing {
    /// Which part of it.
    pub page: Page,
    seal: Arc<Seal>,
}

/// What seals the cursors of one list. Each is sealed when it is asked for: most pages name one or none.
struct Seal {
    keys: Arc<TenantKeys>,
    purpose: Vec<u8>,
}

impl Seal {
    fn cursor(&self, key: Key) -> String {
        self.keys.seal_token(&self.purpose, &bytes(key))
    }
}

impl Listing {
    /// Reads the arguments. `list` names the list and its order: a cursor of another one, or of another person's, does not
    /// open.
    pub async fn open(asking: &Asking<'_>, list: &str, args: &PageArgs) -> Result<Listing> {
        let actor = asking.actor();
        let keys = asking.app.keys(actor.tenant).await?;
        // The length of the name comes first, so that no name and list together look like another name.
        let purpose = format!("page/v1/{}/{}/{list}", actor.user.len(), actor.user).into_bytes();
        let key = |cursor: &Option<String>| {
            cursor
                .as_deref()
                .map(|cursor| unseal(&keys, &purpose, cursor))
                .transpose()
        };
        let (after, before) = (key(&args.after)?, key(&args.before)?);
        let (size, from_end) = size(args.first, args.last)?;
        Ok(Listing {
            page: Page {
                size,
                after,
                before,
                from_end,
            },
            seal: Arc::new(Seal { keys, purpose }),
        })
    }

    /// The answer. `total` is asked for only if the document names it.
    pub fn connection<Row, T: OutputType>(
        &self,
        slice: Slice<Row>,
        total: Option<u64>,
        node: impl Fn(Row) -> T,
    ) -> Connection<T> {
        let edges = slice.items.into_iter().map(|(key, row)| Edge {
            node: node(row),
            key,
            seal: self.seal.clone(),
        });
        let edges: Vec<Edge<T>> = edges.collect();
        let place = |edge: Option<&Edge<T>>| edge.map(|edge| edge.key);
        Connection {
            start: place(edges.first()),
            end: place(edges.last()),
            seal: self.seal.clone(),
            edges,
            has_next_page: slice.has_next,
            has_previous_page: slice.has_previous,
            total_count: total.unwrap_or_default(),
        }
    }

    /// The answer for a part of a history: its cursors are where looking ended, whatever was found there.
    pub fn history<T: OutputType>(
        &self,
        page: HistoryPage,
        total: u32,
        node: impl Fn(Remembrance) -> T,
    ) -> Connection<T> {
        let edges = page.items.into_iter().map(|(key, found)| Edge {
            node: node(found),
            key,
            seal: self.seal.clone(),
        });
        Connection {
            edges: edges.collect(),
            start: page.start,
            end: page.end,
            seal: self.seal.clone(),
            has_next_page: page.has_next,
            has_previous_page: page.has_previous,
            total_count: total.into(),
        }
    }
}

/// Whether the document asks the current list for its total.
pub fn wants_total(ctx: &Context<'_>) -> bool {
    ctx.look_ahead().field("totalCount").exists()
}

fn size(first: Option<i32>, last: Option<i32>) -> Result<(u32, bool)> {
    let checked = |name: &str, size: i32| {
        u32::try_from(size)
            .ok()
            .filter(|size| *size <= MAX_SIZE)
            .ok_or_else(|| {
                Code::BadInput.error(format!("`{name}` must lie between 0 and {MAX_SIZE}"))
            })
    };
    match (first, last) {
        (Some(_), Some(_)) => Err(Code::BadInput.error("`first` and `last` exclude each other")),
        (Some(first), None) => Ok((checked("first", first)?, false)),
        (None, Some(last)) => Ok((checked("last", last)?, true)),
        (None, None) => Ok((DEFAULT_SIZE, false)),
    }
}

fn unseal(keys: &TenantKeys, purpose: &[u8], cursor: &str) -> Result<Key> {
    let plain = keys.open_token(purpose, cursor).ok();
    plain
        .and_then(|plain| key(&plain))
        .ok_or_else(|| Code::BadInput.error("the cursor does not belong to this list"))
}

fn bytes(key: Key) -> [u8; 24] {
    let mut bytes = [0; 24];
    bytes[..8].copy_from_slice(&key.sort.to_be_bytes());
    bytes[8..].copy_from_slice(key.id.as_bytes());
    bytes
}

fn key(bytes: &[u8]) -> Option<Key> {
    let (sort, id) = bytes.split_first_chunk::<8>()?;
    Some(Key {
        sort: i64::from_be_bytes(*sort),
        id: Uuid::from_slice(id).ok()?,
    })
}

/// A page of a list, in the list's order.
pub struct Connection<T: OutputType> {
    edges: Vec<Edge<T>>,
    start: Option<Key>,
    end: Option<Key>,
    seal: Arc<Seal>,
    has_next_page: bool,
    has_previous_page: bool,
    total_count: u64,
}

/// One row of a page, with its place.
pub struct Edge<T: OutputType> {
    node: T,
    key: Key,
    seal: Arc<Seal>,
}

impl<T: OutputType> Edge<T> {
    fn place(&self) -> String {
        self.seal.cursor(self.key)
    }
}

/// Where a page lies in its list.
#[derive(SimpleObject)]
#[graphql(serial)]
pub struct PageInfo {
    /// Whether rows follow this page.
    has_next_page: bool,
    /// Whether rows come before this page.
    has_previous_page: bool,
    /// The place of the page's first row.
    start_cursor: Option<String>,
    /// The place of the page's last row.
    end_cursor: Option<String>,
}

/// A page of a list, in the list's order.
#[Object(
    serial,
    concrete(name = "ProcessConnection", params(Process)),
    concrete(name = "DecisionDefinitionConnection", params(DecisionDefinition)),
    concrete(name = "ProcessInstanceConnection", params(ProcessInstance)),
    concrete(
        name = "ProcessInstanceStatusConnection",
        params(ProcessInstanceStatus)
    ),
    concrete(name = "TaskConnection", params(Task)),
    concrete(name = "CommentConnection", params(Comment)),
    concrete(name = "HistoryConnection", params(HistoryEntry)),
    concrete(name = "ProcessSuspensionConnection", params(ProcessSuspension))
)]
impl<T: OutputType> Connection<T>
where
    Edge<T>: OutputType,
{
    /// The rows with their places.
    async fn edges(&self) -> &[Edge<T>] {
        &self.edges
    }

    /// The rows.
    async fn nodes(&self) -> Vec<&T> {
        self.edges.iter().map(|edge| &edge.node).collect()
    }

    /// Where the page lies in the list.
    async fn page_info(&self) -> PageInfo {
        PageInfo {
            has_next_page: self.has_next_page,
            has_previous_page: self.has_previous_page,
            start_cursor: self.start.map(|key| self.seal.cursor(key)),
            end_cursor: self.end.map(|key| self.seal.cursor(key)),
        }
    }

    /// How many rows the whole list has for this viewer. Counted only when asked for.
    async fn total_count(&self) -> u64 {
        self.total_count
    }
}

/// One row of a page, with its place.
#[Object(
    serial,
    concrete(name = "ProcessEdge", params(Process)),
    concrete(name = "DecisionDefinitionEdge", params(DecisionDefinition)),
    concrete(name = "ProcessInstanceEdge", params(ProcessInstance)),
    concrete(name = "ProcessInstanceStatusEdge", params(ProcessInstanceStatus)),
    concrete(name = "TaskEdge", params(Task)),
    concrete(name = "CommentEdge", params(Comment)),
    concrete(name = "HistoryEdge", params(HistoryEntry)),
    concrete(name = "ProcessSuspensionEdge", params(ProcessSuspension))
)]
impl<T: OutputType> Edge<T> {
    /// The row.
    async fn node(&self) -> &T {
        &self.node
    }

    /// Its place, for `after` and `before` of the same list in the same order.
    async fn cursor(&self) -> String {
        self.place()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_page_has_twenty_rows_unless_told_otherwise() {
        assert_eq!(size(None, None).ok(), Some((20, false)));
        assert_eq!(size(Some(0), None).ok(), Some((0, false)));
        assert_eq!(size(Some(100), None).ok(), Some((100, false)));
        assert_eq!(size(None, Some(5)).ok(), Some((5, true)));
    }

    #[test]
    fn nonsense_is_refused_and_costs_a_full_page() {
        for (first, last) in [
            (Some(-1), None),
            (Some(101), None),
            (None, Some(i32::MAX)),
            (None, Some(i32::MIN)),
        ] {
            let error = size(first, last).expect_err("nonsense");
            let code = async_graphql::Error::from(error)
                .extensions
                .expect("a code")
                .get("code")
                .cloned();
            assert_eq!(code, Some(async_graphql::Value::from("BAD_INPUT")));
            assert_eq!(cost(first, last), 100);
        }
        assert!(size(Some(1), Some(1)).is_err());
        assert_eq!(cost(None, None), 20);
        assert_eq!(cost(Some(0), None), 1);
    }

    proptest! {
        #[test]
        fn a_key_comes_back(sort in any::<i64>(), id in any::<u128>()) {
            let original = Key { sort, id: Uuid::from_u128(id) };
            prop_assert_eq!(key(&bytes(original)), Some(original));
        }

        #[test]
        fn no_bytes_panic(plain in prop::collection::vec(any::<u8>(), 0..40)) {
            prop_assert_eq!(key(&plain).is_some(), plain.len() == 24);
        }
    }
}
