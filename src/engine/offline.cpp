#include "engine/offline.hpp"

#include "engine/block_line.hpp"
#include "engine/block_part.hpp"
#include "engine/lane.hpp"
#include "engine/worker_handlers.hpp"

#include <algorithm>

namespace visor::engine {

namespace {

// A block with more runs than this is of a capture with a packet now and then. Its periods are worked off one
// by one, in the ordered lane and into its buckets: no more than a few are open at a time, however many
// minutes a block spans, and there is nothing to merge when one is over.
constexpr size_t runs_at_once = 4;

bool is_sparse(const FeedBlock& block) {
    return block.runs.size() > runs_at_once;
}

// What a run does with its blocks: a decoder for each thread, handlers for each set of buckets.
class Work final : public BlockWork {
public:
    Work(Feed& feed, Window& window, OrderedLane& lane, std::vector<WorkerHandlers> handlers,
         const DecodeSettings& settings, unsigned threads)
        : feed_(feed), window_(window), lane_(lane), handlers_(std::move(handlers)) {
        for (unsigned i = 0; i < threads; ++i) decoders_.push_back(std::make_unique<Decoder>(settings));
    }

    bool read(FeedBlock& block) override { return feed_.next(block); }
    void decode(LineBlock& block, unsigned thread) override {
        decoders_[thread]->decode(block.block.frames, block.decoded);
    }
    void summarise(const LineBlock& block, unsigned set) override {
        if (is_sparse(block.block)) return;
        for (const Run& run : block.block.runs)
            handlers_[set].on_batch(
                batch_of({run.begin, run.end}, block.decoded, feed_.period_start(run.period)),
                window_.at(set, run.period));
    }
    void order(const LineBlock& block) override {
        lane_.process(block.block, block.decoded, is_sparse(block.block));
    }
    const std::vector<std::unique_ptr<Decoder>>& decoders() const { return decoders_; }

private:
    Feed& feed_;
    Window& window_;
    OrderedLane& lane_;
    std::vector<WorkerHandlers> handlers_;
    std::vector<std::unique_ptr<Decoder>> decoders_;
};

} // namespace

OfflineRun::OfflineRun(FrameSource& source, const Plan& plan, const OfflineOptions& options)
    : shared_(plan), feed_(source, options.progress, options.stop),
      window_(shared_.plan(), feed_, options.workers + 1) {} // the lane writes too

Result<std::unique_ptr<OfflineRun>> OfflineRun::run(FrameSource& source, const Plan& plan,
                                                    const Services& services, const OfflineOptions& options) {
    std::unique_ptr<OfflineRun> run(new OfflineRun(source, plan, options));
    std::vector<WorkerHandlers> handlers; // of the workers, and last the lane's
    for (unsigned i = 0; i <= options.workers; ++i) {
        auto made = WorkerHandlers::make(run->shared_.plan(), services);
        if (!made) return Error{made.error()};
        handlers.push_back(std::move(*made));
    }
    OrderedLane lane(options.decode, std::move(handlers.back()), run->feed_, run->window_, options.workers,
                     options.tcp_connections);
    handlers.pop_back();
    Work work(run->feed_, run->window_, lane, std::move(handlers), options.decode, options.threads);
    BlockLine(work, options.threads, options.workers).run();
    run->ledger_.feed = run->feed_.totals();
    run->ledger_.interrupted = run->feed_.stopped();
    if (run->ledger_.feed.frames) lane.finish();
    for (const auto& decoder : work.decoders()) run->account(*decoder);
    run->window_.finish();
    run->views_ = run->shared_.views(run->window_.view());
    run->ledger_.source = source.ledger();
    run->ledger_.tcp = lane.tcp();
    run->ledger_.fragments = lane.fragments();
    run->ledger_.likely_hosts = lane.likely_hosts();
    return run;
}

void OfflineRun::account(const Decoder& decoder) {
    for (size_t i = 0; i < ledger_.anomalies.size(); ++i) ledger_.anomalies[i] += decoder.anomalies()[i];
    for (size_t i = 0; i < ledger_.directions.size(); ++i) ledger_.directions[i] += decoder.directions()[i];
}

} // namespace visor::engine
