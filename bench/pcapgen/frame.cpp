#include "frame.hpp"

#include <stdexcept>

namespace pcapgen {
namespace {

uint32_t sum16(const uint8_t* p, size_t n, uint32_t acc = 0) {
    for (; n > 1; p += 2, n -= 2) acc += static_cast<uint32_t>(p[0] << 8 | p[1]);
    return n ? acc + static_cast<uint32_t>(p[0] << 8) : acc;
}

uint16_t fold(uint32_t s) {
    while (s >> 16) s = (s & 0xffff) + (s >> 16);
    return static_cast<uint16_t>(~s);
}

} // namespace

Addr Addr::v4(uint32_t address) {
    Addr r;
    for (int i = 0; i < 4; ++i) r.b[i] = static_cast<uint8_t>(address >> (24 - 8 * i));
    return r;
}

Addr Addr::v6net(uint16_t subnet, uint64_t host) {
    Addr r;
    r.v6 = true;
    const uint8_t head[6] = {
        0x20, 0x01, 0x0d, 0xb8, static_cast<uint8_t>(subnet >> 8), static_cast<uint8_t>(subnet)};
    std::memcpy(r.b.data(), head, sizeof head);
    for (int i = 0; i < 8; ++i) r.b[15 - i] = static_cast<uint8_t>(host >> (8 * i));
    return r;
}

size_t begin_frame(Buf& f, const Addr& src, const Addr& dst, uint8_t proto, uint8_t tos, uint16_t ip_id) {
    static const uint8_t mac[12] = {2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1};
    f.clear();
    f.bytes(mac, sizeof mac);
    if (src.v6) {
        f.u16(0x86dd);
        f.u32(0x60000000U | static_cast<uint32_t>(tos) << 20);
        f.u16(0), f.u8(proto), f.u8(64);
    } else {
        f.u16(0x0800);
        f.u8(0x45), f.u8(tos), f.u16(0), f.u16(ip_id), f.u16(0x4000), f.u8(64), f.u8(proto), f.u16(0);
    }
    f.bytes(src.b.data(), src.len());
    f.bytes(dst.b.data(), dst.len());
    return f.size();
}

void end_frame(Buf& f, bool v6, uint8_t proto, size_t l4) {
    const auto l4len = static_cast<unsigned>(f.size() - l4);
    if (v6) {
        f.put16(18, l4len);
    } else {
        f.put16(16, l4len + 20);
        f.put16(24, fold(sum16(f.data() + 14, 20)));
    }
    const size_t at = proto == tcp ? 16 : proto == udp ? 6 : 2;
    uint32_t acc = 0;
    if (proto != icmp) acc = sum16(f.data() + (v6 ? 22 : 26), v6 ? 32 : 8) + l4len + proto;
    if (proto == udp) f.put16(l4 + 4, l4len);
    f.put16(l4 + at, 0);
    uint16_t checksum = fold(sum16(f.data() + l4, l4len, acc));
    if (proto == udp && checksum == 0) checksum = 0xffff;
    f.put16(l4 + at, checksum);
}

PcapWriter::PcapWriter(const std::string& path) : file_(std::fopen(path.c_str(), "wb")) {
    if (!file_) throw std::runtime_error("cannot create " + path);
    std::setvbuf(file_, nullptr, _IOFBF, 4U << 20);
    const uint32_t head[6] = {0xa1b2c3d4, 4U << 16 | 2, 0, 0, 262144, 1};
    write(head, sizeof head);
}

PcapWriter::~PcapWriter() {
    std::fclose(file_);
}

void PcapWriter::packet(uint64_t usec, const Buf& frame) {
    const auto n = static_cast<uint32_t>(frame.size());
    const uint32_t record[4] = {static_cast<uint32_t>(usec / 1000000), static_cast<uint32_t>(usec % 1000000),
                                n, n};
    write(record, sizeof record);
    write(frame.data(), n);
    ++packets_, bytes_ += n;
}

void PcapWriter::write(const void* p, size_t n) {
    if (std::fwrite(p, 1, n, file_) != n) throw std::runtime_error("write failed");
}

} // namespace pcapgen
