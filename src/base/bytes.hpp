// A bounded view of bytes: the only way anything read from a wire or a file is parsed.
//
// Reading past the end never touches memory: it yields zeros and turns the view null, so a parser is a
// straight list of fields with one check of ok() at the end. Threads: value type. Owns: nothing; valid as
// long as the bytes it was made over. Units: bytes; u16/u32 read network order, the le_ forms little-endian.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>

namespace visor {

inline uint16_t load_be16(const uint8_t* p) {
    return static_cast<uint16_t>(p[0] << 8 | p[1]);
}
inline uint32_t load_be32(const uint8_t* p) {
    uint32_t v;
    std::memcpy(&v, p, sizeof v);
    return __builtin_bswap32(v);
}
inline uint64_t load_be64(const uint8_t* p) {
    uint64_t v;
    std::memcpy(&v, p, sizeof v);
    return __builtin_bswap64(v);
}
inline uint16_t load_le16(const uint8_t* p) {
    return static_cast<uint16_t>(p[0] | p[1] << 8);
}
inline uint32_t load_le32(const uint8_t* p) {
    return __builtin_bswap32(load_be32(p));
}
template <class T>
T load_native(const uint8_t* p) {
    T v;
    std::memcpy(&v, p, sizeof v);
    return v;
}

class Bytes {
public:
    constexpr Bytes() = default;
    constexpr Bytes(const uint8_t* data, size_t size) : p_(data), end_(data + size) {}

    bool ok() const { return p_ != nullptr; }
    bool empty() const { return p_ == end_; }
    size_t size() const { return static_cast<size_t>(end_ - p_); }
    const uint8_t* data() const { return p_; }
    uint8_t operator[](size_t i) const { return p_[i]; } // caller checked size()

    uint8_t u8() {
        if (!need(1)) return 0;
        return *p_++;
    }
    uint16_t u16() {
        if (!need(2)) return 0;
        p_ += 2;
        return load_be16(p_ - 2);
    }
    uint32_t u32() {
        if (!need(4)) return 0;
        p_ += 4;
        return load_be32(p_ - 4);
    }
    void skip(size_t n) {
        if (need(n)) p_ += n;
    }
    // The next n bytes as a view of their own; null (and this view null) when there are fewer.
    Bytes take(size_t n) {
        if (!need(n)) return {};
        p_ += n;
        return {p_ - n, n};
    }
    // The first n bytes, or all of them when there are fewer; never null unless this view is.
    Bytes first(size_t n) const { return {p_, n < size() ? n : size()}; }
    // Everything from offset on; null when the offset lies past the end.
    Bytes from(size_t offset) const {
        return offset <= size() ? Bytes{p_ + offset, size() - offset} : Bytes{};
    }

private:
    bool need(size_t n) {
        if (size() >= n && p_) return true;
        p_ = end_ = nullptr;
        return false;
    }
    const uint8_t* p_ = nullptr;
    const uint8_t* end_ = nullptr;
};

} // namespace visor
