#include "control/rest/merged.hpp"

#include <algorithm>

namespace visor::control {

MergedHandler::MergedHandler(std::string name, const engine::HandlerView& first)
    : name_(std::move(name)), view_(first), bucket_(first.plan->handler->schema().cells_size),
      rates_(*first.rates) {
    merge_cells(first.plan->handler->cells(), bucket_.cells(), first.cells);
    view_.cells = bucket_.cells();
    view_.rates = &rates_;
}

void MergedHandler::add(const engine::HandlerView& other) {
    merge_cells(other.plan->handler->cells(), bucket_.cells(), other.cells);
    for (const auto& [offset, seconds] : *other.rates) rates_[offset].add(seconds);
    view_.start_ts = std::min(view_.start_ts, other.start_ts);
    view_.length = std::max(view_.length, other.length);
}

bool MergedHandler::is_of_kind(const engine::HandlerView& other) const {
    return other.plan->handler == view_.plan->handler &&
           other.plan->config.groups == view_.plan->config.groups;
}

std::deque<MergedHandler> merged_handlers(const std::vector<engine::LiveView>& views) {
    std::deque<MergedHandler> kinds;
    std::map<std::string_view, unsigned> of_key;
    const auto put = [&](const engine::HandlerView& handler) {
        for (MergedHandler& kind : kinds)
            if (kind.is_of_kind(handler)) return kind.add(handler);
        const std::string_view key = handler.plan->handler->schema().key;
        const unsigned number = ++of_key[key];
        kinds.emplace_back(std::string(key) + "_merged" + (number > 1 ? "_" + std::to_string(number) : ""),
                           handler);
    };
    for (const auto& view : views) std::for_each(view.handlers.begin(), view.handlers.end(), put);
    return kinds;
}

} // namespace visor::control
