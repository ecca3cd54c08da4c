// Configuration documents: whatever the bytes, parsing ends with a document or a reason.
#include "control/policy.hpp"

#include <cstddef>
#include <cstdint>
#include <cstdlib>

namespace {

using visor::Group;
using visor::Option;
using visor::OptionType;

constexpr Option handler_options[] = {
    {"exclude_noerror", OptionType::boolean, ""}, {"only_rcode", OptionType::uint_or_list, ""},
    {"only_qtype", OptionType::list, ""},         {"answer_count", OptionType::uint, ""},
    {"device_map", OptionType::map, ""},
};
constexpr Option input_options[] = {{"iface", OptionType::text, ""}, {"bpf", OptionType::text, ""}};
constexpr Group groups[] = {{"counters", true}, {"histograms", false}};
constexpr visor::control::HandlerInfo handlers[] = {{"dns", "1.0", handler_options, groups},
                                                    {"net", "2.0", {}, groups}};
constexpr visor::control::InputInfo inputs[] = {{"pcap", input_options}, {"mock", {}}};

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    using namespace visor::control;
    Known known;
    known.handlers = handlers;
    known.inputs = inputs;
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    for (const auto kind : {DocumentKind::file, DocumentKind::tap, DocumentKind::policy}) {
        const auto document = parse_document(text, "fuzz.yaml", kind, known);
        if (!document && document.error().empty()) std::abort(); // a refusal without a reason
        if (!document) continue;
        for (const auto& policy : document->policies)
            for (const auto& module : policy.modules)
                if (module.window.periods < 1 || module.window.periods > 10 || module.groups > 3)
                    std::abort();
    }
    return 0;
}
