/* Calls that go on while other commands are obeyed: operations, and queues that are polled through
 * their file descriptor, each on a thread of its own that can be told to stop. */
#include "driver.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { MOST_TASKS = 16 };

typedef struct task_t {
  char *tag;
  calls_t *calls;
  cJSON *call;
  pthread_t thread;
  /* Readable once the call is cancelled. */
  int stop[2];
  pthread_mutex_t lock;
  pthread_cond_t changed;
  /* The call has been made: it waits now, or is over. */
  bool is_made;
  /* It is over; not NULL then. */
  cJSON *answer;
} task_t;

static task_t *tasks[MOST_TASKS];

static void say_made(task_t *task) {
  pthread_mutex_lock(&task->lock);
  task->is_made = true;
  pthread_cond_broadcast(&task->changed);
  pthread_mutex_unlock(&task->lock);
}

static void say_over(task_t *task, cJSON *answer) {
  pthread_mutex_lock(&task->lock);
  task->is_made = true;
  task->answer = answer;
  pthread_cond_broadcast(&task->changed);
  pthread_mutex_unlock(&task->lock);
}

/* Waits until a queue has something; false when the call was cancelled. */
static bool wait_for(task_t *task, int fd) {
  struct pollfd fds[] = {{.fd = fd, .events = POLLIN}, {.fd = task->stop[0], .events = POLLIN}};
  say_made(task);
  while (poll(fds, 2, -1) < 0) {
    if (errno != EINTR) give_up("poll");
  }
  return fds[1].revents == 0;
}

static cJSON *cancelled(void) {
  cJSON *const answer = done();
  cJSON_AddTrueToObject(answer, "cancelled");
  return answer;
}

/* ---- Queues ---- */

static cJSON *receive(task_t *task) {
  const glueberry_messages_t *const queue = calls_messages(task->calls, task->call);
  const int64_t count = number_of(task->call, "count", 1);
  glueberry_error_t *err = NULL;
  glueberry_message_t *message = NULL;
  int fd = -1;
  int32_t status = glueberry_messages_fd(queue, &fd, &err);
  if (status != GLUEBERRY_OK) return outcome(status, err);
  cJSON *const messages = cJSON_CreateArray();
  while (cJSON_GetArraySize(messages) < count) {
    status = glueberry_messages_next(queue, 0, &message);
    if (status == GLUEBERRY_OK) {
      cJSON_AddItemToArray(messages, told_message(message));
      glueberry_message_free(message);
    } else if (status != GLUEBERRY_TIMEOUT || !wait_for(task, fd)) {
      break;
    }
  }
  cJSON *const answer = status == GLUEBERRY_TIMEOUT ? cancelled() : done();
  if (status == GLUEBERRY_CLOSED) cJSON_AddTrueToObject(answer, "ended");
  cJSON_AddItemToObject(answer, "messages", messages);
  return answer;
}

static cJSON *next_event(task_t *task) {
  const glueberry_events_t *const queue = calls_events(task->calls, task->call);
  glueberry_error_t *err = NULL;
  glueberry_event_t *event = NULL;
  int fd = -1;
  int32_t status = glueberry_events_fd(queue, &fd, &err);
  if (status != GLUEBERRY_OK) return outcome(status, err);
  while ((status = glueberry_events_next(queue, 0, &event)) == GLUEBERRY_TIMEOUT) {
    if (!wait_for(task, fd)) return cancelled();
  }
  cJSON *const answer = done();
  if (status == GLUEBERRY_OK) {
    cJSON_AddItemToObject(answer, "event", told_event(event));
  } else {
    cJSON_AddTrueToObject(answer, "ended");
  }
  glueberry_event_free(event);
  return answer;
}

/* ---- Operations ---- */

/* An operation that was begun, and the queue that its completion comes through. */
typedef struct operation_t {
  glueberry_events_t *events;
  glueberry_op_t *op;
} operation_t;

static int32_t start_send(const task_t *task, const glueberry_peer_id_t *peer, uint32_t number,
                          operation_t *operation, glueberry_error_t **err) {
  size_t len;
  uint8_t *const data = payload_of(task->call, number, &len);
  const int32_t status = glueberry_node_send_start(
      calls_node(task->calls), peer, text_of(task->call, "stream"), GLUEBERRY_NTS, data, len,
      GLUEBERRY_FOREVER, operation->events, number, &operation->op, err);
  free(data);
  return status;
}

static int32_t start_operation(const task_t *task, uint32_t number, operation_t *operation,
                               glueberry_error_t **err) {
  const glueberry_node_t *const node = calls_node(task->calls);
  const cJSON *const call = task->call;
  glueberry_peer_id_t peer;
  if (is_called(call, "connect")) {
    return glueberry_node_connect_start(node, text_of(call, "address"), GLUEBERRY_NTS,
                                        GLUEBERRY_FOREVER, operation->events, number,
                                        &operation->op, err);
  }
  const int32_t status = peer_of(call, &peer, err);
  if (status != GLUEBERRY_OK) return status;
  if (is_called(call, "send")) return start_send(task, &peer, number, operation, err);
  if (is_called(call, "flush")) {
    return glueberry_node_flush_start(node, &peer, text_of(call, "stream"), GLUEBERRY_NTS,
                                      GLUEBERRY_FOREVER, operation->events, number,
                                      &operation->op, err);
  }
  if (is_called(call, "disconnect")) {
    return glueberry_node_disconnect_start(node, &peer, GLUEBERRY_FOREVER, operation->events,
                                           number, &operation->op, err);
  }
  return glueberry_node_wait_established_start(node, &peer, GLUEBERRY_FOREVER, operation->events,
                                               number, &operation->op, err);
}

/* Waits for the completion; a call that is cancelled completes too. */
static cJSON *completion(task_t *task, const operation_t *operation, uint32_t number) {
  glueberry_event_t *event = NULL;
  glueberry_event_view_t view = {.size = sizeof view};
  glueberry_error_t *err = NULL;
  int fd = -1;
  if (glueberry_events_fd(operation->events, &fd, &err) != GLUEBERRY_OK) give_up("events_fd");
  const bool is_stopped = !wait_for(task, fd);
  if (is_stopped) glueberry_op_cancel(operation->op);
  do {
    glueberry_event_free(event);
    if (glueberry_events_next(operation->events, GLUEBERRY_FOREVER, &event) != GLUEBERRY_OK ||
        glueberry_event_read(event, &view) != GLUEBERRY_OK) {
      give_up("no completion came");
    }
  } while (view.kind != GLUEBERRY_EVENT_OP_DONE || view.tag != number);
  cJSON *answer;
  if (is_stopped && view.status == GLUEBERRY_E_CANCELLED) {
    answer = cancelled();
  } else {
    answer = outcome_of_event(&view);
    if (is_called(task->call, "connect") && view.status == GLUEBERRY_OK) {
      cJSON_AddItemToObject(answer, "peer", peer_text(&view.peer));
    }
  }
  glueberry_event_free(event);
  return answer;
}

static cJSON *operate_once(task_t *task, operation_t *operation, uint32_t number) {
  glueberry_error_t *err = NULL;
  const int32_t status = start_operation(task, number, operation, &err);
  if (status != GLUEBERRY_OK) return outcome(status, err);
  cJSON *const answer = completion(task, operation, number);
  glueberry_op_free(operation->op);
  operation->op = NULL;
  return answer;
}

/* One operation, or for `send` with a count one after the other. */
static cJSON *operate(task_t *task) {
  const int64_t count = number_of(task->call, "count", 1);
  /* Completions come through every queue; of the events this one wants as few as it can. */
  const int32_t kind = GLUEBERRY_EVENT_LAGGED;
  const glueberry_event_filter_t filter = {.size = sizeof filter, .kinds = &kind, .kind_count = 1};
  operation_t operation = {.op = NULL};
  glueberry_error_t *err = NULL;
  int32_t status = glueberry_node_events(calls_node(task->calls), &filter, &operation.events, &err);
  if (status != GLUEBERRY_OK) return outcome(status, err);
  cJSON *answer = NULL;
  int64_t sent = 0;
  bool is_ok = true;
  while (is_ok && sent < count) {
    cJSON_Delete(answer);
    answer = operate_once(task, &operation, (uint32_t)sent);
    is_ok = is_in(answer, "ok") && !is_in(answer, "cancelled");
    if (is_ok) sent++;
  }
  if (is_called(task->call, "send")) cJSON_AddNumberToObject(answer, "sent", (double)sent);
  glueberry_events_free(operation.events);
  return answer;
}

/* ---- Tasks ---- */

static cJSON *carried_out(task_t *task) {
  static const char *const OPERATIONS[] = {"connect", "send", "flush", "disconnect",
                                           "wait_established"};
  if (is_called(task->call, "receive")) return receive(task);
  if (is_called(task->call, "event")) return next_event(task);
  for (size_t i = 0; i < sizeof OPERATIONS / sizeof *OPERATIONS; i++) {
    if (is_called(task->call, OPERATIONS[i])) return operate(task);
  }
  return lacks(text_of(task->call, "do"));
}

static void *run(void *argument) {
  task_t *const task = argument;
  say_over(task, carried_out(task));
  return NULL;
}

static task_t **slot_of(const char *tag) {
  for (size_t i = 0; i < MOST_TASKS; i++) {
    if (tag == NULL ? tasks[i] == NULL : tasks[i] != NULL && strcmp(tasks[i]->tag, tag) == 0) {
      return &tasks[i];
    }
  }
  return NULL;
}

static task_t *task_new(calls_t *calls, const cJSON *command) {
  const char *const tag = text_of(command, "tag");
  task_t *const task = allocated(sizeof *task);
  pthread_condattr_t attributes;
  task->tag = strcpy(allocated(strlen(tag) + 1), tag);
  task->calls = calls;
  task->call = cJSON_Duplicate(cJSON_GetObjectItem(command, "call"), 1);
  if (pipe(task->stop) != 0) give_up("pipe");
  pthread_mutex_init(&task->lock, NULL);
  pthread_condattr_init(&attributes);
  pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
  pthread_cond_init(&task->changed, &attributes);
  pthread_condattr_destroy(&attributes);
  return task;
}

/* The answer of a task that is over; the task ends with it. */
static cJSON *answer_of(task_t **slot) {
  task_t *const task = *slot;
  cJSON *const answer = task->answer;
  *slot = NULL;
  pthread_join(task->thread, NULL);
  close(task->stop[0]);
  close(task->stop[1]);
  pthread_cond_destroy(&task->changed);
  pthread_mutex_destroy(&task->lock);
  cJSON_Delete(task->call);
  free(task->tag);
  free(task);
  return answer;
}

cJSON *background_begin(calls_t *calls, const cJSON *command) {
  task_t **const slot = slot_of(NULL);
  if (slot == NULL) return fault("too many calls go on");
  task_t *const task = *slot = task_new(calls, command);
  if (pthread_create(&task->thread, NULL, run, task) != 0) give_up("pthread_create");
  pthread_mutex_lock(&task->lock);
  while (!task->is_made) pthread_cond_wait(&task->changed, &task->lock);
  pthread_mutex_unlock(&task->lock);
  return done();
}

static struct timespec time_in(int64_t ms) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  const int64_t ns = time.tv_nsec + ms % 1000 * 1000000;
  time.tv_sec += (time_t)(ms / 1000 + ns / 1000000000);
  time.tv_nsec = (long)(ns % 1000000000);
  return time;
}

cJSON *background_await(const cJSON *command) {
  task_t **const slot = slot_of(text_of(command, "tag"));
  if (slot == NULL) return fault("no call was begun with this tag");
  task_t *const task = *slot;
  const int64_t ms = within(command);
  const struct timespec deadline = time_in(ms < 0 ? 0 : ms);
  int waited = 0;
  pthread_mutex_lock(&task->lock);
  while (task->answer == NULL && waited != ETIMEDOUT) {
    waited = ms < 0 ? pthread_cond_wait(&task->changed, &task->lock)
                    : pthread_cond_timedwait(&task->changed, &task->lock, &deadline);
  }
  const bool is_over = task->answer != NULL;
  pthread_mutex_unlock(&task->lock);
  return is_over ? answer_of(slot) : timed_out();
}

cJSON *background_cancel(const cJSON *command) {
  task_t **const slot = slot_of(text_of(command, "tag"));
  if (slot == NULL) return fault("no call was begun with this tag");
  if (write((*slot)->stop[1], "", 1) != 1) give_up("write");
  return background_await(command);
}
