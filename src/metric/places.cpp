#include "metric/places.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdio>
#include <cstring>

namespace visor {

namespace {

// Behind a place's text.
struct Location {
    int32_t lat, lon; // millionths of a degree
};
constexpr size_t location_size = 1 + sizeof(Location); // with its zero byte

bool has_location(std::string_view key) {
    return key.size() >= location_size && key[key.size() - location_size] == '\0';
}

std::string degrees(int32_t millionths) {
    char out[32];
    const int length = std::snprintf(out, sizeof out, "%.6f", millionths / 1e6);
    return {out, static_cast<size_t>(length)};
}

// Cut at the first zero byte, so that none is taken for that of a location, and where it is too long: before
// the character of UTF-8 that does not fit whole.
std::string_view cut(std::string_view text) {
    text = text.substr(0, text.find('\0'));
    if (text.size() <= GeoTable::text_max) return text;
    constexpr size_t longest_character = 4;
    size_t end = GeoTable::text_max;
    const auto continues = [&] { return (static_cast<uint8_t>(text[end]) & 0xc0) == 0x80; };
    while (end > GeoTable::text_max - longest_character && continues()) end--;
    return text.substr(0, continues() ? GeoTable::text_max : end);
}

std::string key_of_place(std::string_view text, double lat, double lon) {
    std::string key(cut(text));
    if (std::fabs(lat) <= 90 && std::fabs(lon) <= 180) { // false for NaN
        const Location at{static_cast<int32_t>(std::lround(lat * 1e6)),
                          static_cast<int32_t>(std::lround(lon * 1e6))};
        char bytes[location_size] = {};
        std::memcpy(bytes + 1, &at, sizeof at);
        key.append(bytes, sizeof bytes);
    }
    return key;
}

// The 32 bits that follow the first `bits` of an address.
uint32_t embedded_bits(uint64_t high, uint64_t low, uint32_t bits) {
    if (bits >= 64) return static_cast<uint32_t>(low >> (96 - bits));
    if (bits <= 32) return static_cast<uint32_t>(high >> (32 - bits));
    return static_cast<uint32_t>(high << (bits - 32) | low >> (96 - bits));
}

template <class T>
size_t bytes_of(const std::vector<T>& v) {
    return v.capacity() * sizeof(T);
}

} // namespace

uint32_t GeoTable::find_special(uint32_t id, const uint8_t* network_order) const {
    const uint64_t low = load_be64(network_order + 8);
    if (id & deep_flag) {
        const size_t begin = deep_begin_[id & ~deep_flag], end = deep_begin_[(id & ~deep_flag) + 1];
        id = deep_id_[begin + last_not_above(deep_key_.data() + begin, end - begin, low)];
        if (id < embedded_v4) return id;
    }
    return find_v4(embedded_bits(load_be64(network_order), low, id - embedded_v4));
}

std::string_view text_of_place(std::string_view key) {
    return has_location(key) ? key.substr(0, key.size() - location_size) : key;
}

bool location_of_place(std::string_view key, std::string& lat, std::string& lon) {
    if (!has_location(key)) return false;
    Location at;
    std::memcpy(&at, key.data() + key.size() - sizeof at, sizeof at);
    lat = degrees(at.lat);
    lon = degrees(at.lon);
    return true;
}

GeoTable::GeoTable() {
    keep("Unknown");
}

uint32_t GeoTable::keep(std::string_view key) {
    places_.push_back({sketch::murmur3_128(key.data(), key.size()).h1, static_cast<uint32_t>(keys_.size()),
                       static_cast<uint32_t>(key.size())});
    keys_ += key;
    return static_cast<uint32_t>(places_.size() - 1);
}

size_t GeoTable::memory_bytes() const {
    return sizeof *this + bytes_of(v4_root_) + bytes_of(v4_low_) + bytes_of(v4_id_) + bytes_of(v6_root_) +
           bytes_of(v6_jump_) + bytes_of(v6_key_) + bytes_of(v6_id_) + bytes_of(deep_begin_) +
           bytes_of(deep_key_) + bytes_of(deep_id_) + keys_.capacity() + bytes_of(places_);
}

uint32_t GeoBuilder::place(std::string_view text, double lat, double lon) {
    const auto [known, added] = known_.try_emplace(key_of_place(text, lat, lon), 0);
    if (added) known->second = table_.keep(known->first);
    return known->second;
}

void GeoBuilder::v4_from(uint32_t host_order, uint32_t id) {
    if (v4_.empty() && host_order != 0) v4_.emplace_back(0, 0);
    if (v4_.empty() || v4_.back().second != id) v4_.emplace_back(host_order, id);
}

// Ends what is told apart below /64: the last answer there goes on with the next /64.
void GeoBuilder::close_deep() {
    if (!deep_open_) return;
    deep_open_ = false;
    const uint64_t high = table_.v6_key_.back();
    if (high == ~uint64_t{0}) return;
    table_.v6_key_.push_back(high + 1);
    table_.v6_id_.push_back(table_.deep_id_.back());
}

void GeoBuilder::v6_from(uint64_t high, uint64_t low, uint32_t id) {
    auto& keys = table_.v6_key_;
    auto& ids = table_.v6_id_;
    if (keys.empty() && (high != 0 || low != 0)) {
        keys.push_back(0);
        ids.push_back(0);
    }
    if (deep_open_ && high != keys.back()) close_deep();
    if (deep_open_) {
        if (table_.deep_id_.back() == id) return;
        table_.deep_key_.push_back(low);
        table_.deep_id_.push_back(id);
        return;
    }
    if (!ids.empty() && ids.back() == id) return;
    if (low != 0) { // opens a part told apart below /64, beginning with the answer so far
        const uint32_t before = ids.back();
        if (keys.back() != high) {
            keys.push_back(high);
            ids.push_back(0);
        }
        ids.back() = GeoTable::deep_flag | static_cast<uint32_t>(table_.deep_begin_.size());
        table_.deep_begin_.push_back(static_cast<uint32_t>(table_.deep_key_.size()));
        table_.deep_key_.insert(table_.deep_key_.end(), {0, low});
        table_.deep_id_.insert(table_.deep_id_.end(), {before, id});
        deep_open_ = true;
    } else if (!keys.empty() && keys.back() == high) {
        ids.back() = id; // the end of a part told apart below /64 put a start here already
    } else {
        keys.push_back(high);
        ids.push_back(id);
    }
}

void GeoBuilder::compile_v4() {
    if (v4_.empty()) return;
    auto& t = table_;
    t.v4_root_.reserve(65537);
    t.v4_low_.reserve(v4_.size() + 65536);
    t.v4_id_.reserve(v4_.size() + 65536);
    size_t next = 0;
    uint32_t id = 0;
    for (uint32_t head = 0; head < 65536; head++) {
        t.v4_root_.push_back(static_cast<uint32_t>(t.v4_low_.size()));
        if (next == v4_.size() || v4_[next].first != head << 16) {
            t.v4_low_.push_back(0);
            t.v4_id_.push_back(id);
        }
        for (; next < v4_.size() && v4_[next].first >> 16 == head; next++) {
            id = v4_[next].second;
            t.v4_low_.push_back(static_cast<uint16_t>(v4_[next].first));
            t.v4_id_.push_back(id);
        }
    }
    t.v4_root_.push_back(static_cast<uint32_t>(t.v4_low_.size()));
    t.v4_low_.shrink_to_fit();
    t.v4_id_.shrink_to_fit();
}

// A second jump, with about one entry for every two to four range starts of the block.
void GeoBuilder::add_jump(GeoTable::Block& block, uint64_t first) {
    if (block.count < 16) return;
    auto& t = table_;
    const auto bits = std::min<uint32_t>(static_cast<uint32_t>(std::bit_width(block.count)) - 2, 16);
    block.jump = static_cast<uint32_t>(t.v6_jump_.size());
    block.jump_shift = 48 - bits;
    const uint32_t last = block.begin + block.count - 1;
    uint32_t at = block.begin;
    for (uint64_t part = 0; part < uint64_t{1} << bits; part++) {
        while (at < last && t.v6_key_[at + 1] <= first + (part << block.jump_shift)) at++;
        t.v6_jump_.push_back(at);
    }
    t.v6_jump_.push_back(last);
}

void GeoBuilder::compile_v6() {
    close_deep();
    auto& t = table_;
    if (t.v6_key_.empty()) return;
    t.deep_begin_.push_back(static_cast<uint32_t>(t.deep_key_.size()));
    t.v6_root_.resize(GeoTable::block_count + 1);
    const auto count = static_cast<uint32_t>(t.v6_key_.size());
    uint32_t at = 0;
    for (uint32_t i = 0; i < GeoTable::block_count; i++) {
        const uint64_t first = uint64_t{GeoTable::first_block + i} << 48, last = first | 0xffffffffffff;
        while (at + 1 < count && t.v6_key_[at + 1] <= first) at++;
        auto& block = t.v6_root_[i];
        block.begin = at;
        while (at + 1 < count && t.v6_key_[at + 1] <= last) at++;
        block.count = at - block.begin + 1;
        add_jump(block, first);
    }
    t.v6_root_.back().count = count;
    for (auto* v : {&t.v6_id_, &t.v6_jump_, &t.deep_begin_, &t.deep_id_}) v->shrink_to_fit();
    t.v6_key_.shrink_to_fit();
    t.deep_key_.shrink_to_fit();
}

GeoTable GeoBuilder::build() {
    compile_v4();
    compile_v6();
    table_.keys_.shrink_to_fit();
    table_.places_.shrink_to_fit();
    return std::move(table_);
}

} // namespace visor
