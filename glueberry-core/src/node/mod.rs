//! The façade: what an application holds.

mod builder;
mod handle;

pub use builder::Builder;
pub use handle::Node;
