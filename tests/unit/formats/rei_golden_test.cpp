// The rare event indicator against golden vectors: here and not beside the kernels, because they are in HDF5 files.
#include <algorithm>
#include <array>
#include <cmath>
#include <gtest/gtest.h>
#include <map>
#include <memory>
#include <vector>

#include "formats/hdf5_values.hpp"
#include "formats/open_scan.hpp"
#include "kernels/components.hpp"
#include "kernels/rei_patches.hpp"
#include "kernels/rei_score.hpp"
#include "kernels/sparsify.hpp"
#include "shared_data.hpp"

namespace braggd {
namespace {

std::vector<double> numbers(const hdf5::Handle& file, const char* name) {
  auto read = hdf5::read_numbers(file, name, 1U << 24U);
  if (!read) throw std::runtime_error(std::string("no numbers called ") + name);
  return std::move(read->values);
}

std::vector<float> floats(const hdf5::Handle& file, const char* name) {
  const std::vector<double> values = numbers(file, name);
  return {values.begin(), values.end()};
}

TEST(ReiGolden, ScoresAreThoseOfThePublishedFormula) {
  const auto path = shared_data("rei-golden/score.h5");
  BRAGGD_SKIP_WITHOUT(path);
  const auto file = hdf5::open_file(path);
  const auto embeddings = floats(file, "embeddings");
  const std::size_t n_clusters = 40;
  const ReiCentroids centroids(floats(file, "centroids"), n_clusters);
  const auto confidence = numbers(file, "confidence");
  std::vector<ReiVerdict> verdicts(confidence.size());
  score_embeddings(embeddings, centroids, ReiMode::compat, verdicts);

  for (std::size_t i = 0; i < verdicts.size(); ++i) {
    ASSERT_EQ(std::isnan(verdicts[i].confidence), std::isnan(confidence[i])) << i;
    if (std::isnan(confidence[i])) continue;
    ASSERT_NEAR(verdicts[i].confidence, confidence[i], 1e-12) << i;
  }
  for (const auto& [threshold, name] :
       {std::pair{0.1, "rei_0.1"}, {0.2, "rei_0.2"}, {0.3, "rei_0.3"}, {0.4, "rei_0.4"}, {0.5, "rei_0.5"}}) {
    ReiCounts counts(n_clusters);
    for (const ReiVerdict& verdict : verdicts) counts.add(verdict, threshold);
    EXPECT_EQ(counts.rei(), hdf5::read_attribute_number(file, "/", name)) << name;
    EXPECT_EQ(counts.shares(), numbers(file, "histogram"));
    EXPECT_NEAR(jensen_shannon_distance(counts.shares(), numbers(file, "baseline_histogram")),
                hdf5::read_attribute_number(file, "/", "jsd").value(), 1e-12);
  }
}

using PatchSet = std::map<std::array<double, 3>, std::vector<float>>;

/// Its keys are not wrapped, those of the published program are.
PatchSet expected_set(const hdf5::Handle& file, const char* name, ReiMode mode) {
  const auto keys = numbers(file, "frame_row0_col0");
  const auto pixels = floats(file, name);
  PatchSet set;
  for (std::size_t i = 0; i < keys.size() / 3; ++i) {
    const auto begin = pixels.begin() + static_cast<std::ptrdiff_t>(i * rei_patch_pixels);
    std::array<double, 3> key{keys[3 * i], keys[3 * i + 1], keys[3 * i + 2]};
    if (mode == ReiMode::compat) {
      for (double& number : key) number = rei_compat_coordinate(static_cast<std::int64_t>(number));
    }
    set[key] = {begin, begin + rei_patch_pixels};
  }
  return set;
}

struct FoundPatches {
  std::map<ReiMode, PatchSet> sets;
  std::uint64_t n_too_small = 0, n_too_big = 0;
};

/// All patches of a scan, no dark frame, pixels from 100 counts on.
FoundPatches patches_of(ScanReader& scan) {
  const ScanHeader& header = *scan.header();
  SparsifyRule rule;
  rule.at_least = 100;
  rule.max_pixels = header.shape.pixels();
  const Sparsifier sparsifier(header.pixel_type, header.shape, rule);
  FoundPatches found;
  ReiPatches patches;
  for (std::uint64_t i = 0; i < header.expected_frames; ++i) {
    const auto frame = scan.read(i);
    if (!frame) throw std::runtime_error(frame.error().detail);
    auto sparse = std::make_shared<SparseFrame>();
    if (!sparsifier.run(frame.value().encoding, frame.value().bytes.view(), *sparse).ok()) {
      throw std::runtime_error("a frame is damaged");
    }
    ComponentList list;
    list.shape = sparse->shape;
    find_components(*sparse, 1, 1U << 30U, list);
    list.pixels = std::move(sparse);
    for (const ReiMode mode : {ReiMode::compat, ReiMode::stream}) {
      cut_rei_patches(list, i, mode, patches);
      for (std::size_t k = 0; k < patches.size(); ++k) {
        const ReiOrigin& at = patches.origins[k];
        const auto pixels = patches.patch(k);
        found.sets[mode][{static_cast<double>(at.frame), static_cast<double>(at.row),
                          static_cast<double>(at.col)}] = {pixels.begin(), pixels.end()};
      }
    }
    found.n_too_small += patches.n_too_small;
    found.n_too_big += patches.n_too_big;
  }
  return found;
}

TEST(ReiGolden, PatchesOfTheRubyScanAreThoseOfThePublishedRules) {
  const auto path = shared_data("rei-golden/patches.h5"), scan = shared_data("ruby-ff1/framecache.npz");
  BRAGGD_SKIP_WITHOUT(path);
  BRAGGD_SKIP_WITHOUT(scan);
  const auto file = hdf5::open_file(path);
  const FoundPatches found = patches_of(*open_scan(scan));
  const PatchSet& stream = found.sets.at(ReiMode::stream);
  EXPECT_EQ(stream.size(), 1384U);
  EXPECT_TRUE(stream == expected_set(file, "patches_u16", ReiMode::stream));
  EXPECT_TRUE(found.sets.at(ReiMode::compat) ==
              expected_set(file, "patches_float16_rounded", ReiMode::compat));
  EXPECT_EQ(static_cast<double>(found.n_too_small), hdf5::read_attribute_number(file, "/", "too_small"));
  EXPECT_EQ(static_cast<double>(found.n_too_big), hdf5::read_attribute_number(file, "/", "too_big"));
}

}  // namespace
}  // namespace braggd
