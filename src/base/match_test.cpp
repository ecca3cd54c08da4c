#include "base/match.hpp"

#include <gtest/gtest.h>

#include <array>
#include <random>

namespace visor {
namespace {

template <unsigned N>
struct alignas(16) Words {
    std::array<uint32_t, N> at{};
};

// Words that differ from the wanted one in a single bit, so that a match of halves or bytes shows.
template <unsigned N, class Match>
void check_near_misses(Match match) {
    for (unsigned place = 0; place < N; ++place) {
        for (unsigned bit = 0; bit < 32; ++bit) {
            const uint32_t wanted = 0x80017fffU;
            Words<N> words;
            words.at.fill(wanted ^ (1U << bit));
            EXPECT_EQ(match(words.at.data(), wanted), 0U) << "bit " << bit;
            words.at[place] = wanted;
            EXPECT_EQ(match(words.at.data(), wanted), 1U << place) << "bit " << bit;
        }
    }
}

template <unsigned N, class Match>
void check_many(Match match) {
    std::mt19937 random(N);
    for (int round = 0; round < 1000; ++round) {
        Words<N> words;
        for (auto& word : words.at) word = static_cast<uint32_t>(random() % 3);
        for (uint32_t wanted = 0; wanted < 4; ++wanted) {
            uint32_t expected = 0;
            for (unsigned i = 0; i < N; ++i)
                if (words.at[i] == wanted) expected |= 1U << i;
            EXPECT_EQ(match(words.at.data(), wanted), expected);
            EXPECT_EQ(match_scalar<N>(words.at.data(), wanted), expected);
        }
    }
}

TEST(Match, NearMisses) {
    check_near_misses<8>(match8);
    check_near_misses<16>(match16);
}

TEST(Match, AnyNumberOfHits) {
    check_many<8>(match8);
    check_many<16>(match16);
}

#ifdef VISOR_SCALAR
TEST(Match, IsPortable) {
#ifdef VISOR_MATCH_SSE2
    FAIL() << "built with VISOR_SCALAR, but compares with SSE2";
#endif
}
#endif

} // namespace
} // namespace visor
