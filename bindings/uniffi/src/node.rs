//! A node.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use glueberry_core::embed::{self, Host, Running, fault};
use glueberry_core::{Error, ErrorCode, Node, PeerId, Result};
use parking_lot::RwLock;

use crate::cancel::{Cancel, unless};
use crate::events::{NativeEvents, filter};
use crate::fault::{Fault, Told, guard};
use crate::identity::NativeIdentity;
use crate::messages::NativeMessages;
use crate::records::HealthRecord;
use crate::sends::Route;
use crate::settings::Settings;

/// A node on threads of its own. Let go without `shutdown`, it closes by itself.
#[derive(uniffi::Object)]
pub struct NativeNode {
    /// Nothing once the node is closed.
    host: RwLock<Option<Host>>,
    peer_id: String,
    /// After a fault inside nothing is certain any more.
    is_broken: AtomicBool,
}

type Stop = Option<Arc<Cancel>>;

#[uniffi::export]
impl NativeNode {
    /// Starts a node.
    #[uniffi::constructor]
    pub async fn start(
        identity: Arc<NativeIdentity>,
        settings: Settings,
        cancel: Stop,
    ) -> Told<Arc<Self>> {
        let starting = guard(|| {
            let (builder, workers) = embed::builder(identity.of_core(), &settings.text())?;
            Host::begin(builder, workers)
        })?;
        Ok(Self::new(unless(cancel, starting).await?))
    }

    /// What peers know it by.
    pub fn peer_id(&self) -> String {
        self.peer_id.clone()
    }

    /// Where it listens; nowhere once it is closed.
    pub fn listen_addresses(&self) -> Told<Vec<String>> {
        guard(|| {
            let host = self.host.read();
            let addresses = host.as_ref().map(|host| host.node().listen_addresses());
            Ok(texts(&addresses.unwrap_or_default()))
        })
    }

    /// Listens at one more address; what it is bound to.
    pub async fn listen(&self, address: String, cancel: Stop) -> Told<Vec<String>> {
        let bound = self.call(cancel, |node| async move { node.listen(address.as_str()).await });
        Ok(texts(&bound.await?))
    }

    /// Connects to an address or a peer that is known; the peer.
    pub async fn connect(&self, place: String, cancel: Stop) -> Told<String> {
        let address = guard(|| embed::place(&place))?;
        let peer = self.call(cancel, |node| async move { node.connect(address).await });
        Ok(peer.await?.to_string())
    }

    /// Waits until a peer is established.
    pub async fn wait_established(&self, peer: String, cancel: Stop) -> Told<()> {
        let peer = peer_of(&peer)?;
        self.call(cancel, |node| async move { node.wait_established(&peer).await }).await
    }

    /// Ends the session with a peer.
    pub async fn disconnect(&self, peer: String, cancel: Stop) -> Told<()> {
        let peer = peer_of(&peer)?;
        self.call(cancel, |node| async move { node.disconnect(&peer).await }).await
    }

    /// Gives up the attempts to reach a peer again.
    pub async fn cancel_reconnection(&self, peer: String, cancel: Stop) -> Told<()> {
        let peer = peer_of(&peer)?;
        self.call(cancel, |node| async move { node.cancel_reconnection(&peer).await }).await
    }

    /// Dials the peers of the address book.
    pub async fn dial_known_peers(&self, cancel: Stop) -> Told<()> {
        self.call(cancel, |node| async move { node.dial_known_peers().await }).await
    }

    /// The state of a peer: its number.
    pub fn connection_state(&self, peer: String) -> Told<i32> {
        self.look_at(&peer, |node, peer| Ok(node.connection_state(&peer).number().into()))
    }

    /// A peer and a stream, for sending.
    pub fn route(self: Arc<Self>, peer: String, stream: String) -> Told<Arc<Route>> {
        Ok(Route::new(self, peer_of(&peer)?, stream))
    }

    /// Waits until the transport has taken what was sent on a stream.
    pub async fn flush(&self, peer: String, stream: String, cancel: Stop) -> Told<()> {
        let peer = peer_of(&peer)?;
        self.call(cancel, |node| async move { node.flush(&peer, &stream).await }).await
    }

    /// Takes the messages of one stream.
    pub fn messages(&self, stream: String) -> Told<Arc<NativeMessages>> {
        self.with(|host| Ok(NativeMessages::new(host.messages(&stream)?)))
    }

    /// Takes the messages of all streams.
    pub fn all_messages(&self) -> Told<Arc<NativeMessages>> {
        self.with(|host| Ok(NativeMessages::new(host.all_messages()?)))
    }

    /// Subscribes to events: of these peers, and of these kinds by number.
    pub fn events(
        &self,
        peers: Option<Vec<String>>,
        kinds: Option<Vec<i32>>,
    ) -> Told<Arc<NativeEvents>> {
        self.with(|host| {
            let parse = |texts: Vec<String>| texts.iter().map(|text| text.parse()).collect();
            let peers: Option<Vec<PeerId>> = peers.map(parse).transpose()?;
            Ok(NativeEvents::new(host.events(filter(peers, kinds)?)))
        })
    }

    /// Accepts streams from a peer that the application shakes hands with.
    pub async fn prepare_streams(
        &self,
        peer: String,
        streams: Vec<String>,
        cancel: Stop,
    ) -> Told<()> {
        let peer = peer_of(&peer)?;
        let prepare =
            |node: Node| async move { node.prepare_streams(&peer, &borrowed(&streams)).await };
        self.call(cancel, prepare).await
    }

    /// Ends the application's handshake with a peer.
    pub async fn finalize_handshake(&self, peer: String, cancel: Stop) -> Told<()> {
        let peer = peer_of(&peer)?;
        self.call(cancel, |node| async move { node.finalize_handshake(&peer).await }).await
    }

    /// Both in one.
    pub async fn complete_handshake(
        &self,
        peer: String,
        streams: Vec<String>,
        cancel: Stop,
    ) -> Told<()> {
        let peer = peer_of(&peer)?;
        let complete =
            |node: Node| async move { node.complete_handshake(&peer, &borrowed(&streams)).await };
        self.call(cancel, complete).await
    }

    /// How a stream is doing.
    pub fn stream_health(&self, peer: String, stream: String) -> Told<HealthRecord> {
        self.look_at(&peer, |node, peer| {
            Ok(HealthRecord::new(&stream, &node.stream_health(&peer, &stream)?))
        })
    }

    /// How all streams with a peer are doing.
    pub fn streams(&self, peer: String) -> Told<Vec<HealthRecord>> {
        self.look_at(&peer, |node, peer| {
            let streams = node.streams(&peer);
            let all = streams.iter();
            Ok(all.map(|(name, health)| HealthRecord::new(name.as_str(), health)).collect())
        })
    }

    /// Ends the node, and lets its threads go. It goes on when nobody waits for it.
    pub async fn shutdown(&self) -> Told<()> {
        // Also a broken one: what is left of it has to go.
        let Some(host) = self.host.read().clone() else { return Ok(()) };
        let ended = host.close().await;
        drop(guard(|| Ok(self.host.write().take()))?);
        ended.map_err(Fault::from)
    }

    /// Panics, for tests.
    pub fn panic(&self) -> Told<()> {
        self.with(|_| panic!("a test asked for it"))
    }

    /// Panics in a call that waits, for tests.
    pub async fn panic_later(&self) -> Told<()> {
        self.call(None, |_| async { panic!("a test asked for it") }).await
    }
}

impl NativeNode {
    fn new(host: Host) -> Arc<Self> {
        let (peer_id, is_broken) = (host.node().peer_id().to_string(), AtomicBool::default());
        Arc::new(Self { host: RwLock::new(Some(host)), peer_id, is_broken })
    }

    /// Uses the node, unless it is closed or broken.
    pub(crate) fn with<T>(&self, act: impl FnOnce(&Host) -> Result<T>) -> Told<T> {
        if self.is_broken.load(Ordering::Relaxed) {
            return Err(broken().into());
        }
        let used = embed::contained(|| act(self.host.read().as_ref().ok_or_else(closed)?));
        Ok(used.inspect_err(|error| self.note(error))?)
    }

    /// Looks at what the node has of a peer.
    pub(crate) fn look_at<T>(
        &self,
        peer: &str,
        look: impl FnOnce(&Node, PeerId) -> Result<T>,
    ) -> Told<T> {
        self.with(|host| look(host.node(), peer.parse()?))
    }

    /// Waits for a call. Its first step is taken before this is first awaited.
    pub(crate) async fn call<T, F>(&self, cancel: Stop, work: impl FnOnce(Node) -> F) -> Told<T>
    where
        T: Send + 'static,
        F: Future<Output = Result<T>> + Send + 'static,
    {
        let running: Running<T> = self.with(|host| host.run(work))?;
        Ok(unless(cancel, running).await.inspect_err(|error| self.note(error))?)
    }

    fn note(&self, error: &Error) {
        if error.code() == ErrorCode::Panicked {
            self.is_broken.store(true, Ordering::Relaxed);
        }
    }
}

pub(crate) fn peer_of(text: &str) -> Told<PeerId> {
    guard(|| text.parse())
}

fn texts<T: ToString>(all: &[T]) -> Vec<String> {
    all.iter().map(ToString::to_string).collect()
}

fn borrowed(all: &[String]) -> Vec<&str> {
    all.iter().map(String::as_str).collect()
}

fn broken() -> Error {
    fault(ErrorCode::Panicked, "a fault inside Glueberry broke this node")
}

fn closed() -> Error {
    fault(ErrorCode::NodeClosed, "the node is closed")
}
