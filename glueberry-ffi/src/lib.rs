//! The C ABI of Glueberry: what `include/glueberry.h` declares.
//!
//! Every function goes through one guard ([`guard`]) that keeps panics inside, refuses calls after a
//! fork and hands errors out. It translates and decides nothing: what a function does is in
//! `glueberry_core` and its module `embed`.

#[cfg(panic = "abort")]
compile_error!("build with panic = \"unwind\": otherwise a fault ends the program that uses it");

mod arguments;
mod callbacks;
mod calls;
mod error;
mod event;
mod events;
mod guard;
mod message;
mod messages;
mod node;
mod operations;
mod outputs;
mod process;
mod queue;
mod sized;
mod version;
mod work;

#[cfg(test)]
mod tests;

pub use arguments::{GLUEBERRY_FOREVER, GLUEBERRY_NTS};
pub use calls::*;
pub use error::*;
pub use event::*;
pub use events::*;
pub use message::*;
pub use messages::*;
pub use node::*;
pub use operations::*;
pub use version::*;
