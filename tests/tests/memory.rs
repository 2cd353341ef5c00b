//! What a peer that never reads, or is never read, can make us hold.
//!
//! A binary of its own, with one test at a time: it looks at the memory of its process.

use std::time::Duration;

use glueberry_core::{Builder, Identity, Node, PeerId, StreamConfig, StreamHealth};
use glueberry_tests::node::{QUIC, TCP};
use glueberry_tests::wait::{self, PATIENCE, within};

const STREAMS: usize = 100;
const KIB: usize = 1024;
const MESSAGE: usize = 4 * KIB;
/// A message on the wire: nonce, tag and two lengths of two bytes.
const FRAME: u64 = MESSAGE as u64 + 32;
const SEND_BUFFER: usize = 64 * KIB;
const RECEIVE_BUFFER: usize = 64 * KIB;

/// What one look above the capacity may add to a receive buffer: one read, of 64 KiB or twice the
/// largest message, and what administers the at most eight pieces it is queued in.
const ONE_READ: usize = 64 * KIB + 8 * 160;

/// What libp2p holds for one end of a stream, at most: yamux's window, and what multistream-select
/// and the muxers administer. For QUIC see `LIBP2P_QUIC`.
const LIBP2P_STREAM: usize = 300 * KIB;
/// What QUIC has on its way in one direction of a connection, at most: the receiver's window, which
/// is 256 KiB for each named stream and four others. The sender takes no more than that grants.
const LIBP2P_QUIC: usize = (STREAMS + 4) * 256 * KIB;

fn name(number: usize) -> String {
    format!("s{number}")
}

fn builder() -> Builder {
    let config = StreamConfig {
        max_message_size: MESSAGE,
        send_buffer: SEND_BUFFER,
        receive_buffer: RECEIVE_BUFFER,
        ..StreamConfig::default()
    };
    let builder = Node::builder(Identity::generate()).linger(Duration::from_millis(100));
    (0..STREAMS)
        .fold(builder, |builder, number| builder.stream(&name(number), config.clone()).unwrap())
}

/// Sends on every stream until all buffers on the way are full and stay so; says how many bytes
/// went in, as they are on the wire.
async fn fill(node: &Node, peer: PeerId) -> u64 {
    // Over QUIC lost datagrams of the first burst can hold everything up for longer than a second.
    let (mut still, mut total) = (wait::Standstill::lasting(Duration::from_secs(3)), 0);
    let message = vec![7; MESSAGE];
    let full = async || {
        let (mut sent, mut queued) = (0, 0);
        for number in 0..STREAMS {
            while node.try_send(&peer, &name(number), &message).is_ok() {
                sent += 1;
            }
            let health = node.stream_health(&peer, &name(number)).unwrap();
            check(&health);
            queued += health.queued_bytes;
        }
        total += sent * FRAME;
        still.at((total, queued)).then_some(())
    };
    wait::until("full buffers", full).await;
    total
}

/// The promise, at any time.
fn check(health: &StreamHealth) {
    assert!(health.queued_bytes <= SEND_BUFFER as u64, "{health:?}");
    assert!(health.unread_bytes < (RECEIVE_BUFFER + ONE_READ) as u64, "{health:?}");
}

/// The resident memory of this process, where the system says it.
fn resident() -> Option<usize> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with("VmRSS:"))?;
    Some(line.split_whitespace().nth(1)?.parse::<usize>().ok()? * KIB)
}

fn total(node: &Node, peer: PeerId) -> (u64, u64) {
    let streams = node.streams(&peer);
    assert_eq!(streams.len(), STREAMS);
    streams.iter().fold((0, 0), |(queued, unread), (_, health)| {
        check(health);
        (queued + health.queued_bytes, unread + health.unread_bytes)
    })
}

#[tokio::test]
async fn a_peer_that_never_reads_holds_at_most_its_configured_bytes() {
    for (place, libp2p) in [(TCP, STREAMS * LIBP2P_STREAM), (QUIC, LIBP2P_QUIC)] {
        let before = resident();
        let a = builder().listen(place).unwrap().start().await.unwrap();
        let b = builder().start().await.unwrap();
        let peer = b.connect(&a.listen_addresses()[0]).timeout(PATIENCE).await.unwrap();
        wait::established(&a, b.peer_id()).await;
        let idle = resident();
        // Neither application reads, and both send.
        let sending = async { tokio::join!(fill(&a, b.peer_id()), fill(&b, peer)) };
        let (from_a, from_b) = within("both ways", sending).await;

        let (full, ours) = (resident(), STREAMS * (SEND_BUFFER + RECEIVE_BUFFER));
        let ((queued_a, unread_a), (queued_b, unread_b)) =
            (total(&a, b.peer_id()), total(&b, peer));
        for (sent, queued, unread) in [(from_a, queued_a, unread_b), (from_b, queued_b, unread_a)] {
            assert!(queued > (STREAMS * SEND_BUFFER / 2) as u64, "{place}: {queued} are queued");
            // How much each stream gets of it differs where all share the connection's window.
            let crossed = sent - queued;
            assert!(crossed > (STREAMS * RECEIVE_BUFFER / 2) as u64, "{place}: {crossed} crossed");
            let between = usize::try_from(sent.saturating_sub(queued + unread)).unwrap();
            println!("{place}: {sent} sent, {queued} queued, {unread} unread, {between} between");
            assert!(between < libp2p + STREAMS * ONE_READ, "{place}: {between} between");
        }
        if let (Some(before), Some(idle), Some(full)) = (before, idle, full) {
            println!("{place}: {before} before, {idle} connected, {full} full");
            // Two nodes, each with its buffers; an allocation may be twice what it holds; and each
            // reader has one read in its hand. All that was written was also kept to be written
            // again, for the first 2 s of its stream: freed since, and not given back by every
            // allocator.
            let kept = libp2p + STREAMS * (RECEIVE_BUFFER + ONE_READ);
            let bound = 2 * (2 * (ours + STREAMS * ONE_READ) + libp2p + STREAMS * ONE_READ + kept);
            let grown = full.saturating_sub(idle);
            assert!(grown < bound, "{place}: {grown} of {bound}");
        }
        within("the end", async { tokio::join!(a.shutdown(), b.shutdown()) }).await;
    }
}
