/* The application shakes hands itself: what it may do when, and what comes of it. */
#include "test.h"

static const char *const chat[] = {"chat"};

static glueberry_config_t *app_config(const char *listen) {
  glueberry_config_t *const config = new_config(listen);
  CHECK_OK(glueberry_config_set_handshake(config, GLUEBERRY_HANDSHAKE_APP, ERR));
  return config;
}

/* Connected, and no further. */
static test_pair two_strangers(void) {
  test_pair pair;
  pair.anna = start(app_config(LOOPBACK));
  pair.bruno = start(app_config(NULL));
  pair.to_bruno = id_of(pair.bruno);
  glueberry_events_t *const events = events_of_kind(pair.anna, GLUEBERRY_EVENT_PEER_CONNECTED);
  pair.to_anna = dial(pair.bruno, pair.anna);
  await_kind(events, GLUEBERRY_EVENT_PEER_CONNECTED);
  glueberry_events_free(events);
  return pair;
}

static void expect_state(const glueberry_node_t *node, const glueberry_peer_id_t *peer,
                         int32_t expected) {
  int32_t state = -1;
  CHECK_OK(glueberry_node_connection_state(node, peer, &state));
  CHECK(state == expected);
}

static void await_established(const test_pair *pair) {
  CHECK_OK(glueberry_node_wait_established(pair->anna, &pair->to_bruno, DEADLINE_MS, ERR));
  CHECK_OK(glueberry_node_wait_established(pair->bruno, &pair->to_anna, DEADLINE_MS, ERR));
  expect_state(pair->anna, &pair->to_bruno, GLUEBERRY_STATE_ESTABLISHED);
  expect_state(pair->bruno, &pair->to_anna, GLUEBERRY_STATE_ESTABLISHED);
}

static void expect_talk(const test_pair *pair) {
  glueberry_messages_t *const messages = messages_of(pair->anna, "chat");
  send_text(pair->bruno, &pair->to_anna, "chat", "hello");
  expect_text(messages, "hello");
  glueberry_messages_free(messages);
}

static void a_connection_waits_for_the_application(void) {
  test_pair pair = two_strangers();
  expect_state(pair.bruno, &pair.to_anna, GLUEBERRY_STATE_CONNECTED);
  CHECK_STATUS(GLUEBERRY_E_NOT_CONNECTED,
               glueberry_node_send(pair.bruno, &pair.to_anna, "chat", NTS, NULL, 0, 0, ERR));
  CHECK_STATUS(GLUEBERRY_E_TIMED_OUT,
               glueberry_node_wait_established(pair.bruno, &pair.to_anna, 0, ERR));
  stop_both(&pair);
}

static void both_sides_agree_in_their_own_words(void) {
  test_pair pair = two_strangers();
  glueberry_messages_t *const annas = messages_of(pair.anna, "handshake");
  glueberry_messages_t *const brunos = messages_of(pair.bruno, "handshake");
  send_text(pair.bruno, &pair.to_anna, "handshake", "password");
  expect_text(annas, "password");
  CHECK_OK(glueberry_node_prepare_streams(pair.anna, &pair.to_bruno, chat, 1, DEADLINE_MS, ERR));
  send_text(pair.anna, &pair.to_bruno, "handshake", "welcome");
  CHECK_OK(glueberry_node_finalize_handshake(pair.anna, &pair.to_bruno, DEADLINE_MS, ERR));
  expect_text(brunos, "welcome");
  CHECK_OK(glueberry_node_complete_handshake(pair.bruno, &pair.to_anna, chat, 1, DEADLINE_MS, ERR));
  await_established(&pair);
  expect_talk(&pair);
  glueberry_messages_free(annas);
  glueberry_messages_free(brunos);
  stop_both(&pair);
}

static void the_handshake_can_be_done_by_operations(void) {
  test_pair pair = two_strangers();
  glueberry_events_t *const annas = events_of(pair.anna), *const brunos = events_of(pair.bruno);
  CHECK_OK(glueberry_node_prepare_streams_start(pair.anna, &pair.to_bruno, chat, 1, DEADLINE_MS,
                                                annas, 1, NULL, ERR));
  CHECK_OK(await_done(annas, 1));
  CHECK_OK(glueberry_node_finalize_handshake_start(pair.anna, &pair.to_bruno, DEADLINE_MS, annas, 2,
                                                   NULL, ERR));
  CHECK_OK(glueberry_node_complete_handshake_start(pair.bruno, &pair.to_anna, chat, 1, DEADLINE_MS,
                                                   brunos, 3, NULL, ERR));
  CHECK_OK(await_done(annas, 2));
  CHECK_OK(await_done(brunos, 3));
  await_established(&pair);
  expect_talk(&pair);
  glueberry_events_free(annas);
  glueberry_events_free(brunos);
  stop_both(&pair);
}

static void a_handshake_that_is_finished_cannot_be_finished_again(void) {
  test_pair pair = two_strangers();
  CHECK_OK(glueberry_node_finalize_handshake(pair.bruno, &pair.to_anna, DEADLINE_MS, ERR));
  CHECK_STATUS(GLUEBERRY_E_WRONG_STATE,
               glueberry_node_finalize_handshake(pair.bruno, &pair.to_anna, DEADLINE_MS, ERR));
  stop_both(&pair);
}

static void a_handshake_of_the_library_is_not_finished_by_the_application(void) {
  test_pair pair = two_nodes();
  CHECK_STATUS(GLUEBERRY_E_WRONG_STATE, glueberry_node_complete_handshake(
                                            pair.bruno, &pair.to_anna, chat, 1, DEADLINE_MS, ERR));
  stop_both(&pair);
}

static void a_guest_is_told_that_it_was_refused(void) {
  test_pair pair = two_strangers();
  glueberry_events_t *const events = events_of_kind(pair.bruno, GLUEBERRY_EVENT_PEER_DISCONNECTED);
  glueberry_messages_t *const messages = messages_of(pair.anna, "handshake");
  send_text(pair.bruno, &pair.to_anna, "handshake", "wrong password");
  glueberry_message_free(next_message(messages));
  CHECK_OK(glueberry_node_disconnect(pair.anna, &pair.to_bruno, DEADLINE_MS, ERR));
  await_kind(events, GLUEBERRY_EVENT_PEER_DISCONNECTED);
  glueberry_messages_free(messages);
  glueberry_events_free(events);
  stop_both(&pair);
}

static void a_handshake_that_nobody_finishes_ends_in_time(void) {
  glueberry_config_t *const config = app_config(LOOPBACK);
  glueberry_event_t *event;
  CHECK_OK(glueberry_config_set_handshake_timeout(config, 200, ERR));
  glueberry_node_t *const anna = start(config), *const bruno = start(app_config(NULL));
  glueberry_events_t *const events = events_of_kind(anna, GLUEBERRY_EVENT_PEER_DISCONNECTED);
  dial(bruno, anna);
  event = await_event(events, GLUEBERRY_EVENT_PEER_DISCONNECTED, 0);
  CHECK(view_of(event).reason == GLUEBERRY_REASON_HANDSHAKE_TIMEOUT);
  glueberry_event_free(event);
  glueberry_events_free(events);
  stop(bruno);
  stop(anna);
}

int main(void) {
  static const test_case cases[] = {
      CASE(a_connection_waits_for_the_application),
      CASE(both_sides_agree_in_their_own_words),
      CASE(the_handshake_can_be_done_by_operations),
      CASE(a_handshake_that_is_finished_cannot_be_finished_again),
      CASE(a_handshake_of_the_library_is_not_finished_by_the_application),
      CASE(a_guest_is_told_that_it_was_refused),
      CASE(a_handshake_that_nobody_finishes_ends_in_time),
  };
  return RUN(cases);
}
