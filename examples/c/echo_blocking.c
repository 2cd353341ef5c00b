/* The plainest way: a loop that waits for each message, on a thread of its own.
 *
 *   echo_blocking listen /ip4/127.0.0.1/tcp/0     echoes what comes on the stream `chat`
 *   echo_blocking send ADDRESS TEXT...            sends each text, and prints the answers */
#include "example.h"

typedef struct server {
  glueberry_node_t *node;
  glueberry_messages_t *messages;
} server;

static void answer(const glueberry_node_t *node, const glueberry_message_t *message) {
  glueberry_error_t *err = NULL;
  glueberry_peer_id_t peer;
  const uint8_t *data = NULL;
  size_t len = 0;
  check(glueberry_message_peer(message, &peer), NULL);
  check(glueberry_message_data(message, &data, &len), NULL);
  /* The peer may have left before it got its answer. The others go on. */
  succeeds(glueberry_node_send(node, &peer, "chat", GLUEBERRY_NTS, data, len, PATIENCE_MS, &err),
           &err);
}

/* Ends when the node is shut down. */
static void *echo(void *argument) {
  const server *const server = argument;
  glueberry_message_t *message = NULL;
  while (succeeds(glueberry_messages_next(server->messages, GLUEBERRY_FOREVER, &message), NULL)) {
    answer(server->node, message);
    glueberry_message_free(message);
  }
  return NULL;
}

static int listen_at(const char *address) {
  catch_interrupt();
  server server = {.node = start_listening(new_config(), address)};
  server.messages = messages_of(server.node, "chat");
  const pthread_t echoing = spawn(echo, &server);
  print_addresses(server.node);
  wait_for_end();
  shut_down(server.node);
  pthread_join(echoing, NULL);
  glueberry_messages_free(server.messages);
  glueberry_node_free(server.node);
  return 0;
}

static void ask(const glueberry_node_t *node, const glueberry_peer_id_t *peer,
                const glueberry_messages_t *answers, const char *text) {
  glueberry_error_t *err = NULL;
  glueberry_message_t *message = NULL;
  check(glueberry_node_send(node, peer, "chat", GLUEBERRY_NTS, (const uint8_t *)text, strlen(text),
                            PATIENCE_MS, &err),
        &err);
  if (!succeeds(glueberry_messages_next(answers, PATIENCE_MS, &message), NULL)) {
    give_up("no answer came");
  }
  print_message(message);
  glueberry_message_free(message);
}

static int send_to(const char *address, char **texts) {
  glueberry_error_t *err = NULL;
  glueberry_peer_id_t peer;
  glueberry_node_t *const node = start(new_config());
  glueberry_messages_t *const answers = messages_of(node, "chat");
  check(glueberry_node_connect(node, address, GLUEBERRY_NTS, PATIENCE_MS, &peer, &err), &err);
  for (; *texts != NULL; texts++) ask(node, &peer, answers, *texts);
  shut_down(node);
  glueberry_messages_free(answers);
  glueberry_node_free(node);
  return 0;
}

int main(int argc, char **argv) {
  if (argc == 3 && strcmp(argv[1], "listen") == 0) return listen_at(argv[2]);
  if (argc > 3 && strcmp(argv[1], "send") == 0) return send_to(argv[2], argv + 3);
  return usage("echo_blocking listen ADDRESS | send ADDRESS TEXT...");
}
