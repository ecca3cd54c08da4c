// What a policy's open minute shows, once a second for everybody who watches, as server-sent events.
//
// There is no thread for it: of those who ask, the first whose turn has come makes the event, and the rest
// get the same text. A feed is there as long as somebody reads it. Threads: any. Owns: the newest event; the
// agent outlives it. Format: text/event-stream (HTML Standard, section 9.2).
#pragma once

#include "control/agent/agent.hpp"
#include "control/http/piece_source.hpp"

#include <chrono>
#include <map>
#include <memory>
#include <mutex>
#include <string>

namespace visor::control {

class LiveFeed {
public:
    using Clock = std::chrono::steady_clock;

    LiveFeed(Agent& agent, std::string policy) : agent_(agent), policy_(std::move(policy)) {}

    struct Look {
        std::shared_ptr<const std::string> event{}; // null: ask again at `again`
        uint64_t number = 0;                        // of the event; they rise
        bool gone = false;                          // the policy is, and the event says so
        Clock::time_point again{};
    };
    Look look(uint64_t seen, Clock::time_point now); // the newest event after that one

private:
    void make_event();

    Agent& agent_;
    const std::string policy_; // its name: one that takes its place is shown on
    std::mutex mutex_;
    std::shared_ptr<const std::string> event_;
    uint64_t number_ = 0;
    bool gone_ = false;
    bool asked_ = false;    // the workers were, for the next event
    Clock::time_point due_; // of what comes next: the question, or the event
};

// The feeds that are read.
class LiveFeeds {
public:
    explicit LiveFeeds(Agent& agent) : agent_(agent) {}
    std::shared_ptr<http::PieceSource> reader(const std::string& policy);

private:
    Agent& agent_;
    std::mutex mutex_;
    std::map<std::string, std::weak_ptr<LiveFeed>> feeds_;
};

} // namespace visor::control
