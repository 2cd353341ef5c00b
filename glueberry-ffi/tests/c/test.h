/* What the tests share: cases, checks, and two nodes that know each other. It comes first in each
 * program, since it says which POSIX is meant. */
#ifndef GLUEBERRY_TEST_H
#define GLUEBERRY_TEST_H

#define _POSIX_C_SOURCE 200809L

#include <glueberry.h>
#include <poll.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* A wait that is longer has failed. Generous: machines are shared, and valgrind is slow. */
#define DEADLINE_MS 45000
#define LOOPBACK "/ip4/127.0.0.1/tcp/0"
#define NTS GLUEBERRY_NTS
#define COUNT(array) (sizeof(array) / sizeof *(array))

/* ---- cases and checks ---- */

typedef struct test_case {
  const char *name;
  void (*body)(void);
} test_case;

#define CASE(name) \
  { #name, name }

/* A failed check ends its case; on a thread of the test's own, or the library's, the program. */
#define CHECK(condition) check_that((condition) != 0, #condition, __FILE__, __LINE__)
#define CHECK_STATUS(expected, call) check_status((expected), (call), #call, __FILE__, __LINE__)
#define CHECK_OK(call) CHECK_STATUS(GLUEBERRY_OK, call)
#define CHECK_TEXT(expected, text) check_text((expected), (text), #text, __FILE__, __LINE__)

/* Where the calls of a thread put their error: the check of the status looks at it and frees it. */
#define ERR (&test_error)
static __thread glueberry_error_t *test_error;

static jmp_buf test_end_of_case;
static pthread_t test_thread;

static inline void fail(const char *file, int line, const char *what) {
  printf("FAILED %s:%d: %s\n", file, line, what);
  fflush(stdout);
  if (pthread_equal(pthread_self(), test_thread)) longjmp(test_end_of_case, 1);
  _exit(1);
}

static inline void check_that(int condition, const char *what, const char *file, int line) {
  if (!condition) fail(file, line, what);
}

/* What a call returned and what its error says have to agree. */
static inline void check_status(int32_t expected, int32_t status, const char *call,
                                const char *file, int line) {
  char told[1024];
  const int32_t code = glueberry_error_code(test_error);
  const char *const message = test_error == NULL ? "" : glueberry_error_message(test_error);
  const int agree = test_error == NULL || code == status;
  snprintf(told, sizeof told, "%s\n  gave %s (%d), not %s (%d); its error: %d %s", call,
           glueberry_status_name(status), (int)status, glueberry_status_name(expected),
           (int)expected, (int)code, message);
  glueberry_error_free(test_error);
  test_error = NULL;
  if (status != expected || !agree) fail(file, line, told);
}

static inline void check_text(const char *expected, const char *text, const char *what,
                              const char *file, int line) {
  char told[512];
  if (text != NULL && strcmp(expected, text) == 0) return;
  snprintf(told, sizeof told, "%s is %s, not %s", what, text == NULL ? "NULL" : text, expected);
  fail(file, line, told);
}

static inline int passes(const test_case *one) {
  if (setjmp(test_end_of_case) != 0) {
    printf("FAILED %s\n", one->name);
    return 0;
  }
  one->body();
  printf("ok %s\n", one->name);
  return 1;
}

/* Gives the exit status. */
static inline int run_cases(const test_case *cases, size_t count) {
  size_t passed = 0;
  test_thread = pthread_self();
  for (size_t i = 0; i < count; i++) {
    passed += (size_t)passes(&cases[i]);
    fflush(stdout);
  }
  printf("%zu passed, %zu failed\n", passed, count - passed);
  return passed == count ? 0 : 1;
}

#define RUN(cases) run_cases((cases), COUNT(cases))

/* ---- time ---- */

static inline int64_t now_ms(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* For what nothing tells of: `while (!condition) wait_a_little(deadline)`. */
static inline void wait_a_little(int64_t deadline_ms) {
  CHECK(now_ms() < deadline_ms);
  poll(NULL, 0, 10);
}

static inline int64_t in_time(void) { return now_ms() + DEADLINE_MS; }

/* ---- configurations and nodes ---- */

/* A node with a fresh identity and the streams `chat` and `notes`. */
static inline glueberry_config_t *new_config(const char *listen) {
  glueberry_identity_t *identity = NULL;
  glueberry_config_t *config = NULL;
  CHECK_OK(glueberry_identity_generate(&identity, ERR));
  CHECK_OK(glueberry_config_new(identity, &config, ERR));
  glueberry_identity_free(identity);
  CHECK_OK(glueberry_config_add_stream(config, "chat", NTS, NULL, ERR));
  CHECK_OK(glueberry_config_add_stream(config, "notes", NTS, NULL, ERR));
  if (listen != NULL) CHECK_OK(glueberry_config_add_listen_address(config, listen, NTS, ERR));
  return config;
}

/* Takes the configuration. */
static inline glueberry_node_t *start(glueberry_config_t *config) {
  glueberry_node_t *node = NULL;
  CHECK_OK(glueberry_node_start(config, &node, ERR));
  glueberry_config_free(config);
  return node;
}

static inline void stop(glueberry_node_t *node) {
  CHECK_OK(glueberry_node_shutdown(node, DEADLINE_MS, ERR));
  glueberry_node_free(node);
}

static inline glueberry_peer_id_t id_of(const glueberry_node_t *node) {
  glueberry_peer_id_t peer;
  CHECK_OK(glueberry_node_peer_id(node, &peer));
  return peer;
}

static inline int is_same(const glueberry_peer_id_t *one, const glueberry_peer_id_t *other) {
  return memcmp(one->key, other->key, sizeof one->key) == 0;
}

/* A peer that nobody is. */
static inline glueberry_peer_id_t stranger(void) {
  glueberry_identity_t *identity = NULL;
  glueberry_peer_id_t peer;
  CHECK_OK(glueberry_identity_generate(&identity, ERR));
  CHECK_OK(glueberry_identity_peer_id(identity, &peer));
  glueberry_identity_free(identity);
  return peer;
}

#define ADDRESS_SIZE 256

/* Where the node listens first. */
static inline void address_of(const glueberry_node_t *node, char address[ADDRESS_SIZE]) {
  glueberry_strings_t *addresses = NULL;
  CHECK_OK(glueberry_node_listen_addresses(node, &addresses, ERR));
  CHECK(glueberry_strings_count(addresses) > 0);
  snprintf(address, ADDRESS_SIZE, "%s", glueberry_strings_get(addresses, 0));
  glueberry_strings_free(addresses);
}

static inline glueberry_peer_id_t dial(const glueberry_node_t *from, const glueberry_node_t *to) {
  char address[ADDRESS_SIZE];
  glueberry_peer_id_t peer;
  address_of(to, address);
  CHECK_OK(glueberry_node_connect(from, address, NTS, DEADLINE_MS, &peer, ERR));
  return peer;
}

/* Anna listens and Bruno has dialed her; both are established. */
typedef struct test_pair {
  glueberry_node_t *anna;
  glueberry_node_t *bruno;
  glueberry_peer_id_t to_anna;
  glueberry_peer_id_t to_bruno;
} test_pair;

/* Takes the configurations; Anna's names where she listens. */
static inline test_pair two_nodes_of(glueberry_config_t *annas, glueberry_config_t *brunos) {
  test_pair pair;
  pair.anna = start(annas);
  pair.bruno = start(brunos);
  pair.to_bruno = id_of(pair.bruno);
  pair.to_anna = dial(pair.bruno, pair.anna);
  CHECK_OK(glueberry_node_wait_established(pair.anna, &pair.to_bruno, DEADLINE_MS, ERR));
  return pair;
}

static inline test_pair two_nodes(void) {
  return two_nodes_of(new_config(LOOPBACK), new_config(NULL));
}

static inline void stop_both(test_pair *pair) {
  stop(pair->bruno);
  stop(pair->anna);
}

/* ---- events ---- */

/* All events, or those of one kind and OP_DONE. */
static inline glueberry_events_t *events_of_kind(const glueberry_node_t *node, int32_t kind) {
  glueberry_event_filter_t filter = {.size = sizeof filter, .kinds = &kind, .kind_count = 1};
  glueberry_events_t *events = NULL;
  CHECK_OK(glueberry_node_events(node, kind == 0 ? NULL : &filter, &events, ERR));
  return events;
}

static inline glueberry_events_t *events_of(const glueberry_node_t *node) {
  return events_of_kind(node, 0);
}

static inline glueberry_event_view_t view_of(const glueberry_event_t *event) {
  glueberry_event_view_t view = {.size = sizeof view};
  CHECK_OK(glueberry_event_read(event, &view));
  return view;
}

static inline glueberry_event_t *next_event(const glueberry_events_t *events) {
  glueberry_event_t *event = NULL;
  CHECK_OK(glueberry_events_next(events, DEADLINE_MS, &event));
  CHECK(event != NULL);
  return event;
}

/* Reads on until the event of this kind; OP_DONE with this tag. The caller frees it. */
static inline glueberry_event_t *await_event(const glueberry_events_t *events, int32_t kind,
                                             uint64_t tag) {
  const int64_t deadline = in_time();
  for (;;) {
    glueberry_event_t *const event = next_event(events);
    const glueberry_event_view_t view = view_of(event);
    if (view.kind == kind && view.tag == tag) return event;
    glueberry_event_free(event);
    CHECK(now_ms() < deadline);
  }
}

static inline void await_kind(const glueberry_events_t *events, int32_t kind) {
  glueberry_event_free(await_event(events, kind, 0));
}

/* The status with which the operation ended. */
static inline int32_t await_done(const glueberry_events_t *events, uint64_t tag) {
  glueberry_event_t *const event = await_event(events, GLUEBERRY_EVENT_OP_DONE, tag);
  const int32_t status = view_of(event).status;
  glueberry_event_free(event);
  return status;
}

/* Reads on to the end, which has to come in time. */
static inline void expect_end_of_events(const glueberry_events_t *events) {
  int32_t status = GLUEBERRY_OK;
  while (status == GLUEBERRY_OK) {
    glueberry_event_t *event = NULL;
    status = glueberry_events_next(events, DEADLINE_MS, &event);
    glueberry_event_free(event);
  }
  CHECK_STATUS(GLUEBERRY_CLOSED, status);
}

/* ---- messages ---- */

static inline glueberry_messages_t *messages_of(const glueberry_node_t *node, const char *stream) {
  glueberry_messages_t *messages = NULL;
  CHECK_OK(glueberry_node_messages(node, stream, NTS, &messages, ERR));
  return messages;
}

static inline glueberry_message_t *next_message(const glueberry_messages_t *messages) {
  glueberry_message_t *message = NULL;
  CHECK_OK(glueberry_messages_next(messages, DEADLINE_MS, &message));
  CHECK(message != NULL);
  return message;
}

static inline void send_bytes(const glueberry_node_t *node, const glueberry_peer_id_t *peer,
                              const char *stream, const void *data, size_t len) {
  CHECK_OK(glueberry_node_send(node, peer, stream, NTS, data, len, DEADLINE_MS, ERR));
}

static inline void send_text(const glueberry_node_t *node, const glueberry_peer_id_t *peer,
                             const char *stream, const char *text) {
  send_bytes(node, peer, stream, text, strlen(text));
}

static inline void send_number(const glueberry_node_t *node, const glueberry_peer_id_t *peer,
                               uint32_t number) {
  send_bytes(node, peer, "chat", &number, sizeof number);
}

static inline void expect_bytes(const glueberry_message_t *message, const void *bytes,
                                size_t size) {
  const uint8_t *data = NULL;
  size_t len = 0;
  CHECK_OK(glueberry_message_data(message, &data, &len));
  CHECK(len == size);
  CHECK(size == 0 || memcmp(data, bytes, size) == 0);
}

static inline void expect_text(const glueberry_messages_t *messages, const char *text) {
  glueberry_message_t *const message = next_message(messages);
  expect_bytes(message, text, strlen(text));
  glueberry_message_free(message);
}

static inline uint32_t number_in(const glueberry_message_t *message) {
  const uint8_t *data = NULL;
  size_t len = 0;
  uint32_t number = 0;
  CHECK_OK(glueberry_message_data(message, &data, &len));
  CHECK(len == sizeof number);
  memcpy(&number, data, sizeof number);
  return number;
}

static inline void expect_number(const glueberry_messages_t *messages, uint32_t number) {
  glueberry_message_t *const message = next_message(messages);
  CHECK(number_in(message) == number);
  glueberry_message_free(message);
}

/* Sends on `chat`, which nobody reads, until nothing has found room for a second: then the buffers
 * of both sides and all between them are full. Gives how many messages that took. */
static inline size_t fill(const glueberry_node_t *node, const glueberry_peer_id_t *peer) {
  static const uint8_t data[16384];
  const int64_t deadline = in_time();
  int64_t full_since = now_ms();
  size_t sent = 0;
  while (now_ms() - full_since < 1000) {
    const int32_t status = glueberry_node_try_send(node, peer, "chat", NTS, data, sizeof data, ERR);
    if (status == GLUEBERRY_WOULD_BLOCK) {
      wait_a_little(deadline);
      continue;
    }
    CHECK_OK(status);
    sent++;
    full_since = now_ms();
  }
  return sent;
}

/* ---- threads ---- */

static inline pthread_t spawn(void *(*body)(void *), void *argument) {
  pthread_t thread;
  CHECK(pthread_create(&thread, NULL, body, argument) == 0);
  return thread;
}

/* The program has a deadline of its own: a thread that never ends is found by it. */
static inline void join(pthread_t thread) { CHECK(pthread_join(thread, NULL) == 0); }

#endif
