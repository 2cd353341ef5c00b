//! Entry points for fuzzers: each takes any bytes and panics when an invariant does not hold.
//!
//! `tests/fuzz_entry_points.rs` runs them under `cargo test`, a fuzzer can run the same functions.
//! Not part of the API.

use std::sync::Arc;

use rand::SeedableRng;
use rand::rngs::StdRng;

use crate::aead::Aead;
use crate::identity::SecretKey;
use crate::name::{MAX_LEN, StreamName};
use crate::v1::address_book::{AddressBook, BookError, Companion, Timestamp};
use crate::v1::frame::{FrameReader, Step};
use crate::v1::handshake::{Action, Actions, AutoHandshake, MAX_UNEXPECTED, Message, Role};
use crate::v1::record::{self, OpenRecord, Protection};

/// Reads `bytes` as frames. The first byte sets the limit, so that some frames are too large.
pub fn frames(bytes: &[u8]) {
    let Some((&limit, mut unread)) = bytes.split_first() else { return };
    let mut reader = FrameReader::new(limit.into());
    loop {
        let consumed = match reader.step(unread) {
            Err(_) => return,
            Ok(Step::NeedMore { at_least }) => {
                assert!(at_least > unread.len(), "it would never be content");
                assert!(at_least <= reader.max_unread(), "the caller cannot hold as much");
                return assert_eq!(reader.end(unread).is_ok(), unread.is_empty() && at_least > 1);
            }
            Ok(Step::Frame { data, consumed }) => {
                assert!(data.len() <= usize::from(limit), "the limit was not kept");
                assert!(data.start <= data.end && data.end <= consumed);
                consumed
            }
            Ok(Step::Oversize { consumed, .. } | Step::Skipped { consumed }) => consumed,
        };
        assert!((1..=unread.len()).contains(&consumed), "it must go on, within what it was shown");
        unread = &unread[consumed..];
    }
}

/// Feeds a handshake. The first byte chooses the role, each further piece begins with its length;
/// some pieces stand for other inputs and for the peer's right messages.
pub fn handshake(bytes: &[u8]) {
    let Some((&first, mut rest)) = bytes.split_first() else { return };
    let role = if first & 1 == 0 { Role::Dialer } else { Role::Listener };
    let mut run = HandshakeRun::new(role);
    while let Some((&len, more)) = rest.split_first() {
        let (frame, more) = more.split_at(usize::from(len % 40).min(more.len()));
        run.input(len, frame);
        rest = more;
    }
}

/// Parses any text as a name and as a protocol id.
pub fn names(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    if let Ok(name) = StreamName::parse(&text) {
        assert!((1..=MAX_LEN).contains(&name.as_str().len()));
        assert!(!name.is_handshake(), "the reserved name was given away");
        assert_eq!(name.as_str(), text);
        assert_eq!(StreamName::from_protocol(&name.protocol()), Some(name));
    }
    if let Some(name) = StreamName::from_protocol(&text) {
        assert_eq!(name.protocol(), text);
    }
}

/// Reads any text as a key file; what is a key survives being written and read again.
pub fn pem(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    match SecretKey::from_pem(&text) {
        Ok(key) => {
            let again = SecretKey::from_pem(&key.to_pem()).expect("we read what we write");
            assert_eq!(again.public(), key.public());
        }
        Err(error) => assert!(error.to_string().len() < 512, "an error must fit the log"),
    }
}

/// Reads any bytes as either file of an address book; what is one survives being written.
pub fn address_book(bytes: &[u8]) {
    survives(bytes, AddressBook::parse, AddressBook::render);
    survives(bytes, Companion::parse, Companion::render);
    if let Some(time) = Timestamp::parse(&String::from_utf8_lossy(bytes)) {
        assert_eq!(Timestamp::parse(&time.to_string()), Some(time));
    }
}

fn survives<T: PartialEq + std::fmt::Debug>(
    bytes: &[u8],
    parse: fn(&[u8]) -> Result<T, BookError>,
    render: fn(&T) -> String,
) {
    match parse(bytes) {
        Ok(file) => {
            let text = render(&file);
            let again = parse(text.as_bytes()).expect("we read what we write");
            assert_eq!(again, file);
            assert_eq!(render(&again), text);
        }
        Err(error) => assert!(error.to_string().len() < 512, "an error must fit the log"),
    }
}

/// Walks any bytes as opened frames, and carries them through a record of our own.
pub fn record(bytes: &[u8]) {
    walk(bytes, Protection::Plain);
    walk(bytes, Protection::Sealed);
    let mut blanked = bytes.to_vec();
    record::blank(&mut blanked);
    assert_eq!(blanked.len(), bytes.len());
    let _ = record::open(&Aead::new(&[7; 32]), &mut blanked).expect_err("nobody sealed this");
    for size in [1, 16, 1024] {
        carry(&mut bytes.chunks(size));
    }
}

fn walk(bytes: &[u8], protection: Protection) {
    let mut at = 0;
    for message in record::opened_frames(bytes, protection) {
        assert!(at < message.start && message.start <= message.end, "messages must not overlap");
        at = message.end;
    }
    assert!(at <= bytes.len());
}

fn carry<'a>(messages: &mut (impl Iterator<Item = &'a [u8]> + Clone)) {
    let key = Arc::new(Aead::new(&[7; 32]));
    let mut open = OpenRecord::sealed(Arc::clone(&key));
    for message in messages.clone() {
        open.push(message).expect("short enough");
    }
    let batch = open.seal(&mut StdRng::seed_from_u64(1));
    let mut wire = batch.as_bytes().to_vec();
    let mut reader = FrameReader::new(1024 + record::OVERHEAD);
    let mut at = 0;
    while let Ok(Step::Frame { data, consumed }) = reader.step(&wire[at..]) {
        record::open(&key, &mut wire[at..][data]).expect("sealed by the same key");
        at += consumed;
    }
    let arrived = record::opened_frames(&wire, Protection::Sealed).map(|range| &wire[range]);
    assert!(arrived.eq(messages), "what was pushed arrives, in order");
}

const OWN: [u8; 32] = [1; 32];
const PEER: [u8; 32] = [2; 32];

/// A handshake and what it has done so far.
struct HandshakeRun {
    machine: AutoHandshake,
    peer_key: bool,
    peer_complete: bool,
    prepared: bool,
    sent: [u32; 4],
    unexpected: u32,
    end: Option<Action>,
}

impl HandshakeRun {
    fn new(role: Role) -> Self {
        let mut run = Self {
            machine: AutoHandshake::new(role, OWN, PEER),
            peer_key: false,
            peer_complete: false,
            prepared: false,
            sent: [0; 4],
            unexpected: 0,
            end: None,
        };
        let actions = run.machine.start();
        run.check(actions);
        run
    }

    fn input(&mut self, kind: u8, frame: &[u8]) {
        let actions = match kind {
            250.. => self.machine.on_eof(),
            245.. => self.machine.on_write_error(),
            235.. => {
                self.prepared |= self.peer_key;
                self.machine.on_prepared()
            }
            225.. => self.frame(Message::public_key(&PEER).as_bytes()),
            215.. => self.frame(Message::complete().as_bytes()),
            205.. => self.frame(Message::hello().as_bytes()),
            _ => self.frame(frame),
        };
        self.check(actions);
    }

    fn frame(&mut self, frame: &[u8]) -> Actions {
        self.peer_key |= frame == Message::public_key(&PEER).as_bytes();
        self.peer_complete |= frame == Message::complete().as_bytes();
        self.machine.on_frame(frame)
    }

    fn check(&mut self, actions: Actions) {
        for action in actions {
            assert!(self.end.is_none(), "{action:?} after {:?}", self.end);
            match action {
                Action::Send(message) => self.check_sent(message),
                Action::Prepare => assert!(self.peer_key, "prepared for an unproved key"),
                Action::Finalize => {
                    assert!(self.peer_key && self.peer_complete && self.prepared);
                    self.end = Some(action);
                }
                Action::Fail(_) => self.end = Some(action),
                Action::Unexpected { .. } => self.unexpected += 1,
            }
        }
        assert!(self.unexpected <= MAX_UNEXPECTED, "a stranger feeds us for ever");
        assert_eq!(self.machine.is_over(), self.end.is_some());
    }

    fn check_sent(&mut self, message: Message) {
        let kind = usize::from(message.as_bytes()[0]);
        self.sent[kind] += 1;
        assert_eq!(self.sent[kind], 1, "{message:?} was sent twice");
        assert!(message != Message::complete() || self.prepared, "Complete before prepared");
    }
}
