// In place of the page where it was left out (-DBRAGGD_WEB=OFF).
#include "service/web_assets.hpp"

namespace braggd {

namespace {

constexpr std::string_view left_out_page =
    "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>braggd</title></head>\n"
    "<body><h1>braggd</h1>\n"
    "<p>This program was built without its page (BRAGGD_WEB=OFF). The state is at "
    "<a href=\"/api/v1/status\">/api/v1/status</a>, metrics are at <a href=\"/metrics\">/metrics</a>.</p>\n"
    "</body></html>\n";

constexpr WebAssetRow left_out_rows[] = {{"/", {left_out_page, "text/html; charset=utf-8", "\"left-out\""}}};

}  // namespace

std::span<const WebAssetRow> web_asset_rows() {
  return left_out_rows;
}

}  // namespace braggd
