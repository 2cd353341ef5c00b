// Queues call back: one call at a time, exceptions stay in C++, and what was captured goes once.

#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <condition_variable>
#include <future>
#include <mutex>

#include "test.hpp"

using namespace glueberry;

namespace {

// What a callback saw, and whether the callback is gone. Shared with it.
template <typename T>
class Seen {
 public:
  void add(T value) {
    const std::lock_guard<std::mutex> lock(mutex_);
    values_.push_back(std::move(value));
    changed_.notify_all();
  }

  // Waits for so many. Gives what there is when the time is over.
  std::vector<T> first(std::size_t count) {
    std::unique_lock<std::mutex> lock(mutex_);
    changed_.wait_for(lock, test::deadline, [&] { return values_.size() >= count; });
    return values_;
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<T> values_;
};

using Texts = Seen<std::string>;

// What a callback captures, and what tells that the last copy of it is gone.
struct Captured {
  std::shared_ptr<void> held;
  std::future<void> gone;
};

Captured captured() {
  const auto promise = std::make_shared<std::promise<void>>();
  return {std::shared_ptr<void>(nullptr, [promise](void*) { promise->set_value(); }),
          promise->get_future()};
}

bool comes(const std::future<void>& future) {
  return future.wait_for(test::deadline) == std::future_status::ready;
}

void send(const test::Pair& pair, const std::string& text) {
  pair.bruno.send(pair.to_anna, "chat", text, test::deadline);
}

void fail_without_a_handler() {
  std::set_terminate([] { _exit(42); });
  const auto node = test::dialer();
  const auto events = node.events();
  events.on_event([](const Event&) { throw std::runtime_error("out of the callback"); });
  node.listen("/ip4/127.0.0.1/tcp/0", test::deadline);
  std::promise<void>().get_future().wait_for(test::deadline);
  _exit(1);
}

// Comes first: after a fork, only a process that has not used the library yet may use it.
void an_exception_without_a_handler_ends_the_program() {
  const pid_t child = fork();
  if (child == 0) fail_without_a_handler();
  CHECK(child > 0);
  int status = 0;
  CHECK(waitpid(child, &status, 0) == child);
  CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 42);
}

void messages_are_called_back_in_order_and_one_at_a_time() {
  const test::Pair pair;
  const auto seen = std::make_shared<Texts>();
  const auto inside = std::make_shared<std::atomic<int>>(0);
  const auto messages = pair.anna.messages("chat");
  messages.on_message([seen, inside](const Message& message) {
    const bool is_alone = inside->fetch_add(1) == 0;
    seen->add(is_alone ? std::string(message.text()) : "two at once");
    inside->fetch_sub(1);
  });
  std::vector<std::string> sent;
  for (int i = 0; i < 50; i++) {
    sent.push_back(std::to_string(i));
    send(pair, sent.back());
  }
  CHECK(seen->first(sent.size()) == sent);
}

void a_callback_may_keep_its_event() {
  const auto node = test::dialer();
  const auto kept = std::make_shared<Seen<std::shared_ptr<Event>>>();
  const auto events = node.events();
  events.on_event([kept](Event event) { kept->add(std::make_shared<Event>(std::move(event))); });
  const auto bound = node.listen("/ip4/127.0.0.1/tcp/0", test::deadline);
  const auto first = kept->first(1);
  CHECK(!first.empty() && first[0]->kind() == EventKind::listen_address);
  CHECK(!first[0]->address().empty());
}

void an_exception_goes_to_its_handler_and_the_calls_go_on() {
  const test::Pair pair;
  const auto failures = std::make_shared<Texts>();
  const auto messages = pair.anna.messages("chat");
  messages.on_message(
      [](const Message& message) { throw std::runtime_error(std::string(message.text())); },
      [failures](std::exception_ptr failure) {
        try {
          std::rethrow_exception(failure);
        } catch (const std::runtime_error& error) {
          failures->add(error.what());
        }
      });
  send(pair, "one");
  send(pair, "two");
  CHECK((failures->first(2) == std::vector<std::string>{"one", "two"}));
}

void a_call_that_waits_inside_a_callback_throws() {
  const test::Pair pair;
  const auto codes = std::make_shared<Seen<Code>>();
  const auto messages = pair.anna.messages("chat");
  const Node& anna = pair.anna;
  messages.on_message([codes, &anna](const Message& message) {
    codes->add(test::error_of([&] { anna.send(message.peer(), "chat", "back"); }).code());
  });
  send(pair, "hello");
  CHECK(codes->first(1) == std::vector<Code>{Code::would_deadlock});
}

void a_queue_with_a_callback_is_not_pulled() {
  const auto node = test::dialer();
  const auto messages = node.messages("chat");
  messages.on_message([](const Message&) {});
  CHECK_FAILS(queue_has_callback, messages.next(test::deadline));
  CHECK_FAILS(queue_has_callback, messages.drain());
  CHECK_FAILS(queue_has_callback, messages.fd());
}

void a_second_callback_is_refused_and_destroyed() {
  const auto node = test::dialer();
  const auto messages = node.messages("chat");
  messages.on_message([](const Message&) {});
  auto guard = captured();
  CHECK_FAILS(queue_has_callback,
              (messages.on_message([held = std::move(guard.held)](const Message&) {}), 0));
  CHECK(comes(guard.gone));
}

void a_callback_is_destroyed_once_when_it_is_cleared() {
  const auto node = test::dialer();
  const auto messages = node.messages("chat");
  auto guard = captured();
  messages.on_message([held = std::move(guard.held)](const Message&) {});
  messages.clear_callback();
  CHECK(comes(guard.gone));
}

void a_callback_is_destroyed_when_its_queue_is() {
  const auto node = test::dialer();
  auto guard = captured();
  node.messages("chat").on_message([held = std::move(guard.held)](const Message&) {});
  CHECK(comes(guard.gone));
}

void a_callback_is_destroyed_when_its_node_ends() {
  const auto node = test::dialer();
  auto guard = captured();
  const auto events = node.events();
  events.on_event([held = std::move(guard.held)](const Event&) {});
  node.shutdown(test::deadline);
  CHECK(comes(guard.gone));
}

void what_is_not_called_back_can_be_pulled() {
  const test::Pair pair;
  const auto seen = std::make_shared<Texts>();
  const auto messages = pair.anna.messages("chat");
  auto guard = captured();
  messages.on_message([seen, held = std::move(guard.held)](const Message& message) {
    seen->add(std::string(message.text()));
  });
  send(pair, "called");
  CHECK(seen->first(1) == std::vector<std::string>{"called"});
  messages.clear_callback();
  CHECK(comes(guard.gone));
  send(pair, "pulled");
  CHECK(test::take(messages).text() == "pulled");
}

void a_callback_may_clear_itself() {
  const test::Pair pair;
  const auto messages = std::make_shared<Messages>(pair.anna.messages("chat"));
  auto guard = captured();
  messages->on_message(
      [&messages, held = std::move(guard.held)](const Message&) { messages->clear_callback(); });
  send(pair, "first");
  CHECK(comes(guard.gone));
  send(pair, "second");
  CHECK(test::take(*messages).text() == "second");
}

}  // namespace

int main() {
  return test::run({
      {"an_exception_without_a_handler_ends_the_program",
       an_exception_without_a_handler_ends_the_program},
      {"messages_are_called_back_in_order_and_one_at_a_time",
       messages_are_called_back_in_order_and_one_at_a_time},
      {"a_callback_may_keep_its_event", a_callback_may_keep_its_event},
      {"an_exception_goes_to_its_handler_and_the_calls_go_on",
       an_exception_goes_to_its_handler_and_the_calls_go_on},
      {"a_call_that_waits_inside_a_callback_throws", a_call_that_waits_inside_a_callback_throws},
      {"a_queue_with_a_callback_is_not_pulled", a_queue_with_a_callback_is_not_pulled},
      {"a_second_callback_is_refused_and_destroyed", a_second_callback_is_refused_and_destroyed},
      {"a_callback_is_destroyed_once_when_it_is_cleared",
       a_callback_is_destroyed_once_when_it_is_cleared},
      {"a_callback_is_destroyed_when_its_queue_is", a_callback_is_destroyed_when_its_queue_is},
      {"a_callback_is_destroyed_when_its_node_ends", a_callback_is_destroyed_when_its_node_ends},
      {"what_is_not_called_back_can_be_pulled", what_is_not_called_back_can_be_pulled},
      {"a_callback_may_clear_itself", a_callback_may_clear_itself},
  });
}
