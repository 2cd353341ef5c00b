//! Records: many messages in one buffer, sealed in place, opened in place.

use std::collections::BTreeSet;
use std::sync::Arc;

use glueberry_proto::aead::{Aead, OpenError};
use glueberry_proto::v1::frame::{FrameReader, Step};
use glueberry_proto::v1::record::{
    KEPT_CAPACITY, MAX_MESSAGE, OVERHEAD, OpenRecord, Protection, blank, messages_from, open,
    opened_frames,
};
use proptest::prelude::*;
use rand::SeedableRng;
use rand::rngs::StdRng;

fn key() -> Arc<Aead> {
    Arc::new(Aead::new(&[9; 32]))
}

fn sealed(messages: &[Vec<u8>]) -> Vec<u8> {
    let mut record = OpenRecord::sealed(key());
    for message in messages {
        record.push(message).unwrap();
    }
    record.seal(&mut StdRng::seed_from_u64(1)).as_bytes().to_vec()
}

/// Where each frame of `wire` begins and ends, and where its data lies.
fn frames(wire: &[u8]) -> Vec<(std::ops::Range<usize>, std::ops::Range<usize>)> {
    let mut reader = FrameReader::new(1 << 20);
    let (mut found, mut at) = (Vec::new(), 0);
    while let Ok(Step::Frame { data, consumed }) = reader.step(&wire[at..]) {
        found.push((at..at + consumed, at + data.start..at + data.end));
        at += consumed;
    }
    assert_eq!(at, wire.len());
    found
}

fn messages() -> impl Strategy<Value = Vec<Vec<u8>>> {
    prop::collection::vec(prop::collection::vec(any::<u8>(), 0..200), 0..150)
}

#[test]
fn the_handshake_stream_is_framed_and_not_sealed() {
    let mut record = OpenRecord::plain();
    record.push(&[1]).unwrap();
    record.push(&[]).unwrap();
    let batch = record.seal(&mut StdRng::seed_from_u64(1));
    assert_eq!(batch.as_bytes(), [2, 1, 1, 1, 0]);
    let found: Vec<_> = opened_frames(batch.as_bytes(), Protection::Plain).collect();
    assert_eq!(found, [2..3, 5..5]);
}

#[test]
fn a_message_that_no_frame_can_carry_is_refused_and_changes_nothing() {
    let mut record = OpenRecord::sealed(key());
    let error = record.push(&vec![0; MAX_MESSAGE + 1]).unwrap_err();
    assert_eq!(error.len, MAX_MESSAGE + 1);
    assert!(record.is_empty() && record.messages() == 0);
}

#[test]
fn the_largest_message_leaves_sealed_and_can_be_passed_over() {
    let mut record = OpenRecord::sealed(key());
    record.push(&vec![0; MAX_MESSAGE]).unwrap();
    let batch = record.seal(&mut StdRng::seed_from_u64(1));
    assert!(batch.as_bytes()[64..128].iter().any(|&byte| byte != 0), "it left unsealed");
    let step = FrameReader::new(1024).step(batch.as_bytes()).unwrap();
    assert!(matches!(step, Step::Oversize { consumed, .. } if consumed == batch.as_bytes().len()));
}

#[test]
fn a_recycled_record_is_empty_and_keeps_no_large_buffer() {
    let mut record = OpenRecord::sealed(key());
    record.push(&vec![0; 2 * KEPT_CAPACITY]).unwrap();
    let again = record.seal(&mut StdRng::seed_from_u64(1)).recycle();
    assert_eq!((again.len(), again.messages()), (0, 0));
    assert_eq!(again.protection(), Protection::Sealed);
}

#[test]
fn data_too_short_to_be_sealed_is_refused_and_passed_over() {
    let refused = open(&key(), &mut [0; OVERHEAD - 1]);
    assert_eq!(refused, Err(OpenError::TooShort { len: 27, least: 28 }));
    assert_eq!(opened_frames(&[4, 3, 0, 0, 0], Protection::Sealed).next(), None);
}

#[test]
fn neither_keys_nor_messages_show_in_debug_output() {
    let mut record = OpenRecord::sealed(key());
    record.push(b"secret").unwrap();
    assert_eq!(format!("{record:?}"), "OpenRecord { messages: 1, bytes: 36, .. }");
}

#[test]
fn a_message_written_to_its_last_byte_counts_as_sent() {
    let wire = sealed(&[b"one".to_vec(), b"two".to_vec()]);
    let one = Protection::Sealed.framed_len(3);
    let unsent = [0, one - 1, one, wire.len() - 1, wire.len()].map(|at| messages_from(&wire, at));
    assert_eq!(unsent, [2, 2, 1, 1, 0]);
}

proptest! {
    #[test]
    fn what_is_pushed_comes_out_in_order(messages in messages()) {
        let mut wire = sealed(&messages);
        let expected: usize = messages.iter().map(|m| Protection::Sealed.framed_len(m.len())).sum();
        prop_assert_eq!(wire.len(), expected);
        for (_, data) in frames(&wire) {
            prop_assert!(open(&key(), &mut wire[data]).is_ok());
        }
        let arrived: Vec<_> = opened_frames(&wire, Protection::Sealed)
            .map(|range| wire[range].to_vec())
            .collect();
        prop_assert_eq!(arrived, messages);
    }

    #[test]
    fn no_nonce_is_used_twice(sizes in prop::collection::vec(0..8usize, 1..300)) {
        let messages: Vec<_> = sizes.iter().map(|&size| vec![0; size]).collect();
        let wire = sealed(&messages);
        let nonces: BTreeSet<_> =
            frames(&wire).into_iter().map(|(_, data)| wire[data][..12].to_vec()).collect();
        prop_assert_eq!(nonces.len(), messages.len());
    }

    #[test]
    fn a_frame_that_does_not_open_is_passed_over_and_its_neighbours_are_not(
        messages in messages(),
        at: prop::sample::Index,
    ) {
        prop_assume!(!messages.is_empty());
        let mut wire = sealed(&messages);
        let damaged = at.index(messages.len());
        for (index, (frame, data)) in frames(&wire).into_iter().enumerate() {
            if index == damaged {
                wire[data.end - 1] ^= 1;
            }
            if open(&key(), &mut wire[data]).is_err() {
                blank(&mut wire[frame]);
            }
        }
        let arrived: Vec<_> = opened_frames(&wire, Protection::Sealed)
            .map(|range| wire[range].to_vec())
            .collect();
        let mut expected = messages;
        expected.remove(damaged);
        prop_assert_eq!(arrived, expected);
    }

    #[test]
    fn a_message_counts_as_unsent_until_its_last_byte_is_written(
        messages in messages(),
        at: prop::sample::Index,
    ) {
        let wire = sealed(&messages);
        let written = at.index(wire.len() + 1);
        let unsent = frames(&wire).iter().filter(|(frame, _)| frame.end > written).count();
        prop_assert_eq!(messages_from(&wire, written), u32::try_from(unsent).unwrap());
    }
}
