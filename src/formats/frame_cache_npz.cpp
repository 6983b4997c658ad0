#include "formats/frame_cache_npz.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>
#include <zip.h>

#include "core/text.hpp"
#include "formats/npy.hpp"
#include "formats/omega_axis.hpp"

namespace braggd {

namespace {

constexpr std::uint64_t max_side_px = 65535;
constexpr std::size_t block_items = 16384;

/// One array of an archive, read from its beginning and never as a whole unless asked for.
class NpyEntry {
 public:
  /// Refuses what has more than `max_items` items or another size than the archive says.
  NpyEntry(zip_t* archive, std::uint64_t index, std::uint64_t max_items)
      : file_(zip_fopen_index(archive, index, 0)) {
    zip_stat_t status;
    zip_stat_init(&status);
    if (file_ == nullptr || zip_stat_index(archive, index, 0, &status) != 0)
      throw InputError(zip_strerror(archive));
    std::vector<std::byte> head(npy_preamble_bytes);
    read(head);
    const std::size_t header_bytes = npy_header_bytes(head);
    if (header_bytes < head.size()) throw InputError("the array's header is damaged");
    head.resize(header_bytes);
    read(std::span(head).subspan(npy_preamble_bytes));
    header_ = parse_npy_header(head);
    if (header_.n_items > max_items) {
      throw InputError("it has " + std::to_string(header_.n_items) + " items where at most " +
                       std::to_string(max_items) + " make sense");
    }
    if ((status.valid & ZIP_STAT_SIZE) == 0 || status.size != header_bytes + header_.data_bytes) {
      throw InputError("its shape asks for " + std::to_string(header_.data_bytes) +
                       " bytes of data, which is not what the archive has");
    }
    n_left_ = header_.n_items;
  }

  const NpyHeader& header() const { return header_; }

  /// The next `n` items; the last of them are checked against the archive's checksum.
  std::vector<std::byte> next(std::uint64_t n) {
    std::vector<std::byte> items(static_cast<std::size_t>(n) * header_.item_bytes);
    read(items);
    n_left_ -= n;
    std::byte beyond{};
    if (n_left_ == 0 && read_some({&beyond, 1}) != 0) throw InputError("it is longer than the archive says");
    return items;
  }

 private:
  struct Close {
    void operator()(zip_file_t* file) const { zip_fclose(file); }
  };

  std::size_t read_some(std::span<std::byte> bytes) {
    const zip_int64_t n = zip_fread(file_.get(), bytes.data(), bytes.size());
    if (n < 0) throw InputError(zip_file_strerror(file_.get()));
    return static_cast<std::size_t>(n);
  }
  void read(std::span<std::byte> bytes) {
    while (!bytes.empty()) {
      const std::size_t n = read_some(bytes);
      if (n == 0) throw InputError("it ends too early");
      bytes = bytes.subspan(n);
    }
  }

  std::unique_ptr<zip_file_t, Close> file_;
  NpyHeader header_;
  std::uint64_t n_left_ = 0;
};

/// A .npz archive. Its errors name the entry.
class NpzArchive {
 public:
  explicit NpzArchive(const std::filesystem::path& path) {
    std::error_code ignored;
    if (std::filesystem::exists(path, ignored) && !std::filesystem::is_regular_file(path, ignored)) {
      throw InputError("it is no regular file");  // a pipe would be waited for
    }
    int code = 0;
    archive_.reset(zip_open(path.c_str(), ZIP_RDONLY, &code));
    if (archive_ != nullptr) return;
    zip_error_t error;
    zip_error_init_with_code(&error, code);
    const std::string reason = zip_error_strerror(&error);
    zip_error_fini(&error);
    throw InputError("it cannot be opened as an .npz archive: " + reason);
  }

  std::uint64_t n_entries() const {
    return static_cast<std::uint64_t>(std::max<zip_int64_t>(zip_get_num_entries(archive_.get(), 0), 0));
  }
  bool contains(const std::string& name) const { return locate(name) >= 0; }

  NpyEntry open(const std::string& name, std::uint64_t max_items) const {
    const zip_int64_t index = locate(name);
    if (index < 0) throw InputError("there is no entry " + name + ".npy");
    try {
      return {archive_.get(), static_cast<std::uint64_t>(index), max_items};
    } catch (const InputError& error) {
      throw InputError("entry " + name + ".npy: " + printable(error.what()));
    }
  }

  template <class T>
  std::vector<T> numbers(const std::string& name, std::uint64_t max_items) const {
    NpyEntry entry = open(name, max_items);
    return npy_numbers<T>(entry.header(), entry.next(entry.header().n_items));
  }
  std::string text(const std::string& name) const {
    NpyEntry entry = open(name, 1);
    return npy_text(entry.header(), entry.next(entry.header().n_items));
  }

 private:
  struct Discard {
    void operator()(zip_t* archive) const { zip_discard(archive); }
  };

  zip_int64_t locate(const std::string& name) const {
    return zip_name_locate(archive_.get(), (name + ".npy").c_str(), 0);
  }

  std::unique_ptr<zip_t, Discard> archive_;
};

/// The pixel type that holds the values of a NumPy type.
std::optional<PixelType> pixel_type_of(std::string_view dtype) {
  constexpr std::array<std::pair<std::string_view, PixelType>, 10> types{{{"uint8", PixelType::u8},
                                                                          {"int8", PixelType::u8},
                                                                          {"uint16", PixelType::u16},
                                                                          {"int16", PixelType::u16},
                                                                          {"uint32", PixelType::u32},
                                                                          {"int32", PixelType::u32},
                                                                          {"uint64", PixelType::u32},
                                                                          {"int64", PixelType::u32},
                                                                          {"float32", PixelType::f32},
                                                                          {"float64", PixelType::f32}}};
  const auto found = std::ranges::find(types, dtype, &std::pair<std::string_view, PixelType>::first);
  return found == types.end() ? std::nullopt : std::optional(found->second);
}

ScanHeader read_header(const std::filesystem::path& path, const NpzArchive& archive) {
  ScanHeader header;
  header.scan_id = path.stem().string();

  const std::string dtype = archive.text("dtype");
  const auto pixel_type = pixel_type_of(dtype);
  if (!pixel_type) {
    throw InputError("pixels of type '" + printable(dtype, 32) +
                     "' are not supported; integers and floats of up to 64 bits are");
  }
  header.pixel_type = *pixel_type;

  const auto sides = archive.numbers<std::int64_t>("shape", 2);
  const auto is_side = [](std::int64_t n) { return n >= 1 && std::cmp_less_equal(n, max_side_px); };
  if (sides.size() != 2 || !std::ranges::all_of(sides, is_side)) {
    throw InputError("shape must be two numbers, rows and columns, from 1 to 65535");
  }
  header.shape = {static_cast<std::uint32_t>(sides[0]), static_cast<std::uint32_t>(sides[1])};

  const auto n_frames = archive.numbers<std::int64_t>("nframes", 1);
  if (n_frames.size() != 1 || n_frames[0] < 1) throw InputError("nframes must be a number from 1");
  header.expected_frames = static_cast<std::uint64_t>(n_frames[0]);
  if (header.expected_frames > archive.n_entries()) {
    throw InputError("it claims " + std::to_string(header.expected_frames) +
                     " frames of three entries each, but has only " + std::to_string(archive.n_entries()) +
                     " entries: it is cut short");
  }
  return header;
}

void read_omega(const NpzArchive& archive, ScanHeader& header) {
  if (!archive.contains("omega")) return;
  const auto angles = archive.numbers<double>("omega", 2 * header.expected_frames);
  if (angles.size() != 2 * header.expected_frames) {
    throw InputError("omega must have two angles for each of the " + std::to_string(header.expected_frames) +
                     " frames");
  }
  std::vector<double> begin_deg;
  std::vector<double> end_deg;
  for (std::size_t i = 0; i < angles.size(); i += 2) {
    begin_deg.push_back(angles[i]);
    end_deg.push_back(angles[i + 1]);
  }
  set_omega_ranges(header, begin_deg, end_deg);
}

class FrameCacheNpz : public ScanReader {
 public:
  explicit FrameCacheNpz(const std::filesystem::path& path) : archive_(path) {
    auto header = std::make_shared<ScanHeader>(read_header(path, archive_));
    read_omega(archive_, *header);
    header_ = std::move(header);
  }

  std::shared_ptr<const ScanHeader> header() const override { return header_; }

  Result<Frame> read(std::uint64_t index) override {
    const std::string name = "frame " + std::to_string(index);
    if (index >= header_->expected_frames) return FrameError{DropReason::missing, name + " does not exist"};
    try {
      return read_frame(index);
    } catch (const InputError& error) {
      return FrameError{DropReason::decode_error, name + ": " + error.what()};
    }
  }

 private:
  Frame read_frame(std::uint64_t index) const {
    Frame frame;
    frame.meta.index = index;
    frame.meta.frame_number = index;
    frame.meta.omega_deg = header_->omega_of(index);
    frame.shape = header_->shape;
    frame.pixel_type = header_->pixel_type;
    switch (header_->pixel_type) {
      case PixelType::u8:
        frame.bytes = read_pixels<std::uint8_t>(index);
        break;
      case PixelType::u16:
        frame.bytes = read_pixels<std::uint16_t>(index);
        break;
      case PixelType::u32:
        frame.bytes = read_pixels<std::uint32_t>(index);
        break;
      case PixelType::f32:
        frame.bytes = read_pixels<float>(index);
        break;
    }
    frame.meta.wire_bytes = static_cast<std::uint32_t>(
        std::min<std::uint64_t>(frame.bytes.size(), std::numeric_limits<std::uint32_t>::max()));
    return frame;
  }

  /// Scatters a frame's pixels in blocks: what an archive claims to hold is never allocated beyond the frame
  /// itself.
  template <class Pixel>
  Bytes read_pixels(std::uint64_t index) const {
    const std::string prefix = std::to_string(index);
    const Shape shape = header_->shape;
    NpyEntry rows = archive_.open(prefix + "_row", shape.pixels());
    NpyEntry cols = archive_.open(prefix + "_col", shape.pixels());
    NpyEntry values = archive_.open(prefix + "_data", shape.pixels());
    const std::uint64_t n_items = values.header().n_items;
    if (rows.header().n_items != n_items || cols.header().n_items != n_items) {
      throw InputError("there are " + std::to_string(rows.header().n_items) + " rows, " +
                       std::to_string(cols.header().n_items) + " columns and " + std::to_string(n_items) +
                       " values");
    }
    std::vector<std::byte> pixels(static_cast<std::size_t>(header_->frame_bytes()));
    for (std::uint64_t begin = 0; begin < n_items; begin += block_items) {
      const std::uint64_t n = std::min<std::uint64_t>(block_items, n_items - begin);
      const auto row = npy_numbers<std::uint32_t>(rows.header(), rows.next(n));
      const auto col = npy_numbers<std::uint32_t>(cols.header(), cols.next(n));
      const auto value = npy_numbers<Pixel>(values.header(), values.next(n));
      for (std::size_t i = 0; i < n; ++i) {
        if (row[i] >= shape.rows || col[i] >= shape.cols) {
          throw InputError("pixel (" + std::to_string(row[i]) + ", " + std::to_string(col[i]) +
                           ") lies outside " + std::to_string(shape.rows) + " x " +
                           std::to_string(shape.cols));
        }
        const std::size_t place = std::size_t{row[i]} * shape.cols + col[i];
        std::memcpy(pixels.data() + place * sizeof(Pixel), &value[i], sizeof(Pixel));
      }
    }
    return Bytes::own(std::move(pixels));
  }

  NpzArchive archive_;
  std::shared_ptr<const ScanHeader> header_;
};

}  // namespace

std::unique_ptr<ScanReader> open_frame_cache_npz(const std::filesystem::path& path) {
  try {
    return std::make_unique<FrameCacheNpz>(path);
  } catch (const InputError& error) {
    throw InputError(path.string() + ": " + error.what());
  }
}

}  // namespace braggd
