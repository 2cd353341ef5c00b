//! Peers that libp2p takes for real, and that no peer can be: one with a key that belongs to
//! everyone, and one with the node's own.

use glueberry_core::Node;
use libp2p::Multiaddr;
use libp2p::identity::Keypair;
use libp2p::multiaddr::Protocol;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// The Ed25519 key of the neutral element: of order 1, so that the same signature fits every
/// message under it.
const NEUTRAL: [u8; 32] = {
    let mut key = [0; 32];
    key[0] = 1;
    key
};

/// Dials as the peer whose key is the neutral element: `R ‖ S` with `R` that element and `S` zero is
/// a signature of every message.
///
/// # Panics
/// When the node does not speak Noise, or refuses the signature, which is valid.
pub async fn dial_as_everybody(node: &Node) {
    dial(node, &NEUTRAL, |_| [NEUTRAL, [0; 32]].concat()).await;
}

/// Dials with a key that somebody else may have too.
///
/// # Panics
/// When the node does not speak Noise.
pub async fn dial_as(node: &Node, key: &Keypair) {
    let public = key.public().try_into_ed25519().expect("an Ed25519 key").to_bytes();
    dial(node, &public, |message| key.sign(message).expect("a signature")).await;
}

/// Dials a node over TCP and Noise, as far as the node lets it.
async fn dial(node: &Node, public: &[u8; 32], sign: impl FnOnce(&[u8]) -> Vec<u8>) {
    let mut socket = TcpStream::connect(tcp_address(node)).await.expect("the node listens");
    agree(&mut socket, "/noise").await;
    let pattern = "Noise_XX_25519_ChaChaPoly_SHA256".parse().expect("a pattern");
    let builder = snow::Builder::new(pattern);
    let statics = builder.generate_keypair().expect("a key pair");
    let builder = builder.local_private_key(&statics.private).expect("a private key");
    let mut noise = builder.build_initiator().expect("an initiator");
    let mut buffer = vec![0; 65_535];

    let len = noise.write_message(&[], &mut buffer).expect("the first message");
    send(&mut socket, &buffer[..len]).await;
    let answer = receive(&mut socket).await.expect("the node answers");
    noise.read_message(&answer, &mut buffer).expect("the second message");
    let signature = sign(&[b"noise-libp2p-static-key:", &statics.public[..]].concat());
    let payload = payload(public, &signature);
    let len = noise.write_message(&payload, &mut buffer).expect("the third message");
    send(&mut socket, &buffer[..len]).await;

    let mut noise = noise.into_transport_mode().expect("the handshake is done");
    let hello = [line("/multistream/1.0.0"), line("/yamux/1.0.0")].concat();
    let len = noise.write_message(&hello, &mut buffer).expect("a transport message");
    send(&mut socket, &buffer[..len]).await;
    // The node closes when it has seen who this claims to be.
    while receive(&mut socket).await.is_some() {}
}

/// The protobuf message in which libp2p's Noise carries an identity.
fn payload(public: &[u8; 32], signature: &[u8]) -> Vec<u8> {
    let public_key = [&[8, 1, 18, 32][..], public].concat();
    [&[10, 36][..], &public_key, &[18, 64], signature].concat()
}

fn tcp_address(node: &Node) -> (std::net::Ipv4Addr, u16) {
    let address = node.listen_addresses()[0].to_string();
    let address: Multiaddr = address.parse().expect("a node's own address");
    match address.iter().take(2).collect::<Vec<_>>()[..] {
        [Protocol::Ip4(host), Protocol::Tcp(port)] => (host, port),
        _ => panic!("{address} is not over TCP and IPv4"),
    }
}

/// Negotiates a protocol in the clear.
async fn agree(socket: &mut TcpStream, protocol: &str) {
    let proposal = [line("/multistream/1.0.0"), line(protocol)].concat();
    socket.write_all(&proposal).await.expect("the node reads");
    let mut answer = vec![0; proposal.len()];
    socket.read_exact(&mut answer).await.expect("the node answers");
    assert_eq!(answer, proposal, "the node speaks {protocol}");
}

fn line(text: &str) -> Vec<u8> {
    let len = u8::try_from(text.len() + 1).expect("a short line");
    [&[len], text.as_bytes(), b"\n"].concat()
}

async fn send(socket: &mut TcpStream, message: &[u8]) {
    let len = u16::try_from(message.len()).expect("a Noise message").to_be_bytes();
    socket.write_all(&[&len, message].concat()).await.expect("the node reads");
}

/// `None` once the node has closed.
async fn receive(socket: &mut TcpStream) -> Option<Vec<u8>> {
    let len = socket.read_u16().await.ok()?;
    let mut message = vec![0; usize::from(len)];
    socket.read_exact(&mut message).await.ok()?;
    Some(message)
}
