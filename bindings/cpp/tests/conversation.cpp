// Two nodes talk, and tell what they know of each other.

#include <stdlib.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <future>
#include <set>
#include <unordered_set>

#include "test.hpp"

using namespace glueberry;
using namespace std::chrono_literals;

namespace {

// A directory that is gone afterwards.
class Directory {
 public:
  Directory() { CHECK(mkdtemp(path_.data()) != nullptr); }
  ~Directory() {
    for (const std::string& file : files_) unlink(file.c_str());
    rmdir(path_.c_str());
  }
  Directory(const Directory&) = delete;
  Directory& operator=(const Directory&) = delete;

  std::string file(const std::string& name) {
    files_.push_back(path_ + "/" + name);
    return files_.back();
  }

 private:
  std::string path_ = "/tmp/glueberry-XXXXXX";
  std::vector<std::string> files_;
};

void an_identity_survives_its_file_and_its_pem() {
  Directory directory;
  const std::string path = directory.file("key.pem");
  const auto identity = Identity::generate();
  identity.save(path);
  CHECK(Identity::load(path).peer_id() == identity.peer_id());
  CHECK(Identity::from_pem(identity.to_pem()).peer_id() == identity.peer_id());
  CHECK_FAILS(key_file_exists, Identity::generate().save(path));
  Identity::generate().save(path, true);
  CHECK(Identity::load(path).peer_id() != identity.peer_id());
}

void a_seed_gives_the_same_peer_each_time() {
  const std::vector<std::uint8_t> seed(32, 7);
  CHECK(Identity::from_seed(seed).peer_id() == Identity::from_seed(seed).peer_id());
  CHECK_FAILS(invalid_key, Identity::from_seed("short"));
}

void peer_ids_are_values() {
  const auto one = Identity::generate().peer_id();
  const auto other = Identity::generate().peer_id();
  CHECK(PeerId::parse(one.to_string()) == one);
  CHECK(PeerId::from_address("/ip4/127.0.0.1/tcp/1/p2p/" + one.to_string()) == one);
  CHECK((one < other) != (other < one));
  CHECK((std::set<PeerId>{one, other, one}.size() == 2));
  CHECK((std::unordered_set<PeerId>{one, other, one}.size() == 2));
  CHECK_FAILS(invalid_peer_id, PeerId::parse("nobody"));
}

void bytes_view_what_is_made_of_bytes() {
  const std::string text = "four";
  const std::array<std::byte, 2> array{std::byte{1}, std::byte{2}};
  CHECK(Bytes(text).size() == 4);
  CHECK(Bytes("four") == Bytes(text));
  CHECK(Bytes(std::string_view(text)).text() == "four");
  CHECK(Bytes(array).size() == 2);
  CHECK(Bytes(array).data()[1] == 2);
  CHECK(Bytes().empty());
  CHECK(Bytes() == Bytes(std::vector<std::uint8_t>()));
}

void messages_go_both_ways() {
  const test::Pair pair;
  const auto at_anna = pair.anna.messages("chat");
  const auto at_bruno = pair.bruno.messages("chat");
  pair.bruno.send(pair.to_anna, "chat", "hello", test::deadline);
  const auto hello = test::take(at_anna);
  CHECK(hello.text() == "hello");
  CHECK(hello.peer() == pair.to_bruno);
  CHECK(hello.stream() == "chat");
  pair.anna.send(hello.peer(), "chat", hello.data(), test::deadline);
  CHECK(test::take(at_bruno).text() == "hello");
}

void messages_of_all_sizes_arrive_as_they_were() {
  const test::Pair pair;
  const auto at_anna = pair.anna.messages("chat");
  for (const std::size_t size : {std::size_t{0}, std::size_t{1}, std::size_t{65536}}) {
    const std::vector<std::uint8_t> message(size, 0xA5);
    pair.bruno.send(pair.to_anna, "chat", message, test::deadline);
    CHECK(test::take(at_anna).data() == Bytes(message));
  }
}

void trying_to_send_says_when_there_is_no_room() {
  const test::Pair pair;
  const std::string message(65536, 'x');
  // Nobody reads at Anna's, and every buffer has a bound: 1 GiB has room nowhere.
  int sent = 0;
  while (sent < 16384 && pair.bruno.try_send(pair.to_anna, "chat", message)) sent++;
  CHECK(sent > 0);
  CHECK(sent < 16384);
}

void all_messages_come_through_one_queue() {
  const test::Pair pair;
  const auto at_anna = pair.anna.all_messages();
  pair.bruno.send(pair.to_anna, "chat", "one", test::deadline);
  pair.bruno.flush(pair.to_anna, "chat", test::deadline);
  CHECK(test::take(at_anna).stream() == "chat");
  pair.bruno.send(pair.to_anna, "news", "two", test::deadline);
  CHECK(test::take(at_anna).stream() == "news");
}

void what_is_known_of_a_peer_can_be_read() {
  const test::Pair pair;
  const auto peer = pair.bruno.peer(pair.to_anna);
  CHECK(peer && peer->id == pair.to_anna);
  CHECK(peer->state == State::established);
  CHECK(peer->direction == Direction::outbound);
  CHECK(peer->connections >= 1);
  CHECK(!peer->is_banned && !peer->banned_until);
  CHECK(pair.bruno.peers().size() == 1);
  CHECK(pair.bruno.connection_state(pair.to_anna) == State::established);
  CHECK(!pair.bruno.peer(Identity::generate().peer_id()));
}

void the_health_of_streams_can_be_read() {
  const test::Pair pair;
  const auto at_anna = pair.anna.messages("chat");
  pair.bruno.send(pair.to_anna, "chat", "hello", test::deadline);
  CHECK(test::take(at_anna).text() == "hello");
  const auto health = pair.bruno.stream_health(pair.to_anna, "chat");
  CHECK(health.state == StreamState::open);
  CHECK(health.stream == "chat");
  CHECK(health.outbound == Pressure::low);
  const auto all = pair.bruno.streams(pair.to_anna);
  CHECK(std::any_of(all.begin(), all.end(), [](const auto& one) { return one.stream == "chat"; }));
}

void a_known_peer_keeps_its_metadata() {
  const auto node = test::dialer();
  const auto id = Identity::generate().peer_id();
  const std::string address = "/ip4/127.0.0.1/tcp/9/p2p/" + id.to_string();
  CHECK(node.add_peer({{address}, false, {{"name", "Anna"}}}, test::deadline) == id);
  const auto known = node.peer(id);
  CHECK(known && known->metadata.size() == 1);
  CHECK(known->metadata[0] == std::make_pair(std::string("name"), std::string("Anna")));
  CHECK(!known->is_persistent);
  CHECK(node.addresses(id).size() == 1);
  node.remove_peer(id, test::deadline);
  CHECK(!node.peer(id));
}

void an_address_book_outlives_its_node() {
  Directory directory;
  const std::string path = directory.file("peers.json");
  directory.file("peers.json.lock");
  const auto identity = Identity::generate();
  const auto id = Identity::generate().peer_id();
  Config config(identity);
  config.address_book(path).auto_connect(false);
  {
    const auto node = Node::start(config);
    node.add_peer({{"/ip4/127.0.0.1/tcp/9/p2p/" + id.to_string()}, false, {}}, test::deadline);
    node.shutdown(test::deadline);
  }
  const auto node = Node::start(config);
  CHECK(node.peer(id).has_value());
  node.shutdown(test::deadline);
}

void bans_begin_and_end() {
  const auto node = test::dialer();
  node.ban("192.0.2.0/24", 1h, test::deadline);
  const auto bans = node.bans();
  CHECK(bans.size() == 1);
  CHECK(bans[0].until > std::chrono::system_clock::now());
  CHECK(node.unban(bans[0].target, test::deadline));
  CHECK(!node.unban(bans[0].target, test::deadline));
  node.ban(Identity::generate().peer_id().to_string());
  CHECK(!node.bans().at(0).until);
}

void one_more_address_is_listened_at() {
  const auto node = test::dialer();
  CHECK(node.listen_addresses().empty());
  const auto bound = node.listen("/ip4/127.0.0.1/tcp/0", test::deadline);
  CHECK(bound.size() == 1);
  CHECK(PeerId::from_address(node.listen_addresses().at(0)) == node.peer_id());
}

void events_tell_of_a_connection_and_its_end() {
  const auto anna = test::listener();
  const auto bruno = test::dialer();
  const auto events = bruno.events();
  const auto peer = bruno.connect(anna.listen_addresses().at(0), test::deadline);
  const auto connected = test::await(events, EventKind::peer_connected);
  CHECK(connected.peer() == peer);
  CHECK(connected.session() == 1);
  CHECK(!connected.is_inbound());
  CHECK(!connected.address().empty());
  CHECK(connected.time() > TimePoint());
  CHECK(test::await(events, EventKind::peer_established).peer() == peer);
  bruno.disconnect(peer, test::deadline);
  const auto gone = test::await(events, EventKind::peer_disconnected);
  CHECK(gone.reason() == Reason::requested);
  CHECK(gone.unwritten().empty());
}

void a_filter_leaves_events_out() {
  const auto anna = test::listener();
  const auto bruno = test::dialer();
  const auto events = bruno.events({{anna.peer_id()}, {EventKind::peer_established}});
  bruno.connect(anna.listen_addresses().at(0), test::deadline);
  CHECK(test::take(events).kind() == EventKind::peer_established);
}

void the_application_shakes_hands() {
  const auto host = test::club();
  const auto guest = test::club();
  const auto at_host = host.messages("handshake");
  const auto at_guest = guest.messages("handshake");
  const auto chat = host.messages("chat");
  const auto to_host = guest.connect(host.listen_addresses().at(0), test::deadline);
  guest.send(to_host, "handshake", "password", test::deadline);
  const auto password = test::take(at_host);
  host.prepare_streams(password.peer(), {"chat"}, test::deadline);
  host.send(password.peer(), "handshake", "welcome", test::deadline);
  host.finalize_handshake(password.peer(), test::deadline);
  CHECK(test::take(at_guest).text() == "welcome");
  guest.complete_handshake(to_host, {"chat"}, test::deadline);
  guest.wait_established(to_host, test::deadline);
  guest.send(to_host, "chat", "hello", test::deadline);
  CHECK(test::take(chat).text() == "hello");
}

void every_setting_is_taken() {
  const auto identity = Identity::generate();
  Config config(identity);
  config.listen("/ip4/127.0.0.1/tcp/0").auto_connect(true).handshake(Handshake::automatic);
  config.stream("chat", {65536, 1 << 20, 1 << 20, 80, 20}).security(Security::noise);
  config.reconnect({3, 1s, 10s, 1min}).connection_limits({10, 100, 2, 10});
  config.handshake_timeout(10s).dial_timeout(5s).linger(1s).keep_alive(10s, 30s);
  config.event_buffer(64).worker_threads(1).allow("127.0.0.0/8").deny("192.0.2.1");
  const auto node = Node::start(config);
  CHECK(node.peer_id() == identity.peer_id());
  CHECK(node.listen_addresses().size() == 1);
  CHECK_FAILS(invalid_stream_name, config.stream(""));
  config.worker_threads(65);
  CHECK_FAILS(invalid_config, Node::start(config));
}

void the_log_reaches_its_function() {
  const auto first = std::make_shared<std::promise<std::string>>();
  auto message = first->get_future();
  const auto destroyed = std::make_shared<std::promise<void>>();
  const auto end = destroyed->get_future();
  std::shared_ptr<int> records(new int(0), [destroyed](const int* owned) {
    delete owned;
    destroyed->set_value();
  });
  set_log(LogLevel::info, [records = std::move(records), first](const LogRecord& record) {
    CHECK(record.level <= LogLevel::info);
    if ((*records)++ == 0) first->set_value(std::string(record.message));
  });
  { const test::Pair pair; }
  CHECK(message.wait_for(test::deadline) == std::future_status::ready);
  CHECK(!message.get().empty());
  clear_log();
  CHECK(end.wait_for(test::deadline) == std::future_status::ready);
}

}  // namespace

int main() {
  return test::run({
      {"an_identity_survives_its_file_and_its_pem", an_identity_survives_its_file_and_its_pem},
      {"a_seed_gives_the_same_peer_each_time", a_seed_gives_the_same_peer_each_time},
      {"peer_ids_are_values", peer_ids_are_values},
      {"bytes_view_what_is_made_of_bytes", bytes_view_what_is_made_of_bytes},
      {"messages_go_both_ways", messages_go_both_ways},
      {"messages_of_all_sizes_arrive_as_they_were", messages_of_all_sizes_arrive_as_they_were},
      {"trying_to_send_says_when_there_is_no_room", trying_to_send_says_when_there_is_no_room},
      {"all_messages_come_through_one_queue", all_messages_come_through_one_queue},
      {"what_is_known_of_a_peer_can_be_read", what_is_known_of_a_peer_can_be_read},
      {"the_health_of_streams_can_be_read", the_health_of_streams_can_be_read},
      {"a_known_peer_keeps_its_metadata", a_known_peer_keeps_its_metadata},
      {"an_address_book_outlives_its_node", an_address_book_outlives_its_node},
      {"bans_begin_and_end", bans_begin_and_end},
      {"one_more_address_is_listened_at", one_more_address_is_listened_at},
      {"events_tell_of_a_connection_and_its_end", events_tell_of_a_connection_and_its_end},
      {"a_filter_leaves_events_out", a_filter_leaves_events_out},
      {"the_application_shakes_hands", the_application_shakes_hands},
      {"every_setting_is_taken", every_setting_is_taken},
      {"the_log_reaches_its_function", the_log_reaches_its_function},
  });
}
