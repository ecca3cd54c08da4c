// A thread that fails must not leave the others waiting.
#include "engine/offline.hpp"

#include <gtest/gtest.h>
#include <new>

namespace visor::engine {
namespace {

// Frames that nobody can decode, a few a block, until there is no memory.
class Failing : public FrameSource {
public:
    void next(FrameBlock& block) override {
        if (++blocks_ == 30) throw std::bad_alloc();
        static const uint8_t nothing[1] = {};
        block.count = 4;
        for (uint32_t i = 0; i < block.count; ++i) block.frames[i] = {nothing, blocks_ * 1000, 1, 1, 1, 0};
    }
    const SourceLedger& ledger() const override { return ledger_; }
    const std::string& name() const override { return name_; }
    std::string trouble() const override { return {}; }

private:
    int64_t blocks_ = 0;
    SourceLedger ledger_;
    std::string name_ = "failing";
};

TEST(Offline, AThreadThatFailsEndsTheRun) {
    for (const unsigned workers : {1u, 2u, 5u})
        for (const unsigned threads : {1u, 2u, 6u}) {
            Failing source;
            OfflineOptions options;
            options.workers = workers;
            options.threads = threads;
            EXPECT_THROW((void)OfflineRun::run(source, Plan{}, Services{}, options), std::bad_alloc)
                << workers << " workers, " << threads << " threads";
        }
}

} // namespace
} // namespace visor::engine
