//! What the program's exit status says.

use std::process::ExitCode;

use glueberry_core::ErrorCode;

/// How a command ended that did not fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// It did what it was asked for.
    Done,
    /// It was asked to stop, and stopping is its proper end: `listen` and `connect`.
    Stopped,
    /// It was asked to stop before it was done.
    Interrupted,
    /// Nobody reads its output any more, before it was done.
    Unheard,
    /// It went on to its end, but something in between failed, which was told then.
    Failed(ErrorCode),
}

impl Outcome {
    /// Whether it ended because it was asked to, so that nothing should hold it up any more.
    pub(crate) fn is_cut_short(self) -> bool {
        matches!(self, Self::Stopped | Self::Interrupted | Self::Unheard)
    }

    pub(crate) fn exit_code(self) -> ExitCode {
        match self {
            Self::Done | Self::Stopped => ExitCode::SUCCESS,
            Self::Interrupted => INTERRUPTED.into(),
            Self::Unheard => OTHER.into(),
            Self::Failed(code) => code_of(code),
        }
    }
}

/// The exit status that goes with an error.
pub(crate) fn code_of(code: ErrorCode) -> ExitCode {
    status_of(code).into()
}

fn status_of(code: ErrorCode) -> u8 {
    use ErrorCode as Code;
    match code {
        Code::InvalidConfig
        | Code::InvalidAddress
        | Code::InvalidPeerId
        | Code::UnsupportedPeerId
        | Code::InvalidStreamName
        | Code::UnknownStream
        | Code::DialedSelf
        | Code::TooManyStreams => USAGE,
        Code::Unreachable
        | Code::NotConnected
        | Code::ConnectionLost
        | Code::Cancelled
        | Code::WrongPeer
        | Code::HandshakeFailed
        | Code::PeerKeyMismatch
        | Code::IdentityRefused
        | Code::StreamRefused => NO_SESSION,
        Code::TimedOut | Code::HandshakeTimeout => TIMED_OUT,
        _ => OTHER,
    }
}

pub(crate) const OTHER: u8 = 1;
pub(crate) const USAGE: u8 = 2;
/// The peer cannot be reached, no hands were shaken, or the session ended too early.
const NO_SESSION: u8 = 3;
const TIMED_OUT: u8 = 4;
/// As shells have it: 128 and the number of SIGINT.
const INTERRUPTED: u8 = 130;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_kind_of_error_has_its_status() {
        assert_eq!(status_of(ErrorCode::InvalidAddress), USAGE);
        assert_eq!(status_of(ErrorCode::WrongPeer), NO_SESSION);
        assert_eq!(status_of(ErrorCode::HandshakeTimeout), TIMED_OUT);
        assert_eq!(status_of(ErrorCode::AddressInUse), OTHER);
        assert_eq!(status_of(ErrorCode::KeyFileExposed), OTHER);
    }

    #[test]
    fn no_error_is_a_success() {
        assert!(ErrorCode::ALL.iter().all(|code| status_of(*code) != 0));
    }
}
