// Written by `make vocabulary`, from the tables of glueberry-core.

/** The state of the link with a peer. */
export const states = {
  disconnected: 0,
  connecting: 1,
  connected: 2,
  established: 3,
  reconnecting: 4,
  cooldown: 5,
} as const
/** The state of the link with a peer. */
export type State = keyof typeof states

/** Why a session, or an attempt to begin one, ended. */
export const disconnectReasons = {
  requested: 1,
  shutdown: 2,
  connectionLost: 3,
  superseded: 4,
  handshakeTimeout: 5,
  handshakeFailed: 6,
  peerKeyMismatch: 7,
  dialFailed: 8,
  keepAliveTimeout: 9,
  banned: 10,
} as const
/** Why a session, or an attempt to begin one, ended. */
export type DisconnectReason = keyof typeof disconnectReasons

/** Why a connection was refused. */
export const denials = {
  identityRefused: 1,
  ownIdentity: 2,
  peerBanned: 3,
  addressBanned: 4,
  peerNotAllowed: 5,
  addressNotAllowed: 6,
  pendingLimit: 7,
  totalLimit: 8,
  peerLimit: 9,
  addressLimit: 10,
  tooMuchBeforeIdentity: 11,
  tooSlowToIdentify: 12,
  tooManyStreams: 13,
} as const
/** Why a connection was refused. */
export type Denial = keyof typeof denials

/** Why a stream ended. */
export const streamCloseReasons = {
  sessionEnded: 1,
  failed: 2,
} as const
/** Why a stream ended. */
export type StreamCloseReason = keyof typeof streamCloseReasons

/** Which way: from here to the peer, or from the peer to here. */
export const directions = {
  outbound: 1,
  inbound: 2,
} as const
/** Which way: from here to the peer, or from the peer to here. */
export type Direction = keyof typeof directions

/** Which watermark a buffer has crossed. */
export const pressureLevels = {
  high: 1,
  low: 2,
} as const
/** Which watermark a buffer has crossed. */
export type PressureLevel = keyof typeof pressureLevels

/** Who shakes hands: the library, or the application. */
export const handshakeModes = {
  automatic: 0,
  app: 1,
} as const
/** Who shakes hands: the library, or the application. */
export type HandshakeMode = keyof typeof handshakeModes

/** Which secure channels are offered over TCP. */
export const securities = {
  both: 0,
  tls: 1,
  noise: 2,
} as const
/** Which secure channels are offered over TCP. */
export type Security = keyof typeof securities

/** Where the remedy of an error lies. */
export const errorClasses = {
  configuration: 1,
  usage: 2,
  network: 3,
  peer: 4,
  limit: 5,
  internal: 9,
} as const
/** Where the remedy of an error lies. */
export type ErrorClass = keyof typeof errorClasses

/** Every error, with its number. */
export const errorCodes = {
  InvalidConfig: 101,
  InvalidAddress: 102,
  InvalidPeerId: 103,
  UnsupportedPeerId: 104,
  InvalidStreamName: 105,
  InvalidKey: 106,
  KeyFileUnreadable: 107,
  KeyFileExposed: 108,
  KeyFileExists: 109,
  KeyFileUnwritable: 110,
  AddressBookUnreadable: 111,
  AddressBookCorrupt: 112,
  AddressBookLocked: 113,
  AddressBookUnwritable: 114,
  UnknownStream: 201,
  ConsumerTaken: 202,
  WrongState: 203,
  NodeClosed: 204,
  DialedSelf: 205,
  UnknownPeer: 206,
  InvalidArgument: 207,
  WouldDeadlock: 208,
  Forked: 209,
  QueueHasCallback: 210,
  NotConnected: 301,
  Unreachable: 302,
  AddressInUse: 303,
  ListenFailed: 304,
  ConnectionLost: 305,
  TimedOut: 306,
  Cancelled: 307,
  WrongPeer: 401,
  HandshakeFailed: 402,
  HandshakeTimeout: 403,
  PeerKeyMismatch: 404,
  IdentityRefused: 405,
  StreamRefused: 406,
  MalformedFrame: 407,
  DecryptionFailed: 408,
  UnexpectedHandshake: 409,
  Banned: 410,
  NotAllowed: 411,
  StreamFailed: 412,
  MessageTooLarge: 501,
  WouldBlock: 502,
  OversizeSkipped: 503,
  TooManyStreams: 504,
  UnreadDropped: 505,
  TooManyConnections: 506,
  TooManyPeers: 507,
  MetadataTooLarge: 508,
  TooManyOperations: 509,
  Internal: 901,
  Panicked: 902,
} as const
/** Every error, with its number. */
export type ErrorCode = keyof typeof errorCodes

/** The kinds of events. */
export const eventTypes = {
  listenAddress: 1,
  peerConnecting: 2,
  peerConnected: 3,
  peerEstablished: 4,
  peerDisconnected: 5,
  peerReconnecting: 6,
  peerCooldown: 7,
  connectionDenied: 8,
  streamOpened: 9,
  streamDegraded: 10,
  streamRecovered: 11,
  streamClosed: 12,
  streamPressure: 13,
  decryptionFailed: 14,
  warning: 15,
  lagged: 16,
} as const
/** The kinds of events. */
export type EventType = keyof typeof eventTypes

/** Whether a stream carries messages. */
export const streamStates = {
  idle: 1,
  open: 2,
  degraded: 3,
  refused: 4,
  failed: 5,
} as const
/** Whether a stream carries messages. */
export type StreamState = keyof typeof streamStates

/** What is known of each error. */
export const errors = {
  InvalidConfig: {
    number: 101,
    errorClass: 'configuration',
    retriable: false,
    hint: "Correct the setting that the message names.",
  },
  InvalidAddress: {
    number: 102,
    errorClass: 'configuration',
    retriable: false,
    hint: "Write addresses as /ip4/192.0.2.1/tcp/9000, /ip6/…/udp/9000/quic-v1 or /dns/example.org/tcp/9000; to dial, end them with /p2p/PEER-ID.",
  },
  InvalidPeerId: {
    number: 103,
    errorClass: 'configuration',
    retriable: false,
    hint: "Copy the whole peer id, as `glueberry-cli id` or the peer's own log prints it: it begins with 12D3KooW.",
  },
  UnsupportedPeerId: {
    number: 104,
    errorClass: 'configuration',
    retriable: false,
    hint: "Only peers with Ed25519 identities can be reached; their ids begin with 12D3KooW.",
  },
  InvalidStreamName: {
    number: 105,
    errorClass: 'configuration',
    retriable: false,
    hint: "Stream names have 1 to 64 bytes of letters, decimal digits, '-' and '_'; 'handshake' is reserved.",
  },
  InvalidKey: {
    number: 106,
    errorClass: 'configuration',
    retriable: false,
    hint: "Use an Ed25519 private key in PKCS#8 PEM, as `glueberry-cli keygen` or `openssl genpkey -algorithm ed25519` write it.",
  },
  KeyFileUnreadable: {
    number: 107,
    errorClass: 'configuration',
    retriable: false,
    hint: "Check that the path is right and that this user may read the file.",
  },
  KeyFileExposed: {
    number: 108,
    errorClass: 'configuration',
    retriable: false,
    hint: "Others can read this private key: run `chmod 600` on it, and replace the key if it may have been copied.",
  },
  KeyFileExists: {
    number: 109,
    errorClass: 'configuration',
    retriable: false,
    hint: "A key is never overwritten unasked, for it cannot be restored: choose another path, or force it.",
  },
  KeyFileUnwritable: {
    number: 110,
    errorClass: 'configuration',
    retriable: false,
    hint: "Check that the folder exists and that this user may write into it.",
  },
  AddressBookUnreadable: {
    number: 111,
    errorClass: 'configuration',
    retriable: false,
    hint: "Check that the path of the address book is right and that this user may read the file.",
  },
  AddressBookCorrupt: {
    number: 112,
    errorClass: 'configuration',
    retriable: false,
    hint: "The damaged file was kept aside under the name in the message: repair it, or restore a copy, and start again; to begin an empty book (bans are lost), remove what is left of it.",
  },
  AddressBookLocked: {
    number: 113,
    errorClass: 'configuration',
    retriable: false,
    hint: "Another node, or another program, uses this address book: give each node a book of its own, or stop the other one.",
  },
  AddressBookUnwritable: {
    number: 114,
    errorClass: 'configuration',
    retriable: true,
    hint: "Check that the folder of the address book exists, that this user may write into it and that the disk is not full.",
  },
  UnknownStream: {
    number: 201,
    errorClass: 'usage',
    retriable: false,
    hint: "Add the stream to the configuration of the node, or prepare it with prepare_streams, before using it.",
  },
  ConsumerTaken: {
    number: 202,
    errorClass: 'usage',
    retriable: false,
    hint: "Drop the other iterator first: each stream's messages have one consumer, and all_messages() counts as one of every stream.",
  },
  WrongState: {
    number: 203,
    errorClass: 'usage',
    retriable: false,
    hint: "Follow the order: connect, exchange handshake messages, prepare_streams, finalize_handshake.",
  },
  NodeClosed: {
    number: 204,
    errorClass: 'usage',
    retriable: false,
    hint: "The node was shut down: start a new one.",
  },
  DialedSelf: {
    number: 205,
    errorClass: 'usage',
    retriable: false,
    hint: "The address is this node's own: dial another peer.",
  },
  UnknownPeer: {
    number: 206,
    errorClass: 'usage',
    retriable: false,
    hint: "No address of this peer is known: add it with `add_peer`, or connect to an address that ends in its id.",
  },
  InvalidArgument: {
    number: 207,
    errorClass: 'usage',
    retriable: false,
    hint: "Correct the argument that the message names: it is missing, out of range, or not UTF-8.",
  },
  WouldDeadlock: {
    number: 208,
    errorClass: 'usage',
    retriable: false,
    hint: "Do not wait inside a callback: begin an operation instead, or hand the work to another thread.",
  },
  Forked: {
    number: 209,
    errorClass: 'usage',
    retriable: false,
    hint: "Nodes do not survive fork(): fork before the first one starts, or exec a program in the child.",
  },
  QueueHasCallback: {
    number: 210,
    errorClass: 'usage',
    retriable: false,
    hint: "A queue is either read or called back: clear the callback first, or wait until nobody reads.",
  },
  NotConnected: {
    number: 301,
    errorClass: 'network',
    retriable: true,
    hint: "Connect to the peer, or wait until PeerEstablished, then try again.",
  },
  Unreachable: {
    number: 302,
    errorClass: 'network',
    retriable: true,
    hint: "Check that the peer runs and listens at this address, and that no firewall stands between.",
  },
  AddressInUse: {
    number: 303,
    errorClass: 'network',
    retriable: true,
    hint: "Another program listens there: choose another port, or 0 for any free one.",
  },
  ListenFailed: {
    number: 304,
    errorClass: 'network',
    retriable: true,
    hint: "Check that the address belongs to this machine and that this user may bind the port.",
  },
  ConnectionLost: {
    number: 305,
    errorClass: 'network',
    retriable: true,
    hint: "Connect again; what was not delivered is named in PeerDisconnected.",
  },
  TimedOut: {
    number: 306,
    errorClass: 'network',
    retriable: true,
    hint: "Allow more time, or check why the peer or the network is slow.",
  },
  Cancelled: {
    number: 307,
    errorClass: 'network',
    retriable: true,
    hint: "The peer was disconnected while the call waited: call again if that was not meant.",
  },
  WrongPeer: {
    number: 401,
    errorClass: 'peer',
    retriable: false,
    hint: "Another identity answered there: correct the peer id in the address, or find out who it is.",
  },
  HandshakeFailed: {
    number: 402,
    errorClass: 'peer',
    retriable: true,
    hint: "Check that the peer speaks Glueberry and the same kind of handshake (automatic or app-controlled).",
  },
  HandshakeTimeout: {
    number: 403,
    errorClass: 'peer',
    retriable: true,
    hint: "The peer never finished its handshake: check its log, or allow more time.",
  },
  PeerKeyMismatch: {
    number: 404,
    errorClass: 'peer',
    retriable: false,
    hint: "The peer showed a key that is not its identity's: do not trust it.",
  },
  IdentityRefused: {
    number: 405,
    errorClass: 'peer',
    retriable: false,
    hint: "The peer's key is of small order, malformed or our own, so it identifies nobody: it needs a real key.",
  },
  StreamRefused: {
    number: 406,
    errorClass: 'peer',
    retriable: true,
    hint: "The peer has not prepared this stream: configure the same stream names on both sides.",
  },
  MalformedFrame: {
    number: 407,
    errorClass: 'peer',
    retriable: false,
    hint: "The peer sent bytes that are no frames: check that it speaks Glueberry.",
  },
  DecryptionFailed: {
    number: 408,
    errorClass: 'peer',
    retriable: false,
    hint: "A message was damaged or sealed with another key and was not delivered: check the peer.",
  },
  UnexpectedHandshake: {
    number: 409,
    errorClass: 'peer',
    retriable: false,
    hint: "The peer sent a handshake message that means nothing here; it was ignored.",
  },
  Banned: {
    number: 410,
    errorClass: 'peer',
    retriable: false,
    hint: "This node bans the peer or its address: unban it if that is not meant.",
  },
  NotAllowed: {
    number: 411,
    errorClass: 'peer',
    retriable: false,
    hint: "The rules of this node do not allow the peer or its address: change the rules if that is not meant.",
  },
  StreamFailed: {
    number: 412,
    errorClass: 'peer',
    retriable: true,
    hint: "The stream broke again and again in this session: check the peer; a new session opens it again.",
  },
  MessageTooLarge: {
    number: 501,
    errorClass: 'limit',
    retriable: false,
    hint: "Send smaller messages, or raise the stream's max_message_size on both sides.",
  },
  WouldBlock: {
    number: 502,
    errorClass: 'limit',
    retriable: true,
    hint: "The stream's send buffer is full: wait with send(), or try again later.",
  },
  OversizeSkipped: {
    number: 503,
    errorClass: 'limit',
    retriable: false,
    hint: "The peer sent a message above this stream's limit; it was skipped. Raise max_message_size to accept it.",
  },
  TooManyStreams: {
    number: 504,
    errorClass: 'limit',
    retriable: false,
    hint: "Open fewer streams with one peer.",
  },
  UnreadDropped: {
    number: 505,
    errorClass: 'limit',
    retriable: false,
    hint: "The session ended while this application did not read: read faster, or raise receive_buffer.",
  },
  TooManyConnections: {
    number: 506,
    errorClass: 'limit',
    retriable: true,
    hint: "A limit on connections was reached: try again later, or raise it in the configuration.",
  },
  TooManyPeers: {
    number: 507,
    errorClass: 'limit',
    retriable: false,
    hint: "The address book is full: remove peers or bans that are not needed any more.",
  },
  MetadataTooLarge: {
    number: 508,
    errorClass: 'limit',
    retriable: false,
    hint: "Store less with the peer: metadata is for small facts.",
  },
  TooManyOperations: {
    number: 509,
    errorClass: 'limit',
    retriable: true,
    hint: "Too many operations, or too many bytes in them, wait at this node: wait until some are done.",
  },
  Internal: {
    number: 901,
    errorClass: 'internal',
    retriable: false,
    hint: "This is a fault in Glueberry: please report it with the log.",
  },
  Panicked: {
    number: 902,
    errorClass: 'internal',
    retriable: false,
    hint: "This is a fault in Glueberry: please report it with the log, and start a new node.",
  },
} as const satisfies Record<
  ErrorCode,
  { number: number; errorClass: ErrorClass; retriable: boolean; hint: string }
>
