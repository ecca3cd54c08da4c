// merge_like_handlers: all handlers of one kind, on whatever taps of a policy, as one.
// Threads: belongs to one caller. Owns: the sums; the plans in the views given outlive it.
#pragma once

#include "engine/live_results.hpp"

#include <deque>
#include <map>
#include <string>
#include <vector>

namespace visor::control {

// Cells merge, and so do the seconds of rates.
class MergedHandler {
public:
    MergedHandler(std::string name, const engine::HandlerView& first);
    MergedHandler(const MergedHandler&) = delete; // its view points into it
    MergedHandler& operator=(const MergedHandler&) = delete;

    void add(const engine::HandlerView& other);
    // The same handler, with the same metric groups.
    bool is_of_kind(const engine::HandlerView& other) const;
    const std::string& name() const { return name_; }
    const engine::HandlerView& view() const { return view_; }

private:
    std::string name_;
    engine::HandlerView view_;
    engine::Bucket bucket_;
    engine::RateSeconds rates_;
};

// By kind, in the order in which they come. One is called "<schema key>_merged"; another kind with the same
// schema key "<schema key>_merged_2", and so on.
std::deque<MergedHandler> merged_handlers(const std::vector<engine::LiveView>& views);

} // namespace visor::control
