//! The leaves.

use std::time::Instant;

use futures::future::join_all;

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
    /// Takes everything that the hub sends in a round, from now to the last message.
    fn receive(&mut self, payload: u32) -> impl Future<Output = Load> + Send;
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

    async fn receive(&mut self, payload: u32) -> Load {
        let began = Instant::now();
        let receiving = self.0.drain(..).map(|mut leaf| {
            tokio::spawn(async move {
                let count = leaf.receive(Receipt::new(payload)).await;
                (leaf, count)
            })
        });
        let (leaves, counts): (Vec<_>, Vec<_>) = all(receiving.collect()).await.into_iter().unzip();
        self.0 = leaves;
        Load::new(payload, began.elapsed(), &counts)
    }
}

async fn all<T>(tasks: Vec<tokio::task::JoinHandle<T>>) -> Vec<T> {
    let outcomes = join_all(tasks).await.into_iter();
    outcomes.map(|outcome| outcome.expect("all goes well")).collect()
}
