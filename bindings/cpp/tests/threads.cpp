// Nodes and queues are used by several threads at once.

#include <algorithm>
#include <future>

#include "test.hpp"

using namespace glueberry;

namespace {

constexpr int threads = 8;
constexpr int messages_of_each = 50;

using Numbers = std::vector<int>;

void send_some(const test::Pair& pair, int thread) {
  for (int i = 0; i < messages_of_each; i++) {
    const int number = thread * messages_of_each + i;
    pair.bruno.send(pair.to_anna, "chat", std::to_string(number), test::deadline);
  }
}

// Until the queue is closed.
Numbers read_all(const Messages& messages) {
  Numbers numbers;
  for (auto& message : messages) numbers.push_back(std::stoi(std::string(message.text())));
  return numbers;
}

Numbers sorted(std::vector<std::future<Numbers>>& readers) {
  Numbers all;
  for (auto& reader : readers) {
    const auto some = reader.get();
    all.insert(all.end(), some.begin(), some.end());
  }
  std::sort(all.begin(), all.end());
  return all;
}

Numbers all_numbers() {
  Numbers all;
  for (int i = 0; i < threads * messages_of_each; i++) all.push_back(i);
  return all;
}

void threads_that_send_at_once_lose_nothing() {
  const test::Pair pair;
  const auto messages = pair.anna.messages("chat");
  std::vector<std::future<void>> senders;
  for (int thread = 0; thread < threads; thread++) {
    senders.push_back(std::async(std::launch::async, [&pair, thread] { send_some(pair, thread); }));
  }
  Numbers numbers;
  for (int i = 0; i < threads * messages_of_each; i++) {
    numbers.push_back(std::stoi(std::string(test::take(messages).text())));
  }
  for (auto& sender : senders) sender.get();
  std::sort(numbers.begin(), numbers.end());
  CHECK(numbers == all_numbers());
}

void threads_that_pull_one_queue_share_what_comes() {
  const test::Pair pair;
  const auto messages = pair.anna.messages("chat");
  std::vector<std::future<Numbers>> readers;
  for (int thread = 0; thread < threads; thread++) {
    readers.push_back(std::async(std::launch::async, [&] { return read_all(messages); }));
  }
  for (int thread = 0; thread < threads; thread++) send_some(pair, thread);
  // All was written by then, and the readers get it before the end.
  pair.bruno.shutdown(test::deadline);
  const auto events = pair.anna.events();
  while (pair.anna.connection_state(pair.to_bruno) == State::established) test::take(events);
  pair.anna.shutdown(test::deadline);
  CHECK(sorted(readers) == all_numbers());
}

void a_node_is_started_by_each_thread() {
  std::vector<std::future<PeerId>> nodes;
  for (int thread = 0; thread < threads; thread++) {
    nodes.push_back(std::async(std::launch::async, [] {
      const auto node = test::listener();
      node.shutdown(test::deadline);
      return node.peer_id();
    }));
  }
  for (auto& node : nodes) CHECK(!node.get().to_string().empty());
}

void a_shutdown_wakes_all_who_wait() {
  const auto node = test::dialer();
  const auto events = node.events();
  std::vector<std::future<bool>> waiters;
  for (int thread = 0; thread < threads; thread++) {
    waiters.push_back(std::async(std::launch::async, [&] { return test::ends(events); }));
  }
  node.shutdown(test::deadline);
  for (auto& waiter : waiters) CHECK(waiter.get());
}

}  // namespace

int main() {
  return test::run({
      {"threads_that_send_at_once_lose_nothing", threads_that_send_at_once_lose_nothing},
      {"threads_that_pull_one_queue_share_what_comes",
       threads_that_pull_one_queue_share_what_comes},
      {"a_node_is_started_by_each_thread", a_node_is_started_by_each_thread},
      {"a_shutdown_wakes_all_who_wait", a_shutdown_wakes_all_who_wait},
  });
}
