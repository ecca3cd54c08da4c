// Ticks of a pcapng interface to nanoseconds since 1970, for any resolution and offset, saturating instead of
// overflowing.
//
// Threads: value type. Units: ticks as the file has them; nanoseconds. Format: draft-ietf-opsawg-pcapng,
// section 4.2 (if_tsresol, if_tsoffset).
#pragma once

#include <cstdint>
#include <limits>

namespace visor::taps {

class TimeScale {
public:
    // if_tsresol: ticks are 10^-n s, or with the top bit set 2^-n s.
    void set_resolution(uint8_t tsresol) {
        const unsigned exponent = tsresol & 0x7f;
        multiplier_ = divisor_ = 1;
        shift_ = 0;
        if (tsresol & 0x80) {
            multiplier_ = 1'000'000'000;
            shift_ = exponent;
        } else if (exponent <= 9) {
            multiplier_ = power_of_10(9 - exponent);
        } else if (exponent - 9 <= 19) {
            divisor_ = power_of_10(exponent - 9);
        } else {
            multiplier_ = 0; // even 2^64 ticks are less than a nanosecond
        }
        safe_ticks_ = shift_ == 0 && divisor_ == 1 && multiplier_ != 0 ? ns_max / multiplier_ : 0;
    }
    void set_offset_s(int64_t seconds) {
        if (__builtin_mul_overflow(seconds, int64_t{1'000'000'000}, &offset_ns_))
            offset_ns_ =
                seconds < 0 ? std::numeric_limits<int64_t>::min() : std::numeric_limits<int64_t>::max();
    }
    int64_t ns(uint64_t ticks) const {
        const int64_t scaled = static_cast<int64_t>(ticks <= safe_ticks_ ? ticks * multiplier_ : wide(ticks));
        int64_t sum;
        if (__builtin_add_overflow(scaled, offset_ns_, &sum)) return std::numeric_limits<int64_t>::max();
        return sum;
    }

private:
    __extension__ using Wide = unsigned __int128;
    static constexpr uint64_t ns_max = std::numeric_limits<int64_t>::max();

    static constexpr uint64_t power_of_10(unsigned n) {
        uint64_t power = 1;
        while (n-- > 0) power *= 10;
        return power;
    }
    uint64_t wide(uint64_t ticks) const {
        const Wide scaled = static_cast<Wide>(ticks) * multiplier_ / divisor_ >> shift_;
        return scaled < ns_max ? static_cast<uint64_t>(scaled) : ns_max;
    }
    uint64_t multiplier_ = 1000; // microseconds unless the interface says otherwise
    uint64_t divisor_ = 1;
    unsigned shift_ = 0;
    uint64_t safe_ticks_ = ns_max / 1000; // up to here the multiplication cannot overflow
    int64_t offset_ns_ = 0;
};

} // namespace visor::taps
