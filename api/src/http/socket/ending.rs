//! How a session ends: each reason has one close code.

use axum::extract::ws::CloseFrame;

/// Why a session ends.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Ending {
    /// A message that the protocol does not know.
    BadMessage,
    /// No token, not a good one, or an operation before `connection_init`.
    Unauthorized,
    /// The token's time is over, or it was replaced by one of other rights: connect again with a new one.
    Expired,
    /// No `connection_init` in time.
    InitTimeout,
    /// An operation with the id of one that runs.
    DuplicateId,
    /// The client reads slower than there is to tell.
    TooSlow,
    /// A second `connection_init`.
    SecondInit,
    /// The person has too many sockets. The protocol has no code of its own for it; this one makes clients stay away
    /// instead of trying again.
    TooManySockets,
    /// A frame beyond the bound.
    TooBig,
    /// This node stops.
    GoingAway,
    /// Something that is not the client's fault.
    Internal,
    /// Nobody is there to be told.
    Gone,
}

impl Ending {
    /// The close frame; none if nobody is there.
    pub(super) fn frame(self) -> Option<CloseFrame> {
        let (code, reason) = match self {
            Ending::BadMessage => (4400, "Bad Request"),
            Ending::Unauthorized => (4401, "Unauthorized"),
            Ending::Expired => (4403, "Forbidden"),
            Ending::InitTimeout => (4408, "Connection initialisation timeout"),
            Ending::DuplicateId => (4409, "Subscriber already exists"),
            Ending::TooSlow => (4413, "Reading too slowly"),
            Ending::SecondInit => (4429, "Too many initialisation requests"),
            Ending::TooManySockets => (4429, "Too many sockets"),
            Ending::TooBig => (1009, "Message too big"),
            Ending::GoingAway => (1001, "Going away"),
            Ending::Internal => (4500, "Internal server error"),
            Ending::Gone => return None,
        };
        Some(CloseFrame {
            code,
            reason: reason.into(),
        })
    }

    /// As it is named in the log.
    pub(super) fn name(self) -> &'static str {
        match self {
            Ending::BadMessage => "bad message",
            Ending::Unauthorized => "unauthorized",
            Ending::Expired => "expired",
            Ending::InitTimeout => "no init",
            Ending::DuplicateId => "duplicate id",
            Ending::TooSlow => "too slow",
            Ending::SecondInit => "second init",
            Ending::TooManySockets => "too many sockets",
            Ending::TooBig => "message too big",
            Ending::GoingAway => "going away",
            Ending::Internal => "internal error",
            Ending::Gone => "gone",
        }
    }
}
