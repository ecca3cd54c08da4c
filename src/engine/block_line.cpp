#include "engine/block_line.hpp"

#include <algorithm>
#include <pthread.h>
#include <system_error>
#include <thread>

namespace visor::engine {

namespace {
// So many blocks may be on their way for each thread, if there are several: enough to go on with while one of
// them is away.
constexpr unsigned blocks_a_thread = 4;
// So many blocks make a thread take a step that another one has been doing.
constexpr uint64_t pile = 2;
// A capture that is over by then is done by one thread, before others could help.
constexpr uint64_t blocks_alone = 16;
constexpr unsigned looks_before_sleep = 1000; // some 40 microseconds

void pause_processor() {
#ifdef __SSE2__
    __builtin_ia32_pause();
#endif
}
} // namespace

BlockLine::BlockLine(BlockWork& work, unsigned threads, unsigned sets)
    : work_(work), threads_(threads), blocks_(threads == 1 ? 1 : size_t{threads} * blocks_a_thread),
      slots_(blocks_.size()) {
    free_.reserve(blocks_.size());
    for (unsigned i = 0; i < sets; ++i) sets_.push_back({i});
}

void BlockLine::run() {
    work(0, blocks_alone);
    std::vector<std::jthread> others;
    if (!all_done()) others = start_others();
    {
        const Lock lock(mutex_);
        running_ += static_cast<unsigned>(others.size());
    }
    work(0, UINT64_MAX);
    others.clear();
    if (failure_) std::rethrow_exception(failure_);
}

std::vector<std::jthread> BlockLine::start_others() {
    std::vector<std::jthread> others;
    try {
        for (unsigned i = 1; i < threads_; ++i) {
            others.emplace_back([this, i] { work(i, UINT64_MAX); });
            pthread_setname_np(others.back().native_handle(), "worker");
        }
    } catch (const std::system_error&) { // as many threads as this user may have: these do it all
    }
    return others;
}

// Does a step while others may look for theirs.
template <class F>
void BlockLine::unlocked(Lock& lock, F&& step) {
    lock.unlock();
    step();
    lock.lock();
}

void BlockLine::work(unsigned thread, uint64_t until) {
    Lock lock(mutex_);
    while (!all_done() && ordered_ < until) {
        const auto task = choose(thread);
        if (!task) {
            wait_for_change(lock);
            continue;
        }
        try {
            perform(*task, thread, lock);
        } catch (...) {
            if (!lock.owns_lock()) lock.lock();
            if (!failure_) failure_ = std::current_exception();
        }
        tell_change();
    }
    tell_change();
}

void BlockLine::tell_change() {
    changes_.fetch_add(1, std::memory_order_release);
    if (asleep_ != 0) changed_.notify_all();
}

// Most waits are for a block to be read: that takes less time than falling asleep and being woken.
void BlockLine::wait_for_change(Lock& lock) {
    const uint32_t seen = changes_.load(std::memory_order_relaxed);
    ++idle_;
    unlocked(lock, [&] {
        for (unsigned i = 0; i < looks_before_sleep && changes_.load(std::memory_order_acquire) == seen; ++i)
            pause_processor();
    });
    ++asleep_;
    changed_.wait(lock, [&] { return changes_.load(std::memory_order_relaxed) != seen; });
    --asleep_;
    --idle_;
}

void BlockLine::perform(const Task& task, unsigned thread, Lock& lock) {
    switch (task.step) {
    case Step::read:
        return read(thread, lock);
    case Step::summarise:
        return summarise(task.sequence, lock);
    default:
        return order(task.sequence, thread, lock);
    }
}

LineBlock& BlockLine::take_block() {
    if (free_.empty()) {
        auto unmade = std::find(blocks_.begin(), blocks_.end(), nullptr);
        *unmade = std::make_unique<LineBlock>();
        return **unmade;
    }
    LineBlock& block = *free_.back();
    free_.pop_back();
    return block;
}

void BlockLine::read(unsigned thread, Lock& lock) {
    reading_ = true; // and stays so when it fails: that is the end
    LineBlock& block = take_block();
    bool more = false;
    unlocked(lock, [&] { more = work_.read(block.block); });
    reading_ = false;
    if (!more) {
        ended_ = true;
        return;
    }
    Slot& own = slot(read_++);
    own = {&block, Step::decode};
    tell_change(); // somebody may read the next
    unlocked(lock, [&] { work_.decode(block, thread); });
    own.next = Step::summarise;
}

void BlockLine::summarise(uint64_t sequence, Lock& lock) {
    Set& set = sets_[sequence % sets_.size()];
    Slot& own = slot(sequence);
    set.busy = true;
    unlocked(lock, [&] { work_.summarise(*own.block, static_cast<unsigned>(sequence % sets_.size())); });
    set.busy = false;
    set.next += sets_.size();
    own.next = Step::order;
}

void BlockLine::order(uint64_t sequence, unsigned thread, Lock& lock) {
    Slot& own = slot(sequence);
    ordering_ = true;
    unlocked(lock, [&] { work_.order(*own.block); });
    ordering_ = false;
    order_thread_ = thread;
    period_ = std::max(period_, own.block->block.runs.back().period);
    free_.push_back(own.block);
    own = {};
    ++ordered_;
}

bool BlockLine::may_order() const {
    return !ordering_ && ordered_ < read_ && slot(ordered_).next == Step::order;
}

bool BlockLine::piles_up_to_be_ordered() const {
    for (uint64_t i = ordered_; i < ordered_ + pile; ++i)
        if (i >= read_ || slot(i).next != Step::order) return false;
    return true;
}

uint64_t BlockLine::waiting_for(size_t set) const {
    uint64_t waiting = 0;
    for (uint64_t i = sets_[set].next; i < read_ && slot(i).next == Step::summarise; i += sets_.size())
        ++waiting;
    return waiting;
}

// Periods are settled in the last step. So that few are open at a time, what begins another one waits until
// all before it is settled, and nobody gets further than into the next.
bool BlockLine::may_summarise(size_t set) const {
    const uint64_t sequence = sets_[set].next;
    if (sets_[set].busy || sequence >= read_ || slot(sequence).next != Step::summarise) return false;
    const std::vector<Run>& runs = slot(sequence).block->block.runs;
    return sequence == ordered_ || (runs.size() == 1 && runs.front().period <= period_ + 1);
}

std::optional<BlockLine::Task> BlockLine::choose(unsigned thread) const {
    const bool own_set = thread < sets_.size() && may_summarise(thread);
    const bool own_order = order_thread_ == thread && !(own_set && idle_ != 0); // else one who waits has it
    if (may_order() && (own_order || piles_up_to_be_ordered())) return Task{Step::order, ordered_};
    if (own_set) return Task{Step::summarise, sets_[thread].next};
    if (may_read()) return Task{Step::read};
    if (may_order()) return Task{Step::order, ordered_};
    for (size_t set = 0; set < sets_.size(); ++set) {
        const bool needed = set >= running_ || ended_ || waiting_for(set) >= pile;
        if (needed && may_summarise(set)) return Task{Step::summarise, sets_[set].next};
    }
    return {};
}

} // namespace visor::engine
