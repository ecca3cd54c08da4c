// bare_reader: counts what a TPACKET_V3 ring gives and does nothing else: the least any reader of one can
// cost. Ends on SIGTERM with one line of JSON: frames and bytes read, frames the kernel had and dropped.
#include <arpa/inet.h>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/socket.h>

namespace {

constexpr unsigned block_bytes = 1 << 20;

volatile std::sig_atomic_t ended = 0;

[[noreturn]] void fail(const char* what) {
    std::perror(what);
    std::exit(1);
}

int open_ring(const char* interface, unsigned blocks, uint8_t*& memory) {
    const int fd = socket(AF_PACKET, SOCK_RAW, 0), version = TPACKET_V3;
    if (fd < 0) fail("socket");
    tpacket_req3 ring{};
    ring.tp_block_size = block_bytes;
    ring.tp_block_nr = blocks;
    ring.tp_frame_size = 2048;
    ring.tp_frame_nr = block_bytes / 2048 * blocks;
    ring.tp_retire_blk_tov = 10;
    if (setsockopt(fd, SOL_PACKET, PACKET_VERSION, &version, sizeof version) != 0 ||
        setsockopt(fd, SOL_PACKET, PACKET_RX_RING, &ring, sizeof ring) != 0)
        fail("ring");
    void* mapped =
        mmap(nullptr, size_t{block_bytes} * blocks, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, fd, 0);
    if (mapped == MAP_FAILED) fail("mmap");
    memory = static_cast<uint8_t*>(mapped);
    sockaddr_ll address{};
    address.sll_family = AF_PACKET;
    address.sll_protocol = htons(ETH_P_ALL);
    address.sll_ifindex = static_cast<int>(if_nametoindex(interface));
    if (bind(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) fail(interface);
    return fd;
}

struct Counts {
    uint64_t frames = 0, bytes = 0;
};

void read_block(uint8_t* at, Counts& counts) {
    auto* block = reinterpret_cast<tpacket_block_desc*>(at);
    const uint8_t* slot = at + block->hdr.bh1.offset_to_first_pkt;
    for (uint32_t left = block->hdr.bh1.num_pkts; left > 0; --left) {
        const auto* head = reinterpret_cast<const tpacket3_hdr*>(slot);
        ++counts.frames;
        counts.bytes += head->tp_len;
        slot += head->tp_next_offset;
    }
    __atomic_store_n(&block->hdr.bh1.block_status, TP_STATUS_KERNEL, __ATOMIC_RELEASE);
}

} // namespace

int main(int argc, char** argv) {
    if (argc < 3) return std::fputs("usage: bare_reader IFACE RING_MIB\n", stderr), 2;
    const auto blocks = static_cast<unsigned>(std::atoi(argv[2]));
    uint8_t* memory = nullptr;
    const int fd = open_ring(argv[1], blocks, memory);
    std::signal(SIGTERM, [](int) { ended = 1; });
    std::puts("ready");
    std::fflush(stdout);
    Counts counts;
    for (unsigned current = 0; ended == 0;) {
        uint8_t* at = memory + size_t{block_bytes} * current;
        const auto* block = reinterpret_cast<const tpacket_block_desc*>(at);
        if ((__atomic_load_n(&block->hdr.bh1.block_status, __ATOMIC_ACQUIRE) & TP_STATUS_USER) == 0) {
            pollfd waits{fd, POLLIN, 0};
            poll(&waits, 1, 50);
            continue;
        }
        read_block(at, counts);
        current = current + 1 == blocks ? 0 : current + 1;
    }
    tpacket_stats_v3 kernel{};
    socklen_t length = sizeof kernel;
    getsockopt(fd, SOL_PACKET, PACKET_STATISTICS, &kernel, &length);
    std::printf("{\"frames\": %llu, \"bytes\": %llu, \"received\": %u, \"dropped\": %u}\n",
                static_cast<unsigned long long>(counts.frames), static_cast<unsigned long long>(counts.bytes),
                kernel.tp_packets, kernel.tp_drops);
}
