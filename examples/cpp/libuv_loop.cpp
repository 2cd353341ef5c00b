// Inside of an event loop that the program already has, here that of libuv: the loop watches the
// queues' descriptors, and nothing ever waits.
//
//   libuv_loop listen /ip4/127.0.0.1/tcp/0     echoes what comes on the stream `chat`

#include <uv.h>

#include "example.hpp"

using namespace glueberry;

namespace {

// All that the loop serves. libuv's handles point back to it.
class Server {
 public:
  explicit Server(std::string_view address)
      : node_(example::listener(address)),
        messages_(node_.messages("chat")),
        events_(node_.events({{}, {EventKind::op_done}})) {
    check(uv_loop_init(&loop_));
    watch(on_messages_, messages_.fd(), [](uv_poll_t* poll, int, int) { self(poll).answer(); });
    watch(on_events_, events_.fd(), [](uv_poll_t* poll, int, int) { self(poll).print_failures(); });
    watch(on_interrupt_, input_.interrupt_fd(), read_input);
    // A file cannot be watched, and need not be: its end is there at once.
    if (uv_guess_handle(input_.fd()) == UV_FILE) {
      uv_stop(&loop_);
    } else {
      watch(on_input_, input_.fd(), read_input);
    }
  }

  // libuv gives its handles back from inside the loop.
  ~Server() {
    uv_walk(
        &loop_, [](uv_handle_t* handle, void*) { uv_close(handle, nullptr); }, nullptr);
    uv_run(&loop_, UV_RUN_DEFAULT);
    uv_loop_close(&loop_);
  }

  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  // Until the end of standard input, or SIGINT.
  void run() {
    uv_run(&loop_, UV_RUN_DEFAULT);
    node_.shutdown(example::patience);
  }

 private:
  static Server& self(const uv_poll_t* poll) { return *static_cast<Server*>(poll->data); }

  static void read_input(uv_poll_t* poll, int, int) {
    if (!self(poll).input_.read()) uv_stop(poll->loop);
  }

  static void check(int status) {
    if (status < 0) throw std::runtime_error(uv_strerror(status));
  }

  void watch(uv_poll_t& poll, int fd, uv_poll_cb on_readable) {
    poll.data = this;
    check(uv_poll_init(&loop_, &poll, fd));
    check(uv_poll_start(&poll, UV_READABLE, on_readable));
  }

  // Answers everything that is there. An exception must not go through libuv's C.
  void answer() noexcept {
    for (const auto& message : messages_.drain()) {
      node_.send_start(message.peer(), "chat", message.data(), events_, tag_++, example::patience);
    }
  }

  // A peer may leave before it gets its answer. The others go on.
  void print_failures() noexcept {
    for (const auto& event : events_.drain()) {
      if (const auto error = event.error()) example::print(*error);
    }
  }

  example::Input input_;
  Node node_;
  Messages messages_;
  Events events_;
  std::uint64_t tag_ = 0;
  uv_loop_t loop_{};
  uv_poll_t on_messages_{};
  uv_poll_t on_events_{};
  uv_poll_t on_interrupt_{};
  uv_poll_t on_input_{};
};

}  // namespace

int main(int argc, char** argv) {
  const std::string_view verb = argc > 1 ? argv[1] : "";
  return example::run([&] {
    if (verb != "listen" || argc != 3) return example::usage("libuv_loop listen ADDRESS");
    Server server(argv[2]);
    server.run();
    return 0;
  });
}
