#include "taps/afpacket/ring.hpp"

#include "base/bytes.hpp"

#include <algorithm>
#include <arpa/inet.h>
#include <cerrno>
#include <cstring>
#include <linux/if_ether.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>
#include <utility>

namespace visor::taps {
namespace {

// Room asked for in front of each frame: a cooked header and a tag.
constexpr int headroom = 32;
// Only divides a block: slots of a V3 ring are as long as their frames.
constexpr unsigned nominal_frame = 2048;
constexpr uint32_t slot_alignment = 8;
// Slots are in another processor's cache when they are read: asked for this far ahead, a frame of 100 bytes
// takes 23 to 40 ns instead of 52 to 65.
constexpr size_t slots_ahead = 6;

template <class T>
bool set_option(int socket, int option, const T& value) {
    return setsockopt(socket, SOL_PACKET, option, &value, sizeof value) == 0;
}

std::string failed(const char* what) {
    return std::string(what) + ": " + std::strerror(errno);
}

} // namespace

Result<std::unique_ptr<Ring>> Ring::open(const RingSpec& spec, const KernelFilter& filter) {
    // Without a protocol nothing arrives before everything is in place.
    const int fd =
        ::socket(AF_PACKET, (spec.cooked ? SOCK_DGRAM : SOCK_RAW) | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0) return Error{failed("packet socket")};
    std::unique_ptr<Ring> ring(new Ring(spec, fd));
    if (auto reason = ring->set_up(filter); !reason.empty()) return Error{reason};
    return ring;
}

Ring::~Ring() {
    if (memory_ != nullptr) munmap(memory_, spec_.block_bytes * spec_.blocks);
    close(socket_);
}

std::string Ring::set_up(const KernelFilter& filter) {
    if (!set_option(socket_, PACKET_VERSION, int{TPACKET_V3})) return failed("TPACKET_V3");
    if (!set_option(socket_, PACKET_RESERVE, headroom)) return failed("headroom");
    if (!filter.attach(socket_)) return failed("the kernel refuses the filter");
    if (auto reason = map_ring(); !reason.empty()) return reason;
    if (spec_.promiscuous && spec_.ifindex != 0) {
        packet_mreq wanted{};
        wanted.mr_ifindex = static_cast<int>(spec_.ifindex);
        wanted.mr_type = PACKET_MR_PROMISC;
        if (!set_option(socket_, PACKET_ADD_MEMBERSHIP, wanted)) return failed("promiscuous mode");
    }
    sockaddr_ll address{};
    address.sll_family = AF_PACKET;
    address.sll_protocol = htons(ETH_P_ALL);
    address.sll_ifindex = static_cast<int>(spec_.ifindex);
    if (bind(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
        return failed("bind");
    return {};
}

std::string Ring::map_ring() {
    tpacket_req3 wanted{};
    wanted.tp_block_size = static_cast<unsigned>(spec_.block_bytes);
    wanted.tp_block_nr = spec_.blocks;
    wanted.tp_frame_size = nominal_frame;
    wanted.tp_frame_nr = wanted.tp_block_size / nominal_frame * spec_.blocks;
    wanted.tp_retire_blk_tov = spec_.retire_ms;
    const size_t bytes = spec_.block_bytes * spec_.blocks;
    if (!set_option(socket_, PACKET_RX_RING, wanted))
        return failed(("ring of " + std::to_string(bytes >> 10) + " KiB").c_str());
    void* mapped = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, socket_, 0);
    if (mapped == MAP_FAILED) return failed("mapping the ring");
    memory_ = static_cast<uint8_t*>(mapped);
    return {};
}

bool Ring::handed_over(unsigned index) const {
    const auto* block = reinterpret_cast<const tpacket_block_desc*>(block_at(index));
    return (__atomic_load_n(&block->hdr.bh1.block_status, __ATOMIC_ACQUIRE) & TP_STATUS_USER) != 0;
}

// The first slot of the current block, if the kernel has handed that over.
bool Ring::enter_block() {
    if (finished_ == spec_.blocks || !handed_over(current_)) return false;
    const auto head = load_native<tpacket_block_desc>(block_at(current_)).hdr.bh1;
    left_ = head.num_pkts;
    inside_ = true;
    if (left_ > 0 && enter_slot(head.offset_to_first_pkt)) return true;
    leave_slot(0);
    return false;
}

// False when there cannot be a slot at this offset: what is left of the block is given up.
bool Ring::enter_slot(uint32_t offset) {
    if (offset < sizeof(tpacket_block_desc) || offset > spec_.block_bytes - sizeof(tpacket3_hdr) ||
        offset % slot_alignment != 0) {
        damaged_ += left_;
        left_ = 0;
        return false;
    }
    const auto slot = load_native<tpacket3_hdr>(block_at(current_) + offset);
    slot_ = offset;
    slot_time_ = int64_t{slot.tp_sec} * 1'000'000'000 + slot.tp_nsec;
    return true;
}

void Ring::leave_slot(uint32_t next_offset) {
    if (left_ > 0) --left_;
    // An offset of 0 or backwards would never end.
    if (left_ > 0 && next_offset >= sizeof(tpacket3_hdr) && next_offset < spec_.block_bytes) {
        if (enter_slot(slot_ + next_offset)) return;
    }
    damaged_ += left_;
    left_ = 0;
    inside_ = false;
    current_ = current_ + 1 == spec_.blocks ? 0 : current_ + 1;
    ++finished_;
}

bool Ring::ready() {
    while (!inside_) {
        const unsigned before = current_;
        if (enter_block()) return true;
        if (current_ == before) return false; // not an empty block that was passed over
    }
    return true;
}

uint64_t Ring::release() {
    const unsigned first = current_ >= finished_ ? current_ - finished_ : current_ + spec_.blocks - finished_;
    for (unsigned i = 0; i < finished_; ++i) {
        auto* block = reinterpret_cast<tpacket_block_desc*>(block_at((first + i) % spec_.blocks));
        __atomic_store_n(&block->hdr.bh1.block_status, TP_STATUS_KERNEL, __ATOMIC_RELEASE);
    }
    finished_ = 0;
    return std::exchange(damaged_, 0);
}

// A slot's header, the link header and where IP begins; only a hint, it may be wrong.
void Ring::ask_ahead(size_t offset) const {
    const uint8_t* at = block_at(current_) + std::min(offset, spec_.block_bytes - 256);
    __builtin_prefetch(at);
    __builtin_prefetch(at + 64);
    __builtin_prefetch(at + 128);
}

void Ring::take(engine::FrameBlock& block, size_t& bytes, int64_t until_ns, engine::LiveCounts& counts) {
    while (inside_ || ready()) {
        if (block.count == engine::block_frames_max || bytes >= engine::block_bytes) break;
        if (slot_time_ > until_ns) break;
        const auto next = load_native<uint32_t>(block_at(current_) + slot_); // tp_next_offset comes first
        ask_ahead(slot_ + size_t{next} * slots_ahead);
        engine::Frame& frame = block.frames[block.count];
        if (add_frame(frame, counts)) {
            bytes += frame.caplen;
            ++block.count;
            ++counts.delivered;
        } else {
            ++counts.malformed;
        }
        leave_slot(next);
    }
}

Ring::KernelCounts Ring::read_counts() const {
    tpacket_stats_v3 told{};
    socklen_t length = sizeof told;
    if (getsockopt(socket_, SOL_PACKET, PACKET_STATISTICS, &told, &length) != 0) return {};
    return {told.tp_packets, told.tp_drops, told.tp_freeze_q_cnt};
}

int Ring::pending_error() const {
    int error = 0;
    socklen_t length = sizeof error;
    if (getsockopt(socket_, SOL_SOCKET, SO_ERROR, &error, &length) != 0) return errno;
    return error;
}

double Ring::backlog() const {
    // Blocks become ready in turn, so those that are lie together from the current one on.
    unsigned ready = 0, end = spec_.blocks - finished_;
    while (ready < end) {
        const unsigned middle = ready + (end - ready) / 2;
        if (handed_over((current_ + middle) % spec_.blocks))
            ready = middle + 1;
        else
            end = middle;
    }
    return static_cast<double>(ready + finished_) / spec_.blocks;
}

} // namespace visor::taps
