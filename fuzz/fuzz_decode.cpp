// Any bytes as a frame of any link type, and as a plain one of Ethernet. First two bytes: link type; third:
// how much more was on the wire.
#include "wire/decode.hpp"
#include "wire/test_frames.hpp"

#include <algorithm>
#include <cstdlib>
#include <memory>

using namespace visor;
using namespace visor::wire;

namespace {
volatile uint64_t touched; // reads that must happen

void require(bool holds) {
    if (!holds) std::abort();
}

uint64_t sum(Bytes b) {
    uint64_t total = 0;
    for (size_t i = 0; i < b.size(); ++i) total += b[i];
    return total;
}

void check(const Packet& p) {
    require(static_cast<size_t>(p.payload) + p.payload_len <= p.caplen);
    require(p.l4 <= p.caplen);
    require(p.eth_src == 0 || p.eth_src + 5U <= p.caplen);
    require(p.has(packet_flag::cut) == (p.caplen < p.wirelen));
    require(!p.has(packet_flag::has_ports) || p.l4 + 4U <= p.caplen);
    require(!p.has(packet_flag::later_fragment) || p.payload == 0);
    require(static_cast<size_t>(p.anomaly) < anomaly_count);
    touched = sum(p.payload_bytes());
    if (p.ip_version == 0) return;
    require(p.ip_version == 4 || p.ip_version == 6);
    require(p.has(packet_flag::has_addresses) == (p.src_ip() >= p.data && p.src_ip() < p.data + p.caplen));
    touched = sum({p.src_ip(), 2 * p.ip_len()});
    const Fragment f = fragment_of(p);
    touched = sum(f.body);
}

// The straight line of plain frames says what the layers say, whatever stood in the packet before.
void check_plain(const uint8_t* data, uint32_t caplen, uint32_t wirelen) {
    Packet plain, layers;
    plain.tcp_flags = plain.flags = 0xff;
    plain.payload = plain.l3 = plain.l4 = plain.eth_src = 0x5a5a;
    plain.anomaly = Anomaly::deep_nesting;
    if (!decode_plain(data, caplen, wirelen, plain)) return;
    decode_layers(LinkType::ethernet, data, caplen, wirelen, layers);
    require(test::fields(plain) == test::fields(layers));
}
} // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    if (size < 3) return 0;
    const auto link = static_cast<LinkType>(load_be16(data));
    const auto caplen = static_cast<uint32_t>(size - 3);
    const auto exact = std::make_unique<uint8_t[]>(caplen); // one byte too far is seen
    std::copy_n(data + 3, caplen, exact.get());
    Packet p;
    decode(link, exact.get(), caplen, caplen + data[2], p);
    check(p);
    check_plain(exact.get(), caplen, caplen + data[2]);
    return 0;
}
