#include "engine/block_supply.hpp"

#include <pthread.h>
#include <system_error>

namespace visor::engine {

namespace {
// Enough for a processor that is taken away for a millisecond, or whose thread takes a while to wake; few
// enough to stay in its cache.
constexpr size_t blocks_ahead = 8;
} // namespace

BlockSupply::BlockSupply(Feed& feed, Decoder& decoder, unsigned worker, bool ahead)
    : feed_(feed), decoder_(decoder), worker_(worker), blocks_(ahead ? blocks_ahead : 1) {
    if (!ahead) return;
    try {
        thread_ = std::jthread([this] { read_ahead(); });
        pthread_setname_np(thread_.native_handle(), "read-ahead");
    } catch (const std::system_error&) { // as many threads as this user may have: then the worker reads
    }
}

BlockSupply::~BlockSupply() {
    stop_ = true;
    ++used_; // so that waiting for it ends
    used_.notify_one();
}

void BlockSupply::fill(DecodedBlock& block) {
    if (feed_.next(block.block, worker_)) decoder_.decode(block.block.frames, block.decoded);
}

void BlockSupply::read_ahead() {
    for (uint32_t n = 0;; ++n) {
        for (uint32_t used = used_; n - used >= blocks_.size() && !stop_; used = used_) used_.wait(used);
        if (stop_) return;
        DecodedBlock& block = blocks_[n % blocks_.size()];
        fill(block);
        ++filled_;
        filled_.notify_one();
        if (block.at_end()) return;
    }
}

// Waking a thread takes longer than looking at a few packets: it is not done for each block.
void BlockSupply::give_back() {
    const uint32_t used = ++used_;
    if (filled_ - used <= blocks_.size() / 2) used_.notify_one();
}

const DecodedBlock* BlockSupply::next() {
    if (!thread_.joinable()) {
        fill(blocks_[0]);
        return blocks_[0].at_end() ? nullptr : &blocks_[0];
    }
    if (lent_) give_back();
    const uint32_t n = used_;
    filled_.wait(n);
    const DecodedBlock& block = blocks_[n % blocks_.size()];
    lent_ = !block.at_end();
    return lent_ ? &block : nullptr;
}

} // namespace visor::engine
