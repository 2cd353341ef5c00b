// The plainest way: a loop over messages that waits for each, on a thread of its own.
//
//   echo_blocking listen /ip4/127.0.0.1/tcp/0     echoes what comes on the stream `chat`
//   echo_blocking send ADDRESS TEXT...            sends each text, and prints the answers

#include <thread>

#include "example.hpp"

using namespace glueberry;

namespace {

// Ends when the node is shut down.
void echo(const Node& node, const Messages& messages) {
  for (const auto& message : messages) {
    try {
      node.send(message.peer(), "chat", message.data(), example::patience);
    } catch (const Error& error) {
      // The peer may have left before it got its answer. The others go on.
      example::print(error);
    }
  }
}

int listen(std::string_view address) {
  example::Input input;
  const Node node = example::listener(address);
  const auto messages = node.messages("chat");
  std::thread echoing([&] { example::run([&] { return echo(node, messages), 0; }); });
  input.wait_for_end();
  node.shutdown(example::patience);
  echoing.join();
  return 0;
}

int send(std::string_view address, char** texts) {
  const Node node = Node::start(Config(Identity::generate()).stream("chat"));
  const auto answers = node.messages("chat");
  const PeerId peer = node.connect(address, example::patience);
  for (; *texts != nullptr; texts++) {
    node.send(peer, "chat", *texts, example::patience);
    const auto answer = answers.next(example::patience);
    if (!answer) throw std::runtime_error("no answer came");
    std::cout << answer->text() << std::endl;
  }
  node.shutdown(example::patience);
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  const std::string_view verb = argc > 1 ? argv[1] : "";
  return example::run([&] {
    if (verb == "listen" && argc == 3) return listen(argv[2]);
    if (verb == "send" && argc > 3) return send(argv[2], argv + 3);
    return example::usage("echo_blocking listen ADDRESS | send ADDRESS TEXT...");
  });
}
