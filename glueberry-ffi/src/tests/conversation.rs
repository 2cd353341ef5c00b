//! Two nodes over loopback, through the functions of the header.

use std::ffi::{CStr, CString};
use std::ptr::{null, null_mut};

use super::support::{
    CHAT, CLOSED, INVALID, LONG, NTS, Running, completions, configuration, done, nobody, payload,
    read, receive, sized_zero,
};
use crate::*;

#[test]
fn two_nodes_exchange_messages() {
    let (a, b) = (Running::start(), Running::start());
    let (inbox_a, inbox_b) = (a.messages(), b.messages());
    let b_id = a.connect(&b);
    assert_eq!(b_id.key, b.id().key);
    done(a.send(&b_id, b"ping"));
    done(a.send(&b_id, b""));
    let mut message = null_mut();
    unsafe {
        done(glueberry_messages_next(inbox_b, LONG, &raw mut message));
        assert_eq!(payload(message), b"ping");
        let mut from = nobody();
        done(glueberry_message_peer(message, &raw mut from));
        assert_eq!(from.key, a.id().key);
        assert_eq!(CStr::from_ptr(glueberry_message_stream(message)), CHAT);
        glueberry_message_free(message);
    }
    assert_eq!(receive(inbox_b), b"");
    done(b.send(&a.id(), b"pong"));
    assert_eq!(receive(inbox_a), b"pong");
    unsafe {
        glueberry_messages_free(inbox_a);
        glueberry_messages_free(inbox_b);
    }
}

#[test]
fn a_message_may_be_sent_at_once_flushed_and_kept_longer_than_its_queue_and_node() {
    let (a, mut b) = (Running::start(), Running::start());
    let (inbox, peer) = (b.messages(), a.connect(&b));
    let (chat, mut message, mut copy) = (CHAT.as_ptr(), null_mut(), null_mut());
    unsafe {
        let (data, err) = (b"now".as_ptr(), null_mut());
        done(glueberry_node_try_send(a.node, &raw const peer, chat, NTS, data, 3, err));
        done(glueberry_node_flush(a.node, &raw const peer, chat, NTS, LONG, null_mut()));
        done(glueberry_messages_next(inbox, LONG, &raw mut message));
        assert_eq!(glueberry_message_clone(message, null_mut()), INVALID);
        done(glueberry_message_clone(message, &raw mut copy));
        glueberry_message_free(message);
        b.free_node();
        glueberry_messages_free(inbox);
        assert_eq!(payload(copy), b"now");
        glueberry_message_free(copy);
    }
}

#[test]
fn a_batch_is_drained_in_the_order_of_sending() {
    let (a, b) = (Running::start(), Running::start());
    let (inbox, peer) = (b.messages(), a.connect(&b));
    for number in 0..100_u8 {
        done(a.send(&peer, &[number]));
    }
    let mut got = Vec::new();
    while got.len() < 100 {
        // The first is waited for, and what is there besides is drained.
        got.extend(receive(inbox));
        got.extend(drain(inbox, 7).into_iter().flatten());
    }
    assert_eq!(got, (0..100).collect::<Vec<u8>>());
    assert!(drain(inbox, 7).is_empty());
    unsafe { glueberry_messages_free(inbox) };
}

/// What is there now, up to `max` messages.
fn drain(inbox: *const glueberry_messages_t, max: usize) -> Vec<Vec<u8>> {
    let (mut array, mut count) = (vec![null_mut(); max], 0);
    let place = array.as_mut_ptr();
    let status = unsafe { glueberry_messages_drain(inbox, max, place, &raw mut count) };
    assert_eq!(status == 0, count > 0);
    let take = |message: &*mut glueberry_message_t| {
        let bytes = payload(*message);
        unsafe { glueberry_message_free(*message) };
        bytes
    };
    array[..count].iter().map(take).collect()
}

#[test]
fn what_is_known_of_a_connected_peer_is_told() {
    let (a, b) = (Running::start(), Running::start());
    let (peer, chat) = (a.connect(&b), CHAT.as_ptr());
    let (mut state, mut health) = (0, sized_zero::<glueberry_stream_health_t>());
    let (mut peers, mut info, mut streams) = (null_mut(), null_mut(), null_mut());
    let mut addresses = null_mut();
    let (peer, err) = (&raw const peer, null_mut());
    unsafe {
        done(glueberry_node_connection_state(a.node, peer, &raw mut state));
        assert_eq!(state, 3);
        done(glueberry_node_peers(a.node, &raw mut peers, err));
        assert_eq!(glueberry_peers_count(peers), 1);
        done(glueberry_node_peer(a.node, peer, &raw mut info, err));
        done(glueberry_node_addresses(a.node, peer, &raw mut addresses, err));
        assert_eq!(CStr::from_ptr(glueberry_strings_get(addresses, 0)), b.address().as_c_str());
        done(glueberry_node_stream_health(a.node, peer, chat, NTS, &raw mut health, err));
        assert_ne!(health.state, 0);
        done(glueberry_node_streams(a.node, peer, &raw mut streams, err));
        assert_eq!(glueberry_streams_count(streams), 1);
        glueberry_peers_free(peers);
        glueberry_peer_info_free(info);
        glueberry_strings_free(addresses);
        glueberry_streams_free(streams);
    }
}

#[test]
fn a_banned_address_is_listed_until_it_is_unbanned() {
    let a = Running::start();
    let (node, err, target) = (a.node, null_mut(), c"192.0.2.0/24".as_ptr());
    let mut was_banned = 7;
    unsafe {
        done(glueberry_node_ban(node, target, NTS, -1, LONG, err));
        assert_eq!(bans(&a), 1);
        done(glueberry_node_unban(node, target, NTS, LONG, &raw mut was_banned, err));
        assert_eq!((was_banned, bans(&a)), (1, 0));
        done(glueberry_node_unban(node, target, NTS, LONG, &raw mut was_banned, err));
        assert_eq!(was_banned, 0);
    }
}

fn bans(running: &Running) -> usize {
    let mut bans = null_mut();
    unsafe {
        done(glueberry_node_bans(running.node, &raw mut bans, null_mut()));
        let count = glueberry_bans_count(bans);
        glueberry_bans_free(bans);
        count
    }
}

#[test]
fn a_peer_is_remembered_and_forgotten() {
    let (a, b) = (Running::start(), Running::start());
    let (address, mut peer, mut info) = (b.address(), nobody(), null_mut());
    let addresses = [address.as_ptr()];
    let mut wanted = sized_zero::<glueberry_new_peer_t>();
    (wanted.addresses, wanted.address_count) = (addresses.as_ptr(), 1);
    unsafe {
        let err = null_mut();
        done(glueberry_node_add_peer(a.node, &raw const wanted, LONG, &raw mut peer, err));
        assert_eq!(peer.key, b.id().key);
        done(glueberry_node_peer(a.node, &raw const peer, &raw mut info, err));
        glueberry_peer_info_free(info);
        done(glueberry_node_cancel_reconnection(a.node, &raw const peer, LONG, err));
        done(glueberry_node_remove_peer(a.node, &raw const peer, LONG, err));
        assert_eq!(glueberry_node_peer(a.node, &raw const peer, &raw mut info, err), 4);
        assert!(info.is_null());
    }
}

#[test]
fn events_tell_of_a_session_from_its_dial_to_its_end() {
    let (a, b) = (Running::start(), Running::start());
    let peer = a.connect(&b);
    unsafe { done(glueberry_node_disconnect(a.node, &raw const peer, LONG, null_mut())) };
    a.shut_down();
    let (mut kinds, address) = (Vec::new(), b.address());
    let mut event = null_mut();
    while unsafe { glueberry_events_next(a.events, LONG, &raw mut event) } == 0 {
        let view = read(event);
        assert!(view.time_ms > 1_600_000_000_000, "a time of this century, in milliseconds");
        if view.kind == 3 {
            let text = unsafe { CStr::from_ptr(view.address) }.to_str().unwrap();
            assert!(address.to_str().unwrap().starts_with(text), "{text}");
        }
        if view.kind == 5 {
            assert_eq!((view.reason, view.unwritten_count), (1, 0));
        }
        if (2..=5).contains(&view.kind) {
            assert_eq!((view.has_peer, view.peer.key), (1, peer.key));
            kinds.push(view.kind);
        }
        unsafe { glueberry_event_free(event) };
    }
    assert_eq!(kinds, [2, 3, 4, 5]);
}

#[test]
fn a_filter_lets_through_what_it_names_and_all_completions() {
    let (a, b) = (Running::start(), Running::start());
    let (peer, kinds, mut events) = (b.id(), [4], null_mut());
    let mut filter = sized_zero::<glueberry_event_filter_t>();
    (filter.peers, filter.peer_count) = (&raw const peer, 1);
    (filter.kinds, filter.kind_count) = (kinds.as_ptr(), 1);
    unsafe {
        done(glueberry_node_events(a.node, &raw const filter, &raw mut events, null_mut()));
        a.connect(&b);
        let (op, err) = (null_mut(), null_mut());
        done(glueberry_node_dial_known_peers_start(a.node, LONG, events, 5, op, err));
    }
    a.shut_down();
    let mut seen = Vec::new();
    let mut event = null_mut();
    while unsafe { glueberry_events_next(events, LONG, &raw mut event) } == 0 {
        seen.push(read(event).kind);
        unsafe { glueberry_event_free(event) };
    }
    assert_eq!(seen, [4, 1000]);
    unsafe { glueberry_events_free(events) };
}

#[test]
fn a_smaller_view_of_an_older_program_is_filled_and_no_byte_beyond_it() {
    let a = Running::start();
    unsafe {
        let (op, err) = (null_mut(), null_mut());
        done(glueberry_node_dial_known_peers_start(a.node, LONG, a.events, 5, op, err));
        let mut event = null_mut();
        done(glueberry_events_next(a.events, LONG, &raw mut event));
        let mut larger = [0xAA_u8; size_of::<glueberry_event_view_t>() + 16];
        let len = u32::try_from(larger.len()).unwrap();
        larger[..4].copy_from_slice(&len.to_ne_bytes());
        // Aligned, as a C program's own struct would be.
        let mut place = vec![0_u64; larger.len().div_ceil(8)];
        let bytes = place.as_mut_ptr().cast::<u8>();
        bytes.copy_from_nonoverlapping(larger.as_ptr(), larger.len());
        done(glueberry_event_read(event, bytes.cast()));
        let beyond = std::slice::from_raw_parts(bytes.add(larger.len() - 16), 16);
        assert_eq!(beyond, [0xAA; 16]);
        glueberry_event_free(event);
    }
}

#[test]
fn a_node_tells_where_it_listens_and_listens_at_more_places() {
    let a = Running::start();
    let mut bound = null_mut();
    unsafe {
        let (place, listen) = (&raw mut bound, c"/ip4/127.0.0.1/udp/0/quic-v1".as_ptr());
        done(glueberry_node_listen(a.node, listen, NTS, LONG, place, null_mut()));
        let text = CStr::from_ptr(glueberry_strings_get(bound, 0)).to_str().unwrap().to_owned();
        assert!(text.contains("/quic-v1/p2p/12D3KooW"), "{text}");
        glueberry_strings_free(bound);
    }
}

#[test]
fn a_port_that_is_taken_is_an_error_with_words_and_no_node() {
    let a = Running::start();
    let whole = a.address().into_string().unwrap();
    let taken = CString::new(whole.split("/p2p/").next().unwrap()).unwrap();
    let (config, mut node) = (configuration(), std::ptr::dangling_mut());
    let mut error = null_mut();
    unsafe {
        done(glueberry_config_add_listen_address(config, taken.as_ptr(), NTS, null_mut()));
        assert_eq!(glueberry_node_start(config, &raw mut node, &raw mut error), -303);
        assert!(node.is_null() && !error.is_null());
        glueberry_error_free(error);
        glueberry_config_free(config);
    }
}

#[test]
fn a_stream_has_one_queue_at_a_time() {
    let a = Running::start();
    let (first, mut second) = (a.messages(), std::ptr::dangling_mut());
    unsafe {
        assert_eq!(glueberry_node_all_messages(a.node, &raw mut second, null_mut()), -202);
        assert!(second.is_null());
        glueberry_messages_free(first);
    }
}

#[test]
fn queues_outlive_their_node_and_end() {
    let mut a = Running::start();
    let inbox = a.messages();
    a.free_node();
    assert_eq!(completions(a.events), []);
    let mut message = null_mut();
    unsafe {
        assert_eq!(glueberry_messages_next(inbox, LONG, &raw mut message), CLOSED);
        assert!(message.is_null());
        glueberry_messages_free(inbox);
    }
    assert_eq!(unsafe { glueberry_node_shutdown(null(), LONG, null_mut()) }, INVALID);
}
