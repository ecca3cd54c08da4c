// Reading a handler's results row by row: what every renderer shares.
//
// Which rows are shown, cells that a row sums, top lists cut and printed as the window settings say, rates as
// quantiles over seconds. Renderers walk rows and know no handler.
// Threads: a reader belongs to one caller. Owns: scratch for summed cells.
#pragma once

#include "engine/window.hpp"

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace visor::sinks {

inline constexpr double printed_quantiles[] = {0.5, 0.9, 0.95, 0.99};
inline constexpr const char* quantile_names[] = {"p50", "p90", "p95", "p99"};

struct TopLine {
    KeyText key;
    uint64_t lower = 0, upper = 0; // the true weight lies between them
};

struct TopTable {
    std::vector<TopLine> lines; // heaviest first
    uint64_t total = 0;         // weight of everything, listed or not
    uint64_t unlisted_max = 0;  // most that a key not in the set can weigh
    bool exact = true;
};

class RowReader {
public:
    explicit RowReader(const engine::HandlerView& view) : view_(view) {}

    const Schema& schema() const { return view_.plan->handler->schema(); }
    // Every group is switched off: such a handler shows nothing at all.
    bool off() const { return view_.plan->config.groups == 0 && !schema().groups.empty(); }
    // Rows that are enabled, and whose dimension value was seen. Extended ones only when asked for.
    void for_each(bool extended, const std::function<void(const Row&)>& f) const;
    const Row* find(std::string_view json_path) const; // null when there is none or it is not enabled
    bool shown(const Row& row) const;

    // The row's cell, or the sum of its cells; valid until the next call.
    const void* cell(const Row& row);
    uint64_t count(const Row& row) { return row.ops->count(cell(row)); }
    TopTable top(const Row& row);
    TopTable top(const Row& row, size_t lines);
    size_t top_lines() const { return view_.plan->window.topn_count; } // what the settings ask for
    engine::RateLine seconds(const Row& row) const;

private:
    void copy(const CellOps& ops, const void* cell);

    const engine::HandlerView& view_;
    struct Free {
        void operator()(void* p) const;
    };
    std::unique_ptr<void, Free> scratch_;
    size_t scratch_bytes_ = 0;
};

// A handler's part of the ledger, of all periods: the counts between which events = total + filtered +
// malformed holds, by JSON path.
struct BalanceLine {
    std::string path;
    uint64_t count;
    std::string_view help;
};
std::vector<BalanceLine> balance_of(const engine::HandlerView& view);

} // namespace visor::sinks
