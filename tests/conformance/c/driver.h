/* The driver of C for the conformance tests: ../README.md says what it obeys. */
#ifndef CONFORMANCE_DRIVER_H
#define CONFORMANCE_DRIVER_H

#include <cjson/cJSON.h>
#include <glueberry.h>
#include <stdbool.h>

/* ---- wire.c: commands and answers ---- */

/* The members of a command; 0, NULL, or `otherwise` where there is none. */
const char *text_of(const cJSON *call, const char *name);
int64_t number_of(const cJSON *call, const char *name, int64_t otherwise);
bool is_in(const cJSON *call, const char *name);
bool is_called(const cJSON *call, const char *what);
/* The command's deadline, GLUEBERRY_FOREVER without one. */
int64_t within(const cJSON *call);

/* Answers. Those of a status free the error. */
cJSON *done(void);
cJSON *timed_out(void);
cJSON *fault(const char *why);
cJSON *lacks(const char *command);
cJSON *outcome(int32_t status, glueberry_error_t *err);
/* Of an operation: its error stays the event's. */
cJSON *outcome_of_event(const glueberry_event_view_t *view);
/* `outcome`, with members that are freed if it is a failure. */
cJSON *outcome_with(int32_t status, glueberry_error_t *err, const char *name, cJSON *member);

cJSON *peer_text(const glueberry_peer_id_t *peer);
int32_t peer_of(const cJSON *call, glueberry_peer_id_t *peer, glueberry_error_t **err);

/* The message that a command names, `number` being its place in a row; free it. */
uint8_t *payload_of(const cJSON *call, uint32_t number, size_t *len);
uint32_t sum_of(const uint8_t *data, size_t len);

void *allocated(size_t size);
/* Ends the program: the C library has failed. */
void give_up(const char *what);

/* ---- settings.c ---- */

/* Starts a node with the seed and the settings of a command. */
int32_t start_node(const cJSON *call, glueberry_node_t **node, glueberry_error_t **err);

/* ---- told.c: what the library gives, as the runner wants it told ---- */

cJSON *told_strings(const glueberry_strings_t *strings);
cJSON *told_message(const glueberry_message_t *message);
cJSON *told_event(const glueberry_event_t *event);
cJSON *told_peer(const glueberry_peer_info_t *info);
cJSON *told_health(const glueberry_stream_health_t *health);
cJSON *told_bans(const glueberry_bans_t *bans);

/* ---- calls.c: the commands that call a node ---- */

/* A node, with its queues by the names that the runner gives them. */
typedef struct calls_t calls_t;

calls_t *calls_new(glueberry_node_t *node);
void calls_free(calls_t *calls);
const glueberry_node_t *calls_node(const calls_t *calls);
const glueberry_messages_t *calls_messages(const calls_t *calls, const cJSON *call);
const glueberry_events_t *calls_events(const calls_t *calls, const cJSON *call);
/* Makes a call, and waits until it is over. */
cJSON *call_node(calls_t *calls, const cJSON *call);

/* ---- background.c: calls that go on while other commands are obeyed ---- */

cJSON *background_begin(calls_t *calls, const cJSON *command);
cJSON *background_await(const cJSON *command);
cJSON *background_cancel(const cJSON *command);

#endif
