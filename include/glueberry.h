/*
 * Glueberry: encrypted peer-to-peer messaging that stays connected.
 *
 * A guided tour is in docs/c.md. What holds for every function:
 *
 * Statuses. 0 is done. A positive status is no failure: there is nothing to give (GLUEBERRY_TIMEOUT,
 * GLUEBERRY_WOULD_BLOCK, GLUEBERRY_CLOSED, GLUEBERRY_NONE). A negative one is an error, minus its
 * number in docs/errors.md. An `err` that is not NULL then gets an error object with the details, and
 * NULL otherwise; handles that were asked for are NULL after a failure. NULL where something is
 * needed, text that is not UTF-8, a number without a meaning: GLUEBERRY_E_INVALID_ARGUMENT. Pointers
 * that are not NULL have to be valid.
 *
 * Memory. [in]: read during the call, and copied if it is needed for longer. [out]: written by the
 * call. [out, owned]: the caller's, until its `_free`. [borrowed: X]: valid until X is freed. Bytes
 * and lists are a pointer and a count; (NULL, 0) are none. Texts are UTF-8, with a length in bytes or
 * GLUEBERRY_NTS for one that ends with NUL; texts that come out end with NUL. `_free(NULL)` does
 * nothing.
 *
 * Structs that begin with `size` are the caller's: fill them with zeros and set size to sizeof of the
 * struct. They only grow, and programs that were compiled with an older one go on working.
 *
 * Threads. Identities, nodes, queues (events, messages) and operations may be used by any thread at
 * once; everything else by one at a time. A `_free` ends all use.
 *
 * Waiting. timeout_ms is in milliseconds: GLUEBERRY_FOREVER (-1) has no deadline, 0 does not wait. A
 * call of a node whose time is over fails with GLUEBERRY_E_TIMED_OUT; a queue that found nothing says
 * GLUEBERRY_TIMEOUT.
 *
 * Queues are pulled (`next`, `drain`), polled through a file descriptor (`fd`), or called back, never
 * pulled and called back at once. Callbacks come on one thread of each node, one at a time, with no
 * lock held; to wait inside one is GLUEBERRY_E_WOULD_DEADLOCK, to begin operations, to close and to
 * free is allowed. `destroy` comes once, after the last call.
 *
 * Operations. A `_start` function returns at once; exactly one event GLUEBERRY_EVENT_OP_DONE with its
 * tag comes through the queue of events, whatever happens.
 *
 * Process. Signals: the library's threads block SIGPIPE, and touch no handler. After fork() every call
 * in the child returns GLUEBERRY_E_FORKED. A fault inside the library is GLUEBERRY_E_PANIC; the node it
 * happened in refuses every further call.
 */

#ifndef GLUEBERRY_H
#define GLUEBERRY_H
/* Written by `make header` from glueberry-ffi: change it there. */

#include <stddef.h>
#include <stdint.h>

/** The version of this header. A test compares it with the package's. */
#define GLUEBERRY_VERSION "0.1.0"

/** As the length of a text: it ends with NUL. */
#define GLUEBERRY_NTS SIZE_MAX

/** The first number of the version of this header. */
#define GLUEBERRY_VERSION_MAJOR 0
/** The second number: below 1.0 a new one may break the ABI. */
#define GLUEBERRY_VERSION_MINOR 1
/** The third number. */
#define GLUEBERRY_VERSION_PATCH 0
/** The ABI that this header describes. It counts up with every incompatible change. */
#define GLUEBERRY_ABI_VERSION 1
/** As a timeout: no deadline. */
#define GLUEBERRY_FOREVER -1

/* ---- Statuses ---- */

/** Done. */
#define GLUEBERRY_OK 0
/** Nothing came in time: of `next` and `drain`. */
#define GLUEBERRY_TIMEOUT 1
/** There is no room now: of `glueberry_node_try_send`. */
#define GLUEBERRY_WOULD_BLOCK 2
/** The queue has ended, and everything was taken. */
#define GLUEBERRY_CLOSED 3
/** There is no such thing: an error without a peer, a peer that is not known. */
#define GLUEBERRY_NONE 4

/** `InvalidConfig`: see `glueberry_status_hint`. */
#define GLUEBERRY_E_INVALID_CONFIG -101
/** `InvalidAddress`: see `glueberry_status_hint`. */
#define GLUEBERRY_E_INVALID_ADDRESS -102
/** `InvalidPeerId`: see `glueberry_status_hint`. */
#define GLUEBERRY_E_INVALID_PEER_ID -103
/** `UnsupportedPeerId`: see `glueberry_status_hint`. */
#define GLUEBERRY_E_UNSUPPORTED_PEER_ID -104
/** `InvalidStreamName`: see `glueberry_status_hint`. */
#define GLUEBERRY_E_INVALID_STREAM_NAME -105
/** `InvalidKey`: see `glueberry_status_hint`. */
#define GLUEBERRY_E_INVALID_KEY -106
/** `KeyFileUnreadable`: see `glueberry_status_hint`. */
#define GLUEBERRY_E_KEY_FILE_UNREADABLE -107
/** `KeyFileExposed`: see `glueberry_status_hint`. */
#define GLUEBERRY_E_KEY_FILE_EXPOSED -108
/** `KeyFileExists`: see `glueberry_status_hint`. */
#define GLUEBERRY_E_KEY_FILE_EXISTS -109
/** `KeyFileUnwritable`: see `glueberry_status_hint`. */
#define GLUEBERRY_E_KEY_FILE_UNWRITABLE -110
/** `AddressBookUnreadable`: see `glueberry_status_hint`. */
#define GLUEBERRY_E_ADDRESS_BOOK_UNREADABLE -111
/** `AddressBookCorrupt`: see `glueberry_status_hint`. */
#define GLUEBERRY_E_ADDRESS_BOOK_CORRUPT -112
/** `AddressBookLocked`: see `glueberry_status_hint`. */
#define GLUEBERRY_E_ADDRESS_BOOK_LOCKED -113
/** `AddressBookUnwritable`: see `glueberry_status_hint`. */
#define GLUEBERRY_E_ADDRESS_BOOK_UNWRITABLE -114
/** `UnknownStream`: see `glueberry_status_hint`. */
#define GLUEBERRY_E_UNKNOWN_STREAM -201
/** `ConsumerTaken`: see `glueberry_status_hint`. */
#define GLUEBERRY_E_CONSUMER_TAKEN -202
/** `WrongState`: see `glueberry_status_hint`. */
#define GLUEBERRY_E_WRONG_STATE -203
/** `NodeClosed`: see `glueberry_status_hint`. */
#define GLUEBERRY_E_NODE_CLOSED -204
/** `DialedSelf`: see `glueberry_status_hint`. */
#define GLUEBERRY_E_DIALED_SELF -205
/** `UnknownPeer`: see `glueberry_status_hint`. */
#define GLUEBERRY_E_UNKNOWN_PEER -206
/** `InvalidArgument`: see `glueberry_status_hint`. */
#define GLUEBERRY_E_INVALID_ARGUMENT -207
/** `WouldDeadlock`: see `glueberry_status_hint`. */
#define GLUEBERRY_E_WOULD_DEADLOCK -208
/** `Forked`: see `glueberry_status_hint`. */
#define GLUEBERRY_E_FORKED -209
/** `QueueHasCallback`: see `glueberry_status_hint`. */
#define GLUEBERRY_E_QUEUE_HAS_CALLBACK -210
/** `NotConnected`: see `glueberry_status_hint`. */
#define GLUEBERRY_E_NOT_CONNECTED -301
/** `Unreachable`: see `glueberry_status_hint`. */
#define GLUEBERRY_E_UNREACHABLE -302
/** `AddressInUse`: see `glueberry_status_hint`. */
#define GLUEBERRY_E_ADDRESS_IN_USE -303
/** `ListenFailed`: see `glueberry_status_hint`. */
#define GLUEBERRY_E_LISTEN_FAILED -304
/** `ConnectionLost`: see `glueberry_status_hint`. */
#define GLUEBERRY_E_CONNECTION_LOST -305
/** `TimedOut`: see `glueberry_status_hint`. */
#define GLUEBERRY_E_TIMED_OUT -306
/** `Cancelled`: see `glueberry_status_hint`. */
#define GLUEBERRY_E_CANCELLED -307
/** `WrongPeer`: see `glueberry_status_hint`. */
#define GLUEBERRY_E_WRONG_PEER -401
/** `HandshakeFailed`: see `glueberry_status_hint`. */
#define GLUEBERRY_E_HANDSHAKE_FAILED -402
/** `HandshakeTimeout`: see `glueberry_status_hint`. */
#define GLUEBERRY_E_HANDSHAKE_TIMEOUT -403
/** `PeerKeyMismatch`: see `glueberry_status_hint`. */
#define GLUEBERRY_E_PEER_KEY_MISMATCH -404
/** `IdentityRefused`: see `glueberry_status_hint`. */
#define GLUEBERRY_E_IDENTITY_REFUSED -405
/** `StreamRefused`: see `glueberry_status_hint`. */
#define GLUEBERRY_E_STREAM_REFUSED -406
/** `MalformedFrame`: see `glueberry_status_hint`. */
#define GLUEBERRY_E_MALFORMED_FRAME -407
/** `DecryptionFailed`: see `glueberry_status_hint`. */
#define GLUEBERRY_E_DECRYPTION_FAILED -408
/** `UnexpectedHandshake`: see `glueberry_status_hint`. */
#define GLUEBERRY_E_UNEXPECTED_HANDSHAKE -409
/** `Banned`: see `glueberry_status_hint`. */
#define GLUEBERRY_E_BANNED -410
/** `NotAllowed`: see `glueberry_status_hint`. */
#define GLUEBERRY_E_NOT_ALLOWED -411
/** `StreamFailed`: see `glueberry_status_hint`. */
#define GLUEBERRY_E_STREAM_FAILED -412
/** `MessageTooLarge`: see `glueberry_status_hint`. */
#define GLUEBERRY_E_MESSAGE_TOO_LARGE -501
/** `WouldBlock`: see `glueberry_status_hint`. */
#define GLUEBERRY_E_WOULD_BLOCK -502
/** `OversizeSkipped`: see `glueberry_status_hint`. */
#define GLUEBERRY_E_OVERSIZE_SKIPPED -503
/** `TooManyStreams`: see `glueberry_status_hint`. */
#define GLUEBERRY_E_TOO_MANY_STREAMS -504
/** `UnreadDropped`: see `glueberry_status_hint`. */
#define GLUEBERRY_E_UNREAD_DROPPED -505
/** `TooManyConnections`: see `glueberry_status_hint`. */
#define GLUEBERRY_E_TOO_MANY_CONNECTIONS -506
/** `TooManyPeers`: see `glueberry_status_hint`. */
#define GLUEBERRY_E_TOO_MANY_PEERS -507
/** `MetadataTooLarge`: see `glueberry_status_hint`. */
#define GLUEBERRY_E_METADATA_TOO_LARGE -508
/** `TooManyOperations`: see `glueberry_status_hint`. */
#define GLUEBERRY_E_TOO_MANY_OPERATIONS -509
/** `Internal`: see `glueberry_status_hint`. */
#define GLUEBERRY_E_INTERNAL -901
/** `Panicked`: see `glueberry_status_hint`. */
#define GLUEBERRY_E_PANIC -902

/* ---- Numbers that stand for words ---- */

/** Where the remedy of an error lies: What was configured cannot work. */
#define GLUEBERRY_CLASS_CONFIGURATION 1
/**
 * Where the remedy of an error lies: The program asked for what it must not, or in the wrong order.
 */
#define GLUEBERRY_CLASS_USAGE 2
/** Where the remedy of an error lies: The network, or the path to the peer. */
#define GLUEBERRY_CLASS_NETWORK 3
/** Where the remedy of an error lies: The peer did what it must not. */
#define GLUEBERRY_CLASS_PEER 4
/** Where the remedy of an error lies: A bound was reached. */
#define GLUEBERRY_CLASS_LIMIT 5
/** Where the remedy of an error lies: A fault of Glueberry. */
#define GLUEBERRY_CLASS_INTERNAL 9

/** The state of a peer: No connection, and no attempt at one. */
#define GLUEBERRY_STATE_DISCONNECTED 0
/** The state of a peer: A dial is under way. */
#define GLUEBERRY_STATE_CONNECTING 1
/** The state of a peer: A connection stands; its handshake is not finished. */
#define GLUEBERRY_STATE_CONNECTED 2
/** The state of a peer: Messages flow. */
#define GLUEBERRY_STATE_ESTABLISHED 3
/** The state of a peer: The peer was lost, and is tried again. */
#define GLUEBERRY_STATE_RECONNECTING 4
/**
 * The state of a peer: The peer was reached, but no session came of it: it is left alone for a while.
 */
#define GLUEBERRY_STATE_COOLDOWN 5

/** What an event is of: The node listens at one more `address`. */
#define GLUEBERRY_EVENT_LISTEN_ADDRESS 1
/** What an event is of: A dial began. */
#define GLUEBERRY_EVENT_PEER_CONNECTING 2
/**
 * What an event is of: A connection stands, and the peer is who it says: `session`, `is_inbound`, `address`.
 */
#define GLUEBERRY_EVENT_PEER_CONNECTED 3
/** What an event is of: Messages flow: `session`. */
#define GLUEBERRY_EVENT_PEER_ESTABLISHED 4
/**
 * What an event is of: A session ended, or an attempt at one: `session`, `reason`, `unwritten_count`.
 */
#define GLUEBERRY_EVENT_PEER_DISCONNECTED 5
/** What an event is of: A lost peer is tried again: `attempt`, `delay_ms`. */
#define GLUEBERRY_EVENT_PEER_RECONNECTING 6
/** What an event is of: A peer is left alone: `until_ms`. */
#define GLUEBERRY_EVENT_PEER_COOLDOWN 7
/**
 * What an event is of: A connection was refused: `is_inbound`, `address`, `denial`, `suppressed`.
 */
#define GLUEBERRY_EVENT_CONNECTION_DENIED 8
/** What an event is of: A `stream` carries messages. */
#define GLUEBERRY_EVENT_STREAM_OPENED 9
/** What an event is of: A `stream` failed and is opened again: `attempt`. */
#define GLUEBERRY_EVENT_STREAM_DEGRADED 10
/** What an event is of: A degraded `stream` carries messages again. */
#define GLUEBERRY_EVENT_STREAM_RECOVERED 11
/** What an event is of: A `stream` ended: `close_reason`. */
#define GLUEBERRY_EVENT_STREAM_CLOSED 12
/** What an event is of: A buffer of a `stream` filled or drained: `direction`, `level`, `bytes`. */
#define GLUEBERRY_EVENT_STREAM_PRESSURE 13
/** What an event is of: A message on `stream` could not be opened, and was not delivered. */
#define GLUEBERRY_EVENT_DECRYPTION_FAILED 14
/** What an event is of: A fault without a kind of its own: `code`, `detail`. */
#define GLUEBERRY_EVENT_WARNING 15
/** What an event is of: This queue was too slow: `missed` of its oldest events were dropped. */
#define GLUEBERRY_EVENT_LAGGED 16

/** Why a session ended: This program asked for it. */
#define GLUEBERRY_REASON_REQUESTED 1
/** Why a session ended: This node is shutting down. */
#define GLUEBERRY_REASON_SHUTDOWN 2
/** Why a session ended: The connection ended: the peer left, or the network broke it. */
#define GLUEBERRY_REASON_CONNECTION_LOST 3
/** Why a session ended: A newer connection of the same peer took its place. */
#define GLUEBERRY_REASON_SUPERSEDED 4
/** Why a session ended: The handshake was not finished in time. */
#define GLUEBERRY_REASON_HANDSHAKE_TIMEOUT 5
/** Why a session ended: The peer broke the rules of the handshake, or closed it before its end. */
#define GLUEBERRY_REASON_HANDSHAKE_FAILED 6
/** Why a session ended: The peer sent a key that is not its identity's. */
#define GLUEBERRY_REASON_PEER_KEY_MISMATCH 7
/** Why a session ended: No address of the peer could be reached. */
#define GLUEBERRY_REASON_DIAL_FAILED 8
/** Why a session ended: The peer gave no sign of life. */
#define GLUEBERRY_REASON_KEEP_ALIVE_TIMEOUT 9
/** Why a session ended: This node bans the peer, or its address. */
#define GLUEBERRY_REASON_BANNED 10

/** Why a stream ended: Its session ended. */
#define GLUEBERRY_STREAM_CLOSE_SESSION_ENDED 1
/** Why a stream ended: It failed again and again, and is not opened any more in this session. */
#define GLUEBERRY_STREAM_CLOSE_FAILED 2

/** Why a connection was refused: The peer's key identifies nobody. */
#define GLUEBERRY_DENIAL_IDENTITY_REFUSED 1
/** Why a connection was refused: The peer has this node's own key. */
#define GLUEBERRY_DENIAL_OWN_IDENTITY 2
/** Why a connection was refused: The peer is banned. */
#define GLUEBERRY_DENIAL_PEER_BANNED 3
/** Why a connection was refused: The address is banned. */
#define GLUEBERRY_DENIAL_ADDRESS_BANNED 4
/** Why a connection was refused: The rules do not allow the peer. */
#define GLUEBERRY_DENIAL_PEER_NOT_ALLOWED 5
/** Why a connection was refused: The rules do not allow the address. */
#define GLUEBERRY_DENIAL_ADDRESS_NOT_ALLOWED 6
/** Why a connection was refused: Too many connections have not proven an identity yet. */
#define GLUEBERRY_DENIAL_PENDING_LIMIT 7
/** Why a connection was refused: The node has as many connections as it may have. */
#define GLUEBERRY_DENIAL_TOTAL_LIMIT 8
/** Why a connection was refused: The peer has as many connections as one may have. */
#define GLUEBERRY_DENIAL_PEER_LIMIT 9
/** Why a connection was refused: The address has as many connections as one may have. */
#define GLUEBERRY_DENIAL_ADDRESS_LIMIT 10
/** Why a connection was refused: It sent too much before its identity was proven. */
#define GLUEBERRY_DENIAL_TOO_MUCH_BEFORE_IDENTITY 11
/** Why a connection was refused: It did not prove its identity in time. */
#define GLUEBERRY_DENIAL_TOO_SLOW_TO_IDENTIFY 12
/** Why a connection was refused: It opened too many streams before it was established. */
#define GLUEBERRY_DENIAL_TOO_MANY_STREAMS 13

/** Which way messages, or a dial, go: From here to the peer; who dialed was this node. */
#define GLUEBERRY_DIRECTION_OUTBOUND 1
/** Which way messages, or a dial, go: From the peer to here; who dialed was the peer. */
#define GLUEBERRY_DIRECTION_INBOUND 2

/** Which watermark a buffer crossed: It filled above its high watermark. */
#define GLUEBERRY_PRESSURE_HIGH 1
/** Which watermark a buffer crossed: It drained below its low watermark, or never filled. */
#define GLUEBERRY_PRESSURE_LOW 2

/** Whether a stream carries messages: Nothing stands yet; the next message opens it. */
#define GLUEBERRY_STREAM_IDLE 1
/** Whether a stream carries messages: It carries messages. */
#define GLUEBERRY_STREAM_OPEN 2
/** Whether a stream carries messages: It failed, and is being opened again. */
#define GLUEBERRY_STREAM_DEGRADED 3
/** Whether a stream carries messages: The peer does not take it. */
#define GLUEBERRY_STREAM_REFUSED 4
/** Whether a stream carries messages: It broke too often in this session. */
#define GLUEBERRY_STREAM_FAILED 5

/** Who shakes hands: The library, with every peer. */
#define GLUEBERRY_HANDSHAKE_AUTOMATIC 0
/** Who shakes hands: The program, over the stream `handshake`. */
#define GLUEBERRY_HANDSHAKE_APP 1

/** Which secure channels are offered over TCP: TLS first, then Noise. */
#define GLUEBERRY_SECURITY_BOTH 0
/** Which secure channels are offered over TCP: TLS 1.3 only. */
#define GLUEBERRY_SECURITY_TLS 1
/** Which secure channels are offered over TCP: Noise XX only. */
#define GLUEBERRY_SECURITY_NOISE 2

/** How much is logged, or how grave a record is: Nothing. */
#define GLUEBERRY_LOG_OFF 0
/** How much is logged, or how grave a record is: Faults of Glueberry. */
#define GLUEBERRY_LOG_ERROR 1
/** How much is logged, or how grave a record is: What deserves a look. */
#define GLUEBERRY_LOG_WARN 2
/** How much is logged, or how grave a record is: The life of sessions. */
#define GLUEBERRY_LOG_INFO 3
/** How much is logged, or how grave a record is: For those who look for a cause. */
#define GLUEBERRY_LOG_DEBUG 4
/** How much is logged, or how grave a record is: Everything. */
#define GLUEBERRY_LOG_TRACE 5

/** Bytes of a peer id as text, with its NUL. */
#define GLUEBERRY_PEER_ID_SIZE 53

/** The kind of a completion: an operation that was begun with a `_start` function is done. */
#define GLUEBERRY_EVENT_OP_DONE 1000
/** A list of bans. One thread at a time. */
typedef struct glueberry_bans_t glueberry_bans_t;

/** What a node is told before it starts. One thread at a time. */
typedef struct glueberry_config_t glueberry_config_t;

/** What went wrong, and what to do about it. One thread at a time. */
typedef struct glueberry_error_t glueberry_error_t;

/** An event, or the completion of an operation. One thread at a time. */
typedef struct glueberry_event_t glueberry_event_t;

/** A queue of events and completions of one node. Any thread, concurrently, but for its `_free`. */
typedef struct glueberry_events_t glueberry_events_t;

/**
 * An Ed25519 key pair: what a node is known by. The private half is wiped when it is freed. Any
 * thread, but for its `_free`.
 */
typedef struct glueberry_identity_t glueberry_identity_t;

/**
 * A received message. Its payload is a part of the buffer it came in: keeping one small message for
 * long keeps that buffer (up to 64 KiB). Any thread, concurrently, but for its `_free`.
 */
typedef struct glueberry_message_t glueberry_message_t;

/** A queue of received messages. Any thread, concurrently, but for its `_free`. */
typedef struct glueberry_messages_t glueberry_messages_t;

/** A running node, with threads of its own. Any thread, concurrently, but for its `_free`. */
typedef struct glueberry_node_t glueberry_node_t;

/** An operation that goes on, or is done. Any thread, concurrently, but for its `_free`. */
typedef struct glueberry_op_t glueberry_op_t;

/** What was known of a peer at one moment. One thread at a time. */
typedef struct glueberry_peer_info_t glueberry_peer_info_t;

/** A list of what is known of peers. One thread at a time. */
typedef struct glueberry_peers_t glueberry_peers_t;

/** A list of how the streams with a peer are doing. One thread at a time. */
typedef struct glueberry_streams_t glueberry_streams_t;

/** A list of texts. One thread at a time. */
typedef struct glueberry_strings_t glueberry_strings_t;

/** A peer: its Ed25519 public key. Compare two with `memcmp`. */
typedef struct glueberry_peer_id_t {
  /** The key. */
  uint8_t key[32];
} glueberry_peer_id_t;

/** One line of the log. It holds neither keys nor payload. */
typedef struct glueberry_log_record_t {
  /** `sizeof(glueberry_log_record_t)` of the library. */
  uint32_t size;
  /** How grave it is, `GLUEBERRY_LOG_*`. */
  int32_t level;
  /** In milliseconds since 1970. */
  int64_t time_ms;
  /** The part of the library it comes from `[borrowed: for the time of the call]`. */
  const char *target;
  /**
   * What it says, with its fields: `connected peer=12D3KooW… session=1` `[borrowed: for the time
   * of the call]`.
   */
  const char *message;
} glueberry_log_record_t;

/** What lines of the log are handed to. Begin with zeros, and set `size`. */
typedef struct glueberry_log_callback_t {
  /** `sizeof(glueberry_log_callback_t)` */
  uint32_t size;
  /** Zero. */
  uint32_t reserved;
  /** Passed to both functions. */
  void *user_data;
  /** Called for each line, on a thread of its own, one call at a time. */
  void (*on_record)(void *user_data, const glueberry_log_record_t *record);
  /** Called once, after the last call of `on_record`, on its thread; may be NULL. */
  void (*destroy)(void *user_data);
} glueberry_log_callback_t;

/** One stream's bounds. Begin with zeros, and set `size`: 0 is the default of each. */
typedef struct glueberry_stream_config_t {
  /** `sizeof(glueberry_stream_config_t)` */
  uint32_t size;
  /**
   * How full a buffer is, in per cent, when `STREAM_PRESSURE` tells `HIGH`; 1 to 100, by default
   * 75.
   */
  uint32_t high_watermark;
  /** Below how many per cent it counts as drained; 1 to 99, below the high one, by default 25. */
  uint32_t low_watermark;
  /** Zero. */
  uint32_t reserved;
  /** The largest message in bytes, sent or received; 1 to 16 MiB, by default 1 MiB. */
  uint64_t max_message_size;
  /**
   * Bytes that may wait to be sent to one peer before a send waits; 1 KiB to 256 MiB, by default
   * 256 KiB.
   */
  uint64_t send_buffer;
  /**
   * Received bytes of one peer that may wait to be read before its sender has to wait; 1 KiB to
   * 256 MiB, by default 1 MiB.
   */
  uint64_t receive_buffer;
} glueberry_stream_config_t;

/** How a lost peer is tried again. Begin with zeros, and set `size`: 0 is the default of each. */
typedef struct glueberry_reconnect_policy_t {
  /** `sizeof(glueberry_reconnect_policy_t)` */
  uint32_t size;
  /** How often a peer is tried before it is given up; by default without a limit. */
  uint32_t max_attempts;
  /** The ceiling of the first pause; 1 ms to 1 h, by default 1 s. */
  int64_t first_delay_ms;
  /** The ceiling of every pause; up to 24 h, by default 5 min. */
  int64_t longest_delay_ms;
  /** The pause after a failed handshake; 1 ms to 24 h, by default 60 s. */
  int64_t cooldown_ms;
} glueberry_reconnect_policy_t;

/**
 * How many connections there may be. Begin with zeros, and set `size`: 0 is the default of each,
 * which follows the open files that this process may have.
 */
typedef struct glueberry_connection_limits_t {
  /** `sizeof(glueberry_connection_limits_t)` */
  uint32_t size;
  /** Inbound connections that have not proven an identity yet; 1 to 65,536. */
  uint32_t pending;
  /** Connections of peers that have, in both directions; 1 to 65,536. */
  uint32_t total;
  /** Connections of one peer; 2 to 65,536. */
  uint32_t per_peer;
  /** Inbound connections from one address; 1 to 65,536. */
  uint32_t per_address;
} glueberry_connection_limits_t;

/** How a stream is doing at one moment. Set `size` before it is filled. */
typedef struct glueberry_stream_health_t {
  /** `sizeof(glueberry_stream_health_t)` */
  uint32_t size;
  /** `GLUEBERRY_STREAM_*` */
  int32_t state;
  /** Its name `[borrowed: streams]`; NULL from `glueberry_node_stream_health`. */
  const char *stream;
  /** Of a degraded one, which attempt to open it again is due, from 1; otherwise 0. */
  uint32_t attempt;
  /** What the send buffer counts as, `GLUEBERRY_PRESSURE_*`. */
  int32_t outbound;
  /** What the receive buffer counts as, `GLUEBERRY_PRESSURE_*`. */
  int32_t inbound;
  /** Zero. */
  uint32_t reserved;
  /** Messages that were accepted for sending and are not wholly written yet. */
  uint64_t queued_messages;
  /** Their bytes, with framing. */
  uint64_t queued_bytes;
  /** Received bytes that wait to be read, with what administers them. */
  uint64_t unread_bytes;
} glueberry_stream_health_t;

/** A peer to be remembered. Begin with zeros, and set `size`. */
typedef struct glueberry_new_peer_t {
  /** `sizeof(glueberry_new_peer_t)` */
  uint32_t size;
  /** 1: a link with it is kept from now on, and it is dialed for ever. 0: not. */
  int32_t persistent;
  /**
   * Where it is found, `address_count` texts that end with NUL; the first ends in `/p2p/PEER-ID`.
   */
  const char *const *addresses;
  /** 1 to 16. */
  size_t address_count;
  /** Small facts to keep with it: `metadata_count` texts that end with NUL. */
  const char *const *metadata_keys;
  /** Their values, likewise. */
  const char *const *metadata_values;
  /** Up to 32; keys of up to 64 bytes, values of up to 1,024, 4,096 in all. */
  size_t metadata_count;
} glueberry_new_peer_t;

/** Which events a queue wants: set its `size` before. `LAGGED` and `OP_DONE` always come. */
typedef struct glueberry_event_filter_t {
  /** `sizeof(glueberry_event_filter_t)` */
  uint32_t size;
  /** 0 */
  uint32_t reserved;
  /** NULL: of all peers, and of none. */
  const glueberry_peer_id_t *peers;
  /** How many peers. */
  size_t peer_count;
  /** `GLUEBERRY_EVENT_*`; NULL: of all kinds. */
  const int32_t *kinds;
  /** How many kinds. */
  size_t kind_count;
} glueberry_event_filter_t;

/** Who is called back for events: set its `size` before. */
typedef struct glueberry_event_callback_t {
  /** `sizeof(glueberry_event_callback_t)` */
  uint32_t size;
  /** 0 */
  uint32_t reserved;
  /** Is passed to the functions; may be NULL. */
  void *user_data;
  /** The event is `[borrowed]` for the time of the call: clone it to keep it. */
  void (*on_event)(void *user_data, const glueberry_event_t *event);
  /** Comes exactly once, after the last call, on the thread of the calls; may be NULL. */
  void (*destroy)(void *user_data);
} glueberry_event_callback_t;

/**
 * What an event says: set its `size` before. Fields that its kind does not have are 0. Pointers are
 * `[borrowed: event]`.
 */
typedef struct glueberry_event_view_t {
  /** `sizeof(glueberry_event_view_t)` */
  uint32_t size;
  /** `GLUEBERRY_EVENT_*`. New kinds come with new versions: ignore those you do not know. */
  int32_t kind;
  /** When it happened: milliseconds of Unix time. */
  int64_t time_ms;
  /** Whom it is about; zero without `has_peer`. `OP_DONE` of connect and `add_peer`: who it is. */
  glueberry_peer_id_t peer;
  /** Whether it is about a peer. */
  int32_t has_peer;
  /** `PEER_CONNECTED`, `CONNECTION_DENIED`: whether the other end dialed. */
  int32_t is_inbound;
  /** The session; 0: none. */
  uint64_t session;
  /** The stream's name; NULL: none. */
  const char *stream;
  /** `LISTEN_ADDRESS`, `PEER_CONNECTED`, `CONNECTION_DENIED`; else NULL. */
  const char *address;
  /** `WARNING`: in words; else NULL. */
  const char *detail;
  /** `PEER_DISCONNECTED`: `GLUEBERRY_REASON_*`. */
  int32_t reason;
  /** `STREAM_CLOSED`: `GLUEBERRY_STREAM_CLOSE_*`. */
  int32_t close_reason;
  /** `CONNECTION_DENIED`: `GLUEBERRY_DENIAL_*`. */
  int32_t denial;
  /** `WARNING`: the status of the fault (negative). */
  int32_t code;
  /** `STREAM_PRESSURE`: `GLUEBERRY_DIRECTION_*`. */
  int32_t direction;
  /** `STREAM_PRESSURE`: `GLUEBERRY_PRESSURE_*`. */
  int32_t level;
  /** `PEER_RECONNECTING`, `STREAM_DEGRADED`: from 1. */
  uint32_t attempt;
  /** `OP_DONE`: what the blocking call would have returned. */
  int32_t status;
  /** `PEER_RECONNECTING`: milliseconds. */
  int64_t delay_ms;
  /** `PEER_COOLDOWN`: milliseconds of Unix time. */
  int64_t until_ms;
  /** `STREAM_PRESSURE`: what the buffer holds. */
  uint64_t bytes;
  /** `LAGGED`: how many events were dropped. */
  uint64_t missed;
  /**
   * `CONNECTION_DENIED`: how many more were denied for the same reason since the last such event.
   */
  uint64_t suppressed;
  /** `OP_DONE`: what was given to the `_start` function. */
  uint64_t tag;
  /** `OP_DONE`: what went wrong; NULL if its status is OK. */
  const glueberry_error_t *error;
  /** `OP_DONE` of unban: whether there was a ban. */
  int32_t flag;
  /** 0 */
  uint32_t reserved;
  /** `PEER_DISCONNECTED`: for `glueberry_event_unwritten`. */
  size_t unwritten_count;
  /** `OP_DONE` of listen: for `glueberry_event_address`. */
  size_t address_count;
} glueberry_event_view_t;

/** What was accepted for sending on one stream and never written: set its `size` before. */
typedef struct glueberry_unwritten_t {
  /** `sizeof(glueberry_unwritten_t)` */
  uint32_t size;
  /** 0 */
  uint32_t reserved;
  /** `[borrowed: event]` */
  const char *stream;
  /** How many messages. */
  uint64_t messages;
  /** Their bytes, with framing. */
  uint64_t bytes;
} glueberry_unwritten_t;

/** Who is called back for messages: set its `size` before. */
typedef struct glueberry_message_callback_t {
  /** `sizeof(glueberry_message_callback_t)` */
  uint32_t size;
  /** 0 */
  uint32_t reserved;
  /** Is passed to the functions; may be NULL. */
  void *user_data;
  /** The message is `[borrowed]` for the time of the call: clone it to keep it. */
  void (*on_message)(void *user_data, const glueberry_message_t *message);
  /** Comes exactly once, after the last call, on the thread of the calls; may be NULL. */
  void (*destroy)(void *user_data);
} glueberry_message_callback_t;

/** What is known of a peer. Set `size` before it is filled. */
typedef struct glueberry_peer_view_t {
  /** `sizeof(glueberry_peer_view_t)` */
  uint32_t size;
  /** `GLUEBERRY_STATE_*` */
  int32_t state;
  /** Who. */
  glueberry_peer_id_t peer;
  /** Who dialed the session that stands, `GLUEBERRY_DIRECTION_*`; 0 without one. */
  int32_t direction;
  /** Connections that stand: commonly one. */
  uint32_t connections;
  /** 1: it is dialed for ever. */
  int32_t is_persistent;
  /** 1: it is banned. */
  int32_t is_banned;
  /** When a session with it was last established, in milliseconds since 1970; -1: never. */
  int64_t last_seen_ms;
  /** When its ban ends, in milliseconds since 1970; -1: never. */
  int64_t banned_until_ms;
  /** For `glueberry_peer_info_address`. */
  size_t address_count;
  /** For `glueberry_peer_info_metadata`. */
  size_t metadata_count;
} glueberry_peer_view_t;

/** A ban. Set `size` before it is filled. */
typedef struct glueberry_ban_view_t {
  /** `sizeof(glueberry_ban_view_t)` */
  uint32_t size;
  /** Zero. */
  uint32_t reserved;
  /** A peer id, an IP address, or a range such as `192.0.2.0/24` `[borrowed: bans]`. */
  const char *target;
  /** When it ends, in milliseconds since 1970; -1: never. */
  int64_t until_ms;
} glueberry_ban_view_t;

#ifdef __cplusplus
extern "C" {
#endif // __cplusplus

/* ---- The library ---- */

/**
 * The version of the library that is loaded, such as `"0.1.0"`; compare it with
 * `GLUEBERRY_VERSION`, that of the header. Any thread. Never NULL; valid for ever.
 */
const char *glueberry_version(void);

/**
 * Counts up with every incompatible change; compare it with `GLUEBERRY_ABI_VERSION`, that of the
 * header: if they differ, nothing else of this library may be called. Any thread.
 */
uint32_t glueberry_abi_version(void);

/* ---- Names of numbers ---- */

/**
 * The name of a status, such as `"Ok"`, `"Timeout"` or `"NotConnected"`; `"Unknown"` for a number
 * that is none. Any thread. Never NULL; valid for ever.
 */
const char *glueberry_status_name(int32_t status);

/**
 * What to do about an error, in one sentence; empty for a status that is no error. Any thread. Never
 * NULL; valid for ever.
 */
const char *glueberry_status_hint(int32_t status);

/**
 * Where the remedy of an error lies, `GLUEBERRY_CLASS_*`; 0 for a status that is no error. Any
 * thread.
 */
int32_t glueberry_status_class(int32_t status);

/** 1 if the same call may succeed later without any change, otherwise 0. Any thread. */
int32_t glueberry_status_is_retriable(int32_t status);

/**
 * The name of a kind of event, such as `"PeerEstablished"`; `"Unknown"` for a number that is none.
 * Any thread. Never NULL; valid for ever.
 */
const char *glueberry_event_kind_name(int32_t kind);

/**
 * The name of a state of a peer, such as `"Established"`; `"Unknown"` for a number that is none. Any
 * thread. Never NULL; valid for ever.
 */
const char *glueberry_state_name(int32_t state);

/**
 * The name of a reason for the end of a session, such as `"ConnectionLost"`; `"Unknown"` for a
 * number that is none. Any thread. Never NULL; valid for ever.
 */
const char *glueberry_reason_name(int32_t reason);

/**
 * The name of a reason to refuse a connection, such as `"PeerBanned"`; `"Unknown"` for a number that
 * is none. Any thread. Never NULL; valid for ever.
 */
const char *glueberry_denial_name(int32_t denial);

/**
 * The name of a reason for the end of a stream, such as `"SessionEnded"`; `"Unknown"` for a number
 * that is none. Any thread. Never NULL; valid for ever.
 */
const char *glueberry_stream_close_name(int32_t reason);

/**
 * The name of a state of a stream, such as `"Open"`; `"Unknown"` for a number that is none. Any
 * thread. Never NULL; valid for ever.
 */
const char *glueberry_stream_state_name(int32_t state);

/**
 * The name of a class of errors in lower case, such as `"network"`; `"Unknown"` for a number that is
 * none. Any thread. Never NULL; valid for ever.
 */
const char *glueberry_class_name(int32_t error_class);

/* ---- Errors ---- */

/**
 * The status that the call returned: negative. `GLUEBERRY_OK` for NULL.
 *
 * - `error` `[in]`
 */
int32_t glueberry_error_code(const glueberry_error_t *error);

/**
 * What happened this time, with the peer, the stream and the causes. It holds neither keys nor
 * payload. Empty for NULL.
 *
 * - `error` `[in]`
 * - returns `[borrowed: error]`
 */
const char *glueberry_error_message(const glueberry_error_t *error);

/**
 * What to do about it, in one sentence. Empty for NULL.
 *
 * - `error` `[in]`
 * - returns a text that is valid for ever.
 */
const char *glueberry_error_hint(const glueberry_error_t *error);

/**
 * Where the remedy lies, `GLUEBERRY_CLASS_*`; 0 for NULL.
 *
 * - `error` `[in]`
 */
int32_t glueberry_error_class(const glueberry_error_t *error);

/**
 * 1 if the same call may succeed later without any change, otherwise 0.
 *
 * - `error` `[in]`
 */
int32_t glueberry_error_is_retriable(const glueberry_error_t *error);

/**
 * The peer that the error is about; `NONE` if it is about none.
 *
 * - `error` `[in]`
 * - `peer` `[out]`
 */
int32_t glueberry_error_peer(const glueberry_error_t *error,
                             glueberry_peer_id_t *peer);

/**
 * The stream that the error is about; NULL if it is about none.
 *
 * - `error` `[in]`
 * - returns `[borrowed: error]`
 */
const char *glueberry_error_stream(const glueberry_error_t *error);

/**
 * Frees an error.
 *
 * - `error` `[in]`: NULL does nothing.
 */
void glueberry_error_free(glueberry_error_t *error);

/* ---- The log ---- */

/**
 * Hands the log of all nodes of this process to a callback, in the place of the one before. Up to
 * 1,024 lines wait for it; more are dropped, and counted in a line of their own.
 *
 * - `level`: lines as grave as this and graver, `GLUEBERRY_LOG_*`. Of other libraries inside only
 *   warnings and errors.
 * - `callback` `[in]`: copied. If this fails, its `destroy` is not called.
 * - `err` `[out, owned]`: may be NULL.
 *
 * Errors: `WRONG_STATE` in a program, written in Rust, that collects its log already.
 */
int32_t glueberry_log_set(int32_t level,
                          const glueberry_log_callback_t *callback,
                          glueberry_error_t **err);

/**
 * Stops handing out the log. It never waits: a call may still be under way; the callback's `destroy`
 * follows it. Without a callback it does nothing. Any thread.
 */
int32_t glueberry_log_clear(void);

/* ---- Identities ---- */

/**
 * Makes a new key from the system's randomness.
 *
 * - `identity` `[out, owned]`
 * - `err` `[out, owned]`: may be NULL.
 */
int32_t glueberry_identity_generate(glueberry_identity_t **identity,
                                    glueberry_error_t **err);

/**
 * The key that grows from 32 secret bytes, always the same one. Wiping the bytes is the caller's.
 *
 * - `seed` `[in]`: `len` bytes.
 * - `identity` `[out, owned]`
 * - `err` `[out, owned]`: may be NULL.
 *
 * Errors: `INVALID_KEY` unless `len` is 32.
 */
int32_t glueberry_identity_from_seed(const uint8_t *seed,
                                     size_t len,
                                     glueberry_identity_t **identity,
                                     glueberry_error_t **err);

/**
 * Reads a key from PKCS#8 PEM text, as OpenSSL writes it.
 *
 * - `pem` `[in]`: text of `len` bytes, or `GLUEBERRY_NTS`.
 * - `identity` `[out, owned]`
 * - `err` `[out, owned]`: may be NULL.
 *
 * Errors: `INVALID_KEY`.
 */
int32_t glueberry_identity_from_pem(const char *pem,
                                    size_t len,
                                    glueberry_identity_t **identity,
                                    glueberry_error_t **err);

/**
 * Reads a key file.
 *
 * - `path` `[in]`: text of `len` bytes, or `GLUEBERRY_NTS`.
 * - `identity` `[out, owned]`
 * - `err` `[out, owned]`: may be NULL.
 *
 * Errors: `KEY_FILE_UNREADABLE`, `KEY_FILE_EXPOSED` when other users may read it, `INVALID_KEY`.
 */
int32_t glueberry_identity_load(const char *path,
                                size_t len,
                                glueberry_identity_t **identity,
                                glueberry_error_t **err);

/**
 * Writes the key into a file that only this user may read.
 *
 * - `identity` `[in]`
 * - `path` `[in]`: text of `len` bytes, or `GLUEBERRY_NTS`.
 * - `replace`: 0 refuses to write over a file, 1 puts the new one in its place, at once and whole.
 * - `err` `[out, owned]`: may be NULL.
 *
 * Errors: `KEY_FILE_EXISTS`, `KEY_FILE_UNWRITABLE`.
 */
int32_t glueberry_identity_save(const glueberry_identity_t *identity,
                                const char *path,
                                size_t len,
                                int32_t replace,
                                glueberry_error_t **err);

/**
 * The key as PKCS#8 PEM text, which OpenSSL reads too. It is secret: wiping the buffer is the
 * caller's.
 *
 * - `identity` `[in]`
 * - `buffer` `[out]`: of `capacity` bytes; the text ends with NUL. (NULL, 0) asks for the size.
 * - `needed` `[out]`: the bytes of the text with its NUL, also when the call fails for lack of room;
 *   may be NULL.
 * - `err` `[out, owned]`: may be NULL.
 *
 * Errors: `INVALID_ARGUMENT` when the buffer is too small; then nothing is written to it.
 */
int32_t glueberry_identity_to_pem(const glueberry_identity_t *identity,
                                  char *buffer,
                                  size_t capacity,
                                  size_t *needed,
                                  glueberry_error_t **err);

/**
 * What other peers know the owner of this key by.
 *
 * - `identity` `[in]`
 * - `peer` `[out]`
 */
int32_t glueberry_identity_peer_id(const glueberry_identity_t *identity,
                                   glueberry_peer_id_t *peer);

/**
 * Frees a key, and wipes it.
 *
 * - `identity` `[in]`: NULL does nothing.
 */
void glueberry_identity_free(glueberry_identity_t *identity);

/* ---- Peer ids ---- */

/**
 * Reads a peer id, such as `12D3KooW…`.
 *
 * - `text` `[in]`: of `len` bytes, or `GLUEBERRY_NTS`.
 * - `peer` `[out]`
 * - `err` `[out, owned]`: may be NULL.
 *
 * Errors: `INVALID_PEER_ID`, `UNSUPPORTED_PEER_ID`, `IDENTITY_REFUSED`.
 */
int32_t glueberry_peer_id_parse(const char *text,
                                size_t len,
                                glueberry_peer_id_t *peer,
                                glueberry_error_t **err);

/**
 * The peer at the end of an address, `…/p2p/12D3KooW…`. The whole address is checked.
 *
 * - `address` `[in]`: of `len` bytes, or `GLUEBERRY_NTS`.
 * - `peer` `[out]`
 * - `err` `[out, owned]`: may be NULL.
 *
 * Errors: `INVALID_ADDRESS`, also without a peer id; those of `glueberry_peer_id_parse`.
 */
int32_t glueberry_peer_id_from_address(const char *address,
                                       size_t len,
                                       glueberry_peer_id_t *peer,
                                       glueberry_error_t **err);

/**
 * Writes a peer id as text, with its NUL.
 *
 * - `peer` `[in]`
 * - `buffer` `[out]`: of `capacity` bytes, at least `GLUEBERRY_PEER_ID_SIZE`.
 *
 * Errors: `IDENTITY_REFUSED` for a key that identifies nobody, `INVALID_ARGUMENT` for a buffer that
 * is too small.
 */
int32_t glueberry_peer_id_format(const glueberry_peer_id_t *peer,
                                 char *buffer,
                                 size_t capacity);

/* ---- Configuration ---- */

/**
 * Begins to describe a node with this key. The key is copied.
 *
 * - `identity` `[in]`
 * - `config` `[out, owned]`
 * - `err` `[out, owned]`: may be NULL.
 */
int32_t glueberry_config_new(const glueberry_identity_t *identity,
                             glueberry_config_t **config,
                             glueberry_error_t **err);

/**
 * Listens at one more address, such as `/ip4/0.0.0.0/tcp/9000` or `/ip6/::/udp/9000/quic-v1`. Port 0
 * is any free one. Without an address the node only dials.
 *
 * - `config` `[in]`
 * - `address` `[in]`: of `len` bytes, or `GLUEBERRY_NTS`.
 * - `err` `[out, owned]`: may be NULL.
 *
 * Errors: `INVALID_ADDRESS`, with the part that is wrong.
 */
int32_t glueberry_config_add_listen_address(glueberry_config_t *config,
                                            const char *address,
                                            size_t len,
                                            glueberry_error_t **err);

/**
 * Carries one more stream with every peer, or changes the bounds of one.
 *
 * - `config` `[in]`
 * - `name` `[in]`: of `len` bytes, or `GLUEBERRY_NTS`.
 * - `bounds` `[in]`: NULL for the defaults. They are checked by `glueberry_node_start`.
 * - `err` `[out, owned]`: may be NULL.
 *
 * Errors: `INVALID_STREAM_NAME`, with what is wrong about it.
 */
int32_t glueberry_config_add_stream(glueberry_config_t *config,
                                    const char *name,
                                    size_t len,
                                    const glueberry_stream_config_t *bounds,
                                    glueberry_error_t **err);

/**
 * Keeps what is known of peers, and bans, in this file, in the format of Glueberry for Go. Without
 * one all that is forgotten when the node ends.
 *
 * - `config` `[in]`
 * - `path` `[in]`: of `len` bytes, or `GLUEBERRY_NTS`.
 * - `err` `[out, owned]`: may be NULL.
 */
int32_t glueberry_config_set_address_book(glueberry_config_t *config,
                                          const char *path,
                                          size_t len,
                                          glueberry_error_t **err);

/**
 * Whether the peers of the address book are dialed when the node starts; by default they are. To
 * miss no event of those dials, turn it off, take the events, and call
 * `glueberry_node_dial_known_peers`.
 *
 * - `config` `[in]`
 * - `yes`: 0 or 1.
 * - `err` `[out, owned]`: may be NULL.
 */
int32_t glueberry_config_set_auto_connect(glueberry_config_t *config,
                                          int32_t yes,
                                          glueberry_error_t **err);

/**
 * Who shakes hands; by default the library.
 *
 * - `config` `[in]`
 * - `mode`: `GLUEBERRY_HANDSHAKE_*`.
 * - `err` `[out, owned]`: may be NULL.
 */
int32_t glueberry_config_set_handshake(glueberry_config_t *config,
                                       int32_t mode,
                                       glueberry_error_t **err);

/**
 * Which secure channels are offered over TCP; by default TLS and Noise.
 *
 * - `config` `[in]`
 * - `security`: `GLUEBERRY_SECURITY_*`.
 * - `err` `[out, owned]`: may be NULL.
 */
int32_t glueberry_config_set_security(glueberry_config_t *config,
                                      int32_t security,
                                      glueberry_error_t **err);

/**
 * How a lost peer is tried again.
 *
 * - `config` `[in]`
 * - `policy` `[in]`: checked by `glueberry_node_start`.
 * - `err` `[out, owned]`: may be NULL.
 */
int32_t glueberry_config_set_reconnect(glueberry_config_t *config,
                                       const glueberry_reconnect_policy_t *policy,
                                       glueberry_error_t **err);

/**
 * How long a peer may take from connected to established.
 *
 * - `config` `[in]`
 * - `ms`: 10 to 3,600,000, by default 30,000; checked by `glueberry_node_start`.
 * - `err` `[out, owned]`: may be NULL.
 */
int32_t glueberry_config_set_handshake_timeout(glueberry_config_t *config,
                                               int64_t ms,
                                               glueberry_error_t **err);

/**
 * How long one address is tried.
 *
 * - `config` `[in]`
 * - `ms`: 10 to 3,600,000, by default 10,000; checked by `glueberry_node_start`.
 * - `err` `[out, owned]`: may be NULL.
 */
int32_t glueberry_config_set_dial_timeout(glueberry_config_t *config,
                                          int64_t ms,
                                          glueberry_error_t **err);

/**
 * How long `disconnect` and `shutdown` go on writing what is queued.
 *
 * - `config` `[in]`
 * - `ms`: 0 to 3,600,000, by default 5,000; checked by `glueberry_node_start`.
 * - `err` `[out, owned]`: may be NULL.
 */
int32_t glueberry_config_set_linger(glueberry_config_t *config,
                                    int64_t ms,
                                    glueberry_error_t **err);

/**
 * How soon a vanished peer is noticed: it is asked for a sign of life after `interval_ms` of
 * silence, and given up `timeout_ms` later. Both 0: never asked; then it is left to the transports,
 * minutes over TCP, 10 s over QUIC.
 *
 * - `config` `[in]`
 * - `interval_ms`, `timeout_ms`: 100 to 3,600,000, by default 3,000; checked by
 *   `glueberry_node_start`.
 * - `err` `[out, owned]`: may be NULL.
 */
int32_t glueberry_config_set_keep_alive(glueberry_config_t *config,
                                        int64_t interval_ms,
                                        int64_t timeout_ms,
                                        glueberry_error_t **err);

/**
 * How many events wait in each queue before its oldest are dropped and reported as `LAGGED`.
 *
 * - `config` `[in]`
 * - `events`: 1 to 1,048,576, by default 1,024; checked by `glueberry_node_start`.
 * - `err` `[out, owned]`: may be NULL.
 */
int32_t glueberry_config_set_event_buffer(glueberry_config_t *config,
                                          size_t events,
                                          glueberry_error_t **err);

/**
 * How many connections there may be.
 *
 * - `config` `[in]`
 * - `limits` `[in]`: checked by `glueberry_node_start`.
 * - `err` `[out, owned]`: may be NULL.
 */
int32_t glueberry_config_set_connection_limits(glueberry_config_t *config,
                                               const glueberry_connection_limits_t *limits,
                                               glueberry_error_t **err);

/**
 * How many threads carry the node's connections.
 *
 * - `config` `[in]`
 * - `threads`: 1 to 64, by default as many as there are cores, but at most 4; checked by
 *   `glueberry_node_start`.
 * - `err` `[out, owned]`: may be NULL.
 */
int32_t glueberry_config_set_worker_threads(glueberry_config_t *config,
                                            size_t threads,
                                            glueberry_error_t **err);

/**
 * Allows one more peer, address or range: from now on nobody else of its kind may connect.
 *
 * - `config` `[in]`
 * - `target` `[in]`: a peer id, an IP address, or a range such as `10.0.0.0/8`, of `len` bytes or
 *   `GLUEBERRY_NTS`.
 * - `err` `[out, owned]`: may be NULL.
 *
 * Errors: `INVALID_PEER_ID` for what is none of the three.
 */
int32_t glueberry_config_allow(glueberry_config_t *config,
                               const char *target,
                               size_t len,
                               glueberry_error_t **err);

/**
 * Denies one more peer, address or range. It wins over `glueberry_config_allow`.
 *
 * - `config` `[in]`
 * - `target` `[in]`: a peer id, an IP address, or a range such as `10.0.0.0/8`, of `len` bytes or
 *   `GLUEBERRY_NTS`.
 * - `err` `[out, owned]`: may be NULL.
 *
 * Errors: `INVALID_PEER_ID` for what is none of the three.
 */
int32_t glueberry_config_deny(glueberry_config_t *config,
                              const char *target,
                              size_t len,
                              glueberry_error_t **err);

/**
 * Frees a configuration. Nodes that were started with it go on.
 *
 * - `config` `[in]`: NULL does nothing.
 */
void glueberry_config_free(glueberry_config_t *config);

/* ---- Nodes ---- */

/**
 * Starts a node, and returns when it listens at all addresses of its configuration. The
 * configuration is copied; it may be changed, used again and freed.
 *
 * - `config` `[in]`
 * - `node` `[out, owned]`: end it with `glueberry_node_shutdown`, then `glueberry_node_free`.
 * - `err` `[out, owned]`: may be NULL.
 *
 * Errors: `INVALID_CONFIG`, `ADDRESS_IN_USE`, `LISTEN_FAILED`, `ADDRESS_BOOK_LOCKED`,
 * `ADDRESS_BOOK_CORRUPT`, `ADDRESS_BOOK_UNREADABLE`, `ADDRESS_BOOK_UNWRITABLE`; `WOULD_DEADLOCK`
 * inside a callback. It waits as long as that takes: for the disk, and for the ports.
 */
int32_t glueberry_node_start(const glueberry_config_t *config,
                             glueberry_node_t **node,
                             glueberry_error_t **err);

/**
 * Ends a node: writes what is queued for up to the configured linger, closes all connections and
 * frees its ports. Queues end once they were read. Again, it does nothing. The handle stays valid
 * until `glueberry_node_free`; calls that need the network fail with `NODE_CLOSED`.
 *
 * - `node` `[in]`
 * - `timeout_ms`: -1 waits to the end, which is bounded by the linger and 13 s; when it is over the
 *   shutdown goes on in the background.
 * - `err` `[out, owned]`: may be NULL.
 *
 * Errors: `TIMED_OUT`; `WOULD_DEADLOCK` inside a callback, unless `timeout_ms` is 0.
 */
int32_t glueberry_node_shutdown(const glueberry_node_t *node,
                                int64_t timeout_ms,
                                glueberry_error_t **err);

/**
 * Frees a node that no other thread uses any more. Without a shutdown before it closes at once, in
 * the background: what is queued is lost. Its queues and operations stay valid until their own
 * `_free`; they end. It never waits, and is allowed inside a callback.
 *
 * - `node` `[in]`: NULL does nothing.
 */
void glueberry_node_free(glueberry_node_t *node);

/**
 * What other peers know this node by. It never waits.
 *
 * - `node` `[in]`
 * - `peer` `[out]`
 */
int32_t glueberry_node_peer_id(const glueberry_node_t *node,
                               glueberry_peer_id_t *peer);

/**
 * Where this node listens, each address with its peer id at the end: what a peer has to dial. None
 * after a shutdown. It never waits.
 *
 * - `node` `[in]`
 * - `addresses` `[out, owned]`
 * - `err` `[out, owned]`: may be NULL.
 */
int32_t glueberry_node_listen_addresses(const glueberry_node_t *node,
                                        glueberry_strings_t **addresses,
                                        glueberry_error_t **err);

/**
 * The state of a peer, `DISCONNECTED` for one that is not known. It never waits.
 *
 * - `node` `[in]`
 * - `peer` `[in]`
 * - `state` `[out]`: `GLUEBERRY_STATE_*`.
 *
 * Errors: `IDENTITY_REFUSED` for a key that identifies nobody.
 */
int32_t glueberry_node_connection_state(const glueberry_node_t *node,
                                        const glueberry_peer_id_t *peer,
                                        int32_t *state);

/**
 * The peers that are known, connected or being connected, in the order of their ids, as they are at
 * this moment. It never waits.
 *
 * - `node` `[in]`
 * - `peers` `[out, owned]`
 * - `err` `[out, owned]`: may be NULL.
 */
int32_t glueberry_node_peers(const glueberry_node_t *node,
                             glueberry_peers_t **peers,
                             glueberry_error_t **err);

/**
 * What is known of a peer at this moment. `NONE` for one that is neither known nor connected. It
 * never waits.
 *
 * - `node` `[in]`
 * - `peer` `[in]`
 * - `info` `[out, owned]`: NULL with `NONE`.
 * - `err` `[out, owned]`: may be NULL.
 */
int32_t glueberry_node_peer(const glueberry_node_t *node,
                            const glueberry_peer_id_t *peer,
                            glueberry_peer_info_t **info,
                            glueberry_error_t **err);

/**
 * Where a peer may be found, the most promising first; none for one that is not known. It never
 * waits.
 *
 * - `node` `[in]`
 * - `peer` `[in]`
 * - `addresses` `[out, owned]`
 * - `err` `[out, owned]`: may be NULL.
 */
int32_t glueberry_node_addresses(const glueberry_node_t *node,
                                 const glueberry_peer_id_t *peer,
                                 glueberry_strings_t **addresses,
                                 glueberry_error_t **err);

/**
 * The bans that hold at this moment. It never waits.
 *
 * - `node` `[in]`
 * - `bans` `[out, owned]`
 * - `err` `[out, owned]`: may be NULL.
 */
int32_t glueberry_node_bans(const glueberry_node_t *node,
                            glueberry_bans_t **bans,
                            glueberry_error_t **err);

/**
 * How a stream with a peer is doing: whether it carries messages, and how full its buffers are. It
 * never waits, and costs two short locks.
 *
 * - `node` `[in]`
 * - `peer` `[in]`
 * - `stream` `[in]`: its name, of `stream_len` bytes or `GLUEBERRY_NTS`.
 * - `health` `[out]`: set its `size` before.
 * - `err` `[out, owned]`: may be NULL.
 *
 * Errors: `NOT_CONNECTED` without a session, `UNKNOWN_STREAM` if no such stream is prepared.
 */
int32_t glueberry_node_stream_health(const glueberry_node_t *node,
                                     const glueberry_peer_id_t *peer,
                                     const char *stream,
                                     size_t stream_len,
                                     glueberry_stream_health_t *health,
                                     glueberry_error_t **err);

/**
 * How all streams with a peer are doing, by name; none without a session. It never waits.
 *
 * - `node` `[in]`
 * - `peer` `[in]`
 * - `streams` `[out, owned]`
 * - `err` `[out, owned]`: may be NULL.
 */
int32_t glueberry_node_streams(const glueberry_node_t *node,
                               const glueberry_peer_id_t *peer,
                               glueberry_streams_t **streams,
                               glueberry_error_t **err);

/* ---- Calls that wait ---- */

/**
 * Listens at one more address, and gives what it is bound to: for port 0 the port chosen, for
 * `0.0.0.0` an address for each of the machine's.
 *
 * - `node` `[in]`
 * - `address` `[in]`: such as `/ip4/0.0.0.0/tcp/9000`, of `len` bytes or `GLUEBERRY_NTS`. Port 0 is any free
 *   one.
 * - `timeout_ms`: -1 waits without a deadline, 0 does not wait.
 * - `bound` `[out, owned]`: the addresses; may be NULL.
 * - `err` `[out, owned]`: may be NULL.
 *
 * Errors: `INVALID_ADDRESS`, `ADDRESS_IN_USE`, `LISTEN_FAILED`, `NODE_CLOSED`; `TIMED_OUT`;
 * `WOULD_DEADLOCK` inside a callback, unless `timeout_ms` is 0.
 */
int32_t glueberry_node_listen(const glueberry_node_t *node,
                              const char *address,
                              size_t len,
                              int64_t timeout_ms,
                              glueberry_strings_t **bound,
                              glueberry_error_t **err);

/**
 * Connects to a peer, and returns when it is established; with `GLUEBERRY_HANDSHAKE_APP` already
 * when it is connected. At once if it is so already. Once the peer was established the link comes
 * back by itself when it is lost, until `glueberry_node_disconnect`. A call that times out or is
 * cancelled leaves the attempt going.
 *
 * - `node` `[in]`
 * - `address` `[in]`: such as `/ip4/192.0.2.7/tcp/9000/p2p/12D3KooW…`, or `/p2p/12D3KooW…` alone for
 *   a peer that is known; of `len` bytes or `GLUEBERRY_NTS`.
 * - `timeout_ms`: -1 waits without a deadline, 0 does not wait.
 * - `peer` `[out]`: who it is; may be NULL.
 * - `err` `[out, owned]`: may be NULL.
 *
 * Errors: `INVALID_ADDRESS`, `UNKNOWN_PEER`, `DIALED_SELF`, `UNREACHABLE`, `WRONG_PEER`,
 * `HANDSHAKE_FAILED`, `HANDSHAKE_TIMEOUT`, `PEER_KEY_MISMATCH`, `BANNED`, `NOT_ALLOWED`,
 * `TOO_MANY_CONNECTIONS`, `NODE_CLOSED`; `TIMED_OUT`; `WOULD_DEADLOCK` inside a callback, unless
 * `timeout_ms` is 0.
 */
int32_t glueberry_node_connect(const glueberry_node_t *node,
                               const char *address,
                               size_t len,
                               int64_t timeout_ms,
                               glueberry_peer_id_t *peer,
                               glueberry_error_t **err);

/**
 * Waits until a peer is established: for applications that shake hands themselves, and for those
 * that wait until a lost peer is back.
 *
 * - `node` `[in]`
 * - `peer` `[in]`
 * - `timeout_ms`: -1 waits without a deadline, 0 does not wait.
 * - `err` `[out, owned]`: may be NULL.
 *
 * Errors: `NOT_CONNECTED` if there is no connection and none is sought; when the attempts end,
 * what ended them; `NODE_CLOSED`; `TIMED_OUT`; `WOULD_DEADLOCK` inside a callback, unless
 * `timeout_ms` is 0.
 */
int32_t glueberry_node_wait_established(const glueberry_node_t *node,
                                        const glueberry_peer_id_t *peer,
                                        int64_t timeout_ms,
                                        glueberry_error_t **err);

/**
 * Ends the session with a peer, or the attempt at one. What is queued is written first, for up to
 * the configured linger. Without a connection it does nothing. Once begun it is carried out, even
 * if the caller waits no longer.
 *
 * - `node` `[in]`
 * - `peer` `[in]`
 * - `timeout_ms`: -1 waits without a deadline, 0 does not wait.
 * - `err` `[out, owned]`: may be NULL.
 *
 * Errors: `NODE_CLOSED`; `TIMED_OUT`; `WOULD_DEADLOCK` inside a callback, unless `timeout_ms` is
 * 0.
 */
int32_t glueberry_node_disconnect(const glueberry_node_t *node,
                                  const glueberry_peer_id_t *peer,
                                  int64_t timeout_ms,
                                  glueberry_error_t **err);

/**
 * Gives up the attempts to reach a lost peer again; a session that stands goes on.
 *
 * - `node` `[in]`
 * - `peer` `[in]`
 * - `timeout_ms`: -1 waits without a deadline, 0 does not wait.
 * - `err` `[out, owned]`: may be NULL.
 *
 * Errors: `NODE_CLOSED`; `TIMED_OUT`; `WOULD_DEADLOCK` inside a callback, unless `timeout_ms` is
 * 0.
 */
int32_t glueberry_node_cancel_reconnection(const glueberry_node_t *node,
                                           const glueberry_peer_id_t *peer,
                                           int64_t timeout_ms,
                                           glueberry_error_t **err);

/**
 * Dials the peers of the address book, and returns when all are being dialed, or wait for their
 * turn.
 *
 * - `node` `[in]`
 * - `timeout_ms`: -1 waits without a deadline, 0 does not wait.
 * - `err` `[out, owned]`: may be NULL.
 *
 * Errors: `NODE_CLOSED`; `TIMED_OUT`; `WOULD_DEADLOCK` inside a callback, unless `timeout_ms` is
 * 0.
 */
int32_t glueberry_node_dial_known_peers(const glueberry_node_t *node,
                                        int64_t timeout_ms,
                                        glueberry_error_t **err);

/**
 * Remembers a peer, in the place of what was known of it before, and returns when that is saved. A
 * persistent one is dialed at once, and for ever.
 *
 * - `node` `[in]`
 * - `new_peer` `[in]`: set its `size` before.
 * - `timeout_ms`: -1 waits without a deadline, 0 does not wait.
 * - `peer` `[out]`: who it is; may be NULL.
 * - `err` `[out, owned]`: may be NULL.
 *
 * Errors: `INVALID_ADDRESS`, `INVALID_CONFIG` for more than 16 addresses, `BANNED`, `DIALED_SELF`,
 * `METADATA_TOO_LARGE`, `TOO_MANY_PEERS`, `ADDRESS_BOOK_UNWRITABLE`, `NODE_CLOSED`; `TIMED_OUT`;
 * `WOULD_DEADLOCK` inside a callback, unless `timeout_ms` is 0.
 */
int32_t glueberry_node_add_peer(const glueberry_node_t *node,
                                const glueberry_new_peer_t *new_peer,
                                int64_t timeout_ms,
                                glueberry_peer_id_t *peer,
                                glueberry_error_t **err);

/**
 * Forgets a peer, and ends the link with it as `glueberry_node_disconnect` does. A ban of it
 * stays. One that is not known is no error.
 *
 * - `node` `[in]`
 * - `peer` `[in]`
 * - `timeout_ms`: -1 waits without a deadline, 0 does not wait.
 * - `err` `[out, owned]`: may be NULL.
 *
 * Errors: `ADDRESS_BOOK_UNWRITABLE`, `NODE_CLOSED`; `TIMED_OUT`; `WOULD_DEADLOCK` inside a
 * callback, unless `timeout_ms` is 0.
 */
int32_t glueberry_node_remove_peer(const glueberry_node_t *node,
                                   const glueberry_peer_id_t *peer,
                                   int64_t timeout_ms,
                                   glueberry_error_t **err);

/**
 * Bans a peer, an address or a range: its connections end, and no others are made in either
 * direction. Returns when that is saved and done. A ban of the same target is replaced. Once begun
 * it is carried out, even if the caller waits no longer.
 *
 * - `node` `[in]`
 * - `target` `[in]`: a peer id, an IP address or a range such as `192.0.2.0/24`, of `len` bytes or
 *   `GLUEBERRY_NTS`.
 * - `duration_ms`: milliseconds; -1 is for ever.
 * - `timeout_ms`: -1 waits without a deadline, 0 does not wait.
 * - `err` `[out, owned]`: may be NULL.
 *
 * Errors: `INVALID_PEER_ID`, `TOO_MANY_PEERS` above 65,536 bans, `ADDRESS_BOOK_UNWRITABLE`,
 * `NODE_CLOSED`; `TIMED_OUT`; `WOULD_DEADLOCK` inside a callback, unless `timeout_ms` is 0.
 */
int32_t glueberry_node_ban(const glueberry_node_t *node,
                           const char *target,
                           size_t len,
                           int64_t duration_ms,
                           int64_t timeout_ms,
                           glueberry_error_t **err);

/**
 * Lifts a ban. A persistent peer is dialed again.
 *
 * - `node` `[in]`
 * - `target` `[in]`: a peer id, an IP address or a range such as `192.0.2.0/24`, of `len` bytes or
 *   `GLUEBERRY_NTS`.
 * - `timeout_ms`: -1 waits without a deadline, 0 does not wait.
 * - `was_banned` `[out]`: 1 if there was a ban of exactly this target, else 0; may be NULL.
 * - `err` `[out, owned]`: may be NULL.
 *
 * Errors: `INVALID_PEER_ID`, `ADDRESS_BOOK_UNWRITABLE`, `NODE_CLOSED`; `TIMED_OUT`;
 * `WOULD_DEADLOCK` inside a callback, unless `timeout_ms` is 0.
 */
int32_t glueberry_node_unban(const glueberry_node_t *node,
                             const char *target,
                             size_t len,
                             int64_t timeout_ms,
                             int32_t *was_banned,
                             glueberry_error_t **err);

/**
 * Sends a message; waits while the stream's send buffer is full. It returns when the message is
 * queued, in order behind all before it. A call that fails sends nothing.
 *
 * - `node` `[in]`
 * - `peer` `[in]`
 * - `stream` `[in]`: its name, of `stream_len` bytes or `GLUEBERRY_NTS`.
 * - `data` `[in]`: the message, of `len` bytes; (NULL, 0) is an empty one. It is copied.
 * - `timeout_ms`: -1 waits without a deadline, 0 does not wait.
 * - `err` `[out, owned]`: may be NULL.
 *
 * Errors: `NOT_CONNECTED`, `UNKNOWN_STREAM`, `MESSAGE_TOO_LARGE`, `STREAM_REFUSED`,
 * `STREAM_FAILED`, `NODE_CLOSED`; `TIMED_OUT`; `WOULD_DEADLOCK` inside a callback, unless
 * `timeout_ms` is 0.
 */
int32_t glueberry_node_send(const glueberry_node_t *node,
                            const glueberry_peer_id_t *peer,
                            const char *stream,
                            size_t stream_len,
                            const uint8_t *data,
                            size_t len,
                            int64_t timeout_ms,
                            glueberry_error_t **err);

/**
 * Sends a message if there is room for it now: otherwise `WOULD_BLOCK`, which is no error. It never
 * waits.
 *
 * - `node` `[in]`
 * - `peer` `[in]`
 * - `stream` `[in]`: its name, of `stream_len` bytes or `GLUEBERRY_NTS`.
 * - `data` `[in]`: the message, of `len` bytes; (NULL, 0) is an empty one. It is copied.
 * - `err` `[out, owned]`: may be NULL.
 *
 * Errors: as `glueberry_node_send`, but for those of waiting.
 */
int32_t glueberry_node_try_send(const glueberry_node_t *node,
                                const glueberry_peer_id_t *peer,
                                const char *stream,
                                size_t stream_len,
                                const uint8_t *data,
                                size_t len,
                                glueberry_error_t **err);

/**
 * Waits until the transport has taken all that was sent before on a stream.
 *
 * - `node` `[in]`
 * - `peer` `[in]`
 * - `stream` `[in]`: its name, of `stream_len` bytes or `GLUEBERRY_NTS`.
 * - `timeout_ms`: -1 waits without a deadline, 0 does not wait.
 * - `err` `[out, owned]`: may be NULL.
 *
 * Errors: `NOT_CONNECTED` if the session ends before, `UNKNOWN_STREAM`, `STREAM_REFUSED`,
 * `STREAM_FAILED`, `NODE_CLOSED`; `TIMED_OUT`; `WOULD_DEADLOCK` inside a callback, unless
 * `timeout_ms` is 0.
 */
int32_t glueberry_node_flush(const glueberry_node_t *node,
                             const glueberry_peer_id_t *peer,
                             const char *stream,
                             size_t stream_len,
                             int64_t timeout_ms,
                             glueberry_error_t **err);

/**
 * Accepts these streams from a peer that the application shakes hands with. Their messages are
 * delivered once the peer is established.
 *
 * - `node` `[in]`
 * - `peer` `[in]`
 * - `streams` `[in]`: `stream_count` names that end with NUL.
 * - `timeout_ms`: -1 waits without a deadline, 0 does not wait.
 * - `err` `[out, owned]`: may be NULL.
 *
 * Errors: `INVALID_STREAM_NAME`, `NOT_CONNECTED`, `TOO_MANY_STREAMS`; `TIMED_OUT`;
 * `WOULD_DEADLOCK` inside a callback, unless `timeout_ms` is 0.
 */
int32_t glueberry_node_prepare_streams(const glueberry_node_t *node,
                                       const glueberry_peer_id_t *peer,
                                       const char *const *streams,
                                       size_t stream_count,
                                       int64_t timeout_ms,
                                       glueberry_error_t **err);

/**
 * Ends the application's handshake with a peer, which is established from now on. What was sent on
 * `handshake` is written first.
 *
 * - `node` `[in]`
 * - `peer` `[in]`
 * - `timeout_ms`: -1 waits without a deadline, 0 does not wait.
 * - `err` `[out, owned]`: may be NULL.
 *
 * Errors: `WRONG_STATE` if the peer is established already, or the library shakes hands;
 * `NOT_CONNECTED`; `TIMED_OUT`; `WOULD_DEADLOCK` inside a callback, unless `timeout_ms` is 0.
 */
int32_t glueberry_node_finalize_handshake(const glueberry_node_t *node,
                                          const glueberry_peer_id_t *peer,
                                          int64_t timeout_ms,
                                          glueberry_error_t **err);

/**
 * `glueberry_node_prepare_streams` and `glueberry_node_finalize_handshake` in one.
 *
 * - `node` `[in]`
 * - `peer` `[in]`
 * - `streams` `[in]`: `stream_count` names that end with NUL.
 * - `timeout_ms`: -1 waits without a deadline, 0 does not wait.
 * - `err` `[out, owned]`: may be NULL.
 *
 * Errors: those of both; `TIMED_OUT`; `WOULD_DEADLOCK` inside a callback, unless `timeout_ms` is
 * 0.
 */
int32_t glueberry_node_complete_handshake(const glueberry_node_t *node,
                                          const glueberry_peer_id_t *peer,
                                          const char *const *streams,
                                          size_t stream_count,
                                          int64_t timeout_ms,
                                          glueberry_error_t **err);

/* ---- Operations: the same calls, which return at once ---- */

/**
 * Begins to do what `glueberry_node_shutdown` does without a deadline. It never waits.
 *
 * - `node` `[in]`
 * - `events` `[in]`: a queue of this node, which gets the `OP_DONE`.
 * - `tag`: comes back in it.
 * - `op` `[out, owned]`: for cancelling; may be NULL.
 * - `err` `[out, owned]`: of what cannot begin; may be NULL.
 *
 * Errors: `INVALID_ARGUMENT` and those of parsing, and `TOO_MANY_OPERATIONS`; all others come in
 * the `OP_DONE`.
 */
int32_t glueberry_node_shutdown_start(const glueberry_node_t *node,
                                      const glueberry_events_t *events,
                                      uint64_t tag,
                                      glueberry_op_t **op,
                                      glueberry_error_t **err);

/**
 * Begins to do what `glueberry_node_listen` does. It never waits. Its `OP_DONE` tells the
 * addresses (`glueberry_event_address`).
 *
 * - `node` `[in]`
 * - `address` `[in]`: such as `/ip4/0.0.0.0/tcp/9000`, of `len` bytes or `GLUEBERRY_NTS`. Port 0 is any free
 *   one.
 * - `timeout_ms`: -1 is no deadline; when it is over, the `OP_DONE` has `TIMED_OUT`.
 * - `events` `[in]`: a queue of this node, which gets the `OP_DONE`.
 * - `tag`: comes back in it.
 * - `op` `[out, owned]`: for cancelling; may be NULL.
 * - `err` `[out, owned]`: of what cannot begin; may be NULL.
 *
 * Errors: `INVALID_ARGUMENT` and those of parsing, and `TOO_MANY_OPERATIONS`; all others come in
 * the `OP_DONE`.
 */
int32_t glueberry_node_listen_start(const glueberry_node_t *node,
                                    const char *address,
                                    size_t len,
                                    int64_t timeout_ms,
                                    const glueberry_events_t *events,
                                    uint64_t tag,
                                    glueberry_op_t **op,
                                    glueberry_error_t **err);

/**
 * Begins to do what `glueberry_node_connect` does. It never waits. Its `OP_DONE` tells the peer.
 *
 * - `node` `[in]`
 * - `address` `[in]`: such as `/ip4/192.0.2.7/tcp/9000/p2p/12D3KooW…`, or `/p2p/12D3KooW…` alone for
 *   a peer that is known; of `len` bytes or `GLUEBERRY_NTS`.
 * - `timeout_ms`: -1 is no deadline; when it is over, the `OP_DONE` has `TIMED_OUT`.
 * - `events` `[in]`: a queue of this node, which gets the `OP_DONE`.
 * - `tag`: comes back in it.
 * - `op` `[out, owned]`: for cancelling; may be NULL.
 * - `err` `[out, owned]`: of what cannot begin; may be NULL.
 *
 * Errors: `INVALID_ARGUMENT` and those of parsing, and `TOO_MANY_OPERATIONS`; all others come in
 * the `OP_DONE`.
 */
int32_t glueberry_node_connect_start(const glueberry_node_t *node,
                                     const char *address,
                                     size_t len,
                                     int64_t timeout_ms,
                                     const glueberry_events_t *events,
                                     uint64_t tag,
                                     glueberry_op_t **op,
                                     glueberry_error_t **err);

/**
 * Begins to do what `glueberry_node_wait_established` does. It never waits.
 *
 * - `node` `[in]`
 * - `peer` `[in]`
 * - `timeout_ms`: -1 is no deadline; when it is over, the `OP_DONE` has `TIMED_OUT`.
 * - `events` `[in]`: a queue of this node, which gets the `OP_DONE`.
 * - `tag`: comes back in it.
 * - `op` `[out, owned]`: for cancelling; may be NULL.
 * - `err` `[out, owned]`: of what cannot begin; may be NULL.
 *
 * Errors: `INVALID_ARGUMENT` and those of parsing, and `TOO_MANY_OPERATIONS`; all others come in
 * the `OP_DONE`.
 */
int32_t glueberry_node_wait_established_start(const glueberry_node_t *node,
                                              const glueberry_peer_id_t *peer,
                                              int64_t timeout_ms,
                                              const glueberry_events_t *events,
                                              uint64_t tag,
                                              glueberry_op_t **op,
                                              glueberry_error_t **err);

/**
 * Begins to do what `glueberry_node_disconnect` does. It never waits.
 *
 * - `node` `[in]`
 * - `peer` `[in]`
 * - `timeout_ms`: -1 is no deadline; when it is over, the `OP_DONE` has `TIMED_OUT`.
 * - `events` `[in]`: a queue of this node, which gets the `OP_DONE`.
 * - `tag`: comes back in it.
 * - `op` `[out, owned]`: for cancelling; may be NULL.
 * - `err` `[out, owned]`: of what cannot begin; may be NULL.
 *
 * Errors: `INVALID_ARGUMENT` and those of parsing, and `TOO_MANY_OPERATIONS`; all others come in
 * the `OP_DONE`.
 */
int32_t glueberry_node_disconnect_start(const glueberry_node_t *node,
                                        const glueberry_peer_id_t *peer,
                                        int64_t timeout_ms,
                                        const glueberry_events_t *events,
                                        uint64_t tag,
                                        glueberry_op_t **op,
                                        glueberry_error_t **err);

/**
 * Begins to do what `glueberry_node_cancel_reconnection` does. It never waits.
 *
 * - `node` `[in]`
 * - `peer` `[in]`
 * - `timeout_ms`: -1 is no deadline; when it is over, the `OP_DONE` has `TIMED_OUT`.
 * - `events` `[in]`: a queue of this node, which gets the `OP_DONE`.
 * - `tag`: comes back in it.
 * - `op` `[out, owned]`: for cancelling; may be NULL.
 * - `err` `[out, owned]`: of what cannot begin; may be NULL.
 *
 * Errors: `INVALID_ARGUMENT` and those of parsing, and `TOO_MANY_OPERATIONS`; all others come in
 * the `OP_DONE`.
 */
int32_t glueberry_node_cancel_reconnection_start(const glueberry_node_t *node,
                                                 const glueberry_peer_id_t *peer,
                                                 int64_t timeout_ms,
                                                 const glueberry_events_t *events,
                                                 uint64_t tag,
                                                 glueberry_op_t **op,
                                                 glueberry_error_t **err);

/**
 * Begins to do what `glueberry_node_dial_known_peers` does. It never waits.
 *
 * - `node` `[in]`
 * - `timeout_ms`: -1 is no deadline; when it is over, the `OP_DONE` has `TIMED_OUT`.
 * - `events` `[in]`: a queue of this node, which gets the `OP_DONE`.
 * - `tag`: comes back in it.
 * - `op` `[out, owned]`: for cancelling; may be NULL.
 * - `err` `[out, owned]`: of what cannot begin; may be NULL.
 *
 * Errors: `INVALID_ARGUMENT` and those of parsing, and `TOO_MANY_OPERATIONS`; all others come in
 * the `OP_DONE`.
 */
int32_t glueberry_node_dial_known_peers_start(const glueberry_node_t *node,
                                              int64_t timeout_ms,
                                              const glueberry_events_t *events,
                                              uint64_t tag,
                                              glueberry_op_t **op,
                                              glueberry_error_t **err);

/**
 * Begins to do what `glueberry_node_add_peer` does. It never waits. Its `OP_DONE` tells the peer.
 *
 * - `node` `[in]`
 * - `new_peer` `[in]`: set its `size` before.
 * - `timeout_ms`: -1 is no deadline; when it is over, the `OP_DONE` has `TIMED_OUT`.
 * - `events` `[in]`: a queue of this node, which gets the `OP_DONE`.
 * - `tag`: comes back in it.
 * - `op` `[out, owned]`: for cancelling; may be NULL.
 * - `err` `[out, owned]`: of what cannot begin; may be NULL.
 *
 * Errors: `INVALID_ARGUMENT` and those of parsing, and `TOO_MANY_OPERATIONS`; all others come in
 * the `OP_DONE`.
 */
int32_t glueberry_node_add_peer_start(const glueberry_node_t *node,
                                      const glueberry_new_peer_t *new_peer,
                                      int64_t timeout_ms,
                                      const glueberry_events_t *events,
                                      uint64_t tag,
                                      glueberry_op_t **op,
                                      glueberry_error_t **err);

/**
 * Begins to do what `glueberry_node_remove_peer` does. It never waits.
 *
 * - `node` `[in]`
 * - `peer` `[in]`
 * - `timeout_ms`: -1 is no deadline; when it is over, the `OP_DONE` has `TIMED_OUT`.
 * - `events` `[in]`: a queue of this node, which gets the `OP_DONE`.
 * - `tag`: comes back in it.
 * - `op` `[out, owned]`: for cancelling; may be NULL.
 * - `err` `[out, owned]`: of what cannot begin; may be NULL.
 *
 * Errors: `INVALID_ARGUMENT` and those of parsing, and `TOO_MANY_OPERATIONS`; all others come in
 * the `OP_DONE`.
 */
int32_t glueberry_node_remove_peer_start(const glueberry_node_t *node,
                                         const glueberry_peer_id_t *peer,
                                         int64_t timeout_ms,
                                         const glueberry_events_t *events,
                                         uint64_t tag,
                                         glueberry_op_t **op,
                                         glueberry_error_t **err);

/**
 * Begins to do what `glueberry_node_ban` does. It never waits.
 *
 * - `node` `[in]`
 * - `target` `[in]`: a peer id, an IP address or a range such as `192.0.2.0/24`, of `len` bytes or
 *   `GLUEBERRY_NTS`.
 * - `duration_ms`: milliseconds; -1 is for ever.
 * - `timeout_ms`: -1 is no deadline; when it is over, the `OP_DONE` has `TIMED_OUT`.
 * - `events` `[in]`: a queue of this node, which gets the `OP_DONE`.
 * - `tag`: comes back in it.
 * - `op` `[out, owned]`: for cancelling; may be NULL.
 * - `err` `[out, owned]`: of what cannot begin; may be NULL.
 *
 * Errors: `INVALID_ARGUMENT` and those of parsing, and `TOO_MANY_OPERATIONS`; all others come in
 * the `OP_DONE`.
 */
int32_t glueberry_node_ban_start(const glueberry_node_t *node,
                                 const char *target,
                                 size_t len,
                                 int64_t duration_ms,
                                 int64_t timeout_ms,
                                 const glueberry_events_t *events,
                                 uint64_t tag,
                                 glueberry_op_t **op,
                                 glueberry_error_t **err);

/**
 * Begins to do what `glueberry_node_unban` does. It never waits. The `flag` of its `OP_DONE` says
 * whether there was a ban of exactly this target.
 *
 * - `node` `[in]`
 * - `target` `[in]`: a peer id, an IP address or a range such as `192.0.2.0/24`, of `len` bytes or
 *   `GLUEBERRY_NTS`.
 * - `timeout_ms`: -1 is no deadline; when it is over, the `OP_DONE` has `TIMED_OUT`.
 * - `events` `[in]`: a queue of this node, which gets the `OP_DONE`.
 * - `tag`: comes back in it.
 * - `op` `[out, owned]`: for cancelling; may be NULL.
 * - `err` `[out, owned]`: of what cannot begin; may be NULL.
 *
 * Errors: `INVALID_ARGUMENT` and those of parsing, and `TOO_MANY_OPERATIONS`; all others come in
 * the `OP_DONE`.
 */
int32_t glueberry_node_unban_start(const glueberry_node_t *node,
                                   const char *target,
                                   size_t len,
                                   int64_t timeout_ms,
                                   const glueberry_events_t *events,
                                   uint64_t tag,
                                   glueberry_op_t **op,
                                   glueberry_error_t **err);

/**
 * Begins to do what `glueberry_node_send` does, in the order of these calls. It never waits.
 *
 * - `node` `[in]`
 * - `peer` `[in]`
 * - `stream` `[in]`: its name, of `stream_len` bytes or `GLUEBERRY_NTS`.
 * - `data` `[in]`: the message, of `len` bytes; (NULL, 0) is an empty one. It is copied.
 * - `timeout_ms`: -1 is no deadline; when it is over, the `OP_DONE` has `TIMED_OUT`.
 * - `events` `[in]`: a queue of this node, which gets the `OP_DONE`.
 * - `tag`: comes back in it.
 * - `op` `[out, owned]`: for cancelling; may be NULL.
 * - `err` `[out, owned]`: of what cannot begin; may be NULL.
 *
 * Errors: `INVALID_ARGUMENT` and those of parsing, and `TOO_MANY_OPERATIONS`; all others come in
 * the `OP_DONE`.
 */
int32_t glueberry_node_send_start(const glueberry_node_t *node,
                                  const glueberry_peer_id_t *peer,
                                  const char *stream,
                                  size_t stream_len,
                                  const uint8_t *data,
                                  size_t len,
                                  int64_t timeout_ms,
                                  const glueberry_events_t *events,
                                  uint64_t tag,
                                  glueberry_op_t **op,
                                  glueberry_error_t **err);

/**
 * Begins to do what `glueberry_node_flush` does. It never waits.
 *
 * - `node` `[in]`
 * - `peer` `[in]`
 * - `stream` `[in]`: its name, of `stream_len` bytes or `GLUEBERRY_NTS`.
 * - `timeout_ms`: -1 is no deadline; when it is over, the `OP_DONE` has `TIMED_OUT`.
 * - `events` `[in]`: a queue of this node, which gets the `OP_DONE`.
 * - `tag`: comes back in it.
 * - `op` `[out, owned]`: for cancelling; may be NULL.
 * - `err` `[out, owned]`: of what cannot begin; may be NULL.
 *
 * Errors: `INVALID_ARGUMENT` and those of parsing, and `TOO_MANY_OPERATIONS`; all others come in
 * the `OP_DONE`.
 */
int32_t glueberry_node_flush_start(const glueberry_node_t *node,
                                   const glueberry_peer_id_t *peer,
                                   const char *stream,
                                   size_t stream_len,
                                   int64_t timeout_ms,
                                   const glueberry_events_t *events,
                                   uint64_t tag,
                                   glueberry_op_t **op,
                                   glueberry_error_t **err);

/**
 * Begins to do what `glueberry_node_prepare_streams` does. It never waits.
 *
 * - `node` `[in]`
 * - `peer` `[in]`
 * - `streams` `[in]`: `stream_count` names that end with NUL.
 * - `timeout_ms`: -1 is no deadline; when it is over, the `OP_DONE` has `TIMED_OUT`.
 * - `events` `[in]`: a queue of this node, which gets the `OP_DONE`.
 * - `tag`: comes back in it.
 * - `op` `[out, owned]`: for cancelling; may be NULL.
 * - `err` `[out, owned]`: of what cannot begin; may be NULL.
 *
 * Errors: `INVALID_ARGUMENT` and those of parsing, and `TOO_MANY_OPERATIONS`; all others come in
 * the `OP_DONE`.
 */
int32_t glueberry_node_prepare_streams_start(const glueberry_node_t *node,
                                             const glueberry_peer_id_t *peer,
                                             const char *const *streams,
                                             size_t stream_count,
                                             int64_t timeout_ms,
                                             const glueberry_events_t *events,
                                             uint64_t tag,
                                             glueberry_op_t **op,
                                             glueberry_error_t **err);

/**
 * Begins to do what `glueberry_node_finalize_handshake` does. It never waits.
 *
 * - `node` `[in]`
 * - `peer` `[in]`
 * - `timeout_ms`: -1 is no deadline; when it is over, the `OP_DONE` has `TIMED_OUT`.
 * - `events` `[in]`: a queue of this node, which gets the `OP_DONE`.
 * - `tag`: comes back in it.
 * - `op` `[out, owned]`: for cancelling; may be NULL.
 * - `err` `[out, owned]`: of what cannot begin; may be NULL.
 *
 * Errors: `INVALID_ARGUMENT` and those of parsing, and `TOO_MANY_OPERATIONS`; all others come in
 * the `OP_DONE`.
 */
int32_t glueberry_node_finalize_handshake_start(const glueberry_node_t *node,
                                                const glueberry_peer_id_t *peer,
                                                int64_t timeout_ms,
                                                const glueberry_events_t *events,
                                                uint64_t tag,
                                                glueberry_op_t **op,
                                                glueberry_error_t **err);

/**
 * Begins to do what `glueberry_node_complete_handshake` does. It never waits.
 *
 * - `node` `[in]`
 * - `peer` `[in]`
 * - `streams` `[in]`: `stream_count` names that end with NUL.
 * - `timeout_ms`: -1 is no deadline; when it is over, the `OP_DONE` has `TIMED_OUT`.
 * - `events` `[in]`: a queue of this node, which gets the `OP_DONE`.
 * - `tag`: comes back in it.
 * - `op` `[out, owned]`: for cancelling; may be NULL.
 * - `err` `[out, owned]`: of what cannot begin; may be NULL.
 *
 * Errors: `INVALID_ARGUMENT` and those of parsing, and `TOO_MANY_OPERATIONS`; all others come in
 * the `OP_DONE`.
 */
int32_t glueberry_node_complete_handshake_start(const glueberry_node_t *node,
                                                const glueberry_peer_id_t *peer,
                                                const char *const *streams,
                                                size_t stream_count,
                                                int64_t timeout_ms,
                                                const glueberry_events_t *events,
                                                uint64_t tag,
                                                glueberry_op_t **op,
                                                glueberry_error_t **err);

/**
 * Cancels an operation: its `OP_DONE` then has `CANCELLED`, unless it was done before. Again, it does
 * nothing. It never waits.
 *
 * - `op` `[in]`
 */
int32_t glueberry_op_cancel(const glueberry_op_t *op);

/**
 * Frees the handle. The operation goes on.
 *
 * - `op` `[in]`: NULL does nothing.
 */
void glueberry_op_free(glueberry_op_t *op);

/* ---- Queues of events ---- */

/**
 * Subscribes to events, from now on. Any number of queues may be open; each holds as many events as
 * `glueberry_config_set_event_buffer` says, then the oldest are dropped and `LAGGED` tells how many.
 * It never waits.
 *
 * - `node` `[in]`
 * - `filter` `[in]`: NULL is every event.
 * - `events` `[out, owned]`: outlives the node, and ends with it.
 * - `err` `[out, owned]`: may be NULL.
 */
int32_t glueberry_node_events(const glueberry_node_t *node,
                              const glueberry_event_filter_t *filter,
                              glueberry_events_t **events,
                              glueberry_error_t **err);

/**
 * Waits for the next event. Several threads may wait; each event goes to one of them.
 *
 * - `events` `[in]`
 * - `timeout_ms`: -1 waits until there is one, or the end; 0 does not wait.
 * - `event` `[out, owned]`: NULL unless this returns OK.
 *
 * Returns `OK`; `TIMEOUT` when none came in time; `CLOSED` at the end. Errors: `QUEUE_HAS_CALLBACK`;
 * `WOULD_DEADLOCK` inside a callback, unless `timeout_ms` is 0.
 */
int32_t glueberry_events_next(const glueberry_events_t *events,
                              int64_t timeout_ms,
                              glueberry_event_t **event);

/**
 * Takes what is there now. It never waits.
 *
 * - `events` `[in]`
 * - `max`: how many events the array has room for; at least 1.
 * - `array` `[out, owned]`: each event has to be freed.
 * - `count` `[out]`: how many events came.
 *
 * Returns `OK`; `TIMEOUT` if there was none; `CLOSED` at the end. Errors: `QUEUE_HAS_CALLBACK`.
 */
int32_t glueberry_events_drain(const glueberry_events_t *events,
                               size_t max,
                               glueberry_event_t **array,
                               size_t *count);

/**
 * A file descriptor that is readable while `glueberry_events_next` would not wait: for `poll`,
 * `epoll` and event loops. Only poll it: it must not be read, written or closed. It never waits.
 *
 * - `events` `[in]`
 * - `fd` `[out]` `[borrowed: events]`: valid until `glueberry_events_free`; -1 on failure.
 * - `err` `[out, owned]`: may be NULL.
 *
 * Errors: `QUEUE_HAS_CALLBACK`; `INTERNAL` when this process has no file descriptors left.
 */
int32_t glueberry_events_fd(const glueberry_events_t *events,
                            int32_t *fd,
                            glueberry_error_t **err);

/**
 * Lets the library call back for each event, on one thread per node (`glueberry-calls`), one call
 * at a time, with no lock held. A blocking call in there fails with `WOULD_DEADLOCK`; everything
 * that does not wait is allowed, also every `_free`, `_close` and `_start`. It never waits.
 *
 * - `events` `[in]`
 * - `callback` `[in]`: is copied. If this call fails, `user_data` stays the caller's, and `destroy`
 *   is not called.
 * - `err` `[out, owned]`: may be NULL.
 *
 * Errors: `QUEUE_HAS_CALLBACK`, also while somebody waits in `glueberry_events_next`.
 */
int32_t glueberry_events_set_callback(const glueberry_events_t *events,
                                      const glueberry_event_callback_t *callback,
                                      glueberry_error_t **err);

/**
 * Ends the calls back; from then on the queue can be pulled. Without a callback it does nothing. It
 * never waits: a call may still be under way, and `destroy` follows it.
 *
 * - `events` `[in]`
 */
int32_t glueberry_events_clear_callback(const glueberry_events_t *events);

/**
 * Closes a queue: all waiters wake, `glueberry_events_next` gives `CLOSED` at once, and completions
 * that it still gets are discarded. Again, it does nothing. It never waits.
 *
 * - `events` `[in]`
 */
int32_t glueberry_events_close(const glueberry_events_t *events);

/**
 * Closes a queue, and frees it when no other thread uses it any more. It never waits, and is
 * allowed inside a callback; its own `destroy` follows.
 *
 * - `events` `[in]`: NULL does nothing.
 */
void glueberry_events_free(glueberry_events_t *events);

/* ---- Events ---- */

/**
 * What an event says.
 *
 * - `event` `[in]`
 * - `view` `[out]`: set its `size` before.
 */
int32_t glueberry_event_read(const glueberry_event_t *event,
                             glueberry_event_view_t *view);

/**
 * What was accepted for sending on a stream and never written when a session ended. `NONE` beyond
 * `unwritten_count`.
 *
 * - `event` `[in]`
 * - `index`: from 0.
 * - `unwritten` `[out]`: set its `size` before.
 */
int32_t glueberry_event_unwritten(const glueberry_event_t *event,
                                  size_t index,
                                  glueberry_unwritten_t *unwritten);

/**
 * An address that a finished `glueberry_node_listen_start` is bound to. NULL beyond
 * `address_count`.
 *
 * - `event` `[in]`
 * - `index`: from 0.
 * - returns `[borrowed: event]`
 */
const char *glueberry_event_address(const glueberry_event_t *event, size_t index);

/**
 * A second handle of the same event, to keep what a callback was given.
 *
 * - `event` `[in]`
 * - `copy` `[out, owned]`
 */
int32_t glueberry_event_clone(const glueberry_event_t *event,
                              glueberry_event_t **copy);

/**
 * Frees an event that came from `glueberry_events_next`, `glueberry_events_drain` or
 * `glueberry_event_clone`.
 *
 * - `event` `[in]`: NULL does nothing.
 */
void glueberry_event_free(glueberry_event_t *event);

/* ---- Queues of messages ---- */

/**
 * Takes the messages of one stream, from all peers, fairly merged. While they are not read, no more
 * than the stream's receive buffer waits for each peer, and then the peer's `send` waits. It never
 * waits.
 *
 * - `node` `[in]`
 * - `stream` `[in]`: its name, of `len` bytes or `GLUEBERRY_NTS`; `handshake` with
 *   `GLUEBERRY_HANDSHAKE_APP`.
 * - `messages` `[out, owned]`: outlives the node, and ends with it when all was read.
 * - `err` `[out, owned]`: may be NULL.
 *
 * Errors: `INVALID_STREAM_NAME`; `CONSUMER_TAKEN` while another queue has the stream.
 */
int32_t glueberry_node_messages(const glueberry_node_t *node,
                                const char *stream,
                                size_t len,
                                glueberry_messages_t **messages,
                                glueberry_error_t **err);

/**
 * Takes the messages of all streams, from all peers, fairly merged. It never waits.
 *
 * - `node` `[in]`
 * - `messages` `[out, owned]`: outlives the node, and ends with it when all was read.
 * - `err` `[out, owned]`: may be NULL.
 *
 * Errors: `CONSUMER_TAKEN` while any stream has a queue.
 */
int32_t glueberry_node_all_messages(const glueberry_node_t *node,
                                    glueberry_messages_t **messages,
                                    glueberry_error_t **err);

/**
 * Waits for the next message. Several threads may wait; each message goes to one of them.
 *
 * - `messages` `[in]`
 * - `timeout_ms`: -1 waits until there is one, or the end; 0 does not wait.
 * - `message` `[out, owned]`: NULL unless this returns OK.
 *
 * Returns `OK`; `TIMEOUT` when none came in time; `CLOSED` at the end. Errors: `QUEUE_HAS_CALLBACK`;
 * `WOULD_DEADLOCK` inside a callback, unless `timeout_ms` is 0.
 */
int32_t glueberry_messages_next(const glueberry_messages_t *messages,
                                int64_t timeout_ms,
                                glueberry_message_t **message);

/**
 * Takes what is there now. It never waits.
 *
 * - `messages` `[in]`
 * - `max`: how many messages the array has room for; at least 1.
 * - `array` `[out, owned]`: each message has to be freed.
 * - `count` `[out]`: how many messages came.
 *
 * Returns `OK`; `TIMEOUT` if there was none; `CLOSED` at the end. Errors: `QUEUE_HAS_CALLBACK`.
 */
int32_t glueberry_messages_drain(const glueberry_messages_t *messages,
                                 size_t max,
                                 glueberry_message_t **array,
                                 size_t *count);

/**
 * A file descriptor that is readable while `glueberry_messages_next` would not wait: for `poll`,
 * `epoll` and event loops. Only poll it: it must not be read, written or closed. It never waits.
 *
 * - `messages` `[in]`
 * - `fd` `[out]` `[borrowed: messages]`: valid until `glueberry_messages_free`; -1 on failure.
 * - `err` `[out, owned]`: may be NULL.
 *
 * Errors: `QUEUE_HAS_CALLBACK`; `INTERNAL` when this process has no file descriptors left.
 */
int32_t glueberry_messages_fd(const glueberry_messages_t *messages,
                              int32_t *fd,
                              glueberry_error_t **err);

/**
 * Lets the library call back for each message, on one thread per node (`glueberry-calls`), one call
 * at a time, with no lock held. A blocking call in there fails with `WOULD_DEADLOCK`; everything
 * that does not wait is allowed, also every `_free`, `_close` and `_start`. It never waits.
 *
 * - `messages` `[in]`
 * - `callback` `[in]`: is copied. If this call fails, `user_data` stays the caller's, and `destroy`
 *   is not called.
 * - `err` `[out, owned]`: may be NULL.
 *
 * Errors: `QUEUE_HAS_CALLBACK`, also while somebody waits in `glueberry_messages_next`.
 */
int32_t glueberry_messages_set_callback(const glueberry_messages_t *messages,
                                        const glueberry_message_callback_t *callback,
                                        glueberry_error_t **err);

/**
 * Ends the calls back; from then on the queue can be pulled. Without a callback it does nothing. It
 * never waits: a call may still be under way, and `destroy` follows it.
 *
 * - `messages` `[in]`
 */
int32_t glueberry_messages_clear_callback(const glueberry_messages_t *messages);

/**
 * Closes a queue: all waiters wake, and `glueberry_messages_next` gives `CLOSED` at once. The stream
 * is free for another queue, which gets what was not read. Again, it does nothing. It never waits.
 *
 * - `messages` `[in]`
 */
int32_t glueberry_messages_close(const glueberry_messages_t *messages);

/**
 * Closes a queue, and frees it when no other thread uses it any more. It never waits, and is
 * allowed inside a callback; its own `destroy` follows.
 *
 * - `messages` `[in]`: NULL does nothing.
 */
void glueberry_messages_free(glueberry_messages_t *messages);

/* ---- Messages ---- */

/**
 * What a message says.
 *
 * - `message` `[in]`
 * - `data` `[out]` `[borrowed: message]`: may be anything, but for NULL, if it is empty.
 * - `len` `[out]`: bytes.
 */
int32_t glueberry_message_data(const glueberry_message_t *message,
                               const uint8_t **data,
                               size_t *len);

/**
 * Who sent a message.
 *
 * - `message` `[in]`
 * - `peer` `[out]`
 */
int32_t glueberry_message_peer(const glueberry_message_t *message,
                               glueberry_peer_id_t *peer);

/**
 * On which stream a message came: its name, which ends with NUL. NULL for NULL.
 *
 * - `message` `[in]`
 * - returns `[borrowed: message]`
 */
const char *glueberry_message_stream(const glueberry_message_t *message);

/**
 * A second handle of the same message, to keep what a callback was given. The payload is shared.
 *
 * - `message` `[in]`
 * - `copy` `[out, owned]`
 */
int32_t glueberry_message_clone(const glueberry_message_t *message,
                                glueberry_message_t **copy);

/**
 * Frees a message that came from `glueberry_messages_next`, `glueberry_messages_drain` or
 * `glueberry_message_clone`.
 *
 * - `message` `[in]`: NULL does nothing.
 */
void glueberry_message_free(glueberry_message_t *message);

/* ---- Lists of texts ---- */

/**
 * How many there are; 0 for NULL.
 *
 * - `strings` `[in]`
 */
size_t glueberry_strings_count(const glueberry_strings_t *strings);

/**
 * One of them; NULL beyond the last.
 *
 * - `strings` `[in]`
 * - `index`: from 0.
 * - returns `[borrowed: strings]`
 */
const char *glueberry_strings_get(const glueberry_strings_t *strings, size_t index);

/**
 * Frees the list and its texts.
 *
 * - `strings` `[in]`: NULL does nothing.
 */
void glueberry_strings_free(glueberry_strings_t *strings);

/* ---- Peers ---- */

/**
 * How many there are; 0 for NULL.
 *
 * - `peers` `[in]`
 */
size_t glueberry_peers_count(const glueberry_peers_t *peers);

/**
 * One of them; NULL beyond the last. Do not free it.
 *
 * - `peers` `[in]`
 * - `index`: from 0.
 * - returns `[borrowed: peers]`
 */
const glueberry_peer_info_t *glueberry_peers_get(const glueberry_peers_t *peers,
                                                        size_t index);

/**
 * Frees the list and all in it.
 *
 * - `peers` `[in]`: NULL does nothing.
 */
void glueberry_peers_free(glueberry_peers_t *peers);

/**
 * Tells what is known of a peer.
 *
 * - `info` `[in]`
 * - `view` `[out]`: set its `size` before.
 */
int32_t glueberry_peer_info_read(const glueberry_peer_info_t *info,
                                 glueberry_peer_view_t *view);

/**
 * An address at which the peer may be found, the most promising first; NULL beyond the last.
 *
 * - `info` `[in]`
 * - `index`: from 0.
 * - returns `[borrowed: info]`
 */
const char *glueberry_peer_info_address(const glueberry_peer_info_t *info, size_t index);

/**
 * A fact that is kept with the peer, in the order of the keys; `NONE` beyond the last.
 *
 * - `info` `[in]`
 * - `index`: from 0.
 * - `key`, `value` `[out]` `[borrowed: info]`: texts that end with NUL.
 * - `key_len`, `value_len` `[out]`: their bytes without it; may be NULL.
 */
int32_t glueberry_peer_info_metadata(const glueberry_peer_info_t *info,
                                     size_t index,
                                     const char **key,
                                     size_t *key_len,
                                     const char **value,
                                     size_t *value_len);

/**
 * Frees what `glueberry_node_peer` gave; never what belongs to a list.
 *
 * - `info` `[in]`: NULL does nothing.
 */
void glueberry_peer_info_free(glueberry_peer_info_t *info);

/* ---- Bans ---- */

/**
 * How many there are; 0 for NULL.
 *
 * - `bans` `[in]`
 */
size_t glueberry_bans_count(const glueberry_bans_t *bans);

/**
 * One of them; `NONE` beyond the last.
 *
 * - `bans` `[in]`
 * - `index`: from 0.
 * - `view` `[out]`: set its `size` before.
 */
int32_t glueberry_bans_get(const glueberry_bans_t *bans,
                           size_t index,
                           glueberry_ban_view_t *view);

/**
 * Frees the list.
 *
 * - `bans` `[in]`: NULL does nothing.
 */
void glueberry_bans_free(glueberry_bans_t *bans);

/* ---- Streams ---- */

/**
 * How many there are; 0 for NULL.
 *
 * - `streams` `[in]`
 */
size_t glueberry_streams_count(const glueberry_streams_t *streams);

/**
 * One of them, in the order of their names; `NONE` beyond the last.
 *
 * - `streams` `[in]`
 * - `index`: from 0.
 * - `health` `[out]`: set its `size` before.
 */
int32_t glueberry_streams_get(const glueberry_streams_t *streams,
                              size_t index,
                              glueberry_stream_health_t *health);

/**
 * Frees the list.
 *
 * - `streams` `[in]`: NULL does nothing.
 */
void glueberry_streams_free(glueberry_streams_t *streams);

#ifdef __cplusplus
}  // extern "C"
#endif  // __cplusplus

#endif  /* GLUEBERRY_H */
