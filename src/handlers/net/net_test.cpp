#include "handlers/net/net.hpp"

#include "handlers/net/net_cells.hpp"
#include "metric/keys.hpp"
#include "metric/test_handlers.hpp"
#include "sketch/test_streams.hpp"
#include "wire/test_frames.hpp"

#include <gtest/gtest.h>

#include <cmath>

namespace visor::net {
namespace {
using namespace wire::test;
using wire::Direction;
using wire::Packet;

constexpr int64_t start_ns = 1'700'000'000'000'000'000;
constexpr GroupMask all_groups = ~GroupMask{0};

Packet at(Packet p, Direction direction, int64_t ms = 0) {
    p.direction = direction;
    p.ts_ns = start_ns + ms * 1'000'000;
    return p;
}
Packet udp4(Direction direction, int64_t ms = 0) {
    return at(decoded(ether(0x0800, ip4(udp(Raw(10, 0))))), direction, ms);
}
Packet tcp4(Direction direction, uint8_t flags = wire::tcp_flag::ack) {
    return at(decoded(ether(0x0800, ip4(tcp({}, flags), {.proto = 6}))), direction);
}
Packet udp6(Direction direction) {
    return at(decoded(ether(0x86dd, ip6(udp({})))), direction);
}
Packet arp() {
    return at(decoded(ether(0x0806, Raw(28, 0))), Direction::unknown);
}

std::string addresses(const sketch::TopNames& top) {
    return test::top_text(top, address_key);
}

// 10.0.0.1 (the source of these frames) is in Sweden and AS 1221; 10.0.0.2 is nowhere.
class Databases {
public:
    Databases() {
        GeoBuilder city, asn;
        city.v4_from(0x0a000001, city.place("EU/Sweden", 59.0, 18.0));
        city.v4_from(0x0a000002, 0);
        city_ = city.build();
        asn.v4_from(0x0a000001, asn.place("1221/Telstra", NAN, NAN));
        asn.v4_from(0x0a000002, 0);
        asn_ = asn.build();
    }
    Services services() const { return {&city_, &asn_, nullptr}; }

private:
    GeoTable city_, asn_;
};

class NetTest : public testing::Test {
protected:
    void TearDown() override { EXPECT_TRUE(test::clears(net_v1(), cells)); }
    void make(const HandlerClass& type, const HandlerConfig& config, const Services& services = {}) {
        handler = test::make_handler(type, config, services);
        ASSERT_NE(handler, nullptr);
    }
    void filtered_by(const OptionValues& values, const Services& services = {}) {
        make(net_v1(), {values, all_groups, 100}, services);
    }
    void feed(const std::vector<Packet>& packets) {
        Batch batch;
        batch.period_start_ns = start_ns;
        batch.packets = packets;
        const auto outlines = test::outlines_of(batch.packets);
        batch.outlines = outlines;
        handler->on_batch(batch, cells.get());
        handler->on_ordered(batch, cells.get()); // does nothing: none of it needs order
    }
    DirectionCells& in() { return cells->direction[1]; }
    DirectionCells& out() { return cells->direction[2]; }
    DirectionCells& unknown() { return cells->direction[0]; }
    uint64_t total() { return in().total.value + out().total.value + unknown().total.value; }

    std::unique_ptr<Handler> handler = test::make_handler(net_v1(), {{}, all_groups, 100});
    test::Bucket<NetCells> cells;
};

TEST(NetSchema, RowsNameEveryCell) {
    const size_t cells = test::members<NetCells>() - 3 + 3 * test::members<DirectionCells>();
    EXPECT_EQ(net_v1().cells().size(), cells);
    const Schema* const two[] = {&net_v2().schema()};
    EXPECT_EQ(cells_of(two).size(), cells) << "version 2.0 shows all of them";
    EXPECT_EQ(net_v1().schema().rows.size(), 27u);
    EXPECT_EQ(net_v2().schema().rows.size(), 4u + 3 * 15u);
    EXPECT_EQ(net_v1().schema().key, "packets");
    EXPECT_EQ(net_v2().schema().key, "net");
    EXPECT_EQ(net_v1().cells().size(), net_v2().cells().size());
}

TEST(NetSchema, DirectionShowsWhenSeen) {
    for (const Row& row : net_v2().schema().rows) {
        if (row.dimension.empty()) continue;
        const Row* total = test::find_row(net_v2().schema(), std::string(row.dimension) + ".total_packets");
        ASSERT_NE(total, nullptr);
        EXPECT_EQ(row.seen[0], static_cast<int32_t>(total->offset[0]));
    }
}

TEST(NetSchema, MergeAddsBuckets) {
    test::Bucket<NetCells> a, b;
    a->events += 1;
    b->events += 2;
    b->direction[2].syn += 3;
    b->direction[1].packets.add(5, 4);
    b->direction[0].sizes.update(100);
    merge_cells(net_v1().cells(), a.get(), b.get());
    EXPECT_EQ(a->events.value, 3u);
    EXPECT_EQ(a->direction[2].syn.value, 3u);
    EXPECT_EQ(a->direction[1].packets.slot[5], 4u);
    EXPECT_EQ(a->direction[0].sizes.count(), 1u);
}

TEST_F(NetTest, CountsByProtocol) {
    feed({udp4(Direction::in), udp4(Direction::out), tcp4(Direction::out), udp6(Direction::unknown), arp()});
    EXPECT_EQ(cells->events.value, 5u);
    EXPECT_EQ(cells->deep_samples.value, 5u);
    EXPECT_EQ(cells->filtered.value, 0u);
    EXPECT_EQ(in().total.value, 1u);
    EXPECT_EQ(out().total.value, 2u);
    EXPECT_EQ(unknown().total.value, 2u);
    EXPECT_EQ(in().udp.value + out().udp.value + unknown().udp.value, 3u);
    EXPECT_EQ(out().tcp.value, 1u);
    EXPECT_EQ(unknown().other_l4.value, 1u) << "ARP";
    EXPECT_EQ(in().ipv4.value + out().ipv4.value, 3u);
    EXPECT_EQ(unknown().ipv6.value, 1u);
    EXPECT_EQ(unknown().ipv4.value, 0u);
}

TEST_F(NetTest, SizesAndRatesAreOfTheWire) {
    Packet cut = udp4(Direction::in, 1500);
    cut.wirelen = 1514;
    feed({cut, udp4(Direction::in, 59'999)});
    EXPECT_EQ(in().sizes.max(), 1514u);
    EXPECT_EQ(in().sizes.min(), 52u);
    EXPECT_EQ(in().packets.slot[1], 1u);
    EXPECT_EQ(in().bytes.slot[1], 1514u);
    EXPECT_EQ(in().bytes.slot[59], 52u);
    EXPECT_EQ(cells->observed.slot[1], 1u);
}

TEST_F(NetTest, SynsIncludeReplies) {
    using namespace wire::tcp_flag;
    feed({tcp4(Direction::in, syn), tcp4(Direction::in, syn | ack), tcp4(Direction::in, ack),
          udp4(Direction::in)});
    EXPECT_EQ(in().syn.value, 2u);
}

TEST_F(NetTest, RemoteAddressByDirection) {
    feed({udp4(Direction::in), udp4(Direction::out), udp4(Direction::out), udp6(Direction::in)});
    EXPECT_EQ(addresses(in().top_ipv4), "10.0.0.1=1");
    EXPECT_EQ(addresses(out().top_ipv4), "10.0.0.2=2");
    EXPECT_EQ(addresses(in().top_ipv6), "2001:db8::1=1");
    EXPECT_NEAR(in().ips.estimate(), 2, 0.01);
    EXPECT_NEAR(out().ips.estimate(), 1, 0.01);
}

TEST_F(NetTest, WithoutDirectionOnlyVersion2Looks) {
    feed({udp4(Direction::unknown)});
    EXPECT_EQ(addresses(unknown().top_ipv4), "");
    make(net_v2(), {{}, all_groups, 100});
    feed({udp4(Direction::unknown)});
    EXPECT_EQ(addresses(unknown().top_ipv4), "10.0.0.1=1 10.0.0.2=1");
    EXPECT_NEAR(unknown().ips.estimate(), 2, 0.01);
}

TEST_F(NetTest, AddressesThatWereNotCapturedAreNotCounted) {
    make(net_v2(), {{}, all_groups, 100});
    const Raw whole = ether(0x0800, ip4(udp({})));
    feed({at(decoded(Raw(whole.begin(), whole.begin() + 14 + 14)), Direction::unknown)});
    EXPECT_EQ(cells->events.value, 1u);
    EXPECT_EQ(unknown().ipv4.value, 1u);
    EXPECT_EQ(addresses(unknown().top_ipv4), "");
    EXPECT_TRUE(unknown().ips.estimate() == 0);
}

TEST_F(NetTest, GroupsSwitchDeepLooksOff) {
    make(net_v1(), {{}, group1::counters, 100}, Databases().services());
    feed({udp4(Direction::in), tcp4(Direction::in, wire::tcp_flag::syn)});
    EXPECT_EQ(in().total.value, 2u);
    EXPECT_EQ(in().syn.value, 1u);
    EXPECT_EQ(addresses(in().top_ipv4), "");
    EXPECT_TRUE(in().top_geo.empty());
    EXPECT_TRUE(in().top_asn.empty());
    EXPECT_TRUE(in().ips.estimate() == 0);
}

TEST_F(NetTest, SamplingTakesFlowsWhole) {
    make(net_v1(), {{}, all_groups, 30});
    std::vector<Packet> packets;
    for (uint64_t flow = 0; flow < 500; ++flow)
        for (int i = 0; i < 2; ++i) {
            packets.push_back(tcp4(Direction::in, wire::tcp_flag::syn));
            packets.back().flow_hash = flow * 0x9e3779b97f4a7c15U;
        }
    feed(packets);
    EXPECT_EQ(total(), 1000u) << "counters count all";
    EXPECT_EQ(cells->deep_samples.value % 2, 0u);
    EXPECT_GT(cells->deep_samples.value, 200u);
    EXPECT_LT(cells->deep_samples.value, 400u);
    EXPECT_EQ(in().syn.value, cells->deep_samples.value);
}

TEST_F(NetTest, PlacesOfRemoteAddresses) {
    const Databases databases;
    make(net_v1(), {{}, all_groups, 100}, databases.services());
    feed({udp4(Direction::in), udp4(Direction::out), udp4(Direction::out), udp4(Direction::unknown)});
    EXPECT_EQ(test::top_text(in().top_geo, place_key), "EU/Sweden=1");
    EXPECT_EQ(test::top_text(out().top_geo, place_key), "Unknown=2");
    EXPECT_EQ(test::top_text(in().top_asn, place_key), "1221/Telstra=1");
    EXPECT_EQ(test::top_text(out().top_asn, place_key), "Unknown=2");
    const KeyText place = place_key(in().top_geo.top(1).at(0).key);
    EXPECT_EQ(place.lat + "," + place.lon, "59.000000,18.000000");
}

// --- filters ---

TEST_F(NetTest, FilteredPacketsAreEvents) {
    const Databases databases;
    OptionValues values;
    values.set_bool("geoloc_notfound", true);
    filtered_by(values, databases.services());
    feed({udp4(Direction::in), udp4(Direction::out), udp4(Direction::unknown), arp()});
    EXPECT_EQ(cells->events.value, 4u);
    EXPECT_EQ(cells->filtered.value, 3u);
    EXPECT_EQ(out().total.value, 1u) << "only 10.0.0.2 is in no city";
    EXPECT_EQ(total(), 1u);
    EXPECT_EQ(cells->observed.slot[0], 4u);
    EXPECT_EQ(out().packets.slot[0], 1u);
    EXPECT_EQ(cells->events.value, cells->filtered.value + total());
}

TEST_F(NetTest, FilterOfUnknownSystems) {
    const Databases databases;
    OptionValues values;
    values.set_bool("asn_notfound", true);
    filtered_by(values, databases.services());
    feed({udp4(Direction::in), udp4(Direction::out)});
    EXPECT_EQ(out().total.value, 1u);
    EXPECT_EQ(total(), 1u);
}

TEST_F(NetTest, FilterByPlacePrefix) {
    const Databases databases;
    for (const auto& [prefix, passing] :
         {std::pair{"EU", 1U}, {"EU/Sweden", 1U}, {"EU/Swe", 1U}, {"NA", 0U}, {"EU/Sweden/X", 0U}}) {
        OptionValues values;
        values.set_list("only_geoloc_prefix", {"AS/", prefix});
        filtered_by(values, databases.services());
        const uint64_t before = total();
        feed({udp4(Direction::in), udp4(Direction::out)});
        EXPECT_EQ(total() - before, passing) << prefix;
    }
}

TEST_F(NetTest, FilterBySystemNumber) {
    const Databases databases;
    for (const auto& [number, passing] : {std::pair{"1221", 1U}, {"122", 0U}, {"12210", 0U}}) {
        OptionValues values;
        values.set_list("only_asn_number", {"7", number});
        filtered_by(values, databases.services());
        const uint64_t before = total();
        feed({udp4(Direction::in), udp4(Direction::out)});
        EXPECT_EQ(total() - before, passing) << number;
    }
}

TEST_F(NetTest, NothingPassesWithoutItsDatabase) {
    for (const char* key : {"geoloc_notfound", "asn_notfound"}) {
        OptionValues values;
        values.set_bool(key, true);
        filtered_by(values);
        feed({udp4(Direction::in)});
    }
    EXPECT_EQ(cells->filtered.value, 2u);
    EXPECT_EQ(total(), 0u);
}

TEST_F(NetTest, FilterThatIsOffIsNone) {
    OptionValues values;
    values.set_bool("geoloc_notfound", false);
    filtered_by(values);
    feed({arp()});
    EXPECT_EQ(total(), 1u);
}

// Packets of all kinds, of many hosts, over several seconds and a few from before the period.
std::vector<Packet> all_sorts(size_t count) {
    sketch::test::Random random(1);
    std::vector<Packet> all;
    for (size_t i = 0; i < count; ++i) {
        const bool v6 = random.below(3) == 0;
        const uint64_t kind = random.below(4);
        const Raw l4 = kind == 0   ? udp(Raw(random.below(60), 0))
                       : kind == 1 ? tcp(Raw(random.below(60), 0), random.below(2) ? wire::tcp_flag::syn : 0)
                                   : Raw(20, 8);
        const uint8_t proto = kind == 0 ? 17 : kind == 1 ? 6 : 1;
        Raw frame = v6 ? ether(0x86dd, ip6(l4, proto)) : ether(0x0800, ip4(l4, {.proto = proto}));
        frame[v6 ? 37 : 29] = static_cast<uint8_t>(random.below(50)); // of the source
        frame[v6 ? 53 : 33] = static_cast<uint8_t>(random.below(50));
        if (random.below(20) == 0) frame.resize(random.below(frame.size()));
        if (random.below(20) == 0) frame = ether(0x0806, Raw(28, 0));
        const auto ms = static_cast<int64_t>(i * 10 + random.below(3000)) - 500;
        all.push_back(at(decoded(frame), static_cast<Direction>(random.below(3)), ms));
        all.back().flow_hash = random.next();
    }
    return all;
}

// What is counted by the batch, and of remote addresses some at a time, is to the byte what is counted packet
// by packet.
TEST_F(NetTest, AnyBatchesCountTheSame) {
    const Databases databases;
    const std::vector<Packet> all = all_sorts(1000);
    for (const uint32_t deep : {100U, 50U}) {
        const auto counted = [&](size_t a_batch) {
            make(net_v2(), {{}, all_groups, deep}, databases.services());
            auto counts = std::make_unique<test::Bucket<NetCells>>();
            for (size_t from = 0; from < all.size(); from += a_batch) {
                Batch batch;
                batch.period_start_ns = start_ns;
                batch.packets = std::span(all).subspan(from, std::min(a_batch, all.size() - from));
                const auto outlines = test::outlines_of(batch.packets);
                batch.outlines = outlines;
                handler->on_batch(batch, counts->get());
            }
            return counts;
        };
        const auto one_by_one = counted(1);
        uint64_t total = 0, bytes = 0;
        for (const DirectionCells& d : (*one_by_one)->direction) {
            EXPECT_EQ(d.total.value, d.udp.value + d.tcp.value + d.other_l4.value);
            EXPECT_EQ(d.sizes.count(), d.total.value);
            total += d.total.value;
            bytes += d.sizes.sum();
        }
        EXPECT_EQ(total, all.size());
        for (const Packet& p : all) bytes -= p.wirelen;
        EXPECT_EQ(bytes, 0u);
        for (const size_t a_batch : {2u, 16u, 31u, 32u, 33u, 1000u})
            EXPECT_TRUE(test::same_bytes(*one_by_one, *counted(a_batch))) << a_batch;
    }
}

TEST(NetFilter, SystemNumbersAreDigits) {
    for (const char* bad : {"", "AS12", "12x", "-1", "12 "}) {
        OptionValues values;
        values.set_list("only_asn_number", {"16509", bad});
        EXPECT_EQ(
            test::refusal(net_v1(), values),
            std::string("NetStreamHandler: only_asn_number filter contained an invalid/unsupported value: ") +
                bad + ". Valid values: numbers in digits, like 64496");
    }
}

} // namespace
} // namespace visor::net
