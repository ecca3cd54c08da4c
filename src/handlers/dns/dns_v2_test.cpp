#include "handlers/dns/dns.hpp"
#include "handlers/dns/dns_cells.hpp"
#include "handlers/dns/test_events.hpp"
#include "metric/keys.hpp"

#include <gtest/gtest.h>

#include <cmath>

namespace visor::dns {
namespace {
using namespace test;
using visor::test::top_text;

class DnsV2Test : public testing::Test {
protected:
    DnsV2Test() { make({}); }
    void TearDown() override {
        EXPECT_EQ(fed->events.value, fed->passed.value + fed->filtered.value + fed->malformed.value);
        EXPECT_TRUE(visor::test::clears(dns_v2(), fed.cells));
    }
    void make(const OptionValues& values, GroupMask groups = dns_v2().schema().all_groups(),
              const Services& services = {}, uint32_t deep = 100) {
        fed.handler = visor::test::make_handler(dns_v2(), {values, groups, deep}, services);
        ASSERT_NE(fed.handler, nullptr);
    }
    void feed(const std::vector<DnsEvent>& batch) { fed.feed(batch); }
    // A query and its reply, as seen by its server (in), its client (out) or in between.
    void pair(const Message& message, Direction direction = Direction::unknown, int64_t us = 100,
              DnsTransport transport = DnsTransport::udp) {
        Message asked = message, answered = message;
        asked.rcode = asked.extended_rcode = 0;
        asked.answers.clear();
        answered.reply = true;
        answered.options.clear();
        const Direction back = direction == Direction::in    ? Direction::out
                               : direction == Direction::out ? Direction::in
                                                             : Direction::unknown;
        feed({events(asked, {.direction = direction, .transport = transport}),
              events(answered, {.direction = back, .us = us, .transport = transport})});
    }
    DirectionV2& in() { return fed->direction[1]; }
    DirectionV2& out() { return fed->direction[2]; }
    DirectionV2& unknown() { return fed->direction[0]; }

    Fed<CellsV2> fed;
    TestEvents events;
    const Message reply{.reply = true};
};

TEST(DnsV2Schema, RowsNameEveryCell) {
    const Schema* const schemas[] = {&dns_v2().schema()};
    using visor::test::members;
    EXPECT_EQ(dns_v2().cells().size(),
              members<CellsV2>() - 3 +
                  3 * (members<DirectionV2>() - 2 + members<Facts>() + members<Timing>()));
    size_t shown = 0;
    for (const Row& row : schemas[0]->rows) shown += !row.facts.extended;
    EXPECT_EQ(shown, 4u + 3 * 41u);
    EXPECT_EQ(schemas[0]->default_groups(), 63u);
}

TEST(DnsV2Schema, DirectionShowsWhenSeen) {
    const Schema& schema = dns_v2().schema();
    for (const char* counter : {"xacts", "timeout_queries", "orphan_responses"}) {
        const Row* row = visor::test::find_row(schema, std::string("out.") + counter);
        ASSERT_NE(row, nullptr);
        const auto offset = static_cast<int32_t>(row->offset[0]);
        for (const Row& other : schema.rows)
            EXPECT_EQ(std::find(other.seen.begin(), other.seen.end(), offset) != other.seen.end(),
                      other.dimension == "out");
    }
}

TEST_F(DnsV2Test, CountsPairsByDirection) {
    pair({.id = 1}, Direction::in);
    pair({.id = 2}, Direction::out);
    pair({.id = 3}, Direction::out, 100, DnsTransport::tcp);
    pair({.id = 4}, Direction::unknown);
    EXPECT_EQ(fed->events.value, 8u);
    EXPECT_EQ(fed->deep_samples.value, 8u);
    EXPECT_EQ(in().timing.total.value, 1u);
    EXPECT_EQ(out().timing.total.value, 2u);
    EXPECT_EQ(unknown().timing.total.value, 1u);
    EXPECT_EQ(out().facts.udp.value, 1u);
    EXPECT_EQ(out().facts.tcp.value, 1u);
    EXPECT_EQ(out().facts.ipv4.value, 2u);
    EXPECT_EQ(out().rate.slot[0], 2u);
    EXPECT_EQ(fed->observed.slot[0], 8u);
}

TEST_F(DnsV2Test, CountsTransports) {
    uint16_t id = 0;
    for (const auto t : {DnsTransport::udp, DnsTransport::tcp, DnsTransport::dot, DnsTransport::doh,
                         DnsTransport::dnscrypt_udp, DnsTransport::dnscrypt_tcp, DnsTransport::doq})
        pair({.id = ++id}, Direction::in, 100, t);
    const Facts& f = in().facts;
    for (const Counter* c : {&f.udp, &f.tcp, &f.dot, &f.doh, &f.dnscrypt_udp, &f.dnscrypt_tcp, &f.doq})
        EXPECT_EQ(c->value, 1u);
}

TEST_F(DnsV2Test, CountsCodesAndFlags) {
    pair({.id = 1, .answers = {{}}});
    pair({.id = 2});
    pair({.rcode = 2, .id = 3});
    pair({.rcode = 3, .id = 4, .flags = 0x0400}); // AA
    pair({.rcode = 5, .id = 5, .flags = 0x0020}); // AD
    feed({events({.id = 6, .flags = 0x0010}), events({.reply = true, .id = 6})});
    feed({events({.id = 7}), events({.reply = true, .id = 7, .flags = 0x0010})});
    EXPECT_EQ(unknown().timing.total.value, 7u);
    EXPECT_EQ(unknown().facts.noerror.value, 4u);
    EXPECT_EQ(unknown().facts.nodata.value, 3u);
    EXPECT_EQ(unknown().facts.srvfail.value, 1u);
    EXPECT_EQ(unknown().facts.nxdomain.value, 1u);
    EXPECT_EQ(unknown().facts.refused.value, 1u);
    EXPECT_EQ(unknown().authoritative.value, 1u);
    EXPECT_EQ(unknown().authenticated.value, 1u);
    EXPECT_EQ(unknown().checking_disabled.value, 1u) << "the query's flag counts";
}

TEST_F(DnsV2Test, ReplyWithoutQueryIsAnOrphan) {
    feed({events(reply, {.direction = Direction::in}), events(reply, {.direction = Direction::out})});
    EXPECT_EQ(out().orphans.value, 1u);
    EXPECT_EQ(in().orphans.value, 1u);
    EXPECT_EQ(out().timing.total.value, 0u);
}

TEST_F(DnsV2Test, Timeouts) {
    feed({events({.id = 1}, {.direction = Direction::out}),
          events({.reply = true, .id = 1}, {.direction = Direction::in, .us = 5'000'000})});
    EXPECT_EQ(out().timeouts.value, 1u) << "answered too late";
    EXPECT_EQ(out().orphans.value, 0u);
    feed({events({.id = 2}, {.direction = Direction::in})});
    fed.handler->on_time(start_ns + 5'000'000'000, fed.cells.get(), 1);
    EXPECT_EQ(in().timeouts.value, 1u) << "never answered";
    EXPECT_EQ(out().timeouts.value, 1u);
}

TEST_F(DnsV2Test, MalformedIsNoPart) {
    feed({events.raw(Raw(2, 0)), events.raw(Raw(3, 0xff))});
    EXPECT_EQ(fed->events.value, 2u);
    EXPECT_EQ(fed->malformed.value, 2u);
    EXPECT_EQ(unknown().orphans.value, 0u);
}

TEST_F(DnsV2Test, TablesOfPairs) {
    pair({.name = "Biz.foo.Bar.com", .type = type_aaaa, .id = 1});
    pair({.name = "no.such.test", .rcode = 3, .id = 2});
    feed({events({.name = "lonely.test", .id = 3})});
    const Facts& f = unknown().facts;
    EXPECT_EQ(top_text(f.top_qname2), ".bar.com=1 .such.test=1");
    EXPECT_EQ(top_text(f.top_qname3), ".foo.bar.com=1 no.such.test=1");
    EXPECT_EQ(f.qtype.at(type_aaaa), 1u);
    EXPECT_EQ(f.qtype.at(type_a), 1u);
    EXPECT_EQ(f.rcode.at(3), 1u);
    EXPECT_EQ(top_text(f.top_nxdomain), "no.such.test=1");
    EXPECT_EQ(top_text(f.top_nodata), "biz.foo.bar.com=1");
    EXPECT_EQ(top_text(f.top_noerror), "biz.foo.bar.com=1");
    EXPECT_NEAR(f.qname.estimate(), 2, 0.01);
    EXPECT_EQ(top_text(f.ports, number_key), "4000=2");
    EXPECT_EQ(unknown().ratio.count(), 2u);
    EXPECT_EQ(unknown().timing.latency.count(), 2u);
    EXPECT_EQ(unknown().timing.histogram.count(), 2u);
}

TEST_F(DnsV2Test, GroupsOffLeaveTheirTablesEmpty) {
    make({}, group2::counters);
    pair({.rcode = 3, .options = client_subnet()});
    EXPECT_EQ(unknown().timing.total.value, 1u);
    EXPECT_EQ(unknown().facts.nxdomain.value, 1u);
    EXPECT_EQ(unknown().facts.ecs.value, 0u);
    EXPECT_EQ(unknown().facts.rcode.at(3), 0u);
    EXPECT_EQ(unknown().facts.qtype.at(type_a), 0u);
    EXPECT_TRUE(unknown().facts.top_qname2.empty());
    EXPECT_TRUE(unknown().facts.top_nxdomain.empty());
    EXPECT_EQ(unknown().ratio.count(), 0u);
    EXPECT_EQ(unknown().timing.latency.count(), 0u);
}

TEST_F(DnsV2Test, SubnetIsTheQuerys) {
    GeoBuilder builder;
    builder.v4_from(0xc0000200, builder.place("EU/Sweden", NAN, NAN));
    const GeoTable table = builder.build();
    const Services services{&table, nullptr, nullptr};
    make({}, dns_v2().schema().all_groups(), services);
    pair({.id = 1, .options = client_subnet(2)}, Direction::in);
    pair({.id = 2}, Direction::in);
    feed({events({.id = 3, .options = client_subnet(7)}, {.direction = Direction::in})}); // no reply
    EXPECT_EQ(in().facts.ecs.value, 1u);
    EXPECT_EQ(top_text(in().facts.top_ecs, address_key), "192.0.2.0=1");
    EXPECT_EQ(top_text(in().facts.top_geo, place_key), "EU/Sweden=1");
    EXPECT_TRUE(in().facts.top_asn.empty()) << "no database";
}

// Between a query and its reply.
TEST_F(DnsV2Test, DatabasesAreExchangedAndQueriesWaitOn) {
    const auto table_of = [](const char* place) {
        GeoBuilder builder;
        builder.v4_from(0, builder.place(place, NAN, NAN));
        return builder.build();
    };
    const GeoTable next = table_of("EU/New");
    const Services services{&next, &next, nullptr};
    {
        const GeoTable before = table_of("EU/Old");
        make({}, dns_v2().schema().all_groups(), {&before, &before, nullptr});
        pair({.id = 1, .options = client_subnet(2)}, Direction::in);
        feed({events({.id = 2, .options = client_subnet(3)}, {.direction = Direction::in})});
        const auto made =
            visor::test::make_handler(dns_v2(), {{}, dns_v2().schema().all_groups(), 100}, services);
        fed.handler->swap_databases(*made);
    }
    feed({events({.reply = true, .id = 2}, {.direction = Direction::out, .us = 100})});
    EXPECT_EQ(in().timing.total.value, 2u);
    EXPECT_EQ(in().orphans.value, 0u);
    EXPECT_EQ(top_text(in().facts.top_geo, place_key), "EU/New=1 EU/Old=1");
    EXPECT_EQ(top_text(in().facts.top_asn, place_key), "EU/New=1 EU/Old=1");
}

TEST_F(DnsV2Test, FilterOnQueriesTakesTheReplyToo) {
    OptionValues values;
    values.set_list("only_qname", {"wanted.test"});
    make(values);
    pair({.name = "wanted.test", .id = 1});
    pair({.name = "other.test", .id = 2});
    feed({events({.name = "other.test", .id = 3})});
    EXPECT_EQ(unknown().timing.total.value, 1u);
    EXPECT_EQ(fed->filtered.value, 3u);
    fed.handler->on_time(start_ns + 60'000'000'000, fed.cells.get(), 1);
    EXPECT_EQ(unknown().timeouts.value, 0u) << "a filtered query does not time out";
}

TEST_F(DnsV2Test, FilterOnRepliesLetsQueriesPass) {
    OptionValues values;
    values.set_list("only_rcode", {"NXDOMAIN"});
    make(values);
    pair({.id = 1});
    pair({.rcode = 3, .id = 2});
    EXPECT_EQ(unknown().timing.total.value, 1u);
    EXPECT_EQ(unknown().facts.nxdomain.value, 1u);
    EXPECT_EQ(fed->filtered.value, 1u);
    EXPECT_EQ(unknown().orphans.value, 0u);
}

TEST_F(DnsV2Test, FilterOnDirections) {
    OptionValues values;
    values.set_list("only_xact_directions", {"in"});
    make(values);
    pair({.id = 1}, Direction::in);
    pair({.id = 2}, Direction::out);
    pair({.id = 3}, Direction::unknown);
    EXPECT_EQ(in().timing.total.value, 1u);
    EXPECT_EQ(out().timing.total.value + unknown().timing.total.value, 0u);
    EXPECT_EQ(fed->filtered.value, 4u);
}

TEST_F(DnsV2Test, SlowIsAtLeastThePreviousPeriods90thPercentile) {
    for (uint16_t id = 0; id < 10; ++id) pair({.name = "first.test", .id = id}, Direction::in, 1000);
    EXPECT_EQ(top_text(in().timing.top_slow), "");
    fed.handler->on_period_end(fed.cells.get());
    pair({.name = "Slow.test"}, Direction::in, 1100);
    pair({.name = "fast.test"}, Direction::in, 800);
    pair({.name = "out.test"}, Direction::out, 9000);
    EXPECT_EQ(top_text(in().timing.top_slow), "slow.test=1");
    EXPECT_EQ(top_text(out().timing.top_slow), "") << "each direction by its own";
}

TEST_F(DnsV2Test, SamplingTakesPairsWhole) {
    make({}, dns_v2().schema().all_groups(), {}, 40);
    for (uint16_t id = 0; id < 300; ++id) pair({.id = id});
    EXPECT_EQ(unknown().timing.total.value, 300u);
    EXPECT_GT(fed->deep_samples.value, 150u);
    EXPECT_LT(fed->deep_samples.value, 350u);
    EXPECT_EQ(unknown().facts.rcode.at(0) * 2, fed->deep_samples.value);
}

} // namespace
} // namespace visor::dns
