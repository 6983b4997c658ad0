#pragma once

#include <string>

namespace braggd {

/// The path of the program that runs here, for starting it again under its own name; where its file is gone (replaced by an
/// upgrade, say), the kernel's name for it, which still starts the same program.
std::string this_program();

}  // namespace braggd
