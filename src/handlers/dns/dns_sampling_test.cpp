#include "handlers/dns/dns.hpp"
#include "handlers/dns/dns_cells.hpp"
#include "handlers/dns/dns_pending.hpp"
#include "handlers/dns/test_events.hpp"
#include "metric/test_estimates.hpp"
#include "sketch/test_streams.hpp"

#include <cmath>
#include <gtest/gtest.h>

namespace visor::dns {
namespace {
using namespace test;
using sketch::test::Random;
using Weights = std::vector<uint32_t>; // of one batch after the other
constexpr size_t pairs = 500, events_a_batch = 100;

// Queries, each with its reply behind it, to the host. Names repeat as a block's do.
std::vector<DnsEvent> exchanges(TestEvents& events) {
    Random random(1);
    std::vector<DnsEvent> all;
    std::vector<std::string> names;
    for (size_t i = 0; i < pairs; ++i) {
        const bool often = random.below(2) == 0;
        const std::string name =
            often ? "www.example.com" : "h" + std::to_string(random.below(200)) + ".some.example.org";
        const auto type = static_cast<uint16_t>(random.below(2) ? type_a : type_aaaa);
        const auto us = static_cast<int64_t>(i) * 1000;
        Message query{.name = name, .type = type, .id = static_cast<uint16_t>(i)};
        if (random.below(2)) query.options = client_subnet();
        const Message reply{.name = name,
                            .type = type,
                            .reply = true,
                            .rcode = static_cast<uint8_t>(random.below(4) ? 0 : 3),
                            .id = query.id,
                            .answers = {Record{}}};
        const uint64_t flow = random.below(5);
        const int64_t took = random.below(3) ? 20 : 700;
        all.push_back(events(query, {.direction = Direction::in, .us = us, .flow = flow}));
        all.push_back(events(reply, {.direction = Direction::out, .us = us + took, .flow = flow}));
        names.insert(names.end(), 2, name);
    }
    for (size_t i = 0; i < all.size(); ++i)
        for (size_t first = i / events_a_batch * events_a_batch; first < i; ++first)
            if (names[first] == names[i]) {
                all[i].name_back = static_cast<uint16_t>(i - first);
                break;
            }
    return all;
}

template <class Cells>
struct Sampled {
    visor::test::Bucket<Cells> cells;
    uint64_t skipped = 0;
};

template <class Cells>
std::unique_ptr<Sampled<Cells>> fed(const HandlerClass& type, const std::vector<DnsEvent>& events,
                                    const Weights& weights, uint64_t seed, size_t a_batch = events_a_batch,
                                    uint32_t percent = 100) {
    Random random(seed);
    Services services;
    services.key = {random.next(), random.next()};
    const auto handler = visor::test::make_handler(type, {{}, type.schema().all_groups(), percent}, services);
    auto made = std::make_unique<Sampled<Cells>>();
    for (size_t from = 0, n = 0; from < events.size(); from += a_batch, ++n) {
        Batch batch;
        batch.period_start_ns = start_ns;
        batch.dns = std::span(events).subspan(from, std::min(a_batch, events.size() - from));
        batch.deep_weight = weights[n % weights.size()];
        batch.deep_skipped = &made->skipped;
        handler->on_batch(batch, made->cells.get());
        handler->on_ordered(batch, made->cells.get());
    }
    return made;
}

const Facts& facts_of(const CellsV1& cells) {
    return cells.facts;
}
const Timing& timing_of(const CellsV1& cells) {
    return cells.in;
}
const sketch::RatioHistogram& ratio_of(const CellsV1& cells) {
    return cells.ratio;
}
const Facts& facts_of(const CellsV2& cells) {
    return cells.direction[1].facts;
}
const Timing& timing_of(const CellsV2& cells) {
    return cells.direction[1].timing;
}
const sketch::RatioHistogram& ratio_of(const CellsV2& cells) {
    return cells.direction[1].ratio;
}

// What is estimated, by name.
template <class Cells>
std::vector<std::pair<const char*, double>> figures(const Cells& cells) {
    const Facts& facts = facts_of(cells);
    const Timing& timing = timing_of(cells);
    const auto listed = [](const sketch::TopNames& top, std::string_view name) {
        for (const auto& item : top.top(500))
            if (item.key == name) return static_cast<double>(item.lower);
        return 0.0;
    };
    double fast = 0;
    timing.latency.for_each_value([&](double middle, double, uint64_t n) {
        if (middle < 100) fast += static_cast<double>(n);
    });
    return {{"qtype", static_cast<double>(facts.qtype.at(type_a))},
            {"rcode", static_cast<double>(facts.rcode.at(3))},
            {"port", static_cast<double>(facts.ports.at(4000))},
            {"heavy name", listed(facts.top_qname3, "www.example.com")},
            {"name of many", listed(facts.top_qname2, ".example.org")},
            {"failed name", listed(facts.top_nxdomain, "www.example.com")},
            {"bytes", listed(facts.top_bytes, "www.example.com")},
            {"ecs", static_cast<double>(facts.ecs.value)},
            {"subnets", static_cast<double>(facts.top_ecs.total())},
            {"fast", fast},
            {"times", static_cast<double>(timing.latency.sum())},
            {"decades", static_cast<double>(timing.histogram.count())},
            {"ratios", static_cast<double>(ratio_of(cells).count())},
            {"sum of ratios", ratio_of(cells).sum()}};
}

template <class Cells>
void expect_unbiased(const HandlerClass& type, const Weights& weights) {
    TestEvents made;
    const std::vector<DnsEvent> events = exchanges(made);
    const auto truth = figures(*fed<Cells>(type, events, {1}, 1)->cells);
    std::vector<visor::test::Estimates> estimates(truth.size());
    for (uint64_t seed = 1; seed <= 200; ++seed) {
        const auto got = figures(*fed<Cells>(type, events, weights, seed)->cells);
        for (size_t i = 0; i < got.size(); ++i) estimates[i].add(got[i].second);
    }
    for (size_t i = 0; i < truth.size(); ++i) {
        EXPECT_GT(truth[i].second, 0.0) << truth[i].first;
        estimates[i].expect_unbiased(truth[i].second, truth[i].first);
    }
}

TEST(DnsSampling, EstimatesAreRightInTheMiddle) {
    expect_unbiased<CellsV1>(dns_v1(), {4});
    expect_unbiased<CellsV2>(dns_v2(), {4});
}

TEST(DnsSampling, WeightsMayChangeWithinAPeriod) {
    expect_unbiased<CellsV1>(dns_v1(), {1, 2, 8, 16, 4});
    expect_unbiased<CellsV2>(dns_v2(), {1, 2, 8, 16, 4});
}

TEST(DnsSampling, WhatIsNotDeepSeesEverything) {
    TestEvents made;
    const std::vector<DnsEvent> events = exchanges(made);
    const auto all = fed<CellsV1>(dns_v1(), events, {1}, 1), some = fed<CellsV1>(dns_v1(), events, {32}, 1);
    EXPECT_EQ(all->skipped, 0u);
    EXPECT_EQ(some->cells->deep_samples.value + some->skipped, events.size());
    EXPECT_LT(some->cells->deep_samples.value, events.size() / 16);
    EXPECT_EQ(some->cells->total.value, events.size());
    EXPECT_EQ(some->cells->facts.nxdomain.value, all->cells->facts.nxdomain.value);
    EXPECT_EQ(some->cells->matched.value, pairs);
    EXPECT_EQ(some->cells->in.total.value, pairs);
    EXPECT_GT(all->cells->facts.qname.estimate(), 100.0);
    EXPECT_EQ(some->cells->facts.qname.estimate(), all->cells->facts.qname.estimate());

    const auto all2 = fed<CellsV2>(dns_v2(), events, {1}, 1), some2 = fed<CellsV2>(dns_v2(), events, {32}, 1);
    EXPECT_EQ(some2->cells->deep_samples.value + some2->skipped, events.size());
    EXPECT_EQ(some2->cells->direction[1].timing.total.value, pairs);
    EXPECT_EQ(some2->cells->direction[1].facts.qname.estimate(),
              all2->cells->direction[1].facts.qname.estimate());
}

// One event a batch, so that what was recorded deeply of each can be told; with the configured share as well.
template <class Cells>
void expect_agreement(const HandlerClass& type, uint32_t percent) {
    TestEvents made;
    const std::vector<DnsEvent> events = exchanges(made);
    for (const uint32_t weight : {2u, 4u, 64u}) {
        uint64_t deep = 0;
        for (size_t i = 0; i < events.size(); i += 2) {
            const std::vector<DnsEvent> pair(events.begin() + static_cast<ptrdiff_t>(i),
                                             events.begin() + static_cast<ptrdiff_t>(i) + 2);
            Services services;
            DeepSampling sampling(percent, services.key), heavier(percent, services.key);
            sampling.begin(weight);
            heavier.begin(weight * 2);
            const Depth depth = depth_of(sampling, pair[0]);
            ASSERT_EQ(depth, depth_of(sampling, pair[1]));
            if (depth_of(heavier, pair[0]) == Depth::deep) {
                ASSERT_EQ(depth, Depth::deep) << "shares are nested";
            }
            deep += depth == Depth::deep;
        }
        const double expected = static_cast<double>(pairs) * percent / 100 / weight;
        EXPECT_NEAR(static_cast<double>(deep), expected, 4.5 * std::sqrt(expected));
        const auto one_by_one = fed<Cells>(type, events, {weight}, 1, 1, percent);
        EXPECT_EQ(one_by_one->cells->deep_samples.value % 2, 0u);
        EXPECT_EQ(one_by_one->skipped % 2, 0u);
    }
}

TEST(DnsSampling, AQueryAndItsReplyAgree) {
    expect_agreement<CellsV1>(dns_v1(), 100);
    expect_agreement<CellsV1>(dns_v1(), 60);
    expect_agreement<CellsV2>(dns_v2(), 60);
}

} // namespace
} // namespace visor::dns
