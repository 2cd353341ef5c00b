//! The automatic handshake of wire v1: Hello, `PubKey`, Complete.
//!
//! A convention of the examples of Glueberry for Go, spoken so that a stock Go peer can be reached.
//! It proves nothing that libp2p has not proved; it tells both sides when named streams are
//! accepted. Both sides follow the same rules; only the dialer begins, and the listener answers its
//! Hello with one of its own, because peers written after Go's README send their key only then.

use crate::error::Fault;

/// The most frames outside the rules that are ignored before the attempt is given up: far more than
/// a repeated greeting needs, and an end to what a stranger can feed us.
pub const MAX_UNEXPECTED: u32 = 64;

/// Who dialed the connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Role {
    /// This side: it opened the handshake stream and speaks first.
    Dialer,
    /// The peer: this side never opens the handshake stream, it waits for the dialer's.
    Listener,
}

/// One automatic handshake on one connection.
///
/// The machine holds no clock: the caller bounds the whole attempt in time. It is over after
/// [`Action::Finalize`] or [`Action::Fail`]; whatever comes later is read and ignored.
///
/// ```
/// use glueberry_proto::v1::handshake::{Action, AutoHandshake, Message, Role};
///
/// let (ann, bob) = ([1; 32], [2; 32]);
/// let mut dialer = AutoHandshake::new(Role::Dialer, ann, bob);
/// let mut send = dialer.start();
/// assert_eq!(send.next(), Some(Action::Send(Message::hello())));
///
/// let mut answer = dialer.on_frame(Message::public_key(&bob).as_bytes());
/// assert_eq!(answer.next(), Some(Action::Send(Message::public_key(&ann))));
/// assert_eq!(answer.next(), Some(Action::Prepare));
/// ```
#[derive(Clone, Debug)]
pub struct AutoHandshake {
    role: Role,
    own_public: [u8; 32],
    peer_public: [u8; 32],
    own: Said,
    peer: Said,
    unexpected: u32,
    can_write: bool,
    over: bool,
}

impl AutoHandshake {
    /// A handshake with the peer whose public key, as it stands in its peer id, is `peer_public`.
    #[must_use]
    pub fn new(role: Role, own_public: [u8; 32], peer_public: [u8; 32]) -> Self {
        Self {
            role,
            own_public,
            peer_public,
            own: Said::default(),
            peer: Said::default(),
            unexpected: 0,
            can_write: true,
            over: false,
        }
    }

    /// To be called once, as soon as the connection stands.
    pub fn start(&mut self) -> Actions {
        let begins = self.role == Role::Dialer && !self.own.hello && !self.over;
        if !begins {
            return Actions::none();
        }
        self.own.hello = true;
        self.send(Message::hello()).into()
    }

    /// A frame of the peer, without its framing.
    pub fn on_frame(&mut self, frame: &[u8]) -> Actions {
        if self.over {
            return Actions::none();
        }
        match *frame {
            // Some examples append a name to their Hello.
            [HELLO, ..] if !self.peer.hello => self.on_hello(),
            [PUBLIC_KEY, ref key @ ..] => self.on_public_key(key),
            [COMPLETE] if !self.peer.complete => self.on_complete(),
            // Go's examples answer each Hello with all they have: said again, it means nothing new.
            [HELLO, ..] | [COMPLETE] => self.on_repeated(),
            [kind, ..] => self.on_unexpected(Some(kind), frame.len()),
            [] => self.on_unexpected(None, 0),
        }
    }

    /// A frame too large to be a message of this handshake was skipped.
    pub fn on_oversize(&mut self, len: usize) -> Actions {
        if self.over { Actions::none() } else { self.on_unexpected(None, len) }
    }

    /// The streams are prepared: the connection accepts the named streams from now on.
    pub fn on_prepared(&mut self) -> Actions {
        if self.over || !self.peer.key || self.own.complete {
            return Actions::none();
        }
        self.own.complete = true;
        Actions::two(self.send(Message::complete()), self.finalize_if_done())
    }

    /// Nothing more will be read: the peer closed or reset the stream.
    pub fn on_eof(&mut self) -> Actions {
        // After the peer's Complete only our own preparation is missing.
        if self.over || (self.peer.complete && self.peer.key) {
            return Actions::none();
        }
        self.fail(HandshakeFault::Ended)
    }

    /// A write failed. Nothing is sent any more, but the peer may have finished before it closed:
    /// read on, and let [`on_eof`](Self::on_eof) decide.
    pub fn on_write_error(&mut self) -> Actions {
        self.can_write = false;
        Actions::none()
    }

    /// Whether the handshake has come to its end, good or bad.
    #[must_use]
    pub fn is_over(&self) -> bool {
        self.over
    }

    fn on_hello(&mut self) -> Actions {
        self.peer.hello = true;
        let first = !std::mem::replace(&mut self.own.hello, true);
        let hello = if first { self.send(Message::hello()) } else { None };
        Actions::two(hello, self.send_public_key())
    }

    fn on_public_key(&mut self, key: &[u8]) -> Actions {
        let Ok(key) = <&[u8; 32]>::try_from(key) else {
            return self.fail(HandshakeFault::KeyLength { len: key.len() });
        };
        if *key != self.peer_public {
            return self.fail(HandshakeFault::KeyMismatch);
        }
        if self.peer.key {
            return self.on_repeated();
        }
        self.peer.key = true;
        Actions::two(self.send_public_key(), Some(Action::Prepare))
    }

    fn on_complete(&mut self) -> Actions {
        self.peer.complete = true;
        self.finalize_if_done().into()
    }

    /// Ignored without a word, but not without end.
    fn on_repeated(&mut self) -> Actions {
        self.unexpected += 1;
        if self.unexpected > MAX_UNEXPECTED {
            return self.fail(HandshakeFault::TooManyUnexpected);
        }
        Actions::none()
    }

    fn on_unexpected(&mut self, kind: Option<u8>, len: usize) -> Actions {
        self.unexpected += 1;
        if self.unexpected > MAX_UNEXPECTED {
            return self.fail(HandshakeFault::TooManyUnexpected);
        }
        Some(Action::Unexpected { kind, len }).into()
    }

    fn send_public_key(&mut self) -> Option<Action> {
        let first = !self.own.key;
        self.own.key = true;
        if first { self.send(Message::public_key(&self.own_public)) } else { None }
    }

    fn send(&self, message: Message) -> Option<Action> {
        self.can_write.then_some(Action::Send(message))
    }

    fn finalize_if_done(&mut self) -> Option<Action> {
        // Ours is sent only after the peer's key was checked.
        self.over = self.own.complete && self.peer.complete;
        self.over.then_some(Action::Finalize)
    }

    fn fail(&mut self, fault: HandshakeFault) -> Actions {
        self.over = true;
        Some(Action::Fail(fault)).into()
    }
}

/// What one side has said. Of the peer: said rightly.
#[derive(Clone, Copy, Debug, Default)]
struct Said {
    hello: bool,
    key: bool,
    complete: bool,
}

/// What the machine wants done. Carry actions out in order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Action {
    /// Send this on the handshake stream, in one frame. If that fails, say so with
    /// [`on_write_error`](AutoHandshake::on_write_error).
    Send(Message),
    /// Prepare the streams, then call [`on_prepared`](AutoHandshake::on_prepared).
    Prepare,
    /// Both sides are ready: flush and close the handshake stream (a mere drop would reset it),
    /// and tell the application that the peer is established.
    Finalize,
    /// The attempt failed: close the connection.
    Fail(HandshakeFault),
    /// A frame outside the rules was ignored: raise an event.
    Unexpected {
        /// Its first byte, if it has one.
        kind: Option<u8>,
        /// Its length in bytes.
        len: usize,
    },
}

/// Why a handshake failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum HandshakeFault {
    /// The key in the handshake is not the key of the peer id.
    #[error("the peer sent a public key that is not the one in its peer id; do not trust it")]
    KeyMismatch,
    /// The key in the handshake is not 32 bytes long.
    #[error("the peer sent a public key of {len} bytes instead of 32; is it a Glueberry peer?")]
    KeyLength {
        /// Bytes of the key.
        len: usize,
    },
    /// The stream ended before the peer was ready.
    #[error("the peer closed the handshake before its end; see its log, and try again later")]
    Ended,
    /// More than [`MAX_UNEXPECTED`] frames outside the rules.
    #[error("the peer does not speak the automatic handshake; use the app-controlled mode with it")]
    TooManyUnexpected,
}

impl HandshakeFault {
    /// The peer's for a wrong key; both sides' when their handshakes merely do not fit.
    #[must_use]
    pub fn fault(&self) -> Fault {
        match self {
            HandshakeFault::KeyMismatch | HandshakeFault::KeyLength { .. } => Fault::Peers,
            HandshakeFault::Ended | HandshakeFault::TooManyUnexpected => Fault::Both,
        }
    }
}

/// A message of the handshake: at most 33 bytes.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Message {
    bytes: [u8; MAX_MESSAGE],
    len: usize,
}

impl Message {
    /// `01`: the dialer is here.
    #[must_use]
    pub fn hello() -> Self {
        Self::of_kind(HELLO)
    }

    /// `02 ‖ key`: who is speaking.
    #[must_use]
    pub fn public_key(key: &[u8; 32]) -> Self {
        let mut message = Self { len: MAX_MESSAGE, ..Self::of_kind(PUBLIC_KEY) };
        message.bytes[1..].copy_from_slice(key);
        message
    }

    /// `03`: named streams are accepted.
    #[must_use]
    pub fn complete() -> Self {
        Self::of_kind(COMPLETE)
    }

    /// What to put into one frame.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes[..self.len]
    }

    fn of_kind(kind: u8) -> Self {
        let mut bytes = [0; MAX_MESSAGE];
        bytes[0] = kind;
        Self { bytes, len: 1 }
    }
}

impl std::fmt::Debug for Message {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self.bytes[0] {
            HELLO => "Hello",
            PUBLIC_KEY => "PubKey",
            _ => "Complete",
        })
    }
}

/// What to do after one input: none, one or two actions, in order.
#[derive(Clone, Debug)]
#[must_use = "the handshake waits for its actions"]
pub struct Actions([Option<Action>; 2]);

impl Actions {
    fn none() -> Self {
        Self([None, None])
    }

    fn two(first: Option<Action>, second: Option<Action>) -> Self {
        Self([first, second])
    }
}

impl From<Option<Action>> for Actions {
    fn from(action: Option<Action>) -> Self {
        Self([action, None])
    }
}

impl Iterator for Actions {
    type Item = Action;

    fn next(&mut self) -> Option<Action> {
        self.0.iter_mut().find_map(Option::take)
    }
}

const HELLO: u8 = 1;
const PUBLIC_KEY: u8 = 2;
const COMPLETE: u8 = 3;
/// Kind and key.
const MAX_MESSAGE: usize = 33;
