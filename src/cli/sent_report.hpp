#pragma once

#include <string>

#include "sinks/stream2_sender.hpp"

namespace braggd {

/// The sender's ledger, and what the receiver's must say.
std::string to_text(const SendLedger& ledger);
std::string to_json(const SendLedger& ledger);

}  // namespace braggd
