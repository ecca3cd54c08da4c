// Blocks of a pcapng file: any number of sections of either byte order, interfaces each with its own link
// type and clock, enhanced, simple and obsolete packet blocks. Other blocks are skipped.
//
// Simple packets have no time; they take that of the packet before, and the first ones that of the first
// packet that has one, if it is known (RecordParser::assume_first_ns).
//
// A block is believed when its length stands at both its ends; then a packet block with impossible contents
// is counted and passed over. When the lengths disagree there is no next block to be found, and reading
// stops. Only packets have to fit the window. All else may be as long as a block can be: it is read option by
// option or passed over unread, and so are the options of a packet block larger than the window; its frame is
// then handed out before its second length is seen.
//
// Format: draft-ietf-opsawg-pcapng. See record_parser.hpp for threads, ownership and units.
#pragma once

#include "taps/pcap/record_parser.hpp"
#include "taps/pcap/time_scale.hpp"

#include <array>
#include <vector>

namespace visor::taps {

bool is_pcapng(const uint8_t* data, size_t size); // by the type of the first block

class PcapngParser final : public RecordParser {
public:
    explicit PcapngParser(std::string bpf) : filters_(std::move(bpf)) {}
    Walk walk(const uint8_t* data, size_t size, engine::FrameBlock& block,
              engine::SourceLedger& ledger) override;
    std::string remark() const override;
    // Why the capture filter does not fit one of the interfaces seen so far; empty when it does.
    const std::string& filter_error() const { return filter_error_; }
    bool saw_interface() const { return saw_interface_; }
    bool saw_section() const { return saw_section_; } // the first section header, to its end
    bool inside_record() const override { return open_.length != 0; }

private:
    struct Interface {
        TimeScale clock;
        uint32_t snaplen = 0; // 0: no limit
        uint16_t linktype = 0;
        bool supported = false;
        bool filterable = true; // false: the filter does not compile for this link type, so nothing passes
        const BpfFilter* filter = nullptr;
    };
    struct Block {
        const uint8_t* body;
        uint32_t type;
        uint32_t body_bytes;
    };
    struct Packet {
        uint32_t interface_id;
        uint64_t ticks;
        uint32_t caplen;
        uint32_t wirelen;
        const uint8_t* data;
        bool has_time;
    };
    // A block whose fixed part has been read, and of which the rest is to be passed over.
    struct OpenBlock {
        uint32_t type = 0;
        uint32_t length = 0; // 0: there is none
        uint32_t left = 0;   // up to the second length
    };
    enum Fault : uint8_t { no_fault, overrun, too_large, undescribed, beyond_limit, fault_count };
    enum class Step : uint8_t { done, hungry, damaged };

    uint16_t u16(const uint8_t* p) const;
    uint32_t u32(const uint8_t* p) const;
    Walk stop_damaged(size_t used, std::string why, engine::SourceLedger& ledger);
    Step begin(const Block& block, size_t window, engine::FrameBlock& out, engine::SourceLedger& ledger);
    Step pass_over(const uint8_t* data, size_t size, size_t& used);
    bool open_section(const Block& block);
    void describe_interface(const Block& block);
    uint32_t read_interface_option(const uint8_t* option, uint32_t left);
    void add_interface();
    bool read_packet(const Block& block, Packet& packet) const;
    bool read_simple(const Block& block, Packet& packet) const;
    Fault read_any(const Block& block, Packet& packet) const;
    int64_t time_of(const Packet& packet, const Interface& interface);
    void add_packet(const Block& block, engine::FrameBlock& out, engine::SourceLedger& ledger);
    std::string dropped_remark() const;
    std::string unsupported_remark() const;
    std::string untimed_remark() const;

    FilterSet filters_;
    std::vector<Interface> interfaces_; // of the current section
    OpenBlock open_;
    Interface described_; // by the open block
    bool swapped_ = false;
    bool saw_section_ = false;
    bool saw_interface_ = false;
    bool saw_supported_ = false;
    uint16_t unsupported_link_ = 0; // the first one met
    uint64_t unsupported_packets_ = 0;
    uint64_t interfaces_left_out_ = 0; // of the current section, as there were too many
    std::array<uint64_t, fault_count> faults_{};
    int64_t last_ts_ns_ = 0;
    bool timed_ = false;           // a packet with a time was met
    uint64_t untimed_packets_ = 0; // handed out without any time to give them
    std::string filter_error_;
};

} // namespace visor::taps
