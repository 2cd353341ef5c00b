/* DRAFT of include/glueberry.h: the contract. cbindgen will generate the real one from glueberry-ffi. */
#ifndef GLUEBERRY_H
#define GLUEBERRY_H
#include <stddef.h>
#include <stdint.h>
#ifdef __cplusplus
extern "C" {
#endif

#define GLUEBERRY_VERSION "0.1.0"
#define GLUEBERRY_VERSION_MAJOR 0
#define GLUEBERRY_VERSION_MINOR 1
#define GLUEBERRY_VERSION_PATCH 0
/* counts up with every incompatible change */
#define GLUEBERRY_ABI_VERSION 1

/* a length: the text ends with NUL */
#define GLUEBERRY_NTS SIZE_MAX
/* a timeout: no deadline */
#define GLUEBERRY_FOREVER -1
/* bytes of a peer id as text, with its NUL */
#define GLUEBERRY_PEER_ID_SIZE 53

/* ---- statuses: 0 done; positive: no failure, but nothing to give; negative: an error ---- */
#define GLUEBERRY_OK 0
#define GLUEBERRY_TIMEOUT 1      /* nothing came in time (next, drain of nothing) */
#define GLUEBERRY_WOULD_BLOCK 2  /* try_send: no room now */
#define GLUEBERRY_CLOSED 3       /* the queue has ended, and everything was read */
#define GLUEBERRY_NONE 4         /* there is no such thing (an error without a peer, an unknown peer) */

/* negative: minus the number of docs/errors.md; all of core's table, e.g. */
#define GLUEBERRY_E_INVALID_CONFIG -101
#define GLUEBERRY_E_INVALID_ADDRESS -102
#define GLUEBERRY_E_INVALID_PEER_ID -103
#define GLUEBERRY_E_UNSUPPORTED_PEER_ID -104
#define GLUEBERRY_E_INVALID_STREAM_NAME -105
#define GLUEBERRY_E_INVALID_KEY -106
#define GLUEBERRY_E_KEY_FILE_UNREADABLE -107
#define GLUEBERRY_E_KEY_FILE_EXPOSED -108
#define GLUEBERRY_E_KEY_FILE_EXISTS -109
#define GLUEBERRY_E_KEY_FILE_UNWRITABLE -110
#define GLUEBERRY_E_ADDRESS_BOOK_UNREADABLE -111
#define GLUEBERRY_E_ADDRESS_BOOK_CORRUPT -112
#define GLUEBERRY_E_ADDRESS_BOOK_LOCKED -113
#define GLUEBERRY_E_ADDRESS_BOOK_UNWRITABLE -114
#define GLUEBERRY_E_UNKNOWN_STREAM -201
#define GLUEBERRY_E_CONSUMER_TAKEN -202
#define GLUEBERRY_E_WRONG_STATE -203
#define GLUEBERRY_E_NODE_CLOSED -204
#define GLUEBERRY_E_DIALED_SELF -205
#define GLUEBERRY_E_UNKNOWN_PEER -206
#define GLUEBERRY_E_INVALID_ARGUMENT -207   /* new: NULL, a bad enum, bad UTF-8, a wrong size */
#define GLUEBERRY_E_WOULD_DEADLOCK -208     /* new: a blocking call inside a callback (or on a tokio worker) */
#define GLUEBERRY_E_FORKED -209             /* new: the process was forked after the library started */
#define GLUEBERRY_E_QUEUE_HAS_CALLBACK -210 /* new: a queue is pulled or called back, never both */
#define GLUEBERRY_E_NOT_CONNECTED -301
#define GLUEBERRY_E_UNREACHABLE -302
#define GLUEBERRY_E_ADDRESS_IN_USE -303
#define GLUEBERRY_E_LISTEN_FAILED -304
#define GLUEBERRY_E_CONNECTION_LOST -305
#define GLUEBERRY_E_TIMED_OUT -306
#define GLUEBERRY_E_CANCELLED -307
#define GLUEBERRY_E_WRONG_PEER -401
#define GLUEBERRY_E_HANDSHAKE_FAILED -402
#define GLUEBERRY_E_HANDSHAKE_TIMEOUT -403
#define GLUEBERRY_E_PEER_KEY_MISMATCH -404
#define GLUEBERRY_E_IDENTITY_REFUSED -405
#define GLUEBERRY_E_STREAM_REFUSED -406
#define GLUEBERRY_E_MALFORMED_FRAME -407
#define GLUEBERRY_E_DECRYPTION_FAILED -408
#define GLUEBERRY_E_UNEXPECTED_HANDSHAKE -409
#define GLUEBERRY_E_BANNED -410
#define GLUEBERRY_E_NOT_ALLOWED -411
#define GLUEBERRY_E_STREAM_FAILED -412
#define GLUEBERRY_E_MESSAGE_TOO_LARGE -501
#define GLUEBERRY_E_WOULD_BLOCK -502        /* in OP_DONE only; try_send returns GLUEBERRY_WOULD_BLOCK */
#define GLUEBERRY_E_OVERSIZE_SKIPPED -503
#define GLUEBERRY_E_TOO_MANY_STREAMS -504
#define GLUEBERRY_E_UNREAD_DROPPED -505
#define GLUEBERRY_E_TOO_MANY_CONNECTIONS -506
#define GLUEBERRY_E_TOO_MANY_PEERS -507
#define GLUEBERRY_E_METADATA_TOO_LARGE -508
#define GLUEBERRY_E_TOO_MANY_OPERATIONS -509 /* new: 4,096 operations, or 64 MiB of messages in them, wait at one node */
#define GLUEBERRY_E_INTERNAL -901
#define GLUEBERRY_E_PANIC -902               /* new (core: Panicked): a fault; the node is marked failed */

/* ---- vocabularies (from core; numbers never reused; 0 = none where not listed) ---- */
#define GLUEBERRY_CLASS_CONFIGURATION 1
#define GLUEBERRY_CLASS_USAGE 2
#define GLUEBERRY_CLASS_NETWORK 3
#define GLUEBERRY_CLASS_PEER 4
#define GLUEBERRY_CLASS_LIMIT 5
#define GLUEBERRY_CLASS_INTERNAL 9

#define GLUEBERRY_STATE_DISCONNECTED 0
#define GLUEBERRY_STATE_CONNECTING 1
#define GLUEBERRY_STATE_CONNECTED 2
#define GLUEBERRY_STATE_ESTABLISHED 3
#define GLUEBERRY_STATE_RECONNECTING 4
#define GLUEBERRY_STATE_COOLDOWN 5

#define GLUEBERRY_EVENT_LISTEN_ADDRESS 1
#define GLUEBERRY_EVENT_PEER_CONNECTING 2
#define GLUEBERRY_EVENT_PEER_CONNECTED 3
#define GLUEBERRY_EVENT_PEER_ESTABLISHED 4
#define GLUEBERRY_EVENT_PEER_DISCONNECTED 5
#define GLUEBERRY_EVENT_PEER_RECONNECTING 6
#define GLUEBERRY_EVENT_PEER_COOLDOWN 7
#define GLUEBERRY_EVENT_CONNECTION_DENIED 8
#define GLUEBERRY_EVENT_STREAM_OPENED 9
#define GLUEBERRY_EVENT_STREAM_DEGRADED 10
#define GLUEBERRY_EVENT_STREAM_RECOVERED 11
#define GLUEBERRY_EVENT_STREAM_CLOSED 12
#define GLUEBERRY_EVENT_STREAM_PRESSURE 13
#define GLUEBERRY_EVENT_DECRYPTION_FAILED 14
#define GLUEBERRY_EVENT_WARNING 15
#define GLUEBERRY_EVENT_LAGGED 16
#define GLUEBERRY_EVENT_OP_DONE 1000

#define GLUEBERRY_REASON_REQUESTED 1
#define GLUEBERRY_REASON_SHUTDOWN 2
#define GLUEBERRY_REASON_CONNECTION_LOST 3
#define GLUEBERRY_REASON_SUPERSEDED 4
#define GLUEBERRY_REASON_HANDSHAKE_TIMEOUT 5
#define GLUEBERRY_REASON_HANDSHAKE_FAILED 6
#define GLUEBERRY_REASON_PEER_KEY_MISMATCH 7
#define GLUEBERRY_REASON_DIAL_FAILED 8
#define GLUEBERRY_REASON_KEEP_ALIVE_TIMEOUT 9
#define GLUEBERRY_REASON_BANNED 10

#define GLUEBERRY_STREAM_CLOSE_SESSION_ENDED 1
#define GLUEBERRY_STREAM_CLOSE_FAILED 2

#define GLUEBERRY_DENIAL_IDENTITY_REFUSED 1
#define GLUEBERRY_DENIAL_OWN_IDENTITY 2
#define GLUEBERRY_DENIAL_PEER_BANNED 3
#define GLUEBERRY_DENIAL_ADDRESS_BANNED 4
#define GLUEBERRY_DENIAL_PEER_NOT_ALLOWED 5
#define GLUEBERRY_DENIAL_ADDRESS_NOT_ALLOWED 6
#define GLUEBERRY_DENIAL_PENDING_LIMIT 7
#define GLUEBERRY_DENIAL_TOTAL_LIMIT 8
#define GLUEBERRY_DENIAL_PEER_LIMIT 9
#define GLUEBERRY_DENIAL_ADDRESS_LIMIT 10
#define GLUEBERRY_DENIAL_TOO_MUCH_BEFORE_IDENTITY 11
#define GLUEBERRY_DENIAL_TOO_SLOW_TO_IDENTIFY 12
#define GLUEBERRY_DENIAL_TOO_MANY_STREAMS 13

#define GLUEBERRY_DIRECTION_OUTBOUND 1
#define GLUEBERRY_DIRECTION_INBOUND 2

#define GLUEBERRY_PRESSURE_HIGH 1
#define GLUEBERRY_PRESSURE_LOW 2

#define GLUEBERRY_STREAM_IDLE 1
#define GLUEBERRY_STREAM_OPEN 2
#define GLUEBERRY_STREAM_DEGRADED 3
#define GLUEBERRY_STREAM_REFUSED 4
#define GLUEBERRY_STREAM_FAILED 5

#define GLUEBERRY_HANDSHAKE_AUTOMATIC 0
#define GLUEBERRY_HANDSHAKE_APP 1

#define GLUEBERRY_SECURITY_BOTH 0
#define GLUEBERRY_SECURITY_TLS 1
#define GLUEBERRY_SECURITY_NOISE 2

#define GLUEBERRY_LOG_OFF 0
#define GLUEBERRY_LOG_ERROR 1
#define GLUEBERRY_LOG_WARN 2
#define GLUEBERRY_LOG_INFO 3
#define GLUEBERRY_LOG_DEBUG 4
#define GLUEBERRY_LOG_TRACE 5

/* ---- handles (opaque) ---- */
typedef struct glueberry_error_t glueberry_error_t;
typedef struct glueberry_identity_t glueberry_identity_t;
typedef struct glueberry_config_t glueberry_config_t;
typedef struct glueberry_node_t glueberry_node_t;
typedef struct glueberry_events_t glueberry_events_t;
typedef struct glueberry_event_t glueberry_event_t;
typedef struct glueberry_messages_t glueberry_messages_t;
typedef struct glueberry_message_t glueberry_message_t;
typedef struct glueberry_op_t glueberry_op_t;
typedef struct glueberry_strings_t glueberry_strings_t;
typedef struct glueberry_peers_t glueberry_peers_t;
typedef struct glueberry_peer_info_t glueberry_peer_info_t;
typedef struct glueberry_bans_t glueberry_bans_t;
typedef struct glueberry_streams_t glueberry_streams_t;

/* a peer: its Ed25519 public key. Compare with memcmp. */
typedef struct glueberry_peer_id_t { uint8_t key[32]; } glueberry_peer_id_t;

/* ---- structs that the caller allocates: zero them, set size = sizeof(...); 0 = the default ---- */
typedef struct glueberry_stream_config_t {
  uint32_t size;
  uint32_t high_watermark;   /* per cent */
  uint32_t low_watermark;    /* per cent */
  uint32_t reserved;
  uint64_t max_message_size; /* bytes */
  uint64_t send_buffer;      /* bytes */
  uint64_t receive_buffer;   /* bytes */
} glueberry_stream_config_t;

typedef struct glueberry_reconnect_policy_t {
  uint32_t size;
  uint32_t max_attempts;     /* 0: without a limit */
  int64_t first_delay_ms;
  int64_t longest_delay_ms;
  int64_t cooldown_ms;
} glueberry_reconnect_policy_t;

typedef struct glueberry_connection_limits_t {
  uint32_t size;
  uint32_t pending;
  uint32_t total;
  uint32_t per_peer;
  uint32_t per_address;
} glueberry_connection_limits_t;

typedef struct glueberry_new_peer_t {
  uint32_t size;
  int32_t persistent;
  const char *const *addresses;       /* NUL-terminated; the first ends in /p2p/ID */
  size_t address_count;
  const char *const *metadata_keys;   /* NUL-terminated */
  const char *const *metadata_values;
  size_t metadata_count;
} glueberry_new_peer_t;

typedef struct glueberry_event_filter_t {
  uint32_t size;
  uint32_t reserved;
  const glueberry_peer_id_t *peers;   /* NULL: of all peers */
  size_t peer_count;
  const int32_t *kinds;               /* NULL: of all kinds. LAGGED and OP_DONE always come */
  size_t kind_count;
} glueberry_event_filter_t;

/* out: set size before the call; what points into the event is [borrowed: event] */
typedef struct glueberry_event_view_t {
  uint32_t size;
  int32_t kind;
  int64_t time_ms;            /* Unix time */
  glueberry_peer_id_t peer;   /* zero without has_peer */
  int32_t has_peer;
  int32_t is_inbound;         /* PeerConnected, ConnectionDenied */
  uint64_t session;           /* 0: none */
  const char *stream;         /* NULL: none */
  const char *address;        /* ListenAddress, PeerConnected, ConnectionDenied */
  const char *detail;         /* Warning */
  int32_t reason;             /* PeerDisconnected: GLUEBERRY_REASON_* */
  int32_t close_reason;       /* StreamClosed: GLUEBERRY_STREAM_CLOSE_* */
  int32_t denial;             /* ConnectionDenied: GLUEBERRY_DENIAL_* */
  int32_t code;               /* Warning: the status of the fault (negative) */
  int32_t direction;          /* StreamPressure */
  int32_t level;              /* StreamPressure */
  uint32_t attempt;           /* PeerReconnecting, StreamDegraded */
  int32_t status;             /* OP_DONE */
  int64_t delay_ms;           /* PeerReconnecting */
  int64_t until_ms;           /* PeerCooldown: Unix time */
  uint64_t bytes;             /* StreamPressure */
  uint64_t missed;            /* Lagged */
  uint64_t suppressed;        /* ConnectionDenied */
  uint64_t tag;               /* OP_DONE */
  const glueberry_error_t *error; /* OP_DONE: NULL if status is OK */
  int32_t flag;               /* OP_DONE of unban: whether there was a ban */
  uint32_t reserved;
  size_t unwritten_count;     /* PeerDisconnected */
  size_t address_count;       /* OP_DONE of listen */
} glueberry_event_view_t;

typedef struct glueberry_unwritten_t {
  uint32_t size;
  uint32_t reserved;
  const char *stream;         /* [borrowed: event] */
  uint64_t messages;
  uint64_t bytes;
} glueberry_unwritten_t;

typedef struct glueberry_peer_view_t {
  uint32_t size;
  int32_t state;
  glueberry_peer_id_t peer;
  int32_t direction;          /* 0: no session */
  uint32_t connections;
  int32_t is_persistent;
  int32_t is_banned;
  int64_t last_seen_ms;       /* Unix time; -1: never */
  int64_t banned_until_ms;    /* Unix time; -1: for ever */
  size_t address_count;
  size_t metadata_count;
} glueberry_peer_view_t;

typedef struct glueberry_ban_view_t {
  uint32_t size;
  uint32_t reserved;
  const char *target;         /* [borrowed: bans] */
  int64_t until_ms;           /* Unix time; -1: for ever */
} glueberry_ban_view_t;

typedef struct glueberry_stream_health_t {
  uint32_t size;
  int32_t state;              /* GLUEBERRY_STREAM_* */
  const char *stream;         /* [borrowed: streams]; NULL from node_stream_health */
  uint32_t attempt;           /* DEGRADED */
  int32_t outbound;           /* GLUEBERRY_PRESSURE_* */
  int32_t inbound;
  uint32_t reserved;
  uint64_t queued_messages;
  uint64_t queued_bytes;
  uint64_t unread_bytes;
} glueberry_stream_health_t;

typedef struct glueberry_log_record_t {
  uint32_t size;
  int32_t level;
  int64_t time_ms;
  const char *target;
  const char *message;        /* with its fields: "connected peer=12D3… session=1" */
} glueberry_log_record_t;

/* callbacks: on one thread of the library, one at a time, no lock held. destroy (may be NULL) comes exactly
   once, after the last call. What is passed in is [borrowed] for the time of the call: clone it to keep it. */
typedef struct glueberry_event_callback_t {
  uint32_t size;
  uint32_t reserved;
  void *user_data;
  void (*on_event)(void *user_data, const glueberry_event_t *event);
  void (*destroy)(void *user_data);
} glueberry_event_callback_t;

typedef struct glueberry_message_callback_t {
  uint32_t size;
  uint32_t reserved;
  void *user_data;
  void (*on_message)(void *user_data, const glueberry_message_t *message);
  void (*destroy)(void *user_data);
} glueberry_message_callback_t;

typedef struct glueberry_log_callback_t {
  uint32_t size;
  uint32_t reserved;
  void *user_data;
  void (*on_record)(void *user_data, const glueberry_log_record_t *record);
  void (*destroy)(void *user_data);
} glueberry_log_callback_t;

/* ---- library ---- */
const char *glueberry_version(void);
uint32_t glueberry_abi_version(void);
const char *glueberry_status_name(int32_t status);        /* "Ok", "Timeout", "NodeClosed"; "Unknown" */
const char *glueberry_status_hint(int32_t status);        /* what to do; "" for no error */
int32_t glueberry_status_class(int32_t status);           /* GLUEBERRY_CLASS_*; 0 for no error */
int32_t glueberry_status_is_retriable(int32_t status);    /* 0 or 1 */
const char *glueberry_event_kind_name(int32_t kind);      /* "PeerEstablished"; "Unknown" */
const char *glueberry_state_name(int32_t state);
const char *glueberry_reason_name(int32_t reason);
const char *glueberry_denial_name(int32_t denial);
const char *glueberry_stream_close_name(int32_t reason);
const char *glueberry_stream_state_name(int32_t state);
const char *glueberry_class_name(int32_t error_class);    /* "network" */

/* records of at most `level`, of the whole process; a bounded queue of 1,024 records, beyond which records are
   counted and the count told; level 0 or clear: none. */
int32_t glueberry_log_set(int32_t level, const glueberry_log_callback_t *callback, glueberry_error_t **err);
int32_t glueberry_log_clear(void);

/* ---- error: one thread at a time ---- */
int32_t glueberry_error_code(const glueberry_error_t *error);           /* negative; OK for NULL */
const char *glueberry_error_message(const glueberry_error_t *error);    /* what happened this time, with its causes [borrowed: error] */
const char *glueberry_error_hint(const glueberry_error_t *error);       /* static */
int32_t glueberry_error_class(const glueberry_error_t *error);
int32_t glueberry_error_is_retriable(const glueberry_error_t *error);
int32_t glueberry_error_peer(const glueberry_error_t *error, glueberry_peer_id_t *peer); /* OK or NONE */
const char *glueberry_error_stream(const glueberry_error_t *error);     /* NULL: none */
void glueberry_error_free(glueberry_error_t *error);

/* ---- identity ---- */
int32_t glueberry_identity_generate(glueberry_identity_t **identity, glueberry_error_t **err);
int32_t glueberry_identity_from_seed(const uint8_t *seed, size_t len, glueberry_identity_t **identity, glueberry_error_t **err);
int32_t glueberry_identity_from_pem(const char *pem, size_t len, glueberry_identity_t **identity, glueberry_error_t **err);
int32_t glueberry_identity_load(const char *path, size_t len, glueberry_identity_t **identity, glueberry_error_t **err);
int32_t glueberry_identity_save(const glueberry_identity_t *identity, const char *path, size_t len, int32_t replace, glueberry_error_t **err);
int32_t glueberry_identity_to_pem(const glueberry_identity_t *identity, char *buffer, size_t capacity, size_t *needed, glueberry_error_t **err); /* with NUL; *needed always set; too small: INVALID_ARGUMENT */
int32_t glueberry_identity_peer_id(const glueberry_identity_t *identity, glueberry_peer_id_t *peer);
void glueberry_identity_free(glueberry_identity_t *identity);

/* ---- peer ids ---- */
int32_t glueberry_peer_id_parse(const char *text, size_t len, glueberry_peer_id_t *peer, glueberry_error_t **err);
int32_t glueberry_peer_id_from_address(const char *address, size_t len, glueberry_peer_id_t *peer, glueberry_error_t **err);
int32_t glueberry_peer_id_format(const glueberry_peer_id_t *peer, char *buffer, size_t capacity); /* >= GLUEBERRY_PEER_ID_SIZE */

/* ---- config: one thread at a time; node_start copies it ---- */
int32_t glueberry_config_new(const glueberry_identity_t *identity, glueberry_config_t **config, glueberry_error_t **err);
int32_t glueberry_config_add_listen_address(glueberry_config_t *config, const char *address, size_t len, glueberry_error_t **err);
int32_t glueberry_config_add_stream(glueberry_config_t *config, const char *name, size_t len, const glueberry_stream_config_t *bounds /* NULL: defaults */, glueberry_error_t **err);
int32_t glueberry_config_set_address_book(glueberry_config_t *config, const char *path, size_t len, glueberry_error_t **err);
int32_t glueberry_config_set_auto_connect(glueberry_config_t *config, int32_t yes, glueberry_error_t **err);
int32_t glueberry_config_set_handshake(glueberry_config_t *config, int32_t mode, glueberry_error_t **err);
int32_t glueberry_config_set_security(glueberry_config_t *config, int32_t security, glueberry_error_t **err);
int32_t glueberry_config_set_reconnect(glueberry_config_t *config, const glueberry_reconnect_policy_t *policy, glueberry_error_t **err);
int32_t glueberry_config_set_handshake_timeout(glueberry_config_t *config, int64_t ms, glueberry_error_t **err);
int32_t glueberry_config_set_dial_timeout(glueberry_config_t *config, int64_t ms, glueberry_error_t **err);
int32_t glueberry_config_set_linger(glueberry_config_t *config, int64_t ms, glueberry_error_t **err);
int32_t glueberry_config_set_keep_alive(glueberry_config_t *config, int64_t interval_ms, int64_t timeout_ms, glueberry_error_t **err); /* both 0: no pings */
int32_t glueberry_config_set_event_buffer(glueberry_config_t *config, size_t events, glueberry_error_t **err);
int32_t glueberry_config_set_connection_limits(glueberry_config_t *config, const glueberry_connection_limits_t *limits, glueberry_error_t **err);
int32_t glueberry_config_set_worker_threads(glueberry_config_t *config, size_t threads, glueberry_error_t **err); /* 1..64; default: cores, at most 4 */
int32_t glueberry_config_allow(glueberry_config_t *config, const char *target, size_t len, glueberry_error_t **err);
int32_t glueberry_config_deny(glueberry_config_t *config, const char *target, size_t len, glueberry_error_t **err);
void glueberry_config_free(glueberry_config_t *config);

/* ---- node: any thread, concurrently, but _free. timeout_ms: -1 no deadline, 0 do not wait.
   A blocking call whose time is over fails with E_TIMED_OUT. ---- */
int32_t glueberry_node_start(const glueberry_config_t *config, glueberry_node_t **node, glueberry_error_t **err);
int32_t glueberry_node_shutdown(const glueberry_node_t *node, int64_t timeout_ms, glueberry_error_t **err);
void glueberry_node_free(glueberry_node_t *node); /* without a shutdown: closes at once, in the background; queues end */
int32_t glueberry_node_peer_id(const glueberry_node_t *node, glueberry_peer_id_t *peer);
int32_t glueberry_node_listen_addresses(const glueberry_node_t *node, glueberry_strings_t **addresses, glueberry_error_t **err);

int32_t glueberry_node_listen(const glueberry_node_t *node, const char *address, size_t len, int64_t timeout_ms, glueberry_strings_t **bound /* may be NULL */, glueberry_error_t **err);
int32_t glueberry_node_connect(const glueberry_node_t *node, const char *address, size_t len, int64_t timeout_ms, glueberry_peer_id_t *peer /* may be NULL */, glueberry_error_t **err);
int32_t glueberry_node_wait_established(const glueberry_node_t *node, const glueberry_peer_id_t *peer, int64_t timeout_ms, glueberry_error_t **err);
int32_t glueberry_node_disconnect(const glueberry_node_t *node, const glueberry_peer_id_t *peer, int64_t timeout_ms, glueberry_error_t **err);
int32_t glueberry_node_cancel_reconnection(const glueberry_node_t *node, const glueberry_peer_id_t *peer, int64_t timeout_ms, glueberry_error_t **err);
int32_t glueberry_node_dial_known_peers(const glueberry_node_t *node, int64_t timeout_ms, glueberry_error_t **err);
int32_t glueberry_node_add_peer(const glueberry_node_t *node, const glueberry_new_peer_t *new_peer, int64_t timeout_ms, glueberry_peer_id_t *peer /* may be NULL */, glueberry_error_t **err);
int32_t glueberry_node_remove_peer(const glueberry_node_t *node, const glueberry_peer_id_t *peer, int64_t timeout_ms, glueberry_error_t **err);
int32_t glueberry_node_ban(const glueberry_node_t *node, const char *target, size_t len, int64_t duration_ms /* -1: for ever */, int64_t timeout_ms, glueberry_error_t **err);
int32_t glueberry_node_unban(const glueberry_node_t *node, const char *target, size_t len, int64_t timeout_ms, int32_t *was_banned /* may be NULL */, glueberry_error_t **err);
int32_t glueberry_node_send(const glueberry_node_t *node, const glueberry_peer_id_t *peer, const char *stream, size_t stream_len, const uint8_t *data, size_t len, int64_t timeout_ms, glueberry_error_t **err);
int32_t glueberry_node_try_send(const glueberry_node_t *node, const glueberry_peer_id_t *peer, const char *stream, size_t stream_len, const uint8_t *data, size_t len, glueberry_error_t **err);
int32_t glueberry_node_flush(const glueberry_node_t *node, const glueberry_peer_id_t *peer, const char *stream, size_t stream_len, int64_t timeout_ms, glueberry_error_t **err);
int32_t glueberry_node_prepare_streams(const glueberry_node_t *node, const glueberry_peer_id_t *peer, const char *const *streams, size_t stream_count, int64_t timeout_ms, glueberry_error_t **err);
int32_t glueberry_node_finalize_handshake(const glueberry_node_t *node, const glueberry_peer_id_t *peer, int64_t timeout_ms, glueberry_error_t **err);
int32_t glueberry_node_complete_handshake(const glueberry_node_t *node, const glueberry_peer_id_t *peer, const char *const *streams, size_t stream_count, int64_t timeout_ms, glueberry_error_t **err);

/* what is known now: never waits */
int32_t glueberry_node_connection_state(const glueberry_node_t *node, const glueberry_peer_id_t *peer, int32_t *state);
int32_t glueberry_node_peers(const glueberry_node_t *node, glueberry_peers_t **peers, glueberry_error_t **err);
int32_t glueberry_node_peer(const glueberry_node_t *node, const glueberry_peer_id_t *peer, glueberry_peer_info_t **info, glueberry_error_t **err); /* NONE: neither known nor connected */
int32_t glueberry_node_addresses(const glueberry_node_t *node, const glueberry_peer_id_t *peer, glueberry_strings_t **addresses, glueberry_error_t **err);
int32_t glueberry_node_bans(const glueberry_node_t *node, glueberry_bans_t **bans, glueberry_error_t **err);
int32_t glueberry_node_stream_health(const glueberry_node_t *node, const glueberry_peer_id_t *peer, const char *stream, size_t stream_len, glueberry_stream_health_t *health, glueberry_error_t **err);
int32_t glueberry_node_streams(const glueberry_node_t *node, const glueberry_peer_id_t *peer, glueberry_streams_t **streams, glueberry_error_t **err);

/* operations: as the blocking calls, but they return at once; exactly one OP_DONE with this tag comes through
   `events` (never dropped), whatever happens. *op (may be NULL) is for cancelling; freeing it cancels nothing. */
int32_t glueberry_node_shutdown_start(const glueberry_node_t *node, const glueberry_events_t *events, uint64_t tag, glueberry_op_t **op, glueberry_error_t **err);
int32_t glueberry_node_listen_start(const glueberry_node_t *node, const char *address, size_t len, int64_t timeout_ms, const glueberry_events_t *events, uint64_t tag, glueberry_op_t **op, glueberry_error_t **err);
int32_t glueberry_node_connect_start(const glueberry_node_t *node, const char *address, size_t len, int64_t timeout_ms, const glueberry_events_t *events, uint64_t tag, glueberry_op_t **op, glueberry_error_t **err);
int32_t glueberry_node_wait_established_start(const glueberry_node_t *node, const glueberry_peer_id_t *peer, int64_t timeout_ms, const glueberry_events_t *events, uint64_t tag, glueberry_op_t **op, glueberry_error_t **err);
int32_t glueberry_node_disconnect_start(const glueberry_node_t *node, const glueberry_peer_id_t *peer, int64_t timeout_ms, const glueberry_events_t *events, uint64_t tag, glueberry_op_t **op, glueberry_error_t **err);
int32_t glueberry_node_cancel_reconnection_start(const glueberry_node_t *node, const glueberry_peer_id_t *peer, int64_t timeout_ms, const glueberry_events_t *events, uint64_t tag, glueberry_op_t **op, glueberry_error_t **err);
int32_t glueberry_node_dial_known_peers_start(const glueberry_node_t *node, int64_t timeout_ms, const glueberry_events_t *events, uint64_t tag, glueberry_op_t **op, glueberry_error_t **err);
int32_t glueberry_node_add_peer_start(const glueberry_node_t *node, const glueberry_new_peer_t *new_peer, int64_t timeout_ms, const glueberry_events_t *events, uint64_t tag, glueberry_op_t **op, glueberry_error_t **err);
int32_t glueberry_node_remove_peer_start(const glueberry_node_t *node, const glueberry_peer_id_t *peer, int64_t timeout_ms, const glueberry_events_t *events, uint64_t tag, glueberry_op_t **op, glueberry_error_t **err);
int32_t glueberry_node_ban_start(const glueberry_node_t *node, const char *target, size_t len, int64_t duration_ms, int64_t timeout_ms, const glueberry_events_t *events, uint64_t tag, glueberry_op_t **op, glueberry_error_t **err);
int32_t glueberry_node_unban_start(const glueberry_node_t *node, const char *target, size_t len, int64_t timeout_ms, const glueberry_events_t *events, uint64_t tag, glueberry_op_t **op, glueberry_error_t **err);
int32_t glueberry_node_send_start(const glueberry_node_t *node, const glueberry_peer_id_t *peer, const char *stream, size_t stream_len, const uint8_t *data, size_t len, int64_t timeout_ms, const glueberry_events_t *events, uint64_t tag, glueberry_op_t **op, glueberry_error_t **err); /* in the order of the calls */
int32_t glueberry_node_flush_start(const glueberry_node_t *node, const glueberry_peer_id_t *peer, const char *stream, size_t stream_len, int64_t timeout_ms, const glueberry_events_t *events, uint64_t tag, glueberry_op_t **op, glueberry_error_t **err);
int32_t glueberry_node_prepare_streams_start(const glueberry_node_t *node, const glueberry_peer_id_t *peer, const char *const *streams, size_t stream_count, int64_t timeout_ms, const glueberry_events_t *events, uint64_t tag, glueberry_op_t **op, glueberry_error_t **err);
int32_t glueberry_node_finalize_handshake_start(const glueberry_node_t *node, const glueberry_peer_id_t *peer, int64_t timeout_ms, const glueberry_events_t *events, uint64_t tag, glueberry_op_t **op, glueberry_error_t **err);
int32_t glueberry_node_complete_handshake_start(const glueberry_node_t *node, const glueberry_peer_id_t *peer, const char *const *streams, size_t stream_count, int64_t timeout_ms, const glueberry_events_t *events, uint64_t tag, glueberry_op_t **op, glueberry_error_t **err);
int32_t glueberry_op_cancel(const glueberry_op_t *op); /* idempotent, never waits; OP_DONE then has E_CANCELLED unless it was done before */
void glueberry_op_free(glueberry_op_t *op);

/* ---- events: any thread, concurrently, but _free ---- */
int32_t glueberry_node_events(const glueberry_node_t *node, const glueberry_event_filter_t *filter /* NULL: all */, glueberry_events_t **events, glueberry_error_t **err);
int32_t glueberry_events_next(const glueberry_events_t *events, int64_t timeout_ms, glueberry_event_t **event); /* OK, TIMEOUT, CLOSED */
int32_t glueberry_events_drain(const glueberry_events_t *events, size_t max, glueberry_event_t **array, size_t *count); /* never waits: OK, TIMEOUT (none), CLOSED */
int32_t glueberry_events_fd(const glueberry_events_t *events, int32_t *fd, glueberry_error_t **err); /* readable while next would not wait, or at the end; only poll it [borrowed: events] */
int32_t glueberry_events_set_callback(const glueberry_events_t *events, const glueberry_event_callback_t *callback, glueberry_error_t **err);
int32_t glueberry_events_clear_callback(const glueberry_events_t *events); /* never waits: a call may still be under way; destroy follows it */
int32_t glueberry_events_close(const glueberry_events_t *events); /* wakes all waiters; next gives CLOSED at once */
void glueberry_events_free(glueberry_events_t *events); /* closes too */

int32_t glueberry_event_read(const glueberry_event_t *event, glueberry_event_view_t *view);
int32_t glueberry_event_unwritten(const glueberry_event_t *event, size_t index, glueberry_unwritten_t *unwritten); /* OK or NONE */
const char *glueberry_event_address(const glueberry_event_t *event, size_t index); /* OP_DONE of listen; NULL beyond */
int32_t glueberry_event_clone(const glueberry_event_t *event, glueberry_event_t **copy);
void glueberry_event_free(glueberry_event_t *event);

/* ---- messages: any thread, concurrently, but _free ---- */
int32_t glueberry_node_messages(const glueberry_node_t *node, const char *stream, size_t len, glueberry_messages_t **messages, glueberry_error_t **err);
int32_t glueberry_node_all_messages(const glueberry_node_t *node, glueberry_messages_t **messages, glueberry_error_t **err);
int32_t glueberry_messages_next(const glueberry_messages_t *messages, int64_t timeout_ms, glueberry_message_t **message);
int32_t glueberry_messages_drain(const glueberry_messages_t *messages, size_t max, glueberry_message_t **array, size_t *count);
int32_t glueberry_messages_fd(const glueberry_messages_t *messages, int32_t *fd, glueberry_error_t **err);
int32_t glueberry_messages_set_callback(const glueberry_messages_t *messages, const glueberry_message_callback_t *callback, glueberry_error_t **err);
int32_t glueberry_messages_clear_callback(const glueberry_messages_t *messages);
int32_t glueberry_messages_close(const glueberry_messages_t *messages); /* frees the stream for another consumer, who gets what was not read */
void glueberry_messages_free(glueberry_messages_t *messages);

int32_t glueberry_message_data(const glueberry_message_t *message, const uint8_t **data, size_t *len); /* [borrowed: message] */
int32_t glueberry_message_peer(const glueberry_message_t *message, glueberry_peer_id_t *peer);
const char *glueberry_message_stream(const glueberry_message_t *message); /* [borrowed: message] */
int32_t glueberry_message_clone(const glueberry_message_t *message, glueberry_message_t **copy); /* shares the payload */
void glueberry_message_free(glueberry_message_t *message);

/* ---- lists: one thread at a time ---- */
size_t glueberry_strings_count(const glueberry_strings_t *strings);
const char *glueberry_strings_get(const glueberry_strings_t *strings, size_t index); /* NULL beyond [borrowed: strings] */
void glueberry_strings_free(glueberry_strings_t *strings);

size_t glueberry_peers_count(const glueberry_peers_t *peers);
const glueberry_peer_info_t *glueberry_peers_get(const glueberry_peers_t *peers, size_t index); /* NULL beyond [borrowed: peers] */
void glueberry_peers_free(glueberry_peers_t *peers);
int32_t glueberry_peer_info_read(const glueberry_peer_info_t *info, glueberry_peer_view_t *view);
const char *glueberry_peer_info_address(const glueberry_peer_info_t *info, size_t index); /* NULL beyond */
int32_t glueberry_peer_info_metadata(const glueberry_peer_info_t *info, size_t index, const char **key, size_t *key_len, const char **value, size_t *value_len); /* OK or NONE */
void glueberry_peer_info_free(glueberry_peer_info_t *info); /* only what glueberry_node_peer gave */

size_t glueberry_bans_count(const glueberry_bans_t *bans);
int32_t glueberry_bans_get(const glueberry_bans_t *bans, size_t index, glueberry_ban_view_t *view); /* OK or NONE */
void glueberry_bans_free(glueberry_bans_t *bans);

size_t glueberry_streams_count(const glueberry_streams_t *streams);
int32_t glueberry_streams_get(const glueberry_streams_t *streams, size_t index, glueberry_stream_health_t *health); /* OK or NONE */
void glueberry_streams_free(glueberry_streams_t *streams);

#ifdef __cplusplus
}
#endif
#endif
