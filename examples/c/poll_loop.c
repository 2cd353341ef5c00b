/* One thread, and poll(2): descriptors say when a queue has something, and nothing ever waits.
 * Answers are sent by operations, whose completions come as events.
 *
 *   poll_loop listen /ip4/127.0.0.1/tcp/0     echoes what comes on the stream `chat` */
#include "example.h"

/* So many are taken from a queue at once. */
enum { BATCH = 64 };

typedef struct server {
  glueberry_node_t *node;
  glueberry_messages_t *messages;
  glueberry_events_t *events;
  /* Counts the answers. */
  uint64_t tag;
} server;

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
static void answer_messages(server *server) {
  glueberry_message_t *array[BATCH];
  size_t count = 0;
  if (!succeeds(glueberry_messages_drain(server->messages, BATCH, array, &count), NULL)) return;
  for (size_t i = 0; i < count; i++) {
    answer(server, array[i]);
    glueberry_message_free(array[i]);
  }
}

static void print_failures(const server *server) {
  glueberry_event_t *array[BATCH];
  size_t count = 0;
  if (!succeeds(glueberry_events_drain(server->events, BATCH, array, &count), NULL)) return;
  for (size_t i = 0; i < count; i++) {
    print_failure(array[i]);
    glueberry_event_free(array[i]);
  }
}

static void loop(server *server) {
  glueberry_error_t *err = NULL;
  struct pollfd polled[] = {{.events = POLLIN},
                            {.events = POLLIN},
                            {.fd = STDIN_FILENO, .events = POLLIN},
                            {.fd = interrupt_pipe[0], .events = POLLIN}};
  check(glueberry_messages_fd(server->messages, &polled[0].fd, &err), &err);
  check(glueberry_events_fd(server->events, &polled[1].fd, &err), &err);
  for (;;) {
    input input = {.size = 0};
    if (poll(polled, 4, -1) < 0) continue; /* a signal came: the pipe says so */
    if (polled[0].revents != 0) answer_messages(server);
    if (polled[1].revents != 0) print_failures(server);
    if ((polled[2].revents != 0 || polled[3].revents != 0) && !read_input(&input)) return;
  }
}

static int listen_at(const char *address) {
  catch_interrupt();
  server server = {.node = start_listening(new_config(), address)};
  server.messages = messages_of(server.node, "chat");
  server.events = events_of(server.node, GLUEBERRY_EVENT_OP_DONE);
  print_addresses(server.node);
  loop(&server);
  shut_down(server.node);
  glueberry_messages_free(server.messages);
  glueberry_events_free(server.events);
  glueberry_node_free(server.node);
  return 0;
}

int main(int argc, char **argv) {
  if (argc == 3 && strcmp(argv[1], "listen") == 0) return listen_at(argv[2]);
  return usage("poll_loop listen ADDRESS");
}
