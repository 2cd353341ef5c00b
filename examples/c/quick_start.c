/* Two nodes in one process: Bruno dials Anna, and both send a message. */

#include <glueberry.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Every status comes here: whatever is not OK ends the program, and says why. */
static void check(int32_t status, glueberry_error_t **error) {
  if (status == GLUEBERRY_OK) {
    return;
  }
  const char *message = glueberry_error_message(*error);
  fprintf(stderr, "%s: %s\n", glueberry_status_name(status), message ? message : "");
  glueberry_error_free(*error);
  exit(EXIT_FAILURE);
}

/* A node with a new key. Both sides name the streams they carry. */
static glueberry_node_t *start(const char *listen_address) {
  glueberry_error_t *error = NULL;
  glueberry_identity_t *identity = NULL;
  glueberry_config_t *config = NULL;
  glueberry_node_t *node = NULL;
  check(glueberry_identity_generate(&identity, &error), &error);
  check(glueberry_config_new(identity, &config, &error), &error);
  check(glueberry_config_add_stream(config, "chat", GLUEBERRY_NTS, NULL, &error), &error);
  if (listen_address != NULL) {
    check(glueberry_config_add_listen_address(config, listen_address, GLUEBERRY_NTS, &error),
          &error);
  }
  check(glueberry_node_start(config, &node, &error), &error);
  glueberry_config_free(config);
  glueberry_identity_free(identity);
  return node;
}

static glueberry_messages_t *inbox(glueberry_node_t *node) {
  glueberry_error_t *error = NULL;
  glueberry_messages_t *messages = NULL;
  check(glueberry_node_messages(node, "chat", GLUEBERRY_NTS, &messages, &error), &error);
  return messages;
}

static void say(glueberry_node_t *from, const glueberry_peer_id_t *to, const char *text) {
  glueberry_error_t *error = NULL;
  check(glueberry_node_send(from, to, "chat", GLUEBERRY_NTS, (const uint8_t *)text, strlen(text),
                            GLUEBERRY_FOREVER, &error),
        &error);
}

/* Prints the next message, and returns who sent it. */
static glueberry_peer_id_t hear(const char *who, glueberry_messages_t *messages) {
  glueberry_error_t *none = NULL;
  glueberry_message_t *message = NULL;
  const uint8_t *data = NULL;
  size_t length = 0;
  glueberry_peer_id_t sender;
  check(glueberry_messages_next(messages, GLUEBERRY_FOREVER, &message), &none);
  check(glueberry_message_data(message, &data, &length), &none);
  check(glueberry_message_peer(message, &sender), &none);
  printf("%s reads: %.*s\n", who, (int)length, (const char *)data);
  glueberry_message_free(message);
  return sender;
}

int main(void) {
  glueberry_error_t *error = NULL;
  glueberry_strings_t *addresses = NULL;
  glueberry_peer_id_t peer;

  /* Anna listens at a free port of this machine. */
  glueberry_node_t *anna = start("/ip4/127.0.0.1/tcp/0");
  glueberry_node_t *bruno = start(NULL);
  glueberry_messages_t *to_anna = inbox(anna);
  glueberry_messages_t *to_bruno = inbox(bruno);

  /* An address ends in the peer id of who has to answer there: /ip4/.../tcp/.../p2p/12D3KooW... */
  check(glueberry_node_listen_addresses(anna, &addresses, &error), &error);
  const char *address = glueberry_strings_get(addresses, 0);
  printf("Anna listens at %s\n", address);

  /* Returns once Anna has proven that the id is hers, and the handshake is done. */
  check(glueberry_node_connect(bruno, address, GLUEBERRY_NTS, GLUEBERRY_FOREVER, &peer, &error),
        &error);
  printf("Bruno is connected\n");
  glueberry_strings_free(addresses);

  say(bruno, &peer, "Hello Anna!");
  peer = hear("Anna", to_anna);
  say(anna, &peer, "Hello Bruno!");
  hear("Bruno", to_bruno);

  /* Writes what is still queued, then closes. */
  check(glueberry_node_shutdown(bruno, GLUEBERRY_FOREVER, &error), &error);
  check(glueberry_node_shutdown(anna, GLUEBERRY_FOREVER, &error), &error);
  glueberry_messages_free(to_bruno);
  glueberry_messages_free(to_anna);
  glueberry_node_free(bruno);
  glueberry_node_free(anna);
  return EXIT_SUCCESS;
}
