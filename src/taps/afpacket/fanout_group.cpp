#include "taps/afpacket/fanout_group.hpp"

#include "taps/afpacket/fanout_program.hpp"

#include <linux/if_packet.h>
#include <sys/random.h>
#include <sys/socket.h>

namespace visor::taps {
namespace {

// No DEFRAG: the kernel would hand on joined datagrams, larger than anything that was on the wire.
constexpr uint32_t by_program = PACKET_FANOUT_CBPF;
constexpr uint32_t new_id = PACKET_FANOUT_FLAG_UNIQUEID;

bool set_program(int socket, bool cooked) {
    uint32_t key = 0;
    if (getrandom(&key, sizeof key, GRND_NONBLOCK) != sizeof key) key = 0;
    auto steps = fanout_program(cooked, key);
    const sock_fprog program{static_cast<unsigned short>(steps.size()), steps.data()};
    return setsockopt(socket, SOL_PACKET, PACKET_FANOUT_DATA, &program, sizeof program) == 0;
}

} // namespace

bool FanoutGroup::join(int socket, unsigned ifindex, bool cooked) {
    const std::lock_guard hold(lock_);
    const bool known = members_ > 0 && ifindex_ == ifindex;
    const uint32_t wanted = known ? id_ | by_program << 16 : (by_program | new_id) << 16;
    if (setsockopt(socket, SOL_PACKET, PACKET_FANOUT, &wanted, sizeof wanted) != 0) return false;
    if (known) {
        ++members_;
        return true;
    }
    if (!set_program(socket, cooked)) return false;
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
