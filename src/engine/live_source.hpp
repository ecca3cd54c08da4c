// Where live frames come from: a tap with one or more capture queues, each read by a worker of its own.
//
// A queue hands out blocks of frames, as a capture file does (frames.hpp), but it may have nothing at the
// moment, and it never ends: an interface that goes down or vanishes is waited for, and taken up again when
// it is back. Threads: a queue's next() and counts() belong to its worker; wake() may be called by anyone.
// Owns: a tap owns its queues and whatever memory frames lie in. Units: nanoseconds since 1970, bytes.
#pragma once

#include "engine/frames.hpp"

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace visor::engine {

// Of one queue since it was opened. received = delivered + dropped_ring + malformed holds whenever
// everything that is ready has been handed out.
struct LiveCounts {
    uint64_t received = 0;          // frames the kernel's filter let through to this queue
    uint64_t delivered = 0;         // handed out
    uint64_t dropped_ring = 0;      // by the kernel: the ring (or buffer) was full
    uint64_t dropped_interface = 0; // by the interface, before the queue; told on a tap's first queue only
    uint64_t ring_freezes = 0;      // how often the ring was full
    uint64_t malformed = 0;         // slots with impossible lengths; counted in received as well
    uint64_t vlan_restored = 0;     // frames whose tag the kernel had taken off, put back
    uint64_t offloaded = 0;         // frames that stand for several on the wire (GSO, GRO)
    uint64_t offloaded_parts = 0;   // ... and for how many
    uint64_t lost_interface = 0;    // how often the interface went down or vanished
};

class LiveSource {
public:
    virtual ~LiveSource() = default;
    // Fills the block with what is ready, waiting for the first frame up to wait_ms; count 0 when none came
    // or wake() was called. Frames stay where they are until the next call. Frames of a block are in the
    // order in which they came.
    virtual void next(FrameBlock& block, int wait_ms) = 0;
    virtual void wake() = 0;
    // Asks the kernel, so not for every block.
    virtual LiveCounts counts() = 0;
    // How much of the ring waits to be read: 0 nothing, 1 all of it.
    virtual double backlog() const = 0;
};

enum class TapEvent : uint8_t { info, warning, error };

class LiveTap {
public:
    virtual ~LiveTap() = default;
    virtual unsigned queues() const = 0;
    virtual LiveSource& queue(unsigned index) = 0;
    virtual std::string_view kind() const = 0;                      // "af_packet", "libpcap", "mock"
    virtual const std::vector<std::string>& interfaces() const = 0; // those it reads
    virtual size_t ring_bytes() const = 0;                          // of all queues
    virtual bool up() const = 0;                                    // any thread: frames can come
};

// Something an operator should know of a tap, as one line; called by any thread, seldom.
using TapNotify = std::function<void(TapEvent, std::string)>;

} // namespace visor::engine
