//! Glueberry for Node.js: the native half. It translates, and decides nothing.
//!
//! The other half, in `../ts`, is what programs see. Between the two: plain values, errors as one
//! line of JSON (`guard`), calls that are under way as numbers (`tasks`), messages as one
//! buffer for a whole batch (`messages`).

// The macros of napi leave out what exports it when tests are compiled, as clippy does.
#![cfg_attr(test, allow(dead_code))]

mod events;
mod guard;
mod identity;
mod json;
mod log;
mod messages;
mod node;
mod peers;
mod routes;
mod sends;
mod tasks;
mod tests;
