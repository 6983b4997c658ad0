#include "service/web_assets.hpp"

#include <algorithm>

namespace braggd {

std::optional<WebAsset> web_asset(std::string_view path) {
  const auto rows = web_asset_rows();
  const auto found = std::ranges::find(rows, path, &WebAssetRow::path);
  if (found == rows.end()) return std::nullopt;
  return found->asset;
}

}  // namespace braggd
