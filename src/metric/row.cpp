#include "metric/row.hpp"

#include <map>

namespace visor {

void merge_cells(std::span<const CellPlace> cells, void* into, const void* from) {
    for (const auto& cell : cells) {
        const std::byte* source = static_cast<const std::byte*>(from) + cell.offset;
        if (!cell.ops->empty(source)) cell.ops->merge(static_cast<std::byte*>(into) + cell.offset, source);
    }
}

void clear_cells(std::span<const CellPlace> cells, void* bucket) {
    for (const auto& cell : cells) {
        std::byte* at = static_cast<std::byte*>(bucket) + cell.offset;
        if (!cell.ops->empty(at)) cell.ops->clear(at);
    }
}

std::vector<CellPlace> cells_of(std::span<const Schema* const> schemas) {
    std::map<uint32_t, const CellOps*> found;
    for (const Schema* schema : schemas)
        for (const Row& row : schema->rows)
            for (unsigned i = 0; i < row.cells; ++i) found[row.offset[i]] = row.ops;
    std::vector<CellPlace> cells;
    for (const auto& [offset, ops] : found) cells.push_back({offset, ops});
    return cells;
}

} // namespace visor
