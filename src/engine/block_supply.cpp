#include "engine/block_supply.hpp"

#include <pthread.h>

namespace visor::engine {

namespace {
// One in use, one ready, one being filled. More of them push each other out of the cache.
constexpr size_t blocks_ahead = 3;
} // namespace

BlockSupply::BlockSupply(Feed& feed, Decoder& decoder, unsigned worker, bool ahead)
    : feed_(feed), decoder_(decoder), worker_(worker), blocks_(ahead ? blocks_ahead : 1) {
    if (!ahead) return;
    thread_ = std::jthread([this] { read_ahead(); });
    pthread_setname_np(thread_.native_handle(), "read-ahead");
}

BlockSupply::~BlockSupply() {
    stop_ = true;
    advance(used_);
}

void BlockSupply::advance(std::atomic<uint32_t>& count) {
    ++count;
    count.notify_one();
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
        advance(filled_);
        if (block.at_end()) return;
    }
}

const DecodedBlock* BlockSupply::next() {
    if (!thread_.joinable()) {
        fill(blocks_[0]);
        return blocks_[0].at_end() ? nullptr : &blocks_[0];
    }
    if (lent_) advance(used_);
    const uint32_t n = used_;
    filled_.wait(n);
    const DecodedBlock& block = blocks_[n % blocks_.size()];
    lent_ = !block.at_end();
    return lent_ ? &block : nullptr;
}

} // namespace visor::engine
