#include <cstdio>
#include <filesystem>
#include <memory>
#include <string>

#include <braggd/error.hpp>

#include "cli/exit_code.hpp"
#include "cli/verb.hpp"
#include "core/text.hpp"
#include "sockets/curve_keys.hpp"

namespace braggd {

namespace {

struct KeysOptions {
  std::string name;
  std::filesystem::path directory = ".";
};

int keys(const KeysOptions& options) {
  std::error_code error;
  std::filesystem::create_directories(options.directory, error);
  if (error) {
    throw OutputError(options.directory.string() + " cannot be made: " + error.message());
  }
  const KeyFiles files = write_key_files(make_curve_keys(), options.directory, options.name);
  std::printf(
      "%s   secret: stays here, only its owner may read it (key_file)\n%s   public: for the other side "
      "(server_key_file, allow)\n",
      files.secret_file.c_str(), files.public_file.c_str());
  return exit_ok;
}

CLI::Validator plain_name() {
  return {[](const std::string& text) -> std::string {
            return text == safe_file_name(text) ? "" : "take letters, digits, '.', '_' and '-' for a name";
          },
          ""};
}

}  // namespace

void add_keys(CLI::App& app, Action& chosen) {
  const auto options = std::make_shared<KeysOptions>();
  CLI::App* verb = add_verb(
      app, "keys", "make a key pair for encrypted connections",
      "Writes NAME.key, which holds the secret and only its owner may read, and NAME.pub, which the other "
      "side "
      "needs. Nothing is overwritten. Each side of a connection has a pair of its own: the one that binds "
      "names "
      "its key_file and, in allow, the .pub files of those that may connect; one that connects names its "
      "key_file and the other's .pub as server_key_file.",
      "braggd keys receiver --out keys\nbraggd keys edge1 --out keys\n"
      "braggd send scan.h5 --key-file keys/edge1.key");
  verb->add_option("NAME", options->name, "what the files are called")->required()->check(plain_name());
  verb->add_option("--out", options->directory, "their directory, made where it is missing")
      ->check(some("a directory"))
      ->type_name("DIR")
      ->capture_default_str();
  on_chosen(verb, chosen, options, &keys);
}

}  // namespace braggd
