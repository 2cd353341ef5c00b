//! The swarm: connections, who may have one, and what becomes of each. Nothing per message passes
//! through here.

mod behaviour;
mod boxed;
mod coalesce;
mod connection;
mod dial_slots;
mod dials;
mod driver;
mod faults;
mod gate;
mod handler;
mod keepalive;
mod listeners;
mod metered;
mod muxer;
mod peers;
mod ports;
mod secure;
mod standing;
mod strangers;
mod transport;

pub(crate) use connection::{Arrivals, Connection, OpenFault};
pub(crate) use driver::{Command, Driver, SHUTDOWN_BOUND, Settings};
pub(crate) use gate::GateRules;
pub(crate) use peers::{PeerView, Peers};
pub(crate) use ports::until_released;
