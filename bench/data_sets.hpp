// The standard data sets: simulated frames of 4096 x 4096 pixels with fixed seeds, encoded, held in memory.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <braggd/frame.hpp>

namespace braggd::bench {

struct DataSet {
  std::string name;  ///< "counting 0.1 / 500 u16 bslz4"
  Shape shape;
  PixelType pixel_type = PixelType::u16;
  std::vector<Frame> frames;
  std::vector<float> dark;  ///< of a panel; else empty
  float at_least = 0;       ///< counts over the dark level, six sigma of the noise or more
};

/// What a data set is made of.
struct DataSetKey {
  bool panel = false;
  double level = 0;  ///< background in counts a pixel, or sigma of a panel's noise
  std::uint32_t spots = 500;
  PixelType pixel_type = PixelType::u16;
  Encoding encoding = Encoding::bslz4;
};

/// Every data set that is measured, in the order of the table.
const std::vector<DataSetKey>& standard_data_sets();

std::string name_of(const DataSetKey& key);

/// Made at the first call, kept until another one is asked for: some are half a gigabyte.
const DataSet& data_set(const DataSetKey& key);

}  // namespace braggd::bench
