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
    bool empty() const { return !v4_.any && !v6_.any; }
    struct Found {
        bool first, second;
    };
    // Two addresses in network order, one behind the other. All prefixes are asked, without a branch: nobody
    // can foresee which packet is of ours.
    Found contain_v4(const uint8_t* both) const {
        const V4::Address a(both), b(both + 4);
        return v4_.find(a, b);
    }
    Found contain_v6(const uint8_t* both) const {
        const V6::Address a(both), b(both + 16);
        return v6_.find(a, b);
    }
    bool contains(const IpAddress& address) const {
        uint8_t both[32] = {};
        const bool v4 = address.is_v4();
        std::memcpy(both, v4 ? address.v4_bytes() : address.bytes.data(), v4 ? 4 : 16);
        return v4 ? contain_v4(both).first : contain_v6(both).first;
    }

private:
    // Addresses, values and masks as they stand in network order; made without any, a prefix holds nothing.
    struct V4 {
        struct Address {
            explicit Address(const uint8_t* p) : all(load_native<uint32_t>(p)) {}
            uint32_t all;
        };
        uint32_t value = 1, mask = 0;
        bool holds(const Address& a) const { return (a.all & mask) == value; }
    };
    struct V6 {
        struct Address {
            explicit Address(const uint8_t* p)
                : head(load_native<uint64_t>(p)), tail(load_native<uint64_t>(p + 8)) {}
            uint64_t head, tail;
        };
        uint64_t head = 1, tail = 0, mask_head = 0, mask_tail = 0;
        bool holds(const Address& a) const {
            return (((a.head & mask_head) ^ head) | ((a.tail & mask_tail) ^ tail)) == 0;
        }
    };
    // Most often there is one of a kind, so the first is asked where it stands.
    template <class Prefix>
    struct Several {
        Prefix first;
        std::vector<Prefix> others;
        bool any = false;

        void add(const Prefix& prefix) {
            if (any)
                others.push_back(prefix);
            else
                first = prefix;
            any = true;
        }
        Found find(const typename Prefix::Address& a, const typename Prefix::Address& b) const {
            Found found{first.holds(a), first.holds(b)};
            for (const Prefix& p : others) {
                found.first |= p.holds(a);
                found.second |= p.holds(b);
            }
            return found;
        }
    };
    Several<V4> v4_;
    Several<V6> v6_;
};

} // namespace visor
