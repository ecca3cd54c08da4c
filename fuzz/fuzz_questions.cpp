// Any bytes as DNS messages, one behind the other, each begun by a byte that says how long it is: what a
// DnsReader makes of each, whatever it has read before, is what the long way makes of it.
#include "engine/test_questions.hpp"

#include <cstdlib>
#include <deque>
#include <memory>

using namespace visor;
using namespace visor::engine;

namespace {
constexpr size_t messages_max = 64;

void require(bool holds) {
    if (!holds) std::abort();
}

// Messages, each in memory exactly as large: one byte too far is seen.
class Messages {
public:
    Messages(const uint8_t* data, size_t size) {
        while (size > 0 && packets_.size() < messages_max) {
            const size_t length = std::min<size_t>(data[0], size - 1);
            add(data + 1, length);
            data += 1 + length;
            size -= 1 + length;
        }
    }
    const std::deque<wire::Packet>& packets() const { return packets_; }

private:
    // A payload of which nothing stands before it: its frame begins a byte earlier.
    void add(const uint8_t* message, size_t length) {
        uint8_t* const frame = kept_.emplace_back(new uint8_t[1 + length]).get();
        std::copy_n(message, length, frame + 1);
        wire::Packet& packet = packets_.emplace_back();
        packet.data = frame;
        packet.payload = 1;
        packet.payload_len = static_cast<uint32_t>(length);
        packet.caplen = packet.wirelen = static_cast<uint32_t>(1 + length);
        packet.flow_hash = packets_.size() * 0x9e3779b97f4a7c15;
    }

    std::deque<std::unique_ptr<uint8_t[]>> kept_;
    std::deque<wire::Packet> packets_;
};

void check_each(test::TestReader& reader, const Messages& messages) {
    for (const wire::Packet& packet : messages.packets()) {
        DnsEvent event;
        reader.clear();
        reader.read(packet.payload_bytes(), packet, DnsTransport::tcp, event);
        require(test::wrong_field(event, packet.payload_bytes(), packet, DnsTransport::tcp).empty());
    }
}

// All their texts stand until the reader is cleared.
void check_together(test::TestReader& reader, const Messages& messages) {
    const wire::Packet* order[messages_max];
    DnsEvent events[messages_max];
    size_t count = 0;
    for (const wire::Packet& packet : messages.packets()) order[count++] = &packet;
    reader.clear();
    for (size_t at = 0; at < count; at += DnsReader::together)
        reader.read({order + at, std::min(DnsReader::together, count - at)}, events + at);
    for (size_t i = 0; i < count; ++i)
        require(test::wrong_field(events[i], order[i]->payload_bytes(), *order[i]).empty());
}
} // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    const Messages messages(data, size);
    test::TestReader reader(messages_max);
    check_each(reader, messages);
    check_each(reader, messages); // what can be remembered is
    check_together(reader, messages);
    return 0;
}
