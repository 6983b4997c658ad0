#pragma once

#include <filesystem>
#include <string>
#include <string_view>

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

/// For the other process: to be called before the file is touched. More than `rehearsal_cpu_s` of work is a hang.
void limit_rehearsal();
inline constexpr unsigned rehearsal_cpu_s = 20;  // a healthy file opens within milliseconds

}  // namespace braggd
