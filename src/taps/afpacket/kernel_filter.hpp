// A capture filter in the syntax of pcap-filter(7) as the program the kernel runs on each frame before it
// takes room in a ring.
//
// libpcap compiles it on an open capture of the interface, not on a dead one: only then does it look for a
// VLAN tag where Linux keeps it, beside the frame, and know inbound from outbound. In front stands what the
// tap itself leaves out: on a loopback interface every frame passes twice, once leaving and once arriving,
// and is taken when it arrives.
//
// Threads: compile from one thread at a time. Owns: the program.
#pragma once

#include "base/result.hpp"

#include <linux/filter.h>
#include <span>
#include <string>
#include <vector>

namespace visor::taps {

class KernelFilter {
public:
    // Of frames as this interface has them, or, when cooked, behind a header that says what they are
    // (LINKTYPE_LINUX_SLL), which the kernel does not have and looks up elsewhere. Needs the right to
    // capture.
    static Result<KernelFilter> compile(const std::string& expression, const std::string& device,
                                        bool cooked);
    // Lets nothing pass.
    static KernelFilter closed();

    std::span<const sock_filter> program() const { return program_; }
    bool attach(int socket) const; // errno tells why not

private:
    std::vector<sock_filter> program_;
};

// Whether libpcap can read the expression at all, without any right: the reason when it cannot, empty when it
// can.
std::string filter_mistake(const std::string& expression, bool cooked);

} // namespace visor::taps
