// A live stream as the agent runs it, fed from a recording, whose window thread is the caller: what each of
// its duties takes can be timed.
//
// Threads: one caller; the stream has its workers' threads. Owns: the stream. Units: nanoseconds.
#pragma once

#include "engine/live_stream.hpp"
#include "scale/replay.hpp"

namespace visor::bench {

using PolicyPlan = std::shared_ptr<const engine::PlannedPolicy>;

// Handlers as "net", "dns 2.0"; a version left out is 1.0.
PolicyPlan plan_policy(const std::string& name, const std::vector<std::string>& handlers,
                       const WindowSettings& window);

struct LiveShape {
    unsigned workers = 1;
    unsigned policies = 1;
    std::vector<std::string> handlers{"net", "dns", "dhcp"};
    WindowSettings window{};
};

class LiveRun {
public:
    LiveRun(const Recording& recording, const LiveShape& shape);

    // So many blocks to each worker, in the open minute.
    void feed(size_t blocks);
    // Everybody asks for results of now: the window thread's processor time.
    double hand_over_ns();
    // The minute ends.
    double end_minute_ns();
    int64_t now_ns() const { return now_ns_; }
    const engine::LiveResults& results(size_t policy) const { return policies_[policy]->results(); }
    size_t policies() const { return policies_.size(); }
    // Of all workers: thread time that was not spent on frames.
    uint64_t control_ns() const;

private:
    ReplayTap* tap_;
    const Recording& recording_;
    engine::LiveStream stream_;
    std::vector<std::shared_ptr<engine::LivePolicy>> policies_;
    int64_t minute_ns_; // when the open one began
    int64_t now_ns_;
    size_t next_block_ = 0;
};

// MiB of private memory the process has now.
double private_mib();

} // namespace visor::bench
