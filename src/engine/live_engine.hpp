// All live streams, and the window thread that serves them: it merges what workers recorded, closes periods,
// and never touches a packet.
//
// Threads: every method may be called by anyone; they and the window thread take turns by one lock, which
// neither workers nor readers of results take. Owns: streams and the window thread. Units: wall-clock
// nanoseconds since 1970.
#pragma once

#include "engine/clock.hpp"
#include "engine/live_stream.hpp"

#include <condition_variable>
#include <functional>
#include <mutex>
#include <span>
#include <thread>

namespace visor::engine {

class LiveEngine {
public:
    explicit LiveEngine(TapNotify notify);
    ~LiveEngine(); // stops everything

    LiveStream& add(std::unique_ptr<LiveTap> tap, const DecodeSettings& decoding,
                    const WorkerSettings& settings = {});
    void remove(LiveStream& stream);
    // Decoding as the policies need it together, set with the change. `keeps`: what the services belong to.
    Result<std::shared_ptr<LivePolicy>> attach(LiveStream& stream,
                                               const std::shared_ptr<const PlannedPolicy>& plan,
                                               const Services& services, const DecodeSettings& settings,
                                               const std::shared_ptr<const void>& keeps = {});
    // These policies go on with other databases. Error: of none of them, as handlers cannot be made.
    std::optional<Error> replace_databases(std::span<const LivePolicy* const> policies,
                                           const Services& services,
                                           const std::shared_ptr<const void>& keeps);
    void detach(LiveStream& stream, const LivePolicy& policy);
    void set_decoding(LiveStream& stream, const DecodeSettings& settings);

    // From now on results of these policies are no older than a second. Asks all workers at once and waits
    // for their answers, a tenth of a second at most, however many there are; not at all when it was called
    // less than half a second ago or so.
    void refresh(std::span<const LivePolicy* const> policies);
    // For handlers that tell of the process itself.
    void tell_resources(const ResourceSample& sample);

private:
    void run();
    void watch_clock(int64_t now_ns);

    struct Served {
        std::unique_ptr<LiveStream> stream;
        int64_t asked_ns = INT64_MIN,
                told_ns = INT64_MIN; // monotonic; what is told is as old as its question
    };
    Served* serving(const LivePolicy& policy);
    bool is_stale(Served& served);

    TapNotify notify_;
    std::mutex mutex_;
    std::condition_variable wanted_;   // the window thread has something to do
    std::condition_variable answered_; // workers answered
    std::vector<std::unique_ptr<Served>> streams_;
    int64_t clock_offset_ns_; // wall clock minus monotonic
    bool stop_ = false;
    std::jthread thread_;
};

} // namespace visor::engine
