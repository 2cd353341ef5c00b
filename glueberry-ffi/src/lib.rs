//! The C ABI of Glueberry: what `include/glueberry.h` declares.
//!
//! Every function goes through one guard (`guard`) that keeps panics inside, refuses calls after a
//! fork and hands errors out. It translates and decides nothing: what a function does is in
//! `glueberry_core` and its module `embed`.

#[cfg(panic = "abort")]
compile_error!("build with panic = \"unwind\": otherwise a fault ends the program that uses it");

mod arguments;
mod bans;
mod callbacks;
mod calls;
mod config;
mod error;
mod event;
mod events;
mod guard;
mod identity;
mod log;
mod message;
mod messages;
mod names;
mod node;
mod operations;
mod outputs;
mod peer_id;
mod peers;
mod process;
mod queue;
mod sized;
mod status;
mod streams;
mod strings;
mod version;
mod vocabulary;
mod work;

#[cfg(test)]
mod miri;
#[cfg(test)]
mod tests;

pub use arguments::{GLUEBERRY_FOREVER, GLUEBERRY_NTS};
pub use bans::*;
pub use calls::*;
pub use config::*;
pub use error::*;
pub use event::*;
pub use events::*;
pub use identity::*;
pub use log::*;
pub use message::*;
pub use messages::*;
pub use names::*;
pub use node::*;
pub use operations::*;
pub use peer_id::*;
pub use peers::*;
pub use status::*;
pub use streams::*;
pub use strings::*;
pub use version::*;
pub use vocabulary::*;
