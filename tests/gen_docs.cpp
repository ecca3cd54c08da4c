// Writes the reference documents into a folder, or with --check tells whether those in it are up to date.
#include "control/registry.hpp"
#include "control/rest/routes.hpp"
#include "sinks/docs.hpp"
#include "sinks/text_notable.hpp"
#include "wire/link.hpp"

#include <cstdio>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

namespace {

std::string read(const std::string& path) {
    std::ostringstream text;
    text << std::ifstream(path, std::ios::binary).rdbuf();
    return text.str();
}

bool write(const std::string& path, const std::string& text) {
    std::ofstream file(path, std::ios::binary);
    file << text;
    return static_cast<bool>(file.flush());
}

std::string link_types_markdown() {
    std::string decoded, counted;
    for (uint32_t type = 0; type <= 0xffff; ++type) {
        if (!visor::wire::link_supported(type)) continue;
        std::string& table = visor::wire::link_counted_only(type) ? counted : decoded;
        table += "| " + std::to_string(type) + " | " + std::string(visor::wire::link_name(type)) + " |\n";
    }
    const std::string head = "| number | type |\n|---|---|\n";
    return "# Link types\n\n"
           "<!-- Made by `make docs` from the program's own tables; changes belong there. -->\n\n"
           "Numbers are those of the LINKTYPE registry of the pcap formats. A file of a number that is in "
           "neither\n"
           "list is refused.\n\n"
           "## IP is found in these\n\n" +
           head + decoded +
           "\n## Frames of these are counted\n\n"
           "They carry no IP, or carry it so seldom or so deep that it is not looked for: every frame "
           "counts, in\n"
           "`total` and `other_l4`, as one without IP.\n\n" +
           head + counted;
}

} // namespace

int main(int argc, char** argv) {
    const std::vector<std::string> arguments(argv + 1, argv + argc);
    const bool check = !arguments.empty() && arguments.front() == "--check";
    if (arguments.size() != (check ? 2U : 1U)) {
        std::fprintf(stderr, "usage: gen_docs [--check] FOLDER\n");
        return 2;
    }
    const auto handlers = visor::control::handler_classes();
    std::vector<const visor::Schema*> schemas;
    for (const visor::HandlerClass* handler : handlers) schemas.push_back(&handler->schema());
    const auto inputs = visor::control::documented_inputs();
    const auto routes = visor::control::documented_routes(true);
    const std::pair<const char*, std::string> documents[] = {
        {"metrics.md", visor::sinks::metrics_markdown(schemas)},
        {"options.md", visor::sinks::options_markdown(visor::control::process_options, inputs, handlers)},
        {"rest.md", visor::sinks::routes_markdown(routes)},
        {"link_types.md", link_types_markdown()},
        {"notable.md", visor::sinks::notable_markdown()},
    };
    int failures = 0;
    for (const auto& [name, text] : documents) {
        const std::string path = arguments.back() + "/" + name;
        if (check ? read(path) == text : write(path, text)) continue;
        std::fprintf(stderr, check ? "%s is out of date; run `make docs`\n" : "cannot write %s\n",
                     path.c_str());
        ++failures;
    }
    return failures ? 1 : 0;
}
