#include "client/source.hpp"

#include <algorithm>

namespace visor::client {

const std::string* usual_policy(const std::vector<std::string>& names) {
    const auto rank = [](const std::string& name) {
        return name == "default" ? 0 : name.ends_with("-resources") ? 2 : 1;
    };
    const auto first = std::min_element(names.begin(), names.end(),
                                        [&](const auto& a, const auto& b) { return rank(a) < rank(b); });
    return first == names.end() ? nullptr : &*first;
}

} // namespace visor::client
