#include "control/registry.hpp"

#include "base/ip.hpp"
#include "engine/tcp_streams.hpp"
#include "handlers/dhcp/dhcp.hpp"
#include "handlers/dns/dns.hpp"
#include "handlers/input_resources/input_resources.hpp"
#include "handlers/net/net.hpp"
#include "handlers/pcap/pcap.hpp"
#include "taps/pcap/bpf_filter.hpp"
#include "wire/link.hpp"

#include <mutex>
#include <vector>

namespace visor::control {

namespace {
std::string wrong_hosts(const OptionValue& value) {
    const auto hosts = PrefixSet::parse(value.text);
    return hosts ? std::string() : hosts.error();
}

// Of a filter that is right for no kind of link. What only an open capture can answer is no mistake.
std::string wrong_filter(const OptionValue& value) {
    const std::string& text = value.text;
    if (text.empty() || text.find("bound") != text.npos || text.find("ifindex") != text.npos) return {};
    using wire::LinkType;
    static std::mutex one_at_a_time;
    const std::lock_guard lock(one_at_a_time);
    std::string wrong;
    for (const LinkType link : {LinkType::ethernet, LinkType::raw, LinkType::linux_sll, LinkType::radiotap}) {
        const auto filter = taps::BpfFilter::compile(text, static_cast<uint16_t>(link));
        if (filter) return {};
        if (wrong.empty()) wrong = filter.error();
    }
    return "filter '" + text + "': " + wrong;
}

constexpr std::string_view pcap_sources[] = {"libpcap", "af_packet", "mock"};

constexpr Option pcap_options[] = {
    {"iface", OptionType::text, "interface to capture on: a name, an address, or auto"},
    {.key = "bpf", .type = OptionType::text, .help = "capture filter, pcap-filter(7)", .check = wrong_filter},
    {.key = "host_spec",
     .type = OptionType::text,
     .help = "comma separated CIDRs of this host: they make packets in or out",
     .check = wrong_hosts},
    {.key = "pcap_source",
     .type = OptionType::text,
     .help = "how packets are captured",
     .choices = {.texts = pcap_sources,
                 .wrong = "unknown pcap source: {}. The valid values of pcap_source are: "}},
    {"pcap_file", OptionType::text, "capture file to read"},
    {"debug", OptionType::boolean, "log what the source does"},
    {"tcp_packet_reassembly_cache_limit", OptionType::uint, "TCP connections followed at most", 1,
     engine::TcpStreams::connections_max, OptionRange::clamp},
};

// As upstream's, it takes any key.
constexpr Option mock_options[] = {
    {.key = "host_spec",
     .type = OptionType::text,
     .help = "comma separated CIDRs of this host: they make packets in or out",
     .check = wrong_hosts},
    {"except_on_start", OptionType::presence, "the input is refused when a policy wants it, for tests"},
};
constexpr InputInfo inputs[] = {{"pcap", pcap_options}, {"mock", mock_options, true}};
} // namespace

std::span<const HandlerClass* const> handler_classes() {
    static const HandlerClass* const classes[] = {&net::net_v1(),
                                                  &net::net_v2(),
                                                  &dns::dns_v1(),
                                                  &dns::dns_v2(),
                                                  &dhcp::dhcp_v1(),
                                                  &pcap_stats::pcap_v1(),
                                                  &input_resources::input_resources_v1()};
    return classes;
}

const HandlerClass* find_handler(std::string_view type, std::string_view version) {
    for (const HandlerClass* handler : handler_classes())
        if (handler->type == type && handler->version == version) return handler;
    return nullptr;
}

ModuleConfig plain_module(std::string instance, const HandlerClass& handler, const WindowSettings& window) {
    return {std::move(instance),
            std::string(handler.type),
            std::string(handler.version),
            {},
            handler.schema().default_groups(),
            window};
}

std::span<const HandlerInfo> handler_infos() {
    static const auto infos = [] {
        std::vector<HandlerInfo> all;
        for (const HandlerClass* h : handler_classes())
            all.push_back({h->type, h->version, h->options, h->schema().groups});
        return all;
    }();
    return infos;
}

std::span<const InputInfo> input_infos() {
    return inputs;
}

} // namespace visor::control
