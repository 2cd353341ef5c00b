//! Peers that are remembered, and bans.

use std::collections::BTreeMap;
use std::time::Duration;

use glueberry_core::embed::{fault, new_peer};
use glueberry_core::{BanTarget, ErrorCode, Result};
use napi_derive::napi;
use serde_json::Value as Json;

use crate::json;
use crate::node::{NativeNode, peer_text};
use crate::tasks::Outcome;

#[napi]
impl NativeNode {
    /// Remembers a peer; yields its id.
    #[napi]
    pub fn add_peer(
        &self,
        addresses: Vec<String>,
        persistent: bool,
        metadata: BTreeMap<String, String>,
    ) -> napi::Result<u32> {
        let described = || new_peer(&addresses, persistent, metadata);
        self.begin(described, |node, peer| async move { node.add_peer(peer).await }, peer_text)
    }

    /// Forgets a peer.
    #[napi]
    pub fn remove_peer(&self, peer: String) -> napi::Result<u32> {
        self.begin_for(&peer, |node, peer| async move { node.remove_peer(&peer).await })
    }

    /// All peers, as JSON.
    #[napi]
    pub fn peers(&self) -> napi::Result<String> {
        self.look(|node| Ok(node.peers().iter().map(json::peer).collect::<Json>().to_string()))
    }

    /// A peer as JSON; nothing if it is not known.
    #[napi]
    pub fn peer(&self, peer: String) -> napi::Result<Option<String>> {
        self.look_at(&peer, |node, peer| {
            Ok(node.peer(&peer).map(|peer| json::peer(&peer).to_string()))
        })
    }

    /// Where a peer may be found.
    #[napi]
    pub fn addresses(&self, peer: String) -> napi::Result<Vec<String>> {
        self.look_at(&peer, |node, peer| {
            Ok(node.addresses(&peer).iter().map(ToString::to_string).collect())
        })
    }

    /// Bans a peer, an address or a range, for so many milliseconds or for ever.
    #[napi]
    pub fn ban(&self, target: String, within: Option<f64>) -> napi::Result<u32> {
        let parsed = || Ok((target.parse::<BanTarget>()?, within.map(duration).transpose()?));
        self.begin(
            parsed,
            |node, (target, within)| async move { node.ban(target, within).await },
            |()| Outcome::Nothing,
        )
    }

    /// Lifts a ban; yields whether there was one.
    #[napi]
    pub fn unban(&self, target: String) -> napi::Result<u32> {
        let parsed = || target.parse::<BanTarget>();
        self.begin(parsed, |node, target| async move { node.unban(target).await }, Outcome::Flag)
    }

    /// The bans that hold, as JSON.
    #[napi]
    pub fn bans(&self) -> napi::Result<String> {
        self.look(|node| Ok(node.bans().iter().map(json::ban).collect::<Json>().to_string()))
    }
}

fn duration(milliseconds: f64) -> Result<Duration> {
    Duration::try_from_secs_f64(milliseconds / 1e3).map_err(|_| {
        let message = format!("a ban cannot last {milliseconds} ms");
        fault(ErrorCode::InvalidArgument, message)
    })
}
