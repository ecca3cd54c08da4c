// Every kind of cell, as the engine handles it: merged when there is something in it, and made empty again.
#include "metric/cell.hpp"

#include "sketch/test_streams.hpp"

#include <gtest/gtest.h>

#include <cstring>

namespace visor {
namespace {
using sketch::test::Random;
using sketch::test::zeroed;

void put(Counter& c, Random& random) {
    c += 1 + random.below(9);
}
void put(Gauge& c, Random& random) {
    c.set(1 + random.below(9));
}
void put(sketch::RateSlots& c, Random& random) {
    c.add(static_cast<uint32_t>(random.below(70)), 1);
}
void put(sketch::Cardinality& c, Random& random) {
    const uint64_t key = random.next();
    c.update(sketch::murmur3_128(&key, sizeof key));
}
template <size_t N>
void put(sketch::ExactCounts<N>& c, Random& random) {
    c.add(random.below(random.below(2) ? N + 3 : 20), random.below(3));
    c.add(1);
}
void put(sketch::LatencyHistogram& c, Random& random) {
    c.update(random.next() >> random.below(65) % 64);
    c.update(0);
}
void put(sketch::RatioHistogram& c, Random& random) {
    c.update(random.unit() * 100);
}
void put(sketch::SizeHistogram& c, Random& random) {
    c.update(static_cast<uint32_t>(random.next() >> (32 + random.below(32))));
}
void put(sketch::DecadeHistogram& c, Random& random) {
    c.update(random.next() >> random.below(64));
}
template <unsigned Bits, class Text>
void put(sketch::TopK<Bits, Text>& c, Random& random) {
    const uint64_t key = random.below(random.below(2) ? 100'000 : 50);
    const std::string text(1 + key % 300, static_cast<char>('a' + key % 26));
    c.add(sketch::keyed_hash_u64(sketch::offline_hash_key, key), 1 + random.below(3), text.data(),
          static_cast<uint32_t>(text.size()));
}

template <class Cell>
bool all_zero(const Cell& cell) {
    const auto* bytes = reinterpret_cast<const uint8_t*>(&cell);
    return std::all_of(bytes, bytes + sizeof cell, [](uint8_t b) { return b == 0; });
}

template <class Cell>
class Cells : public testing::Test {};

using Kinds = testing::Types<Counter, Gauge, sketch::RateSlots, sketch::Cardinality, sketch::ExactCounts<16>,
                             sketch::ExactCounts<4096>, sketch::ExactCounts<65536>, sketch::LatencyHistogram,
                             sketch::RatioHistogram, sketch::SizeHistogram, sketch::DecadeHistogram,
                             sketch::TopNames, sketch::TopSmall, sketch::TopPlaces>;
TYPED_TEST_SUITE(Cells, Kinds);

TYPED_TEST(Cells, EmptyIsAllZeroAndClearMakesItSo) {
    const CellOps& ops = cell_ops<TypeParam>;
    const auto cell = zeroed<TypeParam>(), other = zeroed<TypeParam>();
    Random random(3);
    for (const int values : {1, 2, 40, 3000, 60'000}) {
        EXPECT_TRUE(ops.empty(cell.get()));
        for (int i = 0; i < values; ++i) {
            put(*cell, random);
            put(*other, random);
        }
        EXPECT_FALSE(ops.empty(cell.get()));
        ops.merge(cell.get(), other.get());
        EXPECT_FALSE(ops.empty(cell.get()));
        for (TypeParam* c : {cell.get(), other.get()}) {
            ops.clear(c);
            EXPECT_TRUE(ops.empty(c));
            ASSERT_TRUE(all_zero(*c)) << "after " << values << " values";
        }
    }
}

TYPED_TEST(Cells, ClearedIsAsGoodAsNew) {
    const CellOps& ops = cell_ops<TypeParam>;
    const auto used = zeroed<TypeParam>(), fresh = zeroed<TypeParam>();
    Random before(1), one(2), two(2);
    for (int i = 0; i < 20'000; ++i) put(*used, before);
    ops.clear(used.get());
    for (int i = 0; i < 20'000; ++i) {
        put(*used, one);
        put(*fresh, two);
    }
    EXPECT_EQ(std::memcmp(used.get(), fresh.get(), sizeof *used), 0);
}

} // namespace
} // namespace visor
