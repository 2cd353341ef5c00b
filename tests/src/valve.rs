//! A way between two nodes that can be shut: nothing passes, and nothing ends.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use glueberry_core::{Address, Node};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;

/// A forwarder of TCP connections to one node. Dropping it cuts them.
pub struct Valve {
    address: Address,
    open: Arc<watch::Sender<bool>>,
    _forwarding: JoinSet<()>,
}

impl Valve {
    /// Stands before a node that listens at a TCP address of this machine.
    ///
    /// # Panics
    /// When the node listens nowhere else.
    pub async fn before(node: &Node) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let port = listener.local_addr().expect("it is bound").port();
        let address = format!("/ip4/127.0.0.1/tcp/{port}/p2p/{}", node.peer_id());
        let open = Arc::new(watch::Sender::new(true));
        let mut forwarding = JoinSet::new();
        forwarding.spawn(forward_all(listener, tcp_address(node), open.clone()));
        let address = address.parse().expect("an address");
        Self { address, open, _forwarding: forwarding }
    }

    /// What to dial instead of the node's own address.
    #[must_use]
    pub fn address(&self) -> &Address {
        &self.address
    }

    /// From now on nothing passes, either way, and nobody is told.
    pub fn shut(&self) {
        self.open.send_replace(false);
    }
}

fn tcp_address(node: &Node) -> SocketAddr {
    let address = node.listen_addresses().first().expect("the node listens").to_string();
    let parts: Vec<&str> = address.split('/').collect();
    format!("{}:{}", parts[2], parts[4]).parse().expect("an address over TCP")
}

async fn forward_all(listener: TcpListener, to: SocketAddr, open: Arc<watch::Sender<bool>>) {
    let mut connections = JoinSet::new();
    while let Ok((near, _)) = listener.accept().await {
        let open = open.clone();
        connections.spawn(async move {
            let Ok(far) = TcpStream::connect(to).await else { return };
            let ((near_in, near_out), (far_in, far_out)) = (near.into_split(), far.into_split());
            let ways = (pass(near_in, far_out, &open), pass(far_in, near_out, &open));
            // Whichever end comes first ends both.
            drop(tokio::select! { end = ways.0 => end, end = ways.1 => end });
        });
    }
}

async fn pass(
    mut from: impl AsyncRead + Unpin,
    mut to: impl AsyncWrite + Unpin,
    open: &watch::Sender<bool>,
) -> io::Result<()> {
    let (mut buffer, mut gate) = (vec![0; 64 * 1024], open.subscribe());
    loop {
        gate.wait_for(|open| *open).await.map_err(io::Error::other)?;
        let count = from.read(&mut buffer).await?;
        gate.wait_for(|open| *open).await.map_err(io::Error::other)?;
        if count == 0 {
            return Ok(());
        }
        to.write_all(&buffer[..count]).await?;
    }
}
