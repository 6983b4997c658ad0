#include "formats/dark_frame.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <span>
#include <type_traits>

#include "formats/dataset_search.hpp"
#include "formats/frame_dataset.hpp"
#include "formats/open_scan.hpp"
#include "formats/rehearsal.hpp"
#include "kernels/chunk.hpp"

namespace braggd {

namespace {

template <class T>
bool has_value(T raw) {
  if constexpr (std::is_floating_point_v<T>)
    return std::isfinite(raw);
  else
    return raw < std::numeric_limits<T>::max() - 1;
}

struct Mean {
  std::vector<double> sum;
  std::vector<std::uint32_t> frames;

  template <class T>
  void add(std::span<const std::byte> raw) {
    for (std::size_t i = 0; i < sum.size(); ++i) {
      T value;
      std::memcpy(&value, raw.data() + i * sizeof(T), sizeof(T));
      if (!has_value(value)) continue;
      sum[i] += static_cast<double>(value);
      ++frames[i];
    }
  }

  void add(PixelType type, std::span<const std::byte> raw) {
    switch (type) {
      case PixelType::u8:
        return add<std::uint8_t>(raw);
      case PixelType::u16:
        return add<std::uint16_t>(raw);
      case PixelType::u32:
        return add<std::uint32_t>(raw);
      case PixelType::f32:
        return add<float>(raw);
    }
  }
};

std::string choose_mask(const hdf5::Handle& file) {
  for (const char* path : {"/mask", "/entry/instrument/detector/pixel_mask", "/entry/mask"}) {
    if (hdf5::exists(file, path)) return path;
  }
  auto flat = find_numeric_datasets(file);
  std::erase_if(flat, [](const FoundDataset& found) {
    return !(found.extent.size() == 2 || (found.extent.size() == 3 && found.extent[0] == 1));
  });
  if (flat.size() == 1) return flat[0].path;
  throw InputError(flat.empty() ? "it holds no dataset of (rows, cols) that could be a mask"
                                : "several datasets could be the mask; name one: " + list_datasets(flat));
}

std::vector<std::uint8_t> read_mask(const hdf5::Handle& file, const std::string& path, Shape& shape_out) {
  if (!hdf5::exists(file, path)) {
    throw InputError("there is no dataset " + path + "; it has " +
                     list_datasets(find_numeric_datasets(file)));
  }
  FrameDataset stored(hdf5::open_object(file, path), path);
  if (stored.frames() != 1)
    throw InputError(path + " is not one mask but " + std::to_string(stored.frames()));
  if (stored.pixel_type() == PixelType::f32)
    throw InputError(path + " holds floating-point numbers, a mask holds integers");
  const auto raw = stored.read_raw(0);
  if (!raw) throw InputError(raw.error().detail);
  const auto bytes = raw.value().view();
  const std::size_t pixel_bytes = bytes_per_pixel(stored.pixel_type());
  std::vector<std::uint8_t> mask(stored.shape().pixels());
  for (std::size_t i = 0; i < mask.size(); ++i) {
    const auto pixel = bytes.subspan(i * pixel_bytes, pixel_bytes);
    mask[i] = std::ranges::any_of(pixel, [](std::byte byte) { return byte != std::byte{0}; });
  }
  shape_out = stored.shape();
  return mask;
}

}  // namespace

std::vector<float> load_dark(const std::filesystem::path& path, const std::string& dataset,
                             Shape& shape_out) {
  const auto scan = open_scan(path, {dataset});
  const auto header = scan->header();
  if (header->expected_frames == 0)
    throw InputError(path.string() + " holds no frames to make a dark frame of");
  Mean mean{std::vector<double>(header->shape.pixels()), std::vector<std::uint32_t>(header->shape.pixels())};
  std::vector<std::byte> pixels(header->frame_bytes());
  for (std::uint64_t index = 0; index < header->expected_frames; ++index) {
    const auto frame = scan->read(index);
    if (!frame) throw InputError(path.string() + ": " + frame.error().detail);
    const auto error = decode_chunk(frame.value().encoding, bytes_per_pixel(header->pixel_type),
                                    frame.value().bytes.view(), pixels);
    if (error != ChunkError::none) {
      throw InputError(path.string() + ": frame " + std::to_string(index) +
                       " is damaged: " + std::string(describe(error)));
    }
    mean.add(header->pixel_type, pixels);
  }
  std::vector<float> dark(mean.sum.size());
  for (std::size_t i = 0; i < dark.size(); ++i) {
    const bool masked = header->pixel_mask && (*header->pixel_mask)[i] != 0;
    dark[i] = mean.frames[i] == 0 || masked ? std::numeric_limits<float>::quiet_NaN()
                                            : static_cast<float>(mean.sum[i] / mean.frames[i]);
  }
  shape_out = header->shape;
  return dark;
}

std::vector<std::uint8_t> load_mask(const std::filesystem::path& path, const std::string& dataset,
                                    Shape& shape_out) {
  require_readable_file(path);
  rehearse(rehearse_mask, path, dataset);
  try {
    const auto file = hdf5::open_file(path);
    return read_mask(file, dataset.empty() ? choose_mask(file) : dataset, shape_out);
  } catch (const hdf5::Error& error) {
    throw InputError(path.string() + ": " + error.what());
  } catch (const InputError& error) {
    throw InputError(path.string() + ": " + error.what());
  }
}

}  // namespace braggd
