// The contract of a stage.
#pragma once

#include <any>
#include <concepts>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include <braggd/envelope.hpp>
#include <braggd/error.hpp>
#include <braggd/field.hpp>

namespace braggd {

struct StageInfo {
  std::string_view type;  ///< YAML type = file name = metric label = test name
  std::string_view doc;
};

/// What outlives a scan: dark frames, masks, later model weights; loaded once per key. Thread-safe.
class ResourceCache {
 public:
  template <class T>
  std::shared_ptr<const T> get(const std::string& key, const std::function<T()>& load) {
    const std::lock_guard lock(mutex_);
    auto& slot = resources_[key];
    if (!slot) slot = std::make_shared<const T>(load());
    return std::static_pointer_cast<const T>(slot);
  }
  /// Forgets everything; what others still hold goes when they let go.
  void clear() {
    const std::lock_guard lock(mutex_);
    resources_.clear();
  }

 private:
  std::mutex mutex_;
  std::map<std::string, std::shared_ptr<const void>> resources_;
};

/// What a stage may look at when it is built.
struct StageContext {
  std::shared_ptr<const ScanHeader> header;
  ResourceCache& resources;
};

/// What a chain of pixel stages amounts to: keep the pixels whose value (raw - dark) is at least `at_least`, none
/// under the mask. Stages that can be said in these terms are fused into one kernel call (see `Foldable`).
struct PixelRule {
  std::shared_ptr<const std::vector<float>> dark;  ///< rows x cols, NaN: no value there; or null
  std::vector<std::shared_ptr<const std::vector<std::uint8_t>>>
      masks;                      ///< rows x cols each, non-zero is masked
  std::optional<float> at_least;  ///< set by the threshold, which ends the chain
  std::uint64_t max_pixels = 0;
};

/// A stage that only decides about single pixels; `fold` adds its effect to the rule. `static constexpr bool
/// folds_once = true` says that the rule has room for one of its kind: a chain with two is run stage by stage.
template <class S>
concept Foldable = requires(const S& stage, PixelRule& rule) {
  { stage.fold(rule) } -> std::same_as<void>;
};

namespace detail {
template <class S>
using InputOf = std::shared_ptr<const typename S::Input>;

template <class S>
concept TakesReference = requires(S& stage, const typename S::Input& input) {
  { stage.process(input) } -> std::same_as<Result<typename S::Output>>;
};
template <class S>
concept TakesShared = requires(S& stage, const InputOf<S>& input) {
  { stage.process(input) } -> std::same_as<Result<typename S::Output>>;
};
template <class S, class In>
concept FillsSpare = requires(S& stage, const In& input, typename S::Output spare) {
  { stage.process(input, std::move(spare)) } -> std::same_as<Result<typename S::Output>>;
};
}  // namespace detail

/// A stage: an aggregate Config with a table of fields, a constructor that throws ConfigError (one object a scan), and
/// `process`, which takes its input by const reference, or by shared_ptr where the output keeps the input alive.
///
/// A `process` with a second parameter, `Output spare = {}`, need not allocate: the pipeline hands it an output that is
/// empty but has the vectors of an earlier frame, with their capacity. The stage fills it and returns it (`return spare;`
/// moves); a scan's products then live in as much memory as were held at once. Alone, in a test, it is called without.
template <class S>
concept Stage = requires(const typename S::Config& config, const StageContext& context) {
  typename S::Input;
  typename S::Output;
  { S::info } -> std::convertible_to<StageInfo>;
  S(config, context);
}
&&(detail::TakesReference<S> || detail::TakesShared<S>);

/// Constness declares concurrency: with a const `process` any number of frames run at once; without, one at a time in
/// the order of frames.
template <class S>
concept ParallelStage = Stage<S> &&(detail::TakesReference<const S> || detail::TakesShared<const S>);

}  // namespace braggd
