#include "control/rest/live_feed.hpp"

#include "control/rest/rest.hpp"
#include "control/rest/results.hpp"

namespace visor::control {

namespace {
using namespace std::chrono_literals;
// Workers are asked a moment before their answers are needed: nobody waits for them.
constexpr auto interval = 1000ms, answer_time = 50ms, turn = 20ms;

// One reader's place in a feed.
class Reader final : public http::PieceSource {
public:
    explicit Reader(std::shared_ptr<LiveFeed> feed) : feed_(std::move(feed)) {}

    Next next() override {
        static const auto retry = std::make_shared<const std::string>("retry: 2000\n\n");
        if (!std::exchange(begun_, true)) return {.piece = retry};
        const auto now = LiveFeed::Clock::now();
        LiveFeed::Look look = feed_->look(seen_, now);
        if (!look.event) return {.wait = look.again - now};
        seen_ = look.number;
        return {.piece = std::move(look.event), .last = look.gone};
    }

private:
    std::shared_ptr<LiveFeed> feed_;
    uint64_t seen_ = 0;
    bool begun_ = false;
};
} // namespace

// Who comes while an event is made comes again: a thread of the server's is not kept.
LiveFeed::Look LiveFeed::look(uint64_t seen, Clock::time_point now) {
    const std::unique_lock lock(mutex_, std::try_to_lock);
    if (!lock) return {.again = now + turn};
    if (now >= due_ && !gone_) {
        const bool late = !event_ || now > due_ + interval;
        make_event();
        due_ = (late ? now : due_) + (asked_ ? answer_time : interval - answer_time);
    }
    if (number_ == seen) return {.again = due_};
    return {event_, number_, gone_, due_};
}

// Every other time only asks the workers for it.
void LiveFeed::make_event() {
    std::vector<PolicyPointer> policies;
    if (policy_ == all_policies)
        policies = agent_.policies();
    else if (PolicyPointer policy = agent_.policy(policy_))
        policies.push_back(std::move(policy));
    gone_ = policies.empty() && policy_ != all_policies;
    asked_ = !gone_ && event_ && !asked_;
    if (asked_) return agent_.refresh(policies);
    ++number_;
    std::string text =
        "event: " + std::string(gone_ ? "gone" : "metrics") + "\nid: " + std::to_string(number_) + "\ndata: ";
    text += gone_ ? "{}" : sinks::dump_json(metrics_json(agent_, policies, {}, {.charts = true}), false);
    event_ = std::make_shared<const std::string>(std::move(text.append("\n\n")));
}

std::shared_ptr<http::PieceSource> LiveFeeds::reader(const std::string& policy) {
    const std::lock_guard lock(mutex_);
    std::erase_if(feeds_, [](const auto& entry) { return entry.second.expired(); });
    auto feed = feeds_[policy].lock();
    if (!feed) feeds_[policy] = feed = std::make_shared<LiveFeed>(agent_, policy);
    return std::make_shared<Reader>(std::move(feed));
}

} // namespace visor::control
