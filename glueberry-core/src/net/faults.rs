//! What libp2p's errors mean to a user.

use std::io;
use std::net::{IpAddr, TcpListener};

use libp2p::Multiaddr;
use libp2p::core::transport::TransportError;
use libp2p::multiaddr::Protocol;
use libp2p::swarm::{ConnectionDenied, DialError};

use crate::PeerId;
use crate::error::{Error, ErrorCode, Result};

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
        TransportError::Other(fault) => {
            let text = deepest(fault).to_lowercase();
            fault.kind() == io::ErrorKind::TimedOut
                || text.contains("timeout")
                || text.contains("timed out")
        }
        TransportError::MultiaddrNotSupported(_) => false,
    }
}

/// The innermost cause: what the operating system, or the peer, said.
fn deepest(fault: &dyn std::error::Error) -> String {
    let mut innermost = fault;
    while let Some(cause) = innermost.source() {
        innermost = cause;
    }
    innermost.to_string()
}

/// Refuses a TCP port that another socket listens at.
///
/// libp2p listens with `SO_REUSEPORT`, so that two nodes of one user would share a port without a
/// word, and each get some of the other's connections.
pub(super) fn refuse_if_taken(place: &Multiaddr) -> Result<()> {
    let mut parts = place.iter();
    let host = match parts.next() {
        Some(Protocol::Ip4(host)) => IpAddr::from(host),
        Some(Protocol::Ip6(host)) => IpAddr::from(host),
        _ => return Ok(()),
    };
    let Some(Protocol::Tcp(port @ 1..)) = parts.next() else { return Ok(()) };
    match TcpListener::bind((host, port)) {
        Ok(_) => Ok(()),
        Err(fault) => Err(listen_fault(place, TransportError::Other(fault))),
    }
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
