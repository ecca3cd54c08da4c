#include "control/agent/live_input.hpp"

#ifdef VISOR_AF_PACKET
#include "taps/afpacket/af_packet.hpp"
#endif
#include "taps/device/interfaces.hpp"
#include "taps/mock/mock.hpp"
#include "taps/pcap/live_pcap.hpp"

namespace visor::control {

LiveInput LiveInput::from(std::string_view input_type, const OptionValues& values) {
    LiveInput input;
    input.host_spec = values.get_text("host_spec");
    if (input_type == "mock") { // its other keys are anything
        input.mock = true;
        input.fails = values.has("except_on_start");
        return input;
    }
    input.source = values.get_text("pcap_source");
    input.iface = values.get_text("iface");
    input.bpf = values.get_text("bpf");
    input.tcp_connections = static_cast<uint32_t>(values.get_uint("tcp_packet_reassembly_cache_limit"));
    input.promiscuous = values.get_bool("promiscuous");
    return input;
}

Result<std::unique_ptr<engine::LiveTap>> open_tap(const LiveInput& input, const TapSettings& settings,
                                                  const engine::TapNotify& notify) {
    if (input.fails) return Error{"the mock input is not to start: except_on_start is set"};
    if (input.mock || input.source == "mock") return taps::open_mock({});
    if (input.iface.empty()) return Error{"no interface is given: set iface to a name, an address or auto"};
    const auto interfaces = taps::resolve_interfaces(input.iface);
    if (!interfaces) return Error{interfaces.error()};
    const bool promiscuous = settings.promiscuous || input.promiscuous;
#ifdef VISOR_AF_PACKET
    if (input.source.empty() || input.source == "af_packet") {
        taps::AfPacketConfig config;
        config.interfaces = *interfaces;
        config.bpf = input.bpf;
        config.queues = settings.workers;
        config.ring_bytes = settings.ring_bytes;
        config.promiscuous = promiscuous;
        return taps::open_af_packet(config, notify);
    }
#else
    if (input.source == "af_packet")
        return Error{"pcap_source af_packet is not in this build: leave it out, or use libpcap"};
#endif
    return taps::open_live_pcap({.interfaces = *interfaces,
                                 .bpf = input.bpf,
                                 .buffer_bytes = settings.ring_bytes,
                                 .promiscuous = promiscuous},
                                notify);
}

} // namespace visor::control
