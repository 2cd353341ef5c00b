//! One peer's session: its keys, its streams, and the handshake that begins it.

mod automatic;
mod session;

pub(crate) use automatic::shake_hands;
pub(crate) use session::{Attachment, Session, SessionParts};
