#include "base/ip.hpp"

#include <algorithm>
#include <arpa/inet.h>
#include <charconv>

namespace visor {

namespace {
constexpr uint8_t mapped_head[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
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
    std::array<uint8_t, 16> mask, value;
    for (size_t i = 0; i < mask.size(); ++i) {
        const size_t bits = std::clamp<size_t>(prefix.bits, i * 8, i * 8 + 8) - i * 8;
        mask[i] = static_cast<uint8_t>(0xff00 >> bits);
        value[i] = prefix.address.bytes[i] & mask[i];
    }
    if (prefix.v4)
        v4_.add({load_native<uint32_t>(value.data() + 12), load_native<uint32_t>(mask.data() + 12)});
    else
        v6_.add({load_native<uint64_t>(value.data()), load_native<uint64_t>(value.data() + 8),
                 load_native<uint64_t>(mask.data()), load_native<uint64_t>(mask.data() + 8)});
}

} // namespace visor
