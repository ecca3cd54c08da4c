// Why something that was asked for is not done: of which kind, for programs, and the text, for people.
// Threads: value types. Owns: its text.
#pragma once

#include "base/result.hpp"

#include <cstdint>
#include <optional>

namespace visor::control {

enum class RefusalKind : uint8_t {
    invalid,     // the document, or what it asks for, is wrong
    not_found,   // what is to be changed is not there
    conflict,    // a name is taken, or what is to go is in use
    no_match,    // a selector finds no tap
    too_many,    // a limit
    unavailable, // right as a document, and cannot be done on this host now
};

struct Refusal : Error {
    RefusalKind kind = RefusalKind::invalid;
};

// Nothing when all went well, else what is wrong.
using Trouble = std::optional<Refusal>;

} // namespace visor::control
