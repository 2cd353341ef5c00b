// Calls that go on by themselves complete with exactly one event.

#include "test.hpp"

using namespace glueberry;
using namespace std::chrono_literals;

namespace {

constexpr std::uint64_t tag = 0xFEDCBA9876543210;

const std::vector<EventKind> only_done{EventKind::op_done};

void a_connect_gives_its_peer() {
  const auto anna = test::listener();
  const auto bruno = test::dialer();
  const auto events = bruno.events({{}, only_done});
  const auto operation = bruno.connect_start(anna.listen_addresses().at(0), events, tag);
  const auto done = test::await(events, tag);
  done.check();
  CHECK(operation.tag() == tag);
  CHECK(done.completes(operation));
  CHECK(!done.completes(tag + 1));
  CHECK(done.status() == Code::ok);
  CHECK(!done.error());
  CHECK(done.peer() == anna.peer_id());
}

void a_failure_is_thrown_by_its_event() {
  const auto node = test::dialer();
  const auto events = node.events({{}, only_done});
  const auto stranger = Identity::generate().peer_id();
  node.send_start(stranger, "chat", "hello", events, tag);
  const auto done = test::await(events, tag);
  CHECK(done.status() == Code::not_connected);
  CHECK(done.error() && done.error()->peer() == stranger);
  CHECK_FAILS(not_connected, (done.check(), 0));
}

void a_cancelled_operation_completes_once() {
  const auto node = test::dialer();
  const auto events = node.events({{}, only_done});
  const auto stranger = Identity::generate().peer_id();
  const auto operation = node.wait_established_start(stranger, events, tag);
  operation.cancel();
  operation.cancel();
  const auto status = test::await(events, tag).status();
  // Waiting for a stranger may fail before it is cancelled; either way it is done once.
  CHECK(status == Code::cancelled || status == Code::not_connected);
  node.listen_start("/ip4/127.0.0.1/tcp/0", events, tag + 1);
  CHECK(test::take(events).completes(tag + 1));
}

void an_operation_whose_time_is_over_says_so() {
  const auto host = test::club();
  const auto guest = test::club();
  const auto events = guest.events({{}, only_done});
  const auto to_host = guest.connect(host.listen_addresses().at(0), test::deadline);
  // The handshake, which nobody ends.
  guest.wait_established_start(to_host, events, tag, 1ms);
  CHECK(test::await(events, tag).status() == Code::timed_out);
}

void messages_go_in_the_order_of_the_calls() {
  const test::Pair pair;
  const auto messages = pair.anna.messages("chat");
  const auto events = pair.bruno.events({{}, only_done});
  for (std::uint64_t i = 0; i < 100; i++) {
    pair.bruno.send_start(pair.to_anna, "chat", std::to_string(i), events, i);
  }
  for (int i = 0; i < 100; i++) CHECK(test::take(messages).text() == std::to_string(i));
  for (int i = 0; i < 100; i++) test::take(events).check();
}

void every_call_has_a_twin() {
  const test::Pair pair;
  const auto& node = pair.bruno;
  const auto& peer = pair.to_anna;
  const auto events = node.events({{}, only_done});
  const auto stranger = Identity::generate().peer_id();
  const std::string address = "/ip4/127.0.0.1/tcp/9/p2p/" + stranger.to_string();

  node.wait_established_start(peer, events, 1);
  CHECK(test::await(events, 1).status() == Code::ok);
  node.flush_start(peer, "chat", events, 2);
  CHECK(test::await(events, 2).status() == Code::ok);
  node.add_peer_start({{address}, false, {}}, events, 3);
  CHECK(test::await(events, 3).peer() == stranger);
  node.remove_peer_start(stranger, events, 4);
  CHECK(test::await(events, 4).status() == Code::ok);
  node.ban_start("192.0.2.1", events, 5, 1h);
  CHECK(test::await(events, 5).status() == Code::ok);
  node.unban_start("192.0.2.1", events, 6);
  CHECK(test::await(events, 6).was_banned());
  node.unban_start("192.0.2.1", events, 7);
  CHECK(!test::await(events, 7).was_banned());
  node.listen_start("/ip4/127.0.0.1/tcp/0", events, 8);
  CHECK(test::await(events, 8).addresses().size() == 1);
  node.dial_known_peers_start(events, 9);
  test::await(events, 9);
  node.prepare_streams_start(peer, {"chat"}, events, 10);
  CHECK(test::await(events, 10).status() == Code::ok);
  // The handshake is the library's here: these are refused, and say so by an event.
  node.finalize_handshake_start(peer, events, 11);
  CHECK(test::await(events, 11).status() == Code::wrong_state);
  node.complete_handshake_start(peer, {"chat"}, events, 12);
  CHECK(test::await(events, 12).status() == Code::wrong_state);
  node.disconnect_start(peer, events, 13);
  CHECK(test::await(events, 13).status() == Code::ok);
  node.cancel_reconnection_start(peer, events, 14);
  test::await(events, 14);
}

void a_shutdown_completes_before_the_queue_ends() {
  const auto node = test::dialer();
  const auto events = node.events({{}, only_done});
  node.shutdown_start(events, tag);
  CHECK(test::await(events, tag).status() == Code::ok);
  CHECK(test::ends(events));
}

void what_waits_is_completed_when_the_node_goes() {
  auto node = std::make_unique<Node>(test::dialer());
  const auto events = node->events({{}, only_done});
  const auto address = "/ip4/127.0.0.1/tcp/9/p2p/" + Identity::generate().peer_id().to_string();
  node->connect_start(address, events, tag);
  node.reset();
  CHECK(test::await(events, tag).status() != Code::ok);
  CHECK(test::ends(events));
}

void events_of_another_node_are_refused() {
  const auto node = test::dialer();
  const auto other = test::dialer();
  const auto events = other.events();
  CHECK_FAILS(invalid_argument, node.shutdown_start(events, tag));
}

}  // namespace

int main() {
  return test::run({
      {"a_connect_gives_its_peer", a_connect_gives_its_peer},
      {"a_failure_is_thrown_by_its_event", a_failure_is_thrown_by_its_event},
      {"a_cancelled_operation_completes_once", a_cancelled_operation_completes_once},
      {"an_operation_whose_time_is_over_says_so", an_operation_whose_time_is_over_says_so},
      {"messages_go_in_the_order_of_the_calls", messages_go_in_the_order_of_the_calls},
      {"every_call_has_a_twin", every_call_has_a_twin},
      {"a_shutdown_completes_before_the_queue_ends", a_shutdown_completes_before_the_queue_ends},
      {"what_waits_is_completed_when_the_node_goes", what_waits_is_completed_when_the_node_goes},
      {"events_of_another_node_are_refused", events_of_another_node_are_refused},
  });
}
