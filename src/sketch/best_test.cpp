#include "sketch/best.hpp"

#include "sketch/test_streams.hpp"

#include <gtest/gtest.h>

namespace visor::sketch {
namespace {

struct Larger {
    bool operator()(uint64_t a, uint64_t b) const { return a > b; }
};

TEST(Best, are_the_first_of_a_sort) {
    test::Random random(5);
    for (const size_t n : {0u, 1u, 2u, 10u, 99u, 100u, 1000u}) {
        Best<uint64_t, Larger> best(n);
        std::vector<uint64_t> all;
        for (int i = 0; i < 100; ++i) {
            all.push_back(random.below(40));
            if (best.wanted(all.back())) best.put(uint64_t{all.back()});
        }
        std::sort(all.begin(), all.end(), Larger());
        all.resize(std::min(n, all.size()));
        EXPECT_EQ(best.take(), all) << n;
    }
}

} // namespace
} // namespace visor::sketch
