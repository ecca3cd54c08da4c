// One packet socket on one interface and the ring the kernel fills with its frames.
//
// Frames are handed out where they lie. What the kernel took off them is put back in front of them, in room
// it was asked to leave: a VLAN tag (802.1Q, 802.1ad), or, for interfaces without a link header of their own,
// a LINKTYPE_LINUX_SLL header. The ring is divided into blocks; the kernel hands over a block when it is full
// or a few milliseconds old, and gets it back at release(), once all its frames were handed out.
//
// Threads: one. Owns: the socket and the mapped ring. Hot: take(). Nothing in a block is trusted: lengths
// that lead out of it are counted as malformed. Format: packet(7), TPACKET_V3;
// Documentation/networking/packet_mmap.rst of the kernel.
#pragma once

#include "base/result.hpp"
#include "engine/live_source.hpp"
#include "taps/afpacket/kernel_filter.hpp"

#include <linux/if_packet.h>

namespace visor::taps {

struct RingSpec {
    unsigned ifindex = 0;  // 0: all interfaces
    uint32_t mtu = 0;      // of the interface; 0: not known
    uint32_t interface_id; // what Frame::interface_id says
    bool cooked = false;   // the interface has no Ethernet header
    bool promiscuous = false;
    size_t block_bytes = 1 << 20;
    unsigned blocks = 4;
    unsigned retire_ms = 10;
};

class Ring {
public:
    // Bound, and taking frames that pass this filter from now on.
    static Result<std::unique_ptr<Ring>> open(const RingSpec& spec, const KernelFilter& filter);
    Ring(const Ring&) = delete;
    Ring& operator=(const Ring&) = delete;
    ~Ring();

    int socket() const { return socket_; }
    const RingSpec& spec() const { return spec_; }
    void set_mtu(uint32_t mtu) { spec_.mtu = mtu; }

    // There is a frame to hand out; then time_ns() is its time.
    bool ready();
    int64_t time_ns() const { return slot_time_; }
    // Adds frames to the block while they are not later than this, and it has room. Ready before the call.
    void take(engine::FrameBlock& block, size_t& bytes, int64_t until_ns, engine::LiveCounts& counts);
    // Gives back blocks whose frames have all been handed out before this call. How many slots in them could
    // not be.
    uint64_t release();

    struct KernelCounts {
        uint64_t received = 0, dropped = 0, freezes = 0; // received includes dropped
    };
    KernelCounts read_counts() const; // since the last call
    int pending_error() const;        // errno of what happened to the interface; 0: nothing
    double backlog() const;           // part of the blocks that wait

private:
    Ring(RingSpec spec, int socket) : spec_(spec), socket_(socket) {}
    std::string set_up(const KernelFilter& filter);
    std::string map_ring();
    uint8_t* block_at(unsigned index) const { return memory_ + size_t{index} * spec_.block_bytes; }
    bool handed_over(unsigned index) const;
    void ask_ahead(size_t offset) const;
    bool enter_block();
    bool enter_slot(uint32_t offset);
    void leave_slot(uint32_t next_offset);
    bool add_frame(engine::Frame& frame, engine::LiveCounts& counts);
    void restore_tag(engine::Frame& frame, uint8_t* data, const tpacket3_hdr& slot) const;
    void cook(engine::Frame& frame, uint8_t* data, const tpacket3_hdr& slot, bool tagged) const;

    RingSpec spec_;
    int socket_;
    uint8_t* memory_ = nullptr;
    unsigned current_ = 0;  // the block being handed out, or the one to come
    unsigned finished_ = 0; // blocks before it that are handed out and not given back
    bool inside_ = false;   // slot_ is in the current block
    uint32_t slot_ = 0;     // where in the block
    uint32_t left_ = 0;     // slots of the block from this one on
    int64_t slot_time_ = 0;
    uint64_t damaged_ = 0; // slots that cannot be, not yet told
};

} // namespace visor::taps
