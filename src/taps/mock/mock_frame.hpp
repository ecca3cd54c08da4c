// One made-up DNS message as an Ethernet frame.
// Threads: one. Owns: the state of the random numbers. Wire: Ethernet, RFC 791, RFC 768, RFC 1035.
#pragma once

#include <cstdint>
#include <random>
#include <vector>

namespace visor::taps {

class MockFrames {
public:
    explicit MockFrames(uint64_t seed) : random_(seed) {}
    std::vector<uint8_t> next();

private:
    unsigned below(unsigned limit) { return static_cast<unsigned>(random_() % limit); }
    std::vector<uint8_t> message(bool reply);

    std::mt19937_64 random_;
};

} // namespace visor::taps
