// A capture held in memory, as a live tap that hands it out when told to, and as a file that ends.
//
// Threads: frames are given by the bench's thread, taken by the workers. Owns: Recording owns the frames,
// which outlive taps and sources over it. Units: times in a recording are nanoseconds since its minute began.
#pragma once

#include "engine/feed.hpp"
#include "engine/live_source.hpp"
#include "taps/pcap/merged_source.hpp"

#include <condition_variable>
#include <deque>
#include <mutex>

namespace visor::bench {

// Frames of some captures, merged by time, in blocks that are about a worker's.
class Recording {
public:
    explicit Recording(const std::vector<std::string>& files);
    struct Block {
        std::vector<uint8_t> bytes;
        std::vector<engine::Frame> frames; // times within their minute
    };
    // Goes round.
    const Block& block(size_t index) const { return blocks_[index % blocks_.size()]; }
    size_t blocks() const { return blocks_.size(); }

private:
    void keep(const engine::FrameBlock& block, int64_t start_ns);
    std::vector<Block> blocks_;
};

// The block's frames with times from base_ns on.
void fill(engine::FrameBlock& into, const Recording::Block& from, int64_t base_ns);

class ReplayQueue final : public engine::LiveSource {
public:
    void give(const Recording::Block& block, int64_t base_ns);
    void wait_until_done(); // all that was given, and the worker is back for more

    void next(engine::FrameBlock& block, int wait_ms) override;
    void wake() override;
    engine::LiveCounts counts() override;
    double backlog() const override { return 0; }

private:
    struct Given {
        const Recording::Block* block;
        int64_t base_ns;
    };
    std::mutex mutex_;
    std::condition_variable ready_, done_;
    std::deque<Given> given_;
    bool woken_ = false, busy_ = false;
    uint64_t delivered_ = 0;
};

class ReplayTap final : public engine::LiveTap {
public:
    explicit ReplayTap(unsigned queues) : queues_(queues) {}
    unsigned queues() const override { return static_cast<unsigned>(queues_.size()); }
    ReplayQueue& queue(unsigned index) override { return queues_[index]; }
    std::string_view kind() const override { return "replay"; }
    const std::vector<std::string>& interfaces() const override { return interfaces_; }
    size_t ring_bytes() const override { return 0; }
    bool up() const override { return true; }

private:
    std::deque<ReplayQueue> queues_;
    std::vector<std::string> interfaces_{"replay"};
};

// The first blocks of a recording as a file.
class ReplayFile final : public engine::FrameSource {
public:
    ReplayFile(const Recording& recording, size_t blocks) : recording_(recording), blocks_(blocks) {}
    void next(engine::FrameBlock& block) override;
    const engine::SourceLedger& ledger() const override { return ledger_; }
    const std::string& name() const override { return name_; }
    std::string trouble() const override { return {}; }

private:
    const Recording& recording_;
    size_t blocks_, at_ = 0;
    engine::SourceLedger ledger_;
    std::string name_ = "replay";
};

} // namespace visor::bench
