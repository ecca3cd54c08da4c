// Any bytes as a capture file: pcap, pcapng, or either inside gzip or zstd. Frames must lie within their
// block, and the ledger must balance after every block.

#include "taps/pcap/capture_file.hpp"

#include <cstdlib>

using namespace visor;

namespace {

void require(bool holds) {
    if (!holds) std::abort();
}

void check(const engine::FrameBlock& block, const engine::SourceLedger& l) {
    uint32_t touched = 0;
    require(block.count <= engine::block_frames_max);
    require(l.received == l.delivered + l.cut_short + l.bad_record + l.unsupported_link + l.filtered_bpf);
    const uint8_t* end = block.buffer.data() + block.buffer.size();
    for (uint32_t i = 0; i < block.count; ++i) {
        const engine::Frame& frame = block.frames[i];
        require(frame.data >= block.buffer.data() && frame.data + frame.caplen <= end);
        if (frame.caplen > 0) touched += frame.data[0] + frame.data[frame.caplen - 1];
    }
    asm volatile("" : : "r"(touched)); // the reads above must not be optimised away
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    constexpr int blocks_max = 64; // a few compressed bytes can make gigabytes
    static engine::FrameBlock block;
    const taps::CaptureOptions options{size % 8 == 0 ? "udp port 53" : ""};
    auto source = taps::open_capture_stream(taps::memory_bytes({data, data + size}), "input", options);
    if (!source) return 0;
    for (int i = 0; i < blocks_max; ++i) {
        (*source)->next(block);
        check(block, (*source)->ledger());
        if (block.count == 0) break;
    }
    (void)(*source)->trouble();
    return 0;
}
