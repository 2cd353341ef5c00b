use super::*;

const TIMEOUT: Duration = Duration::from_secs(30);
const FIRST: ConnectionKey = ConnectionKey(1);
const SECOND: ConnectionKey = ConnectionKey(2);
const THIRD: ConnectionKey = ConnectionKey(3);

fn established(we_are_greater: bool, dialer: Dialer, now: Instant) -> Machine {
    let mut peer = Machine::new(we_are_greater, TIMEOUT);
    peer.connected(FIRST, dialer, now);
    peer.handshake_done(FIRST, 1, now);
    assert_eq!(peer.state(), State::Established);
    peer
}

#[test]
fn a_peer_that_never_shakes_hands_is_dropped_at_the_deadline_and_not_before() {
    let now = Instant::now();
    let mut peer = Machine::new(true, TIMEOUT);
    peer.connected(FIRST, Dialer::Them, now);
    assert_eq!(peer.next_deadline(), Some(now + TIMEOUT));
    assert_eq!(peer.tick(now + Duration::from_secs(29)), vec![]);
    let reason = DisconnectReason::HandshakeTimeout;
    assert_eq!(
        peer.tick(now + TIMEOUT),
        vec![Action::ReportDisconnected { epoch: Some(1), reason }, Action::Close(FIRST)]
    );
    assert_eq!((peer.state(), peer.next_deadline()), (State::Disconnected, None));
}

#[test]
fn late_work_of_an_older_session_changes_nothing() {
    let now = Instant::now();
    let mut peer = Machine::new(true, TIMEOUT);
    peer.connected(FIRST, Dialer::Them, now);
    peer.connected(SECOND, Dialer::Them, now);
    peer.used(SECOND, now);
    assert_eq!(peer.session(), Some((SECOND, 2)));
    assert_eq!(peer.handshake_done(FIRST, 1, now), vec![]);
    assert_eq!(peer.handshake_failed(FIRST, 1, DisconnectReason::HandshakeFailed, now), vec![]);
    assert_eq!(lost(&mut peer, FIRST, now), vec![]);
    assert_eq!(peer.session(), Some((SECOND, 2)));
}

#[test]
fn a_restarted_peer_supersedes_its_own_dead_session() {
    let now = Instant::now();
    let mut peer = established(true, Dialer::Them, now);
    assert_eq!(peer.connected(SECOND, Dialer::Them, now), vec![]);
    assert_eq!(peer.used(FIRST, now), vec![], "that is no news");
    assert_eq!(peer.used(SECOND, now), replaced(DisconnectReason::Superseded));
}

/// What becomes of the session on the first connection when the second one takes its place.
fn replaced(reason: DisconnectReason) -> Vec<Action> {
    vec![
        Action::ReportDisconnected { epoch: Some(1), reason },
        Action::Close(FIRST),
        Action::ReportConnected { epoch: 2, on: SECOND, dialer: Dialer::Them },
        Action::StartHandshake { attempt: 2, on: SECOND, dialer: Dialer::Them },
    ]
}

#[test]
fn a_peer_that_only_looked_for_somebody_else_here_leaves_its_session_alone() {
    let now = Instant::now();
    let mut peer = established(true, Dialer::Them, now);
    for on in [SECOND, THIRD] {
        assert_eq!(peer.connected(on, Dialer::Them, now), vec![]);
        assert_eq!(lost(&mut peer, on, now), vec![]);
        assert_eq!(peer.session(), Some((FIRST, 1)));
    }
    assert_eq!(peer.next_deadline(), None);
    for number in 2..5 {
        assert_eq!(peer.connected(ConnectionKey(number), Dialer::Them, now), vec![]);
    }
    let closed = vec![Action::Close(SECOND)];
    assert_eq!(peer.connected(ConnectionKey(5), Dialer::Them, now), closed, "three at a time");
}

#[test]
fn who_looks_for_somebody_else_here_too_is_taken_at_its_word_all_the_same() {
    let now = Instant::now();
    let mut peer = established(true, Dialer::Them, now);
    peer.connected(SECOND, Dialer::Them, now);
    peer.connected(THIRD, Dialer::Them, now);
    assert_eq!(peer.used(SECOND, now), replaced(DisconnectReason::Superseded));
    assert_eq!(lost(&mut peer, THIRD, now), vec![]);
    assert_eq!(peer.session(), Some((SECOND, 2)));

    // Nor does it cost the winner of a simultaneous dial its place.
    let mut peer = established(false, Dialer::Us, now);
    peer.connected(SECOND, Dialer::Them, now);
    assert_eq!(peer.connected(THIRD, Dialer::Them, now), vec![]);
    let moved = Action::Move { epoch: 1, from: Some(FIRST), to: SECOND };
    assert_eq!(peer.handshake_done(SECOND, 2, now).first(), Some(&moved));
}

#[test]
fn a_handshake_that_is_finished_settles_what_came_before() {
    let now = Instant::now();
    let later = now + Duration::from_millis(5);
    let mut peer = established(true, Dialer::Them, now);
    peer.connected(SECOND, Dialer::Them, now);
    // Our own dial was under way when the peer restarted; both ends keep this one.
    peer.connected(THIRD, Dialer::Us, later);
    let moved = Action::Move { epoch: 1, from: Some(FIRST), to: THIRD };
    assert_eq!(peer.handshake_done(THIRD, 2, later), vec![moved, Action::Close(SECOND)]);
    assert_eq!(peer.used(SECOND, later), vec![]);
    assert_eq!((peer.session(), peer.next_deadline()), (Some((THIRD, 1)), None));
}

#[test]
fn a_peer_that_is_slow_to_shake_hands_or_whose_older_connection_ends_is_taken_at_its_word() {
    let now = Instant::now();
    let mut peer = established(true, Dialer::Them, now);
    peer.connected(SECOND, Dialer::Them, now);
    assert_eq!(peer.next_deadline(), Some(now + UNUSED));
    assert_eq!(peer.tick(now + UNUSED), replaced(DisconnectReason::Superseded));
    assert_eq!(peer.next_deadline(), Some(now + UNUSED + TIMEOUT), "all the time for a handshake");

    let mut peer = established(true, Dialer::Them, now);
    peer.connected(SECOND, Dialer::Them, now);
    assert_eq!(lost(&mut peer, FIRST, now), replaced(DisconnectReason::ConnectionLost));
}

#[test]
fn an_established_session_moves_to_the_winner_of_a_simultaneous_dial_without_an_end() {
    let now = Instant::now();
    let mut peer = established(true, Dialer::Them, now);
    let start = Action::StartHandshake { attempt: 2, on: SECOND, dialer: Dialer::Us };
    assert_eq!(peer.connected(SECOND, Dialer::Us, now), vec![start]);
    assert_eq!(peer.state(), State::Established);
    let moved = Action::Move { epoch: 1, from: Some(FIRST), to: SECOND };
    assert_eq!(peer.handshake_done(SECOND, 2, now), vec![moved]);
    assert_eq!(lost(&mut peer, FIRST, now), vec![], "the loser's end is no end of the session");
    assert_eq!(peer.session(), Some((SECOND, 1)));
}

#[test]
fn a_session_whose_connection_breaks_waits_for_its_heir() {
    let now = Instant::now();
    let mut peer = established(true, Dialer::Them, now);
    peer.connected(SECOND, Dialer::Us, now);
    assert_eq!(lost(&mut peer, FIRST, now), vec![]);
    assert_eq!(peer.state(), State::Established);
    assert_eq!(peer.next_deadline(), Some(now + TIMEOUT), "it does not wait for ever");
    let moved = Action::Move { epoch: 1, from: None, to: SECOND };
    assert_eq!(peer.handshake_done(SECOND, 2, now), vec![moved]);
    assert_eq!(peer.next_deadline(), None);
}

#[test]
fn a_session_that_inherits_before_it_is_established_moves_first() {
    let now = Instant::now();
    let mut peer = Machine::new(true, TIMEOUT);
    peer.connected(FIRST, Dialer::Them, now);
    peer.connected(SECOND, Dialer::Us, now);
    assert_eq!(lost(&mut peer, FIRST, now), vec![]);
    assert_eq!(
        peer.handshake_done(SECOND, 2, now),
        vec![
            Action::Move { epoch: 1, from: None, to: SECOND },
            Action::ReportEstablished { epoch: 1, on: SECOND },
        ]
    );
}

#[test]
fn an_heir_that_is_ready_first_establishes_the_session() {
    let now = Instant::now();
    let mut peer = Machine::new(true, TIMEOUT);
    peer.connected(FIRST, Dialer::Them, now);
    peer.connected(SECOND, Dialer::Us, now);
    assert_eq!(
        peer.handshake_done(SECOND, 2, now),
        vec![
            Action::Move { epoch: 1, from: Some(FIRST), to: SECOND },
            Action::ReportEstablished { epoch: 1, on: SECOND },
        ]
    );
    assert_eq!(peer.handshake_done(FIRST, 1, now), vec![], "the loser's handshake comes too late");
}

#[test]
fn without_moves_the_winner_of_a_simultaneous_dial_begins_a_session_of_its_own() {
    let now = Instant::now();
    let mut peer = Machine::new(true, TIMEOUT).without_moves();
    peer.connected(FIRST, Dialer::Them, now);
    let reason = DisconnectReason::Superseded;
    let actions = peer.connected(SECOND, Dialer::Us, now);
    assert_eq!(actions[0], Action::ReportDisconnected { epoch: Some(1), reason });
    assert_eq!(peer.session(), Some((SECOND, 2)));
}

#[test]
fn disconnecting_while_dialing_aborts_the_dial_and_says_so_once() {
    let now = Instant::now();
    let mut peer = Machine::new(true, TIMEOUT);
    assert_eq!(peer.seek(Interest::Once), vec![Action::ReportConnecting, Action::Dial]);
    let reason = DisconnectReason::Requested;
    assert_eq!(
        peer.disconnect(reason, now),
        vec![Action::AbortDial, Action::ReportDisconnected { epoch: None, reason }]
    );
    assert_eq!(peer.disconnect(reason, now), vec![]);
    assert!(peer.is_idle());
}

/// A peer that this node dialed and lost.
fn lost_peer(interest: Interest, now: Instant) -> Machine {
    let policy = RetryPolicy { cooldown: Duration::from_mins(1), ..RetryPolicy::default() };
    let mut peer = Machine::new(true, TIMEOUT).retrying(policy, 1);
    peer.seek(interest);
    peer.connected(FIRST, Dialer::Us, now);
    peer.handshake_done(FIRST, 1, now);
    lost(&mut peer, FIRST, now);
    peer
}

#[test]
fn a_lost_peer_that_was_dialed_is_dialed_again_after_a_pause() {
    let now = Instant::now();
    let mut peer = lost_peer(Interest::Once, now);
    assert_eq!(peer.state(), State::Reconnecting);
    let due = peer.next_deadline().expect("it is tried again");
    assert!(due <= now + Duration::from_secs(1));
    assert_eq!(peer.tick(due), vec![Action::Dial]);
    assert_eq!(peer.state(), State::Reconnecting);
    let again = peer.dial_failed(due);
    assert!(matches!(again[..], [Action::ReportReconnecting { attempt: 2, .. }]), "{again:?}");
}

#[test]
fn a_lost_peer_that_dialed_us_is_let_go() {
    let now = Instant::now();
    let mut peer = established(true, Dialer::Them, now);
    let reason = DisconnectReason::ConnectionLost;
    assert_eq!(
        lost(&mut peer, FIRST, now),
        vec![Action::ReportDisconnected { epoch: Some(1), reason }, Action::Close(FIRST)]
    );
    assert!(peer.is_idle());
}

#[test]
fn a_first_dial_that_fails_is_not_repeated_unless_the_peer_is_to_be_kept() {
    let now = Instant::now();
    let reason = DisconnectReason::DialFailed;
    let mut peer = Machine::new(true, TIMEOUT);
    peer.seek(Interest::Once);
    let end = vec![Action::ReportDisconnected { epoch: None, reason }];
    assert_eq!(peer.dial_failed(now), end);
    peer.seek(Interest::Persistent);
    assert!(matches!(peer.dial_failed(now)[..], [Action::ReportReconnecting { .. }]));
}

#[test]
fn a_failed_handshake_is_followed_by_a_cooldown() {
    let now = Instant::now();
    let mut peer = lost_peer(Interest::Lasting, now);
    peer.tick(now + Duration::from_secs(1));
    peer.connected(SECOND, Dialer::Us, now);
    let reason = DisconnectReason::HandshakeFailed;
    let actions = peer.handshake_failed(SECOND, 2, reason, now);
    let until = now + Duration::from_mins(1);
    assert_eq!(actions.last(), Some(&Action::ReportCooldown { until }));
    assert_eq!((peer.state(), peer.next_deadline()), (State::Cooldown, Some(until)));
    let actions = peer.tick(until);
    assert!(
        matches!(actions[..], [Action::ReportReconnecting { .. }, Action::Dial]),
        "{actions:?}"
    );
}

#[test]
fn a_pause_is_cut_short_by_who_wants_the_peer_now() {
    let mut peer = lost_peer(Interest::Lasting, Instant::now());
    assert_eq!(peer.seek(Interest::Once), vec![Action::Dial]);
    assert_eq!(peer.next_deadline(), None);
}

#[test]
fn a_cancelled_reconnection_is_reported_and_not_taken_up_again() {
    let now = Instant::now();
    let mut peer = lost_peer(Interest::Persistent, now);
    let reason = DisconnectReason::Requested;
    let end = Action::ReportDisconnected { epoch: None, reason };
    assert_eq!(peer.cancel_reconnection(), vec![end]);
    assert_eq!((peer.next_deadline(), peer.is_idle()), (None, true));
    assert_eq!(peer.cancel_reconnection(), vec![]);
    // So is one whose dial is under way.
    let mut peer = lost_peer(Interest::Persistent, now);
    peer.seek(Interest::Once);
    assert_eq!(peer.cancel_reconnection(), vec![Action::AbortDial, end]);
}

#[test]
fn a_session_that_lasted_forgives_the_failures_before_it_and_a_short_one_does_not() {
    let mut now = Instant::now();
    let mut peer = lost_peer(Interest::Lasting, now);
    for (number, lasted, attempt) in [(2, LASTING / 2, 2), (3, LASTING, 1)] {
        now += Duration::from_mins(1);
        peer.tick(now);
        let on = ConnectionKey(number);
        peer.connected(on, Dialer::Us, now);
        peer.handshake_done(on, number, now);
        now += lasted;
        let actions = lost(&mut peer, on, now);
        let Some(Action::ReportReconnecting { attempt: next, .. }) = actions.last() else {
            panic!("{actions:?}")
        };
        assert_eq!(*next, attempt);
    }
}

#[test]
fn a_silent_connection_is_closed_and_its_session_ended_at_once() {
    let now = Instant::now();
    let mut peer = established(true, Dialer::Them, now);
    let reason = DisconnectReason::KeepAliveTimeout;
    let actions = peer.connection_lost(FIRST, reason, now);
    let end = Action::ReportDisconnected { epoch: Some(1), reason };
    assert_eq!(actions, vec![end, Action::Close(FIRST)]);
    assert_eq!(lost(&mut peer, FIRST, now), vec![], "its real end changes nothing");
}

fn lost(peer: &mut Machine, on: ConnectionKey, now: Instant) -> Vec<Action> {
    let actions = peer.connection_lost(on, DisconnectReason::ConnectionLost, now);
    if actions == vec![Action::Close(on)] { Vec::new() } else { actions }
}
