//! The running node.

use std::sync::Arc;
use std::time::Duration;

use glueberry_proto::peer::{Interest, State};
use parking_lot::Mutex;
use tokio::sync::{mpsc, oneshot};
use tokio_util::task::TaskTracker;
use tracing::warn;

use super::Builder;
use super::builder::parse_name;
use super::peers::lacks_peer;
use crate::call::Call;
use crate::config::{Config, HandshakeMode};
use crate::error::{Error, ErrorCode, Result};
use crate::events::{DisconnectReason, EventFilter, Events, Hub};
use crate::inbox::{Inbox, Messages};
use crate::link::Outgoing;
use crate::net::{
    Command, Driver, GateRules, PeerView, Peers, SHUTDOWN_BOUND, Settings, until_released,
};
use crate::peers::Book;
use crate::pressure::Teller;
use crate::session::{Attachment, SessionParts};
use crate::{Address, Identity, PeerEntry, PeerId, StreamName, open_files};

/// A running node. Cloning it is cheap: all clones are one node, which ends with
/// [`Node::shutdown`], or at once when the last clone is dropped.
#[derive(Clone)]
pub struct Node {
    inner: Arc<Inner>,
}

struct Inner {
    identity: Identity,
    mode: HandshakeMode,
    linger: Duration,
    commands: mpsc::Sender<Command>,
    parts: SessionParts,
    peers: Peers,
    book: Book,
    rules: GateRules,
    listening: Mutex<Vec<Address>>,
    driver: TaskTracker,
}

impl Node {
    /// Begins to describe a node.
    pub fn builder(identity: Identity) -> Builder {
        Builder::new(identity)
    }

    pub(super) async fn start(identity: Identity, config: Config) -> Result<Self> {
        open_files::check(&config.limits);
        let rules = GateRules::default();
        rules.set_rules(&config.access)?;
        let events = Hub::new(config.event_buffer);
        let tasks = TaskTracker::new();
        let parts = SessionParts {
            inbox: Inbox::new(events.clone(), Teller::new(events.clone(), tasks.clone())),
            events,
            tasks,
            streams: Arc::new(config.streams.clone().into_iter().collect()),
        };
        let book = match &config.address_book {
            Some(path) => Book::open(path.clone()).await?,
            None => Book::in_memory(),
        };
        for ban in book.bans() {
            rules.ban(&ban)?;
        }
        let (commands, wishes) = mpsc::channel(COMMANDS);
        let peers = Peers::default();
        let settings = Settings {
            identity: identity.clone(),
            retry: config.reconnect.parse()?,
            config: config.clone(),
            parts: parts.clone(),
            book: book.clone(),
            rules: rules.clone(),
        };
        let driver = TaskTracker::new();
        driver.spawn(Driver::new(settings, peers.clone(), wishes)?.run());
        driver.close();
        let node = Self {
            inner: Arc::new(Inner {
                identity,
                mode: config.handshake,
                linger: config.linger,
                commands,
                parts,
                peers,
                book,
                rules,
                listening: Mutex::default(),
                driver,
            }),
        };
        match node.begin(config.listen, config.auto_connect).await {
            Ok(()) => Ok(node),
            Err(error) => {
                // So that the ports and the address book are free for another try.
                node.shutdown().await;
                Err(error)
            }
        }
    }

    async fn begin(&self, listen: Vec<Address>, auto_connect: bool) -> Result<()> {
        for address in listen {
            self.listen(address).await?;
        }
        if auto_connect && self.inner.mode == HandshakeMode::Automatic {
            self.dial_known_peers().await?;
        }
        Ok(())
    }

    /// Dials the peers of the address book, as a node does by itself when it starts (see
    /// [`Builder::auto_connect`]). Returns when all are being dialed, or wait for their turn.
    ///
    /// # Errors
    /// [`ErrorCode::NodeClosed`] after a shutdown.
    pub fn dial_known_peers(&self) -> Call<impl Future<Output = Result<()>>> {
        Call::new("dial_known_peers", self.seek_known())
    }

    async fn seek_known(&self) -> Result<()> {
        let own = self.peer_id();
        let is_sought = |entry: &PeerEntry| {
            entry.peer != own && entry.banned.is_none() && !entry.addresses.is_empty()
        };
        for entry in self.book()?.entries().into_iter().filter(is_sought) {
            let interest = if entry.persistent { Interest::Persistent } else { Interest::Lasting };
            let peer = entry.peer;
            let places = Vec::new();
            self.ask(|reply| Command::Seek { peer, places, interest, reply }).await?;
        }
        Ok(())
    }

    /// What other peers know this node by.
    #[must_use]
    pub fn peer_id(&self) -> PeerId {
        self.inner.identity.peer_id()
    }

    /// Where this node listens, each address with its peer id at the end: what a peer has to dial.
    /// Nowhere after a shutdown.
    #[must_use]
    pub fn listen_addresses(&self) -> Vec<Address> {
        self.inner.listening.lock().clone()
    }

    /// Listens at one more address, and returns what it is bound to: for port 0 the port chosen,
    /// for `0.0.0.0` an address for each of the machine's.
    ///
    /// # Errors
    /// [`ErrorCode::InvalidAddress`], [`ErrorCode::AddressInUse`], [`ErrorCode::ListenFailed`];
    /// [`ErrorCode::NodeClosed`] after a shutdown.
    pub fn listen<A>(&self, address: A) -> Call<impl Future<Output = Result<Vec<Address>>>>
    where
        A: TryInto<Address>,
        A::Error: Into<Error>,
    {
        let address = address.try_into().map_err(Into::into);
        Call::new("listen", async move {
            let address = address?;
            let place = address.known_place().ok_or_else(|| {
                let message = format!("{address} names no place to listen at");
                Error::new(ErrorCode::InvalidAddress, message)
            })?;
            let bound = self.ask(|reply| Command::Listen { place, reply }).await??;
            self.inner.listening.lock().extend(bound.iter().cloned());
            Ok(bound)
        })
    }

    /// Connects to a peer, and returns when it is established; in [`HandshakeMode::App`] already
    /// when it is connected, for the application to shake hands. At once if it is so already.
    ///
    /// Give the peer's whole address, or its [`PeerId`] alone where it is known already. Once the
    /// peer was established the link comes back by itself when it is lost (see
    /// [`ReconnectPolicy`](crate::ReconnectPolicy)), until [`Node::disconnect`] ends it, and the peer
    /// is in the address book: a node that starts with it dials the peer again, until
    /// [`Node::remove_peer`]. While the node pauses between two attempts, this call tries at once.
    ///
    /// Cancelling the call leaves the attempt going: [`Node::disconnect`] ends it.
    ///
    /// # Errors
    /// [`ErrorCode::InvalidAddress`] without a peer id at the end, [`ErrorCode::UnknownPeer`]
    /// without an address when none is known, [`ErrorCode::Unreachable`],
    /// [`ErrorCode::WrongPeer`] when somebody else answers, [`ErrorCode::TimedOut`], and those of
    /// the handshake: [`ErrorCode::HandshakeFailed`], [`ErrorCode::HandshakeTimeout`],
    /// [`ErrorCode::PeerKeyMismatch`].
    pub fn connect<A>(&self, address: A) -> Call<impl Future<Output = Result<PeerId>>>
    where
        A: TryInto<Address>,
        A::Error: Into<Error>,
    {
        let address = address.try_into().map_err(Into::into);
        Call::new("connect", async move {
            let address = address?;
            let peer = address.peer().ok_or_else(|| lacks_peer(&address))?;
            if peer == self.peer_id() {
                let message = format!("{address} is this node");
                return Err(Error::new(ErrorCode::DialedSelf, message));
            }
            let until = match self.inner.mode {
                HandshakeMode::Automatic => State::Established,
                HandshakeMode::App => State::Connected,
            };
            let place = address.known_place();
            self.ask(|reply| Command::Connect { peer, place, until, reply }).await??;
            Ok(peer)
        })
    }

    /// Waits until the peer is established: for applications that shake hands themselves, and for
    /// those that wait until a lost peer is back, however many attempts that takes.
    ///
    /// # Errors
    /// [`ErrorCode::NotConnected`] if there is no connection and none is sought; when the attempts
    /// end, what ended them.
    pub fn wait_established<'n>(
        &'n self,
        peer: &PeerId,
    ) -> Call<impl Future<Output = Result<()>> + use<'n>> {
        let peer = *peer;
        Call::new("the handshake", async move {
            self.ask(|reply| Command::WaitEstablished { peer, reply }).await?
        })
    }

    /// Ends the session with a peer, or the attempt at one. What is queued is written first, for up
    /// to the configured linger; what is not is named in
    /// [`PeerDisconnected`](crate::EventKind::PeerDisconnected). Without a connection it does
    /// nothing.
    ///
    /// # Errors
    /// [`ErrorCode::NodeClosed`] after a shutdown.
    pub fn disconnect<'n>(
        &'n self,
        peer: &PeerId,
    ) -> Call<impl Future<Output = Result<()>> + use<'n>> {
        let (peer, node) = (*peer, self.clone());
        Call::new(
            "disconnect",
            self.in_its_own_task(async move {
                node.drain([node.view(&peer)]).await;
                let reason = DisconnectReason::Requested;
                node.ask(|reply| Command::Disconnect { peer, reason, reply }).await
            }),
        )
    }

    /// Once begun, it comes to its end even if the caller waits no longer.
    pub(super) async fn in_its_own_task<T: Send + 'static>(
        &self,
        work: impl Future<Output = Result<T>> + Send + 'static,
    ) -> Result<T> {
        self.inner.parts.tasks.spawn(work).await.unwrap_or_else(|_| Err(closed()))
    }

    /// Gives up the attempts to reach a lost peer again. A session that stands goes on, and so does
    /// everything else: nothing happens unless the peer is in [`State::Reconnecting`] or
    /// [`State::Cooldown`].
    ///
    /// # Errors
    /// [`ErrorCode::NodeClosed`] after a shutdown.
    pub fn cancel_reconnection<'n>(
        &'n self,
        peer: &PeerId,
    ) -> Call<impl Future<Output = Result<()>> + use<'n>> {
        let peer = *peer;
        Call::new("cancel_reconnection", async move {
            self.ask(|reply| Command::CancelReconnection { peer, reply }).await
        })
    }

    /// The state of a peer.
    #[must_use]
    pub fn connection_state(&self, peer: &PeerId) -> State {
        self.inner.peers.state(peer)
    }

    /// Sends a message on a stream; waits while the stream's send buffer is full. It returns when
    /// the message is queued, in order behind all before it. Cancelling the call sends nothing.
    ///
    /// On this wire no acknowledgement exists: what was queued or on its way when a session ends
    /// may be lost; what was never written is counted in
    /// [`PeerDisconnected`](crate::EventKind::PeerDisconnected). The layer of encryption has one
    /// key for each pair of peers, without forward secrecy or protection against replay: those come
    /// from libp2p's TLS or Noise beneath it.
    ///
    /// # Errors
    /// [`ErrorCode::NotConnected`] without an established session, [`ErrorCode::UnknownStream`],
    /// [`ErrorCode::MessageTooLarge`], [`ErrorCode::StreamRefused`] when the peer does not take
    /// the stream, [`ErrorCode::StreamFailed`] when the stream broke too often in this session.
    pub fn send<'a>(
        &'a self,
        peer: &'a PeerId,
        stream: &'a str,
        message: &'a [u8],
    ) -> Call<impl Future<Output = Result<()>> + 'a> {
        Call::new("send", async move {
            let outgoing = self.outgoing(peer, stream)?;
            outgoing.push(message).await.map_err(|error| error.at_peer(*peer))
        })
    }

    /// Sends a message on a stream if there is room for it now.
    ///
    /// # Errors
    /// [`ErrorCode::WouldBlock`] if there is none; otherwise as [`Node::send`].
    pub fn try_send(&self, peer: &PeerId, stream: &str, message: &[u8]) -> Result<()> {
        let outgoing = self.outgoing(peer, stream)?;
        outgoing.try_push(message).map_err(|error| error.at_peer(*peer))
    }

    /// Waits until the transport has taken all that was sent before on a stream.
    ///
    /// # Errors
    /// [`ErrorCode::NotConnected`] if the session ends before; [`ErrorCode::StreamRefused`] and
    /// [`ErrorCode::StreamFailed`] when the stream takes nothing more.
    pub fn flush<'a>(
        &'a self,
        peer: &'a PeerId,
        stream: &'a str,
    ) -> Call<impl Future<Output = Result<()>> + 'a> {
        Call::new("flush", async move {
            let outgoing = self.outgoing(peer, stream)?;
            outgoing.flush().await.map_err(|error| error.at_peer(*peer))
        })
    }

    /// Takes the messages of one stream, from all peers, fairly merged. The stream `handshake` is
    /// there for applications that shake hands themselves.
    ///
    /// # Errors
    /// [`ErrorCode::InvalidStreamName`]; [`ErrorCode::ConsumerTaken`] while another consumer has
    /// the stream.
    pub fn messages(&self, stream: &str) -> Result<Messages> {
        self.inner.parts.inbox.messages(&any_name(stream)?)
    }

    /// Takes the messages of all streams, from all peers, fairly merged.
    ///
    /// # Errors
    /// [`ErrorCode::ConsumerTaken`] while any stream has a consumer.
    pub fn all_messages(&self) -> Result<Messages> {
        self.inner.parts.inbox.all_messages()
    }

    /// Subscribes to events, from now on.
    #[must_use]
    pub fn events(&self, filter: EventFilter) -> Events {
        self.inner.parts.events.subscribe(filter)
    }

    /// Accepts these streams from a peer that the application shakes hands with, and returns when
    /// they are accepted. Their messages are delivered once the peer is established.
    ///
    /// # Errors
    /// [`ErrorCode::InvalidStreamName`], [`ErrorCode::NotConnected`],
    /// [`ErrorCode::TooManyStreams`].
    pub fn prepare_streams<'n>(
        &'n self,
        peer: &PeerId,
        streams: &[&str],
    ) -> Call<impl Future<Output = Result<()>> + use<'n>> {
        let names = streams.iter().map(|name| parse_name(name)).collect::<Result<Vec<_>>>();
        let peer = *peer;
        Call::new("prepare_streams", async move { self.attachment(&peer)?.prepare(&names?) })
    }

    /// Ends the application's handshake with a peer, which is established from now on. What was
    /// sent on `handshake` is written first.
    ///
    /// # Errors
    /// [`ErrorCode::WrongState`] if the peer is established already, or the library shakes hands;
    /// [`ErrorCode::NotConnected`].
    pub fn finalize_handshake<'n>(
        &'n self,
        peer: &PeerId,
    ) -> Call<impl Future<Output = Result<()>> + use<'n>> {
        let peer = *peer;
        Call::new("finalize_handshake", async move {
            if self.inner.mode != HandshakeMode::App {
                let message = "the library shakes hands: configure HandshakeMode::App";
                return Err(Error::new(ErrorCode::WrongState, message).at_peer(peer));
            }
            let session = self.attachment(&peer)?.session;
            self.ask(|reply| Command::Finalize { peer, epoch: session.epoch, reply }).await??;
            session.end_handshake();
            Ok(())
        })
    }

    /// [`Node::prepare_streams`] and [`Node::finalize_handshake`] in one.
    ///
    /// # Errors
    /// Those of both.
    pub fn complete_handshake<'n>(
        &'n self,
        peer: &PeerId,
        streams: &[&str],
    ) -> Call<impl Future<Output = Result<()>> + use<'n>> {
        let (prepare, peer) = (self.prepare_streams(peer, streams), *peer);
        Call::new("complete_handshake", async move {
            prepare.await?;
            self.finalize_handshake(&peer).await
        })
    }

    /// Ends the node: writes what is queued for up to the configured linger, closes all
    /// connections, ends every iteration once what was received has been read, and frees its ports.
    /// Bounded in time: by the linger and 11 s. Again, it does nothing.
    pub async fn shutdown(&self) {
        let inner = &self.inner;
        self.drain(inner.peers.all().into_iter().map(|(_, view)| Some(view))).await;
        // An error says that the driver has ended already.
        drop(self.ask(|reply| Command::Shutdown { reply }).await);
        inner.parts.tasks.close();
        let all = async { tokio::join!(inner.driver.wait(), inner.parts.tasks.wait()) };
        drop(tokio::time::timeout(SHUTDOWN_BOUND, all).await);
        let left = std::mem::take(&mut *inner.listening.lock());
        until_released(&left).await;
        if tokio::time::timeout(BOOK_BOUND, inner.book.close()).await.is_err() {
            warn!("the address book is still being written: its lock is let go later");
        }
    }

    /// Writes what is queued for these peers.
    async fn drain(&self, views: impl IntoIterator<Item = Option<PeerView>>) {
        let established = views
            .into_iter()
            .flatten()
            .filter(|view| view.state == State::Established)
            .filter_map(|view| view.attachment);
        let drains = established.map(|attachment| async move {
            attachment.session.drain(self.inner.linger).await;
        });
        futures::future::join_all(drains).await;
    }

    /// The address book; it is let go when the node ends.
    pub(super) fn book(&self) -> Result<&Book> {
        if self.inner.commands.is_closed() { Err(closed()) } else { Ok(&self.inner.book) }
    }

    pub(super) fn rules(&self) -> &GateRules {
        &self.inner.rules
    }

    pub(super) fn views(&self) -> &Peers {
        &self.inner.peers
    }

    fn view(&self, peer: &PeerId) -> Option<PeerView> {
        self.inner.peers.view(peer)
    }

    pub(super) fn attachment(&self, peer: &PeerId) -> Result<Attachment> {
        let attachment = self.view(peer).and_then(|view| view.attachment);
        attachment.ok_or_else(|| not_connected(peer))
    }

    #[inline]
    fn outgoing(&self, peer: &PeerId, stream: &str) -> Result<Arc<Outgoing>> {
        let found = self.inner.peers.with(peer, |view| {
            let view = view?;
            let session = &view.attachment.as_ref()?.session;
            Some((view.state, session.outgoing(stream)))
        });
        match found {
            Some((State::Established, Some(outgoing))) if stream != HANDSHAKE => Ok(outgoing),
            Some((State::Connected, Some(outgoing))) if stream == HANDSHAKE => Ok(outgoing),
            found => Err(self.why_not(peer, stream, found.map(|(state, _)| state))),
        }
    }

    #[cold]
    fn why_not(&self, peer: &PeerId, stream: &str, state: Option<State>) -> Error {
        if stream == HANDSHAKE && self.inner.mode == HandshakeMode::Automatic {
            let message = "the library shakes hands: configure HandshakeMode::App";
            return Error::new(ErrorCode::WrongState, message).at_peer(*peer);
        }
        match state {
            Some(State::Established) if stream == HANDSHAKE => {
                Error::new(ErrorCode::WrongState, "the handshake is over").at_peer(*peer)
            }
            Some(State::Established) => match parse_name(stream) {
                Ok(name) => {
                    let message = "no such stream is prepared";
                    Error::new(ErrorCode::UnknownStream, message).at_peer(*peer).at_stream(&name)
                }
                Err(error) => error.at_peer(*peer),
            },
            _ if self.inner.commands.is_closed() => closed(),
            _ => match any_name(stream) {
                Ok(name) => not_connected(peer).at_stream(&name),
                Err(_) => not_connected(peer),
            },
        }
    }

    /// Hands a command to the driver, and waits for its answer.
    pub(super) async fn ask<T>(
        &self,
        command: impl FnOnce(oneshot::Sender<T>) -> Command,
    ) -> Result<T> {
        let (reply, answer) = oneshot::channel();
        self.inner.commands.send(command(reply)).await.map_err(|_| closed())?;
        answer.await.map_err(|_| closed())
    }
}

impl std::fmt::Debug for Node {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Node").field("peer_id", &self.peer_id()).finish_non_exhaustive()
    }
}

/// The name of a stream that the application configures, or of the handshake's.
fn any_name(stream: &str) -> Result<StreamName> {
    if stream == HANDSHAKE { Ok(StreamName::handshake()) } else { parse_name(stream) }
}

fn closed() -> Error {
    Error::new(ErrorCode::NodeClosed, "the node was shut down")
}

fn not_connected(peer: &PeerId) -> Error {
    Error::new(ErrorCode::NotConnected, "no session is established").at_peer(*peer)
}

/// How long a shutdown waits for a write of the address book that is under way.
const BOOK_BOUND: Duration = Duration::from_secs(2);
/// Calls that wait for the driver's attention; more wait in line.
const COMMANDS: usize = 256;
/// The name that no application stream can have.
const HANDSHAKE: &str = "handshake";
