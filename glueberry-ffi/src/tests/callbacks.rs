//! Being called back.

use std::ffi::c_void;
use std::ptr::{null, null_mut};
use std::sync::Barrier;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::Duration;

use super::support::{LONG, NTS, Running, done, nobody, payload, read, sized_zero};
use crate::*;

const WOULD_DEADLOCK: i32 = -208;
const QUEUE_HAS_CALLBACK: i32 = -210;

/// What a callback tells its test.
#[derive(Debug, PartialEq, Eq)]
enum Told {
    Kind(i32),
    Payload(Vec<u8>),
    Status(i32),
    Destroyed(Option<String>),
}

/// What is behind a `user_data`.
struct Listener {
    tell: Sender<Told>,
    node: *mut glueberry_node_t,
    events: *mut glueberry_events_t,
}

impl Listener {
    fn of(running: &Running) -> (*mut c_void, Receiver<Told>) {
        let (tell, told) = channel();
        let (node, events) = (running.node, running.events);
        (Box::into_raw(Box::new(Self { tell, node, events })).cast(), told)
    }

    unsafe fn at<'a>(user_data: *mut c_void) -> &'a Self {
        unsafe { &*user_data.cast::<Self>() }
    }
}

/// Taking the box twice would end the test program: `destroy` comes once.
unsafe extern "C" fn destroy(user_data: *mut c_void) {
    let listener = unsafe { Box::from_raw(user_data.cast::<Listener>()) };
    let thread = std::thread::current().name().map(str::to_owned);
    // A test that has seen enough listens no more.
    drop(listener.tell.send(Told::Destroyed(thread)));
}

unsafe extern "C" fn tell_kind(user_data: *mut c_void, event: *const glueberry_event_t) {
    let kind = read(event).kind;
    drop(unsafe { Listener::at(user_data) }.tell.send(Told::Kind(kind)));
}

unsafe extern "C" fn tell_payload(user_data: *mut c_void, message: *const glueberry_message_t) {
    drop(unsafe { Listener::at(user_data) }.tell.send(Told::Payload(payload(message))));
}

fn next(told: &Receiver<Told>) -> Told {
    told.recv_timeout(Duration::from_millis(LONG.unsigned_abs())).expect("something is told")
}

type OnEvent = unsafe extern "C" fn(*mut c_void, *const glueberry_event_t);

fn call_back(running: &Running, on_event: OnEvent) -> Receiver<Told> {
    let (user_data, told) = Listener::of(running);
    assert_eq!(set_callback(running, on_event, user_data), 0);
    told
}

fn set_callback(running: &Running, on_event: OnEvent, user_data: *mut c_void) -> i32 {
    let callback = glueberry_event_callback_t {
        user_data,
        on_event: Some(on_event),
        destroy: Some(destroy),
        ..sized_zero()
    };
    unsafe { glueberry_events_set_callback(running.events, &raw const callback, null_mut()) }
}

fn begin_something(running: &Running) {
    let (node, events, op, err) = (running.node, running.events, null_mut(), null_mut());
    done(unsafe { glueberry_node_dial_known_peers_start(node, LONG, events, 1, op, err) });
}

fn destroyed() -> Told {
    Told::Destroyed(Some("glueberry-calls".to_owned()))
}

#[test]
fn a_callback_gets_events_on_the_thread_of_calls_until_it_is_cleared() {
    let a = Running::start();
    let told = call_back(&a, tell_kind);
    begin_something(&a);
    assert_eq!(next(&told), Told::Kind(1000));
    done(unsafe { glueberry_events_clear_callback(a.events) });
    assert_eq!(next(&told), destroyed());
    begin_something(&a);
    let mut event = null_mut();
    done(unsafe { glueberry_events_next(a.events, LONG, &raw mut event) });
    unsafe { glueberry_event_free(event) };
    assert!(told.recv().is_err(), "nothing more was told");
}

#[test]
fn a_queue_is_pulled_or_called_back_never_both() {
    let a = Running::start();
    let told = call_back(&a, tell_kind);
    let (mut event, mut count, mut fd) = (null_mut(), 0, 0);
    let (first, n) = (&raw mut event, &raw mut count);
    unsafe {
        assert_eq!(glueberry_events_next(a.events, 0, first), QUEUE_HAS_CALLBACK);
        assert_eq!(glueberry_events_drain(a.events, 1, first, n), QUEUE_HAS_CALLBACK);
        assert_eq!(glueberry_events_fd(a.events, &raw mut fd, null_mut()), QUEUE_HAS_CALLBACK);
    }
    let (user_data, refused) = Listener::of(&a);
    assert_eq!(set_callback(&a, tell_kind, user_data), QUEUE_HAS_CALLBACK);
    assert!(refused.try_recv().is_err(), "what was refused is not destroyed");
    // So it is still ours.
    unsafe { destroy(user_data) };
    drop(told);
}

#[test]
fn what_a_callback_belongs_to_is_destroyed_once_however_it_ends() {
    let ends: [fn(&mut Running); 4] = [
        |running| done(unsafe { glueberry_events_clear_callback(running.events) }),
        |running| done(unsafe { glueberry_events_close(running.events) }),
        |running| running.shut_down(),
        Running::free_node,
    ];
    for end in ends {
        let mut a = Running::start();
        let told = call_back(&a, tell_kind);
        end(&mut a);
        let last = std::iter::from_fn(|| told.recv().ok()).last();
        assert_eq!(last, Some(destroyed()));
    }
}

#[test]
fn freeing_a_queue_destroys_what_its_callback_belongs_to() {
    let a = Running::start();
    let mut queue = null_mut();
    done(unsafe { glueberry_node_events(a.node, null(), &raw mut queue, null_mut()) });
    let own = std::mem::ManuallyDrop::new(Running { node: a.node, events: queue });
    let told = call_back(&own, tell_kind);
    unsafe { glueberry_events_free(queue) };
    assert_eq!(next(&told), destroyed());
}

#[test]
fn messages_are_called_back_in_order() {
    let (a, b) = (Running::start(), Running::start());
    let (inbox, peer) = (b.messages(), a.connect(&b));
    let (user_data, told) = Listener::of(&b);
    let callback = glueberry_message_callback_t {
        user_data,
        on_message: Some(tell_payload),
        destroy: Some(destroy),
        ..sized_zero()
    };
    done(unsafe { glueberry_messages_set_callback(inbox, &raw const callback, null_mut()) });
    for number in 0..50_u8 {
        done(a.send(&peer, &[number]));
    }
    for number in 0..50_u8 {
        assert_eq!(next(&told), Told::Payload(vec![number]));
    }
    unsafe { glueberry_messages_free(inbox) };
    assert_eq!(next(&told), destroyed());
}

unsafe extern "C" fn block(user_data: *mut c_void, _: *const glueberry_event_t) {
    let listener = unsafe { Listener::at(user_data) };
    let (node, err, to) = (listener.node, null_mut(), c"/ip4/127.0.0.1/tcp/0".as_ptr());
    let statuses = unsafe {
        let mut own = nobody();
        glueberry_node_peer_id(node, &raw mut own);
        [
            glueberry_node_shutdown(node, -1, err),
            glueberry_node_listen(node, to, NTS, LONG, null_mut(), err),
            glueberry_node_dial_known_peers(node, -1, err),
            glueberry_node_wait_established(node, &raw const own, LONG, err),
            glueberry_node_ban(node, c"192.0.2.7".as_ptr(), NTS, -1, LONG, err),
        ]
    };
    for status in statuses {
        drop(listener.tell.send(Told::Status(status)));
    }
}

#[test]
fn a_blocking_call_inside_a_callback_is_refused_at_once() {
    let a = Running::start();
    let told = call_back(&a, block);
    begin_something(&a);
    for _ in 0..5 {
        assert_eq!(next(&told), Told::Status(WOULD_DEADLOCK));
    }
}

unsafe extern "C" fn begin_and_look(user_data: *mut c_void, event: *const glueberry_event_t) {
    let listener = unsafe { Listener::at(user_data) };
    let (node, events, op, err) = (listener.node, listener.events, null_mut(), null_mut());
    let view = read(event);
    if view.tag == 1 {
        let status =
            unsafe { glueberry_node_dial_known_peers_start(node, LONG, events, 2, op, err) };
        drop(listener.tell.send(Told::Status(status)));
    }
    drop(listener.tell.send(Told::Kind(view.kind)));
}

#[test]
fn an_operation_may_begin_inside_a_callback() {
    let a = Running::start();
    let told = call_back(&a, begin_and_look);
    begin_something(&a);
    assert_eq!(next(&told), Told::Status(0));
    assert_eq!(next(&told), Told::Kind(1000));
    assert_eq!(next(&told), Told::Kind(1000));
}

/// The test's own call has to be over before its handles are freed.
static BEGUN: Barrier = Barrier::new(2);

unsafe extern "C" fn free_everything(user_data: *mut c_void, _: *const glueberry_event_t) {
    let listener = unsafe { Listener::at(user_data) };
    BEGUN.wait();
    unsafe {
        glueberry_events_free(listener.events);
        glueberry_node_free(listener.node);
    }
    drop(listener.tell.send(Told::Status(0)));
}

#[test]
fn a_node_and_its_queue_may_be_freed_inside_a_callback() {
    let mut a = Running::start();
    let told = call_back(&a, free_everything);
    let node = std::mem::replace(&mut a.node, null_mut());
    let events = std::mem::replace(&mut a.events, null_mut());
    let (op, err) = (null_mut(), null_mut());
    done(unsafe { glueberry_node_dial_known_peers_start(node, LONG, events, 1, op, err) });
    BEGUN.wait();
    assert_eq!(next(&told), Told::Status(0));
    assert_eq!(next(&told), destroyed());
    assert!(told.recv().is_err(), "nothing was told after that");
}
