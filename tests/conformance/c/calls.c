/* The commands that call a node, with the functions that wait. */
#include "driver.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { MOST_QUEUES = 32, MOST_TEXTS = 32 };

/* One of the two is not NULL. */
typedef struct queue_t {
  char *name;
  glueberry_messages_t *messages;
  glueberry_events_t *events;
} queue_t;

struct calls_t {
  glueberry_node_t *node;
  queue_t queues[MOST_QUEUES];
  size_t queue_count;
};

typedef struct texts_t {
  const char *list[MOST_TEXTS];
  size_t count;
} texts_t;

calls_t *calls_new(glueberry_node_t *node) {
  calls_t *const calls = allocated(sizeof *calls);
  calls->node = node;
  return calls;
}

static void queue_free(queue_t *queue) {
  free(queue->name);
  glueberry_messages_free(queue->messages);
  glueberry_events_free(queue->events);
}

void calls_free(calls_t *calls) {
  if (calls == NULL) return;
  for (size_t i = 0; i < calls->queue_count; i++) queue_free(&calls->queues[i]);
  glueberry_node_free(calls->node);
  free(calls);
}

const glueberry_node_t *calls_node(const calls_t *calls) { return calls->node; }

static queue_t *queue_of(const calls_t *calls, const cJSON *call) {
  const char *const name = text_of(call, "queue");
  for (size_t i = 0; name != NULL && i < calls->queue_count; i++) {
    if (strcmp(calls->queues[i].name, name) == 0) return (queue_t *)&calls->queues[i];
  }
  return NULL;
}

const glueberry_messages_t *calls_messages(const calls_t *calls, const cJSON *call) {
  const queue_t *const queue = queue_of(calls, call);
  return queue == NULL ? NULL : queue->messages;
}

const glueberry_events_t *calls_events(const calls_t *calls, const cJSON *call) {
  const queue_t *const queue = queue_of(calls, call);
  return queue == NULL ? NULL : queue->events;
}

static void add_queue(calls_t *calls, const cJSON *call, glueberry_messages_t *messages,
                      glueberry_events_t *events) {
  const char *const name = text_of(call, "queue");
  if (calls->queue_count == MOST_QUEUES) give_up("too many queues");
  queue_t *const queue = &calls->queues[calls->queue_count++];
  queue->name = strcpy(allocated(strlen(name) + 1), name);
  queue->messages = messages;
  queue->events = events;
}

static texts_t texts_of(const cJSON *call, const char *name) {
  texts_t texts = {.count = 0};
  const cJSON *text;
  cJSON_ArrayForEach(text, cJSON_GetObjectItem(call, name)) {
    if (texts.count == MOST_TEXTS) give_up("too many texts");
    texts.list[texts.count++] = cJSON_GetStringValue(text);
  }
  return texts;
}

/* ---- Connections ---- */

static cJSON *listen_at(const calls_t *calls, const cJSON *call) {
  glueberry_error_t *err = NULL;
  glueberry_strings_t *bound = NULL;
  const int32_t status = glueberry_node_listen(calls->node, text_of(call, "address"),
                                               GLUEBERRY_NTS, within(call), &bound, &err);
  cJSON *const addresses = told_strings(bound);
  glueberry_strings_free(bound);
  return outcome_with(status, err, "addresses", addresses);
}

static cJSON *connect_to(const calls_t *calls, const cJSON *call) {
  glueberry_error_t *err = NULL;
  glueberry_peer_id_t peer = {{0}};
  const int32_t status = glueberry_node_connect(calls->node, text_of(call, "address"),
                                                GLUEBERRY_NTS, within(call), &peer, &err);
  return outcome_with(status, err, "peer", peer_text(&peer));
}

static cJSON *shut_down(const calls_t *calls, const cJSON *call) {
  glueberry_error_t *err = NULL;
  const int32_t status = glueberry_node_shutdown(calls->node, within(call), &err);
  return outcome(status, err);
}

/* ---- Calls about a peer, and nothing else ---- */

typedef int32_t peer_call_fn(const glueberry_node_t *, const glueberry_peer_id_t *, int64_t,
                             glueberry_error_t **);

static const struct {
  const char *name;
  peer_call_fn *call;
} PEER_CALLS[] = {
    {"wait_established", glueberry_node_wait_established},
    {"disconnect", glueberry_node_disconnect},
    {"cancel_reconnection", glueberry_node_cancel_reconnection},
    {"finalize_handshake", glueberry_node_finalize_handshake},
    {"remove_peer", glueberry_node_remove_peer},
};

static cJSON *peer_call(const calls_t *calls, const cJSON *call, peer_call_fn *function) {
  glueberry_error_t *err = NULL;
  glueberry_peer_id_t peer;
  int32_t status = peer_of(call, &peer, &err);
  if (status == GLUEBERRY_OK) status = function(calls->node, &peer, within(call), &err);
  return outcome(status, err);
}

static cJSON *prepare(const calls_t *calls, const cJSON *call) {
  glueberry_error_t *err = NULL;
  glueberry_peer_id_t peer;
  const texts_t streams = texts_of(call, "streams");
  int32_t status = peer_of(call, &peer, &err);
  if (status == GLUEBERRY_OK && is_called(call, "prepare_streams")) {
    status = glueberry_node_prepare_streams(calls->node, &peer, streams.list, streams.count,
                                            within(call), &err);
  } else if (status == GLUEBERRY_OK) {
    status = glueberry_node_complete_handshake(calls->node, &peer, streams.list, streams.count,
                                               within(call), &err);
  }
  return outcome(status, err);
}

/* ---- Sending ---- */

static int32_t send_one(const calls_t *calls, const cJSON *call, const glueberry_peer_id_t *peer,
                        uint32_t number, glueberry_error_t **err) {
  size_t len;
  uint8_t *const data = payload_of(call, number, &len);
  const char *const stream = text_of(call, "stream");
  const int32_t status =
      is_called(call, "try_send")
          ? glueberry_node_try_send(calls->node, peer, stream, GLUEBERRY_NTS, data, len, err)
          : glueberry_node_send(calls->node, peer, stream, GLUEBERRY_NTS, data, len, within(call),
                                err);
  free(data);
  return status;
}

static cJSON *send_all(const calls_t *calls, const cJSON *call) {
  glueberry_error_t *err = NULL;
  glueberry_peer_id_t peer;
  const int64_t count = number_of(call, "count", 1);
  int64_t sent = 0;
  int32_t status = peer_of(call, &peer, &err);
  while (status == GLUEBERRY_OK && sent < count) {
    status = send_one(calls, call, &peer, (uint32_t)sent, &err);
    if (status == GLUEBERRY_OK) sent++;
  }
  cJSON *const answer = outcome(status, err);
  cJSON_AddNumberToObject(answer, "sent", (double)sent);
  return answer;
}

static cJSON *flush(const calls_t *calls, const cJSON *call) {
  glueberry_error_t *err = NULL;
  glueberry_peer_id_t peer;
  int32_t status = peer_of(call, &peer, &err);
  if (status == GLUEBERRY_OK) {
    status = glueberry_node_flush(calls->node, &peer, text_of(call, "stream"), GLUEBERRY_NTS,
                                  within(call), &err);
  }
  return outcome(status, err);
}

/* ---- Queues ---- */

static cJSON *take_messages(calls_t *calls, const cJSON *call) {
  glueberry_error_t *err = NULL;
  glueberry_messages_t *messages = NULL;
  const char *const stream = text_of(call, "stream");
  const int32_t status =
      stream == NULL
          ? glueberry_node_all_messages(calls->node, &messages, &err)
          : glueberry_node_messages(calls->node, stream, GLUEBERRY_NTS, &messages, &err);
  if (status == GLUEBERRY_OK) add_queue(calls, call, messages, NULL);
  return outcome(status, err);
}

static int64_t now_ms(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static int64_t left_of(int64_t deadline) {
  if (deadline < 0) return GLUEBERRY_FOREVER;
  const int64_t left = deadline - now_ms();
  return left > 0 ? left : 0;
}

static cJSON *receive(const calls_t *calls, const cJSON *call) {
  const glueberry_messages_t *const queue = calls_messages(calls, call);
  const int64_t count = number_of(call, "count", 1);
  const int64_t deadline = within(call) < 0 ? GLUEBERRY_FOREVER : now_ms() + within(call);
  glueberry_message_t *message = NULL;
  int32_t status = GLUEBERRY_OK;
  if (queue == NULL) return fault("there is no such queue of messages");
  cJSON *const messages = cJSON_CreateArray();
  while (status == GLUEBERRY_OK && cJSON_GetArraySize(messages) < count) {
    status = glueberry_messages_next(queue, left_of(deadline), &message);
    if (status == GLUEBERRY_OK) cJSON_AddItemToArray(messages, told_message(message));
    glueberry_message_free(message);
  }
  const bool ended = status == GLUEBERRY_CLOSED;
  cJSON *const answer =
      status == GLUEBERRY_TIMEOUT ? timed_out() : outcome(ended ? GLUEBERRY_OK : status, NULL);
  if (ended) cJSON_AddTrueToObject(answer, "ended");
  cJSON_AddItemToObject(answer, "messages", messages);
  return answer;
}

static int32_t kind_called(const char *name) {
  for (int32_t kind = 1; kind < GLUEBERRY_EVENT_OP_DONE; kind++) {
    if (strcmp(glueberry_event_kind_name(kind), name) == 0) return kind;
  }
  return 0;
}

static cJSON *take_events(calls_t *calls, const cJSON *call) {
  glueberry_error_t *err = NULL;
  glueberry_events_t *events = NULL;
  glueberry_peer_id_t peers[MOST_TEXTS];
  int32_t kinds[MOST_TEXTS];
  const texts_t peer_texts = texts_of(call, "peers"), kind_texts = texts_of(call, "kinds");
  glueberry_event_filter_t filter = {.size = sizeof filter};
  int32_t status = GLUEBERRY_OK;
  for (size_t i = 0; i < peer_texts.count && status == GLUEBERRY_OK; i++) {
    status = glueberry_peer_id_parse(peer_texts.list[i], GLUEBERRY_NTS, &peers[i], &err);
  }
  for (size_t i = 0; i < kind_texts.count; i++) kinds[i] = kind_called(kind_texts.list[i]);
  if (is_in(call, "peers")) filter.peers = peers;
  if (is_in(call, "kinds")) filter.kinds = kinds;
  filter.peer_count = peer_texts.count;
  filter.kind_count = kind_texts.count;
  if (status == GLUEBERRY_OK) status = glueberry_node_events(calls->node, &filter, &events, &err);
  if (status == GLUEBERRY_OK) add_queue(calls, call, NULL, events);
  return outcome(status, err);
}

static cJSON *next_event(const calls_t *calls, const cJSON *call) {
  const glueberry_events_t *const queue = calls_events(calls, call);
  glueberry_event_t *event = NULL;
  if (queue == NULL) return fault("there is no such queue of events");
  const int32_t status = glueberry_events_next(queue, within(call), &event);
  if (status == GLUEBERRY_TIMEOUT) return timed_out();
  cJSON *const answer = outcome(status == GLUEBERRY_CLOSED ? GLUEBERRY_OK : status, NULL);
  if (status == GLUEBERRY_CLOSED) cJSON_AddTrueToObject(answer, "ended");
  if (status == GLUEBERRY_OK) cJSON_AddItemToObject(answer, "event", told_event(event));
  glueberry_event_free(event);
  return answer;
}

static cJSON *release(calls_t *calls, const cJSON *call) {
  queue_t *const queue = queue_of(calls, call);
  if (queue == NULL) return fault("there is no such queue");
  queue_free(queue);
  *queue = calls->queues[--calls->queue_count];
  return done();
}

/* ---- Peers ---- */

static cJSON *state(const calls_t *calls, const cJSON *call) {
  glueberry_error_t *err = NULL;
  glueberry_peer_id_t peer;
  int32_t state = GLUEBERRY_STATE_DISCONNECTED;
  int32_t status = peer_of(call, &peer, &err);
  if (status == GLUEBERRY_OK) status = glueberry_node_connection_state(calls->node, &peer, &state);
  return outcome_with(status, err, "state", cJSON_CreateString(glueberry_state_name(state)));
}

static cJSON *peer_info(const calls_t *calls, const cJSON *call) {
  glueberry_error_t *err = NULL;
  glueberry_peer_id_t peer;
  glueberry_peer_info_t *info = NULL;
  int32_t status = peer_of(call, &peer, &err);
  if (status == GLUEBERRY_OK) status = glueberry_node_peer(calls->node, &peer, &info, &err);
  if (status == GLUEBERRY_NONE) status = GLUEBERRY_OK;
  cJSON *const told = info == NULL ? cJSON_CreateNull() : told_peer(info);
  glueberry_peer_info_free(info);
  return outcome_with(status, err, "peer", told);
}

static cJSON *peers(const calls_t *calls) {
  glueberry_error_t *err = NULL;
  glueberry_peers_t *peers = NULL;
  const int32_t status = glueberry_node_peers(calls->node, &peers, &err);
  cJSON *const list = cJSON_CreateArray();
  for (size_t i = 0; i < glueberry_peers_count(peers); i++) {
    cJSON_AddItemToArray(list, told_peer(glueberry_peers_get(peers, i)));
  }
  glueberry_peers_free(peers);
  return outcome_with(status, err, "peers", list);
}

static cJSON *health(const calls_t *calls, const cJSON *call) {
  glueberry_error_t *err = NULL;
  glueberry_peer_id_t peer;
  glueberry_stream_health_t health = {.size = sizeof health};
  int32_t status = peer_of(call, &peer, &err);
  if (status == GLUEBERRY_OK) {
    status = glueberry_node_stream_health(calls->node, &peer, text_of(call, "stream"),
                                          GLUEBERRY_NTS, &health, &err);
  }
  return status == GLUEBERRY_OK ? told_health(&health) : outcome(status, err);
}

static cJSON *add_peer(const calls_t *calls, const cJSON *call) {
  glueberry_error_t *err = NULL;
  glueberry_peer_id_t peer = {{0}};
  const texts_t addresses = texts_of(call, "addresses"), values = texts_of(call, "metadata");
  texts_t keys = {.count = 0};
  const cJSON *fact;
  cJSON_ArrayForEach(fact, cJSON_GetObjectItem(call, "metadata")) {
    keys.list[keys.count++] = fact->string;
  }
  const glueberry_new_peer_t new_peer = {
      .size = sizeof new_peer,
      .persistent = cJSON_IsTrue(cJSON_GetObjectItem(call, "persistent")),
      .addresses = addresses.list,
      .address_count = addresses.count,
      .metadata_keys = keys.list,
      .metadata_values = values.list,
      .metadata_count = keys.count,
  };
  const int32_t status = glueberry_node_add_peer(calls->node, &new_peer, within(call), &peer, &err);
  return outcome_with(status, err, "peer", peer_text(&peer));
}

/* ---- Bans ---- */

static cJSON *ban(const calls_t *calls, const cJSON *call) {
  glueberry_error_t *err = NULL;
  const int64_t duration = number_of(call, "duration_ms", GLUEBERRY_FOREVER);
  const int32_t status = glueberry_node_ban(calls->node, text_of(call, "target"), GLUEBERRY_NTS,
                                            duration, within(call), &err);
  return outcome(status, err);
}

static cJSON *unban(const calls_t *calls, const cJSON *call) {
  glueberry_error_t *err = NULL;
  int32_t was_banned = 0;
  const int32_t status = glueberry_node_unban(calls->node, text_of(call, "target"), GLUEBERRY_NTS,
                                              within(call), &was_banned, &err);
  return outcome_with(status, err, "was_banned", cJSON_CreateBool(was_banned));
}

static cJSON *bans(const calls_t *calls) {
  glueberry_error_t *err = NULL;
  glueberry_bans_t *bans = NULL;
  const int32_t status = glueberry_node_bans(calls->node, &bans, &err);
  cJSON *const told = told_bans(bans);
  glueberry_bans_free(bans);
  return outcome_with(status, err, "bans", told);
}

cJSON *call_node(calls_t *calls, const cJSON *call) {
  for (size_t i = 0; i < sizeof PEER_CALLS / sizeof *PEER_CALLS; i++) {
    if (is_called(call, PEER_CALLS[i].name)) return peer_call(calls, call, PEER_CALLS[i].call);
  }
  if (is_called(call, "close")) return shut_down(calls, call);
  if (is_called(call, "listen")) return listen_at(calls, call);
  if (is_called(call, "connect")) return connect_to(calls, call);
  if (is_called(call, "prepare_streams")) return prepare(calls, call);
  if (is_called(call, "complete_handshake")) return prepare(calls, call);
  if (is_called(call, "send")) return send_all(calls, call);
  if (is_called(call, "try_send")) return send_all(calls, call);
  if (is_called(call, "flush")) return flush(calls, call);
  if (is_called(call, "messages")) return take_messages(calls, call);
  if (is_called(call, "receive")) return receive(calls, call);
  if (is_called(call, "events")) return take_events(calls, call);
  if (is_called(call, "event")) return next_event(calls, call);
  if (is_called(call, "release")) return release(calls, call);
  if (is_called(call, "state")) return state(calls, call);
  if (is_called(call, "peer")) return peer_info(calls, call);
  if (is_called(call, "peers")) return peers(calls);
  if (is_called(call, "health")) return health(calls, call);
  if (is_called(call, "add_peer")) return add_peer(calls, call);
  if (is_called(call, "ban")) return ban(calls, call);
  if (is_called(call, "unban")) return unban(calls, call);
  if (is_called(call, "bans")) return bans(calls);
  return lacks(text_of(call, "do"));
}
