// Records of a classic capture file: microsecond or nanosecond timestamps, either byte order, and the
// "modified" form of early Linux libpcap, whose record headers carry eight bytes more.
//
// Format: draft-ietf-opsawg-pcap, sections 4 and 5. See record_parser.hpp for threads, ownership and units.
#pragma once

#include "taps/pcap/record_parser.hpp"

namespace visor::taps {

inline constexpr size_t pcap_header_bytes = 24;

struct PcapHeader {
    bool swapped = false;        // written on a host of the other byte order
    uint32_t record_header = 16; // bytes before each frame
    uint32_t subsecond_ns = 1000;
    uint16_t linktype = 0;
    uint16_t major = 0;
    uint16_t minor = 0;
};

bool is_pcap(const uint8_t* data, size_t size);   // by magic
PcapHeader read_pcap_header(const uint8_t* data); // of at least pcap_header_bytes that is_pcap()

class PcapParser final : public RecordParser {
public:
    PcapParser(const PcapHeader& header, std::unique_ptr<BpfFilter> filter) // a null filter passes everything
        : header_(header), filter_(std::move(filter)) {}
    Walk walk(const uint8_t* data, size_t size, engine::FrameBlock& block,
              engine::SourceLedger& ledger) override;

private:
    template <bool Swapped>
    Walk walk_as(const uint8_t* data, size_t size, engine::FrameBlock& block, engine::SourceLedger& ledger);
    PcapHeader header_;
    std::unique_ptr<BpfFilter> filter_;
};

} // namespace visor::taps
