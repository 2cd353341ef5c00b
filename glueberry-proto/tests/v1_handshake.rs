//! The automatic handshake: two machines over byte queues, and peers with habits of their own.

use std::collections::VecDeque;

use glueberry_proto::v1::handshake::{
    Action, AutoHandshake, HandshakeFault, MAX_UNEXPECTED, Message, Role,
};
use proptest::prelude::*;

const ANN: [u8; 32] = [0xa; 32];
const BOB: [u8; 32] = [0xb; 32];

/// One side, its outgoing frames, and what it came to.
struct End {
    machine: AutoHandshake,
    outgoing: VecDeque<Vec<u8>>,
    preparing: bool,
    finalized: bool,
    saw_eof: bool,
}

impl End {
    fn new(role: Role, own: [u8; 32], peer: [u8; 32]) -> Self {
        let machine = AutoHandshake::new(role, own, peer);
        Self {
            machine,
            outgoing: VecDeque::new(),
            preparing: false,
            finalized: false,
            saw_eof: false,
        }
    }

    fn carry_out(&mut self, actions: impl IntoIterator<Item = Action>) {
        for action in actions {
            match action {
                Action::Send(message) => self.outgoing.push_back(message.as_bytes().to_vec()),
                Action::Prepare => self.preparing = true,
                Action::Finalize => self.finalized = true,
                other => panic!("{other:?} between two correct peers"),
            }
        }
    }

    /// Reads one frame of `peer`, or its end of the stream.
    fn read(&mut self, peer: &mut End) -> bool {
        if let Some(frame) = peer.outgoing.pop_front() {
            let actions = self.machine.on_frame(&frame);
            self.carry_out(actions);
            return true;
        }
        let ends = peer.finalized && !self.saw_eof;
        if ends {
            self.saw_eof = true;
            let actions = self.machine.on_eof();
            self.carry_out(actions);
        }
        ends
    }

    fn prepare(&mut self) -> bool {
        let preparing = std::mem::take(&mut self.preparing);
        if preparing {
            let actions = self.machine.on_prepared();
            self.carry_out(actions);
        }
        preparing
    }
}

fn dialer() -> AutoHandshake {
    AutoHandshake::new(Role::Dialer, ANN, BOB)
}

fn listener() -> AutoHandshake {
    AutoHandshake::new(Role::Listener, ANN, BOB)
}

fn key_of(peer: &[u8; 32]) -> Vec<u8> {
    Message::public_key(peer).as_bytes().to_vec()
}

fn all(actions: impl IntoIterator<Item = Action>) -> Vec<Action> {
    actions.into_iter().collect()
}

proptest! {
    #[test]
    fn two_machines_finish_in_whatever_order_their_frames_arrive(
        order in prop::collection::vec(0..4u8, 0..40),
    ) {
        let mut ann = End::new(Role::Dialer, ANN, BOB);
        let mut bob = End::new(Role::Listener, BOB, ANN);
        let (begins, waits) = (ann.machine.start(), bob.machine.start());
        ann.carry_out(begins);
        bob.carry_out(waits);
        for turn in order {
            match turn {
                0 => ann.read(&mut bob),
                1 => bob.read(&mut ann),
                2 => ann.prepare(),
                _ => bob.prepare(),
            };
        }
        while ann.read(&mut bob) | bob.read(&mut ann) | ann.prepare() | bob.prepare() {}
        prop_assert!(ann.finalized && bob.finalized);
        prop_assert!(ann.machine.is_over() && bob.machine.is_over());
    }
}

#[test]
fn a_listener_answers_a_hello_with_a_name_behind_it_with_its_own_hello_and_key() {
    let mut listener = listener();
    assert_eq!(all(listener.start()), []);
    let answer = [Action::Send(Message::hello()), Action::Send(Message::public_key(&ANN))];
    assert_eq!(all(listener.on_frame(b"\x01bob")), answer);
}

#[test]
fn a_peer_that_completes_before_it_shows_its_key_is_not_believed_until_it_does() {
    let mut listener = listener();
    assert_eq!(all(listener.on_frame(&[3])), []);
    assert_eq!(all(listener.on_prepared()), [], "nothing was to be prepared yet");
    let expected = [Action::Send(Message::public_key(&ANN)), Action::Prepare];
    assert_eq!(all(listener.on_frame(&key_of(&BOB))), expected);
    let expected = [Action::Send(Message::complete()), Action::Finalize];
    assert_eq!(all(listener.on_prepared()), expected);
}

#[test]
fn a_key_that_is_not_the_peers_ends_the_attempt() {
    let mismatch = Action::Fail(HandshakeFault::KeyMismatch);
    assert_eq!(all(dialer().on_frame(&key_of(&ANN))), [mismatch]);
    for len in [0, 31, 33] {
        let frame = [vec![2], vec![0xb; len]].concat();
        let fault = HandshakeFault::KeyLength { len };
        assert_eq!(all(dialer().on_frame(&frame)), [Action::Fail(fault)]);
    }
}

#[test]
fn a_second_and_wrong_key_ends_the_attempt_as_well() {
    let mut dialer = dialer();
    assert_eq!(all(dialer.on_frame(&key_of(&BOB))).len(), 2);
    let mismatch = Action::Fail(HandshakeFault::KeyMismatch);
    assert_eq!(all(dialer.on_frame(&key_of(&ANN))), [mismatch]);
}

#[test]
fn an_end_before_the_peers_complete_is_a_failure_and_after_it_is_not() {
    assert_eq!(all(dialer().on_eof()), [Action::Fail(HandshakeFault::Ended)]);

    let mut dialer = dialer();
    let _ = dialer.on_frame(&key_of(&BOB));
    assert_eq!(all(dialer.on_frame(&[3])), []);
    assert_eq!(all(dialer.on_eof()), []);
    let expected = [Action::Send(Message::complete()), Action::Finalize];
    assert_eq!(all(dialer.on_prepared()), expected);
}

#[test]
fn a_failed_write_does_not_hide_a_complete_that_was_already_under_way() {
    let mut dialer = dialer();
    let _ = dialer.on_frame(&key_of(&BOB));
    assert_eq!(all(dialer.on_write_error()), []);
    assert_eq!(all(dialer.on_prepared()), [], "nothing can be sent any more");
    assert_eq!(all(dialer.on_frame(&[3])), [Action::Finalize]);
}

#[test]
fn a_dialer_answers_a_listener_that_says_hello_too() {
    let mut dialer = dialer();
    assert_eq!(all(dialer.start()), [Action::Send(Message::hello())]);
    assert_eq!(all(dialer.on_frame(&[1])), [Action::Send(Message::public_key(&ANN))]);
    assert_eq!(all(dialer.on_frame(&key_of(&BOB))), [Action::Prepare]);
}

#[test]
fn frames_after_the_end_are_read_and_ignored() {
    let mut dialer = dialer();
    let _ = dialer.on_frame(&key_of(&BOB));
    let _ = dialer.on_prepared();
    assert_eq!(all(dialer.on_frame(&[3])), [Action::Finalize]);
    for late in [&[3][..], &[1], &[2, 0], &[], b"{}"] {
        assert_eq!(all(dialer.on_frame(late)), []);
    }
    assert_eq!(all(dialer.on_eof()), []);
}

#[test]
fn what_is_outside_the_rules_is_reported_and_ignored_but_not_for_ever() {
    let mut dialer = dialer();
    for _ in 0..MAX_UNEXPECTED {
        let unexpected = Action::Unexpected { kind: Some(b'{'), len: 2 };
        assert_eq!(all(dialer.on_frame(b"{}")), [unexpected]);
    }
    let given_up = Action::Fail(HandshakeFault::TooManyUnexpected);
    assert_eq!(all(dialer.on_frame(b"{}")), [given_up]);
}

#[test]
fn what_is_said_again_means_nothing_new_but_not_for_ever() {
    let mut dialer = dialer();
    for frame in [&[1][..], &key_of(&BOB), &[3]] {
        let first = all(dialer.on_frame(frame));
        assert!(!first.iter().any(|action| matches!(action, Action::Unexpected { .. })));
        assert_eq!(all(dialer.on_frame(frame)), []);
    }
    for _ in 3..MAX_UNEXPECTED {
        assert_eq!(all(dialer.on_frame(&[1])), []);
    }
    let given_up = Action::Fail(HandshakeFault::TooManyUnexpected);
    assert_eq!(all(dialer.on_frame(&[1])), [given_up]);
}

#[test]
fn a_frame_that_was_too_large_is_reported_like_any_other_without_meaning() {
    let unexpected = Action::Unexpected { kind: None, len: 100_000 };
    assert_eq!(all(dialer().on_oversize(100_000)), [unexpected]);
}

#[test]
fn a_peer_that_completes_and_leaves_without_showing_its_key_has_failed() {
    let mut dialer = dialer();
    assert_eq!(all(dialer.on_frame(&[3])), []);
    assert_eq!(all(dialer.on_eof()), [Action::Fail(HandshakeFault::Ended)]);
}
