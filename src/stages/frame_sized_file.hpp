// Dark frames and masks: files that hold one number for each pixel of the scan's frames.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include <braggd/error.hpp>
#include <braggd/stage.hpp>

namespace braggd {

/// Runs `open`; what it cannot read becomes a ConfigError of the option `key`.
template <class Open>
void refuse_unreadable(const char* key, const Open& open) {
  try {
    open();
  } catch (const InputError& error) {
    throw ConfigError(error.what(), key);
  }
}

/// The values of `file`, loaded once while the file stays the same, checked against the shape of the scan's frames.
/// Throws ConfigError naming the option `file`.
template <class T>
std::shared_ptr<const std::vector<T>> load_frame_sized(
    const std::filesystem::path& file, const std::string& dataset, const StageContext& context,
    std::vector<T> (*load)(const std::filesystem::path&, const std::string&, Shape&)) {
  struct Loaded {
    Shape shape;
    std::shared_ptr<const std::vector<T>> values;
  };
  std::shared_ptr<const Loaded> loaded;
  refuse_unreadable("file", [&] {
    std::error_code ignored;
    const auto stamp = std::filesystem::last_write_time(file, ignored).time_since_epoch().count();
    const std::string key =
        std::string(typeid(T).name()) + ":" + file.string() + ":" + dataset + ":" + std::to_string(stamp);
    loaded = context.resources.get<Loaded>(key, [&] {
      Loaded fresh;
      fresh.values = std::make_shared<const std::vector<T>>(load(file, dataset, fresh.shape));
      return fresh;
    });
  });
  const Shape frame = context.header->shape;
  if (loaded->shape != frame) {
    throw ConfigError(file.string() + " has " + std::to_string(loaded->shape.rows) + " x " +
                          std::to_string(loaded->shape.cols) + " pixels, the scan's frames have " +
                          std::to_string(frame.rows) + " x " + std::to_string(frame.cols) +
                          ": give the file that belongs to this detector",
                      "file");
  }
  return loaded->values;
}

}  // namespace braggd
