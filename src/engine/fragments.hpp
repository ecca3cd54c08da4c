// Bounded reassembly of fragmented UDP datagrams that may carry DNS.
//
// Fragments may come in any order, repeat and overlap; where two disagree the bytes first seen stand. A
// datagram whose first part shows other ports is forgotten but for a mark, so its later parts cost nothing.
// Threads: one owner (the ordered lane). Owns: all state, in fixed pools. Units: bytes; microseconds.
// Wire: RFC 791 section 3.2, RFC 8200 section 4.5, RFC 815 (holes).
#pragma once

#include "engine/stream_buffers.hpp"
#include "wire/packet.hpp"

#include <array>
#include <vector>

namespace visor::engine {

struct FragmentCounts {
    uint64_t fragments = 0;
    uint64_t datagrams = 0; // completed
    uint64_t timed_out = 0; // given up after 30 s
    uint64_t evicted = 0;   // given up to make room for another
    uint64_t no_room = 0;   // fragments dropped: pools empty, too many parts, or beyond 64 KiB
};

class Fragments {
public:
    Fragments();

    // Takes one fragment; returns the whole datagram (UDP header onwards) when it completes one, else null.
    // The view is valid until the next call. `wanted(first 4 bytes)` says whether the ports are worth
    // keeping.
    template <class F>
    Bytes add(uint64_t key, const wire::Fragment& fragment, int64_t now_us, F&& wanted) {
        Datagram* datagram = open(key, now_us);
        if (datagram->ignored) return {};
        if (fragment.offset == 0 && fragment.body.size() >= 4 && !wanted(fragment.body)) {
            ignore(*datagram);
            return {};
        }
        return store(*datagram, fragment);
    }
    // Gives up every datagram that has waited too long.
    void expire(int64_t now_us);
    const FragmentCounts& counts() const { return counts_; }

    static constexpr uint32_t datagrams_max = 1024;
    static constexpr int64_t timeout_us = 30'000'000;

private:
    struct Range {
        uint32_t begin, end;
    };
    struct Datagram {
        uint64_t key = 0; // 0 = free
        int64_t first_us = 0;
        uint32_t total = 0; // known once the last part came; 0 until then
        uint8_t parts = 0;
        bool ignored = false;
        StreamBuffers::Handle buffer;
        std::array<Range, 48> have{}; // sorted, disjoint, not touching
    };

    Datagram* open(uint64_t key, int64_t now_us);
    void ignore(Datagram& datagram);
    Bytes store(Datagram& datagram, const wire::Fragment& fragment);
    bool insert(Datagram& datagram, Range range, const uint8_t* bytes);
    void fill(Datagram& datagram, Range range, Range part, const uint8_t* bytes);
    void forget(Datagram& datagram);

    std::vector<Datagram> datagrams_;
    StreamBuffers buffers_;
    StreamBuffers::Handle done_;
    uint32_t open_ = 0; // datagrams begun and not forgotten
    FragmentCounts counts_;
};

} // namespace visor::engine
