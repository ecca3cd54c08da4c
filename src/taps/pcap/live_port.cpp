#include "taps/pcap/live_port.hpp"

#include "engine/capture_right.hpp"
#include "engine/offload.hpp"
#include "taps/pcap/bpf_filter.hpp"
#include "wire/link.hpp"

#include <algorithm>
#include <cstring>
#include <sys/socket.h>

namespace visor::taps {
namespace {

using engine::Presence;

constexpr auto snapshot = static_cast<int>(engine::frame_bytes_max);

// libpcap's number of a link type (DLT), as files have it.
uint16_t linktype_of(int dlt) {
    return dlt == DLT_RAW ? static_cast<uint16_t>(wire::LinkType::raw) : static_cast<uint16_t>(dlt);
}

} // namespace

LivePort::LivePort(const LivePcapConfig& config, uint32_t interface_id, const engine::TapNotify& notify)
    : config_(&config), interface_id_(interface_id), state_(config.interfaces[interface_id], true, notify) {}

std::string LivePort::open() {
    link_ = engine::find_link(name());
    if (!any() && !link_)
        return "interface '" + name() +
               "' not found; available interfaces: " + engine::available_interfaces();
    if (any() || link_->up) {
        state_.begin(Presence::up);
        return activate();
    }
    if (!config_->bpf.empty()) {
        const auto filter = BpfFilter::compile(config_->bpf, static_cast<uint16_t>(wire::LinkType::ethernet));
        if (!filter) return "filter '" + config_->bpf + "': " + filter.error();
    }
    state_.begin(Presence::down);
    return {};
}

std::string LivePort::activate() {
    char reason[PCAP_ERRBUF_SIZE] = "";
    Handle handle(pcap_create(name().c_str(), reason), &pcap_close);
    if (!handle) return "interface " + name() + ": " + reason;
    const size_t bytes = config_->buffer_bytes / config_->interfaces.size();
    pcap_set_snaplen(handle.get(), snapshot);
    pcap_set_promisc(handle.get(), config_->promiscuous ? 1 : 0);
    pcap_set_timeout(handle.get(), static_cast<int>(config_->timeout_ms));
    pcap_set_buffer_size(handle.get(), static_cast<int>(std::clamp<size_t>(bytes, 1 << 20, 1U << 30)));
    pcap_set_tstamp_precision(handle.get(), PCAP_TSTAMP_PRECISION_NANO);
    const int outcome = pcap_activate(handle.get());
    if (outcome == PCAP_ERROR_PERM_DENIED || outcome == PCAP_ERROR_PROMISC_PERM_DENIED)
        return engine::capture_right_missing(name());
    if (outcome < 0) return "interface " + name() + ": " + pcap_statustostr(outcome);
    return set_up(std::move(handle));
}

std::string LivePort::set_up(Handle handle) {
    char reason[PCAP_ERRBUF_SIZE] = "";
    if (pcap_setnonblock(handle.get(), 1, reason) != 0) return "interface " + name() + ": " + reason;
    if (!config_->bpf.empty()) {
        bpf_program program{};
        const bool compiled =
            pcap_compile(handle.get(), &program, config_->bpf.c_str(), 1, PCAP_NETMASK_UNKNOWN) == 0;
        const bool attached = compiled && pcap_setfilter(handle.get(), &program) == 0;
        pcap_freecode(&program);
        if (!attached) return "filter '" + config_->bpf + "': " + pcap_geterr(handle.get());
    }
    linktype_ = linktype_of(pcap_datalink(handle.get()));
    if (!wire::link_supported(linktype_))
        return "interface " + name() + ": link type " + std::to_string(linktype_) + " is not read";
    fraction_ns_ = pcap_get_tstamp_precision(handle.get()) == PCAP_TSTAMP_PRECISION_NANO ? 1 : 1000;
    handle_ = std::move(handle);
    link_ = engine::find_link(name());
    broken_ = false;
    told_ = {};
    update(Presence::up);
    return {};
}

void LivePort::take(engine::FrameBlock& block, engine::LiveCounts& counts) {
    if (!handle_ || broken_) return;
    constexpr size_t room = engine::block_bytes + engine::frame_bytes_max;
    if (block.buffer.size() < room) block.buffer.resize(room);
    size_t used = 0;
    while (block.count < engine::block_frames_max && used < engine::block_bytes)
        if (!add_frame(block, used, counts)) return;
}

bool LivePort::add_frame(engine::FrameBlock& block, size_t& used, engine::LiveCounts& counts) {
    pcap_pkthdr* header = nullptr;
    const u_char* data = nullptr;
    const int outcome = pcap_next_ex(handle_.get(), &header, &data);
    if (outcome < 0) broken_ = true;
    if (outcome != 1) return false;
    engine::Frame& frame = block.frames[block.count];
    frame.data = block.buffer.data() + used;
    frame.caplen = std::min<uint32_t>(header->caplen, engine::frame_bytes_max);
    frame.wirelen = std::max(header->len, frame.caplen);
    frame.ts_ns = int64_t{header->ts.tv_sec} * 1'000'000'000 + header->ts.tv_usec * fraction_ns_;
    frame.link = linktype_;
    frame.interface_id = interface_id_;
    std::memcpy(block.buffer.data() + used, data, frame.caplen);
    used += frame.caplen;
    ++block.count;
    ++counts.delivered;
    ++counts.received;
    if (link_ && engine::is_offloaded(frame.wirelen, link_->mtu)) {
        ++counts.offloaded;
        counts.offloaded_parts += engine::offload_parts(frame, link_->mtu);
    }
    return true;
}

// Reading the error ends it: poll() would tell of it for ever.
bool LivePort::socket_failed() const {
    int error = 0;
    socklen_t length = sizeof error;
    const int fd = pcap_get_selectable_fd(handle_.get());
    return fd >= 0 && getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &length) == 0 && error != 0;
}

void LivePort::tend(engine::LiveCounts& counts) {
    if (!handle_) {
        const auto link = engine::find_link(name());
        if (!any() && (!link || !link->up)) return;
        if (const auto reason = activate(); !reason.empty()) state_.trouble(reason);
        return;
    }
    const bool was_gone = state_.presence() == Presence::gone;
    const bool interrupted = socket_failed() || broken_;
    if (!any() && link_) update(engine::presence_of(engine::find_link(link_->index)), interrupted);
    // What was there when the interface vanished has been read by the second look.
    if (was_gone || broken_) close(counts);
}

void LivePort::close(engine::LiveCounts& counts) {
    add_counts(counts);
    handle_.reset();
    broken_ = false;
}

void LivePort::update(Presence presence, bool interrupted) {
    state_.update(presence, interrupted);
    up_->store(presence == Presence::up, std::memory_order_relaxed);
}

void LivePort::add_counts(engine::LiveCounts& counts) {
    counts.lost_interface += state_.lost() - losses_told_;
    losses_told_ = state_.lost();
    pcap_stat now{};
    if (!handle_ || pcap_stats(handle_.get(), &now) != 0) return;
    // Counts of 32 bits that go round.
    const u_int dropped = now.ps_drop - told_.ps_drop;
    counts.dropped_ring += dropped;
    counts.received += dropped;
    counts.dropped_interface += now.ps_ifdrop - told_.ps_ifdrop;
    told_ = now;
}

int LivePort::fd() const {
    if (!handle_ || pcap_get_required_select_timeout(handle_.get()) != nullptr) return -1;
    return pcap_get_selectable_fd(handle_.get());
}

} // namespace visor::taps
