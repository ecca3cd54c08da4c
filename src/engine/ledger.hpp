// The ledger of a run: where every frame went. At the tap received = delivered + malformed + dropped, by
// reason; what the decoder and reassembly had to give up stands beside it. Threads: value types.
#pragma once

#include "engine/feed.hpp"
#include "engine/fragments.hpp"
#include "engine/tcp_streams.hpp"

#include <array>
#include <span>
#include <string>
#include <vector>

namespace visor::engine {

struct Ledger {
    SourceLedger source;
    FeedTotals feed;
    std::array<uint64_t, wire::anomaly_count>
        anomalies{};                      // frames, by what kept them from being decoded to the end
    std::array<uint64_t, 3> directions{}; // frames, by wire::Direction
    TcpStreamCounts tcp;
    FragmentCounts fragments;
    bool interrupted = false; // stopped before the end of the source
    std::string likely_hosts; // without host addresses given: the ones the traffic suggests, as a host spec
};

// One count of the ledger by name: the only place these names are written.
struct LedgerLine {
    std::string path; // "tap.malformed.cut_short"
    uint64_t count;
    std::string help;
    std::string_view unit = "1";
    bool gauge = false; // may fall, or is the largest so far: not a sum
};
std::vector<LedgerLine> ledger_lines(const Ledger& ledger);

// Of a handler: the share its policy asks for. What a worker leaves out besides, as it is behind, is in its
// stream's lines.
LedgerLine configured_sampling(uint32_t deep_sample_rate);

struct WorkerCounts;
// Of a live stream: the sum of its workers. What waits in the ring is received and nothing else yet: while
// frames come, received = delivered + malformed + dropped + waiting.
std::vector<LedgerLine> ledger_lines(std::span<const WorkerCounts> workers);

} // namespace visor::engine
