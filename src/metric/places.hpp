// What handlers ask of the databases an operator may give: where an address is, and where a name's public
// suffix begins. Everything here is plain data compiled at load; no database library is in sight.
//
// A geo database becomes a table of sorted range starts. IPv4: a 16-bit jump to the /16, then a binary search
// of its 2-byte starts. IPv6: a jump to the /16, a second jump as wide as the /16 is populous, then a binary
// search of the upper 64 bits; what is told apart below /64 is searched once more. Each distinct record is
// one id.
// An id means something in its table alone, so top lists know places by what they are (Place): lists of
// several tables merge, and are read without any.
// Memory: 6 bytes an IPv4 range, 12 to 14 an IPv6 one (neighbours with one answer are one range), 16 bytes
// and the text of a place, 9 more where it has a location, and at most 640 KiB (IPv4) and 128 KiB (IPv6) of
// jumps. A city database with 2.6 million IPv4 ranges took 19.6 MiB. Threads: tables are immutable once built
// and shared by all workers. Owns: its tables and texts. Units: ids, 0 = unknown to the database; degrees.
#pragma once

#include "base/bytes.hpp"
#include "base/ip.hpp"
#include "sketch/hash.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

namespace visor {

// A place as top lists keep it. The key is what is to be printed: the text, and behind a zero byte the
// location where there is one.
struct Place {
    uint64_t identity;    // hash of the key
    std::string_view key; // as long as the table is there
};
// What a key says. Location: degrees with six decimals; false when there is none.
std::string_view text_of_place(std::string_view key);
bool location_of_place(std::string_view key, std::string& lat, std::string& lon);

class GeoTable {
public:
    static constexpr size_t text_max = 1000; // bytes; longer ones are cut

    GeoTable();
    // Hot: no allocation, no lock.
    uint32_t find(const IpAddress& address) const {
        return address.is_v4() ? find_v4(load_be32(address.v4_bytes())) : find_v6(address.bytes.data());
    }
    uint32_t find_v4(uint32_t host_order) const;
    uint32_t find_v6(const uint8_t* network_order) const;

    // "NA/United States/WA/Milton", "1221/Telstra Pty Ltd"; "Unknown" for 0, and for what is no id of it.
    Place place(uint32_t id) const {
        const Kept& kept = places_[id < places_.size() ? id : 0];
        return {kept.identity, {keys_.data() + kept.begin, kept.size}};
    }
    void prefetch(uint32_t id) const { __builtin_prefetch(places_.data() + id); } // before place()
    Place place_of(const IpAddress& address) const { return place(find(address)); }
    std::string_view text(uint32_t id) const { return text_of_place(place(id).key); }

    size_t places() const { return places_.size() - 1; } // but for the unknown one
    size_t ranges_v4() const { return v4_id_.size(); }
    size_t ranges_v6() const { return v6_id_.size() + deep_id_.size(); }
    size_t memory_bytes() const;

private:
    friend class GeoBuilder;
    // Above every real id: the address carries an IPv4 address that decides, `id - embedded_v4` bits in.
    static constexpr uint32_t embedded_v4 = 0x7fffff00;
    static constexpr uint32_t deep_flag = 0x80000000; // the rest is an index of deep_begin_
    static constexpr uint32_t first_block = 0x2000, block_count = 0x2000; // 2000::/3, all that is allocated

    struct Block {
        uint32_t begin = 0, count = 0; // v6_key_[begin] holds the block's first address
        uint32_t jump = 0;             // v6_jump_[jump + i]: the range of the i-th part's first address
        uint32_t jump_shift = 0;       // part = 48-bit rest >> shift; 0 = no second jump
    };

    template <class Key>
    static size_t last_not_above(const Key* keys, size_t count, Key key) {
        size_t base = 0;
        while (count > 1) {
            const size_t half = count / 2;
            base = keys[base + half] <= key ? base + half : base;
            count -= half;
        }
        return base;
    }
    uint32_t find_special(uint32_t id, const uint8_t* network_order) const;

    std::vector<uint32_t> v4_root_; // 65537: where a /16's ranges begin; empty = no IPv4 data
    std::vector<uint16_t> v4_low_;  // range starts: the lower half of the address
    std::vector<uint32_t> v4_id_;
    std::vector<Block> v6_root_; // one per /16 of 2000::/3, and one for all the rest; empty = no IPv6 data
    std::vector<uint32_t> v6_jump_;
    std::vector<uint64_t> v6_key_; // range starts: the upper 64 bits
    std::vector<uint32_t> v6_id_;
    std::vector<uint32_t> deep_begin_;
    std::vector<uint64_t> deep_key_; // range starts: the lower 64 bits
    std::vector<uint32_t> deep_id_;
    struct Kept {
        uint64_t identity;
        uint32_t begin, size; // of its key
    };
    uint32_t keep(std::string_view key); // its id
    std::string keys_;
    std::vector<Kept> places_; // by id
};

inline uint32_t GeoTable::find_v4(uint32_t host_order) const {
    if (v4_root_.empty()) return 0;
    const size_t begin = v4_root_[host_order >> 16], end = v4_root_[(host_order >> 16) + 1];
    const auto low = static_cast<uint16_t>(host_order);
    return v4_id_[begin + last_not_above(v4_low_.data() + begin, end - begin, low)];
}

inline uint32_t GeoTable::find_v6(const uint8_t* network_order) const {
    if (v6_root_.empty()) return 0;
    const uint64_t high = load_be64(network_order);
    const auto head = static_cast<uint32_t>(high >> 48);
    const Block& block = v6_root_[head - first_block < block_count ? head - first_block : block_count];
    size_t begin = block.begin, count = block.count;
    if (block.jump_shift) {
        const size_t part = block.jump + ((high & 0xffffffffffff) >> block.jump_shift);
        begin = v6_jump_[part];
        count = v6_jump_[part + 1] - begin + 1;
    }
    const uint32_t id = v6_id_[begin + last_not_above(v6_key_.data() + begin, count, high)];
    return id < embedded_v4 ? id : find_special(id, network_order);
}

// Takes what a database's loader reads, in ascending order of address, and compiles it.
class GeoBuilder {
public:
    // Degrees; NaN when the record has no location. The same content gets the same id.
    uint32_t place(std::string_view text, double lat, double lon);

    // From this address on, up to the next one added, the answer is id; before the first it is 0.
    void v4_from(uint32_t host_order, uint32_t id);
    void v6_from(uint64_t high, uint64_t low, uint32_t id);
    // From here on the 32 bits after the first `bits` (at most 96) are an IPv4 address that decides.
    void v6_embedded_v4_from(uint64_t high, uint64_t low, uint32_t bits) {
        v6_from(high, low, GeoTable::embedded_v4 + bits);
    }

    GeoTable build();

private:
    void close_deep();
    void compile_v4();
    void compile_v6();
    void add_jump(GeoTable::Block& block, uint64_t first);

    GeoTable table_;
    std::vector<std::pair<uint32_t, uint32_t>> v4_; // range starts and their ids
    std::unordered_map<std::string, uint32_t> known_;
    bool deep_open_ = false; // the last of v6_key_ is told apart below /64, and more of it may come
};

// The public suffixes of the DNS (publicsuffix.org), by the rules with wildcards and exceptions.
class SuffixList {
public:
    virtual ~SuffixList() = default;
    // Bytes of the longest public suffix at the end of a lower-case name without its trailing dot: 5
    // ("co.uk") for "www.google.co.uk". A name that is itself a suffix is its own; names under no rule have
    // their last label. Not cheap: some hundred ns.
    virtual size_t suffix_size(std::string_view lower_name) const = 0;
    std::string_view public_suffix(std::string_view lower_name) const {
        return lower_name.substr(lower_name.size() - suffix_size(lower_name));
    }
};

// What handlers are lent. Of what the operator gives, any may be absent. All tables of a run hash with one
// key: its results are merged, and a decoder hashes for handlers.
struct Services {
    const GeoTable* city = nullptr;
    const GeoTable* asn = nullptr;
    const SuffixList* suffixes = nullptr;
    sketch::HashKey key = sketch::offline_hash_key;
};

} // namespace visor
