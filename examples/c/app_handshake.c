/* The application shakes hands: a club lets in who knows the password, and nobody else. libp2p has
 * proven both identities by then. What else has to be agreed on is said on the stream `handshake`.
 *
 *   app_handshake listen /ip4/127.0.0.1/tcp/0     lets in who says "glueberry", and greets
 *   app_handshake dial ADDRESS PASSWORD           prints the greeting; exits with 1 if not let in
 */
#include "example.h"

static const char *const streams[] = {"chat"};

typedef struct desk {
  glueberry_node_t *club;
  glueberry_messages_t *messages;
  void (*serve)(const glueberry_node_t *club, const glueberry_message_t *message);
} desk;

static glueberry_config_t *app_config(void) {
  glueberry_error_t *err = NULL;
  glueberry_config_t *const config = new_config();
  check(glueberry_config_set_handshake(config, GLUEBERRY_HANDSHAKE_APP, &err), &err);
  return config;
}

/* Whether it could be sent: the peer may have left. */
static int say(const glueberry_node_t *node, const glueberry_peer_id_t *peer, const char *stream,
               const char *text) {
  glueberry_error_t *err = NULL;
  return succeeds(glueberry_node_send(node, peer, stream, GLUEBERRY_NTS, (const uint8_t *)text,
                                      strlen(text), PATIENCE_MS, &err),
                  &err);
}

static int is_text(const glueberry_message_t *message, const char *text) {
  const uint8_t *data = NULL;
  size_t len = 0;
  check(glueberry_message_data(message, &data, &len), NULL);
  return len == strlen(text) && memcmp(data, text, len) == 0;
}

/* The order matters: once the guest reads "welcome" it may send, so its streams stand before. */
static void let_in(const glueberry_node_t *club, const glueberry_peer_id_t *guest) {
  glueberry_error_t *err = NULL;
  if (succeeds(glueberry_node_prepare_streams(club, guest, streams, 1, PATIENCE_MS, &err), &err) &&
      say(club, guest, "handshake", "welcome")) {
    succeeds(glueberry_node_finalize_handshake(club, guest, PATIENCE_MS, &err), &err);
  }
}

static void hear_password(const glueberry_node_t *club, const glueberry_message_t *message) {
  glueberry_error_t *err = NULL;
  glueberry_peer_id_t guest;
  check(glueberry_message_peer(message, &guest), NULL);
  if (is_text(message, "glueberry")) {
    let_in(club, &guest);
  } else {
    succeeds(glueberry_node_disconnect(club, &guest, PATIENCE_MS, &err), &err);
  }
}

static void greet(const glueberry_node_t *club, const glueberry_message_t *message) {
  glueberry_peer_id_t guest;
  check(glueberry_message_peer(message, &guest), NULL);
  say(club, &guest, "chat", "Good evening!");
}

/* Ends when the node is shut down. */
static void *attend(void *argument) {
  const desk *const desk = argument;
  glueberry_message_t *message = NULL;
  while (succeeds(glueberry_messages_next(desk->messages, GLUEBERRY_FOREVER, &message), NULL)) {
    desk->serve(desk->club, message);
    glueberry_message_free(message);
  }
  return NULL;
}

/* Both streams are served by a thread each: who talks does not keep others waiting at the door. */
static int listen_at(const char *address) {
  catch_interrupt();
  glueberry_node_t *const club = start_listening(app_config(), address);
  desk door = {club, messages_of(club, "handshake"), hear_password};
  desk bar = {club, messages_of(club, "chat"), greet};
  const pthread_t doorman = spawn(attend, &door), host = spawn(attend, &bar);
  print_addresses(club);
  wait_for_end();
  shut_down(club);
  pthread_join(doorman, NULL);
  pthread_join(host, NULL);
  glueberry_messages_free(door.messages);
  glueberry_messages_free(bar.messages);
  glueberry_node_free(club);
  return 0;
}

/* Whether the club answered before it ended the connection. */
static int is_let_in(const glueberry_messages_t *answers, const glueberry_events_t *ends) {
  glueberry_error_t *err = NULL;
  glueberry_message_t *welcome = NULL;
  struct pollfd polled[] = {{.events = POLLIN}, {.events = POLLIN}};
  check(glueberry_messages_fd(answers, &polled[0].fd, &err), &err);
  check(glueberry_events_fd(ends, &polled[1].fd, &err), &err);
  if (poll(polled, 2, PATIENCE_MS) <= 0) return 0;
  const int is_welcome = succeeds(glueberry_messages_next(answers, 0, &welcome), NULL);
  glueberry_message_free(welcome);
  return is_welcome;
}

static int enter(const glueberry_node_t *guest, const glueberry_peer_id_t *club) {
  glueberry_error_t *err = NULL;
  glueberry_message_t *greeting = NULL;
  glueberry_messages_t *const chat = messages_of(guest, "chat");
  check(glueberry_node_complete_handshake(guest, club, streams, 1, PATIENCE_MS, &err), &err);
  if (!say(guest, club, "chat", "Hello!") ||
      !succeeds(glueberry_messages_next(chat, PATIENCE_MS, &greeting), NULL)) {
    give_up("no greeting came");
  }
  print_message(greeting);
  glueberry_message_free(greeting);
  glueberry_messages_free(chat);
  return 0;
}

static int stay_outside(void) {
  fprintf(stderr, "not let in\n");
  return 1;
}

static int dial(const char *address, const char *password) {
  glueberry_error_t *err = NULL;
  glueberry_peer_id_t club;
  glueberry_node_t *const guest = start(app_config());
  glueberry_messages_t *const answers = messages_of(guest, "handshake");
  glueberry_events_t *const ends = events_of(guest, GLUEBERRY_EVENT_PEER_DISCONNECTED);
  check(glueberry_node_connect(guest, address, GLUEBERRY_NTS, PATIENCE_MS, &club, &err), &err);
  if (!say(guest, &club, "handshake", password)) give_up("the club has left");
  const int status = is_let_in(answers, ends) ? enter(guest, &club) : stay_outside();
  shut_down(guest);
  glueberry_messages_free(answers);
  glueberry_events_free(ends);
  glueberry_node_free(guest);
  return status;
}

int main(int argc, char **argv) {
  if (argc == 3 && strcmp(argv[1], "listen") == 0) return listen_at(argv[2]);
  if (argc == 4 && strcmp(argv[1], "dial") == 0) return dial(argv[2], argv[3]);
  return usage("app_handshake listen ADDRESS | dial ADDRESS PASSWORD");
}
