//! The leaves.

use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering::Relaxed;
use std::time::{Duration, Instant};

use futures::future::join_all;
use tokio::time::sleep;

use super::figures::{Connected, Load};
use super::part::Part;
use crate::numbered::Receipt;
use crate::subject::Subject;

/// All leaves.
pub(super) trait Crowd: Sized + Send {
    /// Starts their nodes, which know nobody yet.
    fn gather(part: &Part) -> impl Future<Output = Self> + Send;
    /// All at once.
    fn connect(&mut self, hub: &str) -> impl Future<Output = Connected> + Send;
    /// One message to the hub, and its answer: one after the other.
    fn greet(&mut self) -> impl Future<Output = ()> + Send;
    /// Takes everything that the hub sends in a round, and counts what comes within the window.
    fn receive(&mut self, payload: u32, window: Duration) -> impl Future<Output = Load> + Send;
}

/// A node with a link to the hub.
pub(super) trait Leaf: Sized + Send + 'static {
    fn start(subject: Subject) -> impl Future<Output = Self> + Send;
    fn connect(&mut self, hub: &str) -> impl Future<Output = ()> + Send;
    fn greet(&mut self) -> impl Future<Output = ()> + Send;
    /// Until the last message of a round has come.
    fn receive(&mut self, receipt: Receipt) -> impl Future<Output = u64> + Send;
}

/// They live in this process.
pub(super) struct Here<L>(Vec<L>);

impl<L: Leaf> Crowd for Here<L> {
    async fn gather(part: &Part) -> Self {
        let mut leaves = Vec::new();
        for _ in 0..part.peers {
            leaves.push(L::start(part.subject).await);
        }
        Self(leaves)
    }

    async fn connect(&mut self, hub: &str) -> Connected {
        let began = Instant::now();
        let dialing = self.0.drain(..).map(|mut leaf| {
            let hub = hub.to_owned();
            tokio::spawn(async move {
                let began = Instant::now();
                leaf.connect(&hub).await;
                (leaf, began.elapsed())
            })
        });
        let (leaves, times): (Vec<_>, Vec<_>) = all(dialing.collect()).await.into_iter().unzip();
        self.0 = leaves;
        Connected::new(began.elapsed(), &times)
    }

    async fn greet(&mut self) {
        for leaf in &mut self.0 {
            leaf.greet().await;
        }
    }

    async fn receive(&mut self, payload: u32, window: Duration) -> Load {
        let tallies: Vec<_> = self.0.iter().map(|_| Arc::new(AtomicU64::new(0))).collect();
        let receiving = self.0.drain(..).zip(&tallies).map(|(mut leaf, tally)| {
            let receipt = Receipt::with_tally(payload, tally.clone());
            tokio::spawn(async move {
                leaf.receive(receipt).await;
                leaf
            })
        });
        let receiving = receiving.collect();
        sleep(window / WARM_UP_PART).await;
        let (opened, before) = (Instant::now(), read(&tallies));
        sleep(window).await;
        let (open, after) = (opened.elapsed(), read(&tallies));
        self.0 = all(receiving).await;
        let arrived: Vec<_> =
            after.iter().zip(before).map(|(after, before)| after - before).collect();
        Load::new(payload, open, &arrived)
    }
}

async fn all<T>(tasks: Vec<tokio::task::JoinHandle<T>>) -> Vec<T> {
    let outcomes = join_all(tasks).await.into_iter();
    outcomes.map(|outcome| outcome.expect("all goes well")).collect()
}

fn read(tallies: &[Arc<AtomicU64>]) -> Vec<u64> {
    tallies.iter().map(|tally| tally.load(Relaxed)).collect()
}

/// Of the window, and before it: all queues are full by then.
pub(super) const WARM_UP_PART: u32 = 2;
