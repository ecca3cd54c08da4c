// A worker's blocks, decoded: by the worker itself when it asks for one, or ahead, by a thread beside it.
//
// Reading and decoding need nothing of what a worker makes of a block, so they may go on meanwhile, a few
// blocks ahead. Blocks and what is found in them are the same either way. Whether it is worth it depends on
// whether the second processor is really there, which on a machine shared with others changes from moment to
// moment: so both ways are timed in turn, and the faster one is taken until the next trial. The first
// blocks are read by the worker: a small capture is done before a thread could help. Threads: one
// owner, the worker; the thread that reads ahead ends with the supply. Owns: eight blocks and what was
// decoded of them for reading ahead, and one for the worker's own reading. The feed and the decoder outlive
// it; the decoder is its alone until it ends.
#pragma once

#include "engine/decoder.hpp"
#include "engine/feed.hpp"

#include <atomic>
#include <chrono>
#include <exception>
#include <thread>
#include <vector>

namespace visor::engine {

struct DecodedBlock {
    FeedBlock block;
    Decoded decoded;

    bool at_end() const { return block.frames.count == 0; } // nothing more came
};

// How many blocks each way is gone before the other is tried, and how many a trial takes.
struct SupplyPace {
    uint32_t at_first = 16, later = 1024, trial = 32;
};

class BlockSupply {
public:
    BlockSupply(Feed& feed, Decoder& decoder, unsigned worker, bool ahead, const SupplyPace& pace = {});
    ~BlockSupply();
    BlockSupply(const BlockSupply&) = delete;
    BlockSupply& operator=(const BlockSupply&) = delete;

    // The next block, there until the call after; null at the end. Throws what reading it threw.
    const DecodedBlock* next();

private:
    enum class Way : uint8_t { here, ahead };

    bool start(); // the thread, where it is not there yet; false when it cannot be had
    void fill(DecodedBlock& block);
    void read_ahead();
    const DecodedBlock* read_here();
    const DecodedBlock* take_ahead();
    void keep_pace();

    Feed& feed_;
    Decoder& decoder_;
    unsigned worker_;
    DecodedBlock own_;
    std::vector<DecodedBlock> blocks_; // the n-th that was read ahead lies in blocks_[n % size]
    // How many were read ahead, and how many may be. Only differences count.
    alignas(64) std::atomic<uint32_t> filled_ = 0;
    alignas(64) std::atomic<uint32_t> allowed_ = 0;
    std::atomic<bool> stop_ = false;
    std::exception_ptr failure_; // of reading ahead; set before the block that ends it is filled

    // The worker's.
    uint32_t used_ = 0; // of those read ahead, given back
    bool lent_ = false; // block used_
    bool ahead_;        // may be gone too
    SupplyPace pace_;
    Way way_ = Way::here;
    bool trial_ = false;
    uint32_t length_, done_ = 0; // blocks of this way: to be timed before the next, and so far
    std::chrono::steady_clock::time_point began_;
    double cost_[2] = {}; // seconds a block, by Way

    std::jthread thread_; // the last: it uses all of the above, and ends first
};

} // namespace visor::engine
