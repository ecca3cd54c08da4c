#include "handlers/dns/dns_facts.hpp"

#include "handlers/dns/dns.hpp"
#include "handlers/dns/test_events.hpp"
#include "sketch/test_streams.hpp"

#include <gtest/gtest.h>

namespace visor::dns {
namespace {
using namespace test;
using sketch::test::Random;

// An event that is nothing but a header and an OPT record behind it, where the code has bits for one.
// `options` keep it from being the bare record that is read where it stands.
DnsEvent coded(TestEvents& events, uint16_t rcode, bool reply, bool answered, bool options) {
    Message message{.reply = reply, .rcode = static_cast<uint8_t>(rcode & 15)};
    if (answered) message.answers = {Record{}};
    if (options) message.options = be16(10) + be16(8) + Raw(8, 1); // a cookie
    message.extended_rcode = static_cast<uint8_t>(rcode >> 4);
    return events(message);
}

Outcome expected(uint16_t rcode, bool reply, bool answered) {
    if (!reply) return Outcome::other;
    switch (rcode) {
    case 0:
        return answered ? Outcome::noerror : Outcome::nodata;
    case 2:
        return Outcome::srvfail;
    case 3:
        return Outcome::nxdomain;
    case 5:
        return Outcome::refused;
    default:
        return Outcome::other;
    }
}

TEST(Outcomes, EveryCodeOfQueriesAndReplies) {
    for (unsigned rcode = 0; rcode < 4096; ++rcode) {
        TestEvents events;
        for (const bool reply : {false, true})
            for (const bool answered : {false, true})
                for (const bool options : {false, true}) {
                    const DnsEvent event =
                        coded(events, static_cast<uint16_t>(rcode), reply, answered, options);
                    const Outcomes got = outcomes_of(event);
                    ASSERT_EQ(got.event, &event);
                    ASSERT_EQ(got.rcode, reply ? rcode : 0) << "options " << options;
                    ASSERT_EQ(got.outcome, expected(static_cast<uint16_t>(rcode), reply, answered))
                        << rcode << " reply " << reply << " answered " << answered;
                }
    }
}

// Bytes that look like an OPT record at the end of a message that says it has none, or of a query.
TEST(Outcomes, OnlyAnAdditionalRecordExtendsTheCode) {
    TestEvents events;
    const Message extended{.reply = true, .rcode = 3, .extended_rcode = 2};
    EXPECT_EQ(outcomes_of(events(extended)).rcode, 35);
    Raw none = extended.bytes();
    none[11] = 0; // of additional records
    EXPECT_EQ(outcomes_of(events.raw(none)).rcode, 3);
    Raw query = extended.bytes();
    query[2] = 0;
    EXPECT_EQ(outcomes_of(events.raw(query)).rcode, 0);
    Raw cut = extended.bytes();
    cut.pop_back();
    EXPECT_EQ(outcomes_of(events.raw(cut)).rcode % 16, 3);
}

// Every kind of message a number of times of its own, all at once, against counting one by one.
TEST(KindTally, CountsWhatCountingEachWould) {
    TestEvents events;
    visor::test::Bucket<Facts> got, want;
    KindTally tally;
    EXPECT_EQ(tally.all(), 0u);
    uint64_t all = 0, replies = 0, times = 0;
    static constexpr uint8_t rcodes[] = {0, 1, 2, 3, 5, 9};
    for (const bool v6 : {false, true})
        for (const bool reply : {false, true})
            for (const bool answered : {false, true})
                for (const uint8_t rcode : rcodes)
                    for (size_t transport = 0; transport < transport_count; ++transport) {
                        Message message{.reply = reply, .rcode = rcode};
                        if (answered) message.answers = {Record{}};
                        const DnsEvent event =
                            events(message, {.transport = static_cast<DnsTransport>(transport), .v6 = v6});
                        times = times % 11 + 1;
                        for (uint64_t i = 0; i < times; ++i) tally.count(event, outcomes_of(event).outcome);
                        all += times;
                        replies += reply ? times : 0;
                        Counter* const by_transport[] = {&want->udp, &want->tcp,          &want->dot,
                                                         &want->doh, &want->dnscrypt_udp, &want->dnscrypt_tcp,
                                                         &want->doq};
                        *by_transport[transport] += times;
                        (v6 ? want->ipv6 : want->ipv4) += times;
                        if (!reply) continue;
                        want->noerror += rcode == 0 ? times : 0;
                        want->nodata += rcode == 0 && !answered ? times : 0;
                        want->srvfail += rcode == 2 ? times : 0;
                        want->nxdomain += rcode == 3 ? times : 0;
                        want->refused += rcode == 5 ? times : 0;
                    }
    EXPECT_EQ(tally.all(), all);
    EXPECT_EQ(tally.replies(), replies);
    tally.move_to(*got);
    EXPECT_TRUE(visor::test::same_bytes(got, want));
    EXPECT_GT(got->refused.value, 0u);
    EXPECT_EQ(tally.all(), 0u); // it begins anew
    tally.move_to(*got);
    EXPECT_TRUE(visor::test::same_bytes(got, want));
}

// A packet of neither IP version: of a tap that has none.
TEST(KindTally, MessagesWithoutAnAddress) {
    TestEvents events;
    DnsEvent event = events(Message{});
    event.ip_version = 0;
    KindTally tally;
    tally.count(event, Outcome::other);
    visor::test::Bucket<Facts> facts;
    tally.move_to(*facts);
    EXPECT_EQ(facts->ipv4.value + facts->ipv6.value, 0u);
    EXPECT_EQ(facts->udp.value, 1u);
}

// All sorts of messages, more than are recorded at once, over several seconds and a few from before the
// period.
std::vector<DnsEvent> all_sorts(TestEvents& events, size_t count) {
    Random random(1);
    std::vector<DnsEvent> all;
    static const std::string names[] = {
        "www.example.com",        "a.b.c.example.org", "localhost", "x.y", "Mixed.CASE.net", "",
        "10.2.0.192.in-addr.arpa"};
    for (size_t i = 0; i < count; ++i) {
        const std::string name = random.below(3) ? names[random.below(std::size(names))]
                                                 : "h" + std::to_string(random.below(300)) + ".sub" +
                                                       std::to_string(random.below(20)) + ".example";
        static constexpr uint8_t rcodes[] = {0, 0, 0, 2, 3, 5, 9};
        Message message{.name = name,
                        .type = static_cast<uint16_t>(random.below(2) ? 1 : 28),
                        .reply = random.below(2) == 0,
                        .rcode = rcodes[random.below(std::size(rcodes))],
                        .id = static_cast<uint16_t>(random.below(50))};
        if (random.below(2)) message.answers = {Record{}};
        if (random.below(5) == 0) message.options = client_subnet(static_cast<uint8_t>(random.below(9)));
        if (random.below(20) == 0) message.extended_rcode = 1;
        const Way way{.direction = static_cast<Direction>(random.below(3)),
                      .us = static_cast<int64_t>(i * 50'000 + random.below(3'000'000)) - 1'000'000,
                      .flow = random.below(50),
                      .transport = static_cast<DnsTransport>(random.below(transport_count)),
                      .v6 = random.below(4) == 0};
        Raw bytes = message.bytes();
        if (random.below(30) == 0) bytes.resize(random.below(bytes.size())); // cut
        all.push_back(events.raw(bytes, way));
    }
    return all;
}

// The same events, cut into batches: what is counted by the batch and by the column is what is counted event
// by event, to the byte.
template <class Cells>
void expect_same_in_any_batches(const HandlerClass& type, const OptionValues& values, uint32_t deep = 100) {
    TestEvents events;
    const std::vector<DnsEvent> all = all_sorts(events, 1000);
    const auto fed = [&](size_t a_batch) {
        auto cells = std::make_unique<Fed<Cells>>();
        cells->handler = visor::test::make_handler(type, {values, type.schema().all_groups(), deep});
        for (size_t at = 0; at < all.size(); at += a_batch) {
            const size_t end = std::min(at + a_batch, all.size());
            cells->feed(
                {all.begin() + static_cast<ptrdiff_t>(at), all.begin() + static_cast<ptrdiff_t>(end)});
        }
        return cells;
    };
    const auto one_by_one = fed(1);
    EXPECT_EQ((*one_by_one)->events.value, all.size());
    for (const size_t a_batch : {2u, 31u, 32u, 33u, 64u, 100u, 1000u}) {
        const auto batched = fed(a_batch);
        EXPECT_TRUE(visor::test::same_bytes(one_by_one->cells, batched->cells)) << a_batch;
    }
}

TEST(DnsBatches, Version1) {
    expect_same_in_any_batches<CellsV1>(dns_v1(), {});
    expect_same_in_any_batches<CellsV1>(dns_v1(), {}, 50);
}

TEST(DnsBatches, Version2) {
    expect_same_in_any_batches<CellsV2>(dns_v2(), {});
    expect_same_in_any_batches<CellsV2>(dns_v2(), {}, 50);
}

} // namespace
} // namespace visor::dns
