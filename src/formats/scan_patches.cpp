#include "formats/scan_patches.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

#include <braggd/error.hpp>

#include "core/text.hpp"
#include "formats/hdf5_values.hpp"

namespace braggd {

namespace {

constexpr const char* format_name = "braggd-scan-patches-1";
constexpr std::size_t max_patches = 2'000'000, max_frames = 10'000'000;
constexpr hsize_t chunk_patches = 64;

hdf5::Handle packed_properties(std::size_t n_patches) {
  hdf5::Handle properties = hdf5::dataset_properties();
  const std::array<hsize_t, 3> chunk{std::min<hsize_t>(chunk_patches, n_patches), rei_patch_px, rei_patch_px};
  hdf5::call("cannot choose chunks", [&] { return H5Pset_chunk(properties.id(), 3, chunk.data()); });
  hdf5::call("cannot choose shuffle", [&] { return H5Pset_shuffle(properties.id()); });
  hdf5::call("cannot choose gzip", [&] { return H5Pset_deflate(properties.id(), 1); });
  return properties;
}

void write_pixels(const hdf5::Handle& file, const ScanPatches& patches) {
  const std::array<hsize_t, 3> extent{patches.size(), rei_patch_px, rei_patch_px};
  const hdf5::Handle space =
      hdf5::own("cannot describe the patches", [&] { return H5Screate_simple(3, extent.data(), nullptr); });
  const hdf5::Handle properties =
      patches.size() > 0 ? packed_properties(patches.size()) : hdf5::dataset_properties();
  const hdf5::Handle dataset = hdf5::own("cannot create patch", [&] {
    return H5Dcreate2(file.id(), "patch", H5T_IEEE_F32LE, space.id(), H5P_DEFAULT, properties.id(),
                      H5P_DEFAULT);
  });
  if (patches.size() == 0) return;
  hdf5::call("cannot write patch", [&] {
    return H5Dwrite(dataset.id(), H5T_NATIVE_FLOAT, H5S_ALL, H5S_ALL, H5P_DEFAULT, patches.pixels.data());
  });
  hdf5::set_attribute(dataset, "units", "counts");
}

template <class T, class Of>
void write_column(const hdf5::Handle& group, const char* name, const std::vector<PatchFrame>& frames, Of of) {
  std::vector<T> values;
  values.reserve(frames.size());
  for (const PatchFrame& frame : frames) values.push_back(of(frame));
  hdf5::write_array<T>(group, name, values);
}

/// Columns of numbers that were written by others: each has its length and its range.
class Columns {
 public:
  Columns(const std::filesystem::path& path, const hdf5::Handle& file) : path_(path), file_(file) {}

  [[noreturn]] void fail(const std::string& what) const {
    throw InputError(printable(path_.string()) + ": " + what +
                     "; write it anew with the sink rei_patches or with `braggd model init`");
  }
  std::vector<double> read(const char* name, std::size_t max_elements,
                           const std::vector<hsize_t>& inner = {}) const {
    auto numbers = hdf5::read_numbers(file_, name, max_elements);
    if (!numbers) fail("has no readable numbers " + std::string(name));
    if (numbers->extent.size() != inner.size() + 1 ||
        !std::equal(inner.begin(), inner.end(), numbers->extent.begin() + 1)) {
      fail(std::string(name) + " has another shape than patches of a scan have");
    }
    return std::move(numbers->values);
  }
  double whole(double value, double low, double high, const char* name) const {
    if (!(value >= low && value <= high) || value != std::floor(value)) {
      fail(std::string(name) + " holds a number that is out of range");
    }
    return value;
  }

 private:
  const std::filesystem::path& path_;
  const hdf5::Handle& file_;
};

void read_frames(const Columns& columns, ScanPatches& out) {
  const auto frame = columns.read("frames/frame", max_frames),
             omega = columns.read("frames/omega_deg", max_frames);
  const auto n = columns.read("frames/n_patches", max_frames),
             big = columns.read("frames/n_too_big", max_frames);
  const auto big_pixels = columns.read("frames/too_big_pixels", max_frames);
  for (const auto* column : {&omega, &n, &big, &big_pixels}) {
    if (column->size() != frame.size()) columns.fail("the columns of frames have different lengths");
  }
  double total = 0;
  for (std::size_t i = 0; i < frame.size(); ++i) {
    PatchFrame row;
    row.frame = static_cast<std::uint64_t>(columns.whole(frame[i], 0, 1e15, "frames/frame"));
    row.omega_deg = omega[i];
    row.n_patches = static_cast<std::uint32_t>(columns.whole(n[i], 0, 1e9, "frames/n_patches"));
    row.n_too_big = static_cast<std::uint32_t>(columns.whole(big[i], 0, 1e9, "frames/n_too_big"));
    row.too_big_pixels =
        static_cast<std::uint64_t>(columns.whole(big_pixels[i], 0, 1e15, "frames/too_big_pixels"));
    if (i > 0 && row.frame <= out.frames.back().frame) columns.fail("frames/frame does not ascend");
    total += row.n_patches;
    out.frames.push_back(row);
  }
  if (total != static_cast<double>(out.size())) columns.fail("the frames have other patches than there are");
}

void read_origins(const Columns& columns, ScanPatches& out) {
  const std::vector<double> places = columns.read("coordinate", 3 * max_patches, {3});
  for (std::size_t i = 0; i + 2 < places.size(); i += 3) {
    out.origins.push_back(
        {static_cast<std::uint64_t>(columns.whole(places[i], 0, 1e15, "coordinate")),
         static_cast<std::int32_t>(columns.whole(places[i + 1], -100, 70000, "coordinate")),
         static_cast<std::int32_t>(columns.whole(places[i + 2], -100, 70000, "coordinate"))});
  }
}

}  // namespace

void write_scan_patches(const hdf5::Handle& file, const ScanPatches& patches) {
  hdf5::write_text(file, "format", format_name);
  hdf5::write_text(file, "scan_id", patches.scan_id);
  hdf5::write_number(file, "first_omega_deg", patches.first_omega_deg);
  write_pixels(file, patches);
  std::vector<std::int64_t> places, frame_idx;
  for (const ReiOrigin& origin : patches.origins) {
    frame_idx.push_back(static_cast<std::int64_t>(origin.frame));
    places.insert(places.end(), {frame_idx.back(), origin.row, origin.col});
  }
  hdf5::write_numbers(file, "coordinate", hdf5::native_type<std::int64_t>(), {patches.size(), 3},
                      places.data());
  hdf5::write_array<std::int64_t>(file, "frame_idx", frame_idx);
  const hdf5::Handle frames = hdf5::create_group(file, "frames", "NXcollection");
  write_column<std::uint64_t>(frames, "frame", patches.frames, [](const auto& f) { return f.frame; });
  write_column<double>(frames, "omega_deg", patches.frames, [](const auto& f) { return f.omega_deg; });
  write_column<std::uint32_t>(frames, "n_patches", patches.frames, [](const auto& f) { return f.n_patches; });
  write_column<std::uint32_t>(frames, "n_too_big", patches.frames, [](const auto& f) { return f.n_too_big; });
  write_column<std::uint64_t>(frames, "too_big_pixels", patches.frames,
                              [](const auto& f) { return f.too_big_pixels; });
}

ScanPatches read_scan_patches(const std::filesystem::path& path) {
  try {
    const hdf5::Handle file = hdf5::open_file(path);
    const Columns columns(path, file);
    if (hdf5::read_text(file, "format") != format_name) columns.fail("holds no patches of a scan");
    ScanPatches patches;
    patches.scan_id = hdf5::read_text(file, "scan_id").value_or("");
    patches.first_omega_deg = hdf5::read_number(file, "first_omega_deg").value_or(0);
    read_origins(columns, patches);
    const std::vector<double> pixels =
        columns.read("patch", rei_patch_pixels * max_patches, {rei_patch_px, rei_patch_px});
    if (pixels.size() != patches.size() * rei_patch_pixels) columns.fail("patch and coordinate disagree");
    patches.pixels.assign(pixels.begin(), pixels.end());
    for (const float pixel : patches.pixels) {
      if (!std::isfinite(pixel)) columns.fail("patch holds a number that is not finite");
    }
    read_frames(columns, patches);
    return patches;
  } catch (const hdf5::Error& error) {
    throw InputError(printable(path.string()) + ": cannot be read as the patches of a scan: " + error.what());
  }
}

}  // namespace braggd
