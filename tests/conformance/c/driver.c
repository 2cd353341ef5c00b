/* The driver of C for the conformance tests: ../README.md says what it obeys. */
#include "driver.h"

#include <stdio.h>
#include <stdlib.h>

/* The node of this driver: one at a time. */
static calls_t *calls;

static cJSON *hello(void) {
  cJSON *const answer = done();
  cJSON_AddStringToObject(answer, "language", "c");
  cJSON_AddStringToObject(answer, "version", glueberry_version());
  return answer;
}

static void add_start(cJSON *answer, const glueberry_node_t *node) {
  glueberry_peer_id_t peer;
  glueberry_strings_t *addresses = NULL;
  if (glueberry_node_peer_id(node, &peer) != GLUEBERRY_OK) give_up("glueberry_node_peer_id");
  if (glueberry_node_listen_addresses(node, &addresses, NULL) != GLUEBERRY_OK) {
    give_up("glueberry_node_listen_addresses");
  }
  cJSON_AddItemToObject(answer, "peer", peer_text(&peer));
  cJSON_AddItemToObject(answer, "addresses", told_strings(addresses));
  glueberry_strings_free(addresses);
}

static cJSON *start(const cJSON *command) {
  glueberry_error_t *err = NULL;
  glueberry_node_t *node = NULL;
  const int32_t status = start_node(command, &node, &err);
  cJSON *const answer = outcome(status, err);
  if (status == GLUEBERRY_OK) {
    calls_free(calls);
    calls = calls_new(node);
    add_start(answer, node);
  }
  return answer;
}

static cJSON *obey(const cJSON *command) {
  if (is_called(command, "hello")) return hello();
  if (is_called(command, "start")) return start(command);
  if (calls == NULL) return fault("no node was started");
  if (is_called(command, "begin")) return background_begin(calls, command);
  if (is_called(command, "await")) return background_await(command);
  if (is_called(command, "cancel")) return background_cancel(command);
  return call_node(calls, command);
}

static void answer_to(const char *line) {
  cJSON *const command = cJSON_Parse(line);
  cJSON *const answer = command == NULL ? fault("the command is no JSON") : obey(command);
  cJSON_AddItemToObject(answer, "id", cJSON_Duplicate(cJSON_GetObjectItem(command, "id"), 1));
  char *const text = cJSON_PrintUnformatted(answer);
  puts(text);
  fflush(stdout);
  cJSON_free(text);
  cJSON_Delete(answer);
  cJSON_Delete(command);
}

/* A program may leave with an open node, and with calls that go on. */
int main(void) {
  char *line = NULL;
  size_t capacity = 0;
  if (glueberry_abi_version() != GLUEBERRY_ABI_VERSION) give_up("another ABI than the header's");
  while (getline(&line, &capacity, stdin) > 0) answer_to(line);
  free(line);
  return 0;
}
