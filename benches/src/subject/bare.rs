//! A stream of rust-libp2p and nothing above it: what could be had at best with this library, and
//! without encryption of our own.
//!
//! Messages are packed by hand: each with its length before it, 64 KiB to a write.

use std::sync::Arc;
use std::time::{Duration, Instant};

use futures::{AsyncReadExt, AsyncWriteExt, StreamExt};
use hdrhistogram::Histogram;
use libp2p::swarm::SwarmEvent;
use libp2p::{Multiaddr, Stream, StreamProtocol, Swarm, SwarmBuilder, noise, tcp, yamux};
use libp2p_stream::Behaviour;
use tokio::sync::{Mutex, OwnedMutexGuard};
use tokio::task::JoinSet;

use crate::dial;
use crate::flow::Flow;
use crate::numbered::{Numbered, Receipt};
use crate::ping_pong::{self, End};

/// Two swarms with one stream between them.
pub(crate) struct Pair {
    near: Arc<Mutex<Stream>>,
    far: Arc<Mutex<Stream>>,
    _swarms: JoinSet<()>,
}

impl Pair {
    pub(super) async fn connect() -> Self {
        let (far, address) = listening().await;
        let (far_id, mut control) = (*far.local_peer_id(), far.behaviour().new_control());
        let mut arriving = control.accept(PROTOCOL).expect("nobody else accepts");
        let mut near = swarm();
        let mut swarms = JoinSet::new();
        swarms.spawn(drive(far));
        connected(&mut near, &address).await;
        let mut control = near.behaviour().new_control();
        swarms.spawn(drive(near));
        let near = control.open_stream(far_id, PROTOCOL).await.expect("the stream is accepted");
        let (_, far) = arriving.next().await.expect("the stream arrives");
        let [near, far] = [near, far].map(|stream| Arc::new(Mutex::new(stream)));
        Self { near, far, _swarms: swarms }
    }

    pub(super) async fn one_way(&self, payload: u32, time: Duration) -> Flow {
        let near = self.near.clone().lock_owned().await;
        let far = self.far.clone().lock_owned().await;
        let began = Instant::now();
        let receiving = tokio::spawn(receive(far, Receipt::new(payload)));
        let sending = tokio::spawn(send(near, Numbered::new(payload, time)));
        let (messages, sent) = tokio::try_join!(receiving, sending).expect("all goes well");
        assert_eq!(messages, sent, "messages were lost");
        Flow { messages, lost: 0, elapsed: began.elapsed() }
    }

    pub(super) async fn ping_pong(&self, time: Duration) -> Histogram<u64> {
        let near = Seat(self.near.clone().lock_owned().await);
        let far = Seat(self.far.clone().lock_owned().await);
        ping_pong::between(near, far, time).await
    }
}

pub(crate) async fn send(mut stream: OwnedMutexGuard<Stream>, mut numbered: Numbered) -> u64 {
    let mut packed = Vec::new();
    while let Some(message) = numbered.next_message() {
        let length = u32::try_from(message.len()).expect("messages are far below 4 GiB");
        packed.extend_from_slice(&length.to_be_bytes());
        packed.extend_from_slice(message);
        if packed.len() >= PACKED {
            stream.write_all(&packed).await.expect("the stream stands");
            packed.clear();
        }
    }
    stream.write_all(&packed).await.expect("the stream stands");
    stream.flush().await.expect("the stream stands");
    numbered.count()
}

pub(crate) async fn receive(mut stream: OwnedMutexGuard<Stream>, mut receipt: Receipt) -> u64 {
    let mut buffer = vec![0; 2 * (PACKED + LENGTH)];
    let mut filled = 0;
    while !receipt.is_complete() {
        let count = stream.read(&mut buffer[filled..]).await.expect("the stream stands");
        assert_ne!(count, 0, "the stream ended");
        filled += count;
        let taken = take_all(&buffer[..filled], &mut receipt);
        buffer.copy_within(taken..filled, 0);
        filled -= taken;
    }
    receipt.count()
}

/// Takes all whole messages, and says how many bytes they had.
fn take_all(bytes: &[u8], receipt: &mut Receipt) -> usize {
    let mut rest = bytes;
    while let Some((length, after)) = rest.split_first_chunk::<LENGTH>() {
        let Some((message, after)) = after.split_at_checked(u32::from_be_bytes(*length) as usize)
        else {
            break;
        };
        receipt.take(message);
        rest = after;
    }
    bytes.len() - rest.len()
}

/// One end of the stream, as a player of ping-pong.
struct Seat(OwnedMutexGuard<Stream>);

impl End for Seat {
    async fn send(&mut self, message: &[u8]) {
        self.0.write_all(message).await.expect("the stream stands");
        self.0.flush().await.expect("the stream stands");
    }

    async fn receive(&mut self, message: &mut [u8]) {
        self.0.read_exact(message).await.expect("the stream stands");
    }
}

/// Until libp2p says that the connection stands.
pub(super) async fn dial(dials: usize) -> Histogram<u64> {
    let (far, address) = listening().await;
    let mut swarms = JoinSet::new();
    swarms.spawn(drive(far));
    let mut times = dial::times();
    for _ in 0..dials {
        let mut near = swarm();
        let began = Instant::now();
        connected(&mut near, &address).await;
        times.saturating_record(dial::nanoseconds(began.elapsed()));
    }
    times
}

pub(crate) fn swarm() -> Swarm<Behaviour> {
    SwarmBuilder::with_new_identity()
        .with_tokio()
        .with_tcp(tcp::Config::new().nodelay(true), noise::Config::new, yamux::Config::default)
        .expect("a TCP transport")
        .with_behaviour(|_| Behaviour::new())
        .expect("a behaviour")
        .with_swarm_config(|config| config.with_idle_connection_timeout(FOR_EVER))
        .build()
}

pub(crate) async fn listening() -> (Swarm<Behaviour>, Multiaddr) {
    let mut swarm = swarm();
    let place = "/ip4/127.0.0.1/tcp/0".parse().expect("an address");
    swarm.listen_on(place).expect("a free port");
    loop {
        if let SwarmEvent::NewListenAddr { address, .. } = swarm.select_next_some().await {
            return (swarm, address);
        }
    }
}

pub(crate) async fn connected(swarm: &mut Swarm<Behaviour>, address: &Multiaddr) {
    swarm.dial(address.clone()).expect("a dial begins");
    loop {
        match swarm.select_next_some().await {
            SwarmEvent::ConnectionEstablished { .. } => return,
            SwarmEvent::OutgoingConnectionError { error, .. } => panic!("{error}"),
            _ => {}
        }
    }
}

pub(crate) async fn drive(mut swarm: Swarm<Behaviour>) {
    while swarm.next().await.is_some() {}
}

pub(crate) const PROTOCOL: StreamProtocol = StreamProtocol::new("/glueberry-benches/1");
/// What one write holds, when it is full: more gains nothing.
const PACKED: usize = 64 * 1024;
/// Bytes of a length.
const LENGTH: usize = size_of::<u32>();
/// No connection is idle for so long.
const FOR_EVER: Duration = Duration::from_hours(1);
