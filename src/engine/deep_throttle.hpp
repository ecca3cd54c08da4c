// How much of the deep analysis a live worker does: all of it, or one event of `weight` while it is behind.
//
// The fuller its queue when a block is read, the larger the weight: 2 above a quarter, 4 above a half, and
// twice as much each time what is left is halved. It rises at once, as the queue may be full in a moment, and
// is halved only after the queue was next to empty for a tenth of a second, so that it does not go up and
// down with every block. Threads: one owner. Units: monotonic nanoseconds; the queue's fill from 0 to 1.
#pragma once

#include <cstdint>

namespace visor::engine {

class DeepThrottle {
public:
    static constexpr uint32_t weight_max = 64;
    static constexpr double calm = 1.0 / 16; // at most so full is next to empty
    static constexpr int64_t calm_ns = 100'000'000;

    // The weight of the block at hand, read when the queue was so full.
    uint32_t look(double backlog, int64_t now_ns) {
        const uint32_t needed = weight_for(backlog);
        if (needed > weight_) weight_ = needed;
        if (weight_ == 1) return weight_;
        if (backlog > calm || calm_since_ns_ < 0) {
            calm_since_ns_ = backlog > calm ? -1 : now_ns;
        } else if (now_ns - calm_since_ns_ >= calm_ns) {
            weight_ /= 2;
            calm_since_ns_ = now_ns; // for the next step
        }
        if (weight_ == 1) calm_since_ns_ = -1;
        return weight_;
    }
    uint32_t weight() const { return weight_; }

    static constexpr uint32_t weight_for(double backlog) {
        uint32_t weight = 1;
        double limit = 0.25;
        while (weight < weight_max && backlog > limit) {
            weight *= 2;
            limit = weight == 2 ? 0.5 : limit + (1 - limit) / 2;
        }
        return weight;
    }

private:
    uint32_t weight_ = 1;
    int64_t calm_since_ns_ = -1; // next to empty ever since; -1 = is not
};

} // namespace visor::engine
