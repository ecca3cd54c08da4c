#include "control/resources.hpp"

#include <cstdio>
#include <memory>
#include <sys/resource.h>
#include <unistd.h>

namespace visor::control {

namespace {
using Clock = std::chrono::steady_clock;

std::chrono::nanoseconds cpu_time() {
    struct rusage usage = {};
    getrusage(RUSAGE_SELF, &usage);
    const auto of = [](const timeval& time) {
        return std::chrono::seconds(time.tv_sec) + std::chrono::microseconds(time.tv_usec);
    };
    return of(usage.ru_utime) + of(usage.ru_stime);
}

// proc(5): all pages, then those that are resident.
uint64_t resident_bytes() {
    const std::unique_ptr<FILE, int (*)(FILE*)> file(std::fopen("/proc/self/statm", "re"), std::fclose);
    unsigned long all = 0, resident = 0;
    if (!file || std::fscanf(file.get(), "%lu %lu", &all, &resident) != 2) return 0;
    return uint64_t{resident} * static_cast<uint64_t>(sysconf(_SC_PAGESIZE));
}
} // namespace

ResourceSampler::ResourceSampler() : last_(Clock::now()), cpu_(cpu_time()) {}

ResourceSample ResourceSampler::sample() {
    const auto now = Clock::now();
    const auto cpu = cpu_time();
    ResourceSample sample;
    if (now > last_)
        sample.cpu_percent =
            100 * std::chrono::duration<double>(cpu - cpu_) / std::chrono::duration<double>(now - last_);
    sample.memory_bytes = resident_bytes();
    last_ = now;
    cpu_ = cpu;
    return sample;
}

} // namespace visor::control
