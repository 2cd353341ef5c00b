//! One node in a process of its own, for tests that take its network away.
//!
//! `liveness-peer listen ADDRESS` or `liveness-peer connect ADDRESS [flood STREAMS]`. Each line that
//! it prints is `listening ADDRESS`, `established` or `disconnected REASON`. It ends with its
//! standard input.

use std::env;

use glueberry_core::{
    Builder, EventFilter, EventKind, Events, Identity, Node, PeerId, StreamConfig,
};
use tokio::io::AsyncReadExt;

#[tokio::main]
async fn main() {
    // Standard output is for the test; why something happened is for who reads a failure.
    tracing_subscriber::fmt()
        .with_env_filter(tracing_subscriber::EnvFilter::from_default_env())
        .with_writer(std::io::stderr)
        .init();
    let args: Vec<String> = env::args().skip(1).collect();
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    let (node, streams) = match args[..] {
        ["listen", address] => (listen(address).await, 0),
        ["connect", address] => (connect(address).await, 0),
        ["connect", address, "flood", streams] => {
            (connect(address).await, streams.parse().expect("a number"))
        }
        _ => panic!("see the head of this file"),
    };
    for number in 0..streams {
        tokio::spawn(flood(node.clone(), number));
    }
    tokio::spawn(read_all(node.clone()));
    let mut end = [0; 64];
    while tokio::io::stdin().read(&mut end).await.is_ok_and(|count| count > 0) {}
}

/// Carries sixteen streams, as many as a test floods.
fn builder() -> Builder {
    (0..16).fold(Node::builder(Identity::generate()), |builder, number| {
        builder.stream(&name(number), StreamConfig::default()).expect("a name")
    })
}

fn name(number: usize) -> String {
    format!("chat-{number}")
}

async fn listen(address: &str) -> Node {
    let node = builder().listen(address).expect("an address").start().await.expect("it listens");
    tokio::spawn(tell(node.events(EventFilter::all())));
    println!("listening {}", node.listen_addresses()[0]);
    node
}

async fn connect(address: &str) -> Node {
    let node = builder().start().await.expect("it starts");
    tokio::spawn(tell(node.events(EventFilter::all())));
    node.connect(address).await.expect("the peer is reached");
    node
}

async fn tell(mut events: Events) {
    while let Some(event) = events.next().await {
        match event.kind {
            EventKind::PeerEstablished { .. } => println!("established"),
            EventKind::PeerDisconnected { reason, .. } => println!("disconnected {reason:?}"),
            _ => {}
        }
    }
}

async fn read_all(node: Node) {
    let mut inbox = node.all_messages().expect("nobody else reads");
    while inbox.next().await.is_some() {}
}

/// Sends on one stream for as long as there is a session.
async fn flood(node: Node, number: usize) {
    let peers: Vec<PeerId> = node.peers().into_iter().map(|peer| peer.peer).collect();
    let Some(peer) = peers.first() else { return };
    while node.send(peer, &name(number), &[7; 16 * 1024]).await.is_ok() {}
}
