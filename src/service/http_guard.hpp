// Who may change something over HTTP.
#pragma once

#include <filesystem>
#include <string>

namespace braggd {

/// The token in `file`; makes one where there is none. Throws ConfigError for a file that others than its owner may read,
/// or that holds no token (16 to 200 printable characters).
std::string read_or_make_token(const std::filesystem::path& file);

/// Equal, in a time that does not tell where they differ.
bool same_secret(const std::string& one, const std::string& other);

/// Whether a browser sent the request from another site than `host` (the Host header): by its Origin or Sec-Fetch-Site
/// header (W3C Fetch Metadata), which are empty where it is no browser.
bool is_cross_site(const std::string& host, const std::string& origin, const std::string& fetch_site);

}  // namespace braggd
