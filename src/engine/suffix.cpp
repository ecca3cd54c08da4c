#include "engine/suffix.hpp"

#include "engine/suffix_rules.hpp"

#include <cstring>
#include <fstream>
#include <iterator>
#include <libpsl.h>

namespace visor::engine {

namespace {

const std::string system_list = "/usr/share/publicsuffix/public_suffix_list.dat";

size_t last_label_size(std::string_view name) {
    const size_t dot = name.rfind('.');
    return dot == std::string_view::npos ? name.size() : name.size() - dot - 1;
}

class PslSuffixes final : public SuffixList {
public:
    explicit PslSuffixes(psl_ctx_t* context) : context_(context) {}
    ~PslSuffixes() override { psl_free(context_); } // leaves the built-in list alone
    PslSuffixes(const PslSuffixes&) = delete;
    PslSuffixes& operator=(const PslSuffixes&) = delete;

    size_t suffix_size(std::string_view name) const override {
        char text[256];
        // The library takes C strings; a name it cannot be shown whole falls under the default rule.
        if (name.size() >= sizeof text || name.find('\0') != std::string_view::npos)
            return last_label_size(name);
        std::memcpy(text, name.data(), name.size());
        text[name.size()] = 0;
        const char* suffix = psl_unregistrable_domain(context_, text);
        return suffix ? name.size() - static_cast<size_t>(suffix - text) : last_label_size(name);
    }

private:
    psl_ctx_t* context_;
};

std::string read_file(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

Result<std::unique_ptr<SuffixList>> through_library(psl_ctx_t* context, const std::string& error) {
    if (context) return std::unique_ptr<SuffixList>(new PslSuffixes(context));
    return Error{error};
}

} // namespace

Result<std::unique_ptr<SuffixList>> load_suffixes(const std::string& path) {
    const std::string text = read_file(path.empty() ? system_list : path);
    if (!text.empty() && !text.starts_with(".DAFSA@PSL")) {
        auto rules = std::make_unique<SuffixRules>(text);
        if (rules->rules() > 0) return std::unique_ptr<SuffixList>(std::move(rules));
    }
    if (path.empty()) return builtin_suffixes();
    return through_library(psl_load_file(path.c_str()), "cannot read public suffix list: " + path);
}

Result<std::unique_ptr<SuffixList>> builtin_suffixes() {
    return through_library(psl_latest(nullptr), "no public suffix list on this system");
}

} // namespace visor::engine
