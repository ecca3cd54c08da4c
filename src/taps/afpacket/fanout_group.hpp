// The sockets that share one interface's frames: the kernel gives each frame to one of them, as
// fanout_program.hpp tells it (packet(7), PACKET_FANOUT_CBPF).
//
// Threads: any; members come and go by their own threads, each while its interface is made anew. Owns: the
// number of the group, while it has members: the kernel gives it, so that it is no other program's.
#pragma once

#include <cstdint>
#include <mutex>

namespace visor::taps {

class FanoutGroup {
public:
    // The socket is bound to the interface of this index. False when the kernel refuses: errno tells why.
    bool join(int socket, unsigned ifindex, bool cooked);
    // A socket of this interface was closed.
    void left(unsigned ifindex);

private:
    std::mutex lock_;
    unsigned ifindex_ = 0; // of the group there is; another interface, another group
    uint16_t id_ = 0;
    unsigned members_ = 0;
};

} // namespace visor::taps
