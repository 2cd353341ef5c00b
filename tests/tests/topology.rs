//! Three and ten nodes whose links change, that restart one after the other, and that stop under
//! load. Each test prints its seed.

use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering::Relaxed;

use glueberry_core::ErrorCode;
use glueberry_tests::mesh::Mesh;
use glueberry_tests::random::seeded;
use glueberry_tests::wait::{until, within};
use rand::RngExt;
use rand::seq::SliceRandom;
use tokio::task::JoinSet;

#[tokio::test(flavor = "multi_thread")]
async fn three_nodes_talk_through_every_restart() {
    let mut random = seeded("three_nodes_talk_through_every_restart");
    let mut mesh = Mesh::full(3).await;
    for _ in 0..10 {
        mesh.settled().await;
        mesh.talk().await;
        let number = random.random_range(0..3);
        if random.random() {
            mesh.stop(number).await;
        } else {
            mesh.kill(number);
        }
        mesh.start(number).await;
    }
    mesh.settled().await;
    mesh.talk().await;
    mesh.end_all().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn ten_nodes_follow_a_topology_that_changes() {
    let mut random = seeded("ten_nodes_follow_a_topology_that_changes");
    let mut mesh = Mesh::of(10).await;
    for step in 1..=80 {
        let (from, to) = (random.random_range(0..10), random.random_range(0..10));
        match random.random_range(0..10) {
            0..=5 if from != to => mesh.link(from, to).await,
            6 | 7 if from != to => mesh.unlink(from, to).await,
            8 => {
                mesh.stop(from).await;
                mesh.start(from).await;
            }
            9 => {
                mesh.kill(from);
                mesh.start(from).await;
            }
            _ => {}
        }
        if step % 20 == 0 {
            mesh.settled().await;
            mesh.talk().await;
        }
    }
    mesh.end_all().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn ten_nodes_are_restarted_one_after_the_other() {
    let mut random = seeded("ten_nodes_are_restarted_one_after_the_other");
    let mut mesh = Mesh::full(10).await;
    mesh.settled().await;
    let mut order: Vec<usize> = (0..10).collect();
    order.shuffle(&mut random);
    for number in order {
        mesh.stop(number).await;
        mesh.start(number).await;
        mesh.settled().await;
    }
    mesh.talk().await;
    mesh.end_all().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn ten_nodes_stop_one_after_the_other_while_all_send() {
    let mut random = seeded("ten_nodes_stop_one_after_the_other_while_all_send");
    let mut mesh = Mesh::full(10).await;
    mesh.settled().await;
    let mut senders = JoinSet::new();
    for from in 0..10 {
        for to in (0..10).filter(|to| *to != from) {
            let (node, peer) = (mesh.node(from).clone(), mesh.id(to));
            senders.spawn(async move {
                let payload = vec![0x42; 2048];
                loop {
                    if let Err(error) = node.send(&peer, "chat", &payload).await {
                        return error.code();
                    }
                }
            });
        }
    }
    // Half of them read, so that there is load; towards the others every buffer is full.
    let mut readers = JoinSet::new();
    let received: [AtomicU64; 5] = Default::default();
    let received = Arc::new(received);
    for number in 0..5 {
        let (mut inbox, received) = (mesh.take_inbox(number), received.clone());
        readers.spawn(async move {
            while inbox.next().await.is_some() {
                received[number].fetch_add(1, Relaxed);
            }
        });
    }
    let all_read = async || received.iter().all(|count| count.load(Relaxed) > 0).then_some(());
    until("load on every reader", all_read).await;
    let mut order: Vec<usize> = (0..10).collect();
    order.shuffle(&mut random);
    for number in order {
        mesh.stop(number).await;
    }
    within("the end of every reader", readers.join_all()).await;
    let ends = within("the end of every sender", senders.join_all()).await;
    // A peer that still writes what it has queued takes no stream any more.
    let expected = |code: &ErrorCode| {
        matches!(
            code,
            ErrorCode::NotConnected
                | ErrorCode::NodeClosed
                | ErrorCode::StreamRefused
                | ErrorCode::StreamFailed
        )
    };
    assert!(ends.iter().all(expected), "{ends:?}");
}
