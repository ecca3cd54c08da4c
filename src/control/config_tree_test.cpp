#include "control/config_tree.hpp"

#include <algorithm>
#include <gtest/gtest.h>

namespace visor::control {
namespace {

ConfigNode tree(std::string_view text) {
    auto result = parse_config(text, "f");
    EXPECT_TRUE(result) << result.error();
    return result ? *result : ConfigNode{};
}
std::string fault(std::string_view text) {
    const auto result = parse_config(text, "f.yaml");
    return result ? "" : result.error();
}

TEST(ConfigTree, NodesKnowTheirPlace) {
    const ConfigNode root = tree("a: 1\nb:\n  - x\n  - {y: z}\nc:\n");
    ASSERT_TRUE(root.is_map());
    ASSERT_EQ(root.entries.size(), 3U);
    EXPECT_EQ(root.find("a")->text, "1");
    EXPECT_EQ(root.entries[1].line, 2U);
    EXPECT_EQ(root.entries[1].column, 1U);
    const ConfigNode* b = root.find("b");
    ASSERT_TRUE(b && b->is_sequence());
    EXPECT_EQ(b->items[1].find("y")->text, "z");
    EXPECT_EQ(b->items[1].find("y")->line, 4U);
    EXPECT_EQ(b->items[1].find("y")->column, 9U);
    EXPECT_EQ(root.find("c")->kind, ConfigNode::Kind::null);
    EXPECT_EQ(root.find("d"), nullptr);
}

// RFC 8259, section 7.
TEST(ConfigTree, JsonMayEscapeAsItDoes) {
    const ConfigNode root =
        tree(R"({"a": "\ud83d\uDE00 \u00e9\/", "b": "\\ud83d\\ude00", "c": "\"\ud83d\ude00"})");
    EXPECT_EQ(root.find("a")->text, "\xf0\x9f\x98\x80 \xc3\xa9/");
    EXPECT_EQ(root.find("b")->text, "\\ud83d\\ude00");
    EXPECT_EQ(root.find("c")->text, "\"\xf0\x9f\x98\x80");
    EXPECT_EQ(tree("\xef\xbb\xbf{\"a\": \"\\ud83d\\ude00\"}").find("a")->text, "\xf0\x9f\x98\x80");
    EXPECT_NE(fault(R"({"a": "\ud83d"})"), "");
    EXPECT_NE(fault(R"({"a": "\ude00\ud83d"})"), "");
    EXPECT_EQ(fault(R"({"a": "\\"})"), "");
    EXPECT_NE(fault("{\"a\": \"\\"), ""); // ends in an escape
    EXPECT_EQ(tree("{\n\t\"a\": {\n\t\t\"b\": [1,\n\t2]}\n}").find("a")->find("b")->items.size(), 2U);
}

TEST(ConfigTree, PlacesBehindEscapesAreThoseOfTheDocument) {
    const auto at = [](const std::string& json, std::string_view last) {
        const ConfigNode root = tree(json);
        const ConfigEntry& entry = root.entries.back();
        const size_t key = json.find(last), line_end = json.rfind('\n', key);
        EXPECT_EQ(entry.column, key - (line_end == json.npos ? size_t(-1) : line_end)) << json;
        EXPECT_EQ(entry.line, 1 + std::count(json.begin(), json.begin() + static_cast<long>(key), '\n'))
            << json;
    };
    const std::string pair = R"(\ud83d\ude00)";
    at(R"({"a": ")" + pair + R"(", "b": 1})", "\"b\"");
    at(R"({")" + pair + R"(": ")" + pair + pair + R"(", "b": ")" + pair + R"("})", "\"b\"");
    at("{\"a\": \"" + pair + "\",\r\n \"b\": 1}", "\"b\""); // the next line has nothing of it
    at("{\n\"x\": \"\\u00e9\", \"a\": \"" + pair + "\", \"b\": 1}", "\"b\"");
    at("{\"a\": \"x\\\n" + pair + "\", \"b\": 1}", "\"b\""); // an escaped end of a line
    EXPECT_EQ(fault(R"({"a": ")" + pair + R"(", "a": 1})"), "f.yaml:1:23: key 'a' is given twice");
    EXPECT_EQ(fault("\xef\xbb\xbf{\"a\": 1, \"a\": 1}"), "f.yaml:1:10: key 'a' is given twice");
    const auto bad = [](const std::string& text) { return fault(R"({"a": ")" + text + R"(", "b": "\q"})"); };
    EXPECT_EQ(bad(pair), bad(std::string(pair.size(), 'x')));
}

TEST(ConfigTree, EmptyTextIsNull) {
    EXPECT_EQ(tree("").kind, ConfigNode::Kind::null);
    EXPECT_EQ(tree("# nothing\n").kind, ConfigNode::Kind::null);
}

TEST(ConfigTree, ScalarTyping) {
    const ConfigNode root =
        tree(R"({n: 12, q: "123", z: 007, neg: -1, f: 1.5, hex: 0x1, on: on, t: TRUE, u: fAlse,
                                     max: 18446744073709551615, big: 18446744073709551616, e: ""})");
    const OptionValues v = option_values(root);
    EXPECT_EQ(v.get_uint("n"), 12U);
    EXPECT_EQ(v.get_uint("q"), 123U); // quoting does not force text
    EXPECT_EQ(v.get_uint("z"), 7U);
    for (const char* key : {"neg", "f", "hex", "on", "e"})
        EXPECT_EQ(v.find(key)->kind, OptionValue::Kind::text) << key;
    EXPECT_EQ(v.get_text("neg"), "-1");
    EXPECT_TRUE(v.get_bool("t"));
    EXPECT_EQ(v.find("u")->kind, OptionValue::Kind::boolean);
    EXPECT_FALSE(v.get_bool("u", true));
    EXPECT_EQ(v.get_uint("max"), UINT64_MAX);
    EXPECT_EQ(v.get_text("big"), "18446744073709551616");
}

TEST(ConfigTree, ListsAndMapsOfOptions) {
    const OptionValues v =
        option_values(tree("l: [A, 12, true]\nm: {10.0.0.1: {name: r1, interfaces: {1: {name: eth}}}}\n"));
    ASSERT_EQ(v.get_list("l").size(), 3U);
    EXPECT_EQ(v.get_list("l")[1], "12");
    EXPECT_EQ(v.get_map("m").get_map("10.0.0.1").get_map("interfaces").get_map("1").get_text("name"), "eth");
    EXPECT_EQ(v.find("m")->line, 2U);
    try {
        option_values(tree("only_qtype: [A, [B]]"));
        FAIL() << "nested sequence accepted";
    } catch (const ConfigFault& fault) {
        EXPECT_EQ(fault.text, "invalid value for sequence in key: only_qtype");
    }
    EXPECT_THROW(option_values(tree("k:")), ConfigFault);
}

TEST(ConfigTree, AliasesAreCopies) {
    const ConfigNode root = tree("a: &x {k: v}\nb: *x\n");
    EXPECT_EQ(root.find("b")->find("k")->text, "v");
}

TEST(ConfigTree, FaultsSayWhere) {
    EXPECT_EQ(fault("a: 1\nb: 2\na: 3\n"), "f.yaml:3:1: key 'a' is given twice");
    EXPECT_EQ(fault("{a: b}: c\n"), "f.yaml:1:1: a key must be a scalar");
    EXPECT_EQ(fault("a: 1\n---\nb: 2\n"), "f.yaml:3:1: only one document expected");
    EXPECT_TRUE(fault("a: [1, 2\nb: 3\n").starts_with("f.yaml:")) << fault("a: [1, 2\nb: 3\n");
    EXPECT_TRUE(fault("a: *nowhere\n").starts_with("f.yaml:1:")) << fault("a: *nowhere\n");
    EXPECT_FALSE(fault("a: &x [*x]\n").empty());
    const auto unnamed = parse_config("a: 1\na: 2\n", "");
    ASSERT_FALSE(unnamed);
    EXPECT_EQ(unnamed.error(), "2:1: key 'a' is given twice");
}

TEST(ConfigTree, LimitsHold) {
    EXPECT_EQ(fault(std::string(max_config_bytes + 1, '#')), "f.yaml: larger than 1048576 bytes");
    const size_t depth = max_config_depth;
    EXPECT_EQ(fault(std::string(depth, '[') + std::string(depth, ']')), "");
    EXPECT_NE(fault(std::string(depth + 1, '[') + std::string(depth + 1, ']')).find("nested too deeply"),
              std::string::npos);
    std::string many = "[";
    for (size_t i = 0; i < max_config_nodes; i++) many += "1,";
    EXPECT_NE(fault(many + "]").find("too many nodes"), std::string::npos);
    std::string keys;
    for (size_t i = 0; i <= max_map_keys; i++) keys += "k" + std::to_string(i) + ": 1\n";
    EXPECT_NE(fault(keys).find("too many keys"), std::string::npos);
}

TEST(ConfigTree, AliasesCannotMultiplyWithoutEnd) {
    std::string wide = "a0: &a0 [1, 1, 1, 1, 1, 1, 1, 1, 1, 1]\n";
    for (int i = 1; i < 9; i++) {
        const std::string below = "*a" + std::to_string(i - 1);
        wide += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [" + below;
        for (int k = 0; k < 9; k++) wide += ", " + below;
        wide += "]\n";
    }
    EXPECT_NE(fault(wide).find("too many nodes"), std::string::npos);
    std::string deep = "a0: &a0 [1]\n"; // each alias alone is shallow, the tree they make is not
    for (int i = 1; i < 60; i++)
        deep += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [*a" + std::to_string(i - 1) + "]\n";
    EXPECT_NE(fault(deep).find("nested too deeply"), std::string::npos);
}

TEST(ConfigTree, AbsentFile) {
    const auto text = read_config_file("/nonexistent/x.yaml");
    ASSERT_FALSE(text);
    EXPECT_EQ(text.error(), "cannot read /nonexistent/x.yaml");
}

} // namespace
} // namespace visor::control
