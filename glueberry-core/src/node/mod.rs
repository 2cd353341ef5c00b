//! The façade: what an application holds.

mod builder;
mod node;

pub use builder::Builder;
pub use node::Node;
