#include "taps/mock/mock_frame.hpp"

#include <string>

namespace visor::taps {
namespace {

using Content = std::vector<uint8_t>;

void put16(Content& out, unsigned value) {
    out.push_back(static_cast<uint8_t>(value >> 8));
    out.push_back(static_cast<uint8_t>(value));
}

void put(Content& out, const Content& more) {
    out.insert(out.end(), more.begin(), more.end());
}

void put_label(Content& out, const std::string& label) {
    out.push_back(static_cast<uint8_t>(label.size()));
    out.insert(out.end(), label.begin(), label.end());
}

// RFC 1071.
uint16_t checksum(const Content& bytes) {
    uint32_t sum = 0;
    for (size_t i = 0; i < bytes.size(); ++i)
        sum += i % 2 == 0 ? uint32_t{bytes[i]} << 8 : uint32_t{bytes[i]};
    while (sum > 0xffff) sum = (sum & 0xffff) + (sum >> 16);
    return static_cast<uint16_t>(~sum);
}

void set16(Content& bytes, size_t at, unsigned value) {
    bytes[at] = static_cast<uint8_t>(value >> 8);
    bytes[at + 1] = static_cast<uint8_t>(value);
}

Content udp_of(const Content& source, const Content& destination, unsigned source_port,
               unsigned destination_port, const Content& payload) {
    const auto length = static_cast<unsigned>(8 + payload.size());
    Content udp;
    put16(udp, source_port);
    put16(udp, destination_port);
    put16(udp, length);
    put16(udp, 0);
    put(udp, payload);
    Content summed = source; // the pseudo header
    put(summed, destination);
    put16(summed, 17);
    put16(summed, length);
    put(summed, udp);
    const unsigned sum = checksum(summed);
    set16(udp, 6, sum == 0 ? 0xffffU : sum); // 0 says there is none
    return udp;
}

Content ip_of(const Content& source, const Content& destination, unsigned id, const Content& payload) {
    Content ip = {0x45, 0};
    put16(ip, static_cast<unsigned>(20 + payload.size()));
    put16(ip, id);
    put(ip, {0x40, 0, 64, 17, 0, 0}); // not to be fragmented
    put(ip, source);
    put(ip, destination);
    set16(ip, 10, checksum(ip));
    put(ip, payload);
    return ip;
}

} // namespace

Content MockFrames::message(bool reply) {
    static constexpr uint8_t types[] = {1, 28, 12, 15, 16};
    Content out;
    put16(out, below(0x10000));
    put16(out, reply ? 0x8180U | below(6) : 0x0100U);
    put16(out, 1);
    put(out, {0, 0, 0, 0, 0, 0});
    put_label(out, std::to_string(below(20)));
    put_label(out, "pktvisor-mock");
    put_label(out, "dev");
    out.push_back(0);
    put16(out, types[below(5)]);
    put16(out, 1);
    return out;
}

Content MockFrames::next() {
    const bool reply = below(2) == 1, ours_first = below(2) == 1;
    const Content ours = {192, 168, 0, 1}, other = {10, 0, 0, static_cast<uint8_t>(1 + below(254))};
    const auto& source = ours_first ? ours : other;
    const auto& destination = ours_first ? other : ours;
    const unsigned port = 1024 + below(0x10000 - 1024);
    const Content content = message(reply);
    const auto udp = reply ? udp_of(source, destination, 53, port, content)
                           : udp_of(source, destination, port, 53, content);
    Content frame = {2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 8, 0};
    put(frame, ip_of(source, destination, below(0x10000), udp));
    return frame;
}

} // namespace visor::taps
