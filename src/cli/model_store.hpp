// The model store on the command line.
#pragma once

#include <CLI/CLI.hpp>
#include <filesystem>
#include <string>

#include "cli/verb.hpp"

namespace braggd {

/// `model list | promote | retire | export | import`; the last is in model_import.
void add_model_store(CLI::App& model, Action& chosen);

/// `--store`.
void add_store_option(CLI::App* verb, std::string& store);
/// The directory that its value means; empty: the default.
std::filesystem::path store_of(const std::string& option);
/// `--reason`.
void add_reason(CLI::App* verb, std::string& reason);

/// A bundle as it is named on the command line: its directory, or a model of the store, of which the store says more.
struct NamedBundle {
  std::filesystem::path directory;
  std::string from_store;  ///< lines; empty for a directory
};
/// Throws ConfigError where `text` is neither.
NamedBundle find_bundle(const std::string& text, const std::string& store);

}  // namespace braggd
