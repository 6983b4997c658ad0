// The table of all stages, and what the pipeline needs to run one without knowing its type.
#pragma once

#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include <braggd/stage.hpp>

#include "core/products.hpp"
#include "core/recycler.hpp"

namespace braggd {

/// A stage behind one interface; process may throw, its caller catches.
class AnyStage {
 public:
  virtual ~AnyStage() = default;
  virtual Result<Product> process(const Product& input) = 0;
  /// Adds the effect of a foldable stage to the rule.
  virtual void fold(PixelRule& rule) const = 0;
};

struct StageEntry {
  StageInfo info;
  ProductType input, output;
  bool parallel;  ///< any number of frames at once; else one at a time in frame order
  bool foldable;
  bool folds_once;  ///< only one of its kind in a fused chain
  std::vector<FieldDescriptor> fields;
  void (*check)(
      const Settings&);  ///< throws ConfigError for settings that contradict each other or name bad files
  std::unique_ptr<AnyStage> (*make)(const Settings&, const StageContext&);
};

/// All stages in the order in which a pipeline would use them.
std::span<const StageEntry> stage_registry();

/// Null where there is none of that type.
const StageEntry* find_stage(std::string_view type);

namespace detail {

template <class S>
class StageAdapter final : public AnyStage {
 public:
  explicit StageAdapter(S stage) : stage_(std::move(stage)) {}

  Result<Product> process(const Product& input) override {
    auto object = outputs_.take();
    Result<typename S::Output> out =
        call(std::get<std::shared_ptr<const typename S::Input>>(input), std::move(*object));
    if (!out) return out.error();
    *object = std::move(out.value());
    return Product(std::move(object).share());
  }

  void fold(PixelRule& rule) const override {
    if constexpr (Foldable<S>) stage_.fold(rule);
  }

 private:
  using In = std::shared_ptr<const typename S::Input>;
  Result<typename S::Output> call(const In& in, typename S::Output spare) {
    if constexpr (FillsSpare<S, In>) {
      return stage_.process(in, std::move(spare));
    } else if constexpr (FillsSpare<S, typename S::Input>) {
      return stage_.process(*in, std::move(spare));
    } else if constexpr (TakesShared<S>) {
      return stage_.process(in);
    } else {
      return stage_.process(*in);
    }
  }
  S stage_;
  Recycler<typename S::Output> outputs_;
};

}  // namespace detail

/// A stage object as AnyStage.
template <class S>
std::unique_ptr<AnyStage> adapt_stage(S stage) {
  return std::make_unique<detail::StageAdapter<S>>(std::move(stage));
}

/// The table's line for a stage: everything follows from its type.
template <Stage S>
StageEntry stage_entry() {
  using Config = typename S::Config;
  return {S::info, product_type_of<typename S::Input>::value, product_type_of<typename S::Output>::value,
          ParallelStage<S>, Foldable<S>, requires {S::folds_once;
}
, describe_fields<Config>(),
    [](const Settings& settings) {
      if constexpr (requires(const Config& config) { S::check(config); })
        S::check(make_config<Config>(settings));
    },
    [](const Settings& settings, const StageContext& context) {
      return adapt_stage(S(make_config<Config>(settings), context));
    },
};  // namespace braggd
}

}  // namespace braggd
