/* What a caller can do wrong: each function answers it with a status, and never crashes. */
#include "test.h"

/* Neither UTF-8 nor anything else. */
#define NO_TEXT "\xff\xfe"
/* Whatever was there before, a failure leaves NULL. */
#define GARBAGE ((void *)(uintptr_t)1)

/* The call is refused with an error that says why, and also without a place for one. */
#define REFUSED_WITH(expected, name, ...)                                                     \
  do {                                                                                        \
    expect_refusal((expected), name(__VA_ARGS__, ERR), #name "(" #__VA_ARGS__ ")", __LINE__); \
    CHECK_STATUS((expected), name(__VA_ARGS__, NULL));                                        \
  } while (0)
#define REFUSED(name, ...) REFUSED_WITH(GLUEBERRY_E_INVALID_ARGUMENT, name, __VA_ARGS__)
/* The same of a call that gives a handle. */
#define GIVES_NULL(handle, name, ...) \
  do {                                \
    (handle) = GARBAGE;               \
    REFUSED(name, __VA_ARGS__);       \
    CHECK((handle) == NULL);          \
  } while (0)
/* The same of a call without a place for an error. */
#define PLAINLY_REFUSED(call) CHECK_STATUS(GLUEBERRY_E_INVALID_ARGUMENT, call)

static void expect_refusal(int32_t expected, int32_t status, const char *call, int line) {
  const int is_told = test_error != NULL && strlen(glueberry_error_message(test_error)) > 0 &&
                      strlen(glueberry_error_hint(test_error)) > 0;
  check_status(expected, status, call, __FILE__, line);
  check_that(is_told, call, __FILE__, line);
}

/* ---- what the calls are made on ---- */

static glueberry_identity_t *identity;
static glueberry_config_t *config;
static glueberry_node_t *node;
static glueberry_events_t *events;
static glueberry_messages_t *messages;
static glueberry_event_t *event;
static glueberry_peer_id_t peer;

static void begin(void) {
  CHECK_OK(glueberry_identity_generate(&identity, ERR));
  config = new_config(NULL);
  node = start(new_config(NULL));
  events = events_of(node);
  messages = messages_of(node, "chat");
  CHECK_OK(glueberry_node_listen(node, LOOPBACK, NTS, DEADLINE_MS, NULL, ERR));
  event = next_event(events);
  peer = stranger();
}

static void end(void) {
  glueberry_event_free(event);
  glueberry_messages_free(messages);
  glueberry_events_free(events);
  stop(node);
  glueberry_config_free(config);
  glueberry_identity_free(identity);
}

/* ---- NULL ---- */

static void what_is_freed_may_be_null(void) {
  glueberry_error_free(NULL);
  glueberry_identity_free(NULL);
  glueberry_config_free(NULL);
  glueberry_node_free(NULL);
  glueberry_op_free(NULL);
  glueberry_events_free(NULL);
  glueberry_event_free(NULL);
  glueberry_messages_free(NULL);
  glueberry_message_free(NULL);
  glueberry_strings_free(NULL);
  glueberry_peers_free(NULL);
  glueberry_peer_info_free(NULL);
  glueberry_bans_free(NULL);
  glueberry_streams_free(NULL);
}

static void calls_without_a_status_give_a_neutral_value_for_null(void) {
  CHECK_OK(glueberry_error_code(NULL));
  CHECK(glueberry_error_class(NULL) == 0 && glueberry_error_is_retriable(NULL) == 0);
  CHECK(glueberry_error_stream(NULL) == NULL);
  CHECK(glueberry_event_address(NULL, 0) == NULL);
  CHECK(glueberry_message_stream(NULL) == NULL);
  CHECK(glueberry_strings_count(NULL) == 0 && glueberry_strings_get(NULL, 0) == NULL);
  CHECK(glueberry_peers_count(NULL) == 0 && glueberry_peers_get(NULL, 0) == NULL);
  CHECK(glueberry_peer_info_address(NULL, 0) == NULL);
  CHECK(glueberry_bans_count(NULL) == 0);
  CHECK(glueberry_streams_count(NULL) == 0);
}

static void identities_refuse_null(void) {
  glueberry_identity_t *made;
  size_t needed;
  char text[8];
  REFUSED(glueberry_identity_generate, NULL);
  REFUSED(glueberry_identity_from_seed, (const uint8_t *)"", 0, NULL);
  GIVES_NULL(made, glueberry_identity_from_seed, NULL, 32, &made);
  GIVES_NULL(made, glueberry_identity_from_pem, NULL, NTS, &made);
  GIVES_NULL(made, glueberry_identity_from_pem, NULL, 3, &made);
  REFUSED(glueberry_identity_from_pem, "", NTS, NULL);
  GIVES_NULL(made, glueberry_identity_load, NULL, NTS, &made);
  REFUSED(glueberry_identity_load, "x", NTS, NULL);
  REFUSED(glueberry_identity_save, NULL, "x", NTS, 0);
  REFUSED(glueberry_identity_save, identity, NULL, NTS, 0);
  REFUSED(glueberry_identity_to_pem, NULL, text, sizeof text, &needed);
  REFUSED(glueberry_identity_to_pem, identity, NULL, 8, &needed);
  PLAINLY_REFUSED(glueberry_identity_peer_id(NULL, &peer));
  PLAINLY_REFUSED(glueberry_identity_peer_id(identity, NULL));
}

static void peer_ids_refuse_null(void) {
  char text[GLUEBERRY_PEER_ID_SIZE];
  REFUSED(glueberry_peer_id_parse, NULL, NTS, &peer);
  REFUSED(glueberry_peer_id_parse, "x", NTS, NULL);
  REFUSED(glueberry_peer_id_from_address, NULL, NTS, &peer);
  REFUSED(glueberry_peer_id_from_address, "x", NTS, NULL);
  PLAINLY_REFUSED(glueberry_peer_id_format(NULL, text, sizeof text));
  PLAINLY_REFUSED(glueberry_peer_id_format(&peer, NULL, sizeof text));
  PLAINLY_REFUSED(glueberry_peer_id_format(&peer, text, sizeof text - 1));
}

static void configurations_refuse_null(void) {
  glueberry_config_t *made;
  GIVES_NULL(made, glueberry_config_new, NULL, &made);
  REFUSED(glueberry_config_new, identity, NULL);
  REFUSED(glueberry_config_add_listen_address, NULL, LOOPBACK, NTS);
  REFUSED(glueberry_config_add_listen_address, config, NULL, NTS);
  REFUSED(glueberry_config_add_stream, NULL, "chat", NTS, NULL);
  REFUSED(glueberry_config_add_stream, config, NULL, NTS, NULL);
  REFUSED(glueberry_config_set_address_book, NULL, "x", NTS);
  REFUSED(glueberry_config_set_address_book, config, NULL, NTS);
  REFUSED(glueberry_config_set_auto_connect, NULL, 1);
  REFUSED(glueberry_config_set_handshake, NULL, GLUEBERRY_HANDSHAKE_APP);
  REFUSED(glueberry_config_set_security, NULL, GLUEBERRY_SECURITY_TLS);
  REFUSED(glueberry_config_set_reconnect, NULL, NULL);
  REFUSED(glueberry_config_set_reconnect, config, NULL);
  REFUSED(glueberry_config_set_handshake_timeout, NULL, 1000);
  REFUSED(glueberry_config_set_dial_timeout, NULL, 1000);
  REFUSED(glueberry_config_set_linger, NULL, 1000);
  REFUSED(glueberry_config_set_keep_alive, NULL, 1000, 1000);
  REFUSED(glueberry_config_set_event_buffer, NULL, 1);
  REFUSED(glueberry_config_set_connection_limits, NULL, NULL);
  REFUSED(glueberry_config_set_connection_limits, config, NULL);
  REFUSED(glueberry_config_set_worker_threads, NULL, 1);
  REFUSED(glueberry_config_allow, NULL, "192.0.2.1", NTS);
  REFUSED(glueberry_config_allow, config, NULL, NTS);
  REFUSED(glueberry_config_deny, NULL, "192.0.2.1", NTS);
  REFUSED(glueberry_config_deny, config, NULL, NTS);
}

static void nodes_refuse_null(void) {
  static const char *const chat[] = {"chat"}, *const hole[] = {NULL};
  const glueberry_new_peer_t empty = {.size = sizeof empty};
  glueberry_node_t *made;
  glueberry_strings_t *bound;
  GIVES_NULL(made, glueberry_node_start, NULL, &made);
  REFUSED(glueberry_node_start, config, NULL);
  REFUSED(glueberry_node_shutdown, NULL, 0);
  PLAINLY_REFUSED(glueberry_node_peer_id(NULL, &peer));
  PLAINLY_REFUSED(glueberry_node_peer_id(node, NULL));
  GIVES_NULL(bound, glueberry_node_listen, NULL, LOOPBACK, NTS, 0, &bound);
  GIVES_NULL(bound, glueberry_node_listen, node, NULL, NTS, 0, &bound);
  REFUSED(glueberry_node_connect, NULL, LOOPBACK, NTS, 0, NULL);
  REFUSED(glueberry_node_connect, node, NULL, NTS, 0, NULL);
  REFUSED(glueberry_node_wait_established, NULL, &peer, 0);
  REFUSED(glueberry_node_wait_established, node, NULL, 0);
  REFUSED(glueberry_node_disconnect, NULL, &peer, 0);
  REFUSED(glueberry_node_disconnect, node, NULL, 0);
  REFUSED(glueberry_node_cancel_reconnection, NULL, &peer, 0);
  REFUSED(glueberry_node_cancel_reconnection, node, NULL, 0);
  REFUSED(glueberry_node_dial_known_peers, NULL, 0);
  REFUSED(glueberry_node_add_peer, NULL, &empty, 0, NULL);
  REFUSED(glueberry_node_add_peer, node, NULL, 0, NULL);
  REFUSED(glueberry_node_remove_peer, NULL, &peer, 0);
  REFUSED(glueberry_node_remove_peer, node, NULL, 0);
  REFUSED(glueberry_node_ban, NULL, "192.0.2.1", NTS, 1000, 0);
  REFUSED(glueberry_node_ban, node, NULL, NTS, 1000, 0);
  REFUSED(glueberry_node_unban, NULL, "192.0.2.1", NTS, 0, NULL);
  REFUSED(glueberry_node_unban, node, NULL, NTS, 0, NULL);
  REFUSED(glueberry_node_send, NULL, &peer, "chat", NTS, NULL, 0, 0);
  REFUSED(glueberry_node_send, node, NULL, "chat", NTS, NULL, 0, 0);
  REFUSED(glueberry_node_send, node, &peer, NULL, NTS, NULL, 0, 0);
  REFUSED(glueberry_node_send, node, &peer, "chat", NTS, NULL, 1, 0);
  REFUSED(glueberry_node_try_send, NULL, &peer, "chat", NTS, NULL, 0);
  REFUSED(glueberry_node_try_send, node, NULL, "chat", NTS, NULL, 0);
  REFUSED(glueberry_node_try_send, node, &peer, NULL, NTS, NULL, 0);
  REFUSED(glueberry_node_try_send, node, &peer, "chat", NTS, NULL, 1);
  REFUSED(glueberry_node_flush, NULL, &peer, "chat", NTS, 0);
  REFUSED(glueberry_node_flush, node, NULL, "chat", NTS, 0);
  REFUSED(glueberry_node_flush, node, &peer, NULL, NTS, 0);
  REFUSED(glueberry_node_prepare_streams, NULL, &peer, chat, 1, 0);
  REFUSED(glueberry_node_prepare_streams, node, NULL, chat, 1, 0);
  REFUSED(glueberry_node_prepare_streams, node, &peer, NULL, 1, 0);
  REFUSED(glueberry_node_prepare_streams, node, &peer, hole, 1, 0);
  REFUSED(glueberry_node_finalize_handshake, NULL, &peer, 0);
  REFUSED(glueberry_node_finalize_handshake, node, NULL, 0);
  REFUSED(glueberry_node_complete_handshake, NULL, &peer, chat, 1, 0);
  REFUSED(glueberry_node_complete_handshake, node, NULL, chat, 1, 0);
  REFUSED(glueberry_node_complete_handshake, node, &peer, NULL, 1, 0);
}

static void what_is_known_is_not_told_to_null(void) {
  glueberry_strings_t *strings;
  glueberry_peers_t *peers;
  glueberry_peer_info_t *info;
  glueberry_bans_t *bans;
  glueberry_streams_t *streams;
  glueberry_stream_health_t health = {.size = sizeof health};
  int32_t state;
  GIVES_NULL(strings, glueberry_node_listen_addresses, NULL, &strings);
  REFUSED(glueberry_node_listen_addresses, node, NULL);
  PLAINLY_REFUSED(glueberry_node_connection_state(NULL, &peer, &state));
  PLAINLY_REFUSED(glueberry_node_connection_state(node, NULL, &state));
  PLAINLY_REFUSED(glueberry_node_connection_state(node, &peer, NULL));
  GIVES_NULL(peers, glueberry_node_peers, NULL, &peers);
  REFUSED(glueberry_node_peers, node, NULL);
  GIVES_NULL(info, glueberry_node_peer, NULL, &peer, &info);
  GIVES_NULL(info, glueberry_node_peer, node, NULL, &info);
  REFUSED(glueberry_node_peer, node, &peer, NULL);
  GIVES_NULL(strings, glueberry_node_addresses, NULL, &peer, &strings);
  GIVES_NULL(strings, glueberry_node_addresses, node, NULL, &strings);
  REFUSED(glueberry_node_addresses, node, &peer, NULL);
  GIVES_NULL(bans, glueberry_node_bans, NULL, &bans);
  REFUSED(glueberry_node_bans, node, NULL);
  REFUSED(glueberry_node_stream_health, NULL, &peer, "chat", NTS, &health);
  REFUSED(glueberry_node_stream_health, node, NULL, "chat", NTS, &health);
  REFUSED(glueberry_node_stream_health, node, &peer, NULL, NTS, &health);
  REFUSED(glueberry_node_stream_health, node, &peer, "chat", NTS, NULL);
  GIVES_NULL(streams, glueberry_node_streams, NULL, &peer, &streams);
  GIVES_NULL(streams, glueberry_node_streams, node, NULL, &streams);
  REFUSED(glueberry_node_streams, node, &peer, NULL);
}

/* Each with no node, with no events, and with what it is about left out. */
static void operations_refuse_null(void) {
  static const char *const chat[] = {"chat"};
  const char *const text = "192.0.2.1";
  const glueberry_new_peer_t empty = {.size = sizeof empty};
  glueberry_op_t *op;
#define OP(on) (on), 7, &op
#define BOTH(name, ...)                                \
  GIVES_NULL(op, name, NULL, __VA_ARGS__, OP(events)); \
  GIVES_NULL(op, name, node, __VA_ARGS__, OP(NULL))
  GIVES_NULL(op, glueberry_node_shutdown_start, NULL, OP(events));
  GIVES_NULL(op, glueberry_node_shutdown_start, node, OP(NULL));
  BOTH(glueberry_node_listen_start, LOOPBACK, NTS, 0);
  GIVES_NULL(op, glueberry_node_listen_start, node, NULL, NTS, 0, OP(events));
  BOTH(glueberry_node_connect_start, LOOPBACK, NTS, 0);
  GIVES_NULL(op, glueberry_node_connect_start, node, NULL, NTS, 0, OP(events));
  BOTH(glueberry_node_wait_established_start, &peer, 0);
  GIVES_NULL(op, glueberry_node_wait_established_start, node, NULL, 0, OP(events));
  BOTH(glueberry_node_disconnect_start, &peer, 0);
  GIVES_NULL(op, glueberry_node_disconnect_start, node, NULL, 0, OP(events));
  BOTH(glueberry_node_cancel_reconnection_start, &peer, 0);
  GIVES_NULL(op, glueberry_node_cancel_reconnection_start, node, NULL, 0, OP(events));
  BOTH(glueberry_node_dial_known_peers_start, 0);
  BOTH(glueberry_node_add_peer_start, &empty, 0);
  GIVES_NULL(op, glueberry_node_add_peer_start, node, NULL, 0, OP(events));
  BOTH(glueberry_node_remove_peer_start, &peer, 0);
  GIVES_NULL(op, glueberry_node_remove_peer_start, node, NULL, 0, OP(events));
  BOTH(glueberry_node_ban_start, text, NTS, 1000, 0);
  GIVES_NULL(op, glueberry_node_ban_start, node, NULL, NTS, 1000, 0, OP(events));
  BOTH(glueberry_node_unban_start, text, NTS, 0);
  GIVES_NULL(op, glueberry_node_unban_start, node, NULL, NTS, 0, OP(events));
  BOTH(glueberry_node_send_start, &peer, "chat", NTS, NULL, 0, 0);
  GIVES_NULL(op, glueberry_node_send_start, node, NULL, "chat", NTS, NULL, 0, 0, OP(events));
  GIVES_NULL(op, glueberry_node_send_start, node, &peer, NULL, NTS, NULL, 0, 0, OP(events));
  GIVES_NULL(op, glueberry_node_send_start, node, &peer, "chat", NTS, NULL, 1, 0, OP(events));
  BOTH(glueberry_node_flush_start, &peer, "chat", NTS, 0);
  GIVES_NULL(op, glueberry_node_flush_start, node, NULL, "chat", NTS, 0, OP(events));
  GIVES_NULL(op, glueberry_node_flush_start, node, &peer, NULL, NTS, 0, OP(events));
  BOTH(glueberry_node_prepare_streams_start, &peer, chat, 1, 0);
  GIVES_NULL(op, glueberry_node_prepare_streams_start, node, NULL, chat, 1, 0, OP(events));
  GIVES_NULL(op, glueberry_node_prepare_streams_start, node, &peer, NULL, 1, 0, OP(events));
  BOTH(glueberry_node_finalize_handshake_start, &peer, 0);
  GIVES_NULL(op, glueberry_node_finalize_handshake_start, node, NULL, 0, OP(events));
  BOTH(glueberry_node_complete_handshake_start, &peer, chat, 1, 0);
  GIVES_NULL(op, glueberry_node_complete_handshake_start, node, NULL, chat, 1, 0, OP(events));
  GIVES_NULL(op, glueberry_node_complete_handshake_start, node, &peer, NULL, 1, 0, OP(events));
#undef BOTH
#undef OP
  PLAINLY_REFUSED(glueberry_op_cancel(NULL));
}

static void queues_of_events_refuse_null(void) {
  glueberry_events_t *made;
  glueberry_event_t *got = GARBAGE;
  glueberry_unwritten_t unwritten = {.size = sizeof unwritten};
  size_t count = 1;
  int32_t fd;
  GIVES_NULL(made, glueberry_node_events, NULL, NULL, &made);
  REFUSED(glueberry_node_events, node, NULL, NULL);
  PLAINLY_REFUSED(glueberry_events_next(NULL, 0, &got));
  CHECK(got == NULL);
  PLAINLY_REFUSED(glueberry_events_next(events, 0, NULL));
  PLAINLY_REFUSED(glueberry_events_drain(NULL, 1, &got, &count));
  PLAINLY_REFUSED(glueberry_events_drain(events, 1, NULL, &count));
  PLAINLY_REFUSED(glueberry_events_drain(events, 1, &got, NULL));
  REFUSED(glueberry_events_fd, NULL, &fd);
  REFUSED(glueberry_events_fd, events, NULL);
  REFUSED(glueberry_events_set_callback, NULL, NULL);
  REFUSED(glueberry_events_set_callback, events, NULL);
  PLAINLY_REFUSED(glueberry_events_clear_callback(NULL));
  PLAINLY_REFUSED(glueberry_events_close(NULL));
  glueberry_event_view_t view = {.size = sizeof view};
  PLAINLY_REFUSED(glueberry_event_read(NULL, &view));
  PLAINLY_REFUSED(glueberry_event_read(event, NULL));
  PLAINLY_REFUSED(glueberry_event_unwritten(NULL, 0, &unwritten));
  PLAINLY_REFUSED(glueberry_event_unwritten(event, 0, NULL));
  got = GARBAGE;
  PLAINLY_REFUSED(glueberry_event_clone(NULL, &got));
  CHECK(got == NULL);
  PLAINLY_REFUSED(glueberry_event_clone(event, NULL));
}

static void queues_of_messages_refuse_null(void) {
  glueberry_messages_t *made;
  glueberry_message_t *got = GARBAGE;
  const uint8_t *data;
  size_t count = 1;
  int32_t fd;
  GIVES_NULL(made, glueberry_node_messages, NULL, "notes", NTS, &made);
  GIVES_NULL(made, glueberry_node_messages, node, NULL, NTS, &made);
  REFUSED(glueberry_node_messages, node, "notes", NTS, NULL);
  GIVES_NULL(made, glueberry_node_all_messages, NULL, &made);
  REFUSED(glueberry_node_all_messages, node, NULL);
  PLAINLY_REFUSED(glueberry_messages_next(NULL, 0, &got));
  CHECK(got == NULL);
  PLAINLY_REFUSED(glueberry_messages_next(messages, 0, NULL));
  PLAINLY_REFUSED(glueberry_messages_drain(NULL, 1, &got, &count));
  PLAINLY_REFUSED(glueberry_messages_drain(messages, 1, NULL, &count));
  PLAINLY_REFUSED(glueberry_messages_drain(messages, 1, &got, NULL));
  REFUSED(glueberry_messages_fd, NULL, &fd);
  REFUSED(glueberry_messages_fd, messages, NULL);
  REFUSED(glueberry_messages_set_callback, NULL, NULL);
  REFUSED(glueberry_messages_set_callback, messages, NULL);
  PLAINLY_REFUSED(glueberry_messages_clear_callback(NULL));
  PLAINLY_REFUSED(glueberry_messages_close(NULL));
  PLAINLY_REFUSED(glueberry_message_data(NULL, &data, &count));
  PLAINLY_REFUSED(glueberry_message_peer(NULL, &peer));
  PLAINLY_REFUSED(glueberry_message_clone(NULL, &got));
}

static void lists_and_errors_refuse_null(void) {
  glueberry_peer_view_t view = {.size = sizeof view};
  glueberry_ban_view_t ban = {.size = sizeof ban};
  glueberry_stream_health_t health = {.size = sizeof health};
  const char *key, *value;
  size_t key_len, value_len;
  PLAINLY_REFUSED(glueberry_peer_info_read(NULL, &view));
  PLAINLY_REFUSED(glueberry_peer_info_metadata(NULL, 0, &key, &key_len, &value, &value_len));
  PLAINLY_REFUSED(glueberry_bans_get(NULL, 0, &ban));
  PLAINLY_REFUSED(glueberry_streams_get(NULL, 0, &health));
  PLAINLY_REFUSED(glueberry_error_peer(NULL, &peer));
}

/* ---- texts, numbers and sizes ---- */

static void text_has_to_be_utf8(void) {
  static const char *const no_texts[] = {NO_TEXT};
  const glueberry_new_peer_t no_peer = {
      .size = sizeof no_peer, .addresses = no_texts, .address_count = 1};
  glueberry_identity_t *made;
  glueberry_messages_t *queue;
  glueberry_op_t *op;
  glueberry_stream_health_t health = {.size = sizeof health};
  GIVES_NULL(made, glueberry_identity_from_pem, NO_TEXT, 2, &made);
  GIVES_NULL(made, glueberry_identity_load, NO_TEXT, NTS, &made);
  REFUSED(glueberry_identity_save, identity, NO_TEXT, NTS, 0);
  REFUSED(glueberry_peer_id_parse, NO_TEXT, NTS, &peer);
  REFUSED(glueberry_peer_id_from_address, NO_TEXT, NTS, &peer);
  REFUSED(glueberry_config_add_listen_address, config, NO_TEXT, NTS);
  REFUSED(glueberry_config_add_stream, config, NO_TEXT, NTS, NULL);
  REFUSED(glueberry_config_set_address_book, config, NO_TEXT, NTS);
  REFUSED(glueberry_config_allow, config, NO_TEXT, NTS);
  REFUSED(glueberry_config_deny, config, NO_TEXT, NTS);
  REFUSED(glueberry_node_listen, node, NO_TEXT, NTS, 0, NULL);
  REFUSED(glueberry_node_connect, node, NO_TEXT, NTS, 0, NULL);
  REFUSED(glueberry_node_add_peer, node, &no_peer, 0, NULL);
  REFUSED(glueberry_node_ban, node, NO_TEXT, NTS, 1000, 0);
  REFUSED(glueberry_node_unban, node, NO_TEXT, NTS, 0, NULL);
  REFUSED(glueberry_node_send, node, &peer, NO_TEXT, NTS, NULL, 0, 0);
  REFUSED(glueberry_node_try_send, node, &peer, NO_TEXT, NTS, NULL, 0);
  REFUSED(glueberry_node_flush, node, &peer, NO_TEXT, NTS, 0);
  REFUSED(glueberry_node_prepare_streams, node, &peer, no_texts, 1, 0);
  REFUSED(glueberry_node_complete_handshake, node, &peer, no_texts, 1, 0);
  REFUSED(glueberry_node_stream_health, node, &peer, NO_TEXT, NTS, &health);
  GIVES_NULL(queue, glueberry_node_messages, node, NO_TEXT, NTS, &queue);
  GIVES_NULL(op, glueberry_node_listen_start, node, NO_TEXT, NTS, 0, events, 7, &op);
  GIVES_NULL(op, glueberry_node_connect_start, node, NO_TEXT, NTS, 0, events, 7, &op);
  GIVES_NULL(op, glueberry_node_add_peer_start, node, &no_peer, 0, events, 7, &op);
  GIVES_NULL(op, glueberry_node_ban_start, node, NO_TEXT, NTS, 1000, 0, events, 7, &op);
  GIVES_NULL(op, glueberry_node_unban_start, node, NO_TEXT, NTS, 0, events, 7, &op);
  GIVES_NULL(op, glueberry_node_send_start, node, &peer, NO_TEXT, NTS, NULL, 0, 0, events, 7, &op);
  GIVES_NULL(op, glueberry_node_flush_start, node, &peer, NO_TEXT, NTS, 0, events, 7, &op);
}

/* Text that is UTF-8 but empty is not what was asked for either: the error is a closer one. */
static void empty_text_is_no_name_and_no_address(void) {
  glueberry_messages_t *queue = NULL;
  REFUSED_WITH(GLUEBERRY_E_INVALID_ADDRESS, glueberry_config_add_listen_address, config, NULL, 0);
  REFUSED_WITH(GLUEBERRY_E_INVALID_STREAM_NAME, glueberry_config_add_stream, config, "", 0, NULL);
  REFUSED_WITH(GLUEBERRY_E_INVALID_PEER_ID, glueberry_peer_id_parse, NULL, 0, &peer);
  REFUSED_WITH(GLUEBERRY_E_INVALID_ADDRESS, glueberry_node_connect, node, "", NTS, DEADLINE_MS,
               NULL);
  CHECK(glueberry_node_messages(node, NULL, 0, &queue, NULL) < 0 && queue == NULL);
}

static void a_length_ends_a_text(void) {
  CHECK_OK(glueberry_config_add_stream(config, "newsXXXX", 4, NULL, ERR));
  CHECK_OK(glueberry_config_add_listen_address(config, LOOPBACK "!", strlen(LOOPBACK), ERR));
}

static void numbers_have_to_be_known(void) {
  static const int32_t no_kinds[] = {-1};
  const glueberry_event_filter_t filter = {
      .size = sizeof filter, .kinds = no_kinds, .kind_count = 1};
  const glueberry_log_callback_t log = {.size = sizeof log};
  glueberry_events_t *queue;
  REFUSED(glueberry_config_set_handshake, config, 2);
  REFUSED(glueberry_config_set_handshake, config, -1);
  REFUSED(glueberry_config_set_security, config, 3);
  REFUSED(glueberry_config_set_security, config, -1);
  REFUSED(glueberry_log_set, 6, &log);
  REFUSED(glueberry_log_set, -1, &log);
  REFUSED(glueberry_log_set, GLUEBERRY_LOG_INFO, NULL);
  GIVES_NULL(queue, glueberry_node_events, node, &filter, &queue);
}

static void times_below_no_deadline_are_refused(void) {
  static const char *const chat[] = {"chat"};
  const glueberry_new_peer_t empty = {.size = sizeof empty};
  glueberry_op_t *op;
  REFUSED(glueberry_node_shutdown, node, -2);
  REFUSED(glueberry_node_listen, node, LOOPBACK, NTS, -2, NULL);
  REFUSED(glueberry_node_connect, node, LOOPBACK, NTS, -2, NULL);
  REFUSED(glueberry_node_wait_established, node, &peer, -2);
  REFUSED(glueberry_node_disconnect, node, &peer, INT64_MIN);
  REFUSED(glueberry_node_cancel_reconnection, node, &peer, -2);
  REFUSED(glueberry_node_dial_known_peers, node, -2);
  REFUSED(glueberry_node_add_peer, node, &empty, -2, NULL);
  REFUSED(glueberry_node_remove_peer, node, &peer, -2);
  REFUSED(glueberry_node_ban, node, "192.0.2.1", NTS, 1000, -2);
  REFUSED(glueberry_node_ban, node, "192.0.2.1", NTS, -2, DEADLINE_MS);
  REFUSED(glueberry_node_unban, node, "192.0.2.1", NTS, -2, NULL);
  REFUSED(glueberry_node_send, node, &peer, "chat", NTS, NULL, 0, -2);
  REFUSED(glueberry_node_flush, node, &peer, "chat", NTS, -2);
  REFUSED(glueberry_node_prepare_streams, node, &peer, chat, 1, -2);
  REFUSED(glueberry_node_finalize_handshake, node, &peer, -2);
  REFUSED(glueberry_node_complete_handshake, node, &peer, chat, 1, -2);
  GIVES_NULL(op, glueberry_node_listen_start, node, LOOPBACK, NTS, -2, events, 7, &op);
  GIVES_NULL(op, glueberry_node_flush_start, node, &peer, "chat", NTS, -2, events, 7, &op);
}

static void settings_out_of_bounds_are_refused(void) {
  CHECK(glueberry_config_set_handshake_timeout(config, -1, NULL) < 0);
  CHECK(glueberry_config_set_dial_timeout(config, -1, NULL) < 0);
  CHECK(glueberry_config_set_linger(config, -1, NULL) < 0);
  CHECK(glueberry_config_set_keep_alive(config, -1, -1, NULL) < 0);
  glueberry_node_t *started = NULL;
  const int32_t status = glueberry_config_set_worker_threads(config, 65, NULL);
  /* It may also be the start that notices. */
  CHECK(status < 0 || glueberry_node_start(config, &started, NULL) < 0);
  CHECK(started == NULL);
}

/* A struct that says it is smaller than its first version, or absurdly large. */
static const uint32_t bad_sizes[] = {0, 3, 7, UINT32_MAX};

static void structs_that_go_in_have_to_tell_their_size(void) {
  for (size_t i = 0; i < COUNT(bad_sizes); i++) {
    const glueberry_stream_config_t stream = {.size = bad_sizes[i]};
    const glueberry_reconnect_policy_t policy = {.size = bad_sizes[i]};
    const glueberry_connection_limits_t limits = {.size = bad_sizes[i]};
    const glueberry_new_peer_t added = {.size = bad_sizes[i]};
    const glueberry_event_filter_t filter = {.size = bad_sizes[i]};
    const glueberry_event_callback_t on_event = {.size = bad_sizes[i]};
    const glueberry_message_callback_t on_message = {.size = bad_sizes[i]};
    const glueberry_log_callback_t on_record = {.size = bad_sizes[i]};
    glueberry_events_t *queue;
    REFUSED(glueberry_config_add_stream, config, "news", NTS, &stream);
    REFUSED(glueberry_config_set_reconnect, config, &policy);
    REFUSED(glueberry_config_set_connection_limits, config, &limits);
    REFUSED(glueberry_node_add_peer, node, &added, 0, NULL);
    GIVES_NULL(queue, glueberry_node_events, node, &filter, &queue);
    REFUSED(glueberry_events_set_callback, events, &on_event);
    REFUSED(glueberry_messages_set_callback, messages, &on_message);
    REFUSED(glueberry_log_set, GLUEBERRY_LOG_INFO, &on_record);
  }
}

static void structs_that_come_out_have_to_tell_their_size(void) {
  for (size_t i = 0; i < COUNT(bad_sizes); i++) {
    glueberry_event_view_t view = {.size = bad_sizes[i]};
    glueberry_stream_health_t health = {.size = bad_sizes[i]};
    PLAINLY_REFUSED(glueberry_event_read(event, &view));
    CHECK(view.kind == 0);
    CHECK(glueberry_node_stream_health(node, &peer, "chat", NTS, &health, NULL) < 0);
  }
}

static void a_struct_of_a_later_version_may_only_have_zeros_beyond(void) {
  struct {
    glueberry_stream_config_t known;
    uint64_t beyond;
  } later = {.known = {.size = sizeof later}, .beyond = 1};
  REFUSED(glueberry_config_add_stream, config, "later", NTS, &later.known);
  later.beyond = 0;
  CHECK_OK(glueberry_config_add_stream(config, "later", NTS, &later.known, ERR));
}

static void a_callback_needs_a_function(void) {
  const glueberry_event_callback_t on_event = {.size = sizeof on_event};
  const glueberry_message_callback_t on_message = {.size = sizeof on_message};
  const glueberry_log_callback_t on_record = {.size = sizeof on_record};
  REFUSED(glueberry_events_set_callback, events, &on_event);
  REFUSED(glueberry_messages_set_callback, messages, &on_message);
  REFUSED(glueberry_log_set, GLUEBERRY_LOG_INFO, &on_record);
}

/* ---- error objects ---- */

static void an_error_tells_all_it_knows(void) {
  glueberry_error_t *error = NULL;
  glueberry_peer_id_t whose;
  const int32_t status =
      glueberry_node_send(node, &peer, "chat", NTS, NULL, 0, DEADLINE_MS, &error);
  CHECK_STATUS(GLUEBERRY_E_NOT_CONNECTED, status);
  CHECK_STATUS(status, glueberry_error_code(error));
  CHECK(strlen(glueberry_error_message(error)) > 0);
  CHECK_TEXT(glueberry_status_hint(status), glueberry_error_hint(error));
  CHECK(glueberry_error_class(error) == GLUEBERRY_CLASS_NETWORK);
  CHECK(glueberry_error_is_retriable(error) == 1);
  CHECK_OK(glueberry_error_peer(error, &whose));
  CHECK(is_same(&peer, &whose));
  glueberry_error_free(error);
}

static void an_error_without_a_peer_or_a_stream_says_so(void) {
  glueberry_error_t *error = NULL;
  glueberry_peer_id_t whose;
  CHECK(glueberry_config_add_listen_address(config, "nowhere", NTS, &error) < 0);
  CHECK_STATUS(GLUEBERRY_NONE, glueberry_error_peer(error, &whose));
  CHECK(glueberry_error_stream(error) == NULL);
  CHECK_STATUS(GLUEBERRY_E_INVALID_ADDRESS, glueberry_error_code(error));
  glueberry_error_free(error);
}

static void a_success_leaves_no_error(void) {
  glueberry_error_t *error = GARBAGE;
  glueberry_peers_t *peers = NULL;
  CHECK_OK(glueberry_node_peers(node, &peers, &error));
  CHECK(error == NULL);
  glueberry_peers_free(peers);
}

/* ---- after the shutdown ---- */

#define CLOSED(call) CHECK_STATUS(GLUEBERRY_E_NODE_CLOSED, call)
#define FAILS(call) CHECK((call) < 0)

static void calls_after_a_shutdown_fail(void) {
  static const char *const chat[] = {"chat"};
  char address[ADDRESS_SIZE], text[GLUEBERRY_PEER_ID_SIZE];
  CHECK_OK(glueberry_peer_id_format(&peer, text, sizeof text));
  snprintf(address, sizeof address, "/ip4/127.0.0.1/tcp/9/p2p/%s", text);
  const char *const addresses[] = {address};
  const glueberry_new_peer_t added = {
      .size = sizeof added, .addresses = addresses, .address_count = 1};
  CHECK_OK(glueberry_node_shutdown(node, DEADLINE_MS, ERR));
  CLOSED(glueberry_node_listen(node, LOOPBACK, NTS, DEADLINE_MS, NULL, ERR));
  CLOSED(glueberry_node_connect(node, address, NTS, DEADLINE_MS, NULL, ERR));
  CLOSED(glueberry_node_wait_established(node, &peer, DEADLINE_MS, ERR));
  CLOSED(glueberry_node_disconnect(node, &peer, DEADLINE_MS, ERR));
  CLOSED(glueberry_node_cancel_reconnection(node, &peer, DEADLINE_MS, ERR));
  CLOSED(glueberry_node_dial_known_peers(node, DEADLINE_MS, ERR));
  CLOSED(glueberry_node_add_peer(node, &added, DEADLINE_MS, NULL, ERR));
  CLOSED(glueberry_node_remove_peer(node, &peer, DEADLINE_MS, ERR));
  CLOSED(glueberry_node_ban(node, text, NTS, 1000, DEADLINE_MS, ERR));
  CLOSED(glueberry_node_unban(node, text, NTS, DEADLINE_MS, NULL, ERR));
  FAILS(glueberry_node_send(node, &peer, "chat", NTS, NULL, 0, DEADLINE_MS, NULL));
  FAILS(glueberry_node_try_send(node, &peer, "chat", NTS, NULL, 0, NULL));
  FAILS(glueberry_node_flush(node, &peer, "chat", NTS, DEADLINE_MS, NULL));
  FAILS(glueberry_node_prepare_streams(node, &peer, chat, 1, DEADLINE_MS, NULL));
  FAILS(glueberry_node_finalize_handshake(node, &peer, DEADLINE_MS, NULL));
  FAILS(glueberry_node_complete_handshake(node, &peer, chat, 1, DEADLINE_MS, NULL));
}

/* An operation is refused at once, or its one completion says that the node is closed. */
static void expect_closed(int32_t status, const glueberry_events_t *queue, uint64_t tag) {
  CHECK_STATUS(GLUEBERRY_E_NODE_CLOSED, status == GLUEBERRY_OK ? await_done(queue, tag) : status);
}

static void operations_after_a_shutdown_fail(void) {
  glueberry_events_t *const queue = events_of(node);
  CHECK_OK(glueberry_node_shutdown(node, DEADLINE_MS, ERR));
  expect_closed(glueberry_node_listen_start(node, LOOPBACK, NTS, DEADLINE_MS, queue, 1, NULL, NULL),
                queue, 1);
  expect_closed(
      glueberry_node_unban_start(node, "192.0.2.1", NTS, DEADLINE_MS, queue, 2, NULL, NULL), queue,
      2);
  expect_closed(
      glueberry_node_wait_established_start(node, &peer, DEADLINE_MS, queue, 3, NULL, NULL), queue,
      3);
  glueberry_events_free(queue);
}

static void what_was_known_can_be_asked_after_a_shutdown(void) {
  glueberry_strings_t *addresses = NULL;
  glueberry_events_t *queue = NULL;
  int32_t state = -1;
  CHECK_OK(glueberry_node_shutdown(node, DEADLINE_MS, ERR));
  CHECK_OK(glueberry_node_listen_addresses(node, &addresses, ERR));
  CHECK(glueberry_strings_count(addresses) == 0);
  glueberry_strings_free(addresses);
  CHECK_OK(glueberry_node_connection_state(node, &peer, &state));
  CHECK(state == GLUEBERRY_STATE_DISCONNECTED);
  CHECK_OK(glueberry_node_events(node, NULL, &queue, ERR));
  expect_end_of_events(queue);
  glueberry_events_free(queue);
}

/* Each case gets fresh objects to be wrong about. */
#define ON_FRESH(body)             \
  static void body##_fresh(void) { \
    begin();                       \
    body();                        \
    end();                         \
  }
#define FRESH(body) \
  { #body, body##_fresh }

ON_FRESH(identities_refuse_null)
ON_FRESH(peer_ids_refuse_null)
ON_FRESH(configurations_refuse_null)
ON_FRESH(nodes_refuse_null)
ON_FRESH(what_is_known_is_not_told_to_null)
ON_FRESH(operations_refuse_null)
ON_FRESH(queues_of_events_refuse_null)
ON_FRESH(queues_of_messages_refuse_null)
ON_FRESH(lists_and_errors_refuse_null)
ON_FRESH(text_has_to_be_utf8)
ON_FRESH(empty_text_is_no_name_and_no_address)
ON_FRESH(a_length_ends_a_text)
ON_FRESH(numbers_have_to_be_known)
ON_FRESH(times_below_no_deadline_are_refused)
ON_FRESH(settings_out_of_bounds_are_refused)
ON_FRESH(structs_that_go_in_have_to_tell_their_size)
ON_FRESH(structs_that_come_out_have_to_tell_their_size)
ON_FRESH(a_struct_of_a_later_version_may_only_have_zeros_beyond)
ON_FRESH(a_callback_needs_a_function)
ON_FRESH(an_error_tells_all_it_knows)
ON_FRESH(an_error_without_a_peer_or_a_stream_says_so)
ON_FRESH(a_success_leaves_no_error)
ON_FRESH(calls_after_a_shutdown_fail)
ON_FRESH(operations_after_a_shutdown_fail)
ON_FRESH(what_was_known_can_be_asked_after_a_shutdown)

int main(void) {
  static const test_case cases[] = {
      CASE(what_is_freed_may_be_null),
      CASE(calls_without_a_status_give_a_neutral_value_for_null),
      FRESH(identities_refuse_null),
      FRESH(peer_ids_refuse_null),
      FRESH(configurations_refuse_null),
      FRESH(nodes_refuse_null),
      FRESH(what_is_known_is_not_told_to_null),
      FRESH(operations_refuse_null),
      FRESH(queues_of_events_refuse_null),
      FRESH(queues_of_messages_refuse_null),
      FRESH(lists_and_errors_refuse_null),
      FRESH(text_has_to_be_utf8),
      FRESH(empty_text_is_no_name_and_no_address),
      FRESH(a_length_ends_a_text),
      FRESH(numbers_have_to_be_known),
      FRESH(times_below_no_deadline_are_refused),
      FRESH(settings_out_of_bounds_are_refused),
      FRESH(structs_that_go_in_have_to_tell_their_size),
      FRESH(structs_that_come_out_have_to_tell_their_size),
      FRESH(a_struct_of_a_later_version_may_only_have_zeros_beyond),
      FRESH(a_callback_needs_a_function),
      FRESH(an_error_tells_all_it_knows),
      FRESH(an_error_without_a_peer_or_a_stream_says_so),
      FRESH(a_success_leaves_no_error),
      FRESH(calls_after_a_shutdown_fail),
      FRESH(operations_after_a_shutdown_fail),
      FRESH(what_was_known_can_be_asked_after_a_shutdown),
  };
  return RUN(cases);
}
