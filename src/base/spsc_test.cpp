#include "base/published.hpp"
#include "base/spsc.hpp"

#include <gtest/gtest.h>
#include <thread>

namespace visor {
namespace {

TEST(SpscRing, HoldsSoManyAndNoMore) {
    SpscRing<int, 4> ring;
    for (int i = 0; i < 4; ++i) EXPECT_TRUE(ring.put(i));
    EXPECT_FALSE(ring.put(4));
    EXPECT_EQ(ring.take(), 0);
    EXPECT_TRUE(ring.put(4));
    for (int i = 1; i < 5; ++i) EXPECT_EQ(ring.take(), i);
    EXPECT_TRUE(ring.empty());
    EXPECT_EQ(ring.take(), std::nullopt);
}

TEST(SpscRing, BetweenTwoThreadsNothingIsLostOrTurnedAround) {
    SpscRing<uint64_t, 64> ring;
    constexpr uint64_t count = 200'000;
    std::thread putter([&] {
        for (uint64_t i = 0; i < count;)
            if (ring.put(i))
                ++i;
            else
                std::this_thread::yield();
    });
    for (uint64_t expected = 0; expected < count;) {
        if (const auto value = ring.take())
            ASSERT_EQ(*value, expected++);
        else
            std::this_thread::yield();
    }
    putter.join();
    EXPECT_TRUE(ring.empty());
}

TEST(Published, IsAlwaysReadWhole) {
    struct Value {
        uint64_t part[8];
    };
    Published<Value> published;
    std::atomic<bool> stop{false};
    std::thread writer([&] {
        for (uint64_t n = 1; !stop; ++n) {
            Value value;
            for (uint64_t& part : value.part) part = n;
            published.set(value);
        }
    });
    for (uint64_t i = 0, last = 0; i < 100'000; ++i) {
        const Value value = published.get();
        for (const uint64_t part : value.part) ASSERT_EQ(part, value.part[0]);
        ASSERT_GE(value.part[0], last);
        last = value.part[0];
    }
    stop = true;
    writer.join();
}

} // namespace
} // namespace visor
