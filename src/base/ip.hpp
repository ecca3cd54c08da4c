// IP addresses and prefixes as 16 bytes; IPv4 is held v4-mapped (::ffff:a.b.c.d, RFC 4291 section 2.5.5.2).
// Threads: value types, immutable once built.
#pragma once

#include "base/bytes.hpp"
#include "base/result.hpp"

#include <array>
#include <string>
#include <string_view>
#include <vector>

namespace visor {

struct IpAddress {
    std::array<uint8_t, 16> bytes{};

    static IpAddress v4(const uint8_t* network_order);
    static IpAddress v6(const uint8_t* network_order);
    bool is_v4() const;
    const uint8_t* v4_bytes() const { return bytes.data() + 12; }
    std::string text() const; // RFC 5952
    bool operator==(const IpAddress&) const = default;

    static Result<IpAddress> parse(std::string_view text);
};

struct IpPrefix {
    IpAddress address;
    uint8_t bits = 0; // 0..128 over the mapped form: an IPv4 /24 is 120 here
    bool v4 = false;

    // "192.0.2.0/24" or "2001:db8::/32"; a bare address is refused, as users of host_spec expect.
    static Result<IpPrefix> parse(std::string_view cidr);
};

// A small set of prefixes, asked once or twice a packet.
class PrefixSet {
public:
    static Result<PrefixSet> parse(std::string_view comma_separated);
    void add(const IpPrefix& prefix);
    bool empty() const { return v4_.empty() && v6_.empty(); }
    struct Found {
        bool first, second;
    };
    // Two addresses in network order, one behind the other. All prefixes are asked, without a branch: nobody
    // can foresee which packet is of ours.
    Found contain_v4(const uint8_t* both) const {
        const uint32_t a = load_be32(both), b = load_be32(both + 4);
        Found found{};
        for (const auto& p : v4_) {
            found.first |= (a & p.mask) == p.value;
            found.second |= (b & p.mask) == p.value;
        }
        return found;
    }
    Found contain_v6(const uint8_t* both) const {
        const uint64_t a_hi = load_be64(both), a_lo = load_be64(both + 8);
        const uint64_t b_hi = load_be64(both + 16), b_lo = load_be64(both + 24);
        Found found{};
        for (const auto& p : v6_) {
            found.first |= (((a_hi ^ p.hi) & p.mask_hi) | ((a_lo ^ p.lo) & p.mask_lo)) == 0;
            found.second |= (((b_hi ^ p.hi) & p.mask_hi) | ((b_lo ^ p.lo) & p.mask_lo)) == 0;
        }
        return found;
    }
    bool contains(const IpAddress& address) const {
        uint8_t both[32] = {};
        const bool v4 = address.is_v4();
        std::memcpy(both, v4 ? address.v4_bytes() : address.bytes.data(), v4 ? 4 : 16);
        return v4 ? contain_v4(both).first : contain_v6(both).first;
    }

private:
    struct V4 {
        uint32_t value, mask;
    };
    struct V6 {
        uint64_t hi, lo, mask_hi, mask_lo;
    };
    std::vector<V4> v4_;
    std::vector<V6> v6_;
};

} // namespace visor
