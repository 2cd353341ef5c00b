//! Every event is a line in the log: lifecycle at info, what deserves a look at warn. Neither keys
//! nor payload are part of an event, so none can get into a log from here.

use tracing::{debug, info, warn};

use super::EventKind;

pub(super) fn write(event: &EventKind) {
    match event {
        EventKind::ListenAddress { address } => info!(%address, "listening"),
        EventKind::PeerConnecting { peer } => info!(%peer, "connecting"),
        EventKind::PeerConnected { peer, session, inbound, address } => {
            info!(%peer, session, inbound, %address, "connected");
        }
        EventKind::PeerEstablished { peer, session } => info!(%peer, session, "established"),
        EventKind::PeerDisconnected { peer, session, reason, unwritten } => {
            let lost: u64 = unwritten.iter().map(|stream| stream.messages).sum();
            info!(%peer, session, ?reason, unwritten = lost, "disconnected");
        }
        EventKind::PeerReconnecting { peer, attempt, delay } => {
            info!(%peer, attempt, ?delay, "reconnecting");
        }
        EventKind::PeerCooldown { peer, until } => info!(%peer, ?until, "left alone for a while"),
        EventKind::ConnectionDenied { inbound, peer, address, denial, suppressed } => {
            let peer = peer.map(tracing::field::display);
            info!(inbound, peer, %address, ?denial, suppressed, "connection denied");
        }
        EventKind::StreamOpened { peer, stream } => debug!(%peer, %stream, "stream opened"),
        EventKind::StreamDegraded { peer, stream, attempt } => {
            warn!(%peer, %stream, attempt, "a stream failed and is opened again");
        }
        EventKind::StreamRecovered { peer, stream } => info!(%peer, %stream, "stream recovered"),
        EventKind::StreamClosed { peer, stream, reason } => {
            debug!(%peer, %stream, ?reason, "stream closed");
        }
        EventKind::StreamPressure { peer, stream, direction, level, bytes } => {
            debug!(%peer, %stream, ?direction, ?level, bytes, "stream pressure");
        }
        EventKind::DecryptionFailed { peer, stream } => {
            warn!(%peer, %stream, "a message could not be opened");
        }
        EventKind::Warning { code, peer, stream, detail } => {
            let (peer, stream) = (peer.map(tracing::field::display), stream.as_ref());
            warn!(code = code.name(), peer, stream = stream.map(tracing::field::display), detail);
        }
        // Only told to the subscriber that lagged.
        EventKind::Lagged { .. } => {}
    }
}
