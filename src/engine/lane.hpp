// The ordered lane: everything that depends on the order of frames, done block after block in file order,
// whatever number of workers decode them. Transactions, TCP streams, fragments, and the end of periods.
//
// A worker holding block n may enter when block n-1 has left.
// Threads: process() blocks until it is this block's turn; then it has the lane to itself. Owns: its
// handlers' instances, the buckets they record into, and all reassembly state.
#pragma once

#include "engine/host_guess.hpp"
#include "engine/joiner.hpp"
#include "engine/window.hpp"
#include "engine/worker_handlers.hpp"

#include <condition_variable>
#include <mutex>

namespace visor::engine {

class OrderedLane {
public:
    OrderedLane(const DecodeSettings& settings, WorkerHandlers handlers, const Feed& feed, Window& window,
                unsigned writer, uint32_t tcp_connections);

    // Calls on_run(run, buckets) for each run of the block when its period has been entered, with the lane's
    // own buckets of it, then does what needs order.
    template <class F>
    void process(const FeedBlock& block, const Decoded& decoded, F&& on_run) {
        if (!wait_for_turn(block.frames.sequence)) return;
        for (const Run& run : block.runs) {
            if (run.period > period_) enter_period(run.period);
            PeriodBuckets& buckets = window_.at(writer_, run.period);
            on_run(run, buckets);
            process_run(run, decoded, buckets);
        }
        leave();
    }
    // A worker has failed: nobody gets a turn any more.
    void abandon();
    // After the last block: what is still waiting for a gap is delivered, what has waited too long is
    // counted.
    void finish();

    const TcpStreamCounts& tcp() const { return joiner_.tcp(); }
    const FragmentCounts& fragments() const { return joiner_.fragments(); }
    std::string likely_hosts() const { return host_guess_.host_spec(); } // empty when hosts were given

private:
    bool wait_for_turn(uint64_t sequence); // false: it does not come
    void leave();
    void process_run(const Run& run, const Decoded& decoded, PeriodBuckets& buckets);
    void enter_period(int64_t period);
    void deliver(const DnsEvent& event, PeriodBuckets& buckets);
    void tell_errors(PeriodBuckets& buckets);
    Batch batch_for(const PeriodBuckets& buckets) const;

    const DecodeSettings& settings_;
    WorkerHandlers handlers_;
    const Feed& feed_;
    Window& window_;
    unsigned writer_; // of the lane, in the window
    Joiner joiner_;
    HostGuess host_guess_;
    int64_t period_ = 0;
    std::vector<uint16_t> dhcp_; // indexes into the run's packets

    std::mutex mutex_;
    std::condition_variable turn_;
    uint64_t next_sequence_ = 0;
    bool abandoned_ = false;
};

} // namespace visor::engine
