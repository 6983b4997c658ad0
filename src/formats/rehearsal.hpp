#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <thread>

namespace braggd {

/// What can be rehearsed; the words are the arguments of the program that does it.
inline constexpr std::string_view rehearse_scan = "scan", rehearse_mask = "mask", rehearse_result = "result";

/// Names the program that answers `rehearse KIND FILE [DATASET]` by opening FILE as the caller is about to; empty, as
/// at first: nothing is rehearsed. To be called before threads start.
void use_rehearsal_program(std::filesystem::path program);

/// Lets another process open `path` first. libhdf5 1.10 does not survive every damaged file; what would kill or hang
/// this process kills or hangs that one, and becomes an InputError that names `path`. Whatever else is wrong with the
/// file is not reported here: the caller meets it again. (A program is started rather than this process forked: the
/// child of a process with threads may not allocate.)
void rehearse(std::string_view kind, const std::filesystem::path& path, const std::string& dataset = {});

inline constexpr unsigned rehearsal_cpu_s = 5;  // a healthy file opens within milliseconds
// The mask of the largest frame that is possible, as numbers of 32 bits and as bytes, and what a program needs anyway.
inline constexpr std::uint64_t rehearsal_bytes = std::uint64_t{1536} << 20;

/// For the other process: to be called before the file is touched, the answer kept until it is closed. More than
/// `rehearsal_cpu_s` of work is a hang, more than `bytes` of memory in use a flood: both end the process without
/// success. So does the end of the process that waits for it.
[[nodiscard]] std::jthread limit_rehearsal(std::uint64_t bytes = rehearsal_bytes);

}  // namespace braggd
