// Live frames that nobody sent: ten DNS messages a second, to try the agent without rights or traffic.
//
// Queries of 10.0.0.x to 192.168.0.1 and of 192.168.0.1 to 10.0.0.x, and replies that belong to none: names
// 0.pktvisor-mock.dev to 19.pktvisor-mock.dev, types A, AAAA, PTR, MX and TXT, response codes 0 to 5. The
// same seed gives the same messages. Threads, owns: as engine::LiveTap; frames lie in the block. Wire:
// Ethernet, RFC 791, RFC 768, RFC 1035.
#pragma once

#include "engine/live_source.hpp"

#include <memory>

namespace visor::taps {

struct MockConfig {
    uint64_t seed = 1;
    unsigned interval_ms = 100; // between two messages
};

std::unique_ptr<engine::LiveTap> open_mock(const MockConfig& config);

} // namespace visor::taps
