// Captures read through the engine as a source of pictures: the same ones an agent would give.
// Threads: one at a time. Owns: what it shows; nothing of the reading is kept.
#pragma once

#include "client/source.hpp"
#include "cmd/common/jobs.hpp"

#include <memory>

namespace visor::cmd {

// Reads them to their end, or until a signal stops it: then what was read is shown.
Result<std::unique_ptr<client::Source>> capture_source(CaptureOptions options);

} // namespace visor::cmd
