// Queues are pulled: by loops, one by one, in batches, and where a descriptor says so.

#include <poll.h>

#include <future>

#include "test.hpp"

using namespace glueberry;
using namespace std::chrono_literals;

namespace {

void send_numbers(const test::Pair& pair, int from, int to) {
  for (int number = from; number < to; number++) {
    pair.bruno.send(pair.to_anna, "chat", std::to_string(number), test::deadline);
  }
}

bool is_readable(int fd, std::chrono::milliseconds timeout) {
  pollfd polled{fd, POLLIN, 0};
  return poll(&polled, 1, static_cast<int>(timeout.count())) == 1;
}

void a_loop_ends_with_the_node() {
  const test::Pair pair;
  std::promise<void> first;
  auto loop = std::async(std::launch::async, [&] {
    int seen = 0;
    for (auto& message : pair.anna.messages("chat")) {
      CHECK(message.text() == std::to_string(seen));
      if (++seen == 3) first.set_value();
    }
    return seen;
  });
  send_numbers(pair, 0, 3);
  const bool came = first.get_future().wait_for(test::deadline) == std::future_status::ready;
  pair.anna.shutdown(test::deadline);
  CHECK(loop.wait_for(test::deadline) == std::future_status::ready);
  CHECK(came);
  CHECK(loop.get() == 3);
}

void a_loop_that_is_left_loses_nothing() {
  const test::Pair pair;
  const auto messages = pair.anna.messages("chat");
  send_numbers(pair, 0, 6);
  int expected = 0;
  for (int round = 0; round < 3; round++) {
    for (auto& message : messages) {
      CHECK(message.text() == std::to_string(expected++));
      if (expected % 2 == 0) break;
    }
  }
  CHECK(expected == 6);
}

void what_a_queue_left_comes_to_the_next_one() {
  const test::Pair pair;
  send_numbers(pair, 0, 2);
  {
    const auto first = pair.anna.messages("chat");
    CHECK(test::take(first).text() == "0");
  }
  CHECK(test::take(pair.anna.messages("chat")).text() == "1");
}

void a_loop_keeps_what_it_moves_out() {
  const test::Pair pair;
  send_numbers(pair, 0, 2);
  std::vector<Message> kept;
  for (auto& message : pair.anna.messages("chat")) {
    kept.push_back(std::move(message));
    if (kept.size() == 2) break;
  }
  CHECK(kept[0].text() == "0" && kept[1].text() == "1");
}

void a_timeout_is_not_the_end() {
  const auto node = test::dialer();
  const auto messages = node.messages("chat");
  const auto nothing = messages.next(0ms);
  CHECK(!nothing && !nothing.is_closed());
  CHECK(!messages.next(1ms).is_closed());
  node.shutdown(test::deadline);
  const auto end = messages.next(test::deadline);
  CHECK(!end && end.is_closed());
}

void a_closed_queue_wakes_its_waiter() {
  const auto node = test::dialer();
  const auto messages = node.messages("chat");
  auto waiter = std::async(std::launch::async, [&] { return messages.next().is_closed(); });
  messages.close();
  CHECK(waiter.wait_for(test::deadline) == std::future_status::ready);
  CHECK(waiter.get());
}

void a_batch_holds_what_is_there() {
  const test::Pair pair;
  const auto messages = pair.anna.messages("chat");
  CHECK(messages.drain().empty());
  CHECK(!messages.drain().is_closed());
  send_numbers(pair, 0, 5);
  int expected = 0;
  while (expected < 5) {
    CHECK(is_readable(messages.fd(), test::deadline));
    const auto batch = messages.drain(2);
    CHECK(batch.size() <= 2);
    for (const auto& message : batch) CHECK(message.text() == std::to_string(expected++));
  }
  messages.close();
  CHECK(messages.drain().is_closed());
}

void a_descriptor_is_readable_until_all_was_read() {
  const test::Pair pair;
  const auto messages = pair.anna.messages("chat");
  CHECK(!is_readable(messages.fd(), 0ms));
  send_numbers(pair, 0, 1);
  CHECK(is_readable(messages.fd(), test::deadline));
  CHECK(is_readable(messages.fd(), 0ms));
  CHECK(test::take(messages).text() == "0");
  CHECK(!is_readable(messages.fd(), 0ms));
  pair.anna.shutdown(test::deadline);
  CHECK(is_readable(messages.fd(), test::deadline));
  CHECK(messages.next(0ms).is_closed());
}

void next_is_an_optional() {
  const auto node = test::dialer();
  const auto events = node.events();
  node.listen("/ip4/127.0.0.1/tcp/0", test::deadline);
  const std::optional<Event> event = events.next(test::deadline);
  CHECK(event && event->kind() == EventKind::listen_address);
}

}  // namespace

int main() {
  return test::run({
      {"a_loop_ends_with_the_node", a_loop_ends_with_the_node},
      {"a_loop_that_is_left_loses_nothing", a_loop_that_is_left_loses_nothing},
      {"what_a_queue_left_comes_to_the_next_one", what_a_queue_left_comes_to_the_next_one},
      {"a_loop_keeps_what_it_moves_out", a_loop_keeps_what_it_moves_out},
      {"a_timeout_is_not_the_end", a_timeout_is_not_the_end},
      {"a_closed_queue_wakes_its_waiter", a_closed_queue_wakes_its_waiter},
      {"a_batch_holds_what_is_there", a_batch_holds_what_is_there},
      {"a_descriptor_is_readable_until_all_was_read", a_descriptor_is_readable_until_all_was_read},
      {"next_is_an_optional", next_is_an_optional},
  });
}
