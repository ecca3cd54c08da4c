// Which function answers which path. Threads: filled by one, then used by all. Owns: its table.
//
// A pattern is a path whose segments are words or captures:
// "/api/v1/policies/{name}/metrics/window/{n:number}".
//   {name}         any text that is not empty, percent-decoded
//   {name:word}    a letter or '_', then letters, digits, '_' and '-' (names of policies and taps)
//   {n:number}     digits
// A word wins over a capture, segment by segment from the left. An unknown path, and a method that is not
// there for a known one, are 404 with an empty body; HEAD is answered by GET.
#pragma once

#include "control/http/message.hpp"

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace visor::http {

// What the captures of a pattern stand for in one path.
class PathValues {
public:
    std::string_view operator[](std::string_view name) const; // empty when there is no such capture
    void add(std::string_view name, std::string value) {
        values_.emplace_back(std::string(name), std::move(value));
    }

private:
    Fields values_;
};

class Pattern {
public:
    explicit Pattern(std::string_view text);
    const std::string& text() const { return text_; }
    std::optional<PathValues> match(std::string_view path) const;
    bool before(const Pattern& other) const; // tried first, where both match

private:
    enum class Kind { literal, any, word, number };
    struct Segment {
        Kind kind;
        std::string text; // the literal, or the capture's name
    };
    static Segment parse_segment(std::string_view text);
    static bool fits(Kind kind, std::string_view value);

    std::string text_;
    std::vector<Segment> segments_;
};

using RouteHandler = std::function<Response(const Request&, const PathValues&)>;

class Router {
public:
    void add(std::string method, std::string_view pattern, RouteHandler handler);
    Response operator()(const Request& request) const;
    std::vector<std::string> routes() const; // "GET /path", for the log and for tests

private:
    struct Route {
        std::string method;
        Pattern pattern;
        RouteHandler handler;
    };
    std::vector<Route> routes_;
};

} // namespace visor::http
