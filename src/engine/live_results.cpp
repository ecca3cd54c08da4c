#include "engine/live_results.hpp"

#include <algorithm>

namespace visor::engine {

namespace {
using sketch::second_ns;

// The whole seconds of each rate up to now.
RateSeconds seconds_of(const PlannedHandler& plan, const HandlerPeriod& period, const Bucket& bucket,
                       int64_t now_ns) {
    RateSeconds rates = period.earlier;
    const int64_t whole = std::max<int64_t>((now_ns - period.minute_ns) / second_ns, 0);
    append_seconds(rates, plan, bucket.cells(), static_cast<size_t>(whole));
    for (auto& [offset, seconds] : rates) seconds.keep_latest();
    return rates;
}

bool lasts(Kind kind) {
    return kind == Kind::counter || kind == Kind::quantiles || kind == Kind::histogram || kind == Kind::rate;
}
} // namespace

LiveResults::LiveResults(std::shared_ptr<const PlannedPolicy> plan) : plan_(std::move(plan)) {
    for (const PlannedHandler& handler : plan_->handlers) {
        HandlerResults results{&handler, {}, {}, {}, {}};
        for (const CellPlace& cell : handler.handler->cells())
            if (lasts(cell.ops->kind)) results.lasting.push_back(cell);
        handlers_.push_back(std::move(results));
    }
}

std::vector<Bucket> LiveResults::empty_buckets() const {
    std::vector<Bucket> buckets;
    for (const HandlerResults& handler : handlers_) buckets.push_back(handler.empty_bucket());
    return buckets;
}

LiveResults::Period LiveResults::fresh(const HandlerResults& handler, int64_t start_ns) {
    return std::make_shared<HandlerPeriod>(
        HandlerPeriod{.plain = std::make_shared<Bucket>(handler.empty_bucket()),
                      .start_ns = start_ns,
                      .minute_ns = start_ns});
}

void LiveResults::begin(int64_t start_ns) {
    for (HandlerResults& handler : handlers_) {
        auto open = fresh(handler, start_ns), lifetime = fresh(handler, start_ns);
        const std::lock_guard lock(mutex_);
        handler.open = std::move(open);
        handler.lifetime = std::move(lifetime);
    }
}

void LiveResults::add(std::vector<std::vector<Bucket>>&& parts) {
    for (size_t i = 0; i < handlers_.size(); ++i) {
        std::vector<Bucket> of_handler;
        for (auto& part : parts) of_handler.push_back(std::move(part[i]));
        add_to(handlers_[i], std::move(of_handler));
    }
}

// What was published does not change: the sum is made in the first part's bucket, and takes its place.
void LiveResults::add_to(HandlerResults& handler, std::vector<Bucket>&& parts) {
    if (parts.empty()) return;
    for (size_t i = 1; i < parts.size(); ++i)
        merge_cells(handler.plan->handler->cells(), parts[0].cells(), parts[i].cells());
    add_to_lifetime(handler, parts[0]);
    auto sum = std::make_shared<HandlerPeriod>(*handler.open);
    merge_cells(handler.plan->handler->cells(), parts[0].cells(), sum->plain->cells());
    sum->plain = std::make_shared<Bucket>(std::move(parts[0]));
    const std::lock_guard lock(mutex_);
    handler.open = std::move(sum);
}

void LiveResults::add_to_lifetime(HandlerResults& handler, const Bucket& part) {
    auto bucket = std::make_shared<Bucket>(handler.empty_bucket());
    merge_cells(handler.lasting, bucket->cells(), handler.lifetime->plain->cells());
    merge_cells(handler.lasting, bucket->cells(), part.cells());
    auto sum = std::make_shared<HandlerPeriod>(*handler.lifetime);
    sum->plain = std::move(bucket);
    const std::lock_guard lock(mutex_);
    handler.lifetime = std::move(sum);
}

void LiveResults::close(int64_t end_ns, int64_t next_start_ns) {
    last_closed_.clear();
    for (HandlerResults& handler : handlers_) {
        last_closed_.push_back(handler.open);
        if (handler.one_summary())
            go_on(handler, end_ns, next_start_ns);
        else
            close_one(handler, end_ns, next_start_ns);
    }
}

void LiveResults::close_one(HandlerResults& handler, int64_t end_ns, int64_t next_start_ns) {
    auto ended = std::make_shared<HandlerPeriod>(*handler.open);
    ended->end_ns = end_ns;
    auto next = fresh(handler, next_start_ns);
    const size_t closed_max = handler.plan->window.periods - 1;
    const bool packs = !handler.closed.empty() && closed_max > 1;
    auto before = packs ? packed(handler, handler.closed.front()) : nullptr;
    const std::lock_guard lock(mutex_);
    handler.open = std::move(next);
    if (before) handler.closed.front() = std::move(before);
    handler.closed.push_front(std::move(ended));
    if (handler.closed.size() > closed_max) handler.closed.pop_back();
}

// The minute closed last is what scrapes read; those before are asked for seldom.
LiveResults::Period LiveResults::packed(const HandlerResults& handler, const Period& period) {
    auto bucket = PackedBucket::of(*period->plain, handler.plan->handler->schema().cells_size);
    if (!bucket) return period;
    auto packed = std::make_shared<HandlerPeriod>(*period);
    packed->plain.reset();
    packed->packed = std::make_shared<PackedBucket>(std::move(*bucket));
    return packed;
}

// A handler that keeps one summary goes on with it; of its rates the next minute's seconds are to follow.
void LiveResults::go_on(HandlerResults& handler, int64_t end_ns, int64_t next_start_ns) {
    auto bucket = std::make_shared<Bucket>(handler.empty_bucket());
    merge_cells(handler.plan->handler->cells(), bucket->cells(), handler.open->plain->cells());
    for (const CellPlace& cell : handler.plan->handler->cells())
        if (cell.ops->kind == Kind::rate)
            cell.ops->clear(static_cast<std::byte*>(bucket->cells()) + cell.offset);
    auto next = std::make_shared<HandlerPeriod>(
        HandlerPeriod{.plain = std::move(bucket),
                      .earlier = seconds_of(*handler.plan, *handler.open, *handler.open->plain, end_ns),
                      .start_ns = handler.open->start_ns + next_start_ns - end_ns,
                      .minute_ns = next_start_ns});
    const std::lock_guard lock(mutex_);
    handler.open = std::move(next);
}

std::vector<const void*> LiveResults::last_closed() const {
    std::vector<const void*> cells;
    for (const Period& period : last_closed_) cells.push_back(period->plain->cells());
    return cells;
}

uint32_t LiveResults::periods() const {
    const std::lock_guard lock(mutex_);
    size_t most = 0;
    for (const HandlerResults& handler : handlers_) most = std::max(most, handler.closed.size() + 1);
    return static_cast<uint32_t>(most);
}

LiveView LiveResults::period(uint32_t index, int64_t now_ns) const {
    std::vector<std::vector<Period>> periods;
    {
        const std::lock_guard lock(mutex_);
        for (const HandlerResults& handler : handlers_) {
            std::vector<Period>& of = periods.emplace_back();
            if (index == 0)
                of.push_back(handler.open);
            else if (index <= handler.closed.size())
                of.push_back(handler.closed[index - 1]);
        }
    }
    return view_of(periods, now_ns);
}

LiveView LiveResults::window(uint32_t count, int64_t now_ns) const {
    std::vector<std::vector<Period>> periods;
    {
        const std::lock_guard lock(mutex_);
        for (const HandlerResults& handler : handlers_) {
            std::vector<Period>& of = periods.emplace_back();
            for (size_t i = std::min<size_t>(count - 1, handler.closed.size()); i > 0; --i)
                of.push_back(handler.closed[i - 1]);
            of.push_back(handler.open);
        }
    }
    return view_of(periods, now_ns);
}

LiveView LiveResults::lifetime(int64_t now_ns) const {
    std::vector<std::vector<Period>> periods;
    {
        const std::lock_guard lock(mutex_);
        for (const HandlerResults& handler : handlers_) periods.push_back({handler.lifetime});
    }
    return view_of(periods, now_ns);
}

LiveView LiveResults::view_of(const std::vector<std::vector<Period>>& periods, int64_t now_ns) const {
    LiveView view;
    view.plan = plan_.get();
    view.owner_ = plan_;
    for (size_t i = 0; i < handlers_.size(); ++i)
        if (!periods[i].empty()) view_handler(view, *handlers_[i].plan, periods[i], now_ns);
    return view;
}

void LiveResults::view_handler(LiveView& view, const PlannedHandler& plan, const std::vector<Period>& periods,
                               int64_t now_ns) const {
    HandlerView handler;
    handler.plan = &plan;
    handler.live = true;
    handler.open = !periods.back()->end_ns;
    handler.periods = static_cast<uint32_t>(periods.size());
    handler.start_ts = periods.front()->start_ns / second_ns;
    auto& rates = view.rates_.emplace_back();
    auto sum = periods.size() == 1 ? nullptr : std::make_shared<Bucket>(plan.handler->schema().cells_size);
    for (const Period& period : periods) {
        const int64_t end_ns = period->end_ns.value_or(now_ns);
        handler.length += std::max<int64_t>(end_ns / second_ns - period->start_ns / second_ns, 0);
        auto bucket = period->bucket();
        for (auto& [offset, seconds] : seconds_of(plan, *period, *bucket, end_ns))
            rates[offset].append(seconds);
        if (sum)
            merge_cells(plan.handler->cells(), sum->cells(), bucket->cells());
        else
            view.buckets_.push_back(std::move(bucket));
    }
    if (sum) view.buckets_.push_back(std::move(sum));
    handler.rates = &rates;
    handler.cells = view.buckets_.back()->cells();
    view.handlers.push_back(handler);
}

} // namespace visor::engine
