#include "handlers/dns/dns.hpp"
#include "handlers/dns/dns_cells.hpp"
#include "handlers/dns/test_events.hpp"
#include "metric/keys.hpp"
#include "sketch/test_streams.hpp"

#include <gtest/gtest.h>

#include <cmath>

namespace visor::dns {
namespace {
using namespace test;
using visor::test::top_text;

class DnsV1Test : public testing::Test {
protected:
    DnsV1Test() { make({}); }
    void TearDown() override { EXPECT_TRUE(visor::test::clears(dns_v1(), fed.cells)); }
    void make(const OptionValues& values, GroupMask groups = dns_v1().schema().all_groups(),
              const Services& services = {}, uint32_t deep = 100) {
        fed.handler = visor::test::make_handler(dns_v1(), {values, groups, deep}, services);
        ASSERT_NE(fed.handler, nullptr);
    }
    void feed(const std::vector<DnsEvent>& batch) {
        fed.feed(batch);
        EXPECT_EQ(fed->events.value, fed->total.value + fed->filtered.value + fed->malformed.value);
        EXPECT_EQ(fed->total.value, fed->queries.value + fed->replies.value);
    }
    Fed<CellsV1> fed;
    TestEvents events;
    const Message query{}, reply{.reply = true};
};

TEST(DnsV1Schema, RowsNameEveryCell) {
    const Schema* const schemas[] = {&dns_v1().schema()};
    using visor::test::members;
    EXPECT_EQ(dns_v1().cells().size(), members<CellsV1>() - 3 + members<Facts>() + 2 * members<Timing>());
    size_t shown = 0;
    for (const Row& row : schemas[0]->rows) shown += !row.facts.extended;
    EXPECT_EQ(shown, 44u);
    EXPECT_EQ(schemas[0]->default_groups(), 63u);
}

TEST(DnsV1Schema, MergeAddsBuckets) {
    visor::test::Bucket<CellsV1> a, b;
    a->queries += 1;
    b->queries += 2;
    b->evicted += 3;
    b->facts.qtype.add(28, 4);
    b->out.latency.update(100);
    merge_cells(dns_v1().cells(), a.get(), b.get());
    EXPECT_EQ(a->queries.value, 3u);
    EXPECT_EQ(a->evicted.value, 3u);
    EXPECT_EQ(a->facts.qtype.at(28), 4u);
    EXPECT_EQ(a->out.latency.count(), 1u);
}

// Of names that repeat, as the engine tells it: the same as if nobody had told.
TEST_F(DnsV1Test, RepeatedNamesAreCountedEachTime) {
    std::vector<DnsEvent> batch;
    const char* const names[] = {"www.example.com", "example.org", "a.b.example.net", "localhost"};
    sketch::test::Random random(3);
    for (size_t i = 0; i < 3000; ++i) { // more than are looked at together
        const size_t name = i < 4 ? i : random.below(4);
        batch.push_back(events({.name = names[name], .reply = i % 2 != 0}));
        if (i >= 4) batch.back().name_back = static_cast<uint16_t>(i - name);
    }
    std::vector<DnsEvent> untold = batch;
    for (DnsEvent& event : untold) event.name_back = 0;
    feed(untold);
    const std::string two = top_text(fed->facts.top_qname2), three = top_text(fed->facts.top_qname3);
    const double distinct = fed->facts.qname.estimate();
    make({});
    clear_cells(dns_v1().cells(), fed.cells.get());
    feed(batch);
    EXPECT_EQ(top_text(fed->facts.top_qname2), two);
    EXPECT_EQ(top_text(fed->facts.top_qname3), three);
    EXPECT_EQ(fed->facts.qname.estimate(), distinct);
}

// The first with a name need not be among those that count, nor in the batch at all.
TEST_F(DnsV1Test, RepeatedNamesWhoseFirstIsNotCounted) {
    OptionValues values;
    values.set_bool("only_queries", true);
    make(values);
    DnsEvent excluded = events(reply), counted = events(query), before = events(query);
    counted.name_back = 1;
    before.name_back = 5;
    feed({before, excluded, counted, counted});
    EXPECT_EQ(top_text(fed->facts.top_qname2), ".example.com=3");
}

TEST_F(DnsV1Test, CountsMessages) {
    feed({events(query), events(query, {.transport = DnsTransport::tcp}), events(reply, {.v6 = true}),
          events({.reply = true, .rcode = 2}), events({.reply = true, .rcode = 3}),
          events({.reply = true, .rcode = 5}), events({.reply = true, .answers = {{}}})});
    EXPECT_EQ(fed->events.value, 7u);
    EXPECT_EQ(fed->queries.value, 2u);
    EXPECT_EQ(fed->replies.value, 5u);
    EXPECT_EQ(fed->facts.udp.value, 6u);
    EXPECT_EQ(fed->facts.tcp.value, 1u);
    EXPECT_EQ(fed->facts.ipv4.value, 6u);
    EXPECT_EQ(fed->facts.ipv6.value, 1u);
    EXPECT_EQ(fed->facts.noerror.value, 2u) << "of replies alone";
    EXPECT_EQ(fed->facts.nodata.value, 1u);
    EXPECT_EQ(fed->facts.srvfail.value, 1u);
    EXPECT_EQ(fed->facts.nxdomain.value, 1u);
    EXPECT_EQ(fed->facts.refused.value, 1u);
}

TEST_F(DnsV1Test, TooShortForFlagsIsMalformed) {
    for (size_t size = 0; size < wire::dns_header_size; ++size) feed({events.raw(Raw(size, 1))});
    EXPECT_EQ(fed->malformed.value, 4u) << "without id and flags it cannot be told what it is";
    EXPECT_EQ(fed->total.value, 8u);
    EXPECT_EQ(fed->queries.value, 8u);
    EXPECT_EQ(fed->observed.slot[0], 12u);
    EXPECT_EQ(fed->passed.slot[0], 8u);
}

TEST_F(DnsV1Test, UnreadableQuestionIsIncomplete) {
    Raw cut = query.bytes();
    cut.resize(20);
    feed({events.raw(cut), events({.name = ""})});
    EXPECT_EQ(fed->incomplete.value, 1u) << "a message without a question is whole";
    EXPECT_EQ(fed->queries.value, 2u);
    EXPECT_EQ(top_text(fed->facts.qtype, qtype_key), "");
}

TEST_F(DnsV1Test, NamesAndTypes) {
    feed({events({.name = "Biz.foo.Bar.com", .type = type_aaaa}), events({.name = "biz.FOO.bar.com"}),
          events({.name = "a.com"})});
    EXPECT_EQ(top_text(fed->facts.top_qname2), ".bar.com=2 a.com=1");
    EXPECT_EQ(top_text(fed->facts.top_qname3), ".foo.bar.com=2");
    EXPECT_NEAR(fed->facts.qname.estimate(), 2, 0.01);
    EXPECT_EQ(top_text(fed->facts.qtype, qtype_key), "A=2 AAAA=1");
}

TEST_F(DnsV1Test, NamesByCodeOfTheReply) {
    const auto of = [&](uint8_t rcode, std::string_view name, std::vector<Record> answers = {}) {
        return events({.name = name, .reply = true, .rcode = rcode, .answers = std::move(answers)});
    };
    feed({of(0, "ok.test", {{}}), of(0, "empty.test"), of(2, "fail.test"), of(3, "no.test"),
          of(5, "refused.test"), events({.name = "query.test"})});
    EXPECT_EQ(top_text(fed->facts.top_noerror), "empty.test=1 ok.test=1");
    EXPECT_EQ(top_text(fed->facts.top_nodata), "empty.test=1");
    EXPECT_EQ(top_text(fed->facts.top_srvfail), "fail.test=1");
    EXPECT_EQ(top_text(fed->facts.top_nxdomain), "no.test=1");
    EXPECT_EQ(top_text(fed->facts.top_refused), "refused.test=1");
    EXPECT_EQ(top_text(fed->facts.rcode, rcode_key), "NOERROR=2 SRVFAIL=1 NXDOMAIN=1 REFUSED=1");
}

TEST_F(DnsV1Test, ExtendedCodeIsOneCode) {
    feed({events({.reply = true, .extended_rcode = 1})});
    EXPECT_EQ(fed->facts.noerror.value, 0u);
    EXPECT_EQ(top_text(fed->facts.rcode, rcode_key), "BADVERS=1");
}

TEST_F(DnsV1Test, PortIsTheClients) {
    feed({events(query), events(reply)});
    EXPECT_EQ(top_text(fed->facts.ports, number_key), "4000=2");
}

TEST_F(DnsV1Test, NamesByBytesOfReplies) {
    const DnsEvent event = events({.reply = true, .answers = {{}, {}}});
    feed({event, events(query)});
    EXPECT_EQ(top_text(fed->facts.top_bytes), "www.example.com=" + std::to_string(event.size));
}

TEST_F(DnsV1Test, SubnetsOfQueries) {
    GeoBuilder builder;
    builder.v4_from(0xc0000200, builder.place("EU/Sweden", NAN, NAN));
    builder.v4_from(0xc0000300, 0);
    const GeoTable table = builder.build();
    const Services services{&table, &table, nullptr};
    make({}, dns_v1().schema().all_groups(), services);
    feed({events({.options = client_subnet(2)}), events({.options = client_subnet(2)}),
          events({.options = client_subnet(3)}), events(query),
          events({.reply = true, .options = client_subnet(2)})});
    EXPECT_EQ(fed->facts.ecs.value, 3u);
    EXPECT_EQ(top_text(fed->facts.top_ecs, address_key), "192.0.2.0=2 192.0.3.0=1");
    EXPECT_EQ(top_text(fed->facts.top_geo, place_key), "EU/Sweden=2 Unknown=1");
    EXPECT_EQ(top_text(fed->facts.top_asn, place_key), "EU/Sweden=2 Unknown=1");
}

// Places, what filters ask, and suffixes; what is counted stays.
TEST_F(DnsV1Test, DatabasesAreExchanged) {
    struct CoUk : SuffixList {
        size_t suffix_size(std::string_view name) const override { return name.ends_with("co.uk") ? 5 : 2; }
    } const suffixes;
    OptionValues values;
    values.set_bool("geoloc_notfound", true);
    values.set_bool("public_suffix_list", true);
    GeoBuilder builder;
    builder.v4_from(0, builder.place("EU", NAN, NAN));
    const GeoTable knows_all = builder.build(), knows_none;
    const Services before{&knows_all, nullptr, nullptr}, after{&knows_none, nullptr, &suffixes};
    make(values, dns_v1().schema().all_groups(), before);
    const DnsEvent event = events({.name = "a.b.co.uk", .options = client_subnet(2)});
    feed({event, event});
    EXPECT_EQ(fed->filtered.value, 2u);
    const auto made =
        visor::test::make_handler(dns_v1(), {values, dns_v1().schema().all_groups(), 100}, after);
    fed.handler->swap_databases(*made);
    feed({event});
    EXPECT_EQ(fed->filtered.value, 2u);
    EXPECT_EQ(fed->total.value, 1u);
    EXPECT_EQ(top_text(fed->facts.top_geo, place_key), "Unknown=1");
    EXPECT_EQ(top_text(fed->facts.top_qname2), ".b.co.uk=1");
}

TEST_F(DnsV1Test, ConfiguredSuffixIsOneLabel) {
    OptionValues values;
    values.set_list("only_qname_suffix", {".co.uk"});
    make(values);
    feed({events({.name = "www.google.co.uk"}), events({.name = "a.com"})});
    EXPECT_EQ(top_text(fed->facts.top_qname2), ".google.co.uk=1");
    EXPECT_EQ(top_text(fed->facts.top_qname3), "www.google.co.uk=1");
    EXPECT_EQ(fed->filtered.value, 1u);
}

TEST_F(DnsV1Test, PublicSuffixIsOneLabel) {
    struct CoUk : SuffixList {
        size_t suffix_size(std::string_view name) const override { return name.ends_with("co.uk") ? 5 : 3; }
    } const suffixes;
    OptionValues values;
    for (const bool on : {false, true}) {
        values.set_bool("public_suffix_list", on);
        make(values, dns_v1().schema().all_groups(), {nullptr, nullptr, &suffixes});
        feed({events({.name = "www.google.co.uk"})});
    }
    EXPECT_EQ(top_text(fed->facts.top_qname2), ".co.uk=1 .google.co.uk=1");
}

TEST_F(DnsV1Test, GroupsOffLeaveTheirTablesEmpty) {
    make({}, group1::counters);
    feed({events({.options = client_subnet()}), events({.reply = true, .rcode = 3})});
    EXPECT_EQ(fed->total.value, 2u);
    EXPECT_EQ(fed->facts.nxdomain.value, 1u);
    EXPECT_EQ(fed->facts.ecs.value, 0u);
    EXPECT_EQ(fed->matched.value, 0u);
    for (const auto* top : {&fed->facts.top_qname2, &fed->facts.top_nxdomain, &fed->facts.top_ecs,
                            &fed->facts.top_bytes, &fed->facts.top_noerror})
        EXPECT_TRUE(top->empty());
    EXPECT_EQ(top_text(fed->facts.ports, number_key), "");
    EXPECT_EQ(fed->facts.qname.estimate(), 0);
    EXPECT_EQ(fed->facts.rcode.at(3), 1u) << "codes and types belong to no group";
    make({}, dns_v1().schema().default_groups());
    feed({events(reply)});
    EXPECT_TRUE(fed->facts.top_noerror.empty()) << "details are off";
}

TEST_F(DnsV1Test, SamplingTakesQueryAndReplyTogether) {
    make({}, dns_v1().schema().all_groups(), {}, 40);
    std::vector<DnsEvent> all;
    for (uint16_t id = 0; id < 300; ++id) {
        all.push_back(events({.id = id}));
        all.push_back(events({.reply = true, .id = id}, {.us = 5}));
    }
    feed(all);
    EXPECT_EQ(fed->total.value, 600u);
    EXPECT_EQ(fed->matched.value, 300u);
    EXPECT_GT(fed->deep_samples.value, 150u);
    EXPECT_LT(fed->deep_samples.value, 350u);
    EXPECT_EQ(fed->facts.rcode.at(0) * 2, fed->deep_samples.value);
    EXPECT_EQ(fed->ratio.count() * 2, fed->deep_samples.value);
}

// --- transactions ---

TEST_F(DnsV1Test, PairsByDirectionOfTheHost) {
    feed({events({.id = 1}, {.direction = Direction::in}),
          events({.reply = true, .id = 1}, {.direction = Direction::out, .us = 100}),
          events({.id = 2}, {.direction = Direction::out}),
          events({.reply = true, .id = 2}, {.direction = Direction::in, .us = 900}), events({.id = 3}),
          events({.reply = true, .id = 3}, {.us = 7})});
    EXPECT_EQ(fed->matched.value, 3u);
    EXPECT_EQ(fed->in.total.value, 1u) << "the host is server";
    EXPECT_EQ(fed->out.total.value, 1u);
    EXPECT_EQ(fed->in.latency.max(), 100u);
    EXPECT_EQ(fed->out.latency.max(), 900u);
    EXPECT_EQ(fed->out.histogram.count(), 1u);
    EXPECT_EQ(fed->ratio.count(), 3u);
}

TEST_F(DnsV1Test, PairsNeedFlowAndId) {
    feed({events({.id = 1}, {.flow = 1}), events({.reply = true, .id = 2}, {.flow = 1}),
          events({.reply = true, .id = 1}, {.flow = 2})});
    EXPECT_EQ(fed->matched.value, 0u);
    feed({events({.reply = true, .id = 1}, {.flow = 1}), events({.reply = true, .id = 1}, {.flow = 1})});
    EXPECT_EQ(fed->matched.value, 1u) << "a reply is matched once";
}

TEST_F(DnsV1Test, RepeatedQueryRestartsTheClock) {
    feed({events(query, {.direction = Direction::out}),
          events(query, {.direction = Direction::out, .us = 1000}),
          events(reply, {.direction = Direction::in, .us = 1200})});
    EXPECT_EQ(fed->out.latency.max(), 200u);
    EXPECT_EQ(fed->matched.value, 1u);
}

TEST_F(DnsV1Test, LateReplyIsATimeout) {
    feed({events(query), events(reply, {.us = 4'999'999})});
    EXPECT_EQ(fed->matched.value, 1u);
    feed({events(query), events(reply, {.us = 5'000'000})});
    EXPECT_EQ(fed->matched.value, 1u);
    EXPECT_EQ(fed->timed_out.value, 1u);
}

TEST_F(DnsV1Test, TimeToLiveIsConfigured) {
    OptionValues values;
    values.set_uint("xact_ttl_ms", 10);
    values.set_uint("xact_ttl_secs", 100);
    make(values);
    feed({events(query), events(reply, {.us = 10'000})});
    EXPECT_EQ(fed->timed_out.value, 1u);
}

TEST_F(DnsV1Test, UnansweredAreCountedInTime) {
    feed({events({.id = 1}), events({.id = 2}, {.us = 2'000'000})});
    fed.handler->on_time(start_ns + 6'000'000'000, fed.cells.get(), 1);
    EXPECT_EQ(fed->timed_out.value, 1u);
    fed.handler->on_time(start_ns + 8'000'000'000, fed.cells.get(), 1);
    EXPECT_EQ(fed->timed_out.value, 2u);
}

TEST_F(DnsV1Test, FilteredMessagesArePartOfNoPair) {
    OptionValues values;
    values.set_bool("only_responses", true);
    make(values);
    feed({events(query), events(reply)});
    EXPECT_EQ(fed->filtered.value, 1u);
    EXPECT_EQ(fed->matched.value, 0u);
    EXPECT_EQ(fed->timed_out.value, 0u);
}

TEST_F(DnsV1Test, SlowIsAtLeastThePreviousPeriods90thPercentile) {
    const auto pair = [&](uint16_t id, std::string_view name, int64_t us) {
        return std::vector{
            events({.name = name, .id = id}, {.direction = Direction::out}),
            events({.name = name, .reply = true, .id = id}, {.direction = Direction::in, .us = us})};
    };
    for (uint16_t id = 0; id < 10; ++id) feed(pair(id, "first.test", 1000));
    EXPECT_EQ(top_text(fed->out.top_slow), "") << "nothing to compare with yet";
    fed.handler->on_period_end(fed.cells.get());
    feed(pair(1, "Slow.test", 1100));
    feed(pair(2, "fast.test", 800));
    EXPECT_EQ(top_text(fed->out.top_slow), "Slow.test=1") << "as it was written";
    EXPECT_EQ(top_text(fed->in.top_slow), "");
}

} // namespace
} // namespace visor::dns
