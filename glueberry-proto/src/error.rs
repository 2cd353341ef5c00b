//! Whose fault an error is.
//!
//! Every error of this crate stays small and close to its operation, and answers one question in
//! common: who has to change something? The answer decides whether a peer is blamed (score, ban),
//! the application is told of a bug, or two versions simply do not fit.

/// Who has to change something for the error to go away.
///
/// ```
/// use glueberry_proto::{error::Fault, name::StreamName};
///
/// let error = StreamName::parse("two words").unwrap_err();
/// assert_eq!(error.fault(), Fault::Ours);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Fault {
    /// Misuse: this side called wrongly, or was given bad input by its own operator. No peer may
    /// be blamed for it.
    Ours,
    /// Misbehaved: the peer, or whoever stands between, sent what no correct peer sends.
    Peers,
    /// Incompatible: both follow their rules, and the rules do not fit together.
    Both,
}
