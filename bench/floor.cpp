// The floor: what reading a capture costs when nothing is made of it. Three ways over the same file, in turn:
//   read     read(2) in pieces of 256 KiB and a walk along the records: no reader of the file can do less
//   walk     the same, and the product's decoder on every frame
//   libpcap  pcap_loop with a callback that counts
// Prints "NAME ns ns" for each: processor time and wall time a packet, medians over the rounds.
//
// Usage: floor FILE [ROUNDS]; a pcap file of Ethernet frames in this machine's byte order, as pcapgen writes.
#include "wire/decode.hpp"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <fcntl.h>
#include <pcap/pcap.h>
#include <unistd.h>
#include <vector>

namespace {

constexpr size_t piece = 256 * 1024, file_header = 24, record_header = 16, record_max = 256 * 1024;

struct RecordHeader {
    uint32_t seconds, fraction, caplen, wirelen;
};

[[noreturn]] void fail(const char* what, const char* path) {
    std::fprintf(stderr, "floor: %s: %s\n", path, what);
    std::exit(1);
}

void check_header(const uint8_t* data, size_t size, const char* path) {
    uint32_t magic = 0, link = 0;
    if (size >= file_header) {
        std::memcpy(&magic, data, sizeof magic);
        std::memcpy(&link, data + 20, sizeof link);
    }
    if ((magic != 0xa1b2c3d4 && magic != 0xa1b23c4d) || link != 1)
        fail("no pcap file of Ethernet frames in this byte order", path);
}

// each(frame, header) for every record; how many there were. A record cut off by a piece's end is moved to
// the buffer's begin, and the next piece read behind it.
template <class Each>
uint64_t walk_records(const char* path, Each&& each) {
    const int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) fail("cannot open", path);
    std::vector<uint8_t> buffer(record_header + record_max + piece);
    size_t have = 0, at = 0;
    uint64_t packets = 0;
    bool begun = false;
    for (;;) {
        std::memmove(buffer.data(), buffer.data() + at, have - at);
        have -= at;
        at = 0;
        const ssize_t got = read(fd, buffer.data() + have, piece);
        if (got <= 0) break;
        have += static_cast<size_t>(got);
        if (!begun) {
            check_header(buffer.data(), have, path);
            at = file_header;
            begun = true;
        }
        for (RecordHeader header; have - at >= record_header;) {
            std::memcpy(&header, buffer.data() + at, sizeof header);
            if (header.caplen > record_max) fail("impossible length", path);
            if (have - at < record_header + header.caplen) break;
            each(buffer.data() + at + record_header, header);
            at += record_header + header.caplen;
            ++packets;
        }
    }
    close(fd);
    if (have != at) fail("cut short", path);
    return packets;
}

uint64_t bytes_seen = 0; // what is found is used for something

uint64_t read_alone(const char* path) {
    uint64_t bytes = 0;
    const uint64_t packets =
        walk_records(path, [&](const uint8_t*, const RecordHeader& header) { bytes += header.wirelen; });
    bytes_seen += bytes;
    return packets;
}

uint64_t read_and_walk(const char* path) {
    using namespace visor::wire;
    uint64_t bytes = 0;
    Packet packet;
    const uint64_t packets = walk_records(path, [&](const uint8_t* frame, const RecordHeader& header) {
        decode(LinkType::ethernet, frame, header.caplen, header.wirelen, packet);
        asm volatile("" : : "g"(&packet) : "memory");
        bytes += packet.payload_len;
    });
    bytes_seen += bytes;
    return packets;
}

uint64_t read_by_libpcap(const char* path) {
    char error[PCAP_ERRBUF_SIZE];
    pcap_t* const capture = pcap_open_offline(path, error);
    if (!capture) fail(error, path);
    uint64_t packets = 0;
    const auto count = [](u_char* user, const pcap_pkthdr* header, const u_char*) {
        ++*reinterpret_cast<uint64_t*>(user);
        bytes_seen += header->len;
    };
    pcap_loop(capture, -1, count, reinterpret_cast<u_char*>(&packets));
    pcap_close(capture);
    return packets;
}

struct Way {
    const char* name;
    uint64_t (*run)(const char* path);
    std::vector<double> cpu_ns{}, wall_ns{};
};

double cpu_now_ns() {
    timespec now{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return static_cast<double>(now.tv_sec) * 1e9 + static_cast<double>(now.tv_nsec);
}

void time_once(Way& way, const char* path) {
    using clock = std::chrono::steady_clock;
    const double cpu = cpu_now_ns();
    const auto start = clock::now();
    const auto packets = static_cast<double>(way.run(path));
    const std::chrono::duration<double, std::nano> wall = clock::now() - start;
    way.cpu_ns.push_back((cpu_now_ns() - cpu) / packets);
    way.wall_ns.push_back(wall.count() / packets);
}

double median(std::vector<double>& values) {
    std::sort(values.begin(), values.end());
    return values[values.size() / 2];
}

} // namespace

int main(int argc, char** argv) {
    if (argc < 2 || argc > 3) {
        std::fputs("usage: floor FILE [ROUNDS]\n", stderr);
        return 2;
    }
    const int rounds = argc > 2 ? std::max(std::atoi(argv[2]), 1) : 5;
    Way ways[] = {{"read", read_alone}, {"walk", read_and_walk}, {"libpcap", read_by_libpcap}};
    for (int i = 0; i < rounds; ++i)
        for (Way& way : ways) time_once(way, argv[1]);
    for (Way& way : ways) std::printf("%s %.1f %.1f\n", way.name, median(way.cpu_ns), median(way.wall_ns));
    return bytes_seen == 0;
}
