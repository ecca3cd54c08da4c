#include "control/http/router.hpp"

#include "control/http/target.hpp"
#include "control/http/text.hpp"

namespace visor::http {

std::string_view PathValues::operator[](std::string_view name) const {
    for (const auto& [key, value] : values_)
        if (key == name) return value;
    return {};
}

Pattern::Pattern(std::string_view text) : text_(text.empty() ? "/" : text) {
    text = text_;
    for (size_t start = 1;;) {
        const size_t end = std::min(text.find('/', start), text.size());
        segments_.push_back(parse_segment(text.substr(start, end - start)));
        if (end == text.size()) return;
        start = end + 1;
    }
}

Pattern::Segment Pattern::parse_segment(std::string_view text) {
    if (text.size() < 2 || text.front() != '{' || text.back() != '}')
        return {Kind::literal, std::string(text)};
    text = text.substr(1, text.size() - 2);
    const std::string_view name = take_until(text, ':');
    const Kind kind = text == "word" ? Kind::word : text == "number" ? Kind::number : Kind::any;
    return {kind, std::string(name)};
}

bool Pattern::fits(Kind kind, std::string_view value) {
    if (value.empty()) return false;
    switch (kind) {
    case Kind::word:
        return !is_digit(value.front()) && value.front() != '-' &&
               std::all_of(value.begin(), value.end(),
                           [](char c) { return is_letter(c) || is_digit(c) || c == '_' || c == '-'; });
    case Kind::number:
        return std::all_of(value.begin(), value.end(), is_digit);
    case Kind::literal:
    case Kind::any:
        break;
    }
    return true;
}

std::optional<PathValues> Pattern::match(std::string_view path) const {
    if (path.empty() || path.front() != '/') return std::nullopt;
    path.remove_prefix(1);
    PathValues values;
    for (size_t i = 0; i < segments_.size(); ++i) {
        const bool last = path.find('/') == std::string_view::npos;
        if (last != (i + 1 == segments_.size())) return std::nullopt;
        // Decoded segment by segment: a "%2F" is part of a name, not of the path.
        auto value = percent_decode(take_until(path, '/'));
        if (!value) return std::nullopt;
        const Segment& segment = segments_[i];
        if (segment.kind == Kind::literal && *value != segment.text) return std::nullopt;
        if (segment.kind == Kind::literal) continue;
        if (!fits(segment.kind, *value)) return std::nullopt;
        values.add(segment.text, std::move(*value));
    }
    return values;
}

bool Pattern::before(const Pattern& other) const {
    const auto rank = [](const Segment& segment) {
        return segment.kind == Kind::literal ? 0 : segment.kind == Kind::any ? 2 : 1;
    };
    for (size_t i = 0; i < std::min(segments_.size(), other.segments_.size()); ++i)
        if (rank(segments_[i]) != rank(other.segments_[i]))
            return rank(segments_[i]) < rank(other.segments_[i]);
    return false;
}

void Router::add(std::string method, std::string_view pattern, RouteHandler handler) {
    Route route{std::move(method), Pattern(pattern), std::move(handler)};
    const auto later = std::find_if(routes_.begin(), routes_.end(),
                                    [&](const Route& old) { return route.pattern.before(old.pattern); });
    routes_.insert(later, std::move(route));
}

Response Router::operator()(const Request& request) const {
    const std::string_view method = request.method == "HEAD" ? std::string_view("GET") : request.method;
    for (const Route& route : routes_)
        if (route.method == method)
            if (const auto values = route.pattern.match(request.path)) return route.handler(request, *values);
    return Response(404);
}

std::vector<std::string> Router::routes() const {
    std::vector<std::string> out;
    for (const Route& route : routes_) out.push_back(route.method + " " + route.pattern.text());
    return out;
}

} // namespace visor::http
