/* Two nodes meet, talk and part: all that a program does that has no trouble. */
#include "test.h"

#include <sys/stat.h>

/* ---- files ---- */

typedef struct folder {
  char path[64];
} folder;

static folder new_folder(void) {
  folder made = {"/tmp/glueberry-XXXXXX"};
  CHECK(mkdtemp(made.path) != NULL);
  return made;
}

static void path_in(const folder *folder, const char *name, char path[ADDRESS_SIZE]) {
  snprintf(path, ADDRESS_SIZE, "%s/%s", folder->path, name);
}

/* The address book has files beside it. */
static void remove_book(const folder *folder) {
  static const char *const names[] = {"peers.json", "peers.json.lock", "peers.json.glueberry.json",
                                      "peers.json.glueberry.json.lock"};
  char path[ADDRESS_SIZE];
  for (size_t i = 0; i < COUNT(names); i++) {
    path_in(folder, names[i], path);
    remove(path);
  }
  rmdir(folder->path);
}

/* ---- the library and its vocabularies ---- */

static void the_library_is_the_one_of_its_header(void) {
  CHECK_TEXT(GLUEBERRY_VERSION, glueberry_version());
  CHECK(glueberry_abi_version() == GLUEBERRY_ABI_VERSION);
}

static void statuses_and_kinds_have_names(void) {
  CHECK_TEXT("Ok", glueberry_status_name(GLUEBERRY_OK));
  CHECK_TEXT("Timeout", glueberry_status_name(GLUEBERRY_TIMEOUT));
  CHECK_TEXT("NodeClosed", glueberry_status_name(GLUEBERRY_E_NODE_CLOSED));
  CHECK_TEXT("Unknown", glueberry_status_name(-12345));
  CHECK_TEXT("", glueberry_status_hint(GLUEBERRY_OK));
  CHECK(strlen(glueberry_status_hint(GLUEBERRY_E_NODE_CLOSED)) > 0);
  CHECK(glueberry_status_class(GLUEBERRY_E_NOT_CONNECTED) == GLUEBERRY_CLASS_NETWORK);
  CHECK(glueberry_status_class(GLUEBERRY_OK) == 0);
  CHECK(glueberry_status_is_retriable(GLUEBERRY_E_NOT_CONNECTED) == 1);
  CHECK(glueberry_status_is_retriable(GLUEBERRY_E_NODE_CLOSED) == 0);
  CHECK_TEXT("PeerEstablished", glueberry_event_kind_name(GLUEBERRY_EVENT_PEER_ESTABLISHED));
  CHECK_TEXT("Established", glueberry_state_name(GLUEBERRY_STATE_ESTABLISHED));
  CHECK_TEXT("Requested", glueberry_reason_name(GLUEBERRY_REASON_REQUESTED));
  CHECK_TEXT("PeerBanned", glueberry_denial_name(GLUEBERRY_DENIAL_PEER_BANNED));
  CHECK_TEXT("SessionEnded", glueberry_stream_close_name(GLUEBERRY_STREAM_CLOSE_SESSION_ENDED));
  CHECK_TEXT("Open", glueberry_stream_state_name(GLUEBERRY_STREAM_OPEN));
  CHECK_TEXT("network", glueberry_class_name(GLUEBERRY_CLASS_NETWORK));
  CHECK_TEXT("Unknown", glueberry_event_kind_name(0));
  CHECK_TEXT("Unknown", glueberry_state_name(99));
}

/* ---- identities ---- */

static glueberry_identity_t *generated(void) {
  glueberry_identity_t *identity = NULL;
  CHECK_OK(glueberry_identity_generate(&identity, ERR));
  return identity;
}

static void expect_same_identity(const glueberry_identity_t *one, glueberry_identity_t *other) {
  glueberry_peer_id_t ones, others;
  CHECK_OK(glueberry_identity_peer_id(one, &ones));
  CHECK_OK(glueberry_identity_peer_id(other, &others));
  CHECK(is_same(&ones, &others));
  glueberry_identity_free(other);
}

static void an_identity_survives_its_file(void) {
  const folder keys = new_folder();
  glueberry_identity_t *const identity = generated();
  glueberry_identity_t *loaded = NULL;
  char path[ADDRESS_SIZE];
  struct stat file;
  path_in(&keys, "key.pem", path);
  CHECK_OK(glueberry_identity_save(identity, path, NTS, 0, ERR));
  CHECK(stat(path, &file) == 0 && (file.st_mode & 0777) == 0600);
  CHECK_OK(glueberry_identity_load(path, NTS, &loaded, ERR));
  expect_same_identity(identity, loaded);
  CHECK_STATUS(GLUEBERRY_E_KEY_FILE_EXISTS, glueberry_identity_save(identity, path, NTS, 0, ERR));
  CHECK_OK(glueberry_identity_save(identity, path, strlen(path), 1, ERR));
  CHECK(chmod(path, 0644) == 0);
  CHECK_STATUS(GLUEBERRY_E_KEY_FILE_EXPOSED, glueberry_identity_load(path, NTS, &loaded, ERR));
  CHECK(loaded == NULL);
  CHECK(remove(path) == 0);
  CHECK_STATUS(GLUEBERRY_E_KEY_FILE_UNREADABLE, glueberry_identity_load(path, NTS, &loaded, ERR));
  CHECK(rmdir(keys.path) == 0);
  glueberry_identity_free(identity);
}

static void an_identity_survives_its_pem(void) {
  glueberry_identity_t *const identity = generated();
  glueberry_identity_t *copy = NULL;
  char pem[512] = "";
  size_t needed = 0;
  CHECK_STATUS(GLUEBERRY_E_INVALID_ARGUMENT,
               glueberry_identity_to_pem(identity, NULL, 0, &needed, ERR));
  CHECK(needed > 1 && needed <= sizeof pem);
  CHECK_STATUS(GLUEBERRY_E_INVALID_ARGUMENT,
               glueberry_identity_to_pem(identity, pem, needed - 1, &needed, ERR));
  CHECK_OK(glueberry_identity_to_pem(identity, pem, needed, &needed, ERR));
  CHECK(strlen(pem) + 1 == needed);
  CHECK_OK(glueberry_identity_from_pem(pem, NTS, &copy, ERR));
  expect_same_identity(identity, copy);
  CHECK_STATUS(GLUEBERRY_E_INVALID_KEY, glueberry_identity_from_pem("no key", NTS, &copy, ERR));
  glueberry_identity_free(identity);
}

static void a_seed_always_gives_the_same_identity(void) {
  uint8_t seed[32];
  glueberry_identity_t *one = NULL, *other = NULL;
  memset(seed, 7, sizeof seed);
  CHECK_OK(glueberry_identity_from_seed(seed, sizeof seed, &one, ERR));
  CHECK_OK(glueberry_identity_from_seed(seed, sizeof seed, &other, ERR));
  expect_same_identity(one, other);
  glueberry_identity_free(one);
  CHECK(seed[0] == 7 && seed[31] == 7);
}

static void a_peer_id_survives_its_text(void) {
  const glueberry_peer_id_t peer = stranger();
  glueberry_peer_id_t parsed;
  char text[GLUEBERRY_PEER_ID_SIZE], address[ADDRESS_SIZE];
  CHECK_OK(glueberry_peer_id_format(&peer, text, sizeof text));
  CHECK(strlen(text) + 1 == sizeof text);
  CHECK_OK(glueberry_peer_id_parse(text, NTS, &parsed, ERR));
  CHECK(is_same(&peer, &parsed));
  snprintf(address, sizeof address, "/ip4/192.0.2.1/tcp/9000/p2p/%s", text);
  CHECK_OK(glueberry_peer_id_from_address(address, NTS, &parsed, ERR));
  CHECK(is_same(&peer, &parsed));
  CHECK_STATUS(GLUEBERRY_E_INVALID_PEER_ID, glueberry_peer_id_parse("12D3", NTS, &parsed, ERR));
}

/* ---- messages ---- */

static uint8_t *pattern(size_t size) {
  uint8_t *const bytes = malloc(size + 1);
  CHECK(bytes != NULL);
  for (size_t i = 0; i < size; i++) bytes[i] = (uint8_t)(i * 31 + size);
  return bytes;
}

static void crosses(const glueberry_node_t *from, const glueberry_peer_id_t *sender,
                    const glueberry_peer_id_t *to, const glueberry_messages_t *messages,
                    const char *stream, size_t size) {
  uint8_t *const bytes = pattern(size);
  glueberry_peer_id_t peer;
  send_bytes(from, to, stream, size == 0 ? NULL : bytes, size);
  glueberry_message_t *const message = next_message(messages);
  expect_bytes(message, bytes, size);
  CHECK_OK(glueberry_message_peer(message, &peer));
  CHECK(is_same(&peer, sender));
  CHECK_TEXT(stream, glueberry_message_stream(message));
  glueberry_message_free(message);
  free(bytes);
}

static void messages_of_all_sizes_arrive_both_ways_on_two_streams(void) {
  static const size_t sizes[] = {0, 1, 64, 65535, 65536, 65537, 1 << 20};
  static const char *const streams[] = {"chat", "notes"};
  test_pair pair = two_nodes();
  for (size_t s = 0; s < COUNT(streams); s++) {
    glueberry_messages_t *const annas = messages_of(pair.anna, streams[s]);
    glueberry_messages_t *const brunos = messages_of(pair.bruno, streams[s]);
    for (size_t i = 0; i < COUNT(sizes); i++) {
      crosses(pair.bruno, &pair.to_bruno, &pair.to_anna, annas, streams[s], sizes[i]);
      crosses(pair.anna, &pair.to_anna, &pair.to_bruno, brunos, streams[s], sizes[i]);
    }
    glueberry_messages_free(annas);
    glueberry_messages_free(brunos);
  }
  stop_both(&pair);
}

static void a_message_above_the_limit_is_refused(void) {
  test_pair pair = two_nodes();
  uint8_t *const bytes = pattern((1 << 20) + 1);
  CHECK_STATUS(GLUEBERRY_E_MESSAGE_TOO_LARGE,
               glueberry_node_send(pair.bruno, &pair.to_anna, "chat", NTS, bytes, (1 << 20) + 1,
                                   DEADLINE_MS, ERR));
  free(bytes);
  stop_both(&pair);
}

static void a_copy_of_a_message_outlives_it(void) {
  test_pair pair = two_nodes();
  glueberry_messages_t *const messages = messages_of(pair.anna, "chat");
  glueberry_message_t *copy = NULL;
  send_text(pair.bruno, &pair.to_anna, "chat", "hello");
  glueberry_message_t *const message = next_message(messages);
  CHECK_OK(glueberry_message_clone(message, &copy));
  glueberry_message_free(message);
  glueberry_messages_free(messages);
  stop_both(&pair);
  expect_bytes(copy, "hello", 5);
  glueberry_message_free(copy);
}

static void what_was_accepted_before_there_was_no_room_arrives(void) {
  test_pair pair = two_nodes();
  const size_t sent = fill(pair.bruno, &pair.to_anna);
  CHECK(sent > 0);
  CHECK_STATUS(GLUEBERRY_E_TIMED_OUT,
               glueberry_node_flush(pair.bruno, &pair.to_anna, "chat", NTS, 0, ERR));
  static const uint8_t data[16384];
  CHECK_STATUS(GLUEBERRY_E_TIMED_OUT, glueberry_node_send(pair.bruno, &pair.to_anna, "chat", NTS,
                                                          data, sizeof data, 1, ERR));
  glueberry_messages_t *const messages = messages_of(pair.anna, "chat");
  for (size_t i = 0; i < sent; i++) glueberry_message_free(next_message(messages));
  CHECK_OK(glueberry_node_flush(pair.bruno, &pair.to_anna, "chat", NTS, DEADLINE_MS, ERR));
  send_text(pair.bruno, &pair.to_anna, "chat", "last");
  expect_text(messages, "last");
  glueberry_messages_free(messages);
  stop_both(&pair);
}

/* ---- events ---- */

/* The next event is of this kind and of this peer. The caller frees it. */
static glueberry_event_view_t expect_event(const glueberry_events_t *events, int32_t kind,
                                           const glueberry_peer_id_t *peer,
                                           glueberry_event_t **event) {
  *event = await_event(events, kind, 0);
  const glueberry_event_view_t view = view_of(*event);
  CHECK(view.has_peer == (peer != NULL));
  CHECK(peer == NULL || is_same(&view.peer, peer));
  /* An hour covers a clock that is set meanwhile. */
  CHECK(llabs((long long)view.time_ms / 1000 - (long long)time(NULL)) < 3600);
  CHECK(view.error == NULL && view.status == GLUEBERRY_OK && view.address_count == 0);
  return view;
}

static void an_address_is_told(void) {
  glueberry_node_t *const node = start(new_config(NULL));
  glueberry_events_t *const events = events_of(node);
  glueberry_strings_t *bound = NULL;
  glueberry_event_t *event;
  CHECK_OK(glueberry_node_listen(node, LOOPBACK, NTS, DEADLINE_MS, &bound, ERR));
  CHECK(glueberry_strings_count(bound) == 1 && glueberry_strings_get(bound, 1) == NULL);
  const glueberry_event_view_t view =
      expect_event(events, GLUEBERRY_EVENT_LISTEN_ADDRESS, NULL, &event);
  CHECK_TEXT(glueberry_strings_get(bound, 0), view.address);
  glueberry_event_free(event);
  glueberry_strings_free(bound);
  glueberry_events_free(events);
  stop(node);
}

static void expect_session(const glueberry_events_t *events, const glueberry_peer_id_t *peer,
                           int32_t is_inbound) {
  glueberry_event_t *event;
  glueberry_event_view_t view = expect_event(events, GLUEBERRY_EVENT_PEER_CONNECTED, peer, &event);
  CHECK(view.session == 1 && view.is_inbound == is_inbound);
  CHECK(view.address != NULL && strncmp(view.address, "/ip4/127.0.0.1/tcp/", 19) == 0);
  glueberry_event_free(event);
  view = expect_event(events, GLUEBERRY_EVENT_PEER_ESTABLISHED, peer, &event);
  CHECK(view.session == 1 && view.stream == NULL && view.detail == NULL);
  glueberry_event_free(event);
}

static void expect_end_of_session(const glueberry_events_t *events,
                                  const glueberry_peer_id_t *peer) {
  glueberry_event_t *event;
  glueberry_event_view_t view = expect_event(events, GLUEBERRY_EVENT_STREAM_CLOSED, peer, &event);
  CHECK(view.stream != NULL && view.close_reason == GLUEBERRY_STREAM_CLOSE_SESSION_ENDED);
  glueberry_event_free(event);
  view = expect_event(events, GLUEBERRY_EVENT_PEER_DISCONNECTED, peer, &event);
  CHECK(view.session == 1 && view.reason == GLUEBERRY_REASON_REQUESTED);
  CHECK(view.unwritten_count == 0);
  glueberry_unwritten_t unwritten = {.size = sizeof unwritten};
  CHECK_STATUS(GLUEBERRY_NONE, glueberry_event_unwritten(event, 0, &unwritten));
  glueberry_event_free(event);
}

static void a_session_is_told_from_its_dial_to_its_end(void) {
  glueberry_node_t *const anna = start(new_config(LOOPBACK));
  glueberry_node_t *const bruno = start(new_config(NULL));
  glueberry_events_t *const annas = events_of(anna), *const brunos = events_of(bruno);
  const glueberry_peer_id_t to_anna = id_of(anna), to_bruno = id_of(bruno);
  glueberry_messages_t *const messages = messages_of(anna, "chat");
  glueberry_event_t *event;
  dial(bruno, anna);
  expect_event(brunos, GLUEBERRY_EVENT_PEER_CONNECTING, &to_anna, &event);
  glueberry_event_free(event);
  expect_session(brunos, &to_anna, 0);
  expect_session(annas, &to_bruno, 1);
  send_text(bruno, &to_anna, "chat", "hello");
  expect_text(messages, "hello");
  CHECK_TEXT("chat", expect_event(annas, GLUEBERRY_EVENT_STREAM_OPENED, &to_bruno, &event).stream);
  glueberry_event_free(event);
  CHECK_OK(glueberry_node_disconnect(bruno, &to_anna, DEADLINE_MS, ERR));
  expect_end_of_session(brunos, &to_anna);
  await_kind(annas, GLUEBERRY_EVENT_PEER_DISCONNECTED);
  glueberry_messages_free(messages);
  glueberry_events_free(annas);
  glueberry_events_free(brunos);
  stop(bruno);
  stop(anna);
}

static void pressure_is_told_with_its_bytes(void) {
  test_pair pair = two_nodes();
  glueberry_events_t *const events = events_of_kind(pair.bruno, GLUEBERRY_EVENT_STREAM_PRESSURE);
  glueberry_event_t *event;
  fill(pair.bruno, &pair.to_anna);
  const glueberry_event_view_t view =
      expect_event(events, GLUEBERRY_EVENT_STREAM_PRESSURE, &pair.to_anna, &event);
  CHECK_TEXT("chat", view.stream);
  CHECK(view.direction == GLUEBERRY_DIRECTION_OUTBOUND && view.level == GLUEBERRY_PRESSURE_HIGH);
  CHECK(view.bytes > 0);
  glueberry_event_free(event);
  glueberry_events_free(events);
  glueberry_node_free(pair.bruno);
  stop(pair.anna);
}

static void what_was_never_written_is_counted_by_stream(void) {
  glueberry_config_t *const config = new_config(NULL);
  CHECK_OK(glueberry_config_set_linger(config, 0, ERR));
  test_pair pair = two_nodes_of(new_config(LOOPBACK), config);
  glueberry_events_t *const events = events_of_kind(pair.bruno, GLUEBERRY_EVENT_PEER_DISCONNECTED);
  glueberry_unwritten_t unwritten = {.size = sizeof unwritten};
  glueberry_event_t *event;
  fill(pair.bruno, &pair.to_anna);
  CHECK_OK(glueberry_node_disconnect(pair.bruno, &pair.to_anna, DEADLINE_MS, ERR));
  const glueberry_event_view_t view =
      expect_event(events, GLUEBERRY_EVENT_PEER_DISCONNECTED, &pair.to_anna, &event);
  CHECK(view.unwritten_count == 1);
  CHECK_OK(glueberry_event_unwritten(event, 0, &unwritten));
  CHECK_TEXT("chat", unwritten.stream);
  CHECK(unwritten.messages > 0 && unwritten.bytes > 0);
  CHECK_STATUS(GLUEBERRY_NONE, glueberry_event_unwritten(event, 1, &unwritten));
  glueberry_event_free(event);
  glueberry_events_free(events);
  stop_both(&pair);
}

static void a_message_that_is_too_large_for_the_peer_is_a_warning_there(void) {
  const glueberry_stream_config_t small = {.size = sizeof small, .max_message_size = 64};
  glueberry_config_t *const config = new_config(LOOPBACK);
  CHECK_OK(glueberry_config_add_stream(config, "small", NTS, &small, ERR));
  glueberry_config_t *const brunos = new_config(NULL);
  CHECK_OK(glueberry_config_add_stream(brunos, "small", NTS, NULL, ERR));
  test_pair pair = two_nodes_of(config, brunos);
  glueberry_events_t *const events = events_of_kind(pair.anna, GLUEBERRY_EVENT_WARNING);
  uint8_t *const bytes = pattern(65);
  glueberry_event_t *event;
  send_bytes(pair.bruno, &pair.to_anna, "small", bytes, 65);
  const glueberry_event_view_t view =
      expect_event(events, GLUEBERRY_EVENT_WARNING, &pair.to_bruno, &event);
  CHECK_STATUS(GLUEBERRY_E_OVERSIZE_SKIPPED, view.code);
  CHECK_TEXT("small", view.stream);
  CHECK(view.detail != NULL && strlen(view.detail) > 0);
  glueberry_event_free(event);
  free(bytes);
  glueberry_events_free(events);
  stop_both(&pair);
}

static void a_lost_peer_is_sought_again(void) {
  test_pair pair = two_nodes();
  glueberry_events_t *const events = events_of_kind(pair.bruno, GLUEBERRY_EVENT_PEER_RECONNECTING);
  glueberry_event_t *event;
  int32_t state = -1;
  stop(pair.anna);
  const glueberry_event_view_t view =
      expect_event(events, GLUEBERRY_EVENT_PEER_RECONNECTING, &pair.to_anna, &event);
  CHECK(view.attempt == 1 && view.delay_ms >= 0);
  glueberry_event_free(event);
  CHECK_OK(glueberry_node_cancel_reconnection(pair.bruno, &pair.to_anna, DEADLINE_MS, ERR));
  CHECK_OK(glueberry_node_disconnect(pair.bruno, &pair.to_anna, DEADLINE_MS, ERR));
  CHECK_OK(glueberry_node_connection_state(pair.bruno, &pair.to_anna, &state));
  CHECK(state == GLUEBERRY_STATE_DISCONNECTED);
  glueberry_events_free(events);
  stop(pair.bruno);
}

static glueberry_config_t *config_of(const glueberry_identity_t *identity, const char *listen) {
  glueberry_config_t *config = NULL;
  CHECK_OK(glueberry_config_new(identity, &config, ERR));
  CHECK_OK(glueberry_config_add_stream(config, "chat", NTS, NULL, ERR));
  CHECK_OK(glueberry_config_add_listen_address(config, listen, NTS, ERR));
  return config;
}

static void a_peer_whose_handshake_fails_is_left_alone_for_a_while(void) {
  glueberry_identity_t *const identity = generated();
  char address[ADDRESS_SIZE];
  glueberry_event_t *event;
  test_pair pair = two_nodes_of(config_of(identity, LOOPBACK), new_config(NULL));
  glueberry_events_t *const events = events_of_kind(pair.bruno, GLUEBERRY_EVENT_PEER_COOLDOWN);
  address_of(pair.anna, address);
  *strstr(address, "/p2p/") = '\0';
  stop(pair.anna);
  /* She is there again, but nobody shakes hands for her. */
  glueberry_config_t *const mute = config_of(identity, address);
  CHECK_OK(glueberry_config_set_handshake(mute, GLUEBERRY_HANDSHAKE_APP, ERR));
  CHECK_OK(glueberry_config_set_handshake_timeout(mute, 200, ERR));
  glueberry_node_t *const anna = start(mute);
  const glueberry_event_view_t view =
      expect_event(events, GLUEBERRY_EVENT_PEER_COOLDOWN, &pair.to_anna, &event);
  CHECK(view.until_ms > view.time_ms);
  glueberry_event_free(event);
  glueberry_identity_free(identity);
  glueberry_events_free(events);
  stop(pair.bruno);
  stop(anna);
}

static void events_come_only_of_the_peers_that_were_asked_for(void) {
  glueberry_node_t *const anna = start(new_config(LOOPBACK));
  glueberry_node_t *const bruno = start(new_config(NULL));
  glueberry_node_t *const carla = start(new_config(NULL));
  const glueberry_peer_id_t wanted = id_of(carla);
  const glueberry_event_filter_t filter = {
      .size = sizeof filter, .peers = &wanted, .peer_count = 1};
  glueberry_events_t *events = NULL;
  CHECK_OK(glueberry_node_events(anna, &filter, &events, ERR));
  dial(bruno, anna);
  dial(carla, anna);
  glueberry_event_t *const event = next_event(events);
  const glueberry_event_view_t view = view_of(event);
  CHECK(view.has_peer && is_same(&view.peer, &wanted));
  glueberry_event_free(event);
  glueberry_events_free(events);
  stop(carla);
  stop(bruno);
  stop(anna);
}

static void a_slow_subscriber_is_told_what_it_missed(void) {
  glueberry_config_t *const config = new_config(NULL);
  CHECK_OK(glueberry_config_set_event_buffer(config, 1, ERR));
  glueberry_node_t *const node = start(config);
  glueberry_events_t *const events = events_of(node);
  for (int i = 0; i < 4; i++) {
    CHECK_OK(glueberry_node_listen(node, LOOPBACK, NTS, DEADLINE_MS, NULL, ERR));
  }
  glueberry_event_t *const event = await_event(events, GLUEBERRY_EVENT_LAGGED, 0);
  CHECK(view_of(event).missed > 0 && !view_of(event).has_peer);
  glueberry_event_free(event);
  glueberry_events_free(events);
  stop(node);
}

static void what_a_newer_and_larger_view_has_beyond_is_left_alone(void) {
  struct {
    glueberry_event_view_t view;
    uint8_t beyond[16];
  } newer;
  glueberry_node_t *const node = start(new_config(NULL));
  glueberry_events_t *const events = events_of(node);
  CHECK_OK(glueberry_node_listen(node, LOOPBACK, NTS, DEADLINE_MS, NULL, ERR));
  glueberry_event_t *const event = next_event(events);
  memset(&newer, 0xAA, sizeof newer);
  newer.view.size = sizeof newer;
  CHECK_OK(glueberry_event_read(event, &newer.view));
  CHECK(newer.view.kind == GLUEBERRY_EVENT_LISTEN_ADDRESS && newer.view.size == sizeof newer);
  for (size_t i = 0; i < sizeof newer.beyond; i++) CHECK(newer.beyond[i] == 0xAA);
  glueberry_event_free(event);
  glueberry_events_free(events);
  stop(node);
}

static void a_copy_of_an_event_outlives_it(void) {
  glueberry_node_t *const node = start(new_config(NULL));
  glueberry_events_t *const events = events_of(node);
  glueberry_event_t *copy = NULL;
  CHECK_OK(glueberry_node_listen(node, LOOPBACK, NTS, DEADLINE_MS, NULL, ERR));
  glueberry_event_t *const event = next_event(events);
  CHECK_OK(glueberry_event_clone(event, &copy));
  glueberry_event_free(event);
  glueberry_events_free(events);
  stop(node);
  CHECK(strstr(view_of(copy).address, "/p2p/") != NULL);
  glueberry_event_free(copy);
}

/* ---- health, peers, bans ---- */

static void the_health_of_a_stream_is_known(void) {
  test_pair pair = two_nodes();
  glueberry_stream_health_t health = {.size = sizeof health};
  fill(pair.bruno, &pair.to_anna);
  CHECK_OK(glueberry_node_stream_health(pair.bruno, &pair.to_anna, "chat", NTS, &health, ERR));
  CHECK(health.state == GLUEBERRY_STREAM_OPEN && health.stream == NULL && health.attempt == 0);
  CHECK(health.queued_messages > 0 && health.queued_bytes > 0);
  CHECK(health.outbound == GLUEBERRY_PRESSURE_HIGH && health.unread_bytes == 0);
  CHECK(health.inbound == GLUEBERRY_PRESSURE_LOW);
  CHECK_OK(glueberry_node_stream_health(pair.anna, &pair.to_bruno, "chat", NTS, &health, ERR));
  CHECK(health.unread_bytes > 0);
  CHECK_STATUS(GLUEBERRY_E_UNKNOWN_STREAM,
               glueberry_node_stream_health(pair.bruno, &pair.to_anna, "no", NTS, &health, ERR));
  glueberry_node_free(pair.bruno);
  stop(pair.anna);
}

static void the_streams_with_a_peer_are_listed_by_name(void) {
  test_pair pair = two_nodes();
  const glueberry_peer_id_t nobody = stranger();
  glueberry_stream_health_t health = {.size = sizeof health};
  glueberry_streams_t *streams = NULL;
  CHECK_OK(glueberry_node_streams(pair.bruno, &pair.to_anna, &streams, ERR));
  CHECK(glueberry_streams_count(streams) == 2);
  CHECK_OK(glueberry_streams_get(streams, 0, &health));
  CHECK_TEXT("chat", health.stream);
  CHECK_OK(glueberry_streams_get(streams, 1, &health));
  CHECK_TEXT("notes", health.stream);
  CHECK_STATUS(GLUEBERRY_NONE, glueberry_streams_get(streams, 2, &health));
  glueberry_streams_free(streams);
  CHECK_OK(glueberry_node_streams(pair.bruno, &nobody, &streams, ERR));
  CHECK(glueberry_streams_count(streams) == 0);
  glueberry_streams_free(streams);
  stop_both(&pair);
}

/* The address book takes note of a session a moment after it stands. */
static void await_last_seen(const glueberry_node_t *node, const glueberry_peer_id_t *peer) {
  glueberry_peer_view_t view = {.size = sizeof view, .last_seen_ms = -1};
  const int64_t deadline = in_time();
  for (;;) {
    glueberry_peer_info_t *info = NULL;
    CHECK_OK(glueberry_node_peer(node, peer, &info, ERR));
    CHECK_OK(glueberry_peer_info_read(info, &view));
    glueberry_peer_info_free(info);
    if (view.last_seen_ms > 0) return;
    wait_a_little(deadline);
  }
}

static void a_connected_peer_is_listed(void) {
  test_pair pair = two_nodes();
  await_last_seen(pair.bruno, &pair.to_anna);
  glueberry_peer_view_t view = {.size = sizeof view};
  glueberry_peers_t *peers = NULL;
  CHECK_OK(glueberry_node_peers(pair.bruno, &peers, ERR));
  CHECK(glueberry_peers_count(peers) == 1 && glueberry_peers_get(peers, 1) == NULL);
  CHECK_OK(glueberry_peer_info_read(glueberry_peers_get(peers, 0), &view));
  CHECK(is_same(&view.peer, &pair.to_anna) && view.state == GLUEBERRY_STATE_ESTABLISHED);
  CHECK(view.direction == GLUEBERRY_DIRECTION_OUTBOUND && view.connections == 1);
  CHECK(!view.is_persistent && !view.is_banned && view.last_seen_ms > 0);
  CHECK(view.address_count == 1 && view.metadata_count == 0);
  glueberry_peers_free(peers);
  stop_both(&pair);
}

static glueberry_peer_id_t add_neighbour(const glueberry_node_t *node, char address[ADDRESS_SIZE]) {
  const glueberry_peer_id_t peer = stranger();
  char text[GLUEBERRY_PEER_ID_SIZE];
  CHECK_OK(glueberry_peer_id_format(&peer, text, sizeof text));
  snprintf(address, ADDRESS_SIZE, "/ip4/192.0.2.7/tcp/9000/p2p/%s", text);
  const char *const addresses[] = {address, "/ip4/192.0.2.7/udp/9000/quic-v1"};
  const char *const keys[] = {"name", "room"}, *const values[] = {"the neighbour", ""};
  const glueberry_new_peer_t added = {.size = sizeof added,
                                      .addresses = addresses,
                                      .address_count = 2,
                                      .metadata_keys = keys,
                                      .metadata_values = values,
                                      .metadata_count = 2};
  glueberry_peer_id_t told;
  CHECK_OK(glueberry_node_add_peer(node, &added, DEADLINE_MS, &told, ERR));
  CHECK(is_same(&peer, &told));
  return peer;
}

static void expect_neighbour(const glueberry_node_t *node, const glueberry_peer_id_t *peer,
                             const char *address) {
  glueberry_peer_view_t view = {.size = sizeof view};
  glueberry_peer_info_t *info = NULL;
  const char *key = NULL, *value = NULL;
  size_t key_len = 0, value_len = 1;
  CHECK_OK(glueberry_node_peer(node, peer, &info, ERR));
  CHECK_OK(glueberry_peer_info_read(info, &view));
  CHECK(view.state == GLUEBERRY_STATE_DISCONNECTED && view.direction == 0);
  CHECK(view.last_seen_ms == -1 && view.address_count == 2 && view.metadata_count == 2);
  CHECK_TEXT(address, glueberry_peer_info_address(info, 0));
  CHECK(glueberry_peer_info_address(info, 2) == NULL);
  CHECK_OK(glueberry_peer_info_metadata(info, 0, &key, &key_len, &value, &value_len));
  CHECK_TEXT("name", key);
  CHECK_TEXT("the neighbour", value);
  CHECK(key_len == 4 && value_len == strlen("the neighbour"));
  CHECK_OK(glueberry_peer_info_metadata(info, 1, &key, &key_len, &value, &value_len));
  CHECK_TEXT("room", key);
  CHECK(value_len == 0);
  CHECK_STATUS(GLUEBERRY_NONE,
               glueberry_peer_info_metadata(info, 2, &key, &key_len, &value, &value_len));
  glueberry_peer_info_free(info);
}

static void a_peer_is_remembered_with_its_metadata(void) {
  glueberry_node_t *const node = start(new_config(NULL));
  glueberry_peer_info_t *info = NULL;
  glueberry_strings_t *addresses = NULL;
  char address[ADDRESS_SIZE];
  const glueberry_peer_id_t peer = add_neighbour(node, address);
  expect_neighbour(node, &peer, address);
  CHECK_OK(glueberry_node_addresses(node, &peer, &addresses, ERR));
  CHECK(glueberry_strings_count(addresses) == 2);
  CHECK_TEXT(address, glueberry_strings_get(addresses, 0));
  glueberry_strings_free(addresses);
  CHECK_OK(glueberry_node_remove_peer(node, &peer, DEADLINE_MS, ERR));
  CHECK_STATUS(GLUEBERRY_NONE, glueberry_node_peer(node, &peer, &info, ERR));
  CHECK(info == NULL);
  stop(node);
}

static void an_address_book_outlives_its_node(void) {
  const folder place = new_folder();
  char book[ADDRESS_SIZE], address[ADDRESS_SIZE];
  path_in(&place, "peers.json", book);
  glueberry_config_t *const config = new_config(NULL);
  CHECK_OK(glueberry_config_set_address_book(config, book, NTS, ERR));
  CHECK_OK(glueberry_config_set_auto_connect(config, 0, ERR));
  glueberry_node_t *node = NULL, *second = NULL;
  CHECK_OK(glueberry_node_start(config, &node, ERR));
  const glueberry_peer_id_t peer = add_neighbour(node, address);
  CHECK_STATUS(GLUEBERRY_E_ADDRESS_BOOK_LOCKED, glueberry_node_start(config, &second, ERR));
  CHECK(second == NULL);
  stop(node);
  node = start(config);
  expect_neighbour(node, &peer, address);
  stop(node);
  remove_book(&place);
}

static void expect_bans(const glueberry_node_t *node, size_t count) {
  glueberry_bans_t *bans = NULL;
  CHECK_OK(glueberry_node_bans(node, &bans, ERR));
  CHECK(glueberry_bans_count(bans) == count);
  for (size_t i = 0; i < count; i++) {
    glueberry_ban_view_t view = {.size = sizeof view};
    CHECK_OK(glueberry_bans_get(bans, i, &view));
    CHECK(strcmp(view.target, "192.0.2.0/24") == 0 ? view.until_ms > 0 : view.until_ms == -1);
  }
  glueberry_ban_view_t beyond = {.size = sizeof beyond};
  CHECK_STATUS(GLUEBERRY_NONE, glueberry_bans_get(bans, count, &beyond));
  glueberry_bans_free(bans);
}

static void a_banned_peer_loses_its_session_until_it_is_unbanned(void) {
  test_pair pair = two_nodes();
  glueberry_events_t *const events = events_of_kind(pair.bruno, GLUEBERRY_EVENT_PEER_DISCONNECTED);
  char text[GLUEBERRY_PEER_ID_SIZE], address[ADDRESS_SIZE];
  glueberry_event_t *event;
  int32_t was_banned = -1;
  address_of(pair.anna, address);
  CHECK_OK(glueberry_peer_id_format(&pair.to_anna, text, sizeof text));
  CHECK_OK(glueberry_node_ban(pair.bruno, text, NTS, GLUEBERRY_FOREVER, DEADLINE_MS, ERR));
  CHECK_OK(glueberry_node_ban(pair.bruno, "192.0.2.0/24", NTS, 3600000, DEADLINE_MS, ERR));
  CHECK(expect_event(events, GLUEBERRY_EVENT_PEER_DISCONNECTED, &pair.to_anna, &event).reason ==
        GLUEBERRY_REASON_BANNED);
  glueberry_event_free(event);
  expect_bans(pair.bruno, 2);
  CHECK_STATUS(GLUEBERRY_E_BANNED,
               glueberry_node_connect(pair.bruno, address, NTS, DEADLINE_MS, NULL, ERR));
  CHECK_OK(glueberry_node_unban(pair.bruno, text, NTS, DEADLINE_MS, &was_banned, ERR));
  CHECK(was_banned == 1);
  CHECK_OK(glueberry_node_unban(pair.bruno, text, NTS, DEADLINE_MS, &was_banned, ERR));
  CHECK(was_banned == 0);
  expect_bans(pair.bruno, 1);
  CHECK_OK(glueberry_node_connect(pair.bruno, address, NTS, DEADLINE_MS, NULL, ERR));
  glueberry_events_free(events);
  stop_both(&pair);
}

static void a_banned_peer_that_dials_is_denied(void) {
  glueberry_node_t *const anna = start(new_config(LOOPBACK));
  glueberry_node_t *const bruno = start(new_config(NULL));
  glueberry_events_t *const events = events_of_kind(anna, GLUEBERRY_EVENT_CONNECTION_DENIED);
  const glueberry_peer_id_t banned = id_of(bruno);
  char text[GLUEBERRY_PEER_ID_SIZE], address[ADDRESS_SIZE];
  glueberry_event_t *event;
  address_of(anna, address);
  CHECK_OK(glueberry_peer_id_format(&banned, text, sizeof text));
  CHECK_OK(glueberry_node_ban(anna, text, NTS, GLUEBERRY_FOREVER, DEADLINE_MS, ERR));
  CHECK(glueberry_node_connect(bruno, address, NTS, DEADLINE_MS, NULL, NULL) < 0);
  const glueberry_event_view_t view =
      expect_event(events, GLUEBERRY_EVENT_CONNECTION_DENIED, &banned, &event);
  CHECK(view.denial == GLUEBERRY_DENIAL_PEER_BANNED && view.is_inbound == 1);
  CHECK(view.address != NULL && view.suppressed == 0);
  glueberry_event_free(event);
  glueberry_events_free(events);
  stop(bruno);
  stop(anna);
}

static void a_configuration_denies_peers(void) {
  glueberry_config_t *const config = new_config(NULL);
  char address[ADDRESS_SIZE];
  CHECK_OK(glueberry_config_deny(config, "127.0.0.0/8", NTS, ERR));
  glueberry_node_t *const anna = start(new_config(LOOPBACK)), *const bruno = start(config);
  address_of(anna, address);
  CHECK_STATUS(GLUEBERRY_E_NOT_ALLOWED,
               glueberry_node_connect(bruno, address, NTS, DEADLINE_MS, NULL, ERR));
  stop(bruno);
  stop(anna);
}

/* ---- the end ---- */

static void after_a_disconnect_sending_fails(void) {
  test_pair pair = two_nodes();
  int32_t state = -1;
  CHECK_OK(glueberry_node_connection_state(pair.bruno, &pair.to_anna, &state));
  CHECK(state == GLUEBERRY_STATE_ESTABLISHED);
  CHECK_OK(glueberry_node_disconnect(pair.bruno, &pair.to_anna, DEADLINE_MS, ERR));
  CHECK_OK(glueberry_node_disconnect(pair.bruno, &pair.to_anna, DEADLINE_MS, ERR));
  CHECK_OK(glueberry_node_connection_state(pair.bruno, &pair.to_anna, &state));
  CHECK(state == GLUEBERRY_STATE_DISCONNECTED);
  CHECK_STATUS(GLUEBERRY_E_NOT_CONNECTED,
               glueberry_node_send(pair.bruno, &pair.to_anna, "chat", NTS, NULL, 0, 0, ERR));
  stop_both(&pair);
}

static void after_a_shutdown_queues_end_and_calls_fail(void) {
  test_pair pair = two_nodes();
  glueberry_events_t *const events = events_of(pair.bruno);
  glueberry_messages_t *const messages = messages_of(pair.bruno, "chat");
  glueberry_message_t *message = NULL;
  glueberry_strings_t *addresses = NULL;
  CHECK_OK(glueberry_node_shutdown(pair.bruno, DEADLINE_MS, ERR));
  CHECK_OK(glueberry_node_shutdown(pair.bruno, DEADLINE_MS, ERR));
  expect_end_of_events(events);
  CHECK_STATUS(GLUEBERRY_CLOSED, glueberry_messages_next(messages, DEADLINE_MS, &message));
  CHECK_STATUS(GLUEBERRY_E_NODE_CLOSED,
               glueberry_node_listen(pair.bruno, LOOPBACK, NTS, DEADLINE_MS, &addresses, ERR));
  CHECK(addresses == NULL && message == NULL);
  glueberry_events_free(events);
  glueberry_messages_free(messages);
  stop_both(&pair);
}

static void nodes_talk_over_quic_and_noise_as_well(void) {
  glueberry_config_t *const noise = new_config(NULL);
  glueberry_config_t *const both = new_config(LOOPBACK);
  CHECK_OK(glueberry_config_add_listen_address(both, "/ip4/127.0.0.1/udp/0/quic-v1", NTS, ERR));
  CHECK_OK(glueberry_config_set_security(noise, GLUEBERRY_SECURITY_NOISE, ERR));
  test_pair pair = two_nodes_of(both, noise);
  glueberry_node_t *const carla = start(new_config(NULL));
  glueberry_messages_t *const messages = messages_of(pair.anna, "chat");
  glueberry_strings_t *addresses = NULL;
  CHECK_OK(glueberry_node_listen_addresses(pair.anna, &addresses, ERR));
  CHECK(glueberry_strings_count(addresses) == 2);
  const char *const quic = glueberry_strings_get(addresses, 1);
  CHECK_OK(glueberry_node_connect(carla, quic, NTS, DEADLINE_MS, NULL, ERR));
  send_text(pair.bruno, &pair.to_anna, "chat", "over noise");
  expect_text(messages, "over noise");
  send_text(carla, &pair.to_anna, "chat", "over quic");
  expect_text(messages, "over quic");
  glueberry_strings_free(addresses);
  glueberry_messages_free(messages);
  stop(carla);
  stop_both(&pair);
}

int main(void) {
  static const test_case cases[] = {
      CASE(the_library_is_the_one_of_its_header),
      CASE(statuses_and_kinds_have_names),
      CASE(an_identity_survives_its_file),
      CASE(an_identity_survives_its_pem),
      CASE(a_seed_always_gives_the_same_identity),
      CASE(a_peer_id_survives_its_text),
      CASE(messages_of_all_sizes_arrive_both_ways_on_two_streams),
      CASE(a_message_above_the_limit_is_refused),
      CASE(a_copy_of_a_message_outlives_it),
      CASE(what_was_accepted_before_there_was_no_room_arrives),
      CASE(an_address_is_told),
      CASE(a_session_is_told_from_its_dial_to_its_end),
      CASE(pressure_is_told_with_its_bytes),
      CASE(what_was_never_written_is_counted_by_stream),
      CASE(a_message_that_is_too_large_for_the_peer_is_a_warning_there),
      CASE(a_lost_peer_is_sought_again),
      CASE(a_peer_whose_handshake_fails_is_left_alone_for_a_while),
      CASE(events_come_only_of_the_peers_that_were_asked_for),
      CASE(a_slow_subscriber_is_told_what_it_missed),
      CASE(what_a_newer_and_larger_view_has_beyond_is_left_alone),
      CASE(a_copy_of_an_event_outlives_it),
      CASE(the_health_of_a_stream_is_known),
      CASE(the_streams_with_a_peer_are_listed_by_name),
      CASE(a_connected_peer_is_listed),
      CASE(a_peer_is_remembered_with_its_metadata),
      CASE(an_address_book_outlives_its_node),
      CASE(a_banned_peer_loses_its_session_until_it_is_unbanned),
      CASE(a_banned_peer_that_dials_is_denied),
      CASE(a_configuration_denies_peers),
      CASE(after_a_disconnect_sending_fails),
      CASE(after_a_shutdown_queues_end_and_calls_fail),
      CASE(nodes_talk_over_quic_and_noise_as_well),
  };
  return RUN(cases);
}
