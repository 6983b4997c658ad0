// How things fail: a frame is given up with a reason, a configuration is refused with all its problems.
#pragma once

#include <array>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

namespace braggd {

/// Why a frame has no result. Every value but `none` and `missing` is a column `dropped_<name>` of the ledger.
enum class DropReason : std::uint8_t {
  none,             ///< it was not dropped
  missing,          ///< never arrived
  decode_error,     ///< the message or its compressed bytes are damaged
  wrong_shape,      ///< rows, columns or pixel type differ from the scan's header
  back_pressure,    ///< there was no room for it
  too_large,        ///< one frame alone exceeds the memory budget
  too_many_pixels,  ///< more pixels above threshold than the pipeline admits
  stage_error,      ///< a stage threw, or could not be built for this scan
  output_error,     ///< the result could not be written
  aborted,          ///< the operator gave the scan up
};

inline constexpr std::array<std::string_view, 10> drop_reason_names{
    "none",      "missing",         "decode_error", "wrong_shape",  "back_pressure",
    "too_large", "too_many_pixels", "stage_error",  "output_error", "aborted"};

constexpr std::string_view name_of(DropReason reason) {
  return drop_reason_names[static_cast<std::size_t>(reason)];
}

/// One frame's failure: the reason that is counted and the words that are logged.
struct FrameError {
  DropReason reason = DropReason::stage_error;
  std::string detail;
};

/// A value, or the reason why this frame has none. (C++23's std::expected, as far as it is needed here.)
template <class T>
class [[nodiscard]] Result {
 public:
  Result(T value) : state_(std::move(value)) {}           // NOLINT(google-explicit-constructor)
  Result(FrameError error) : state_(std::move(error)) {}  // NOLINT(google-explicit-constructor)

  explicit operator bool() const { return state_.index() == 0; }
  T& value() { return std::get<0>(state_); }
  const T& value() const { return std::get<0>(state_); }
  const FrameError& error() const { return std::get<1>(state_); }

 private:
  std::variant<T, FrameError> state_;
};

/// A setting that cannot work; thrown by constructors of stages, sources and sinks. `key` names the option at fault
/// (empty: the whole entry), `what()` says what is wrong and what to do.
class ConfigError : public std::runtime_error {
 public:
  explicit ConfigError(const std::string& what, std::string key = {})
      : std::runtime_error(what), key_(std::move(key)) {}
  const std::string& key() const { return key_; }

 private:
  std::string key_;
};

/// A scan, a dark frame or a mask that cannot be read as what it claims to be.
class InputError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// A result that cannot be written: no room, no right, no directory.
class OutputError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

}  // namespace braggd
