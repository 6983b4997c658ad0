// Writes files as a C++ source: embed.mjs OUTPUT PATH=FILE… (PATH is where the server shows it).
import { createHash } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { extname } from "node:path";

const types = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".svg": "image/svg+xml",
};

/** Lines of numbers: compilers limit the length of string literals. */
function numbers(content) {
  const signed = [...content].map((byte) => (byte > 127 ? byte - 256 : byte));
  const lines = [];
  for (let i = 0; i < signed.length; i += 40) lines.push(`    ${signed.slice(i, i + 40).join(",")},`);
  return lines.join("\n");
}

const [output, ...assets] = process.argv.slice(2);
const arrays = [];
const rows = [];
assets.forEach((asset, i) => {
  const [path, file] = asset.split("=");
  const type = types[extname(file)];
  if (!type) throw new Error(`${file}: no content type is known for ${extname(file)}`);
  const content = readFileSync(file);
  const etag = createHash("sha256").update(content).digest("hex").slice(0, 24);
  arrays.push(`constexpr char page_content_${i}[] = {\n${numbers(content)}\n};`);
  rows.push(`    {"${path}", {{page_content_${i}, sizeof page_content_${i}}, "${type}", "\\"${etag}\\""}},`);
});
writeFileSync(output, `// Written by src/service/web/embed.mjs.
#include "service/web_assets.hpp"

namespace braggd {

namespace {

${arrays.join("\n")}

constexpr WebAssetRow page_rows[] = {
${rows.join("\n")}
};

}  // namespace

std::span<const WebAssetRow> web_asset_rows() { return page_rows; }

}  // namespace braggd
`);
