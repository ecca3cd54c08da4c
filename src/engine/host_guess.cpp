#include "engine/host_guess.hpp"

#include <algorithm>
#include <map>

namespace visor::engine {

namespace {

constexpr size_t samples_max = 2048;
constexpr unsigned v4_offset = 96; // an IPv4 /n is a /(96 + n) of the mapped form
constexpr uint64_t hundred = 100;

uint64_t mixed(uint64_t x) {
    x = (x ^ (x >> 31)) * 0x9e3779b97f4a7c15;
    return x ^ (x >> 29);
}

bool is_unicast(const IpAddress& address) {
    if (!address.is_v4()) return address.bytes[0] != 0xff && address != IpAddress{};
    const uint8_t first = *address.v4_bytes();
    return first != 0 && first < 224;
}

struct Network {
    IpAddress address;
    unsigned bits; // of the mapped form
};

IpAddress cut(IpAddress address, unsigned bits) {
    for (unsigned i = 0; i < 16; ++i) {
        const unsigned kept = std::clamp<int>(static_cast<int>(bits) - static_cast<int>(i * 8), 0, 8);
        address.bytes[i] = static_cast<uint8_t>(address.bytes[i] & (0xff00U >> kept));
    }
    return address;
}

bool within(const IpAddress& address, const Network& network) {
    return cut(address, network.bits) == network.address;
}

Network v4_network(uint8_t a, uint8_t b, unsigned bits) {
    const uint8_t bytes[] = {a, b, 0, 0};
    return {IpAddress::v4(bytes), v4_offset + bits};
}

// RFC 1918, RFC 6598, RFC 4193.
const std::vector<Network>& private_networks() {
    static const std::vector<Network> networks = {v4_network(10, 0, 8), v4_network(172, 16, 12),
                                                  v4_network(192, 168, 16), v4_network(100, 64, 10),
                                                  Network{IpAddress{{0xfc}}, 7}};
    return networks;
}

bool is_private(const IpAddress& address) {
    const auto& networks = private_networks();
    return std::any_of(networks.begin(), networks.end(), [&](const auto& n) { return within(address, n); });
}

std::string text_of(const IpAddress& address, unsigned bits) {
    return address.text() + "/" + std::to_string(address.is_v4() ? bits - v4_offset : bits);
}

} // namespace

struct HostGuess::Candidate {
    IpAddress network;
    uint64_t packets = 0; // with an end in it
    uint64_t all = 0;     // of its family
    uint64_t client = 0;  // in which its end has the higher port

    bool explains(uint64_t percent) const { return packets * hundred >= all * percent && all; }
    bool as_often_as(const Candidate& other) const { return packets * 50 >= other.packets * 49; }
};

HostGuess::HostGuess() {
    samples_.reserve(samples_max);
}

// Somewhere in each stride, not always at the same place in it: traffic may repeat itself with any period.
uint64_t HostGuess::place_in(uint64_t stride_number) const {
    return stride_number * stride_ + (mixed(stride_number + stride_) & (stride_ - 1));
}

void HostGuess::observe(std::span<const wire::Packet> packets) {
    while (next_ < seen_ + packets.size()) {
        take(packets[next_ - seen_]);
        next_ = place_in(++stride_number_);
    }
    seen_ += packets.size();
}

void HostGuess::take(const wire::Packet& packet) {
    if (!packet.has(wire::packet_flag::has_addresses)) return;
    const Sample sample{
        packet.src(), packet.dst(),
        static_cast<int8_t>((packet.dst_port > packet.src_port) - (packet.src_port > packet.dst_port))};
    if (!is_unicast(sample.src) || !is_unicast(sample.dst)) return;
    if (samples_.size() == samples_max) thin_out();
    samples_.push_back(sample);
}

// Keeps one of each two, and from now on takes half as many.
void HostGuess::thin_out() {
    for (size_t i = 0; i < samples_max / 2; ++i) samples_[i] = samples_[2 * i + (mixed(i + stride_) & 1)];
    samples_.resize(samples_max / 2);
    stride_ *= 2;
    stride_number_ /= 2;
}

// Networks of this many bits by the packets they explain, most first; of equals the likelier host first.
std::vector<HostGuess::Candidate> HostGuess::candidates(bool v4, unsigned bits) const {
    std::map<std::array<uint8_t, 16>, Candidate> found;
    uint64_t all = 0;
    for (const Sample& sample : samples_) {
        if (sample.src.is_v4() != v4) continue;
        ++all;
        const IpAddress src = cut(sample.src, bits), dst = cut(sample.dst, bits);
        Candidate& from = found[src.bytes];
        ++from.packets;
        from.client += sample.client < 0;
        Candidate& to = found[dst.bytes];
        to.packets += src != dst;
        to.client += sample.client > 0;
    }
    std::vector<Candidate> sorted;
    for (auto& [network, candidate] : found) {
        candidate.network.bytes = network;
        candidate.all = all;
        sorted.push_back(candidate);
    }
    std::stable_sort(sorted.begin(), sorted.end(),
                     [](const auto& a, const auto& b) { return a.packets > b.packets; });
    const auto equals = std::find_if(sorted.begin(), sorted.end(),
                                     [&](const auto& c) { return !c.as_often_as(sorted.front()); });
    std::stable_sort(sorted.begin(), equals, [](const auto& a, const auto& b) {
        const bool a_private = is_private(a.network), b_private = is_private(b.network);
        return a_private != b_private ? a_private : a.client > b.client;
    });
    return sorted;
}

std::string HostGuess::guess_v4() const {
    const auto hosts = candidates(true, 128);
    if (hosts.empty()) return {};
    if (hosts.front().explains(60)) return text_of(hosts.front().network, 128);
    for (const Network& network : private_networks()) {
        if (!network.address.is_v4()) continue;
        const auto wide = candidates(true, network.bits);
        const auto at = std::find_if(wide.begin(), wide.end(),
                                     [&](const auto& c) { return c.network == network.address; });
        if (at == wide.end() || !at->explains(60)) continue;
        for (const unsigned bits : {v4_offset + 24, v4_offset + 16})
            for (const Candidate& narrow : candidates(true, bits))
                if (bits > network.bits && within(narrow.network, network) &&
                    narrow.packets * hundred >= at->packets * 95)
                    return text_of(narrow.network, bits);
        return text_of(network.address, network.bits);
    }
    return {};
}

std::string HostGuess::guess_v6() const {
    for (const unsigned bits : {128U, 64U}) {
        const auto found = candidates(false, bits);
        if (!found.empty() && found.front().explains(60)) return text_of(found.front().network, bits);
    }
    const Network& local = private_networks().back();
    for (const Candidate& wide : candidates(false, local.bits))
        if (wide.network == local.address && wide.explains(60)) return text_of(local.address, local.bits);
    return {};
}

// A family with next to no traffic is left alone: neighbour discovery says nothing about whose capture it is.
std::string HostGuess::host_spec() const {
    size_t v4 = 0;
    for (const Sample& sample : samples_) v4 += sample.src.is_v4();
    const auto counts = [&](size_t packets) { return packets && packets * hundred >= samples_.size(); };
    std::string spec = counts(v4) ? guess_v4() : std::string();
    const std::string v6 = counts(samples_.size() - v4) ? guess_v6() : std::string();
    if (!spec.empty() && !v6.empty()) spec += ",";
    return spec + v6;
}

} // namespace visor::engine
