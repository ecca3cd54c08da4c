#include "engine/live_stream.hpp"

#include <algorithm>
#include <chrono>
#include <pthread.h>

namespace visor::engine {

namespace {
// Frames wait in the kernel's ring for a while; who comes within it after a period's end is waited for.
constexpr int64_t patience_ns = 50'000'000;
constexpr int64_t clock_slack_ns = sketch::second_ns;

// What a command brings, and its report takes back.
template <class Told>
void discard(const Told& told) {
    delete told.settings;
    delete told.lent;
}
} // namespace

Result<std::vector<LentHandlers>> make_handlers(const PlannedPolicy& plan, size_t workers,
                                                const Services& services,
                                                const std::shared_ptr<const void>& keeps) {
    std::vector<LentHandlers> made;
    for (size_t i = 0; i < workers; ++i) {
        auto handlers = WorkerHandlers::make({{plan}}, services);
        if (!handlers) return Error{handlers.error()};
        made.push_back({keeps, std::move(*handlers)});
    }
    return made;
}

std::optional<uint64_t> LivePolicy::waiting(size_t handler) const {
    std::optional<uint64_t> sum;
    for (const InWorker& worker : workers_)
        if (const auto waits = worker.handlers->waiting(handler)) sum = sum.value_or(0) + *waits;
    return sum;
}

LiveStream::LiveStream(std::unique_ptr<LiveTap> tap, const DecodeSettings& decoding,
                       const WorkerSettings& settings)
    : tap_(std::move(tap)) {
    for (unsigned i = 0; i < tap_->queues(); ++i)
        workers_.push_back(std::make_unique<LiveWorker>(tap_->queue(i), decoding, settings));
    reports_.resize(workers_.size());
}

LiveStream::~LiveStream() {
    for (const auto& worker : workers_) worker->stop();
    // A worker may wait for room for its reports.
    for (size_t i = 0; i < threads_.size(); ++i) {
        while (!workers_[i]->finished()) {
            collect(i);
            std::this_thread::sleep_for(std::chrono::microseconds(200));
        }
    }
    threads_.clear();
    for (size_t i = 0; i < workers_.size(); ++i) { // what was on its way
        collect(i);
        for (const WorkerReport& report : reports_[i]) discard(report);
        while (const auto command = workers_[i]->unheard()) discard(*command);
    }
}

void LiveStream::start() {
    for (size_t i = threads_.size(); i < workers_.size(); ++i) {
        threads_.emplace_back([worker = workers_[i].get()] { worker->run(); });
        pthread_setname_np(threads_.back().native_handle(), ("worker-" + std::to_string(i)).c_str());
    }
}

void LiveStream::tell(size_t worker, const WorkerCommand& command) {
    while (!workers_[worker]->tell(command)) {
        // It may itself wait for room for its reports: they are kept for later.
        collect(worker);
        workers_[worker]->wake();
        std::this_thread::sleep_for(std::chrono::microseconds(100));
    }
}

void LiveStream::collect(size_t worker) {
    while (const auto report = workers_[worker]->hear()) reports_[worker].push_back(*report);
}

Result<std::shared_ptr<LivePolicy>> LiveStream::attach(const std::shared_ptr<const PlannedPolicy>& plan,
                                                       const Services& services, int64_t now_ns,
                                                       const std::shared_ptr<const void>& keeps) {
    if (policies_.size() >= policies_max)
        return Error{"too many policies on one input: the limit is " + std::to_string(policies_max)};
    auto made = make_handlers(*plan, workers_.size(), services, keeps);
    if (!made) return Error{made.error()};
    auto policy = std::make_shared<LivePolicy>(plan);
    policy->results_.begin(now_ns);
    policy->bounds_ = {0, now_ns, now_ns + period_ns};
    for (LentHandlers& handlers : *made) {
        auto& in_worker = policy->workers_.emplace_back();
        in_worker.handlers = std::make_unique<LivePolicyWorker>(std::move(handlers));
        for (LivePart& part : in_worker.parts) part.buckets.buckets = policy->results_.empty_buckets();
    }
    for (size_t i = 0; i < workers_.size(); ++i) {
        auto& in_worker = policy->workers_[i];
        for (size_t p = 1; p < in_worker.parts.size(); ++p)
            in_worker.handlers->put_empty(&in_worker.parts[p]);
        tell(i, {.kind = WorkerCommand::Kind::attach,
                 .policy = in_worker.handlers.get(),
                 .part = in_worker.parts.data(),
                 .bounds = policy->bounds_});
        workers_[i]->wake();
    }
    policies_.push_back(policy);
    return policy;
}

void LiveStream::detach(const LivePolicy& policy) {
    const auto at =
        std::find_if(policies_.begin(), policies_.end(), [&](const auto& p) { return p.get() == &policy; });
    if (at == policies_.end()) return;
    for (size_t i = 0; i < workers_.size(); ++i) {
        auto& in_worker = (*at)->workers_[i];
        tell(i, {.kind = WorkerCommand::Kind::detach, .policy = in_worker.handlers.get()});
        workers_[i]->wake();
        if (std::exchange(in_worker.asked, false)) --asked_;
    }
    (*at)->leaving_ = true;
    merge_answers(); // its own may have been the last to come
    leaving_.push_back(std::move(*at));
    policies_.erase(at);
}

void LiveStream::swap_databases(const LivePolicy& policy, std::vector<LentHandlers>&& made) {
    for (size_t i = 0; i < workers_.size(); ++i) {
        tell(i, {.kind = WorkerCommand::Kind::databases,
                 .policy = policy.workers_[i].handlers.get(),
                 .lent = new LentHandlers(std::move(made[i]))});
        workers_[i]->wake();
    }
}

void LiveStream::set_decoding(const DecodeSettings& settings) {
    for (size_t i = 0; i < workers_.size(); ++i) {
        tell(i, {.kind = WorkerCommand::Kind::settings, .settings = new DecodeSettings(settings)});
        workers_[i]->wake();
    }
}

void LiveStream::serve(int64_t now_ns) {
    for (size_t i = 0; i < workers_.size(); ++i) {
        collect(i);
        for (; !reports_[i].empty(); reports_[i].pop_front()) {
            const WorkerReport report = reports_[i].front();
            hear(i, report);
        }
    }
    for (const auto& policy : policies_) {
        const int64_t end_ns = policy->bounds_.end_ns;
        if (!policy->closing_ && now_ns >= end_ns + patience_ns) {
            const int64_t ended_ns = now_ns < end_ns + period_ns ? end_ns : now_ns; // not after a long stop
            begin_closing(*policy, ended_ns, ended_ns);
        }
        // Set back while the period before was closing.
        const int64_t start_ns = policy->bounds_.start_ns;
        if (!policy->closing_ && now_ns < start_ns - clock_slack_ns) begin_closing(*policy, start_ns, now_ns);
        if (policy->closing_) finish_closing(*policy);
    }
    std::erase_if(leaving_, [](const auto& policy) {
        return std::all_of(policy->workers_.begin(), policy->workers_.end(),
                           [](const auto& w) { return w.detached; });
    });
}

LivePolicy* LiveStream::find(const LivePolicyWorker* handlers, size_t worker) const {
    for (const auto* list : {&policies_, &leaving_})
        for (const auto& policy : *list)
            if (policy->workers_[worker].handlers.get() == handlers) return policy.get();
    return nullptr;
}

void LiveStream::hear(size_t worker, const WorkerReport& report) {
    using Kind = WorkerReport::Kind;
    discard(report);
    LivePolicy* const policy = find(report.policy, worker);
    if (!policy) return;
    auto& in_worker = policy->workers_[worker];
    switch (report.kind) {
    case Kind::part:
    case Kind::last_part:
        take_part(*policy, worker, report);
        break;
    case Kind::detached:
        in_worker.detached = true;
        break;
    case Kind::threshold:
        --policy->thresholds_unread_;
        break;
    case Kind::nothing:
    case Kind::returned:
    case Kind::settings:
    case Kind::databases:
        break;
    }
    const bool answer = report.kind == Kind::part || report.kind == Kind::nothing;
    if (answer && std::exchange(in_worker.asked, false)) --asked_;
    if (answer) merge_answers();
}

// The part goes back at once with empty buckets; the full ones are merged when all workers' are here.
void LiveStream::take_part(LivePolicy& policy, size_t worker, const WorkerReport& report) {
    if (policy.leaving_) return; // the worker forgets the policy before it could hear of the part
    auto& into = report.part->period == policy.bounds_.period ? policy.parts_ : policy.next_parts_;
    into.push_back(std::move(report.part->buckets.buckets));
    if (report.kind == WorkerReport::Kind::last_part) policy.workers_[worker].left_period = true;
    report.part->buckets.buckets = policy.results_.empty_buckets();
    tell(worker, {.kind = WorkerCommand::Kind::empty, .policy = report.policy, .part = report.part});
    workers_[worker]->wake();
}

void LiveStream::merge_answers() {
    if (asked_ == 0)
        for (const auto& policy : policies_) merge(*policy);
}

void LiveStream::merge(LivePolicy& policy) {
    if (policy.parts_.empty()) return;
    policy.results_.add(std::move(policy.parts_));
    policy.parts_.clear();
}

void LiveStream::begin_closing(LivePolicy& policy, int64_t end_ns, int64_t next_start_ns) {
    policy.closing_ = true;
    policy.end_ns_ = end_ns;
    policy.next_ = {policy.bounds_.period + 1, next_start_ns, next_start_ns + period_ns};
    for (size_t i = 0; i < workers_.size(); ++i) {
        tell(i, {.kind = WorkerCommand::Kind::period,
                 .policy = policy.workers_[i].handlers.get(),
                 .bounds = policy.next_});
        workers_[i]->wake();
    }
}

void LiveStream::finish_closing(LivePolicy& policy) {
    if (policy.thresholds_unread_ > 0 || !std::all_of(policy.workers_.begin(), policy.workers_.end(),
                                                      [](const auto& w) { return w.left_period; }))
        return;
    merge(policy);
    policy.results_.close(policy.end_ns_, policy.next_.start_ns);
    policy.bounds_ = policy.next_;
    policy.closing_ = false;
    for (auto& worker : policy.workers_) worker.left_period = false;
    policy.parts_ = std::exchange(policy.next_parts_, {});
    merge(policy);
    policy.thresholds_ = policy.results_.last_closed();
    policy.thresholds_unread_ = workers_.size();
    for (size_t i = 0; i < workers_.size(); ++i)
        tell(i, {.kind = WorkerCommand::Kind::threshold,
                 .policy = policy.workers_[i].handlers.get(),
                 .cells = policy.thresholds_.data()});
}

void LiveStream::clock_was_set(int64_t before_ns, int64_t now_ns) {
    for (const auto& policy : policies_)
        if (!policy->closing_) begin_closing(*policy, std::max(before_ns, policy->bounds_.start_ns), now_ns);
}

void LiveStream::ask() {
    for (const auto& policy : policies_) {
        for (size_t i = 0; i < workers_.size(); ++i) {
            auto& in_worker = policy->workers_[i];
            if (std::exchange(in_worker.asked, true)) continue;
            ++asked_;
            tell(i, {.kind = WorkerCommand::Kind::hand_over, .policy = in_worker.handlers.get()});
        }
    }
    for (const auto& worker : workers_) worker->wake();
}

bool LiveStream::serves(const LivePolicy& policy) const {
    return std::any_of(policies_.begin(), policies_.end(), [&](const auto& p) { return p.get() == &policy; });
}

// The process is one: told by one worker.
void LiveStream::tell_resources(const ResourceSample& sample) {
    if (!workers_.empty()) tell(0, {.kind = WorkerCommand::Kind::resources, .resources = sample});
}

std::vector<WorkerCounts> LiveStream::counts() const {
    std::vector<WorkerCounts> counts;
    for (const auto& worker : workers_) counts.push_back(worker->counts());
    return counts;
}

} // namespace visor::engine
