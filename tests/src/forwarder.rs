//! A network path that a test can freeze, thaw and cut.
//!
//! A node's clients dial the forwarder's address instead of the node's. Frozen, it carries nothing
//! and closes nothing: as if the host behind it had vanished.

use std::collections::HashMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};

use glueberry_core::Address;
use libp2p::Multiaddr;
use libp2p::multiaddr::Protocol;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream, UdpSocket};
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// Forwards TCP connections, or QUIC's datagrams, between its own port on loopback and a node's.
/// Stops when it is dropped, which closes what goes through it.
pub struct Forwarder {
    address: Address,
    path: watch::Sender<Path>,
    accepting: JoinHandle<()>,
}

/// What becomes of bytes now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Path {
    frozen: bool,
    /// How often it was cut: what is older than the last cut has ended.
    cuts: u64,
}

type Watched = watch::Receiver<Path>;

impl Forwarder {
    /// To a node's address over TCP.
    ///
    /// # Panics
    /// If it is not such an address, or no port is free.
    pub async fn tcp(target: &Address) -> Self {
        let (to, _) = place(target);
        let listener = TcpListener::bind(LOOPBACK).await.expect("a free port");
        let here = listener.local_addr().expect("it is bound");
        Self::start(target, here, |path| accept_connections(listener, to, path))
    }

    /// To a node's address over QUIC.
    ///
    /// # Panics
    /// If it is not such an address, or no port is free.
    pub async fn udp(target: &Address) -> Self {
        let (to, _) = place(target);
        let socket = UdpSocket::bind(LOOPBACK).await.expect("a free port");
        let here = socket.local_addr().expect("it is bound");
        Self::start(target, here, |path| accept_datagrams(socket, to, path))
    }

    /// To a node's address, over whatever it is.
    ///
    /// # Panics
    /// If it is neither over TCP nor QUIC, or no port is free.
    pub async fn to(target: &Address) -> Self {
        if place(target).1 { Self::udp(target).await } else { Self::tcp(target).await }
    }

    /// Where to dial instead of the target, whose peer id is at its end.
    #[must_use]
    pub fn address(&self) -> Address {
        self.address.clone()
    }

    /// Carries nothing from now on, in either direction, and closes nothing. Over TCP, what was
    /// accepted waits; the systems at both ends still acknowledge until their buffers are full.
    /// Datagrams are lost.
    pub fn freeze(&self) {
        self.path.send_modify(|path| path.frozen = true);
    }

    /// Carries on.
    pub fn thaw(&self) {
        self.path.send_modify(|path| path.frozen = false);
    }

    /// Ends everything that goes through: both ends of a TCP connection see it closed, and the
    /// datagrams of a QUIC connection are lost for good. New connections pass, unless it is frozen.
    pub fn cut(&self) {
        self.path.send_modify(|path| path.cuts += 1);
    }

    fn start<F>(target: &Address, here: SocketAddr, accepting: impl FnOnce(Watched) -> F) -> Self
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let (path, watched) = watch::channel(Path { frozen: false, cuts: 0 });
        let accepting = tokio::spawn(accepting(watched));
        Self { address: moved(target, here.port()), path, accepting }
    }
}

impl Drop for Forwarder {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

async fn accept_connections(listener: TcpListener, to: SocketAddr, mut path: Watched) {
    while flowing(&mut path).await {
        let Ok((near, _)) = listener.accept().await else { return };
        tokio::spawn(until_cut(path.clone(), forward(near, to, path.clone())));
    }
}

async fn forward(near: TcpStream, to: SocketAddr, path: Watched) {
    // A target that is not there shows as a connection that is closed at once.
    let Ok(far) = TcpStream::connect(to).await else { return };
    for socket in [&near, &far] {
        drop(socket.set_nodelay(true));
    }
    let ((near_reads, near_writes), (far_reads, far_writes)) =
        (near.into_split(), far.into_split());
    let there = pump(near_reads, far_writes, path.clone());
    let back = pump(far_reads, near_writes, path);
    tokio::join!(there, back);
}

/// Carries one direction of a connection to its end.
async fn pump(
    mut from: impl AsyncRead + Unpin,
    mut to: impl AsyncWrite + Unpin,
    mut path: Watched,
) {
    let mut buffer = vec![0; CARRIED];
    while flowing(&mut path).await {
        let count = tokio::select! {
            biased;
            changed = path.changed() => match changed {
                Ok(()) => continue,
                Err(_) => return,
            },
            read = from.read(&mut buffer) => read.unwrap_or(0),
        };
        if !flowing(&mut path).await || to.write_all(&buffer[..count]).await.is_err() {
            return;
        }
        if count == 0 {
            // The other end may have gone already.
            return drop(to.shutdown().await);
        }
    }
}

async fn accept_datagrams(socket: UdpSocket, to: SocketAddr, path: Watched) {
    let near = Arc::new(socket);
    let flows = Arc::new(Mutex::new(Flows::new()));
    let mut buffer = vec![0; CARRIED];
    let mut cuts = 0;
    loop {
        // The system reports an earlier datagram that nobody received: not this one's fault.
        let Ok((count, client)) = near.recv_from(&mut buffer).await else { continue };
        let now = *path.borrow();
        if now.cuts != std::mem::replace(&mut cuts, now.cuts) {
            flows.lock().unwrap_or_else(PoisonError::into_inner).clear();
        }
        if now.frozen {
            continue;
        }
        let known = flows.lock().unwrap_or_else(PoisonError::into_inner).get(&client).cloned();
        let far = match known {
            Some(far) => far,
            None => match open_flow(&near, client, to, &path).await {
                Some(far) => {
                    let mut flows = flows.lock().unwrap_or_else(PoisonError::into_inner);
                    flows.insert(client, far.clone());
                    far
                }
                None => continue,
            },
        };
        // A lost datagram is what datagrams are for.
        drop(far.send(&buffer[..count]).await);
    }
}

/// One socket to the target for each client. Bounded by what a test dials.
type Flows = HashMap<SocketAddr, Arc<UdpSocket>>;

async fn open_flow(
    near: &Arc<UdpSocket>,
    client: SocketAddr,
    to: SocketAddr,
    path: &Watched,
) -> Option<Arc<UdpSocket>> {
    let far = UdpSocket::bind(LOOPBACK).await.ok()?;
    far.connect(to).await.ok()?;
    let far = Arc::new(far);
    let back = send_back(far.clone(), near.clone(), client, path.clone());
    tokio::spawn(until_cut(path.clone(), back));
    Some(far)
}

async fn send_back(far: Arc<UdpSocket>, near: Arc<UdpSocket>, client: SocketAddr, path: Watched) {
    let mut buffer = vec![0; CARRIED];
    loop {
        let Ok(count) = far.recv(&mut buffer).await else { continue };
        if !path.borrow().frozen {
            drop(near.send_to(&buffer[..count], client).await);
        }
    }
}

/// Does `work` until the path is cut, or the forwarder is gone.
async fn until_cut(mut path: Watched, work: impl Future<Output = ()>) {
    let cuts = path.borrow().cuts;
    tokio::select! {
        // Fails when the forwarder was dropped.
        _ = path.wait_for(|path| path.cuts > cuts) => {}
        () = work => {}
    }
}

/// Waits until something may pass; false when the forwarder is gone.
async fn flowing(path: &mut Watched) -> bool {
    path.wait_for(|path| !path.frozen).await.is_ok()
}

/// Where a node listens, and whether that is QUIC.
fn place(target: &Address) -> (SocketAddr, bool) {
    let address: Multiaddr = target.to_string().parse().expect("an address");
    match address.iter().take(2).collect::<Vec<_>>()[..] {
        [Protocol::Ip4(host), Protocol::Tcp(port)] => ((host, port).into(), false),
        [Protocol::Ip4(host), Protocol::Udp(port)] => ((host, port).into(), true),
        _ => panic!("{address} is neither over TCP nor QUIC to an IPv4 address"),
    }
}

/// The same address at another port of this machine.
fn moved(target: &Address, port: u16) -> Address {
    let address: Multiaddr = target.to_string().parse().expect("an address");
    let moved: Multiaddr = address
        .iter()
        .map(|part| match part {
            Protocol::Ip4(_) => Protocol::Ip4(Ipv4Addr::LOCALHOST),
            Protocol::Tcp(_) => Protocol::Tcp(port),
            Protocol::Udp(_) => Protocol::Udp(port),
            other => other,
        })
        .collect();
    moved.to_string().parse().expect("only the port is another")
}

const LOOPBACK: (Ipv4Addr, u16) = (Ipv4Addr::LOCALHOST, 0);
/// The largest datagram, and enough for a stream.
const CARRIED: usize = 64 * 1024;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wait::within;

    /// An echoing target, its forwarder, and a connection through it.
    async fn connected() -> (JoinHandle<()>, Forwarder, TcpStream) {
        let listener = TcpListener::bind(LOOPBACK).await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let peer = glueberry_core::Identity::generate().peer_id();
        let target = format!("/ip4/127.0.0.1/tcp/{port}/p2p/{peer}").parse().unwrap();
        let echoing = tokio::spawn(async move {
            let (mut socket, _) = listener.accept().await.unwrap();
            let (mut reads, mut writes) = socket.split();
            drop(tokio::io::copy(&mut reads, &mut writes).await);
        });
        let forwarder = Forwarder::to(&target).await;
        let client = TcpStream::connect(place(&forwarder.address()).0).await.unwrap();
        (echoing, forwarder, client)
    }

    async fn round_trip(client: &mut TcpStream) {
        client.write_all(b"hello").await.unwrap();
        let mut answer = [0; 5];
        within("the echo", client.read_exact(&mut answer)).await.unwrap();
        assert_eq!(&answer, b"hello");
    }

    #[tokio::test]
    async fn what_waits_on_a_frozen_path_arrives_when_it_thaws() {
        let (_echoing, forwarder, mut client) = connected().await;
        round_trip(&mut client).await;
        forwarder.freeze();
        client.write_all(b"later").await.unwrap();
        let mut answer = [0; 5];
        let moment = std::time::Duration::from_millis(100);
        let early = tokio::time::timeout(moment, client.read(&mut answer)).await;
        assert!(early.is_err(), "a frozen path carried {early:?}");
        forwarder.thaw();
        within("the echo", client.read_exact(&mut answer)).await.unwrap();
        assert_eq!(&answer, b"later");
    }

    #[tokio::test]
    async fn a_cut_ends_both_ends() {
        let (echoing, forwarder, mut client) = connected().await;
        round_trip(&mut client).await;
        forwarder.cut();
        let rest = within("the end", client.read(&mut [0; 5])).await;
        assert!(matches!(rest, Ok(0) | Err(_)), "{rest:?}");
        within("the other end", echoing).await.unwrap();
    }
}
