// One thread, and poll(2): descriptors say when a queue has something, and nothing ever waits.
// Answers are sent by operations, whose completions come as events.
//
//   poll_loop listen /ip4/127.0.0.1/tcp/0     echoes what comes on the stream `chat`

#include "example.hpp"

using namespace glueberry;

namespace {

// Answers everything that is there. The tag counts the answers.
void answer(const Node& node, const Messages& messages, const Events& events, std::uint64_t& tag) {
  for (const auto& message : messages.drain()) {
    node.send_start(message.peer(), "chat", message.data(), events, tag++, example::patience);
  }
}

// A peer may leave before it gets its answer. The others go on.
void print_failures(const Events& events) {
  for (const auto& event : events.drain()) {
    if (const auto error = event.error()) example::print(*error);
  }
}

int listen(std::string_view address) {
  example::Input input;
  const Node node = example::listener(address);
  const auto messages = node.messages("chat");
  const auto events = node.events({{}, {EventKind::op_done}});
  pollfd polled[] = {{messages.fd(), POLLIN, 0},
                     {events.fd(), POLLIN, 0},
                     {input.fd(), POLLIN, 0},
                     {input.interrupt_fd(), POLLIN, 0}};
  std::uint64_t tag = 0;
  for (;;) {
    if (poll(polled, 4, -1) < 0) continue;  // a signal came: the pipe says so
    if (polled[0].revents != 0) answer(node, messages, events, tag);
    if (polled[1].revents != 0) print_failures(events);
    if ((polled[2].revents != 0 || polled[3].revents != 0) && !input.read()) break;
  }
  node.shutdown(example::patience);
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  const std::string_view verb = argc > 1 ? argv[1] : "";
  return example::run([&] {
    if (verb == "listen" && argc == 3) return listen(argv[2]);
    return example::usage("poll_loop listen ADDRESS");
  });
}
