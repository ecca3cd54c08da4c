// Runs a plan over a source to its end: the line of blocks, the ordered lane, the window; and the ledger of
// it all. Threads: called by one thread, which becomes one of those that work. Owns: the result owns
// everything it refers to, except the plan.
#pragma once

#include "engine/decoder.hpp"
#include "engine/ledger.hpp"
#include "engine/shared_plan.hpp"
#include "engine/window.hpp"

#include <memory>

namespace visor::engine {

struct OfflineOptions {
    unsigned workers = 1; // sets of buckets that blocks go into in turn: what comes of it may depend on it
    unsigned threads = 1; // that do the work; nothing depends on it
    DecodeSettings decode;
    Feed::Progress progress;                 // called after every block, by the thread that read it
    const std::atomic<bool>* stop = nullptr; // once true, nothing more is read
    uint32_t tcp_connections = 0;            // followed at most, for DNS over TCP; 0 = as many as usual
};

class OfflineRun {
public:
    static Result<std::unique_ptr<OfflineRun>> run(FrameSource& source, const Plan& plan,
                                                   const Services& services, const OfflineOptions& options);
    const std::vector<PolicyView>& policies() const { return views_; }
    const Ledger& ledger() const { return ledger_; }

private:
    OfflineRun(FrameSource& source, const Plan& plan, const OfflineOptions& options);
    void account(const Decoder& decoder);

    SharedPlan shared_;
    Feed feed_;
    Window window_;
    std::vector<PolicyView> views_;
    Ledger ledger_;
};

} // namespace visor::engine
