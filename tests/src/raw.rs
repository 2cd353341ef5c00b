//! A peer that speaks libp2p and whatever bytes a test wants above it.

use futures::{AsyncReadExt, AsyncWriteExt, StreamExt};
use glueberry_core::{Address, EventFilter, EventKind, Node, PeerId};
use libp2p::identity::Keypair;
use libp2p::swarm::SwarmEvent;
use libp2p::{Multiaddr, StreamProtocol, Swarm, SwarmBuilder, noise, tcp, yamux};
use tokio::task::JoinHandle;

use crate::wait;

/// A libp2p peer without any rules, connected to a node.
pub struct RawPeer {
    peer: PeerId,
    node: libp2p::PeerId,
    control: libp2p_stream::Control,
    swarm: JoinHandle<()>,
}

impl RawPeer {
    /// Connects to a node, and does nothing more.
    ///
    /// # Panics
    /// When the node cannot be reached.
    pub async fn dial(node: &Node) -> Self {
        Self::dial_at(&node.listen_addresses()[0]).await
    }

    /// Connects to whoever is at an address.
    ///
    /// # Panics
    /// When nobody can be reached there.
    pub async fn dial_at(address: &Address) -> Self {
        Self::reach(address, Keypair::generate_ed25519()).await
    }

    /// Connects to a node under an identity of its own choice.
    ///
    /// # Panics
    /// When the node cannot be reached.
    pub async fn dial_as(node: &Node, identity: Keypair) -> Self {
        Self::reach(&node.listen_addresses()[0], identity).await
    }

    async fn reach(address: &Address, identity: Keypair) -> Self {
        let mut swarm: Swarm<libp2p_stream::Behaviour> =
            SwarmBuilder::with_existing_identity(identity)
                .with_tokio()
                .with_tcp(tcp::Config::default(), noise::Config::new, yamux::Config::default)
                .expect("a TCP transport")
                .with_quic()
                .with_behaviour(|_| libp2p_stream::Behaviour::new())
                .expect("a behaviour")
                .build();
        let address: Multiaddr = address.to_string().parse().expect("it is an address");
        swarm.dial(address).expect("a dial");
        let node = loop {
            match swarm.select_next_some().await {
                SwarmEvent::ConnectionEstablished { peer_id, .. } => break peer_id,
                SwarmEvent::OutgoingConnectionError { error, .. } => panic!("{error}"),
                _ => {}
            }
        };
        let peer = swarm.local_peer_id().to_string().parse().expect("an Ed25519 peer id");
        let control = swarm.behaviour().new_control();
        let swarm = tokio::spawn(async move { while swarm.next().await.is_some() {} });
        Self { peer, node, control, swarm }
    }

    /// Shakes hands with the node that it is connected to.
    ///
    /// # Panics
    /// When the node does not take it.
    pub async fn shake_hands(&mut self, node: &Node) {
        let mut events = node.events(EventFilter::peer(self.peer));
        let mut own_key = vec![2];
        own_key.extend_from_slice(self.peer.public_key());
        let mut hands = self.open("/glueberry/stream/handshake/1.0.0").await;
        hands.write(&[frame(&[1]), frame(&own_key), frame(&[3])].concat()).await;
        let established = |kind: &EventKind| matches!(kind, EventKind::PeerEstablished { .. });
        wait::event(&mut events, "PeerEstablished", established).await;
    }

    /// Takes the streams that the node opens.
    ///
    /// # Panics
    /// When it takes those already.
    pub fn accept(&mut self, protocol: &'static str) -> RawStreams {
        let streams = self.control.accept(StreamProtocol::new(protocol));
        RawStreams { streams: streams.expect("nobody else takes them") }
    }

    /// Who it is.
    #[must_use]
    pub fn peer_id(&self) -> PeerId {
        self.peer
    }

    /// Opens a stream.
    ///
    /// # Panics
    /// When the node refuses it.
    pub async fn open(&mut self, protocol: &'static str) -> RawStream {
        let protocol = StreamProtocol::new(protocol);
        let stream = self.control.open_stream(self.node, protocol).await;
        RawStream { stream: stream.expect("the node refuses the stream") }
    }

    /// Accepts streams of this protocol from now on, keeps them open, and never says a word.
    ///
    /// # Panics
    /// When the protocol is accepted already.
    pub fn accept_in_silence(&mut self, protocol: &'static str) {
        let accepted = self.control.accept(StreamProtocol::new(protocol));
        let mut streams = accepted.expect("it is accepted once");
        tokio::spawn(async move {
            let mut kept = Vec::new();
            while let Some(stream) = streams.next().await {
                kept.push(stream);
            }
        });
    }
}

impl Drop for RawPeer {
    fn drop(&mut self) {
        self.swarm.abort();
    }
}

/// The streams of one name that the node opens.
pub struct RawStreams {
    streams: libp2p_stream::IncomingStreams,
}

impl RawStreams {
    /// The next one.
    ///
    /// # Panics
    /// When none comes.
    pub async fn next(&mut self) -> RawStream {
        let stream = wait::within("a stream of the node's", self.streams.next()).await;
        RawStream { stream: stream.expect("the peer lives").1 }
    }
}

/// A frame of wire v1 around a few bytes.
///
/// # Panics
/// Above 125 bytes.
#[must_use]
pub fn frame(data: &[u8]) -> Vec<u8> {
    assert!(data.len() < 126, "one-byte lengths only");
    let len = u8::try_from(data.len()).expect("it is less than 126");
    [&[len + 1, len], data].concat()
}

/// A stream without any rules. Dropping it resets it, so hold it while the test needs it.
pub struct RawStream {
    stream: libp2p::Stream,
}

impl RawStream {
    /// Writes these bytes, as they are.
    ///
    /// # Panics
    /// When the node does not take them.
    pub async fn write(&mut self, bytes: &[u8]) {
        self.stream.write_all(bytes).await.expect("the node takes bytes");
        self.stream.flush().await.expect("the node takes bytes");
    }

    /// Writes these bytes unless the node has reset the stream.
    pub async fn offer(&mut self, bytes: &[u8]) -> bool {
        self.stream.write_all(bytes).await.is_ok() && self.stream.flush().await.is_ok()
    }

    /// Ends the stream as a peer does that has nothing more to say.
    ///
    /// # Panics
    /// When the node does not take it.
    pub async fn close(&mut self) {
        self.stream.close().await.expect("the node takes the end");
    }

    /// Reads this many bytes; none when the stream ends before.
    pub async fn try_read(&mut self, count: usize) -> Option<Vec<u8>> {
        let mut bytes = vec![0; count];
        self.stream.read_exact(&mut bytes).await.ok()?;
        Some(bytes)
    }

    /// Reads exactly this many bytes.
    ///
    /// # Panics
    /// When the stream ends before.
    pub async fn read(&mut self, count: usize) -> Vec<u8> {
        let mut bytes = vec![0; count];
        self.stream.read_exact(&mut bytes).await.expect("the node sends bytes");
        bytes
    }

    /// Reads until the node ends the stream, and says how much that was.
    ///
    /// # Panics
    /// When the stream breaks before.
    pub async fn read_to_end(&mut self) -> usize {
        let (mut buffer, mut total) = (vec![0; 64 * 1024], 0);
        loop {
            match self.stream.read(&mut buffer).await.expect("the node ends the stream well") {
                0 => return total,
                count => total += count,
            }
        }
    }
}
