/* Commands and answers: from JSON, and to JSON. */
#include "driver.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *text_of(const cJSON *call, const char *name) {
  return cJSON_GetStringValue(cJSON_GetObjectItem(call, name));
}

int64_t number_of(const cJSON *call, const char *name, int64_t otherwise) {
  const cJSON *const number = cJSON_GetObjectItem(call, name);
  return cJSON_IsNumber(number) ? (int64_t)number->valuedouble : otherwise;
}

bool is_in(const cJSON *call, const char *name) {
  const cJSON *const member = cJSON_GetObjectItem(call, name);
  return member != NULL && !cJSON_IsNull(member);
}

bool is_called(const cJSON *call, const char *what) {
  const char *const name = text_of(call, "do");
  return name != NULL && strcmp(name, what) == 0;
}

int64_t within(const cJSON *call) { return number_of(call, "within_ms", GLUEBERRY_FOREVER); }

static cJSON *answer_that(const char *name) {
  cJSON *const answer = cJSON_CreateObject();
  cJSON_AddTrueToObject(answer, name);
  return answer;
}

static cJSON *answer_saying(const char *name, const char *text) {
  cJSON *const answer = cJSON_CreateObject();
  cJSON_AddStringToObject(answer, name, text == NULL ? "" : text);
  return answer;
}

cJSON *done(void) { return answer_that("ok"); }
cJSON *timed_out(void) { return answer_that("timed_out"); }
cJSON *fault(const char *why) { return answer_saying("fault", why); }
cJSON *lacks(const char *command) { return answer_saying("lacks", command); }

/* What is in the tables for every error. */
static cJSON *told_status(int32_t status) {
  cJSON *const error = cJSON_CreateObject();
  cJSON_AddNumberToObject(error, "code", -status);
  cJSON_AddStringToObject(error, "name", glueberry_status_name(status));
  cJSON_AddStringToObject(error, "class", glueberry_class_name(glueberry_status_class(status)));
  cJSON_AddBoolToObject(error, "retriable", glueberry_status_is_retriable(status));
  cJSON_AddStringToObject(error, "hint", glueberry_status_hint(status));
  return error;
}

static cJSON *told_error(int32_t status, const glueberry_error_t *err) {
  cJSON *const error = told_status(status);
  const char *const stream = glueberry_error_stream(err);
  glueberry_peer_id_t peer;
  cJSON_AddStringToObject(error, "message", glueberry_error_message(err));
  if (glueberry_error_peer(err, &peer) == GLUEBERRY_OK) {
    cJSON_AddItemToObject(error, "peer", peer_text(&peer));
  }
  if (stream != NULL) cJSON_AddStringToObject(error, "stream", stream);
  return error;
}

/* In C it is no error, and has no error object. */
static cJSON *told_would_block(void) {
  cJSON *const error = told_status(GLUEBERRY_E_WOULD_BLOCK);
  cJSON_AddStringToObject(error, "message", "glueberry_node_try_send says GLUEBERRY_WOULD_BLOCK");
  return error;
}

/* What the error object says of itself has to be what the tables say of its status. */
static bool is_consistent(int32_t status, const glueberry_error_t *err) {
  return glueberry_error_code(err) == status &&
         glueberry_error_class(err) == glueberry_status_class(status) &&
         glueberry_error_is_retriable(err) == glueberry_status_is_retriable(status) &&
         strcmp(glueberry_error_hint(err), glueberry_status_hint(status)) == 0;
}

static cJSON *failed(cJSON *error) {
  cJSON *const answer = cJSON_CreateObject();
  cJSON_AddItemToObject(answer, "error", error);
  return answer;
}

static cJSON *told_outcome(int32_t status, const glueberry_error_t *err) {
  if (status == GLUEBERRY_OK) return done();
  if (status == GLUEBERRY_E_TIMED_OUT) return timed_out();
  if (status == GLUEBERRY_WOULD_BLOCK) return failed(told_would_block());
  if (status > 0) return fault("a status came that no call of this kind gives");
  if (!is_consistent(status, err)) return fault("the status and the error object do not agree");
  return failed(told_error(status, err));
}

cJSON *outcome(int32_t status, glueberry_error_t *err) {
  cJSON *const answer = told_outcome(status, err);
  glueberry_error_free(err);
  return answer;
}

cJSON *outcome_of_event(const glueberry_event_view_t *view) {
  return told_outcome(view->status, view->error);
}

cJSON *outcome_with(int32_t status, glueberry_error_t *err, const char *name, cJSON *member) {
  cJSON *const answer = outcome(status, err);
  if (status == GLUEBERRY_OK) {
    cJSON_AddItemToObject(answer, name, member);
  } else {
    cJSON_Delete(member);
  }
  return answer;
}

cJSON *peer_text(const glueberry_peer_id_t *peer) {
  char text[GLUEBERRY_PEER_ID_SIZE];
  if (glueberry_peer_id_format(peer, text, sizeof text) != GLUEBERRY_OK) return cJSON_CreateNull();
  return cJSON_CreateString(text);
}

int32_t peer_of(const cJSON *call, glueberry_peer_id_t *peer, glueberry_error_t **err) {
  return glueberry_peer_id_parse(text_of(call, "peer"), GLUEBERRY_NTS, peer, err);
}

/* ---- Payloads ---- */

static uint8_t *generated(size_t size, uint32_t seed) {
  uint8_t *const data = allocated(size + 4);
  for (size_t at = 0; at < size; at += 4, seed += 2654435761u) {
    for (size_t byte = 0; byte < 4; byte++) data[at + byte] = (uint8_t)(seed >> 8 * byte);
  }
  return data;
}

uint8_t *payload_of(const cJSON *call, uint32_t number, size_t *len) {
  const char *const text = text_of(call, "text");
  if (text == NULL) {
    *len = (size_t)number_of(call, "size", 0);
    return generated(*len, (uint32_t)number_of(call, "seed", 0) + number);
  }
  *len = strlen(text);
  return memcpy(allocated(*len + 1), text, *len);
}

static uint32_t sum_of_byte(uint32_t sum) {
  for (int bit = 0; bit < 8; bit++) sum = (sum & 1 ? 0xEDB88320u : 0) ^ (sum >> 1);
  return sum;
}

/* The CRC-32 of zlib. */
uint32_t sum_of(const uint8_t *data, size_t len) {
  uint32_t table[256];
  for (uint32_t byte = 0; byte < 256; byte++) table[byte] = sum_of_byte(byte);
  uint32_t sum = UINT32_MAX;
  for (size_t at = 0; at < len; at++) sum = table[(uint8_t)sum ^ data[at]] ^ (sum >> 8);
  return ~sum;
}

void *allocated(size_t size) {
  void *const memory = calloc(1, size);
  if (memory == NULL) give_up("calloc");
  return memory;
}

void give_up(const char *what) {
  fprintf(stderr, "failed: %s\n", what);
  exit(1);
}
