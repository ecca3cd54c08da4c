// Consecutive frames of a decoded block as handlers get them, and what else there is of them.
// Threads: pure functions of a decoded block, valid as long as that. Owns: nothing.
#pragma once

#include "engine/decoded.hpp"

#include <vector>

namespace visor::engine {

struct FrameRange {
    uint32_t begin = 0, end = 0; // indexes into the block
};

// The frames and their DNS messages over UDP.
Batch batch_of(FrameRange range, const Decoded& decoded, int64_t period_start_ns);
// Indexes of DHCP packets, counted from the range's begin. The result lies in `room`.
std::span<const uint16_t> dhcp_of(FrameRange range, const Decoded& decoded, std::vector<uint16_t>& room);
// Packets for the joiner: indexes into the block.
std::span<const uint16_t> joins_of(FrameRange range, const Decoded& decoded);

} // namespace visor::engine
