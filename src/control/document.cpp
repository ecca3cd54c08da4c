// A whole document: its sections in the order they are evaluated.
#include "control/document_parts.hpp"
#include "sinks/text_canvas.hpp"

#include <algorithm>

namespace visor::control {

namespace {

constexpr Option process_option_list[] = {
    {"periods", OptionType::uint, "periods of one minute kept", 1, 10, OptionRange::clamp},
    {"max_deep_sample", OptionType::uint, "percent of events analysed deeply", 1, 100, OptionRange::clamp},
    {"no_adaptive_sampling", OptionType::boolean,
     "analyse as much deeply when falling behind, and rather lose frames"},
    {"workers", OptionType::uint, "threads that read and analyse frames; one for each core unless given", 1,
     64},
    {"ring_mb", OptionType::uint, "megabytes of kernel memory for frames that wait to be read, of each input",
     1, 16384},
    {"promiscuous", OptionType::boolean, "also frames that are for other hosts"},
    {"host", OptionType::text, "address the web server listens on"},
    {"port", OptionType::uint, "port the web server listens on", 0, 65535},
    {"prom_instance", OptionType::text, "value of the label instance on every metric"},
    {"tls", OptionType::boolean, "serve HTTPS instead of HTTP; needs a certificate and its key"},
    {"tls_cert", OptionType::text, "certificate of the server, PEM"},
    {"tls_key", OptionType::text, "key of the certificate, PEM"},
    {"tls_client_ca", OptionType::text,
     "changes take a client certificate signed by one of these, PEM; reading takes none; needs TLS"},
    {"admin_api", OptionType::boolean,
     "allow taps and policies to be changed over HTTP; beyond this host with a token or client certificates"},
    {"admin_token_file", OptionType::text, "file with the token that changes must show"},
    {"admin_insecure", OptionType::boolean,
     "allow changes from other hosts without a token or client certificates"},
    {"geo_city", OptionType::text, "city database for places of addresses, MMDB"},
    {"geo_asn", OptionType::text, "ASN database for autonomous systems of addresses, MMDB"},
    {"default_geo_city", OptionType::text, "city database when no other is given"},
    {"default_geo_asn", OptionType::text, "ASN database when no other is given"},
    {"verbose", OptionType::boolean, "log more"},
    {"log_file", OptionType::text, "log to this file; opened anew on SIGHUP"},
    {"syslog", OptionType::boolean, "log to syslog"},
    {"daemon", OptionType::boolean, "run in the background"},
    {"user", OptionType::text, "become this user once sockets are open, keeping only CAP_NET_RAW"},
    {"module_list", OptionType::boolean, "list inputs and handlers, and exit"},
    {"prometheus", OptionType::boolean, "accepted; metrics are always exposed"},
    {"no_track", OptionType::boolean, "accepted; nothing is ever sent anywhere"},
    {"geo_cache_size", OptionType::uint, "accepted; lookups need no cache"},
    {"module_dir", OptionType::text, "modules (not built): where to look for them"},
    {"iana_service_port_registry", OptionType::text, "service names (not built): CSV file"},
    {"default_service_registry", OptionType::text,
     "service names (not built): CSV file when no other is given"},
    {"otel", OptionType::boolean, "OTLP (not built): send metrics"},
    {"otel_host", OptionType::text, "OTLP (not built): host"},
    {"otel_port", OptionType::uint, "OTLP (not built): port", 0, 65535},
    {"otel_path", OptionType::text, "OTLP (not built): path"},
    {"otel_interval", OptionType::uint, "OTLP (not built): seconds between exports"},
    {"otel_tls", OptionType::boolean, "OTLP (not built): over TLS"},
    {"otel_tls_cert", OptionType::text, "OTLP (not built): certificate file"},
    {"otel_tls_key", OptionType::text, "OTLP (not built): key file"},
    {"cp_disable", OptionType::boolean, "accepted; there are no crash reports"},
    {"cp_token", OptionType::text, "crash reports (not built): token"},
    {"cp_url", OptionType::text, "crash reports (not built): address"},
    {"cp_custom", OptionType::text, "crash reports (not built): user-defined text"},
    {"cp_path", OptionType::text, "crash reports (not built): handler program"},
};

constexpr size_t name_max = 128;
constexpr std::string_view reserved_policy = "__all"; // all of them, in paths

// Filters of handlers that need a database, of which kind, and the process options that name it.
struct PlaceFilter {
    std::string_view option, kind, database, otherwise;
};
constexpr PlaceFilter place_filters[] = {
    {"geoloc_notfound", "a city", "geo_city", "default_geo_city"},
    {"only_geoloc_prefix", "a city", "geo_city", "default_geo_city"},
    {"asn_notfound", "an ASN", "geo_asn", "default_geo_asn"},
    {"only_asn_number", "an ASN", "geo_asn", "default_geo_asn"},
};

// What is said of it when there is none; which characters it takes besides letters and _, and which of them
// as the first one. A - comes last, as in a regular expression.
struct NameRule {
    std::string_view expected, others, first, told;
};
constexpr NameRule name_rules[] = {
    {"expecting tap identifier", "0123456789-", "", "letters, digits, _ and -, beginning with a letter or _"},
    {"expecting policy identifier", "0123456789.-", "0123456789",
     "letters, digits, _, - and ., beginning with a letter, a digit or _"},
    {"expecting handler module identifier", "0123456789.-", "0123456789",
     "letters, digits, _, - and ., beginning with a letter, a digit or _"},
};

bool is_letter(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

std::string_view wanted(OptionType type) {
    switch (type) {
    case OptionType::boolean:
        return "true or false";
    case OptionType::uint:
        return "a number";
    case OptionType::text:
        return "text, which is no number, true or false";
    case OptionType::list:
        return "a list";
    case OptionType::uint_or_list:
        return "a number or a list";
    case OptionType::map:
        return "a map";
    case OptionType::presence:
        break;
    }
    return "anything";
}

// A key as it can stand in the log.
std::string shown(std::string_view key) {
    return sinks::shortened(sinks::printable(key, {}), 60, {});
}

class DocumentReader {
public:
    DocumentReader(DocumentKind kind, std::string_view name, const Known& known)
        : kind_(kind), parts_{known, name, known.window} {}

    Document read(const ConfigNode& root) {
        if (root.kind == ConfigNode::Kind::null) throw ConfigFault("empty data", 0, 0);
        const ConfigNode* visor = root.find(keys::visor);
        if (!root.is_map() || !visor || !visor->is_map())
            throw ConfigFault("invalid schema; a map with the key 'visor' is expected",
                              visor ? *visor : root);
        read_version(root);
        parts_.notice_unknown(root, keys::in_document);
        parts_.notice_unknown(*visor, keys::in_visor);
        if (kind_ == DocumentKind::file) read_options(*visor);
        document_.options.merge(parts_.known.given);
        use_window_options();
        if (kind_ != DocumentKind::policy) read_taps(*visor);
        if (kind_ == DocumentKind::file) read_global(*visor);
        if (kind_ != DocumentKind::tap) read_policies(*visor);
        document_.taps = std::move(parts_.taps);
        document_.notices = std::move(parts_.notices);
        return std::move(document_);
    }

private:
    void read_version(const ConfigNode& root) {
        const ConfigNode* version = root.find(keys::version);
        if (!version)
            parts_.notices.emplace_back("missing version, using version \"1.0\"");
        else if (!version->is_scalar() || version->text != "1.0")
            throw ConfigFault("unsupported version; the version is \"1.0\"", *version);
    }

    // Values of known keys; the others are passed over.
    void read_options(const ConfigNode& visor) {
        const ConfigNode* config = visor.find(keys::config);
        if (!config) return;
        if (!config->is_map()) throw ConfigFault("visor configuration is not a map", *config);
        const OptionTable tables[] = {process_options};
        std::vector<std::string_view> option_keys;
        for (const Option& option : process_options) option_keys.push_back(option.key);
        parts_.notice_unknown(*config, option_keys);
        const OptionValues given = option_values(*config);
        for (const auto& entry : given.entries())
            if (find_option(tables, entry.key)) document_.options.set(entry.key, entry.value);
        check_values(tables, document_.options);
    }

    void use_window_options() {
        WindowSettings& window = parts_.window;
        const auto take = [&](std::string_view key, uint32_t& member) {
            member = static_cast<uint32_t>(document_.options.get_uint(key, member));
        };
        take("periods", window.periods);
        take("max_deep_sample", window.deep_sample_rate);
    }

    // A section's entries; a document from the network must have exactly one.
    std::span<const ConfigEntry> section(const ConfigNode& visor, std::string_view name,
                                         const std::string& one) {
        const ConfigNode* node = visor.find(name);
        const bool usable = node && node->is_map();
        if (!usable && (kind_ != DocumentKind::file || (node && node->kind != ConfigNode::Kind::null)))
            throw ConfigFault("no " + std::string(name) + " found in schema", node ? *node : visor);
        if (!usable) return {};
        if (kind_ != DocumentKind::file && node->entries.size() != 1)
            throw ConfigFault(
                "only a single " + one + " expected but got " + std::to_string(node->entries.size()), *node);
        return node->entries;
    }

    void read_taps(const ConfigNode& visor) {
        for (const auto& entry : section(visor, keys::taps, "tap")) read_tap(entry);
    }

    void read_tap(const ConfigEntry& entry) {
        check_name(entry, Named::tap);
        const ConfigNode& node = entry.value;
        if (!node.is_map()) throw ConfigFault("expecting tap configuration map", entry);
        if (parts_.find_tap(entry.key))
            throw ConfigFault("module name '" + entry.key + "' already exists", entry, RefusalKind::conflict);
        TapConfig tap;
        tap.name = entry.key;
        tap.line = entry.line;
        tap.column = entry.column;
        const ConfigNode* type = node.find(keys::input_type);
        if (!type || !type->is_scalar())
            throw ConfigFault("missing or invalid tap type key 'input_type'", type ? *type : node);
        tap.input_type = type->text;
        if (!parts_.find_input(tap.input_type))
            throw ConfigFault("Tap '" + tap.name + "' requires input stream type '" + tap.input_type +
                                  "' which is not available" + known_inputs(),
                              *type);
        if (const auto* config = node.find(keys::config)) {
            if (!config->is_map()) throw ConfigFault("tap configuration is not a map", *config);
            tap.config = parts_.input_values(tap.input_type, *config);
        }
        if (const auto* tags = node.find(keys::tags)) {
            if (!tags->is_map()) throw ConfigFault("tap tags is not a map", *tags);
            for (const auto& tag : tags->entries)
                if (!tag.value.is_scalar())
                    throw ConfigFault("tag key '" + tag.key + "' must have scalar value", tag);
            tap.tags = option_values(*tags);
        }
        parts_.notice_unknown(node, keys::in_tap);
        parts_.taps.push_back(std::move(tap));
    }

    std::string known_inputs() const {
        std::string names;
        for (const InputInfo& input : parts_.known.inputs)
            (names += names.empty() ? "; the input types are: " : ", ") += input.type;
        return names;
    }

    void read_global(const ConfigNode& visor) {
        const ConfigNode* node = visor.find(keys::global_handler_config);
        if (!node || node->kind == ConfigNode::Kind::null) return;
        if (!node->is_map()) throw ConfigFault("expecting global_handler_config configuration map", *node);
        for (const auto& entry : node->entries) {
            const auto& handlers = parts_.known.handlers;
            if (std::none_of(handlers.begin(), handlers.end(),
                             [&](const auto& h) { return h.type == entry.key; })) {
                parts_.notice(
                    {"global_handler_config: stream handler type '" + shown(entry.key) + "' is not available",
                     entry});
                continue;
            }
            if (!entry.value.is_map())
                throw ConfigFault("expecting global_handler_config configuration map", entry);
            OptionValue values;
            values.kind = OptionValue::Kind::map;
            values.map = option_values(entry.value);
            parts_.global_config.set(entry.key, std::move(values));
        }
    }

    void read_policies(const ConfigNode& visor) {
        for (const auto& entry : section(visor, keys::policies, "policy")) {
            const auto& taken = parts_.known.policies;
            check_name(entry, Named::policy);
            if (std::find(taken.begin(), taken.end(), entry.key) != taken.end())
                throw ConfigFault("policy with name '" + entry.key + "' already defined", entry,
                                  RefusalKind::conflict);
            if (entry.key == reserved_policy)
                throw ConfigFault("policy name '" + entry.key + "' is reserved", entry);
            document_.policies.push_back(read_policy(parts_, entry));
            if (kind_ == DocumentKind::file) notice_databases(document_.policies.back());
        }
    }

    // Of filters that look up what nothing is there to look up in. A process has the databases its file says.
    void notice_databases(const PolicyConfig& policy) {
        for (const ModuleConfig& module : policy.modules) {
            for (const auto& [option, kind, database, otherwise] : place_filters) {
                const OptionValue* value = module.values.find(option);
                if (!value || (value->kind == OptionValue::Kind::boolean && !value->boolean)) continue;
                if (!document_.options.get_text(database).empty() ||
                    !document_.options.get_text(otherwise).empty())
                    continue;
                parts_.notice({std::string(option) + " lets nothing through without " + std::string(kind) +
                                   " database: set " + std::string(database),
                               value->line, value->column});
            }
        }
    }

    DocumentKind kind_;
    DocumentParts parts_;
    Document document_;
};

} // namespace

const std::span<const Option> process_options = process_option_list;

std::string_view canonical_input(std::string_view type) {
    return type == "sflow" ? "flow" : type;
}

const TapConfig* DocumentParts::find_tap(std::string_view name) const {
    const TapConfig* found = nullptr;
    for_each_tap([&](const TapConfig& tap) {
        if (tap.name == name) found = &tap;
    });
    return found;
}

const HandlerInfo* DocumentParts::find_handler(std::string_view type, std::string_view version) const {
    for (const auto& handler : known.handlers)
        if (handler.type == type && handler.version == version) return &handler;
    return nullptr;
}

const InputInfo* DocumentParts::find_input(std::string_view type) const {
    for (const auto& input : known.inputs)
        if (input.type == canonical_input(type)) return &input;
    return nullptr;
}

void check_name(const ConfigEntry& entry, Named what) {
    const NameRule& rule = name_rules[static_cast<size_t>(what)];
    const std::string_view name = entry.key;
    if (name.empty()) throw ConfigFault(std::string(rule.expected), entry);
    const auto is_one = [](char c, std::string_view more) {
        return is_letter(c) || more.find(c) != more.npos;
    };
    if (name.size() <= name_max && is_one(name[0], rule.first) &&
        std::all_of(name.begin(), name.end(), [&](char c) { return is_one(c, rule.others); }))
        return;
    throw ConfigFault(std::string(rule.expected) + ": '" + shown(name) + "' is none; a name is up to " +
                          std::to_string(name_max) + " " + std::string(rule.told),
                      entry);
}

std::string name_pattern(Named what) {
    const NameRule& rule = name_rules[static_cast<size_t>(what)];
    const auto one_of = [](std::string_view more) { return "[a-zA-Z_" + std::string(more) + "]"; };
    return "^" + one_of(rule.first) + one_of(rule.others) + "{0," + std::to_string(name_max - 1) + "}$";
}

void check_values(std::span<const OptionTable> tables, OptionValues& values) {
    auto error = check_options(tables, values);
    if (!error) return;
    for (const auto& entry : values.entries())
        if (error->text == "wrong type for key: " + entry.key) {
            (error->text += "; it is to be ") += wanted(find_option(tables, entry.key)->type);
            break;
        }
    throw ConfigFault(error->text, error->line, error->column);
}

OptionValues DocumentParts::input_values(std::string_view type, const ConfigNode& map) const {
    const InputInfo* input = find_input(type);
    OptionValues values =
        option_values(map, input && input->any_key ? Unusable::passed_over : Unusable::refused);
    if (!input) return values;
    const OptionTable tables[] = {input->options};
    OptionValues checked;
    for (const auto& entry : values.entries())
        if (!input->any_key || find_option(tables, entry.key)) checked.set(entry.key, entry.value);
    check_values(tables, checked);
    values.merge(checked);
    return values;
}

void DocumentParts::notice_unknown(const ConfigNode& map, std::span<const std::string_view> keys) {
    for (const auto& entry : map.entries) {
        if (std::find(keys.begin(), keys.end(), entry.key) != keys.end()) continue;
        std::string text = "key '" + shown(entry.key) + "' is ignored; the keys here are: ";
        for (const std::string_view key : keys) {
            if (key != keys.front()) text += ", ";
            text += key;
        }
        notice({text, entry});
    }
}

Result<Document, Refusal> parse_document(std::string_view yaml, std::string_view name, DocumentKind kind,
                                         const Known& known) {
    try {
        return DocumentReader(kind, name, known).read(config_tree(yaml));
    } catch (const ConfigFault& fault) {
        return fault.in(name);
    }
}

std::string not_opened(const TapConfig& tap) {
    return "unable to instantiate tap '" + tap.name + "': ";
}

Refusal with_place(const Refusal& trouble, const Document& document, std::string_view name) {
    ConfigFault fault(trouble.text, 0, 0);
    fault.kind = trouble.kind;
    for (const TapConfig& tap : document.taps) {
        if (!trouble.text.starts_with(not_opened(tap))) continue;
        fault.line = tap.line;
        fault.column = tap.column;
    }
    return fault.in(name);
}

Result<Document, Refusal> read_document(const std::string& path, const Known& known) {
    const auto text = read_config_file(path);
    if (!text) return Refusal{{text.error()}};
    return parse_document(*text, path, DocumentKind::file, known);
}

} // namespace visor::control
