#pragma once

#include "pipeline/scan_run.hpp"
#include "service/alarm_board.hpp"

namespace braggd {

/// Raises what is wrong with a scan that has ended, and clears what the one before had and this one has not.
void judge_scan(const ScanReport& report, AlarmBoard& alarms);

}  // namespace braggd
