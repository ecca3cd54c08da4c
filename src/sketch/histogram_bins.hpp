// Which bin a value falls into, and the edges of that bin: base 2^(1/32) (Prometheus native histograms,
// schema 5) and base 10^(1/18) truncated to integers (the legacy histogram).
//
// Both look up a cell of the leading mantissa bits, narrower than any bin, and settle it with one comparison.
// Threads: pure functions over constants.
#pragma once

#include <array>
#include <bit>
#include <cstdint>

namespace visor::sketch {

namespace detail {

// 2^(j/32) as doubles round it, as 64-bit mantissas with the leading bit set: the edges other engines compare
// with.
inline constexpr std::array<uint64_t, 32> exp_edge{
    0x8000000000000000u, 0x82cd8698ac2ba000u, 0x85aac367cc487800u, 0x88980e8092da8800u, //
    0x8b95c1e3ea8bd800u, 0x8ea4398b45cd5000u, 0x91c3d373ab11c000u, 0x94f4efa8fef70800u, //
    0x9837f0518db8a800u, 0x9b8d39b9d54e5800u, 0x9ef5326091a11000u, 0xa27043030c496800u, //
    0xa5fed6a9b1513800u, 0xa9a15ab4ea7c1000u, 0xad583eea42a14800u, 0xb123f581d2ac2800u, //
    0xb504f333f9de6800u, 0xb8fbaf4762fba000u, 0xbd08a39f580c3800u, 0xc12c4cca66709800u, //
    0xc5672a115506d800u, 0xc9b9bd866e2f2800u, 0xce248c151f848000u, 0xd2a81d91f12ae800u, //
    0xd744fccad69d6800u, 0xdbfbb797daf23800u, 0xe0ccdeec2a94e000u, 0xe5b906e77c834800u, //
    0xeac0c6e7dd243800u, 0xefe4b99bdcdaf800u, 0xf5257d152486d000u, 0xfa83b2db722a0000u};

struct ExpCells {
    uint64_t edge[64]; // the one edge a cell can have inside, or the next above it
    uint8_t bin[64];   // bin of the values in the cell that do not exceed that edge
};

// 64 cells an octave: a cell is 2^-6 of the octave's start wide, the narrowest bin 2^(1/32) - 1 = 1.4 * 2^-6.
inline constexpr ExpCells exp_cells = [] {
    ExpCells cells{};
    for (uint32_t cell = 0; cell < 64; ++cell) {
        const uint64_t start = uint64_t{1} << 63 | static_cast<uint64_t>(cell) << 57;
        uint8_t j = 0;
        while (j < 32 && exp_edge[j] < start) ++j;
        cells.bin[cell] = j;
        cells.edge[cell] = j < 32 ? exp_edge[j] : UINT64_MAX;
    }
    return cells;
}();

inline int exp_bin_index(uint64_t mantissa, int exponent) {
    const auto cell = (mantissa >> 57) & 63;
    return exponent * 32 + exp_cells.bin[cell] + (mantissa > exp_cells.edge[cell]);
}

} // namespace detail

// Index i with 2^((i-1)/32) < value <= 2^(i/32); the value must be positive.
inline int exp_bin_index(uint64_t value) {
    const int zeros = std::countl_zero(value);
    return detail::exp_bin_index(value << zeros, 63 - zeros);
}

// Subnormals, far below any range kept, count as 2^-1023.
inline int exp_bin_index(double value) {
    const auto bits = std::bit_cast<uint64_t>(value);
    return detail::exp_bin_index(uint64_t{1} << 63 | bits << 11, static_cast<int>(bits >> 52) - 1023);
}

double exp_bin_upper(int index);          // 2^(index/32)
double exp_bin_middle(int index);         // equally far, relatively, from both edges
double exp_bin_middle_integer(int index); // the same among the integers of the bin

// floor(10^(k/18)) for k = 0..324 without repeats, and 0 before them.
struct DecadeBounds {
    uint32_t count;
    uint64_t bound[326];
};

inline constexpr DecadeBounds decade_bounds = [] {
    // 10^(j/18) with 18 decimals: dividing them away truncates exactly.
    constexpr std::array<uint64_t, 18> step{
        1000000000000000000u, 1136463666385724746u, 1291549665014883875u, 1467799267622069540u, //
        1668100537200058753u, 1895735652406375803u, 2154434690031883721u, 2448436746822227006u, //
        2782559402207124597u, 3162277660168379331u, 3593813663804627302u, 4084238652674521116u, //
        4641588833612778892u, 5274997063702618401u, 5994842503189410148u, 6812920690579612854u, //
        7742636826811270597u, 8799225435691070301u};
    DecadeBounds bounds{.count = 1, .bound = {}};
    uint64_t divisor = step[0];
    for (uint32_t decade = 0; decade <= 18; ++decade, divisor /= 10) {
        for (const uint64_t s : step) {
            const uint64_t bound = s / divisor;
            if (bound != bounds.bound[bounds.count - 1]) bounds.bound[bounds.count++] = bound;
            if (decade == 18) break; // 10^18 is the last
        }
    }
    return bounds;
}();

namespace detail {

// First bound not below the start of each eighth of an octave. From 16 on such a cell is at most 2^0.17 wide
// and the bounds 2^0.185 apart, so that bound or the next is the answer; below, a cell holds one integer.
inline constexpr auto decade_cell = [] {
    std::array<uint16_t, 512> cells{};
    uint32_t at = 0;
    for (uint32_t octave = 0; octave < 64; ++octave) {
        for (uint32_t part = 0; part < 8; ++part) {
            const uint64_t start = octave >= 3 ? static_cast<uint64_t>(8 + part) << (octave - 3)
                                               : static_cast<uint64_t>(8 + part) >> (3 - octave);
            while (at < decade_bounds.count && decade_bounds.bound[at] < start) ++at;
            cells[octave * 8 + part] = static_cast<uint16_t>(at);
        }
    }
    return cells;
}();

} // namespace detail

// Position among decade_bounds of the first bound that is not below the value; their count when none is.
inline uint32_t decade_bin(uint64_t value) {
    if (value == 0) return 0;
    const auto octave = 63u - static_cast<uint32_t>(std::countl_zero(value));
    const auto part = octave >= 3 ? value >> (octave - 3) : value << (3 - octave);
    const uint32_t at = detail::decade_cell[octave * 8 + (part & 7)];
    if (at >= decade_bounds.count) return at;
    return at + (decade_bounds.bound[at] < value);
}

} // namespace visor::sketch
