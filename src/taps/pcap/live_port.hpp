// One interface as libpcap reads it, and what becomes of it when it goes down, vanishes or comes back.
// Threads: one. Owns: the libpcap handle.
#pragma once

#include "engine/interface_state.hpp"
#include "engine/links.hpp"
#include "taps/pcap/live_pcap.hpp"

#include <atomic>
#include <pcap/pcap.h>

namespace visor::taps {

class LivePort {
public:
    LivePort(const LivePcapConfig& config, uint32_t interface_id, const engine::TapNotify& notify);

    // The reason when it cannot be read; none when it is only down.
    std::string open();
    // What is ready, into an empty block.
    void take(engine::FrameBlock& block, engine::LiveCounts& counts);
    // To be called about twice a second, and when the descriptor tells of trouble.
    void tend(engine::LiveCounts& counts);
    void add_counts(engine::LiveCounts& counts);
    int fd() const; // to poll; -1: there is none, or its word is not enough
    bool open_now() const { return handle_ != nullptr; }
    bool up() const { return up_->load(std::memory_order_relaxed); } // any thread

private:
    using Handle = std::unique_ptr<pcap_t, decltype(&pcap_close)>;

    const std::string& name() const { return config_->interfaces[interface_id_]; }
    bool any() const { return name() == "any"; }
    std::string activate();
    std::string set_up(Handle handle);
    bool socket_failed() const;
    bool add_frame(engine::FrameBlock& block, size_t& used, engine::LiveCounts& counts);
    void update(engine::Presence presence, bool interrupted = false);
    void close(engine::LiveCounts& counts);

    const LivePcapConfig* config_;
    uint32_t interface_id_;
    engine::InterfaceState state_;
    std::unique_ptr<std::atomic<bool>> up_ = std::make_unique<std::atomic<bool>>(false);
    Handle handle_{nullptr, &pcap_close};
    std::optional<engine::Link> link_; // when it was opened
    uint16_t linktype_ = 0;
    int64_t fraction_ns_ = 1; // what a unit of the time's fraction is
    bool broken_ = false;     // libpcap gave up
    pcap_stat told_{};        // counts so far
    uint64_t losses_told_ = 0;
};

} // namespace visor::taps
