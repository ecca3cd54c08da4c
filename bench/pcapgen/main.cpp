// pcapgen: deterministic synthetic captures for throughput and memory benchmarks.
#include "traffic.hpp"

#include <cstdlib>
#include <exception>

using namespace pcapgen;

namespace {

[[noreturn]] void usage() {
    std::fputs("usage: pcapgen MODE OUT [--packets N] [--seconds S] [--seed N] [--zipf S] [--names N] "
               "[--clients N] [--flows N]\n"
               "  dns       UDP DNS queries and replies, Zipf names and clients (5 M packets)\n"
               "  mixed     simple-IMIX TCP, QUIC, UDP and ICMP, Zipf flows (5 M)\n"
               "  small64   64-byte frames, 100 k flows chosen evenly (10 M)\n"
               "  attack    random names, sources and flows: unanswered queries and a SYN flood (10 M)\n"
               "  distinct  every packet a query for a new name from a new source (10 M)\n",
               stderr);
    std::exit(2);
}

void set_option(Options& o, const std::string& key, const char* text) {
    const double v = std::strtod(text, nullptr);
    if (v < 0 || (v == 0 && key != "--zipf" && key != "--seed")) usage();
    if (key == "--packets") {
        o.packets = static_cast<uint64_t>(v);
    } else if (key == "--seconds") {
        o.seconds = v;
    } else if (key == "--names") {
        o.names = static_cast<uint32_t>(v);
    } else if (key == "--clients") {
        o.clients = static_cast<uint32_t>(v);
    } else if (key == "--flows") {
        o.flows = static_cast<uint32_t>(v);
    } else if (key == "--zipf") {
        o.zipf = v;
    } else if (key == "--seed") {
        o.seed = static_cast<uint64_t>(v);
    } else {
        usage();
    }
}

void generate(const std::string& mode, PcapWriter& out, const Options& o) {
    if (mode == "dns") {
        dns_traffic(out, o);
    } else if (mode == "mixed" || mode == "small64") {
        flow_traffic(out, o, mode == "mixed");
    } else if (mode == "attack") {
        attack_traffic(out, o);
    } else if (mode == "distinct") {
        distinct_traffic(out, o);
    } else {
        usage();
    }
}

} // namespace

int main(int argc, char** argv) try {
    if (argc < 3 || argc % 2 == 0) usage();
    const std::string mode = argv[1], path = argv[2];
    Options o;
    if (mode != "dns" && mode != "mixed") o.packets = 10000000;
    if (mode == "small64") o.flows = 100000;
    for (int i = 3; i + 1 < argc; i += 2) set_option(o, argv[i], argv[i + 1]);
    PcapWriter out(path);
    generate(mode, out, o);
    std::printf("%s: %llu packets, %llu bytes on the wire\n", path.c_str(),
                static_cast<unsigned long long>(out.packets()), static_cast<unsigned long long>(out.bytes()));
} catch (const std::exception& e) {
    std::fprintf(stderr, "pcapgen: %s\n", e.what());
    return 1;
}
