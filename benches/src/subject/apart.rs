//! Two nodes of this library, each on a runtime of its own: the shape of two programs, and of the C
//! library, without the crossing into C.

use std::time::{Duration, Instant};

use glueberry_core::Node;
use hdrhistogram::Histogram;
use tokio::runtime::{Builder, Runtime};

use super::ours::{Seat, Way, inbox, receive, send};
use crate::flow::Flow;
use crate::numbered::{Numbered, Receipt};
use crate::ping_pong;

/// One node connected to another.
pub(crate) struct Pair {
    near: Home,
    far: Home,
}

impl Pair {
    pub(super) async fn connect(way: Way) -> Self {
        let (near, far) = (Home::open(way).await, Home::open(way).await);
        let addresses = far.node.listen(way.place()).await.expect("a free port");
        near.node.connect(&addresses[0]).await.expect("a node on this machine is reached");
        Self { near, far }
    }

    pub(super) async fn one_way(&self, payload: u32, time: Duration) -> Flow {
        let began = Instant::now();
        let mut inbox = inbox(&self.far.node);
        let receipt = Receipt::new(payload);
        let receiving = self.far.runtime().spawn(async move { receive(&mut inbox, receipt).await });
        let numbered = Numbered::new(payload, time);
        let sending = send(self.near.node.clone(), self.far.node.peer_id(), numbered);
        let sending = self.near.runtime().spawn(sending);
        let (messages, sent) = tokio::try_join!(receiving, sending).expect("all goes well");
        assert_eq!(messages, sent, "messages were lost");
        Flow { messages, lost: 0, elapsed: began.elapsed() }
    }

    pub(super) async fn ping_pong(&self, time: Duration) -> Histogram<u64> {
        let near = Seat::new(&self.near.node, &self.far.node);
        let far = Seat::new(&self.far.node, &self.near.node);
        let answering = self.far.runtime().spawn(ping_pong::answer(far));
        let asking = self.near.runtime().spawn(ping_pong::ask(near, time));
        tokio::try_join!(asking, answering).expect("all goes well").0
    }
}

/// A node and its runtime.
struct Home {
    node: Node,
    /// Empty only while this is dropped.
    runtime: Option<Runtime>,
}

impl Home {
    async fn open(way: Way) -> Self {
        let runtime = runtime();
        let node = runtime.spawn(way.node()).await.expect("a node starts");
        Self { node, runtime: Some(runtime) }
    }

    fn runtime(&self) -> &Runtime {
        self.runtime.as_ref().expect("it is taken only when this is dropped")
    }
}

impl Drop for Home {
    fn drop(&mut self) {
        // A runtime that is dropped on another one's worker would wait there, and panics instead.
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

/// As many workers as the C library takes: one for each core that this process may use, up to four.
fn runtime() -> Runtime {
    let cores = std::thread::available_parallelism().map_or(1, Into::into);
    Builder::new_multi_thread()
        .worker_threads(cores.min(MOST_WORKERS))
        .enable_all()
        .build()
        .expect("a runtime starts")
}

/// What `glueberry_config_set_worker_threads` promises where it is not called.
const MOST_WORKERS: usize = 4;
