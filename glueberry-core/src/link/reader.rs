//! From a libp2p stream into the inbox: parse, open in place, hand the whole buffer over.

use std::io;
use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

use bytes::Bytes;
use futures::{AsyncRead, FutureExt};
use glueberry_proto::aead::Aead;
use glueberry_proto::v1::duplex::Stream;
use glueberry_proto::v1::frame::{FrameError, FrameReader, Step};
use glueberry_proto::v1::record::{OVERHEAD, Protection, open};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use tracing::trace;

use super::buffer::{Front, ReadBuffer};
use crate::error::ErrorCode;
use crate::events::{EventKind, Hub};
use crate::inbox::{Entrance, Origin};

/// What a reader tells the link that it belongs to.
#[derive(Clone, Copy, Debug)]
pub(super) struct Notice {
    pub(super) stream: Stream,
    pub(super) what: Seen,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Seen {
    /// The first frame came in.
    FrameIn,
    /// The stream ended, by a clean end of the peer's side or by a fault. A reset looks clean too
    /// where yamux carries the stream.
    Ended { clean: bool },
}

/// Reads one stream to its end.
pub(super) struct Reader {
    pub(super) stream: Stream,
    pub(super) origin: Arc<Origin>,
    pub(super) entrance: Arc<Entrance>,
    /// `None` where frames are not sealed, on the handshake stream.
    pub(super) aead: Option<Arc<Aead>>,
    pub(super) largest: usize,
    pub(super) notices: mpsc::Sender<Notice>,
    pub(super) events: Hub,
    /// The connection has ended, or is to end: what has come is read, and nothing more waited for.
    pub(super) ended: CancellationToken,
    /// Another stream took this one's place (or the connection ended): it is read no later than the
    /// other one.
    pub(super) replaced: CancellationToken,
    /// All that the peer sent here before the other stream has been queued.
    pub(super) caught_up: CancellationToken,
    /// Faulty frames so far: a peer that sends nothing else must not fill every event queue.
    pub(super) faults: AtomicU64,
}

impl Reader {
    /// Reads until the stream ends or breaks the rules of framing.
    pub(super) async fn run(self, mut stream: impl AsyncRead + Unpin) {
        let clean = match self.read(&mut stream).await {
            Outcome::Closed => true,
            Outcome::Lost => false,
            Outcome::Malformed => {
                // The peer uses the stream: what went to it is not to be sent again.
                self.tell(Seen::FrameIn).await;
                false
            }
        };
        self.report_the_rest();
        self.tell(Seen::Ended { clean }).await;
    }

    async fn read(&self, stream: &mut (impl AsyncRead + Unpin)) -> Outcome {
        let overhead = if self.aead.is_some() { OVERHEAD } else { 0 };
        let mut frames = FrameReader::new(self.largest + overhead);
        let mut buffer = ReadBuffer::new();
        let (mut spoken, mut in_turn) = (false, true);
        loop {
            if !self.wait_for_room().await {
                self.report_unread(&mut buffer, stream);
                return Outcome::Lost;
            }
            match self.fill(&mut buffer, stream, &mut in_turn).await {
                Some(Ok(0)) => return self.end_of(&frames, &buffer),
                Some(Ok(_)) => {}
                // The session's end, or the stream's reopening, says so.
                Some(Err(_)) | None => return Outcome::Lost,
            }
            match self.open_frames(&mut frames, &mut buffer) {
                Ok(any) if any && !spoken => {
                    spoken = true;
                    self.tell(Seen::FrameIn).await;
                }
                Ok(_) => {}
                Err(fault) => {
                    self.report_malformed(&fault);
                    return Outcome::Malformed;
                }
            }
        }
    }

    /// Reads once; `None` when the connection has ended. A stream that was replaced has its turn
    /// until nothing comes any more; it is read to its end all the same.
    async fn fill(
        &self,
        buffer: &mut ReadBuffer,
        stream: &mut (impl AsyncRead + Unpin),
        in_turn: &mut bool,
    ) -> Option<io::Result<usize>> {
        if *in_turn {
            tokio::select! {
                biased;
                read = buffer.fill(stream) => return Some(read),
                () = self.replaced.cancelled() => {}
            }
        }
        let nothing_comes = tokio::time::sleep(STRAGGLERS);
        tokio::pin!(nothing_comes);
        loop {
            tokio::select! {
                biased;
                read = buffer.fill(stream) => return Some(read),
                () = self.ended.cancelled() => return None,
                () = &mut nothing_comes, if *in_turn => {
                    *in_turn = false;
                    self.caught_up.cancel();
                }
            }
        }
    }

    /// An end inside a frame is a fault, or a reset, which looks the same where yamux carries the
    /// stream.
    fn end_of(&self, frames: &FrameReader, buffer: &ReadBuffer) -> Outcome {
        match frames.end(buffer.unread()) {
            Ok(()) => Outcome::Closed,
            Err(fault) => {
                self.report_malformed(&fault);
                Outcome::Malformed
            }
        }
    }

    /// False if the connection has ended and the application does not read: then what is left is
    /// given up, lest a peer that comes and goes makes us hold ever more.
    async fn wait_for_room(&self) -> bool {
        let room = self.entrance.room();
        tokio::pin!(room);
        tokio::select! {
            biased;
            () = &mut room => return true,
            () = self.ended.cancelled() => {}
        }
        tokio::time::timeout(LAST_ROOM, room).await.is_ok()
    }

    fn report_unread(&self, buffer: &mut ReadBuffer, stream: &mut (impl AsyncRead + Unpin)) {
        if let Some(Ok(1..)) = buffer.fill(stream).now_or_never() {
            let detail = "the session ended with received messages that nobody read in time";
            self.warn(ErrorCode::UnreadDropped, detail.to_owned());
        }
    }

    /// Opens all whole frames in the buffer and queues them. True if there was one.
    fn open_frames(
        &self,
        frames: &mut FrameReader,
        buffer: &mut ReadBuffer,
    ) -> Result<bool, FrameError> {
        let mut runs = Runs::default();
        let mut at = 0;
        let outcome = loop {
            match frames.step(&buffer.unread()[at..]) {
                Ok(Step::NeedMore { .. }) => break Ok(runs.any),
                Ok(Step::Frame { data, consumed }) => {
                    let good =
                        self.open_one(&mut buffer.unread_mut()[at + data.start..at + data.end]);
                    runs.frame(at..at + consumed, good);
                    at += consumed;
                }
                Ok(Step::Oversize { data_len, consumed }) => {
                    self.report_oversize(data_len);
                    runs.frame(at..at + consumed, false);
                    at += consumed;
                }
                Ok(Step::Skipped { consumed }) => at += consumed,
                Err(fault) => break Err(fault),
            }
        };
        self.queue(&buffer.split_to(at), runs);
        outcome
    }

    fn queue(&self, front: &Front, runs: Runs) {
        let good = runs.len();
        // Between frames that are dropped, a few good ones must not keep the whole buffer, nor each
        // cost more to administer than it holds.
        if good * 2 < front.bytes.len() || runs.count() > MOST_RUNS {
            let mut whole = Vec::with_capacity(good);
            runs.into_ranges().for_each(|run| whole.extend_from_slice(&front.bytes[run]));
            if good > 0 {
                self.entrance.push(Bytes::from(whole), 0, self.protection());
            }
            return;
        }
        let mut idle = front.memory - good;
        for run in runs.into_ranges() {
            let idle = std::mem::take(&mut idle);
            self.entrance.push(front.bytes.slice(run), idle, self.protection());
        }
    }

    fn open_one(&self, frame: &mut [u8]) -> bool {
        let Some(aead) = &self.aead else { return true };
        if open(aead, frame).is_ok() {
            return true;
        }
        if self.may_report() {
            let (peer, stream) = (self.origin.peer, self.origin.stream.clone());
            self.events.emit(EventKind::DecryptionFailed { peer, stream });
        }
        false
    }

    fn protection(&self) -> Protection {
        if self.aead.is_some() { Protection::Sealed } else { Protection::Plain }
    }

    fn may_report(&self) -> bool {
        self.faults.fetch_add(1, Relaxed) < MOST_REPORTED
    }

    fn report_the_rest(&self) {
        let faults = self.faults.load(Relaxed);
        if faults > MOST_REPORTED {
            let detail = format!("{} more faulty messages came", faults - MOST_REPORTED);
            self.warn(ErrorCode::MalformedFrame, detail);
        }
    }

    fn report_oversize(&self, len: usize) {
        if !self.may_report() {
            return;
        }
        let detail = format!("a message of {len} bytes was skipped; the limit is {}", self.largest);
        self.warn(ErrorCode::OversizeSkipped, detail);
    }

    fn report_malformed(&self, fault: &FrameError) {
        self.warn(ErrorCode::MalformedFrame, format!("the stream ended: {fault}"));
    }

    fn warn(&self, code: ErrorCode, detail: String) {
        let (peer, stream) = (Some(self.origin.peer), Some(self.origin.stream.clone()));
        self.events.emit(EventKind::Warning { code, peer, stream, detail });
    }

    async fn tell(&self, what: Seen) {
        let notice = Notice { stream: self.stream, what };
        if self.notices.send(notice).await.is_err() {
            trace!(?notice, "the link ended first");
        }
    }
}

/// Faulty messages of one stream, and refused streams of one link, that are reported one by one; the
/// others are counted.
pub(crate) const MOST_REPORTED: u64 = 64;
/// How long a stream that was replaced is waited for: what was sent on it before may be under way
/// on another path than the new stream's, by no more than this.
const STRAGGLERS: Duration = Duration::from_millis(500);
/// How long received data of an ended session waits for the application to make room.
pub(crate) const LAST_ROOM: Duration = Duration::from_secs(10);

/// Stretches of good frames that one buffer is handed over in; more are joined into a new one.
const MOST_RUNS: usize = 8;

/// How the reading of a stream ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Outcome {
    /// By a clean end between two frames. A reset looks clean too where yamux carries the stream.
    Closed,
    /// By a reset, or with its connection.
    Lost,
    /// What came were no frames, or ended inside one.
    Malformed,
}

/// The stretches of good frames in a buffer: one, unless a bad frame stands in between.
#[derive(Default)]
struct Runs {
    any: bool,
    current: Option<Range<usize>>,
    before: Vec<Range<usize>>,
}

impl Runs {
    fn frame(&mut self, place: Range<usize>, good: bool) {
        self.any = true;
        if good && self.current.as_ref().is_some_and(|run| run.end == place.start) {
            self.current = self.current.take().map(|run| run.start..place.end);
            return;
        }
        self.before.extend(self.current.take());
        if good {
            self.current = Some(place);
        }
    }

    fn count(&self) -> usize {
        self.before.len() + usize::from(self.current.is_some())
    }

    /// Bytes of good frames.
    fn len(&self) -> usize {
        self.before.iter().chain(&self.current).map(Range::len).sum()
    }

    fn into_ranges(self) -> impl Iterator<Item = Range<usize>> {
        self.before.into_iter().chain(self.current)
    }
}
