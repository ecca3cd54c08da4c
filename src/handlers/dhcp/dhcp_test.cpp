#include "handlers/dhcp/dhcp.hpp"

#include "handlers/dhcp/dhcp_cells.hpp"
#include "metric/test_estimates.hpp"
#include "metric/test_handlers.hpp"
#include "wire/dhcp.hpp"
#include "wire/ports.hpp"
#include "wire/test_frames.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

namespace visor::dhcp {
namespace {
using namespace wire::test;
using test::top_text;
using wire::Packet;
namespace fs = std::filesystem;

constexpr int64_t start_ns = 1'700'000'000'000'000'000;

struct V4Message {
    uint8_t type = 0; // 0: no option 53
    uint32_t xid = 1;
    uint8_t mac = 7; // last byte of 02:00:00:00:00:xx
    Raw options = {};
};

Raw option(uint8_t code, const Raw& value) {
    return Raw{code, static_cast<uint8_t>(value.size())} + value;
}

Raw bootp(const V4Message& m) {
    const Raw type = m.type ? option(53, {m.type}) : Raw{};
    return Raw{1, 1, 6, 0} + be32(m.xid) + be32(0) + be32(0) + Raw{192, 0, 2, 9} + be32(0) + be32(0) +
           Raw{2, 0, 0, 0, 0, m.mac} + Raw(10 + 64 + 128, 0) + be32(0x63825363) + type + m.options + Raw{255};
}

Packet v4_payload(const Raw& payload, int64_t ms = 0, wire::LinkType link = wire::LinkType::ethernet) {
    const Raw ip = ip4(udp(payload, 67, 68));
    Packet p = decoded(link == wire::LinkType::ethernet ? ether(0x0800, ip) : ip, link);
    p.ts_ns = start_ns + ms * 1'000'000;
    return p;
}
Packet v4_packet(const V4Message& message, int64_t ms = 0) {
    return v4_payload(bootp(message), ms);
}
Packet v6_packet(const Raw& payload) {
    Packet p = decoded(ether(0x86dd, ip6(udp(payload, 547, 546))));
    p.ts_ns = start_ns;
    return p;
}

class DhcpTest : public testing::Test {
protected:
    void TearDown() override { EXPECT_TRUE(test::clears(dhcp_v1(), cells)); }
    void feed(const std::vector<Packet>& packets) {
        std::vector<uint16_t> all(packets.size());
        for (size_t i = 0; i < all.size(); ++i) all[i] = static_cast<uint16_t>(i);
        Batch batch;
        batch.period_start_ns = start_ns;
        batch.packets = packets;
        batch.dhcp = all;
        handler->on_batch(batch, cells.get()); // does nothing: all of it needs order
        handler->on_ordered(batch, cells.get());
        EXPECT_EQ(cells->events.value, cells->total.value + cells->filtered.value + cells->malformed.value);
    }
    void make(const OptionValues& values, uint32_t deep = 100) {
        handler = test::make_handler(dhcp_v1(), {values, 0, deep});
    }

    std::unique_ptr<Handler> handler = test::make_handler(dhcp_v1());
    test::Bucket<DhcpCells> cells;
};

const V4Message request{.type = 3, .options = option(12, text("laptop"))};
const V4Message ack{.type = 5};

TEST(DhcpSchema, NamesEveryCell) {
    const Schema* const schemas[] = {&dhcp_v1().schema()};
    EXPECT_EQ(dhcp_v1().cells().size(), test::members<DhcpCells>());
    EXPECT_EQ(schemas[0]->key, "dhcp");
    size_t shown = 0;
    for (const Row& row : schemas[0]->rows) shown += !row.facts.extended;
    EXPECT_EQ(shown, 16u);
}

TEST_F(DhcpTest, CountsTypes) {
    std::vector<Packet> packets;
    for (uint8_t type = 0; type <= 9; ++type)
        for (int i = 0; i <= type; ++i) packets.push_back(v4_packet({.type = type, .xid = 1000}));
    feed(packets);
    EXPECT_EQ(cells->discover.value, 2u);
    EXPECT_EQ(cells->offer.value, 3u);
    EXPECT_EQ(cells->request.value, 4u);
    EXPECT_EQ(cells->decline.value, 5u);
    EXPECT_EQ(cells->ack.value, 6u);
    EXPECT_EQ(cells->nak.value, 7u);
    EXPECT_EQ(cells->release.value, 8u);
    EXPECT_EQ(cells->inform.value, 9u);
    EXPECT_EQ(cells->other.value, 1u + 10u) << "BOOTP and type 9";
    EXPECT_EQ(cells->total.value, 55u);
    EXPECT_EQ(cells->passed.slot[0], 55u);
}

TEST_F(DhcpTest, CountsVersion6InTotal) {
    std::vector<Packet> packets;
    for (const uint8_t type : Raw{1, 2, 2, 3, 7, 7, 7, 11}) packets.push_back(v6_packet({type, 0, 0, 1}));
    packets.push_back(v6_packet(Raw{12} + Raw(33, 0)));
    feed(packets);
    EXPECT_EQ(cells->solicit.value, 1u);
    EXPECT_EQ(cells->advertise.value, 2u);
    EXPECT_EQ(cells->request_v6.value, 1u);
    EXPECT_EQ(cells->reply.value, 3u);
    EXPECT_EQ(cells->other_v6.value, 2u);
    EXPECT_EQ(cells->total.value, 9u);
    EXPECT_EQ(cells->passed.slot[0], 9u);
    EXPECT_EQ(top_text(cells->top_servers), "") << "none has a server identifier";
}

TEST_F(DhcpTest, PayloadThatIsNoDhcpIsMalformed) {
    Raw no_cookie = bootp(request);
    no_cookie[236] = 0;
    feed({v4_payload(no_cookie), v4_payload({}), v6_packet({}), v6_packet({7, 1})});
    EXPECT_EQ(cells->events.value, 4u);
    EXPECT_EQ(cells->malformed.value, 4u);
    EXPECT_EQ(cells->total.value, 0u);
    EXPECT_EQ(cells->observed.slot[0], 4u);
    EXPECT_EQ(cells->passed.slot[0], 0u);
}

TEST_F(DhcpTest, ClientIsToldOnAck) {
    feed({v4_packet(request)});
    EXPECT_EQ(top_text(cells->top_clients), "");
    feed({v4_packet(ack, 4999)});
    EXPECT_EQ(top_text(cells->top_clients), "02:00:00:00:00:07/laptop/192.0.2.9=1");
    feed({v4_packet(ack)});
    EXPECT_EQ(top_text(cells->top_clients), "02:00:00:00:00:07/laptop/192.0.2.9=1")
        << "an ACK answers one request";
}

TEST_F(DhcpTest, NameIsUnknownWithoutOption12) {
    feed({v4_packet({.type = 3}), v4_packet(ack)});
    EXPECT_EQ(top_text(cells->top_clients), "02:00:00:00:00:07/Unknown/192.0.2.9=1");
}

TEST_F(DhcpTest, AckMatchesIdAndClient) {
    V4Message other_id = ack, other_client = ack;
    other_id.xid = 2;
    other_client.mac = 8;
    feed({v4_packet(request), v4_packet(other_id), v4_packet(other_client)});
    EXPECT_EQ(top_text(cells->top_clients), "");
    feed({v4_packet({.type = 3, .mac = 8, .options = option(12, text("b"))}), v4_packet(other_client),
          v4_packet(ack)});
    EXPECT_EQ(top_text(cells->top_clients),
              "02:00:00:00:00:07/laptop/192.0.2.9=1 02:00:00:00:00:08/b/192.0.2.9=1");
}

TEST_F(DhcpTest, LateAckIsATimeout) {
    feed({v4_packet(request), v4_packet(ack, 5000)});
    EXPECT_EQ(top_text(cells->top_clients), "");
    EXPECT_EQ(cells->timed_out.value, 1u);
}

TEST_F(DhcpTest, SweepCountsTheUnanswered) {
    feed({v4_packet(request), v4_packet({.type = 3, .xid = 2}, 3000)});
    handler->on_time(start_ns + 6'000'000'000, cells.get(), 1);
    EXPECT_EQ(cells->timed_out.value, 1u);
    handler->on_time(start_ns + 9'000'000'000, cells.get(), 1);
    EXPECT_EQ(cells->timed_out.value, 2u);
}

TEST_F(DhcpTest, TimeToLiveIsConfigured) {
    OptionValues values;
    values.set_uint("xact_ttl_secs", 60);
    make(values);
    feed({v4_packet(request), v4_packet(ack, 59'000)});
    EXPECT_NE(top_text(cells->top_clients), "");
    values.set_uint("xact_ttl_ms", 100);
    make(values);
    feed({v4_packet(request), v4_packet(ack, 101)});
    EXPECT_EQ(cells->timed_out.value, 1u) << "milliseconds win";
}

TEST_F(DhcpTest, NakEndsTheRequest) {
    feed({v4_packet(request), v4_packet({.type = 6}), v4_packet(ack)});
    EXPECT_EQ(top_text(cells->top_clients), "");
    handler->on_time(start_ns + 60'000'000'000, cells.get(), 1);
    EXPECT_EQ(cells->timed_out.value, 0u);
}

TEST_F(DhcpTest, RequestFloodIsCounted) {
    std::vector<Packet> packets;
    for (uint32_t i = 0; i < 3000; ++i) packets.push_back(v4_packet({.type = 3, .xid = i}));
    feed(packets);
    EXPECT_GE(cells->evicted.value, 3000u - 1024u);
    EXPECT_EQ(cells->request.value, 3000u);
}

TEST_F(DhcpTest, LongestHostNameAndAnyBytes) {
    Raw name(255, 'x');
    name[0] = 0xff;
    name[1] = '/';
    feed({v4_packet({.type = 3, .options = option(12, name)}), v4_packet(ack)});
    const auto items = cells->top_clients.top(1);
    ASSERT_EQ(items.size(), 1u);
    EXPECT_EQ(items[0].key, "02:00:00:00:00:07/" + std::string(name.begin(), name.end()) + "/192.0.2.9");
}

TEST_F(DhcpTest, ServerIsToldOnOffer) {
    const V4Message offer{.type = 2, .options = option(54, {192, 0, 2, 1})};
    feed({v4_packet(offer), v4_packet(offer), v4_packet({.type = 2}),
          v4_packet({.type = 5, .options = option(54, {192, 0, 2, 3})})});
    EXPECT_EQ(top_text(cells->top_servers), "02:00:00:00:00:02/192.0.2.1=2")
        << "not of an offer without option 54, nor of an ACK";
}

TEST_F(DhcpTest, ServerMacIsZeroWhereTheLinkHasNone) {
    const V4Message offer{.type = 2, .options = option(54, {192, 0, 2, 1})};
    feed({v4_payload(bootp(offer), 0, wire::LinkType::raw)});
    EXPECT_EQ(top_text(cells->top_servers), "00:00:00:00:00:00/192.0.2.1=1");
}

TEST_F(DhcpTest, ServerOfVersion6) {
    const Raw id = be16(2) + be16(3) + Raw{1, 2, 3};
    feed({v6_packet(Raw{2, 0, 0, 1} + id), v6_packet(Raw{7, 0, 0, 1} + id), v6_packet(Raw{1, 0, 0, 1} + id),
          v6_packet(Raw{13} + Raw(33, 0) + id)});
    EXPECT_EQ(top_text(cells->top_servers), "02:00:00:00:00:02/2001:db8::1=2")
        << "not of a SOLICIT, nor of a relayed message";
}

TEST_F(DhcpTest, SamplingKeepsTransactionsWhole) {
    make({}, 50);
    std::vector<Packet> packets;
    for (uint32_t i = 0; i < 200; ++i) {
        packets.push_back(v4_packet({.type = 3, .xid = i}));
        packets.push_back(v4_packet({.type = 5, .xid = i}));
    }
    feed(packets);
    EXPECT_EQ(cells->total.value, 400u);
    EXPECT_GT(cells->deep_samples.value, 120u);
    EXPECT_LT(cells->deep_samples.value, 280u);
    EXPECT_EQ(cells->top_clients.total() * 2, cells->deep_samples.value);
}

TEST_F(DhcpTest, RatesGoByTheSecond) {
    feed({v4_packet(request, 999), v4_packet(request, 1000), v4_packet(request, 59'999)});
    EXPECT_EQ(cells->observed.slot[0], 1u);
    EXPECT_EQ(cells->observed.slot[1], 1u);
    EXPECT_EQ(cells->passed.slot[59], 1u);
}

// --- a captured lease ---

std::vector<Packet> read_capture(const fs::path& path) {
    std::ifstream in(path, std::ios::binary);
    const std::string file{std::istreambuf_iterator<char>(in), {}};
    const auto* bytes = reinterpret_cast<const uint8_t*>(file.data());
    std::vector<Packet> packets;
    for (size_t at = 24; at + 16 <= file.size();) {
        const auto size = load_native<uint32_t>(bytes + at + 8);
        Packet p = decoded(Raw(bytes + at + 16, bytes + at + 16 + size));
        p.ts_ns = load_native<uint32_t>(bytes + at) * 1'000'000'000LL +
                  load_native<uint32_t>(bytes + at + 4) * 1000LL;
        if (p.is_udp() && wire::is_dhcp_port(p.dst_port)) packets.push_back(p);
        at += 16 + size;
    }
    return packets;
}

TEST_F(DhcpTest, CapturedLeases) {
    const char* given = std::getenv("VISOR_SHARED");
    const fs::path root = given ? fs::path(given) : fs::path(__FILE__).parent_path() / "../../../../shared";
    const fs::path path = root / "fixtures/pcap/dhcp-flow.pcap";
    if (!fs::exists(path)) GTEST_SKIP() << "no " << path;
    const auto packets = read_capture(path);
    ASSERT_FALSE(packets.empty());
    std::vector<uint16_t> all(packets.size());
    for (size_t i = 0; i < all.size(); ++i) all[i] = static_cast<uint16_t>(i);
    Batch batch;
    batch.period_start_ns = packets[0].ts_ns;
    batch.packets = packets;
    batch.dhcp = all;
    handler->on_ordered(batch, cells.get());
    EXPECT_EQ(cells->events.value, 8u);
    EXPECT_EQ(cells->total.value, 8u);
    EXPECT_EQ(cells->discover.value, 1u);
    EXPECT_EQ(cells->offer.value, 1u);
    EXPECT_EQ(cells->request.value, 3u);
    EXPECT_EQ(cells->ack.value, 3u);
    const auto clients = cells->top_clients.top(10);
    ASSERT_EQ(clients.size(), 2u);
    EXPECT_EQ(clients[0].key, "78:4f:43:78:19:bc/Shannons-MBP/192.168.2.205");
    EXPECT_EQ(clients[1].key, "32:47:73:53:0e:3d/Zenfone-8/192.168.2.248");
    EXPECT_EQ(top_text(cells->top_servers), "b8:27:eb:0c:b3:e2/192.168.2.1=1");
}

// One offer a transaction, all by one server.
TEST(DhcpSampling, EstimatesAreRightInTheMiddle) {
    constexpr uint32_t offers = 400;
    std::vector<Packet> packets;
    for (uint32_t i = 0; i < offers; ++i)
        packets.push_back(v4_packet({.type = 2, .xid = i, .options = option(54, {192, 0, 2, 1})}));
    std::vector<uint16_t> all(packets.size());
    for (size_t i = 0; i < all.size(); ++i) all[i] = static_cast<uint16_t>(i);
    test::Estimates servers;
    for (uint64_t seed = 1; seed <= 200; ++seed) {
        Services services;
        services.key = {seed * 0x9e3779b97f4a7c15U, seed * 0xd1b54a32d192ed03U};
        const auto handler = test::make_handler(dhcp_v1(), {{}, 0, 100}, services);
        test::Bucket<DhcpCells> cells;
        uint64_t skipped = 0;
        for (const uint32_t weight : {4u, 1u, 8u}) {
            Batch batch;
            batch.period_start_ns = start_ns;
            batch.packets = packets;
            batch.dhcp = all;
            batch.deep_weight = weight;
            batch.deep_skipped = &skipped;
            handler->on_ordered(batch, cells.get());
        }
        ASSERT_EQ(cells->offer.value, 3 * offers);
        ASSERT_EQ(cells->deep_samples.value + skipped, 3 * offers);
        servers.add(static_cast<double>(cells->top_servers.top(1).at(0).lower));
    }
    servers.expect_unbiased(3 * offers, "server");
}

} // namespace
} // namespace visor::dhcp
