// What the parsers of the two capture formats have in common: they walk the chain of records in a window of
// bytes, append frames that point into it, and count in the ledger whatever they pass.
//
// Threads: as the FrameSource they serve. Owns: nothing of the window. Units: bytes, nanoseconds since 1970.
#pragma once

#include "engine/frames.hpp"
#include "taps/pcap/bpf_filter.hpp"

#include <optional>

namespace visor::taps {

enum class Stop : uint8_t {
    hungry,  // the window ends inside the next record, or exactly before it
    full,    // the block holds block_frames_max frames
    damaged, // no way on; damage() says why
};

struct Walk {
    size_t used = 0; // may lie past the window: what lies beyond is to be skipped unread
    Stop stop = Stop::hungry;
};

// The longest record a window must be able to hold: the largest frame, and 64 KiB for what stands before it
// and, in pcapng, behind it.
inline constexpr size_t record_bytes_max = engine::frame_bytes_max + 64 * 1024;

// Each link of the record chain is a load from the second-level cache; fetching this far ahead saves 1 to 2
// ns of about 6 a frame.
inline constexpr size_t prefetch_ahead = 512;

class RecordParser {
public:
    virtual ~RecordParser() = default;
    virtual Walk walk(const uint8_t* data, size_t size, engine::FrameBlock& block,
                      engine::SourceLedger& ledger) = 0;

    const std::string& damage() const { return damage_; }
    // Worth telling at the end although nothing was damaged: a filter or a link type that does not fit.
    virtual std::string remark() const { return {}; }
    // The end of what was walked lies inside a record although nothing of it is left to be walked again.
    virtual bool inside_record() const { return false; }

    // Of the first packet met that has a time. If it is known beforehand, packets without a time that come
    // before it take it.
    const std::optional<int64_t>& first_ns() const { return first_ns_; }
    void assume_first_ns(int64_t ts_ns) { first_ns_ = ts_ns; }

protected:
    std::optional<int64_t> first_ns_;
    std::string damage_;
};

} // namespace visor::taps
