//! A session with one peer, as `send` and `connect` have it.

use std::path::Path;
use std::time::Duration;

use glueberry_core::{
    Address, DisconnectReason, ErrorCode, EventFilter, EventKind, Events, Messages, Node, PeerId,
};

use super::Who;
use crate::event::{Event, snake_case};
use crate::failure::Failure;
use crate::output::{Output, Slot};
use crate::stop::Stop;

/// A node of its own for a session with one peer.
pub(super) struct Session {
    pub(super) node: Node,
    pub(super) peer: PeerId,
    address: Address,
    pub(super) watch: Watch,
    pub(super) inbox: Messages,
}

/// The session's events, told as they come.
pub(super) struct Watch {
    events: Events,
    output: Output,
    /// What ends it.
    until: Until,
    /// Why the session ended, until somebody asks.
    end: Option<Failure>,
    /// The first loss, where the session goes on after it.
    lost: Option<Failure>,
}

/// What ends a session for the command that has it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Until {
    /// The end of its connection, and the refusal of a stream: there is nothing else to do in it.
    Refused,
    /// The end of its connection.
    Lost,
    /// That no more is tried to bring it back.
    GivenUp,
}

impl Session {
    /// Starts the node, and subscribes before anything can happen to it.
    pub(super) async fn start(
        who: Who,
        peer: &Peer,
        streams: &[String],
        book: Option<&Path>,
        until: Until,
        output: &Output,
    ) -> Result<Self, Failure> {
        let node = who.start(streams, book, output).await?;
        let events = node.events(EventFilter::all());
        let inbox = node.all_messages()?;
        let watch = Watch { events, output: output.clone(), until, end: None, lost: None };
        Ok(Self { node, peer: peer.id, address: peer.address.clone(), watch, inbox })
    }

    /// Returns when the session is established.
    pub(super) async fn connect(&mut self) -> Result<(), Failure> {
        let Self { node, address, watch, .. } = self;
        let dialing = node.connect(&*address);
        tokio::pin!(dialing);
        let connected = loop {
            tokio::select! {
                biased;
                connected = &mut dialing => break connected,
                // The end of an attempt is told; the call itself says more of it.
                Some(_) = watch.next() => {}
            }
        };
        watch.tell_rest().await;
        connected?;
        watch.end.take().map_or(Ok(()), Err)
    }

    /// Ends the node, writing what is queued, and tells what comes meanwhile, for as long as
    /// `within` at most. Returns why something was not delivered, if that is known.
    pub(super) async fn leave(self, stop: &mut Stop, within: Duration) -> Option<Failure> {
        let Self { node, mut watch, mut inbox, .. } = self;
        let output = watch.output.clone();
        let leaving = async {
            let ((), (), undelivered) =
                tokio::join!(node.shutdown(), show(&mut inbox, &output), watch.until_closed());
            undelivered
        };
        // What takes longer hangs on somebody who reads nothing more.
        let leaving = tokio::time::timeout(within, leaving);
        stop.unless_hurried(leaving).await.and_then(Result::ok).flatten()
    }
}

/// Prints messages until the node is closed.
pub(super) async fn show(inbox: &mut Messages, output: &Output) {
    loop {
        let slot = output.slot().await;
        let Some(message) = inbox.next().await else { return };
        slot.print(&Event::message(message));
    }
}

impl Watch {
    /// Whether the session goes on when its connection ends.
    pub(super) fn outlives_connections(&self) -> bool {
        self.until == Until::GivenUp
    }

    /// Tells events until the session ends, and why it did.
    pub(super) async fn until_end(&mut self) -> Failure {
        loop {
            if let Some(end) = self.end.take() {
                return end;
            }
            if self.next().await.is_none() {
                return Failure::internal("the events ended before the session");
            }
        }
    }

    /// Tells events until the node is closed; returns why something was not delivered.
    async fn until_closed(&mut self) -> Option<Failure> {
        let mut undelivered = self.lost.take();
        while let Some(kind) = self.next().await {
            let refused = self.end.take().filter(|end| end.code == ErrorCode::StreamRefused);
            undelivered = undelivered.or(refused).or_else(|| unwritten_in(&kind));
        }
        undelivered
    }

    /// Tells what waits to be told.
    async fn tell_rest(&mut self) {
        loop {
            let slot = self.output.slot().await;
            let Some(event) = self.events.drain(1).pop() else { return };
            let end = tell(&event.kind, slot, self.until);
            self.remember(&event.kind, end);
        }
    }

    /// Tells the next event. Cancelling the wait loses nothing.
    async fn next(&mut self) -> Option<EventKind> {
        let slot = self.output.slot().await;
        let kind = self.events.next().await?.kind;
        let end = tell(&kind, slot, self.until);
        self.remember(&kind, end);
        Some(kind)
    }

    /// The first end counts; those of attempts before the session do not.
    fn remember(&mut self, kind: &EventKind, end: Option<Failure>) {
        if matches!(kind, EventKind::PeerEstablished { .. }) {
            self.end = None;
        }
        self.end = self.end.take().or(end);
        if self.outlives_connections() {
            self.lost = self.lost.take().or_else(|| unwritten_in(kind));
        }
    }
}

/// Tells an event; returns why the session ended, if it did. A refusal that ends it is not told
/// here: the error says it.
fn tell(kind: &EventKind, slot: Slot<'_>, until: Until) -> Option<Failure> {
    let end = end_in(kind, until);
    let is_refusal = end.as_ref().is_some_and(|end| end.code == ErrorCode::StreamRefused);
    if !is_refusal && let Some(event) = Event::of_node(kind.clone()) {
        slot.print(&event);
    }
    end
}

fn end_in(kind: &EventKind, until: Until) -> Option<Failure> {
    match kind {
        // Of a session, not of the attempts at another.
        EventKind::PeerDisconnected { session: Some(_), reason, .. }
            if until == Until::GivenUp && !is_final(*reason) =>
        {
            None
        }
        EventKind::PeerDisconnected { peer, reason, .. } => {
            let reason = snake_case(reason).replace('_', " ");
            let message = format!("the session ended: {reason}");
            Some(Failure::new(ErrorCode::ConnectionLost, message).at_peer(*peer))
        }
        EventKind::Warning { code: ErrorCode::StreamRefused, peer, stream, detail }
            if until == Until::Refused =>
        {
            let refused = Failure::new(ErrorCode::StreamRefused, detail);
            Some(Failure { peer: *peer, stream: stream.clone(), ..refused })
        }
        _ => None,
    }
}

/// Whether a session that ended so is not brought back.
fn is_final(reason: DisconnectReason) -> bool {
    use DisconnectReason as Reason;
    matches!(reason, Reason::Requested | Reason::Shutdown | Reason::Banned)
}

/// The messages that a session left behind.
fn unwritten_in(kind: &EventKind) -> Option<Failure> {
    let EventKind::PeerDisconnected { peer, unwritten, .. } = kind else { return None };
    let lost = unwritten.first()?;
    let messages: u64 = unwritten.iter().map(|stream| stream.messages).sum();
    let message = format!("the session ended before {messages} messages had left");
    let failure = Failure::new(ErrorCode::ConnectionLost, message);
    Some(failure.at_peer(*peer).at_stream(lost.stream.clone()))
}

/// Whom to dial, and where.
pub(super) struct Peer {
    id: PeerId,
    address: Address,
}

impl Peer {
    pub(super) fn parse(text: &str) -> Result<Self, Failure> {
        let alone = text.parse::<PeerId>().map(Address::from);
        let address: Address = alone.or_else(|_| text.parse())?;
        let id = address.peer().ok_or_else(|| {
            let message = format!("address {address} lacks /p2p/PEER-ID at its end");
            Failure::new(ErrorCode::InvalidAddress, message)
        })?;
        Ok(Self { id, address })
    }
}

/// What the node itself takes at most: 5 s to write what is queued, 11 s for all that has to end.
pub(super) const LEAVE_BOUND: Duration = Duration::from_secs(16);
