use glueberry_proto::name::StreamName;
use tokio_util::task::TaskTracker;

use super::*;
use crate::events::{Event, EventKind, Hub};
use crate::{EventFilter, Identity, PressureLevel};

fn outgoing(limit: usize) -> Outgoing {
    outgoing_with(limit, &Hub::new(16))
}

fn outgoing_with(limit: usize, events: &Hub) -> Outgoing {
    let stream = StreamName::parse("chat").unwrap();
    let origin = Arc::new(Origin { peer: Identity::generate().peer_id(), stream });
    let bounds = Bounds { limit, largest: 1000, marks: Watermarks::of(limit, 75, 25) };
    let teller = Teller::new(events.clone(), TaskTracker::new());
    Outgoing::new(origin, bounds, Some(Arc::new(Aead::new(&[7; 32]))), teller)
}

#[tokio::test]
async fn pressure_is_told_once_and_a_close_ends_it() {
    let hub = Hub::new(16);
    let mut events = hub.subscribe(EventFilter::all());
    let outgoing = outgoing_with(1000, &hub);
    while outgoing.try_push(&[0; 70]).is_ok() {}
    let mut levels = || -> Vec<(PressureLevel, u64)> {
        let told = |event: Event| match event.kind {
            EventKind::StreamPressure { level, bytes, .. } => (level, bytes),
            other => panic!("{other:?}"),
        };
        events.drain(9).into_iter().map(told).collect()
    };
    assert_eq!(levels(), [(PressureLevel::High, 800)], "eight frames of 100 bytes");
    outgoing.close();
    outgoing.close();
    assert_eq!(levels(), [(PressureLevel::Low, 1000)]);
}

#[tokio::test]
async fn what_a_writer_gives_back_comes_before_what_waits_already() {
    let outgoing = outgoing(1 << 20);
    let batches = [&b"one"[..], b"number two"].map(|message| {
        let mut record = OpenRecord::plain();
        record.push(message).unwrap();
        Batch::seal(record)
    });
    outgoing.state.lock().accepted = 2;
    outgoing.give_back(batches);
    // Taken and given back again, as when the next stream fails too.
    for _ in 0..2 {
        let Some(Work::Resume(first)) = outgoing.try_work() else { panic!("nothing waits") };
        assert_eq!(first.rest().len(), 5);
        outgoing.give_back([first]);
    }
}

#[tokio::test]
async fn a_full_buffer_refuses_and_a_single_message_always_fits() {
    let small = outgoing(64);
    small.try_push(&[0; 500]).unwrap();
    assert_eq!(small.try_push(&[0; 1]).unwrap_err().code(), ErrorCode::WouldBlock);
    assert_eq!(small.waiting().messages, 1);
    let too_large = small.try_push(&[0; 1001]).unwrap_err();
    assert_eq!(too_large.code(), ErrorCode::MessageTooLarge);
}

#[tokio::test]
async fn a_cancelled_send_queues_nothing() {
    let outgoing = outgoing(64);
    outgoing.push(&[1; 60]).await.unwrap();
    let waiting = outgoing.push(&[2; 60]);
    assert!(futures::future::FutureExt::now_or_never(waiting).is_none(), "it must wait");
    assert_eq!(outgoing.waiting().messages, 1);
}

#[tokio::test]
async fn what_is_taken_and_not_written_counts_as_unwritten() {
    let outgoing = Arc::new(outgoing(1 << 20));
    outgoing.push(b"one").await.unwrap();
    let Work::Seal(taken) = outgoing.work().await else { panic!("nothing to write") };
    let taken = Batch::seal(taken);
    outgoing.push(b"two").await.unwrap();
    assert_eq!(outgoing.waiting().messages, 2);
    outgoing.written(taken);
    assert_eq!(outgoing.waiting().messages, 1);
    outgoing.close();
    assert_eq!(outgoing.flush().await.unwrap_err().code(), ErrorCode::NotConnected);
}
