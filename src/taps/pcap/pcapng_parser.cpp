#include "taps/pcap/pcapng_parser.hpp"

#include "base/bytes.hpp"
#include "taps/pcap/link_text.hpp"
#include "wire/link.hpp"

#include <algorithm>

namespace visor::taps {
namespace {

constexpr uint32_t block_section = 0x0a0d0d0a; // the same in either byte order
constexpr uint32_t block_interface = 1;
constexpr uint32_t block_obsolete_packet = 2;
constexpr uint32_t block_simple_packet = 3;
constexpr uint32_t block_enhanced_packet = 6;
constexpr uint32_t order_magic = 0x1a2b3c4d;
constexpr uint32_t block_overhead = 12; // type and both lengths
// Frame and options; what claims more is damaged. Other blocks may have any length.
constexpr uint32_t packet_block_max = 16 * 1024 * 1024;
constexpr size_t interfaces_max = size_t{1} << 18; // of a section; 15 MiB of them
// What stands before the options or the frame.
constexpr uint32_t section_bytes = 16;  // magic, version, section length
constexpr uint32_t interface_bytes = 8; // link type, reserved, snap length
constexpr uint32_t packet_bytes = 20;   // interface, time, both lengths
constexpr uint32_t simple_bytes = 4;    // the wire length
// Code, length and value of the longest interface option that is read.
constexpr size_t option_bytes_max = 12;

bool is_packet(uint32_t type) {
    return type == block_enhanced_packet || type == block_simple_packet || type == block_obsolete_packet;
}

} // namespace

bool is_pcapng(const uint8_t* data, size_t size) {
    return size >= 4 && load_native<uint32_t>(data) == block_section;
}

uint16_t PcapngParser::u16(const uint8_t* p) const {
    const auto v = load_native<uint16_t>(p);
    return swapped_ ? __builtin_bswap16(v) : v;
}

uint32_t PcapngParser::u32(const uint8_t* p) const {
    const auto v = load_native<uint32_t>(p);
    return swapped_ ? __builtin_bswap32(v) : v;
}

Walk PcapngParser::stop_damaged(size_t used, std::string why, engine::SourceLedger& ledger) {
    damage_ = std::move(why);
    ++ledger.bad_record;
    ++ledger.received;
    return {used, Stop::damaged};
}

Walk PcapngParser::walk(const uint8_t* data, size_t size, engine::FrameBlock& block,
                        engine::SourceLedger& ledger) {
    size_t used = 0;
    for (;;) {
        const Step passed = open_.length != 0 ? pass_over(data, size, used) : Step::done;
        if (passed == Step::damaged) return stop_damaged(used, "block lengths do not match", ledger);
        if (passed == Step::hungry || size - used < block_overhead) break;
        const uint8_t* start = data + used;
        __builtin_prefetch(start + prefetch_ahead);
        const uint32_t type = u32(start);
        if (type == block_section) {
            const auto magic = load_native<uint32_t>(start + 8);
            if (magic != order_magic && magic != __builtin_bswap32(order_magic))
                return stop_damaged(used, "section header without a byte-order magic", ledger);
            swapped_ = magic != order_magic;
        }
        const uint32_t length = u32(start + 4);
        if (length < block_overhead || length % 4 != 0 || (is_packet(type) && length > packet_block_max))
            return stop_damaged(used, "impossible block length " + std::to_string(length), ledger);
        if (is_packet(type) && block.count == engine::block_frames_max) return {used, Stop::full};
        const Block here{start + 8, type, length - block_overhead};
        if (is_packet(type) && length <= record_bytes_max) {
            if (length > size - used) break;
            if (u32(start + length - 4) != length)
                return stop_damaged(used, "block lengths do not match", ledger);
            add_packet(here, block, ledger);
            used += length;
            continue;
        }
        const Step begun = begin(here, size - used - 8, block, ledger);
        if (begun == Step::damaged) return stop_damaged(used, damage_, ledger);
        if (begun == Step::hungry) break;
        used += length - 4 - open_.left;
    }
    return {used, Stop::hungry};
}

// Reads the fixed part of a block, and the frame of one too large for the window, if the window holds it.
PcapngParser::Step PcapngParser::begin(const Block& block, size_t window, engine::FrameBlock& out,
                                       engine::SourceLedger& ledger) {
    uint32_t fixed = 0;
    if (block.type == block_section) fixed = section_bytes;
    if (block.type == block_interface) fixed = interface_bytes;
    if (is_packet(block.type)) fixed = packet_bytes;
    fixed = std::min(fixed, block.body_bytes);
    if (window < fixed) return Step::hungry;
    if (is_packet(block.type)) {
        Packet packet{};
        const bool wanted = read_any(block, packet) == no_fault;
        if (wanted && window - static_cast<size_t>(packet.data - block.body) < packet.caplen)
            return Step::hungry;
        add_packet(block, out, ledger);
    } else if (block.type == block_interface) {
        describe_interface(block);
    } else if (block.type == block_section && !open_section(block)) {
        return Step::damaged;
    }
    open_ = {block.type, block.body_bytes + block_overhead, block.body_bytes - fixed};
    return Step::done;
}

// Goes on behind the fixed part of the open block, up to its end or the window's.
PcapngParser::Step PcapngParser::pass_over(const uint8_t* data, size_t size, size_t& used) {
    while (open_.type == block_interface && open_.left > 0) {
        const size_t wanted = std::min<size_t>(open_.left, option_bytes_max);
        if (used > size || size - used < wanted) return Step::hungry;
        const uint32_t passed = read_interface_option(data + used, open_.left);
        used += passed;
        open_.left -= passed;
    }
    used += open_.left;
    open_.left = 0;
    if (used > size || size - used < 4) return Step::hungry;
    if (u32(data + used) != open_.length) return Step::damaged;
    used += 4;
    if (open_.type == block_interface) add_interface();
    saw_section_ = true; // which is the first block
    open_ = {};
    return Step::done;
}

bool PcapngParser::open_section(const Block& block) {
    if (block.body_bytes < section_bytes) {
        damage_ = "section header too short";
        return false;
    }
    const uint16_t major = u16(block.body + 4);
    if (major != 1) {
        damage_ = "pcapng version " + std::to_string(major) + " is not supported";
        return false;
    }
    interfaces_.clear();
    interfaces_left_out_ = 0;
    return true;
}

void PcapngParser::describe_interface(const Block& block) {
    described_ = {};
    described_.linktype = unsupported_linktype;
    if (block.body_bytes < interface_bytes) return;
    described_.linktype = u16(block.body);
    described_.snaplen = u32(block.body + 4);
    described_.supported = wire::link_supported(described_.linktype);
}

// Of the options the window holds at least option_bytes_max bytes, or all that are left. Returns how many
// bytes are done with, which may be more than the window holds.
uint32_t PcapngParser::read_interface_option(const uint8_t* option, uint32_t left) {
    constexpr uint16_t end_of_options = 0;
    constexpr uint16_t if_tsresol = 9;
    constexpr uint16_t if_tsoffset = 14;
    if (left < 4) return left;
    const uint16_t code = u16(option);
    const uint16_t length = u16(option + 2);
    const uint32_t padded = 4 + ((uint32_t{length} + 3) & ~uint32_t{3});
    if (code == end_of_options || padded > left) return left;
    if (code == if_tsresol && length >= 1) described_.clock.set_resolution(option[4]);
    if (code == if_tsoffset && length >= 8) {
        const auto offset = load_native<uint64_t>(option + 4);
        described_.clock.set_offset_s(static_cast<int64_t>(swapped_ ? __builtin_bswap64(offset) : offset));
    }
    return padded;
}

void PcapngParser::add_interface() {
    if (interfaces_.size() == interfaces_max) {
        ++interfaces_left_out_;
        return;
    }
    if (described_.supported) {
        auto filter = filters_.for_link(described_.linktype);
        described_.filterable = static_cast<bool>(filter);
        if (filter) {
            described_.filter = *filter;
        } else if (filter_error_.empty()) {
            filter_error_ = filter.error();
        }
    } else if (unsupported_link_ == 0) {
        unsupported_link_ = described_.linktype;
    }
    saw_interface_ = true;
    saw_supported_ = saw_supported_ || described_.supported;
    interfaces_.push_back(described_);
}

// The enhanced and the obsolete packet block differ only in the width of the interface id.
bool PcapngParser::read_packet(const Block& block, Packet& packet) const {
    if (block.body_bytes < packet_bytes) return false;
    const uint8_t* p = block.body;
    packet.interface_id = block.type == block_enhanced_packet ? u32(p) : u16(p);
    packet.ticks = uint64_t{u32(p + 4)} << 32 | u32(p + 8);
    packet.caplen = u32(p + 12);
    packet.wirelen = u32(p + 16);
    packet.data = p + packet_bytes;
    packet.has_time = true;
    return packet.caplen <= block.body_bytes - packet_bytes;
}

// A simple packet block belongs to interface 0, whose snap length is the only word on how much was captured.
bool PcapngParser::read_simple(const Block& block, Packet& packet) const {
    if (block.body_bytes < simple_bytes) return false;
    const uint32_t snaplen = interfaces_.empty() ? 0 : interfaces_[0].snaplen;
    packet.interface_id = 0;
    packet.wirelen = u32(block.body);
    packet.caplen = snaplen == 0 ? packet.wirelen : std::min(packet.wirelen, snaplen);
    packet.data = block.body + simple_bytes;
    packet.has_time = false;
    return packet.caplen <= block.body_bytes - simple_bytes;
}

PcapngParser::Fault PcapngParser::read_any(const Block& block, Packet& packet) const {
    if (block.type == block_simple_packet ? !read_simple(block, packet) : !read_packet(block, packet))
        return overrun;
    if (packet.caplen > engine::frame_bytes_max) return too_large;
    if (packet.interface_id < interfaces_.size()) return no_fault;
    return packet.interface_id < interfaces_.size() + interfaces_left_out_ ? beyond_limit : undescribed;
}

int64_t PcapngParser::time_of(const Packet& packet, const Interface& interface) {
    if (packet.has_time) {
        last_ts_ns_ = interface.clock.ns(packet.ticks);
        timed_ = true;
        if (!first_ns_) first_ns_ = last_ts_ns_;
    } else if (!timed_) {
        last_ts_ns_ = first_ns_.value_or(0);
    }
    return last_ts_ns_;
}

void PcapngParser::add_packet(const Block& block, engine::FrameBlock& out, engine::SourceLedger& ledger) {
    ++ledger.received;
    Packet packet{};
    if (const Fault fault = read_any(block, packet); fault != no_fault) {
        ++ledger.bad_record;
        ++faults_[fault];
        return;
    }
    const Interface& interface = interfaces_[packet.interface_id];
    if (!interface.supported) {
        ++unsupported_packets_;
        ++ledger.unsupported_link;
        return;
    }
    const int64_t ts_ns = time_of(packet, interface);
    const uint32_t wirelen = packet.wirelen != 0 ? packet.wirelen : packet.caplen;
    const bool passes = interface.filterable &&
                        (!interface.filter || interface.filter->matches(packet.data, packet.caplen, wirelen));
    if (!passes) {
        ++ledger.filtered_bpf;
        return;
    }
    if (!timed_ && !first_ns_) ++untimed_packets_;
    out.frames[out.count++] = {packet.data,        ts_ns, packet.caplen, wirelen, interface.linktype,
                               packet.interface_id};
    ++ledger.delivered;
}

std::string PcapngParser::remark() const {
    std::string all;
    const std::string filter =
        filter_error_.empty() ? ""
                              : "the capture filter does not fit all of its interfaces: " + filter_error_;
    for (const std::string& part : {unsupported_remark(), dropped_remark(), untimed_remark(), filter})
        all += (all.empty() || part.empty() ? "" : "; ") + part;
    return all;
}

std::string PcapngParser::unsupported_remark() const {
    if (unsupported_packets_ == 0) return {};
    const std::string link = link_text(unsupported_link_);
    if (!saw_supported_)
        return "none of its interfaces has a supported link type: " + link + "; " + supported_links();
    return "packets of unsupported link types left out: " + std::to_string(unsupported_packets_) +
           ", the first of " + link;
}

std::string PcapngParser::untimed_remark() const {
    if (untimed_packets_ == 0) return {};
    return "packets without a time, and none before to take it from, which count at the beginning of 1970: " +
           std::to_string(untimed_packets_);
}

std::string PcapngParser::dropped_remark() const {
    static constexpr const char* reasons[fault_count] = {
        "", "with lengths beyond their block", "larger than a frame may be",
        "of interfaces that are not described", "of interfaces beyond the limit"};
    std::string list;
    for (size_t i = no_fault + 1; i < fault_count; ++i) {
        if (faults_[i] == 0) continue;
        list += (list.empty() ? "" : ", ") + std::to_string(faults_[i]) + " " + reasons[i];
    }
    return list.empty() ? list : "damaged packets left out: " + list;
}

} // namespace visor::taps
