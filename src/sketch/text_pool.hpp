// Key bytes of table entries: chained cells of 32 bytes out of a fixed pool, returned when an entry is
// evicted.
//
// Threads: one at a time. Owns: its bytes; all-zero is empty, and cells never handed out stay untouched.
// Units: bytes; a key longer than max_length is cut there (identity is the hash, never the text).
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <type_traits>

namespace visor::sketch {

struct TextRef {
    uint16_t head; // 1-based cell; 0 when the text is empty
    uint16_t length;
};

template <uint32_t Cells>
struct TextPool {
    static_assert(Cells < 65536);
    static constexpr uint32_t max_length = 1024;

    // Whatever ref held is gone. False, with nothing taken, when too few cells are free.
    bool store(TextRef& ref, const void* data, uint32_t length) {
        if (length - 1 >= cell_bytes || ref.length > cell_bytes) [[unlikely]]
            return store_long(ref, data, length);
        if (ref.head == 0) {
            if (used_ == Cells) return false;
            ref.head = take();
            cells_[ref.head - 1].next = 0;
        }
        copy_short(cells_[ref.head - 1].bytes, static_cast<const uint8_t*>(data), length);
        ref.length = static_cast<uint16_t>(length);
        return true;
    }

    // Copies the text to out, which holds max_length bytes; returns its length.
    uint32_t read(const TextRef& ref, uint8_t* out) const {
        uint32_t left = ref.length;
        for (uint16_t at = ref.head; at != 0 && left > 0; at = cells_[at - 1].next) {
            const uint32_t n = std::min(left, cell_bytes);
            std::memcpy(out, cells_[at - 1].bytes, n);
            out += n;
            left -= n;
        }
        return ref.length;
    }

    void release(TextRef& ref) {
        for (uint16_t at = ref.head; at != 0;) {
            Cell& cell = cells_[at - 1];
            const uint16_t next = cell.next;
            cell.next = free_;
            free_ = at;
            at = next;
            --used_;
        }
        ref = {};
    }

    // The text is no longer wanted. A single cell stays with ref, for the text that will most likely follow.
    void vacate(TextRef& ref) {
        if (ref.length > cell_bytes) release(ref);
    }

    uint32_t used() const { return used_; }

    // Every text is gone, in time that goes with how many there have been.
    void clear() {
        std::memset(cells_, 0, fresh_ * sizeof(Cell));
        used_ = fresh_ = 0;
        free_ = 0;
    }

private:
    static constexpr uint32_t cell_bytes = 30;

    struct Cell {
        uint16_t next; // of a text or of the free list, 1-based; 0 ends
        uint8_t bytes[cell_bytes];
    };

    // 1 to 32 bytes, by two copies that may overlap.
    static void copy_short(uint8_t* to, const uint8_t* from, uint32_t length) {
        const auto ends = [&](size_t bytes) {
            uint8_t first[16], last[16];
            std::memcpy(first, from, bytes);
            std::memcpy(last, from + length - bytes, bytes);
            std::memcpy(to, first, bytes);
            std::memcpy(to + length - bytes, last, bytes);
        };
        if (length >= 16) return ends(16);
        if (length >= 8) return ends(8);
        if (length >= 4) return ends(4);
        to[0] = from[0];
        to[length / 2] = from[length / 2];
        to[length - 1] = from[length - 1];
    }

    [[gnu::noinline]] bool store_long(TextRef& ref, const void* data, uint32_t length) {
        release(ref);
        const uint32_t kept = std::min(length, max_length);
        const uint32_t cells = (kept + cell_bytes - 1) / cell_bytes;
        if (cells > Cells - used_) return false;
        const auto* from = static_cast<const uint8_t*>(data);
        uint16_t* link = &ref.head;
        for (uint32_t left = kept; left > 0;) {
            const uint16_t at = take();
            Cell& cell = cells_[at - 1];
            const uint32_t n = std::min(left, cell_bytes);
            std::memcpy(cell.bytes, from, n);
            from += n;
            left -= n;
            *link = at;
            link = &cell.next;
        }
        *link = 0;
        ref.length = static_cast<uint16_t>(kept);
        return true;
    }

    uint16_t take() {
        ++used_;
        if (free_ == 0) return static_cast<uint16_t>(++fresh_);
        const uint16_t at = free_;
        free_ = cells_[at - 1].next;
        return at;
    }

    uint32_t used_;
    uint32_t fresh_; // cells ever handed out
    uint16_t free_;
    alignas(32) Cell cells_[Cells];
};

static_assert(std::is_trivial_v<TextPool<8>>);

} // namespace visor::sketch
