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

/// What the table of limits has from here.
pub(crate) mod bounds {
    pub(crate) use super::coalesce::GATHERED;
    pub(crate) use super::connection::WAITING_STREAMS;
    pub(crate) use super::dial_slots::MOST_DIALS;
    pub(crate) use super::dials::{MOST_ADDRESSES, MOST_WAITERS};
    pub(crate) use super::gate::bounds::{AT_ONCE, MOST_BANS, PERIOD};
    pub(crate) use super::handler::NEGOTIATION_TIMEOUT;
    pub(crate) use super::keepalive::MOST_ECHOES;
    pub(crate) use super::muxer::{CLOSE_TIMEOUT, MOST_HELD_STREAMS, MOST_UNESTABLISHED_STREAMS};
    pub(crate) use super::strangers::{IDENTIFY_WITHIN, MOST_BEFORE_IDENTITY};
    pub(crate) use super::transport::{MAX_QUIC_STREAMS, MAX_YAMUX_STREAMS, Windows};
}

pub(crate) use connection::{Arrivals, Connection, OpenFault};
pub(crate) use driver::{Command, Driver, SHUTDOWN_BOUND, Settings};
pub(crate) use gate::GateRules;
pub(crate) use peers::{PeerView, Peers};
pub(crate) use ports::until_released;
