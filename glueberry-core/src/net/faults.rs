//! What libp2p's errors mean to a user.

use std::io;

use glueberry_proto::peer::DisconnectReason;
use libp2p::core::transport::TransportError;
use libp2p::swarm::{ConnectionDenied, ConnectionError, DialError};

use crate::PeerId;
use crate::error::{Error, ErrorCode};

/// Why a dial came to nothing.
pub(super) fn dial_fault(peer: PeerId, fault: DialError) -> Error {
    if let Some(refusal) = refusal(&fault) {
        return refusal.clone().at_peer(peer);
    }
    let error = match fault {
        DialError::WrongPeerId { obtained, address } => {
            let message = format!("{obtained} answered at {address}");
            Error::new(ErrorCode::WrongPeer, message)
        }
        DialError::LocalPeerId { address } => {
            Error::new(ErrorCode::DialedSelf, format!("{address} is this node's own address"))
        }
        DialError::Denied { cause } => denied(cause),
        DialError::Aborted => Error::new(ErrorCode::Cancelled, "the dial was given up"),
        DialError::Transport(tried) if tried.iter().all(|(_, fault)| timed_out(fault)) => {
            Error::new(ErrorCode::TimedOut, "the peer did not answer in time")
        }
        DialError::Transport(tried) => {
            let tried: Vec<String> = tried
                .iter()
                .map(|(address, fault)| format!("{address}: {}", deepest(fault)))
                .collect();
            Error::new(
                ErrorCode::Unreachable,
                format!("cannot reach the peer ({})", tried.join("; ")),
            )
        }
        other => Error::new(ErrorCode::Unreachable, "cannot reach the peer").caused_by(other),
    };
    error.at_peer(peer)
}

/// Why a connection ended that this node did not close. The system's `ETIMEDOUT` and QUIC's idle
/// timeout say that the peer was silent, as the keep-alive does.
pub(super) fn end_reason(cause: Option<&ConnectionError>) -> DisconnectReason {
    match cause {
        Some(ConnectionError::IO(fault)) if is_timeout(fault) => DisconnectReason::KeepAliveTimeout,
        _ => DisconnectReason::ConnectionLost,
    }
}

fn denied(cause: ConnectionDenied) -> Error {
    match cause.downcast::<Error>() {
        Ok(error) => error,
        Err(cause) => Error::new(ErrorCode::IdentityRefused, cause.to_string()),
    }
}

/// Why our own transport refused an address, if it did.
fn refusal(fault: &DialError) -> Option<&Error> {
    match fault {
        DialError::Transport(tried) => tried.iter().find_map(|(_, fault)| ours(fault)),
        _ => None,
    }
}

/// Our own error, beneath libp2p's wrappings.
fn ours(fault: &TransportError<io::Error>) -> Option<&Error> {
    let mut inner: Option<&(dyn std::error::Error + 'static)> = match fault {
        TransportError::Other(fault) => Some(fault),
        TransportError::MultiaddrNotSupported(_) => None,
    };
    while let Some(fault) = inner {
        if let Some(ours) = fault.downcast_ref::<Error>() {
            return Some(ours);
        }
        inner = match fault.downcast_ref::<io::Error>() {
            // Its `source` would skip what is inside.
            Some(fault) => fault.get_ref().map(|inner| inner as &(dyn std::error::Error + 'static)),
            None => fault.source(),
        };
    }
    None
}

fn timed_out(fault: &TransportError<io::Error>) -> bool {
    match fault {
        TransportError::Other(fault) => is_timeout(fault),
        TransportError::MultiaddrNotSupported(_) => false,
    }
}

fn is_timeout(fault: &io::Error) -> bool {
    let text = format!("{fault}: {}", deepest(fault)).to_lowercase();
    fault.kind() == io::ErrorKind::TimedOut
        || text.contains("timeout")
        || text.contains("timed out")
}

/// The innermost cause: what the operating system, or the peer, said.
fn deepest(fault: &dyn std::error::Error) -> String {
    let mut innermost = fault;
    while let Some(cause) = innermost.source() {
        innermost = cause;
    }
    innermost.to_string()
}

/// Why an address cannot be listened at.
pub(super) fn listen_fault(
    address: &impl std::fmt::Display,
    fault: TransportError<io::Error>,
) -> Error {
    match fault {
        TransportError::MultiaddrNotSupported(_) => {
            let message = format!("{address} is not of a kind that can be listened at");
            Error::new(ErrorCode::InvalidAddress, message)
        }
        TransportError::Other(fault) => {
            let text = deepest(&fault);
            let in_use = fault.kind() == io::ErrorKind::AddrInUse || text.contains("in use");
            let code = if in_use { ErrorCode::AddressInUse } else { ErrorCode::ListenFailed };
            Error::new(code, format!("cannot listen at {address}: {text}"))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reason(fault: io::Error) -> DisconnectReason {
        end_reason(Some(&ConnectionError::IO(io::Error::other(fault))))
    }

    #[test]
    fn a_connection_that_the_system_gave_up_ended_for_want_of_a_sign_of_life() {
        let timed_out = io::ErrorKind::TimedOut.into();
        assert_eq!(reason(timed_out), DisconnectReason::KeepAliveTimeout);
        let reset = io::ErrorKind::ConnectionReset.into();
        assert_eq!(reason(reset), DisconnectReason::ConnectionLost);
        assert_eq!(end_reason(None), DisconnectReason::ConnectionLost);
    }
}
