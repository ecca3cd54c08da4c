#include "engine/block_supply.hpp"

#include <pthread.h>
#include <system_error>

namespace visor::engine {

namespace {
// Enough for a thread that takes a while to wake; few enough to stay in its processor's cache.
constexpr uint32_t blocks_ahead = 8;
// Reading ahead is given up only for what is faster by more than chance.
constexpr double worth_changing = 0.9;
} // namespace

BlockSupply::BlockSupply(Feed& feed, Decoder& decoder, unsigned worker, bool ahead, const SupplyPace& pace)
    : feed_(feed), decoder_(decoder), worker_(worker), ahead_(ahead), pace_(pace), length_(pace.at_first) {}

BlockSupply::~BlockSupply() {
    stop_ = true;
    ++allowed_; // so that waiting for it ends
    allowed_.notify_one();
}

bool BlockSupply::start() {
    if (thread_.joinable()) return true;
    blocks_ = std::vector<DecodedBlock>(blocks_ahead);
    try {
        thread_ = std::jthread([this] { read_ahead(); });
        pthread_setname_np(thread_.native_handle(), "read-ahead");
    } catch (const std::system_error&) { // as many threads as this user may have: then the worker reads
        ahead_ = false;
    }
    return ahead_;
}

void BlockSupply::fill(DecodedBlock& block) {
    if (feed_.next(block.block, worker_)) decoder_.decode(block.block.frames, block.decoded);
}

void BlockSupply::read_ahead() {
    for (uint32_t n = 0;; ++n) {
        allowed_.wait(n); // until more than n may be read
        if (stop_) return;
        DecodedBlock& block = blocks_[n % blocks_ahead];
        try {
            fill(block);
        } catch (...) { // no memory, perhaps: the worker is to know
            failure_ = std::current_exception();
            block.block.frames.count = 0;
        }
        ++filled_;
        filled_.notify_one();
        if (block.at_end()) return;
    }
}

const DecodedBlock* BlockSupply::next() {
    if (!ahead_) return read_here();
    if (lent_) ++used_;
    lent_ = false;
    keep_pace();
    if (way_ == Way::ahead && !start()) return read_here();
    // What may be read ahead is read there, and the other thread waits when all of it is.
    return way_ == Way::here && used_ == allowed_ ? read_here() : take_ahead();
}

const DecodedBlock* BlockSupply::read_here() {
    fill(own_);
    return own_.at_end() ? nullptr : &own_;
}

const DecodedBlock* BlockSupply::take_ahead() {
    // Waking a thread takes longer than looking at a few packets: it is not done for each block.
    if (way_ == Way::ahead && allowed_ - used_ <= blocks_ahead / 2) {
        allowed_ = used_ + blocks_ahead;
        allowed_.notify_one();
    }
    filled_.wait(used_);
    const DecodedBlock& block = blocks_[used_ % blocks_ahead];
    if (block.at_end() && failure_) std::rethrow_exception(failure_);
    lent_ = !block.at_end();
    return lent_ ? &block : nullptr;
}

// Goes one way for some blocks, then tries the other for a few, and stays with the faster one.
void BlockSupply::keep_pace() {
    constexpr uint32_t untimed =
        blocks_ahead + 1; // what the way before left behind is no measure of this one
    const auto now = [] { return std::chrono::steady_clock::now(); };
    ++done_;
    if (done_ == untimed) began_ = now();
    if (done_ < untimed + length_) return;
    cost_[static_cast<size_t>(way_)] = std::chrono::duration<double>(now() - began_).count() / length_;
    done_ = 0;
    trial_ = !trial_;
    if (trial_) {
        way_ = way_ == Way::here ? Way::ahead : Way::here;
        length_ = pace_.trial;
    } else {
        const auto [here, ahead] = cost_;
        way_ = here < worth_changing * ahead ? Way::here : Way::ahead;
        length_ = pace_.later;
    }
}

} // namespace visor::engine
