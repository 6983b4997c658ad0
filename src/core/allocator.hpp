#pragma once

namespace braggd {

/// Keeps large freed blocks for reuse. glibc otherwise maps every block above 32 MiB anew, and a frame of 4096 x 4096
/// 16-bit pixels is just above: each page of each frame would be faulted in again. All threads share one arena, because
/// the others grow by heaps of 64 MiB that go back to the kernel as soon as they are empty, thresholds or not, and a
/// thread that receives messages of 18 MB empties one with every third. To be called before threads start.
void tune_allocator();

/// Lets glibc's malloc ask for huge pages: messages and tables of many megabytes are read once a frame from end to end,
/// and in a virtual machine a miss of the TLB for each 4 KiB of them costs more than the work (bench/README.md). glibc
/// reads that setting (GLIBC_TUNABLES, glibc.malloc.hugetlb) before `main` only, so the program starts itself anew, under
/// the same process id. Returns where that is done already, is of no use (the kernel gives huge pages to all or to nobody)
/// or cannot be done. To be called before threads start and before anything is read or written.
void restart_with_huge_pages();

}  // namespace braggd
