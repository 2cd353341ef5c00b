//! Why a connection was refused.

use crate::ErrorCode;

/// Why a connection was refused, or dropped before its peer was known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Denial {
    /// The peer's key identifies nobody: of small order, malformed, not Ed25519.
    IdentityRefused,
    /// The peer has this node's own key.
    OwnIdentity,
    /// The peer is banned.
    PeerBanned,
    /// The address is banned.
    AddressBanned,
    /// A rule denies the peer, or there is a list of those allowed and the peer is not in it.
    PeerNotAllowed,
    /// A rule denies the address, or there is a list of those allowed and the address is not in it.
    AddressNotAllowed,
    /// Too many connections have not proven an identity yet; this was the oldest of the source that
    /// had the most of them.
    PendingLimit,
    /// The node has as many connections as it may have, or an inbound one found only those places
    /// that are kept for dials.
    TotalLimit,
    /// The peer has as many connections as one peer may have.
    PeerLimit,
    /// The address has as many connections as one address may have.
    AddressLimit,
    /// It sent more than it may before its identity was proven.
    TooMuchBeforeIdentity,
    /// It did not prove its identity in time.
    TooSlowToIdentify,
    /// It opened more streams than it may before it was established.
    TooManyStreams,
}

glueberry_proto::vocabulary!(Denial {
    1 IdentityRefused
    2 OwnIdentity
    3 PeerBanned
    4 AddressBanned
    5 PeerNotAllowed
    6 AddressNotAllowed
    7 PendingLimit
    8 TotalLimit
    9 PeerLimit
    10 AddressLimit
    11 TooMuchBeforeIdentity
    12 TooSlowToIdentify
    13 TooManyStreams
});

impl Denial {
    /// The error that a call gets which runs into it.
    #[must_use]
    pub fn code(self) -> ErrorCode {
        match self {
            Self::IdentityRefused | Self::OwnIdentity => ErrorCode::IdentityRefused,
            Self::PeerBanned | Self::AddressBanned => ErrorCode::Banned,
            Self::PeerNotAllowed | Self::AddressNotAllowed => ErrorCode::NotAllowed,
            Self::PendingLimit | Self::TotalLimit | Self::PeerLimit | Self::AddressLimit => {
                ErrorCode::TooManyConnections
            }
            Self::TooMuchBeforeIdentity | Self::TooSlowToIdentify => ErrorCode::HandshakeFailed,
            Self::TooManyStreams => ErrorCode::TooManyStreams,
        }
    }
}
