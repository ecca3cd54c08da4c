// Aggregation of DNS names: the last two and the last three labels, as operators group them.
//
// A known suffix ("co.uk", or one of only_qname_suffix) counts as one label. What is left of a longer name
// keeps its leading dot, so that ".example.com" and the name "example.com" itself stay apart. Threads: pure
// functions over the caller's bytes.
#pragma once

#include <string_view>

namespace visor::wire {

struct Aggregated {
    std::string_view two;   // ".bar.com" of "biz.foo.bar.com"; never empty for a name that is not
    std::string_view three; // ".foo.bar.com"; empty where the name has no third label
};

// suffix_size: bytes of the suffix at the end of the name, its leading dot not counted; 0 for none.
inline Aggregated aggregate(std::string_view name, size_t suffix_size = 0) {
    constexpr auto none = std::string_view::npos;
    if (name.size() < 5) return {name, {}};
    const auto dot_before = [&](size_t position) { return position ? name.rfind('.', position - 1) : none; };
    const size_t end = name.back() == '.' ? name.size() - 1 : name.size();
    size_t dot = dot_before(end);
    if (suffix_size && suffix_size < name.size() && name[name.size() - suffix_size - 1] == '.')
        dot = name.size() - suffix_size - 1;
    const size_t second = dot == none ? none : dot_before(dot);
    if (second == none || second == 0) return {name, {}};
    const size_t third = dot_before(second);
    return {name.substr(second), third == none ? name : name.substr(third)};
}

} // namespace visor::wire
