#include "sketch/exact.hpp"
#include "sketch/test_streams.hpp"

#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

#include <utility>
#include <vector>

namespace visor::sketch {
namespace {

TEST(ExactCounts, counts_weights_and_what_is_outside) {
    auto c = test::zeroed<ExactCounts<16>>();
    c->add(3);
    c->add(3, uint64_t{1} << 35);
    c->add(15);
    c->add(16, 2);
    EXPECT_EQ(c->at(3), (uint64_t{1} << 35) + 1);
    EXPECT_EQ(c->at(15), 1u);
    EXPECT_EQ(c->outside, 2u);
}

TEST(ExactCounts, tells_each_value_that_was_counted) {
    auto c = test::zeroed<ExactCounts<4096>>();
    std::vector<std::pair<size_t, uint64_t>> want = {
        {0, 1}, {1, 65'536}, {511, 7}, {512, uint64_t{1} << 40}, {4095, 2}};
    for (const auto& [value, n] : want) c->add(value, n);
    c->add(9, 0);
    c->add(4096);
    std::vector<std::pair<size_t, uint64_t>> got;
    c->for_each([&](size_t value, uint64_t n) { got.emplace_back(value, n); });
    EXPECT_EQ(got, want);
}

TEST(ExactCounts, merge_is_addition) {
    test::Random random(1);
    auto whole = test::zeroed<ExactCounts<4096>>(), one = test::zeroed<ExactCounts<4096>>();
    auto two = test::zeroed<ExactCounts<4096>>();
    for (int i = 0; i < 20'000; ++i) {
        const uint64_t v = random.below(5000);
        whole->add(v);
        (random.below(2) ? one : two)->add(v);
    }
    one->merge(*two);
    EXPECT_TRUE(test::same_bytes(*one, *whole));
}

TEST(ExactCounts, counts_beyond_16_bits) {
    auto c = test::zeroed<ExactCounts<4096>>(), other = test::zeroed<ExactCounts<4096>>();
    uint64_t want[] = {0, 0};
    for (const uint64_t n : {65'535u, 1u, 65'536u, 1u, 65'535u, 7u, 1u << 31, 1u << 31}) {
        c->add(7, n);
        c->add(4095, n / 2);
        want[0] += n;
        want[1] += n / 2;
        ASSERT_EQ(c->at(7), want[0]);
        ASSERT_EQ(c->at(4095), want[1]);
    }
    other->add(7, 65'535);
    other->merge(*c);
    EXPECT_EQ(other->at(7), want[0] + 65'535);
    EXPECT_EQ(other->at(4095), want[1]);
    EXPECT_EQ(other->at(8), 0u);
    other->clear();
    EXPECT_TRUE(other->empty());
    const auto fresh = test::zeroed<ExactCounts<4096>>();
    EXPECT_TRUE(test::same_bytes(*other, *fresh));
}

TEST(ExactCounts, merging_few_values_touches_few_pages) {
    using Types = ExactCounts<65536>;
    const auto page = static_cast<size_t>(sysconf(_SC_PAGESIZE));
    const size_t bytes = (sizeof(Types) + page - 1) / page * page;
    void* fresh = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    ASSERT_NE(fresh, MAP_FAILED);
    auto* into = static_cast<Types*>(fresh);
    auto from = test::zeroed<Types>();
    from->add(1);
    from->add(28);
    from->add(65'000);
    into->merge(*from);
    EXPECT_EQ(into->at(65'000), 1u);
    std::vector<unsigned char> resident(bytes / page);
    ASSERT_EQ(mincore(fresh, bytes, resident.data()), 0);
    EXPECT_LE(std::count_if(resident.begin(), resident.end(), [](unsigned char r) { return r & 1; }), 3);
    munmap(fresh, bytes);
}

} // namespace
} // namespace visor::sketch
