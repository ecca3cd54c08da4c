#include "taps/afpacket/port.hpp"

#include "engine/capture_right.hpp"

#include <cerrno>
#include <cstring>
#include <linux/if_arp.h>
#include <utility>

namespace visor::taps {
namespace {

using engine::Presence;

constexpr const char* all_interfaces = "any";

engine::Link link_of_all() {
    engine::Link all;
    all.name = all_interfaces;
    all.up = true;
    return all;
}

std::optional<engine::Link> find(const std::string& name) {
    return name == all_interfaces ? link_of_all() : engine::find_link(name);
}

bool is_monitor(const engine::Link& link) {
    return link.hardware == ARPHRD_IEEE80211 || link.hardware == ARPHRD_IEEE80211_PRISM ||
           link.hardware == ARPHRD_IEEE80211_RADIOTAP;
}

} // namespace

bool is_cooked(const engine::Link& link) {
    return link.hardware != ARPHRD_ETHER && link.hardware != ARPHRD_LOOPBACK;
}

Result<KernelFilter> PortShared::filter(const std::string& expression, bool cooked) {
    const std::lock_guard hold(lock_);
    if (compiled_ && compiled_cooked_ == cooked) return *compiled_;
    auto made = KernelFilter::compile(expression, name, cooked);
    if (!made) return Error{made.error()};
    compiled_ = *made;
    compiled_cooked_ = cooked;
    return made;
}

Port::Port(PortShared& shared, const AfPacketConfig& config, size_t block_bytes, unsigned blocks, bool first,
           const engine::TapNotify& notify)
    : shared_(&shared), config_(&config), block_bytes_(block_bytes), blocks_(blocks), first_(first),
      state_(shared.name, first, notify) {}

Port::~Port() {
    if (ring_ && config_->queues > 1) shared_->group.left(ring_->spec().ifindex);
}

RingSpec Port::spec_of(const engine::Link& link) const {
    RingSpec spec;
    spec.ifindex = link.index;
    spec.mtu = link.mtu;
    spec.interface_id = shared_->interface_id;
    spec.cooked = is_cooked(link);
    spec.promiscuous = config_->promiscuous;
    spec.block_bytes = block_bytes_;
    spec.blocks = blocks_;
    spec.retire_ms = config_->retire_ms;
    return spec;
}

std::string Port::open() {
    const auto link = find(shared_->name);
    if (!link)
        return "interface '" + shared_->name +
               "' not found; available interfaces: " + engine::available_interfaces();
    if (is_monitor(*link)) return "interface " + shared_->name + " is in monitor mode: read it with libpcap";
    if (link->up) {
        state_.begin(Presence::up);
        return open_on(*link);
    }
    if (auto mistake = filter_mistake(config_->bpf, is_cooked(*link)); !mistake.empty()) return mistake;
    state_.begin(Presence::down);
    return {};
}

// With several queues the sockets let nothing pass until start(): a socket gets frames before it can join the
// others, and they would come twice.
std::string Port::open_on(const engine::Link& link) {
    auto filter = shared_->filter(config_->bpf, is_cooked(link));
    if (!filter) return filter.error();
    const bool joins = config_->queues > 1;
    auto ring = Ring::open(spec_of(link), joins ? KernelFilter::closed() : *filter);
    if (!ring)
        return errno == EPERM ? engine::capture_right_missing(shared_->name)
                              : "interface " + shared_->name + ": " + ring.error();
    if (joins && !shared_->group.join((*ring)->socket(), link.index, is_cooked(link)))
        return "interface " + shared_->name + ": joining the other queues: " + std::strerror(errno);
    ring_ = std::move(*ring);
    lost_seen_ = lost_by_interface();
    update(Presence::up);
    return {};
}

std::string Port::start() {
    if (!ring_ || config_->queues == 1) return {};
    auto filter = shared_->filter(config_->bpf, ring_->spec().cooked);
    if (!filter) return filter.error();
    if (!filter->attach(ring_->socket()))
        return "interface " + shared_->name + ": the kernel refuses the filter: " + std::strerror(errno);
    return {};
}

void Port::close(engine::LiveCounts& counts) {
    add_counts(counts);
    const unsigned ifindex = ring_->spec().ifindex;
    ring_.reset();
    if (config_->queues > 1) shared_->group.left(ifindex);
}

void Port::tend(engine::LiveCounts& counts) {
    if (!ring_) {
        try_open(counts);
        return;
    }
    const bool was_gone = state_.presence() == Presence::gone;
    watch_ring();
    // The kernel hands over the last block some milliseconds later: at the second look it is here.
    if (was_gone && !ring_->ready()) close(counts);
}

// A socket outlives its interface's being down, but not its being deleted. What lies in the ring is read
// first.
void Port::watch_ring() {
    if (any()) return; // all of them never go
    const bool interrupted = ring_->pending_error() == ENETDOWN;
    if (!interrupted && state_.presence() == Presence::up) return;
    update(engine::presence_of(engine::find_link(ring_->spec().ifindex)), interrupted);
}

void Port::try_open(engine::LiveCounts& counts) {
    const auto link = find(shared_->name);
    if (!link || !link->up) return;
    auto reason = open_on(*link);
    if (reason.empty()) reason = start();
    if (reason.empty()) return;
    state_.trouble(reason);
    if (ring_) close(counts);
}

void Port::update(Presence presence, bool interrupted) {
    state_.update(presence, interrupted);
    if (first_) shared_->up.store(presence == Presence::up, std::memory_order_relaxed);
}

uint64_t Port::lost_by_interface() {
    if (!any()) {
        const auto link = engine::find_link(ring_->spec().ifindex);
        if (!link) return lost_seen_;
        ring_->set_mtu(link->mtu); // it may have been changed
        return link->rx_lost;
    }
    uint64_t sum = 0;
    for (const auto& link : engine::list_links()) sum += link.rx_lost;
    return sum;
}

void Port::add_counts(engine::LiveCounts& counts) {
    counts.lost_interface += state_.lost() - losses_told_;
    losses_told_ = state_.lost();
    if (!ring_) return;
    const auto kernel = ring_->read_counts();
    counts.received += kernel.received;
    counts.dropped_ring += kernel.dropped;
    counts.ring_freezes += kernel.freezes;
    if (any() && !first_) return; // all interfaces are asked about once, by the first queue
    const uint64_t lost = lost_by_interface();
    if (first_ && lost > lost_seen_) counts.dropped_interface += lost - lost_seen_;
    lost_seen_ = lost;
}

} // namespace visor::taps
