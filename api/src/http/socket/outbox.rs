//! What waits to be written to one socket: bounded in number and in bytes.

use std::collections::VecDeque;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use axum::extract::ws::Message;
use futures_util::Sink;

/// Why a message does not go in.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Full {
    /// Too much waits already.
    Behind,
    /// This one alone is beyond the bound.
    Message,
}

/// The queue of one socket.
pub(super) struct Outbox {
    waiting: VecDeque<Message>,
    bytes: usize,
    /// Messages that may wait.
    max_messages: usize,
    /// Bytes that may wait; also the longest message.
    max_bytes: usize,
    /// Whether the sink holds bytes that are not on their way yet.
    unflushed: bool,
}

impl Outbox {
    /// An empty queue with its bounds.
    pub(super) fn new(max_messages: usize, max_bytes: usize) -> Outbox {
        Outbox {
            waiting: VecDeque::new(),
            bytes: 0,
            max_messages,
            max_bytes,
            unflushed: false,
        }
    }

    /// Adds a text.
    pub(super) fn push(&mut self, text: String) -> Result<(), Full> {
        if text.len() > self.max_bytes {
            return Err(Full::Message);
        }
        if self.waiting.len() >= self.max_messages || self.bytes + text.len() > self.max_bytes {
            return Err(Full::Behind);
        }
        self.bytes += text.len();
        self.waiting.push_back(Message::Text(text.into()));
        Ok(())
    }

    /// Asks the other side for a sign of life, unless it has enough to read already.
    pub(super) fn ping(&mut self) {
        if self.waiting.is_empty() {
            self.waiting.push_back(Message::Ping(Default::default()));
        }
    }

    /// Drops what waits and leaves a last word.
    pub(super) fn close(&mut self, last: Message) {
        self.waiting.clear();
        self.bytes = 0;
        self.waiting.push_back(last);
    }

    /// Hands on as much as the sink takes. Ready when nothing waits any more.
    pub(super) fn poll_drain<S: Sink<Message> + Unpin>(
        &mut self,
        sink: &mut S,
        cx: &mut Context<'_>,
    ) -> Poll<Result<(), S::Error>> {
        while !self.waiting.is_empty() {
            ready!(Pin::new(&mut *sink).poll_ready(cx))?;
            if let Some(message) = self.waiting.pop_front() {
                if let Message::Text(text) = &message {
                    self.bytes -= text.len();
                }
                self.unflushed = true;
                Pin::new(&mut *sink).start_send(message)?;
            }
        }
        if self.unflushed {
            ready!(Pin::new(sink).poll_flush(cx))?;
            self.unflushed = false;
        }
        Poll::Ready(Ok(()))
    }
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use futures_util::task::noop_waker_ref;

    use super::*;

    const MAX_MESSAGES: usize = 256;
    const MAX_BYTES: usize = 4096;

    /// Takes so many messages and then blocks.
    struct Narrow(usize, Vec<Message>);

    impl Sink<Message> for Narrow {
        type Error = Infallible;

        fn poll_ready(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
            if self.1.len() < self.0 {
                Poll::Ready(Ok(()))
            } else {
                Poll::Pending
            }
        }

        fn start_send(mut self: Pin<&mut Self>, message: Message) -> Result<(), Infallible> {
            self.1.push(message);
            Ok(())
        }

        fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
            Poll::Ready(Ok(()))
        }

        fn poll_close(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
            Poll::Ready(Ok(()))
        }
    }

    #[test]
    fn a_reader_that_stands_still_fills_it_by_number_or_by_bytes() {
        let mut outbox = Outbox::new(MAX_MESSAGES, MAX_BYTES);
        for _ in 0..MAX_MESSAGES {
            assert_eq!(outbox.push("x".to_owned()), Ok(()));
        }
        assert_eq!(outbox.push("x".to_owned()), Err(Full::Behind));

        let mut outbox = Outbox::new(MAX_MESSAGES, MAX_BYTES);
        assert_eq!(outbox.push("x".repeat(MAX_BYTES)), Ok(()));
        assert_eq!(outbox.push("x".to_owned()), Err(Full::Behind));
        assert_eq!(outbox.push("x".repeat(MAX_BYTES + 1)), Err(Full::Message));
    }

    #[test]
    fn what_was_taken_makes_room_in_order() {
        let mut outbox = Outbox::new(MAX_MESSAGES, MAX_BYTES);
        for n in 0..4 {
            assert_eq!(outbox.push(n.to_string().repeat(MAX_BYTES / 4)), Ok(()));
        }
        let mut sink = Narrow(3, Vec::new());
        let mut cx = Context::from_waker(noop_waker_ref());
        assert!(outbox.poll_drain(&mut sink, &mut cx).is_pending());
        assert_eq!(outbox.push("x".repeat(MAX_BYTES / 2)), Ok(()));
        sink.0 = 9;
        assert!(outbox.poll_drain(&mut sink, &mut cx).is_ready());
        let first: Vec<_> = sink
            .1
            .iter()
            .map(|message| message.to_text().expect("text")[..1].to_owned())
            .collect();
        assert_eq!(first, ["0", "1", "2", "3", "x"]);
        assert_eq!(outbox.bytes, 0);
    }

    #[test]
    fn the_last_word_does_not_wait_behind_others() {
        let mut outbox = Outbox::new(MAX_MESSAGES, MAX_BYTES);
        assert_eq!(outbox.push("x".to_owned()), Ok(()));
        outbox.close(Message::Close(None));
        let mut sink = Narrow(9, Vec::new());
        let mut cx = Context::from_waker(noop_waker_ref());
        assert!(outbox.poll_drain(&mut sink, &mut cx).is_ready());
        assert_eq!(sink.1, [Message::Close(None)]);
    }
}
