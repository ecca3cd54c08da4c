#include "engine/live_engine.hpp"

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <pthread.h>
#include <set>

namespace visor::engine {

namespace {
using namespace std::chrono_literals;
using sketch::second_ns;

constexpr std::chrono::microseconds idle_wait = 20ms, busy_wait = 500us, answer_wait = 100ms;
constexpr int64_t ask_again_ns = second_ns / 2;
constexpr int64_t clock_step_ns = second_ns; // of the wall clock; less is called slewing

// Between the wall clock and one that nobody sets, and that goes on while the machine sleeps. Read again when
// the thread was stopped between the two.
int64_t clock_offset_ns() {
    for (;;) {
        const int64_t before_ns = clock_ns(CLOCK_BOOTTIME), wall_ns = clock_ns(CLOCK_REALTIME);
        const int64_t after_ns = clock_ns(CLOCK_BOOTTIME);
        if (after_ns - before_ns < clock_step_ns / 10) return wall_ns - before_ns;
    }
}
} // namespace

LiveEngine::LiveEngine(TapNotify notify)
    : notify_(std::move(notify)), clock_offset_ns_(clock_offset_ns()), thread_([this] { run(); }) {
    pthread_setname_np(thread_.native_handle(), "window");
}

LiveEngine::~LiveEngine() {
    {
        const std::lock_guard lock(mutex_);
        stop_ = true;
    }
    wanted_.notify_all();
    thread_.join();
}

void LiveEngine::run() {
    std::unique_lock lock(mutex_);
    while (!stop_) {
        const int64_t now_ns = wall_clock_ns();
        watch_clock(now_ns);
        bool busy = false;
        for (const auto& served : streams_) {
            served->stream->serve(now_ns);
            busy |= !served->stream->answered();
        }
        answered_.notify_all();
        wanted_.wait_for(lock, busy ? busy_wait : idle_wait);
    }
}

void LiveEngine::watch_clock(int64_t now_ns) {
    const int64_t offset_ns = clock_offset_ns();
    const int64_t step_ns = offset_ns - clock_offset_ns_;
    clock_offset_ns_ = offset_ns;
    if (std::llabs(step_ns) < clock_step_ns) return;
    notify_(TapEvent::warning, "the wall clock was set by " + std::to_string(step_ns / second_ns) +
                                   " s: the open period ends here");
    for (const auto& served : streams_) served->stream->clock_was_set(now_ns - step_ns, now_ns);
}

LiveStream& LiveEngine::add(std::unique_ptr<LiveTap> tap, const DecodeSettings& decoding,
                            const WorkerSettings& settings) {
    auto stream = std::make_unique<LiveStream>(std::move(tap), decoding, settings);
    stream->start();
    const std::lock_guard lock(mutex_);
    streams_.push_back(std::make_unique<Served>(Served{std::move(stream)}));
    return *streams_.back()->stream;
}

void LiveEngine::remove(LiveStream& stream) {
    std::unique_ptr<Served> removed;
    {
        const std::lock_guard lock(mutex_);
        const auto at = std::find_if(streams_.begin(), streams_.end(),
                                     [&](const auto& s) { return s->stream.get() == &stream; });
        if (at == streams_.end()) return;
        removed = std::move(*at);
        streams_.erase(at);
    }
    answered_.notify_all();
}

LiveEngine::Served* LiveEngine::serving(const LivePolicy& policy) {
    for (const auto& served : streams_)
        if (served->stream->serves(policy)) return served.get();
    return nullptr;
}

Result<std::shared_ptr<LivePolicy>> LiveEngine::attach(LiveStream& stream,
                                                       const std::shared_ptr<const PlannedPolicy>& plan,
                                                       const Services& services,
                                                       const DecodeSettings& settings,
                                                       const std::shared_ptr<const void>& keeps) {
    const std::lock_guard lock(mutex_);
    stream.set_decoding(settings);
    return stream.attach(plan, services, wall_clock_ns(), keeps);
}

// What takes long comes first, without this engine's lock: filters look at every place of a database.
std::optional<Error> LiveEngine::replace_databases(std::span<const LivePolicy* const> policies,
                                                   const Services& services,
                                                   const std::shared_ptr<const void>& keeps) {
    std::vector<std::vector<LentHandlers>> made;
    for (const LivePolicy* policy : policies) {
        auto handlers = make_handlers(policy->plan(), policy->workers(), services, keeps);
        if (!handlers) return handlers.reason();
        made.push_back(std::move(*handlers));
    }
    const std::lock_guard lock(mutex_);
    for (size_t i = 0; i < policies.size(); ++i)
        if (Served* const served = serving(*policies[i]))
            served->stream->swap_databases(*policies[i], std::move(made[i]));
    return {};
}

void LiveEngine::detach(LiveStream& stream, const LivePolicy& policy) {
    const std::lock_guard lock(mutex_);
    stream.detach(policy);
}

void LiveEngine::set_decoding(LiveStream& stream, const DecodeSettings& settings) {
    const std::lock_guard lock(mutex_);
    stream.set_decoding(settings);
}

// Asks the stream's workers before what they told is too old, so that who reads often is never kept waiting.
// True when it is too old by now.
bool LiveEngine::is_stale(Served& served) {
    const int64_t now_ns = clock_ns(CLOCK_MONOTONIC);
    if (served.stream->answered()) {
        served.told_ns = served.asked_ns;
        if (served.asked_ns <= now_ns - ask_again_ns) {
            served.asked_ns = now_ns;
            served.stream->ask();
            wanted_.notify_all();
        }
    }
    return served.told_ns <= now_ns - second_ns;
}

void LiveEngine::refresh(std::span<const LivePolicy* const> policies) {
    std::unique_lock lock(mutex_);
    std::set<const LiveStream*> seen, stale;
    for (const LivePolicy* policy : policies)
        if (Served* const served = serving(*policy); served && seen.insert(served->stream.get()).second)
            if (is_stale(*served)) stale.insert(served->stream.get());
    if (stale.empty()) return;
    answered_.wait_for(lock, answer_wait, [&] { // one may have gone meanwhile
        return std::none_of(streams_.begin(), streams_.end(), [&](const auto& served) {
            return stale.contains(served->stream.get()) && !served->stream->answered();
        });
    });
}

void LiveEngine::tell_resources(const ResourceSample& sample) {
    const std::lock_guard lock(mutex_);
    for (const auto& served : streams_) served->stream->tell_resources(sample);
}

} // namespace visor::engine
