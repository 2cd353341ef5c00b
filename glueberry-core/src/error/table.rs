//! The one table of errors: numbers, names, classes, hints. Every language is generated from it.

/// Where the remedy of an error lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorClass {
    /// What was configured cannot work.
    Configuration,
    /// The calling code asked for what it must not, or in the wrong order.
    Usage,
    /// The network, or the path to the peer.
    Network,
    /// The peer did what it must not.
    Peer,
    /// A bound was reached.
    Limit,
    /// A fault of Glueberry.
    Internal,
}

impl ErrorClass {
    /// Every class, in the order of its number.
    pub const ALL: &'static [Self] =
        &[Self::Configuration, Self::Usage, Self::Network, Self::Peer, Self::Limit, Self::Internal];

    /// Its number: the hundreds of its errors' numbers.
    #[must_use]
    pub fn number(self) -> u16 {
        match self {
            Self::Configuration => 1,
            Self::Usage => 2,
            Self::Network => 3,
            Self::Peer => 4,
            Self::Limit => 5,
            Self::Internal => 9,
        }
    }

    /// The class in lower case, as other languages show it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Configuration => "configuration",
            Self::Usage => "usage",
            Self::Network => "network",
            Self::Peer => "peer",
            Self::Limit => "limit",
            Self::Internal => "internal",
        }
    }
}

macro_rules! error_table {
    ($($number:literal $name:ident $class:ident $retriable:literal $hint:literal)+) => {
        /// Every error of this crate. Numbers are never reused; the hundreds follow the class.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[non_exhaustive]
        #[repr(u16)]
        pub enum ErrorCode {
            $(#[doc = concat!("Number ", stringify!($number), ". What to do: see [`ErrorCode::hint`].")] $name = $number,)+
        }

        impl ErrorCode {
            /// Every code, in the order of its number.
            pub const ALL: &'static [Self] = &[$(Self::$name,)+];

            /// The number: positive here, negative as a status of the C interface.
            #[must_use]
            pub fn number(self) -> u16 {
                self as u16
            }

            /// The name, the same in every language.
            #[must_use]
            pub fn name(self) -> &'static str {
                match self { $(Self::$name => stringify!($name),)+ }
            }

            /// Where the remedy lies.
            #[must_use]
            pub fn class(self) -> ErrorClass {
                match self { $(Self::$name => ErrorClass::$class,)+ }
            }

            /// Whether the same call may succeed later without any change.
            #[must_use]
            pub fn is_retriable(self) -> bool {
                match self { $(Self::$name => $retriable,)+ }
            }

            /// What to do about it.
            #[must_use]
            pub fn hint(self) -> &'static str {
                match self { $(Self::$name => $hint,)+ }
            }
        }
    };
}

error_table! {
    101 InvalidConfig        Configuration false "Correct the setting that the message names."
    102 InvalidAddress       Configuration false "Write addresses as /ip4/192.0.2.1/tcp/9000, /ip6/…/udp/9000/quic-v1 or /dns/example.org/tcp/9000; to dial, end them with /p2p/PEER-ID."
    103 InvalidPeerId        Configuration false "Copy the whole peer id, as `glueberry-cli id` or the peer's own log prints it: it begins with 12D3KooW."
    104 UnsupportedPeerId    Configuration false "Only peers with Ed25519 identities can be reached; their ids begin with 12D3KooW."
    105 InvalidStreamName    Configuration false "Stream names have 1 to 64 bytes of letters, decimal digits, '-' and '_'; 'handshake' is reserved."
    106 InvalidKey           Configuration false "Use an Ed25519 private key in PKCS#8 PEM, as `glueberry-cli keygen` or `openssl genpkey -algorithm ed25519` write it."
    107 KeyFileUnreadable    Configuration false "Check that the path is right and that this user may read the file."
    108 KeyFileExposed       Configuration false "Others can read this private key: run `chmod 600` on it, and replace the key if it may have been copied."
    109 KeyFileExists        Configuration false "A key is never overwritten unasked, for it cannot be restored: choose another path, or force it."
    110 KeyFileUnwritable    Configuration false "Check that the folder exists and that this user may write into it."
    111 AddressBookUnreadable Configuration false "Check that the path of the address book is right and that this user may read the file."
    112 AddressBookCorrupt   Configuration false "The damaged file was kept aside under the name in the message: repair it, or restore a copy, and start again; to begin an empty book (bans are lost), remove what is left of it."
    113 AddressBookLocked    Configuration false "Another node, or another program, uses this address book: give each node a book of its own, or stop the other one."
    114 AddressBookUnwritable Configuration true "Check that the folder of the address book exists, that this user may write into it and that the disk is not full."
    201 UnknownStream        Usage         false "Add the stream to the configuration of the node, or prepare it with prepare_streams, before using it."
    202 ConsumerTaken        Usage         false "Drop the other iterator first: each stream's messages have one consumer, and all_messages() counts as one of every stream."
    203 WrongState           Usage         false "Follow the order: connect, exchange handshake messages, prepare_streams, finalize_handshake."
    204 NodeClosed           Usage         false "The node was shut down: start a new one."
    205 DialedSelf           Usage         false "The address is this node's own: dial another peer."
    206 UnknownPeer          Usage         false "No address of this peer is known: add it with `add_peer`, or connect to an address that ends in its id."
    207 InvalidArgument      Usage         false "Correct the argument that the message names: it is missing, out of range, or not UTF-8."
    208 WouldDeadlock        Usage         false "Do not wait inside a callback: begin an operation instead, or hand the work to another thread."
    209 Forked               Usage         false "Nodes do not survive fork(): fork before the first one starts, or exec a program in the child."
    210 QueueHasCallback     Usage         false "A queue is either read or called back: clear the callback first, or wait until nobody reads."
    301 NotConnected         Network       true  "Connect to the peer, or wait until PeerEstablished, then try again."
    302 Unreachable          Network       true  "Check that the peer runs and listens at this address, and that no firewall stands between."
    303 AddressInUse         Network       true  "Another program listens there: choose another port, or 0 for any free one."
    304 ListenFailed         Network       true  "Check that the address belongs to this machine and that this user may bind the port."
    305 ConnectionLost       Network       true  "Connect again; what was not delivered is named in PeerDisconnected."
    306 TimedOut             Network       true  "Allow more time, or check why the peer or the network is slow."
    307 Cancelled            Network       true  "The peer was disconnected while the call waited: call again if that was not meant."
    401 WrongPeer            Peer          false "Another identity answered there: correct the peer id in the address, or find out who it is."
    402 HandshakeFailed      Peer          true  "Check that the peer speaks Glueberry and the same kind of handshake (automatic or app-controlled)."
    403 HandshakeTimeout     Peer          true  "The peer never finished its handshake: check its log, or allow more time."
    404 PeerKeyMismatch      Peer          false "The peer showed a key that is not its identity's: do not trust it."
    405 IdentityRefused      Peer          false "The peer's key is of small order, malformed or our own, so it identifies nobody: it needs a real key."
    406 StreamRefused        Peer          true  "The peer has not prepared this stream: configure the same stream names on both sides."
    407 MalformedFrame       Peer          false "The peer sent bytes that are no frames: check that it speaks Glueberry."
    408 DecryptionFailed     Peer          false "A message was damaged or sealed with another key and was not delivered: check the peer."
    409 UnexpectedHandshake  Peer          false "The peer sent a handshake message that means nothing here; it was ignored."
    410 Banned               Peer          false "This node bans the peer or its address: unban it if that is not meant."
    411 NotAllowed           Peer          false "The rules of this node do not allow the peer or its address: change the rules if that is not meant."
    412 StreamFailed         Peer          true  "The stream broke again and again in this session: check the peer; a new session opens it again."
    501 MessageTooLarge      Limit         false "Send smaller messages, or raise the stream's max_message_size on both sides."
    502 WouldBlock           Limit         true  "The stream's send buffer is full: wait with send(), or try again later."
    503 OversizeSkipped      Limit         false "The peer sent a message above this stream's limit; it was skipped. Raise max_message_size to accept it."
    504 TooManyStreams       Limit         false "Open fewer streams with one peer."
    505 UnreadDropped        Limit         false "The session ended while this application did not read: read faster, or raise receive_buffer."
    506 TooManyConnections   Limit         true  "A limit on connections was reached: try again later, or raise it in the configuration."
    507 TooManyPeers         Limit         false "The address book is full: remove peers or bans that are not needed any more."
    508 MetadataTooLarge     Limit         false "Store less with the peer: metadata is for small facts."
    509 TooManyOperations    Limit         true  "Too many operations, or too many bytes in them, wait at this node: wait until some are done."
    901 Internal             Internal      false "This is a fault in Glueberry: please report it with the log."
    902 Panicked             Internal      false "This is a fault in Glueberry: please report it with the log, and start a new node."
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_ascend_and_follow_their_class() {
        assert!(ErrorCode::ALL.windows(2).all(|pair| pair[0].number() < pair[1].number()));
        for code in ErrorCode::ALL {
            assert_eq!(code.number() / 100, code.class().number(), "{code:?}");
        }
    }

    #[test]
    fn every_code_says_what_to_do() {
        for code in ErrorCode::ALL {
            assert!(code.hint().len() > 20 && code.hint().ends_with(['.', '?']), "{code:?}");
        }
    }
}
