// Deep sampling: which events a handler looks at deeply when it is told to take only a share of them.
//
// Two shares, one after the other. The configured one is decided by a keyed hash of the event's symmetric
// flow (and its DNS id), and what is counted of it is not scaled, as options say. The second is for a live
// worker that is behind: it takes one of `weight` of what the configured share has, and each counts as that
// many, so that expectations stay those of weight 1. Both decisions repeat from run to run, and a query and
// its reply are taken or left together; what a larger weight takes, a smaller one takes too.
// Threads: one owner; begin() before each batch.
#pragma once

#include "sketch/hash.hpp"

namespace visor {

enum class Depth : uint8_t {
    shallow,  // not in the configured share
    distinct, // left out by the worker's: it counts among distinct keys only, which nothing can scale
    deep,     // recorded, `weight` times
};

class DeepSampling {
public:
    // The key is a secret where events are live, so that nobody outside can choose to count as many.
    explicit DeepSampling(uint32_t percent, const sketch::HashKey& key = sketch::offline_hash_key)
        : configured_(percent >= 100 ? UINT64_MAX : UINT64_MAX / 100 * percent), key_(key) {
        begin(1);
    }

    // The batch's weight: 1 takes all there is in the configured share.
    void begin(uint32_t weight) {
        weight_ = weight;
        limit_ = UINT64_MAX / weight;
        all_ = configured_ == UINT64_MAX && weight == 1;
    }
    uint32_t weight() const { return weight_; }
    bool takes_all() const { return all_; } // of the batch: there is nothing to decide

    // In the configured share.
    bool takes(uint64_t flow_hash, uint64_t id = 0) const {
        if (configured_ == UINT64_MAX) return true;
        constexpr sketch::HashKey key{0x7f4a7c159e3779b9u, 0x94d049bb133111ebu};
        return sketch::keyed_hash_16(key, flow_hash, id) < configured_;
    }
    // What tells this event from others, in two words, decides whether it is in the worker's share.
    bool shares(uint64_t one, uint64_t other) const {
        return weight_ == 1 || sketch::keyed_hash_16(key_, one, other) <= limit_;
    }

private:
    uint64_t configured_;
    sketch::HashKey key_;
    uint32_t weight_;
    uint64_t limit_;
    bool all_;
};

} // namespace visor
