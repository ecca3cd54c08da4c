// Random numbers for the generator: the same seed gives the same capture on every machine.
#pragma once

#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

namespace pcapgen {

class Rng { // xoshiro256**, seeded by splitmix64
public:
    explicit Rng(uint64_t seed) {
        for (auto& word : s_) {
            seed += 0x9e3779b97f4a7c15ULL;
            uint64_t z = seed;
            z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
            z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
            word = z ^ (z >> 31);
        }
    }
    uint64_t next() {
        const uint64_t r = rotl(s_[1] * 5, 7) * 9, t = s_[1] << 17;
        s_[2] ^= s_[0], s_[3] ^= s_[1], s_[1] ^= s_[2], s_[0] ^= s_[3], s_[2] ^= t;
        s_[3] = rotl(s_[3], 45);
        return r;
    }
    double unit() { return static_cast<double>(next() >> 11) * 0x1.0p-53; }
    uint32_t below(uint32_t n) {
        return static_cast<uint32_t>((static_cast<unsigned __int128>(next()) * n) >> 64);
    }
    bool chance(double p) { return unit() < p; }
    double exponential() { return -std::log(1.0 - unit()); } // mean 1

private:
    static uint64_t rotl(uint64_t x, int k) { return (x << k) | (x >> (64 - k)); }
    std::array<uint64_t, 4> s_{};
};

// Draws from a discrete distribution in constant time (Vose's alias method).
class Discrete {
public:
    explicit Discrete(std::vector<double> weights) : prob_(weights.size()), alias_(weights.size()) {
        const size_t n = weights.size();
        double sum = 0;
        for (double w : weights) sum += w;
        std::vector<uint32_t> small, large;
        for (size_t i = 0; i < n; ++i) {
            weights[i] *= static_cast<double>(n) / sum;
            (weights[i] < 1.0 ? small : large).push_back(static_cast<uint32_t>(i));
        }
        while (!small.empty() && !large.empty()) {
            const uint32_t s = small.back(), l = large.back();
            small.pop_back();
            prob_[s] = weights[s], alias_[s] = l;
            weights[l] -= 1.0 - weights[s];
            if (weights[l] < 1.0) large.pop_back(), small.push_back(l);
        }
        for (uint32_t i : large) prob_[i] = 1.0;
        for (uint32_t i : small) prob_[i] = 1.0;
    }
    static Discrete zipf(size_t n, double s) {
        std::vector<double> w(n);
        for (size_t i = 0; i < n; ++i) w[i] = std::pow(static_cast<double>(i + 1), -s);
        return Discrete(std::move(w));
    }
    uint32_t draw(Rng& r) const {
        const uint32_t i = r.below(static_cast<uint32_t>(prob_.size()));
        return r.unit() < prob_[i] ? i : alias_[i];
    }

private:
    std::vector<double> prob_;
    std::vector<uint32_t> alias_;
};

} // namespace pcapgen
