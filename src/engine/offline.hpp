// Runs a plan over a source to its end: workers, the ordered lane, the window; and the ledger of it all.
// Threads: called by one thread, which becomes the first worker. Owns: the result owns everything it refers
// to, except the plan.
#pragma once

#include "engine/decoder.hpp"
#include "engine/fragments.hpp"
#include "engine/tcp_streams.hpp"
#include "engine/window.hpp"

#include <array>
#include <memory>

namespace visor::engine {

struct OfflineOptions {
    unsigned workers = 1;
    DecodeSettings decode;
    Feed::Progress progress; // called after every block, by the thread that read it
};

struct Ledger {
    SourceLedger source;
    FeedTotals feed;
    std::array<uint64_t, wire::anomaly_count>
        anomalies{};                      // frames, by what kept them from being decoded to the end
    std::array<uint64_t, 3> directions{}; // frames, by wire::Direction
    TcpStreamCounts tcp;
    FragmentCounts fragments;
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

    Feed feed_;
    Window window_;
    std::vector<PolicyView> views_;
    Ledger ledger_;
};

} // namespace visor::engine
