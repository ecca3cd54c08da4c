// One live worker: reads one capture queue, decodes each frame once and gives it to every policy of the
// stream. It shares nothing: what it is told and what it tells goes through rings between two threads.
//
// Threads: run() is the worker's thread; tell(), hear() and stop() belong to the window thread; counts() to
// anyone. Owns: decoder, streams and fragments; policies and buckets are lent to it by commands. Hot: no
// lock, no heap, no exception between two commands.
#pragma once

#include "base/published.hpp"
#include "base/spsc.hpp"
#include "engine/block_part.hpp"
#include "engine/deep_throttle.hpp"
#include "engine/feed.hpp"
#include "engine/joiner.hpp"
#include "engine/live_policy.hpp"
#include "engine/live_source.hpp"

#include <atomic>
#include <vector>

namespace visor::engine {

struct WorkerCommand {
    enum class Kind : uint8_t {
        attach,    // a policy, with its bounds and an empty part
        detach,    // a policy
        empty,     // a part to go on with
        hand_over, // what was recorded so far
        period,    // the policy's period is now this one
        threshold, // what the period before came to, of all workers
        settings,  // how to decode; exchanged for what was used before
        resources, // a sample of what the process takes
        databases, // the policy's handlers use these; exchanged for what they used before
    };
    Kind kind;
    LivePolicyWorker* policy = nullptr;
    LivePart* part = nullptr;
    LivePolicyWorker::Bounds bounds{};
    const void* const* cells = nullptr;
    DecodeSettings* settings = nullptr;
    LentHandlers* lent = nullptr;
    ResourceSample resources{};
};

struct WorkerReport {
    enum class Kind : uint8_t {
        part,      // recorded, and more of this period may come
        last_part, // ... and the worker has left the period
        nothing,   // asked to hand over, but there was nothing to go on with
        returned,  // lent and not needed any more
        detached,  // the policy is not looked at any more
        threshold, // the figures were read
        settings,  // the old ones
        databases, // the old ones
    };
    Kind kind;
    LivePolicyWorker* policy = nullptr;
    LivePart* part = nullptr;
    DecodeSettings* settings = nullptr;
    LentHandlers* lent = nullptr;
};

// What a worker left out of deep analysis while it was behind.
struct SamplingCounts {
    uint64_t deep_events_skipped = 0; // by each handler, of what its configured share has
    uint32_t weight = 1;              // now
    uint64_t blocks = 0;              // of frames, read with a weight above 1
    uint64_t ns = 0;                  // with a weight above 1
};

// What a worker has counted since it began.
struct WorkerCounts {
    LiveCounts source;
    FeedTotals frames;
    std::array<uint64_t, wire::anomaly_count> anomalies{};
    std::array<uint64_t, 3> directions{};
    TcpStreamCounts tcp;
    FragmentCounts fragments;
    SamplingCounts sampling;
    uint64_t hand_overs = 0;
    uint64_t hand_overs_delayed = 0;             // there was no empty part to go on with
    uint64_t control_ns = 0, control_ns_max = 0; // thread time not spent on frames
    uint64_t cpu_ns = 0;                         // thread time in all
};

// What all workers of a stream have in common, for as long as they run.
struct WorkerSettings {
    uint32_t tcp_connections = 0;  // followed at most; 0 = as many as usual
    bool adaptive_sampling = true; // less deep analysis while behind; frames may be lost instead
};

class LiveWorker {
public:
    LiveWorker(LiveSource& source, DecodeSettings decoding, const WorkerSettings& settings);

    void run(); // until stop()
    void stop();
    bool finished() const { return finished_.load(std::memory_order_acquire); } // run() has returned

    bool tell(const WorkerCommand& command) { return commands_.put(command); }
    void wake() { source_.wake(); }
    std::optional<WorkerReport> hear() { return reports_.take(); }
    // When it has finished: what it was told and did not hear any more.
    std::optional<WorkerCommand> unheard() { return commands_.take(); }
    WorkerCounts counts() const { return published_.get(); }

private:
    void adapt(const FrameBlock& block, int64_t now_ns);
    void process(const FrameBlock& block);
    void process(FrameRange frames);
    uint32_t next_cut(const FrameBlock& block, uint32_t begin) const;
    void cross_boundary(int64_t ts_ns);
    void control(int64_t now_ns);
    void obey(const WorkerCommand& command, int64_t now_ns);
    void enter_periods(bool queue_empty, int64_t now_ns);
    void detach(LivePolicyWorker* policy);
    void hand_over(LivePolicyWorker& policy);
    bool leave_period(LivePolicyWorker& policy, const LivePolicyWorker::Bounds& next);
    void tick();
    void tell_errors();
    void publish();
    void report(const WorkerReport& report);
    void find_bounds();
    void tell_message(const DnsEvent& event);
    void tell_all(Batch batch);

    LiveSource& source_;
    DecodeSettings settings_;
    Decoder decoder_;
    Decoded decoded_;
    Joiner joiner_;
    std::vector<LivePolicyWorker*> policies_;
    // Periods that policies are to enter, and have not yet: frames of the one before may be in the queue, or
    // there is no empty part.
    struct Waiting {
        LivePolicyWorker* policy;
        LivePolicyWorker::Bounds bounds;
        int64_t until_ns; // monotonic: no longer for frames that may be in the queue
    };
    std::vector<Waiting> waiting_;
    int64_t earliest_end_ns_ = INT64_MAX; // of the policies' periods
    int64_t latest_start_ns_ = INT64_MIN; // frames before it are late for one of them
    std::vector<uint16_t> dhcp_;
    const bool adaptive_;
    DeepThrottle throttle_;
    int64_t throttled_ns_ = 0; // monotonic: until then the time with a weight above 1 was counted
    WorkerCounts counts_;
    LiveCounts drops_told_;
    int64_t next_tick_ns_ = 0; // monotonic
    unsigned ticks_ = 0;

    SpscRing<WorkerCommand, 1024> commands_;
    SpscRing<WorkerReport, 1024> reports_;
    Published<WorkerCounts> published_;
    std::atomic<bool> stop_{false}, finished_{false};
};

} // namespace visor::engine
