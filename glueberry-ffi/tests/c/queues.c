/* Queues that are pulled and polled: waiting, batches, descriptors, and how they end. */
#include "test.h"

#include <sys/epoll.h>

/* ---- next and drain ---- */

static void an_empty_queue_gives_nothing_in_time(void) {
  glueberry_node_t *const node = start(new_config(NULL));
  glueberry_events_t *const events = events_of(node);
  glueberry_messages_t *const messages = messages_of(node, "chat");
  glueberry_event_t *event = (glueberry_event_t *)&event;
  glueberry_message_t *message = (glueberry_message_t *)&message;
  for (int64_t wait = 0; wait < 2; wait++) {
    CHECK_STATUS(GLUEBERRY_TIMEOUT, glueberry_events_next(events, wait, &event));
    CHECK_STATUS(GLUEBERRY_TIMEOUT, glueberry_messages_next(messages, wait, &message));
    CHECK(event == NULL && message == NULL);
  }
  CHECK_STATUS(GLUEBERRY_E_INVALID_ARGUMENT, glueberry_events_next(events, -2, &event));
  CHECK_STATUS(GLUEBERRY_E_INVALID_ARGUMENT, glueberry_messages_next(messages, -2, &message));
  glueberry_events_free(events);
  glueberry_messages_free(messages);
  stop(node);
}

static void send_numbers(const test_pair *pair, uint32_t from, uint32_t until) {
  for (uint32_t i = from; i < until; i++) send_number(pair->bruno, &pair->to_anna, i);
}

/* Takes at most so many. Gives how many came: the numbers from this one on. */
static size_t drain(const glueberry_messages_t *messages, size_t most, uint32_t from) {
  glueberry_message_t *array[64] = {NULL};
  size_t count = 99;
  const int32_t status = glueberry_messages_drain(messages, most, array, &count);
  CHECK(count <= most);
  CHECK_STATUS(count == 0 ? GLUEBERRY_TIMEOUT : GLUEBERRY_OK, status);
  for (size_t i = 0; i < count; i++) {
    CHECK(number_in(array[i]) == from + i);
    glueberry_message_free(array[i]);
  }
  return count;
}

static void a_drain_takes_in_order_and_no_more_than_was_asked_for(void) {
  test_pair pair = two_nodes();
  glueberry_messages_t *const messages = messages_of(pair.anna, "chat");
  uint32_t taken = (uint32_t)drain(messages, 64, 0);
  CHECK(taken == 0);
  send_numbers(&pair, 0, 50);
  const int64_t deadline = in_time();
  while (taken < 50) {
    const size_t count = drain(messages, 7, taken);
    if (count == 0) wait_a_little(deadline);
    taken += (uint32_t)count;
  }
  CHECK(drain(messages, 7, taken) == 0);
  glueberry_messages_free(messages);
  stop_both(&pair);
}

static void events_are_drained_to_their_end(void) {
  glueberry_node_t *const node = start(new_config(NULL));
  glueberry_events_t *const events = events_of_kind(node, GLUEBERRY_EVENT_LISTEN_ADDRESS);
  glueberry_event_t *array[8] = {NULL};
  size_t count = 99;
  CHECK_STATUS(GLUEBERRY_TIMEOUT, glueberry_events_drain(events, 8, array, &count));
  CHECK(count == 0);
  for (int i = 0; i < 3; i++) {
    CHECK_OK(glueberry_node_listen(node, LOOPBACK, NTS, DEADLINE_MS, NULL, ERR));
  }
  CHECK_OK(glueberry_events_drain(events, 2, array, &count));
  CHECK(count == 2);
  CHECK_OK(glueberry_node_shutdown(node, DEADLINE_MS, ERR));
  CHECK_OK(glueberry_events_drain(events, 6, array + 2, &count));
  CHECK(count == 1);
  for (size_t i = 0; i < 3; i++) {
    CHECK(view_of(array[i]).kind == GLUEBERRY_EVENT_LISTEN_ADDRESS);
    glueberry_event_free(array[i]);
  }
  CHECK_STATUS(GLUEBERRY_CLOSED, glueberry_events_drain(events, 8, array, &count));
  CHECK(count == 0);
  glueberry_events_free(events);
  stop(node);
}

/* ---- descriptors ---- */

static int is_readable(int32_t fd, int timeout_ms) {
  struct pollfd polled = {.fd = fd, .events = POLLIN};
  CHECK(poll(&polled, 1, timeout_ms) >= 0);
  return (polled.revents & POLLIN) != 0;
}

static void a_descriptor_is_readable_while_something_is_unread(void) {
  test_pair pair = two_nodes();
  glueberry_messages_t *const messages = messages_of(pair.anna, "chat");
  int32_t fd = -1, again = -1;
  CHECK_OK(glueberry_messages_fd(messages, &fd, ERR));
  CHECK_OK(glueberry_messages_fd(messages, &again, ERR));
  CHECK(fd >= 0 && fd == again);
  for (uint32_t round = 0; round < 20; round++) {
    CHECK(!is_readable(fd, 0));
    send_numbers(&pair, 0, 3);
    for (uint32_t i = 0; i < 3; i++) {
      CHECK(is_readable(fd, DEADLINE_MS));
      CHECK(is_readable(fd, 0));
      expect_number(messages, i);
    }
  }
  CHECK_OK(glueberry_messages_close(messages));
  CHECK(is_readable(fd, DEADLINE_MS));
  glueberry_messages_free(messages);
  stop_both(&pair);
}

/* Something that came before the descriptor was asked for makes it readable as well. */
static void a_descriptor_knows_what_came_before_it(void) {
  glueberry_node_t *const node = start(new_config(NULL));
  glueberry_events_t *const events = events_of_kind(node, GLUEBERRY_EVENT_LISTEN_ADDRESS);
  int32_t fd = -1;
  CHECK_OK(glueberry_node_listen(node, LOOPBACK, NTS, DEADLINE_MS, NULL, ERR));
  CHECK_OK(glueberry_events_fd(events, &fd, ERR));
  CHECK(is_readable(fd, DEADLINE_MS));
  glueberry_event_free(next_event(events));
  CHECK(!is_readable(fd, 0));
  stop(node);
  CHECK(is_readable(fd, DEADLINE_MS));
  expect_end_of_events(events);
  CHECK(is_readable(fd, 0));
  glueberry_events_free(events);
}

static void epoll_tells_until_all_is_read(void) {
  test_pair pair = two_nodes();
  glueberry_messages_t *const messages = messages_of(pair.anna, "chat");
  struct epoll_event wanted = {.events = EPOLLIN}, told;
  int32_t fd = -1;
  CHECK_OK(glueberry_messages_fd(messages, &fd, ERR));
  const int epoll = epoll_create1(EPOLL_CLOEXEC);
  CHECK(epoll >= 0 && epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &wanted) == 0);
  CHECK(epoll_wait(epoll, &told, 1, 0) == 0);
  send_numbers(&pair, 0, 2);
  for (uint32_t i = 0; i < 2; i++) {
    CHECK(epoll_wait(epoll, &told, 1, DEADLINE_MS) == 1);
    CHECK(epoll_wait(epoll, &told, 1, 0) == 1);
    expect_number(messages, i);
  }
  CHECK(epoll_wait(epoll, &told, 1, 0) == 0);
  CHECK(close(epoll) == 0);
  glueberry_messages_free(messages);
  stop_both(&pair);
}

/* ---- closing ---- */

static void *wait_for_an_event(void *events) {
  glueberry_event_t *event = NULL;
  CHECK_STATUS(GLUEBERRY_CLOSED, glueberry_events_next(events, GLUEBERRY_FOREVER, &event));
  CHECK(event == NULL);
  return NULL;
}

static void *wait_for_a_message(void *messages) {
  glueberry_message_t *message = NULL;
  CHECK_STATUS(GLUEBERRY_CLOSED, glueberry_messages_next(messages, GLUEBERRY_FOREVER, &message));
  CHECK(message == NULL);
  return NULL;
}

/* Rounds, because a waiter may come before the close or after it. */
static void a_closed_queue_wakes_its_waiters(void) {
  glueberry_node_t *const node = start(new_config(NULL));
  for (int round = 0; round < 50; round++) {
    glueberry_events_t *const events = events_of(node);
    glueberry_messages_t *const messages = messages_of(node, "chat");
    const pthread_t waiters[] = {spawn(wait_for_an_event, events), spawn(wait_for_an_event, events),
                                 spawn(wait_for_a_message, messages),
                                 spawn(wait_for_a_message, messages)};
    poll(NULL, 0, round % 3);
    CHECK_OK(glueberry_events_close(events));
    CHECK_OK(glueberry_messages_close(messages));
    for (size_t i = 0; i < COUNT(waiters); i++) join(waiters[i]);
    glueberry_events_free(events);
    glueberry_messages_free(messages);
  }
  stop(node);
}

static void the_end_of_a_node_wakes_its_waiters(void) {
  glueberry_node_t *const node = start(new_config(NULL));
  glueberry_events_t *const events = events_of_kind(node, GLUEBERRY_EVENT_LAGGED);
  glueberry_messages_t *const messages = messages_of(node, "chat");
  const pthread_t waiters[] = {spawn(wait_for_an_event, events),
                               spawn(wait_for_a_message, messages)};
  glueberry_node_free(node);
  for (size_t i = 0; i < COUNT(waiters); i++) join(waiters[i]);
  glueberry_events_free(events);
  glueberry_messages_free(messages);
}

static void a_close_is_idempotent_and_throws_away_events(void) {
  glueberry_node_t *const node = start(new_config(NULL));
  glueberry_events_t *const events = events_of(node);
  glueberry_event_t *event = NULL;
  CHECK_OK(glueberry_node_listen(node, LOOPBACK, NTS, DEADLINE_MS, NULL, ERR));
  CHECK_OK(glueberry_events_close(events));
  CHECK_OK(glueberry_events_close(events));
  CHECK_STATUS(GLUEBERRY_CLOSED, glueberry_events_next(events, DEADLINE_MS, &event));
  glueberry_events_free(events);
  stop(node);
}

static void queues_outlive_their_node_and_end(void) {
  glueberry_node_t *const node = start(new_config(NULL));
  glueberry_events_t *const events = events_of(node);
  glueberry_messages_t *const messages = messages_of(node, "chat");
  glueberry_message_t *message = NULL;
  glueberry_node_free(node);
  expect_end_of_events(events);
  CHECK_STATUS(GLUEBERRY_CLOSED, glueberry_messages_next(messages, DEADLINE_MS, &message));
  glueberry_events_free(events);
  glueberry_messages_free(messages);
}

/* ---- consumers ---- */

static void expect_taken(const glueberry_node_t *node) {
  glueberry_messages_t *second = (glueberry_messages_t *)&second;
  CHECK_STATUS(GLUEBERRY_E_CONSUMER_TAKEN,
               glueberry_node_messages(node, "chat", NTS, &second, ERR));
  CHECK(second == NULL);
}

static void a_stream_has_one_consumer_at_a_time(void) {
  glueberry_node_t *const node = start(new_config(NULL));
  glueberry_messages_t *const first = messages_of(node, "chat");
  glueberry_messages_t *all = NULL;
  expect_taken(node);
  CHECK_STATUS(GLUEBERRY_E_CONSUMER_TAKEN, glueberry_node_all_messages(node, &all, ERR));
  CHECK(all == NULL);
  glueberry_messages_free(messages_of(node, "notes"));
  CHECK_OK(glueberry_messages_close(first));
  CHECK_OK(glueberry_node_all_messages(node, &all, ERR));
  expect_taken(node);
  glueberry_messages_free(all);
  glueberry_messages_free(messages_of(node, "chat"));
  glueberry_messages_free(first);
  stop(node);
}

static void all_messages_come_with_their_streams(void) {
  test_pair pair = two_nodes();
  glueberry_messages_t *all = NULL;
  int seen_chat = 0, seen_notes = 0;
  CHECK_OK(glueberry_node_all_messages(pair.anna, &all, ERR));
  send_text(pair.bruno, &pair.to_anna, "chat", "one");
  send_text(pair.bruno, &pair.to_anna, "notes", "two");
  for (int i = 0; i < 2; i++) {
    glueberry_message_t *const message = next_message(all);
    const int is_chat = strcmp(glueberry_message_stream(message), "chat") == 0;
    expect_bytes(message, is_chat ? "one" : "two", 3);
    *(is_chat ? &seen_chat : &seen_notes) += 1;
    glueberry_message_free(message);
  }
  CHECK(seen_chat == 1 && seen_notes == 1);
  glueberry_messages_free(all);
  stop_both(&pair);
}

static void what_one_consumer_did_not_read_the_next_one_gets(void) {
  test_pair pair = two_nodes();
  glueberry_messages_t *const first = messages_of(pair.anna, "chat");
  send_numbers(&pair, 0, 10);
  CHECK_OK(glueberry_node_flush(pair.bruno, &pair.to_anna, "chat", NTS, DEADLINE_MS, ERR));
  for (uint32_t i = 0; i < 3; i++) expect_number(first, i);
  CHECK_OK(glueberry_messages_close(first));
  glueberry_messages_t *const second = messages_of(pair.anna, "chat");
  for (uint32_t i = 3; i < 6; i++) expect_number(second, i);
  glueberry_messages_free(first);
  glueberry_messages_free(second);
  glueberry_messages_t *const third = messages_of(pair.anna, "chat");
  for (uint32_t i = 6; i < 10; i++) expect_number(third, i);
  glueberry_messages_free(third);
  stop_both(&pair);
}

static void subscribers_each_get_every_event(void) {
  glueberry_node_t *const node = start(new_config(NULL));
  glueberry_events_t *const one = events_of(node), *const other = events_of(node);
  CHECK_OK(glueberry_node_listen(node, LOOPBACK, NTS, DEADLINE_MS, NULL, ERR));
  await_kind(one, GLUEBERRY_EVENT_LISTEN_ADDRESS);
  await_kind(other, GLUEBERRY_EVENT_LISTEN_ADDRESS);
  glueberry_events_free(one);
  glueberry_events_free(other);
  stop(node);
}

/* ---- several threads at one queue ---- */

enum { NUMBERS = 2000, PULLERS = 4 };

typedef struct pulled {
  const glueberry_messages_t *messages;
  pthread_mutex_t lock;
  int seen[NUMBERS];
  size_t total;
} pulled;

static void note(pulled *pulled, const glueberry_message_t *message) {
  const uint32_t number = number_in(message);
  CHECK(number < NUMBERS);
  pthread_mutex_lock(&pulled->lock);
  pulled->seen[number]++;
  /* The last one closes the queue, which ends the other threads. */
  if (++pulled->total == NUMBERS) CHECK_OK(glueberry_messages_close(pulled->messages));
  pthread_mutex_unlock(&pulled->lock);
}

static void *pull_one_by_one(void *argument) {
  pulled *const all = argument;
  for (;;) {
    glueberry_message_t *message = NULL;
    const int32_t status = glueberry_messages_next(all->messages, DEADLINE_MS, &message);
    if (status == GLUEBERRY_CLOSED) return NULL;
    CHECK_OK(status);
    note(all, message);
    glueberry_message_free(message);
  }
}

static void several_threads_at_one_queue_lose_and_double_nothing(void) {
  static pulled all = {.lock = PTHREAD_MUTEX_INITIALIZER};
  test_pair pair = two_nodes();
  glueberry_messages_t *const messages = messages_of(pair.anna, "chat");
  pthread_t pullers[PULLERS];
  all.messages = messages;
  for (size_t i = 0; i < PULLERS; i++) pullers[i] = spawn(pull_one_by_one, &all);
  send_numbers(&pair, 0, NUMBERS);
  for (size_t i = 0; i < PULLERS; i++) join(pullers[i]);
  for (size_t i = 0; i < NUMBERS; i++) CHECK(all.seen[i] == 1);
  glueberry_messages_free(messages);
  stop_both(&pair);
}

int main(void) {
  static const test_case cases[] = {
      CASE(an_empty_queue_gives_nothing_in_time),
      CASE(a_drain_takes_in_order_and_no_more_than_was_asked_for),
      CASE(events_are_drained_to_their_end),
      CASE(a_descriptor_is_readable_while_something_is_unread),
      CASE(a_descriptor_knows_what_came_before_it),
      CASE(epoll_tells_until_all_is_read),
      CASE(a_closed_queue_wakes_its_waiters),
      CASE(the_end_of_a_node_wakes_its_waiters),
      CASE(a_close_is_idempotent_and_throws_away_events),
      CASE(queues_outlive_their_node_and_end),
      CASE(a_stream_has_one_consumer_at_a_time),
      CASE(all_messages_come_with_their_streams),
      CASE(what_one_consumer_did_not_read_the_next_one_gets),
      CASE(subscribers_each_get_every_event),
      CASE(several_threads_at_one_queue_lose_and_double_nothing),
  };
  return RUN(cases);
}
