// Writes the reference documents into a folder, or with --check tells whether those in it are up to date.
#include "control/registry.hpp"
#include "sinks/docs.hpp"
#include "sinks/text_notable.hpp"

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
    const std::pair<const char*, std::string> documents[] = {
        {"metrics.md", visor::sinks::metrics_markdown(schemas)},
        {"options.md", visor::sinks::options_markdown(handlers)},
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
