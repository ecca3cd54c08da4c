// Guesses which hosts a capture was taken at, for when nobody said: the smallest set of addresses that
// explains the traffic.
//
// A sample of at most 2048 packets spread evenly over the capture: all of a small one, of a large one fewer
// and fewer. An address at an end of 60 % of a family's packets is the host. Of two that are there as often
// it is the private one; else the one that talks from the higher ports, as clients do. Without such an
// address it is the private network (IPv6: any /64) that is, as narrow as it explains nearly as much.
// Groups and broadcasts are nobody's address. Threads: one at a time. Owns: the sample (80 KiB).
// Deterministic: given the packets in file order, it does not depend on how they are cut into blocks.
#pragma once

#include "wire/packet.hpp"

#include <span>
#include <string>
#include <vector>

namespace visor::engine {

class HostGuess {
public:
    HostGuess();
    void observe(std::span<const wire::Packet> packets); // the next ones, in file order; hot
    std::string host_spec() const; // "192.0.2.1/32,2001:db8::/64"; empty: nothing stands out

private:
    struct Sample {
        IpAddress src, dst;
        int8_t client; // which end has the higher port: -1 the source, 1 the destination, 0 neither
    };
    struct Candidate;

    void take(const wire::Packet& packet);
    void thin_out();
    uint64_t place_in(uint64_t stride_number) const; // packet of that stride to sample
    std::vector<Candidate> candidates(bool v4, unsigned bits) const;
    std::string guess_v4() const;
    std::string guess_v6() const;

    std::vector<Sample> samples_;
    uint64_t seen_ = 0;          // packets so far
    uint64_t next_ = 0;          // the one to sample next
    uint64_t stride_number_ = 0; // the stride that one is in
    uint64_t stride_ = 1;        // of this many packets one is sampled; a power of two
};

} // namespace visor::engine
