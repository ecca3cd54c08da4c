#include "handlers/input_resources/input_resources.hpp"

#include "handlers/input_resources/input_resources_cells.hpp"
#include "metric/test_handlers.hpp"

#include <gtest/gtest.h>

namespace visor::input_resources {
namespace {

constexpr int64_t second = 1'000'000'000;

std::vector<wire::Packet> packets_at(std::initializer_list<int64_t> seconds) {
    std::vector<wire::Packet> packets;
    for (const int64_t at : seconds) {
        wire::Packet packet{};
        packet.ts_ns = at * second + 7;
        packet.flow_hash = 0x9e3779b97f4a7c15u * (packets.size() + 1);
        packets.push_back(packet);
    }
    return packets;
}

TEST(InputResourcesSchema, NamesEveryCellAsScrapesKnowThem) {
    const Schema& schema = input_resources_v1().schema();
    EXPECT_EQ(input_resources_v1().cells().size(), test::members<InputResourcesCells>());
    EXPECT_EQ(schema.key, "input_resources");
    const std::pair<const char*, const char*> names[] = {
        {"cpu_usage", "resources_cpu_usage"},
        {"memory_bytes", "resources_memory_bytes"},
        {"policy_count", "resources_policy_count"},
        {"handler_count", "resources_handler_count"},
        {"total", "base_total"},
        {"deep_samples", "base_deep_samples"},
        {"event_rate", "base_event_rate"},
    };
    EXPECT_EQ(schema.rows.size(), std::size(names));
    for (const auto& [path, metric] : names) {
        const Row* row = test::find_row(schema, path);
        ASSERT_TRUE(row) << path;
        EXPECT_EQ(row->facts.metric, metric);
    }
    EXPECT_TRUE(test::find_row(schema, "policy_count")->ops->gauge);
    EXPECT_FALSE(test::find_row(schema, "total")->ops->gauge);
}

TEST(InputResources, CountsFramesByTheSecond) {
    const auto handler = test::make_handler(input_resources_v1());
    test::Bucket<InputResourcesCells> cells;
    const auto packets = packets_at({100, 100, 101, 103, 103, 103, 101});
    Batch batch;
    batch.period_start_ns = 100 * second;
    batch.packets = packets;
    handler->on_batch(batch, cells.get());
    handler->on_ordered(batch, cells.get()); // the same frames once more: they are counted already
    EXPECT_EQ(cells->total.value, 7u);
    EXPECT_EQ(cells->deep_samples.value, 7u);
    EXPECT_EQ(cells->frames.slot[0], 2u);
    EXPECT_EQ(cells->frames.slot[1], 2u);
    EXPECT_EQ(cells->frames.slot[2], 0u);
    EXPECT_EQ(cells->frames.slot[3], 3u);
    EXPECT_TRUE(test::clears(input_resources_v1(), cells));
}

TEST(InputResources, CountsTheShareAnalysedDeeply) {
    HandlerConfig config;
    config.deep_sample_rate = 25;
    const auto handler = test::make_handler(input_resources_v1(), config);
    test::Bucket<InputResourcesCells> cells;
    auto packets = packets_at({});
    for (uint64_t i = 0; i < 10'000; ++i) {
        wire::Packet packet{};
        packet.flow_hash = i * 0x9e3779b97f4a7c15u;
        packets.push_back(packet);
    }
    Batch batch;
    batch.packets = packets;
    handler->on_batch(batch, cells.get());
    EXPECT_EQ(cells->total.value, 10'000u);
    EXPECT_NEAR(static_cast<double>(cells->deep_samples.value), 2500, 200);
}

TEST(InputResources, TakesSamples) {
    const auto handler = test::make_handler(input_resources_v1());
    test::Bucket<InputResourcesCells> cells;
    const ResourceSample samples[] = {{12.5, 1000, 2, 9}, {150, 3000, 1, 4}};
    Batch batch;
    batch.resources = samples;
    handler->on_batch(batch, cells.get());
    handler->on_ordered(batch, cells.get());
    EXPECT_EQ(cells->cpu_percent.count(), 2u);
    EXPECT_EQ(cells->cpu_percent.min(), 12.5);
    EXPECT_EQ(cells->cpu_percent.max(), 150);
    EXPECT_EQ(cells->memory_bytes.sum(), 4000u);
    EXPECT_EQ(cells->policies.value, 1u); // the latest
    EXPECT_EQ(cells->handlers.value, 4u);
    EXPECT_EQ(cells->total.value, 0u);
}

TEST(InputResources, WhatThereIsIsNotAddedUp) {
    const auto handler = test::make_handler(input_resources_v1());
    test::Bucket<InputResourcesCells> one, other;
    const ResourceSample sample{1, 1000, 3, 8}, later{1, 1000, 2, 12};
    const auto packets = packets_at({0, 1});
    Batch batch;
    batch.packets = packets;
    batch.resources = {&sample, 1};
    handler->on_batch(batch, one.get());
    handler->on_ordered(batch, one.get());
    batch.resources = {&later, 1};
    handler->on_batch(batch, other.get());
    handler->on_ordered(batch, other.get());
    merge_cells(input_resources_v1().cells(), one.get(), other.get());
    EXPECT_EQ(one->policies.value, 3u);
    EXPECT_EQ(one->handlers.value, 12u);
    EXPECT_EQ(one->total.value, 4u);
    EXPECT_EQ(one->memory_bytes.count(), 2u);
}

} // namespace
} // namespace visor::input_resources
