//! Sending on one stream to one peer.

use std::sync::Arc;

use glueberry_core::embed::{Running, fault};
use glueberry_core::{ErrorCode, PeerId};
use parking_lot::Mutex;

use crate::cancel::{Cancel, unless};
use crate::fault::{Fault, Told};
use crate::node::NativeNode;

/// A peer and a stream: their texts cross once, not with each message.
#[derive(uniffi::Object)]
pub struct Route {
    node: Arc<NativeNode>,
    peer: PeerId,
    stream: String,
}

#[uniffi::export]
impl Route {
    /// Sends a message: nothing if it is queued, otherwise what waits for room.
    pub fn send(&self, message: Vec<u8>) -> Told<Option<Arc<Sending>>> {
        self.node.with(|host| {
            let waits = host.send_soon(self.peer, &self.stream, &message)?;
            Ok(waits.map(|running| Arc::new(Sending::new(running))))
        })
    }

    /// Sends a message if there is room: whether there was.
    pub fn try_send(&self, message: Vec<u8>) -> Told<bool> {
        self.node.with(|host| match host.node().try_send(&self.peer, &self.stream, &message) {
            Err(error) if error.code() == ErrorCode::WouldBlock => Ok(false),
            sent => sent.map(|()| true),
        })
    }
}

impl Route {
    pub(crate) fn new(node: Arc<NativeNode>, peer: PeerId, stream: String) -> Arc<Self> {
        Arc::new(Self { node, peer, stream })
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
