// Several people talk. Whoever starts with the key of before is known by the same peer id.
//
//   chat anna.pem Anna /ip4/127.0.0.1/tcp/9000
//   chat bruno.pem Bruno /ip4/127.0.0.1/tcp/0 /ip4/127.0.0.1/tcp/9000/p2p/12D3KooW...
//
// Each line goes to all who are connected: who joins a chat names everybody who is there.

#include <thread>

#include "example.hpp"

using namespace glueberry;

namespace {

// The key in this file, which is made if there is none.
Identity identity_in(const char* path) {
  if (access(path, F_OK) == 0) return Identity::load(path);
  auto identity = Identity::generate();
  identity.save(path);
  return identity;
}

// Ends when the node is shut down.
void print_all(const Messages& messages) {
  for (const auto& message : messages) std::cout << message.text() << std::endl;
}

// A peer that leaves meanwhile does not keep the line from the others.
void send_to_all(const Node& node, const std::string& line) {
  for (const auto& peer : node.peers()) {
    if (peer.state != State::established) continue;
    try {
      node.send(peer.id, "chat", line, example::patience);
    } catch (const Error& error) {
      example::print(error);
    }
  }
}

void talk(const Node& node, example::Input& input, const std::string& name) {
  std::string line;
  while (input.next(line)) send_to_all(node, name + "> " + line);
}

int chat(char** arguments) {
  example::Input input;
  const Identity identity = identity_in(arguments[0]);
  const Node node = Node::start(Config(identity).listen(arguments[2]).stream("chat"));
  example::print_addresses(node);
  for (char** peer = arguments + 3; *peer != nullptr; peer++) {
    node.connect(*peer, example::patience);
  }
  const auto messages = node.messages("chat");
  std::thread printing([&] { example::run([&] { return print_all(messages), 0; }); });
  const int status = example::run([&] { return talk(node, input, arguments[1]), 0; });
  node.shutdown(example::patience);
  printing.join();
  return status;
}

}  // namespace

int main(int argc, char** argv) {
  return example::run([&] {
    if (argc >= 4) return chat(argv + 1);
    return example::usage("chat KEYFILE NAME LISTEN-ADDRESS [PEER-ADDRESS...]");
  });
}
