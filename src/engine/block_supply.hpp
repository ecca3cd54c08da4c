// A worker's blocks, decoded: by the worker itself when it asks for one, or ahead, by a thread beside it.
//
// Reading and decoding need nothing of what a worker makes of a block, so they may go on meanwhile, a few
// blocks ahead. Blocks and what is found in them are the same either way. Threads: one owner, the worker; the
// thread that reads ahead ends with the supply. Owns: three blocks and what was decoded of them (one when
// nothing is ahead), in turn filled and used. The feed and the decoder outlive it; the decoder is its alone
// until it ends.
#pragma once

#include "engine/decoder.hpp"
#include "engine/feed.hpp"

#include <atomic>
#include <thread>
#include <vector>

namespace visor::engine {

struct DecodedBlock {
    FeedBlock block;
    Decoded decoded;

    bool at_end() const { return block.frames.count == 0; } // nothing more came
};

class BlockSupply {
public:
    BlockSupply(Feed& feed, Decoder& decoder, unsigned worker, bool ahead);
    ~BlockSupply();
    BlockSupply(const BlockSupply&) = delete;
    BlockSupply& operator=(const BlockSupply&) = delete;

    // The next block, there until the call after; null at the end.
    const DecodedBlock* next();

private:
    void fill(DecodedBlock& block);
    void read_ahead();
    static void advance(std::atomic<uint32_t>& count);

    Feed& feed_;
    Decoder& decoder_;
    unsigned worker_;
    std::vector<DecodedBlock> blocks_;
    // Blocks filled so far, and given back; block n lies in blocks_[n % size]. Only differences count.
    alignas(64) std::atomic<uint32_t> filled_ = 0;
    alignas(64) std::atomic<uint32_t> used_ = 0;
    std::atomic<bool> stop_ = false;
    bool lent_ = false;   // block used_, to the worker
    std::jthread thread_; // the last: it uses all of the above, and ends first
};

} // namespace visor::engine
