#include "wire/dns.hpp"

#include "wire/dns_question.hpp"
#include "wire/name_ends.hpp"
#include "wire/test_frames.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <string>

namespace visor::wire {
namespace {
using namespace test;

Bytes view(const Raw& r) {
    return {r.data(), r.size()};
}

Raw header(unsigned flags, unsigned qd, unsigned an = 0, unsigned ns = 0, unsigned ar = 0) {
    return be16(0x1234) + be16(flags) + be16(qd) + be16(an) + be16(ns) + be16(ar);
}
Raw name(std::initializer_list<std::string_view> labels) {
    Raw out;
    for (const auto label : labels) out = out + Raw{static_cast<uint8_t>(label.size())} + text(label);
    return out + Raw{0};
}
Raw question(const Raw& qname, unsigned qtype = 1) {
    return qname + be16(qtype) + be16(1);
}
Raw record(unsigned type, const Raw& data, const Raw& owner = {0xc0, 12}, uint32_t ttl = 60,
           unsigned cls = 1) {
    return owner + be16(type) + be16(cls) + be32(ttl) + be16(static_cast<unsigned>(data.size())) + data;
}
Raw opt(const Raw& options, uint32_t ttl = 0) {
    return record(41, options, {0}, ttl, 1232);
}
Raw option(unsigned code, const Raw& value) {
    return be16(code) + be16(static_cast<unsigned>(value.size())) + value;
}

// The text of the name at `offset`, out of memory that ends where the message does.
std::string name_text(const Raw& message, size_t offset = 12, bool lower = false) {
    const auto exact = std::make_unique<uint8_t[]>(message.size());
    std::copy(message.begin(), message.end(), exact.get());
    char out[dns_name_text_max];
    return {out, dns_name_text({exact.get(), message.size()}, offset, lower, out)};
}

TEST(DnsParse, QueryHeaderAndQuestion) {
    const Raw m = header(0x0130, 1) + question(name({"www", "Example", "com"}), 28);
    const DnsMessage d = parse_dns(view(m));
    EXPECT_EQ(d.anomaly, DnsAnomaly::none);
    EXPECT_EQ(d.header.id, 0x1234);
    EXPECT_FALSE(d.header.flags.response());
    EXPECT_TRUE(d.header.flags.checking_disabled());
    EXPECT_TRUE(d.header.flags.authenticated());
    EXPECT_EQ(d.qtype, 28);
    EXPECT_EQ(d.qclass, 1);
    EXPECT_EQ(d.name, 12);
    EXPECT_EQ(d.records, m.size());
    EXPECT_EQ(name_text(m), "www.Example.com");
    EXPECT_EQ(name_text(m, 12, true), "www.example.com");
}

TEST(DnsParse, HeaderBits) {
    const Raw m = header(0x8403 | 5 << 11 | 0x0200, 0);
    const DnsMessage d = parse_dns(view(m));
    EXPECT_TRUE(d.header.flags.response());
    EXPECT_TRUE(d.header.flags.authoritative());
    EXPECT_TRUE(d.header.flags.truncated());
    EXPECT_EQ(d.header.flags.opcode(), 5);
    EXPECT_EQ(d.header.flags.rcode(), 3);
    EXPECT_FALSE(d.has_question());
    EXPECT_EQ(d.records, 12u);
    EXPECT_EQ(d.anomaly, DnsAnomaly::none);
}

TEST(DnsParse, SeveralQuestions) {
    const Raw m =
        header(0, 3) + question(name({"a", "local"})) + question({0xc0, 12}) + question(name({"b"}));
    const DnsMessage d = parse_dns(view(m));
    EXPECT_EQ(d.anomaly, DnsAnomaly::none);
    EXPECT_EQ(d.records, m.size());
    const Raw claims = header(0, 9) + question(name({"a", "local"}));
    EXPECT_EQ(parse_dns(view(claims)).anomaly, DnsAnomaly::short_question);
    EXPECT_TRUE(parse_dns(view(claims)).has_question());
    EXPECT_EQ(parse_dns(view(claims)).records, 0u);
}

TEST(DnsParse, CutAtEveryByte) {
    const Raw whole = header(0, 1) + question(name({"www", "example", "com"}));
    for (size_t size = 0; size < whole.size(); ++size) {
        const auto exact = std::make_unique<uint8_t[]>(size);
        std::copy_n(whole.begin(), size, exact.get());
        const DnsMessage d = parse_dns({exact.get(), size});
        EXPECT_EQ(d.anomaly, size < 4 ? DnsAnomaly::short_header : DnsAnomaly::short_question);
        EXPECT_EQ(d.header.qdcount, size < 6 ? 0 : 1);
        EXPECT_FALSE(d.has_question());
        EXPECT_EQ(d.records, 0u);
        char out[dns_name_text_max];
        EXPECT_EQ(dns_name_text({exact.get(), size}, 12, true, out) != 0, size >= 29) << size;
    }
}

TEST(DnsParse, BadLabelTypes) {
    for (const uint8_t type : {uint8_t{0x40}, uint8_t{0x41}, uint8_t{0x80}, uint8_t{0xbf}}) {
        const Raw m = header(0, 1) + question(Raw{3, 'w', 'w', 'w', type} + Raw(200, 'a') + Raw{0});
        EXPECT_EQ(parse_dns(view(m)).anomaly, DnsAnomaly::bad_name);
        EXPECT_EQ(name_text(m), "");
    }
}

TEST(DnsParse, PointersInTheQuestion) {
    Raw loop = header(0, 1) + question({0xc0, 12});
    EXPECT_EQ(parse_dns(view(loop)).anomaly, DnsAnomaly::bad_name);
    EXPECT_EQ(name_text(loop), "");
    loop = header(0, 1) + question({1, 'a', 0xc0, 12});
    EXPECT_EQ(parse_dns(view(loop)).anomaly, DnsAnomaly::bad_name);
    EXPECT_EQ(name_text(loop), "");
    loop = header(0, 1) + question({0xc0, 14, 0xc0, 12});
    EXPECT_EQ(name_text(loop), "");

    const Raw forward = header(0, 1) + question({1, 'a', 0xc0, 20}) + name({"b", "c"});
    EXPECT_EQ(parse_dns(view(forward)).anomaly, DnsAnomaly::none);
    EXPECT_EQ(name_text(forward), "a.b.c");
    const Raw outside = header(0, 1) + question({0xff, 0xff});
    EXPECT_EQ(parse_dns(view(outside)).anomaly, DnsAnomaly::bad_name);
}

TEST(DnsName, Root) {
    const Raw m = header(0, 1) + question({0}, 2);
    EXPECT_EQ(parse_dns(view(m)).name, 12);
    EXPECT_EQ(name_text(m), ".");
    EXPECT_EQ(name_text(Raw{0}, 0), ".");
}

TEST(DnsName, LengthLimit) {
    const std::string longest(63, 'x');
    const Raw fits = header(0, 1) + question(name({longest, longest, longest, std::string(61, 'Y')}));
    EXPECT_EQ(parse_dns(view(fits)).anomaly, DnsAnomaly::none);
    EXPECT_EQ(name_text(fits, 12, true).size(), 253u);
    EXPECT_EQ(name_text(fits, 12, true).substr(192), std::string(61, 'y'));
    const Raw over = header(0, 1) + question(name({longest, longest, longest, std::string(62, 'y')}));
    EXPECT_EQ(parse_dns(view(over)).anomaly, DnsAnomaly::bad_name);
    EXPECT_EQ(name_text(over), "");
    const Raw by_pointer =
        header(0, 1) + question(name({longest, longest, longest})) + Raw{63} + Raw(63, 'z') + Raw{0xc0, 12};
    EXPECT_EQ(name_text(by_pointer, by_pointer.size() - 66), "");
}

TEST(DnsName, LongestExpansionFits) {
    Raw labels;
    for (int i = 0; i < 3; ++i) labels = labels + Raw{63} + Raw(63, 1);
    const Raw m = header(0, 1) + question(labels + Raw{61} + Raw(61, 1) + Raw{0});
    EXPECT_EQ(name_text(m).size(), 250u * 4 + 3);
}

TEST(DnsName, OtherBytes) {
    EXPECT_EQ(name_text(name({"a b", "_x-1"}), 0), "a b._x-1");
    EXPECT_EQ(name_text(name({std::string_view("a\0b", 3), "\x7f\x1f"}), 0), "a\\000b.\\127\\031");
    EXPECT_EQ(name_text(name({"B\xc3\xbc"
                              "CHER",
                              "De"}),
                        0, true),
              "b\xc3\xbc"
              "cher.de");
    EXPECT_EQ(name_text(name({"\xff\xc3", "\xbc"}), 0), "\\255\\195.\\188") << "sequences do not span labels";
    EXPECT_EQ(name_text(name({"\xc0\xaf", "\xed\xa0\x80", "\xf4\x90\x80\x80"}), 0),
              "\\192\\175.\\237\\160\\128.\\244\\144\\128\\128");
    EXPECT_EQ(name_text(name({"\xe2\x82\xac", "\xf0\x9f\x98\x80"}), 0), "\xe2\x82\xac.\xf0\x9f\x98\x80");
    EXPECT_EQ(name_text(name({"a.b", "c\\"}), 0), "a.b.c\\");
}

// The definition, byte by byte, of a label without UTF-8.
std::string plain_definition(std::string_view label, bool lower) {
    std::string text;
    for (const char c : label) {
        const auto u = static_cast<uint8_t>(c);
        if (lower && u >= 'A' && u <= 'Z') {
            text += static_cast<char>(u + 32);
        } else if (u >= 32 && u < 127) {
            text += c;
        } else {
            const std::string digits = std::to_string(1000 + u);
            text += "\\" + digits.substr(1);
        }
    }
    return text;
}

// The sixteen-at-a-time path against the definition, for every byte at every place.
TEST(DnsName, EveryByteInEveryPlace) {
    for (unsigned byte = 0; byte < 256; ++byte) {
        for (size_t place = 0; place < 36; ++place) {
            std::string label(36, 'Q');
            label[place] = static_cast<char>(byte);
            for (const bool lower : {false, true})
                EXPECT_EQ(name_text(Raw(12, 0xff) + name({label, "Net"}) + be32(0), 12, lower),
                          plain_definition(label, lower) + (lower ? ".net" : ".Net"));
        }
    }
}

// Runs of printable and of other bytes, of all lengths, up to the end of the message.
TEST(DnsName, RunsOfBytes) {
    for (size_t before = 0; before <= 40; ++before) {
        for (size_t between = 0; between <= 20; ++between) {
            const std::string label =
                std::string(before, 'A') + std::string(between, '\x80') + (before % 2 ? "z" : "");
            if (label.empty()) continue;
            EXPECT_EQ(name_text(name({label, "B"}), 0, true), plain_definition(label, true) + ".b");
        }
    }
}

// Length bytes at every place of a text that is read in pieces.
TEST(DnsName, LabelsOfOneLength) {
    for (size_t length = 1; length < 64; ++length) {
        std::vector<std::string_view> labels;
        const std::string label(length, 'K');
        std::string want;
        while ((labels.size() + 1) * (length + 1) < 255) {
            labels.push_back(label);
            want += (want.empty() ? "" : ".") + std::string(length, 'k');
            Raw m;
            for (const std::string_view l : labels) m = m + Raw{static_cast<uint8_t>(l.size())} + text(l);
            ASSERT_EQ(name_text(m + Raw{0}, 0, true), want);
        }
    }
}

TEST(DnsName, EveryLabelLength) {
    for (size_t length = 1; length < 64; ++length) {
        const std::string label(length, 'K');
        EXPECT_EQ(name_text(name({label, "A", label}), 0, true),
                  std::string(length, 'k') + ".a." + std::string(length, 'k'));
        EXPECT_EQ(name_text(name({label}), 0), label);
    }
}

TEST(DnsRecords, EdnsAnywhereInAdditional) {
    const Raw m = header(0x8180, 1, 1, 1, 3) + question(name({"x"})) + record(1, {1, 2, 3, 4}) +
                  record(2, name({"n"})) + record(1, {5, 6, 7, 8}) + opt({}, 0x02018000) +
                  record(16, {1, 'a'});
    const DnsRecords r = walk_dns_records(parse_dns(view(m)));
    EXPECT_EQ(r.anomaly, DnsAnomaly::none);
    EXPECT_TRUE(r.edns);
    EXPECT_EQ(r.extended_rcode, 2);
    EXPECT_EQ(r.edns_version, 1);
    EXPECT_TRUE(r.dnssec_ok);
    EXPECT_FALSE(r.ecs.present);
    EXPECT_FALSE(r.rrsig_in_answer);
}

TEST(DnsRecords, OptOutsideAdditionalIsNone) {
    const Raw m = header(0x8180, 1, 1) + question(name({"x"})) + opt({}, 0x8000);
    EXPECT_FALSE(walk_dns_records(parse_dns(view(m))).edns);
}

TEST(DnsRecords, RrsigCountsInAnswerOnly) {
    const Raw q = question(name({"x"})), sig = record(46, Raw(18, 0));
    EXPECT_TRUE(walk_dns_records(parse_dns(view(header(0x8180, 1, 1) + q + sig))).rrsig_in_answer);
    const Raw elsewhere = header(0x8180, 1, 0, 1, 1) + q + sig + sig;
    EXPECT_FALSE(walk_dns_records(parse_dns(view(elsewhere))).rrsig_in_answer);
}

Ecs ecs_of(const Raw& options) {
    const Raw m = header(0x0100, 1, 0, 0, 1) + question(name({"x"})) + opt(options);
    return walk_dns_records(parse_dns(view(m))).ecs;
}

TEST(DnsRecords, ClientSubnetV4) {
    Ecs e = ecs_of(option(8, Raw{0, 1, 24, 0, 198, 51, 100}));
    EXPECT_TRUE(e.present);
    EXPECT_TRUE(e.v4);
    EXPECT_EQ(e.source_prefix, 24);
    EXPECT_EQ(e.address.text(), "198.51.100.0");
    e = ecs_of(option(10, Raw(8, 9)) + option(8, Raw{0, 1, 32, 0, 192, 0, 2, 7}) + option(12, Raw(3, 0)));
    EXPECT_EQ(e.address.text(), "192.0.2.7") << "second option, another behind it";
    e = ecs_of(option(8, Raw{0, 1, 0, 0}));
    EXPECT_TRUE(e.present);
    EXPECT_EQ(e.source_prefix, 0);
    EXPECT_EQ(e.address.text(), "0.0.0.0");
    e = ecs_of(option(8, Raw{0, 1, 32, 0, 192}));
    EXPECT_EQ(e.address.text(), "192.0.0.0") << "shorter than the prefix says";
    e = ecs_of(option(8, Raw{0, 1, 99, 0} + Raw(40, 7)));
    EXPECT_EQ(e.address.text(), "7.7.7.7") << "longer than any address";
    EXPECT_EQ(e.source_prefix, 32);
}

TEST(DnsRecords, ClientSubnetV6) {
    Ecs e = ecs_of(option(8, Raw{0, 2, 56, 0, 0x20, 1, 0xd, 0xb8, 0, 1, 2}));
    EXPECT_TRUE(e.present);
    EXPECT_FALSE(e.v4);
    EXPECT_EQ(e.source_prefix, 56);
    EXPECT_EQ(e.address.text(), "2001:db8:1:200::");
    e = ecs_of(option(8, Raw{0, 2, 128, 0} + Raw(15, 0x20) + Raw{1}));
    EXPECT_EQ(e.address.bytes[15], 1);
    e = ecs_of(option(8, Raw{0, 2, 255, 0} + Raw(60, 0x20)));
    EXPECT_EQ(e.source_prefix, 128);
}

TEST(DnsRecords, ClientSubnetOfNoFamilyOrNoLength) {
    EXPECT_FALSE(ecs_of(option(8, Raw{0, 3, 24, 0, 1, 2, 3})).present);
    EXPECT_FALSE(ecs_of(option(8, Raw{0, 1, 24})).present);
    EXPECT_FALSE(ecs_of(option(8, {})).present);
    EXPECT_FALSE(ecs_of(be16(8) + be16(200) + Raw{0, 1, 24, 0, 1, 2, 3}).present) << "past the record's end";
}

TEST(DnsRecords, CutAtEveryByte) {
    const Raw whole = header(0x8180, 1, 1, 0, 1) + question(name({"x"})) + record(46, Raw(18, 0)) +
                      opt(option(8, Raw{0, 1, 24, 0, 198, 51, 100}));
    for (size_t size = 19; size <= whole.size(); ++size) {
        const auto exact = std::make_unique<uint8_t[]>(size);
        std::copy_n(whole.begin(), size, exact.get());
        const DnsRecords r = walk_dns_records(parse_dns({exact.get(), size}));
        EXPECT_EQ(r.anomaly, size < whole.size() ? DnsAnomaly::short_record : DnsAnomaly::none);
        EXPECT_EQ(r.rrsig_in_answer, size >= 19 + 30);
        EXPECT_EQ(r.ecs.present, size == whole.size());
    }
}

TEST(DnsRecords, CountsThatLie) {
    const Raw m = header(0x8180, 1, 65535, 65535, 65535) + question(name({"x"})) + record(1, {1, 2, 3, 4});
    EXPECT_EQ(walk_dns_records(parse_dns(view(m))).anomaly, DnsAnomaly::short_record);
    const Raw bad = header(0x8180, 1, 1) + question(name({"x"})) + Raw{0x45} + Raw(30, 0);
    EXPECT_EQ(walk_dns_records(parse_dns(view(bad))).anomaly, DnsAnomaly::bad_name);
    EXPECT_EQ(walk_dns_records(parse_dns(view(Raw(3, 0)))).anomaly, DnsAnomaly::short_header);
    EXPECT_EQ(walk_dns_records(parse_dns(view(Raw(5, 0)))).anomaly, DnsAnomaly::short_question);
}

TEST(DnsNames, Rcodes) {
    EXPECT_EQ(dns_rcode_name(0), "NOERROR");
    EXPECT_EQ(dns_rcode_name(2), "SRVFAIL");
    EXPECT_EQ(dns_rcode_name(11), "DSOTYPENI");
    EXPECT_EQ(dns_rcode_name(23), "BADCOOKIE");
    EXPECT_TRUE(dns_rcode_name(12).empty());
    EXPECT_TRUE(dns_rcode_name(24).empty());
    EXPECT_EQ(dns_rcode_number("nxdomain"), 3);
    EXPECT_EQ(dns_rcode_number("16"), 16);
    EXPECT_EQ(dns_rcode_number("133"), -1);
    EXPECT_EQ(dns_rcode_number("ServFail"), 2);
    EXPECT_EQ(dns_rcode_number(""), -1);
}

TEST(DnsNames, Qtypes) {
    EXPECT_EQ(dns_qtype_name(1), "A");
    EXPECT_EQ(dns_qtype_name(65), "HTTPS");
    EXPECT_EQ(dns_qtype_name(255), "*");
    EXPECT_EQ(dns_qtype_name(0), "Reserved (0)");
    EXPECT_EQ(dns_qtype_name(65535), "Reserved (65535)");
    EXPECT_EQ(dns_qtype_name(32769), "DLV");
    EXPECT_TRUE(dns_qtype_name(54).empty());
    EXPECT_TRUE(dns_qtype_name(66).empty());
    EXPECT_EQ(dns_qtype_number("TxT"), 16);
    EXPECT_EQ(dns_qtype_number("nsap-ptr"), 23);
    EXPECT_EQ(dns_qtype_number("28"), 28);
    EXPECT_EQ(dns_qtype_number("270"), -1);
    EXPECT_EQ(dns_qtype_number("TEXT"), -1);
    EXPECT_EQ(dns_qtype_number("99999"), -1);
    EXPECT_EQ(dns_qtype_number("1x"), -1);
    EXPECT_EQ(dns_qtype_number("any"), 255);
    for (unsigned i = 0; i < 65536; ++i) {
        const auto text = dns_qtype_name(static_cast<uint16_t>(i));
        if (!text.empty()) {
            EXPECT_EQ(dns_qtype_number(text), static_cast<int>(i));
        }
    }
}

TEST(DnsParse, EndsOfTheNameAreThoseOfItsText) {
    for (const std::string whole :
         {"a", "a.com", "foo.bar.com", "biz.foo.bar.com", "a.b.c.d.e", "localhost", "a.b", "a.b.c",
          "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.b.c", "a.b.xxxxxxxxxxxxxxxxxxxx",
          "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.bb.cc",
          "aaa bbb.xxxxxxxxxxxxxxxxxxxx"}) {
        const Raw m = header(0, 1) + question(name_bytes(whole));
        char room[dns_name_text_max + 2 * dns_text_slack];
        DnsMessage parsed;
        DnsNameText labels;
        parse_dns(view(m), parsed, room + dns_text_slack, labels);
        const Aggregated searched = aggregate(whole);
        EXPECT_EQ(labels.two, searched.two.size()) << whole;
        EXPECT_EQ(labels.three, searched.three.size()) << whole;
    }
}

} // namespace
} // namespace visor::wire
