// What the tests of TCP reassembly share: messages as a stream's bytes, and a receiver of them.
// Threads: one test at a time. Owns: plain strings.
#pragma once

#include "engine/tcp_streams.hpp"

#include <algorithm>
#include <string>
#include <vector>

namespace visor::engine::test {

using Messages = std::vector<std::string>;

inline std::string framed(const std::string& message) {
    return std::string{static_cast<char>(message.size() >> 8), static_cast<char>(message.size())} + message;
}
inline std::string framed(const Messages& messages) {
    std::string all;
    for (const auto& m : messages) all += framed(m);
    return all;
}
inline std::string message(char fill, size_t size = 20) {
    return std::string(size, fill);
}

// Streams, and the messages they gave.
class Receiver {
public:
    Receiver() = default;
    explicit Receiver(uint32_t connections) : streams(connections) {}

    struct Extra {
        uint8_t flags = 0;
        uint32_t missing = 0; // bytes cut off behind the payload
        uint64_t stream = 42;
        int64_t now_us = 1;
    };

    void segment(uint32_t seq, const std::string& bytes, const Extra& extra) {
        // Exactly as large as the payload, so that reading past it is seen by a sanitizer.
        const std::vector<uint8_t> exact(bytes.begin(), bytes.end());
        streams.segment({.stream = extra.stream,
                         .seq = seq,
                         .wire_len = static_cast<uint32_t>(bytes.size()) + extra.missing,
                         .payload = {exact.data(), exact.size()},
                         .now_us = extra.now_us,
                         .flags = extra.flags},
                        [&](Bytes m, const wire::Packet*) { take(m); });
    }
    void segment(uint32_t seq, const std::string& bytes) { segment(seq, bytes, {}); }
    void syn(uint32_t seq, uint64_t stream = 42) {
        segment(seq, "", {.flags = wire::tcp_flag::syn, .stream = stream});
    }
    void cross_gaps(int64_t before_us) {
        streams.cross_gaps(before_us, [&](Bytes m, const wire::Packet*) { take(m); });
    }
    void flush() {
        streams.flush([&](Bytes m, const wire::Packet*) { take(m); });
    }
    void take(Bytes m) { got.emplace_back(reinterpret_cast<const char*>(m.data()), m.size()); }
    const TcpStreamCounts& counts() const { return streams.counts(); }

    TcpStreams streams;
    Messages got;
};

} // namespace visor::engine::test
