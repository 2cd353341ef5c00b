//! Glueberry for Kotlin and Swift: the native half. It translates, and decides nothing.
//!
//! The other halves, in `../kotlin` and `../swift`, are what programs see. Between them: plain
//! records with signed integers, since Java has no others; times in milliseconds; errors as one type
//! with a number (`fault`); messages as one buffer for a whole batch (`messages`). Every function
//! that can fail returns a result, for the languages can throw only from those.

mod cancel;
mod events;
mod fault;
mod identity;
mod log;
mod messages;
mod node;
mod peers;
#[allow(unsafe_code)]
mod quick;
mod records;
mod sends;
mod settings;
mod vocabulary;

uniffi::setup_scaffolding!("glueberry");
