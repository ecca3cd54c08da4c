#include "base/ip.hpp"

#include <algorithm>
#include <arpa/inet.h>
#include <charconv>

namespace visor {

namespace {
constexpr uint8_t mapped_head[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

uint64_t high_mask(unsigned bits) {
    return bits == 0 ? 0 : ~uint64_t{0} << (64 - std::min(bits, 64U));
}
} // namespace

IpAddress IpAddress::v4(const uint8_t* network_order) {
    IpAddress a;
    std::memcpy(a.bytes.data(), mapped_head, sizeof mapped_head);
    std::memcpy(a.bytes.data() + 12, network_order, 4);
    return a;
}

IpAddress IpAddress::v6(const uint8_t* network_order) {
    IpAddress a;
    std::memcpy(a.bytes.data(), network_order, 16);
    return a;
}

bool IpAddress::is_v4() const {
    return std::memcmp(bytes.data(), mapped_head, sizeof mapped_head) == 0;
}

std::string IpAddress::text() const {
    char out[INET6_ADDRSTRLEN] = {};
    if (is_v4())
        inet_ntop(AF_INET, v4_bytes(), out, sizeof out);
    else
        inet_ntop(AF_INET6, bytes.data(), out, sizeof out);
    return out;
}

Result<IpAddress> IpAddress::parse(std::string_view text) {
    const std::string s(text);
    uint8_t raw[16];
    if (inet_pton(AF_INET, s.c_str(), raw) == 1) return v4(raw);
    if (inet_pton(AF_INET6, s.c_str(), raw) == 1) return v6(raw);
    return Error{"invalid IP address: " + s};
}

Result<IpPrefix> IpPrefix::parse(std::string_view cidr) {
    const Error bad{
        "invalid CIDR: " + std::string(cidr) +
        "; it is to be an address and the length of its prefix, as 192.0.2.0/24 or 2001:db8::/32"};
    const size_t slash = cidr.find('/');
    if (slash == std::string_view::npos) return bad;
    const std::string_view host = cidr.substr(0, slash), length = cidr.substr(slash + 1);
    const auto address = IpAddress::parse(host);
    unsigned bits = 0;
    const auto [end, status] = std::from_chars(length.data(), length.data() + length.size(), bits);
    if (!address || status != std::errc{} || end != length.data() + length.size()) return bad;
    const bool v4 = host.find(':') == std::string_view::npos;
    if (bits > (v4 ? 32U : 128U)) return bad;
    return IpPrefix{*address, static_cast<uint8_t>(v4 ? bits + 96 : bits), v4};
}

Result<PrefixSet> PrefixSet::parse(std::string_view list) {
    PrefixSet set;
    while (!list.empty()) {
        const size_t comma = std::min(list.find(','), list.size());
        std::string_view one = list.substr(0, comma);
        while (!one.empty() && one.front() == ' ') one.remove_prefix(1);
        while (!one.empty() && one.back() == ' ') one.remove_suffix(1);
        auto prefix = IpPrefix::parse(one);
        if (!prefix) return Error{prefix.error()};
        set.add(*prefix);
        list.remove_prefix(std::min(comma + 1, list.size()));
    }
    return set;
}

void PrefixSet::add(const IpPrefix& prefix) {
    if (prefix.v4) {
        const auto mask = static_cast<uint32_t>(high_mask(prefix.bits - 96U) >> 32);
        v4_.push_back({load_be32(prefix.address.v4_bytes()) & mask, mask});
        return;
    }
    const uint8_t* b = prefix.address.bytes.data();
    const uint64_t mask_hi = high_mask(prefix.bits),
                   mask_lo = prefix.bits > 64 ? high_mask(prefix.bits - 64U) : 0;
    v6_.push_back({load_be64(b) & mask_hi, load_be64(b + 8) & mask_lo, mask_hi, mask_lo});
}

} // namespace visor
