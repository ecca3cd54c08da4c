// live_sender: frames onto an interface, from a pcap file or made up, at a pace or as fast as it goes.
// Prints one line of JSON: frames sent, seconds, and calls the kernel refused.
#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <linux/if_packet.h>
#include <net/if.h>
#include <string>
#include <sys/socket.h>
#include <thread>
#include <vector>

namespace {

using Clock = std::chrono::steady_clock;
using Frame = std::vector<uint8_t>;

constexpr unsigned batch_max = 64;
constexpr size_t frames_max = 400'000;
constexpr auto nap = std::chrono::microseconds(100);

struct Options {
    const char* interface = nullptr;
    std::string file; // "random", "fixed": made up
    double seconds = 1, pps = 0;
    uint64_t count = UINT64_MAX;
};

[[noreturn]] void usage() {
    std::fputs("usage: live_sender IFACE FILE|random|fixed [--seconds S] [--pps N] [--count N]\n", stderr);
    std::exit(2);
}

Options parse(int argc, char** argv) {
    if (argc < 3 || argc % 2 == 0) usage();
    Options options{argv[1], argv[2]};
    for (int i = 3; i + 1 < argc; i += 2) {
        const std::string key = argv[i];
        const double value = std::strtod(argv[i + 1], nullptr);
        if (key == "--seconds")
            options.seconds = value;
        else if (key == "--pps")
            options.pps = value;
        else if (key == "--count")
            options.count = static_cast<uint64_t>(value);
        else
            usage();
    }
    return options;
}

// The first frames of a classic pcap file in this machine's byte order.
std::vector<Frame> read_pcap(const std::string& path) {
    std::vector<Frame> frames;
    std::FILE* file = std::fopen(path.c_str(), "rb");
    uint32_t head[6];
    if (!file || std::fread(head, sizeof head, 1, file) != 1) {
        std::fprintf(stderr, "live_sender: cannot read %s\n", path.c_str());
        std::exit(1);
    }
    uint32_t record[4];
    while (frames.size() < frames_max && std::fread(record, sizeof record, 1, file) == 1) {
        if (record[2] > 65535) break;
        Frame frame(record[2]);
        if (std::fread(frame.data(), frame.size(), 1, file) != 1) break;
        frames.push_back(std::move(frame));
    }
    std::fclose(file);
    return frames;
}

// Queries whose addresses, ports and names are new each time they are sent; a quarter each by TCP and in
// fragments.
class Random {
public:
    // Ethernet, IPv4, UDP, and a query for A of "????????????????.example.com".
    static Frame query() {
        static constexpr uint8_t head[] = {2,    0, 0,  0,  0, 2,  2, 0, 0,  0,  0, 1, 8,  0, // Ethernet
                                           0x45, 0, 0,  74, 0, 1,  0, 0, 64, 17, 0, 0, 10, 0,
                                           0,    1, 10, 0,  0, 2,                           // IPv4
                                           0,    0, 0,  53, 0, 54, 0, 0,                    // UDP
                                           0,    0, 1,  0,  0, 1,  0, 0, 0,  0,  0, 0, 16}; // DNS
        static constexpr char rest[] = "................\7example\3com\0\0\1\0\1";
        Frame frame(std::begin(head), std::end(head));
        frame.insert(frame.end(), std::begin(rest), std::end(rest) - 1);
        return frame;
    }
    void renew(Frame& frame) {
        const uint64_t a = next(), b = next();
        std::memcpy(&frame[26], &a, 8); // both addresses
        std::memcpy(&frame[34], &b, 2); // source port
        const auto identification = static_cast<uint16_t>(b >> 16);
        std::memcpy(&frame[42], &identification, 2);
        for (unsigned i = 0; i < 16; ++i) frame[55 + i] = static_cast<uint8_t>('a' + (b >> (4 * i) & 15));
        switch (a >> 32 & 3) {
        case 0: // TCP: the beginning of a message that never ends
            frame[17] = 74, frame[20] = 0, frame[23] = 6, frame[46] = 0x50, frame[47] = 0x18;
            break;
        case 1: // the first fragment of a datagram that never ends
            frame[17] = 68, frame[20] = 0x20, frame[23] = 17, frame[46] = 0, frame[47] = 1;
            break;
        default:
            frame[17] = 74, frame[20] = 0, frame[23] = 17, frame[46] = 0, frame[47] = 1;
        }
    }

private:
    uint64_t next() {
        state_ += 0x9e3779b97f4a7c15;
        uint64_t z = state_;
        z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
        z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
        return z ^ (z >> 31);
    }
    uint64_t state_ = static_cast<uint64_t>(Clock::now().time_since_epoch().count());
};

class Sender {
public:
    explicit Sender(const char* interface) : fd_(socket(AF_PACKET, SOCK_RAW, 0)) {
        const int one = 1, bytes = 8 << 20;
        to_.sll_family = AF_PACKET;
        to_.sll_halen = 6;
        to_.sll_ifindex = static_cast<int>(if_nametoindex(interface));
        if (fd_ < 0 || to_.sll_ifindex == 0) {
            std::perror(interface);
            std::exit(1);
        }
        setsockopt(fd_, SOL_PACKET, PACKET_QDISC_BYPASS, &one, sizeof one);
        setsockopt(fd_, SOL_SOCKET, SO_SNDBUFFORCE, &bytes, sizeof bytes);
    }
    void add(Frame& frame) {
        io_[filled_] = {frame.data(), frame.size()};
        auto& head = messages_[filled_++].msg_hdr;
        head.msg_name = &to_;
        head.msg_namelen = sizeof to_;
        head.msg_iov = &io_[filled_ - 1];
        head.msg_iovlen = 1;
    }
    void flush() {
        const int sent = sendmmsg(fd_, messages_, filled_, 0);
        filled_ = 0;
        if (sent > 0)
            sent_ += static_cast<uint64_t>(sent);
        else
            ++refused_;
    }
    uint64_t sent() const { return sent_; }
    uint64_t refused() const { return refused_; }

private:
    int fd_;
    sockaddr_ll to_{};
    iovec io_[batch_max];
    mmsghdr messages_[batch_max]{};
    unsigned filled_ = 0;
    uint64_t sent_ = 0, refused_ = 0;
};

} // namespace

int main(int argc, char** argv) {
    const Options options = parse(argc, argv);
    const bool random = options.file == "random", fixed = options.file == "fixed";
    Random generator;
    std::vector<Frame> frames =
        random || fixed ? std::vector<Frame>(batch_max, Random::query()) : read_pcap(options.file);
    if (fixed)
        for (Frame& frame : frames) generator.renew(frame);
    if (frames.empty()) usage();
    Sender sender(options.interface);
    const auto began = Clock::now();
    double seconds = 0;
    for (size_t at = 0; sender.sent() < options.count;) {
        seconds = std::chrono::duration<double>(Clock::now() - began).count();
        if (seconds >= options.seconds) break;
        uint64_t due = std::min<uint64_t>(batch_max, options.count - sender.sent());
        if (options.pps > 0) {
            const double behind = seconds * options.pps - static_cast<double>(sender.sent());
            due = std::min(due, static_cast<uint64_t>(std::max(behind, 0.0)));
        }
        if (due == 0) {
            std::this_thread::sleep_for(nap);
            continue;
        }
        for (uint64_t i = 0; i < due; ++i) {
            if (random) generator.renew(frames[at]);
            sender.add(frames[at]);
            at = at + 1 == frames.size() ? 0 : at + 1;
        }
        sender.flush();
    }
    std::printf("{\"sent\": %llu, \"seconds\": %.3f, \"refused\": %llu}\n",
                static_cast<unsigned long long>(sender.sent()), seconds,
                static_cast<unsigned long long>(sender.refused()));
}
