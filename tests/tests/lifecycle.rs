//! A process that starts and stops nodes again and again is none the worse for it. One test in a
//! process of its own: it counts all that the process holds.

use glueberry_core::Node;
use glueberry_tests::footprint::{Footprint, resident_bytes};
use glueberry_tests::node::{QUIC, TCP, address, builder, listening, send};
use glueberry_tests::wait::{PATIENCE, message, until, within};

#[tokio::test]
async fn a_hundred_starts_and_stops_leave_tasks_threads_files_and_memory_where_they_were() {
    // What is set up once for a process, and what the allocator keeps, comes first.
    for _ in 0..WARM_UP {
        cycle().await;
    }
    let (before, memory_before) = (settled().await, resident_bytes());
    for _ in 0..CYCLES {
        cycle().await;
    }
    let after = settled().await;
    assert_eq!(before, after, "after {CYCLES} cycles");
    let grown = resident_bytes().saturating_sub(memory_before);
    println!("{before:?}; memory grew by {} KiB in {CYCLES} cycles", grown / 1024);
    assert!(grown < MOST_GROWTH, "memory grew by {grown} bytes in {CYCLES} cycles");
}

/// What the process holds once the last sockets of the nodes that stopped are gone.
async fn settled() -> Footprint {
    let quiet = async || Some(Footprint::now()).filter(|now| now.tasks == 0);
    until("the end of the last task", quiet).await
}

/// Two nodes meet over TCP and over QUIC, exchange messages, and stop.
async fn cycle() {
    let (a, b) =
        (listening(builder(&["chat"]), TCP).await, listening(builder(&["chat"]), QUIC).await);
    talk(&a, &b).await;
    let c = listening(builder(&["chat"]), TCP).await;
    talk(&c, &a).await;
    for node in [a, b, c] {
        within("the shutdown", node.shutdown()).await;
    }
}

async fn talk(from: &Node, to: &Node) {
    let mut inbox = to.messages("chat").expect("it is free");
    from.connect(address(to)).timeout(PATIENCE).await.expect("they connect");
    send(from, to.peer_id(), "chat", b"hello").await;
    message(&mut inbox, "the greeting").await;
}

const WARM_UP: usize = 10;
const CYCLES: usize = 100;
/// 80 KiB a cycle: a leaked session holds more; the allocator's own wavering is less.
const MOST_GROWTH: usize = 8 * 1024 * 1024;
