//! What one peer's connections mean: the state machine behind every event about a peer.
//!
//! It sees connections come and go, handshakes end and time pass; it says what to do ([`Action`]).
//! It holds no clock and no socket, so that every order of events can be tested.

mod action;
mod backoff;
mod keepalive;
mod machine;
mod pursuit;
mod rivals;

pub use action::{Action, ConnectionKey, DisconnectReason, State};
pub use backoff::{Backoff, BackoffPolicy, PolicyError};
pub use keepalive::{Outbound, Step, Watch};
pub use machine::Machine;
pub use pursuit::{Interest, RetryPolicy};
pub use rivals::{Dialer, SIMULTANEOUS_DIAL_WINDOW};
