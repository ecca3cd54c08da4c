#include "control/page/page.hpp"

namespace visor::page {

const BundledFile* find_file(std::string_view path) {
    for (const BundledFile& file : bundled_files())
        if (file.path == path) return &file;
    return nullptr;
}

std::string_view content_type(std::string_view path) {
    struct Type {
        std::string_view ending, type;
    };
    constexpr Type types[] = {
        {".html", "text/html; charset=utf-8"},
        {".js", "text/javascript; charset=utf-8"},
        {".css", "text/css; charset=utf-8"},
        {".svg", "image/svg+xml"},
        {".json", "application/json"},
        {".png", "image/png"},
        {".woff2", "font/woff2"},
    };
    for (const Type& type : types)
        if (path.ends_with(type.ending)) return type.type;
    return "application/octet-stream";
}

std::string substitute(std::string_view why) {
    return "<!doctype html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n<title>pktvisor</title>\n"
           "<h1>pktvisor</h1>\n<p>The agent runs, but this program has no page in it: " +
           std::string(why) +
           ".</p>\n<p>To have it, install Node 18 or later with npm, remove <code>build/page</code> from the "
           "source "
           "tree and run <code>make build</code> there.</p>\n<p>What the page would show is in the REST "
           "interface: "
           "<a href=\"api/v1/policies\">policies</a>, <a href=\"api/v1/taps\">taps</a>, <a "
           "href=\"metrics\">metrics "
           "for Prometheus</a>, <a href=\"api/v1/openapi.json\">its description</a>.</p>\n</html>\n";
}

std::string escape_for_html(std::string_view json) {
    std::string out;
    out.reserve(json.size());
    for (size_t i = 0; i < json.size(); ++i) {
        // Line separators are line ends to scripts of old; all other bytes of UTF-8 are as they are.
        const std::string_view three = json.substr(i, 3);
        if (json[i] == '<') {
            out += "\\u003c";
        } else if (three == "\xe2\x80\xa8" || three == "\xe2\x80\xa9") {
            out += three.back() == '\xa8' ? "\\u2028" : "\\u2029";
            i += 2;
        } else {
            out += json[i];
        }
    }
    return out;
}

Result<std::string> fill_report(std::string_view template_html, std::string_view json) {
    constexpr std::string_view opening = "<script type=\"application/json\" id=\"report-data\">";
    const size_t at = template_html.find(opening);
    if (at == std::string_view::npos) return Error{"the report has no place for its data"};
    const std::string_view rest = template_html.substr(at + opening.size());
    if (!rest.starts_with("</script>") || rest.find(opening) != std::string_view::npos)
        return Error{"the report has not one empty place for its data"};
    std::string out(template_html.substr(0, at + opening.size()));
    return out.append(escape_for_html(json)).append(rest);
}

} // namespace visor::page
