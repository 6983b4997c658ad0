#pragma once

#include <CLI/CLI.hpp>
#include <string>

namespace braggd {

/// `--help` in the shape of a manual page: NAME, SYNOPSIS, DESCRIPTION, OPTIONS, EXIT STATUS, EXAMPLES.
class ManPage final : public CLI::FormatterBase {
 public:
  ManPage(std::string description, std::string examples)
      : description_(std::move(description)), examples_(std::move(examples)) {}

  std::string make_help(const CLI::App* app, std::string name, CLI::AppFormatMode mode) const override;

 private:
  std::string description_;
  std::string examples_;
};

}  // namespace braggd
