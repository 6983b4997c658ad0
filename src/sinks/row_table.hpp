// Rows of a struct as columns of an HDF5 group.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "formats/hdf5_output.hpp"
#include "formats/hdf5_values.hpp"
#include "sinks/growing_column.hpp"

namespace braggd {

/// One member of `Row` as a column: its name, unit (empty: none) and how it is gathered.
template <class Row>
struct ColumnOf {
  const char* name;
  const char* units;
  std::size_t element_bytes;
  hid_t (*type)();
  void (*gather)(std::span<const Row> rows, std::byte* out);
  /// Fractions of a pixel and the like, which gzip makes a sixth smaller for half of its time.
  bool noisy = false;
};

namespace detail {
template <class M>
struct Member;
template <class R, class T>
struct Member<T R::*> {
  using Row = R;
  using Value = T;
};
}  // namespace detail

/// `column<&PeakRow::row>("row", "pixel")`.
template <auto Pointer>
constexpr auto column(const char* name, const char* units = "") {
  using Row = typename detail::Member<decltype(Pointer)>::Row;
  using Element = typename detail::Member<decltype(Pointer)>::Value;
  return ColumnOf<Row>{name, units, sizeof(Element), hdf5::native_type<Element>,
                       [](std::span<const Row> rows, std::byte* out) {
                         auto* values = reinterpret_cast<Element*>(out);
                         for (const Row& row : rows) *values++ = row.*Pointer;
                       }};
}

/// The same of values that no compression pays for.
template <auto Pointer>
constexpr auto noisy_column(const char* name, const char* units = "") {
  auto noisy = column<Pointer>(name, units);
  noisy.noisy = true;
  return noisy;
}

/// Columns of equal length that grow by whole chunks, so that the file does not depend on how rows arrived.
template <class Row>
class RowTable {
 public:
  RowTable(const hdf5::OutputFile& output, const hdf5::Handle& group, std::span<const ColumnOf<Row>> columns,
           std::uint64_t chunk_rows, Packing packing)
      : output_(output), columns_(columns), chunk_rows_(chunk_rows) {
    for (const auto& column : columns) {
      const bool checked = packing == Packing::compressed && column.noisy;
      // The last chunk, mostly empty, takes its whole room in the file where nothing compresses it.
      datasets_.emplace_back(group, column.name, column.type(), checked ? chunk_rows / 8 : chunk_rows,
                             checked ? Packing::checked : packing);
      if (*column.units != '\0') hdf5::set_attribute(datasets_.back().dataset(), "units", column.units);
      row_bytes_ += column.element_bytes;
    }
    rows_.reserve(chunk_rows);
  }

  void append(const Row& row) { append(std::span(&row, 1)); }

  void append(std::span<const Row> rows) {
    while (!rows.empty()) {
      const auto some = rows.first(std::min<std::size_t>(rows.size(), chunk_rows_ - rows_.size()));
      rows_.insert(rows_.end(), some.begin(), some.end());
      rows = rows.subspan(some.size());
      if (rows_.size() == chunk_rows_) flush();
    }
  }

  /// Writes what is buffered; to be called once more at the end. Throws OutputError, hdf5::Error.
  void flush() {
    if (rows_.empty()) return;
    output_.require_room(rows_.size() * row_bytes_);
    scratch_.resize(rows_.size() * 8);
    for (std::size_t i = 0; i < columns_.size(); ++i) {
      columns_[i].gather(rows_, reinterpret_cast<std::byte*>(scratch_.data()));
      datasets_[i].append(scratch_.data(), rows_.size());
    }
    output_.check();
    rows_written_ += rows_.size();
    rows_.clear();
  }

  std::uint64_t rows() const { return rows_written_ + rows_.size(); }

 private:
  const hdf5::OutputFile& output_;
  std::span<const ColumnOf<Row>> columns_;
  std::uint64_t chunk_rows_;
  std::vector<GrowingColumn> datasets_;
  std::size_t row_bytes_ = 0;
  std::vector<Row> rows_;
  std::uint64_t rows_written_ = 0;
  std::vector<double> scratch_;  ///< one column, gathered; doubles for their alignment
};

}  // namespace braggd
