#include "handlers/pcap/pcap.hpp"

#include "handlers/pcap/pcap_cells.hpp"
#include "metric/test_handlers.hpp"

#include <gtest/gtest.h>

namespace visor::pcap_stats {
namespace {

TEST(PcapSchema, NamesEveryCell) {
    const Schema* const schemas[] = {&pcap_v1().schema()};
    EXPECT_EQ(pcap_v1().cells().size(), test::members<PcapCells>());
    EXPECT_EQ(schemas[0]->key, "pcap");
    EXPECT_EQ(schemas[0]->rows.size(), 3u);
}

TEST(Pcap, AddsWhatBatchesTell) {
    const auto handler = test::make_handler(pcap_v1());
    test::Bucket<PcapCells> cells;
    Batch batch;
    batch.tcp_reassembly_errors = 1;
    batch.os_drops = 20;
    batch.if_drops = 300;
    handler->on_batch(batch, cells.get());
    handler->on_ordered(batch, cells.get());
    handler->on_ordered(batch, cells.get());
    EXPECT_EQ(cells->tcp_reassembly_errors.value, 2u);
    EXPECT_EQ(cells->os_drops.value, 40u);
    EXPECT_EQ(cells->if_drops.value, 600u);
}

} // namespace
} // namespace visor::pcap_stats
