#include "engine/ledger.hpp"

namespace visor::engine {

std::vector<LedgerLine> ledger_lines(const Ledger& ledger) {
    const SourceLedger& s = ledger.source;
    std::vector<LedgerLine> lines = {
        {"tap.received", s.received, "records read from the capture"},
        {"tap.delivered", s.delivered, "frames handed to the workers"},
        {"tap.malformed.cut_short", s.cut_short, "records the file ends in the middle of"},
        {"tap.malformed.bad_record", s.bad_record, "records with impossible lengths"},
        {"tap.malformed.unsupported_link", s.unsupported_link, "frames of a link type that is not read"},
        {"tap.dropped.filter", s.filtered_bpf, "frames the capture filter left out"},
        {"frames.late", ledger.feed.late, "frames more than a period older than the newest"},
    };
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
    return lines;
}

} // namespace visor::engine
