#include "metric/options.hpp"

#include <gtest/gtest.h>

namespace visor {
namespace {

constexpr Option own[] = {
    {"exclude_noerror", OptionType::boolean, "drop NOERROR"},
    {"only_rcode", OptionType::uint_or_list, "rcodes", 0, UINT64_MAX, OptionRange::refuse,
     "should be a number or an array"},
    {"answer_count", OptionType::uint, "answers", 1, 9},
    {"dnstap_msg_type", OptionType::text, "type"},
    {"only_qtype", OptionType::list, "types"},
    {"device_map", OptionType::map, "devices"},
};
const OptionTable tables[] = {own, stream_options, window_options, group_options};

std::string fault(OptionValues values) {
    const auto error = check_options(tables, values);
    return error ? error->text : "";
}

TEST(Options, ValuesByKey) {
    OptionValues v;
    EXPECT_TRUE(v.empty());
    v.set_bool("exclude_noerror", true);
    v.set_uint("answer_count", 3);
    v.set_text("dnstap_msg_type", "auth");
    v.set_list("only_qtype", {"A", "AAAA"});
    OptionValue map;
    map.kind = OptionValue::Kind::map;
    map.map.set_text("10.0.0.1", "router");
    v.set("device_map", map);
    EXPECT_TRUE(v.get_bool("exclude_noerror"));
    EXPECT_EQ(v.get_uint("answer_count"), 3U);
    EXPECT_EQ(v.get_text("dnstap_msg_type"), "auth");
    ASSERT_EQ(v.get_list("only_qtype").size(), 2U);
    EXPECT_EQ(v.get_list("only_qtype")[1], "AAAA");
    EXPECT_EQ(v.get_map("device_map").get_text("10.0.0.1"), "router");
    EXPECT_EQ(fault(v), "");

    EXPECT_FALSE(v.has("topn_count"));
    EXPECT_EQ(v.get_uint("topn_count", 10), 10U);
    EXPECT_TRUE(v.get_list("topn_count").empty());
    EXPECT_TRUE(v.get_map("topn_count").empty());
    EXPECT_EQ(v.get_uint("only_qtype", 7), 7U); // another kind: the fallback
}

TEST(Options, MergeReplacesAndAdds) {
    OptionValues low, high;
    low.set_uint("answer_count", 1);
    low.set_bool("exclude_noerror", true);
    high.set_uint("answer_count", 2);
    high.set_text("dnstap_msg_type", "auth");
    low.merge(high);
    EXPECT_EQ(low.get_uint("answer_count"), 2U);
    EXPECT_TRUE(low.get_bool("exclude_noerror"));
    EXPECT_EQ(low.get_text("dnstap_msg_type"), "auth");
    EXPECT_EQ(low.entries().size(), 3U);
}

TEST(Options, EqualWhateverTheOrder) {
    OptionValues a, b;
    a.set_uint("x", 1);
    a.set_list("y", {"1"});
    b.set_list("y", {"1"});
    EXPECT_FALSE(a == b);
    b.set_uint("x", 1);
    EXPECT_TRUE(a == b);
    b.set_text("x", "1");
    EXPECT_FALSE(a == b);
}

TEST(Options, UnknownKeyListsTheValidOnes) {
    OptionValues v;
    v.set_uint("nope", 1);
    EXPECT_EQ(fault(v),
              "nope is an invalid/unsupported config or filter. The valid configs/filters are: "
              "exclude_noerror, only_rcode, answer_count, dnstap_msg_type, only_qtype, device_map, "
              "recorded_stream, num_periods, deep_sample_rate, topn_count, topn_percentile_threshold, "
              "enable, disable");
}

TEST(Options, ValuesThatTheirOwnCheckRefuses) {
    static constexpr Option table[] = {
        {.key = "size", .type = OptionType::text, .help = "of it", .check = [](const OptionValue& value) {
             return value.text == "large" ? std::string() : value.text + " is no size. Valid: large";
         }}};
    OptionValue value;
    value.text = "tiny";
    value.line = 7, value.column = 9;
    OptionValues values;
    EXPECT_EQ(wrong_value(table, values), "");
    values.set("size", value);
    EXPECT_EQ(wrong_value(table, values), "tiny is no size. Valid: large");
    const OptionTable only[] = {table};
    const auto error = check_options(only, values);
    ASSERT_TRUE(error);
    EXPECT_EQ(error->text, "tiny is no size. Valid: large");
    EXPECT_EQ(error->line, 7U);
    EXPECT_EQ(error->column, 9U);
    values.set_text("size", "large");
    EXPECT_FALSE(check_options(only, values));
}

TEST(Options, ChoicesAreDeclaredOnce) {
    static constexpr std::string_view sizes[] = {"small", "large"};
    static constexpr Option table[] = {
        {.key = "size", .type = OptionType::text, .help = "of it", .choices = {.texts = sizes}},
        {.key = "sizes",
         .type = OptionType::list,
         .help = "of them",
         .choices = {.texts = sizes, .any_case = true, .wrong = "{} is no size of: "}}};
    const OptionTable only[] = {table};
    const auto fault = [&](OptionValues values) {
        const auto error = check_options(only, values);
        EXPECT_EQ(error ? error->text : "", wrong_value(table, values));
        return error ? error->text : "";
    };
    OptionValues one, many;
    for (const std::string_view size : sizes) {
        one.set_text("size", size);
        EXPECT_EQ(fault(one), "");
    }
    one.set_text("size", "Large");
    EXPECT_EQ(fault(one), "unknown size: Large. The valid values are: small, large");
    many.set_list("sizes", {"LARGE", "small", "Small"});
    EXPECT_EQ(fault(many), "");
    for (const char* wrong : {"smal", "smalll", "", "[MALL"}) {
        many.set_list("sizes", {"large", wrong});
        EXPECT_EQ(fault(many), std::string(wrong) + " is no size of: small, large");
    }
    EXPECT_EQ(table[1].choices.find("LARGE"), 1U);
}

TEST(Options, WrongTypes) {
    const auto with = [](auto&& set) {
        OptionValues v;
        set(v);
        return fault(v);
    };
    EXPECT_EQ(with([](auto& v) { v.set_uint("exclude_noerror", 1); }), "wrong type for key: exclude_noerror");
    EXPECT_EQ(with([](auto& v) { v.set_text("answer_count", "-1"); }), "wrong type for key: answer_count");
    EXPECT_EQ(with([](auto& v) { v.set_uint("dnstap_msg_type", 1); }), "wrong type for key: dnstap_msg_type");
    EXPECT_EQ(with([](auto& v) { v.set_text("only_qtype", "A"); }), "wrong type for key: only_qtype");
    EXPECT_EQ(with([](auto& v) { v.set_text("device_map", "A"); }), "wrong type for key: device_map");
    EXPECT_EQ(with([](auto& v) { v.set_text("only_rcode", "A"); }), "should be a number or an array");
    EXPECT_EQ(with([](auto& v) { v.set_uint("only_rcode", 3); }), "");
    EXPECT_EQ(with([](auto& v) { v.set_list("only_rcode", {"3"}); }), "");
    EXPECT_EQ(with([](auto& v) { v.set_bool("recorded_stream", false); }), "");
    EXPECT_EQ(with([](auto& v) { v.set_text("recorded_stream", "x"); }), "");
}

TEST(Options, RangesRefuseOrClamp) {
    OptionValues v;
    v.set_uint("answer_count", 10);
    EXPECT_EQ(fault(v), "answer_count must be between 1 and 9");
    v.set_uint("answer_count", 9);
    v.set_uint("num_periods", 0);
    v.set_uint("deep_sample_rate", 1000);
    v.set_uint("topn_percentile_threshold", 100);
    ASSERT_FALSE(check_options(tables, v));
    EXPECT_EQ(v.get_uint("num_periods"), 1U);
    EXPECT_EQ(v.get_uint("deep_sample_rate"), 100U);
    v.set_uint("topn_percentile_threshold", 101);
    EXPECT_EQ(fault(v), "threshold must be between 0 and 100");
}

TEST(Options, FaultSaysWhere) {
    OptionValues v;
    OptionValue value;
    value.line = 7;
    value.column = 3;
    v.set("nope", value);
    const auto error = check_options(tables, v);
    ASSERT_TRUE(error);
    EXPECT_EQ(error->line, 7U);
    EXPECT_EQ(error->column, 3U);
}

TEST(Options, WindowSettings) {
    OptionValues v;
    EXPECT_EQ(WindowSettings{}.with(v), (WindowSettings{5, 100, 10, 0}));
    v.set_uint("num_periods", 2);
    v.set_uint("topn_count", 0);
    EXPECT_EQ((WindowSettings{7, 50, 10, 90}.with(v)), (WindowSettings{2, 50, 0, 90}));
}

} // namespace
} // namespace visor
