#include "control/config_tree.hpp"

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <fstream>
#include <istream>
#include <map>
#include <sstream>
#include <tuple>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/mark.h>
#include <yaml-cpp/parser.h>

namespace visor::control {

namespace {

size_t count_nodes(const ConfigNode& node) {
    size_t count = 1;
    for (const auto& item : node.items) count += count_nodes(item);
    for (const auto& entry : node.entries) count += count_nodes(entry.value);
    return count;
}

struct Place {
    uint32_t line, column;
    bool operator<(const Place& other) const {
        return std::tie(line, column) < std::tie(other.line, other.column);
    }
};

// A text whose places differ from those it was made of: where escapes were made one, two columns went.
struct Joined {
    static constexpr uint32_t columns_gone = 2;
    std::string text;
    std::vector<Place> joints{}; // of the escapes in `text`, in its order

    Place written_at(const YAML::Mark& mark) const {
        const Place place{static_cast<uint32_t>(mark.line + 1), static_cast<uint32_t>(mark.column + 1)};
        const auto of_line = std::lower_bound(joints.begin(), joints.end(), Place{place.line, 0});
        const auto before = std::lower_bound(of_line, joints.end(), place) - of_line;
        return {place.line, place.column + static_cast<uint32_t>(before) * columns_gone};
    }
};

class TreeBuilder final : public YAML::EventHandler {
public:
    explicit TreeBuilder(const Joined& joined) : joined_(joined) {}

    ConfigNode take() { return std::move(root_); }

    void OnDocumentStart(const YAML::Mark&) override {}
    void OnDocumentEnd() override {}
    void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
        put(node_at(mark, ConfigNode::Kind::null), anchor);
    }
    void OnScalar(const YAML::Mark& mark, const std::string&, YAML::anchor_t anchor,
                  const std::string& value) override {
        ConfigNode node = node_at(mark, ConfigNode::Kind::scalar);
        node.text = value;
        put(std::move(node), anchor);
    }
    void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
        const ConfigNode here = node_at(mark, ConfigNode::Kind::null);
        const auto target = anchored_.find(anchor);
        if (target == anchored_.end()) throw ConfigFault("alias inside what it stands for", here);
        if (open_.size() + target->second.depth > max_config_depth)
            throw ConfigFault("nested too deeply", here);
        count(target->second.nodes, here);
        put(target->second.node, 0, target->second.depth);
    }
    void OnSequenceStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t anchor,
                         YAML::EmitterStyle::value) override {
        open(mark, ConfigNode::Kind::sequence, anchor);
    }
    void OnMapStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t anchor,
                    YAML::EmitterStyle::value) override {
        open(mark, ConfigNode::Kind::map, anchor);
    }
    void OnSequenceEnd() override { close(); }
    void OnMapEnd() override { close(); }

private:
    struct Open {
        ConfigNode node;
        YAML::anchor_t anchor = 0;
        bool has_key = false; // a map whose next value has its key
        size_t depth = 1;     // of what it holds so far
    };
    struct Anchored {
        ConfigNode node;
        size_t nodes, depth;
    };

    ConfigNode node_at(const YAML::Mark& mark, ConfigNode::Kind kind) {
        ConfigNode node;
        node.kind = kind;
        const auto [line, column] = joined_.written_at(mark);
        node.line = line;
        node.column = column;
        count(1, node);
        return node;
    }

    void count(size_t nodes, const ConfigNode& at) {
        nodes_ += nodes;
        if (nodes_ > max_config_nodes) throw ConfigFault("too many nodes", at);
    }

    void open(const YAML::Mark& mark, ConfigNode::Kind kind, YAML::anchor_t anchor) {
        Open frame{node_at(mark, kind), anchor};
        if (open_.size() >= max_config_depth) throw ConfigFault("nested too deeply", frame.node);
        if (!open_.empty() && open_.back().node.is_map() && !open_.back().has_key)
            throw ConfigFault("a key must be a scalar", frame.node);
        open_.push_back(std::move(frame));
    }

    void close() {
        Open frame = std::move(open_.back());
        open_.pop_back();
        put(std::move(frame.node), frame.anchor, frame.depth);
    }

    void put(ConfigNode node, YAML::anchor_t anchor, size_t depth = 0) {
        if (anchor) anchored_.insert_or_assign(anchor, Anchored{node, count_nodes(node), depth});
        if (open_.empty()) {
            root_ = std::move(node);
            return;
        }
        Open& parent = open_.back();
        parent.depth = std::max(parent.depth, depth + 1);
        if (parent.node.is_sequence())
            parent.node.items.push_back(std::move(node));
        else if (parent.has_key)
            parent.node.entries.back().value = std::move(node), parent.has_key = false;
        else
            put_key(parent, node);
    }

    static void put_key(Open& parent, const ConfigNode& node) {
        if (!node.is_scalar()) throw ConfigFault("a key must be a scalar", node);
        if (parent.node.find(node.text)) throw ConfigFault("key '" + node.text + "' is given twice", node);
        if (parent.node.entries.size() == max_map_keys) throw ConfigFault("too many keys", node);
        parent.node.entries.push_back({node.text, node.line, node.column, {}});
        parent.has_key = true;
    }

    const Joined& joined_;
    ConfigNode root_;
    std::vector<Open> open_;
    std::map<YAML::anchor_t, Anchored> anchored_;
    size_t nodes_ = 0;
};

// The code unit of an escape "\\uXXXX" at `at`; 0 when there is none.
uint32_t escaped_unit(std::string_view text, size_t at) {
    uint32_t unit = 0;
    if (text.size() < at + 6 || text[at] != '\\' || text[at + 1] != 'u') return 0;
    const char* const end = text.data() + at + 6;
    const auto read = std::from_chars(text.data() + at + 2, end, unit, 16);
    return read.ec == std::errc{} && read.ptr == end ? unit : 0;
}

bool is_json(std::string_view text) {
    const size_t first = text.find_first_not_of(" \t\r\n");
    return first != std::string_view::npos && text[first] == '{';
}

// JSON escapes a character beyond U+FFFF as two code units (RFC 8259, section 7), YAML as one number.
Joined with_pairs_joined(std::string_view json) {
    Joined out{{}};
    std::string& text = out.text;
    text.reserve(json.size());
    uint32_t line = 1;
    size_t line_begin = 0; // in `text`
    for (size_t at = 0; at < json.size();) {
        const uint32_t high = escaped_unit(json, at), low = high ? escaped_unit(json, at + 6) : 0;
        if (high >= 0xd800 && high < 0xdc00 && low >= 0xdc00 && low < 0xe000) {
            char escape[11];
            std::snprintf(escape, sizeof escape, "\\U%08x",
                          0x10000 + ((high - 0xd800) << 10) + (low - 0xdc00));
            out.joints.push_back({line, static_cast<uint32_t>(text.size() - line_begin + 1)});
            text += escape;
            at += 12;
            continue;
        }
        const size_t length = json[at] == '\\' ? 2 : 1; // an escaped backslash escapes nothing
        text += json.substr(at, length);
        at += length;
        if (text.back() != '\n') continue;
        line++;
        line_begin = text.size();
    }
    return out;
}

bool is_word(std::string_view text, std::string_view lower) {
    return std::equal(text.begin(), text.end(), lower.begin(), lower.end(),
                      [](char a, char b) { return (a >= 'A' && a <= 'Z' ? a + 32 : a) == b; });
}

} // namespace

const ConfigNode* ConfigNode::find(std::string_view key) const {
    for (const auto& entry : entries)
        if (entry.key == key) return &entry.value;
    return nullptr;
}

Refusal ConfigFault::in(std::string_view name) const {
    std::string where(name);
    if (line) where += (where.empty() ? "" : ":") + std::to_string(line) + ':' + std::to_string(column);
    return {{where.empty() ? text : where + ": " + text}, kind};
}

ConfigNode config_tree(std::string_view text) {
    if (text.size() > max_config_bytes)
        throw ConfigFault("larger than " + std::to_string(max_config_bytes) + " bytes", 0, 0);
    constexpr std::string_view byte_order_mark = "\xef\xbb\xbf";
    if (text.starts_with(byte_order_mark)) text.remove_prefix(byte_order_mark.size());
    const Joined joined = is_json(text) ? with_pairs_joined(text) : Joined{std::string(text)};
    std::istringstream in(joined.text);
    TreeBuilder builder(joined), second(joined);
    try {
        YAML::Parser parser(in);
        parser.HandleNextDocument(builder);
        parser.HandleNextDocument(second);
    } catch (const YAML::Exception& e) {
        const auto [line, column] = joined.written_at(e.mark);
        throw ConfigFault(e.msg, line, column);
    }
    const ConfigNode another = second.take();
    if (another.kind != ConfigNode::Kind::null) throw ConfigFault("only one document expected", another);
    return builder.take();
}

Result<ConfigNode> parse_config(std::string_view text, std::string_view name) {
    try {
        return config_tree(text);
    } catch (const ConfigFault& fault) {
        return fault.in(name);
    }
}

Result<std::string> read_config_file(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    if (!file) return Error{"cannot read " + path};
    std::string text(max_config_bytes + 1, '\0');
    file.read(text.data(), static_cast<std::streamsize>(text.size()));
    if (file.bad()) return Error{"cannot read " + path};
    text.resize(static_cast<size_t>(file.gcount()));
    return text;
}

OptionValue option_scalar(const ConfigNode& scalar) {
    OptionValue value;
    value.text = scalar.text;
    value.line = scalar.line;
    value.column = scalar.column;
    const char *begin = value.text.data(), *end = begin + value.text.size();
    const bool digits = begin != end && std::all_of(begin, end, [](char c) { return c >= '0' && c <= '9'; });
    // More digits than 64 bits hold stay text, which no numeric option takes.
    if (digits && std::from_chars(begin, end, value.number).ec == std::errc{})
        value.kind = OptionValue::Kind::uint;
    else if (is_word(value.text, "true") || is_word(value.text, "false")) {
        value.kind = OptionValue::Kind::boolean;
        value.boolean = value.text.size() == 4;
    }
    return value;
}

OptionValues option_values(const ConfigNode& map, Unusable unusable) {
    OptionValues out;
    for (const auto& entry : map.entries) {
        const ConfigNode& node = entry.value;
        OptionValue value;
        if (node.is_scalar()) {
            value = option_scalar(node);
        } else if (node.is_sequence()) {
            value.kind = OptionValue::Kind::list;
            for (const auto& item : node.items) {
                if (!item.is_scalar() && unusable == Unusable::passed_over) continue;
                if (!item.is_scalar())
                    throw ConfigFault("invalid value for sequence in key: " + entry.key, item);
                value.list.push_back(item.text);
            }
        } else if (node.is_map()) {
            value.kind = OptionValue::Kind::map;
            value.map = option_values(node, unusable);
        } else if (unusable == Unusable::passed_over) {
            continue;
        } else {
            throw ConfigFault("invalid value for key: " + entry.key, entry);
        }
        value.line = entry.line;
        value.column = entry.column;
        out.set(entry.key, std::move(value));
    }
    return out;
}

} // namespace visor::control
