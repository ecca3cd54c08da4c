#include "control/capture_input.hpp"

#include "base/ip.hpp"
#include "control/config_tree.hpp"
#include "control/document_parts.hpp"
#include "engine/tcp_streams.hpp"

#include <algorithm>

namespace visor::control {

namespace {

// One policy on one of its taps.
struct Input {
    const PolicyConfig* policy;
    std::string bpf, host_spec;
    uint32_t tcp_connections; // 0 = does not say
};

Input input_of(const TapConfig& tap, const PolicyConfig& policy) {
    OptionValues values = effective_input(tap, policy);
    values.merge(policy.input_filter);
    const OptionValue* host_spec = values.find("host_spec");
    if (host_spec) {
        const auto hosts = PrefixSet::parse(host_spec->text);
        if (!hosts) throw ConfigFault(hosts.error(), host_spec->line, host_spec->column);
    }
    return {&policy, std::string(values.get_text("bpf")), host_spec ? host_spec->text : std::string(),
            static_cast<uint32_t>(values.get_uint("tcp_packet_reassembly_cache_limit"))};
}

std::vector<Input> inputs_of(const Document& document) {
    std::vector<Input> inputs;
    for (const PolicyConfig& policy : document.policies) {
        if (canonical_input(policy.input_type) != "pcap")
            throw ConfigFault("policy '" + policy.name + "' is for input type '" + policy.input_type +
                                  "', but a capture file holds pcap",
                              0, 0);
        const size_t before = inputs.size();
        for (const TapConfig& tap : document.taps)
            if (std::find(policy.taps.begin(), policy.taps.end(), tap.name) != policy.taps.end())
                inputs.push_back(input_of(tap, policy));
        if (inputs.size() == before) inputs.push_back(input_of({}, policy));
    }
    return inputs;
}

std::string quoted(const std::string& bpf) {
    return bpf.empty() ? "none" : "'" + bpf + "'";
}

std::string one_filter(const std::vector<Input>& inputs, CaptureInput& chosen) {
    for (const Input& input : inputs) {
        if (!chosen.bpf.empty()) {
            if (!input.bpf.empty() && input.bpf != chosen.bpf)
                chosen.notices.push_back("capture filter " + quoted(input.bpf) + " of policy '" +
                                         input.policy->name + "' gives way to the one from the command line");
        } else if (input.bpf != inputs.front().bpf) {
            return "policies '" + inputs.front().policy->name + "' and '" + input.policy->name +
                   "' have different capture filters (" + quoted(inputs.front().bpf) + ", " +
                   quoted(input.bpf) + "), but a file is read with one: give it with -b";
        }
    }
    if (chosen.bpf.empty() && !inputs.empty()) chosen.bpf = inputs.front().bpf;
    return {};
}

void all_hosts(const std::vector<Input>& inputs, CaptureInput& chosen) {
    std::vector<std::string> specs;
    const auto add = [&](const std::string& spec) {
        if (!spec.empty() && std::find(specs.begin(), specs.end(), spec) == specs.end())
            specs.push_back(spec);
    };
    add(chosen.host_spec);
    bool differ = false;
    for (const Input& input : inputs) {
        add(input.host_spec);
        differ |= input.host_spec != inputs.front().host_spec;
    }
    chosen.host_spec.clear();
    for (const std::string& spec : specs) chosen.host_spec += (chosen.host_spec.empty() ? "" : ",") + spec;
    if (differ)
        chosen.notices.push_back("policies have different host addresses; all of them make a packet in or "
                                 "out, for every policy: " +
                                 chosen.host_spec);
}

void most_connections(const std::vector<Input>& inputs, CaptureInput& chosen) {
    constexpr uint32_t usual = engine::TcpStreams::connections_usual;
    uint32_t most = 0;
    bool differ = false;
    for (const Input& input : inputs) {
        differ |= input.tcp_connections != inputs.front().tcp_connections;
        most = std::max(most, input.tcp_connections ? input.tcp_connections : usual);
    }
    const bool asked = std::any_of(inputs.begin(), inputs.end(),
                                   [&](const Input& input) { return input.tcp_connections == most; });
    chosen.tcp_connections = asked ? most : 0;
    if (differ)
        chosen.notices.push_back("policies have different limits of TCP connections; the largest counts, for "
                                 "every policy: " +
                                 std::to_string(most));
}

} // namespace

Result<CaptureInput> capture_input(const Document& document, std::string_view name,
                                   const CaptureInput& command_line) {
    CaptureInput chosen = command_line;
    try {
        const std::vector<Input> inputs = inputs_of(document);
        if (const std::string error = one_filter(inputs, chosen); !error.empty())
            throw ConfigFault(error, 0, 0);
        all_hosts(inputs, chosen);
        most_connections(inputs, chosen);
    } catch (const ConfigFault& fault) {
        return fault.in(name);
    }
    return chosen;
}

} // namespace visor::control
