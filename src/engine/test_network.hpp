// A network for a test alone: the calling thread moves into a network namespace of its own and back. Needs
// root.
//
// Threads: one; threads started inside stay inside. Owns: the namespace, which is gone with the last thread
// or socket in it, whatever happens to the test.
#pragma once

#include "engine/live_source.hpp"

#include <arpa/inet.h>
#include <chrono>
#include <cstring>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <sched.h>
#include <string>
#include <sys/socket.h>
#include <unistd.h>

namespace visor::engine::test {

using FrameData = std::basic_string<uint8_t>;

class TestNetwork {
public:
    TestNetwork() : home_(open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC)) {
        if (home_ < 0 || geteuid() != 0 || unshare(CLONE_NEWNET) != 0) return;
        // Nothing but what a test sends: IPv6 would look for neighbours.
        ready_ = run("sysctl -qw net.ipv6.conf.default.disable_ipv6=1 net.ipv6.conf.all.disable_ipv6=1 && "
                     "ip link set lo up");
    }
    TestNetwork(const TestNetwork&) = delete;
    TestNetwork& operator=(const TestNetwork&) = delete;
    ~TestNetwork() {
        if (home_ < 0) return;
        [[maybe_unused]] const int back = setns(home_, CLONE_NEWNET);
        close(home_);
    }
    bool ready() const { return ready_; }
    static bool run(const std::string& command) { return std::system(command.c_str()) == 0; }
    // Two interfaces, each receiving what the other sends.
    static bool add_pair(const std::string& a, const std::string& b) {
        return run("ip link add " + a + " type veth peer name " + b + " && ip link set " + a +
                   " up && ip link set " + b + " up");
    }

private:
    int home_;
    bool ready_ = false;
};

// Frames onto an interface as they are.
class FrameSender {
public:
    explicit FrameSender(const std::string& interface) : fd_(socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0)) {
        address_.sll_family = AF_PACKET;
        address_.sll_ifindex = static_cast<int>(if_nametoindex(interface.c_str()));
    }
    FrameSender(const FrameSender&) = delete;
    FrameSender& operator=(const FrameSender&) = delete;
    ~FrameSender() { close(fd_); }
    bool send(const FrameData& frame) const {
        return sendto(fd_, frame.data(), frame.size(), 0, reinterpret_cast<const sockaddr*>(&address_),
                      sizeof address_) == static_cast<ssize_t>(frame.size());
    }

private:
    int fd_;
    sockaddr_ll address_{};
};

inline void put_be16(FrameData& frame, unsigned value) {
    frame.push_back(static_cast<uint8_t>(value >> 8));
    frame.push_back(static_cast<uint8_t>(value));
}

struct UdpFrame {
    uint8_t from = 1, to = 2; // 10.9.0.x
    uint16_t source = 40000, destination = 53;
    FrameData tags = {}; // behind the addresses
    size_t payload = 32;
    uint8_t fill = 0;

    FrameData bytes() const {
        FrameData out = {2, 0, 0, 0, 0, to, 2, 0, 0, 0, 0, from};
        out.insert(out.end(), tags.begin(), tags.end());
        put_be16(out, ETH_P_IP);
        const uint8_t ip[] = {0x45, 0, 0, 0, 0, 1, 0, 0, 64, 17, 0, 0, 10, 9, 0, from, 10, 9, 0, to};
        const size_t at = out.size();
        out.insert(out.end(), std::begin(ip), std::end(ip));
        const size_t total = sizeof ip + 8 + payload;
        out[at + 2] = static_cast<uint8_t>(total >> 8);
        out[at + 3] = static_cast<uint8_t>(total);
        put_be16(out, source);
        put_be16(out, destination);
        put_be16(out, static_cast<unsigned>(8 + payload));
        put_be16(out, 0);
        out.resize(out.size() + payload, fill);
        return out;
    }
};

struct Seen {
    FrameData data;
    Frame frame;
};

// What comes until nothing came for a while.
inline std::vector<Seen> collect(LiveSource& source, int quiet_ms = 80) {
    std::vector<Seen> all;
    FrameBlock block;
    for (;;) {
        source.next(block, quiet_ms);
        if (block.count == 0) return all;
        for (uint32_t i = 0; i < block.count; ++i) {
            const Frame& frame = block.frames[i];
            all.push_back({{frame.data, frame.data + frame.caplen}, frame});
        }
    }
}

// What taps said.
using Notes = std::vector<std::string>;

// Two interfaces, va and vb, in a network of the test's own, and what taps say of them.
class PairTest : public testing::Test {
protected:
    void SetUp() override {
        if (!network_.ready()) GTEST_SKIP() << "needs root and network namespaces";
        ASSERT_TRUE(TestNetwork::add_pair("va", "vb"));
    }
    TapNotify notify() {
        return [this](TapEvent, std::string text) { notes_.push_back(std::move(text)); };
    }
    // Reads all queues until the tap is up or down; frames seen meanwhile are counted.
    static size_t read_until(LiveTap& tap, bool up) {
        size_t seen = 0;
        const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(10);
        while (tap.up() != up && std::chrono::steady_clock::now() < end) seen += read_all(tap, 20);
        EXPECT_EQ(tap.up(), up);
        return seen + read_all(tap, 400); // the other queues look after their sockets as well
    }
    static size_t read_all(LiveTap& tap, int quiet_ms = 60) {
        size_t seen = 0;
        for (unsigned q = 0; q < tap.queues(); ++q) seen += collect(tap.queue(q), quiet_ms).size();
        return seen;
    }
    static void send(const std::string& interface, unsigned count, uint16_t port = 53) {
        const FrameSender sender(interface);
        for (unsigned i = 0; i < count; ++i)
            ASSERT_TRUE(sender.send(
                UdpFrame{.source = static_cast<uint16_t>(40000 + i), .destination = port}.bytes()));
    }

    TestNetwork network_;
    Notes notes_;
};

} // namespace visor::engine::test
