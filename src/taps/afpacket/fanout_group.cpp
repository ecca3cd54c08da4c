#include "taps/afpacket/fanout_group.hpp"

#include <linux/if_packet.h>
#include <sys/socket.h>

namespace visor::taps {
namespace {

// No DEFRAG: the kernel would hand on joined datagrams, larger than anything that was on the wire.
constexpr uint32_t by_hash = PACKET_FANOUT_HASH;
constexpr uint32_t new_id = PACKET_FANOUT_FLAG_UNIQUEID;

} // namespace

bool FanoutGroup::join(int socket, unsigned ifindex) {
    const std::lock_guard hold(lock_);
    const bool known = members_ > 0 && ifindex_ == ifindex;
    const uint32_t wanted = known ? id_ | by_hash << 16 : (by_hash | new_id) << 16;
    if (setsockopt(socket, SOL_PACKET, PACKET_FANOUT, &wanted, sizeof wanted) != 0) return false;
    if (known) {
        ++members_;
        return true;
    }
    uint32_t given = 0;
    socklen_t length = sizeof given;
    if (getsockopt(socket, SOL_PACKET, PACKET_FANOUT, &given, &length) != 0) return false;
    ifindex_ = ifindex;
    id_ = static_cast<uint16_t>(given);
    members_ = 1;
    return true;
}

void FanoutGroup::left(unsigned ifindex) {
    const std::lock_guard hold(lock_);
    if (ifindex_ == ifindex && members_ > 0) --members_;
}

} // namespace visor::taps
