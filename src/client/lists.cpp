#include "client/lists.hpp"

#include <algorithm>
#include <cctype>

namespace visor::client {

namespace {

std::string lower(std::string_view text) {
    std::string out(text);
    std::transform(out.begin(), out.end(), out.begin(),
                   [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    return out;
}

// "in.top_slow" -> "in.slow"
std::string short_path(std::string_view path) {
    constexpr std::string_view top = "top_";
    std::string out(path);
    const size_t dot = out.rfind('.');
    const size_t last = dot == std::string::npos ? 0 : dot + 1;
    if (std::string_view(out).substr(last).starts_with(top) && out.size() > last + top.size())
        out.erase(last, top.size());
    return out;
}

std::string type_of(const Handler& handler) {
    return handler.title.substr(0, handler.title.find(' '));
}

// Whether `wanted` is the path or its end, from a dot on.
bool is_end(std::string_view path, std::string_view wanted) {
    return path == wanted || (path.size() > wanted.size() && path.ends_with(wanted) &&
                              path[path.size() - wanted.size() - 1] == '.');
}

bool begins_end(std::string_view path, std::string_view wanted) {
    const std::string within = std::string(wanted) + "_";
    return path.starts_with(within) || path.find("." + within) != std::string_view::npos;
}

template <class Matches>
std::vector<NamedList> lists_where(const Picture& picture, std::string_view name, Matches matches) {
    const std::string wanted = lower(name);
    std::vector<NamedList> found;
    for (NamedList& list : lists_of(picture)) {
        const std::string path = lower(short_path(list.metric->path));
        bool meant = matches(path, short_path(wanted));
        for (const std::string& handler :
             {list.handler->key, type_of(*list.handler), list.handler->instance, list.handler->title}) {
            const std::string front = lower(handler) + ".";
            meant = meant || (wanted.starts_with(front) &&
                              matches(path, short_path(std::string_view(wanted).substr(front.size()))));
        }
        if (meant) found.push_back(std::move(list));
    }
    return found;
}

} // namespace

std::vector<NamedList> lists_of(const Picture& picture) {
    std::vector<NamedList> lists;
    for (const Handler& handler : picture.handlers)
        for (const Metric& metric : handler.metrics)
            if (metric.kind == Kind::top)
                lists.push_back({&handler, &metric, type_of(handler) + "." + short_path(metric.path)});
    return lists;
}

std::vector<NamedList> find_lists(const Picture& picture, std::string_view name) {
    if (name.empty()) return {};
    auto found = lists_where(picture, name, is_end);
    return found.empty() ? lists_where(picture, name, begins_end) : found;
}

} // namespace visor::client
