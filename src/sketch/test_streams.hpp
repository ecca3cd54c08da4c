// Streams of keys with known distributions, for the tests and benchmarks of this room; no product code
// includes it.
//
// Threads: value types. Owns: its tables. Units: keys are ranks, 0 the heaviest.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <memory>
#include <vector>

namespace visor::sketch::test {

// splitmix64: the same numbers on every machine, which <random>'s distributions do not promise.
class Random {
public:
    explicit Random(uint64_t seed) : state_(seed) {}
    uint64_t next() {
        uint64_t z = state_ += 0x9e3779b97f4a7c15u;
        z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
        z = (z ^ z >> 27) * 0x94d049bb133111ebu;
        return z ^ z >> 31;
    }
    uint64_t below(uint64_t n) { return next() % n; }
    double unit() { return static_cast<double>(next() >> 11) * 0x1p-53; }

private:
    uint64_t state_;
};

// Rank r of n keys is drawn with probability proportional to 1 / (r + 1)^exponent.
class Zipf {
public:
    Zipf(size_t n, double exponent) : cumulative_(n) {
        double sum = 0;
        for (size_t i = 0; i < n; ++i)
            cumulative_[i] = sum += std::pow(static_cast<double>(i + 1), -exponent);
    }
    uint64_t draw(Random& random) const {
        const double at = random.unit() * cumulative_.back();
        const auto it = std::upper_bound(cumulative_.begin(), cumulative_.end(), at);
        return static_cast<uint64_t>(it - cumulative_.begin());
    }
    std::vector<uint64_t> stream(size_t n, uint64_t seed) const {
        Random random(seed);
        std::vector<uint64_t> keys(n);
        for (auto& key : keys) key = draw(random);
        return keys;
    }

private:
    std::vector<double> cumulative_;
};

// A sketch in zeroed memory, as buckets hold it.
template <class Sketch>
std::unique_ptr<Sketch> zeroed() {
    return std::unique_ptr<Sketch>(new Sketch{});
}

// To the byte: padding is never written to.
template <class A, class B>
bool same_bytes(const A& a, const B& b) {
    static_assert(sizeof(A) == sizeof(B));
    const auto* bytes = reinterpret_cast<const unsigned char*>(&a);
    return std::equal(bytes, bytes + sizeof(A), reinterpret_cast<const unsigned char*>(&b));
}

} // namespace visor::sketch::test
