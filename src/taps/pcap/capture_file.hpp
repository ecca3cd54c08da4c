// Capture files as a source of frames: pcap and pcapng, plain or compressed with gzip or zstd, from a path or
// from standard input.
//
// Each block is read(2) straight into the block's own buffer, and its frames point there; the record cut off
// at the end is carried over to the next block. How much is read follows from the records seen before, never
// from what a pipe happened to deliver, so a file and the same bytes through a pipe give the same blocks.
//
// Why read and not mmap: on a 2-core Sapphire Rapids VM, file in the page cache, reading, walking the chain
// and touching the first 64 bytes of each frame costs, in ns of processor time per frame (best of 3 to 6
// runs; records of 125 bytes in dns, 357 in mixed, 80 in small64):
//
//                                       dns  mixed  small64
//   read, 256 KiB, page-aligned          26     61       18
//   read, 256 KiB, unaligned             28     60       19
//   read,  64 KiB, unaligned             29     58       19
//   mmap, windows of 32 MiB              38    111       22
//   mmap, windows of 32 MiB, populated   36    110       20
//   mmap, windows of 2 MiB               40    117       21
//   this reader                          26     54       17
//
// The copy is cheaper than the page faults and leaves the frames in the second-level cache. Three quarters of
// what remains is spent in the kernel, most of it in that copy.
//
// Threads: as engine::FrameSource.
// Owns: the open file and the carried-over bytes, at most as many as a block's buffer holds: about what is
// read at once, and up to 592 KiB when frames are as large as they may be. Units: nanoseconds since 1970,
// bytes.
#pragma once

#include "engine/frames.hpp"
#include "taps/pcap/byte_stream.hpp"

#include <optional>

namespace visor::taps {

struct CaptureOptions {
    std::string bpf;  // pcap-filter(7) expression; empty takes everything
    int stop_fd = -1; // once readable, a pipe's silence is its end; -1 = nobody will say so
};

class CaptureSource : public engine::FrameSource {
public:
    // Of the first packet that has a time, whatever the filter lets pass. Unknown when there is none, or none
    // within the first 64 KiB of what can be read only once.
    virtual std::optional<int64_t> first_ns() const = 0;
    // Read at most so much at once from now on, unless a frame is larger: at least 16 KiB.
    virtual void limit_block(size_t bytes) = 0;
};

// A file that is there from its first byte whenever it is opened: no pipe, no standard input ("-").
bool can_reopen(const std::string& path);

// "-" is standard input. The error is one line for the user that names the file.
Result<std::unique_ptr<CaptureSource>> open_capture(const std::string& path, const CaptureOptions& options);

// The same over any stream; `name` is what messages call it.
Result<std::unique_ptr<CaptureSource>>
open_capture_stream(std::unique_ptr<ByteStream> raw, const std::string& name, const CaptureOptions& options);

} // namespace visor::taps
