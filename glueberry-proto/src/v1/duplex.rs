//! Which of two streams of one name is written to, and what is written again when it is refused.
//!
//! On wire v1 either side opens a named stream on its first send, and both then use that one
//! stream. Two sides that open at once have two; Go resets one or both of them and loses what was
//! on its way. A refused stream looks like one that simply ended: rust-yamux shows a remote reset
//! as EOF. So, for each name of each connection:
//!
//! - No stream is ever reset for being the second; both are read.
//! - We write to the stream that we opened; with none of our own, to the peer's. Once something is
//!   on its way on a stream, writing stays there while it lives.
//! - While ours is being opened, the peer's takes nothing until a frame came in on it. Go may be about
//!   to close it in favour of ours, and reads it until then: nobody could tell what was read.
//! - A stream that ends before anything was read on it was refused. What had been written on it is
//!   written again, in order, on the other stream or on a new one.
//! - What is written is kept for that until a frame comes in on the stream, 1 MiB has gone out, or
//!   [`REFUSAL_WINDOW`] has passed since the stream opened.
//! - A stream that fails later is opened again too, but what was on its way is not written twice:
//!   nobody knows what of it was read. Refusals and failures are counted together, and answered up
//!   to [`MAX_RETRIES`] times in a row, with growing pauses.
//! - A stream that the peer closes between two frames has not failed: it is opened again when there
//!   is something to write.

use std::time::{Duration, Instant};

pub use super::replay::MAX_KEPT;
use super::replay::Replay;
use super::retries::Retries;
pub use super::retries::{FIRST_PAUSE, Failure, LONGEST_PAUSE, MAX_RETRIES, ROW};

/// How long after its opening (or after the peer was established, if that came later) a stream may
/// still be refused: Go's examples may say Complete before they prepare their streams.
pub const REFUSAL_WINDOW: Duration = Duration::from_secs(2);

/// The two directions of one stream name on one connection. Never outlives the connection.
///
/// The caller tells what happens and, before each write, asks where to write:
///
/// ```
/// use std::time::Instant;
/// use glueberry_proto::v1::duplex::{Duplex, End, Ending, Target};
///
/// let now = Instant::now();
/// let mut duplex = Duplex::new();
/// duplex.established(now);
/// assert_eq!(duplex.target(now), Target::OpenNew { not_before: now });
///
/// let own = duplex.own_opened(now);
/// duplex.written(b"sealed frames", now);
/// let theirs = duplex.theirs_arrived(now);
/// assert_eq!(duplex.target(now), Target::Use(own));
///
/// // Both opened at once, and the peer refused ours.
/// assert_eq!(duplex.ended(own, End::Failed, now), Ending::Refused);
/// assert_eq!(duplex.target(now), Target::Use(theirs));
/// assert_eq!(duplex.take_replay().as_deref(), Some(&b"sealed frames"[..]));
/// ```
#[derive(Clone, Debug, Default)]
pub struct Duplex {
    own: Option<Open>,
    theirs: Option<Open>,
    current: Option<Side>,
    replay: Replay,
    established: Option<Instant>,
    /// One of ours is being opened.
    opening: bool,
    retries: Retries,
    streams: u64,
}

impl Duplex {
    /// No stream yet, and the peer not yet established.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The handshake is finished: named streams may be written to from now on.
    pub fn established(&mut self, now: Instant) {
        self.established.get_or_insert(now);
    }

    /// A stream of our own is being opened, as [`target`](Self::target) says: until
    /// [`own_opened`](Self::own_opened) or [`open_failed`](Self::open_failed).
    pub fn own_opening(&mut self) {
        self.opening = true;
    }

    /// A stream that we opened stands. It takes the place of an earlier one of ours.
    pub fn own_opened(&mut self, now: Instant) -> Stream {
        self.opening = false;
        let opened = self.open(Side::Own, now);
        let idle = self.current().is_some_and(|theirs| !theirs.written);
        if self.current == Some(Side::Theirs) && idle {
            self.switch_to(Side::Own, false);
        }
        opened
    }

    /// A stream that the peer opened stands. It takes the place of an earlier one of the peer's,
    /// which may be read to its end but no longer counts. Where that one [stands](Self::standing),
    /// report its [end](Self::ended) first: what was written on it may have to be written again.
    pub fn theirs_arrived(&mut self, now: Instant) -> Stream {
        self.open(Side::Theirs, now)
    }

    /// The stream of this side, if one stands.
    #[must_use]
    pub fn standing(&self, side: Side) -> Option<Stream> {
        let open = match side {
            Side::Own => &self.own,
            Side::Theirs => &self.theirs,
        };
        open.as_ref().map(|open| open.stream)
    }

    /// Opening a stream of our own failed: refused in negotiation, or timed out.
    pub fn open_failed(&mut self, failure: Failure, now: Instant) {
        self.opening = false;
        if self.current.is_none() {
            self.retries.failed(failure, now);
        }
    }

    /// A frame was read on `stream`: the peer uses it.
    pub fn frame_in(&mut self, stream: Stream) {
        let Some(open) = self.find(stream) else { return };
        open.heard = true;
        if self.current == Some(stream.side) {
            self.replay.stop();
            self.retries.taken();
        }
    }

    /// `stream` ended: EOF, a reset, or a failed write, whichever is noticed first. Says what that
    /// means for what was written on it.
    pub fn ended(&mut self, stream: Stream, how: End, now: Instant) -> Ending {
        let Some(ended) = self.find(stream).copied() else { return Ending::Unaffected };
        *self.slot(stream.side) = None;
        if self.current != Some(stream.side) {
            return Ending::Unaffected;
        }
        // One of ours that the peer closes, instead of resetting it, was accepted and read. (Go
        // closes those that it opened itself unread, when both sides opened at once.)
        let read = how == End::Closed && stream.side == Side::Own;
        let refused = !read && self.may_be_refused(&ended, now);
        // What went out is complete only while it was kept from the first byte.
        let replayed = refused && (self.replay.is_keeping() || !ended.written);
        self.current = None;
        match stream.side.other() {
            other if self.slot(other).is_some() => self.switch_to(other, refused),
            _ => self.wait_for_new(&ended, how, refused, now),
        }
        if replayed { Ending::Refused } else { Ending::Broken }
    }

    /// `sealed`, whole frames, is about to be written to the stream that [`target`](Self::target)
    /// names. Call it before every write, and do not call it for a replay. Without a stream to
    /// write to, this does nothing.
    pub fn written(&mut self, sealed: &[u8], now: Instant) {
        self.forget_if_read(now);
        let Some(side) = self.current else { return };
        if let Some(open) = self.slot(side) {
            open.written = true;
        }
        self.replay.push(sealed);
    }

    /// Where to write next. Before that, write what [`take_replay`](Self::take_replay) gives.
    ///
    /// Also frees what was kept once [`REFUSAL_WINDOW`] has passed; asking at
    /// [`window_ends`](Self::window_ends) frees it in time.
    pub fn target(&mut self, now: Instant) -> Target {
        self.forget_if_read(now);
        let Some(established) = self.established else { return Target::NotYet };
        match self.current() {
            Some(open) if self.opening && open.is_untouched() => return Target::Opening,
            Some(open) => return Target::Use(open.stream),
            None => {}
        }
        if let Some(failure) = self.retries.given_up() {
            return Target::Failed(failure);
        }
        if self.opening {
            return Target::Opening;
        }
        Target::OpenNew { not_before: self.retries.not_before().unwrap_or(established) }
    }

    /// Which attempt to open the stream again comes next, from 1: the last one failed, no other
    /// stands, and not all attempts are used up. Then a new one is to be opened even if there is
    /// nothing to write.
    #[must_use]
    pub fn attempt(&self) -> Option<u32> {
        if self.current.is_some() { None } else { self.retries.attempt() }
    }

    /// What a refused stream had been given, to be written before anything else to the stream that
    /// [`target`](Self::target) names now. On [`Target::Failed`]: what no stream took, to be
    /// reported as unsent.
    pub fn take_replay(&mut self) -> Option<Vec<u8>> {
        let Some(side) = self.current else {
            return if self.has_failed() { self.replay.take_all() } else { None };
        };
        let due = self.replay.take_due()?;
        if let Some(open) = self.slot(side) {
            open.written = true;
        }
        Some(due)
    }

    /// What no stream has taken, while there is none: to be reported as unsent when the connection
    /// ends.
    pub fn take_unsent(&mut self) -> Option<Vec<u8>> {
        if self.current.is_none() { self.replay.take_all() } else { None }
    }

    /// Whether [`take_replay`](Self::take_replay) will give something once there is a stream: a
    /// reason to open one even if no new message waits.
    #[must_use]
    pub fn replay_waits(&self) -> bool {
        self.replay.is_due()
    }

    /// When the stream in use stops being refusable, if something is kept for it.
    #[must_use]
    pub fn window_ends(&self) -> Option<Instant> {
        self.current().filter(|_| self.replay.is_keeping()).and_then(|open| self.window_end(open))
    }

    fn open(&mut self, side: Side, now: Instant) -> Stream {
        if let Some(earlier) = *self.slot(side) {
            // Ours was left because it failed; the peer's, because it opened another one.
            let how = if side == Side::Own { End::Failed } else { End::Closed };
            self.ended(earlier.stream, how, now);
        }
        self.streams += 1;
        let stream = Stream { side, number: self.streams };
        *self.slot(side) = Some(Open { stream, at: now, heard: false, written: false });
        if self.current.is_none() {
            self.switch_to(side, true);
        }
        self.retries.stands();
        stream
    }

    fn switch_to(&mut self, side: Side, carry: bool) {
        self.current = Some(side);
        self.replay.switch(carry);
    }

    fn wait_for_new(&mut self, ended: &Open, how: End, refused: bool, now: Instant) {
        self.replay.switch(refused);
        if ended.is_untouched() || (how == End::Closed && !refused) {
            self.retries.closed(ended.at, now);
        } else {
            let failure = if refused { Failure::Refused } else { Failure::Broken };
            self.retries.failed(failure, now);
        }
    }

    fn has_failed(&self) -> bool {
        self.current.is_none() && self.retries.given_up().is_some()
    }

    fn forget_if_read(&mut self, now: Instant) {
        if self.current().is_some_and(|open| !self.may_be_refused(open, now)) {
            self.replay.stop();
        }
    }

    fn may_be_refused(&self, open: &Open, now: Instant) -> bool {
        !open.heard && self.window_end(open).is_none_or(|end| now <= end)
    }

    /// `None` while the peer is not established: nothing was written yet.
    fn window_end(&self, open: &Open) -> Option<Instant> {
        self.established.map(|established| open.at.max(established) + REFUSAL_WINDOW)
    }

    fn current(&self) -> Option<&Open> {
        match self.current? {
            Side::Own => self.own.as_ref(),
            Side::Theirs => self.theirs.as_ref(),
        }
    }

    fn slot(&mut self, side: Side) -> &mut Option<Open> {
        match side {
            Side::Own => &mut self.own,
            Side::Theirs => &mut self.theirs,
        }
    }

    fn find(&mut self, stream: Stream) -> Option<&mut Open> {
        self.slot(stream.side).as_mut().filter(|open| open.stream == stream)
    }
}

/// Who opened a stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Side {
    /// We did.
    Own,
    /// The peer did.
    Theirs,
}

impl Side {
    fn other(self) -> Self {
        match self {
            Side::Own => Side::Theirs,
            Side::Theirs => Side::Own,
        }
    }
}

/// Names one stream of a [`Duplex`]. What is told about a stream that no longer counts is ignored,
/// so reader and writer may both report its end, in any order and late.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Stream {
    side: Side,
    number: u64,
}

impl Stream {
    /// Who opened it.
    #[must_use]
    pub fn side(self) -> Side {
        self.side
    }
}

/// How a stream ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// The peer closed it between two frames: it has nothing more to say there.
    Closed,
    /// It was reset, a write failed, or what came were no frames.
    Failed,
}

/// Where to write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Target {
    /// Nowhere yet: the peer is not established.
    NotYet,
    /// To this stream.
    Use(Stream),
    /// To a stream that is still to be opened, if there is something to write.
    OpenNew {
        /// Not earlier than this.
        not_before: Instant,
    },
    /// Nowhere until it is known whether the stream that we are opening stands.
    Opening,
    /// Nowhere: [`MAX_RETRIES`] streams and one more failed in a row. Report sends as failed. A
    /// stream of the peer's own would end this.
    Failed(Failure),
}

/// What the end of a stream means for what was written on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// Nothing: it was not the stream in use, or its end was already known.
    Unaffected,
    /// The peer never read it. All that was told to [`Duplex::written`] for it will be replayed,
    /// the write that failed included.
    Refused,
    /// The peer used it, or had the time to. What was on its way may be lost; the write that failed
    /// is not repeated: report what it has not sent
    /// ([`messages_from`](super::record::messages_from)).
    Broken,
}

/// A stream that stands.
#[derive(Clone, Copy, Debug)]
struct Open {
    stream: Stream,
    at: Instant,
    /// A frame came in on it.
    heard: bool,
    /// Something went out on it.
    written: bool,
}

impl Open {
    /// The peer opened it, and that is all that is known of it.
    fn is_untouched(&self) -> bool {
        self.stream.side == Side::Theirs && !self.heard && !self.written
    }
}
