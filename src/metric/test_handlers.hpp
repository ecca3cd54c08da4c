// What handlers' tests share: zeroed buckets, handlers made from options, rows read by name.
// Threads: one test at a time. Owns: buckets on the heap, as some are megabytes.
#pragma once

#include "metric/handler.hpp"

#include <cstdlib>
#include <cstring>
#include <memory>
#include <new>
#include <string>
#include <vector>

namespace visor::test {

template <class Cells>
class Bucket {
public:
    Bucket() : cells_(static_cast<Cells*>(std::aligned_alloc(alignof(Cells), sizeof(Cells)))) {
        if (!cells_) throw std::bad_alloc();
        std::memset(static_cast<void*>(cells_.get()), 0, sizeof(Cells));
    }
    Cells* operator->() { return cells_.get(); }
    Cells& operator*() { return *cells_; }
    Cells* get() { return cells_.get(); }

private:
    struct Free {
        void operator()(Cells* p) const { std::free(p); }
    };
    std::unique_ptr<Cells, Free> cells_;
};

// Offsets of bytes that belong to a member of Cells and to no cell of the schemas' rows: a member without a
// row. Empty is right. (A compiler that cannot tell padding from members finds none.)
template <class Cells>
std::vector<size_t> nameless_bytes(std::span<const Schema* const> schemas) {
    std::vector<size_t> nameless;
#if defined(__has_builtin)
#if __has_builtin(__builtin_clear_padding)
    Bucket<Cells> bucket;
    auto* bytes = reinterpret_cast<unsigned char*>(bucket.get());
    std::memset(static_cast<void*>(bytes), 0xff, sizeof(Cells));
    __builtin_clear_padding(bucket.get());
    for (const CellPlace& cell : cells_of(schemas)) std::memset(bytes + cell.offset, 0, cell.ops->size);
    for (size_t i = 0; i < sizeof(Cells); ++i)
        if (bytes[i]) nameless.push_back(i);
#endif
#endif
    return nameless;
}

// The schema's row at this JSON path; null when there is none.
inline const Row* find_row(const Schema& schema, std::string_view json_path) {
    for (const Row& row : schema.rows)
        if (row.json_path() == json_path) return &row;
    return nullptr;
}

inline std::unique_ptr<Handler> make_handler(const HandlerClass& type, HandlerConfig config = {},
                                             const Services& services = {}) {
    auto made = type.create(config, services);
    return made ? std::move(*made) : nullptr;
}

inline std::string refusal(const HandlerClass& type, const OptionValues& values) {
    auto made = type.create({values, 0, 100}, {});
    return made ? "" : made.error();
}

// A top list, heaviest first: "10.0.0.1=7 10.0.0.2=3".
template <class Top>
std::string top_text(const Top& top, KeyFormat format = nullptr, const Services& services = {}) {
    std::string out;
    for (const auto& item : top.top(10)) {
        if (!out.empty()) out += ' ';
        out += format ? format(item.key, services).name : item.key;
        out += '=';
        out += std::to_string(item.lower);
    }
    return out;
}

} // namespace visor::test
