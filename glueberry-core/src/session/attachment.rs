//! A session on one connection.

use std::sync::Arc;

use glueberry_proto::name::StreamName;
use glueberry_proto::peer::Dialer;
use tokio::sync::watch;

use super::Session;
use crate::error::Result;
use crate::link::{Ends, Link, Phase};
use crate::net::Connection;

/// A session on one connection.
#[derive(Clone)]
pub(crate) struct Attachment {
    pub(crate) session: Arc<Session>,
    pub(crate) connection: Arc<Connection>,
    phase: watch::Sender<Phase>,
}

impl Attachment {
    pub(crate) fn new(session: Arc<Session>, connection: Arc<Connection>) -> Self {
        Self { session, connection, phase: watch::Sender::new(Phase::Held) }
    }

    /// Accepts these streams on the connection from now on; their messages wait until the session
    /// is established. Names that are prepared already stay as they are.
    pub(crate) fn prepare<'a>(
        &self,
        names: impl IntoIterator<Item = &'a StreamName>,
    ) -> Result<()> {
        let _one_at_a_time = self.session.preparing.lock();
        for name in names {
            if !self.connection.accepts(name) {
                self.start_link(name, self.phase.subscribe())?;
            }
        }
        Ok(())
    }

    /// Carries the handshake stream for an application that shakes hands itself.
    pub(crate) fn carry_handshake(&self) -> Result<()> {
        let at_once = watch::Sender::new(Phase::Active).subscribe();
        self.start_link(&StreamName::handshake(), at_once)
    }

    /// Messages flow on this connection from now on.
    pub(crate) fn activate(&self) {
        self.phase.send_replace(Phase::Active);
    }

    /// Whether messages flow on this connection.
    pub(crate) fn is_active(&self) -> bool {
        *self.phase.borrow() == Phase::Active
    }

    /// The session goes on elsewhere: this connection finishes what it began.
    pub(crate) fn retire(&self) {
        self.phase.send_replace(Phase::Retiring);
    }

    fn start_link(&self, name: &StreamName, phase: watch::Receiver<Phase>) -> Result<()> {
        let session = &self.session;
        let ends = Ends::default();
        let (outgoing, config, before) = session.lane(name, &ends)?;
        let origin = outgoing.origin().clone();
        let (capacity, marks) = (config.receive_buffer, config.watermarks(config.receive_buffer));
        let entrance = session.parts.inbox.entrance(origin.clone(), capacity, marks);
        let link = Link {
            session: session.epoch,
            connection: self.connection.clone(),
            origin,
            outgoing,
            aead: (!name.is_handshake()).then(|| session.aead.clone()),
            largest: config.max_message_size,
            may_open: !name.is_handshake() || self.connection.dialer == Dialer::Us,
            phase,
            ends,
            before,
            events: session.parts.events.clone(),
            tasks: session.parts.tasks.clone(),
        };
        link.start(entrance);
        Ok(())
    }
}
