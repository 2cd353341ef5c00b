/* The library calls: on one thread of its own, one call at a time. A callback must not wait, so
 * answers are sent by operations, whose completions are called back as well.
 *
 *   callback listen /ip4/127.0.0.1/tcp/0     echoes what comes on the stream `chat` */
#include "example.h"

#include <semaphore.h>

typedef struct server {
  glueberry_node_t *node;
  glueberry_events_t *events;
  /* Counts the answers. Only callbacks use it, so it needs no lock. */
  uint64_t tag;
  /* Counts the callbacks that are gone. */
  sem_t gone;
} server;

static void on_message(void *user_data, const glueberry_message_t *message) {
  server *const server = user_data;
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

static void on_event(void *user_data, const glueberry_event_t *event) {
  (void)user_data;
  print_failure(event);
}

/* Comes once, after the last call: then what the callback used may go. */
static void on_destroy(void *user_data) {
  server *const server = user_data;
  sem_post(&server->gone);
}

static void call_back(server *server, const glueberry_messages_t *messages) {
  const glueberry_message_callback_t to_messages = {.size = sizeof to_messages,
                                                    .user_data = server,
                                                    .on_message = on_message,
                                                    .destroy = on_destroy};
  const glueberry_event_callback_t to_events = {
      .size = sizeof to_events, .user_data = server, .on_event = on_event, .destroy = on_destroy};
  glueberry_error_t *err = NULL;
  check(glueberry_events_set_callback(server->events, &to_events, &err), &err);
  check(glueberry_messages_set_callback(messages, &to_messages, &err), &err);
}

static void wait_until_gone(server *server) {
  while (sem_wait(&server->gone) != 0 && errno == EINTR) continue;
}

static int listen_at(const char *address) {
  catch_interrupt();
  server server = {.node = start_listening(new_config(), address)};
  server.events = events_of(server.node, GLUEBERRY_EVENT_OP_DONE);
  sem_init(&server.gone, 0, 0);
  glueberry_messages_t *const messages = messages_of(server.node, "chat");
  call_back(&server, messages);
  print_addresses(server.node);
  wait_for_end();
  /* Ends both queues, and with them their callbacks. */
  shut_down(server.node);
  wait_until_gone(&server);
  wait_until_gone(&server);
  glueberry_messages_free(messages);
  glueberry_events_free(server.events);
  glueberry_node_free(server.node);
  sem_destroy(&server.gone);
  return 0;
}

int main(int argc, char **argv) {
  if (argc == 3 && strcmp(argv[1], "listen") == 0) return listen_at(argv[2]);
  return usage("callback listen ADDRESS");
}
