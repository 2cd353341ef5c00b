/* Queues that call back: one call at a time, on one thread, and what a callback may do. */
#include "test.h"

enum { MOST = 4096 };

/* What a callback saw. It is checked by the case: a callback only notes. */
typedef struct seen {
  pthread_mutex_t lock;
  pthread_cond_t changed;
  pthread_t thread;
  uint32_t numbers[MOST];
  size_t count;
  int is_inside;
  int overlaps;
  int other_threads;
  int destroyed;
  int calls_after_destroy;
  /* What it does besides, and with what. */
  void (*act)(struct seen *seen);
  const test_pair *pair;
  glueberry_messages_t *messages;
  glueberry_events_t *events;
  glueberry_node_t *node;
  int32_t statuses[16];
  size_t status_count;
} seen;

static seen *new_seen(void) {
  seen *const made = calloc(1, sizeof *made);
  pthread_condattr_t monotonic;
  CHECK(made != NULL);
  CHECK(pthread_mutex_init(&made->lock, NULL) == 0);
  CHECK(pthread_condattr_init(&monotonic) == 0);
  CHECK(pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC) == 0);
  CHECK(pthread_cond_init(&made->changed, &monotonic) == 0);
  return made;
}

static void begin_call(seen *seen) {
  pthread_mutex_lock(&seen->lock);
  seen->overlaps += seen->is_inside;
  seen->is_inside = 1;
  if (seen->count == 0) seen->thread = pthread_self();
  seen->other_threads += !pthread_equal(seen->thread, pthread_self());
  seen->calls_after_destroy += seen->destroyed;
  pthread_mutex_unlock(&seen->lock);
}

static void end_call(seen *seen, uint32_t number) {
  pthread_mutex_lock(&seen->lock);
  if (seen->count < MOST) seen->numbers[seen->count++] = number;
  seen->is_inside = 0;
  pthread_cond_broadcast(&seen->changed);
  pthread_mutex_unlock(&seen->lock);
}

static void on_message(void *user_data, const glueberry_message_t *message) {
  seen *const all = user_data;
  begin_call(all);
  if (all->act != NULL) all->act(all);
  end_call(all, number_in(message));
}

static void on_event(void *user_data, const glueberry_event_t *event) {
  seen *const all = user_data;
  begin_call(all);
  if (all->act != NULL) all->act(all);
  end_call(all, (uint32_t)view_of(event).kind);
}

static void on_destroy(void *user_data) {
  seen *const all = user_data;
  pthread_mutex_lock(&all->lock);
  all->overlaps += all->is_inside;
  all->destroyed++;
  pthread_cond_broadcast(&all->changed);
  pthread_mutex_unlock(&all->lock);
}

static glueberry_message_callback_t to_messages(seen *seen) {
  const glueberry_message_callback_t callback = {
      .size = sizeof callback, .user_data = seen, .on_message = on_message, .destroy = on_destroy};
  return callback;
}

static glueberry_event_callback_t to_events(seen *seen) {
  const glueberry_event_callback_t callback = {
      .size = sizeof callback, .user_data = seen, .on_event = on_event, .destroy = on_destroy};
  return callback;
}

static void call_back(const glueberry_messages_t *messages, seen *seen) {
  const glueberry_message_callback_t callback = to_messages(seen);
  CHECK_OK(glueberry_messages_set_callback(messages, &callback, ERR));
}

static void call_back_events(const glueberry_events_t *events, seen *seen) {
  const glueberry_event_callback_t callback = to_events(seen);
  CHECK_OK(glueberry_events_set_callback(events, &callback, ERR));
}

/* Waits, with a deadline, until so many calls and destroys were seen. */
static void await_seen(seen *seen, size_t count, int destroyed) {
  struct timespec deadline;
  int failure = 0;
  clock_gettime(CLOCK_MONOTONIC, &deadline);
  deadline.tv_sec += DEADLINE_MS / 1000;
  pthread_mutex_lock(&seen->lock);
  while (failure == 0 && (seen->count < count || seen->destroyed < destroyed)) {
    failure = pthread_cond_timedwait(&seen->changed, &seen->lock, &deadline);
  }
  pthread_mutex_unlock(&seen->lock);
  CHECK(failure == 0);
}

/* After the last call of it. */
static void expect_good_end(seen *seen) {
  await_seen(seen, 0, 1);
  pthread_mutex_lock(&seen->lock);
  const int destroyed = seen->destroyed, late = seen->calls_after_destroy;
  const int overlaps = seen->overlaps, others = seen->other_threads;
  pthread_mutex_unlock(&seen->lock);
  CHECK(destroyed == 1 && late == 0);
  CHECK(overlaps == 0 && others == 0);
}

/* The library is done with it: its node is gone. */
static void forget(seen *seen) {
  CHECK(seen->destroyed <= 1);
  pthread_cond_destroy(&seen->changed);
  pthread_mutex_destroy(&seen->lock);
  free(seen);
}

static void send_numbers(const test_pair *pair, uint32_t from, uint32_t until) {
  for (uint32_t i = from; i < until; i++) send_number(pair->bruno, &pair->to_anna, i);
}

/* ---- calls ---- */

static void calls_come_in_order_one_at_a_time_on_one_thread(void) {
  test_pair pair = two_nodes();
  seen *const all = new_seen();
  glueberry_messages_t *const messages = messages_of(pair.anna, "chat");
  call_back(messages, all);
  send_numbers(&pair, 0, 1000);
  await_seen(all, 1000, 0);
  for (uint32_t i = 0; i < 1000; i++) CHECK(all->numbers[i] == i);
  CHECK(!pthread_equal(all->thread, pthread_self()));
  glueberry_messages_free(messages);
  expect_good_end(all);
  stop_both(&pair);
  forget(all);
}

static void all_queues_of_a_node_call_on_the_same_thread(void) {
  test_pair pair = two_nodes();
  seen *const messages_seen = new_seen(), *const events_seen = new_seen();
  glueberry_messages_t *const messages = messages_of(pair.anna, "chat");
  glueberry_events_t *const events = events_of_kind(pair.anna, GLUEBERRY_EVENT_LISTEN_ADDRESS);
  call_back(messages, messages_seen);
  call_back_events(events, events_seen);
  send_numbers(&pair, 0, 1);
  CHECK_OK(glueberry_node_listen(pair.anna, LOOPBACK, NTS, DEADLINE_MS, NULL, ERR));
  await_seen(messages_seen, 1, 0);
  await_seen(events_seen, 1, 0);
  CHECK(pthread_equal(messages_seen->thread, events_seen->thread));
  CHECK(events_seen->numbers[0] == GLUEBERRY_EVENT_LISTEN_ADDRESS);
  stop_both(&pair);
  expect_good_end(messages_seen);
  expect_good_end(events_seen);
  glueberry_messages_free(messages);
  glueberry_events_free(events);
  forget(messages_seen);
  forget(events_seen);
}

static void what_came_before_the_callback_is_called_back(void) {
  test_pair pair = two_nodes();
  seen *const all = new_seen();
  glueberry_messages_t *const messages = messages_of(pair.anna, "chat");
  send_numbers(&pair, 0, 10);
  expect_number(messages, 0);
  call_back(messages, all);
  await_seen(all, 9, 0);
  for (uint32_t i = 0; i < 9; i++) CHECK(all->numbers[i] == i + 1);
  glueberry_messages_free(messages);
  expect_good_end(all);
  stop_both(&pair);
  forget(all);
}

static void a_completion_is_called_back(void) {
  glueberry_node_t *const node = start(new_config(NULL));
  glueberry_events_t *const events = events_of_kind(node, GLUEBERRY_EVENT_LAGGED);
  seen *const all = new_seen();
  call_back_events(events, all);
  CHECK_OK(glueberry_node_listen_start(node, LOOPBACK, NTS, DEADLINE_MS, events, 7, NULL, ERR));
  await_seen(all, 1, 0);
  CHECK(all->numbers[0] == GLUEBERRY_EVENT_OP_DONE);
  stop(node);
  expect_good_end(all);
  CHECK(all->count == 1);
  glueberry_events_free(events);
  forget(all);
}

/* ---- what a callback may do ---- */

static void note_status(seen *seen, int32_t status) {
  if (seen->status_count < COUNT(seen->statuses)) seen->statuses[seen->status_count++] = status;
}

/* Runs it inside the callback of one message, and gives what the callback noted. */
static seen *act_inside(test_pair *pair, void (*act)(seen *seen)) {
  seen *const all = new_seen();
  all->act = act;
  all->pair = pair;
  all->node = pair->anna;
  all->messages = messages_of(pair->anna, "chat");
  all->events = events_of_kind(pair->anna, GLUEBERRY_EVENT_LAGGED);
  call_back(all->messages, all);
  send_numbers(pair, 0, 1);
  await_seen(all, 1, 0);
  return all;
}

static void wait_in_every_way(seen *seen) {
  const glueberry_peer_id_t *const peer = &seen->pair->to_bruno;
  glueberry_event_t *event = NULL;
  note_status(seen, glueberry_node_send(seen->node, peer, "notes", NTS, NULL, 0, 1000, NULL));
  note_status(seen, glueberry_node_flush(seen->node, peer, "notes", NTS, 1000, NULL));
  note_status(seen, glueberry_node_listen(seen->node, LOOPBACK, NTS, 1000, NULL, NULL));
  note_status(seen, glueberry_node_wait_established(seen->node, peer, GLUEBERRY_FOREVER, NULL));
  note_status(seen, glueberry_node_disconnect(seen->node, peer, GLUEBERRY_FOREVER, NULL));
  note_status(seen, glueberry_node_shutdown(seen->node, GLUEBERRY_FOREVER, NULL));
  note_status(seen, glueberry_events_next(seen->events, GLUEBERRY_FOREVER, &event));
}

static void end(seen *seen, test_pair *pair) {
  stop_both(pair);
  expect_good_end(seen);
  glueberry_messages_free(seen->messages);
  glueberry_events_free(seen->events);
  forget(seen);
}

static void a_call_that_waits_inside_a_callback_is_refused_at_once(void) {
  test_pair pair = two_nodes();
  seen *const all = act_inside(&pair, wait_in_every_way);
  CHECK(all->status_count == 7);
  for (size_t i = 0; i < all->status_count; i++) {
    CHECK_STATUS(GLUEBERRY_E_WOULD_DEADLOCK, all->statuses[i]);
  }
  end(all, &pair);
}

static void do_what_never_waits(seen *seen) {
  const glueberry_peer_id_t *const peer = &seen->pair->to_bruno;
  glueberry_event_t *event = NULL;
  glueberry_peers_t *peers = NULL;
  note_status(seen, glueberry_node_try_send(seen->node, peer, "notes", NTS, NULL, 0, NULL));
  note_status(seen, glueberry_node_send_start(seen->node, peer, "notes", NTS, NULL, 0, DEADLINE_MS,
                                              seen->events, 1, NULL, NULL));
  note_status(seen, glueberry_node_peers(seen->node, &peers, NULL));
  note_status(seen, glueberry_node_send(seen->node, peer, "notes", NTS, NULL, 0, 0, NULL));
  const int32_t status = glueberry_events_next(seen->events, 0, &event);
  note_status(seen, status == GLUEBERRY_TIMEOUT ? GLUEBERRY_OK : status);
  if (event != NULL) note_status(seen, view_of(event).status);
  glueberry_event_free(event);
  glueberry_peers_free(peers);
}

static void what_never_waits_is_allowed_inside_a_callback(void) {
  test_pair pair = two_nodes();
  seen *const all = act_inside(&pair, do_what_never_waits);
  CHECK(all->status_count >= 5);
  for (size_t i = 0; i < all->status_count; i++) CHECK_OK(all->statuses[i]);
  end(all, &pair);
}

static void begin_shutdown(seen *seen) {
  note_status(seen, glueberry_node_shutdown_start(seen->node, seen->events, 7, NULL, NULL));
}

static void a_shutdown_may_begin_inside_a_callback(void) {
  test_pair pair = two_nodes();
  seen *const all = act_inside(&pair, begin_shutdown);
  CHECK_OK(all->statuses[0]);
  CHECK_OK(await_done(all->events, 7));
  expect_end_of_events(all->events);
  end(all, &pair);
}

static void free_messages(seen *seen) {
  glueberry_messages_free(seen->messages);
  seen->messages = NULL;
}

static void a_queue_may_be_freed_inside_its_callback(void) {
  test_pair pair = two_nodes();
  seen *const all = act_inside(&pair, free_messages);
  await_seen(all, 1, 1);
  send_numbers(&pair, 1, 3);
  glueberry_messages_t *const next = messages_of(pair.anna, "chat");
  expect_number(next, 1);
  glueberry_messages_free(next);
  CHECK(all->count == 1);
  end(all, &pair);
}

static void free_node(seen *seen) {
  glueberry_node_free(seen->node);
  seen->node = NULL;
}

static void a_node_may_be_freed_inside_a_callback(void) {
  test_pair pair = two_nodes();
  seen *const all = act_inside(&pair, free_node);
  expect_good_end(all);
  expect_end_of_events(all->events);
  stop(pair.bruno);
  glueberry_messages_free(all->messages);
  glueberry_events_free(all->events);
  forget(all);
}

static void close_messages(seen *seen) {
  note_status(seen, glueberry_messages_close(seen->messages));
}

static void a_queue_may_be_closed_inside_its_callback(void) {
  test_pair pair = two_nodes();
  seen *const all = act_inside(&pair, close_messages);
  CHECK_OK(all->statuses[0]);
  expect_good_end(all);
  end(all, &pair);
}

/* ---- clearing ---- */

static void clear_after_three(seen *seen) {
  if (seen->count == 2) note_status(seen, glueberry_messages_clear_callback(seen->messages));
}

static void what_was_not_called_back_is_pulled(void) {
  test_pair pair = two_nodes();
  seen *const all = new_seen();
  all->act = clear_after_three;
  all->messages = messages_of(pair.anna, "chat");
  send_numbers(&pair, 0, 20);
  call_back(all->messages, all);
  expect_good_end(all);
  CHECK_OK(all->statuses[0]);
  CHECK(all->count == 3);
  for (uint32_t i = 3; i < 20; i++) expect_number(all->messages, i);
  glueberry_messages_free(all->messages);
  stop_both(&pair);
  forget(all);
}

/* Whenever it is cleared, each message is either called back or pulled, in order. */
static void clearing_from_outside_loses_nothing(void) {
  test_pair pair = two_nodes();
  glueberry_messages_t *const messages = messages_of(pair.anna, "chat");
  uint32_t next = 0;
  for (int round = 0; round < 20; round++) {
    seen *const all = new_seen();
    call_back(messages, all);
    send_numbers(&pair, next, next + 50);
    CHECK_OK(glueberry_messages_clear_callback(messages));
    CHECK_OK(glueberry_messages_clear_callback(messages));
    expect_good_end(all);
    CHECK(all->count <= 50);
    for (uint32_t i = 0; i < all->count; i++) CHECK(all->numbers[i] == next + i);
    for (uint32_t i = (uint32_t)all->count; i < 50; i++) expect_number(messages, next + i);
    next += 50;
    forget(all);
  }
  glueberry_messages_free(messages);
  stop_both(&pair);
}

static void a_callback_without_destroy_is_cleared_as_well(void) {
  glueberry_node_t *const node = start(new_config(NULL));
  glueberry_messages_t *const messages = messages_of(node, "chat");
  seen *const all = new_seen();
  glueberry_message_callback_t callback = to_messages(all);
  callback.destroy = NULL;
  CHECK_OK(glueberry_messages_set_callback(messages, &callback, ERR));
  CHECK_OK(glueberry_messages_clear_callback(messages));
  glueberry_messages_free(messages);
  stop(node);
  CHECK(all->destroyed == 0 && all->count == 0);
  forget(all);
}

/* ---- pulled or called back ---- */

static void a_queue_with_a_callback_is_not_pulled(void) {
  glueberry_node_t *const node = start(new_config(NULL));
  glueberry_messages_t *const messages = messages_of(node, "chat");
  glueberry_events_t *const events = events_of(node);
  seen *const all = new_seen(), *const other = new_seen();
  glueberry_message_t *message = NULL;
  glueberry_event_t *event = NULL;
  size_t count = 1;
  int32_t fd = 0;
  call_back(messages, all);
  call_back_events(events, other);
  const int32_t refusals[] = {
      glueberry_messages_next(messages, 0, &message),
      glueberry_messages_next(messages, DEADLINE_MS, &message),
      glueberry_messages_drain(messages, 1, &message, &count),
      glueberry_messages_fd(messages, &fd, NULL),
      glueberry_events_next(events, 0, &event),
      glueberry_events_next(events, DEADLINE_MS, &event),
      glueberry_events_drain(events, 1, &event, &count),
      glueberry_events_fd(events, &fd, NULL),
  };
  for (size_t i = 0; i < COUNT(refusals); i++) {
    CHECK_STATUS(GLUEBERRY_E_QUEUE_HAS_CALLBACK, refusals[i]);
  }
  CHECK(message == NULL && event == NULL && count == 0);
  stop(node);
  glueberry_messages_free(messages);
  glueberry_events_free(events);
  expect_good_end(all);
  expect_good_end(other);
  forget(all);
  forget(other);
}

static void a_second_callback_is_refused_and_not_destroyed(void) {
  glueberry_node_t *const node = start(new_config(NULL));
  glueberry_messages_t *const messages = messages_of(node, "chat");
  seen *const first = new_seen(), *const second = new_seen();
  const glueberry_message_callback_t callback = to_messages(second);
  call_back(messages, first);
  CHECK_STATUS(GLUEBERRY_E_QUEUE_HAS_CALLBACK,
               glueberry_messages_set_callback(messages, &callback, ERR));
  stop(node);
  glueberry_messages_free(messages);
  expect_good_end(first);
  CHECK(second->destroyed == 0);
  forget(first);
  forget(second);
}

static void *wait_for_a_message(void *argument) {
  glueberry_message_t *message = NULL;
  const int32_t status = glueberry_messages_next(argument, GLUEBERRY_FOREVER, &message);
  CHECK(status == GLUEBERRY_CLOSED || status == GLUEBERRY_E_QUEUE_HAS_CALLBACK);
  return NULL;
}

/* Whether the callback was refused because the other thread waited already. */
static int is_refused_while_waiting(const glueberry_node_t *node, int head_start_ms) {
  glueberry_messages_t *const messages = messages_of(node, "chat");
  seen *const all = new_seen();
  const glueberry_message_callback_t callback = to_messages(all);
  const pthread_t waiter = spawn(wait_for_a_message, messages);
  poll(NULL, 0, head_start_ms);
  const int32_t status = glueberry_messages_set_callback(messages, &callback, NULL);
  CHECK_OK(glueberry_messages_close(messages));
  join(waiter);
  glueberry_messages_free(messages);
  CHECK(status == GLUEBERRY_OK || status == GLUEBERRY_E_QUEUE_HAS_CALLBACK);
  if (status == GLUEBERRY_OK) expect_good_end(all);
  CHECK(all->destroyed == (status == GLUEBERRY_OK));
  forget(all);
  return status == GLUEBERRY_E_QUEUE_HAS_CALLBACK;
}

/* The waiter gets an ever longer head start, until it was first. */
static void a_callback_is_refused_while_somebody_waits(void) {
  glueberry_node_t *const node = start(new_config(NULL));
  const int64_t deadline = in_time();
  for (int head_start = 1; !is_refused_while_waiting(node, head_start); head_start *= 2) {
    CHECK(now_ms() < deadline);
  }
  stop(node);
}

/* ---- the end ---- */

static void the_end_of_a_queue_destroys_its_callback(void) {
  glueberry_node_t *const node = start(new_config(NULL));
  glueberry_messages_t *const closed = messages_of(node, "chat");
  glueberry_messages_t *const freed = messages_of(node, "notes");
  glueberry_events_t *const left = events_of_kind(node, GLUEBERRY_EVENT_LAGGED);
  seen *const first = new_seen(), *const second = new_seen(), *const third = new_seen();
  call_back(closed, first);
  call_back(freed, second);
  call_back_events(left, third);
  CHECK_OK(glueberry_messages_close(closed));
  expect_good_end(first);
  glueberry_messages_free(freed);
  expect_good_end(second);
  glueberry_node_free(node);
  expect_good_end(third);
  glueberry_messages_free(closed);
  glueberry_events_free(left);
  forget(first);
  forget(second);
  forget(third);
}

int main(void) {
  static const test_case cases[] = {
      CASE(calls_come_in_order_one_at_a_time_on_one_thread),
      CASE(all_queues_of_a_node_call_on_the_same_thread),
      CASE(what_came_before_the_callback_is_called_back),
      CASE(a_completion_is_called_back),
      CASE(a_call_that_waits_inside_a_callback_is_refused_at_once),
      CASE(what_never_waits_is_allowed_inside_a_callback),
      CASE(a_shutdown_may_begin_inside_a_callback),
      CASE(a_queue_may_be_freed_inside_its_callback),
      CASE(a_node_may_be_freed_inside_a_callback),
      CASE(a_queue_may_be_closed_inside_its_callback),
      CASE(what_was_not_called_back_is_pulled),
      CASE(clearing_from_outside_loses_nothing),
      CASE(a_callback_without_destroy_is_cleared_as_well),
      CASE(a_queue_with_a_callback_is_not_pulled),
      CASE(a_second_callback_is_refused_and_not_destroyed),
      CASE(a_callback_is_refused_while_somebody_waits),
      CASE(the_end_of_a_queue_destroys_its_callback),
  };
  return RUN(cases);
}
