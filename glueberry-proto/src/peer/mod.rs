//! What one peer's connections mean: the state machine behind every event about a peer.
//!
//! It sees connections come and go, handshakes end and time pass; it says what to do ([`Action`]).
//! It holds no clock and no socket, so that every order of events can be tested.

mod keepalive;
mod machine;
mod rivals;

pub use keepalive::{Outbound, Step, Watch};
pub use machine::{Action, ConnectionKey, DisconnectReason, Machine, State};
pub use rivals::{Dialer, SIMULTANEOUS_DIAL_WINDOW};
