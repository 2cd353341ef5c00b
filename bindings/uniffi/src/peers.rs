//! Peers that are remembered, and bans.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use glueberry_core::embed::{fault, new_peer};
use glueberry_core::{BanTarget, ErrorCode};

use crate::cancel::Cancel;
use crate::fault::{Told, guard};
use crate::node::{NativeNode, peer_of};
use crate::records::{BanRecord, PeerRecord};

#[uniffi::export]
impl NativeNode {
    /// Remembers a peer; its id.
    pub async fn add_peer(
        &self,
        addresses: Vec<String>,
        persistent: bool,
        metadata: HashMap<String, String>,
        cancel: Option<Arc<Cancel>>,
    ) -> Told<String> {
        let peer = guard(|| new_peer(&addresses, persistent, metadata))?;
        let added = self.call(cancel, |node| async move { node.add_peer(peer).await });
        Ok(added.await?.to_string())
    }

    /// Forgets a peer.
    pub async fn remove_peer(&self, peer: String, cancel: Option<Arc<Cancel>>) -> Told<()> {
        let peer = peer_of(&peer)?;
        self.call(cancel, |node| async move { node.remove_peer(&peer).await }).await
    }

    /// All peers that are known or connected.
    pub fn peers(&self) -> Told<Vec<PeerRecord>> {
        self.with(|host| Ok(host.node().peers().iter().map(PeerRecord::from).collect()))
    }

    /// A peer; nothing if it is neither known nor connected.
    pub fn peer(&self, peer: String) -> Told<Option<PeerRecord>> {
        self.look_at(&peer, |node, peer| Ok(node.peer(&peer).as_ref().map(PeerRecord::from)))
    }

    /// Where a peer may be found.
    pub fn addresses(&self, peer: String) -> Told<Vec<String>> {
        self.look_at(&peer, |node, peer| {
            Ok(node.addresses(&peer).iter().map(ToString::to_string).collect())
        })
    }

    /// Bans a peer, an address or a range, for so many milliseconds or for ever.
    pub async fn ban(
        &self,
        target: String,
        within_ms: Option<i64>,
        cancel: Option<Arc<Cancel>>,
    ) -> Told<()> {
        let (target, within) = guard(|| {
            let within = within_ms.map(|ms| {
                let unfit = |_| fault(ErrorCode::InvalidArgument, format!("no ban lasts {ms} ms"));
                ms.try_into().map(Duration::from_millis).map_err(unfit)
            });
            Ok((target.parse::<BanTarget>()?, within.transpose()?))
        })?;
        self.call(cancel, |node| async move { node.ban(target, within).await }).await
    }

    /// Lifts a ban; whether there was one.
    pub async fn unban(&self, target: String, cancel: Option<Arc<Cancel>>) -> Told<bool> {
        let target = guard(|| target.parse::<BanTarget>())?;
        self.call(cancel, |node| async move { node.unban(target).await }).await
    }

    /// The bans that hold.
    pub fn bans(&self) -> Told<Vec<BanRecord>> {
        self.with(|host| Ok(host.node().bans().iter().map(BanRecord::from).collect()))
    }
}
