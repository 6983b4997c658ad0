#include "formats/npy.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <charconv>
#include <cmath>
#include <cstring>
#include <limits>
#include <string_view>
#include <type_traits>
#include <utility>

#include <braggd/error.hpp>

#include "core/text.hpp"

namespace braggd {

namespace {

constexpr std::string_view magic = "\x93NUMPY";
constexpr std::size_t max_header_bytes = 65536;
constexpr std::size_t max_dimensions = 32;
constexpr std::size_t max_item_bytes = 256;

std::string_view as_text(std::span<const std::byte> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

/// The dictionary of a header: a Python literal of which only what NumPy writes is understood.
class DictionaryReader {
 public:
  explicit DictionaryReader(std::string_view text) : text_(text) {}

  NpyHeader read() {
    NpyHeader header;
    bool has_descr = false;
    bool has_order = false;
    bool has_shape = false;
    expect('{');
    while (!skip('}')) {
      const std::string key = quoted();
      expect(':');
      if (key == "descr" && !std::exchange(has_descr, true)) {
        if (next() == '[') throw InputError("structured arrays are not supported");
        header.descr = quoted();
      } else if (key == "fortran_order" && !std::exchange(has_order, true)) {
        if (word() == "True")
          throw InputError("column-major arrays are not supported; save a C-contiguous copy");
      } else if (key == "shape" && !std::exchange(has_shape, true)) {
        header.shape = numbers();
      } else {
        refuse();
      }
      if (!skip(',') && next() != '}') refuse();
    }
    if (next() != '\0' || !has_descr || !has_order || !has_shape) refuse();
    return header;
  }

 private:
  [[noreturn]] void refuse() const { throw InputError("the array's header is damaged"); }

  /// The next character that is not white space, or 0 at the end.
  char next() {
    while (!text_.empty() && (text_.front() == ' ' || text_.front() == '\n')) text_.remove_prefix(1);
    return text_.empty() ? '\0' : text_.front();
  }
  bool skip(char c) {
    if (next() != c) return false;
    text_.remove_prefix(1);
    return true;
  }
  void expect(char c) {
    if (!skip(c)) refuse();
  }
  std::string quoted() {
    const char quote = next();
    if (quote != '\'' && quote != '"') refuse();
    const std::size_t end = text_.find(quote, 1);
    if (end == std::string_view::npos) refuse();
    std::string content(text_.substr(1, end - 1));
    text_.remove_prefix(end + 1);
    return content;
  }
  std::string_view word() {
    next();
    for (const std::string_view known : {"True", "False"}) {
      if (text_.starts_with(known)) {
        text_.remove_prefix(known.size());
        return known;
      }
    }
    refuse();
  }
  std::vector<std::uint64_t> numbers() {
    std::vector<std::uint64_t> values;
    expect('(');
    while (!skip(')')) {
      next();
      std::uint64_t& value = values.emplace_back();
      const auto [end, error] = std::from_chars(text_.data(), text_.data() + text_.size(), value);
      if (error != std::errc{} || values.size() > max_dimensions) refuse();
      text_.remove_prefix(static_cast<std::size_t>(end - text_.data()));
      skip('L');  // Python 2
      if (!skip(',') && next() != ')') refuse();
    }
    return values;
  }

  std::string_view text_;
};

void parse_descr(NpyHeader& header) {
  const std::string_view descr = header.descr;
  const auto refuse = [&] {
    throw InputError("the array's type '" + printable(descr, 32) + "' is not supported");
  };
  if (descr.size() < 2) refuse();
  const char order = descr[0];
  header.kind = descr[1];
  if (header.kind == 'O') throw InputError("arrays of Python objects are not read: they may carry code");
  if (order != '<' && order != '>' && order != '|') refuse();
  header.big_endian = order == '>';
  const std::string_view size = descr.substr(2);
  const auto [end, error] = std::from_chars(size.data(), size.data() + size.size(), header.item_bytes);
  if (error != std::errc{} || end != size.data() + size.size() || header.item_bytes == 0) refuse();
  if (header.item_bytes > max_item_bytes) refuse();
  if (header.kind == 'U') header.item_bytes *= 4;
  if (header.item_bytes > max_item_bytes) refuse();
}

/// Whether `value` is the same number as a To; NaN stays NaN.
template <class To, class From>
bool fits(From value) {
  if constexpr (std::is_integral_v<To> && std::is_integral_v<From>) {
    return std::in_range<To>(value);
  } else if constexpr (std::is_integral_v<To>) {
    const double end = std::ldexp(1.0, std::numeric_limits<To>::digits);
    return value == std::trunc(value) && value < end && value >= (std::is_signed_v<To> ? -end : 0.0);
  } else if constexpr (std::is_integral_v<From>) {
    return static_cast<long double>(static_cast<To>(value)) == static_cast<long double>(value);
  } else {
    if (!std::isfinite(value)) return true;
    return std::abs(value) <= std::numeric_limits<To>::max() &&
           static_cast<double>(static_cast<To>(value)) == static_cast<double>(value);
  }
}

template <class To>
[[noreturn]] void refuse_value(const std::string& value, const NpyHeader& header) {
  const char* target = std::is_floating_point_v<To> ? "a float"
                       : std::is_signed_v<To>       ? "an integer"
                                                    : "an unsigned integer";
  throw InputError("the value " + value + " of type '" + header.descr + "' does not fit " + target + " of " +
                   std::to_string(8 * sizeof(To)) + " bits exactly");
}

template <class To, class From>
std::vector<To> convert(const NpyHeader& header, std::span<const std::byte> data) {
  std::vector<To> items(data.size() / sizeof(From));
  for (std::size_t i = 0; i < items.size(); ++i) {
    std::array<std::byte, sizeof(From)> bytes{};
    std::memcpy(bytes.data(), data.data() + i * sizeof(From), sizeof(From));
    if (header.big_endian) std::ranges::reverse(bytes);
    const auto value = std::bit_cast<From>(bytes);
    if (!fits<To>(value)) refuse_value<To>(std::to_string(value), header);
    items[i] = static_cast<To>(value);
  }
  return items;
}

}  // namespace

std::size_t npy_header_bytes(std::span<const std::byte> preamble) {
  if (preamble.size() < npy_preamble_bytes || !as_text(preamble).starts_with(magic)) {
    throw InputError("it is no NumPy array");
  }
  const auto byte = [&](std::size_t i) { return std::to_integer<std::size_t>(preamble[i]); };
  const std::size_t version = byte(6);
  if (version < 1 || version > 3)
    throw InputError("NumPy array version " + std::to_string(version) + " is unknown");
  std::size_t length = byte(8) | byte(9) << 8;
  if (version > 1) length |= byte(10) << 16 | byte(11) << 24;
  if (length > max_header_bytes) throw InputError("the array's header is too long");
  return (version > 1 ? 12 : 10) + length;
}

NpyHeader parse_npy_header(std::span<const std::byte> bytes) {
  if (npy_header_bytes(bytes) != bytes.size()) throw InputError("the array's header is damaged");
  const std::size_t text_begin = bytes[6] == std::byte{1} ? 10 : 12;
  NpyHeader header = DictionaryReader(as_text(bytes.subspan(text_begin))).read();
  parse_descr(header);
  bool overflow = false;
  for (const std::uint64_t n : header.shape)
    overflow |= __builtin_mul_overflow(header.n_items, n, &header.n_items);
  overflow |= __builtin_mul_overflow(header.n_items, header.item_bytes, &header.data_bytes);
  if (overflow) throw InputError("the array's shape is too big");
  return header;
}

template <class T>
std::vector<T> npy_numbers(const NpyHeader& header, std::span<const std::byte> data) {
  const auto is = [&](char kind, std::size_t bytes) {
    return header.kind == kind && header.item_bytes == bytes;
  };
  if (is('u', 1)) return convert<T, std::uint8_t>(header, data);
  if (is('u', 2)) return convert<T, std::uint16_t>(header, data);
  if (is('u', 4)) return convert<T, std::uint32_t>(header, data);
  if (is('u', 8)) return convert<T, std::uint64_t>(header, data);
  if (is('i', 1)) return convert<T, std::int8_t>(header, data);
  if (is('i', 2)) return convert<T, std::int16_t>(header, data);
  if (is('i', 4)) return convert<T, std::int32_t>(header, data);
  if (is('i', 8)) return convert<T, std::int64_t>(header, data);
  if (is('f', 4)) return convert<T, float>(header, data);
  if (is('f', 8)) return convert<T, double>(header, data);
  throw InputError("numbers are expected, not the type '" + printable(header.descr, 32) + "'");
}

template std::vector<std::uint8_t> npy_numbers(const NpyHeader&, std::span<const std::byte>);
template std::vector<std::uint16_t> npy_numbers(const NpyHeader&, std::span<const std::byte>);
template std::vector<std::uint32_t> npy_numbers(const NpyHeader&, std::span<const std::byte>);
template std::vector<std::int64_t> npy_numbers(const NpyHeader&, std::span<const std::byte>);
template std::vector<float> npy_numbers(const NpyHeader&, std::span<const std::byte>);
template std::vector<double> npy_numbers(const NpyHeader&, std::span<const std::byte>);

std::string npy_text(const NpyHeader& header, std::span<const std::byte> data) {
  if (data.size() != header.data_bytes)
    throw InputError("the array's data are not as long as its shape says");
  if (!header.shape.empty() || (header.kind != 'S' && header.kind != 'U')) {
    throw InputError("a text is expected, not the type '" + printable(header.descr, 32) + "'");
  }
  const std::size_t char_bytes = header.kind == 'U' ? 4 : 1;
  std::string text;
  for (std::size_t i = 0; i < data.size(); i += char_bytes) {
    const auto unit = data.subspan(i, char_bytes);
    const auto zeros = std::ranges::count(unit, std::byte{0});
    const std::byte low = header.big_endian ? unit.back() : unit.front();
    if (static_cast<std::size_t>(zeros) == char_bytes) break;
    const bool ascii =
        static_cast<std::size_t>(zeros) == char_bytes - 1 && low > std::byte{0} && low < std::byte{0x80};
    text.push_back(ascii ? static_cast<char>(low) : '?');
  }
  return text;
}

}  // namespace braggd
