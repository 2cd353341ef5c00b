//! The log of a process, handed to one function: what a foreign language gets of it.

use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::Duration;

use glueberry_core::embed::logs::{self, Level, Record};
use parking_lot::{Mutex, MutexGuard};

/// A process has one log: these tests take turns.
static TURN: Mutex<()> = Mutex::new(());
/// Far more than anything here takes on a busy machine: only a hang reaches it.
const LONG: Duration = Duration::from_secs(45);

/// Hands records of that level to this test.
fn collected(level: Level) -> (MutexGuard<'static, ()>, Receiver<Record>) {
    let (turn, (sender, records)) = (TURN.lock(), channel());
    logs::collect(Some(level), move |record| sender.send(record.clone()).unwrap()).unwrap();
    (turn, records)
}

/// The messages up to, and without, the one that ends the test.
fn messages_until_end(records: &Receiver<Record>) -> Vec<String> {
    tracing::error!(target: "glueberry_core::test", "the end");
    let next = || records.recv_timeout(LONG).unwrap().message;
    std::iter::repeat_with(next).take_while(|message| message != "the end").collect()
}

#[test]
fn a_record_has_its_level_its_target_and_its_fields() {
    let (_turn, records) = collected(Level::INFO);
    tracing::warn!(target: "glueberry_core::test", peer = "a b", session = 7, why = ?Some(1), "lost");
    let record = records.recv_timeout(LONG).unwrap();
    assert_eq!((record.level, record.target.as_str()), (Level::WARN, "glueberry_core::test"));
    assert_eq!(record.message, "lost peer=a b session=7 why=Some(1)");
}

#[test]
fn a_level_holds_for_our_records_and_others_come_as_warnings_only() {
    let (_turn, records) = collected(Level::INFO);
    tracing::debug!(target: "glueberry_core::test", "ours, too fine");
    tracing::info!(target: "glueberry_core::test", "ours");
    tracing::info!(target: "libp2p_swarm", "theirs, too fine");
    tracing::warn!(target: "libp2p_swarm", "theirs");
    assert_eq!(messages_until_end(&records), ["ours", "theirs"]);
}

#[test]
fn what_a_slow_sink_misses_is_counted_and_told() {
    let (_turn, (sender, records), (go, wait)) = (TURN.lock(), channel(), channel::<()>());
    let sink = move |record: &Record| {
        sender.send(record.clone()).unwrap();
        // The first record holds the sink up; then it is let go for good.
        let _released = wait.recv();
    };
    logs::collect(Some(Level::INFO), sink).unwrap();
    tracing::info!(target: "glueberry_core::test", "first");
    assert_eq!(records.recv_timeout(LONG).unwrap().message, "first");
    for number in 0..QUEUE + MISSED {
        tracing::info!(target: "glueberry_core::test", number, "busy");
    }
    drop(go);
    let after: Vec<Record> = (0..=QUEUE).map(|_| records.recv_timeout(LONG).unwrap()).collect();
    let (told, kept) = after.split_last().unwrap();
    assert!(kept.iter().all(|record| record.message.starts_with("busy number=")));
    assert_eq!(told.level, Level::WARN);
    assert!(told.message.starts_with("17 "), "{}", told.message);
}

#[test]
fn a_flush_waits_for_the_lines_that_were_written() {
    let (_turn, (sender, records), (go, wait)) = (TURN.lock(), channel(), channel::<()>());
    let sink = move |record: &Record| {
        let _released = wait.recv();
        sender.send(record.clone()).unwrap();
    };
    logs::collect(Some(Level::INFO), sink).unwrap();
    assert!(logs::flush(LONG), "nothing was written");
    for number in 0..10 {
        tracing::info!(target: "glueberry_core::test", number, "slow");
    }
    assert!(!logs::flush(Duration::ZERO), "the sink holds the first line");
    drop(go);
    assert!(logs::flush(LONG));
    assert_eq!(records.try_iter().count(), 10);
}

#[test]
fn a_sink_that_is_replaced_or_taken_back_is_dropped_on_its_thread() {
    let _turn = TURN.lock();
    for replace in [true, false] {
        let (ended, end) = channel();
        let ends = Ends(ended);
        logs::collect(Some(Level::INFO), move |_| {
            let _ = &ends;
        })
        .unwrap();
        if replace {
            logs::collect(None, |_| ()).unwrap();
        } else {
            logs::stop();
        }
        assert_eq!(end.recv_timeout(LONG).unwrap(), "glueberry-log");
    }
}

#[test]
fn a_log_that_was_taken_back_can_be_taken_again() {
    let (turn, records) = collected(Level::INFO);
    logs::stop();
    tracing::info!(target: "glueberry_core::test", "to nobody");
    drop((turn, records));
    let (_turn, records) = collected(Level::TRACE);
    tracing::trace!(target: "glueberry_core::test", "to somebody");
    assert_eq!(messages_until_end(&records), ["to somebody"]);
}

/// Says on which thread it was dropped.
struct Ends(Sender<String>);

impl Drop for Ends {
    fn drop(&mut self) {
        let thread = std::thread::current();
        let _nobody_waits = self.0.send(thread.name().unwrap_or_default().to_owned());
    }
}

/// Records that wait for a sink.
const QUEUE: usize = 1024;
const MISSED: usize = 17;
