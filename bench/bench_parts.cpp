// What one call of each parser and table costs: frames of every kind, questions, pending requests, places of
// addresses, public suffixes.
#include "base/pending_table.hpp"
#include "engine/flow.hpp"
#include "engine/suffix.hpp"
#include "metric/places.hpp"
#include "sketch/test_streams.hpp"
#include "timing.hpp"
#include "wire/dns_question.hpp"
#include "wire/test_frames.hpp"

#include <string>

namespace {

using namespace visor::bench;
using namespace visor::wire::test;
using visor::sketch::test::Random;
using visor::sketch::test::Zipf;
using visor::wire::DnsMessage;
using visor::wire::DnsNameText;
using visor::wire::LinkType;
using visor::wire::Packet;

constexpr size_t calls = 2'000'000;

void nothing() {}

// f(i) so many times.
template <class F>
void each(const char* what, F&& f, size_t times = calls) {
    report(what, measure(times, nothing, [&] {
               for (size_t i = 0; i < times; ++i) f(i);
           }));
}

void bench_frames() {
    const Raw body(32, 0), v4_udp = ip4(udp(body)), v6_udp = ip6(udp(body));
    const Raw arp(28, 1);
    const struct {
        const char* kind;
        Raw frame;
    } frames[] = {
        {"IPv4 UDP", ether(0x0800, v4_udp)},
        {"IPv4 TCP", ether(0x0800, ip4(tcp(body), {.proto = 6}))},
        {"IPv6 UDP", ether(0x86dd, v6_udp)},
        {"IPv6 TCP", ether(0x86dd, ip6(tcp(body), 6))},
        {"802.1Q, IPv4 UDP", ether(0x8100, be16(7) + be16(0x0800) + v4_udp)},
        {"QinQ, IPv4 UDP", ether(0x88a8, be16(7) + be16(0x8100) + be16(8) + be16(0x0800) + v4_udp)},
        {"MPLS, IPv4 UDP", ether(0x8847, be32(0x00010140) + v4_udp)},
        {"PPPoE, IPv4 UDP",
         ether(0x8864, Raw{0x11, 0} + be16(1) + be16(static_cast<unsigned>(v4_udp.size()) + 2) + be16(0x21) +
                           v4_udp)},
        {"IPv4 with options", ether(0x0800, ip4(udp(body), {.options = {7, 4, 4, 0}}))},
        {"IPv6 with an extension header", ether(0x86dd, ip6(Raw{17, 0, 1, 4, 0, 0, 0, 0} + udp(body), 0))},
        {"IPv4 fragment", ether(0x0800, ip4(udp(body), {.fragment = 0x2000}))},
        {"ICMP", ether(0x0800, ip4(Raw{8, 0, 0, 0} + body, {.proto = 1}))},
        {"ARP", ether(0x0806, arp)},
    };
    Packet packet;
    for (const auto& f : frames) {
        each((std::string("decode ") + f.kind).c_str(), [&](size_t) {
            const auto size = static_cast<uint32_t>(f.frame.size());
            visor::wire::decode(LinkType::ethernet, f.frame.data(), size, size, packet);
            keep(packet);
        });
    }
    uint64_t sum = 0;
    for (const size_t i : {0u, 2u}) {
        const Packet of = decoded(frames[i].frame);
        each((std::string("flow hash ") + frames[i].kind).c_str(), [&](size_t) {
            keep(of);
            sum += visor::engine::symmetric_flow_hash(of, visor::sketch::offline_hash_key);
        });
    }
    keep(sum);
}

Raw query(const std::vector<std::string>& labels) {
    Raw name;
    for (const std::string& label : labels)
        name = name + Raw{static_cast<uint8_t>(label.size())} + text(label);
    return be16(1) + be16(0x0100) + be16(1) + be16(0) + be16(0) + be16(0) + name + Raw{0} + be16(1) + be16(1);
}

void bench_questions() {
    const struct {
        const char* kind;
        Raw message;
    } messages[] = {
        {"12 bytes", query({"example", "net"})},
        {"22 bytes", query({"www", "some-example", "co", "uk"})},
        {"51 bytes", query({"a-long-label-of-a-host", "another-label", "example", "org"})},
        {"11 bytes, odd (the long way)", query({"a.b", "example", "net"})},
        {"118 bytes (the long way)", query({std::string(55, 'a'), std::string(50, 'b'), "example", "net"})},
    };
    std::vector<char> room(visor::wire::dns_name_text_max + 2 * visor::wire::dns_text_slack);
    for (const auto& m : messages) {
        each((std::string("question, name of ") + m.kind).c_str(), [&](size_t) {
            DnsMessage message;
            DnsNameText name;
            visor::wire::parse_dns({m.message.data(), m.message.size()}, message,
                                   room.data() + visor::wire::dns_text_slack, name);
            keep(message);
            keep(name);
        });
    }
}

// Queries and their replies, so many of them waiting at a time.
void bench_pending(size_t waiting) {
    struct Asked {
        uint64_t what;
    };
    std::vector<uint64_t> hashes(1 << 20);
    Random random(3);
    for (auto& hash : hashes) hash = random.next();
    visor::PendingTable<Asked, 13> table(5'000'000);
    const auto hash = [&](size_t i) { return hashes[i % hashes.size()]; };
    for (size_t i = 0; i < waiting; ++i) table.put(hash(i), 1, {i});
    size_t at = waiting;
    each(("pending put and take, " + std::to_string(waiting) + " waiting").c_str(), [&](size_t) {
        const auto now_us = static_cast<int64_t>(at / 1000 + 1);
        table.put(hash(at), now_us, {at});
        keep(table.take(hash(at - waiting), now_us));
        ++at;
    });
}

// Ranges as a city database has them: places for a million of IPv4 and half as many of IPv6.
void bench_places() {
    visor::GeoBuilder builder;
    Random random(5);
    std::vector<uint32_t> ids(50'000);
    for (size_t i = 0; i < ids.size(); ++i)
        ids[i] = builder.place("EU/Country/R/City " + std::to_string(i), 1.5, static_cast<double>(i) / 1000);
    for (uint64_t at = 0; at < uint64_t{1} << 32; at += 256 + random.below(8000))
        builder.v4_from(static_cast<uint32_t>(at), ids[random.below(ids.size())]);
    for (uint64_t at = 0x2000000000000000; at < 0x3000000000000000;
         at += (uint64_t{1} << 40) + (random.next() >> 23))
        builder.v6_from(at, 0, ids[random.below(ids.size())]);
    const visor::GeoTable table = builder.build();
    std::printf("%zu ranges of IPv4, %zu of IPv6, %zu MiB\n", table.ranges_v4(), table.ranges_v6(),
                table.memory_bytes() >> 20);
    const std::vector<uint64_t> zipf = Zipf(100'000, 1.0).stream(calls, 6);
    uint64_t sum = 0;
    const auto v4 = [](uint64_t x) { return static_cast<uint32_t>(x * 0x9e3779b97f4a7c15u >> 32); };
    each("place of IPv4, any address", [&](size_t i) { sum += table.find_v4(v4(i)); });
    each("place of IPv4, 100k addresses, zipf 1.0", [&](size_t i) { sum += table.find_v4(v4(zipf[i])); });
    const auto v6 = [&](uint64_t x) {
        uint64_t address[2] = {__builtin_bswap64(0x2000000000000000 | x * 0x9e3779b97f4a7c15u >> 4), 1};
        return table.find_v6(reinterpret_cast<const uint8_t*>(address));
    };
    each("place of IPv6, any address", [&](size_t i) { sum += v6(i); });
    each("place of IPv6, 100k addresses, zipf 1.0", [&](size_t i) { sum += v6(zipf[i]); });
    keep(sum);
}

void bench_suffixes() {
    const auto list = visor::engine::load_suffixes();
    if (!list) {
        std::printf("public suffixes: %s\n", list.error().c_str());
        return;
    }
    const std::string names[] = {"www.example.com", "mail.example.co.uk", "a.b.c.example.org",
                                 "host.example.com.br"};
    uint64_t sum = 0;
    each("public suffix of a name", [&](size_t i) { sum += (*list)->suffix_size(names[i % 4]); });
    keep(sum);
}

} // namespace

int main() {
    bench_frames();
    bench_questions();
    bench_pending(1000);
    bench_pending(30'000);
    bench_places();
    bench_suffixes();
}
