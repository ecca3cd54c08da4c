// One policy in one live worker: its handlers' instances, and the buckets they write to.
//
// A worker writes to one set of buckets and hands it over when it is asked to, or when the period is over,
// if it has an empty set to go on with; if not, it goes on with the one it has and hands it over later. So a
// worker never waits for anybody.
// Threads: the worker's alone, once attached, but for waiting(). Owns: handlers; sets of buckets are lent by
// the window thread, and go round. Units: wall-clock nanoseconds since 1970.
#pragma once

#include "engine/worker_handlers.hpp"

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>

namespace visor::engine {

inline constexpr size_t policies_max = 512; // of one stream

// What one worker recorded of one policy in a part of a period.
struct LivePart {
    int64_t period = 0;
    PeriodBuckets buckets;
};

// Handlers, and what keeps the databases they were lent.
struct LentHandlers {
    std::shared_ptr<const void> keeps; // goes after them
    WorkerHandlers handlers;

    void swap_databases(LentHandlers& made) {
        handlers.swap_databases(made.handlers);
        std::swap(keeps, made.keeps);
    }
};

class LivePolicyWorker {
public:
    static constexpr size_t parts_max = 3; // one written to, one to go on with, one on its way

    explicit LivePolicyWorker(LentHandlers lent) : lent_(std::move(lent)), waiting_(lent_.handlers.count()) {
        tell_waiting();
    }
    // Goes on with the databases of `made`, which has those before in return.
    void swap_databases(LentHandlers& made) { lent_.swap_databases(made); }

    // The period frames belong to now, and when it is over.
    struct Bounds {
        int64_t period = 0;
        int64_t start_ns = 0;
        int64_t end_ns = INT64_MAX; // not said yet
    };
    const Bounds& bounds() const { return bounds_; }
    void set_bounds(const Bounds& bounds) { bounds_ = bounds; }

    void put_empty(LivePart* part) {
        if (writing_ == nullptr)
            writing_ = part;
        else
            empty_[empties_++] = part;
    }
    // Goes on with an empty set and returns the one written to; null when there is no empty one.
    LivePart* exchange() {
        tell_waiting();
        if (empties_ == 0) return nullptr;
        LivePart* const full = std::exchange(writing_, empty_[--empties_]);
        full->period = bounds_.period;
        return full;
    }
    // Takes back what it was lent, one by one; null when nothing is left.
    LivePart* give_back() { return empties_ ? empty_[--empties_] : std::exchange(writing_, nullptr); }

    // Everything of a batch, in the order of a single worker.
    void on_batch(Batch batch) {
        batch.period_start_ns = bounds_.start_ns;
        lent_.handlers.on_batch(batch, writing_->buckets);
        lent_.handlers.on_ordered(batch, writing_->buckets);
    }
    void on_time(int64_t now_ns, unsigned parts) { lent_.handlers.on_time(now_ns, writing_->buckets, parts); }
    void on_period_end(const void* const* cells) { lent_.handlers.on_period_end(cells); }

    // Requests that waited for their answers in a handler when it handed over last; any thread.
    std::optional<uint64_t> waiting(size_t handler) const {
        const uint64_t number = waiting_[handler].load(std::memory_order_relaxed);
        return number == none_waits ? std::nullopt : std::optional(number);
    }

private:
    static constexpr uint64_t none_waits = UINT64_MAX; // ever
    void tell_waiting() {
        for (size_t i = 0; i < waiting_.size(); ++i)
            waiting_[i].store(lent_.handlers.waiting(i).value_or(none_waits), std::memory_order_relaxed);
    }

    LentHandlers lent_;
    std::vector<std::atomic<uint64_t>> waiting_; // by handler
    Bounds bounds_;
    LivePart* writing_ = nullptr;
    std::array<LivePart*, parts_max> empty_{};
    size_t empties_ = 0;
};

} // namespace visor::engine
