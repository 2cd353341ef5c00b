// What goes wrong is thrown, with all that is known of it.

#include "test.hpp"

using namespace glueberry;
using namespace std::chrono_literals;

namespace {

void an_error_says_what_to_do() {
  const auto error = test::error_of([] { Config(Identity::generate()).listen("nowhere"); });
  CHECK(error.code() == Code::invalid_address);
  CHECK(error.name() == "InvalidAddress");
  CHECK(error.error_class() == ErrorClass::configuration);
  CHECK(!error.is_retriable());
  CHECK(!error.hint().empty());
  CHECK(!std::string_view(error.what()).empty());
  CHECK(!error.peer());
}

void an_error_names_its_peer() {
  const auto node = test::dialer();
  const auto stranger = Identity::generate().peer_id();
  const auto error = test::error_of([&] { node.send(stranger, "chat", "hello", test::deadline); });
  CHECK(error.code() == Code::not_connected);
  CHECK(error.error_class() == ErrorClass::network);
  CHECK(error.is_retriable());
  CHECK(error.peer() == stranger);
}

void an_error_names_its_stream() {
  const auto node = test::dialer();
  const auto first = node.messages("unheard");
  const auto error = test::error_of([&] { node.messages("unheard"); });
  CHECK(error.code() == Code::consumer_taken);
  CHECK(error.stream() == "unheard");
}

void an_error_is_copied_without_throwing() {
  static_assert(std::is_nothrow_copy_constructible_v<Error>);
  const auto node = test::dialer();
  const auto first = node.messages("unheard");
  const auto error = test::error_of([&] { node.messages("unheard"); });
  const Error copy(error);
  CHECK(copy.stream() == error.stream());
  CHECK(std::string_view(copy.what()) == error.what());
}

void a_code_is_enough_for_name_hint_and_class() {
  const Error error(Code::unreachable);
  CHECK(error.name() == "Unreachable");
  CHECK(error.error_class() == ErrorClass::network);
  CHECK(error.hint() == hint_of(Code::unreachable));
  CHECK(error.is_retriable() == is_retriable(Code::unreachable));
  CHECK(to_string(Code::ok) == "Ok");
  CHECK(hint_of(Code::ok).empty());
}

void vocabularies_have_names() {
  CHECK(to_string(ErrorClass::network) == "network");
  CHECK(to_string(State::established) == "Established");
  CHECK(to_string(EventKind::peer_established) == "PeerEstablished");
  CHECK(to_string(Reason::connection_lost) == "ConnectionLost");
  CHECK(to_string(Denial::peer_banned) == "PeerBanned");
  CHECK(to_string(StreamClose::session_ended) == "SessionEnded");
  CHECK(to_string(StreamState::open) == "Open");
  CHECK(to_string(static_cast<EventKind>(999)) == "Unknown");
}

void the_library_is_the_one_of_this_header() {
  CHECK(version() == GLUEBERRY_VERSION);
  CHECK(abi_version() == GLUEBERRY_ABI_VERSION);
}

void a_stream_has_one_consumer() {
  const auto node = test::dialer();
  const auto first = node.messages("chat");
  CHECK_FAILS(consumer_taken, node.messages("chat"));
}

void a_timeout_below_forever_is_refused() {
  const auto node = test::dialer();
  CHECK_FAILS(invalid_argument, node.events().next(-2ms));
  CHECK_FAILS(invalid_argument, node.shutdown(-2ms));
}

void a_call_whose_time_is_over_says_so() {
  const auto node = test::listener();
  const auto stranger = Identity::generate().peer_id();
  // 0 does not wait, so it does not matter whether somebody answers there.
  const std::string address = "/ip4/127.0.0.1/tcp/9/p2p/" + stranger.to_string();
  CHECK_FAILS(timed_out, node.connect(address, 0ms));
}

void a_node_that_is_shut_down_refuses_calls() {
  const auto node = test::dialer();
  node.shutdown(test::deadline);
  CHECK_FAILS(node_closed, node.connect("/ip4/127.0.0.1/tcp/9/p2p/" +
                                        Identity::generate().peer_id().to_string()));
}

}  // namespace

int main() {
  return test::run({
      {"an_error_says_what_to_do", an_error_says_what_to_do},
      {"an_error_names_its_peer", an_error_names_its_peer},
      {"an_error_names_its_stream", an_error_names_its_stream},
      {"an_error_is_copied_without_throwing", an_error_is_copied_without_throwing},
      {"a_code_is_enough_for_name_hint_and_class", a_code_is_enough_for_name_hint_and_class},
      {"vocabularies_have_names", vocabularies_have_names},
      {"the_library_is_the_one_of_this_header", the_library_is_the_one_of_this_header},
      {"a_stream_has_one_consumer", a_stream_has_one_consumer},
      {"a_timeout_below_forever_is_refused", a_timeout_below_forever_is_refused},
      {"a_call_whose_time_is_over_says_so", a_call_whose_time_is_over_says_so},
      {"a_node_that_is_shut_down_refuses_calls", a_node_that_is_shut_down_refuses_calls},
  });
}
