//! What is told of a link's streams.

use glueberry_proto::name::StreamName;

use super::{MOST_READERS, Stage, Writer};
use crate::PeerId;
use crate::error::ErrorCode;
use crate::events::EventKind;
use crate::link::Phase;
use crate::link::reader::MOST_REPORTED;

impl Writer {
    /// Whether the stream failed and is to be opened again, whether or not something waits. The
    /// handshake stream has done its part, and one that ends needs no other.
    pub(super) fn is_degraded(&self) -> bool {
        self.duplex.attempt().is_some()
            && !self.link.origin.stream.is_handshake()
            && self.stage == Stage::Sending
            && *self.link.phase.borrow() == Phase::Active
    }

    /// Told when the attempt begins, some time after the failure: a connection that breaks takes
    /// its streams with it, and is gone by then.
    pub(super) fn report_if_degraded(&self) {
        if let (true, Some(attempt)) = (self.is_degraded(), self.duplex.attempt()) {
            let (peer, stream) = self.whose();
            self.link.outgoing.mark_degraded();
            self.link.events.emit(EventKind::StreamDegraded { peer, stream, attempt });
        }
    }

    pub(super) fn report_standing(&self) {
        let (peer, stream) = self.whose();
        if self.link.outgoing.mark_opened() {
            let stream = stream.clone();
            self.link.events.emit(EventKind::StreamOpened { peer, stream });
        }
        if self.link.outgoing.mark_recovered() {
            self.link.events.emit(EventKind::StreamRecovered { peer, stream });
        }
    }

    /// For whoever asks how the stream is doing.
    pub(super) fn note_course(&self) {
        if *self.link.phase.borrow() != Phase::Retiring {
            self.link.outgoing.follow(!self.halves.is_empty(), self.duplex.attempt());
        }
    }

    pub(super) fn whose(&self) -> (PeerId, StreamName) {
        (self.link.origin.peer, self.link.origin.stream.clone())
    }

    /// A peer that does nothing else must not fill every event queue.
    pub(super) fn report_too_many(&mut self) {
        self.too_many += 1;
        if self.too_many <= MOST_REPORTED {
            let detail =
                format!("one more stream of this name was refused: {MOST_READERS} are read");
            self.warn(ErrorCode::TooManyStreams, detail);
        }
    }

    pub(super) fn report_the_rest(&self) {
        if self.too_many > MOST_REPORTED {
            let rest = self.too_many - MOST_REPORTED;
            let detail = format!("{rest} more streams of this name were refused");
            self.warn(ErrorCode::TooManyStreams, detail);
        }
    }

    pub(super) fn warn(&self, code: ErrorCode, detail: String) {
        let (peer, stream) = (Some(self.link.origin.peer), Some(self.link.origin.stream.clone()));
        self.link.events.emit(EventKind::Warning { code, peer, stream, detail });
    }
}
