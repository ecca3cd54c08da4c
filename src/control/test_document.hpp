// Documents for tests: handlers and inputs there are, and texts around the part a test is about.
// Threads: any. Owns: nothing.
#pragma once

#include "control/policy.hpp"

#include <gtest/gtest.h>

namespace visor::control {

inline constexpr Option dns_options[] = {
    {"exclude_noerror", OptionType::boolean, ""}, {"only_qtype", OptionType::list, ""},
    {"answer_count", OptionType::uint, ""},       {"geoloc_notfound", OptionType::boolean, ""},
    {"asn_notfound", OptionType::boolean, ""},
};
inline constexpr Group dns_groups[] = {
    {"counters", true}, {"cardinality", true}, {"histograms", false}, {"top_ecs", false}};
inline constexpr Option pcap_options[] = {
    {"iface", OptionType::text, ""},
    {"bpf", OptionType::text, ""},
    {"host_spec", OptionType::text, ""},
    {"pcap_source", OptionType::text, ""},
};
inline constexpr Option flow_options[] = {{"port", OptionType::uint, ""}};
inline const HandlerInfo handlers[] = {{"dns", "1.0", dns_options, dns_groups},
                                       {"dns", "2.0", dns_options, dns_groups},
                                       {"dhcp", "1.0", {}, {}}};
inline const InputInfo inputs[] = {{"pcap", pcap_options}, {"flow", flow_options}, {"mock", {}, true}};

inline Known known() {
    Known k;
    k.handlers = handlers;
    k.inputs = inputs;
    return k;
}

inline std::string indented(std::string_view text, const std::string& by) {
    std::string out;
    for (size_t at = 0; at < text.size();) {
        const size_t end =
            text.find('\n', at) == std::string_view::npos ? text.size() : text.find('\n', at) + 1;
        (out += by) += text.substr(at, end - at);
        at = end;
    }
    return out + "\n";
}

inline const std::string taps =
    "taps:\n  anycast: {input_type: pcap, config: {iface: eth0, bpf: udp}, tags: {virtual: true, vhost: 1}}\n"
    "  second: {input_type: pcap, tags: {virtual: true, vhost: 2, site: ams}}\n"
    "  flows: {input_type: sflow, tags: {virtual: false}}\n";
inline std::string with_policy(const std::string& policy) {
    return "version: \"1.0\"\nvisor:\n" +
           indented(taps + "policies:\n  p1:\n" + indented(policy, "    "), "  ");
}
inline std::string with_input(const std::string& input) {
    return with_policy("kind: collection\ninput: " + input + "\nhandlers: {modules: {d: {type: dns}}}");
}
inline std::string with_handlers(const std::string& body) {
    return with_policy("kind: collection\ninput: {tap: anycast, input_type: pcap}\nhandlers: " + body);
}
inline std::string with_module(const std::string& body) {
    return with_handlers("{modules: {d: " + body + "}}");
}

inline Result<Document, Refusal> parse(const std::string& yaml, const Known& k = known()) {
    return parse_document(yaml, "", DocumentKind::file, k);
}
// What is wrong, without where.
inline std::string text_of(const Result<Document, Refusal>& document) {
    if (document) return {};
    const std::string& error = document.error();
    const size_t at = error.find_first_not_of("0123456789:");
    return at && at != error.npos && error[at] == ' ' ? error.substr(at + 1) : error;
}
inline std::string fault(const std::string& yaml) {
    return text_of(parse(yaml));
}
inline PolicyConfig policy(const std::string& yaml, const Known& k = known()) {
    const auto document = parse(yaml, k);
    EXPECT_TRUE(document) << document.error() << "\n" << yaml;
    return document && document->policies.size() == 1 ? document->policies[0] : PolicyConfig{};
}

} // namespace visor::control
