// Bounded reassembly of DNS over TCP: segments in any order in, whole messages out.
//
// One direction of one connection is a stream. Segments that repeat or overlap what was seen are trimmed,
// those ahead of a gap are held; when a gap will not fill (too much held, nothing came for long, the capture
// is over) the stream goes on behind it, as if a message began there. A message inside one segment is handed
// out where it lies, without a copy. A length too short for a DNS header is counted, and the stream goes on
// behind it: what holds the header's flags is handed out, less is passed over.
//
// When the table of streams is full, the one idle for longest makes room for a new one. Where a limit was
// asked for, it is kept to the letter: a connection that had to go, or was never seen to begin, is not
// followed again while all that are followed are in use. Threads: one owner (the ordered lane). Owns: all
// state, in fixed pools. Units: bytes; microseconds. Wire: RFC 9293 (sequence numbers modulo 2^32), RFC 7766
// and RFC 1035 section 4.2.2 (two-byte length before each message).
#pragma once

#include "engine/stream_buffers.hpp"
#include "wire/packet.hpp"

#include <cstdint>
#include <vector>

namespace visor::engine {

struct TcpSegment {
    uint64_t stream = 0; // hash of the connection and direction
    uint32_t seq = 0;
    uint32_t wire_len = 0; // payload length on the wire; more than payload.size() when the capture cut it
    Bytes payload;
    int64_t now_us = 0;
    uint8_t flags = 0;                    // wire::tcp_flag
    const wire::Packet* packet = nullptr; // kept (its addresses too) if the segment must wait; may be null
};

struct TcpStreamCounts {
    uint64_t segments = 0;
    uint64_t messages = 0;
    uint64_t retransmitted = 0; // segments wholly seen before
    uint64_t out_of_order = 0;  // segments held for an earlier one
    uint64_t gaps = 0;          // places a stream went on, or ended, behind missing bytes
    uint64_t short_length = 0;  // length prefixes too short for a DNS header
    uint64_t streams_evicted = 0;
    uint64_t not_followed = 0; // segments of connections beyond the limit that was asked for
    uint64_t no_room = 0;      // segments or messages that found the pools empty
};

class TcpStreams {
public:
    // Follows so many connections, connections_max at most; 0 = as many as usual.
    explicit TcpStreams(uint32_t connections = 0);

    // Takes one segment; calls on_message(Bytes) for every message it completes.
    template <class F>
    void segment(const TcpSegment& segment, F&& on_message) {
        begin(segment);
        deliver(on_message);
    }
    // Streams nothing came for since before_us: what still waits for a gap to fill is delivered, half a
    // message is dropped, and their buffers are free for others. Calls on_message(Bytes, packet) with the
    // packet of the segment that waited.
    template <class F>
    void flush_idle(int64_t before_us, F&& on_message) {
        if (unfinished_ == 0 && held_free_.size() == held_total) return;
        for (Stream& stream : streams_) {
            if (stream.key == 0 || stream.last_us >= before_us) continue;
            while (stream.held_head) {
                resume(stream);
                deliver([&](Bytes message) { on_message(message, waited_.packet); });
            }
            pass_partial(stream);
        }
    }
    // The capture is over.
    template <class F>
    void flush(F&& on_message) {
        flush_idle(INT64_MAX, on_message);
    }
    const TcpStreamCounts& counts() const { return counts_; }

    static constexpr uint32_t connections_usual = 8192, connections_max = 65536;
    static constexpr int64_t idle_us = 60'000'000; // silent for so long, a stream waits for nothing any more
    static constexpr uint32_t held_max = 64;       // segments held for a gap, per stream
    static constexpr uint32_t held_total = 4096;   // ... and in all

private:
    struct Stream {
        uint64_t key = 0; // 0 = free
        int64_t last_us = 0;
        uint32_t first_seq = 0; // of the connection's first byte, or the first byte seen
        uint32_t next_seq = 0;
        uint32_t partial_len = 0; // bytes of the message being collected, its length prefix included
        uint32_t skip = 0;        // bytes of a message that is lost or no DNS still to pass over
        uint16_t held_head = 0;   // index + 1 of the first held segment, by sequence number
        uint16_t held_count = 0;
        uint8_t prefix[2] = {};        // length prefix of the message being collected
        StreamBuffers::Handle partial; // ... and what follows it
    };
    // A packet that outlives its block: itself and its IP header's fixed part.
    struct Waiting {
        wire::Packet packet;
        uint8_t ip[40] = {};
        void keep(const wire::Packet* from);
        void bind(); // points the packet to its own header
    };
    struct Held {
        uint32_t seq = 0, wire_len = 0, captured = 0;
        uint16_t next = 0; // index + 1
        StreamBuffers::Handle data;
        Waiting context;
    };
    // What is being fed to next_message(): the segment's own bytes or a held one's.
    struct Feed {
        Bytes bytes;
        uint32_t missing = 0; // bytes cut off by the capture behind them
    };

    template <class F>
    void deliver(F&& on_message) {
        if (!current_) return;
        for (Bytes message = next_message(); message.ok(); message = next_message()) {
            ++counts_.messages;
            on_message(message);
        }
        let_go();
    }
    void begin(const TcpSegment& segment);
    void resume(Stream& stream);
    Bytes next_message(); // null when nothing more is complete
    Bytes from_feed();
    Bytes whole_message();
    bool collect(); // true when the partial message is complete
    void pass_missing();
    void lose_framing();
    void length_known();
    void feed(uint32_t seq, Bytes captured, uint32_t wire_len);
    void hold(const TcpSegment& segment);
    void skip_gap(uint32_t seq);
    bool release_held();
    void drop_held(Stream& stream);
    void drop_partial(Stream& stream);
    void pass_partial(Stream& stream); // the message being collected is given up, its rest passed over
    void reset(Stream& stream);
    void let_go();
    Stream* set_of(uint64_t key) { return &streams_[(key & (sets_ - 1)) * ways_]; }
    Stream* find(uint64_t key);
    Stream* claim(uint64_t key, const TcpSegment& segment);

    bool strict_; // a limit was asked for
    uint32_t sets_, ways_;
    std::vector<Stream> streams_;
    std::vector<Held> held_;
    std::vector<uint16_t> held_free_;
    StreamBuffers buffers_;
    TcpStreamCounts counts_;
    uint32_t unfinished_ = 0;   // streams that collect a message of known length
    Stream* current_ = nullptr; // the stream being delivered
    Feed feed_;
    Waiting waited_;         // context of the held segment last fed
    bool cross_gap_ = false; // the next held segment may be fed although bytes before it are missing
    StreamBuffers::Handle feed_owner_;    // buffer of the held segment being fed
    StreamBuffers::Handle message_owner_; // buffer of the message last handed out
};

} // namespace visor::engine
