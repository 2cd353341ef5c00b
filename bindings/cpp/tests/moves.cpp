// Handles move, never copy, and outlive what they came from.

#include "test.hpp"

using namespace glueberry;

namespace {

template <typename T>
constexpr bool only_moves =
    !std::is_copy_constructible_v<T> && !std::is_copy_assignable_v<T> &&
    std::is_nothrow_move_constructible_v<T> && std::is_nothrow_move_assignable_v<T>;

static_assert(only_moves<Identity> && only_moves<Config> && only_moves<Node>);
static_assert(only_moves<Events> && only_moves<Event> && only_moves<Operation>);
static_assert(only_moves<Messages> && only_moves<Message>);
static_assert(std::is_nothrow_copy_constructible_v<PeerId> && std::is_copy_assignable_v<PeerId>);

void a_moved_node_goes_on() {
  auto first = test::dialer();
  const auto id = first.peer_id();
  const Node second(std::move(first));
  CHECK(second.peer_id() == id);
}

void a_handle_that_was_moved_from_throws() {
  auto node = test::dialer();
  auto events = node.events();
  auto messages = node.messages("chat");
  const Node new_node(std::move(node));
  const Events new_events(std::move(events));
  const Messages new_messages(std::move(messages));
  CHECK_FAILS(invalid_argument, node.peer_id());
  CHECK_FAILS(invalid_argument, node.shutdown());
  CHECK_FAILS(invalid_argument, events.next(test::deadline));
  CHECK_FAILS(invalid_argument, messages.drain());
}

void assigning_frees_what_was_there() {
  auto node = test::dialer();
  const auto events = node.events();
  node = test::dialer();
  CHECK(test::ends(events));
}

void queues_outlive_their_node_and_end() {
  auto node = std::make_unique<Node>(test::dialer());
  const auto events = node->events();
  const auto messages = node->messages("chat");
  node.reset();
  CHECK(test::ends(events));
  CHECK(test::ends(messages));
}

Message only_message_of_a_pair() {
  const test::Pair pair;
  const auto messages = pair.anna.messages("chat");
  pair.bruno.send(pair.to_anna, "chat", "hello", test::deadline);
  return test::take(messages);
}

void a_message_outlives_its_queue_and_its_node() {
  const auto message = only_message_of_a_pair();
  CHECK(message.text() == "hello");
  const auto copy = message.clone();
  CHECK(copy.data().data() == message.data().data());
}

void an_event_outlives_its_queue_and_its_node() {
  auto node = std::make_unique<Node>(test::dialer());
  auto events = std::make_unique<Events>(node->events());
  node->listen("/ip4/127.0.0.1/tcp/0", test::deadline);
  auto event = test::await(*events, EventKind::listen_address);
  events.reset();
  node.reset();
  const auto copy = event.clone();
  const Event moved(std::move(event));
  CHECK(!moved.address().empty());
  CHECK(copy.address() == moved.address());
}

void an_operation_may_go_before_it_is_done() {
  const auto node = test::dialer();
  const auto events = node.events();
  { const auto operation = node.listen_start("/ip4/127.0.0.1/tcp/0", events, 7); }
  CHECK(test::await(events, 7).status() == Code::ok);
}

}  // namespace

int main() {
  return test::run({
      {"a_moved_node_goes_on", a_moved_node_goes_on},
      {"a_handle_that_was_moved_from_throws", a_handle_that_was_moved_from_throws},
      {"assigning_frees_what_was_there", assigning_frees_what_was_there},
      {"queues_outlive_their_node_and_end", queues_outlive_their_node_and_end},
      {"a_message_outlives_its_queue_and_its_node", a_message_outlives_its_queue_and_its_node},
      {"an_event_outlives_its_queue_and_its_node", an_event_outlives_its_queue_and_its_node},
      {"an_operation_may_go_before_it_is_done", an_operation_may_go_before_it_is_done},
  });
}
