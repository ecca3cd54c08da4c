#include "taps/device/interfaces.hpp"

#include "engine/links.hpp"

#include <algorithm>
#include <ifaddrs.h>
#include <netinet/in.h>
#include <sys/socket.h>

namespace visor::taps {
namespace {

struct Address {
    std::string interface;
    IpAddress address;
    unsigned bits; // of its network
    bool v4;
};

const uint8_t* bytes_of(const sockaddr* from, bool v4) {
    return v4 ? reinterpret_cast<const uint8_t*>(&reinterpret_cast<const sockaddr_in*>(from)->sin_addr)
              : reinterpret_cast<const uint8_t*>(&reinterpret_cast<const sockaddr_in6*>(from)->sin6_addr);
}

unsigned mask_bits(const sockaddr* mask, bool v4) {
    const size_t bytes = v4 ? 4 : 16;
    if (mask == nullptr) return static_cast<unsigned>(bytes * 8);
    unsigned bits = 0;
    for (size_t i = 0; i < bytes; ++i)
        bits += static_cast<unsigned>(__builtin_popcount(bytes_of(mask, v4)[i]));
    return bits;
}

std::vector<Address> all_addresses() {
    std::vector<Address> found;
    ifaddrs* all = nullptr;
    if (getifaddrs(&all) != 0) return found;
    for (const ifaddrs* one = all; one != nullptr; one = one->ifa_next) {
        if (one->ifa_addr == nullptr) continue;
        const int family = one->ifa_addr->sa_family;
        if (family != AF_INET && family != AF_INET6) continue;
        const bool v4 = family == AF_INET;
        const auto* bytes = bytes_of(one->ifa_addr, v4);
        found.push_back({one->ifa_name, v4 ? IpAddress::v4(bytes) : IpAddress::v6(bytes),
                         mask_bits(one->ifa_netmask, v4), v4});
    }
    freeifaddrs(all);
    return found;
}

Result<std::string> owner_of(const IpAddress& address, const std::string& text) {
    for (const auto& one : all_addresses())
        if (one.address == address) return one.interface;
    return Error{"Couldn't find interface by provided IP: " + text};
}

Result<std::string> busiest() {
    const engine::Link* found = nullptr;
    const auto links = engine::list_links();
    for (const auto& link : links) {
        if (!link.up || link.loopback) continue;
        if (found == nullptr || link.rx_packets + link.tx_packets > found->rx_packets + found->tx_packets)
            found = &link;
    }
    if (found == nullptr)
        return Error{"no interface is up but loopback; available interfaces: " +
                     engine::available_interfaces()};
    return found->name;
}

Result<std::string> resolve_one(const std::string& spec) {
    if (const auto address = IpAddress::parse(spec)) return owner_of(*address, spec);
    if (spec == "auto") return busiest();
    if (spec == "any") return spec;
    if (!engine::find_link(spec))
        return Error{"interface '" + spec +
                     "' not found; available interfaces: " + engine::available_interfaces()};
    return spec;
}

std::string trimmed(std::string_view text) {
    while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
    while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
    return std::string(text);
}

} // namespace

Result<std::vector<std::string>> resolve_interfaces(std::string_view spec) {
    std::vector<std::string> names;
    for (size_t at = 0; at <= spec.size();) {
        const size_t comma = std::min(spec.find(',', at), spec.size());
        const std::string part = trimmed(spec.substr(at, comma - at));
        at = comma + 1;
        if (part.empty()) return Error{"empty interface name in '" + std::string(spec) + "'"};
        auto name = resolve_one(part);
        if (!name) return Error{name.error()};
        if (std::find(names.begin(), names.end(), *name) == names.end()) names.push_back(*name);
    }
    if (names.size() > 1 && std::find(names.begin(), names.end(), "any") != names.end())
        return Error{"'any' means all interfaces: it stands alone, not in '" + std::string(spec) + "'"};
    return names;
}

HostAddresses host_addresses(const std::vector<std::string>& interfaces) {
    const auto named = [&](const std::string& name) {
        return std::find(interfaces.begin(), interfaces.end(), name) != interfaces.end();
    };
    HostAddresses found;
    for (const auto& one : all_addresses()) {
        if (!named(one.interface) && !named("any")) continue;
        found.exact.push_back({one.address, 128, one.v4});
        (one.v4 ? found.ipv4 : found.ipv6).push_back(one.address.text() + "/" + std::to_string(one.bits));
    }
    return found;
}

} // namespace visor::taps
