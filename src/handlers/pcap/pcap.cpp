#include "handlers/pcap/pcap.hpp"

#include "handlers/pcap/pcap_cells.hpp"

namespace visor::pcap_stats {

namespace {

class Pcap final : public Handler {
public:
    void on_ordered(const Batch& batch, void* cells_ptr) override {
        auto& cells = *static_cast<PcapCells*>(cells_ptr);
        cells.tcp_reassembly_errors += batch.tcp_reassembly_errors;
        cells.os_drops += batch.os_drops;
        cells.if_drops += batch.if_drops;
    }
};

Result<std::unique_ptr<Handler>> create(const HandlerConfig&, const Services&) {
    return std::unique_ptr<Handler>(new Pcap);
}

} // namespace

const HandlerClass& pcap_v1() {
    static const HandlerClass handler{"pcap", "1.0", schema, all_cells<schema>, {}, create};
    return handler;
}

} // namespace visor::pcap_stats
