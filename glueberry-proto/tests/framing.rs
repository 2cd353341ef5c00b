//! Framing: what is written, what is accepted, and how streams are cut into pieces.

use glueberry_proto::error::Fault;
use glueberry_proto::v1::frame::{
    FrameError, FrameReader, MAX_SKIPPABLE, Step, header_len, put_header,
};
use proptest::prelude::*;

const LIMIT: usize = 300;

fn framed(data: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    put_header(&mut out, data.len());
    assert_eq!(out.len(), header_len(data.len()));
    out.extend_from_slice(data);
    out
}

fn step(bytes: &[u8]) -> Result<Step, FrameError> {
    FrameReader::new(LIMIT).step(bytes)
}

/// `value` as an integer of exactly `width` bytes.
fn padded(mut value: u64, width: usize) -> Vec<u8> {
    let mut out = Vec::new();
    for _ in 1..width {
        out.push(u8::try_from(value & 0x7f).unwrap() | 0x80);
        value >>= 7;
    }
    out.push(u8::try_from(value).unwrap());
    out
}

/// What a reader finds in `wire`, given in pieces of the sizes in `cuts`.
fn read_in_pieces(wire: &[u8], cuts: &[usize]) -> (Vec<Vec<u8>>, Vec<usize>) {
    let mut reader = FrameReader::new(LIMIT);
    let (mut held, mut fed) = (Vec::new(), 0);
    let (mut frames, mut oversize) = (Vec::new(), Vec::new());
    let mut cuts = cuts.iter().cycle();
    loop {
        let consumed = match reader.step(&held).unwrap() {
            Step::NeedMore { at_least } => {
                assert!(held.len() < at_least && at_least <= reader.max_unread());
                if fed == wire.len() {
                    reader.end(&held).unwrap();
                    return (frames, oversize);
                }
                let piece = cuts.next().copied().unwrap_or(1).clamp(1, wire.len() - fed);
                held.extend_from_slice(&wire[fed..fed + piece]);
                fed += piece;
                continue;
            }
            Step::Frame { data, consumed } => {
                frames.push(held[data].to_vec());
                consumed
            }
            Step::Oversize { data_len, consumed } => {
                oversize.push(data_len);
                consumed
            }
            Step::Skipped { consumed } => consumed,
        };
        held.drain(..consumed);
    }
}

#[test]
fn frames_are_written_as_go_writes_them() {
    assert_eq!(framed(&[1, 2, 3]), [4, 3, 1, 2, 3]);
    assert_eq!(framed(&[]), [1, 0]);
    assert_eq!(framed(&[0; 300])[..4], [0xae, 2, 0xac, 2]);
    assert_eq!(framed(&[0; 31])[..2], [0x20, 0x1f]);
    assert_eq!(framed(&[0; 328])[..4], [0xca, 2, 0xc8, 2]);
}

#[test]
fn bytes_behind_the_data_are_ignored_inside_the_frame() {
    assert_eq!(step(&[4, 1, 9, 8, 7]), Ok(Step::Frame { data: 2..3, consumed: 5 }));
}

#[test]
fn a_data_length_that_overruns_its_frame_ends_the_stream() {
    for overrun in [&[0][..], &[1, 1], &[2, 2, 0], &[1, 0x80], &[2, 0x80, 0x80]] {
        let Err(error @ FrameError::Overrun { .. }) = step(overrun) else {
            panic!("{overrun:?} was accepted")
        };
        assert_eq!(error.fault(), Fault::Peers);
    }
}

#[test]
fn malformed_lengths_end_the_stream() {
    let too_wide = [0xff; 10];
    assert_eq!(step(&too_wide), Err(FrameError::BadLength));
    let inner_too_wide = [&[20][..], &too_wide].concat();
    assert_eq!(step(&inner_too_wide), Err(FrameError::BadLength));
}

#[test]
fn up_to_64_mib_a_frame_is_passed_over_and_above_it_ends_the_stream() {
    let largest = u64::try_from(MAX_SKIPPABLE).unwrap();
    let mut head = padded(largest, 4);
    head.extend(padded(largest - 4, 4));
    let passed = Step::Oversize { data_len: MAX_SKIPPABLE - 4, consumed: 8 };
    assert_eq!(step(&head), Ok(passed));
    let refused = Err(FrameError::TooLarge { len: largest + 1 });
    assert_eq!(step(&padded(largest + 1, 4)), refused);
    assert_eq!(step(&padded(u64::MAX >> 1, 9)), Err(FrameError::TooLarge { len: u64::MAX >> 1 }));
}

#[test]
fn padding_cannot_make_us_hold_more_than_the_limit() {
    // The data is small, the frame around it is not.
    let mut frame = padded(400, 2);
    frame.extend([1, 9]);
    frame.resize(402, 0);
    assert_eq!(step(&frame), Ok(Step::Oversize { data_len: 399, consumed: 402 }));
}

#[test]
fn a_stream_may_end_between_frames_and_nowhere_else() {
    let mut reader = FrameReader::new(LIMIT);
    assert_eq!(reader.end(&[]), Ok(()));
    assert_eq!(reader.end(&[4, 3]), Err(FrameError::Truncated));
    assert!(matches!(reader.step(&framed(&[0; 301])[..9]), Ok(Step::Oversize { .. })));
    assert_eq!(reader.end(&[]), Err(FrameError::Truncated));
}

proptest! {
    #[test]
    fn wherever_a_stream_is_cut_the_same_frames_come_out(
        messages in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..500), 0..12),
        cuts in prop::collection::vec(1..700usize, 1..20),
    ) {
        let wire: Vec<u8> = messages.iter().flat_map(|message| framed(message)).collect();
        let (small, large): (Vec<_>, Vec<_>) =
            messages.into_iter().partition(|message| message.len() <= LIMIT);
        let large: Vec<_> = large.iter().map(Vec::len).collect();
        prop_assert_eq!(read_in_pieces(&wire, &cuts), (small, large));
    }

    #[test]
    fn padded_lengths_are_read_like_minimal_ones(
        data in prop::collection::vec(any::<u8>(), 0..=LIMIT),
        inner_width in 2..=10usize,
        outer_width in 2..=10usize,
    ) {
        let len = |len: usize| u64::try_from(len).unwrap();
        let mut frame = padded(len(inner_width + data.len()), outer_width);
        frame.extend(padded(len(data.len()), inner_width));
        let start = frame.len();
        frame.extend_from_slice(&data);
        let end = frame.len();
        prop_assert_eq!(step(&frame), Ok(Step::Frame { data: start..end, consumed: end }));
    }

    #[test]
    fn every_beginning_of_a_frame_asks_for_more_and_never_for_too_much(
        data in prop::collection::vec(any::<u8>(), 0..=LIMIT),
    ) {
        let frame = framed(&data);
        for cut in 0..frame.len() {
            let Ok(Step::NeedMore { at_least }) = step(&frame[..cut]) else {
                panic!("{cut} of {} bytes were enough", frame.len());
            };
            prop_assert!(cut < at_least && at_least <= frame.len());
        }
    }
}
