//! Sending, by numbers. A method of an object costs some 0.7 µs before it begins, more than all
//! that a message costs otherwise; a plain function a tenth of that.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::rc::Rc;

use glueberry_core::embed::{Host, fault};
use glueberry_core::{Error, ErrorCode, Result};
use napi_derive::napi;

use crate::guard::guard;
use crate::node::{Inner, closed};
use crate::routes::Way;
use crate::tasks::Outcome;

/// Sends a message: 0 if it is queued, otherwise the number of the call that waits for room.
#[napi]
pub fn send(sender: u32, route: u32, message: &[u8]) -> napi::Result<u32> {
    with(sender, route, |node, host, way| {
        Ok(match host.send_soon(way.peer, &way.stream, message)? {
            None => 0,
            Some(waiting) => node.tasks.begin(waiting, |()| Outcome::Nothing),
        })
    })
}

/// Sends a message if there is room: whether there was.
#[napi]
pub fn try_send(sender: u32, route: u32, message: &[u8]) -> napi::Result<bool> {
    with(sender, route, |_, host, way| {
        match host.node().try_send(&way.peer, &way.stream, message) {
            Err(error) if error.code() == ErrorCode::WouldBlock => Ok(false),
            sent => sent.map(|()| true),
        }
    })
}

/// That a node has a number on this thread of JavaScript.
pub(crate) struct Sender {
    number: u32,
}

impl Sender {
    pub(crate) fn new(node: Rc<Inner>) -> Self {
        let number = LAST.get().wrapping_add(1);
        LAST.set(number);
        SENDERS.with_borrow_mut(|senders| senders.insert(number, node));
        Self { number }
    }

    pub(crate) fn number(&self) -> u32 {
        self.number
    }

    /// Takes the number back.
    pub(crate) fn end(&self) {
        // When a thread ends the table may be gone before the nodes are.
        let ended = SENDERS.try_with(|senders| senders.borrow_mut().remove(&self.number));
        drop(ended);
    }
}

impl Drop for Sender {
    fn drop(&mut self) {
        self.end();
    }
}

fn with<T>(
    sender: u32,
    route: u32,
    work: impl FnOnce(&Inner, &Host, &Way) -> Result<T>,
) -> napi::Result<T> {
    SENDERS.with_borrow(|senders| {
        let Some(node) = senders.get(&sender) else { return guard(|| Err(closed())) };
        node.guarded(|| {
            let (host, routes) = (node.host.borrow(), node.routes.borrow());
            let host = host.as_ref().ok_or_else(closed)?;
            work(node, host, routes.way(route).ok_or_else(no_route)?)
        })
    })
}

fn no_route() -> Error {
    fault(ErrorCode::Internal, "there is no such route")
}

thread_local! {
    /// The nodes that are not closed. A number is used again after four billion nodes.
    static SENDERS: RefCell<HashMap<u32, Rc<Inner>>> = RefCell::default();
    static LAST: Cell<u32> = const { Cell::new(0) };
}
