/* Inside of an event loop that the program already has, here that of libuv: the loop watches the
 * queues' descriptors, and nothing ever waits.
 *
 *   libuv_loop listen /ip4/127.0.0.1/tcp/0     echoes what comes on the stream `chat` */
#include "example.h"

#include <uv.h>

/* So many are taken from a queue at once. */
enum { BATCH = 64 };

/* All that the loop serves. libuv's handles point back to it. */
typedef struct server {
  glueberry_node_t *node;
  glueberry_messages_t *messages;
  glueberry_events_t *events;
  /* Counts the answers. */
  uint64_t tag;
  uv_loop_t loop;
  uv_poll_t on_messages;
  uv_poll_t on_events;
  uv_poll_t on_input;
  uv_signal_t on_signal;
} server;

static void check_uv(int status) {
  if (status < 0) give_up(uv_strerror(status));
}

static void answer(server *server, const glueberry_message_t *message) {
  glueberry_error_t *err = NULL;
  glueberry_peer_id_t peer;
  const uint8_t *data = NULL;
  size_t len = 0;
  check(glueberry_message_peer(message, &peer), NULL);
  check(glueberry_message_data(message, &data, &len), NULL);
  succeeds(glueberry_node_send_start(server->node, &peer, "chat", GLUEBERRY_NTS, data, len,
                                     PATIENCE_MS, server->events, server->tag++, NULL, &err),
           &err);
}

/* What is left makes the descriptor readable again. */
static void on_messages(uv_poll_t *poll, int status, int readable) {
  server *const server = poll->data;
  glueberry_message_t *array[BATCH];
  size_t count = 0;
  (void)readable;
  check_uv(status);
  if (!succeeds(glueberry_messages_drain(server->messages, BATCH, array, &count), NULL)) return;
  for (size_t i = 0; i < count; i++) {
    answer(server, array[i]);
    glueberry_message_free(array[i]);
  }
}

static void on_events(uv_poll_t *poll, int status, int readable) {
  const server *const server = poll->data;
  glueberry_event_t *array[BATCH];
  size_t count = 0;
  (void)readable;
  check_uv(status);
  if (!succeeds(glueberry_events_drain(server->events, BATCH, array, &count), NULL)) return;
  for (size_t i = 0; i < count; i++) {
    print_failure(array[i]);
    glueberry_event_free(array[i]);
  }
}

/* Whatever is typed: only its end matters. */
static void on_input(uv_poll_t *poll, int status, int readable) {
  char typed[256];
  (void)readable;
  if (status < 0 || read(STDIN_FILENO, typed, sizeof typed) <= 0) uv_stop(poll->loop);
}

static void on_signal(uv_signal_t *signal, int number) {
  (void)number;
  uv_stop(signal->loop);
}

static void watch(server *server, uv_poll_t *poll, int fd, uv_poll_cb on_readable) {
  poll->data = server;
  check_uv(uv_poll_init(&server->loop, poll, fd));
  check_uv(uv_poll_start(poll, UV_READABLE, on_readable));
}

static void watch_all(server *server) {
  glueberry_error_t *err = NULL;
  int32_t messages_fd = -1, events_fd = -1;
  check(glueberry_messages_fd(server->messages, &messages_fd, &err), &err);
  check(glueberry_events_fd(server->events, &events_fd, &err), &err);
  check_uv(uv_loop_init(&server->loop));
  watch(server, &server->on_messages, messages_fd, on_messages);
  watch(server, &server->on_events, events_fd, on_events);
  check_uv(uv_signal_init(&server->loop, &server->on_signal));
  check_uv(uv_signal_start(&server->on_signal, on_signal, SIGINT));
  /* A file cannot be watched, and need not be: its end is there at once. */
  if (uv_guess_handle(STDIN_FILENO) == UV_FILE) {
    uv_stop(&server->loop);
  } else {
    watch(server, &server->on_input, STDIN_FILENO, on_input);
  }
}

static void close_handle(uv_handle_t *handle, void *argument) {
  (void)argument;
  uv_close(handle, NULL);
}

/* libuv gives its handles back from inside the loop. */
static void unwatch_all(server *server) {
  uv_walk(&server->loop, close_handle, NULL);
  uv_run(&server->loop, UV_RUN_DEFAULT);
  check_uv(uv_loop_close(&server->loop));
}

static int listen_at(const char *address) {
  server server = {.node = start_listening(new_config(), address)};
  server.messages = messages_of(server.node, "chat");
  server.events = events_of(server.node, GLUEBERRY_EVENT_OP_DONE);
  watch_all(&server);
  print_addresses(server.node);
  uv_run(&server.loop, UV_RUN_DEFAULT);
  shut_down(server.node);
  /* Before the queues, since the descriptors are theirs. */
  unwatch_all(&server);
  glueberry_messages_free(server.messages);
  glueberry_events_free(server.events);
  glueberry_node_free(server.node);
  return 0;
}

int main(int argc, char **argv) {
  if (argc == 3 && strcmp(argv[1], "listen") == 0) return listen_at(argv[2]);
  return usage("libuv_loop listen ADDRESS");
}
