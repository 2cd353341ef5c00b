// What the tests share: cases, checks, and two nodes that know each other.
#ifndef GLUEBERRY_TEST_HPP
#define GLUEBERRY_TEST_HPP

#include <cstdio>
#include <functional>
#include <initializer_list>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "../glueberry.hpp"

namespace test {

using namespace std::chrono_literals;

// A wait that is longer has failed. Generous: machines are shared, and valgrind is slow.
inline constexpr std::chrono::seconds deadline = 45s;

struct Failure : std::runtime_error {
  using std::runtime_error::runtime_error;
};

struct Case {
  const char* name;
  std::function<void()> body;
};

inline bool passes(const Case& test) {
  try {
    test.body();
    std::printf("ok %s\n", test.name);
    return true;
  } catch (const std::exception& failure) {
    std::printf("FAILED %s: %s\n", test.name, failure.what());
    return false;
  }
}

// Gives the exit status.
inline int run(std::initializer_list<Case> cases) {
  std::size_t passed = 0;
  for (const Case& test : cases) {
    passed += passes(test) ? 1 : 0;
    std::fflush(stdout);
  }
  std::printf("%zu passed, %zu failed\n", passed, cases.size() - passed);
  return passed == cases.size() ? 0 : 1;
}

inline void check(bool condition, const char* what, const char* file, int line) {
  if (!condition) throw Failure(std::string(file) + ":" + std::to_string(line) + ": " + what);
}

// What the call throws.
inline glueberry::Error error_of(const std::function<void()>& call) {
  try {
    call();
  } catch (const glueberry::Error& error) {
    return error;
  }
  throw Failure("an error was expected");
}

#define CHECK(condition) test::check((condition), #condition, __FILE__, __LINE__)
#define CHECK_FAILS(expected, call) \
  CHECK(test::error_of([&] { static_cast<void>(call); }).code() == glueberry::Code::expected)

inline glueberry::Node listener() {
  const auto identity = glueberry::Identity::generate();
  return glueberry::Node::start(
      glueberry::Config(identity).listen("/ip4/127.0.0.1/tcp/0").stream("chat").stream("news"));
}

inline glueberry::Node dialer() {
  const auto identity = glueberry::Identity::generate();
  return glueberry::Node::start(glueberry::Config(identity).stream("chat").stream("news"));
}

// Nobody is let in without the application's handshake.
inline glueberry::Node club() {
  const auto identity = glueberry::Identity::generate();
  return glueberry::Node::start(glueberry::Config(identity)
                                    .handshake(glueberry::Handshake::app)
                                    .listen("/ip4/127.0.0.1/tcp/0")
                                    .stream("chat"));
}

// Anna listens, Bruno has dialed her, and both are established.
struct Pair {
  glueberry::Node anna = listener();
  glueberry::Node bruno = dialer();
  glueberry::PeerId to_anna = bruno.connect(anna.listen_addresses().at(0), deadline);
  glueberry::PeerId to_bruno = bruno.peer_id();

  Pair() { anna.wait_established(to_bruno, deadline); }
};

// The next item, which has to come in time.
template <typename Queue>
typename Queue::Item take(const Queue& queue) {
  auto next = queue.next(deadline);
  if (!next) throw Failure(next.is_closed() ? "the queue is closed" : "nothing came in time");
  return std::move(*next);
}

// Reads on to the end, which has to come in time.
template <typename Queue>
bool ends(const Queue& queue) {
  auto next = queue.next(deadline);
  while (next) next = queue.next(deadline);
  return next.is_closed();
}

// Reads on until the event of this kind.
inline glueberry::Event await(const glueberry::Events& events, glueberry::EventKind kind) {
  for (;;) {
    auto event = take(events);
    if (event.kind() == kind) return event;
  }
}

// Reads on until the operation is done.
inline glueberry::Event await(const glueberry::Events& events, std::uint64_t tag) {
  for (;;) {
    auto event = take(events);
    if (event.completes(tag)) return event;
  }
}

}  // namespace test

#endif
