// Bytes of names as text, sixteen at a time: what is printable, in lower case or as it stands.
//
// Threads: pure functions. Owns: nothing. Hot. What is not printable ASCII is told, not escaped.
#pragma once

#include <cstddef>
#include <cstdint>

#if defined(__SSE2__) && !defined(VISOR_SCALAR)
#include <emmintrin.h>
#define VISOR_NAME_SSE2 1
#endif

namespace visor::wire::detail {

#ifdef VISOR_NAME_SSE2

// All ones in the bytes whose bit is set.
inline __m128i bytes_of(uint64_t bits) {
    const __m128i each_bit = _mm_set1_epi64x(static_cast<int64_t>(0x8040201008040201));
    __m128i x = _mm_cvtsi32_si128(static_cast<int>(bits));
    x = _mm_unpacklo_epi8(x, x);
    x = _mm_shufflelo_epi16(x, 0x50);
    x = _mm_unpacklo_epi32(x, x);
    return _mm_cmpeq_epi8(_mm_and_si128(x, each_bit), each_bit);
}

// Sixteen bytes of a name from `from` become text at `to`, bytes whose bit in `ends` is set become dots.
// Returns a bit for each byte that is not printable ASCII, or is a dot.
template <bool lower>
inline uint64_t text16(const uint8_t* from, char* to, uint64_t ends) {
    const __m128i dot = _mm_set1_epi8('.');
    __m128i x = _mm_loadu_si128(reinterpret_cast<const __m128i*>(from));
    // Adding 1 makes DEL negative, like all that is not ASCII.
    const __m128i control = _mm_cmplt_epi8(_mm_add_epi8(x, _mm_set1_epi8(1)), _mm_set1_epi8(0x21));
    const __m128i odd = _mm_or_si128(control, _mm_cmpeq_epi8(x, dot));
    if constexpr (lower) { // 'A'..'Z' become the largest bytes there are
        const __m128i upper =
            _mm_cmpgt_epi8(_mm_add_epi8(x, _mm_set1_epi8(0x7f - 'Z')), _mm_set1_epi8(0x7f - 'Z' + 'A' - 1));
        x = _mm_or_si128(x, _mm_and_si128(upper, _mm_set1_epi8(0x20)));
    }
    const __m128i at_end = bytes_of(ends);
    _mm_storeu_si128(reinterpret_cast<__m128i*>(to),
                     _mm_or_si128(_mm_andnot_si128(at_end, x), _mm_and_si128(at_end, dot)));
    return static_cast<uint32_t>(_mm_movemask_epi8(odd));
}

#else

template <bool lower>
inline uint64_t text16(const uint8_t* from, char* to, uint64_t ends) {
    uint64_t odd = 0;
    for (unsigned i = 0; i < 16; ++i) {
        const uint8_t c = from[i];
        odd |= uint64_t{c < 0x20 || c >= 0x7f || c == '.'} << i;
        const bool upper = lower && c >= 'A' && c <= 'Z';
        to[i] = ends >> i & 1 ? '.' : static_cast<char>(upper ? c | 0x20 : c);
    }
    return odd;
}

#endif

} // namespace visor::wire::detail
