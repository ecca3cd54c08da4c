// DNS messages put together byte by byte, and what a DnsReader must say of any message: what is found the
// long way. Shared by its tests and its fuzz target. Threads: one at a time. Owns: nothing.
#pragma once

#include "engine/dns_reader.hpp"
#include "wire/dns_question.hpp"
#include "wire/test_frames.hpp"

#include <algorithm>
#include <string>
#include <vector>

namespace visor::engine::test {

using namespace wire::test;

inline Raw name_of(const std::vector<std::string>& labels) {
    Raw out;
    for (const std::string& label : labels) out = out + Raw{static_cast<uint8_t>(label.size())} + text(label);
    return out + Raw{0};
}

// A reader with room for the names of so many messages.
class TestReader : public DnsReader {
public:
    explicit TestReader(size_t messages, const sketch::HashKey& key = sketch::offline_hash_key)
        : DnsReader(key), names_(messages) {
        clear();
    }
    void clear() { begin(names_); }

private:
    NameRoom names_;
};

struct Shape {
    unsigned id = 1, flags = 0x0100, qdcount = 1, ancount = 0, nscount = 0, arcount = 0;
    unsigned qtype = 1, qclass = 1;
};
// A header, a name as it stands, type and class, and whatever follows.
inline Raw message_of(const Raw& name, const Raw& rest = {}, const Shape& s = {}) {
    return be16(s.id) + be16(s.flags) + be16(s.qdcount) + be16(s.ancount) + be16(s.nscount) +
           be16(s.arcount) + name + be16(s.qtype) + be16(s.qclass) + rest;
}

// What is found of a message without remembering anything.
struct Found {
    wire::DnsMessage message;
    wire::DnsNameText name;
    NameKeys keys{};
    std::string text;
};

inline Found found_of(Bytes message, const sketch::HashKey& key = sketch::offline_hash_key) {
    Found found;
    std::vector<char> room(wire::dns_name_text_max + 2 * wire::dns_text_slack, '!');
    char* const text = room.data() + wire::dns_text_slack;
    wire::parse_dns(message, found.message, text, found.name);
    if (found.message.has_question())
        found.keys = name_keys(key, text + found.name.length, found.name.two, found.name.three);
    found.text.assign(text, found.name.length);
    return found;
}

// The first field of the event that is not as it must be; empty when all are.
inline std::string wrong_field(const DnsEvent& event, Bytes message, const wire::Packet& packet,
                               DnsTransport transport = DnsTransport::udp) {
    const Found want = found_of(message);
    const wire::DnsHeader& header = want.message.header;
    if (event.data != message.data() || event.size != message.size()) return "bytes";
    if (event.id != header.id || event.flags.bits != header.flags.bits || event.answers != header.ancount)
        return "header";
    if (event.anomaly != want.message.anomaly) return "anomaly";
    if (event.has_question != want.message.has_question()) return "question";
    if (event.incomplete != (header.qdcount != 0 && !want.message.has_question())) return "incomplete";
    if (event.qtype != want.message.qtype) return "type";
    if (event.qname() != want.text)
        return "text '" + std::string(event.qname()) + "', not '" + want.text + "'";
    const wire::DnsNameText& ends = event.name->ends;
    const NameKeys& keys = event.name->keys;
    if (ends.two != want.name.two || ends.three != want.name.three) return "labels";
    if (event.has_question && (keys.two != want.keys.two || keys.three != want.keys.three)) return "keys";
    if (event.rcode != wire::dns_full_rcode(want.message)) return "rcode";
    if (event.packet != &packet || event.transport != transport || event.ts_ns != packet.ts_ns ||
        event.direction != packet.direction || event.ip_version != packet.ip_version ||
        event.client_port != client_port(packet))
        return "packet";
    if (event.transaction != transaction_of(packet.flow_hash, want.message.header.id)) return "transaction";
    return {};
}

} // namespace visor::engine::test
