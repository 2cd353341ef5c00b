//! The writing side of a link, which also knows the streams beneath it.

mod output;
mod readings;
mod reports;

use std::io;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::{Duration, Instant};

use futures::future::{BoxFuture, FutureExt, OptionFuture};
use futures::{AsyncReadExt, AsyncWriteExt};
use glueberry_proto::v1::duplex::{self, Duplex, End, Ending, Failure, Side, Target};
use libp2p::Stream;
use tokio::sync::mpsc;
use tokio_util::sync::{CancellationToken, DropGuard};
use tracing::{Instrument, debug};

use self::output::{Half, Output};
use self::readings::{Readings, read_in_turn};
use super::batch::Batch;
use super::outgoing::Work;
use super::pending::Pending;
use super::reader::{Notice, Reader, Seen};
use super::{Ends, Link, Phase};
use crate::error::ErrorCode;
use crate::events::{EventKind, StreamCloseReason};
use crate::inbox::Entrance;
use crate::net::{Arrivals, OpenFault};

/// Runs a link until its connection ends, or until all is written and read. Readers go on by
/// themselves until they have read what came before the end.
pub(super) async fn run(link: Link, entrance: Entrance, inbound: Arrivals) {
    let ended = link.connection.ended.clone();
    let mut writer = Writer::new(link, entrance, inbound);
    tokio::select! {
        biased;
        () = ended.cancelled() => {}
        () = writer.go_on() => {}
    }
    writer.finish();
}

struct Writer {
    link: Link,
    entrance: Arc<Entrance>,
    duplex: Duplex,
    inbound: Arrivals,
    notices: mpsc::Receiver<Notice>,
    notify: mpsc::Sender<Notice>,
    /// The writing halves that the duplex knows: one of each side.
    halves: Vec<Half>,
    /// Those that were read to their end while the connection took nothing: whether they were closed
    /// or reset shows when it does.
    doubtful: Vec<duplex::Stream>,
    opening: Option<BoxFuture<'static, Result<Stream, OpenFault>>>,
    pending: Pending,
    unflushed: bool,
    stage: Stage,
    /// [`MOST_READERS`] and our own.
    readings: Readings,
    /// Held by this task and by every reader; let go when no more is to be waited for.
    reading: Option<Arc<DropGuard>>,
    /// This link has written, or may write from now on.
    had_turn: bool,
    /// Streams that were refused because enough are read.
    too_many: u64,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Stage {
    Sending,
    /// What was taken is written and flushed; nothing more is taken.
    Finishing,
    /// The writing halves are closed. The peer closes its own when it has read all: this is waited
    /// for, because a connection that is closed before may lose what is on its way. Go never closes
    /// them, so that there is a deadline.
    Farewell {
        until: Instant,
    },
    Written,
}

/// What came first.
enum Step {
    Look,
    Inbound(Stream),
    Noticed(Notice),
    Opened(Result<Stream, OpenFault>),
    Work(Work),
    Wrote(io::Result<()>),
    Flushed(io::Result<()>),
    Judged { stream: duplex::Stream, is_reset: bool },
}

impl Writer {
    fn new(link: Link, entrance: Entrance, inbound: Arrivals) -> Self {
        let (notify, notices) = mpsc::channel(NOTICES);
        let reading = Arc::new(link.ends.read.clone().drop_guard());
        Self {
            link,
            entrance: Arc::new(entrance),
            duplex: Duplex::new(),
            inbound,
            notices,
            notify,
            halves: Vec::new(),
            doubtful: Vec::new(),
            opening: None,
            pending: Pending::default(),
            unflushed: false,
            stage: Stage::Sending,
            readings: Readings::default(),
            reading: Some(reading),
            had_turn: false,
            too_many: 0,
        }
    }

    async fn go_on(&mut self) {
        loop {
            let phase = *self.link.phase.borrow_and_update();
            if phase != Phase::Held {
                self.duplex.established(Instant::now());
            }
            if phase == Phase::Retiring && self.stage == Stage::Sending {
                self.stage = Stage::Finishing;
            }
            self.advance().await;
            if self.stage == Stage::Written && self.readings.is_empty() {
                if phase != Phase::Retiring {
                    return;
                }
                self.await_latecomers().await;
            }
            let step = self.next_step(phase).await;
            self.take(step);
        }
    }

    /// Goes through the stages of an orderly end.
    async fn advance(&mut self) {
        let failed = matches!(self.duplex.target(Instant::now()), Target::Failed(_));
        if self.stage == Stage::Finishing && failed {
            self.give_back();
        }
        let all_sent = self.pending.is_empty() && !self.unflushed;
        if self.stage == Stage::Finishing && all_sent {
            self.close_halves().await;
            self.stage = Stage::Farewell { until: Instant::now() + FAREWELL };
        }
        let Stage::Farewell { until } = self.stage else { return };
        if !self.readings.is_empty() && Instant::now() < until {
            return;
        }
        if self.pending.is_empty() {
            self.stage = Stage::Written;
            self.link.ends.written.cancel();
        } else {
            // A stream turned out to be refused after all.
            self.stage = Stage::Finishing;
        }
    }

    /// The peer may have opened a stream here before it knew that the session moves. The stream's
    /// next link waits for it a moment only; it is read until the connection is closed.
    async fn await_latecomers(&mut self) {
        let late = match self.reading {
            Some(_) => tokio::time::timeout(LATECOMERS, self.inbound.recv()).await,
            None => Ok(self.inbound.recv().await),
        };
        match late {
            Ok(Some(stream)) => self.take(Step::Inbound(stream)),
            Ok(None) => self.link.connection.ended.cancelled().await,
            Err(_) => self.reading = None,
        }
    }

    async fn next_step(&mut self, phase: Phase) -> Step {
        let may_send = phase != Phase::Held && self.is_our_turn();
        let now = Instant::now();
        if may_send && !std::mem::replace(&mut self.had_turn, true) {
            // That the stream was refused on an older connection says nothing about this one.
            self.link.outgoing.accept_again();
            self.note_course();
        }
        let target = self.duplex.target(now);
        if let (true, Target::Use(_)) = (may_send, target) {
            self.pending.announce(&mut self.duplex, now);
        }
        let wants_to_open =
            may_send && self.link.may_open && (!self.pending.is_empty() || self.is_degraded());
        let open_at = match target {
            Target::OpenNew { not_before } if wants_to_open => Some(not_before),
            _ => None,
        };
        if open_at.is_some_and(|at| at <= now) {
            let (connection, name) =
                (self.link.connection.clone(), self.link.origin.stream.clone());
            self.opening = Some(async move { connection.open(&name).await }.boxed());
            self.duplex.own_opening();
            self.report_if_degraded();
        }
        let flushes_first = self.unflushed && self.link.outgoing.has_flushers();
        let takes_work =
            may_send && !self.pending.has_batch() && !flushes_first && self.stage == Stage::Sending;
        let wake_at = match self.stage {
            Stage::Farewell { until } => Some(until),
            _ => open_at.filter(|at| *at > now).or_else(|| self.duplex.window_ends()),
        };
        let held = phase == Phase::Held && self.stage == Stage::Sending;
        let in_turn = phase != Phase::Held && !may_send;
        let (mut used, mut doubted) = (None, None);
        for half in &mut self.halves {
            if self.doubtful.first() == Some(&half.id) {
                doubted = Some(half);
            } else if target == Target::Use(half.id) && !self.doubtful.contains(&half.id) {
                used = Some(half);
            }
        }
        let judged = doubted.map(|half| {
            let stream = half.id;
            let judge =
                move |written: io::Result<_>| Step::Judged { stream, is_reset: written.is_err() };
            half.stream.write(&[]).map(judge)
        });
        let output = Output {
            half: used,
            pending: &mut self.pending,
            may_write: may_send,
            flushing: self.unflushed,
        };
        tokio::select! {
            biased;
            Ok(()) = self.link.phase.changed() => Step::Look,
            () = all_written(&self.link.before), if in_turn => Step::Look,
            () = self.link.outgoing.drained(), if held => Step::Work(Work::Finish),
            Some(stream) = self.inbound.recv() => Step::Inbound(stream),
            Some(notice) = self.notices.recv() => Step::Noticed(notice),
            Some(opened) = OptionFuture::from(self.opening.as_mut()) => Step::Opened(opened),
            Some(step) = OptionFuture::from(judged) => step,
            work = self.link.outgoing.work(), if takes_work => Step::Work(work),
            step = output => step,
            () = until(wake_at), if wake_at.is_some() => Step::Look,
        }
    }

    fn take(&mut self, step: Step) {
        match step {
            Step::Look => {}
            // Dropping it resets it.
            Step::Inbound(_) if self.readings.len() >= MOST_READERS => self.report_too_many(),
            Step::Inbound(stream) => self.arrived(stream),
            Step::Noticed(Notice { stream, what: Seen::FrameIn }) => self.duplex.frame_in(stream),
            Step::Noticed(Notice { stream, what: Seen::Ended { clean } }) => {
                self.readings.remove(stream);
                // After our own end a clean one is the answer to it: all was read.
                if !(clean && matches!(self.stage, Stage::Farewell { .. })) {
                    self.ended(stream, clean);
                }
            }
            Step::Opened(opened) => self.opened(opened),
            Step::Work(Work::Seal(record)) => self.pending.begin(Batch::seal(record)),
            Step::Work(Work::Resume(batch)) => self.pending.begin(batch),
            Step::Work(Work::Finish) => self.stage = Stage::Finishing,
            Step::Wrote(Ok(())) => {
                self.unflushed = true;
                if let Some(batch) = self.pending.done() {
                    self.link.outgoing.written(batch);
                }
            }
            Step::Flushed(Ok(())) => {
                self.unflushed = false;
                self.link.outgoing.flushed();
            }
            Step::Judged { stream, is_reset } => self.judged(stream, is_reset),
            Step::Wrote(Err(fault)) | Step::Flushed(Err(fault)) => {
                debug!(%fault, "write failed");
                if let Target::Use(stream) = self.duplex.target(Instant::now()) {
                    self.lost(stream, End::Failed);
                }
            }
        }
    }

    /// The peer opened a stream: it has left its earlier one, if there is one.
    fn arrived(&mut self, stream: Stream) {
        let now = Instant::now();
        if let Some(earlier) = self.duplex.standing(Side::Theirs) {
            self.leave(earlier, End::Closed, now);
        }
        let id = self.duplex.theirs_arrived(now);
        self.add(id, stream);
        self.link.outgoing.accept_again();
    }

    fn opened(&mut self, opened: Result<Stream, OpenFault>) {
        self.opening = None;
        let now = Instant::now();
        match opened {
            Ok(stream) => {
                let id = self.duplex.own_opened(now);
                self.add(id, stream);
            }
            Err(fault) => {
                debug!(%fault, "open failed");
                let failure = match fault {
                    OpenFault::Refused => Failure::Refused,
                    OpenFault::TimedOut | OpenFault::ConnectionEnded => Failure::Broken,
                };
                self.duplex.open_failed(failure, now);
                self.go_on_without(now);
            }
        }
    }

    /// Takes a stream in: its reader starts, its writing half replaces an older one of its side.
    fn add(&mut self, id: duplex::Stream, stream: Stream) {
        self.readings.replace(|reading| reading.side() == id.side());
        let earlier = self.readings.replaced();
        let ended = self.link.connection.ended.clone();
        let (replaced, caught_up) = (ended.child_token(), CancellationToken::new());
        let (read, write) = stream.split();
        let reader = Reader {
            stream: id,
            origin: self.link.origin.clone(),
            entrance: self.entrance.clone(),
            aead: self.link.aead.clone(),
            largest: self.link.largest,
            notices: self.notify.clone(),
            events: self.link.events.clone(),
            ended,
            replaced,
            caught_up: caught_up.clone(),
            faults: AtomicU64::new(0),
        };
        let before = self.link.before.iter().map(|before| before.read.clone()).chain(earlier);
        let before = before.collect();
        self.readings.add(&reader);
        let turn = read_in_turn(reader, read, self.link.phase.clone(), before);
        let guards = (self.reading.clone(), caught_up.drop_guard());
        let reading = async move {
            turn.await;
            drop(guards);
        };
        self.link.tasks.spawn(reading.in_current_span());
        self.halves.retain(|half| half.id.side() != id.side());
        self.doubtful.retain(|doubtful| doubtful.side() != id.side());
        self.halves.push(Half { id, stream: write });
        self.note_course();
        self.report_standing();
    }

    /// A stream was read to its end.
    fn ended(&mut self, stream: duplex::Stream, clean: bool) {
        match self.is_reset(stream) {
            None if clean => self.doubtful.push(stream),
            is_reset => self.judged(stream, !clean || is_reset.unwrap_or(true)),
        }
    }

    fn judged(&mut self, stream: duplex::Stream, is_reset: bool) {
        self.lost(stream, if is_reset { End::Failed } else { End::Closed });
    }

    /// Reading shows a reset as a clean end where yamux carries the stream; writing fails. `None`:
    /// the connection takes no more now, so that nobody can tell yet.
    fn is_reset(&mut self, stream: duplex::Stream) -> Option<bool> {
        let half = self.halves.iter_mut().find(|half| half.id == stream);
        let Some(half) = half else { return Some(true) };
        half.stream.write(&[]).now_or_never().map(|written| written.is_err())
    }

    /// A stream ended, and perhaps no other stands.
    fn lost(&mut self, stream: duplex::Stream, how: End) {
        let now = Instant::now();
        if self.leave(stream, how, now) {
            self.go_on_without(now);
        }
    }

    /// What the peer cannot have read on a stream that ended is sent again on the next one. True if
    /// it was the one in use.
    fn leave(&mut self, stream: duplex::Stream, how: End, now: Instant) -> bool {
        self.halves.retain(|half| half.id != stream);
        self.doubtful.retain(|doubtful| *doubtful != stream);
        self.readings.replace(|reading| reading == stream);
        match self.duplex.ended(stream, how, now) {
            Ending::Unaffected => return false,
            Ending::Refused => self.pending.owe(now),
            Ending::Broken => self.pending.rewind(),
        }
        if std::mem::take(&mut self.unflushed) && self.pending.is_empty() {
            self.link.outgoing.flushed();
        }
        true
    }

    /// A stream is gone: another one carries on, or one is opened again, or this is the end of it.
    fn go_on_without(&mut self, now: Instant) {
        if let Target::Failed(failure) = self.duplex.target(now) {
            self.give_up(failure);
        }
        self.note_course();
    }

    fn give_up(&mut self, failure: Failure) {
        self.give_back();
        if *self.link.phase.borrow() == Phase::Retiring {
            // The session goes on elsewhere, and so does the stream.
            return;
        }
        match failure {
            Failure::Refused => {
                let waiting = self.link.outgoing.waiting().messages;
                self.link.outgoing.refuse();
                self.warn(
                    ErrorCode::StreamRefused,
                    format!("the peer does not take this stream; messages that wait: {waiting}"),
                );
            }
            Failure::Broken => {
                if self.link.outgoing.fail() {
                    let (peer, stream) = self.whose();
                    let reason = StreamCloseReason::Failed;
                    self.link.events.emit(EventKind::StreamClosed { peer, stream, reason });
                }
            }
        }
    }

    /// What no stream takes waits with the rest, and counts as unwritten.
    fn give_back(&mut self) {
        let unsent = std::mem::take(&mut self.pending).into_unsent(&mut self.duplex);
        self.link.outgoing.give_back(unsent);
    }

    /// Whether the links that carried this stream before have written their last.
    fn is_our_turn(&self) -> bool {
        self.link.before.iter().all(|before| before.written.is_cancelled())
    }

    async fn close_halves(&mut self) {
        let closing = self.halves.drain(..).map(|mut half| async move {
            // The peer may be gone already; then there is nobody to say farewell to.
            drop(half.stream.close().await);
        });
        drop(tokio::time::timeout(FAREWELL, futures::future::join_all(closing)).await);
    }

    /// The connection ended, or all is done.
    fn finish(mut self) {
        let pending = std::mem::take(&mut self.pending);
        let unwritten = pending.into_unwritten(&mut self.duplex, Instant::now());
        self.link.outgoing.give_back(unwritten);
        if self.unflushed {
            self.link.outgoing.flushed();
        }
        self.report_the_rest();
        self.link.ends.written.cancel();
    }
}

async fn all_written(before: &[Ends]) {
    for before in before {
        before.written.cancelled().await;
    }
}

async fn until(at: Option<Instant>) {
    if let Some(at) = at {
        tokio::time::sleep_until(at.into()).await;
    }
}

/// Two sides that open a name at once need two; one more each may be ending.
pub(crate) const MOST_READERS: usize = 4;
/// How long a stream that was opened before a move may still be under way.
const LATECOMERS: Duration = Duration::from_millis(300);
/// Each reader says three things at most, and few readers live at once: they never wait for long.
const NOTICES: usize = 8;
/// How long a closed stream waits for the peer to close it too: a round trip across the world, and
/// some more for its application to read.
const FAREWELL: Duration = Duration::from_millis(500);
/// How long a session that moved waits for the rest on its old connection. The old connection is
/// closed after the same time.
pub(crate) const MOVE_GRACE: Duration = Duration::from_secs(2);
