// One question to the kernel over rtnetlink, and its answers. Linux only.
//
// Threads: each question opens a socket of its own. Owns: nothing that outlives the call. Not for the packet
// path.
// Format: netlink(7), rtnetlink(7).
#pragma once

#include "base/bytes.hpp"

#include <functional>
#include <linux/rtnetlink.h>

namespace visor::engine {

struct NetlinkMessage {
    uint16_t type;
    Bytes body; // behind the netlink header
    // The attributes behind a fixed part of this many bytes.
    template <class Visit>
    void each_attribute(size_t fixed, Visit&& visit) const {
        size_t at = NLMSG_ALIGN(fixed);
        while (at + sizeof(rtattr) <= body.size()) {
            const auto length = load_native<uint16_t>(body.data() + at);
            const auto kind = load_native<uint16_t>(body.data() + at + 2);
            if (length < sizeof(rtattr) || at + length > body.size()) return;
            visit(static_cast<uint16_t>(kind & NLA_TYPE_MASK),
                  Bytes{body.data() + at + sizeof(rtattr), length - sizeof(rtattr)});
            at += RTA_ALIGN(length);
        }
    }
};

// `request` is the fixed part of the question; `all` asks for everything of the kind. False when the kernel
// did not answer or refused.
bool ask_netlink(uint16_t type, bool all, Bytes request,
                 const std::function<void(const NetlinkMessage&)>& answer);

template <class Request>
bool ask_netlink(uint16_t type, bool all, const Request& request,
                 const std::function<void(const NetlinkMessage&)>& answer) {
    return ask_netlink(type, all, Bytes{reinterpret_cast<const uint8_t*>(&request), sizeof request}, answer);
}

} // namespace visor::engine
