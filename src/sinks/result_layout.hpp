// The groups of a result file that are written once: what was measured, how it was reduced, how it ended.
#pragma once

#include <span>

#include <braggd/ledger.hpp>
#include <braggd/sink.hpp>

#include "formats/hdf5.hpp"
#include "sinks/frame_result.hpp"
#include "sinks/kept_pixels.hpp"
#include "sinks/row_table.hpp"

namespace braggd {

/// The columns of `frames` and `peaks` in the order in which they are created.
std::span<const ColumnOf<FrameRow>> frame_columns();
std::span<const ColumnOf<PeakRow>> peak_columns();
std::span<const ColumnOf<OffsetRow>> offset_columns();

/// Sets the root's attributes and creates /entry with its titles, instrument and sample. Throws hdf5::Error,
/// as do the others.
hdf5::Handle create_entry(const hdf5::Handle& file, const ScanHeader& header);

/// An NXdata group that plots `signal` over `axes`.
hdf5::Handle create_plot(const hdf5::Handle& entry, const char* name, const char* signal,
                         const std::vector<std::string>& axes);

/// What refers to columns once they are there: peaks_per_frame, sample/rotation_angle, the legends of bits.
void link_columns(const hdf5::Handle& entry);

void write_provenance(const hdf5::Handle& entry, const Provenance& provenance);
void write_summary(const hdf5::Handle& entry, const ScanSummary& summary);

}  // namespace braggd
