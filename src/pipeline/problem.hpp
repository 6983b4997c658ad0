// What is wrong with a pipeline file, and where.
#pragma once

#include <stdexcept>
#include <string>
#include <vector>

namespace braggd {

/// One mistake: a place, the key at fault, what is wrong and what to do about it.
struct Problem {
  std::string file;
  int line = 0;  ///< from 1; 0: no place in the file (a command-line override, say)
  int column = 0;
  std::string key;  ///< as in `--set`: stages.threshold.at_least
  std::string text;
  std::string suggestion;

  /// "file:line:column: key: text; suggestion".
  std::string to_string() const;
};

/// All mistakes of a configuration at once; the program ends with exit code 78.
class ConfigProblems : public std::runtime_error {
 public:
  explicit ConfigProblems(std::vector<Problem> problems);
  const std::vector<Problem>& problems() const { return problems_; }

 private:
  std::vector<Problem> problems_;
};

}  // namespace braggd
