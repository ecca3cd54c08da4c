#include "handlers/pcap/pcap_cells.hpp"

namespace visor::pcap_stats {

namespace {
std::vector<Row> make_rows() {
    using C = PcapCells;
    return {
        row(path(&C::tcp_reassembly_errors),
            {.path = "tcp_reassembly_errors",
             .help = "places TCP streams could not be put together: gaps, and segments without room"}),
        row(path(&C::os_drops), {.path = "os_drops", .help = "packets dropped by the operating system"}),
        row(path(&C::if_drops), {.path = "if_drops", .help = "packets dropped by the network interface"}),
    };
}
} // namespace

const Schema& schema() {
    static const Schema schema{"pcap", "pcap 1.0", {}, {}, make_rows(), sizeof(PcapCells)};
    return schema;
}

} // namespace visor::pcap_stats
