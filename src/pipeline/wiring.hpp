// Who takes whose product: names resolved, types checked, cycles and loose ends found.
#pragma once

#include <vector>

#include "pipeline/plan.hpp"

namespace braggd {

/// Fills plan.stages (producers first, implied decodes in place) and plan.sinks from plan.config.
void wire_stages(Plan& plan, std::vector<Problem>& problems);

}  // namespace braggd
