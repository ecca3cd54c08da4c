// Finding a word among 8 or 16: one instruction per four where the processor has it, the same answer
// everywhere. Threads: pure functions. The words are 16-byte aligned.
#pragma once

#include <cstdint>

#if defined(__SSE2__) && !defined(VISOR_SCALAR)
#include <emmintrin.h>
#define VISOR_MATCH_SSE2 1
#endif

namespace visor {

// Bit i is set where word i equals the wanted one.
template <unsigned N>
inline uint32_t match_scalar(const uint32_t* words, uint32_t wanted) {
    uint32_t mask = 0;
    for (unsigned i = 0; i < N; ++i) mask |= static_cast<uint32_t>(words[i] == wanted) << i;
    return mask;
}

#ifdef VISOR_MATCH_SSE2
inline uint32_t match8(const uint32_t* words, uint32_t wanted) {
    const auto* lanes = reinterpret_cast<const __m128i*>(words);
    const __m128i want = _mm_set1_epi32(static_cast<int>(wanted));
    const __m128i both = _mm_packs_epi32(_mm_cmpeq_epi32(_mm_load_si128(lanes), want),
                                         _mm_cmpeq_epi32(_mm_load_si128(lanes + 1), want));
    return static_cast<uint32_t>(_mm_movemask_epi8(_mm_packs_epi16(both, _mm_setzero_si128())));
}
inline uint32_t match16(const uint32_t* words, uint32_t wanted) {
    const auto* lanes = reinterpret_cast<const __m128i*>(words);
    const __m128i want = _mm_set1_epi32(static_cast<int>(wanted));
    const __m128i low = _mm_packs_epi32(_mm_cmpeq_epi32(_mm_load_si128(lanes), want),
                                        _mm_cmpeq_epi32(_mm_load_si128(lanes + 1), want));
    const __m128i high = _mm_packs_epi32(_mm_cmpeq_epi32(_mm_load_si128(lanes + 2), want),
                                         _mm_cmpeq_epi32(_mm_load_si128(lanes + 3), want));
    return static_cast<uint32_t>(_mm_movemask_epi8(_mm_packs_epi16(low, high)));
}
#else
inline uint32_t match8(const uint32_t* words, uint32_t wanted) {
    return match_scalar<8>(words, wanted);
}
inline uint32_t match16(const uint32_t* words, uint32_t wanted) {
    return match_scalar<16>(words, wanted);
}
#endif

} // namespace visor
