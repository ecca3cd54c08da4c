// One queue's hold on one interface: its ring while there is one, and what becomes of it when the interface
// goes down, vanishes or comes back.
//
// Threads: a port belongs to its queue's worker; PortShared is what the ports of one interface have in
// common, and guards itself. Owns: the ring.
#pragma once

#include "engine/interface_state.hpp"
#include "engine/links.hpp"
#include "taps/afpacket/af_packet.hpp"
#include "taps/afpacket/fanout_group.hpp"
#include "taps/afpacket/ring.hpp"

#include <atomic>
#include <mutex>

namespace visor::taps {

// Of one interface, for the ports of all queues.
struct PortShared {
    std::string name;
    uint32_t interface_id = 0;
    FanoutGroup group;
    std::atomic<bool> up = false; // told by the first queue's port

    // Compiled once, when the interface is first there: it is the same for an interface made anew.
    Result<KernelFilter> filter(const std::string& expression, bool cooked);

private:
    std::mutex lock_;
    std::optional<KernelFilter> compiled_;
    bool compiled_cooked_ = false;
};

class Port {
public:
    // The first port of an interface speaks for it.
    Port(PortShared& shared, const AfPacketConfig& config, size_t block_bytes, unsigned blocks, bool first,
         const engine::TapNotify& notify);
    Port(Port&&) noexcept = default;
    ~Port();

    // Opens the ring, empty until start(). The reason when it cannot be; none when the interface is down.
    std::string open();
    std::string start();

    Ring* ring() { return ring_.get(); }
    const Ring* ring() const { return ring_.get(); }
    // The socket has something to say about the interface, or it is time to look after it.
    void tend(engine::LiveCounts& counts);
    void add_counts(engine::LiveCounts& counts);

private:
    RingSpec spec_of(const engine::Link& link) const;
    std::string open_on(const engine::Link& link);
    void close(engine::LiveCounts& counts);
    void watch_ring();
    void try_open(engine::LiveCounts& counts);
    void update(engine::Presence presence, bool interrupted = false);
    bool any() const { return shared_->name == "any"; }
    uint64_t lost_by_interface();

    PortShared* shared_;
    const AfPacketConfig* config_;
    size_t block_bytes_;
    unsigned blocks_;
    bool first_;
    engine::InterfaceState state_;
    std::unique_ptr<Ring> ring_;
    uint64_t lost_seen_ = 0;   // frames, by the interface
    uint64_t losses_told_ = 0; // of the interface
};

// Whether the link's frames have no Ethernet header.
bool is_cooked(const engine::Link& link);

} // namespace visor::taps
