#include "formats/frame_cache_fch5.hpp"

#include <algorithm>
#include <cstring>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "formats/hdf5_values.hpp"
#include "formats/omega_axis.hpp"
#include "formats/pixel_storage.hpp"

namespace braggd {

using hdf5::call;
using hdf5::own;

namespace {

constexpr const char* version_attribute = "HEXRD_FRAMECACHE_VERSION";
constexpr std::uint64_t max_frames = 10'000'000;

// A dataset with one row an item: (m, width), or (m) where width is 1.
struct Column {
  hdf5::Handle dataset;
  std::size_t rank = 0;
  std::uint64_t rows = 0;

  Column(const hdf5::Handle& file, const std::string& name, std::uint64_t width)
      : dataset(hdf5::open_object(file, name)) {
    const auto extent = hdf5::extent_of(dataset);
    rank = extent.size();
    const bool fits = (rank == 2 && extent[1] == width) || (rank == 1 && width == 1);
    if (!fits) throw InputError("its `" + name + "` is not a table of " + std::to_string(width) + " columns");
    rows = extent[0];
  }

  void read(std::uint64_t first, std::uint64_t count, std::uint64_t width, hid_t type, hid_t transfer,
            void* out) const {
    const auto file_space = own("dataspace", [&] { return H5Dget_space(dataset.id()); });
    const hsize_t start[2] = {first, 0}, size[2] = {count, width};
    call("selection",
         [&] { return H5Sselect_hyperslab(file_space.id(), H5S_SELECT_SET, start, nullptr, size, nullptr); });
    const hsize_t elements = count * width;
    const auto memory_space = own("dataspace", [&] { return H5Screate_simple(1, &elements, nullptr); });
    call("cannot read the frame-cache",
         [&] { return H5Dread(dataset.id(), type, memory_space.id(), file_space.id(), transfer, out); });
  }
};

class FrameCache final : public ScanReader {
 public:
  FrameCache(const hdf5::Handle& file, std::string scan_id)
      : values_(file, "data", 1), places_(file, "indices", 2), pixels_(values_.dataset, "`data`") {
    for (const Column* column : {&values_, &places_}) {
      const auto properties = own("storage", [&] { return H5Dget_create_plist(column->dataset.id()); });
      require_known_filters(properties, "`data` or `indices`");
    }
    auto header = std::make_shared<ScanHeader>();
    header->scan_id = std::move(scan_id);
    take_shape(file, *header);
    take_frame_ranges(file, header->expected_frames);
    take_omega(file, *header);
    header->pixel_type = pixels_.pixel_type();
    header_ = std::move(header);
  }

  std::shared_ptr<const ScanHeader> header() const override { return header_; }

  Result<Frame> read(std::uint64_t index) override {
    if (index >= header_->expected_frames) return damaged(index, "the scan ends before it");
    const std::uint64_t first = ranges_[2 * index], end = ranges_[2 * index + 1];
    if (first > end || end > values_.rows) return damaged(index, "its range of pixels lies outside the file");
    if (end - first > header_->shape.pixels()) return damaged(index, "it has more values than pixels");
    try {
      return rebuild(index, first, end - first);
    } catch (const hdf5::Error& error) {
      return damaged(index, error.what());
    }
  }

 private:
  static FrameError damaged(std::uint64_t index, const std::string& why) {
    return {DropReason::decode_error, "frame " + std::to_string(index) + " of the frame-cache: " + why};
  }

  static void take_shape(const hdf5::Handle& file, ScanHeader& header) {
    const auto shape = hdf5::read_numbers(file, "shape", 2);
    const auto frames = hdf5::read_count(file, "nframes");
    if (!shape || shape->values.size() != 2 || !frames) throw InputError("it lacks `shape` or `nframes`");
    const auto side = [](double value) {
      return value >= 0 && value < 1e9 ? static_cast<std::uint64_t>(value) : std::uint64_t{0};
    };
    const std::uint64_t rows = side(shape->values[0]), cols = side(shape->values[1]);
    const std::string problem = frame_size_problem(rows, cols);
    if (!problem.empty()) throw InputError(problem);
    if (*frames > max_frames) throw InputError("it claims " + std::to_string(*frames) + " frames");
    header.shape = {static_cast<std::uint32_t>(rows), static_cast<std::uint32_t>(cols)};
    header.expected_frames = *frames;
  }

  void take_frame_ranges(const hdf5::Handle& file, std::uint64_t frames) {
    const Column ranges(file, "frame_ids", 1);
    if (ranges.rows != 2 * frames || places_.rows != values_.rows) {
      throw InputError("`frame_ids`, `indices` and `data` do not fit one another");
    }
    ranges_.resize(2 * frames);
    if (frames > 0)
      ranges.read(0, 2 * frames, 1, hdf5::native_type<std::uint64_t>(), H5P_DEFAULT, ranges_.data());
  }

  static void take_omega(const hdf5::Handle& file, ScanHeader& header) {
    const auto omega = hdf5::read_numbers(file, "metadata/omega", 2 * header.expected_frames);
    if (!omega || omega->extent.size() != 2 || omega->extent[1] != 2) return;
    std::vector<double> begin, end;
    for (std::size_t i = 0; i + 1 < omega->values.size(); i += 2) {
      begin.push_back(omega->values[i]);
      end.push_back(omega->values[i + 1]);
    }
    set_omega_ranges(header, begin, end);
  }

  Result<Frame> rebuild(std::uint64_t index, std::uint64_t first, std::uint64_t count) {
    const std::size_t pixel_bytes = bytes_per_pixel(header_->pixel_type);
    value_bytes_.resize(count * pixel_bytes);
    place_of_.resize(2 * count);
    if (count > 0) {
      values_.read(first, count, 1, pixels_.memory_type(), pixels_.transfer(), value_bytes_.data());
      places_.read(first, count, 2, hdf5::native_type<std::uint16_t>(), H5P_DEFAULT, place_of_.data());
    }
    std::vector<std::byte> dense(header_->frame_bytes());
    for (std::uint64_t i = 0; i < count; ++i) {
      const std::uint64_t row = place_of_[2 * i], col = place_of_[2 * i + 1];
      if (row >= header_->shape.rows || col >= header_->shape.cols)
        return damaged(index, "a pixel lies outside it");
      std::memcpy(dense.data() + (row * header_->shape.cols + col) * pixel_bytes,
                  value_bytes_.data() + i * pixel_bytes, pixel_bytes);
    }
    Frame frame;
    frame.meta.index = frame.meta.frame_number = index;
    frame.meta.omega_deg = header_->omega_of(index);
    frame.meta.wire_bytes = static_cast<std::uint32_t>(dense.size());
    frame.shape = header_->shape;
    frame.pixel_type = header_->pixel_type;
    frame.bytes = Bytes::own(std::move(dense));
    return frame;
  }

  Column values_;
  Column places_;
  PixelStorage pixels_;
  std::vector<std::uint64_t> ranges_;  ///< first and end of each frame's pixels
  std::shared_ptr<const ScanHeader> header_;
  std::vector<std::byte> value_bytes_;
  std::vector<std::uint16_t> place_of_;
};

}  // namespace

std::unique_ptr<ScanReader> open_frame_cache_fch5(const std::filesystem::path& path) {
  try {
    const auto file = hdf5::open_file(path);
    const auto version = hdf5::read_attribute_number(file, "/", version_attribute);
    if (version != 1.0) throw InputError("it is no frame-cache of format version 1");
    return std::make_unique<FrameCache>(file, path.stem().string());
  } catch (const hdf5::Error& error) {
    throw InputError(path.string() + ": " + error.what());
  } catch (const InputError& error) {
    throw InputError(path.string() + ": " + error.what());
  }
}

bool is_frame_cache_fch5(const std::filesystem::path& path) {
  try {
    return hdf5::read_attribute_number(hdf5::open_file(path), "/", version_attribute).has_value();
  } catch (const hdf5::Error&) {
    return false;
  }
}

}  // namespace braggd
