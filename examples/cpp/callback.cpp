// The library calls: on one thread of its own, one call at a time. A callback must not wait, so
// answers are sent by operations, whose completions are called back as well.
//
//   callback listen /ip4/127.0.0.1/tcp/0     echoes what comes on the stream `chat`

#include <atomic>

#include "example.hpp"

using namespace glueberry;

namespace {

// What the callbacks use. They own it, since a call may be under way when `listen` is left.
struct Shared {
  Node node;
  Events events;
  std::atomic<std::uint64_t> next_tag{0};
};

void answer(Shared& shared, const Message& message) {
  shared.node.send_start(message.peer(), "chat", message.data(), shared.events, shared.next_tag++,
                         example::patience);
}

// A peer may leave before it gets its answer. The others go on.
void print_failure(const Event& event) {
  if (const auto error = event.error()) example::print(*error);
}

// What a callback throws comes here.
void print_exception(std::exception_ptr failure) {
  example::run([&]() -> int { std::rethrow_exception(failure); });
}

int listen(std::string_view address) {
  example::Input input;
  Node node = example::listener(address);
  Events events = node.events({{}, {EventKind::op_done}});
  const auto messages = node.messages("chat");
  const std::shared_ptr<Shared> shared(new Shared{std::move(node), std::move(events)});
  shared->events.on_event(print_failure, print_exception);
  messages.on_message([shared](const Message& message) { answer(*shared, message); },
                      print_exception);
  input.wait_for_end();
  // Ends the queues. The callbacks, and with them what they own, go after their last call.
  shared->node.shutdown(example::patience);
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  const std::string_view verb = argc > 1 ? argv[1] : "";
  return example::run([&] {
    if (verb == "listen" && argc == 3) return listen(argv[2]);
    return example::usage("callback listen ADDRESS");
  });
}
