/* What a process does to the library, and what the library leaves in it. Programs that have to end
 * in a way of their own are this one again, started with the name of what it is to do. */
#include "test.h"

#include <dirent.h>
#include <signal.h>
#include <sys/wait.h>

static const char *program;

/* ---- children ---- */

typedef struct child {
  pid_t pid;
  /* Its standard output. */
  FILE *output;
} child;

static child start_child(const char *role) {
  int ends[2];
  CHECK(pipe(ends) == 0);
  fflush(stdout);
  const pid_t pid = fork();
  if (pid == 0) {
    dup2(ends[1], STDOUT_FILENO);
    close(ends[0]);
    close(ends[1]);
    execl(program, program, role, (char *)NULL);
    _exit(127);
  }
  CHECK(pid > 0);
  close(ends[1]);
  const child made = {.pid = pid, .output = fdopen(ends[0], "r")};
  CHECK(made.output != NULL);
  return made;
}

/* How it ended. A child that hangs is killed by its own alarm. */
static int status_of(const child *child) {
  int status = -1;
  fclose(child->output);
  CHECK(waitpid(child->pid, &status, 0) == child->pid);
  return status;
}

static void expect_exit(int status, int code) {
  CHECK(WIFEXITED(status));
  CHECK(WEXITSTATUS(status) == code);
}

/* A role: talks, and leaves without any farewell while everything goes on. */
static void exit_in_the_middle(void) {
  /* Static, so that nothing counts as lost. */
  static test_pair pair;
  static glueberry_events_t *events;
  static glueberry_messages_t *messages;
  pair = two_nodes();
  events = events_of(pair.bruno);
  messages = messages_of(pair.anna, "chat");
  send_text(pair.bruno, &pair.to_anna, "chat", "hello");
  CHECK_OK(
      glueberry_node_listen_start(pair.bruno, LOOPBACK, NTS, DEADLINE_MS, events, 1, NULL, ERR));
  expect_text(messages, "hello");
  exit(7);
}

/* A role: listens, says where, and is killed some time. */
static void listen_until_killed(void) {
  char address[ADDRESS_SIZE];
  glueberry_node_t *const node = start(new_config(LOOPBACK));
  glueberry_messages_t *const messages = messages_of(node, "chat");
  address_of(node, address);
  printf("%s\n", address);
  fflush(stdout);
  for (;;) glueberry_message_free(next_message(messages));
}

static void an_exit_without_a_shutdown_is_a_clean_one(void) {
  const child child = start_child("exit_in_the_middle");
  expect_exit(status_of(&child), 7);
}

/* ---- SIGPIPE ---- */

/* Sends until the session is lost. */
static void send_until_lost(const glueberry_node_t *node, const glueberry_peer_id_t *peer,
                            const child *child) {
  static const uint8_t data[16384];
  const int64_t deadline = in_time();
  int32_t status = GLUEBERRY_OK;
  for (int i = 0; status >= 0; i++) {
    CHECK(now_ms() < deadline);
    if (i == 50) CHECK(kill(child->pid, SIGKILL) == 0);
    status = glueberry_node_send(node, peer, "chat", NTS, data, sizeof data, DEADLINE_MS, NULL);
  }
}

/* The default action of SIGPIPE ends a process: this one would be gone. */
static void a_peer_that_vanishes_does_not_kill_its_host(void) {
  CHECK(signal(SIGPIPE, SIG_DFL) != SIG_ERR);
  for (int round = 0; round < 3; round++) {
    const child child = start_child("listen_until_killed");
    char address[ADDRESS_SIZE];
    glueberry_peer_id_t peer;
    CHECK(fgets(address, sizeof address, child.output) != NULL);
    address[strcspn(address, "\n")] = '\0';
    glueberry_node_t *const node = start(new_config(NULL));
    glueberry_events_t *const events = events_of_kind(node, GLUEBERRY_EVENT_PEER_DISCONNECTED);
    CHECK_OK(glueberry_node_connect(node, address, NTS, DEADLINE_MS, &peer, ERR));
    send_until_lost(node, &peer, &child);
    await_kind(events, GLUEBERRY_EVENT_PEER_DISCONNECTED);
    const int status = status_of(&child);
    CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
    glueberry_events_free(events);
    stop(node);
  }
}

/* What /proc tells of one thread. Gives 0 if it is gone meanwhile. */
static int read_thread(const char *thread, char name[32], unsigned long long *blocked) {
  char path[300], line[256];
  snprintf(path, sizeof path, "/proc/self/task/%s/status", thread);
  FILE *const file = fopen(path, "r");
  if (file == NULL) return 0;
  name[0] = '\0';
  *blocked = 0;
  while (fgets(line, sizeof line, file) != NULL) {
    sscanf(line, "Name: %31s", name);
    sscanf(line, "SigBlk: %llx", blocked);
  }
  fclose(file);
  return 1;
}

/* How many threads of the library there are; those that do not block SIGPIPE count in `open`. */
static size_t count_threads(size_t *open) {
  DIR *const threads = opendir("/proc/self/task");
  const struct dirent *entry;
  size_t count = 0;
  CHECK(threads != NULL);
  *open = 0;
  while ((entry = readdir(threads)) != NULL) {
    char name[32];
    unsigned long long blocked;
    if (entry->d_name[0] == '.' || !read_thread(entry->d_name, name, &blocked)) continue;
    if (strncmp(name, "glueberry", strlen("glueberry")) != 0) continue;
    count++;
    *open += (blocked >> (SIGPIPE - 1) & 1) == 0;
  }
  closedir(threads);
  return count;
}

static void ignore_event(void *user_data, const glueberry_event_t *event) {
  (void)user_data;
  (void)event;
}

static void every_thread_of_the_library_has_a_name_and_blocks_sigpipe(void) {
  const glueberry_event_callback_t callback = {.size = sizeof callback, .on_event = ignore_event};
  test_pair pair = two_nodes();
  glueberry_events_t *const events = events_of(pair.anna);
  size_t open;
  CHECK_OK(glueberry_events_set_callback(events, &callback, ERR));
  CHECK(count_threads(&open) >= 3);
  CHECK(open == 0);
  glueberry_events_free(events);
  stop_both(&pair);
}

/* ---- fork ---- */

#define FORKED(call) \
  if ((call) != GLUEBERRY_E_FORKED) _exit(__LINE__ % 200 + 1)

/* No check may be used here: the child shares the parent's files. */
static void use_in_forked_child(const test_pair *pair, glueberry_events_t *events,
                                glueberry_messages_t *messages) {
  glueberry_identity_t *identity = NULL;
  glueberry_event_t *event = NULL;
  glueberry_message_t *message = NULL;
  glueberry_peers_t *peers = NULL;
  glueberry_error_t *error = NULL;
  glueberry_peer_id_t peer;
  int32_t fd;
  const glueberry_peer_id_t *const to = &pair->to_anna;
  FORKED(glueberry_identity_generate(&identity, NULL));
  FORKED(glueberry_node_peer_id(pair->bruno, &peer));
  FORKED(glueberry_node_peers(pair->bruno, &peers, NULL));
  FORKED(glueberry_node_listen(pair->bruno, LOOPBACK, NTS, 1000, NULL, NULL));
  FORKED(glueberry_node_try_send(pair->bruno, to, "chat", NTS, NULL, 0, NULL));
  FORKED(glueberry_node_send(pair->bruno, to, "chat", NTS, NULL, 0, GLUEBERRY_FOREVER, NULL));
  FORKED(glueberry_node_shutdown_start(pair->bruno, events, 1, NULL, NULL));
  FORKED(glueberry_events_next(events, GLUEBERRY_FOREVER, &event));
  FORKED(glueberry_events_fd(events, &fd, NULL));
  FORKED(glueberry_messages_next(messages, GLUEBERRY_FOREVER, &message));
  FORKED(glueberry_messages_close(messages));
  FORKED(glueberry_node_shutdown(pair->bruno, GLUEBERRY_FOREVER, &error));
  if (glueberry_error_code(error) != GLUEBERRY_E_FORKED) _exit(250);
  glueberry_messages_free(messages);
  glueberry_events_free(events);
  glueberry_node_free(pair->bruno);
  glueberry_node_free(pair->anna);
  _exit(0);
}

static void a_forked_child_is_refused_and_its_parent_goes_on(void) {
  test_pair pair = two_nodes();
  glueberry_events_t *const events = events_of(pair.bruno);
  glueberry_messages_t *const messages = messages_of(pair.anna, "chat");
  int status = -1;
  send_text(pair.bruno, &pair.to_anna, "chat", "before");
  fflush(stdout);
  const pid_t pid = fork();
  if (pid == 0) {
    alarm(DEADLINE_MS / 1000);
    use_in_forked_child(&pair, events, messages);
  }
  CHECK(pid > 0 && waitpid(pid, &status, 0) == pid);
  expect_exit(status, 0);
  expect_text(messages, "before");
  send_text(pair.bruno, &pair.to_anna, "chat", "after");
  expect_text(messages, "after");
  glueberry_messages_free(messages);
  glueberry_events_free(events);
  stop_both(&pair);
}

/* A child that starts another program is no child of the library's. */
static void a_program_that_is_started_by_a_host_may_use_the_library(void) {
  glueberry_node_t *const node = start(new_config(NULL));
  const child child = start_child("exit_in_the_middle");
  expect_exit(status_of(&child), 7);
  stop(node);
}

/* ---- what is left ---- */

static size_t count_files(void) {
  DIR *const files = opendir("/proc/self/fd");
  size_t count = 0;
  CHECK(files != NULL);
  while (readdir(files) != NULL) count++;
  closedir(files);
  return count;
}

/* What was closed in the background is closed soon. */
static void await_leftovers(size_t files, size_t threads) {
  const int64_t deadline = in_time();
  size_t open;
  while (count_files() > files || count_threads(&open) > threads) wait_a_little(deadline);
}

static void start_and_free(int round) {
  glueberry_node_t *const node = start(new_config(round % 2 == 0 ? LOOPBACK : NULL));
  glueberry_events_t *const events = events_of(node);
  int32_t fd;
  CHECK_OK(glueberry_events_fd(events, &fd, ERR));
  if (round % 3 == 0) CHECK_OK(glueberry_node_shutdown(node, DEADLINE_MS, ERR));
  glueberry_node_free(node);
  glueberry_events_free(events);
}

static void two_hundred_nodes_leave_no_file_and_no_thread(void) {
  size_t open;
  await_leftovers(SIZE_MAX, 0);
  /* What is opened once for a process is open after the first one. */
  start_and_free(0);
  await_leftovers(SIZE_MAX, 0);
  const size_t files = count_files(), threads = count_threads(&open);
  for (int round = 1; round <= 200; round++) start_and_free(round);
  await_leftovers(files, threads);
}

/* ---- the order of the end ---- */

static void children_outlive_their_node(void) {
  test_pair pair = two_nodes();
  glueberry_events_t *const events = events_of(pair.bruno);
  glueberry_messages_t *const messages = messages_of(pair.bruno, "chat");
  glueberry_message_t *message = NULL;
  glueberry_op_t *op = NULL;
  CHECK_OK(
      glueberry_node_listen_start(pair.bruno, LOOPBACK, NTS, DEADLINE_MS, events, 1, &op, ERR));
  glueberry_node_free(pair.bruno);
  CHECK_OK(glueberry_op_cancel(op));
  const int32_t status = await_done(events, 1);
  CHECK(status == GLUEBERRY_OK || status < 0);
  expect_end_of_events(events);
  CHECK_STATUS(GLUEBERRY_CLOSED, glueberry_messages_next(messages, DEADLINE_MS, &message));
  glueberry_op_free(op);
  glueberry_messages_free(messages);
  glueberry_events_free(events);
  stop(pair.anna);
}

static void a_node_can_be_freed_after_all_that_came_of_it(void) {
  glueberry_node_t *const node = start(new_config(NULL));
  glueberry_events_free(events_of(node));
  glueberry_messages_free(messages_of(node, "chat"));
  stop(node);
}

static void the_end_of_one_node_leaves_the_others_alone(void) {
  test_pair pair = two_nodes();
  glueberry_node_t *const carla = start(new_config(NULL));
  glueberry_messages_t *const messages = messages_of(pair.anna, "chat");
  dial(carla, pair.anna);
  stop(carla);
  send_text(pair.bruno, &pair.to_anna, "chat", "still here");
  expect_text(messages, "still here");
  glueberry_messages_free(messages);
  stop_both(&pair);
}

static void a_configuration_starts_several_nodes(void) {
  glueberry_config_t *const config = new_config(NULL);
  glueberry_node_t *one = NULL, *other = NULL;
  CHECK_OK(glueberry_node_start(config, &one, ERR));
  CHECK_OK(glueberry_node_start(config, &other, ERR));
  glueberry_config_free(config);
  const glueberry_peer_id_t first = id_of(one), second = id_of(other);
  CHECK(is_same(&first, &second));
  stop(one);
  stop(other);
}

static void a_shutdown_that_takes_too_long_goes_on_in_the_background(void) {
  test_pair pair = two_nodes();
  glueberry_events_t *const events = events_of(pair.bruno);
  fill(pair.bruno, &pair.to_anna);
  CHECK_STATUS(GLUEBERRY_E_TIMED_OUT, glueberry_node_shutdown(pair.bruno, 1, ERR));
  expect_end_of_events(events);
  glueberry_events_free(events);
  glueberry_node_free(pair.bruno);
  stop(pair.anna);
}

static int play(const char *role) {
  alarm(2 * DEADLINE_MS / 1000);
  test_thread = pthread_self();
  if (setjmp(test_end_of_case) != 0) return 1;
  if (strcmp(role, "exit_in_the_middle") == 0) exit_in_the_middle();
  if (strcmp(role, "listen_until_killed") == 0) listen_until_killed();
  return 2;
}

int main(int argc, char **argv) {
  static const test_case cases[] = {
      CASE(an_exit_without_a_shutdown_is_a_clean_one),
      CASE(a_peer_that_vanishes_does_not_kill_its_host),
      CASE(every_thread_of_the_library_has_a_name_and_blocks_sigpipe),
      CASE(a_forked_child_is_refused_and_its_parent_goes_on),
      CASE(a_program_that_is_started_by_a_host_may_use_the_library),
      CASE(two_hundred_nodes_leave_no_file_and_no_thread),
      CASE(children_outlive_their_node),
      CASE(a_node_can_be_freed_after_all_that_came_of_it),
      CASE(the_end_of_one_node_leaves_the_others_alone),
      CASE(a_configuration_starts_several_nodes),
      CASE(a_shutdown_that_takes_too_long_goes_on_in_the_background),
  };
  program = argv[0];
  if (argc == 2) return play(argv[1]);
  return RUN(cases);
}
