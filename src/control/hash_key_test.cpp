// Whole analyses of captures under two hash keys: what is counted is the same, where it lies is not.
#include "control/plan.hpp"
#include "control/registry.hpp"
#include "engine/offline.hpp"
#include "sinks/json.hpp"
#include "taps/pcap/merged_source.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <iterator>
#include <set>

namespace visor::control {
namespace {

constexpr sketch::HashKey other_key{0x0123456789abcdefU, 0xfedcba9876543210U};

// Every handler with every metric group, its top lists shown whole.
engine::Plan everything() {
    engine::PlannedPolicy policy{"all", "file", {}, false, {}};
    for (const HandlerClass* handler : handler_classes()) {
        engine::PlannedHandler planned{std::string(handler->type) + std::string(handler->version),
                                       handler,
                                       {},
                                       {.periods = 10, .topn_count = 65536}};
        planned.config.groups = ~GroupMask{0};
        policy.handlers.push_back(std::move(planned));
    }
    return {{std::move(policy)}};
}

// All addresses but the very lowest are somewhere.
GeoTable somewhere() {
    GeoBuilder geo;
    geo.v4_from(1, geo.place("Somewhere", NAN, NAN));
    geo.v6_from(0, 1, geo.place("Elsewhere", NAN, NAN));
    return geo.build();
}

using Hashes = std::set<uint64_t>;

bool is_hashed(const Row& row) {
    return row.ops == &cell_ops<sketch::TopNames> || row.ops == &cell_ops<sketch::TopSmall> ||
           row.ops == &cell_ops<sketch::TopPlaces>;
}

std::string list_name(const engine::PlannedHandler& handler, const Row& row) {
    return handler.name + " " + std::string(row.facts.path);
}

// The hashes under which a handler's hashed top lists have their keys; adds up which lists are not empty.
Hashes hashes_of(const engine::HandlerView& view, std::set<std::string>& listed) {
    Hashes hashes;
    for (const Row& row : view.plan->handler->schema().rows) {
        if (!is_hashed(row)) continue;
        for (uint8_t i = 0; i < row.cells; ++i) {
            const TopRead read =
                row.ops->top(static_cast<const std::byte*>(view.cells) + row.offset[i], 65536);
            EXPECT_TRUE(read.exact) << row.json_path() << ": a list that let keys go may differ";
            if (!read.items.empty()) listed.insert(list_name(*view.plan, row));
            for (const sketch::TopItem& item : read.items) hashes.insert(item.hash);
        }
    }
    return hashes;
}

class TwoKeys : public testing::Test {
protected:
    std::unique_ptr<engine::OfflineRun> run(const std::string& file, const sketch::HashKey& key) {
        services_.key = key;
        auto source = taps::MergedSource::open({file}, {});
        EXPECT_TRUE(source) << file;
        if (!source) return nullptr;
        engine::OfflineOptions options;
        options.decode = decode_settings(plan_, *PrefixSet::parse("10.0.0.0/8,fd77::2/128"), key);
        auto run = engine::OfflineRun::run(**source, plan_, services_, options);
        EXPECT_TRUE(run) << file;
        return run ? std::move(*run) : nullptr;
    }

    void expect_same(const std::string& file) {
        SCOPED_TRACE(file);
        const auto a = run(file, sketch::offline_hash_key), b = run(file, other_key);
        ASSERT_TRUE(a && b);
        EXPECT_EQ(sinks::ledger_json(a->ledger()), sinks::ledger_json(b->ledger()));
        for (size_t i = 0; i < plan_.policies[0].handlers.size(); ++i) {
            const engine::HandlerView &va = a->policies()[0].handlers[i], &vb = b->policies()[0].handlers[i];
            SCOPED_TRACE(va.plan->name);
            EXPECT_EQ(sinks::handler_json(va, {true}), sinks::handler_json(vb, {true}));
            std::set<std::string> ignored;
            const Hashes ha = hashes_of(va, listed_), hb = hashes_of(vb, ignored);
            Hashes both;
            std::set_intersection(ha.begin(), ha.end(), hb.begin(), hb.end(),
                                  std::inserter(both, both.end()));
            EXPECT_TRUE(both.empty()) << both.size() << " keys of " << ha.size() << " have the hash they had";
        }
    }

    engine::Plan plan_ = everything();
    std::set<std::string> listed_; // "dns1.0 top_qname2": top lists in which anything stood

private:
    GeoTable places_ = somewhere();
    Services services_{.city = &places_, .asn = &places_};
};

TEST_F(TwoKeys, CountTheSame) {
    const std::string here = __FILE__, tree = here.substr(0, here.rfind("/src/"));
    expect_same(tree + "/examples/demo.pcap");
    for (const auto& file : std::filesystem::directory_iterator(tree + "/tests/goldens/captures"))
        expect_same(file.path());
    for (const auto& handler : plan_.policies[0].handlers)
        for (const Row& row : handler.handler->schema().rows)
            if (is_hashed(row)) {
                EXPECT_TRUE(listed_.contains(list_name(handler, row)))
                    << list_name(handler, row) << ": no capture has anything for it";
            }
}

} // namespace
} // namespace visor::control
