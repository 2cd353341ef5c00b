//! The façade: what an application holds.

mod builder;
mod handle;
mod health;

pub use builder::Builder;
pub use handle::Node;
