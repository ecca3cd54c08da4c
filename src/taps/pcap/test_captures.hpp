// Small capture files written byte by byte, and readers that collect what a source delivers: for the tests of
// this room.
#pragma once

#include "taps/pcap/capture_file.hpp"

#include <algorithm>
#include <cstring>
#include <gtest/gtest.h>

namespace visor::taps::test {

using Content = std::vector<uint8_t>;

struct Writer {
    bool swapped = false;
    Content out;

    template <class T>
    void put(T value) {
        uint8_t raw[sizeof(T)];
        std::memcpy(raw, &value, sizeof value);
        if (swapped) std::reverse(raw, raw + sizeof raw);
        out.insert(out.end(), raw, raw + sizeof raw);
    }
    void put_bytes(const Content& bytes, size_t align = 1) {
        out.insert(out.end(), bytes.begin(), bytes.end());
        while (out.size() % align != 0) out.push_back(0);
    }
};

struct PcapWriter : Writer {
    uint32_t magic = 0xa1b2c3d4;
    void header(uint32_t linktype = 1, uint16_t major = 2) {
        put(magic);
        put(major);
        put(uint16_t{4});
        put(uint64_t{0});
        put(uint32_t{262144});
        put(linktype);
    }
    void record(uint32_t s, uint32_t sub, const Content& frame, uint32_t original) {
        put(s);
        put(sub);
        put(static_cast<uint32_t>(frame.size()));
        put(original);
        if (magic == 0xa1b2cd34) put(uint64_t{0});
        put_bytes(frame);
    }
};

struct PcapngWriter : Writer {
    void block(uint32_t type, const Content& body) {
        const auto length = static_cast<uint32_t>((body.size() + 3) / 4 * 4 + 12);
        put(type);
        put(length);
        put_bytes(body, 4);
        put(length);
    }
    Writer body() const { return {swapped, {}}; }
    static constexpr int no_tsresol = -1;
    // So many bytes of comments, which are 4 to 65532 bytes each.
    Content comments(size_t size) const {
        Writer b = body();
        while (b.out.size() < size) {
            const size_t text = std::min<size_t>(65'528, (size - b.out.size() + 3) / 4 * 4 - 4);
            b.put(uint16_t{1});
            b.put(static_cast<uint16_t>(text));
            b.put_bytes(Content(text, 'c'));
        }
        return b.out;
    }
    void section(uint16_t major = 1, const Content& options = {}) {
        Writer b = body();
        b.put(uint32_t{0x1a2b3c4d});
        b.put(major);
        b.put(uint16_t{0});
        b.put(int64_t{-1});
        b.put_bytes(options);
        block(0x0a0d0d0a, b.out);
    }
    void interface(uint16_t linktype, uint32_t snaplen = 0, int tsresol = no_tsresol, int64_t offset_s = 0,
                   const Content& options = {}) {
        Writer b = body();
        b.put(linktype);
        b.put(uint16_t{0});
        b.put(snaplen);
        b.put_bytes(options);
        if (tsresol != no_tsresol) {
            b.put(uint16_t{9});
            b.put(uint16_t{1});
            b.put_bytes({static_cast<uint8_t>(tsresol)}, 4);
        }
        if (offset_s != 0) {
            b.put(uint16_t{14});
            b.put(uint16_t{8});
            b.put(offset_s);
        }
        b.put(uint32_t{0});
        block(1, b.out);
    }
    void enhanced(uint32_t id, uint64_t ticks, const Content& frame, uint32_t original,
                  const Content& options = {}) {
        Writer b = body();
        b.put(id);
        b.put(static_cast<uint32_t>(ticks >> 32));
        b.put(static_cast<uint32_t>(ticks));
        b.put(static_cast<uint32_t>(frame.size()));
        b.put(original);
        b.put_bytes(frame, options.empty() ? 1 : 4);
        b.put_bytes(options);
        block(6, b.out);
    }
    void obsolete(uint16_t id, uint64_t ticks, const Content& frame, uint32_t original) {
        Writer b = body();
        b.put(id);
        b.put(uint16_t{7});
        b.put(static_cast<uint32_t>(ticks >> 32));
        b.put(static_cast<uint32_t>(ticks));
        b.put(static_cast<uint32_t>(frame.size()));
        b.put(original);
        b.put_bytes(frame);
        block(2, b.out);
    }
    void simple(const Content& frame, uint32_t original) {
        Writer b = body();
        b.put(original);
        b.put_bytes(frame);
        block(3, b.out);
    }
};

// A frame of `size` bytes that can be told from others.
inline Content frame_of(size_t size, uint8_t seed) {
    Content frame(size);
    for (size_t i = 0; i < size; ++i) frame[i] = static_cast<uint8_t>(seed + i);
    return frame;
}

// A UDP over IPv4 over Ethernet frame to the given port.
inline Content udp_frame(uint16_t port) {
    Content frame(60, 0);
    frame[12] = 8;
    frame[14] = 0x45;
    frame[17] = 46;
    frame[23] = 17;
    frame[36] = static_cast<uint8_t>(port >> 8);
    frame[37] = static_cast<uint8_t>(port);
    return frame;
}

struct Seen {
    Content bytes;
    int64_t ts_ns;
    uint32_t wirelen;
    uint16_t link;
    uint32_t interface_id;
    bool operator==(const Seen&) const = default;
};

struct Outcome {
    std::vector<Seen> frames;
    std::vector<uint32_t> blocks; // frames in each
    engine::SourceLedger ledger;
    std::string trouble;
};

inline void expect_balanced(const engine::SourceLedger& l) {
    EXPECT_EQ(l.received, l.delivered + l.cut_short + l.bad_record + l.unsupported_link + l.filtered_bpf);
}

inline Outcome drain(engine::FrameSource& source) {
    Outcome outcome;
    engine::FrameBlock block;
    for (source.next(block); block.count > 0; source.next(block)) {
        EXPECT_LE(block.count, engine::block_frames_max);
        expect_balanced(source.ledger());
        outcome.blocks.push_back(block.count);
        for (uint32_t i = 0; i < block.count; ++i) {
            const engine::Frame& f = block.frames[i];
            outcome.frames.push_back(
                {{f.data, f.data + f.caplen}, f.ts_ns, f.wirelen, f.link, f.interface_id});
        }
    }
    source.next(block);
    EXPECT_EQ(block.count, 0u) << "the end stays the end";
    outcome.ledger = source.ledger();
    outcome.trouble = source.trouble();
    expect_balanced(outcome.ledger);
    EXPECT_EQ(outcome.ledger.delivered, outcome.frames.size());
    return outcome;
}

inline Outcome read_all(Content content, const CaptureOptions& options = {}) {
    auto source = open_capture_stream(memory_bytes(std::move(content)), "test", options);
    if (!source) {
        ADD_FAILURE() << source.error();
        return {};
    }
    return drain(**source);
}

inline std::string open_error(Content content, const CaptureOptions& options = {}) {
    const auto source = open_capture_stream(memory_bytes(std::move(content)), "test", options);
    return source ? std::string() : source.error();
}

} // namespace visor::taps::test
