// Models and what is known of them: a directory with metadata.sqlite, bundles/ and patches/.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "learning/model_records.hpp"

namespace braggd {

/// A metadata table over models, as in M2ML (Zheng et al., IEEE BigData 2024), which manages the initialisation, the
/// (re)training and the analysis of models by one.
///
/// Any number of programs and threads may use one store at once, each with an object of its own. Programs that die, at any
/// point, leave a store that is in order. What add_model, promote and retire did is on the disk when they return; scans,
/// patch sets and scores are a little later: a failure of power may take back the last of them, each whole, and damages
/// nothing. The store must lie on a local disk.
///
/// All functions throw OutputError where the disk is full, the file may not be written or another program keeps it locked
/// for 10 seconds, and InputError where the file is damaged; the message says what to do.
class ModelStore {
 public:
  /// Opens the store, and makes it where there is none. Throws ConfigError where `directory` is a file.
  static ModelStore open(const std::filesystem::path& directory);
  /// The same, but throws ConfigError where there is none.
  static ModelStore open_existing(const std::filesystem::path& directory);
  ~ModelStore();
  ModelStore(ModelStore&&) noexcept;
  ModelStore& operator=(ModelStore&&) noexcept;

  const std::filesystem::path& directory() const;
  /// Where the bundle of a registered model lies.
  std::filesystem::path bundle(std::string_view model_id) const;

  enum class Added : std::uint8_t { added, already_there, mended };
  /// Copies the bundle into the store, then registers it as a candidate, under the record's name and id; `status` and
  /// `created` of the record are not looked at. A model that is there already stays as it is; if its bundle was damaged, it
  /// is replaced. Throws ConfigError for a bundle that is not in order, InputError for a record that disagrees with it in
  /// more than the name, for one whose parent or scans are not registered, and for another manifest to the same id.
  Added add_model(const std::filesystem::path& bundle, const ModelRecord& record);

  std::vector<ModelRecord> models() const;  ///< by name, then in the order in which they came
  /// For people: an id; else a name, for the active model of that name; else the beginning of one id only. Throws
  /// ConfigError that says what there is.
  ModelRecord find_model(std::string_view text) const;
  /// For programs.
  std::optional<ModelRecord> model(std::string_view id) const;
  std::optional<ModelRecord> active_model(std::string_view name) const;

  /// Makes a model the active one of its name; the one that was becomes retired. Throws ConfigError for an id that is not
  /// registered and for a bundle that is damaged.
  void promote(std::string_view model_id, std::string_view reason = {});
  void retire(std::string_view model_id, std::string_view reason = {});

  /// These three replace what is registered under the same key; scans and patch sets keep the time at which they first were.
  /// Throw InputError for records that cannot be right or name what is not registered. Times are filled in.
  void add_scan(const ScanRecord& record);
  void add_patch_set(const PatchSetRecord& record);  ///< the file must be there; its size is taken from it
  void add_score(const ScoreRecord& record);

  std::optional<ScanRecord> scan(std::string_view id) const;
  std::uint64_t n_scans() const;
  std::vector<PatchSetRecord> patch_sets(std::string_view scan_id) const;
  std::vector<ScoreRecord> scores(std::string_view model_id) const;  ///< by scan
  std::optional<ScoreRecord> score(std::string_view scan_id, std::string_view model_id, ReiMode mode) const;

  /// Looks at everything, bundles included: what is not in order, a sentence each.
  std::vector<std::string> problems() const;

 private:
  struct State;
  explicit ModelStore(std::unique_ptr<State> state);
  void require_origin(const ModelRecord& record) const;
  void insert(const ModelRecord& record);
  void set_status(std::string_view model_id, ModelStatus status, std::string_view reason);
  std::unique_ptr<State> state_;
};

/// $BRAGGD_MODELS, else $XDG_DATA_HOME/braggd/models, else ~/.local/share/braggd/models. Throws ConfigError where none of
/// the variables is set.
std::filesystem::path default_model_store();

}  // namespace braggd
