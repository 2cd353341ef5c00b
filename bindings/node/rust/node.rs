//! A node.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use glueberry_core::embed::{self, Host, builder, contained, fault};
use glueberry_core::{Address, Error, ErrorCode, Node, PeerId, Result};
use napi_derive::napi;
use serde_json::Value as Json;

use crate::events::{NativeEvents, filter};
use crate::guard::guard;
use crate::identity::NativeIdentity;
use crate::json;
use crate::messages::NativeMessages;
use crate::routes::Routes;
use crate::sends::Sender;
use crate::tasks::{Outcome, Pending, Tasks};

/// A node on threads of its own. What waits is begun here, and returns the number of the call.
#[napi]
pub struct NativeNode {
    peer_id: String,
    inner: Rc<Inner>,
    sender: Sender,
}

/// What the calls of a node share.
pub(crate) struct Inner {
    /// Nothing once the node is closed.
    pub(crate) host: RefCell<Option<Host>>,
    pub(crate) tasks: Rc<Pending>,
    pub(crate) routes: RefCell<Routes>,
    /// After a fault inside nothing is certain any more.
    is_broken: Rc<Cell<bool>>,
}

#[napi]
impl NativeNode {
    /// Begins to start a node; yields it.
    #[napi]
    pub fn start(tasks: &Tasks, identity: &NativeIdentity, settings: String) -> napi::Result<u32> {
        let tasks = tasks.shared();
        guard(|| {
            let (builder, workers) = builder(identity.of_core(), &settings)?;
            let starting = Host::begin(builder, workers)?;
            let at = tasks.clone();
            Ok(tasks.begin(starting, |host| Outcome::Node(Box::new(Self::new(host, at)))))
        })
    }

    /// What peers know it by.
    #[napi]
    pub fn peer_id(&self) -> String {
        self.peer_id.clone()
    }

    /// Where it listens; nowhere once it is closed.
    #[napi]
    pub fn listen_addresses(&self) -> napi::Result<Vec<String>> {
        guard(|| {
            let host = self.inner.host.borrow();
            let addresses = host.as_ref().map(|host| host.node().listen_addresses());
            Ok(addresses.unwrap_or_default().iter().map(ToString::to_string).collect())
        })
    }

    /// Listens at one more address; yields what it is bound to.
    #[napi]
    pub fn listen(&self, address: String) -> napi::Result<u32> {
        let bound =
            |all: Vec<Address>| Outcome::Texts(all.iter().map(ToString::to_string).collect());
        let parsed = || address.parse::<Address>();
        self.begin(parsed, |node, address| async move { node.listen(address).await }, bound)
    }

    /// Connects to an address or a peer that is known; yields the peer.
    #[napi]
    pub fn connect(&self, place: String) -> napi::Result<u32> {
        let parsed = || embed::place(&place);
        self.begin(parsed, |node, address| async move { node.connect(address).await }, peer_text)
    }

    /// Waits until a peer is established.
    #[napi]
    pub fn wait_established(&self, peer: String) -> napi::Result<u32> {
        self.begin_for(&peer, |node, peer| async move { node.wait_established(&peer).await })
    }

    /// Ends the session with a peer.
    #[napi]
    pub fn disconnect(&self, peer: String) -> napi::Result<u32> {
        self.begin_for(&peer, |node, peer| async move { node.disconnect(&peer).await })
    }

    /// Gives up the attempts to reach a peer again.
    #[napi]
    pub fn cancel_reconnection(&self, peer: String) -> napi::Result<u32> {
        self.begin_for(&peer, |node, peer| async move { node.cancel_reconnection(&peer).await })
    }

    /// Dials the peers of the address book.
    #[napi]
    pub fn dial_known_peers(&self) -> napi::Result<u32> {
        self.begin(
            || Ok(()),
            |node, ()| async move { node.dial_known_peers().await },
            |()| Outcome::Nothing,
        )
    }

    /// The state of a peer: its name.
    #[napi]
    pub fn connection_state(&self, peer: String) -> napi::Result<String> {
        self.look_at(&peer, |node, peer| Ok(node.connection_state(&peer).name().to_owned()))
    }

    /// A number for a peer and a stream, for sending; until `forget_routes`.
    #[napi]
    pub fn route(&self, peer: String, stream: String) -> napi::Result<u32> {
        self.guarded(|| self.inner.routes.borrow_mut().add(&peer, stream))
    }

    /// Takes all numbers back.
    #[napi]
    pub fn forget_routes(&self) {
        self.inner.routes.borrow_mut().forget();
    }

    /// The number that this node has for `send` and `try_send`.
    #[napi]
    pub fn sender(&self) -> u32 {
        self.sender.number()
    }

    /// Waits until the transport has taken what was sent on a stream.
    #[napi]
    pub fn flush(&self, peer: String, stream: String) -> napi::Result<u32> {
        self.begin_for(&peer, |node, peer| async move { node.flush(&peer, &stream).await })
    }

    /// Takes the messages of one stream.
    #[napi]
    pub fn messages(&self, stream: String) -> napi::Result<NativeMessages> {
        self.guarded(|| {
            let queue = self.host()?.messages(&stream)?;
            Ok(NativeMessages::new(queue, self.inner.tasks.clone()))
        })
    }

    /// Takes the messages of all streams.
    #[napi]
    pub fn all_messages(&self) -> napi::Result<NativeMessages> {
        self.guarded(|| {
            let queue = self.host()?.all_messages()?;
            Ok(NativeMessages::new(queue, self.inner.tasks.clone()))
        })
    }

    /// Subscribes to events: of these peers, and of these kinds by number.
    #[napi]
    pub fn events(
        &self,
        peers: Option<Vec<String>>,
        kinds: Option<Vec<u32>>,
    ) -> napi::Result<NativeEvents> {
        self.guarded(|| {
            let parse = |texts: Vec<String>| texts.iter().map(|text| self.peer_of(text)).collect();
            let peers: Option<Vec<PeerId>> = peers.map(parse).transpose()?;
            let queue = self.host()?.events(filter(peers, kinds));
            Ok(NativeEvents::new(queue, self.inner.tasks.clone()))
        })
    }

    /// Accepts streams from a peer that the application shakes hands with.
    #[napi]
    pub fn prepare_streams(&self, peer: String, streams: Vec<String>) -> napi::Result<u32> {
        self.begin_for(&peer, |node, peer| async move {
            node.prepare_streams(&peer, &texts(&streams)).await
        })
    }

    /// Ends the application's handshake with a peer.
    #[napi]
    pub fn finalize_handshake(&self, peer: String) -> napi::Result<u32> {
        self.begin_for(&peer, |node, peer| async move { node.finalize_handshake(&peer).await })
    }

    /// Both in one.
    #[napi]
    pub fn complete_handshake(&self, peer: String, streams: Vec<String>) -> napi::Result<u32> {
        self.begin_for(&peer, |node, peer| async move {
            node.complete_handshake(&peer, &texts(&streams)).await
        })
    }

    /// How a stream is doing, as JSON.
    #[napi]
    pub fn stream_health(&self, peer: String, stream: String) -> napi::Result<String> {
        self.look_at(&peer, |node, peer| {
            let health = node.stream_health(&peer, &stream)?;
            Ok(json::health(&stream, &health).to_string())
        })
    }

    /// How all streams with a peer are doing, as JSON.
    #[napi]
    pub fn streams(&self, peer: String) -> napi::Result<String> {
        self.look_at(&peer, |node, peer| {
            let streams = node.streams(&peer);
            let all = streams.iter().map(|(name, health)| json::health(name.as_str(), health));
            Ok(all.collect::<Json>().to_string())
        })
    }

    /// Begins to end the node.
    #[napi]
    pub fn close(&self) -> napi::Result<u32> {
        // Also a broken one: what is left of it has to go.
        guard(|| Ok(self.inner.tasks.begin(self.host()?.close(), |()| Outcome::Nothing)))
    }

    /// Lets its threads go, once it is closed.
    #[napi]
    pub fn release(&self) -> napi::Result<()> {
        guard(|| {
            self.sender.end();
            let host = self.inner.host.borrow_mut().take();
            drop(host);
            Ok(())
        })
    }

    /// Panics, for tests.
    #[napi]
    pub fn panic(&self) -> napi::Result<()> {
        self.guarded(|| panic!("a test asked for it"))
    }

    /// Panics in a call that waits, for tests.
    #[napi]
    pub fn panic_later(&self) -> napi::Result<u32> {
        let panic = |_, ()| async { panic!("a test asked for it") };
        self.begin(|| Ok(()), panic, |()| Outcome::Nothing)
    }
}

impl NativeNode {
    fn new(host: Host, tasks: Rc<Pending>) -> Self {
        let peer_id = host.node().peer_id().to_string();
        let (routes, is_broken) = Default::default();
        let inner = Rc::new(Inner { host: RefCell::new(Some(host)), tasks, routes, is_broken });
        Self { peer_id, sender: Sender::new(inner.clone()), inner }
    }

    /// Begins a call with what its arguments say.
    pub(crate) fn begin<A, T, F>(
        &self,
        arguments: impl FnOnce() -> Result<A>,
        call: impl FnOnce(Node, A) -> F,
        outcome: impl FnOnce(T) -> Outcome + 'static,
    ) -> napi::Result<u32>
    where
        T: Send + 'static,
        F: Future<Output = Result<T>> + Send + 'static,
    {
        self.guarded(|| {
            let host = self.host()?;
            let arguments = arguments()?;
            let (running, is_broken) =
                (host.run(|node| call(node, arguments))?, self.inner.is_broken.clone());
            let watched = async move { running.await.inspect_err(|error| note(error, &is_broken)) };
            Ok(self.inner.tasks.begin(watched, outcome))
        })
    }

    /// Begins a call about a peer that yields nothing.
    pub(crate) fn begin_for<F>(
        &self,
        peer: &str,
        call: impl FnOnce(Node, PeerId) -> F,
    ) -> napi::Result<u32>
    where
        F: Future<Output = Result<()>> + Send + 'static,
    {
        self.begin(|| self.peer_of(peer), call, |()| Outcome::Nothing)
    }

    /// Looks at the node.
    pub(crate) fn look<T>(&self, look: impl FnOnce(&Node) -> Result<T>) -> napi::Result<T> {
        self.guarded(|| look(self.host()?.node()))
    }

    /// Looks at what the node has of a peer.
    pub(crate) fn look_at<T>(
        &self,
        peer: &str,
        look: impl FnOnce(&Node, PeerId) -> Result<T>,
    ) -> napi::Result<T> {
        self.look(|node| look(node, self.peer_of(peer)?))
    }

    fn host(&self) -> Result<Host> {
        self.inner.host.borrow().clone().ok_or_else(closed)
    }

    fn peer_of(&self, text: &str) -> Result<PeerId> {
        self.inner.routes.borrow_mut().peer(text)
    }

    fn guarded<T>(&self, body: impl FnOnce() -> Result<T>) -> napi::Result<T> {
        self.inner.guarded(body)
    }
}

impl Inner {
    /// Runs what a function does, unless the node is broken.
    pub(crate) fn guarded<T>(&self, body: impl FnOnce() -> Result<T>) -> napi::Result<T> {
        guard(|| {
            if self.is_broken.get() {
                return Err(fault(ErrorCode::Panicked, "a fault inside Glueberry broke this node"));
            }
            contained(body).inspect_err(|error| note(error, &self.is_broken))
        })
    }
}

/// As the outcome of a call that yields a peer.
pub(crate) fn peer_text(peer: PeerId) -> Outcome {
    Outcome::Text(peer.to_string())
}

fn texts(all: &[String]) -> Vec<&str> {
    all.iter().map(String::as_str).collect()
}

fn note(error: &Error, is_broken: &Cell<bool>) {
    if error.code() == ErrorCode::Panicked {
        is_broken.set(true);
    }
}

pub(crate) fn closed() -> Error {
    fault(ErrorCode::NodeClosed, "the node is closed")
}
