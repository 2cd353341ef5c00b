/* One node, many threads: every handle but a config, an event and an error is for all of them. */
#include "test.h"

enum { THREADS = 8, EACH = 250 };

/* ---- sending and pulling ---- */

typedef struct traffic {
  const test_pair *pair;
  const glueberry_messages_t *messages;
  pthread_mutex_t lock;
  int seen[THREADS * EACH];
  size_t total;
  uint32_t next_sender;
} traffic;

static void *send_own_numbers(void *argument) {
  traffic *const all = argument;
  pthread_mutex_lock(&all->lock);
  const uint32_t sender = all->next_sender++;
  pthread_mutex_unlock(&all->lock);
  for (uint32_t i = 0; i < EACH; i++) {
    send_number(all->pair->bruno, &all->pair->to_anna, sender * EACH + i);
  }
  return NULL;
}

static void note(traffic *all, uint32_t number) {
  CHECK(number < THREADS * EACH);
  pthread_mutex_lock(&all->lock);
  all->seen[number]++;
  if (++all->total == THREADS * EACH) CHECK_OK(glueberry_messages_close(all->messages));
  pthread_mutex_unlock(&all->lock);
}

static void *pull(void *argument) {
  traffic *const all = argument;
  for (;;) {
    glueberry_message_t *message = NULL;
    const int32_t status = glueberry_messages_next(all->messages, DEADLINE_MS, &message);
    if (status == GLUEBERRY_CLOSED) return NULL;
    CHECK_OK(status);
    note(all, number_in(message));
    glueberry_message_free(message);
  }
}

static void *drain(void *argument) {
  traffic *const all = argument;
  const int64_t deadline = in_time();
  for (;;) {
    glueberry_message_t *array[16] = {NULL};
    size_t count = 0;
    const int32_t status = glueberry_messages_drain(all->messages, 16, array, &count);
    if (status == GLUEBERRY_CLOSED) return NULL;
    if (status == GLUEBERRY_TIMEOUT) wait_a_little(deadline);
    for (size_t i = 0; i < count; i++) {
      note(all, number_in(array[i]));
      glueberry_message_free(array[i]);
    }
  }
}

static void eight_threads_send_and_eight_pull(void) {
  static traffic all = {.lock = PTHREAD_MUTEX_INITIALIZER};
  test_pair pair = two_nodes();
  glueberry_messages_t *const messages = messages_of(pair.anna, "chat");
  pthread_t threads[2 * THREADS];
  all.pair = &pair;
  all.messages = messages;
  for (size_t i = 0; i < THREADS; i++) {
    threads[2 * i] = spawn(send_own_numbers, &all);
    threads[2 * i + 1] = spawn(i % 2 == 0 ? pull : drain, &all);
  }
  for (size_t i = 0; i < COUNT(threads); i++) join(threads[i]);
  for (size_t i = 0; i < COUNT(all.seen); i++) CHECK(all.seen[i] == 1);
  glueberry_messages_free(messages);
  stop_both(&pair);
}

static void what_a_thread_sends_comes_in_its_order(void) {
  static traffic all = {.lock = PTHREAD_MUTEX_INITIALIZER};
  test_pair pair = two_nodes();
  glueberry_messages_t *const messages = messages_of(pair.anna, "chat");
  pthread_t threads[THREADS];
  uint32_t next[THREADS] = {0};
  all.pair = &pair;
  for (size_t i = 0; i < THREADS; i++) threads[i] = spawn(send_own_numbers, &all);
  for (size_t i = 0; i < THREADS * EACH; i++) {
    glueberry_message_t *const message = next_message(messages);
    const uint32_t number = number_in(message);
    CHECK(number < THREADS * EACH && number % EACH == next[number / EACH]);
    next[number / EACH]++;
    glueberry_message_free(message);
  }
  for (size_t i = 0; i < THREADS; i++) join(threads[i]);
  glueberry_messages_free(messages);
  stop_both(&pair);
}

/* ---- everything at once ---- */

static void ask_everything(const glueberry_node_t *node, const glueberry_peer_id_t *peer) {
  glueberry_peers_t *peers = NULL;
  glueberry_strings_t *addresses = NULL;
  glueberry_streams_t *streams = NULL;
  int32_t state = -1;
  CHECK_OK(glueberry_node_peers(node, &peers, ERR));
  CHECK_OK(glueberry_node_addresses(node, peer, &addresses, ERR));
  CHECK_OK(glueberry_node_streams(node, peer, &streams, ERR));
  CHECK_OK(glueberry_node_connection_state(node, peer, &state));
  CHECK(state == GLUEBERRY_STATE_ESTABLISHED);
  glueberry_peers_free(peers);
  glueberry_strings_free(addresses);
  glueberry_streams_free(streams);
}

static void operate(const glueberry_node_t *node, uint64_t tag) {
  glueberry_events_t *const events = events_of_kind(node, GLUEBERRY_EVENT_LAGGED);
  glueberry_op_t *op = NULL;
  CHECK_OK(glueberry_node_unban_start(node, "192.0.2.1", NTS, DEADLINE_MS, events, tag, &op, ERR));
  if (tag % 2 == 0) CHECK_OK(glueberry_op_cancel(op));
  glueberry_op_free(op);
  const int32_t status = await_done(events, tag);
  CHECK(status == GLUEBERRY_OK || status == GLUEBERRY_E_CANCELLED);
  glueberry_events_free(events);
}

static void *use_everything(void *argument) {
  const test_pair *const pair = argument;
  for (uint64_t i = 1; i <= 50; i++) {
    ask_everything(pair->bruno, &pair->to_anna);
    operate(pair->bruno, i);
    send_text(pair->bruno, &pair->to_anna, "notes", "x");
  }
  return NULL;
}

static void eight_threads_use_all_of_one_node(void) {
  test_pair pair = two_nodes();
  glueberry_messages_t *const messages = messages_of(pair.anna, "notes");
  pthread_t threads[THREADS];
  for (size_t i = 0; i < THREADS; i++) threads[i] = spawn(use_everything, &pair);
  for (size_t i = 0; i < THREADS * 50; i++) expect_text(messages, "x");
  for (size_t i = 0; i < THREADS; i++) join(threads[i]);
  glueberry_messages_free(messages);
  stop_both(&pair);
}

/* ---- the end in the middle ---- */

static void *send_until_closed(void *argument) {
  const test_pair *const pair = argument;
  int32_t status = GLUEBERRY_OK;
  while (status == GLUEBERRY_OK) {
    status = glueberry_node_send(pair->bruno, &pair->to_anna, "chat", NTS, NULL, 0,
                                 GLUEBERRY_FOREVER, NULL);
  }
  CHECK(status < 0);
  return NULL;
}

static void *read_events_to_the_end(void *argument) {
  const test_pair *const pair = argument;
  glueberry_events_t *const events = events_of(pair->bruno);
  expect_end_of_events(events);
  glueberry_events_free(events);
  return NULL;
}

static void a_shutdown_ends_the_calls_of_all_threads(void) {
  test_pair pair = two_nodes();
  glueberry_messages_t *const messages = messages_of(pair.anna, "chat");
  pthread_t threads[THREADS];
  for (size_t i = 0; i < THREADS; i++) {
    threads[i] = spawn(i % 2 == 0 ? send_until_closed : read_events_to_the_end, &pair);
  }
  for (int i = 0; i < 100; i++) glueberry_message_free(next_message(messages));
  glueberry_messages_free(messages);
  CHECK_OK(glueberry_node_shutdown(pair.bruno, DEADLINE_MS, ERR));
  for (size_t i = 0; i < THREADS; i++) join(threads[i]);
  stop_both(&pair);
}

static void *live_and_die(void *argument) {
  (void)argument;
  for (int i = 0; i < 5; i++) {
    glueberry_node_t *const node = start(new_config(LOOPBACK));
    glueberry_events_t *const events = events_of(node);
    glueberry_node_free(node);
    expect_end_of_events(events);
    glueberry_events_free(events);
  }
  return NULL;
}

static void eight_threads_have_nodes_of_their_own(void) {
  pthread_t threads[THREADS];
  for (size_t i = 0; i < THREADS; i++) threads[i] = spawn(live_and_die, NULL);
  for (size_t i = 0; i < THREADS; i++) join(threads[i]);
}

int main(void) {
  static const test_case cases[] = {
      CASE(eight_threads_send_and_eight_pull),     CASE(what_a_thread_sends_comes_in_its_order),
      CASE(eight_threads_use_all_of_one_node),     CASE(a_shutdown_ends_the_calls_of_all_threads),
      CASE(eight_threads_have_nodes_of_their_own),
  };
  return RUN(cases);
}
