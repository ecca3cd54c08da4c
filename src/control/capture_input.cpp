#include "control/capture_input.hpp"

#include "control/config_tree.hpp"
#include "control/document_parts.hpp"

#include <algorithm>

namespace visor::control {

namespace {

std::string both_filters(const std::string& a, const std::string& b) {
    if (a.empty() || b.empty() || a == b) return a.empty() ? b : a;
    return "(" + a + ") and (" + b + ")";
}

CaptureInput input_of(const TapConfig& tap, const PolicyConfig& policy, const CaptureInput& command_line) {
    OptionValues values = effective_input(tap, policy);
    values.merge(policy.input_filter);
    CaptureInput input{both_filters(command_line.bpf, std::string(values.get_text("bpf"))),
                       command_line.host_spec,
                       static_cast<uint32_t>(values.get_uint("tcp_packet_reassembly_cache_limit"))};
    if (input.host_spec.empty()) input.host_spec = values.get_text("host_spec");
    return input;
}

void add(std::vector<CapturePass>& passes, CaptureInput input, PolicyOnTap policy) {
    const auto same =
        std::find_if(passes.begin(), passes.end(), [&](const auto& pass) { return pass.input == input; });
    if (same != passes.end())
        same->policies.push_back(std::move(policy));
    else
        passes.push_back({std::move(input), {std::move(policy)}});
}

} // namespace

std::string missing_interface(const TapConfig& tap, const PolicyConfig& policy) {
    OptionValues values = effective_input(tap, policy);
    values.merge(policy.input_filter);
    if (tap.input_type != "pcap" || values.get_text("pcap_source") == "mock" ||
        !values.get_text("iface").empty())
        return {};
    return not_opened(tap) + "no interface is given: set iface to a name, an address or auto";
}

Result<std::vector<CapturePass>> capture_passes(const Document& document, std::string_view name,
                                                const CaptureInput& command_line) {
    std::vector<CapturePass> passes;
    try {
        for (const PolicyConfig& policy : document.policies) {
            if (canonical_input(policy.input_type) != "pcap")
                throw ConfigFault("policy '" + policy.name + "' is for input type '" + policy.input_type +
                                      "', but a capture file holds pcap",
                                  0, 0);
            for (const TapConfig& tap : document.taps)
                if (std::find(policy.taps.begin(), policy.taps.end(), tap.name) != policy.taps.end())
                    add(passes, input_of(tap, policy, command_line), {&policy, tap.name});
        }
    } catch (const ConfigFault& fault) {
        return fault.in(name);
    }
    return passes;
}

} // namespace visor::control
