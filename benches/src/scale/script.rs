//! What happens to a hub and its crowd, from the first dial to the silence after the load.

use std::time::Duration;

use futures::future::join_all;
use serde::{Deserialize, Serialize};
use tokio::time::sleep;

use super::crowd::{Crowd, Leaf};
use super::figures::{Connected, Ends, Load, Memory, Steps};
use super::memory::Held;
use super::part::{Halt, Part};
use crate::numbered::Numbered;
use crate::subject::Subject;
use crate::watchdog::Watchdog;

/// The node that all are connected to.
pub(super) trait Hub: Sized + Send {
    type Leaf: Leaf;
    type Lane: Lane;

    /// Listens.
    fn start(subject: Subject) -> impl Future<Output = Self> + Send;
    /// Where, with its peer id.
    fn address(&self) -> String;
    /// How many are connected.
    fn peers(&self) -> usize;
    /// Takes the first message of each of so many, and answers it.
    fn answer(&mut self, peers: u32) -> impl Future<Output = Vec<Self::Lane>> + Send;
}

/// The way from the hub to one leaf.
pub(super) trait Lane: Clone + Send + Sync + 'static {
    /// Sends as fast as it goes, and says how many there were.
    fn send(&self, messages: Numbered) -> impl Future<Output = u64> + Send;
}

/// What was found out.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Story {
    pub(super) connected: Connected,
    /// One for each of [`PAYLOADS`].
    pub(super) loads: Vec<Load>,
    /// `None` where the system does not tell.
    pub(super) memory: Option<Memory>,
}

pub(super) async fn tell<H: Hub, C: Crowd>(part: &Part, ends: Ends) -> Story {
    let watchdog = Watchdog::start();
    let mut hub = H::start(part.subject).await;
    // The first peer finds everything cold. It stays: what it gave back would be used again.
    let mut first = C::gather(&Part { peers: 1, ..part.clone() }).await;
    meet(&mut hub, &mut first, 0, Duration::ZERO).await;

    let before = Held::look();
    let mut crowd = C::gather(part).await;
    let gathered = Held::look();
    let (connected, established, lanes) = meet(&mut hub, &mut crowd, 1, part.settle).await;
    let spoken = Held::look();
    watchdog.pat();
    sleep(part.idle).await;
    let idle = Held::look();
    Halt::Idle.here(part);
    let mut loads = Vec::new();
    for payload in PAYLOADS {
        load(&lanes, &mut crowd, payload, part.time / WARM_UP_PART).await;
        watchdog.pat();
        loads.push(load(&lanes, &mut crowd, payload, part.time).await);
        watchdog.pat();
    }
    sleep(part.settle).await;
    Halt::AfterLoad.here(part);
    let steps = || {
        let (before, gathered, established) = (before?, gathered?, established?);
        let (spoken, idle, after_load) = (spoken?, idle?, Held::look()?);
        Some(Steps { before, gathered, established, spoken, idle, after_load })
    };
    let memory = steps().map(|steps| Memory::new(part.peers, ends, &steps));
    Story { connected, loads, memory }
}

/// All connect at once; then one message goes each way on every link.
async fn meet<H: Hub, C: Crowd>(
    hub: &mut H,
    crowd: &mut C,
    others: usize,
    settle: Duration,
) -> (Connected, Option<Held>, Vec<H::Lane>) {
    let connected = crowd.connect(&hub.address()).await;
    while hub.peers() < others + connected.peers as usize {
        sleep(BETWEEN_LOOKS).await;
    }
    sleep(settle).await;
    let established = Held::look();
    let (lanes, ()) = tokio::join!(hub.answer(connected.peers), crowd.greet());
    sleep(settle).await;
    (connected, established, lanes)
}

async fn load<L: Lane>(lanes: &[L], crowd: &mut impl Crowd, payload: u32, time: Duration) -> Load {
    let sending = lanes
        .iter()
        .cloned()
        .map(|lane| tokio::spawn(async move { lane.send(Numbered::new(payload, time)).await }));
    let sending = sending.collect::<Vec<_>>();
    let load = crowd.receive(payload).await;
    for sent in join_all(sending).await {
        sent.expect("all goes well");
    }
    load
}

/// Bytes of a message.
const PAYLOADS: [u32; 2] = [64, 1024];
/// Windows open and buffers grow before the round that counts.
const WARM_UP_PART: u32 = 4;
const BETWEEN_LOOKS: Duration = Duration::from_millis(10);
