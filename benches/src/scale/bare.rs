//! Swarms of rust-libp2p, each with one stream to the hub.

use std::sync::Arc;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering::Relaxed;

use futures::{AsyncReadExt, AsyncWriteExt, StreamExt};
use libp2p::swarm::SwarmEvent;
use libp2p::{Multiaddr, PeerId, Stream, Swarm};
use libp2p_stream::{Behaviour, Control, IncomingStreams};
use tokio::sync::Mutex;
use tokio::task::JoinSet;

use super::crowd::Leaf;
use super::script::{self, Lane};
use crate::numbered::{Numbered, Receipt};
use crate::subject::Subject;
use crate::subject::bare::{self, PROTOCOL};

pub(super) struct Hub {
    address: String,
    arriving: IncomingStreams,
    connections: Arc<AtomicUsize>,
    _swarm: JoinSet<()>,
}

impl script::Hub for Hub {
    type Leaf = Spoke;
    type Lane = Path;

    async fn start(_: Subject) -> Self {
        let (swarm, address) = bare::listening().await;
        let address = format!("{address}/p2p/{}", swarm.local_peer_id());
        let mut control = swarm.behaviour().new_control();
        let arriving = control.accept(PROTOCOL).expect("nobody else accepts");
        let connections = Arc::default();
        let mut driving = JoinSet::new();
        driving.spawn(drive(swarm, Arc::clone(&connections)));
        Self { address, arriving, connections, _swarm: driving }
    }

    fn address(&self) -> String {
        self.address.clone()
    }

    fn peers(&self) -> usize {
        self.connections.load(Relaxed)
    }

    async fn answer(&mut self, peers: u32) -> Vec<Path> {
        let mut paths = Vec::new();
        for _ in 0..peers {
            let (_, mut stream) = self.arriving.next().await.expect("the stream arrives");
            hear(&mut stream).await;
            say(&mut stream).await;
            paths.push(Path(Arc::new(Mutex::new(stream))));
        }
        paths
    }
}

async fn drive(mut swarm: Swarm<Behaviour>, connections: Arc<AtomicUsize>) {
    while let Some(event) = swarm.next().await {
        if let SwarmEvent::ConnectionEstablished { .. } = event {
            connections.fetch_add(1, Relaxed);
        }
    }
}

#[derive(Clone)]
pub(super) struct Path(Arc<Mutex<Stream>>);

impl Lane for Path {
    async fn send(&self, messages: Numbered) -> u64 {
        bare::send(self.0.clone().lock_owned().await, messages).await
    }
}

/// A leaf, with its stream once it has spoken.
pub(super) struct Spoke {
    /// Until it is connected.
    swarm: Option<Swarm<Behaviour>>,
    control: Control,
    hub: Option<PeerId>,
    stream: Option<Arc<Mutex<Stream>>>,
    driving: JoinSet<()>,
}

impl Leaf for Spoke {
    async fn start(_: Subject) -> Self {
        let swarm = bare::swarm();
        let control = swarm.behaviour().new_control();
        let driving = JoinSet::new();
        Self { swarm: Some(swarm), control, hub: None, stream: None, driving }
    }

    async fn connect(&mut self, hub: &str) {
        let address: Multiaddr = hub.parse().expect("an address");
        let mut swarm = self.swarm.take().expect("it connects once");
        bare::connected(&mut swarm, &address).await;
        self.hub = swarm.connected_peers().next().copied();
        self.driving.spawn(bare::drive(swarm));
    }

    async fn greet(&mut self) {
        let hub = self.hub.expect("it is connected first");
        let stream = self.control.open_stream(hub, PROTOCOL).await;
        let mut stream = stream.expect("the stream is accepted");
        say(&mut stream).await;
        hear(&mut stream).await;
        self.stream = Some(Arc::new(Mutex::new(stream)));
    }

    async fn receive(&mut self, receipt: Receipt) -> u64 {
        let stream = self.stream.as_ref().expect("it has spoken before").clone();
        bare::receive(stream.lock_owned().await, receipt).await
    }
}

async fn say(stream: &mut Stream) {
    stream.write_all(HELLO).await.expect("the stream stands");
    stream.flush().await.expect("the stream stands");
}

async fn hear(stream: &mut Stream) {
    let mut heard = [0; HELLO.len()];
    stream.read_exact(&mut heard).await.expect("the stream stands");
}

const HELLO: &[u8] = b"hello";
