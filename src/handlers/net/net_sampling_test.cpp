#include "handlers/net/net.hpp"
#include "handlers/net/net_cells.hpp"
#include "metric/test_estimates.hpp"
#include "metric/test_handlers.hpp"
#include "sketch/test_streams.hpp"
#include "wire/test_frames.hpp"

#include <gtest/gtest.h>

namespace visor::net {
namespace {
using namespace wire::test;
using wire::Direction;
using wire::Packet;

constexpr int64_t start_ns = 1'700'000'000'000'000'000;
constexpr size_t packets_a_batch = 64;

// Inbound; most of them of one flow, as the busiest one is what sampling by flow would be worst at.
std::vector<Packet> traffic(size_t count) {
    sketch::test::Random random(1);
    std::vector<Packet> all;
    for (size_t i = 0; i < count; ++i) {
        Raw frame = ether(0x0800, ip4(tcp({}, random.below(2) ? wire::tcp_flag::syn : 0), {.proto = 6}));
        const uint64_t host = random.below(3) ? 0 : 1 + random.below(40);
        frame[29] = static_cast<uint8_t>(host); // of the source
        all.push_back(decoded(frame));
        all.back().direction = Direction::in;
        all.back().ts_ns = start_ns + static_cast<int64_t>(i * 1000);
        all.back().flow_hash = (host + 1) * 0x9e3779b97f4a7c15U;
    }
    return all;
}

class Databases {
public:
    Databases() {
        GeoBuilder city;
        city.v4_from(0x0a000000, city.place("EU/Sweden", 59.0, 18.0));
        city.v4_from(0x0a000001, city.place("EU/Norway", 60.0, 10.0));
        city_ = city.build();
    }
    Services services(const sketch::HashKey& key) const {
        Services all{&city_, nullptr, nullptr};
        all.key = key;
        return all;
    }

private:
    GeoTable city_;
};

struct Fed {
    test::Bucket<NetCells> cells;
    uint64_t skipped = 0;

    DirectionCells& in() { return cells->direction[1]; }
    double weight_of(uint8_t host) {
        const Raw key{10, 0, 0, host};
        for (const auto& item : in().top_ipv4.top(100))
            if (item.key == std::string(key.begin(), key.end())) return static_cast<double>(item.lower);
        return 0;
    }
};

class NetSampling : public testing::Test {
protected:
    using Weights = std::vector<uint32_t>; // of one batch after the other
    std::unique_ptr<Fed> fed(const Weights& weights, uint64_t seed, uint32_t percent = 100) {
        sketch::test::Random random(seed);
        const Services services = databases.services({random.next(), random.next()});
        const auto handler = test::make_handler(net_v1(), {{}, ~GroupMask{0}, percent}, services);
        auto made = std::make_unique<Fed>();
        for (size_t from = 0, n = 0; from < packets.size(); from += packets_a_batch, ++n) {
            Batch batch;
            batch.period_start_ns = start_ns;
            batch.packets =
                std::span(packets).subspan(from, std::min(packets_a_batch, packets.size() - from));
            const auto outlines = test::outlines_of(batch.packets);
            batch.outlines = outlines;
            batch.deep_weight = weights[n % weights.size()];
            batch.deep_skipped = &made->skipped;
            handler->on_batch(batch, made->cells.get());
        }
        return made;
    }
    void expect_unbiased(const Weights& weights) {
        const auto all = fed({1}, 1);
        test::Estimates syn, heavy, light, listed, place;
        for (uint64_t seed = 1; seed <= 300; ++seed) {
            const auto sampled = fed(weights, seed);
            syn.add(static_cast<double>(sampled->in().syn.value));
            heavy.add(sampled->weight_of(0));
            light.add(sampled->weight_of(7));
            listed.add(static_cast<double>(sampled->in().top_ipv4.total()));
            place.add(static_cast<double>(sampled->in().top_geo.top(1).at(0).lower));
        }
        syn.expect_unbiased(static_cast<double>(all->in().syn.value), "syn");
        heavy.expect_unbiased(all->weight_of(0), "heavy address");
        light.expect_unbiased(all->weight_of(7), "light address");
        listed.expect_unbiased(static_cast<double>(packets.size()), "all addresses");
        place.expect_unbiased(static_cast<double>(all->in().top_geo.top(1).at(0).lower), "place");
        heavy_deviation = heavy.deviation();
        heavy_truth = all->weight_of(0);
    }

    const Databases databases;
    const std::vector<Packet> packets = traffic(1500);
    double heavy_deviation = 0, heavy_truth = 0;
};

TEST_F(NetSampling, EstimatesAreRightInTheMiddle) {
    expect_unbiased({4});
    // As if each packet were tossed for: by flow it would be the square root of their number as much.
    const double tossed = std::sqrt(heavy_truth * 3);
    EXPECT_GT(heavy_deviation, tossed * 0.8);
    EXPECT_LT(heavy_deviation, tossed * 1.2);
}

TEST_F(NetSampling, WeightsMayChangeWithinAPeriod) {
    expect_unbiased({1, 2, 4, 8, 16, 32, 64, 32, 16, 1});
}

TEST_F(NetSampling, WhatIsNotDeepSeesEverything) {
    const auto all = fed({1}, 1), sampled = fed({64}, 1);
    const DirectionCells &want = all->in(), &got = sampled->in();
    EXPECT_EQ(all->skipped, 0u);
    EXPECT_EQ(sampled->cells->events.value, packets.size());
    EXPECT_EQ(sampled->cells->deep_samples.value + sampled->skipped, packets.size());
    EXPECT_LT(sampled->cells->deep_samples.value, packets.size() / 32);
    EXPECT_GT(sampled->cells->deep_samples.value, 0u);
    EXPECT_EQ(got.total.value, want.total.value);
    EXPECT_EQ(got.sizes.sum(), want.sizes.sum());
    EXPECT_EQ(got.packets.slot[0], want.packets.slot[0]);
    EXPECT_GT(want.ips.estimate(), 40.0);
    EXPECT_EQ(got.ips.estimate(), want.ips.estimate()) << "distinct addresses are never sampled";
}

TEST_F(NetSampling, LeavesNothingOutWhereThatSavesNothing) {
    const auto handler = test::make_handler(net_v1(), {{}, ~GroupMask{0}, 100});
    Fed made;
    Batch batch;
    batch.period_start_ns = start_ns;
    batch.packets = packets;
    const auto outlines = test::outlines_of(batch.packets);
    batch.outlines = outlines;
    batch.deep_weight = 8;
    batch.deep_skipped = &made.skipped;
    handler->on_batch(batch, made.cells.get());
    EXPECT_EQ(made.cells->deep_samples.value, packets.size());
    EXPECT_EQ(made.skipped, 0u);
    EXPECT_EQ(made.in().syn.value, fed({1}, 1)->in().syn.value);
}

TEST_F(NetSampling, ComesAfterTheConfiguredShare) {
    const auto configured = fed({1}, 1, 50);
    test::Estimates listed;
    for (uint64_t seed = 1; seed <= 200; ++seed) {
        const auto sampled = fed({4}, seed, 50);
        listed.add(static_cast<double>(sampled->in().top_ipv4.total()));
        ASSERT_EQ(sampled->cells->deep_samples.value + sampled->skipped,
                  configured->cells->deep_samples.value);
        ASSERT_EQ(sampled->in().ips.estimate(), configured->in().ips.estimate());
    }
    listed.expect_unbiased(static_cast<double>(configured->in().top_ipv4.total()), "all addresses");
}

} // namespace
} // namespace visor::net
