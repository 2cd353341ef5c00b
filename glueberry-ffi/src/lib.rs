//! The C ABI of Glueberry: what `include/glueberry.h` declares.
//!
//! Every function goes through one guard ([`guard`]) that keeps panics inside, refuses calls after a
//! fork and hands errors out. It translates and decides nothing: what a function does is in
//! `glueberry_core` and its module `embed`.

#[cfg(panic = "abort")]
compile_error!("build with panic = \"unwind\": otherwise a fault ends the program that uses it");

mod arguments;
mod error;
mod guard;
#[cfg(test)]
mod miri;
mod sized;
mod version;

pub use arguments::{GLUEBERRY_FOREVER, GLUEBERRY_NTS};
pub use error::*;
pub use version::*;
