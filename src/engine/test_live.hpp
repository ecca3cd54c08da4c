// A live tap whose frames a test makes, and a handler that counts them. Threads: frames are given by the
// test, taken by the workers. Owns: copies of the frames.
#pragma once

#include "engine/live_engine.hpp"
#include "wire/link.hpp"
#include "wire/test_frames.hpp"

#include <atomic>
#include <condition_variable>
#include <deque>
#include <mutex>

namespace visor::engine::test {

class FakeQueue final : public LiveSource {
public:
    void give(int64_t ts_ns, unsigned count = 1) {
        const std::lock_guard lock(mutex_);
        for (unsigned i = 0; i < count; ++i) waiting_.push_back(ts_ns);
        ready_.notify_all();
    }
    size_t waiting() {
        const std::lock_guard lock(mutex_);
        return waiting_.size();
    }
    void drop(uint64_t frames) {
        const std::lock_guard lock(mutex_);
        dropped_ += frames;
    }
    // While it holds, its worker gets nothing and hears nothing.
    void hold(bool held) {
        const std::lock_guard lock(mutex_);
        held_ = held;
        ready_.notify_all();
    }
    void fill(double backlog) { backlog_.store(backlog); } // what it says from now on
    void next(FrameBlock& block, int wait_ms) override {
        std::unique_lock lock(mutex_);
        block.count = 0;
        ready_.wait(lock, [&] { return !held_; });
        ready_.wait_for(lock, std::chrono::milliseconds(wait_ms),
                        [&] { return woken_ || !waiting_.empty(); });
        woken_ = false;
        while (!waiting_.empty() && block.count < block_frames_max) {
            Frame& frame = block.frames[block.count++];
            frame = {frame_.data(),
                     waiting_.front(),
                     static_cast<uint32_t>(frame_.size()),
                     static_cast<uint32_t>(frame_.size()),
                     static_cast<uint16_t>(wire::LinkType::ethernet),
                     0};
            waiting_.pop_front();
        }
        delivered_ += block.count;
    }
    void wake() override {
        const std::lock_guard lock(mutex_);
        woken_ = true;
        ready_.notify_all();
    }
    LiveCounts counts() override {
        const std::lock_guard lock(mutex_);
        LiveCounts counts;
        counts.delivered = delivered_;
        counts.dropped_ring = dropped_;
        counts.received = delivered_ + dropped_;
        return counts;
    }
    double backlog() const override { return backlog_.load(); }

private:
    std::mutex mutex_;
    std::condition_variable ready_;
    std::atomic<double> backlog_{0};
    std::deque<int64_t> waiting_;
    uint64_t delivered_ = 0, dropped_ = 0;
    bool woken_ = false, held_ = false;
    const std::vector<uint8_t> frame_ = std::vector<uint8_t>(60, 0);
};

class FakeTap final : public LiveTap {
public:
    explicit FakeTap(unsigned queues) : queues_(queues) {}
    unsigned queues() const override { return static_cast<unsigned>(queues_.size()); }
    FakeQueue& queue(unsigned index) override { return queues_[index]; }
    std::string_view kind() const override { return "fake"; }
    const std::vector<std::string>& interfaces() const override { return interfaces_; }
    size_t ring_bytes() const override { return 0; }
    bool up() const override { return true; }

private:
    std::deque<FakeQueue> queues_;
    std::vector<std::string> interfaces_{"fake0"};
};

struct CountCells {
    Counter frames, drops, period_ends, deep_frames, places;
    sketch::RateSlots rate;
};

class CountHandler final : public Handler {
public:
    explicit CountHandler(const Services& services) : city_(services.city) {}
    void swap_databases(Handler& made) override { std::swap(city_, static_cast<CountHandler&>(made).city_); }
    void on_batch(const Batch& batch, void* cells) override {
        auto& counts = *static_cast<CountCells*>(cells);
        counts.frames += batch.packets.size();
        const uint64_t deep = batch.packets.size() / batch.deep_weight;
        counts.deep_frames += deep;
        if (city_) counts.places += batch.packets.size() * city_->find_v4(0);
        if (batch.deep_weight > 1) batch.skip_deep(batch.packets.size() - deep);
        for (const auto& packet : batch.packets) counts.rate.add(batch.second_of(packet.ts_ns), 1);
    }
    void on_ordered(const Batch& batch, void* cells) override {
        static_cast<CountCells*>(cells)->drops += batch.os_drops;
        static_cast<CountCells*>(cells)->period_ends += std::exchange(ends_, 0);
    }
    // What the period before came to, of all workers.
    void on_period_end(const void* previous) override {
        ends_ += static_cast<const CountCells*>(previous)->frames.value;
    }

private:
    const GeoTable* city_;
    uint64_t ends_ = 0;
};

inline const Schema& count_schema() {
    static const Schema schema{
        .key = "count",
        .title = "count",
        .dimension = {},
        .groups = {},
        .rows = {row(path(&CountCells::frames), {.path = "frames", .help = "for tests"}),
                 row(path(&CountCells::drops), {.path = "drops", .help = "for tests"}),
                 row(path(&CountCells::period_ends), {.path = "period_ends", .help = "for tests"}),
                 row(path(&CountCells::deep_frames), {.path = "deep_frames", .help = "for tests"}),
                 row(path(&CountCells::places), {.path = "places", .help = "ids of their place, added up"}),
                 row(path(&CountCells::rate), {.path = "rate", .help = "for tests"})},
        .cells_size = sizeof(CountCells)};
    return schema;
}

inline const HandlerClass& count_handler() {
    static const HandlerClass handler{
        "count",
        "1.0",
        count_schema,
        []() -> std::span<const CellPlace> {
            static const Schema* const schemas[] = {&count_schema()};
            static const auto cells = cells_of(schemas);
            return cells;
        },
        {},
        [](const HandlerConfig& config, const Services& services) -> Result<std::unique_ptr<Handler>> {
            if (config.deep_sample_rate == 0 && services.city) return Error{"no such places"};
            return std::unique_ptr<Handler>(new CountHandler(services));
        }};
    return handler;
}

inline std::shared_ptr<const PlannedPolicy> count_policy(const std::string& name, uint32_t periods = 5) {
    WindowSettings window;
    window.periods = periods;
    auto policy = std::make_shared<PlannedPolicy>();
    policy->name = name;
    policy->tap = "fake";
    policy->window = window;
    policy->handlers.push_back({name + "-count", &count_handler(), {}, window});
    return policy;
}

inline const CountCells& cells_of_view(const LiveView& view) {
    return *static_cast<const CountCells*>(view.handlers.at(0).cells);
}

} // namespace visor::engine::test
