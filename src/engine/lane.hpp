// The ordered lane: everything that depends on the order of frames, done block after block in file order,
// whatever number of workers decode them. Transactions, TCP streams, fragments, and the end of periods.
//
// Threads: one at a time, not always the same. Owns: its handlers' instances, the buckets they record into,
// and all reassembly state.
#pragma once

#include "engine/host_guess.hpp"
#include "engine/joiner.hpp"
#include "engine/window.hpp"
#include "engine/worker_handlers.hpp"

namespace visor::engine {

class OrderedLane {
public:
    OrderedLane(const DecodeSettings& settings, WorkerHandlers handlers, const Feed& feed, Window& window,
                unsigned writer, uint32_t tcp_connections);

    // The next block in the order of the capture; `wholly`: also what needs no order, which no worker does.
    void process(const FeedBlock& block, const Decoded& decoded, bool wholly);
    // After the last block: what is still waiting for a gap is delivered, what has waited too long is
    // counted.
    void finish();

    const TcpStreamCounts& tcp() const { return joiner_.tcp(); }
    const FragmentCounts& fragments() const { return joiner_.fragments(); }
    std::string likely_hosts() const { return host_guess_.host_spec(); } // empty when hosts were given

private:
    void process_run(const Run& run, const Decoded& decoded, PeriodBuckets& buckets, bool wholly);
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
};

} // namespace visor::engine
