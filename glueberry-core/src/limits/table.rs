//! The table. A row is
//! `"name": default, least => most; why "…"; then "…"; test function;`
//! without `least => most` where nothing can be set.

use std::time::Duration;

use glueberry_proto::name::MAX_LEN as LONGEST_NAME;
use glueberry_proto::v1::address_book::MAX_PEERS;
use glueberry_proto::v1::duplex::{LONGEST_PAUSE as LONGEST_RETRY, MAX_KEPT, MAX_RETRIES, ROW};
use glueberry_proto::v1::frame::MAX_SKIPPABLE;
use glueberry_proto::v1::handshake::MAX_UNEXPECTED;

use super::{Amount, Limit, Scope};
use crate::access::{LEAST_PER_PEER, MOST_CONNECTIONS, MOST_RULES};
use crate::config::{
    Config, FULL, LARGEST_BUFFER, LARGEST_MESSAGE, LONGEST_PAUSE, LONGEST_SILENCE, LONGEST_TIMEOUT,
    MAX_EVENT_BUFFER, MAX_STREAMS, SHORTEST_DELAY, SHORTEST_SILENCE, SHORTEST_TIMEOUT,
    SMALLEST_BUFFER,
};
use crate::embed::bounds::{MOST_BYTES, MOST_OPERATIONS, MOST_RECORDS};
use crate::identity::LONGEST_FILE;
use crate::inbox::{MOST_ORPHANED, MOST_ORPHANS};
use crate::{ConnectionLimits, KeepAlive, StreamConfig, link, net, peers, session};
use link::bounds::{LARGEST_READ, LAST_ROOM, MOST_READERS, MOST_REPORTED};
use net::bounds::{
    AT_ONCE, CLOSE_TIMEOUT, GATHERED, IDENTIFY_WITHIN, MAX_QUIC_STREAMS, MAX_YAMUX_STREAMS,
    MOST_ADDRESSES, MOST_BANS, MOST_BEFORE_IDENTITY, MOST_DIALS, MOST_ECHOES, MOST_HELD_STREAMS,
    MOST_UNESTABLISHED_STREAMS, MOST_WAITERS, NEGOTIATION_TIMEOUT, PERIOD, WAITING_STREAMS,
    Windows,
};
use peers::bounds::{
    LONGEST_WAIT, MAX_ADDRESSES, MAX_BANS, MAX_FILE, MAX_METADATA, MAX_METADATA_KEY,
    MAX_METADATA_KEYS, MAX_METADATA_VALUE, MOST_A_SECOND, MOST_LINKS, MOST_WAITING,
};
use session::bounds::{LARGEST_FRAME, LARGEST_OF_APPS, MOST_IGNORED};

macro_rules! table {
    ($into:ident, $scope:ident $(
        $name:literal: $default:expr $(, $least:expr => $most:expr)?;
        why $reason:literal; then $at_limit:literal; test $test:ident;
    )*) => {
        $($into.push(Limit {
            name: $name,
            scope: Scope::$scope,
            default: $default,
            range: table!(@range $($least, $most)?),
            reason: $reason,
            at_limit: $at_limit,
            test: stringify!($test),
        });)*
    };
    (@range) => { None };
    (@range $least:expr, $most:expr) => { Some(($least, $most)) };
}

pub(super) fn all() -> Vec<Limit> {
    let mut all = Vec::new();
    strangers(&mut all);
    addresses(&mut all);
    connections(&mut all);
    peers(&mut all);
    streams(&mut all);
    node(&mut all);
    languages(&mut all);
    address_book(&mut all);
    all
}

fn strangers(all: &mut Vec<Limit>) {
    table! { all, Stranger
        "bytes before an identity is proven": Amount::bytes(MOST_BEFORE_IDENTITY);
            why "a certificate and a signature fit many times over";
            then "the connection is dropped: `TooMuchBeforeIdentity`";
            test a_stranger_that_talks_without_end_is_cut_at_its_allowance;
        "time until an identity is proven": IDENTIFY_WITHIN.into();
            why "a few round trips, also across the world";
            then "the connection is dropped: `TooSlowToIdentify`";
            test two_thousand_silent_and_slow_sockets_keep_no_honest_peer_out;
    }
}

fn addresses(all: &mut Vec<Limit>) {
    let (least, most) = smallest_and_largest(|limits| limits.per_address);
    table! { all, Address
        "per_address": Amount::between(least, most), Amount::Count(1) => Amount::count(MOST_CONNECTIONS);
            why "a quarter of `total`: many may share an address, none may take all there is";
            then "one more inbound connection is refused: `AddressLimit`";
            test one_address_gets_no_more_than_its_share;
    }
}

fn connections(all: &mut Vec<Limit>) {
    let KeepAlive { interval, timeout } = KeepAlive::default();
    let (shortest, longest) = (Amount::from(SHORTEST_SILENCE), Amount::from(LONGEST_SILENCE));
    let (few, many) = (Windows::of(1), Windows::of(MAX_STREAMS));
    table! { all, Connection
        "streams of a peer before it is established": Amount::count(MOST_UNESTABLISHED_STREAMS);
            why "one to shake hands, some for libp2p, the rest are named streams that come early";
            then "others wait until it is established";
            test streams_that_a_peer_opens_before_we_take_it_for_established_wait;
        "streams that wait until a peer is established": Amount::count(MOST_HELD_STREAMS);
            why "half of the streams for 128 names, opened again three times";
            then "the connection ends: `TooManyStreams`";
            test a_peer_that_opens_far_too_many_streams_before_the_handshake_is_cut;
        "handshake streams that wait": Amount::count(WAITING_STREAMS);
            why "a peer needs one, and a second while it reopens";
            then "one more is reset, and the log says so";
            test handshake_streams_that_nobody_asked_for_wait_up_to_a_bound;
        "streams over TCP": Amount::count(MAX_YAMUX_STREAMS);
            why "two for each of 128 names, and some that begin or end";
            then "the connection ends, as yamux demands";
            test a_peer_that_opens_more_streams_than_yamux_carries_loses_its_connection;
        "streams of a peer over QUIC": Amount::count(MAX_QUIC_STREAMS);
            why "two for each of 128 names";
            then "the peer's transport waits until it has closed some";
            test a_peer_opens_no_more_streams_than_quic_grants;
        "received over QUIC and not read, of a stream": Amount::between(Amount::bytes(many.stream), Amount::bytes(few.stream));
            why "16 MiB for all streams together; the more there are, the less for each";
            then "the peer's stream waits";
            test one_stalled_stream_over_quic_holds_its_window_and_lets_others_pass;
        "received over QUIC and not read, of all streams": Amount::between(Amount::bytes(few.connection), Amount::bytes(many.connection));
            why "room for every stream to stall and leave the others going";
            then "the peer's connection waits";
            test what_a_peer_sends_over_quic_and_nobody_reads_is_bounded_for_all_its_streams;
        "gathered for one write over TCP": Amount::bytes(GATHERED);
            why "four frames of yamux: more makes nothing faster";
            then "it is written before more is taken";
            test the_channel_gets_the_same_bytes_and_a_quiet_muxer_leaves_none_behind;
        "agreeing on a stream's protocol": NEGOTIATION_TIMEOUT.into();
            why "as long as a dial may take: a peer that cannot agree by then never will";
            then "the stream is reset; one of ours is opened again";
            test a_stream_that_agrees_on_nothing_is_reset_in_time;
        "streams of pings of a peer": Amount::count(MOST_ECHOES);
            why "one, and one while it replaces that";
            then "one more is reset";
            test a_peers_pings_are_answered_on_at_most_two_streams;
        "keep_alive.interval": interval.into(), shortest.clone() => longest.clone();
            why "with the timeout, a vanished peer is noticed before a user gives up";
            then "a peer that was silent for so long is asked for a sign of life";
            test a_frozen_path_is_noticed_with_the_default_times;
        "keep_alive.timeout": timeout.into(), shortest => longest;
            why "long after a Wi-Fi roams, or a processor is busy";
            then "the session ends: `KeepAliveTimeout`";
            test a_frozen_path_is_noticed_with_the_default_times;
        "closing": CLOSE_TIMEOUT.into();
            why "a farewell across the world";
            then "the connection is dropped";
            test a_close_that_the_peer_blocks_ends_at_the_deadline;
    }
}

fn peers(all: &mut Vec<Limit>) {
    let Config { handshake_timeout, dial_timeout, linger, reconnect, .. } = Config::default();
    let limits = ConnectionLimits::default();
    let (shortest, longest) = (Amount::from(SHORTEST_TIMEOUT), Amount::from(LONGEST_TIMEOUT));
    let (delay, pause) = (Amount::from(SHORTEST_DELAY), Amount::from(LONGEST_PAUSE));
    let attempts = match reconnect.max_attempts {
        0 => Amount::Unlimited,
        most => Amount::count(most),
    };
    table! { all, Peer
        "per_peer": Amount::count(limits.per_peer), Amount::count(LEAST_PER_PEER) => Amount::count(MOST_CONNECTIONS);
            why "two or three live ones, and one that is closing";
            then "one more connection is refused: `PeerLimit`";
            test one_peer_gets_no_more_than_its_share;
        "handshake_timeout": handshake_timeout.into(), shortest.clone() => longest.clone();
            why "as in the Go implementation";
            then "the peer is disconnected: `HandshakeTimeout`";
            test a_peer_that_says_nothing_is_dropped_after_the_handshake_timeout;
        "a message of the automatic handshake": Amount::bytes(LARGEST_FRAME);
            why "33 bytes, and a name that some programs append";
            then "it is skipped, and reported as `UnexpectedHandshake`";
            test a_handshake_message_that_is_too_large_is_skipped_and_reported;
        "a message of an application's handshake": Amount::bytes(LARGEST_OF_APPS);
            why "certificates and settings, from who is not established";
            then "sending fails with `MessageTooLarge`; a received one is skipped: `OversizeSkipped`";
            test a_message_above_what_an_applications_handshake_carries_is_refused_and_skipped;
        "handshake messages without meaning": Amount::count(MAX_UNEXPECTED);
            why "far more than a repeated greeting needs";
            then "the handshake fails: `HandshakeFailed`";
            test what_is_outside_the_rules_is_reported_and_ignored_but_not_for_ever;
        "a late handshake stream": Amount::bytes(MOST_IGNORED);
            why "a Go peer may say Complete again, long after";
            then "what comes is ignored, and the stream is reset";
            test a_late_handshake_stream_is_ignored_up_to_a_bound_and_reset;
        "streams prepared with a peer": Amount::count(MAX_STREAMS);
            why "yamux carries 384 streams, and a name may need two at once";
            then "`prepare_streams` fails with `TooManyStreams`";
            test no_more_streams_are_prepared_than_a_node_may_carry;
        "calls that wait for a peer": Amount::count(MOST_WAITERS);
            why "a program that needs more has lost count";
            then "one more fails with `WouldBlock`";
            test no_more_calls_wait_for_a_peer_than_are_counted;
        "addresses that are tried": Amount::count(MOST_ADDRESSES);
            why "a machine has a handful";
            then "the oldest that is known makes room; one more of a single dial is not tried";
            test no_more_addresses_are_tried_than_a_peer_may_have;
        "dial_timeout": dial_timeout.into(), shortest => longest.clone();
            why "an address that gave no answer by then gives none";
            then "the next address is tried, then the call fails with `TimedOut` or `Unreachable`";
            test an_address_that_never_answers_is_given_up_in_time;
        "reconnect.first_delay": reconnect.first_delay.into(), delay.clone() => longest.clone();
            why "a restarted process usually listens again within two seconds";
            then "the ceiling of the first pause; it doubles with each attempt";
            test no_delay_exceeds_its_ceiling_however_long_the_peer_is_away;
        "reconnect.longest_delay": reconnect.longest_delay.into(), delay.clone() => pause.clone();
            why "a peer that is away for days costs under 600 dials a day";
            then "no pause is longer";
            test no_delay_exceeds_its_ceiling_however_long_the_peer_is_away;
        "reconnect.max_attempts": attempts, Amount::Count(1) => Amount::Unlimited;
            why "a link that lives for weeks comes back by itself";
            then "the peer is given up, unless it is persistent";
            test attempts_are_limited_when_a_limit_is_set;
        "reconnect.cooldown": reconnect.cooldown.into(), delay => pause;
            why "as in the Go implementation";
            then "after a failed handshake the peer is left alone for so long";
            test a_failed_handshake_is_followed_by_a_cooldown_and_another_attempt;
        "linger": linger.into(), Duration::ZERO.into() => longest;
            why "empties a full send buffer at 50 KiB/s";
            then "`disconnect` and `shutdown` give up; `PeerDisconnected` counts what was not written";
            test a_disconnect_ends_blocked_writes_within_its_bound;
    }
}

fn streams(all: &mut Vec<Limit>) {
    let stream = StreamConfig::default();
    let (smallest, largest) = (Amount::bytes(SMALLEST_BUFFER), Amount::bytes(LARGEST_BUFFER));
    table! { all, Stream
        "max_message_size": Amount::bytes(stream.max_message_size), Amount::Bytes(1) => Amount::bytes(LARGEST_MESSAGE);
            why "as in the Go implementation";
            then "sending fails with `MessageTooLarge`; a received one is skipped: `OversizeSkipped`";
            test a_message_above_the_limit_is_refused_by_the_sender_and_skipped_by_the_receiver;
        "a frame that can be skipped": Amount::bytes(MAX_SKIPPABLE);
            why "the Go implementation reads no larger ones";
            then "the stream is reset: `MalformedFrame`";
            test a_frame_with_a_huge_length_resets_its_stream_only;
        "send_buffer": Amount::bytes(stream.send_buffer), smallest.clone() => largest.clone();
            why "more makes nothing faster";
            then "`send` waits, `try_send` fails with `WouldBlock`; one message always fits";
            test a_full_buffer_refuses_and_a_single_message_always_fits;
        "receive_buffer": Amount::bytes(stream.receive_buffer), smallest => largest;
            why "one of the largest messages, or many small ones";
            then "this stream is read no further, so the peer's sender waits; one message always fits";
            test a_peer_that_never_reads_holds_at_most_its_configured_bytes;
        "high_watermark": Amount::PerCent(stream.high_watermark), Amount::PerCent(1) => Amount::PerCent(FULL);
            why "early enough to slow down before a sender has to wait";
            then "`StreamPressure` tells `High`";
            test a_stalled_stream_tells_of_its_pressure_once_and_takes_it_back_when_it_drains;
        "low_watermark": Amount::PerCent(stream.low_watermark), Amount::PerCent(1) => Amount::PerCent(FULL - 1);
            why "keeps the writer busy while whoever was told finds new messages";
            then "`StreamPressure` tells `Low`, once it lasts";
            test a_stalled_stream_tells_of_its_pressure_once_and_takes_it_back_when_it_drains;
        "one read": Amount::bytes(LARGEST_READ);
            why "an application that keeps one message of it keeps all";
            then "the rest is read next; only a larger message makes it larger";
            test one_read_is_bounded_unless_a_message_is_larger;
        "streams of one name that a peer has open": Amount::count(MOST_READERS);
            why "both sides may open it at once, and one more each may be ending";
            then "one more is reset: `TooManyStreams`";
            test a_peer_that_opens_one_stream_again_and_again_is_stopped;
        "kept to be written again": Amount::bytes(MAX_KEPT);
            why "more than Go's first window, so that a peer that took more has read";
            then "no more is kept: a refusal after it loses what was sent";
            test what_went_out_is_kept_up_to_a_bound;
        "failures in a row": Amount::count(MAX_RETRIES);
            why "1.55 s of patience, for peers that prepare late";
            then "the stream counts as refused, or is closed: `StreamClosed`";
            test a_stream_that_breaks_again_and_again_is_closed_until_the_peer_opens_it;
        "pause before a failed stream is opened again": LONGEST_RETRY.into();
            why "short for whoever waits, and no loop";
            then "no pause is longer";
            test a_row_of_failures_is_answered_five_times_and_never_at_once;
        "a row of failures": ROW.into();
            why "above what six attempts take, far below a stream that is worth keeping";
            then "the next failure begins a new row";
            test a_stream_that_breaks_once_a_minute_is_opened_again_for_ever;
        "faulty messages that are reported": Amount::count(MOST_REPORTED);
            why "a peer that sends nothing else must not fill every queue of events";
            then "the rest is counted, and told at the end of the stream";
            test a_peer_that_sends_only_garbage_does_not_fill_the_events;
        "room for what a lost peer sent": LAST_ROOM.into();
            why "an application that is busy for a moment loses nothing";
            then "what the stream still holds is dropped: `UnreadDropped`";
            test what_a_lost_peer_sent_is_dropped_when_nobody_makes_room;
        "name": Amount::bytes(LONGEST_NAME);
            why "as in the Go implementation";
            then "`InvalidStreamName`";
            test a_stream_name_that_no_stream_can_have_is_refused;
    }
}

fn node(all: &mut Vec<Limit>) {
    let event_buffer = Config::default().event_buffer;
    let (total_least, total_most) = smallest_and_largest(|limits| limits.total);
    let (pending_least, pending_most) = smallest_and_largest(|limits| limits.pending);
    table! { all, Node
        "total": Amount::between(total_least, total_most), Amount::Count(1) => Amount::count(MOST_CONNECTIONS);
            why "half of the files that the process may open";
            then "one more is refused: `TotalLimit`; a dial fails with `TooManyConnections`; an eighth is kept for dials";
            test when_the_node_is_full_newcomers_are_refused_and_nobody_has_to_go;
        "pending": Amount::between(pending_least, pending_most), Amount::Count(1) => Amount::count(MOST_CONNECTIONS);
            why "an eighth of `total`; at 256 KiB each the most are 256 MiB";
            then "the oldest that has no proven identity is dropped: `PendingLimit`";
            test two_thousand_silent_and_slow_sockets_keep_no_honest_peer_out;
        "streams that are configured": Amount::count(MAX_STREAMS);
            why "yamux carries 384 streams, and a name may need two at once";
            then "the start fails with `TooManyStreams`";
            test more_streams_than_a_node_may_carry_are_refused;
        "peers that are dialed at once": Amount::count(MOST_DIALS);
            why "a thousand peers that are gone take under three minutes";
            then "the others wait, but not those that a call waits for";
            test peers_that_are_gone_are_dialed_a_few_at_a_time_and_hold_up_no_call;
        "bans": Amount::count(MOST_BANS);
            why "some 6 MiB; longer lists belong into a firewall";
            then "one more fails with `TooManyPeers`";
            test bans_are_bounded_and_expired_ones_make_room;
        "rules that allow, and rules that deny": Amount::count(MOST_RULES);
            why "some 6 MiB; longer lists belong into a firewall";
            then "`InvalidConfig`";
            test a_limit_out_of_bounds_is_refused_by_its_name;
        "refusals that are reported for one reason": Amount::count(AT_ONCE);
            why "enough to see who it is, and no flood for who listens to events";
            then "the rest is counted in the next event";
            test every_refusal_is_reported_once_and_at_most_nine_events_a_second_for_one_reason;
        "the period in which they are counted": PERIOD.into();
            why "how late the rest of a burst may be told";
            then "what was counted is reported";
            test the_rest_of_a_burst_is_reported_though_nothing_more_happens;
        "event_buffer": Amount::count(event_buffer), Amount::Count(1) => Amount::count(MAX_EVENT_BUFFER);
            why "some 200 KiB, for each subscriber";
            then "the oldest are dropped, and the subscriber gets `Lagged`";
            test a_slow_subscriber_is_told_how_much_it_missed_and_keeps_the_newest;
        "unread messages of peers that left": Amount::bytes(MOST_ORPHANED);
            why "the unread of sixteen streams";
            then "the oldest are dropped: `UnreadDropped`";
            test the_oldest_that_departed_peers_left_makes_room;
        "streams of peers that left with something unread": Amount::count(MOST_ORPHANS);
            why "looking through them stays short";
            then "the oldest are dropped: `UnreadDropped`";
            test the_streams_that_departed_peers_left_are_counted;
        "a key file": Amount::bytes(LONGEST_FILE);
            why "a key has 120 bytes";
            then "what comes after is not read";
            test a_file_without_end_is_no_key;
    }
}

/// What other languages have beyond Rust.
fn languages(all: &mut Vec<Limit>) {
    table! { all, Node
        "operations whose completion was not taken, in other languages": Amount::count(MOST_OPERATIONS);
            why "some 2 MiB, and more than a program keeps track of";
            then "one more fails with `TooManyOperations`";
            test operations_beyond_the_bound_of_a_node_are_refused_until_a_completion_is_taken;
        "messages in such operations": Amount::bytes(MOST_BYTES);
            why "four of the largest, or sixty-four of the usual limit";
            then "one more fails with `TooManyOperations`";
            test bytes_in_operations_beyond_the_bound_of_a_node_are_refused;
        "lines of the log that wait, in other languages": Amount::count(MOST_RECORDS);
            why "some 200 KiB; they are of the whole process";
            then "further ones are dropped, and counted in a line of their own";
            test what_a_slow_sink_misses_is_counted_and_told;
    }
}

fn address_book(all: &mut Vec<Limit>) {
    table! { all, AddressBook
        "peers": Amount::count(MAX_PEERS);
            why "half of what a file may hold";
            then "one more fails with `TooManyPeers`";
            test peers_are_bounded_and_those_in_the_book_can_be_changed;
        "bans": Amount::count(MAX_BANS);
            why "as many as peers";
            then "one more fails with `TooManyPeers`";
            test bans_are_bounded_and_those_that_stand_can_be_changed;
        "a file": Amount::bytes(MAX_FILE);
            why "what a file can make us hold, and what each writing costs";
            then "the start, or the change, fails with `TooManyPeers`";
            test a_file_that_is_too_long_is_refused;
        "fields of an object": Amount::count(MAX_PEERS);
            why "as many as peers";
            then "the start fails with `TooManyPeers`";
            test more_peers_than_are_read_are_refused;
        "addresses of a peer": Amount::count(MAX_ADDRESSES);
            why "its interfaces, in two families and two transports, four times over";
            then "`InvalidConfig`; one that is learned takes the place of the last";
            test more_addresses_than_a_peer_may_have_are_refused;
        "keys of a peer's metadata": Amount::count(MAX_METADATA_KEYS);
            why "metadata is for small facts: a name, a role";
            then "`MetadataTooLarge`";
            test metadata_is_bounded_in_every_direction;
        "a key of metadata": Amount::bytes(MAX_METADATA_KEY);
            why "metadata is for small facts";
            then "`MetadataTooLarge`";
            test metadata_is_bounded_in_every_direction;
        "a value of metadata": Amount::bytes(MAX_METADATA_VALUE);
            why "metadata is for small facts";
            then "`MetadataTooLarge`";
            test metadata_is_bounded_in_every_direction;
        "metadata of a peer": Amount::bytes(MAX_METADATA);
            why "with it thousands of peers make a file that is written in a moment";
            then "`MetadataTooLarge`";
            test metadata_is_bounded_in_every_direction;
        "changes that wait to be written": Amount::count(MOST_WAITING);
            why "they are small, and written together";
            then "further calls wait for their turn";
            test changes_beyond_those_that_may_wait_wait_for_their_turn;
        "waiting for Go's lock": LONGEST_WAIT.into();
            why "a Go program holds it for one reading or writing";
            then "`AddressBookLocked`, and nothing has changed";
            test a_program_that_holds_the_lock_of_go_cannot_hold_us_for_ever;
        "links that are followed": Amount::count(MOST_LINKS);
            why "as many as Linux follows";
            then "`AddressBookUnreadable`";
            test links_without_end_are_refused;
        "damaged files kept within a second": Amount::count(MOST_A_SECOND);
            why "somebody is trying things out";
            then "no copy is kept, and the error says so; the file stays";
            test no_more_copies_are_kept_in_one_second_than_are_tried;
    }
}

/// Of the limits that follow the open files.
fn smallest_and_largest(limit: impl Fn(&ConnectionLimits) -> usize) -> (Amount, Amount) {
    let of = |files| Amount::count(limit(&ConnectionLimits::for_open_files(files)));
    (of(0), of(u64::MAX))
}
