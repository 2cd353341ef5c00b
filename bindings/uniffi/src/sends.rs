//! Sending on one stream to one peer.

use std::sync::{Arc, OnceLock};

use glueberry_core::embed::{Running, fault};
use glueberry_core::{ErrorCode, PeerId, Result};
use parking_lot::Mutex;

use crate::cancel::{Cancel, unless};
use crate::fault::{Fault, Told, guard};
use crate::node::NativeNode;
use crate::quick::ROUTES;

/// A peer and a stream: their texts cross once, not with each message.
#[derive(uniffi::Object)]
pub struct Route {
    node: Arc<NativeNode>,
    peer: PeerId,
    stream: String,
    /// Among those of `quick`, once it was asked for.
    number: OnceLock<i64>,
}

#[uniffi::export]
impl Route {
    /// What the functions of `quick` know it by, as long as this object lives.
    pub fn number(self: Arc<Self>) -> Told<i64> {
        guard(|| Ok(*self.number.get_or_init(|| ROUTES.enter(&self))))
    }

    /// Sends a message: nothing if it is queued, otherwise what waits for room.
    pub fn send(&self, message: Vec<u8>) -> Told<Option<Arc<Sending>>> {
        self.node.with(|host| {
            let waits = host.send_soon(self.peer, &self.stream, &message)?;
            Ok(waits.map(|running| Arc::new(Sending::new(running))))
        })
    }

    /// Sends a message if there is room: whether there was.
    pub fn try_send(&self, message: Vec<u8>) -> Told<bool> {
        self.send_if_room(&message)
    }
}

impl Route {
    pub(crate) fn new(node: Arc<NativeNode>, peer: PeerId, stream: String) -> Arc<Self> {
        Arc::new(Self { node, peer, stream, number: OnceLock::new() })
    }

    /// Whether it is queued; otherwise it has to wait, in its turn.
    pub(crate) fn send_now(&self, message: &[u8]) -> Told<bool> {
        self.node.with(|host| has_room(host.send_now(self.peer, &self.stream, message)))
    }

    pub(crate) fn send_if_room(&self, message: &[u8]) -> Told<bool> {
        self.node.with(|host| has_room(host.node().try_send(&self.peer, &self.stream, message)))
    }
}

impl Drop for Route {
    fn drop(&mut self) {
        ROUTES.leave(self.number.get());
    }
}

fn has_room(sent: Result<()>) -> Result<bool> {
    match sent {
        Err(error) if error.code() == ErrorCode::WouldBlock => Ok(false),
        sent => sent.map(|()| true),
    }
}

/// A message that waits for room, in its turn. Letting it go sends nothing.
#[derive(uniffi::Object)]
pub struct Sending {
    running: Mutex<Option<Running<()>>>,
    cancel: Arc<Cancel>,
}

#[uniffi::export]
impl Sending {
    /// Waits until the message is queued. Once.
    pub async fn finish(&self) -> Told<()> {
        let running = self.running.lock().take();
        let Some(running) = running else {
            return Err(fault(ErrorCode::Internal, "this message is waited for already").into());
        };
        unless(Some(self.cancel.clone()), running).await.map_err(Fault::from)
    }

    /// Sends nothing, unless it is done; `finish` fails with `Cancelled`.
    pub fn cancel(&self) {
        self.cancel.cancel();
    }
}

impl Sending {
    fn new(running: Running<()>) -> Self {
        Self { running: Mutex::new(Some(running)), cancel: Cancel::new() }
    }
}
