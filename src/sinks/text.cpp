#include "sinks/text.hpp"

#include <spdlog/fmt/fmt.h>

namespace visor::sinks {

std::string text_report(const engine::OfflineRun& run, const Services&, const TextOptions& options) {
    const auto& feed = run.ledger().feed;
    return fmt::format("{}\n{} packets, {} bytes\n", options.title, feed.frames, feed.wire_bytes);
}

} // namespace visor::sinks
