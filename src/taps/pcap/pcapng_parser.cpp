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
constexpr size_t block_overhead = 12;                   // type and both lengths
constexpr uint32_t block_length_max = 16 * 1024 * 1024; // as other readers hold it
constexpr size_t interfaces_max = 65535;                // ids in frames are 16 bits wide

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
    while (used < size && size - used >= block_overhead) {
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
        if (length < block_overhead || length % 4 != 0 || length > block_length_max)
            return stop_damaged(used, "impossible block length " + std::to_string(length), ledger);
        if (is_packet(type) && block.count == engine::block_frames_max) return {used, Stop::full};
        if (length > record_bytes_max) {
            if (type == block_section || type == block_interface)
                return stop_damaged(used, "impossible block length " + std::to_string(length), ledger);
            ledger.bad_record += is_packet(type);
            ledger.received += is_packet(type);
            used += length;
            continue;
        }
        if (length > size - used) break;
        if (u32(start + length - 4) != length)
            return stop_damaged(used, "block lengths do not match", ledger);
        const Block here{start + 8, type, length - static_cast<uint32_t>(block_overhead)};
        if (is_packet(type)) {
            add_packet(here, block, ledger);
        } else if (type == block_interface) {
            add_interface(here);
        } else if (type == block_section && !open_section(here)) {
            return stop_damaged(used, damage_, ledger);
        }
        used += length;
    }
    return {used, Stop::hungry};
}

bool PcapngParser::open_section(const Block& block) {
    constexpr uint32_t fixed_bytes = 16; // magic, version, section length
    if (block.body_bytes < fixed_bytes) {
        damage_ = "section header too short";
        return false;
    }
    const uint16_t major = u16(block.body + 4);
    if (major != 1) {
        damage_ = "pcapng version " + std::to_string(major) + " is not supported";
        return false;
    }
    interfaces_.clear();
    return true;
}

void PcapngParser::add_interface(const Block& block) {
    constexpr uint32_t fixed_bytes = 8;               // link type, reserved, snap length
    if (interfaces_.size() == interfaces_max) return; // packets that refer to it are counted as bad
    Interface interface;
    interface.linktype = unsupported_linktype;
    if (block.body_bytes >= fixed_bytes) {
        interface.linktype = u16(block.body);
        interface.snaplen = u32(block.body + 4);
        interface.supported = wire::link_supported(interface.linktype);
        read_interface_options(block.body + fixed_bytes, block.body_bytes - fixed_bytes, interface);
    }
    if (interface.supported) {
        auto filter = filters_.for_link(interface.linktype);
        interface.filterable = static_cast<bool>(filter);
        if (filter) {
            interface.filter = *filter;
        } else if (filter_error_.empty()) {
            filter_error_ = filter.error();
        }
    } else if (unsupported_link_ == 0) {
        unsupported_link_ = interface.linktype;
    }
    saw_interface_ = true;
    saw_supported_ = saw_supported_ || interface.supported;
    interfaces_.push_back(interface);
}

void PcapngParser::read_interface_options(const uint8_t* options, size_t size, Interface& interface) {
    constexpr uint16_t end_of_options = 0;
    constexpr uint16_t if_tsresol = 9;
    constexpr uint16_t if_tsoffset = 14;
    while (size >= 4) {
        const uint16_t code = u16(options);
        const uint16_t length = u16(options + 2);
        const size_t padded = 4 + ((size_t{length} + 3) & ~size_t{3});
        if (code == end_of_options || padded > size) return;
        if (code == if_tsresol && length >= 1) interface.clock.set_resolution(options[4]);
        if (code == if_tsoffset && length >= 8) {
            const auto offset = load_native<uint64_t>(options + 4);
            interface.clock.set_offset_s(static_cast<int64_t>(swapped_ ? __builtin_bswap64(offset) : offset));
        }
        options += padded;
        size -= padded;
    }
}

// The enhanced and the obsolete packet block differ only in the width of the interface id.
bool PcapngParser::read_packet(const Block& block, Packet& packet) const {
    constexpr uint32_t fixed_bytes = 20;
    if (block.body_bytes < fixed_bytes) return false;
    const uint8_t* p = block.body;
    packet.interface_id = block.type == block_enhanced_packet ? u32(p) : u16(p);
    packet.ticks = uint64_t{u32(p + 4)} << 32 | u32(p + 8);
    packet.caplen = u32(p + 12);
    packet.wirelen = u32(p + 16);
    packet.data = p + fixed_bytes;
    packet.has_time = true;
    return packet.caplen <= block.body_bytes - fixed_bytes;
}

// A simple packet block belongs to interface 0, whose snap length is the only word on how much was captured.
bool PcapngParser::read_simple(const Block& block, Packet& packet) const {
    constexpr uint32_t fixed_bytes = 4;
    if (block.body_bytes < fixed_bytes || interfaces_.empty()) return false;
    const uint32_t snaplen = interfaces_[0].snaplen;
    packet.interface_id = 0;
    packet.wirelen = u32(block.body);
    packet.caplen = snaplen == 0 ? packet.wirelen : std::min(packet.wirelen, snaplen);
    packet.data = block.body + fixed_bytes;
    packet.has_time = false;
    return packet.caplen <= block.body_bytes - fixed_bytes;
}

void PcapngParser::add_packet(const Block& block, engine::FrameBlock& out, engine::SourceLedger& ledger) {
    ++ledger.received;
    Packet packet{};
    const bool read =
        block.type == block_simple_packet ? read_simple(block, packet) : read_packet(block, packet);
    if (!read || packet.caplen > engine::frame_bytes_max || packet.interface_id >= interfaces_.size()) {
        ++ledger.bad_record;
        return;
    }
    const Interface& interface = interfaces_[packet.interface_id];
    if (!interface.supported) {
        ++unsupported_packets_;
        ++ledger.unsupported_link;
        return;
    }
    if (packet.has_time) last_ts_ns_ = interface.clock.ns(packet.ticks);
    const uint32_t wirelen = packet.wirelen != 0 ? packet.wirelen : packet.caplen;
    const bool passes = interface.filterable &&
                        (!interface.filter || interface.filter->matches(packet.data, packet.caplen, wirelen));
    if (!passes) {
        ++ledger.filtered_bpf;
        return;
    }
    out.frames[out.count++] = {packet.data, last_ts_ns_,        packet.caplen,
                               wirelen,     interface.linktype, static_cast<uint16_t>(packet.interface_id)};
    ++ledger.delivered;
}

std::string PcapngParser::remark() const {
    if (unsupported_packets_ > 0 && !saw_supported_)
        return "none of its interfaces has a supported link type: " + link_text(unsupported_link_) + "; " +
               supported_links();
    if (!filter_error_.empty())
        return "the capture filter does not fit all of its interfaces: " + filter_error_;
    return {};
}

} // namespace visor::taps
