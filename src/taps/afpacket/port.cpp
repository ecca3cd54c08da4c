#include "taps/afpacket/port.hpp"

#include "engine/capture_right.hpp"

#include <cerrno>
#include <cstring>
#include <linux/if_arp.h>
#include <utility>

namespace visor::taps {
namespace {

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
    : shared_(&shared), config_(&config), notify_(&notify), block_bytes_(block_bytes), blocks_(blocks),
      first_(first) {}

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
    if (link->up) return open_on(*link);
    if (auto mistake = filter_mistake(config_->bpf, is_cooked(*link)); !mistake.empty()) return mistake;
    state_ = State::down;
    say(engine::TapEvent::warning, "is down; waiting for it");
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
    if (joins && !shared_->group.join((*ring)->socket(), link.index))
        return "interface " + shared_->name + ": joining the other queues: " + std::strerror(errno);
    ring_ = std::move(*ring);
    lost_seen_ = lost_now();
    set_state(State::up);
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
    if (ring_)
        watch_ring(counts);
    else
        try_open();
}

// A socket outlives its interface's being down, but not its being deleted. What lies in the ring is read
// first.
void Port::watch_ring(engine::LiveCounts& counts) {
    const bool lost = ring_->pending_error() == ENETDOWN;
    if (!lost && state_ == State::up) return;
    const auto link = engine::find_link(ring_->spec().ifindex);
    if (lost && state_ == State::up && first_) ++counts.lost_interface;
    if (!link) {
        if (state_ != State::gone) say(engine::TapEvent::warning, "vanished; waiting for it");
        set_state(State::gone);
        // The kernel hands over the last block some milliseconds later: at the next look it is here.
        if (!lost && !ring_->ready()) close(counts);
    } else if (!link->up) {
        if (state_ != State::down) say(engine::TapEvent::warning, "is down; waiting for it");
        set_state(State::down);
    } else {
        say(engine::TapEvent::info, state_ == State::up ? "went down and is back" : "is back");
        set_state(State::up);
    }
}

void Port::try_open() {
    const auto link = find(shared_->name);
    if (!link || !link->up) return;
    auto reason = open_on(*link);
    if (reason.empty()) reason = start();
    if (reason.empty()) {
        told_.clear();
        say(engine::TapEvent::info, "is back");
    } else if (reason != told_) {
        told_ = reason;
        if (first_ && *notify_) (*notify_)(engine::TapEvent::error, reason);
    }
}

void Port::set_state(State state) {
    state_ = state;
    if (first_) shared_->up.store(state == State::up, std::memory_order_relaxed);
}

void Port::say(engine::TapEvent event, const std::string& text) const {
    if (first_ && *notify_) (*notify_)(event, "interface " + shared_->name + " " + text);
}

uint64_t Port::lost_now() const {
    if (!any()) {
        const auto link = engine::find_link(ring_->spec().ifindex);
        return link ? link->rx_lost : lost_seen_;
    }
    uint64_t sum = 0;
    for (const auto& link : engine::list_links()) sum += link.rx_lost;
    return sum;
}

void Port::add_counts(engine::LiveCounts& counts) {
    if (!ring_) return;
    const auto kernel = ring_->read_counts();
    counts.received += kernel.received;
    counts.dropped_ring += kernel.dropped;
    counts.ring_freezes += kernel.freezes;
    if (!first_) return;
    const uint64_t lost = lost_now();
    if (lost > lost_seen_) counts.dropped_interface += lost - lost_seen_;
    lost_seen_ = lost;
}

} // namespace visor::taps
