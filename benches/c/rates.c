/* What the C library carries: two nodes in this process, connected over TCP and TLS on loopback.

     rates one_way PAYLOAD MILLISECONDS     messages one way, as fast as they go
     rates ping_pong PAYLOAD MILLISECONDS   one message there and back, then the next
     rates                                  such orders from standard input, a line each

   One line of JSON answers each order. The messages are those of benches/src/numbered.rs: numbered
   in their first eight bytes, the last one marked, so that a lost or doubled one ends the program. */

#define _POSIX_C_SOURCE 200809L

#include <glueberry.h>

#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* Bytes of a number. */
#define NUMBER 8
/* The mark of the last message. */
#define LAST (UINT64_C(1) << 63)
/* Payload between two looks at the clock: a look costs as much as a small message. */
#define BETWEEN_LOOKS 4096
/* Messages taken at a time: enough that the queue's lock is rare, few enough for the cache. */
#define BATCH 256
/* The largest message that the streams carry by default: 1 MiB. */
#define LARGEST (1024 * 1024)

static const char stream[] = "bench";

typedef struct {
  glueberry_node_t *node;
  glueberry_messages_t *inbox;
  glueberry_peer_id_t id;
} end_t;

typedef struct {
  end_t near;
  end_t far;
} pair_t;

/* What goes out until the time is over. */
typedef struct {
  uint8_t *message;
  size_t payload;
  uint64_t next;
  uint64_t until; /* nanoseconds */
} numbered_t;

typedef struct {
  const pair_t *pair;
  numbered_t numbered;
} sender_t;

static void measure(const pair_t *pair, const char *what, size_t payload, uint64_t milliseconds);
static void one_way(const pair_t *pair, size_t payload, uint64_t milliseconds);
static void ping_pong(const pair_t *pair, size_t payload, uint64_t milliseconds);
static void obey_input(const pair_t *pair);
static pair_t connect_pair(void);
static void end_pair(pair_t *pair);
static uint64_t number_of(const char *text);
static void fail(const char *what);

int main(int argc, char **argv) {
  if (argc != 1 && argc != 4) {
    fail("usage: rates [one_way|ping_pong PAYLOAD MILLISECONDS]");
  }
  pair_t pair = connect_pair();
  if (argc == 4) {
    measure(&pair, argv[1], (size_t)number_of(argv[2]), number_of(argv[3]));
  } else {
    obey_input(&pair);
  }
  end_pair(&pair);
  return EXIT_SUCCESS;
}

static void obey_input(const pair_t *pair) {
  char line[128];
  char what[16];
  uint64_t payload, milliseconds;
  while (fgets(line, sizeof(line), stdin) != NULL) {
    if (sscanf(line, "%15s %" SCNu64 " %" SCNu64, what, &payload, &milliseconds) != 3) {
      fail("an order is: one_way|ping_pong PAYLOAD MILLISECONDS");
    }
    measure(pair, what, (size_t)payload, milliseconds);
  }
}

static void measure(const pair_t *pair, const char *what, size_t payload, uint64_t milliseconds) {
  if (payload < NUMBER || payload > LARGEST) {
    fail("a payload has 8 bytes to 1 MiB");
  }
  if (strcmp(what, "one_way") == 0) {
    one_way(pair, payload, milliseconds);
  } else if (strcmp(what, "ping_pong") == 0) {
    ping_pong(pair, payload, milliseconds);
  } else {
    fail("there are one_way and ping_pong");
  }
  fflush(stdout);
}

static void check(int32_t status, glueberry_error_t **error) {
  if (status == GLUEBERRY_OK) {
    return;
  }
  const char *why = glueberry_error_message(*error);
  fprintf(stderr, "rates: %s: %s\n", glueberry_status_name(status), why != NULL ? why : "");
  exit(EXIT_FAILURE);
}

static void fail(const char *what) {
  fprintf(stderr, "rates: %s\n", what);
  exit(EXIT_FAILURE);
}

static uint64_t number_of(const char *text) {
  char *end = NULL;
  unsigned long long number = strtoull(text, &end, 10);
  if (end == text || *end != '\0') {
    fail("a number is wanted");
  }
  return (uint64_t)number;
}

static uint64_t now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (uint64_t)time.tv_sec * UINT64_C(1000000000) + (uint64_t)time.tv_nsec;
}

/* ---- numbered messages ---- */

static numbered_t numbered_new(size_t payload, uint64_t milliseconds) {
  numbered_t numbered = {malloc(payload), payload, 0, now() + milliseconds * UINT64_C(1000000)};
  if (numbered.message == NULL) {
    fail("no memory");
  }
  memset(numbered.message, 0x5a, payload);
  return numbered;
}

/* Writes the next number into the message; false when it was the last one. */
static int numbered_next(numbered_t *numbered) {
  uint64_t stride = BETWEEN_LOOKS / numbered->payload;
  uint64_t stamp = numbered->next++;
  int is_last = (stride < 2 || numbered->next % stride == 0) && now() >= numbered->until;
  if (is_last) {
    stamp |= LAST;
  }
  for (int byte = 0; byte < NUMBER; byte++) {
    numbered->message[byte] = (uint8_t)(stamp >> (56 - 8 * byte));
  }
  return !is_last;
}

/* Checks that a message is the one of this number; true when it is the last one. */
static int is_last(const glueberry_message_t *message, size_t payload, uint64_t number) {
  const uint8_t *data = NULL;
  size_t length = 0;
  if (glueberry_message_data(message, &data, &length) != GLUEBERRY_OK || length != payload) {
    fail("a message has another length");
  }
  uint64_t stamp = 0;
  for (int byte = 0; byte < NUMBER; byte++) {
    stamp = stamp << 8 | data[byte];
  }
  if ((stamp & ~LAST) != number) {
    fail("a message was lost, doubled or overtaken");
  }
  return (stamp & LAST) != 0;
}

/* ---- one way ---- */

static void send_to(const end_t *from, const end_t *to, const uint8_t *data, size_t length) {
  glueberry_error_t *error = NULL;
  check(glueberry_node_send(from->node, &to->id, stream, sizeof(stream) - 1, data, length,
                            GLUEBERRY_FOREVER, &error),
        &error);
}

static void *send_all(void *argument) {
  sender_t *sender = argument;
  int more = 1;
  while (more) {
    more = numbered_next(&sender->numbered);
    send_to(&sender->pair->near, &sender->pair->far, sender->numbered.message,
            sender->numbered.payload);
  }
  return NULL;
}

static pthread_t begin(void *(*work)(void *), void *argument) {
  pthread_t thread;
  if (pthread_create(&thread, NULL, work, argument) != 0) {
    fail("no thread");
  }
  return thread;
}

/* What is there, at least one: waits for the first, takes the others along. */
static size_t take(glueberry_messages_t *inbox, glueberry_message_t **batch) {
  glueberry_error_t *error = NULL;
  size_t count = 0;
  if (glueberry_messages_drain(inbox, BATCH, batch, &count) == GLUEBERRY_OK) {
    return count;
  }
  check(glueberry_messages_next(inbox, GLUEBERRY_FOREVER, batch), &error);
  return 1;
}

/* Receives until the last one, and returns how many there were. */
static uint64_t receive_all(glueberry_messages_t *inbox, size_t payload) {
  glueberry_message_t *batch[BATCH];
  uint64_t received = 0;
  int over = 0;
  while (!over) {
    size_t count = take(inbox, batch);
    for (size_t index = 0; index < count; index++) {
      over = is_last(batch[index], payload, received++);
      glueberry_message_free(batch[index]);
    }
  }
  return received;
}

static void one_way(const pair_t *pair, size_t payload, uint64_t milliseconds) {
  uint64_t began = now();
  sender_t sender = {pair, numbered_new(payload, milliseconds)};
  pthread_t thread = begin(send_all, &sender);
  uint64_t messages = receive_all(pair->far.inbox, payload);
  pthread_join(thread, NULL);
  double seconds = (double)(now() - began) / 1e9;
  printf("{\"messages\":%" PRIu64 ",\"seconds\":%.9f,\"bytes\":%" PRIu64 "}\n", messages, seconds,
         messages * payload);
  free(sender.numbered.message);
}

/* ---- there and back ---- */

/* The next message; the round trip of a 64-byte message has no batches. */
static glueberry_message_t *next(const end_t *end) {
  glueberry_error_t *error = NULL;
  glueberry_message_t *message = NULL;
  check(glueberry_messages_next(end->inbox, GLUEBERRY_FOREVER, &message), &error);
  return message;
}

static void *answer_all(void *argument) {
  sender_t *sender = argument;
  uint64_t number = 0;
  int over = 0;
  while (!over) {
    glueberry_message_t *message = next(&sender->pair->far);
    over = is_last(message, sender->numbered.payload, number++);
    const uint8_t *data = NULL;
    size_t length = 0;
    glueberry_message_data(message, &data, &length);
    send_to(&sender->pair->far, &sender->pair->near, data, length);
    glueberry_message_free(message);
  }
  return NULL;
}

/* Sends the next message and waits for it: nanoseconds. */
static uint64_t round_trip(const pair_t *pair, const numbered_t *numbered) {
  uint64_t began = now();
  send_to(&pair->near, &pair->far, numbered->message, numbered->payload);
  glueberry_message_t *message = next(&pair->near);
  uint64_t took = now() - began;
  is_last(message, numbered->payload, numbered->next - 1);
  glueberry_message_free(message);
  return took;
}

/* Room for one time more: twice as much whenever it is full. */
static uint64_t *with_room(uint64_t *times, size_t count) {
  if (count != 0 && (count < 1024 || (count & (count - 1)) != 0)) {
    return times;
  }
  times = realloc(times, (count == 0 ? 1024 : 2 * count) * sizeof(*times));
  if (times == NULL) {
    fail("no memory");
  }
  return times;
}

static void print_times(const uint64_t *times, size_t count) {
  printf("{\"nanoseconds\":[");
  for (size_t index = 0; index < count; index++) {
    printf("%s%" PRIu64, index == 0 ? "" : ",", times[index]);
  }
  printf("]}\n");
}

static void ping_pong(const pair_t *pair, size_t payload, uint64_t milliseconds) {
  sender_t sender = {pair, numbered_new(payload, milliseconds)};
  /* Of its own: the answering thread only needs the size. */
  sender_t answerer = {pair, sender.numbered};
  pthread_t thread = begin(answer_all, &answerer);
  uint64_t *times = NULL;
  size_t count = 0;
  int more = 1;
  while (more) {
    more = numbered_next(&sender.numbered);
    times = with_room(times, count);
    times[count++] = round_trip(pair, &sender.numbered);
  }
  pthread_join(thread, NULL);
  print_times(times, count);
  free(times);
  free(sender.numbered.message);
}

/* ---- the two nodes ---- */

static glueberry_config_t *configure(const char *address) {
  glueberry_error_t *error = NULL;
  glueberry_identity_t *identity = NULL;
  glueberry_config_t *config = NULL;
  check(glueberry_identity_generate(&identity, &error), &error);
  check(glueberry_config_new(identity, &config, &error), &error);
  check(glueberry_config_set_security(config, GLUEBERRY_SECURITY_TLS, &error), &error);
  check(glueberry_config_add_stream(config, stream, GLUEBERRY_NTS, NULL, &error), &error);
  if (address != NULL) {
    check(glueberry_config_add_listen_address(config, address, GLUEBERRY_NTS, &error), &error);
  }
  glueberry_identity_free(identity);
  return config;
}

static end_t start_end(const char *address) {
  glueberry_error_t *error = NULL;
  glueberry_config_t *config = configure(address);
  end_t end;
  check(glueberry_node_start(config, &end.node, &error), &error);
  check(glueberry_node_messages(end.node, stream, GLUEBERRY_NTS, &end.inbox, &error), &error);
  check(glueberry_node_peer_id(end.node, &end.id), &error);
  glueberry_config_free(config);
  return end;
}

static pair_t connect_pair(void) {
  glueberry_error_t *error = NULL;
  pair_t pair = {start_end(NULL), start_end("/ip4/127.0.0.1/tcp/0")};
  glueberry_strings_t *addresses = NULL;
  check(glueberry_node_listen_addresses(pair.far.node, &addresses, &error), &error);
  check(glueberry_node_connect(pair.near.node, glueberry_strings_get(addresses, 0), GLUEBERRY_NTS,
                               GLUEBERRY_FOREVER, NULL, &error),
        &error);
  glueberry_strings_free(addresses);
  return pair;
}

static void end_end(end_t *end) {
  glueberry_error_t *error = NULL;
  check(glueberry_node_shutdown(end->node, GLUEBERRY_FOREVER, &error), &error);
  glueberry_messages_free(end->inbox);
  glueberry_node_free(end->node);
}

static void end_pair(pair_t *pair) {
  end_end(&pair->near);
  end_end(&pair->far);
}
