//! A peer that proves who it is, and then does with bare streams what no peer of libp2p would.

use std::pin::Pin;
use std::task::Poll;

use futures::{AsyncReadExt, AsyncWriteExt};
use glueberry_core::{Node, PeerId};
use libp2p::core::Endpoint;
use libp2p::core::muxing::{StreamMuxerBox, StreamMuxerExt, SubstreamBox};
use libp2p::core::transport::{Boxed, DialOpts, PortUse, Transport};
use libp2p::core::upgrade::Version;
use libp2p::identity::Keypair;
use libp2p::{Multiaddr, noise, quic, tcp, yamux};
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;

use crate::raw::frame;
use crate::wait::{established, within};

/// An authenticated connection whose streams negotiate nothing by themselves.
pub struct BareMuxer {
    peer: PeerId,
    wishes: mpsc::Sender<oneshot::Sender<SubstreamBox>>,
    driver: JoinHandle<()>,
}

impl BareMuxer {
    /// Connects to a node with this key. `None` when the node does not let it in.
    ///
    /// # Panics
    /// When the node's address is none.
    pub async fn dial(node: &Node, key: &Keypair) -> Option<Self> {
        let address = node.listen_addresses()[0].to_string();
        let address: Multiaddr = address.parse().expect("a node's own address");
        let over_quic = address.to_string().contains("quic");
        let mut transport = if over_quic { over_quic_with(key) } else { over_tcp_with(key) };
        let options = DialOpts { role: Endpoint::Dialer, port_use: PortUse::New };
        let dial = transport.dial(address, options).expect("an address that can be dialed");
        let (_, muxer) = within("the dial", dial).await.ok()?;
        let peer = key.public().to_peer_id().to_string().parse().expect("an Ed25519 key");
        let (wishes, todo) = mpsc::channel(1);
        // QUIC's endpoint lives as long as its transport.
        let driver = tokio::spawn(async move {
            drive(muxer, todo).await;
            drop(transport);
        });
        Some(Self { peer, wishes, driver })
    }

    /// Who it is.
    #[must_use]
    pub fn peer_id(&self) -> PeerId {
        self.peer
    }

    /// Opens a stream and says one byte on it, so that the node sees it; `None` when the connection
    /// has ended.
    pub async fn open_silent(&self) -> Option<SubstreamBox> {
        let mut stream = self.open().await?;
        stream.write_all(&[19]).await.ok()?;
        stream.flush().await.ok()?;
        Some(stream)
    }

    /// Opens a stream and agrees on a protocol.
    ///
    /// # Panics
    /// When the node does not agree.
    pub async fn open_named(&self, protocol: &str) -> SubstreamBox {
        self.offer_named(protocol).await.expect("the connection stands, and the node agrees")
    }

    /// Opens a stream and agrees on a protocol; `None` when the connection has ended, or the node
    /// ends the stream.
    ///
    /// # Panics
    /// When the node answers with something else.
    pub async fn offer_named(&self, protocol: &str) -> Option<SubstreamBox> {
        let mut stream = self.open().await?;
        let proposal = [line("/multistream/1.0.0"), line(protocol)].concat();
        stream.write_all(&proposal).await.ok()?;
        stream.flush().await.ok()?;
        let mut answer = vec![0; proposal.len()];
        within("the answer", stream.read_exact(&mut answer)).await.ok()?;
        assert_eq!(answer, proposal, "the node speaks {protocol}");
        Some(stream)
    }

    /// Shakes hands with the node as a dialer does.
    ///
    /// # Panics
    /// When the node does not take it.
    pub async fn shake_hands(&self, node: &Node) {
        let hands = self.open_hands().await;
        self.shake_hands_on(hands, node).await;
    }

    /// Opens the stream on which hands are shaken.
    ///
    /// # Panics
    /// When the node does not take it.
    pub async fn open_hands(&self) -> SubstreamBox {
        self.open_named("/glueberry/stream/handshake/1.0.0").await
    }

    /// Shakes hands on the stream that was opened for it.
    ///
    /// # Panics
    /// When the node does not take it.
    pub async fn shake_hands_on(&self, mut hands: SubstreamBox, node: &Node) {
        let key = [&[2][..], self.peer.public_key()].concat();
        let said = [frame(&[1]), frame(&key), frame(&[3])].concat();
        hands.write_all(&said).await.expect("the node reads");
        hands.flush().await.expect("the node reads");
        established(node, self.peer).await;
    }

    /// Opens a stream and proposes what no node speaks, which is answered when the stream is served.
    ///
    /// # Panics
    /// When the node does not answer.
    pub async fn open_refused(&self) -> SubstreamBox {
        let mut stream = self.open().await.expect("the connection stands");
        let proposal = [line("/multistream/1.0.0"), line("/nothing/1.0.0")].concat();
        stream.write_all(&proposal).await.expect("the node reads");
        stream.flush().await.expect("the node reads");
        let refusal = [line("/multistream/1.0.0"), line("na")].concat();
        let mut answer = vec![0; refusal.len()];
        within("the answer", stream.read_exact(&mut answer)).await.expect("the node answers");
        assert_eq!(answer, refusal);
        stream
    }

    /// Waits until the node has ended the connection.
    ///
    /// # Panics
    /// After [`crate::wait::PATIENCE`].
    pub async fn ended(&mut self) {
        within("the end of the connection", &mut self.driver).await.expect("it does not panic");
    }

    async fn open(&self) -> Option<SubstreamBox> {
        let (wish, opened) = oneshot::channel();
        self.wishes.send(wish).await.ok()?;
        within("a stream", opened).await.ok()
    }
}

impl Drop for BareMuxer {
    fn drop(&mut self) {
        self.driver.abort();
    }
}

async fn drive(
    mut muxer: StreamMuxerBox,
    mut wishes: mpsc::Receiver<oneshot::Sender<SubstreamBox>>,
) {
    let mut wish = None;
    std::future::poll_fn(|context| {
        loop {
            if Pin::new(&mut muxer).poll_unpin(context).is_ready() {
                return Poll::Ready(());
            }
            match muxer.poll_inbound_unpin(context) {
                Poll::Ready(Ok(inbound)) => drop(inbound),
                Poll::Ready(Err(_)) => return Poll::Ready(()),
                Poll::Pending => {}
            }
            if wish.is_none() {
                match wishes.poll_recv(context) {
                    Poll::Ready(next) => wish = next,
                    Poll::Pending => return Poll::Pending,
                }
            }
            match muxer.poll_outbound_unpin(context) {
                Poll::Ready(Ok(stream)) => {
                    // A test that does not wait any more resets the stream.
                    drop(wish.take().map(|wish: oneshot::Sender<_>| wish.send(stream)));
                }
                Poll::Ready(Err(_)) => return Poll::Ready(()),
                Poll::Pending => return Poll::Pending,
            }
        }
    })
    .await;
}

type Connections = Boxed<(libp2p::PeerId, StreamMuxerBox)>;

fn over_tcp_with(key: &Keypair) -> Connections {
    tcp::tokio::Transport::new(tcp::Config::new().nodelay(true))
        .upgrade(Version::V1Lazy)
        .authenticate(noise::Config::new(key).expect("a key"))
        .multiplex(yamux::Config::default())
        .boxed()
}

fn over_quic_with(key: &Keypair) -> Connections {
    quic::tokio::Transport::new(quic::Config::new(key))
        .map(|(peer, muxer), _| (peer, StreamMuxerBox::new(muxer)))
        .boxed()
}

fn line(text: &str) -> Vec<u8> {
    let len = u8::try_from(text.len() + 1).expect("a short line");
    [&[len], text.as_bytes(), b"\n"].concat()
}
