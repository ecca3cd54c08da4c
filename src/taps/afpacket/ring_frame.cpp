// What is made of one slot of a ring.
#include "base/bytes.hpp"
#include "engine/offload.hpp"
#include "taps/afpacket/ring.hpp"
#include "wire/link.hpp"

#include <algorithm>
#include <arpa/inet.h>
#include <cstring>
#include <linux/if_arp.h>
#include <linux/if_ether.h>

namespace visor::taps {
namespace {

constexpr size_t slot_header = TPACKET3_HDRLEN; // the slot's own and the address behind it
constexpr uint32_t tag_bytes = 4, mac_bytes = 12, sll_bytes = 16;
// Newer than the kernel headers this may be built with: several TCP segments joined, or not yet cut.
constexpr uint32_t status_gso_tcp = 1U << 8;

void store_be16(uint8_t* at, uint16_t value) {
    value = htons(value);
    std::memcpy(at, &value, sizeof value);
}

bool has_tag(const tpacket3_hdr& slot) {
    return (slot.tp_status & TP_STATUS_VLAN_VALID) != 0;
}

uint16_t tag_type(const tpacket3_hdr& slot) {
    // Old kernels do not say which, and knew only the one.
    return (slot.tp_status & TP_STATUS_VLAN_TPID_VALID) != 0 ? slot.hv1.tp_vlan_tpid : uint16_t{ETH_P_8021Q};
}

} // namespace

// False when the slot cannot be.
bool Ring::add_frame(engine::Frame& frame, engine::LiveCounts& counts) {
    uint8_t* at = block_at(current_) + slot_;
    const auto slot = load_native<tpacket3_hdr>(at);
    const size_t room = spec_.block_bytes - slot_;
    const uint32_t start = spec_.cooked ? slot.tp_net : slot.tp_mac;
    const bool tagged = has_tag(slot) && (spec_.cooked || slot.tp_snaplen >= mac_bytes);
    const size_t added = (tagged ? tag_bytes : 0) + (spec_.cooked ? sll_bytes : 0);
    if (start < slot_header + added || start > room || slot.tp_snaplen > room - start ||
        slot.tp_snaplen > slot.tp_len)
        return false;
    frame.ts_ns = slot_time_;
    frame.caplen = std::min<uint32_t>(slot.tp_snaplen, engine::frame_bytes_max);
    frame.wirelen = slot.tp_len;
    frame.link = static_cast<uint16_t>(spec_.cooked ? wire::LinkType::linux_sll : wire::LinkType::ethernet);
    frame.interface_id = spec_.interface_id;
    frame.data = at + start;
    if (spec_.cooked)
        cook(frame, at + start, slot, tagged);
    else if (tagged)
        restore_tag(frame, at + start, slot);
    if (tagged) ++counts.vlan_restored;
    // The kernel could say how large the parts are (PACKET_VNET_HDR), but would then drop joined frames for
    // which it has no word, as those of UDP fragments.
    const bool joined = (slot.tp_status & status_gso_tcp) != 0;
    if (joined || engine::is_offloaded(slot.tp_len, spec_.mtu)) [[unlikely]] {
        ++counts.offloaded;
        counts.offloaded_parts += std::max<uint64_t>(engine::offload_parts(frame, spec_.mtu), joined ? 2 : 1);
    }
    return true;
}

// Between the addresses and the type, where it was: the addresses move forward.
void Ring::restore_tag(engine::Frame& frame, uint8_t* data, const tpacket3_hdr& slot) const {
    uint8_t* front = data - tag_bytes;
    std::memmove(front, data, mac_bytes);
    store_be16(front + mac_bytes, tag_type(slot));
    store_be16(front + mac_bytes + 2, static_cast<uint16_t>(slot.hv1.tp_vlan_tci));
    frame.data = front;
    frame.caplen += tag_bytes;
    frame.wirelen += tag_bytes;
}

// Packet type, hardware type, address, protocol (LINKTYPE_LINUX_SLL), and a tag behind it when there was one.
void Ring::cook(engine::Frame& frame, uint8_t* data, const tpacket3_hdr& slot, bool tagged) const {
    sockaddr_ll from{};
    std::memcpy(&from, block_at(current_) + slot_ + TPACKET_ALIGN(sizeof(tpacket3_hdr)), sizeof from);
    const uint32_t added = sll_bytes + (tagged ? tag_bytes : 0);
    uint8_t* front = data - added;
    store_be16(front, from.sll_pkttype);
    store_be16(front + 2, from.sll_hatype);
    store_be16(front + 4, std::min<uint16_t>(from.sll_halen, sizeof from.sll_addr));
    std::memcpy(front + 6, from.sll_addr, sizeof from.sll_addr);
    store_be16(front + 14, tagged ? tag_type(slot) : ntohs(from.sll_protocol));
    if (tagged) {
        store_be16(front + 16, static_cast<uint16_t>(slot.hv1.tp_vlan_tci));
        store_be16(front + 18, ntohs(from.sll_protocol));
    }
    frame.data = front;
    frame.caplen += added;
    frame.wirelen += added;
}

} // namespace visor::taps
