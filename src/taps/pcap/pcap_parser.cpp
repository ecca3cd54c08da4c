#include "taps/pcap/pcap_parser.hpp"

#include "base/bytes.hpp"

namespace visor::taps {
namespace {

constexpr uint32_t magic_us = 0xa1b2c3d4;
constexpr uint32_t magic_ns = 0xa1b23c4d;
constexpr uint32_t magic_modified = 0xa1b2cd34;

bool known_magic(uint32_t magic) {
    return magic == magic_us || magic == magic_ns || magic == magic_modified;
}

template <bool Swapped>
uint32_t u32(const uint8_t* p) {
    const auto v = load_native<uint32_t>(p);
    return Swapped ? __builtin_bswap32(v) : v;
}

} // namespace

bool is_pcap(const uint8_t* data, size_t size) {
    return size >= 4 && (known_magic(u32<false>(data)) || known_magic(u32<true>(data)));
}

PcapHeader read_pcap_header(const uint8_t* data) {
    PcapHeader header;
    header.swapped = !known_magic(u32<false>(data));
    const uint32_t magic = header.swapped ? u32<true>(data) : u32<false>(data);
    const uint32_t network = header.swapped ? u32<true>(data + 20) : u32<false>(data + 20);
    const auto u16 = [&](size_t at) {
        const auto v = load_native<uint16_t>(data + at);
        return header.swapped ? __builtin_bswap16(v) : v;
    };
    header.major = u16(4);
    header.minor = u16(6);
    header.record_header = magic == magic_modified ? 24 : 16;
    header.subsecond_ns = magic == magic_ns ? 1 : 1000;
    header.linktype =
        static_cast<uint16_t>(network); // the upper half tells the length of the frame check sequence
    return header;
}

Walk PcapParser::walk(const uint8_t* data, size_t size, engine::FrameBlock& block,
                      engine::SourceLedger& ledger) {
    const uint32_t already = block.count;
    const Walk walked = header_.swapped ? walk_as<true>(data, size, block, ledger)
                                        : walk_as<false>(data, size, block, ledger);
    if (!first_ns_ && block.count > already) first_ns_ = block.frames[already].ts_ns;
    return walked;
}

template <bool Swapped>
Walk PcapParser::walk_as(const uint8_t* data, size_t size, engine::FrameBlock& block,
                         engine::SourceLedger& ledger) {
    engine::Frame* const first = block.frames.data() + block.count;
    engine::Frame* const full = block.frames.data() + engine::block_frames_max;
    engine::Frame* frame = first;
    const PcapHeader header = header_; // frames that are written could alias it
    const size_t head = header.record_header;
    BpfFilter* const filter = filter_.get();
    uint64_t filtered = 0;
    Walk result;
    size_t used = 0;
    for (;;) {
        if (frame == full) {
            result.stop = Stop::full;
            break;
        }
        if (size - used < head) break;
        const uint8_t* record = data + used;
        __builtin_prefetch(record + prefetch_ahead);
        const uint32_t caplen = u32<Swapped>(record + 8);
        if (caplen > engine::frame_bytes_max) [[unlikely]] {
            damage_ = "captured length " + std::to_string(caplen) + " exceeds " +
                      std::to_string(engine::frame_bytes_max);
            ++ledger.bad_record;
            ++ledger.received;
            result.stop = Stop::damaged;
            break;
        }
        if (size - used - head < caplen) break;
        used += head + caplen;
        const uint32_t original = u32<Swapped>(record + 12);
        const uint32_t wirelen = original != 0 ? original : caplen;
        if (filter && !filter->matches(record + head, caplen, wirelen)) {
            ++filtered;
            continue;
        }
        // Seconds are unsigned (until 2106); a subsecond field out of range is added as it is.
        const int64_t ts_ns = int64_t{u32<Swapped>(record)} * 1'000'000'000 +
                              int64_t{u32<Swapped>(record + 4)} * header.subsecond_ns;
        *frame++ = {record + head, ts_ns, caplen, wirelen, header.linktype, 0};
    }
    const auto count = static_cast<uint32_t>(frame - first);
    result.used = used;
    block.count += count;
    ledger.delivered += count;
    ledger.filtered_bpf += filtered;
    ledger.received += count + filtered;
    return result;
}

} // namespace visor::taps
