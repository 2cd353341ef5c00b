//! Waiting with a deadline. Nothing here sleeps and hopes: a test waits for what it wants to see.

use std::time::{Duration, Instant};

use glueberry_core::{
    DisconnectReason, Event, EventFilter, EventKind, EventName, Events, Message, Messages, Node,
    PeerId,
};

/// How long anything that must happen may take. Generous: two cores may be compiling meanwhile.
pub const PATIENCE: Duration = Duration::from_secs(45);

/// The outcome of `work`.
///
/// # Panics
/// After [`PATIENCE`], naming `what`.
pub async fn within<T>(what: &str, work: impl Future<Output = T>) -> T {
    let outcome = tokio::time::timeout(PATIENCE, work).await;
    outcome.unwrap_or_else(|_| panic!("{what}: nothing after {PATIENCE:?}"))
}

/// Asks again and again until `found` gives something: for what has no event of its own.
///
/// # Panics
/// After [`PATIENCE`], naming `what`.
pub async fn until<T>(what: &str, mut found: impl AsyncFnMut() -> Option<T>) -> T {
    let asking = async {
        loop {
            if let Some(thing) = found().await {
                return thing;
            }
            tokio::time::sleep(BETWEEN_QUESTIONS).await;
        }
    };
    within(what, asking).await
}

/// Waits for the first event that fits, and drops those before it.
///
/// # Panics
/// After [`PATIENCE`], naming `what` and the events that came instead.
pub async fn event(events: &mut Events, what: &str, fits: impl Fn(&EventKind) -> bool) -> Event {
    let mut others = Vec::new();
    let waiting = async {
        loop {
            match events.next().await {
                None => return None,
                Some(event) if fits(&event.kind) => return Some(event),
                Some(event) => others.push(event.kind),
            }
        }
    };
    match tokio::time::timeout(PATIENCE, waiting).await {
        Ok(Some(event)) => event,
        outcome => panic!("{what}: {outcome:?} within {PATIENCE:?}; instead: {others:#?}"),
    }
}

/// Waits for the first event of this name, and drops those before it.
///
/// # Panics
/// As [`event`].
pub async fn saw(events: &mut Events, name: EventName) -> EventKind {
    event(events, name.as_str(), |kind| kind.name() == name).await.kind
}

/// Waits until `peer` is established, whether it is so already or not.
///
/// # Panics
/// As [`event`].
pub async fn established(node: &Node, peer: PeerId) {
    let mut events = node.events(EventFilter::peer(peer));
    if node.connection_state(&peer) != glueberry_core::State::Established {
        let fits = |kind: &EventKind| matches!(kind, EventKind::PeerEstablished { .. });
        event(&mut events, "PeerEstablished", fits).await;
    }
}

/// Waits for the end of the session with a peer, or of the attempt at one, and says why it ended.
///
/// # Panics
/// As [`event`].
pub async fn disconnected(events: &mut Events) -> DisconnectReason {
    let fits = |kind: &EventKind| matches!(kind, EventKind::PeerDisconnected { .. });
    match event(events, "PeerDisconnected", fits).await.kind {
        EventKind::PeerDisconnected { reason, .. } => reason,
        other => unreachable!("{other:?} does not fit"),
    }
}

/// The next message.
///
/// # Panics
/// After [`PATIENCE`], or when the node has ended.
pub async fn message(inbox: &mut Messages, what: &str) -> Message {
    within(what, inbox.next()).await.unwrap_or_else(|| panic!("{what}: the node ended"))
}

/// Says when something has stopped moving: for what is full at an unknown point.
pub struct Standstill<T> {
    lasting: Duration,
    last: Option<T>,
    since: Instant,
    looks: u32,
}

impl<T: PartialEq> Standstill<T> {
    /// Nothing was seen yet; what does not move for so long stands still.
    #[must_use]
    pub fn lasting(lasting: Duration) -> Self {
        Self { lasting, last: None, since: Instant::now(), looks: 0 }
    }

    /// True once `place` has been the same for long enough, and in many looks: where one look comes
    /// late because the machine is busy, what is looked at had no time either.
    pub fn at(&mut self, place: T) -> bool {
        if self.last.as_ref() != Some(&place) {
            *self = Self { last: Some(place), ..Self::lasting(self.lasting) };
        }
        self.looks += 1;
        self.looks > STILL_LOOKS && self.since.elapsed() > self.lasting
    }
}

/// Short against what is waited for, long against what asking costs.
const BETWEEN_QUESTIONS: Duration = Duration::from_millis(5);
const STILL_LOOKS: u32 = 60;
