/* Several people talk. Whoever starts with the key of before is known by the same peer id.
 *
 *   chat anna.pem Anna /ip4/127.0.0.1/tcp/9000
 *   chat bruno.pem Bruno /ip4/127.0.0.1/tcp/0 /ip4/127.0.0.1/tcp/9000/p2p/12D3KooW...
 *
 * Each line goes to all who are connected: who joins a chat names everybody who is there. */
#include "example.h"

/* The key in this file, which is made if there is none. */
static glueberry_identity_t *identity_in(const char *path) {
  glueberry_error_t *err = NULL;
  glueberry_identity_t *identity = NULL;
  if (access(path, F_OK) == 0) {
    check(glueberry_identity_load(path, GLUEBERRY_NTS, &identity, &err), &err);
  } else {
    check(glueberry_identity_generate(&identity, &err), &err);
    check(glueberry_identity_save(identity, path, GLUEBERRY_NTS, 0, &err), &err);
  }
  return identity;
}

static glueberry_config_t *config_with_key_in(const char *path) {
  glueberry_error_t *err = NULL;
  glueberry_config_t *config = NULL;
  glueberry_identity_t *const identity = identity_in(path);
  check(glueberry_config_new(identity, &config, &err), &err);
  glueberry_identity_free(identity);
  check(glueberry_config_add_stream(config, "chat", GLUEBERRY_NTS, NULL, &err), &err);
  return config;
}

/* Ends when the node is shut down. */
static void *print_all(void *messages) {
  glueberry_message_t *message = NULL;
  while (succeeds(glueberry_messages_next(messages, GLUEBERRY_FOREVER, &message), NULL)) {
    print_message(message);
    glueberry_message_free(message);
  }
  return NULL;
}

/* A peer that leaves meanwhile does not keep the line from the others. */
static void send_line(const glueberry_node_t *node, const glueberry_peer_info_t *peer,
                      const char *line) {
  glueberry_error_t *err = NULL;
  glueberry_peer_view_t view = {.size = sizeof view};
  check(glueberry_peer_info_read(peer, &view), NULL);
  if (view.state != GLUEBERRY_STATE_ESTABLISHED) return;
  succeeds(glueberry_node_send(node, &view.peer, "chat", GLUEBERRY_NTS, (const uint8_t *)line,
                               strlen(line), PATIENCE_MS, &err),
           &err);
}

static void send_to_all(const glueberry_node_t *node, const char *line) {
  glueberry_error_t *err = NULL;
  glueberry_peers_t *peers = NULL;
  check(glueberry_node_peers(node, &peers, &err), &err);
  for (size_t i = 0; i < glueberry_peers_count(peers); i++) {
    send_line(node, glueberry_peers_get(peers, i), line);
  }
  glueberry_peers_free(peers);
}

static void talk(const glueberry_node_t *node, const char *name) {
  input input = {.size = 0};
  const char *typed;
  while ((typed = next_line(&input)) != NULL) {
    char line[sizeof input.data + 256];
    snprintf(line, sizeof line, "%.250s> %s", name, typed);
    send_to_all(node, line);
  }
}

static int chat(const char *key, const char *name, const char *address, char **peers) {
  glueberry_error_t *err = NULL;
  catch_interrupt();
  glueberry_node_t *const node = start_listening(config_with_key_in(key), address);
  glueberry_messages_t *const messages = messages_of(node, "chat");
  print_addresses(node);
  for (; *peers != NULL; peers++) {
    check(glueberry_node_connect(node, *peers, GLUEBERRY_NTS, PATIENCE_MS, NULL, &err), &err);
  }
  const pthread_t printing = spawn(print_all, messages);
  talk(node, name);
  shut_down(node);
  pthread_join(printing, NULL);
  glueberry_messages_free(messages);
  glueberry_node_free(node);
  return 0;
}

int main(int argc, char **argv) {
  if (argc >= 4) return chat(argv[1], argv[2], argv[3], argv + 4);
  return usage("chat KEYFILE NAME LISTEN-ADDRESS [PEER-ADDRESS...]");
}
