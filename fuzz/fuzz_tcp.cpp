// Any bytes as TCP segments and IP fragments: out of order, overlapping, cut, of a few streams. Messages must
// hold the flags of a DNS header, datagrams within 64 KiB, and every byte handed out must be readable.
//
// Each step is 8 bytes: what, stream, offset (2, big-endian), length (2), missing, time; then its payload.

#include "engine/fragments.hpp"
#include "engine/tcp_streams.hpp"

#include <cstdlib>
#include <vector>

using namespace visor;

namespace {

constexpr uint32_t flags_end = 4;

void require(bool holds) {
    if (!holds) std::abort();
}

void touch(Bytes bytes) {
    static volatile uint32_t sum;
    for (size_t i = 0; i < bytes.size(); ++i) sum = sum + bytes[i];
}

struct Step {
    uint8_t what, stream, missing, seconds;
    uint16_t offset;
    std::vector<uint8_t> payload; // exactly as large, so that reading past it is seen
};

bool read_step(Bytes& in, Step& step) {
    step.what = in.u8();
    step.stream = in.u8() & 7;
    step.offset = in.u16();
    const size_t length = in.u16() & 4095;
    step.missing = in.u8();
    step.seconds = in.u8();
    if (!in.ok()) return false;
    const Bytes payload = in.take(length < in.size() ? length : in.size());
    step.payload.assign(payload.data(), payload.data() + payload.size());
    return true;
}

class Streams {
public:
    // Making streams anew costs more than an input: each has its own instead, and leaves no buffer taken.
    void begin_run() { ++run_; }
    void segment(const Step& step, int64_t now_us) {
        const Bytes payload(step.payload.data(), step.payload.size());
        const uint32_t start = step.stream & 1 ? 0xffffff00U : 1000U; // sequence numbers that soon wrap
        streams_.segment({.stream = run_ << 3 | step.stream,
                          .seq = start + step.offset,
                          .wire_len = static_cast<uint32_t>(payload.size()) + step.missing,
                          .payload = payload,
                          .now_us = now_us,
                          .flags = static_cast<uint8_t>(step.what >> 4)},
                         [this](Bytes m, const wire::Packet*) { message(m); });
    }
    void flush(int64_t before_us) {
        streams_.cross_gaps(before_us, [this](Bytes m, const wire::Packet*) { message(m); });
    }
    void check() const { require(streams_.counts().messages == messages_); }

private:
    void message(Bytes m) {
        ++messages_;
        require(m.ok() && m.size() >= flags_end && m.size() <= 65535);
        touch(m);
    }
    engine::TcpStreams streams_;
    uint64_t messages_ = 0;
    uint64_t run_ = 0;
};

void fragment(engine::Fragments& fragments, const Step& step, int64_t now_us) {
    const wire::Fragment part{
        1, step.offset * 8U, (step.what & 8) != 0, {step.payload.data(), step.payload.size()}};
    const Bytes whole = fragments.add(step.stream, part, now_us, [](Bytes head) { return head[0] != 0xff; });
    if (!whole.ok()) return;
    require(whole.size() <= 65535);
    touch(whole);
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    static Streams streams;
    static engine::Fragments fragments;
    streams.begin_run();
    Bytes in(data, size);
    Step step{};
    int64_t now_us = 0;
    while (!in.empty() && read_step(in, step)) {
        now_us += step.seconds * int64_t{100'000};
        switch (step.what & 7) {
        case 0:
            streams.flush(now_us - 5'000'000);
            fragments.expire(now_us);
            break;
        case 1:
        case 2:
            fragment(fragments, step, now_us);
            break;
        default:
            streams.segment(step, now_us);
        }
        streams.check();
    }
    streams.flush(INT64_MAX);
    streams.check();
    fragments.expire(INT64_MAX);
    return 0;
}
