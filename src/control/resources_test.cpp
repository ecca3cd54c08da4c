#include "control/resources.hpp"

#include <cstring>
#include <ctime>
#include <gtest/gtest.h>
#include <memory>
#include <thread>

namespace visor::control {
namespace {

void burn(std::clock_t ticks) {
    for (const std::clock_t end = std::clock() + ticks; std::clock() < end;) {
    }
}

TEST(ResourceSampler, TellsBusyFromIdle) {
    ResourceSampler sampler;
    burn(CLOCKS_PER_SEC / 10);
    const double busy = sampler.sample().cpu_percent;
    std::this_thread::sleep_for(std::chrono::milliseconds(200));
    const double idle = sampler.sample().cpu_percent;
    EXPECT_GT(busy, 1); // however busy the machine is with others
    EXPECT_LT(busy, 150);
    EXPECT_LT(idle, busy);
    EXPECT_GE(idle, 0);
}

TEST(ResourceSampler, TellsMemoryThatIsTouched) {
    constexpr size_t size = 64 << 20;
    ResourceSampler sampler;
    const uint64_t before = sampler.sample().memory_bytes;
    EXPECT_GT(before, 100'000u);
    const std::unique_ptr<char[]> pages(new char[size]);
    std::memset(pages.get(), 1, size);
    const volatile char* seen = pages.get();
    EXPECT_EQ(seen[size / 2], 1);
    EXPECT_GT(sampler.sample().memory_bytes, before + size * 9 / 10);
}

TEST(ResourceSampler, CountsAreTheCallers) {
    const ResourceSample sample = ResourceSampler().sample();
    EXPECT_EQ(sample.policies, 0u);
    EXPECT_EQ(sample.handlers, 0u);
}

} // namespace
} // namespace visor::control
