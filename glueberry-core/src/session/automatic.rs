//! The handshake that the library conducts by itself: it carries out what proto's machine decides.

use futures::{AsyncReadExt, AsyncWriteExt};
use glueberry_proto::name::StreamName;
use glueberry_proto::peer::{Dialer, DisconnectReason};
use glueberry_proto::v1::frame::{FrameReader, Step, put_header};
use glueberry_proto::v1::handshake::{Action, AutoHandshake, HandshakeFault, Role};
use libp2p::Stream;
use tracing::debug;

use super::Attachment;
use crate::PeerId;
use crate::error::ErrorCode;
use crate::events::{EventKind, Hub};
use crate::net::Arrivals;

/// Shakes hands on a connection, and prepares the configured streams on the way.
///
/// # Errors
/// Why the session cannot be: the connection is to be closed.
pub(crate) async fn shake_hands(
    attachment: &Attachment,
    own: PeerId,
    events: &Hub,
) -> Result<(), DisconnectReason> {
    let connection = &attachment.connection;
    let role = match connection.dialer {
        Dialer::Us => Role::Dialer,
        Dialer::Them => Role::Listener,
    };
    let machine = AutoHandshake::new(role, *own.public_key(), *connection.peer.public_key());
    let mut inbound = connection.accept(&StreamName::handshake());
    let stream = match role {
        Role::Dialer => connection.open(&StreamName::handshake()).await.ok(),
        Role::Listener => inbound.recv().await,
    };
    let stream = stream.ok_or(DisconnectReason::HandshakeFailed)?;
    Conversation { attachment, events, machine, stream }.run().await?;
    ignore_the_rest(attachment, inbound);
    Ok(())
}

struct Conversation<'a> {
    attachment: &'a Attachment,
    events: &'a Hub,
    machine: AutoHandshake,
    stream: Stream,
}

impl Conversation<'_> {
    async fn run(&mut self) -> Result<(), DisconnectReason> {
        let first = self.machine.start();
        if self.carry_out(first).await? {
            return Ok(());
        }
        let mut frames = FrameReader::new(LARGEST_FRAME);
        let (mut buffer, mut filled) = (vec![0; frames.max_unread()], 0);
        loop {
            let count = self.stream.read(&mut buffer[filled..]).await.unwrap_or(0);
            if count == 0 {
                let actions = self.machine.on_eof();
                let done = self.carry_out(actions).await?;
                return done.then_some(()).ok_or(DisconnectReason::HandshakeFailed);
            }
            filled += count;
            let mut at = 0;
            loop {
                match frames.step(&buffer[at..filled]) {
                    Ok(Step::NeedMore { .. }) => break,
                    Ok(Step::Frame { data, consumed }) => {
                        let frame = &buffer[at + data.start..at + data.end];
                        let actions = self.machine.on_frame(frame);
                        at += consumed;
                        if self.carry_out(actions).await? {
                            return Ok(());
                        }
                    }
                    Ok(Step::Oversize { data_len, consumed }) => {
                        at += consumed;
                        let actions = self.machine.on_oversize(data_len);
                        self.carry_out(actions).await?;
                    }
                    Ok(Step::Skipped { consumed }) => at += consumed,
                    Err(fault) => {
                        self.warn(ErrorCode::MalformedFrame, fault.to_string());
                        return Err(DisconnectReason::HandshakeFailed);
                    }
                }
            }
            buffer.copy_within(at..filled, 0);
            filled -= at;
        }
    }

    /// True once the handshake is finished.
    async fn carry_out(
        &mut self,
        actions: impl IntoIterator<Item = Action>,
    ) -> Result<bool, DisconnectReason> {
        let mut todo: std::collections::VecDeque<Action> = actions.into_iter().collect();
        while let Some(action) = todo.pop_front() {
            match action {
                Action::Send(message) => {
                    if self.send(message.as_bytes()).await.is_err() {
                        todo.extend(self.machine.on_write_error());
                    }
                }
                Action::Prepare => {
                    let names = self.attachment.session.configured();
                    let prepared = self.attachment.prepare(&names);
                    prepared.map_err(|_| DisconnectReason::HandshakeFailed)?;
                    todo.extend(self.machine.on_prepared());
                }
                Action::Finalize => {
                    // The peer has all it needs: that it is gone already is no failure.
                    drop(self.stream.close().await);
                    return Ok(true);
                }
                Action::Fail(fault) => return Err(self.failed(&fault)),
                Action::Unexpected { len, .. } => {
                    let detail = format!("a message of {len} bytes was ignored");
                    self.warn(ErrorCode::UnexpectedHandshake, detail);
                }
                other => debug!(?other, "an action without a meaning here"),
            }
        }
        Ok(false)
    }

    async fn send(&mut self, message: &[u8]) -> std::io::Result<()> {
        let mut frame = Vec::with_capacity(message.len() + 8);
        put_header(&mut frame, message.len());
        frame.extend_from_slice(message);
        self.stream.write_all(&frame).await?;
        self.stream.flush().await
    }

    fn failed(&self, fault: &HandshakeFault) -> DisconnectReason {
        debug!(peer = %self.attachment.connection.peer, %fault, "handshake failed");
        match fault {
            HandshakeFault::KeyMismatch | HandshakeFault::KeyLength { .. } => {
                self.warn(ErrorCode::PeerKeyMismatch, fault.to_string());
                DisconnectReason::PeerKeyMismatch
            }
            _ => DisconnectReason::HandshakeFailed,
        }
    }

    fn warn(&self, code: ErrorCode, detail: String) {
        let peer = Some(self.attachment.connection.peer);
        let stream = Some(StreamName::handshake());
        self.events.emit(EventKind::Warning { code, peer, stream, detail });
    }
}

/// A Go dialer can say Complete again on a new handshake stream, long after: that is read and
/// ignored, up to a bound.
fn ignore_the_rest(attachment: &Attachment, mut inbound: Arrivals) {
    let ended = attachment.connection.ended.clone();
    attachment.session.tasks().spawn(async move {
        let ignoring = async {
            while let Some(stream) = inbound.recv().await {
                let mut rest = stream.take(MOST_IGNORED);
                let mut sink = futures::io::sink();
                drop(futures::io::copy(&mut rest, &mut sink).await);
            }
        };
        ended.run_until_cancelled(ignoring).await
    });
}

/// A handshake message is 33 bytes; some example programs append a name.
pub(crate) const LARGEST_FRAME: usize = 4096;
/// Bytes ignored on one late handshake stream before it is reset.
pub(crate) const MOST_IGNORED: u64 = 64 * 1024;
