/* What the library gives, as the runner wants it told. */
#include "driver.h"

static void add_text(cJSON *object, const char *name, const char *text) {
  if (text == NULL) {
    cJSON_AddNullToObject(object, name);
  } else {
    cJSON_AddStringToObject(object, name, text);
  }
}

/* A number that `absent` stands for nothing of. */
static void add_number_but(cJSON *object, const char *name, int64_t number, int64_t absent) {
  if (number == absent) {
    cJSON_AddNullToObject(object, name);
  } else {
    cJSON_AddNumberToObject(object, name, (double)number);
  }
}

static void add_number(cJSON *object, const char *name, uint64_t number) {
  cJSON_AddNumberToObject(object, name, (double)number);
}

static const char *direction_name(int32_t direction) {
  if (direction == GLUEBERRY_DIRECTION_OUTBOUND) return "Outbound";
  return direction == GLUEBERRY_DIRECTION_INBOUND ? "Inbound" : NULL;
}

static const char *level_name(int32_t level) {
  return level == GLUEBERRY_PRESSURE_HIGH ? "High" : "Low";
}

cJSON *told_strings(const glueberry_strings_t *strings) {
  cJSON *const list = cJSON_CreateArray();
  for (size_t i = 0; i < glueberry_strings_count(strings); i++) {
    cJSON_AddItemToArray(list, cJSON_CreateString(glueberry_strings_get(strings, i)));
  }
  return list;
}

cJSON *told_message(const glueberry_message_t *message) {
  cJSON *const told = cJSON_CreateObject();
  const uint8_t *data = NULL;
  size_t len = 0;
  glueberry_peer_id_t peer;
  if (glueberry_message_data(message, &data, &len) != GLUEBERRY_OK ||
      glueberry_message_peer(message, &peer) != GLUEBERRY_OK) {
    give_up("a message cannot be read");
  }
  cJSON_AddItemToObject(told, "peer", peer_text(&peer));
  cJSON_AddStringToObject(told, "stream", glueberry_message_stream(message));
  add_number(told, "size", len);
  add_number(told, "crc", sum_of(data, len));
  return told;
}

static cJSON *told_unwritten(const glueberry_event_t *event, size_t count) {
  cJSON *const list = cJSON_CreateArray();
  for (size_t i = 0; i < count; i++) {
    glueberry_unwritten_t unwritten = {.size = sizeof unwritten};
    if (glueberry_event_unwritten(event, i, &unwritten) != GLUEBERRY_OK) give_up("unwritten");
    cJSON *const told = cJSON_CreateObject();
    cJSON_AddStringToObject(told, "stream", unwritten.stream);
    add_number(told, "messages", unwritten.messages);
    add_number(told, "bytes", unwritten.bytes);
    cJSON_AddItemToArray(list, told);
  }
  return list;
}

static void add_fields_of_peer(cJSON *told, const glueberry_event_t *event,
                               const glueberry_event_view_t *view) {
  switch (view->kind) {
    case GLUEBERRY_EVENT_PEER_CONNECTED:
      cJSON_AddBoolToObject(told, "inbound", view->is_inbound);
      add_text(told, "address", view->address);
      add_number(told, "session", view->session);
      break;
    case GLUEBERRY_EVENT_PEER_ESTABLISHED:
      add_number(told, "session", view->session);
      break;
    case GLUEBERRY_EVENT_PEER_DISCONNECTED:
      add_number_but(told, "session", (int64_t)view->session, 0);
      add_text(told, "reason", glueberry_reason_name(view->reason));
      cJSON_AddItemToObject(told, "unwritten", told_unwritten(event, view->unwritten_count));
      break;
    case GLUEBERRY_EVENT_PEER_RECONNECTING:
      add_number(told, "attempt", view->attempt);
      add_number(told, "delay", (uint64_t)view->delay_ms);
      break;
    case GLUEBERRY_EVENT_PEER_COOLDOWN:
      add_number(told, "until", (uint64_t)view->until_ms);
      break;
    default:
      break;
  }
}

static void add_fields_of_stream(cJSON *told, const glueberry_event_view_t *view) {
  add_text(told, "stream", view->stream);
  switch (view->kind) {
    case GLUEBERRY_EVENT_STREAM_DEGRADED:
      add_number(told, "attempt", view->attempt);
      break;
    case GLUEBERRY_EVENT_STREAM_CLOSED:
      add_text(told, "reason", glueberry_stream_close_name(view->close_reason));
      break;
    case GLUEBERRY_EVENT_STREAM_PRESSURE:
      add_text(told, "direction", direction_name(view->direction));
      add_text(told, "level", level_name(view->level));
      add_number(told, "bytes", view->bytes);
      break;
    default:
      break;
  }
}

static void add_fields(cJSON *told, const glueberry_event_t *event,
                       const glueberry_event_view_t *view) {
  switch (view->kind) {
    case GLUEBERRY_EVENT_LISTEN_ADDRESS:
      add_text(told, "address", view->address);
      break;
    case GLUEBERRY_EVENT_CONNECTION_DENIED:
      cJSON_AddBoolToObject(told, "inbound", view->is_inbound);
      add_text(told, "address", view->address);
      add_text(told, "denial", glueberry_denial_name(view->denial));
      add_number(told, "suppressed", view->suppressed);
      break;
    case GLUEBERRY_EVENT_STREAM_OPENED:
    case GLUEBERRY_EVENT_STREAM_DEGRADED:
    case GLUEBERRY_EVENT_STREAM_RECOVERED:
    case GLUEBERRY_EVENT_STREAM_CLOSED:
    case GLUEBERRY_EVENT_STREAM_PRESSURE:
    case GLUEBERRY_EVENT_DECRYPTION_FAILED:
      add_fields_of_stream(told, view);
      break;
    case GLUEBERRY_EVENT_WARNING:
      add_text(told, "code", glueberry_status_name(view->code));
      add_text(told, "stream", view->stream);
      add_text(told, "detail", view->detail);
      break;
    case GLUEBERRY_EVENT_LAGGED:
      add_number(told, "missed", view->missed);
      break;
    default:
      add_fields_of_peer(told, event, view);
  }
}

/* These two have no field `peer`; in all others it is there, or null. */
static bool has_no_peer(int32_t kind) {
  return kind == GLUEBERRY_EVENT_LISTEN_ADDRESS || kind == GLUEBERRY_EVENT_LAGGED;
}

cJSON *told_event(const glueberry_event_t *event) {
  cJSON *const told = cJSON_CreateObject();
  glueberry_event_view_t view = {.size = sizeof view};
  if (glueberry_event_read(event, &view) != GLUEBERRY_OK) give_up("an event cannot be read");
  cJSON_AddStringToObject(told, "kind", glueberry_event_kind_name(view.kind));
  cJSON_AddNumberToObject(told, "at", (double)view.time_ms);
  if (!has_no_peer(view.kind)) {
    cJSON_AddItemToObject(told, "peer",
                          view.has_peer ? peer_text(&view.peer) : cJSON_CreateNull());
  }
  add_fields(told, event, &view);
  return told;
}

static cJSON *told_metadata(const glueberry_peer_info_t *info, size_t count) {
  cJSON *const told = cJSON_CreateObject();
  for (size_t i = 0; i < count; i++) {
    const char *key = NULL, *value = NULL;
    if (glueberry_peer_info_metadata(info, i, &key, NULL, &value, NULL) != GLUEBERRY_OK) {
      give_up("metadata cannot be read");
    }
    cJSON_AddStringToObject(told, key, value);
  }
  return told;
}

cJSON *told_peer(const glueberry_peer_info_t *info) {
  glueberry_peer_view_t view = {.size = sizeof view};
  if (glueberry_peer_info_read(info, &view) != GLUEBERRY_OK) give_up("a peer cannot be read");
  cJSON *const addresses = cJSON_CreateArray();
  for (size_t i = 0; i < view.address_count; i++) {
    cJSON_AddItemToArray(addresses, cJSON_CreateString(glueberry_peer_info_address(info, i)));
  }
  cJSON *const told = cJSON_CreateObject();
  cJSON_AddItemToObject(told, "peer", peer_text(&view.peer));
  add_text(told, "state", glueberry_state_name(view.state));
  add_text(told, "direction", direction_name(view.direction));
  add_number(told, "connections", view.connections);
  cJSON_AddItemToObject(told, "addresses", addresses);
  cJSON_AddBoolToObject(told, "persistent", view.is_persistent);
  cJSON_AddItemToObject(told, "metadata", told_metadata(info, view.metadata_count));
  add_number_but(told, "last_seen", view.last_seen_ms, -1);
  cJSON_AddBoolToObject(told, "banned", view.is_banned);
  return told;
}

cJSON *told_health(const glueberry_stream_health_t *health) {
  cJSON *const told = done();
  add_text(told, "state", glueberry_stream_state_name(health->state));
  add_text(told, "outbound", level_name(health->outbound));
  add_text(told, "inbound", level_name(health->inbound));
  add_number(told, "queued_messages", health->queued_messages);
  add_number(told, "queued_bytes", health->queued_bytes);
  add_number(told, "unread_bytes", health->unread_bytes);
  return told;
}

cJSON *told_bans(const glueberry_bans_t *bans) {
  cJSON *const list = cJSON_CreateArray();
  for (size_t i = 0; i < glueberry_bans_count(bans); i++) {
    glueberry_ban_view_t view = {.size = sizeof view};
    if (glueberry_bans_get(bans, i, &view) != GLUEBERRY_OK) give_up("a ban cannot be read");
    cJSON *const told = cJSON_CreateObject();
    add_text(told, "target", view.target);
    add_number_but(told, "until", view.until_ms, -1);
    cJSON_AddItemToArray(list, told);
  }
  return list;
}
