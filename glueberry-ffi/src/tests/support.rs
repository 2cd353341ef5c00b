//! Nodes on loopback, and what tests ask again and again.

use std::collections::BTreeSet;
use std::ffi::{CStr, CString, c_char};
use std::net::TcpListener;
use std::ptr::{null, null_mut};

use crate::*;

pub(super) const INVALID: i32 = -207;
pub(super) const PANIC: i32 = -902;
pub(super) const CLOSED: i32 = 3;
pub(super) const TIMEOUT: i32 = 1;
pub(super) const NTS: usize = GLUEBERRY_NTS;
/// Far more than anything here takes on a busy machine: only a hang reaches it.
pub(super) const LONG: i64 = 45_000;

/// A node with the stream `chat` that listens on loopback, and a queue of all its events.
pub(super) struct Running {
    pub(super) node: *mut glueberry_node_t,
    pub(super) events: *mut glueberry_events_t,
}

// Nodes and queues may be used by any thread: the header says so.
unsafe impl Sync for Running {}
unsafe impl Send for Running {}

impl Running {
    pub(super) fn start() -> Self {
        unsafe {
            let config = configuration();
            let (mut node, mut events) = (null_mut(), null_mut());
            done(glueberry_node_start(config, &raw mut node, null_mut()));
            glueberry_config_free(config);
            done(glueberry_node_events(node, null(), &raw mut events, null_mut()));
            Self { node, events }
        }
    }

    pub(super) fn id(&self) -> glueberry_peer_id_t {
        let mut peer = nobody();
        done(unsafe { glueberry_node_peer_id(self.node, &raw mut peer) });
        peer
    }

    pub(super) fn address(&self) -> CString {
        unsafe {
            let mut all = null_mut();
            done(glueberry_node_listen_addresses(self.node, &raw mut all, null_mut()));
            let first = CStr::from_ptr(glueberry_strings_get(all, 0)).to_owned();
            glueberry_strings_free(all);
            first
        }
    }

    pub(super) fn connect(&self, other: &Self) -> glueberry_peer_id_t {
        let (address, mut peer) = (other.address(), nobody());
        unsafe {
            let (to, here) = (address.as_ptr(), &raw mut peer);
            done(glueberry_node_connect(self.node, to, NTS, LONG, here, null_mut()));
            let own = self.id();
            done(glueberry_node_wait_established(other.node, &raw const own, LONG, null_mut()));
        }
        peer
    }

    pub(super) fn send(&self, peer: &glueberry_peer_id_t, message: &[u8]) -> i32 {
        let (data, len) = (message.as_ptr(), message.len());
        unsafe {
            glueberry_node_send(self.node, peer, CHAT.as_ptr(), NTS, data, len, LONG, null_mut())
        }
    }

    pub(super) fn messages(&self) -> *mut glueberry_messages_t {
        let mut messages = null_mut();
        let place = &raw mut messages;
        done(unsafe { glueberry_node_messages(self.node, CHAT.as_ptr(), NTS, place, null_mut()) });
        messages
    }

    /// Begins to connect to an address.
    pub(super) fn begin_connecting(
        &self,
        to: &CStr,
        timeout_ms: i64,
        tag: u64,
    ) -> *mut glueberry_op_t {
        let mut op = null_mut();
        let (place, err) = (&raw mut op, null_mut());
        done(unsafe {
            let (to, events) = (to.as_ptr(), self.events);
            glueberry_node_connect_start(self.node, to, NTS, timeout_ms, events, tag, place, err)
        });
        op
    }

    pub(super) fn shut_down(&self) {
        done(unsafe { glueberry_node_shutdown(self.node, LONG, null_mut()) });
    }

    /// Waits for an event that never comes; what `next` returned at last.
    pub(super) fn wait(&self) -> i32 {
        loop {
            let mut event = null_mut();
            match unsafe { glueberry_events_next(self.events, -1, &raw mut event) } {
                // Of the start: the address at which the node listens.
                0 => unsafe { glueberry_event_free(event) },
                status => return status,
            }
        }
    }

    /// Frees the node, but not the queue.
    pub(super) fn free_node(&mut self) {
        unsafe { glueberry_node_free(std::mem::replace(&mut self.node, null_mut())) }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        unsafe {
            glueberry_events_free(self.events);
            glueberry_node_free(self.node);
        }
    }
}

pub(super) const CHAT: &CStr = c"chat";

/// Of a node with the stream `chat` that listens on loopback.
pub(super) fn configuration() -> *mut glueberry_config_t {
    let (mut identity, mut config) = (null_mut(), null_mut());
    unsafe {
        done(glueberry_identity_generate(&raw mut identity, null_mut()));
        done(glueberry_config_new(identity, &raw mut config, null_mut()));
        glueberry_identity_free(identity);
        let listen = c"/ip4/127.0.0.1/tcp/0".as_ptr();
        done(glueberry_config_add_listen_address(config, listen, NTS, null_mut()));
        done(glueberry_config_add_stream(config, CHAT.as_ptr(), NTS, null(), null_mut()));
    }
    config
}

/// An address where somebody accepts connections and says nothing, for as long as it is held.
pub(super) struct Silence {
    pub(super) address: CString,
    _listener: TcpListener,
}

impl Silence {
    pub(super) fn listen() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let peer = glueberry_core::Identity::generate().peer_id();
        let address = CString::new(format!("/ip4/127.0.0.1/tcp/{port}/p2p/{peer}")).unwrap();
        Self { address, _listener: listener }
    }
}

/// A completion, without what it borrows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Completion {
    pub(super) tag: u64,
    pub(super) status: i32,
    pub(super) has_error: bool,
}

/// The next completion, past all events.
pub(super) fn next_completion(events: *const glueberry_events_t) -> Option<Completion> {
    loop {
        let mut event = null_mut();
        match unsafe { glueberry_events_next(events, LONG, &raw mut event) } {
            0 => {}
            CLOSED => return None,
            other => panic!("next returned {other}"),
        }
        let view = read(event);
        let (tag, status, has_error) = (view.tag, view.status, !view.error.is_null());
        unsafe { glueberry_event_free(event) };
        if view.kind == GLUEBERRY_EVENT_OP_DONE {
            return Some(Completion { tag, status, has_error });
        }
    }
}

/// All completions up to the end of the queue.
pub(super) fn completions(events: *const glueberry_events_t) -> Vec<Completion> {
    std::iter::from_fn(|| next_completion(events)).collect()
}

pub(super) fn read(event: *const glueberry_event_t) -> glueberry_event_view_t {
    let mut view = sized_zero::<glueberry_event_view_t>();
    done(unsafe { glueberry_event_read(event, &raw mut view) });
    view
}

/// The next message's bytes.
pub(super) fn receive(messages: *const glueberry_messages_t) -> Vec<u8> {
    unsafe {
        let mut message = null_mut();
        done(glueberry_messages_next(messages, LONG, &raw mut message));
        let bytes = payload(message);
        glueberry_message_free(message);
        bytes
    }
}

pub(super) fn payload(message: *const glueberry_message_t) -> Vec<u8> {
    let (mut data, mut len) = (null(), 0);
    unsafe {
        done(glueberry_message_data(message, &raw mut data, &raw mut len));
        std::slice::from_raw_parts(data, len).to_vec()
    }
}

/// A struct of which all is zero but its size, as a C programmer begins with it.
pub(super) fn sized_zero<T: crate::sized::Growing>() -> T {
    let mut value = std::mem::MaybeUninit::<T>::zeroed();
    let size = u32::try_from(size_of::<T>()).unwrap();
    unsafe {
        value.as_mut_ptr().cast::<u32>().write(size);
        value.assume_init()
    }
}

pub(super) fn nobody() -> glueberry_peer_id_t {
    glueberry_peer_id_t { key: [0; 32] }
}

pub(super) fn done(status: i32) {
    assert_eq!(status, 0);
}

pub(super) fn bad_utf8() -> *const c_char {
    c"\xff\xfe".as_ptr()
}

/// The functions that a test has called.
#[derive(Default)]
pub(super) struct Called(BTreeSet<&'static str>);

impl Called {
    pub(super) fn note(&mut self, name: &'static str) {
        self.0.insert(name);
    }

    /// Fails unless all functions of that part of the header were called, and no others.
    pub(super) fn is_every_function(&self, part: impl Fn(&str) -> bool) {
        let header = include_str!("../../../include/glueberry.h");
        let declared: BTreeSet<&str> = functions(header).filter(|name| part(name)).collect();
        assert!(declared.len() > 60, "the header declares {declared:?} only");
        let missed: Vec<_> = declared.difference(&self.0).collect();
        assert!(missed.is_empty(), "nothing was tried with {missed:?}");
        let unknown: Vec<_> = self.0.difference(&declared).collect();
        assert!(unknown.is_empty(), "the header does not declare {unknown:?}");
    }
}

/// Every name with our prefix that an opening parenthesis follows.
fn functions(header: &str) -> impl Iterator<Item = &str> {
    header.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_' || c == '(')).filter_map(
        |word| {
            let name = word.split_once('(')?.0;
            name.starts_with("glueberry_").then_some(name)
        },
    )
}

/// What acts: nodes and what is made from them. The other part of the header is values.
pub(super) fn acts(name: &str) -> bool {
    let objects = ["node", "op", "events", "event", "messages", "message"];
    let of = |object: &&str| name.starts_with(&format!("glueberry_{object}_"));
    objects.iter().any(of) && name != "glueberry_event_kind_name"
}
