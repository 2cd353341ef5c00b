/* The hook for the log: one for the process. Records come on one thread, and hold no secret. */
#include "test.h"

enum { TEXT = 512 };

/* What the hook saw. It is checked by the case: the hook only notes. */
typedef struct seen {
  pthread_mutex_t lock;
  pthread_cond_t changed;
  pthread_t thread;
  /* What must not be in any record, NULL for the end. */
  const char *secrets[8];
  size_t count;
  size_t count_of_level[6];
  int other_threads;
  int malformed;
  int leaks;
  int destroyed;
  int calls_after_destroy;
  char leak[TEXT];
} seen;

static seen *new_seen(void) {
  seen *const made = calloc(1, sizeof *made);
  pthread_condattr_t monotonic;
  CHECK(made != NULL);
  CHECK(pthread_mutex_init(&made->lock, NULL) == 0);
  CHECK(pthread_condattr_init(&monotonic) == 0);
  CHECK(pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC) == 0);
  CHECK(pthread_cond_init(&made->changed, &monotonic) == 0);
  return made;
}

static int is_well_formed(const glueberry_log_record_t *record) {
  return record->size >= sizeof *record && record->level >= GLUEBERRY_LOG_ERROR &&
         record->level <= GLUEBERRY_LOG_TRACE && record->time_ms > 0 && record->target != NULL &&
         record->message != NULL;
}

static void look_for_secrets(seen *all, const char *text) {
  for (size_t i = 0; all->secrets[i] != NULL; i++) {
    if (strstr(text, all->secrets[i]) == NULL) continue;
    all->leaks++;
    snprintf(all->leak, sizeof all->leak, "%s", text);
  }
}

static void on_record(void *user_data, const glueberry_log_record_t *record) {
  seen *const all = user_data;
  pthread_mutex_lock(&all->lock);
  if (all->count == 0) all->thread = pthread_self();
  all->other_threads += !pthread_equal(all->thread, pthread_self());
  all->calls_after_destroy += all->destroyed;
  all->count++;
  if (is_well_formed(record)) {
    all->count_of_level[record->level]++;
    look_for_secrets(all, record->message);
  } else {
    all->malformed++;
  }
  pthread_cond_broadcast(&all->changed);
  pthread_mutex_unlock(&all->lock);
}

static void on_destroy(void *user_data) {
  seen *const all = user_data;
  pthread_mutex_lock(&all->lock);
  all->destroyed++;
  pthread_cond_broadcast(&all->changed);
  pthread_mutex_unlock(&all->lock);
}

static void hook(seen *seen, int32_t level) {
  const glueberry_log_callback_t callback = {
      .size = sizeof callback, .user_data = seen, .on_record = on_record, .destroy = on_destroy};
  CHECK_OK(glueberry_log_set(level, &callback, ERR));
}

/* Waits, with a deadline, until so many records of a level and destroys were seen. */
static void await_seen(seen *seen, int32_t level, size_t count, int destroyed) {
  struct timespec deadline;
  int failure = 0;
  clock_gettime(CLOCK_MONOTONIC, &deadline);
  deadline.tv_sec += DEADLINE_MS / 1000;
  pthread_mutex_lock(&seen->lock);
  while (failure == 0 && (seen->count_of_level[level] < count || seen->destroyed < destroyed)) {
    failure = pthread_cond_timedwait(&seen->changed, &seen->lock, &deadline);
  }
  pthread_mutex_unlock(&seen->lock);
  CHECK(failure == 0);
}

/* Ends the hook. What it saw may be read after that. */
static void unhook(seen *seen) {
  CHECK_OK(glueberry_log_clear());
  CHECK_OK(glueberry_log_clear());
  await_seen(seen, GLUEBERRY_LOG_ERROR, 0, 1);
  pthread_mutex_lock(&seen->lock);
  const int destroyed = seen->destroyed;
  pthread_mutex_unlock(&seen->lock);
  CHECK(destroyed == 1);
  CHECK(seen->calls_after_destroy == 0 && seen->malformed == 0 && seen->other_threads == 0);
}

/* Two nodes meet and part: more than three records at level INFO. */
static void make_records(void) {
  test_pair pair = two_nodes();
  stop_both(&pair);
}

static void records_come_on_one_thread(void) {
  seen *const all = new_seen();
  hook(all, GLUEBERRY_LOG_DEBUG);
  make_records();
  await_seen(all, GLUEBERRY_LOG_INFO, 3, 0);
  CHECK(!pthread_equal(all->thread, pthread_self()));
  unhook(all);
  free(all);
}

static void records_above_the_level_do_not_come(void) {
  seen *const all = new_seen();
  hook(all, GLUEBERRY_LOG_INFO);
  make_records();
  await_seen(all, GLUEBERRY_LOG_INFO, 3, 0);
  unhook(all);
  CHECK(all->count_of_level[GLUEBERRY_LOG_DEBUG] == 0);
  CHECK(all->count_of_level[GLUEBERRY_LOG_TRACE] == 0);
  free(all);
}

static void level_off_gives_nothing(void) {
  seen *const all = new_seen();
  hook(all, GLUEBERRY_LOG_OFF);
  make_records();
  CHECK_OK(glueberry_log_clear());
  /* A hook after it gets its own records, so those of the first one would have come by now. */
  seen *const next = new_seen();
  hook(next, GLUEBERRY_LOG_INFO);
  make_records();
  await_seen(next, GLUEBERRY_LOG_INFO, 3, 0);
  unhook(next);
  CHECK(all->count == 0);
  free(all);
  free(next);
}

static void nothing_comes_after_the_end(void) {
  seen *const all = new_seen();
  hook(all, GLUEBERRY_LOG_TRACE);
  make_records();
  unhook(all);
  const size_t count = all->count;
  make_records();
  CHECK(all->count == count && all->calls_after_destroy == 0);
  free(all);
}

static void to_hex(const uint8_t *bytes, size_t len, char *hex) {
  for (size_t i = 0; i < len; i++) snprintf(hex + 2 * i, 3, "%02x", bytes[i]);
}

/* The middle of the one line of base64 in it. */
static void body_of_pem(const glueberry_identity_t *identity, char body[48]) {
  char pem[512];
  size_t needed;
  CHECK_OK(glueberry_identity_to_pem(identity, pem, sizeof pem, &needed, ERR));
  const char *const line = strchr(pem, '\n');
  CHECK(line != NULL && strlen(line) > 65);
  snprintf(body, 48, "%.32s", line + 32);
}

/* As many numbers as a debug print of bytes would have. */
static void to_list(const uint8_t *bytes, size_t len, char *list) {
  for (size_t i = 0; i < len; i++) {
    list += sprintf(list, i == 0 ? "%u" : ", %u", (unsigned)bytes[i]);
  }
}

static void talk_secretly(const glueberry_identity_t *identity, const char *secret) {
  glueberry_config_t *config = NULL;
  CHECK_OK(glueberry_config_new(identity, &config, ERR));
  CHECK_OK(glueberry_config_add_stream(config, "chat", NTS, NULL, ERR));
  CHECK_OK(glueberry_config_add_listen_address(config, LOOPBACK, NTS, ERR));
  test_pair pair = two_nodes_of(config, new_config(NULL));
  glueberry_messages_t *const annas = messages_of(pair.anna, "chat");
  glueberry_messages_t *const brunos = messages_of(pair.bruno, "chat");
  send_text(pair.bruno, &pair.to_anna, "chat", secret);
  expect_text(annas, secret);
  send_text(pair.anna, &pair.to_bruno, "chat", secret);
  expect_text(brunos, secret);
  glueberry_messages_free(annas);
  glueberry_messages_free(brunos);
  stop_both(&pair);
}

static void no_record_holds_payload_or_keys(void) {
  static const char secret[] = "what nobody but us may know";
  uint8_t seed[32];
  char hex[65], list[256], bytes[256], body[48];
  glueberry_identity_t *identity = NULL;
  for (size_t i = 0; i < sizeof seed; i++) seed[i] = (uint8_t)(i * 37 + 11);
  CHECK_OK(glueberry_identity_from_seed(seed, sizeof seed, &identity, ERR));
  to_hex(seed, sizeof seed, hex);
  to_list(seed, sizeof seed, list);
  to_list((const uint8_t *)secret, 16, bytes);
  body_of_pem(identity, body);
  seen *const all = new_seen();
  const char *const secrets[] = {secret, hex, list, bytes, body};
  for (size_t i = 0; i < COUNT(secrets); i++) all->secrets[i] = secrets[i];
  hook(all, GLUEBERRY_LOG_TRACE);
  talk_secretly(identity, secret);
  await_seen(all, GLUEBERRY_LOG_INFO, 3, 0);
  unhook(all);
  if (all->leaks > 0) printf("  in a record: %s\n", all->leak);
  CHECK(all->leaks == 0);
  glueberry_identity_free(identity);
  free(all);
}

int main(void) {
  static const test_case cases[] = {
      CASE(records_come_on_one_thread),      CASE(records_above_the_level_do_not_come),
      CASE(level_off_gives_nothing),         CASE(nothing_comes_after_the_end),
      CASE(no_record_holds_payload_or_keys),
  };
  return RUN(cases);
}
