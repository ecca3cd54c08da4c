// Answers of an agent: whatever the bytes, reading them ends with a picture or a reason.
#include "client/answers.hpp"
#include "client/json_text.hpp"
#include "client/lists.hpp"

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdlib>

namespace {

using namespace visor::client;

void look_through(const Picture& picture) {
    for (const Handler& handler : picture.handlers) {
        if (handler.start_ts < 0 || handler.length_s < 0) std::abort();
        for (const Metric& metric : handler.metrics) {
            if (!std::isfinite(metric.value)) std::abort();
            for (const Item& item : metric.top.items)
                if (!std::isfinite(item.estimate + 0 * item.lower + 0 * item.upper)) std::abort();
            for (const Bin& bin : metric.quantiles.bins)
                if (!std::isfinite(bin.lower) || std::isnan(bin.upper) || !std::isfinite(bin.count))
                    std::abort();
        }
    }
    for (const NamedList& list : lists_of(picture))
        if (find_lists(picture, list.name).empty()) std::abort();
}

template <class T>
void reasoned(const visor::Result<T>& result) {
    if (!result && result.error().empty()) std::abort();
}

} // namespace

// Two documents with a line feed between: an answer, and the schema to read it by.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    const size_t line = std::min(text.find('\n'), text.size());
    const auto answer = read_json(text.substr(0, line));
    reasoned(answer);
    minutes_held(text);
    if (!answer) return 0;
    Schemas schemas;
    if (line < text.size())
        if (const auto document = read_json(text.substr(line + 1)))
            if (auto read = Schemas::read(*document)) schemas = std::move(*read);
    const auto flat = read_flat(*answer, schemas);
    reasoned(flat);
    if (flat) look_through(*flat);
    if (answer->is_object())
        for (const auto& entry : answer->items())
            if (const auto picture = read_policy(*answer, entry.key(), schemas)) look_through(*picture);
    reasoned(read_app(*answer));
    reasoned(read_policies(*answer));
    reasoned(read_taps(*answer));
    return 0;
}
