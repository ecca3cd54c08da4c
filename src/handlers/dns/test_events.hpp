// DNS messages and events put together for this room's tests. Threads: one test at a time.
// Owns: TestEvents keeps the bytes its events point into.
#pragma once

#include "metric/test_handlers.hpp"
#include "wire/dns_question.hpp"
#include "wire/test_frames.hpp"

#include <deque>
#include <vector>

namespace visor::dns::test {

using wire::Direction;
using namespace wire::test;

inline constexpr int64_t start_ns = 1'700'000'000'000'000'000;
inline constexpr uint16_t type_a = 1, type_txt = 16, type_aaaa = 28, type_opt = 41, type_rrsig = 46;

struct Record {
    uint16_t type = type_a;
    Raw data = {192, 0, 2, 1};
};

struct Message {
    std::string_view name = "www.example.com"; // as text; empty: no question
    uint16_t type = type_a;
    bool reply = false;
    uint8_t rcode = 0;
    uint16_t id = 1;
    uint16_t flags = 0; // further ones
    std::vector<Record> answers = {};
    Raw options = {}; // of an OPT record; none without
    uint8_t extended_rcode = 0;

    Raw bytes() const;
};

inline Raw Message::bytes() const {
    const bool opt = !options.empty() || extended_rcode != 0;
    const unsigned all_flags = flags | rcode | (reply ? 0x8000U : 0U);
    Raw out = be16(id) + be16(all_flags) + be16(name.empty() ? 0 : 1) +
              be16(static_cast<unsigned>(answers.size())) + be16(0) + be16(opt ? 1 : 0);
    if (!name.empty()) out = out + name_bytes(name) + be16(type) + be16(1);
    for (const Record& r : answers)
        out = out + Raw{0} + be16(r.type) + be16(1) + be32(60) + be16(static_cast<unsigned>(r.data.size())) +
              r.data;
    if (opt)
        out = out + Raw{0} + be16(type_opt) + be16(4096) + Raw{extended_rcode, 0, 0, 0} +
              be16(static_cast<unsigned>(options.size())) + options;
    return out;
}

// A client subnet option of 192.0.<third>.0/24.
inline Raw client_subnet(uint8_t third = 2) {
    return be16(8) + be16(7) + be16(1) + Raw{24, 0, 192, 0, third};
}

// How a message came. `direction` is its packet's.
struct Way {
    Direction direction = Direction::unknown;
    int64_t us = 0;
    uint64_t flow = 1;
    DnsTransport transport = DnsTransport::udp;
    bool v6 = false;
};

class TestEvents {
public:
    DnsEvent operator()(const Message& message, const Way& way = {}) { return raw(message.bytes(), way); }

    DnsEvent raw(Raw message, const Way& way = {}) {
        const bool reply = message.size() > 2 && (message[2] & 0x80);
        const Raw datagram = reply ? wire::test::udp({}, 53, 4000) : wire::test::udp({}, 4000, 53);
        const Raw frame = way.v6 ? wire::test::ether(0x86dd, wire::test::ip6(datagram))
                                 : wire::test::ether(0x0800, wire::test::ip4(datagram));
        wire::Packet& packet = packets_.emplace_back(wire::test::decoded(frame));
        packet.ts_ns = start_ns + way.us * 1000;
        packet.flow_hash = way.flow * 0x9e3779b97f4a7c15U;
        packet.direction = way.direction;
        const Raw& kept = messages_.emplace_back(std::move(message));
        const Bytes bytes(kept.data(), kept.size());
        char* text = texts_.emplace_back(wire::dns_name_text_max + 2 * wire::dns_text_slack).data() +
                     wire::dns_text_slack;
        DnsName& name = names_.emplace_back();
        wire::DnsMessage parsed;
        wire::parse_dns(bytes, parsed, text, name.ends);
        name.text = text;
        name.keys = name_keys(sketch::offline_hash_key, name.end(), name.ends.two, name.ends.three);
        DnsEvent event{};
        event.name = &name;
        describe(parsed, packet, way.transport, event);
        return event;
    }

private:
    std::deque<wire::Packet> packets_;
    std::deque<Raw> messages_;
    std::deque<DnsName> names_;
    std::deque<std::vector<char>> texts_;
};

// A handler and its bucket, fed as the engine does: what needs no order first.
template <class Cells>
class Fed {
public:
    void feed(const std::vector<DnsEvent>& events) {
        Batch batch;
        batch.period_start_ns = start_ns;
        batch.dns = events;
        handler->on_batch(batch, cells.get());
        handler->on_ordered(batch, cells.get());
    }
    Cells* operator->() { return cells.get(); }

    std::unique_ptr<Handler> handler;
    visor::test::Bucket<Cells> cells;
};

} // namespace visor::dns::test
