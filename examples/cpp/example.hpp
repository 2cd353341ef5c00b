// What the examples share: they end at the end of standard input or at SIGINT, and say what failed.
#ifndef GLUEBERRY_EXAMPLE_HPP
#define GLUEBERRY_EXAMPLE_HPP

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <unistd.h>

#include <cerrno>
#include <glueberry.hpp>
#include <iostream>

namespace example {

// How long a call may take before the example gives up.
inline constexpr std::chrono::seconds patience{30};

// The handler writes into it, since little else is allowed in one.
inline int interrupt_pipe[2];

inline void on_interrupt(int) {
  const int saved = errno;
  // It fails only if the pipe is full, and then it is readable as well.
  if (write(interrupt_pipe[1], "", 1) < 0) errno = saved;
}

// Standard input by lines, which SIGINT ends as well.
class Input {
 public:
  Input() {
    if (pipe(interrupt_pipe) != 0) throw std::runtime_error("no pipe for SIGINT");
    fcntl(interrupt_pipe[1], F_SETFL, O_NONBLOCK);
    struct sigaction action {};
    action.sa_handler = on_interrupt;
    sigaction(SIGINT, &action, nullptr);
  }

  // For loops that poll other things as well: `read` does not block when one of them is readable.
  int fd() const { return STDIN_FILENO; }
  int interrupt_fd() const { return interrupt_pipe[0]; }

  // Waits for the next line. False at the end.
  bool next(std::string& line) {
    std::size_t end;
    while ((end = buffer_.find('\n')) == std::string::npos) {
      if (!read()) return false;
    }
    line = buffer_.substr(0, end);
    buffer_.erase(0, end + 1);
    return true;
  }

  // Waits until something can be read, and reads it. False at the end.
  bool read() {
    pollfd polled[] = {{fd(), POLLIN, 0}, {interrupt_fd(), POLLIN, 0}};
    while (poll(polled, 2, -1) < 0 && errno == EINTR) continue;
    if (polled[1].revents != 0) return false;
    char chunk[4096];
    const ssize_t size = ::read(fd(), chunk, sizeof chunk);
    if (size <= 0) return false;
    buffer_.append(chunk, static_cast<std::size_t>(size));
    return true;
  }

  // Waits for the end, whatever is typed before.
  void wait_for_end() {
    while (read()) buffer_.clear();
  }

 private:
  std::string buffer_;
};

inline void print_addresses(const glueberry::Node& node) {
  for (const auto& address : node.listen_addresses()) {
    std::cout << "listening " << address << std::endl;
  }
}

// A node that listens at this address, with a key of its own and the stream `chat`.
inline glueberry::Node listener(std::string_view address) {
  const auto identity = glueberry::Identity::generate();
  auto node = glueberry::Node::start(glueberry::Config(identity).listen(address).stream("chat"));
  print_addresses(node);
  return node;
}

inline void print(const glueberry::Error& error) {
  std::cerr << error.name() << ": " << error.what() << "\n" << error.hint() << std::endl;
}

// Runs the example. Gives the exit status: 1 if it failed.
template <typename F>
int run(const F& body) {
  try {
    return body();
  } catch (const glueberry::Error& error) {
    print(error);
  } catch (const std::exception& failure) {
    std::cerr << failure.what() << std::endl;
  }
  return 1;
}

// Gives the exit status of wrong arguments.
inline int usage(const char* text) {
  std::cerr << "usage: " << text << std::endl;
  return 2;
}

}  // namespace example

#endif
