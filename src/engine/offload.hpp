// Frames that stand for several on the wire: a network card joined them (GRO), or has yet to cut them (GSO).
// Threads: pure functions. Not hot: few frames are so.
#pragma once

#include "engine/frames.hpp"

namespace visor::engine {

// Longer than the interface lets a frame be, tags and all.
inline bool is_offloaded(uint32_t wirelen, uint32_t mtu) {
    return mtu != 0 && wirelen > mtu + 14 + 8;
}
// For how many frames it stands, if each but the last was as large as the interface lets it be: so senders
// make them. An MTU of 0 is not known.
uint64_t offload_parts(const Frame& frame, uint32_t mtu);

} // namespace visor::engine
