#include "engine/window.hpp"

#include <algorithm>

namespace visor::engine {

namespace {
using sketch::second_ns;
constexpr int64_t period_s = period_ns / second_ns;
constexpr size_t seconds_slack = seconds_max / 4; // dropped at once: moving a day is dear for a minute's sake

int64_t seconds_of(int64_t ns) {
    return ns / second_ns;
}

void merge_bucket(const PlannedHandler& handler, Bucket& into, const Bucket& from) {
    merge_cells(handler.handler->cells(), into.cells(), from.cells());
}

void add_counters(const PlannedHandler& handler, Bucket& into, const Bucket& from) {
    for (const CellPlace& cell : handler.handler->cells()) {
        if (cell.ops->kind != Kind::counter) continue;
        cell.ops->merge(static_cast<std::byte*>(into.cells()) + cell.offset,
                        static_cast<const std::byte*>(from.cells()) + cell.offset);
    }
}
} // namespace

Window::Window(const Plan& plan, const Feed& feed, unsigned writers)
    : plan_(plan), feed_(feed), writers_(writers) {
    for (const auto& policy : plan_.policies)
        for (const auto& handler : policy.handlers) windows_.push_back({&handler, {}, 0, 0});
}

PeriodBuckets& Window::at(unsigned writer, int64_t period) {
    const std::lock_guard lock(mutex_);
    Writers& writers = open_[period];
    if (writers.empty()) writers.resize(writers_);
    PeriodBuckets& own = writers[writer];
    own.period = period;
    if (own.buckets.empty())
        for (HandlerWindow& window : windows_) own.buckets.push_back(bucket_for(window, writer));
    return own;
}

Bucket Window::bucket_for(HandlerWindow& window, size_t writer) const {
    if (!is_lane(writer) || window.spare.empty()) return Bucket(window.plan->handler->schema().cells_size);
    Bucket bucket = std::move(window.spare.back());
    window.spare.pop_back();
    return bucket;
}

void Window::done_with(HandlerWindow& window, Bucket&& bucket, bool of_lane) {
    Bucket done = std::move(bucket);
    if (!of_lane) return;
    clear_cells(window.plan->handler->cells(), done.cells());
    window.spare.push_back(std::move(done));
}

// Merging takes a while, and needs nothing that writers of other periods do: they need not wait.
void Window::settle_before(int64_t period) {
    for (;;) {
        std::unique_lock lock(mutex_);
        if (open_.empty() || open_.begin()->first >= period) return;
        auto oldest = open_.extract(open_.begin());
        lock.unlock();
        settle(oldest.key(), std::move(oldest.mapped()), false);
    }
}

void Window::finish() {
    const std::lock_guard lock(mutex_);
    while (!open_.empty()) {
        settle(open_.begin()->first, std::move(open_.begin()->second), open_.size() == 1);
        open_.erase(open_.begin());
    }
}

// Whole seconds a period lasted: a minute, or to the last frame.
int64_t Window::length_of(int64_t period, bool last) const {
    const int64_t start = feed_.period_start(period);
    return last ? std::max<int64_t>(seconds_of(feed_.totals().last_ns) - seconds_of(start), 0) : period_s;
}

void Window::settle(int64_t period, Writers&& writers, bool last) {
    const int64_t length = length_of(period, last);
    const int64_t start_ns = feed_.period_start(period);
    const int64_t seen_s = last ? (feed_.totals().last_ns - start_ns) / second_ns + 1 : period_s;
    for (size_t i = 0; i < windows_.size(); ++i) {
        Kept kept{period, period, length, {}, {}};
        for (size_t w = 0; w < writers.size(); ++w) {
            if (writers[w].buckets.empty()) continue;
            Bucket& bucket = writers[w].buckets[i];
            if (kept.bucket.cells()) {
                merge_bucket(*windows_[i].plan, kept.bucket, bucket);
                done_with(windows_[i], std::move(bucket), is_lane(w));
            } else {
                kept.bucket = std::move(bucket);
                kept.of_lane = is_lane(w);
            }
        }
        append_seconds(kept.rates, *windows_[i].plan, kept.bucket.cells(), static_cast<size_t>(seen_s));
        keep(windows_[i], std::move(kept));
    }
}

void Window::keep(HandlerWindow& window, Kept&& period) {
    const uint32_t wanted = window.plan->window.periods;
    if (wanted == 1 && !window.kept.empty()) {
        join(window, window.kept.front(), period);
        done_with(window, std::move(period.bucket), period.of_lane);
        return;
    }
    window.kept.push_back(std::move(period));
    ++window.periods;
    if (window.kept.size() > wanted) leave_out_oldest(window);
}

void Window::leave_out_oldest(HandlerWindow& window) {
    Kept& oldest = window.kept.front();
    if (!window.counters.cells()) window.counters = Bucket(window.plan->handler->schema().cells_size);
    add_counters(*window.plan, window.counters, oldest.bucket);
    done_with(window, std::move(oldest.bucket), oldest.of_lane);
    window.kept.pop_front();
    --window.periods;
    ++window.left_out;
}

// Adds the next period to what came before: cells merge, seconds follow one another, and silence between
// them.
void Window::join(const HandlerWindow& window, Kept& into, const Kept& next) {
    const int64_t silent = std::max<int64_t>(next.first_period - into.last_period - 1, 0);
    const auto silent_s = static_cast<size_t>(silent * period_s);
    merge_bucket(*window.plan, into.bucket, next.bucket);
    for (auto& [offset, seconds] : into.rates) {
        seconds.append_silence(silent_s);
        seconds.append(next.rates.at(offset));
        if (seconds.size() > seconds_max + seconds_slack) seconds.keep_latest();
    }
    // One summary of everything lasts from its first frame to its last, silence included.
    into.length_s += next.length_s + (window.plan->window.periods == 1 ? silent * period_s : 0);
    into.last_period = next.last_period;
}

HandlerView Window::view_of(HandlerWindow& window) const {
    if (window.kept.empty()) {
        Kept nothing;
        nothing.bucket = Bucket(window.plan->handler->schema().cells_size);
        window.kept.push_back(std::move(nothing));
    }
    while (window.kept.size() > 1) {
        join(window, window.kept[0], window.kept[1]);
        window.kept.erase(window.kept.begin() + 1);
    }
    for (auto& [offset, seconds] : window.kept.front().rates) seconds.keep_latest();
    const Kept& all = window.kept.front();
    const int64_t start = window.periods ? seconds_of(feed_.period_start(all.first_period)) : 0;
    HandlerView view{window.plan,  all.bucket.cells(), &all.rates,     start,
                     all.length_s, window.periods,     window.left_out};
    view.counters = view.cells;
    if (window.counters.cells()) {
        add_counters(*window.plan, window.counters, all.bucket);
        view.counters = window.counters.cells();
    }
    return view;
}

PolicyView policy_view(const PlannedPolicy& plan, std::vector<HandlerView> handlers) {
    PolicyView view{&plan, std::move(handlers), 0, 0};
    for (const HandlerView& handler : view.handlers) {
        if (&handler != view.handlers.data() && handler.periods_left_out <= view.periods_left_out) continue;
        view.periods = handler.periods;
        view.periods_left_out = handler.periods_left_out;
    }
    return view;
}

std::vector<PolicyView> Window::view() {
    std::vector<PolicyView> views;
    size_t next = 0;
    for (const PlannedPolicy& policy : plan_.policies) {
        std::vector<HandlerView> handlers;
        for (size_t i = 0; i < policy.handlers.size(); ++i) handlers.push_back(view_of(windows_[next++]));
        views.push_back(policy_view(policy, std::move(handlers)));
    }
    return views;
}

} // namespace visor::engine
