#include "engine/offline.hpp"

#include "engine/block_part.hpp"
#include "engine/block_supply.hpp"
#include "engine/lane.hpp"
#include "engine/worker_handlers.hpp"

#include <algorithm>
#include <exception>
#include <mutex>
#include <thread>

namespace visor::engine {

namespace {

// A block with more runs than this is of a capture with a packet now and then. Its periods are worked off one
// by one, in the lane's turn and into its buckets: no more than a few are open at a time, however many
// minutes a block spans, and there is nothing to merge when one is over.
constexpr size_t runs_at_once = 4;

// Who leaves by an exception lets go whoever waits for his turn, his own reader among them.
class Leaving {
public:
    Leaving(Feed& feed, OrderedLane& lane) : feed_(feed), lane_(lane) {}
    Leaving(const Leaving&) = delete;
    Leaving& operator=(const Leaving&) = delete;
    ~Leaving() {
        if (std::uncaught_exceptions() == before_) return;
        feed_.abandon();
        lane_.abandon();
    }

private:
    Feed& feed_;
    OrderedLane& lane_;
    int before_ = std::uncaught_exceptions();
};

// One worker: has blocks decoded and runs what needs no order; hands each block on to the lane.
class Worker {
public:
    Worker(const DecodeSettings& settings, WorkerHandlers handlers, Window& window, unsigned writer)
        : decoder_(settings), handlers_(std::move(handlers)), window_(window), writer_(writer) {}

    void work(Feed& feed, OrderedLane& lane, bool read_ahead) {
        BlockSupply supply(feed, decoder_, writer_, read_ahead);
        const Leaving leaving(feed, lane);
        while (const DecodedBlock* ready = supply.next()) {
            const FeedBlock& block = ready->block;
            const Decoded& decoded = ready->decoded;
            const auto summarise = [&](const Run& run, PeriodBuckets& buckets) {
                handlers_.on_batch(batch_of({run.begin, run.end}, decoded, feed.period_start(run.period)),
                                   buckets);
            };
            const bool sparse = block.runs.size() > runs_at_once;
            if (!sparse)
                for (const Run& run : block.runs) summarise(run, window_.at(writer_, run.period));
            lane.process(block, decoded, [&](const Run& run, PeriodBuckets& buckets) {
                if (sparse) summarise(run, buckets);
            });
        }
    }
    const Decoder& decoder() const { return decoder_; }

private:
    Decoder decoder_;
    WorkerHandlers handlers_;
    Window& window_;
    unsigned writer_;
};

} // namespace

OfflineRun::OfflineRun(FrameSource& source, const Plan& plan, const OfflineOptions& options)
    : feed_(source, options.progress, options.stop, options.workers),
      window_(plan, feed_, options.workers + 1) {} // the lane writes too

Result<std::unique_ptr<OfflineRun>> OfflineRun::run(FrameSource& source, const Plan& plan,
                                                    const Services& services, const OfflineOptions& options) {
    std::unique_ptr<OfflineRun> run(new OfflineRun(source, plan, options));
    std::vector<std::unique_ptr<Worker>> workers;
    for (unsigned i = 0; i < options.workers; ++i) {
        auto handlers = WorkerHandlers::make(plan, services);
        if (!handlers) return Error{handlers.error()};
        workers.push_back(std::make_unique<Worker>(options.decode, std::move(*handlers), run->window_, i));
    }
    auto lane_handlers = WorkerHandlers::make(plan, services);
    if (!lane_handlers) return Error{lane_handlers.error()};
    OrderedLane lane(options.decode, std::move(*lane_handlers), run->feed_, run->window_, options.workers,
                     options.tcp_connections);
    std::exception_ptr failure; // the first worker's that failed
    std::mutex failing;
    const auto work = [&](unsigned i) {
        try {
            const Leaving leaving(run->feed_, lane);
            workers[i]->work(run->feed_, lane, options.read_ahead);
        } catch (...) {
            const std::lock_guard lock(failing);
            if (!failure) failure = std::current_exception();
        }
    };
    {
        std::vector<std::jthread> threads;
        const Leaving leaving(run->feed_, lane); // no more threads may be had
        for (unsigned i = 1; i < options.workers; ++i) threads.emplace_back(work, i);
        work(0);
    }
    if (failure) std::rethrow_exception(failure);
    run->ledger_.feed = run->feed_.totals();
    run->ledger_.interrupted = run->feed_.stopped();
    if (run->ledger_.feed.frames) lane.finish();
    for (const auto& worker : workers) run->account(worker->decoder());
    run->window_.finish();
    run->views_ = run->window_.view();
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
