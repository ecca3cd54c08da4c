// Frames and the capture file they go to: Ethernet, IPv4 or IPv6 and a layer 4, with right lengths and
// checksums. Units: pcap microseconds. Wire: RFC 791, 8200, 1071 (checksums); the classic little-endian pcap
// format.
#pragma once

#include <array>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <string>

namespace pcapgen {

enum : uint8_t { icmp = 1, tcp = 6, udp = 17, icmp6 = 58 };

class Buf {
public:
    void clear() { n_ = 0; }
    size_t size() const { return n_; }
    uint8_t* data() { return b_.data(); }
    const uint8_t* data() const { return b_.data(); }
    void u8(unsigned v) { b_[n_++] = static_cast<uint8_t>(v); }
    void u16(unsigned v) { u8(v >> 8), u8(v); }
    void u32(uint32_t v) { u16(v >> 16), u16(v & 0xffff); }
    void bytes(const void* p, size_t n) { std::memcpy(&b_[n_], p, n), n_ += n; }
    void put16(size_t at, unsigned v) {
        b_[at] = static_cast<uint8_t>(v >> 8), b_[at + 1] = static_cast<uint8_t>(v);
    }

private:
    std::array<uint8_t, 4096> b_{};
    size_t n_ = 0;
};

struct Addr {
    bool v6 = false;
    std::array<uint8_t, 16> b{};
    static Addr v4(uint32_t address);
    static Addr v6net(uint16_t subnet, uint64_t host); // 2001:db8:SUBNET::HOST
    size_t len() const { return v6 ? 16 : 4; }
};

// Writes the Ethernet and IP headers; returns the offset at which layer 4 starts.
size_t begin_frame(Buf& f, const Addr& src, const Addr& dst, uint8_t proto, uint8_t tos, uint16_t ip_id);
// Fills in the IP length and the IPv4 and layer 4 checksums.
void end_frame(Buf& f, bool v6, uint8_t proto, size_t l4);

class PcapWriter {
public:
    explicit PcapWriter(const std::string& path); // throws when it cannot create the file
    ~PcapWriter();
    PcapWriter(const PcapWriter&) = delete;
    PcapWriter& operator=(const PcapWriter&) = delete;
    void packet(uint64_t usec, const Buf& frame);
    uint64_t packets() const { return packets_; }
    uint64_t bytes() const { return bytes_; }

private:
    void write(const void* p, size_t n);
    std::FILE* file_;
    uint64_t packets_ = 0, bytes_ = 0;
};

} // namespace pcapgen
