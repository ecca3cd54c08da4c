#include "engine/links.hpp"

#include <algorithm>
#include <map>
#include <net/if.h>

#ifdef __linux__
#include "engine/netlink.hpp"

#include <cstring>
#include <linux/if_link.h>
#else
#include <ifaddrs.h>
#endif

namespace visor::engine {
namespace {

#ifdef __linux__

uint64_t lost_of(const rtnl_link_stats64& stats) {
    return stats.rx_missed_errors + std::max(stats.rx_fifo_errors, stats.rx_over_errors);
}

Link read_link(const ifinfomsg& info, const NetlinkMessage& message) {
    Link link;
    link.index = static_cast<unsigned>(info.ifi_index);
    link.up = (info.ifi_flags & IFF_UP) != 0;
    link.loopback = (info.ifi_flags & IFF_LOOPBACK) != 0;
    link.hardware = info.ifi_type;
    message.each_attribute(sizeof info, [&](uint16_t type, Bytes value) {
        if (type == IFLA_IFNAME) {
            const auto* text = reinterpret_cast<const char*>(value.data());
            link.name.assign(text, strnlen(text, value.size()));
        } else if (type == IFLA_MTU && value.size() >= sizeof link.mtu) {
            link.mtu = load_native<uint32_t>(value.data());
        } else if (type == IFLA_STATS64) {
            rtnl_link_stats64 stats{};
            std::memcpy(&stats, value.data(), std::min(value.size(), sizeof stats));
            link.rx_packets = stats.rx_packets;
            link.tx_packets = stats.tx_packets;
            link.rx_lost = lost_of(stats);
        }
    });
    return link;
}

// All links, or the one with this index.
std::vector<Link> ask_links(int index) {
    std::vector<Link> links;
    ifinfomsg wanted{};
    wanted.ifi_family = AF_UNSPEC;
    wanted.ifi_index = index;
    ask_netlink(RTM_GETLINK, index == 0, wanted, [&](const NetlinkMessage& message) {
        ifinfomsg info{};
        if (message.type != RTM_NEWLINK || message.body.size() < sizeof info) return;
        std::memcpy(&info, message.body.data(), sizeof info);
        links.push_back(read_link(info, message));
    });
    return links;
}

#else

std::vector<Link> ask_links(int index) {
    std::map<std::string, Link> found;
    ifaddrs* all = nullptr;
    if (getifaddrs(&all) != 0) return {};
    for (const ifaddrs* one = all; one != nullptr; one = one->ifa_next) {
        Link& link = found[one->ifa_name];
        link.name = one->ifa_name;
        link.index = if_nametoindex(one->ifa_name);
        link.up = (one->ifa_flags & IFF_UP) != 0;
        link.loopback = (one->ifa_flags & IFF_LOOPBACK) != 0;
    }
    freeifaddrs(all);
    std::vector<Link> links;
    for (auto& [name, link] : found)
        if (index == 0 || link.index == static_cast<unsigned>(index)) links.push_back(std::move(link));
    return links;
}

#endif

} // namespace

std::vector<Link> list_links() {
    auto links = ask_links(0);
    std::sort(links.begin(), links.end(), [](const Link& a, const Link& b) { return a.index < b.index; });
    return links;
}

std::optional<Link> find_link(unsigned index) {
    if (index == 0) return std::nullopt;
    auto links = ask_links(static_cast<int>(index));
    if (links.size() != 1) return std::nullopt;
    return std::move(links.front());
}

std::optional<Link> find_link(std::string_view name) {
    return find_link(if_nametoindex(std::string(name).c_str()));
}

std::string available_interfaces(std::string_view between) {
    std::string text;
    for (const auto& link : list_links()) (text += text.empty() ? std::string_view() : between) += link.name;
    return text;
}

} // namespace visor::engine
