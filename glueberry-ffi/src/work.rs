//! What a node can be asked to do: its arguments, parsed once, for the blocking call and its
//! `_start` twin.

use std::ffi::c_char;
use std::time::Duration;

use glueberry_core::embed::Yield;
use glueberry_core::{Address, BanTarget, Call, NewPeer, Node, PeerId, Result};

use crate::arguments::{millis, text, texts};
use crate::node::peer_in;
use crate::peer_id::glueberry_peer_id_t;
use crate::peers::{glueberry_new_peer_t, new_peer};
use crate::sized;

/// A call of a node that waits.
pub(crate) trait Work: Send + Sync + 'static {
    /// What it gives.
    type Done: Send;

    fn call<'a>(
        &'a self,
        node: &'a Node,
    ) -> Call<impl Future<Output = Result<Self::Done>> + Send + 'a>;

    /// What it gives, as a completion tells it.
    fn tell(done: Self::Done) -> Yield;
}

/// `name(fields) -> what it gives, |node, work| the call`
macro_rules! work {
    ($(#[doc = $doc:literal])* $name:ident { $($field:ident: $type:ty),* } -> $done:ty,
     $tell:expr, |$node:ident, $work:ident| $call:expr) => {
        $(#[doc = $doc])*
        pub(crate) struct $name { $($field: $type),* }

        impl Work for $name {
            type Done = $done;

            fn call<'a>(
                &'a self,
                $node: &'a Node,
            ) -> Call<impl Future<Output = Result<$done>> + Send + 'a> {
                let $work = self;
                $call
            }

            fn tell(done: $done) -> Yield {
                ($tell)(done)
            }
        }
    };
}

work!(Listen { address: Address } -> Vec<Address>, Yield::Addresses,
    |node, work| node.listen(work.address.clone()));
work!(Connect { address: Address } -> PeerId, Yield::Peer,
    |node, work| node.connect(work.address.clone()));
work!(WaitEstablished { peer: PeerId } -> (), nothing,
    |node, work| node.wait_established(&work.peer));
work!(Disconnect { peer: PeerId } -> (), nothing,
    |node, work| node.disconnect(&work.peer));
work!(CancelReconnection { peer: PeerId } -> (), nothing,
    |node, work| node.cancel_reconnection(&work.peer));
work!(DialKnownPeers {} -> (), nothing,
    |node, _work| node.dial_known_peers());
work!(AddPeer { peer: NewPeer } -> PeerId, Yield::Peer,
    |node, work| node.add_peer(work.peer.clone()));
work!(RemovePeer { peer: PeerId } -> (), nothing,
    |node, work| node.remove_peer(&work.peer));
work!(AddBan { target: BanTarget, duration: Option<Duration> } -> (), nothing,
    |node, work| node.ban(work.target, work.duration));
work!(Unban { target: BanTarget } -> bool, Yield::Flag,
    |node, work| node.unban(work.target));
work!(Flush { peer: PeerId, stream: String } -> (), nothing,
    |node, work| node.flush(&work.peer, &work.stream));
work!(PrepareStreams { peer: PeerId, streams: Vec<String> } -> (), nothing,
    |node, work| node.prepare_streams(&work.peer, &borrowed(&work.streams)));
work!(FinalizeHandshake { peer: PeerId } -> (), nothing,
    |node, work| node.finalize_handshake(&work.peer));
work!(CompleteHandshake { peer: PeerId, streams: Vec<String> } -> (), nothing,
    |node, work| node.complete_handshake(&work.peer, &borrowed(&work.streams)));

impl Listen {
    pub(crate) unsafe fn parse(address: *const c_char, len: usize) -> Result<Self> {
        // SAFETY: the caller's promises, passed on.
        Ok(Self { address: unsafe { text(address, len, "address")? }.parse()? })
    }
}

impl Connect {
    pub(crate) unsafe fn parse(address: *const c_char, len: usize) -> Result<Self> {
        // SAFETY: the caller's promises, passed on.
        Ok(Self { address: unsafe { text(address, len, "address")? }.parse()? })
    }
}

/// What needs nothing but a peer.
macro_rules! about_a_peer {
    ($($name:ident)+) => {$(
        impl $name {
            pub(crate) unsafe fn parse(peer: *const glueberry_peer_id_t) -> Result<Self> {
                // SAFETY: the caller's promise, passed on.
                Ok(Self { peer: unsafe { peer_in(peer)? } })
            }
        }
    )+};
}

about_a_peer! { WaitEstablished Disconnect CancelReconnection RemovePeer FinalizeHandshake }

/// What needs a peer and names of streams.
macro_rules! about_streams {
    ($($name:ident)+) => {$(
        impl $name {
            pub(crate) unsafe fn parse(
                peer: *const glueberry_peer_id_t,
                streams: *const *const c_char,
                count: usize,
            ) -> Result<Self> {
                // SAFETY: the caller's promises, passed on.
                let (peer, streams) = unsafe { (peer_in(peer)?, texts(streams, count, "streams")?) };
                Ok(Self { peer, streams: streams.into_iter().map(str::to_owned).collect() })
            }
        }
    )+};
}

about_streams! { PrepareStreams CompleteHandshake }

impl AddPeer {
    pub(crate) unsafe fn parse(peer: *const glueberry_new_peer_t) -> Result<Self> {
        // SAFETY: the caller's promises, passed on.
        Ok(Self { peer: unsafe { new_peer(&sized::read(peer, "new_peer")?)? } })
    }
}

impl AddBan {
    pub(crate) unsafe fn parse(target: *const c_char, len: usize, ms: i64) -> Result<Self> {
        // SAFETY: the caller's promises, passed on.
        let target = unsafe { text(target, len, "target")? }.parse()?;
        let duration = if ms == FOR_EVER { None } else { Some(millis(ms, "duration_ms")?) };
        Ok(Self { target, duration })
    }
}

impl Unban {
    pub(crate) unsafe fn parse(target: *const c_char, len: usize) -> Result<Self> {
        // SAFETY: the caller's promises, passed on.
        Ok(Self { target: unsafe { text(target, len, "target")? }.parse()? })
    }
}

impl Flush {
    pub(crate) unsafe fn parse(
        peer: *const glueberry_peer_id_t,
        stream: *const c_char,
        len: usize,
    ) -> Result<Self> {
        // SAFETY: the caller's promises, passed on.
        let (peer, stream) = unsafe { (peer_in(peer)?, text(stream, len, "stream")?) };
        Ok(Self { peer, stream: stream.to_owned() })
    }
}

fn nothing((): ()) -> Yield {
    Yield::Nothing
}

fn borrowed(texts: &[String]) -> Vec<&str> {
    texts.iter().map(String::as_str).collect()
}

/// As the duration of a ban: it does not end by itself.
const FOR_EVER: i64 = -1;
