// The application shakes hands: a club lets in who knows the password, and nobody else. libp2p has
// proven both identities by then. What else has to be agreed on is said on the stream `handshake`.
//
//   app_handshake listen /ip4/127.0.0.1/tcp/0     lets in who says "glueberry", and greets
//   app_handshake dial ADDRESS PASSWORD           prints the greeting; exits with 1 if not let in

#include <thread>

#include "example.hpp"

using namespace glueberry;

namespace {

constexpr std::string_view password = "glueberry";

Config config(const Identity& identity) {
  Config config(identity);
  config.handshake(Handshake::app).stream("chat");
  return config;
}

// The order matters: once the guest reads "welcome" it may send, so its streams stand before.
void let_in(const Node& club, const PeerId& guest) {
  club.prepare_streams(guest, {"chat"}, example::patience);
  club.send(guest, "handshake", "welcome", example::patience);
  club.finalize_handshake(guest, example::patience);
}

void answer(const Node& club, const Message& message) {
  const PeerId guest = message.peer();
  if (message.stream() == "chat") {
    club.send(guest, "chat", "Good evening!", example::patience);
  } else if (message.text() == password) {
    let_in(club, guest);
  } else {
    club.disconnect(guest, example::patience);
  }
}

// Ends when the node is shut down.
void serve(const Node& club, const Messages& messages) {
  for (const auto& message : messages) {
    try {
      answer(club, message);
    } catch (const Error& error) {
      // The guest may have left. The others are served.
      example::print(error);
    }
  }
}

// Both streams are served by a thread each: who talks does not keep others waiting at the door.
int listen(std::string_view address) {
  example::Input input;
  const Node club = Node::start(config(Identity::generate()).listen(address));
  const auto passwords = club.messages("handshake");
  const auto chat = club.messages("chat");
  example::print_addresses(club);
  std::thread door([&] { example::run([&] { return serve(club, passwords), 0; }); });
  std::thread bar([&] { example::run([&] { return serve(club, chat), 0; }); });
  input.wait_for_end();
  club.shutdown(example::patience);
  door.join();
  bar.join();
  return 0;
}

// Whether the club answered before it ended the connection.
bool is_let_in(const Messages& answers, const Events& ends) {
  pollfd polled[] = {{answers.fd(), POLLIN, 0}, {ends.fd(), POLLIN, 0}};
  const std::chrono::milliseconds patience = example::patience;
  if (poll(polled, 2, static_cast<int>(patience.count())) <= 0) return false;
  return answers.next(std::chrono::milliseconds(0)).has_value();
}

int dial(std::string_view address, std::string_view word) {
  const Node guest = Node::start(config(Identity::generate()));
  const auto answers = guest.messages("handshake");
  const auto chat = guest.messages("chat");
  const auto ends = guest.events({{}, {EventKind::peer_disconnected}});
  const PeerId club = guest.connect(address, example::patience);
  guest.send(club, "handshake", word, example::patience);
  if (!is_let_in(answers, ends)) throw std::runtime_error("not let in");
  guest.complete_handshake(club, {"chat"}, example::patience);
  guest.send(club, "chat", "Hello!", example::patience);
  const auto greeting = chat.next(example::patience);
  if (!greeting) throw std::runtime_error("no greeting came");
  std::cout << greeting->text() << std::endl;
  guest.shutdown(example::patience);
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  const std::string_view verb = argc > 1 ? argv[1] : "";
  return example::run([&] {
    if (verb == "listen" && argc == 3) return listen(argv[2]);
    if (verb == "dial" && argc == 4) return dial(argv[2], argv[3]);
    return example::usage("app_handshake listen ADDRESS | dial ADDRESS PASSWORD");
  });
}
