// The blocks of a capture on their way: read, decoded, summarised into one of several sets of buckets, and
// last what needs their order.
//
// Reading is in file order, by one thread at a time, and so is the last step. Blocks go round the sets in
// turn, and into each in file order. All else may happen at once, and no thread waits for another as long as
// there is anything it could do: a processor that is shared with others may be away when its turn comes, and
// then the others go on until all the blocks there may be are on their way. What comes of it does not depend
// on how many threads there are, nor on which of them does what. What a step leaves behind in one processor's
// cache is dear to read for another, so a thread prefers the set that is its own, and the last step stays
// where it was until blocks pile up before it. Threads: run() is called by one and ends when all are done.
// Owns: the blocks, each as large as what is read at once; few where threads keep pace, and at most depth().
#pragma once

#include "engine/decoded.hpp"
#include "engine/feed.hpp"

#include <atomic>
#include <condition_variable>
#include <exception>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

namespace visor::engine {

struct LineBlock {
    FeedBlock block;
    Decoded decoded;
};

// What is done with blocks. What a step throws ends the run.
class BlockWork {
public:
    virtual ~BlockWork() = default;
    virtual bool read(FeedBlock& block) = 0; // false: there is no more
    virtual void decode(LineBlock& block, unsigned thread) = 0;
    virtual void summarise(const LineBlock& block, unsigned set) = 0;
    virtual void order(const LineBlock& block) = 0;
};

class BlockLine {
public:
    // At least one thread and one set; fewer threads when there may be no more.
    BlockLine(BlockWork& work, unsigned threads, unsigned sets);
    BlockLine(const BlockLine&) = delete;
    BlockLine& operator=(const BlockLine&) = delete;

    void run(); // once; throws what the first step that failed threw
    size_t depth() const { return blocks_.size(); }

private:
    enum class Step : uint8_t { read, decode, summarise, order };
    struct Slot {
        LineBlock* block = nullptr;
        Step next = Step::decode;
    };
    struct Set {
        uint64_t next; // the next block that goes into it
        bool busy = false;
    };
    struct Task {
        Step step;
        uint64_t sequence = 0;
    };
    using Lock = std::unique_lock<std::mutex>;

    std::vector<std::jthread> start_others();
    void work(unsigned thread, uint64_t until); // so many blocks are done, or all
    void perform(const Task& task, unsigned thread, Lock& lock);
    void read(unsigned thread, Lock& lock);
    void summarise(uint64_t sequence, Lock& lock);
    void order(uint64_t sequence, unsigned thread, Lock& lock);
    void tell_change();
    void wait_for_change(Lock& lock);
    template <class F>
    void unlocked(Lock& lock, F&& step);

    std::optional<Task> choose(unsigned thread) const;
    bool all_done() const { return failure_ || (ended_ && !reading_ && ordered_ == read_); }
    bool may_read() const { return !reading_ && !ended_ && read_ - ordered_ < depth(); }
    bool may_order() const;
    bool may_summarise(size_t set) const;
    uint64_t waiting_for(size_t set) const; // decoded blocks
    bool piles_up_to_be_ordered() const;
    Slot& slot(uint64_t sequence) { return slots_[sequence % depth()]; }
    const Slot& slot(uint64_t sequence) const { return slots_[sequence % depth()]; }
    LineBlock& take_block();

    BlockWork& work_;
    const unsigned threads_;

    std::mutex mutex_;
    std::condition_variable changed_;
    std::atomic<uint32_t> changes_ = 0; // that may give somebody something to do; made under the lock
    unsigned running_ = 1;              // threads, of which each has a set of its own, if there are as many
    unsigned idle_ = 0, asleep_ = 0;    // threads that wait, and of these
    std::vector<std::unique_ptr<LineBlock>> blocks_;
    std::vector<LineBlock*> free_; // the last one given back is taken first: it is still near
    std::vector<Slot> slots_;
    std::vector<Set> sets_;
    uint64_t read_ = 0, ordered_ = 0; // blocks so far
    int64_t period_ = 0;              // of the last that was ordered
    bool reading_ = false, ordering_ = false, ended_ = false;
    unsigned order_thread_ = 0; // who did the last step of late
    std::exception_ptr failure_;
};

} // namespace visor::engine
