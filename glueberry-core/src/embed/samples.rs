//! One event of each kind, for those who translate events.

use std::time::{Duration, SystemTime};

use glueberry_proto::name::StreamName;

use crate::{
    Denial, Direction, DisconnectReason, ErrorCode, Event, EventKind, Identity, PressureLevel,
    StreamCloseReason, Unwritten,
};

/// Events of all kinds, in the order of their numbers; one with a field that may be absent comes twice.
/// For the tests of bindings: what cannot be told from what is left out is found by them.
#[must_use]
pub fn samples() -> Vec<Event> {
    let at = SystemTime::UNIX_EPOCH + Duration::from_millis(1_700_000_000_250);
    kinds(at).into_iter().map(|kind| Event { at, kind }).collect()
}

fn kinds(at: SystemTime) -> Vec<EventKind> {
    let peer = Identity::from_seed(&[7; 32]).expect("a seed has 32 bytes").peer_id();
    let stream = StreamName::parse("chat").expect("a valid name");
    let address = "192.0.2.7:9000".to_owned();
    let place = "/ip4/192.0.2.7/tcp/9000".parse().expect("a valid address");
    let unwritten = vec![Unwritten { stream: stream.clone(), messages: 3, bytes: 4096 }];
    let (session, attempt, delay) = (5, 2, Duration::from_millis(1500));
    let disconnected = |session, reason, unwritten| EventKind::PeerDisconnected {
        peer,
        session,
        reason,
        unwritten,
    };
    let denied = |peer, denial| EventKind::ConnectionDenied {
        inbound: true,
        peer,
        address: address.clone(),
        denial,
        suppressed: 4,
    };
    let warning = |peer, stream| EventKind::Warning {
        code: ErrorCode::OversizeSkipped,
        peer,
        stream,
        detail: "2 MiB".to_owned(),
    };
    vec![
        EventKind::ListenAddress { address: place },
        EventKind::PeerConnecting { peer },
        EventKind::PeerConnected { peer, session, inbound: true, address: address.clone() },
        EventKind::PeerEstablished { peer, session },
        disconnected(Some(session), DisconnectReason::ConnectionLost, unwritten),
        disconnected(None, DisconnectReason::DialFailed, Vec::new()),
        EventKind::PeerReconnecting { peer, attempt, delay },
        EventKind::PeerCooldown { peer, until: at + Duration::from_mins(1) },
        denied(Some(peer), Denial::PeerBanned),
        denied(None, Denial::PendingLimit),
        EventKind::StreamOpened { peer, stream: stream.clone() },
        EventKind::StreamDegraded { peer, stream: stream.clone(), attempt },
        EventKind::StreamRecovered { peer, stream: stream.clone() },
        EventKind::StreamClosed {
            peer,
            stream: stream.clone(),
            reason: StreamCloseReason::SessionEnded,
        },
        EventKind::StreamPressure {
            peer,
            stream: stream.clone(),
            direction: Direction::Outbound,
            level: PressureLevel::High,
            bytes: 200_000,
        },
        EventKind::DecryptionFailed { peer, stream: stream.clone() },
        warning(Some(peer), Some(stream)),
        warning(None, None),
        EventKind::Lagged { missed: 9 },
    ]
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::EventName;
    use crate::embed::{Value, fields};

    #[test]
    fn every_kind_has_a_sample() {
        let sampled: BTreeSet<EventName> = samples().iter().map(Event::name).collect();
        assert_eq!(sampled, EventName::ALL.iter().copied().collect());
    }

    #[test]
    fn an_event_is_told_with_the_peer_it_is_about() {
        for event in samples() {
            let told = fields(&event.kind).into_iter().find_map(|(name, value)| match value {
                Value::Peer(peer) if name == "peer" => Some(peer),
                _ => None,
            });
            assert_eq!(told, event.peer(), "{event:?}");
        }
    }

    #[test]
    fn the_fields_of_a_kind_are_always_the_same() {
        let names = |event: &Event| -> Vec<&str> {
            fields(&event.kind).into_iter().map(|(name, _)| name).collect()
        };
        for pair in samples().windows(2).filter(|pair| pair[0].name() == pair[1].name()) {
            assert_eq!(names(&pair[0]), names(&pair[1]));
        }
    }
}
