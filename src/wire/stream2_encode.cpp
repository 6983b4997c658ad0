#include "wire/stream2_encode.hpp"

#include <cmath>
#include <functional>
#include <utility>

#include "kernels/chunk.hpp"
#include "wire/stream2_array.hpp"

namespace braggd {

namespace {

// A map whose number of pairs is known only when all are written down: CBOR wants it first.
class PairList {
 public:
  void add(std::string_view key, std::function<void(CborWriter&)> value) {
    pairs_.emplace_back(key, std::move(value));
  }
  void add_text(std::string_view key, const std::string& value) {
    if (!value.empty()) add(key, [value](CborWriter& out) { out.text(value); });
  }
  void add_real(std::string_view key, double value) {
    if (std::isfinite(value)) add(key, [value](CborWriter& out) { out.real(value); });
  }
  void add_integer(std::string_view key, std::uint64_t value) {
    add(key, [value](CborWriter& out) { out.unsigned_integer(value); });
  }
  bool empty() const { return pairs_.empty(); }

  void write(CborWriter& out) const {
    out.map(pairs_.size());
    for (const auto& [key, value] : pairs_) {
      out.text(key);
      value(out);
    }
    out.end_map();
  }

 private:
  std::vector<std::pair<std::string, std::function<void(CborWriter&)>>> pairs_;
};

std::uint64_t typed_tag(PixelType type) {
  switch (type) {
    case PixelType::u8:
      return cbor_tag::u8;
    case PixelType::u16:
      return cbor_tag::u16_le;
    case PixelType::u32:
      return cbor_tag::u32_le;
    case PixelType::f32:
      return cbor_tag::f32_le;
  }
  return 0;
}

/// All but the bytes.
void write_array_head(CborWriter& out, Shape shape, PixelType type, Encoding encoding, std::size_t bytes) {
  out.tag(cbor_tag::row_major_array).array(2);
  out.array(2).unsigned_integer(shape.rows).unsigned_integer(shape.cols);
  out.tag(typed_tag(type));
  if (encoding != Encoding::raw) {
    out.tag(cbor_tag::dectris_compression).array(3).text(name_of(encoding));
    out.unsigned_integer(encoding == Encoding::lz4 ? 0 : bytes_per_pixel(type));
  }
  out.bytes_head(bytes);
}

void write_array(CborWriter& out, Shape shape, PixelType type, Encoding encoding,
                 std::span<const std::byte> bytes) {
  write_array_head(out, shape, type, encoding, bytes.size());
  out.append(bytes);
}

PairList begin_message(std::string_view type, const SeriesName& series) {
  PairList pairs;
  pairs.add("type", [type](CborWriter& out) { out.text(type); });
  pairs.add_integer("series_id", series.series_id);
  pairs.add_text("series_unique_id", series.scan_id);
  return pairs;
}

void add_unknown_keys(PairList& pairs) {
  pairs.add("x_unheard_of", [](CborWriter& out) {
    out.array(3)
        .unsigned_integer(1)
        .text("two")
        .map(1)
        .text("three")
        .array(2)
        .boolean(true)
        .real(0.25)
        .end_map();
  });
  pairs.add_integer("x_huge", ~std::uint64_t{0});
}

std::vector<std::byte> finish_message(const PairList& pairs, const Stream2Style& style,
                                      std::size_t size_hint = 1024) {
  CborWriter out(style.cbor);
  out.reserve(size_hint);
  if (style.self_described) out.tag(cbor_tag::self_described);
  pairs.write(out);
  return out.take();
}

std::string_view dtype_name(PixelType type) {
  switch (type) {
    case PixelType::u8:
      return "uint8";
    case PixelType::u16:
      return "uint16";
    case PixelType::u32:
      return "uint32";
    case PixelType::f32:
      return "float32";
  }
  return "";
}

void add_geometry(PairList& pairs, const Geometry& geometry) {
  pairs.add_real("beam_center_x", geometry.beam_col_px);
  pairs.add_real("beam_center_y", geometry.beam_row_px);
  pairs.add_real("pixel_size_x", geometry.pixel_cols_m);
  pairs.add_real("pixel_size_y", geometry.pixel_rows_m);
  pairs.add_real("incident_energy", geometry.energy_ev);
  pairs.add_real("incident_wavelength", geometry.wavelength_angstrom);
  if (!std::isfinite(geometry.distance_m)) return;
  pairs.add("detector_translation", [&geometry](CborWriter& out) {
    const double x_m = geometry.beam_col_px * geometry.pixel_cols_m;
    const double y_m = geometry.beam_row_px * geometry.pixel_rows_m;
    out.array(3)
        .real(std::isfinite(x_m) ? x_m : 0)
        .real(std::isfinite(y_m) ? y_m : 0)
        .real(-geometry.distance_m);
  });
}

void add_omega(PairList& pairs, const ScanHeader& header) {
  PairList axis;
  axis.add_real("increment", header.omega_step_deg);
  axis.add_real("start", header.omega_start_deg);
  if (axis.empty()) return;
  pairs.add("goniometer", [axis = std::move(axis)](CborWriter& out) {
    out.map(1).text("omega");
    axis.write(out);
    out.end_map();
  });
}

void add_pixel_mask(PairList& pairs, const ScanHeader& header, const Stream2Style& style) {
  if (!header.pixel_mask) return;
  std::vector<std::byte> chunk;
  encode_chunk(Encoding::bslz4, sizeof(std::uint32_t), std::as_bytes(std::span(*header.pixel_mask)), chunk);
  pairs.add("pixel_mask", [&, chunk = std::move(chunk)](CborWriter& out) {
    out.map(style.channels.size());
    for (const auto& channel : style.channels) {
      out.text(channel);
      write_array(out, header.shape, PixelType::u32, Encoding::bslz4, chunk);
    }
    out.end_map();
  });
}

}  // namespace

std::vector<std::byte> encode_start(const ScanHeader& header, const Stream2Style& style) {
  PairList pairs = begin_message("start", {header.series_id, header.scan_id});
  if (!header.start_time.empty()) {
    pairs.add("arm_date", [&](CborWriter& out) { out.tag(cbor_tag::date_time).text(header.start_time); });
  }
  pairs.add("channels", [&](CborWriter& out) {
    out.array(style.channels.size());
    for (const auto& channel : style.channels) out.text(channel);
  });
  if (style.unknown_keys) add_unknown_keys(pairs);
  pairs.add_integer("image_size_x", header.shape.cols);
  pairs.add_integer("image_size_y", header.shape.rows);
  pairs.add("image_dtype", [&](CborWriter& out) { out.text(dtype_name(header.pixel_type)); });
  pairs.add_integer("number_of_images", header.expected_frames);
  if (header.saturation_value) pairs.add_integer("saturation_value", *header.saturation_value);
  pairs.add_real("count_time", header.count_time_s);
  pairs.add_real("frame_time", header.frame_time_s);
  pairs.add_text("detector_description", header.detector_description);
  pairs.add_text("detector_serial_number", header.detector_serial_number);
  add_geometry(pairs, header.geometry);
  add_omega(pairs, header);
  add_pixel_mask(pairs, header, style);
  if (!header.sample_name.empty()) {
    pairs.add("user_data",
              [&](CborWriter& out) { out.map(1).text("sample_name").text(header.sample_name).end_map(); });
  }
  return finish_message(pairs, style);
}

std::vector<std::byte> encode_image(const SeriesName& series, const Frame& frame, const Stream2Style& style) {
  PairList pairs = begin_message("image", series);
  pairs.add_integer("image_id", frame.meta.frame_number);
  if (style.unknown_keys) add_unknown_keys(pairs);
  pairs.add("data", [&](CborWriter& out) {
    out.map(style.channels.size());
    for (const auto& channel : style.channels) {
      out.text(channel);
      write_array(out, frame.shape, frame.pixel_type, frame.encoding, frame.bytes.view());
    }
    out.end_map();
  });
  return finish_message(pairs, style, 512 + (frame.bytes.size() + 128) * style.channels.size());
}

std::vector<std::byte> encode_image_head(const SeriesName& series, const Frame& frame) {
  PairList pairs = begin_message("image", series);
  const Stream2Style style;
  pairs.add_integer("image_id", frame.meta.frame_number);
  pairs.add("data", [&](CborWriter& out) {
    out.map(1).text(style.channels.front());
    write_array_head(out, frame.shape, frame.pixel_type, frame.encoding, frame.bytes.size());
  });
  return finish_message(pairs, style);
}

std::vector<std::byte> encode_end(const SeriesName& series, const Stream2Style& style) {
  PairList pairs = begin_message("end", series);
  if (style.unknown_keys) add_unknown_keys(pairs);
  return finish_message(pairs, style);
}

}  // namespace braggd
