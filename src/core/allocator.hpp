#pragma once

namespace braggd {

/// Keeps large freed blocks for reuse. glibc otherwise maps every block above 32 MiB anew, and a frame of 4096 x 4096
/// 16-bit pixels is just above: each page of each frame would be faulted in again. To be called before threads start.
void tune_allocator();

}  // namespace braggd
