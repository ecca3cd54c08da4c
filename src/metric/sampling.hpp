// Deep sampling: which events a handler looks at deeply when it is told to take only a share of them.
//
// The decision is a keyed hash of the event's symmetric flow (and its DNS id), so it repeats from run to run,
// and a query and its reply are taken or left together. Threads: value type.
#pragma once

#include "sketch/hash.hpp"

namespace visor {

class DeepSampling {
public:
    explicit DeepSampling(uint32_t percent)
        : limit_(percent >= 100 ? UINT64_MAX : UINT64_MAX / 100 * percent) {}
    bool takes(uint64_t flow_hash, uint64_t id = 0) const {
        if (limit_ == UINT64_MAX) return true;
        constexpr sketch::HashKey key{0x7f4a7c159e3779b9u, 0x94d049bb133111ebu};
        return sketch::keyed_hash_16(key, flow_hash, id) < limit_;
    }

private:
    uint64_t limit_;
};

} // namespace visor
