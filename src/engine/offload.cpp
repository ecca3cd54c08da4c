#include "engine/offload.hpp"

#include "wire/decode.hpp"

namespace visor::engine {

uint64_t offload_parts(const Frame& frame, uint32_t mtu) {
    wire::Packet packet;
    wire::decode(static_cast<wire::LinkType>(frame.link), frame.data, frame.caplen, frame.wirelen, packet);
    const uint32_t link_bytes = packet.ip_version != 0 ? packet.l3 : 14U;
    const uint32_t headers = packet.payload != 0 ? packet.payload : link_bytes;
    const uint32_t largest = (mtu != 0 ? mtu : 1500U) + link_bytes;
    if (largest <= headers || frame.wirelen <= headers) return 1;
    const uint64_t part = largest - headers;
    return (frame.wirelen - headers + part - 1) / part;
}

} // namespace visor::engine
