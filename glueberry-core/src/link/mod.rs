//! One named stream of one session on one connection: a task that writes, and one that reads for
//! each libp2p stream beneath it (there are two when both sides opened the name at once).

mod batch;
mod buffer;
mod outgoing;
mod pending;
mod reader;
mod writer;

use std::sync::Arc;

use glueberry_proto::aead::Aead;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tracing::{Instrument, info_span};

use crate::events::Hub;
use crate::inbox::{Entrance, Origin};
use crate::net::Connection;
/// What the table of limits has from here.
pub(crate) mod bounds {
    pub(crate) use super::buffer::LARGEST as LARGEST_READ;
    pub(crate) use super::reader::{LAST_ROOM, MOST_REPORTED};
    pub(crate) use super::writer::MOST_READERS;
}

pub(crate) use outgoing::{Bounds, Outgoing, Outlook};
pub(crate) use writer::MOVE_GRACE;

/// How far the session on a connection is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Phase {
    /// The handshake goes on: inbound streams are held unread, nothing is written.
    Held,
    /// Messages flow.
    Active,
    /// What was begun is finished, inbound streams are read to their end; the session goes on
    /// elsewhere.
    Retiring,
}

/// Everything that a link needs.
pub(crate) struct Link {
    /// The session's number, for the log.
    pub(crate) session: u64,
    pub(crate) connection: Arc<Connection>,
    pub(crate) origin: Arc<Origin>,
    pub(crate) outgoing: Arc<Outgoing>,
    /// `None` on the handshake stream, which has no encryption above libp2p's own.
    pub(crate) aead: Option<Arc<Aead>>,
    /// The largest message taken.
    pub(crate) largest: usize,
    /// Whether this side may open the stream; the listener of a connection never opens the
    /// handshake stream.
    pub(crate) may_open: bool,
    pub(crate) phase: watch::Receiver<Phase>,
    pub(crate) ends: Ends,
    /// The links that carried this stream of the session before, on other connections.
    pub(crate) before: Vec<Ends>,
    pub(crate) events: Hub,
    pub(crate) tasks: TaskTracker,
}

/// When a link has done its part.
#[derive(Clone, Default)]
pub(crate) struct Ends {
    /// It writes nothing more.
    pub(crate) written: CancellationToken,
    /// Every stream was read to its end.
    pub(crate) read: CancellationToken,
}

impl Ends {
    /// Whether nothing has to wait for this link any more.
    pub(crate) fn are_over(&self) -> bool {
        self.written.is_cancelled() && self.read.is_cancelled()
    }
}

impl Link {
    /// Accepts the name from now on, and runs until the connection ends or all is done.
    pub(crate) fn start(self, entrance: Entrance) {
        let inbound = self.connection.accept(&self.origin.stream);
        let tasks = self.tasks.clone();
        let (peer, stream) = (&self.origin.peer, &self.origin.stream);
        let connection = self.connection.key.0;
        let span = info_span!("link", %peer, session = self.session, connection, %stream);
        tasks.spawn(writer::run(self, entrance, inbound).instrument(span));
    }
}
