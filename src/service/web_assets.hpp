// The page that the server shows, as it was built into the program.
#pragma once

#include <optional>
#include <span>
#include <string_view>

namespace braggd {

struct WebAsset {
  std::string_view content;
  std::string_view content_type;
  /// Quoted, as the header ETag wants it: a digest of the content.
  std::string_view etag;
};

struct WebAssetRow {
  std::string_view path;
  WebAsset asset;
};

/// All that there is: "/" is the page, "/web/…" its parts. Views are of static storage.
std::span<const WebAssetRow> web_asset_rows();

/// What is at a path of the server, without its query; nothing where the page has no such part.
std::optional<WebAsset> web_asset(std::string_view path);

}  // namespace braggd
