// Frames as a source hands them to the workers, a block at a time.
//
// A block is at most 1024 frames and about 256 KiB, so that what was just read is still in the second-level
// cache while it is decoded. Blocks are numbered in file order and always cut at the same places, whatever
// the number of workers: that is what makes results independent of it. Threads: FrameSource::next is called
// by one thread at a time (the caller holds the source's lock); a block belongs to the worker that asked for
// it. Owns: a block owns its buffer and reuses it.
#pragma once

#include "base/result.hpp"

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace visor::engine {

struct Frame {
    const uint8_t* data;
    int64_t ts_ns; // since 1970
    uint32_t caplen;
    uint32_t wirelen;      // what was on the wire; >= caplen unless the file says otherwise
    uint16_t link;         // LINKTYPE number
    uint32_t interface_id; // pcapng interface; 0 in pcap
};

inline constexpr uint32_t block_frames_max = 1024;
inline constexpr size_t block_bytes = 256 * 1024;
inline constexpr size_t frame_bytes_max = 256 * 1024; // a record that claims more is malformed

struct FrameBlock {
    uint64_t sequence = 0; // set by the engine
    uint32_t count = 0;
    std::vector<Frame> frames = std::vector<Frame>(block_frames_max);
    std::vector<uint8_t> buffer; // what the frames point into; sized by the source
};

// What a source could not deliver, by reason. received = delivered + malformed + dropped holds at every
// moment.
struct SourceLedger {
    uint64_t received = 0;  // records seen in the file
    uint64_t delivered = 0; // frames handed out
    uint64_t cut_short = 0; // malformed: the file ends inside this record
    uint64_t bad_record =
        0; // malformed: impossible lengths or a damaged block; reading stops there if it cannot resync
    uint64_t unsupported_link = 0; // malformed: interface of a link type we do not read (pcapng)
    uint64_t filtered_bpf = 0;     // dropped: by the capture filter
    uint64_t bytes_read = 0;       // of the file as stored, for progress
    uint64_t bytes_total = 0;      // 0 when unknown (a pipe)
};

class FrameSource {
public:
    virtual ~FrameSource() = default;
    // Fills the block with the next frames; count 0 means the end. Never throws, never blocks but on reading.
    virtual void next(FrameBlock& block) = 0;
    // Everything there will be is read, and not yet handed out wholly: worth a few more blocks when told to
    // stop.
    virtual bool read_out() const { return false; }
    virtual const SourceLedger& ledger() const = 0;
    virtual const std::string& name() const = 0;
    // One line when the input ended early or was damaged ("... cut short in record 154"); empty otherwise.
    virtual std::string trouble() const = 0;
};

} // namespace visor::engine
