//! Several nodes that know each other, are stopped, killed and started again.

use std::collections::BTreeSet;

use glueberry_core::{Identity, Messages, NewPeer, Node, PeerId, State};
use tempfile::TempDir;

use crate::node::{TCP, address, builder_of, impatient, place, send};
use crate::wait::{message, until, within};

/// Nodes by their numbers, and the links that are meant to stand between them.
pub struct Mesh {
    members: Vec<Member>,
    /// Who dials whom.
    links: BTreeSet<(usize, usize)>,
    sent: u64,
}

/// A node with a place, an identity and an address book that outlive it.
struct Member {
    identity: Identity,
    place: String,
    folder: TempDir,
    running: Option<(Node, Option<Messages>)>,
}

impl Mesh {
    /// So many nodes, without links.
    ///
    /// # Panics
    /// If a node does not start.
    pub async fn of(count: usize) -> Self {
        let mut members = Vec::new();
        for _ in 0..count {
            let folder = tempfile::tempdir().expect("a temporary folder");
            let (identity, place) = (Identity::generate(), TCP.to_owned());
            let mut member = Member { identity, place, folder, running: None };
            member.start().await;
            members.push(member);
        }
        Self { members, links: BTreeSet::new(), sent: 0 }
    }

    /// Every node is linked with every other one.
    pub async fn full(count: usize) -> Self {
        let mut mesh = Self::of(count).await;
        for from in 0..count {
            for to in from + 1..count {
                mesh.link(from, to).await;
            }
        }
        mesh
    }

    /// How many nodes there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.members.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.members.is_empty()
    }

    /// A node that runs.
    ///
    /// # Panics
    /// If it does not.
    #[must_use]
    pub fn node(&self, number: usize) -> &Node {
        &self.members[number].running.as_ref().expect("it runs").0
    }

    /// The inbox of a node that runs; [`Mesh::talk`] is not possible after it.
    ///
    /// # Panics
    /// If it is taken already.
    pub fn take_inbox(&mut self, number: usize) -> Messages {
        let running = self.members[number].running.as_mut().expect("it runs");
        running.1.take().expect("it is still here")
    }

    /// Who a node is.
    #[must_use]
    pub fn id(&self, number: usize) -> PeerId {
        self.members[number].identity.peer_id()
    }

    /// From now on a link between these two is meant to stand; the first one dials.
    ///
    /// # Panics
    /// If the first one cannot remember the second.
    pub async fn link(&mut self, from: usize, to: usize) {
        let there = format!("{}/p2p/{}", self.members[to].place, self.id(to));
        let peer = NewPeer::at(there).expect("a node's own address").persistent();
        within("add_peer", self.node(from).add_peer(peer)).await.expect("it is remembered");
        self.links.insert((from, to));
    }

    /// The link between these two, if there is one, is not meant to stand any more.
    ///
    /// # Panics
    /// If the first one cannot forget the second.
    pub async fn unlink(&mut self, from: usize, to: usize) {
        let peer = self.id(to);
        let forgotten = self.node(from).remove_peer(&peer);
        within("remove_peer", forgotten).await.expect("it is forgotten");
        self.links.remove(&(from, to));
    }

    /// Stops a node in an orderly way.
    pub async fn stop(&mut self, number: usize) {
        if let Some((node, _)) = self.members[number].running.take() {
            within("the shutdown", node.shutdown()).await;
        }
    }

    /// Ends a node without a farewell.
    pub fn kill(&mut self, number: usize) {
        drop(self.members[number].running.take());
    }

    /// Starts a node that was stopped or killed, at its old place.
    pub async fn start(&mut self, number: usize) {
        self.members[number].start().await;
    }

    /// Waits until the links that are meant stand, each on one connection, and no others.
    ///
    /// # Panics
    /// If that does not come.
    pub async fn settled(&self) {
        for from in 0..self.len() {
            for to in from + 1..self.len() {
                let linked = self.links.contains(&(from, to)) || self.links.contains(&(to, from));
                let what = format!("{from} and {to}: linked is {linked}");
                let settled = async || {
                    let ends = [self.end(from, to), self.end(to, from)];
                    let wanted =
                        if linked { (State::Established, 1) } else { (State::Disconnected, 0) };
                    ends.iter().all(|end| *end == wanted).then_some(())
                };
                until(&what, settled).await;
            }
        }
    }

    fn end(&self, here: usize, there: usize) -> (State, usize) {
        let info = self.node(here).peer(&self.id(there));
        info.map_or((State::Disconnected, 0), |info| (info.state, info.connections))
    }

    /// A message goes over each link, both ways, and arrives.
    ///
    /// # Panics
    /// If one does not.
    pub async fn talk(&mut self) {
        for (from, to) in self.links.clone() {
            for (from, to) in [(from, to), (to, from)] {
                self.sent += 1;
                let text = self.sent.to_be_bytes();
                send(self.node(from), self.id(to), "chat", &text).await;
                let what = format!("message {} from {from} to {to}", self.sent);
                let running = self.members[to].running.as_mut().expect("it runs");
                let inbox = running.1.as_mut().expect("its inbox is here");
                while message(inbox, &what).await.payload()[..] != text {}
            }
        }
    }

    /// Stops all that run.
    pub async fn end_all(mut self) {
        for number in 0..self.len() {
            self.stop(number).await;
        }
    }
}

impl Member {
    async fn start(&mut self) {
        let builder = builder_of(self.identity.clone(), &["chat"])
            .reconnect(impatient())
            .address_book(self.folder.path().join("peers.json"));
        // The address book of one that was killed is let go a moment later.
        let free = async || {
            let started = builder.clone().listen(&self.place[..]).expect("a place").start().await;
            started.ok()
        };
        let node = until("the start", free).await;
        self.place = place(&address(&node));
        let inbox = node.messages("chat").expect("it is free");
        self.running = Some((node, Some(inbox)));
    }
}
