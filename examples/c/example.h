/* What the examples share: they say what failed, and end at the end of standard input or at SIGINT.
 * It comes first in each example, since it says which POSIX is meant. */
#ifndef GLUEBERRY_EXAMPLE_H
#define GLUEBERRY_EXAMPLE_H

#define _POSIX_C_SOURCE 200809L

#include <errno.h>
#include <fcntl.h>
#include <glueberry.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* How long a call may take before the example gives up. */
#define PATIENCE_MS 30000

/* ---- statuses ---- */

/* Whether a call did what it was for. If it failed this says why, and frees the error. */
static inline int succeeds(int32_t status, glueberry_error_t **err) {
  if (status >= 0) return status == GLUEBERRY_OK;
  const int has_error = err != NULL && *err != NULL;
  const char *const message = has_error ? glueberry_error_message(*err) : "";
  fprintf(stderr, "%s: %s\n%s\n", glueberry_status_name(status), message,
          glueberry_status_hint(status));
  if (has_error) glueberry_error_free(*err);
  if (err != NULL) *err = NULL;
  return 0;
}

static inline void give_up(const char *why) {
  fprintf(stderr, "%s\n", why);
  exit(1);
}

/* For calls without which there is no point in going on. */
static inline void check(int32_t status, glueberry_error_t **err) {
  if (!succeeds(status, err)) exit(1);
}

/* Gives the exit status of wrong arguments. */
static inline int usage(const char *text) {
  fprintf(stderr, "usage: %s\n", text);
  return 2;
}

/* ---- nodes ---- */

/* A configuration with a fresh key and the stream `chat`. */
static inline glueberry_config_t *new_config(void) {
  glueberry_error_t *err = NULL;
  glueberry_identity_t *identity = NULL;
  glueberry_config_t *config = NULL;
  check(glueberry_identity_generate(&identity, &err), &err);
  check(glueberry_config_new(identity, &config, &err), &err);
  glueberry_identity_free(identity);
  check(glueberry_config_add_stream(config, "chat", GLUEBERRY_NTS, NULL, &err), &err);
  return config;
}

/* Takes the configuration. */
static inline glueberry_node_t *start(glueberry_config_t *config) {
  glueberry_error_t *err = NULL;
  glueberry_node_t *node = NULL;
  check(glueberry_node_start(config, &node, &err), &err);
  glueberry_config_free(config);
  return node;
}

static inline void print_addresses(const glueberry_node_t *node) {
  glueberry_error_t *err = NULL;
  glueberry_strings_t *addresses = NULL;
  check(glueberry_node_listen_addresses(node, &addresses, &err), &err);
  for (size_t i = 0; i < glueberry_strings_count(addresses); i++) {
    printf("listening %s\n", glueberry_strings_get(addresses, i));
  }
  fflush(stdout);
  glueberry_strings_free(addresses);
}

/* A node that listens at this address. Say so with `print_addresses` once all is ready. */
static inline glueberry_node_t *start_listening(glueberry_config_t *config, const char *address) {
  glueberry_error_t *err = NULL;
  check(glueberry_config_add_listen_address(config, address, GLUEBERRY_NTS, &err), &err);
  return start(config);
}

/* Writes what is queued, ends the sessions, and with them the queues. */
static inline void shut_down(const glueberry_node_t *node) {
  glueberry_error_t *err = NULL;
  check(glueberry_node_shutdown(node, PATIENCE_MS, &err), &err);
}

static inline glueberry_messages_t *messages_of(const glueberry_node_t *node, const char *stream) {
  glueberry_error_t *err = NULL;
  glueberry_messages_t *messages = NULL;
  check(glueberry_node_messages(node, stream, GLUEBERRY_NTS, &messages, &err), &err);
  return messages;
}

/* The completions of operations, and the other events of one kind. */
static inline glueberry_events_t *events_of(const glueberry_node_t *node, int32_t kind) {
  const glueberry_event_filter_t filter = {.size = sizeof filter, .kinds = &kind, .kind_count = 1};
  glueberry_error_t *err = NULL;
  glueberry_events_t *events = NULL;
  check(glueberry_node_events(node, &filter, &events, &err), &err);
  return events;
}

/* A message is bytes, and ends without NUL. */
static inline void print_message(const glueberry_message_t *message) {
  const uint8_t *data = NULL;
  size_t len = 0;
  check(glueberry_message_data(message, &data, &len), NULL);
  printf("%.*s\n", (int)len, len == 0 ? "" : (const char *)data);
  fflush(stdout);
}

/* If an operation failed, says why. A peer may leave before it gets its answer: others go on. */
static inline void print_failure(const glueberry_event_t *event) {
  glueberry_event_view_t view = {.size = sizeof view};
  check(glueberry_event_read(event, &view), NULL);
  if (view.kind != GLUEBERRY_EVENT_OP_DONE || view.error == NULL) return;
  fprintf(stderr, "%s\n", glueberry_error_message(view.error));
}

/* ---- standard input, which SIGINT ends as well ---- */

typedef struct input {
  char data[4096];
  size_t size;
  /* The line that was given last; it is gone with the next one. */
  size_t taken;
} input;

/* The handler writes into it, since little else is allowed in one. */
static int interrupt_pipe[2];

static inline void on_interrupt(int number) {
  const int saved = errno;
  (void)number;
  /* It fails only if the pipe is full, and then it is readable as well. */
  if (write(interrupt_pipe[1], "", 1) < 0) errno = saved;
}

static inline void catch_interrupt(void) {
  struct sigaction action;
  memset(&action, 0, sizeof action);
  action.sa_handler = on_interrupt;
  if (pipe(interrupt_pipe) != 0) give_up("no pipe for SIGINT");
  fcntl(interrupt_pipe[1], F_SETFL, O_NONBLOCK);
  sigaction(SIGINT, &action, NULL);
}

/* Waits until something can be read, and reads it. 0 at the end. */
static inline int read_input(input *input) {
  struct pollfd polled[] = {{.fd = STDIN_FILENO, .events = POLLIN},
                            {.fd = interrupt_pipe[0], .events = POLLIN}};
  while (poll(polled, 2, -1) < 0 && errno == EINTR) continue;
  if (polled[1].revents != 0) return 0;
  const size_t room = sizeof input->data - 1 - input->size;
  const ssize_t size = read(STDIN_FILENO, input->data + input->size, room);
  if (size <= 0) return 0;
  input->size += (size_t)size;
  return 1;
}

/* The next line; one that does not fit comes in parts. NULL at the end. */
static inline const char *next_line(input *input) {
  input->size -= input->taken;
  memmove(input->data, input->data + input->taken, input->size);
  input->taken = 0;
  char *end;
  while ((end = memchr(input->data, '\n', input->size)) == NULL) {
    if (input->size == sizeof input->data - 1) break;
    if (!read_input(input)) return NULL;
  }
  if (end == NULL) end = input->data + input->size;
  *end = '\0';
  input->taken = (size_t)(end - input->data);
  if (input->taken < input->size) input->taken++;
  return input->data;
}

/* Whatever is typed before. */
static inline void wait_for_end(void) {
  input input = {.size = 0};
  while (read_input(&input)) input.size = 0;
}

static inline pthread_t spawn(void *(*body)(void *), void *argument) {
  pthread_t thread;
  if (pthread_create(&thread, NULL, body, argument) != 0) give_up("no thread");
  return thread;
}

#endif
