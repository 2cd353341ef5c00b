/* From the settings of `start` to a configuration. */
#include "driver.h"

#include <stdio.h>
#include <string.h>

typedef int32_t set_text_fn(glueberry_config_t *, const char *, size_t, glueberry_error_t **);
typedef int32_t set_ms_fn(glueberry_config_t *, int64_t, glueberry_error_t **);
typedef int32_t set_size_fn(glueberry_config_t *, size_t, glueberry_error_t **);

/* Each of these does nothing once something has failed. */
typedef struct settings_t {
  const cJSON *json;
  glueberry_config_t *config;
  glueberry_error_t **err;
  int32_t status;
} settings_t;

static bool is_set(const settings_t *settings, const char *name) {
  return settings->status == GLUEBERRY_OK && is_in(settings->json, name);
}

static void set_ms(settings_t *settings, const char *name, set_ms_fn *set) {
  if (!is_set(settings, name)) return;
  settings->status = set(settings->config, number_of(settings->json, name, 0), settings->err);
}

static void set_size(settings_t *settings, const char *name, set_size_fn *set) {
  if (!is_set(settings, name)) return;
  const size_t size = (size_t)number_of(settings->json, name, 0);
  settings->status = set(settings->config, size, settings->err);
}

static void set_each(settings_t *settings, const char *name, set_text_fn *set) {
  const cJSON *text;
  cJSON_ArrayForEach(text, cJSON_GetObjectItem(settings->json, name)) {
    if (settings->status != GLUEBERRY_OK) return;
    settings->status =
        set(settings->config, cJSON_GetStringValue(text), GLUEBERRY_NTS, settings->err);
  }
}

static void set_streams(settings_t *settings) {
  const cJSON *stream;
  cJSON_ArrayForEach(stream, cJSON_GetObjectItem(settings->json, "streams")) {
    if (settings->status != GLUEBERRY_OK) return;
    const glueberry_stream_config_t bounds = {
        .size = sizeof bounds,
        .max_message_size = (uint64_t)number_of(stream, "max_message_size", 0),
        .send_buffer = (uint64_t)number_of(stream, "send_buffer", 0),
        .receive_buffer = (uint64_t)number_of(stream, "receive_buffer", 0),
        .high_watermark = (uint32_t)number_of(stream, "high_watermark", 0),
        .low_watermark = (uint32_t)number_of(stream, "low_watermark", 0),
    };
    settings->status = glueberry_config_add_stream(settings->config, stream->string,
                                                   GLUEBERRY_NTS, &bounds, settings->err);
  }
}

static void set_book(settings_t *settings) {
  if (!is_set(settings, "address_book")) return;
  settings->status = glueberry_config_set_address_book(
      settings->config, text_of(settings->json, "address_book"), GLUEBERRY_NTS, settings->err);
}

static void set_auto_connect(settings_t *settings) {
  if (!is_set(settings, "auto_connect")) return;
  const int32_t yes = cJSON_IsTrue(cJSON_GetObjectItem(settings->json, "auto_connect"));
  settings->status = glueberry_config_set_auto_connect(settings->config, yes, settings->err);
}

static void set_handshake(settings_t *settings) {
  if (!is_set(settings, "handshake")) return;
  const bool app = strcmp(text_of(settings->json, "handshake"), "App") == 0;
  settings->status = glueberry_config_set_handshake(
      settings->config, app ? GLUEBERRY_HANDSHAKE_APP : GLUEBERRY_HANDSHAKE_AUTOMATIC,
      settings->err);
}

static void set_security(settings_t *settings) {
  if (!is_set(settings, "security")) return;
  const char *const name = text_of(settings->json, "security");
  const int32_t security = strcmp(name, "Tls") == 0     ? GLUEBERRY_SECURITY_TLS
                           : strcmp(name, "Noise") == 0 ? GLUEBERRY_SECURITY_NOISE
                                                        : GLUEBERRY_SECURITY_BOTH;
  settings->status = glueberry_config_set_security(settings->config, security, settings->err);
}

static void set_reconnect(settings_t *settings) {
  if (!is_set(settings, "reconnect")) return;
  const cJSON *const json = cJSON_GetObjectItem(settings->json, "reconnect");
  const glueberry_reconnect_policy_t policy = {
      .size = sizeof policy,
      .max_attempts = (uint32_t)number_of(json, "max_attempts", 0),
      .first_delay_ms = number_of(json, "first_delay_ms", 0),
      .longest_delay_ms = number_of(json, "longest_delay_ms", 0),
      .cooldown_ms = number_of(json, "cooldown_ms", 0),
  };
  settings->status = glueberry_config_set_reconnect(settings->config, &policy, settings->err);
}

static void set_keep_alive(settings_t *settings) {
  const cJSON *const json = cJSON_GetObjectItem(settings->json, "keep_alive");
  if (json == NULL || settings->status != GLUEBERRY_OK) return;
  settings->status =
      glueberry_config_set_keep_alive(settings->config, number_of(json, "interval_ms", 0),
                                      number_of(json, "timeout_ms", 0), settings->err);
}

static void set_limits(settings_t *settings) {
  if (!is_set(settings, "connection_limits")) return;
  const cJSON *const json = cJSON_GetObjectItem(settings->json, "connection_limits");
  const glueberry_connection_limits_t limits = {
      .size = sizeof limits,
      .pending = (uint32_t)number_of(json, "pending", 0),
      .total = (uint32_t)number_of(json, "total", 0),
      .per_peer = (uint32_t)number_of(json, "per_peer", 0),
      .per_address = (uint32_t)number_of(json, "per_address", 0),
  };
  settings->status =
      glueberry_config_set_connection_limits(settings->config, &limits, settings->err);
}

static void set_all(settings_t *settings) {
  set_each(settings, "listen", glueberry_config_add_listen_address);
  set_book(settings);
  set_auto_connect(settings);
  set_streams(settings);
  set_handshake(settings);
  set_security(settings);
  set_reconnect(settings);
  set_ms(settings, "handshake_timeout_ms", glueberry_config_set_handshake_timeout);
  set_ms(settings, "dial_timeout_ms", glueberry_config_set_dial_timeout);
  set_keep_alive(settings);
  set_ms(settings, "linger_ms", glueberry_config_set_linger);
  set_size(settings, "event_buffer", glueberry_config_set_event_buffer);
  set_each(settings, "allow", glueberry_config_allow);
  set_each(settings, "deny", glueberry_config_deny);
  set_limits(settings);
  set_size(settings, "worker_threads", glueberry_config_set_worker_threads);
}

static int32_t identity_of(const char *hex, glueberry_identity_t **identity,
                           glueberry_error_t **err) {
  uint8_t seed[32];
  size_t len = 0;
  unsigned byte;
  while (len < sizeof seed && sscanf(hex + 2 * len, "%2x", &byte) == 1) seed[len++] = (uint8_t)byte;
  return glueberry_identity_from_seed(seed, len, identity, err);
}

int32_t start_node(const cJSON *call, glueberry_node_t **node, glueberry_error_t **err) {
  glueberry_identity_t *identity = NULL;
  settings_t settings = {.json = cJSON_GetObjectItem(call, "settings"), .err = err};
  settings.status = identity_of(text_of(call, "seed"), &identity, err);
  if (settings.status == GLUEBERRY_OK) {
    settings.status = glueberry_config_new(identity, &settings.config, err);
  }
  if (settings.status == GLUEBERRY_OK) set_all(&settings);
  if (settings.status == GLUEBERRY_OK) {
    settings.status = glueberry_node_start(settings.config, node, err);
  }
  glueberry_config_free(settings.config);
  glueberry_identity_free(identity);
  return settings.status;
}
