/// Glueberry for C++17: encrypted peer-to-peer messaging, header only, over glueberry.h.
///
/// - Handles move and do not copy; their destructors free. A handle that was moved from throws
///   `Code::invalid_argument` when it is used.
/// - What fails throws `Error`. What merely has nothing to give does not: `try_send` returns false,
///   `next` an empty `Next`, `peer` an empty optional.
/// - A `timeout` is a duration; `forever`, the default, is no deadline, and 0 does not wait. A call
///   whose time is over throws `Code::timed_out`.
/// - `Node`, `Events`, `Messages` and `Operation` may be used by several threads at once, but not
///   destroyed, moved or assigned meanwhile. Everything else belongs to one thread at a time.
/// - Needs exceptions, no RTTI. There is no state outside of the objects.
#ifndef GLUEBERRY_HPP
#define GLUEBERRY_HPP

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <exception>
#include <functional>
#include <iterator>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "glueberry.h"

namespace glueberry {

// ---- times ----

/// The unit of every timeout. Seconds and longer units convert by themselves.
using Milliseconds = std::chrono::milliseconds;
/// A moment of the wall clock.
using TimePoint = std::chrono::system_clock::time_point;

/// A timeout: no deadline. A duration of a ban: without an end.
inline constexpr Milliseconds forever{GLUEBERRY_FOREVER};

// ---- vocabularies. A newer library may give values that are not listed here: ignore those ----

/// What went wrong. docs/errors.md explains each.
enum class Code : std::int32_t {
  ok = GLUEBERRY_OK,
  invalid_config = GLUEBERRY_E_INVALID_CONFIG,
  invalid_address = GLUEBERRY_E_INVALID_ADDRESS,
  invalid_peer_id = GLUEBERRY_E_INVALID_PEER_ID,
  unsupported_peer_id = GLUEBERRY_E_UNSUPPORTED_PEER_ID,
  invalid_stream_name = GLUEBERRY_E_INVALID_STREAM_NAME,
  invalid_key = GLUEBERRY_E_INVALID_KEY,
  key_file_unreadable = GLUEBERRY_E_KEY_FILE_UNREADABLE,
  key_file_exposed = GLUEBERRY_E_KEY_FILE_EXPOSED,
  key_file_exists = GLUEBERRY_E_KEY_FILE_EXISTS,
  key_file_unwritable = GLUEBERRY_E_KEY_FILE_UNWRITABLE,
  address_book_unreadable = GLUEBERRY_E_ADDRESS_BOOK_UNREADABLE,
  address_book_corrupt = GLUEBERRY_E_ADDRESS_BOOK_CORRUPT,
  address_book_locked = GLUEBERRY_E_ADDRESS_BOOK_LOCKED,
  address_book_unwritable = GLUEBERRY_E_ADDRESS_BOOK_UNWRITABLE,
  unknown_stream = GLUEBERRY_E_UNKNOWN_STREAM,
  consumer_taken = GLUEBERRY_E_CONSUMER_TAKEN,
  wrong_state = GLUEBERRY_E_WRONG_STATE,
  node_closed = GLUEBERRY_E_NODE_CLOSED,
  dialed_self = GLUEBERRY_E_DIALED_SELF,
  unknown_peer = GLUEBERRY_E_UNKNOWN_PEER,
  invalid_argument = GLUEBERRY_E_INVALID_ARGUMENT,
  would_deadlock = GLUEBERRY_E_WOULD_DEADLOCK,
  forked = GLUEBERRY_E_FORKED,
  queue_has_callback = GLUEBERRY_E_QUEUE_HAS_CALLBACK,
  not_connected = GLUEBERRY_E_NOT_CONNECTED,
  unreachable = GLUEBERRY_E_UNREACHABLE,
  address_in_use = GLUEBERRY_E_ADDRESS_IN_USE,
  listen_failed = GLUEBERRY_E_LISTEN_FAILED,
  connection_lost = GLUEBERRY_E_CONNECTION_LOST,
  timed_out = GLUEBERRY_E_TIMED_OUT,
  cancelled = GLUEBERRY_E_CANCELLED,
  wrong_peer = GLUEBERRY_E_WRONG_PEER,
  handshake_failed = GLUEBERRY_E_HANDSHAKE_FAILED,
  handshake_timeout = GLUEBERRY_E_HANDSHAKE_TIMEOUT,
  peer_key_mismatch = GLUEBERRY_E_PEER_KEY_MISMATCH,
  identity_refused = GLUEBERRY_E_IDENTITY_REFUSED,
  stream_refused = GLUEBERRY_E_STREAM_REFUSED,
  malformed_frame = GLUEBERRY_E_MALFORMED_FRAME,
  decryption_failed = GLUEBERRY_E_DECRYPTION_FAILED,
  unexpected_handshake = GLUEBERRY_E_UNEXPECTED_HANDSHAKE,
  banned = GLUEBERRY_E_BANNED,
  not_allowed = GLUEBERRY_E_NOT_ALLOWED,
  stream_failed = GLUEBERRY_E_STREAM_FAILED,
  message_too_large = GLUEBERRY_E_MESSAGE_TOO_LARGE,
  would_block = GLUEBERRY_E_WOULD_BLOCK,
  oversize_skipped = GLUEBERRY_E_OVERSIZE_SKIPPED,
  too_many_streams = GLUEBERRY_E_TOO_MANY_STREAMS,
  unread_dropped = GLUEBERRY_E_UNREAD_DROPPED,
  too_many_connections = GLUEBERRY_E_TOO_MANY_CONNECTIONS,
  too_many_peers = GLUEBERRY_E_TOO_MANY_PEERS,
  metadata_too_large = GLUEBERRY_E_METADATA_TOO_LARGE,
  too_many_operations = GLUEBERRY_E_TOO_MANY_OPERATIONS,
  internal = GLUEBERRY_E_INTERNAL,
  panic = GLUEBERRY_E_PANIC,
};

/// Where the remedy of an error lies.
enum class ErrorClass : std::int32_t {
  none = 0,
  configuration = GLUEBERRY_CLASS_CONFIGURATION,
  usage = GLUEBERRY_CLASS_USAGE,
  network = GLUEBERRY_CLASS_NETWORK,
  peer = GLUEBERRY_CLASS_PEER,
  limit = GLUEBERRY_CLASS_LIMIT,
  internal = GLUEBERRY_CLASS_INTERNAL,
};

/// How far the connection with a peer is.
enum class State : std::int32_t {
  disconnected = GLUEBERRY_STATE_DISCONNECTED,
  connecting = GLUEBERRY_STATE_CONNECTING,
  connected = GLUEBERRY_STATE_CONNECTED,
  established = GLUEBERRY_STATE_ESTABLISHED,
  reconnecting = GLUEBERRY_STATE_RECONNECTING,
  cooldown = GLUEBERRY_STATE_COOLDOWN,
};

/// What an event tells. docs/events.md explains each.
enum class EventKind : std::int32_t {
  listen_address = GLUEBERRY_EVENT_LISTEN_ADDRESS,
  peer_connecting = GLUEBERRY_EVENT_PEER_CONNECTING,
  peer_connected = GLUEBERRY_EVENT_PEER_CONNECTED,
  peer_established = GLUEBERRY_EVENT_PEER_ESTABLISHED,
  peer_disconnected = GLUEBERRY_EVENT_PEER_DISCONNECTED,
  peer_reconnecting = GLUEBERRY_EVENT_PEER_RECONNECTING,
  peer_cooldown = GLUEBERRY_EVENT_PEER_COOLDOWN,
  connection_denied = GLUEBERRY_EVENT_CONNECTION_DENIED,
  stream_opened = GLUEBERRY_EVENT_STREAM_OPENED,
  stream_degraded = GLUEBERRY_EVENT_STREAM_DEGRADED,
  stream_recovered = GLUEBERRY_EVENT_STREAM_RECOVERED,
  stream_closed = GLUEBERRY_EVENT_STREAM_CLOSED,
  stream_pressure = GLUEBERRY_EVENT_STREAM_PRESSURE,
  decryption_failed = GLUEBERRY_EVENT_DECRYPTION_FAILED,
  warning = GLUEBERRY_EVENT_WARNING,
  lagged = GLUEBERRY_EVENT_LAGGED,
  op_done = GLUEBERRY_EVENT_OP_DONE,
};

/// Why a peer is disconnected.
enum class Reason : std::int32_t {
  none = 0,
  requested = GLUEBERRY_REASON_REQUESTED,
  shutdown = GLUEBERRY_REASON_SHUTDOWN,
  connection_lost = GLUEBERRY_REASON_CONNECTION_LOST,
  superseded = GLUEBERRY_REASON_SUPERSEDED,
  handshake_timeout = GLUEBERRY_REASON_HANDSHAKE_TIMEOUT,
  handshake_failed = GLUEBERRY_REASON_HANDSHAKE_FAILED,
  peer_key_mismatch = GLUEBERRY_REASON_PEER_KEY_MISMATCH,
  dial_failed = GLUEBERRY_REASON_DIAL_FAILED,
  keep_alive_timeout = GLUEBERRY_REASON_KEEP_ALIVE_TIMEOUT,
  banned = GLUEBERRY_REASON_BANNED,
};

/// Why a stream ended.
enum class StreamClose : std::int32_t {
  none = 0,
  session_ended = GLUEBERRY_STREAM_CLOSE_SESSION_ENDED,
  failed = GLUEBERRY_STREAM_CLOSE_FAILED,
};

/// Why a connection was refused.
enum class Denial : std::int32_t {
  none = 0,
  identity_refused = GLUEBERRY_DENIAL_IDENTITY_REFUSED,
  own_identity = GLUEBERRY_DENIAL_OWN_IDENTITY,
  peer_banned = GLUEBERRY_DENIAL_PEER_BANNED,
  address_banned = GLUEBERRY_DENIAL_ADDRESS_BANNED,
  peer_not_allowed = GLUEBERRY_DENIAL_PEER_NOT_ALLOWED,
  address_not_allowed = GLUEBERRY_DENIAL_ADDRESS_NOT_ALLOWED,
  pending_limit = GLUEBERRY_DENIAL_PENDING_LIMIT,
  total_limit = GLUEBERRY_DENIAL_TOTAL_LIMIT,
  peer_limit = GLUEBERRY_DENIAL_PEER_LIMIT,
  address_limit = GLUEBERRY_DENIAL_ADDRESS_LIMIT,
  too_much_before_identity = GLUEBERRY_DENIAL_TOO_MUCH_BEFORE_IDENTITY,
  too_slow_to_identify = GLUEBERRY_DENIAL_TOO_SLOW_TO_IDENTIFY,
  too_many_streams = GLUEBERRY_DENIAL_TOO_MANY_STREAMS,
};

/// Who dialed, or which way messages flow.
enum class Direction : std::int32_t {
  none = 0,
  outbound = GLUEBERRY_DIRECTION_OUTBOUND,
  inbound = GLUEBERRY_DIRECTION_INBOUND,
};

/// Whether a buffer is above its high or below its low watermark.
enum class Pressure : std::int32_t {
  none = 0,
  high = GLUEBERRY_PRESSURE_HIGH,
  low = GLUEBERRY_PRESSURE_LOW,
};

/// How a stream is.
enum class StreamState : std::int32_t {
  idle = GLUEBERRY_STREAM_IDLE,
  open = GLUEBERRY_STREAM_OPEN,
  degraded = GLUEBERRY_STREAM_DEGRADED,
  refused = GLUEBERRY_STREAM_REFUSED,
  failed = GLUEBERRY_STREAM_FAILED,
};

/// Who shakes hands: the library, or the application on the stream `handshake`.
enum class Handshake : std::int32_t {
  automatic = GLUEBERRY_HANDSHAKE_AUTOMATIC,
  app = GLUEBERRY_HANDSHAKE_APP,
};

/// What secures TCP connections.
enum class Security : std::int32_t {
  both = GLUEBERRY_SECURITY_BOTH,
  tls = GLUEBERRY_SECURITY_TLS,
  noise = GLUEBERRY_SECURITY_NOISE,
};

/// How much is logged: each level includes those above it.
enum class LogLevel : std::int32_t {
  off = GLUEBERRY_LOG_OFF,
  error = GLUEBERRY_LOG_ERROR,
  warn = GLUEBERRY_LOG_WARN,
  info = GLUEBERRY_LOG_INFO,
  debug = GLUEBERRY_LOG_DEBUG,
  trace = GLUEBERRY_LOG_TRACE,
};

/// The name of a code, as in docs/errors.md. Static, as all of these texts; "Unknown" if unknown.
inline std::string_view to_string(Code code) {
  return glueberry_status_name(static_cast<std::int32_t>(code));
}

/// The name of a class: "network".
inline std::string_view to_string(ErrorClass error_class) {
  return glueberry_class_name(static_cast<std::int32_t>(error_class));
}

/// The name of a state: "Established".
inline std::string_view to_string(State state) {
  return glueberry_state_name(static_cast<std::int32_t>(state));
}

/// The name of a kind, as in docs/events.md.
inline std::string_view to_string(EventKind kind) {
  return glueberry_event_kind_name(static_cast<std::int32_t>(kind));
}

/// The name of a reason: "ConnectionLost".
inline std::string_view to_string(Reason reason) {
  return glueberry_reason_name(static_cast<std::int32_t>(reason));
}

/// The name of a reason: "SessionEnded".
inline std::string_view to_string(StreamClose reason) {
  return glueberry_stream_close_name(static_cast<std::int32_t>(reason));
}

/// The name of a denial: "PeerBanned".
inline std::string_view to_string(Denial denial) {
  return glueberry_denial_name(static_cast<std::int32_t>(denial));
}

/// The name of a state: "Open".
inline std::string_view to_string(StreamState state) {
  return glueberry_stream_state_name(static_cast<std::int32_t>(state));
}

/// What to do about an error; "" for `Code::ok`.
inline std::string_view hint_of(Code code) {
  return glueberry_status_hint(static_cast<std::int32_t>(code));
}

/// Where the remedy of an error lies.
inline ErrorClass class_of(Code code) {
  return static_cast<ErrorClass>(glueberry_status_class(static_cast<std::int32_t>(code)));
}

/// Whether the same call may succeed later.
inline bool is_retriable(Code code) {
  return glueberry_status_is_retriable(static_cast<std::int32_t>(code)) != 0;
}

/// The version of the library that is loaded. That of this header is `GLUEBERRY_VERSION`.
inline std::string_view version() { return glueberry_version(); }

/// The ABI that is loaded. It fits if it is `GLUEBERRY_ABI_VERSION`.
inline std::uint32_t abi_version() noexcept { return glueberry_abi_version(); }

// ---- bytes ----

/// A view of bytes that belong to somebody else. Calls copy what they are given before they return.
class Bytes {
 public:
  /// No bytes.
  constexpr Bytes() noexcept = default;

  /// `size` bytes from `data` on.
  Bytes(const void* data, std::size_t size) noexcept
      : data_(static_cast<const std::uint8_t*>(data)), size_(size) {}

  /// The bytes of a text, without its NUL.
  Bytes(const char* text) noexcept : Bytes(text, std::strlen(text)) {}

  /// The elements of a container of bytes or characters: string, string_view, vector, array, span.
  template <
      typename Container,
      typename Element = std::remove_pointer_t<decltype(std::declval<const Container&>().data())>,
      typename = decltype(std::declval<const Container&>().size()),
      typename = std::enable_if_t<sizeof(Element) == 1 && std::is_trivial_v<Element>>>
  Bytes(const Container& container) noexcept : Bytes(container.data(), container.size()) {}

  const std::uint8_t* data() const noexcept { return data_; }
  std::size_t size() const noexcept { return size_; }
  bool empty() const noexcept { return size_ == 0; }
  const std::uint8_t* begin() const noexcept { return data_; }
  const std::uint8_t* end() const noexcept { return data_ + size_; }

  /// The bytes as characters. Nothing checks that they are UTF-8.
  std::string_view text() const noexcept {
    return empty() ? std::string_view()
                   : std::string_view(reinterpret_cast<const char*>(data_), size_);
  }

  friend bool operator==(Bytes left, Bytes right) noexcept { return left.text() == right.text(); }
  friend bool operator!=(Bytes left, Bytes right) noexcept { return !(left == right); }

 private:
  const std::uint8_t* data_ = nullptr;
  std::size_t size_ = 0;
};

namespace detail {

template <typename T, void (*release)(T*)>
struct Free {
  void operator()(T* handle) const noexcept { release(handle); }
};

template <typename T, void (*release)(T*)>
using Handle = std::unique_ptr<T, Free<T, release>>;

using ErrorHandle = Handle<glueberry_error_t, glueberry_error_free>;
using StringsHandle = Handle<glueberry_strings_t, glueberry_strings_free>;
using PeersHandle = Handle<glueberry_peers_t, glueberry_peers_free>;
using PeerInfoHandle = Handle<glueberry_peer_info_t, glueberry_peer_info_free>;
using BansHandle = Handle<glueberry_bans_t, glueberry_bans_free>;
using StreamsHandle = Handle<glueberry_streams_t, glueberry_streams_free>;

/// A zeroed struct that says how large it is.
template <typename T>
T sized() noexcept {
  T value{};
  value.size = static_cast<std::uint32_t>(sizeof(T));
  return value;
}

/// C gives NULL where there is no text.
inline std::string_view text(const char* text) noexcept {
  return text == nullptr ? std::string_view() : std::string_view(text);
}

inline TimePoint moment(std::int64_t unix_ms) { return TimePoint(Milliseconds(unix_ms)); }

/// C gives -1 where there is no such moment.
inline std::optional<TimePoint> moment_or_none(std::int64_t unix_ms) {
  return unix_ms < 0 ? std::nullopt : std::optional<TimePoint>(moment(unix_ms));
}

/// Borrows from `texts`.
inline std::vector<const char*> pointers(const std::vector<std::string>& texts) {
  std::vector<const char*> pointers;
  pointers.reserve(texts.size());
  for (const std::string& text : texts) pointers.push_back(text.c_str());
  return pointers;
}

template <typename F, typename... Args>
std::int32_t call(F function, Args... args);

inline void expect(std::int32_t status);

}  // namespace detail

// ---- peers ----

/// A peer: its Ed25519 public key. A value that compares, sorts and hashes.
class PeerId {
 public:
  /// Reads `12D3KooW…`. Throws `Code::invalid_peer_id` or `Code::unsupported_peer_id`.
  static PeerId parse(std::string_view text);

  /// Reads the end of `/ip4/…/p2p/12D3KooW…`. Throws `Code::invalid_address`.
  static PeerId from_address(std::string_view address);

  /// The id that C knows by this.
  explicit PeerId(const glueberry_peer_id_t& native) noexcept : native_(native) {}

  /// `12D3KooW…`, 52 characters at most.
  std::string to_string() const;

  /// The 32 bytes of the key.
  Bytes key() const noexcept { return Bytes(native_.key, sizeof native_.key); }

  /// For calls of glueberry.h.
  const glueberry_peer_id_t* native() const noexcept { return &native_; }

  friend bool operator==(const PeerId& left, const PeerId& right) noexcept {
    return left.key() == right.key();
  }
  friend bool operator!=(const PeerId& left, const PeerId& right) noexcept {
    return !(left == right);
  }
  friend bool operator<(const PeerId& left, const PeerId& right) noexcept {
    return left.key().text() < right.key().text();
  }

 private:
  glueberry_peer_id_t native_;
};

// ---- errors ----

/// What every failed call throws. `what()` tells what happened this time, with its causes.
class Error : public std::runtime_error {
 public:
  /// An error that is known by its code only.
  explicit Error(Code code)
      : std::runtime_error(std::string(glueberry::to_string(code))), code_(code) {}

  /// What the error object of C says.
  explicit Error(const glueberry_error_t* error)
      : std::runtime_error(glueberry_error_message(error)),
        code_(static_cast<Code>(glueberry_error_code(error))),
        error_class_(static_cast<ErrorClass>(glueberry_error_class(error))),
        is_retriable_(glueberry_error_is_retriable(error) != 0),
        hint_(glueberry_error_hint(error)),
        peer_(peer_of(error)),
        stream_(stream_of(error)) {}

  Code code() const noexcept { return code_; }
  /// The name of the code, as in docs/errors.md.
  std::string_view name() const { return glueberry::to_string(code_); }
  /// What to do.
  std::string_view hint() const noexcept { return hint_; }
  /// Where the remedy lies.
  ErrorClass error_class() const noexcept { return error_class_; }
  /// Whether the same call may succeed later.
  bool is_retriable() const noexcept { return is_retriable_; }
  /// The peer that it is about, if it is about one.
  const std::optional<PeerId>& peer() const noexcept { return peer_; }
  /// The stream that it is about; "" if none.
  std::string_view stream() const noexcept {
    return stream_ ? std::string_view(*stream_) : std::string_view();
  }

 private:
  static std::optional<PeerId> peer_of(const glueberry_error_t* error) {
    glueberry_peer_id_t peer{};
    if (glueberry_error_peer(error, &peer) != GLUEBERRY_OK) return std::nullopt;
    return PeerId(peer);
  }

  static std::shared_ptr<const std::string> stream_of(const glueberry_error_t* error) {
    const char* stream = glueberry_error_stream(error);
    return stream == nullptr ? nullptr : std::make_shared<const std::string>(stream);
  }

  Code code_;
  ErrorClass error_class_ = class_of(code_);
  bool is_retriable_ = glueberry::is_retriable(code_);
  std::string_view hint_ = hint_of(code_);
  std::optional<PeerId> peer_;
  // Shared, so that copying an exception never throws.
  std::shared_ptr<const std::string> stream_;
};

namespace detail {

/// Throws if the status is an error. For functions without an error object.
inline void expect(std::int32_t status) {
  if (status < 0) throw Error(static_cast<Code>(status));
}

/// Calls a function whose last argument is `err`. Gives its status, or throws.
template <typename F, typename... Args>
std::int32_t call(F function, Args... args) {
  glueberry_error_t* raw = nullptr;
  const std::int32_t status = function(args..., &raw);
  const ErrorHandle error(raw);
  if (status < 0 && error) throw Error(error.get());
  expect(status);
  return status;
}

inline std::vector<std::string> to_vector(const StringsHandle& strings) {
  std::vector<std::string> texts;
  const std::size_t count = glueberry_strings_count(strings.get());
  texts.reserve(count);
  for (std::size_t i = 0; i < count; i++)
    texts.emplace_back(glueberry_strings_get(strings.get(), i));
  return texts;
}

/// One call for two things: that a callback cannot throw into C, and what it throws instead.
template <typename F>
void contain(const F& work, const std::function<void(std::exception_ptr)>& on_failure) noexcept {
  try {
    work();
  } catch (...) {
    if (!on_failure) std::terminate();
    on_failure(std::current_exception());
  }
}

}  // namespace detail

inline PeerId PeerId::parse(std::string_view text) {
  glueberry_peer_id_t peer{};
  detail::call(glueberry_peer_id_parse, text.data(), text.size(), &peer);
  return PeerId(peer);
}

inline PeerId PeerId::from_address(std::string_view address) {
  glueberry_peer_id_t peer{};
  detail::call(glueberry_peer_id_from_address, address.data(), address.size(), &peer);
  return PeerId(peer);
}

inline std::string PeerId::to_string() const {
  char buffer[GLUEBERRY_PEER_ID_SIZE];
  detail::expect(glueberry_peer_id_format(&native_, buffer, sizeof buffer));
  return buffer;
}

/// Where the exceptions of a callback go, on the thread of the callback. What it throws itself, and
/// what a callback without one throws, ends the program through `std::terminate`.
using FailureHandler = std::function<void(std::exception_ptr)>;

// ---- log ----

/// One line of the log. The texts live as long as the call that they come with.
struct LogRecord {
  LogLevel level;
  TimePoint time;
  /// The part of the library that speaks.
  std::string_view target;
  /// With its fields: `connected peer=12D3… session=1`. Neither keys nor payload.
  std::string_view message;
};

namespace detail {

struct LogCallback {
  std::function<void(const LogRecord&)> on_record;
  FailureHandler on_failure;

  static void deliver(void* user_data, const glueberry_log_record_t* record) noexcept {
    const auto& self = *static_cast<LogCallback*>(user_data);
    contain([&] { self.on_record(parse(*record)); }, self.on_failure);
  }

  static void destroy(void* user_data) noexcept { delete static_cast<LogCallback*>(user_data); }

  static LogRecord parse(const glueberry_log_record_t& record) {
    return {static_cast<LogLevel>(record.level), moment(record.time_ms), text(record.target),
            text(record.message)};
  }
};

}  // namespace detail

/// Hands records of at most `level`, of the whole process, to a function, on one thread of the
/// library and one at a time. It takes the place of the function before it.
inline void set_log(LogLevel level, std::function<void(const LogRecord&)> on_record,
                    FailureHandler on_failure = {}) {
  auto holder = std::make_unique<detail::LogCallback>();
  *holder = {std::move(on_record), std::move(on_failure)};
  auto callback = detail::sized<glueberry_log_callback_t>();
  callback.user_data = holder.get();
  callback.on_record = detail::LogCallback::deliver;
  callback.destroy = detail::LogCallback::destroy;
  detail::call(glueberry_log_set, static_cast<std::int32_t>(level), &callback);
  static_cast<void>(holder.release());
}

/// No more records. Does not wait: a call may still be under way.
inline void clear_log() { detail::expect(glueberry_log_clear()); }

// ---- identity ----

/// A node's Ed25519 key.
class Identity {
 public:
  /// A new key, from the randomness of the system.
  static Identity generate() {
    glueberry_identity_t* identity = nullptr;
    detail::call(glueberry_identity_generate, &identity);
    return Identity(identity);
  }

  /// The key of this seed of 32 bytes. Throws `Code::invalid_key`.
  static Identity from_seed(Bytes seed) {
    glueberry_identity_t* identity = nullptr;
    detail::call(glueberry_identity_from_seed, seed.data(), seed.size(), &identity);
    return Identity(identity);
  }

  /// The key in a text of PKCS#8 PEM. Throws `Code::invalid_key`.
  static Identity from_pem(std::string_view pem) {
    glueberry_identity_t* identity = nullptr;
    detail::call(glueberry_identity_from_pem, pem.data(), pem.size(), &identity);
    return Identity(identity);
  }

  /// The key in a file. Throws `Code::key_file_unreadable`, `key_file_exposed` or `invalid_key`.
  static Identity load(std::string_view path) {
    glueberry_identity_t* identity = nullptr;
    detail::call(glueberry_identity_load, path.data(), path.size(), &identity);
    return Identity(identity);
  }

  /// Writes a file that only its owner reads. Throws `Code::key_file_exists`, unless it may
  /// replace.
  void save(std::string_view path, bool replace = false) const {
    detail::call(glueberry_identity_save, native(), path.data(), path.size(),
                 static_cast<std::int32_t>(replace));
  }

  /// The key as PKCS#8 PEM. It is secret: whoever has it is this node.
  std::string to_pem() const {
    std::string pem(pem_capacity, '\0');
    std::size_t needed = 0;
    detail::call(glueberry_identity_to_pem, native(), pem.data(), pem.size(), &needed);
    pem.resize(needed - 1);
    return pem;
  }

  /// The public half.
  PeerId peer_id() const {
    glueberry_peer_id_t peer{};
    detail::expect(glueberry_identity_peer_id(native(), &peer));
    return PeerId(peer);
  }

  /// For calls of glueberry.h.
  const glueberry_identity_t* native() const noexcept { return handle_.get(); }

 private:
  explicit Identity(glueberry_identity_t* owned) noexcept : handle_(owned) {}

  // PKCS#8 of an Ed25519 key, with its public half, takes less than 200 characters.
  static constexpr std::size_t pem_capacity = 512;

  detail::Handle<glueberry_identity_t, glueberry_identity_free> handle_;
};

// ---- configuration ----

/// The bounds of a stream. 0 is the default.
struct StreamConfig {
  /// Bytes.
  std::uint64_t max_message_size = 0;
  /// Bytes.
  std::uint64_t send_buffer = 0;
  /// Bytes.
  std::uint64_t receive_buffer = 0;
  /// Per cent of a buffer.
  std::uint32_t high_watermark = 0;
  /// Per cent of a buffer.
  std::uint32_t low_watermark = 0;
};

/// How a lost peer is dialed again. A duration of 0 is the default.
struct ReconnectPolicy {
  /// 0: without a limit.
  std::uint32_t max_attempts = 0;
  Milliseconds first_delay{0};
  Milliseconds longest_delay{0};
  Milliseconds cooldown{0};
};

/// How many connections may stand at once. 0 is the default.
struct ConnectionLimits {
  /// Those that have not proven an identity.
  std::uint32_t pending = 0;
  std::uint32_t total = 0;
  std::uint32_t per_peer = 0;
  std::uint32_t per_address = 0;
};

/// How a node is to be. Every call gives the configuration back, so that calls can follow each
/// other: `Config(identity).listen("/ip4/0.0.0.0/tcp/9000").stream("chat")`.
class Config {
 public:
  explicit Config(const Identity& identity) {
    glueberry_config_t* config = nullptr;
    detail::call(glueberry_config_new, identity.native(), &config);
    handle_.reset(config);
  }

  /// One more address to listen at. Throws `Code::invalid_address`.
  Config& listen(std::string_view address) {
    return set(glueberry_config_add_listen_address, address.data(), address.size());
  }

  /// One more stream of messages. Throws `Code::invalid_stream_name` or `Code::invalid_config`.
  Config& stream(std::string_view name) {
    return set(glueberry_config_add_stream, name.data(), name.size(), nullptr);
  }

  /// One more stream of messages, with bounds of its own.
  Config& stream(std::string_view name, const StreamConfig& bounds) {
    auto native = detail::sized<glueberry_stream_config_t>();
    native.max_message_size = bounds.max_message_size;
    native.send_buffer = bounds.send_buffer;
    native.receive_buffer = bounds.receive_buffer;
    native.high_watermark = bounds.high_watermark;
    native.low_watermark = bounds.low_watermark;
    return set(glueberry_config_add_stream, name.data(), name.size(), &native);
  }

  /// The file of known peers and bans.
  Config& address_book(std::string_view path) {
    return set(glueberry_config_set_address_book, path.data(), path.size());
  }

  /// Whether known peers are dialed at the start.
  Config& auto_connect(bool yes) {
    return set(glueberry_config_set_auto_connect, static_cast<std::int32_t>(yes));
  }

  Config& handshake(Handshake mode) {
    return set(glueberry_config_set_handshake, static_cast<std::int32_t>(mode));
  }

  Config& security(Security security) {
    return set(glueberry_config_set_security, static_cast<std::int32_t>(security));
  }

  Config& reconnect(const ReconnectPolicy& policy) {
    auto native = detail::sized<glueberry_reconnect_policy_t>();
    native.max_attempts = policy.max_attempts;
    native.first_delay_ms = policy.first_delay.count();
    native.longest_delay_ms = policy.longest_delay.count();
    native.cooldown_ms = policy.cooldown.count();
    return set(glueberry_config_set_reconnect, &native);
  }

  /// How long a handshake may take.
  Config& handshake_timeout(Milliseconds timeout) {
    return set(glueberry_config_set_handshake_timeout, timeout.count());
  }

  /// How long one attempt to reach an address may take.
  Config& dial_timeout(Milliseconds timeout) {
    return set(glueberry_config_set_dial_timeout, timeout.count());
  }

  /// How long a disconnect and a shutdown go on writing what is queued.
  Config& linger(Milliseconds linger) { return set(glueberry_config_set_linger, linger.count()); }

  /// How often a silent peer is pinged, and after how long a silence it is lost. Both 0: no pings.
  Config& keep_alive(Milliseconds interval, Milliseconds timeout) {
    return set(glueberry_config_set_keep_alive, interval.count(), timeout.count());
  }

  /// How many unread events each `Events` holds before the oldest are dropped.
  Config& event_buffer(std::size_t events) {
    return set(glueberry_config_set_event_buffer, events);
  }

  Config& connection_limits(const ConnectionLimits& limits) {
    auto native = detail::sized<glueberry_connection_limits_t>();
    native.pending = limits.pending;
    native.total = limits.total;
    native.per_peer = limits.per_peer;
    native.per_address = limits.per_address;
    return set(glueberry_config_set_connection_limits, &native);
  }

  /// Threads of the node, 1 to 64. The default: one for each core, at most 4.
  Config& worker_threads(std::size_t threads) {
    return set(glueberry_config_set_worker_threads, threads);
  }

  /// Lets in this peer id, address or network. Once something is allowed, the rest is not.
  Config& allow(std::string_view target) {
    return set(glueberry_config_allow, target.data(), target.size());
  }

  /// Keeps out this peer id, address or network.
  Config& deny(std::string_view target) {
    return set(glueberry_config_deny, target.data(), target.size());
  }

  /// For calls of glueberry.h.
  const glueberry_config_t* native() const noexcept { return handle_.get(); }

 private:
  template <typename F, typename... Args>
  Config& set(F function, Args... args) {
    detail::call(function, handle_.get(), args...);
    return *this;
  }

  detail::Handle<glueberry_config_t, glueberry_config_free> handle_;
};

/// A peer to know.
struct NewPeer {
  /// The first ends in `/p2p/` and the peer's id.
  std::vector<std::string> addresses;
  /// Whether it is dialed at the start, and again whenever it is lost.
  bool persistent = false;
  /// Keys and values of the application's own.
  std::vector<std::pair<std::string, std::string>> metadata;
};

namespace detail {

/// A `NewPeer` as C reads it. Borrows from it.
class NewPeerView {
 public:
  explicit NewPeerView(const NewPeer& peer) : addresses_(pointers(peer.addresses)) {
    for (const auto& entry : peer.metadata) {
      keys_.push_back(entry.first.c_str());
      values_.push_back(entry.second.c_str());
    }
    native_.persistent = static_cast<std::int32_t>(peer.persistent);
    native_.addresses = addresses_.data();
    native_.address_count = addresses_.size();
    native_.metadata_keys = keys_.data();
    native_.metadata_values = values_.data();
    native_.metadata_count = keys_.size();
  }

  NewPeerView(const NewPeerView&) = delete;
  NewPeerView& operator=(const NewPeerView&) = delete;

  const glueberry_new_peer_t* native() const noexcept { return &native_; }

 private:
  std::vector<const char*> addresses_;
  std::vector<const char*> keys_;
  std::vector<const char*> values_;
  glueberry_new_peer_t native_ = sized<glueberry_new_peer_t>();
};

}  // namespace detail

// ---- what a node knows ----

/// What is known of a peer.
struct PeerInfo {
  PeerId id;
  State state;
  /// Who dialed; `Direction::none` without a session.
  Direction direction;
  std::uint32_t connections;
  bool is_persistent;
  bool is_banned;
  /// Empty: never.
  std::optional<TimePoint> last_seen;
  /// Empty: not banned, or without an end.
  std::optional<TimePoint> banned_until;
  std::vector<std::string> addresses;
  /// Sorted by key.
  std::vector<std::pair<std::string, std::string>> metadata;
};

/// A ban of a peer, an address or a network.
struct Ban {
  std::string target;
  /// Empty: without an end.
  std::optional<TimePoint> until;
};

/// How a stream of a peer is.
struct StreamHealth {
  StreamState state;
  std::string stream;
  /// How often it was opened again; 0 unless it is degraded.
  std::uint32_t attempt;
  Pressure outbound;
  Pressure inbound;
  std::uint64_t queued_messages;
  std::uint64_t queued_bytes;
  std::uint64_t unread_bytes;
};

namespace detail {

inline std::vector<std::string> addresses_of(const glueberry_peer_info_t* info, std::size_t count) {
  std::vector<std::string> addresses;
  for (std::size_t i = 0; i < count; i++) {
    addresses.emplace_back(text(glueberry_peer_info_address(info, i)));
  }
  return addresses;
}

inline std::pair<std::string, std::string> metadata_at(const glueberry_peer_info_t* info,
                                                       std::size_t index) {
  const char *key = nullptr, *value = nullptr;
  std::size_t key_size = 0, value_size = 0;
  expect(glueberry_peer_info_metadata(info, index, &key, &key_size, &value, &value_size));
  return {std::string(key, key_size), std::string(value, value_size)};
}

inline PeerInfo to_peer_info(const glueberry_peer_info_t* info) {
  auto view = sized<glueberry_peer_view_t>();
  expect(glueberry_peer_info_read(info, &view));
  PeerInfo peer{PeerId(view.peer),
                static_cast<State>(view.state),
                static_cast<Direction>(view.direction),
                view.connections,
                view.is_persistent != 0,
                view.is_banned != 0,
                moment_or_none(view.last_seen_ms),
                view.is_banned != 0 ? moment_or_none(view.banned_until_ms) : std::nullopt,
                addresses_of(info, view.address_count),
                {}};
  for (std::size_t i = 0; i < view.metadata_count; i++)
    peer.metadata.push_back(metadata_at(info, i));
  return peer;
}

inline StreamHealth to_stream_health(const glueberry_stream_health_t& health,
                                     std::string_view name) {
  return {static_cast<StreamState>(health.state),
          std::string(name),
          health.attempt,
          static_cast<Pressure>(health.outbound),
          static_cast<Pressure>(health.inbound),
          health.queued_messages,
          health.queued_bytes,
          health.unread_bytes};
}

}  // namespace detail

// ---- operations ----

/// A call that goes on by itself: one of the `_start` calls of a node. It completes with exactly
/// one event `EventKind::op_done` that has its tag. Destroying this cancels nothing.
class Operation {
 public:
  /// Takes over what C gave for this tag.
  Operation(glueberry_op_t* owned, std::uint64_t tag) noexcept : handle_(owned), tag_(tag) {}

  /// What its event will have.
  std::uint64_t tag() const noexcept { return tag_; }

  /// Never waits, and may be repeated. Unless it was done before, its event has `Code::cancelled`.
  void cancel() const { detail::expect(glueberry_op_cancel(handle_.get())); }

 private:
  detail::Handle<glueberry_op_t, glueberry_op_free> handle_;
  std::uint64_t tag_;
};

// ---- events ----

/// Which events are wanted. Empty: all. `EventKind::lagged` and `op_done` always come.
struct EventFilter {
  std::vector<PeerId> peers;
  std::vector<EventKind> kinds;
};

/// What was accepted for a stream and never written.
struct Unwritten {
  std::string stream;
  std::uint64_t messages;
  std::uint64_t bytes;
};

/// Something that happened. Texts and bytes live as long as the event. What its kind does not have
/// is empty, 0, `none` or `Code::ok`.
class Event {
 public:
  /// Takes over an event of C.
  explicit Event(glueberry_event_t* owned) noexcept : handle_(owned) {}

  /// Another handle of the event that C lent.
  static Event copy_of(const glueberry_event_t* borrowed) {
    glueberry_event_t* copy = nullptr;
    detail::expect(glueberry_event_clone(borrowed, &copy));
    return Event(copy);
  }

  /// Another handle of the same event.
  Event clone() const { return copy_of(native()); }

  EventKind kind() const { return static_cast<EventKind>(view().kind); }
  TimePoint time() const { return detail::moment(view().time_ms); }

  /// Whom it is about; for a finished connect or add_peer, whom that gave.
  std::optional<PeerId> peer() const {
    const auto fields = view();
    return fields.has_peer != 0 ? std::optional<PeerId>(PeerId(fields.peer)) : std::nullopt;
  }

  /// Sessions are counted per peer, from 1; 0: none.
  std::uint64_t session() const { return view().session; }
  std::string_view stream() const { return detail::text(view().stream); }
  std::string_view address() const { return detail::text(view().address); }
  /// Of a warning.
  std::string_view detail() const { return detail::text(view().detail); }
  bool is_inbound() const { return view().is_inbound != 0; }
  /// Of `peer_disconnected`.
  Reason reason() const { return static_cast<Reason>(view().reason); }
  /// Of `stream_closed`.
  StreamClose close_reason() const { return static_cast<StreamClose>(view().close_reason); }
  /// Of `connection_denied`.
  Denial denial() const { return static_cast<Denial>(view().denial); }
  /// How many more were denied for the same reason.
  std::uint64_t suppressed() const { return view().suppressed; }
  /// The fault that a warning is about.
  Code code() const { return static_cast<Code>(view().code); }
  /// Of `stream_pressure`, as `level` and `bytes`.
  Direction direction() const { return static_cast<Direction>(view().direction); }
  Pressure level() const { return static_cast<Pressure>(view().level); }
  std::uint64_t bytes() const { return view().bytes; }
  /// Of `peer_reconnecting` and `stream_degraded`.
  std::uint32_t attempt() const { return view().attempt; }
  /// Of `peer_reconnecting`.
  Milliseconds delay() const { return Milliseconds(view().delay_ms); }
  /// Of `peer_cooldown`.
  TimePoint until() const { return detail::moment(view().until_ms); }
  /// How many events were dropped before `lagged`.
  std::uint64_t missed() const { return view().missed; }

  /// Of `peer_disconnected`: what was accepted and never written, by stream.
  std::vector<Unwritten> unwritten() const {
    std::vector<Unwritten> all;
    const std::size_t count = view().unwritten_count;
    for (std::size_t i = 0; i < count; i++) all.push_back(unwritten_at(i));
    return all;
  }

  /// Whether it says that this operation is done.
  bool completes(const Operation& operation) const { return completes(operation.tag()); }

  /// Whether it says that the operation with this tag is done.
  bool completes(std::uint64_t tag) const {
    const auto fields = view();
    return fields.kind == GLUEBERRY_EVENT_OP_DONE && fields.tag == tag;
  }

  /// Of `op_done`, as all that follow.
  std::uint64_t tag() const { return view().tag; }
  /// How the operation ended.
  Code status() const { return static_cast<Code>(view().status); }
  /// Why the operation failed, if it did.
  std::optional<Error> error() const {
    const auto fields = view();
    if (fields.error != nullptr) return Error(fields.error);
    if (fields.status < 0) return Error(status());
    return std::nullopt;
  }
  /// Throws what the operation failed with, if it did.
  void check() const {
    if (const auto failure = error()) throw Error(*failure);
  }
  /// Of an unban: whether there was a ban.
  bool was_banned() const { return view().flag != 0; }
  /// Of a listen: the addresses that it is bound to.
  std::vector<std::string> addresses() const {
    std::vector<std::string> all;
    const std::size_t count = view().address_count;
    for (std::size_t i = 0; i < count; i++) {
      all.emplace_back(detail::text(glueberry_event_address(native(), i)));
    }
    return all;
  }

  /// All fields at once, as C has them.
  glueberry_event_view_t view() const {
    auto fields = detail::sized<glueberry_event_view_t>();
    detail::expect(glueberry_event_read(native(), &fields));
    return fields;
  }

  /// For calls of glueberry.h.
  const glueberry_event_t* native() const noexcept { return handle_.get(); }

 private:
  Unwritten unwritten_at(std::size_t index) const {
    auto native_unwritten = detail::sized<glueberry_unwritten_t>();
    detail::expect(glueberry_event_unwritten(native(), index, &native_unwritten));
    return {std::string(detail::text(native_unwritten.stream)), native_unwritten.messages,
            native_unwritten.bytes};
  }

  detail::Handle<glueberry_event_t, glueberry_event_free> handle_;
};

// ---- messages ----

/// A message that came. Its bytes and texts live as long as it does.
class Message {
 public:
  /// Takes over a message of C.
  explicit Message(glueberry_message_t* owned) noexcept : handle_(owned) {}

  /// Another handle of the message that C lent. They share the payload.
  static Message copy_of(const glueberry_message_t* borrowed) {
    glueberry_message_t* copy = nullptr;
    detail::expect(glueberry_message_clone(borrowed, &copy));
    return Message(copy);
  }

  /// Another handle of the same message. They share the payload.
  Message clone() const { return copy_of(native()); }

  Bytes data() const {
    const std::uint8_t* data = nullptr;
    std::size_t size = 0;
    detail::expect(glueberry_message_data(native(), &data, &size));
    return Bytes(data, size);
  }

  /// The payload as characters. Nothing checks that they are UTF-8.
  std::string_view text() const { return data().text(); }

  /// Who sent it.
  PeerId peer() const {
    glueberry_peer_id_t peer{};
    detail::expect(glueberry_message_peer(native(), &peer));
    return PeerId(peer);
  }

  std::string_view stream() const { return detail::text(glueberry_message_stream(native())); }

  /// For calls of glueberry.h.
  const glueberry_message_t* native() const noexcept { return handle_.get(); }

 private:
  detail::Handle<glueberry_message_t, glueberry_message_free> handle_;
};

// ---- queues ----

/// An optional that knows why it is empty: nothing came in time, or nothing will ever come.
template <typename Item>
class Next : public std::optional<Item> {
 public:
  /// Something came.
  explicit Next(Item item) : std::optional<Item>(std::move(item)) {}
  /// Nothing came.
  explicit Next(bool is_closed) noexcept : is_closed_(is_closed) {}

  /// Whether the queue has ended, and everything was read.
  bool is_closed() const noexcept { return is_closed_; }

 private:
  bool is_closed_ = false;
};

/// What a queue had at one moment.
template <typename Item>
class Batch {
 public:
  Batch(std::vector<Item> items, bool is_closed) noexcept
      : items_(std::move(items)), is_closed_(is_closed) {}

  /// Whether the queue has ended, and everything was read. It is empty then.
  bool is_closed() const noexcept { return is_closed_; }

  std::vector<Item>& items() noexcept { return items_; }
  const std::vector<Item>& items() const noexcept { return items_; }
  std::size_t size() const noexcept { return items_.size(); }
  bool empty() const noexcept { return items_.empty(); }
  auto begin() noexcept { return items_.begin(); }
  auto end() noexcept { return items_.end(); }
  auto begin() const noexcept { return items_.begin(); }
  auto end() const noexcept { return items_.end(); }

 private:
  std::vector<Item> items_;
  bool is_closed_;
};

namespace detail {

/// What a queue of events is made of.
struct EventPort {
  using Item = Event;
  using Raw = glueberry_events_t;
  using RawItem = glueberry_event_t;
  using QueueHandle = Handle<glueberry_events_t, glueberry_events_free>;
  using ItemHandle = Handle<glueberry_event_t, glueberry_event_free>;
  static constexpr auto next = glueberry_events_next;
  static constexpr auto drain = glueberry_events_drain;
  static constexpr auto fd = glueberry_events_fd;
  static constexpr auto close = glueberry_events_close;
  static constexpr auto set_callback = glueberry_events_set_callback;
  static constexpr auto clear_callback = glueberry_events_clear_callback;
  using Callback = glueberry_event_callback_t;
  static constexpr auto on_item = &glueberry_event_callback_t::on_event;
};

/// What a queue of messages is made of.
struct MessagePort {
  using Item = Message;
  using Raw = glueberry_messages_t;
  using RawItem = glueberry_message_t;
  using QueueHandle = Handle<glueberry_messages_t, glueberry_messages_free>;
  using ItemHandle = Handle<glueberry_message_t, glueberry_message_free>;
  static constexpr auto next = glueberry_messages_next;
  static constexpr auto drain = glueberry_messages_drain;
  static constexpr auto fd = glueberry_messages_fd;
  static constexpr auto close = glueberry_messages_close;
  static constexpr auto set_callback = glueberry_messages_set_callback;
  static constexpr auto clear_callback = glueberry_messages_clear_callback;
  using Callback = glueberry_message_callback_t;
  static constexpr auto on_item = &glueberry_message_callback_t::on_message;
};

template <typename Port>
struct QueueCallback {
  std::function<void(typename Port::Item)> on_item;
  FailureHandler on_failure;

  static void deliver(void* user_data, const typename Port::RawItem* item) noexcept {
    const auto& self = *static_cast<QueueCallback*>(user_data);
    contain([&] { self.on_item(Port::Item::copy_of(item)); }, self.on_failure);
  }

  static void destroy(void* user_data) noexcept { delete static_cast<QueueCallback*>(user_data); }
};

}  // namespace detail

/// A queue that is pulled (`next`, `drain`, a range-for), polled (`fd`) or called back, never both.
/// It outlives its node: it ends when the node does. See `Events` and `Messages`.
template <typename Port>
class Queue {
 public:
  using Item = typename Port::Item;
  using Callback = std::function<void(Item)>;

  /// How many items a `drain` gives at most, unless it is told.
  static constexpr std::size_t default_batch = 256;

  /// Takes over a queue of C.
  explicit Queue(typename Port::Raw* owned) noexcept : handle_(owned) {}

  /// Waits for the next item. Empty if none came in time, or if `is_closed()`.
  Next<Item> next(Milliseconds timeout = forever) const {
    typename Port::RawItem* item = nullptr;
    const std::int32_t status = Port::next(native(), timeout.count(), &item);
    detail::expect(status);
    if (status == GLUEBERRY_OK) return Next<Item>(Item(item));
    return Next<Item>(status == GLUEBERRY_CLOSED);
  }

  /// What is there now, at most `max` items. Never waits. Takes 16 bytes of memory for each of
  /// `max`.
  Batch<Item> drain(std::size_t max = default_batch) const {
    std::vector<typename Port::RawItem*> raw(max);
    std::vector<Item> items;
    items.reserve(max);
    std::size_t count = 0;
    const std::int32_t status = Port::drain(native(), max, raw.data(), &count);
    detail::expect(status);
    for (std::size_t i = 0; i < count; i++) items.emplace_back(raw[i]);
    return {std::move(items), status == GLUEBERRY_CLOSED};
  }

  /// A descriptor that is readable while `next` would not wait, and at the end. Only poll it, and
  /// only while this queue lives.
  int fd() const {
    std::int32_t fd = -1;
    detail::call(Port::fd, native(), &fd);
    return fd;
  }

  /// Wakes all who wait. `next` says at once that it is closed. What was not read is lost to this
  /// queue; messages go to the stream's next consumer.
  void close() const { detail::expect(Port::close(native())); }

  /// No more calls. Never waits: a call may still be under way. What was not delivered can be
  /// pulled.
  void clear_callback() const { detail::expect(Port::clear_callback(native())); }

  /// The items until the queue ends, waiting for each: `for (auto& message : messages)`. An item is
  /// taken when the loop comes to it: one that is left early loses nothing.
  class Iterator {
   public:
    explicit Iterator(const Queue& queue) : queue_(&queue), item_(queue.next()) {}
    Item& operator*() noexcept { return *item_; }
    Item* operator->() noexcept { return &*item_; }
    Iterator& operator++() {
      item_ = queue_->next();
      return *this;
    }
    /// Whether there is an item.
    explicit operator bool() const noexcept { return item_.has_value(); }

   private:
    const Queue* queue_;
    Next<Item> item_;
  };

  /// The end of the queue.
  struct Sentinel {
    friend bool operator!=(const Iterator& left, Sentinel) noexcept { return bool(left); }
    friend bool operator==(const Iterator& left, Sentinel) noexcept { return !bool(left); }
  };

  Iterator begin() const { return Iterator(*this); }
  Sentinel end() const noexcept { return {}; }

  /// For calls of glueberry.h.
  const typename Port::Raw* native() const noexcept { return handle_.get(); }

 protected:
  void call_back(Callback on_item, FailureHandler on_failure) const {
    using Holder = detail::QueueCallback<Port>;
    auto holder = std::make_unique<Holder>();
    *holder = {std::move(on_item), std::move(on_failure)};
    auto callback = detail::sized<typename Port::Callback>();
    callback.user_data = holder.get();
    callback.*Port::on_item = Holder::deliver;
    callback.destroy = Holder::destroy;
    detail::call(Port::set_callback, native(), &callback);
    static_cast<void>(holder.release());
  }

 private:
  typename Port::QueueHandle handle_;
};

/// The events of a node, from the moment it was asked for them.
class Events : public Queue<detail::EventPort> {
 public:
  using Queue::Queue;

  /// Hands every event to a function, on the node's one thread for calls, one at a time.
  ///
  /// The function may use the node, but not wait: that throws `Code::would_deadlock`. Let it own
  /// what it needs (a shared_ptr): neither `clear_callback` nor the destructor of this waits for a
  /// call that is under way. It is destroyed once, after its last call, on the same thread.
  void on_event(Callback on_event, FailureHandler on_failure = {}) const {
    call_back(std::move(on_event), std::move(on_failure));
  }
};

/// The messages of a stream, or of all. A stream has one consumer at a time.
class Messages : public Queue<detail::MessagePort> {
 public:
  using Queue::Queue;

  /// Hands every message to a function. As `Events::on_event`.
  void on_message(Callback on_message, FailureHandler on_failure = {}) const {
    call_back(std::move(on_message), std::move(on_failure));
  }
};

// ---- node ----

/// A running node, with threads of its own. Destroying it without a `shutdown` closes at once, in
/// the background: what is queued is not written. Its queues then end.
class Node {
 public:
  /// Returns when the node listens. Copies the configuration.
  static Node start(const Config& config) {
    glueberry_node_t* node = nullptr;
    detail::call(glueberry_node_start, config.native(), &node);
    return Node(node);
  }

  /// Writes what is queued, closes, and ends every queue. After a `Code::timed_out` it goes on.
  void shutdown(Milliseconds timeout = forever) const {
    detail::call(glueberry_node_shutdown, native(), timeout.count());
  }

  PeerId peer_id() const {
    glueberry_peer_id_t peer{};
    detail::expect(glueberry_node_peer_id(native(), &peer));
    return PeerId(peer);
  }

  /// Where it listens, each with `/p2p/` and its id at the end.
  std::vector<std::string> listen_addresses() const {
    glueberry_strings_t* addresses = nullptr;
    detail::call(glueberry_node_listen_addresses, native(), &addresses);
    return detail::to_vector(detail::StringsHandle(addresses));
  }

  /// Listens at one more address. Gives those that it is bound to.
  std::vector<std::string> listen(std::string_view address, Milliseconds timeout = forever) const {
    glueberry_strings_t* bound = nullptr;
    detail::call(glueberry_node_listen, native(), address.data(), address.size(), timeout.count(),
                 &bound);
    return detail::to_vector(detail::StringsHandle(bound));
  }

  /// Dials an address that ends in `/p2p/` and a peer id. Returns when messages can flow; with
  /// `Handshake::app` when the connection stands.
  PeerId connect(std::string_view address, Milliseconds timeout = forever) const {
    glueberry_peer_id_t peer{};
    detail::call(glueberry_node_connect, native(), address.data(), address.size(), timeout.count(),
                 &peer);
    return PeerId(peer);
  }

  /// Waits until messages can flow.
  void wait_established(const PeerId& peer, Milliseconds timeout = forever) const {
    detail::call(glueberry_node_wait_established, native(), peer.native(), timeout.count());
  }

  /// Writes what is queued, and ends the session. The peer is not dialed again.
  void disconnect(const PeerId& peer, Milliseconds timeout = forever) const {
    detail::call(glueberry_node_disconnect, native(), peer.native(), timeout.count());
  }

  /// Gives up on a lost peer.
  void cancel_reconnection(const PeerId& peer, Milliseconds timeout = forever) const {
    detail::call(glueberry_node_cancel_reconnection, native(), peer.native(), timeout.count());
  }

  /// Begins to dial every known peer that is not connected.
  void dial_known_peers(Milliseconds timeout = forever) const {
    detail::call(glueberry_node_dial_known_peers, native(), timeout.count());
  }

  /// Knows a peer from now on, in the address book if there is one.
  PeerId add_peer(const NewPeer& new_peer, Milliseconds timeout = forever) const {
    const detail::NewPeerView view(new_peer);
    glueberry_peer_id_t peer{};
    detail::call(glueberry_node_add_peer, native(), view.native(), timeout.count(), &peer);
    return PeerId(peer);
  }

  /// Forgets a peer.
  void remove_peer(const PeerId& peer, Milliseconds timeout = forever) const {
    detail::call(glueberry_node_remove_peer, native(), peer.native(), timeout.count());
  }

  /// Keeps out a peer id, an address or a network (`192.0.2.0/24`).
  void ban(std::string_view target, Milliseconds duration = forever,
           Milliseconds timeout = forever) const {
    detail::call(glueberry_node_ban, native(), target.data(), target.size(), duration.count(),
                 timeout.count());
  }

  /// Ends a ban. Gives whether there was one.
  bool unban(std::string_view target, Milliseconds timeout = forever) const {
    std::int32_t was_banned = 0;
    detail::call(glueberry_node_unban, native(), target.data(), target.size(), timeout.count(),
                 &was_banned);
    return was_banned != 0;
  }

  /// Returns when the message is in the stream's queue; waits while that is full.
  void send(const PeerId& peer, std::string_view stream, Bytes message,
            Milliseconds timeout = forever) const {
    detail::call(glueberry_node_send, native(), peer.native(), stream.data(), stream.size(),
                 message.data(), message.size(), timeout.count());
  }

  /// As `send`, but returns false where that would wait.
  bool try_send(const PeerId& peer, std::string_view stream, Bytes message) const {
    return detail::call(glueberry_node_try_send, native(), peer.native(), stream.data(),
                        stream.size(), message.data(), message.size()) == GLUEBERRY_OK;
  }

  /// Returns when the transport has taken what was sent before.
  void flush(const PeerId& peer, std::string_view stream, Milliseconds timeout = forever) const {
    detail::call(glueberry_node_flush, native(), peer.native(), stream.data(), stream.size(),
                 timeout.count());
  }

  /// `Handshake::app`: these streams can receive from now on.
  void prepare_streams(const PeerId& peer, const std::vector<std::string>& streams,
                       Milliseconds timeout = forever) const {
    const auto names = detail::pointers(streams);
    detail::call(glueberry_node_prepare_streams, native(), peer.native(), names.data(),
                 names.size(), timeout.count());
  }

  /// `Handshake::app`: the handshake is over, messages flow.
  void finalize_handshake(const PeerId& peer, Milliseconds timeout = forever) const {
    detail::call(glueberry_node_finalize_handshake, native(), peer.native(), timeout.count());
  }

  /// `Handshake::app`: `prepare_streams` and `finalize_handshake` in one.
  void complete_handshake(const PeerId& peer, const std::vector<std::string>& streams,
                          Milliseconds timeout = forever) const {
    const auto names = detail::pointers(streams);
    detail::call(glueberry_node_complete_handshake, native(), peer.native(), names.data(),
                 names.size(), timeout.count());
  }

  // What is known now. None of these waits.

  State connection_state(const PeerId& peer) const {
    std::int32_t state = 0;
    detail::expect(glueberry_node_connection_state(native(), peer.native(), &state));
    return static_cast<State>(state);
  }

  /// Those that are known or connected.
  std::vector<PeerInfo> peers() const {
    glueberry_peers_t* raw = nullptr;
    detail::call(glueberry_node_peers, native(), &raw);
    const detail::PeersHandle peers(raw);
    std::vector<PeerInfo> all;
    const std::size_t count = glueberry_peers_count(raw);
    for (std::size_t i = 0; i < count; i++) {
      all.push_back(detail::to_peer_info(glueberry_peers_get(raw, i)));
    }
    return all;
  }

  /// Empty: neither known nor connected.
  std::optional<PeerInfo> peer(const PeerId& peer) const {
    glueberry_peer_info_t* raw = nullptr;
    const std::int32_t status = detail::call(glueberry_node_peer, native(), peer.native(), &raw);
    const detail::PeerInfoHandle info(raw);
    if (status == GLUEBERRY_NONE) return std::nullopt;
    return detail::to_peer_info(raw);
  }

  /// Where the peer is to be found.
  std::vector<std::string> addresses(const PeerId& peer) const {
    glueberry_strings_t* addresses = nullptr;
    detail::call(glueberry_node_addresses, native(), peer.native(), &addresses);
    return detail::to_vector(detail::StringsHandle(addresses));
  }

  std::vector<Ban> bans() const {
    glueberry_bans_t* raw = nullptr;
    detail::call(glueberry_node_bans, native(), &raw);
    const detail::BansHandle bans(raw);
    std::vector<Ban> all;
    auto view = detail::sized<glueberry_ban_view_t>();
    for (std::size_t i = 0; i < glueberry_bans_count(raw); i++) {
      detail::expect(glueberry_bans_get(raw, i, &view));
      all.push_back(
          {std::string(detail::text(view.target)), detail::moment_or_none(view.until_ms)});
    }
    return all;
  }

  StreamHealth stream_health(const PeerId& peer, std::string_view stream) const {
    auto health = detail::sized<glueberry_stream_health_t>();
    detail::call(glueberry_node_stream_health, native(), peer.native(), stream.data(),
                 stream.size(), &health);
    return detail::to_stream_health(health, stream);
  }

  /// The health of all streams of a peer.
  std::vector<StreamHealth> streams(const PeerId& peer) const {
    glueberry_streams_t* raw = nullptr;
    detail::call(glueberry_node_streams, native(), peer.native(), &raw);
    const detail::StreamsHandle streams(raw);
    std::vector<StreamHealth> all;
    auto health = detail::sized<glueberry_stream_health_t>();
    for (std::size_t i = 0; i < glueberry_streams_count(raw); i++) {
      detail::expect(glueberry_streams_get(raw, i, &health));
      all.push_back(detail::to_stream_health(health, detail::text(health.stream)));
    }
    return all;
  }

  // Queues.

  /// The events from now on. Several queues may stand at once; each gets all.
  Events events(const EventFilter& filter = {}) const {
    std::vector<glueberry_peer_id_t> peers;
    for (const PeerId& peer : filter.peers) peers.push_back(*peer.native());
    std::vector<std::int32_t> kinds;
    for (const EventKind kind : filter.kinds) kinds.push_back(static_cast<std::int32_t>(kind));
    auto wanted = detail::sized<glueberry_event_filter_t>();
    wanted.peers = peers.empty() ? nullptr : peers.data();
    wanted.peer_count = peers.size();
    wanted.kinds = kinds.empty() ? nullptr : kinds.data();
    wanted.kind_count = kinds.size();
    glueberry_events_t* events = nullptr;
    detail::call(glueberry_node_events, native(), &wanted, &events);
    return Events(events);
  }

  /// The messages of one stream. Throws `Code::consumer_taken` while another queue has it.
  Messages messages(std::string_view stream) const {
    glueberry_messages_t* messages = nullptr;
    detail::call(glueberry_node_messages, native(), stream.data(), stream.size(), &messages);
    return Messages(messages);
  }

  /// The messages of all streams that have no queue of their own.
  Messages all_messages() const {
    glueberry_messages_t* messages = nullptr;
    detail::call(glueberry_node_all_messages, native(), &messages);
    return Messages(messages);
  }

  // Operations: as the calls of the same name, but they return at once, and complete with one event
  // in `events`, a queue of this node. At most 4,096 of them, and 64 MiB of messages, wait at a
  // node.

  Operation shutdown_start(const Events& events, std::uint64_t tag) const {
    return begin(glueberry_node_shutdown_start, events, tag);
  }

  /// The event has `addresses()`.
  Operation listen_start(std::string_view address, const Events& events, std::uint64_t tag,
                         Milliseconds timeout = forever) const {
    return begin(glueberry_node_listen_start, events, tag, address.data(), address.size(),
                 timeout.count());
  }

  /// The event has `peer()`.
  Operation connect_start(std::string_view address, const Events& events, std::uint64_t tag,
                          Milliseconds timeout = forever) const {
    return begin(glueberry_node_connect_start, events, tag, address.data(), address.size(),
                 timeout.count());
  }

  Operation wait_established_start(const PeerId& peer, const Events& events, std::uint64_t tag,
                                   Milliseconds timeout = forever) const {
    return begin(glueberry_node_wait_established_start, events, tag, peer.native(),
                 timeout.count());
  }

  Operation disconnect_start(const PeerId& peer, const Events& events, std::uint64_t tag,
                             Milliseconds timeout = forever) const {
    return begin(glueberry_node_disconnect_start, events, tag, peer.native(), timeout.count());
  }

  Operation cancel_reconnection_start(const PeerId& peer, const Events& events, std::uint64_t tag,
                                      Milliseconds timeout = forever) const {
    return begin(glueberry_node_cancel_reconnection_start, events, tag, peer.native(),
                 timeout.count());
  }

  Operation dial_known_peers_start(const Events& events, std::uint64_t tag,
                                   Milliseconds timeout = forever) const {
    return begin(glueberry_node_dial_known_peers_start, events, tag, timeout.count());
  }

  /// The event has `peer()`.
  Operation add_peer_start(const NewPeer& new_peer, const Events& events, std::uint64_t tag,
                           Milliseconds timeout = forever) const {
    const detail::NewPeerView view(new_peer);
    return begin(glueberry_node_add_peer_start, events, tag, view.native(), timeout.count());
  }

  Operation remove_peer_start(const PeerId& peer, const Events& events, std::uint64_t tag,
                              Milliseconds timeout = forever) const {
    return begin(glueberry_node_remove_peer_start, events, tag, peer.native(), timeout.count());
  }

  Operation ban_start(std::string_view target, const Events& events, std::uint64_t tag,
                      Milliseconds duration = forever, Milliseconds timeout = forever) const {
    return begin(glueberry_node_ban_start, events, tag, target.data(), target.size(),
                 duration.count(), timeout.count());
  }

  /// The event has `was_banned()`.
  Operation unban_start(std::string_view target, const Events& events, std::uint64_t tag,
                        Milliseconds timeout = forever) const {
    return begin(glueberry_node_unban_start, events, tag, target.data(), target.size(),
                 timeout.count());
  }

  /// Messages are sent in the order of these calls.
  Operation send_start(const PeerId& peer, std::string_view stream, Bytes message,
                       const Events& events, std::uint64_t tag,
                       Milliseconds timeout = forever) const {
    return begin(glueberry_node_send_start, events, tag, peer.native(), stream.data(),
                 stream.size(), message.data(), message.size(), timeout.count());
  }

  Operation flush_start(const PeerId& peer, std::string_view stream, const Events& events,
                        std::uint64_t tag, Milliseconds timeout = forever) const {
    return begin(glueberry_node_flush_start, events, tag, peer.native(), stream.data(),
                 stream.size(), timeout.count());
  }

  Operation prepare_streams_start(const PeerId& peer, const std::vector<std::string>& streams,
                                  const Events& events, std::uint64_t tag,
                                  Milliseconds timeout = forever) const {
    const auto names = detail::pointers(streams);
    return begin(glueberry_node_prepare_streams_start, events, tag, peer.native(), names.data(),
                 names.size(), timeout.count());
  }

  Operation finalize_handshake_start(const PeerId& peer, const Events& events, std::uint64_t tag,
                                     Milliseconds timeout = forever) const {
    return begin(glueberry_node_finalize_handshake_start, events, tag, peer.native(),
                 timeout.count());
  }

  Operation complete_handshake_start(const PeerId& peer, const std::vector<std::string>& streams,
                                     const Events& events, std::uint64_t tag,
                                     Milliseconds timeout = forever) const {
    const auto names = detail::pointers(streams);
    return begin(glueberry_node_complete_handshake_start, events, tag, peer.native(), names.data(),
                 names.size(), timeout.count());
  }

  /// For calls of glueberry.h.
  const glueberry_node_t* native() const noexcept { return handle_.get(); }

 private:
  explicit Node(glueberry_node_t* owned) noexcept : handle_(owned) {}

  template <typename F, typename... Args>
  Operation begin(F function, const Events& events, std::uint64_t tag, Args... args) const {
    glueberry_op_t* operation = nullptr;
    detail::call(function, native(), args..., events.native(), tag, &operation);
    return Operation(operation, tag);
  }

  detail::Handle<glueberry_node_t, glueberry_node_free> handle_;
};

}  // namespace glueberry

/// The key is the peer's to choose: the hash of it is no defence against chosen collisions.
template <>
struct std::hash<glueberry::PeerId> {
  std::size_t operator()(const glueberry::PeerId& peer) const noexcept {
    return std::hash<std::string_view>()(peer.key().text());
  }
};

#endif
