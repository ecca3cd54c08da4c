#include "engine/ledger.hpp"

#include "engine/live_worker.hpp"

#include <algorithm>
#include <bit>
#include <type_traits>

namespace visor::engine {

namespace {
// What became of frames that a tap delivered.
void add_frame_lines(std::vector<LedgerLine>& lines, const Ledger& ledger) {
    lines.push_back({"frames.late", ledger.feed.late, "frames of a period that was over when they came"});
    for (size_t i = 1; i < wire::anomaly_count; ++i)
        lines.push_back({"frames.undecoded." + std::string(wire::anomaly_name(static_cast<wire::Anomaly>(i))),
                         ledger.anomalies[i], "frames counted, but not decoded to the end"});
    const TcpStreamCounts& t = ledger.tcp;
    const FragmentCounts& f = ledger.fragments;
    const LedgerLine more[] = {
        {"tcp.segments", t.segments, "TCP segments on DNS ports"},
        {"tcp.messages", t.messages, "DNS messages they held"},
        {"tcp.retransmitted", t.retransmitted, "segments seen before"},
        {"tcp.out_of_order", t.out_of_order, "segments held for an earlier one"},
        {"tcp.gaps", t.gaps, "places a stream went on behind missing bytes"},
        {"tcp.short_length", t.short_length, "lengths in TCP streams too short for a DNS header"},
        {"tcp.streams_evicted", t.streams_evicted, "streams forgotten to make room"},
        {"tcp.not_followed", t.not_followed, "segments of connections beyond the limit that was asked for"},
        {"tcp.no_room", t.no_room, "half messages given up to make room for others"},
        {"fragments.seen", f.fragments, "fragments of UDP datagrams and TCP segments"},
        {"fragments.datagrams", f.datagrams, "datagrams and segments on DNS ports made whole from them"},
        {"fragments.timed_out", f.timed_out, "datagrams given up after three minutes"},
        {"fragments.evicted", f.evicted, "datagrams given up to make room for others"},
        {"fragments.no_room", f.no_room, "fragments dropped: too many of a datagram, or beyond 64 KiB"},
    };
    lines.insert(lines.end(), std::begin(more), std::end(more));
}

// Structs of nothing but counters: member by member, whichever there are.
template <class Counts>
void add(Counts& sum, const Counts& part) {
    using Words = std::array<uint64_t, sizeof(Counts) / sizeof(uint64_t)>;
    static_assert(std::is_trivially_copyable_v<Counts> && sizeof(Words) == sizeof(Counts));
    auto words = std::bit_cast<Words>(sum);
    const auto more = std::bit_cast<Words>(part);
    for (size_t i = 0; i < words.size(); ++i) words[i] += more[i];
    sum = std::bit_cast<Counts>(words);
}

void add(SamplingCounts& sum, const SamplingCounts& part) {
    sum.deep_events_skipped += part.deep_events_skipped;
    sum.weight = std::max(sum.weight, part.weight);
    sum.blocks += part.blocks;
    sum.ns += part.ns;
}
} // namespace

std::vector<LedgerLine> ledger_lines(const Ledger& ledger) {
    const SourceLedger& s = ledger.source;
    std::vector<LedgerLine> lines = {
        {"tap.received", s.received, "records read from the capture"},
        {"tap.delivered", s.delivered, "frames handed to the workers"},
        {"tap.malformed.cut_short", s.cut_short, "records the file ends in the middle of"},
        {"tap.malformed.bad_record", s.bad_record, "records with impossible lengths"},
        {"tap.malformed.unsupported_link", s.unsupported_link, "frames of a link type that is not read"},
        {"tap.dropped.filter", s.filtered_bpf, "frames the capture filter left out"},
    };
    add_frame_lines(lines, ledger);
    return lines;
}

LedgerLine configured_sampling(uint32_t deep_sample_rate) {
    return {"sampling.deep_sample_rate", deep_sample_rate,
            "share of a handler's events that are analysed deeply, as configured by deep_sample_rate; its "
            "figures are not scaled by it",
            "%", true};
}

std::vector<LedgerLine> ledger_lines(std::span<const WorkerCounts> workers) {
    Ledger sum;
    LiveCounts tap;
    WorkerCounts most{};
    for (const WorkerCounts& worker : workers) {
        add(tap, worker.source);
        add(sum.tcp, worker.tcp);
        add(sum.fragments, worker.fragments);
        sum.feed.late += worker.frames.late;
        for (size_t i = 0; i < sum.anomalies.size(); ++i) sum.anomalies[i] += worker.anomalies[i];
        add(most.sampling, worker.sampling);
        most.hand_overs += worker.hand_overs;
        most.hand_overs_delayed += worker.hand_overs_delayed;
        most.control_ns_max = std::max(most.control_ns_max, worker.control_ns_max);
        most.control_ns += worker.control_ns;
        most.cpu_ns += worker.cpu_ns;
    }
    const uint64_t done = tap.delivered + tap.malformed + tap.dropped_ring;
    const uint64_t waiting = tap.received - std::min(tap.received, done);
    std::vector<LedgerLine> lines = {
        {"tap.received", tap.received, "frames the kernel had for this tap"},
        {"tap.delivered", tap.delivered, "frames handed to the workers"},
        {"tap.malformed.slot", tap.malformed, "frames the kernel handed over with impossible lengths"},
        {"tap.dropped.ring", tap.dropped_ring, "frames lost as the capture ring was full"},
        {"tap.waiting", waiting, "frames that wait in the capture ring to be read", "1", true},
        {"tap.lost_before.interface", tap.dropped_interface, "frames the interface lost before any tap"},
        {"tap.ring_freezes", tap.ring_freezes, "times a capture ring was full"},
        {"tap.vlan_restored", tap.vlan_restored, "frames whose VLAN tag was put back"},
        {"tap.offloaded", tap.offloaded, "frames that stand for several on the wire"},
        {"tap.offloaded_parts", tap.offloaded_parts, "frames on the wire these stand for"},
        {"tap.interface_lost", tap.lost_interface, "times an interface went down or vanished"},
        {"worker.hand_overs", most.hand_overs, "times a worker handed over what it had recorded"},
        {"worker.hand_overs_delayed", most.hand_overs_delayed, "times it had nothing to go on with"},
        {"worker.longest_control_ns", most.control_ns_max, "longest time a worker was kept from its queue",
         "ns", true},
        {"worker.control_ns", most.control_ns, "time workers were kept from their queues, in all", "ns"},
        {"worker.cpu_ns", most.cpu_ns, "processor time of the workers", "ns"},
        {"sampling.deep_events_skipped", most.sampling.deep_events_skipped,
         "events, by each handler, that were not analysed deeply as a worker was behind"},
        {"sampling.weight", most.sampling.weight,
         "deep events that one analysed stands for now: 1 when workers keep up; the worker furthest behind",
         "1", true},
        {"sampling.blocks", most.sampling.blocks, "blocks of frames read with a weight above 1"},
        {"sampling.ns", most.sampling.ns, "time of workers with a weight above 1", "ns"},
    };
    add_frame_lines(lines, sum);
    return lines;
}

} // namespace visor::engine
