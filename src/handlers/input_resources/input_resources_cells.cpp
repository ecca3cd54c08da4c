#include "handlers/input_resources/input_resources_cells.hpp"

namespace visor::input_resources {

namespace {
std::vector<Row> make_rows() {
    using C = InputResourcesCells;
    return {
        row(path(&C::cpu_percent), {.path = "cpu_usage",
                                    .help = "processor time the process takes, in percent of one core",
                                    .unit = "%",
                                    .metric = "resources_cpu_usage"}),
        row(path(&C::memory_bytes), {.path = "memory_bytes",
                                     .help = "memory of the process that is resident",
                                     .unit = "By",
                                     .metric = "resources_memory_bytes"}),
        row(path(&C::policies), {.path = "policy_count",
                                 .help = "policies on this input",
                                 .metric = "resources_policy_count",
                                 .modern = "policies"}),
        row(path(&C::handlers), {.path = "handler_count",
                                 .help = "handlers of these policies",
                                 .metric = "resources_handler_count",
                                 .modern = "handlers"}),
        row(path(&C::total), {.path = "total", .help = "frames of this input", .metric = "base_total"}),
        row(path(&C::deep_samples), {.path = "deep_samples",
                                     .help = "frames of this input within the share analysed deeply",
                                     .metric = "base_deep_samples"}),
        row(path(&C::frames), {.path = "event_rate",
                               .help = "frames of this input a second",
                               .unit = "{packet}/s",
                               .metric = "base_event_rate"}),
    };
}
} // namespace

const Schema& schema() {
    static const Schema schema{"input_resources", "input_resources 1.0",      {}, {},
                               make_rows(),       sizeof(InputResourcesCells)};
    return schema;
}

} // namespace visor::input_resources
