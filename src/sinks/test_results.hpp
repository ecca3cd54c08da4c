// Results put together for this room's tests: a handler with one row of each kind, its cells filled by the
// test, alone or as the outcome of a run over frames without meaning. Threads: one test at a time. Owns:
// buckets.
#pragma once

#include "engine/offline.hpp"
#include "metric/keys.hpp"
#include "metric/test_handlers.hpp"
#include "sketch/hash.hpp"

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>

namespace visor::sinks::test {

struct Side {
    Counter total;
    sketch::TopNames top;
};

struct Cells {
    Counter events, queries, replies, matched, nxdomain, late, optional;
    Gauge peers;
    sketch::Cardinality names;
    sketch::TopNames top, bytes, nxdomain_names;
    sketch::ExactCounts<4096> rcode;
    sketch::LatencyHistogram latency;
    sketch::RatioHistogram ratio;
    sketch::DecadeHistogram histogram;
    sketch::RateSlots rate, other_rate;
    Side side[2];
};

inline constexpr Group groups[] = {{"counters", true}, {"tops", true}, {"optional", false}};
inline constexpr GroupMask counters = 1, tops = 2, optional = 4;

inline std::vector<Row> make_rows() {
    using C = Cells;
    std::vector<Row> rows = {
        row(path(&C::events), {.path = "wire_packets.events", .help = "messages seen"}),
        row(path(&C::queries), {.path = "wire_packets.queries", .help = "queries", .groups = counters}),
        row(path(&C::replies), {.path = "wire_packets.replies", .help = "replies", .groups = counters}),
        row(path(&C::matched), {.path = "xact.counts.total", .help = "pairs"}),
        row(path(&C::nxdomain), {.path = "wire_packets.nxdomain", .help = "replies with rcode NXDOMAIN"}),
        row(path(&C::late),
            {.path = "wire_packets.malformed", .help = "messages too short", .extended = true}),
        row(path(&C::peers),
            {.path = "peer_count", .help = "peers there are", .modern = "peers", .extended = true}),
        row(path(&C::optional), {.path = "optional", .help = "rarely wanted", .groups = optional}),
        row(path(&C::queries), path(&C::replies), {.path = "both", .help = "queries and replies"}),
        row(path(&C::names), {.path = "cardinality.qname", .help = "distinct names"}),
        row(path(&C::top), {.path = "top_names",
                            .help = "names | asked",
                            .groups = tops,
                            .label = "qname",
                            .format = text_key}),
        row(path(&C::bytes), {.path = "top_bytes",
                              .help = "names by bytes",
                              .unit = "By",
                              .groups = tops,
                              .label = "qname",
                              .format = text_key}),
        row(path(&C::nxdomain_names),
            {.path = "top_nxdomain", .help = "names not there", .label = "qname", .format = text_key}),
        row(path(&C::rcode),
            {.path = "top_rcode", .help = "response codes", .label = "rcode", .format = rcode_key}),
        row(path(&C::latency), {.path = "xact.out.quantiles_us", .help = "time to reply", .unit = "us"}),
        row(path(&C::ratio), {.path = "xact.ratio.quantiles", .help = "reply size over query size"}),
        row(path(&C::histogram), {.path = "xact.out.histogram_us", .help = "time to reply", .unit = "us"}),
        row(path(&C::rate), {.path = "rates.total",
                             .help = "messages a second",
                             .unit = "{message}/s",
                             .metric = "own_rate"}),
        row(path(&C::rate), path(&C::other_rate),
            {.path = "rates.sum", .help = "both a second", .unit = "{message}/s"}),
    };
    const std::string_view names[] = {"in", "out"};
    for (int i = 0; i < 2; ++i) {
        Row total = row(path(&C::side, i, &Side::total), {.path = "total", .help = "on one side"});
        Row top = row(path(&C::side, i, &Side::top),
                      {.path = "top_side", .help = "names of a side", .label = "qname", .format = text_key});
        for (Row* r : {&total, &top}) {
            r->dimension = names[i];
            r->seen[0] = static_cast<int32_t>(path(&C::side, i, &Side::total).offset);
            rows.push_back(*r);
        }
    }
    return rows;
}

inline const Schema& schema() {
    static const Schema schema{"dns", "test 1.0", "side", groups, make_rows(), sizeof(Cells)};
    return schema;
}

inline void add_name(sketch::TopNames& top, std::string_view name, uint64_t weight) {
    top.add(sketch::keyed_hash(sketch::offline_hash_key, name.data(), name.size()), weight, name.data(),
            static_cast<uint32_t>(name.size()));
}

using Fill = std::function<void(Cells&)>;
inline Fill fill; // what the handler of a run puts into its bucket, once

class Filler final : public Handler {
public:
    void on_batch(const Batch& batch, void* cells) override {
        for (size_t i = 0; i < batch.packets.size(); ++i) {
            static_cast<Cells*>(cells)->rate.add(
                static_cast<uint32_t>((batch.packets[i].ts_ns - batch.period_start_ns) / 1'000'000'000), 1);
        }
        if (fill) std::exchange(fill, nullptr)(*static_cast<Cells*>(cells));
    }
};

inline std::span<const CellPlace> cell_places() {
    static const auto places = [] {
        const Schema* const schemas[] = {&schema()};
        return cells_of(schemas);
    }();
    return places;
}

inline Result<std::unique_ptr<Handler>> make_filler(const HandlerConfig&, const Services&) {
    return std::unique_ptr<Handler>(std::make_unique<Filler>());
}

inline constexpr Option options[] = {
    {"limit", OptionType::uint, "the most | the least", 1, 9, OptionRange::clamp},
    {"names", OptionType::list, "which names"},
};
inline const HandlerClass handler_class{"test", "1.0", schema, cell_places, options, make_filler};

inline engine::PlannedHandler planned() {
    engine::PlannedHandler planned{"default-test", &handler_class, {}, {}};
    planned.config.groups = schema().default_groups();
    return planned;
}

// A handler's results without a run.
class Results {
public:
    Results() { view_ = {&plan, cells.get(), &rates, 1'700'000'000, 60}; }
    const engine::HandlerView& view() const { return view_; }

    engine::PlannedHandler plan = planned();
    visor::test::Bucket<Cells> cells;
    engine::RateSeconds rates;

private:
    engine::HandlerView view_;
};

// Frames too short to be decoded, one every 100 ms.
class Frames final : public engine::FrameSource {
public:
    explicit Frames(uint32_t count) : left_(count) {}
    void next(engine::FrameBlock& block) override {
        block.count = std::min(left_, engine::block_frames_max);
        left_ -= block.count;
        for (uint32_t i = 0; i < block.count; ++i) {
            block.frames[i] = {byte_, ts_ns_, 1, 100, 1, 0};
            ts_ns_ += 100'000'000;
        }
        counts.delivered += block.count;
        counts.received += block.count;
    }
    const engine::SourceLedger& ledger() const override { return counts; }
    const std::string& name() const override { return name_; }
    std::string trouble() const override { return {}; }

    engine::SourceLedger counts;

private:
    uint32_t left_;
    int64_t ts_ns_ = 1'700'000'000'000'000'000;
    uint8_t byte_[1] = {0};
    std::string name_ = "frames";
};

// A run over so many frames with a policy of this handler.
class RunOf {
public:
    explicit RunOf(uint32_t frames, Fill with = nullptr) : fill_(std::move(with)), source_(frames) {
        plan_.policies.push_back({"default", "default", {}, false, {planned()}});
    }
    const engine::OfflineRun& run() {
        if (run_) return *run_;
        fill = fill_;
        run_ = std::move(*engine::OfflineRun::run(source_, plan_, {}, {}));
        return *run_;
    }
    engine::SourceLedger& source_counts() { return source_.counts; }

private:
    Fill fill_;
    Frames source_;
    engine::Plan plan_;
    std::unique_ptr<engine::OfflineRun> run_;
};

} // namespace visor::sinks::test
