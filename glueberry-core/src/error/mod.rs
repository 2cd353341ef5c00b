//! What can go wrong, in one type for every language.

mod table;

use std::error::Error as StdError;
use std::fmt;
use std::sync::Arc;

use glueberry_proto::name::StreamName;

use crate::PeerId;
pub use table::{ErrorClass, ErrorCode};

/// A result of this crate.
pub type Result<T> = std::result::Result<T, Error>;

/// What went wrong, with whom, on which stream, and what to do about it.
///
/// ```
/// use glueberry_core::{Address, ErrorCode};
///
/// let error = "/ip4/127.0.0.1/tcp/banana".parse::<Address>().unwrap_err();
/// assert_eq!(error.code(), ErrorCode::InvalidAddress);
/// assert!(!error.is_retriable());
/// println!("{error}\nhint: {}", error.hint());
/// ```
#[derive(Clone)]
pub struct Error {
    body: Box<Body>,
}

#[derive(Clone)]
struct Body {
    code: ErrorCode,
    message: String,
    peer: Option<PeerId>,
    stream: Option<StreamName>,
    cause: Option<Arc<dyn StdError + Send + Sync>>,
}

impl Error {
    pub(crate) fn new(code: ErrorCode, message: impl Into<String>) -> Self {
        let message = message.into();
        Self { body: Box::new(Body { code, message, peer: None, stream: None, cause: None }) }
    }

    pub(crate) fn at_peer(mut self, peer: PeerId) -> Self {
        self.body.peer = Some(peer);
        self
    }

    pub(crate) fn at_stream(mut self, stream: &StreamName) -> Self {
        self.body.stream = Some(stream.clone());
        self
    }

    pub(crate) fn caused_by(mut self, cause: impl StdError + Send + Sync + 'static) -> Self {
        self.body.cause = Some(Arc::new(cause));
        self
    }

    /// Which error this is: stable in number and name, the same in every language.
    #[must_use]
    pub fn code(&self) -> ErrorCode {
        self.body.code
    }

    /// Where the remedy lies: in the configuration, the calling code, the network, the peer, …
    #[must_use]
    pub fn class(&self) -> ErrorClass {
        self.body.code.class()
    }

    /// Whether the same call may succeed later without any change.
    #[must_use]
    pub fn is_retriable(&self) -> bool {
        self.body.code.is_retriable()
    }

    /// What to do about it, in one sentence.
    #[must_use]
    pub fn hint(&self) -> &'static str {
        self.body.code.hint()
    }

    /// What happened this time; never holds keys or payload.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.body.message
    }

    /// The peer it is about.
    #[must_use]
    pub fn peer(&self) -> Option<PeerId> {
        self.body.peer
    }

    /// The stream it is about.
    #[must_use]
    pub fn stream(&self) -> Option<&StreamName> {
        self.body.stream.as_ref()
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.body.message)?;
        if let Some(stream) = &self.body.stream {
            write!(f, " (stream {stream})")?;
        }
        if let Some(peer) = &self.body.peer {
            write!(f, " (peer {peer})")?;
        }
        if let Some(cause) = &self.body.cause {
            write!(f, ": {cause}")?;
        }
        Ok(())
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}({}): {self}", self.body.code, self.body.code.number())
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.body.cause.as_deref().map(|cause| cause as &(dyn StdError + 'static))
    }
}

impl From<std::convert::Infallible> for Error {
    fn from(never: std::convert::Infallible) -> Self {
        match never {}
    }
}
