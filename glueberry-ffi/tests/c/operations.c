/* Operations: each completes with exactly one event, whatever happens. */
#include "test.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sched.h>
#include <sys/socket.h>

enum { MOST = 20000 };

/* ---- a peer that never answers ---- */

typedef struct silence {
  int socket;
  char address[ADDRESS_SIZE];
} silence;

/* The kernel takes the connection; nobody ever reads from it. */
static silence new_silence(void) {
  silence made = {.socket = socket(AF_INET, SOCK_STREAM, 0)};
  struct sockaddr_in at = {.sin_family = AF_INET};
  socklen_t len = sizeof at;
  const glueberry_peer_id_t nobody = stranger();
  char text[GLUEBERRY_PEER_ID_SIZE];
  at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  CHECK(made.socket >= 0);
  CHECK(bind(made.socket, (const struct sockaddr *)&at, sizeof at) == 0);
  CHECK(listen(made.socket, 128) == 0);
  CHECK(getsockname(made.socket, (struct sockaddr *)&at, &len) == 0);
  CHECK_OK(glueberry_peer_id_format(&nobody, text, sizeof text));
  snprintf(made.address, sizeof made.address, "/ip4/127.0.0.1/tcp/%d/p2p/%s", ntohs(at.sin_port),
           text);
  return made;
}

/* A node that gives a dial up only long after the tests do. */
static glueberry_node_t *patient_node(void) {
  glueberry_config_t *const config = new_config(NULL);
  CHECK_OK(glueberry_config_set_dial_timeout(config, 600000, ERR));
  return start(config);
}

static glueberry_op_t *dial_silence(const glueberry_node_t *node, const silence *silence,
                                    int64_t timeout_ms, const glueberry_events_t *events,
                                    uint64_t tag) {
  glueberry_op_t *op = NULL;
  CHECK_OK(
      glueberry_node_connect_start(node, silence->address, NTS, timeout_ms, events, tag, &op, ERR));
  CHECK(op != NULL);
  return op;
}

static glueberry_events_t *completions_of(const glueberry_node_t *node) {
  return events_of_kind(node, GLUEBERRY_EVENT_LAGGED);
}

/* Reads to the end. Tags count from 0; each has to come once, with a status that its check likes.
 */
static void expect_each_once(const glueberry_events_t *events, size_t count,
                             int (*is_good)(int32_t status)) {
  static int seen[MOST];
  glueberry_event_t *event = NULL;
  int32_t status;
  CHECK(count <= MOST);
  memset(seen, 0, sizeof seen);
  while ((status = glueberry_events_next(events, DEADLINE_MS, &event)) == GLUEBERRY_OK) {
    const glueberry_event_view_t view = view_of(event);
    if (view.kind == GLUEBERRY_EVENT_OP_DONE) {
      CHECK(view.tag < count && is_good(view.status));
      CHECK((view.error == NULL) == (view.status == GLUEBERRY_OK));
      seen[view.tag]++;
    }
    glueberry_event_free(event);
  }
  CHECK_STATUS(GLUEBERRY_CLOSED, status);
  for (size_t i = 0; i < count; i++) CHECK(seen[i] == 1);
}

static int is_ok(int32_t status) { return status == GLUEBERRY_OK; }
static int is_error(int32_t status) { return status < 0; }
static int is_any(int32_t status) { return status <= 0; }
static int is_ok_or_cancelled(int32_t status) {
  return status == GLUEBERRY_OK || status == GLUEBERRY_E_CANCELLED;
}

/* ---- how they end ---- */

static void a_success_brings_its_results(void) {
  glueberry_node_t *const anna = start(new_config(NULL)), *const bruno = start(new_config(NULL));
  glueberry_events_t *const annas = events_of(anna), *const brunos = events_of(bruno);
  const glueberry_peer_id_t to_anna = id_of(anna);
  const uint64_t tag = UINT64_MAX - 1;
  CHECK_OK(glueberry_node_listen_start(anna, LOOPBACK, NTS, DEADLINE_MS, annas, tag, NULL, ERR));
  glueberry_event_t *const listening = await_event(annas, GLUEBERRY_EVENT_OP_DONE, tag);
  glueberry_event_view_t view = view_of(listening);
  CHECK_OK(view.status);
  CHECK(view.address_count == 1 && view.error == NULL && view.has_peer == 0);
  const char *const address = glueberry_event_address(listening, 0);
  CHECK(address != NULL && glueberry_event_address(listening, 1) == NULL);
  CHECK_OK(glueberry_node_connect_start(bruno, address, NTS, DEADLINE_MS, brunos, tag, NULL, ERR));
  glueberry_event_t *const connected = await_event(brunos, GLUEBERRY_EVENT_OP_DONE, tag);
  view = view_of(connected);
  CHECK_OK(view.status);
  CHECK(view.has_peer && is_same(&view.peer, &to_anna) && view.address_count == 0);
  glueberry_event_free(listening);
  glueberry_event_free(connected);
  glueberry_events_free(annas);
  glueberry_events_free(brunos);
  stop(bruno);
  stop(anna);
}

static void a_failure_brings_its_error(void) {
  glueberry_node_t *const node = start(new_config(NULL));
  glueberry_events_t *const events = completions_of(node);
  const glueberry_peer_id_t nobody = stranger();
  glueberry_peer_id_t peer;
  CHECK_OK(glueberry_node_send_start(node, &nobody, "chat", NTS, NULL, 0, DEADLINE_MS, events, 0,
                                     NULL, ERR));
  glueberry_event_t *const event = await_event(events, GLUEBERRY_EVENT_OP_DONE, 0);
  const glueberry_event_view_t view = view_of(event);
  CHECK_STATUS(GLUEBERRY_E_NOT_CONNECTED, view.status);
  CHECK_STATUS(GLUEBERRY_E_NOT_CONNECTED, glueberry_error_code(view.error));
  CHECK_OK(glueberry_error_peer(view.error, &peer));
  CHECK(is_same(&peer, &nobody));
  glueberry_event_free(event);
  glueberry_events_free(events);
  stop(node);
}

static void an_operation_whose_time_is_over_says_so(void) {
  silence silence = new_silence();
  glueberry_node_t *const node = patient_node();
  glueberry_events_t *const events = completions_of(node);
  glueberry_op_free(dial_silence(node, &silence, 50, events, 0));
  CHECK_STATUS(GLUEBERRY_E_TIMED_OUT, await_done(events, 0));
  glueberry_node_free(node);
  expect_end_of_events(events);
  glueberry_events_free(events);
  close(silence.socket);
}

static void a_cancelled_operation_is_done_once(void) {
  silence silence = new_silence();
  glueberry_node_t *const node = patient_node();
  glueberry_events_t *const events = completions_of(node);
  glueberry_op_t *const op = dial_silence(node, &silence, GLUEBERRY_FOREVER, events, 0);
  CHECK_OK(glueberry_op_cancel(op));
  CHECK_OK(glueberry_op_cancel(op));
  CHECK_STATUS(GLUEBERRY_E_CANCELLED, await_done(events, 0));
  CHECK_OK(glueberry_op_cancel(op));
  glueberry_op_free(op);
  glueberry_node_free(node);
  expect_each_once(events, 0, is_any);
  glueberry_events_free(events);
  close(silence.socket);
}

static void cancelling_what_is_done_changes_nothing(void) {
  glueberry_node_t *const node = start(new_config(NULL));
  glueberry_events_t *const events = completions_of(node);
  glueberry_op_t *op = NULL;
  CHECK_OK(glueberry_node_listen_start(node, LOOPBACK, NTS, DEADLINE_MS, events, 0, &op, ERR));
  CHECK_OK(await_done(events, 0));
  CHECK_OK(glueberry_op_cancel(op));
  glueberry_op_free(op);
  CHECK_OK(glueberry_node_shutdown(node, DEADLINE_MS, ERR));
  expect_each_once(events, 0, is_any);
  glueberry_events_free(events);
  stop(node);
}

/* Some are done before they are cancelled and some are not. */
static void a_cancel_that_races_with_the_end_leaves_one_completion(void) {
  glueberry_node_t *const node = start(new_config(NULL));
  glueberry_events_t *const events = completions_of(node);
  for (uint64_t tag = 0; tag < 500; tag++) {
    glueberry_op_t *op = NULL;
    CHECK_OK(
        glueberry_node_unban_start(node, "192.0.2.1", NTS, DEADLINE_MS, events, tag, &op, ERR));
    if (tag % 3 == 0) sched_yield();
    CHECK_OK(glueberry_op_cancel(op));
    glueberry_op_free(op);
  }
  CHECK_OK(glueberry_node_shutdown(node, DEADLINE_MS, ERR));
  expect_each_once(events, 500, is_ok_or_cancelled);
  glueberry_events_free(events);
  stop(node);
}

static void a_freed_operation_goes_on(void) {
  glueberry_node_t *const node = start(new_config(NULL));
  glueberry_events_t *const events = completions_of(node);
  glueberry_op_t *op = NULL;
  CHECK_OK(glueberry_node_listen_start(node, LOOPBACK, NTS, DEADLINE_MS, events, 0, &op, ERR));
  glueberry_op_free(op);
  CHECK_OK(await_done(events, 0));
  glueberry_events_free(events);
  stop(node);
}

static void a_shutdown_completes_what_waits(void) {
  silence silence = new_silence();
  glueberry_node_t *const node = patient_node();
  glueberry_events_t *const events = completions_of(node);
  for (uint64_t tag = 0; tag < 3; tag++) {
    glueberry_op_free(dial_silence(node, &silence, GLUEBERRY_FOREVER, events, tag));
  }
  CHECK_OK(glueberry_node_shutdown(node, DEADLINE_MS, ERR));
  expect_each_once(events, 3, is_error);
  glueberry_events_free(events);
  glueberry_node_free(node);
  close(silence.socket);
}

static void the_end_of_a_node_completes_what_waits(void) {
  silence silence = new_silence();
  glueberry_node_t *const node = patient_node();
  glueberry_events_t *const events = completions_of(node);
  glueberry_op_t *const op = dial_silence(node, &silence, GLUEBERRY_FOREVER, events, 0);
  glueberry_op_free(dial_silence(node, &silence, GLUEBERRY_FOREVER, events, 1));
  glueberry_node_free(node);
  expect_each_once(events, 2, is_error);
  CHECK_OK(glueberry_op_cancel(op));
  glueberry_op_free(op);
  glueberry_events_free(events);
  close(silence.socket);
}

static void a_shutdown_is_the_last_to_complete(void) {
  glueberry_node_t *const node = start(new_config(NULL));
  glueberry_events_t *const events = completions_of(node);
  CHECK_OK(glueberry_node_shutdown_start(node, events, 7, NULL, ERR));
  CHECK_OK(await_done(events, 7));
  expect_each_once(events, 0, is_any);
  glueberry_events_free(events);
  stop(node);
}

/* ---- queues ---- */

static void completions_come_through_a_queue_that_lags(void) {
  glueberry_config_t *const config = new_config(NULL);
  CHECK_OK(glueberry_config_set_event_buffer(config, 1, ERR));
  glueberry_node_t *const node = start(config);
  glueberry_events_t *const lagging = events_of(node), *const events = events_of(node);
  for (uint64_t tag = 0; tag < 20; tag++) {
    CHECK_OK(
        glueberry_node_unban_start(node, "192.0.2.1", NTS, DEADLINE_MS, lagging, tag, NULL, ERR));
    CHECK_OK(glueberry_node_listen(node, LOOPBACK, NTS, DEADLINE_MS, NULL, ERR));
  }
  CHECK_OK(glueberry_node_shutdown(node, DEADLINE_MS, ERR));
  await_kind(events, GLUEBERRY_EVENT_LAGGED);
  expect_each_once(lagging, 20, is_ok);
  glueberry_events_free(lagging);
  glueberry_events_free(events);
  stop(node);
}

static void a_closed_queue_throws_completions_away(void) {
  silence silence = new_silence();
  glueberry_node_t *const node = patient_node();
  glueberry_events_t *const events = completions_of(node);
  glueberry_event_t *event = NULL;
  glueberry_op_t *const op = dial_silence(node, &silence, GLUEBERRY_FOREVER, events, 0);
  CHECK_OK(glueberry_events_close(events));
  CHECK_OK(glueberry_op_cancel(op));
  CHECK_STATUS(GLUEBERRY_CLOSED, glueberry_events_next(events, DEADLINE_MS, &event));
  glueberry_op_free(op);
  glueberry_events_free(events);
  glueberry_node_free(node);
  close(silence.socket);
}

static void events_of_another_node_are_refused(void) {
  glueberry_node_t *const node = start(new_config(NULL)), *const other = start(new_config(NULL));
  glueberry_events_t *const events = events_of(other);
  glueberry_op_t *op = (glueberry_op_t *)&op;
  CHECK_STATUS(GLUEBERRY_E_INVALID_ARGUMENT,
               glueberry_node_listen_start(node, LOOPBACK, NTS, DEADLINE_MS, events, 0, &op, ERR));
  CHECK(op == NULL);
  glueberry_events_free(events);
  stop(other);
  stop(node);
}

/* ---- sending ---- */

static void messages_go_in_the_order_of_the_calls(void) {
  test_pair pair = two_nodes();
  glueberry_events_t *const events = completions_of(pair.bruno);
  glueberry_messages_t *const messages = messages_of(pair.anna, "chat");
  for (uint32_t i = 0; i < 1000; i++) {
    CHECK_OK(glueberry_node_send_start(pair.bruno, &pair.to_anna, "chat", NTS, (const uint8_t *)&i,
                                       sizeof i, DEADLINE_MS, events, i, NULL, ERR));
  }
  for (uint32_t i = 0; i < 1000; i++) expect_number(messages, i);
  stop(pair.bruno);
  expect_each_once(events, 1000, is_ok);
  glueberry_messages_free(messages);
  glueberry_events_free(events);
  stop(pair.anna);
}

static test_pair two_nodes_without_linger(void) {
  glueberry_config_t *const config = new_config(NULL);
  CHECK_OK(glueberry_config_set_linger(config, 0, ERR));
  return two_nodes_of(new_config(LOOPBACK), config);
}

/* Starts to send messages of this size until one more is refused. Gives how many were not. */
static size_t start_all(const test_pair *pair, const glueberry_events_t *events, size_t size) {
  uint8_t *const data = calloc(1, size);
  size_t started = 0;
  int32_t status = GLUEBERRY_OK;
  CHECK(data != NULL);
  while (started < MOST && status == GLUEBERRY_OK) {
    status = glueberry_node_send_start(pair->bruno, &pair->to_anna, "chat", NTS, data, size,
                                       GLUEBERRY_FOREVER, events, started, NULL, NULL);
    started += status == GLUEBERRY_OK;
  }
  free(data);
  CHECK_STATUS(GLUEBERRY_E_TOO_MANY_OPERATIONS, status);
  return started;
}

static size_t too_many(size_t size) {
  test_pair pair = two_nodes_without_linger();
  glueberry_events_t *const events = completions_of(pair.bruno);
  fill(pair.bruno, &pair.to_anna);
  const size_t started = start_all(&pair, events, size);
  glueberry_node_free(pair.bruno);
  expect_each_once(events, started, is_any);
  glueberry_events_free(events);
  stop(pair.anna);
  return started;
}

/* A few may find the room that a larger message did not. */
static void no_more_operations_wait_than_are_counted(void) {
  const size_t started = too_many(64);
  CHECK(started >= 4096 && started < 4096 + 16384 / 64);
}

static void no_more_bytes_wait_than_are_counted(void) {
  const size_t started = too_many(1 << 20);
  CHECK(started >= 63 && started <= 65);
}

/* ---- every call ---- */

static const char *const chat[] = {"chat"};

static void calls_about_a_peer_have_twins(void) {
  test_pair pair = two_nodes();
  const glueberry_node_t *const node = pair.bruno;
  const glueberry_peer_id_t *const peer = &pair.to_anna;
  glueberry_events_t *const events = completions_of(node);
  CHECK_OK(glueberry_node_wait_established_start(node, peer, DEADLINE_MS, events, 1, NULL, ERR));
  CHECK_OK(await_done(events, 1));
  CHECK_OK(glueberry_node_flush_start(node, peer, "chat", NTS, DEADLINE_MS, events, 2, NULL, ERR));
  CHECK_OK(await_done(events, 2));
  CHECK_OK(
      glueberry_node_prepare_streams_start(node, peer, chat, 1, DEADLINE_MS, events, 3, NULL, ERR));
  CHECK_OK(await_done(events, 3));
  CHECK_OK(glueberry_node_finalize_handshake_start(node, peer, DEADLINE_MS, events, 4, NULL, ERR));
  CHECK_STATUS(GLUEBERRY_E_WRONG_STATE, await_done(events, 4));
  CHECK_OK(glueberry_node_complete_handshake_start(node, peer, chat, 1, DEADLINE_MS, events, 5,
                                                   NULL, ERR));
  CHECK_STATUS(GLUEBERRY_E_WRONG_STATE, await_done(events, 5));
  CHECK_OK(glueberry_node_disconnect_start(node, peer, DEADLINE_MS, events, 6, NULL, ERR));
  CHECK_OK(await_done(events, 6));
  CHECK_OK(glueberry_node_cancel_reconnection_start(node, peer, DEADLINE_MS, events, 7, NULL, ERR));
  CHECK_OK(await_done(events, 7));
  CHECK_OK(glueberry_node_remove_peer_start(node, peer, DEADLINE_MS, events, 8, NULL, ERR));
  CHECK_OK(await_done(events, 8));
  glueberry_events_free(events);
  stop_both(&pair);
}

static int32_t flag_of(const glueberry_events_t *events, uint64_t tag) {
  glueberry_event_t *const event = await_event(events, GLUEBERRY_EVENT_OP_DONE, tag);
  const glueberry_event_view_t view = view_of(event);
  CHECK_OK(view.status);
  glueberry_event_free(event);
  return view.flag;
}

static void calls_about_the_address_book_have_twins(void) {
  silence silence = new_silence();
  glueberry_node_t *const node = start(new_config(NULL));
  glueberry_events_t *const events = completions_of(node);
  const char *const addresses[] = {silence.address};
  const glueberry_new_peer_t peer = {
      .size = sizeof peer, .addresses = addresses, .address_count = 1};
  CHECK_OK(glueberry_node_add_peer_start(node, &peer, DEADLINE_MS, events, 1, NULL, ERR));
  glueberry_event_t *const added = await_event(events, GLUEBERRY_EVENT_OP_DONE, 1);
  CHECK(view_of(added).status == GLUEBERRY_OK && view_of(added).has_peer);
  glueberry_event_free(added);
  CHECK_OK(glueberry_node_dial_known_peers_start(node, DEADLINE_MS, events, 2, NULL, ERR));
  CHECK_OK(await_done(events, 2));
  CHECK_OK(glueberry_node_ban_start(node, "192.0.2.1", NTS, GLUEBERRY_FOREVER, DEADLINE_MS, events,
                                    3, NULL, ERR));
  CHECK_OK(await_done(events, 3));
  CHECK_OK(glueberry_node_unban_start(node, "192.0.2.1", NTS, DEADLINE_MS, events, 4, NULL, ERR));
  CHECK(flag_of(events, 4) == 1);
  CHECK_OK(glueberry_node_unban_start(node, "192.0.2.1", NTS, DEADLINE_MS, events, 5, NULL, ERR));
  CHECK(flag_of(events, 5) == 0);
  glueberry_events_free(events);
  glueberry_node_free(node);
  close(silence.socket);
}

int main(void) {
  static const test_case cases[] = {
      CASE(a_success_brings_its_results),
      CASE(a_failure_brings_its_error),
      CASE(an_operation_whose_time_is_over_says_so),
      CASE(a_cancelled_operation_is_done_once),
      CASE(cancelling_what_is_done_changes_nothing),
      CASE(a_cancel_that_races_with_the_end_leaves_one_completion),
      CASE(a_freed_operation_goes_on),
      CASE(a_shutdown_completes_what_waits),
      CASE(the_end_of_a_node_completes_what_waits),
      CASE(a_shutdown_is_the_last_to_complete),
      CASE(completions_come_through_a_queue_that_lags),
      CASE(a_closed_queue_throws_completions_away),
      CASE(events_of_another_node_are_refused),
      CASE(messages_go_in_the_order_of_the_calls),
      CASE(no_more_operations_wait_than_are_counted),
      CASE(no_more_bytes_wait_than_are_counted),
      CASE(calls_about_a_peer_have_twins),
      CASE(calls_about_the_address_book_have_twins),
  };
  return RUN(cases);
}
