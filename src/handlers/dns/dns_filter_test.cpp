#include "handlers/dns/dns_filter.hpp"

#include "handlers/dns/dns.hpp"
#include "handlers/dns/test_events.hpp"

#include <gtest/gtest.h>

#include <cmath>

namespace visor::dns {
namespace {
using namespace test;

Filter made(const OptionValues& values, const Services& services = {}) {
    auto filter = Filter::make(values, services);
    EXPECT_TRUE(filter) << filter.error();
    return filter ? std::move(*filter) : Filter{};
}
OptionValues yes(std::string_view key) {
    OptionValues values;
    values.set_bool(key, true);
    return values;
}
OptionValues list(std::string_view key, std::vector<std::string> items) {
    OptionValues values;
    values.set_list(key, std::move(items));
    return values;
}
OptionValues number(std::string_view key, uint64_t n) {
    OptionValues values;
    values.set_uint(key, n);
    return values;
}

class DnsFilter : public testing::Test {
protected:
    bool passes(const OptionValues& values, const Message& message, const Services& services = {}) {
        const Filter filter = made(values, services);
        EXPECT_TRUE(filter.active());
        return filter.passes(events(message));
    }
    TestEvents events;
    const Message query{}, reply{.reply = true};
};

TEST_F(DnsFilter, NoneByDefault) {
    EXPECT_FALSE(made({}).active());
    EXPECT_FALSE(made(number("xact_ttl_secs", 3)).active());
    EXPECT_FALSE(made(yes("public_suffix_list")).active());
    OptionValues off;
    off.set_bool("only_queries", false);
    EXPECT_FALSE(made(off).active());
}

TEST_F(DnsFilter, QueriesOrReplies) {
    EXPECT_TRUE(passes(yes("only_queries"), query));
    EXPECT_FALSE(passes(yes("only_queries"), reply));
    EXPECT_FALSE(passes(yes("only_responses"), query));
    EXPECT_TRUE(passes(yes("only_responses"), reply));
}

TEST_F(DnsFilter, ExcludeNoerror) {
    EXPECT_FALSE(passes(yes("exclude_noerror"), reply));
    EXPECT_FALSE(passes(yes("exclude_noerror"), query)) << "a query's code is 0";
    EXPECT_TRUE(passes(yes("exclude_noerror"), {.reply = true, .rcode = 3}));
}

TEST_F(DnsFilter, OnlyRcode) {
    EXPECT_TRUE(passes(number("only_rcode", 3), {.reply = true, .rcode = 3}));
    EXPECT_FALSE(passes(number("only_rcode", 3), reply));
    const auto both = list("only_rcode", {"NxDomain", "5"});
    EXPECT_TRUE(passes(both, {.reply = true, .rcode = 3}));
    EXPECT_TRUE(passes(both, {.reply = true, .rcode = 5}));
    EXPECT_FALSE(passes(both, {.reply = true, .rcode = 2}));
    EXPECT_TRUE(passes(number("only_rcode", 16), {.reply = true, .extended_rcode = 1})) << "BADVERS";
    EXPECT_FALSE(passes(number("only_rcode", 0), {.reply = true, .extended_rcode = 1}));
}

TEST_F(DnsFilter, ExcludeNoerrorWinsOverOnlyRcode) {
    OptionValues values = number("only_rcode", 3);
    values.set_bool("exclude_noerror", true);
    EXPECT_TRUE(passes(values, {.reply = true, .rcode = 5}));
}

TEST_F(DnsFilter, OnlyQtype) {
    const auto values = list("only_qtype", {"AAAA", "TxT", "65"});
    EXPECT_TRUE(passes(values, {.type = type_aaaa}));
    EXPECT_TRUE(passes(values, {.type = type_txt, .reply = true}));
    EXPECT_TRUE(passes(values, {.type = 65}));
    EXPECT_FALSE(passes(values, {.type = type_a}));
    EXPECT_FALSE(passes(values, {.name = ""})) << "no question, no type";
}

TEST_F(DnsFilter, AnswerCount) {
    const Message two{.reply = true, .answers = {{}, {}}};
    EXPECT_TRUE(passes(number("answer_count", 2), two));
    EXPECT_FALSE(passes(number("answer_count", 1), two));
    EXPECT_TRUE(passes(number("answer_count", 0), query));
}

TEST_F(DnsFilter, OnlyDnssecResponse) {
    const Message signed_reply{.reply = true, .answers = {{}, {.type = type_rrsig, .data = Raw(30, 1)}}};
    EXPECT_TRUE(passes(yes("only_dnssec_response"), signed_reply));
    EXPECT_FALSE(passes(yes("only_dnssec_response"), {.reply = true, .answers = {{}}}));
    EXPECT_FALSE(passes(yes("only_dnssec_response"), query));
}

TEST_F(DnsFilter, OnlyQname) {
    const auto values = list("only_qname", {"WWW.Example.com", "other.org."});
    EXPECT_TRUE(passes(values, {.name = "www.example.COM"}));
    EXPECT_TRUE(passes(values, {.name = "other.org"}))
        << "a trailing dot in the configuration does not matter";
    EXPECT_FALSE(passes(values, {.name = "x.www.example.com"}));
    EXPECT_FALSE(passes(values, {.name = "example.com"}));
    EXPECT_FALSE(passes(values, {.name = ""}));
}

TEST_F(DnsFilter, OnlyQnameSuffix) {
    const auto values = list("only_qname_suffix", {".Example.com", "org"});
    EXPECT_TRUE(passes(values, {.name = "www.example.com"}));
    EXPECT_FALSE(passes(values, {.name = "example.com"}));
    EXPECT_TRUE(passes(values, {.name = "a.ORG"}));
    EXPECT_TRUE(passes(values, {.name = "borg"})) << "plain text, not labels";
    EXPECT_FALSE(passes(values, {.name = "a.net"}));
    const Filter filter = made(values);
    EXPECT_EQ(filter.suffix_size("www.example.com"), 11u) << "its dot not counted";
    EXPECT_EQ(filter.suffix_size("a.org"), 3u);
    EXPECT_EQ(filter.suffix_size("a.net"), 0u);
}

// Endings and names of all lengths around the eight bytes that are looked at first.
TEST_F(DnsFilter, SuffixesOfAllLengths) {
    const std::string whole = "abcdefghijklmnopqrstuvwxyz";
    for (size_t suffix_length = 1; suffix_length <= 20; ++suffix_length) {
        const std::string suffix = whole.substr(whole.size() - suffix_length);
        const Filter filter = made(list("only_qname_suffix", {"other", suffix}));
        for (size_t length = 0; length <= whole.size(); ++length) {
            const std::string name = whole.substr(whole.size() - length);
            EXPECT_EQ(filter.suffix_size(name), length >= suffix_length ? suffix_length : 0) << name;
            for (size_t at = 0; at < length; ++at) { // a byte that is another
                std::string changed = name;
                changed[at] = '-';
                const bool same = length >= suffix_length && at < length - suffix_length;
                EXPECT_EQ(filter.suffix_size(changed), same ? suffix_length : 0) << changed;
            }
        }
    }
}

TEST_F(DnsFilter, ClientSubnetThatNoDatabaseKnows) {
    GeoBuilder builder;
    builder.v4_from(0xc0000200, builder.place("EU/Sweden", NAN, NAN)); // 192.0.2.0
    builder.v4_from(0xc0000300, 0);
    const GeoTable table = builder.build();
    for (const char* key : {"geoloc_notfound", "asn_notfound"}) {
        const Services services{&table, &table, nullptr};
        EXPECT_FALSE(passes(yes(key), {.options = client_subnet(2)}, services));
        EXPECT_TRUE(passes(yes(key), {.options = client_subnet(3)}, services));
        EXPECT_FALSE(passes(yes(key), query, services)) << "no subnet";
        EXPECT_FALSE(passes(yes(key), {.reply = true, .options = client_subnet(3)}, services));
        EXPECT_FALSE(passes(yes(key), {.options = client_subnet(3)})) << "no database";
    }
}

TEST_F(DnsFilter, EachAskedOfItsSide) {
    const Filter by_name = made(list("only_qname", {"a.b"}));
    EXPECT_FALSE(by_name.passes_query(events(query)));
    EXPECT_TRUE(by_name.passes_reply(events(reply)));
    const Filter by_code = made(number("only_rcode", 3));
    EXPECT_TRUE(by_code.passes_query(events(query)));
    EXPECT_FALSE(by_code.passes_reply(events(reply)));
}

TEST_F(DnsFilter, Directions) {
    const Filter all = made({});
    const Filter some = made(list("only_xact_directions", {"In", "unknown"}));
    for (const auto d : {Direction::unknown, Direction::in, Direction::out}) {
        EXPECT_TRUE(all.passes_direction(d));
        EXPECT_EQ(some.passes_direction(d), d != Direction::out);
    }
}

TEST(DnsFilterErrors, Texts) {
    const auto refusal = [](const OptionValues& values) { return visor::test::refusal(dns_v1(), values); };
    const std::string rcode = "DnsStreamHandler: only_rcode filter contained an invalid/unsupported rcode: ";
    const std::string rcodes = ". Valid rcodes: NOERROR, FORMERR, SRVFAIL, NXDOMAIN, ";
    EXPECT_TRUE(refusal(number("only_rcode", 133)).starts_with(rcode + "133" + rcodes));
    EXPECT_TRUE(refusal(list("only_rcode", {"0", "BOGUS"})).starts_with(rcode + "BOGUS" + rcodes));
    const std::string qtype = "DnsStreamHandler: only_qtype filter contained an invalid/unsupported qtype: ";
    EXPECT_TRUE(
        refusal(list("only_qtype", {"A", "TEXT"})).starts_with(qtype + "TEXT. Valid qtypes: A, AAAA, "));
    EXPECT_TRUE(refusal(list("only_qtype", {"270"})).starts_with(qtype + "270. "));
    OptionValues type;
    type.set_text("dnstap_msg_type", "bogus");
    EXPECT_EQ(refusal(type),
              "DnsStreamHandler: dnstap_msg_type contained an invalid/unsupported type. Valid types: auth, "
              "client, forwarder, resolver, stub, tool, update");
    type.set_text("dnstap_msg_type", "Client");
    EXPECT_EQ(refusal(type), "");
    EXPECT_EQ(
        visor::test::refusal(dns_v2(), list("only_xact_directions", {"in", "both"})),
        "DnsStreamHandler: only_xact_directions contained an invalid/unsupported direction: both. Valid "
        "directions: unknown, in, out");
}

TEST(DnsFilterErrors, TypesOfOptions) {
    const auto fault = [](OptionValues values) {
        const OptionTable tables[] = {options_v1};
        const auto error = check_options(tables, values);
        return error ? error->text : "";
    };
    OptionValues text;
    text.set_text("only_rcode", "x");
    EXPECT_EQ(
        fault(text),
        "DnsStreamHandler: wrong value type for only_rcode filter. It should be an integer or an array");
    EXPECT_EQ(fault(list("answer_count", {"1"})),
              "DnsStreamHandler: wrong value type for answer_count filter. It should be an integer");
    EXPECT_EQ(fault(number("xact_ttl_ms", 100)), "");
    EXPECT_NE(fault(list("only_xact_directions", {"in"})), "") << "an option of version 2.0";
}

} // namespace
} // namespace visor::dns
