//! Waiting, polling and closing.

use std::ptr::{null, null_mut};

use super::support::{CLOSED, LONG, NTS, Running, TIMEOUT, completions, done, receive, sized_zero};
use crate::*;

#[test]
fn a_queue_without_events_says_so_with_or_without_waiting() {
    let a = Running::start();
    let (mut event, mut count) = (null_mut(), 7);
    unsafe {
        assert_eq!(glueberry_events_next(a.events, 0, &raw mut event), TIMEOUT);
        assert_eq!(glueberry_events_next(a.events, 1, &raw mut event), TIMEOUT);
        let drained = glueberry_events_drain(a.events, 1, &raw mut event, &raw mut count);
        assert_eq!((drained, count), (TIMEOUT, 0));
        assert!(event.is_null());
    }
}

#[test]
fn closing_a_queue_wakes_all_its_waiters() {
    let a = Running::start();
    std::thread::scope(|scope| {
        let waiters: Vec<_> = (0..4).map(|_| scope.spawn(|| a.wait())).collect();
        done(unsafe { glueberry_events_close(a.events) });
        for waiter in waiters {
            assert_eq!(waiter.join().unwrap(), CLOSED);
        }
    });
}

#[test]
fn a_shutdown_wakes_all_waiters() {
    let a = Running::start();
    std::thread::scope(|scope| {
        let waiter = scope.spawn(|| a.wait());
        a.shut_down();
        assert_eq!(waiter.join().unwrap(), CLOSED);
    });
}

#[test]
fn a_closed_queue_leaves_its_stream_to_another() {
    let (a, b) = (Running::start(), Running::start());
    let (first, peer) = (b.messages(), a.connect(&b));
    done(unsafe { glueberry_messages_close(first) });
    let second = b.messages();
    done(a.send(&peer, b"for the second"));
    assert_eq!(receive(second), b"for the second");
    unsafe {
        glueberry_messages_free(first);
        glueberry_messages_free(second);
    }
}

#[cfg(unix)]
#[test]
fn a_descriptor_is_readable_while_there_is_something_to_take() {
    let (a, b) = (Running::start(), Running::start());
    let (inbox, peer) = (b.messages(), a.connect(&b));
    let mut fd = -1;
    done(unsafe { glueberry_messages_fd(inbox, &raw mut fd, null_mut()) });
    assert!(!is_readable(fd, 0));
    done(a.send(&peer, b"one"));
    assert!(is_readable(fd, LONG), "a message came");
    assert!(is_readable(fd, 0), "and is still there");
    assert_eq!(receive(inbox), b"one");
    assert!(!is_readable(fd, 0), "and was taken");
    done(unsafe { glueberry_messages_close(inbox) });
    assert!(is_readable(fd, LONG), "the end can be read");
    unsafe { glueberry_messages_free(inbox) };
}

#[cfg(unix)]
#[test]
fn a_descriptor_of_events_tells_of_completions_and_of_the_end() {
    let a = Running::start();
    let (mut fd, mut event) = (-1, null_mut());
    unsafe {
        done(glueberry_events_fd(a.events, &raw mut fd, null_mut()));
        let (op, err) = (null_mut(), null_mut());
        done(glueberry_node_dial_known_peers_start(a.node, LONG, a.events, 1, op, err));
        assert!(is_readable(fd, LONG));
        done(glueberry_events_next(a.events, 0, &raw mut event));
        glueberry_event_free(event);
        assert!(!is_readable(fd, 0));
        a.shut_down();
        assert!(is_readable(fd, LONG));
        assert_eq!(completions(a.events), []);
        assert!(is_readable(fd, 0), "the end stays readable");
    }
}

#[cfg(unix)]
fn is_readable(fd: i32, timeout_ms: i64) -> bool {
    let mut poll = libc::pollfd { fd, events: libc::POLLIN, revents: 0 };
    let found = unsafe { libc::poll(&raw mut poll, 1, i32::try_from(timeout_ms).unwrap()) };
    assert!(found >= 0, "poll failed");
    found == 1
}

/// In a child of its own, because what a fork breaks stays broken.
#[cfg(unix)]
#[test]
fn a_forked_child_is_refused_and_may_free_and_exit() {
    let a = Running::start();
    let (node, events) = (a.node, a.events);
    let child = unsafe { libc::fork() };
    assert!(child >= 0, "fork failed");
    if child == 0 {
        // A call that is let in waits for threads that are not there: then the alarm ends the child.
        unsafe { libc::alarm(ALARM) };
        let code = unsafe { in_child(node, events) };
        unsafe { libc::_exit(code) };
    }
    let mut status = 0;
    assert_eq!(unsafe { libc::waitpid(child, &raw mut status, 0) }, child);
    assert!(libc::WIFEXITED(status), "the child ended by itself: {status}");
    assert_eq!(libc::WEXITSTATUS(status), 0, "which of its calls was answered wrongly");
    done(unsafe { glueberry_node_dial_known_peers(a.node, LONG, null_mut()) });
}

/// Seconds; a refusal takes microseconds.
#[cfg(unix)]
const ALARM: u32 = 20;

/// The number of the first call that is not refused; 0 if all are.
#[cfg(unix)]
unsafe fn in_child(node: *mut glueberry_node_t, events: *mut glueberry_events_t) -> i32 {
    const FORKED: i32 = -209;
    let (mut other, mut event, mut queue) = (null_mut(), null_mut(), null_mut());
    unsafe {
        let config = super::support::configuration();
        let statuses = [
            glueberry_node_start(config, &raw mut other, null_mut()),
            glueberry_node_shutdown(node, -1, null_mut()),
            glueberry_node_try_send(node, null(), null(), NTS, null(), 0, null_mut()),
            glueberry_node_events(node, null(), &raw mut queue, null_mut()),
            glueberry_events_next(events, -1, &raw mut event),
            glueberry_events_close(events),
            glueberry_events_set_callback(events, null(), null_mut()),
            glueberry_op_cancel(null()),
        ];
        glueberry_events_free(events);
        glueberry_node_free(node);
        let answered = statuses.iter().position(|status| *status != FORKED);
        answered.map_or(0, |index| i32::try_from(index).unwrap_or(i32::MAX) + 1)
    }
}

/// The filter of a later version.
#[repr(C)]
struct Newer {
    known: glueberry_event_filter_t,
    unknown: u64,
}

#[test]
fn an_unknown_field_of_a_newer_program_must_be_zero() {
    let a = Running::start();
    let known = sized_zero::<glueberry_event_filter_t>();
    let size = u32::try_from(size_of::<Newer>()).unwrap();
    let mut newer = Newer { known: glueberry_event_filter_t { size, ..known }, unknown: 0 };
    for (unknown, status) in [(0, 0), (1, super::support::INVALID)] {
        newer.unknown = unknown;
        let mut events = null_mut();
        let filter = (&raw const newer).cast();
        let place = &raw mut events;
        assert_eq!(unsafe { glueberry_node_events(a.node, filter, place, null_mut()) }, status);
        unsafe { glueberry_events_free(events) };
    }
}
