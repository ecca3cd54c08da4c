#include "control/agent/live_input.hpp"

#include "taps/afpacket/af_packet.hpp"

namespace visor::control {

LiveInput LiveInput::from(const OptionValues& values) {
    LiveInput input;
    input.source = values.get_text("pcap_source");
    input.iface = values.get_text("iface");
    input.bpf = values.get_text("bpf");
    input.host_spec = values.get_text("host_spec");
    input.tcp_connections = static_cast<uint32_t>(values.get_uint("tcp_packet_reassembly_cache_limit"));
    input.promiscuous = values.get_bool("promiscuous");
    return input;
}

Result<std::unique_ptr<engine::LiveTap>> open_tap(const LiveInput& input, const TapSettings& settings,
                                                  const engine::TapNotify& notify) {
    taps::AfPacketConfig config;
    config.interfaces = {input.iface};
    config.bpf = input.bpf;
    config.queues = settings.workers;
    config.ring_bytes = settings.ring_bytes;
    config.promiscuous = settings.promiscuous || input.promiscuous;
    return taps::open_af_packet(config, notify);
}

} // namespace visor::control
