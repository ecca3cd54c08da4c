#include "sinks/rows.hpp"

#include "sketch/rank.hpp"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <new>

namespace visor::sinks {

void RowReader::Free::operator()(void* p) const {
    std::free(p);
}

bool RowReader::shown(const Row& row) const {
    if (off()) return false;
    if ((row.facts.groups & ~view_.plan->config.groups) != 0) return false;
    if (row.dimension.empty()) return true;
    return std::any_of(row.seen.begin(), row.seen.end(), [&](int32_t offset) {
        return offset >= 0 &&
               static_cast<const Counter*>(
                   static_cast<const void*>(static_cast<const std::byte*>(view_.cells) + offset))
                       ->value != 0;
    });
}

void RowReader::for_each(bool extended, const std::function<void(const Row&)>& f) const {
    for (const Row& row : schema().rows)
        if ((extended || !row.facts.extended) && shown(row)) f(row);
}

const Row* RowReader::find(std::string_view json_path) const {
    for (const Row& row : schema().rows)
        if (row.json_path() == json_path && shown(row)) return &row;
    return nullptr;
}

const void* RowReader::cell(const Row& row) {
    const void* first = nullptr; // of those with something in them
    bool summed = false;
    for (unsigned i = 0; i < row.cells; ++i) {
        const void* cell = static_cast<const std::byte*>(view_.cells) + row.offset[i];
        if (!first || row.ops->empty(first)) {
            first = cell;
        } else if (!row.ops->empty(cell)) {
            if (!summed) copy(*row.ops, first);
            summed = true;
            row.ops->merge(scratch_.get(), cell);
        }
    }
    return summed ? scratch_.get() : first;
}

// Cells are plain bytes.
void RowReader::copy(const CellOps& ops, const void* cell) {
    if (scratch_bytes_ < ops.size) {
        scratch_bytes_ = (ops.size + size_t{63}) / 64 * 64;
        scratch_.reset(std::aligned_alloc(64, scratch_bytes_));
        if (!scratch_) throw std::bad_alloc();
    }
    std::memcpy(scratch_.get(), cell, ops.size);
}

TopTable RowReader::top(const Row& row) {
    return top(row, view_.plan->window.topn_count);
}

TopTable RowReader::top(const Row& row, size_t lines) {
    const uint32_t percentile = view_.plan->window.topn_percentile_threshold;
    TopRead read = row.ops->top(cell(row), percentile ? SIZE_MAX : lines);
    if (percentile && !read.items.empty()) {
        // Heaviest first, so the percentile's rank counts from the end.
        const uint64_t rank = sketch::nearest_rank(read.items.size(), percentile / 100.0);
        const uint64_t least = read.items[read.items.size() - rank].lower;
        std::erase_if(read.items, [&](const auto& item) { return item.lower < least; });
    }
    if (read.items.size() > lines) read.items.resize(lines);
    TopTable table{{}, read.total, read.max_error, read.exact};
    for (const auto& item : read.items)
        table.lines.push_back({row.facts.format(item.key), item.lower, item.upper});
    return table;
}

engine::RateLine RowReader::seconds(const Row& row) const {
    engine::RateLine sum;
    if (!view_.rates) return sum;
    for (unsigned i = 0; i < row.cells; ++i) {
        const auto found = view_.rates->find(row.offset[i]);
        if (found != view_.rates->end()) sum.add(found->second);
    }
    return sum;
}

std::vector<BalanceLine> balance_of(const engine::HandlerView& view) {
    // The last parts of the paths under which every handler tells them.
    constexpr std::string_view names[] = {"events",   "observed_packets", "total",     "total_packets",
                                          "filtered", "filtered_packets", "malformed", "malformed_packets"};
    std::vector<BalanceLine> lines;
    engine::HandlerView whole = view;
    if (view.counters) whole.cells = view.counters;
    RowReader reader(whole);
    reader.for_each(true, [&](const Row& row) {
        const std::string_view path = row.facts.path;
        const std::string_view group =
            path.starts_with("xact") ? std::string_view{} : path.substr(path.rfind('.') + 1);
        if (row.ops->kind == Kind::counter &&
            std::find(std::begin(names), std::end(names), group) != std::end(names))
            lines.push_back({row.json_path(), reader.count(row), row.facts.help});
    });
    return lines;
}

} // namespace visor::sinks
