#include "cmd/common/command_line.hpp"

#include "version.hpp"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <iostream>
#include <memory>
#include <sstream>

namespace visor::cmd {

namespace {

class Help : public CLI::Formatter {
public:
    std::string make_help(const CLI::App* app, std::string name, CLI::AppFormatMode mode) const override {
        std::string text = CLI::Formatter::make_help(app, std::move(name), mode);
        for (size_t at; (at = text.find("\n\n\n")) != std::string::npos;) text.erase(at, 1);
        return text;
    }
    std::string make_option_desc(const CLI::Option* option) const override {
        const size_t room = 80 - get_column_width();
        std::istringstream words(option->get_description());
        std::string text;
        size_t column = 0;
        for (std::string word; words >> word; column += word.size()) {
            const bool fits = column + 1 + word.size() < room;
            if (!text.empty()) text += fits ? ' ' : '\n';
            column = fits ? column + 1 : 0;
            text += word;
        }
        return text;
    }
};

std::string joined(std::vector<std::string> names) {
    std::sort(names.begin(), names.end());
    std::string text;
    for (size_t i = 0; i < names.size(); ++i)
        text += (i == 0 ? "--" : i + 1 == names.size() ? " or --" : ", --") + names[i];
    return text;
}

Result<std::string> completed(const std::string& argument, const std::vector<std::string>& long_names,
                              const std::vector<std::string>& newer) {
    const size_t equals = std::min(argument.find('='), argument.size());
    const std::string name = argument.substr(2, equals - 2);
    std::vector<std::string> matches;
    for (const auto& candidate : long_names) {
        if (candidate == name) return argument;
        if (candidate.starts_with(name)) matches.push_back(candidate);
    }
    std::vector<std::string> earlier;
    for (const auto& match : matches)
        if (std::find(newer.begin(), newer.end(), match) == newer.end()) earlier.push_back(match);
    if (earlier.size() == 1) matches = std::move(earlier);
    if (matches.size() > 1) return Error{"--" + name + " may be " + joined(std::move(matches))};
    return matches.empty() ? argument : "--" + matches.front() + argument.substr(equals);
}

std::vector<std::string> long_names_of(const CLI::App& app) {
    std::vector<std::string> names;
    for (const CLI::Option* option : app.get_options())
        for (const auto& name : option->get_lnames()) names.push_back(name);
    return names;
}

} // namespace

void teach(CLI::App& app, const char* examples) {
    app.set_help_flag(); // it is the first in the list otherwise
    app.set_help_flag("-h,--help", "tell all this, and exit");
    app.set_version_flag("--version", std::string("pktvisor ") + version_text, "tell the version, and exit");
    app.footer(examples);
    app.formatter(std::make_shared<Help>());
}

Result<std::vector<std::string>> spelled_out(const std::vector<std::string>& arguments,
                                             const std::vector<std::string>& long_names,
                                             const std::vector<std::string>& newer) {
    std::vector<std::string> out;
    for (size_t i = 0; i < arguments.size(); ++i) {
        if (arguments[i] == "--") {
            out.insert(out.end(), arguments.begin() + static_cast<ptrdiff_t>(i), arguments.end());
            break;
        }
        if (!arguments[i].starts_with("--")) {
            out.push_back(arguments[i]);
            continue;
        }
        auto whole = completed(arguments[i], long_names, newer);
        if (!whole) return Error{whole.error()};
        out.push_back(std::move(*whole));
    }
    return out;
}

int wrong_use(const CLI::App& app, std::string_view what, std::string_view operands) {
    const std::string& name = app.get_name();
    std::cerr << name << ": " << what << "\nusage: " << name << " [options] " << operands << "   (" << name
              << " --help tells all)\n";
    return 1;
}

std::optional<int> parse(CLI::App& app, int argc, const char* const* argv, std::string_view operands,
                         const std::vector<std::string>& newer) {
    auto arguments = spelled_out({argv + std::min(argc, 1), argv + argc}, long_names_of(app), newer);
    if (!arguments) return wrong_use(app, arguments.error(), operands);
    std::reverse(arguments->begin(), arguments->end()); // as CLI11 takes them
    try {
        app.parse(*arguments);
    } catch (const CLI::Success& e) {
        return app.exit(e);
    } catch (const CLI::ParseError& e) {
        return wrong_use(app, e.what(), operands);
    }
    return std::nullopt;
}

} // namespace visor::cmd
