//! A peer that speaks libp2p and whatever bytes a test wants above it.

use futures::{AsyncReadExt, AsyncWriteExt, StreamExt};
use glueberry_core::{Node, PeerId};
use libp2p::swarm::SwarmEvent;
use libp2p::{Multiaddr, StreamProtocol, Swarm, SwarmBuilder, noise, tcp, yamux};
use tokio::task::JoinHandle;

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
        let mut swarm: Swarm<libp2p_stream::Behaviour> = SwarmBuilder::with_new_identity()
            .with_tokio()
            .with_tcp(tcp::Config::default(), noise::Config::new, yamux::Config::default)
            .expect("a TCP transport")
            .with_behaviour(|_| libp2p_stream::Behaviour::new())
            .expect("a behaviour")
            .build();
        let address: Multiaddr =
            node.listen_addresses()[0].to_string().parse().expect("a node's own address");
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
}
