// What handlers' tests share: zeroed buckets, handlers made from options, rows read by name.
// Threads: one test at a time. Owns: buckets on the heap, as some are megabytes.
#pragma once

#include "metric/handler.hpp"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <new>
#include <span>
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

namespace detail {
struct Anything {
    template <class T>
    operator T() const; // NOLINT(google-explicit-constructor): only ever asked whether it would work
};
} // namespace detail

// How many members a plain struct has, the elements of a member array each. A handler's rows name every cell
// when its cells() are as many as its bucket has members, those of structs inside it counted in their place.
template <class Struct, class... Found>
consteval size_t members() {
    if constexpr (requires { Struct{Found{}..., detail::Anything{}}; })
        return members<Struct, Found..., detail::Anything>();
    else
        return sizeof...(Found);
}

// The schema's row at this JSON path; null when there is none.
inline const Row* find_row(const Schema& schema, std::string_view json_path) {
    for (const Row& row : schema.rows)
        if (row.json_path() == json_path) return &row;
    return nullptr;
}

inline std::unique_ptr<Handler> make_handler(const HandlerClass& type, const HandlerConfig& config = {},
                                             const Services& services = {}) {
    auto made = type.create(config, services);
    return made ? std::move(*made) : nullptr;
}

// To the byte: padding is never written to.
template <class Cells>
bool same_bytes(Bucket<Cells>& a, Bucket<Cells>& b) {
    const auto* bytes = reinterpret_cast<const uint8_t*>(a.get());
    return std::equal(bytes, bytes + sizeof(Cells), reinterpret_cast<const uint8_t*>(b.get()));
}

// Empties the bucket by its cells; true when nothing is left, that is, when only cells were written to.
template <class Cells>
bool clears(const HandlerClass& type, Bucket<Cells>& bucket) {
    clear_cells(type.cells(), bucket.get());
    const auto* bytes = reinterpret_cast<const uint8_t*>(bucket.get());
    return std::all_of(bytes, bytes + sizeof(Cells), [](uint8_t b) { return b == 0; });
}

inline std::vector<PacketOutline> outlines_of(std::span<const wire::Packet> packets) {
    std::vector<PacketOutline> outlines(packets.size());
    for (size_t i = 0; i < packets.size(); ++i) outline(packets[i], outlines[i]);
    return outlines;
}

inline std::string refusal(const HandlerClass& type, const OptionValues& values) {
    auto made = type.create({values, 0, 100}, {});
    return made ? "" : made.error();
}

// A top list of any cell that has one, heaviest first: "10.0.0.1=7 10.0.0.2=3".
template <class Top>
std::string top_text(const Top& top, KeyFormat format = nullptr) {
    std::string out;
    for (const auto& item : cell_ops<Top>.top(&top, 10).items) {
        if (!out.empty()) out += ' ';
        out += format ? format(item.key).name : item.key;
        out += '=';
        out += std::to_string(item.lower);
    }
    return out;
}

} // namespace visor::test
