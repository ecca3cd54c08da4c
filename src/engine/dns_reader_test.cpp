#include "engine/dns_reader.hpp"

#include "engine/test_questions.hpp"
#include "sketch/test_streams.hpp"

#include <gtest/gtest.h>

#include <deque>
#include <memory>
#include <sys/mman.h>

namespace visor::engine {
namespace {
using namespace test;
using sketch::test::Random;

constexpr size_t page = 4096;
const Raw opt = Raw{0, 0, 41, 16, 0, 0, 0, 0, 0, 0, 0}; // EDNS, nothing in it

wire::Packet packet_of(Bytes message, uint64_t flow = 77) {
    wire::Packet p;
    p.data = message.data();
    p.payload_len = static_cast<uint32_t>(message.size());
    p.flow_hash = flow;
    return p;
}

// Reads it as often as said, wherever it lies; each time it must be as the long way says.
void expect_right(TestReader& reader, Bytes message, const char* what, int times = 2) {
    const wire::Packet packet = packet_of(message);
    for (int i = 0; i < times; ++i) {
        reader.clear();
        DnsEvent event;
        std::memset(static_cast<void*>(&event), 0xa5, sizeof event);
        reader.read(message, packet, DnsTransport::tcp, event);
        ASSERT_EQ(wrong_field(event, message, packet, DnsTransport::tcp), "")
            << what << ", " << message.size() << " bytes, time " << i;
    }
}

// From a buffer exactly as large, so that a sanitizer sees what is read behind it.
void expect_right(TestReader& reader, const Raw& message, const char* what, int times = 2) {
    const auto exact = std::make_unique<uint8_t[]>(message.size());
    std::copy(message.begin(), message.end(), exact.get());
    expect_right(reader, Bytes{exact.get(), message.size()}, what, times);
}

struct Sample {
    const char* what;
    Raw message;
};

std::vector<Sample> ordinary() {
    std::vector<Sample> all = {
        {"query", message_of(name_of({"www", "example", "com"}))},
        {"query with EDNS", message_of(name_of({"www", "example", "com"}), opt, {.arcount = 1})},
        {"reply", message_of(name_of({"www", "example", "com"}), Raw{0xc0, 12, 0, 1, 0, 1} + Raw(10, 1),
                             {.id = 9, .flags = 0x8183, .ancount = 1, .qtype = 28})},
        {"mixed case", message_of(name_of({"wWw", "eXAMPLE", "cOm"}), opt)},
        {"one label", message_of(name_of({"localhost"}), opt)},
        {"two labels", message_of(name_of({"example", "org"}), opt)},
        {"one byte", message_of(name_of({"a"}), opt)},
        {"three of one byte", message_of(name_of({"a", "b", "c"}), opt)},
        {"other class", message_of(name_of({"version", "bind"}), opt, {.qtype = 16, .qclass = 3})},
        {"underscore and dash", message_of(name_of({"_dns-sd", "_udp", "x"}), opt)},
        {"long first label", message_of(name_of({std::string(40, 'q'), "b", "c"}), opt)},
        {"long label of three", message_of(name_of({std::string(20, 'q'), "bcdefgh", "com"}), opt)},
    };
    for (const size_t length : {31u, 32u, 33u, 34u, 35u, 39u, 40u, 41u, 62u, 63u})
        all.push_back({"one long label", message_of(name_of({std::string(length, 'Z')}), opt)});
    return all;
}

std::vector<Sample> hostile() {
    const Raw www = name_of({"www", "example", "com"});
    return {
        {"root", message_of({0}, opt)},
        {"root alone", message_of({0})},
        {"no question", message_of(www, opt, {.qdcount = 0})},
        {"two questions", message_of(www, www + be16(1) + be16(1), {.qdcount = 2})},
        {"two, one there", message_of(www, {}, {.qdcount = 2})},
        {"256 questions", message_of(www, opt, {.qdcount = 256})},
        {"zero in a label", message_of(Raw{3, 'w', 0, 'w', 3, 'c', 'o', 'm', 0}, opt)},
        {"zero begins a label", message_of(Raw{3, 0, 'w', 'w', 3, 'c', 'o', 'm', 0}, opt)},
        {"zero ends a label", message_of(Raw{3, 'w', 'w', 0, 3, 'c', 'o', 'm', 0}, opt)},
        {"zeros alone", message_of(Raw{3, 0, 0, 0, 0}, opt)},
        {"dot in a label", message_of(name_of({"w.w", "example", "com"}), opt)},
        {"dots alone", message_of(name_of({"...", "."}), opt)},
        {"space", message_of(name_of({"w w", "com"}), opt)},
        {"control", message_of(name_of({"w\x01w", "com"}), opt)},
        {"DEL", message_of(name_of({"w\x7fw", "com"}), opt)},
        {"UTF-8", message_of(name_of({"w\xc3\xa4w", "com"}), opt)},
        {"no UTF-8", message_of(name_of({"w\xff\xfew", "com"}), opt)},
        {"pointer to itself", message_of(Raw{0xc0, 12}, opt)},
        {"pointer forward", message_of(Raw{3, 'w', 'w', 'w', 0xc0, 22}, name_of({"com"}) + opt)},
        {"pointer into the header", message_of(Raw{3, 'w', 'w', 'w', 0xc0, 4}, opt)},
        {"pointer past the end", message_of(Raw{3, 'w', 'w', 'w', 0xff, 0xff}, opt)},
        {"label type 01", message_of(Raw{0x41, 'w', 'w', 'w', 0}, Raw(80, 'x'))},
        {"label of 64", message_of(name_of({std::string(64, 'x'), "com"}), opt)},
        {"label past the end", message_of(Raw{40, 'w', 'w', 'w', 0}, opt)},
        {"255 bytes", message_of(name_of({std::string(63, 'a'), std::string(63, 'b'), std::string(63, 'c'),
                                          std::string(61, 'd')}),
                                 opt)},
        {"256 bytes", message_of(name_of({std::string(63, 'a'), std::string(63, 'b'), std::string(63, 'c'),
                                          std::string(62, 'd')}),
                                 opt)},
        {"longest text", message_of(name_of({std::string(63, '\1'), std::string(63, '\1'),
                                             std::string(63, '\1'), std::string(61, '\1')}),
                                    opt)},
        {"labels of one byte", message_of(name_of(std::vector<std::string>(19, "x")), opt)},
        {"more labels of one byte", message_of(name_of(std::vector<std::string>(31, "x")), opt)},
        {"127 labels", message_of(name_of(std::vector<std::string>(127, "x")), opt)},
    };
}

std::vector<Sample> samples() {
    std::vector<Sample> all = ordinary();
    for (Sample& sample : hostile()) all.push_back(std::move(sample));
    return all;
}

// Most have labels as hosts have; some have any bytes, or lengths that are not their labels'.
Raw random_name(Random& random) {
    static constexpr std::string_view letters =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_";
    Raw out;
    const uint64_t kind = random.below(20);
    for (uint64_t labels = 1 + random.below(5); labels > 0; --labels) {
        const uint64_t length = 1 + random.below(random.below(4) ? 8 : 40);
        out.push_back(static_cast<uint8_t>(kind == 0 ? random.below(70) : length));
        for (uint64_t i = 0; i < length; ++i)
            out.push_back(
                static_cast<uint8_t>(kind == 1 ? random.next() : letters[random.below(letters.size())]));
    }
    if (kind == 2) return out + Raw{0xc0, static_cast<uint8_t>(random.below(64))};
    return out + Raw{0};
}

// Pages, of which the one behind the last must not be touched.
class GuardedPages {
public:
    GuardedPages()
        : base_(static_cast<uint8_t*>(
              mmap(nullptr, 3 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0))) {
        mprotect(base_ + 2 * page, page, PROT_NONE);
    }
    ~GuardedPages() { munmap(base_, 3 * page); }
    Bytes at(size_t offset, const Raw& message) {
        std::copy(message.begin(), message.end(), base_ + offset);
        return {base_ + offset, message.size()};
    }
    Bytes at_end(const Raw& message) { return at(2 * page - message.size(), message); }

private:
    uint8_t* base_;
};

TEST(DnsReader, SecondTimeAsTheFirst) {
    for (const Sample& sample : samples()) {
        TestReader reader(1);
        expect_right(reader, sample.message, sample.what, 3);
    }
    TestReader one(1); // whatever the others left there
    for (int round = 0; round < 2; ++round)
        for (const Sample& sample : samples()) expect_right(one, sample.message, sample.what);
}

// Reads messages as one block; for each, which one has the same name first, as it is told.
std::vector<size_t> firsts(TestReader& reader, const std::vector<Raw>& messages) {
    std::vector<wire::Packet> packets;
    packets.reserve(messages.size());
    for (const Raw& m : messages) packets.push_back(packet_of({m.data(), m.size()}));
    std::vector<size_t> all;
    std::vector<DnsEvent> events(messages.size());
    reader.clear();
    for (size_t i = 0; i < messages.size(); ++i) {
        events[i].name_back = 77;
        reader.read({messages[i].data(), messages[i].size()}, packets[i], DnsTransport::udp, events[i]);
        all.push_back(i - events[i].name_back);
    }
    return all;
}

TEST(DnsReader, KnowsWhichNameCameBeforeInTheBlock) {
    const Raw one = message_of(name_of({"one", "example", "com"}), opt);
    const Raw two = message_of(name_of({"two", "example", "com"}), opt, {.id = 9, .flags = 0x8180});
    const Raw again = message_of(name_of({"one", "example", "com"}), opt, {.id = 7, .qtype = 28});
    const Raw upper = message_of(name_of({"ONE", "example", "com"}), opt);
    const Raw none = message_of(name_of({"one", "example", "com"}), opt, {.qdcount = 0});
    TestReader reader(100);
    using Firsts = std::vector<size_t>;
    for (int block = 0; block < 3; ++block)
        EXPECT_EQ(firsts(reader, {two, one, again, none, two, upper, one}), (Firsts{0, 1, 1, 3, 0, 5, 1}));
    EXPECT_EQ(firsts(reader, {one, two}), (Firsts{0, 1})) << "in another block is not before";
}

// Names that are long, or not of printable labels, as well; not those that a first zero byte does not end, or
// whose text is too long.
TEST(DnsReader, KnowsOddNames) {
    const std::string most(63, 'm');
    const std::vector<Raw> known = {
        {0},
        name_of({std::string(40, 'l'), "example", "com"}),
        name_of(std::vector<std::string>(34, "f")),
        name_of(std::vector<std::string>(112, "f")),
        name_of({most, most, most, std::string(31, 'm')}),
        name_of({"w.w", "com"}),
        name_of({"My Printer @ \xc3\xa4", "_ipp", "_tcp", "local"}),
        name_of({std::string(50, '\1'), "com"}),
        name_of({std::string(5, '\xff'), "com"}),
    };
    const std::vector<Raw> unknown = {
        name_of({most, most, most, std::string(33, 'm')}),
        name_of({std::string(60, '\1'), "com"}),
        name_of({std::string("a\0b", 3), "com"}),
        name_of({std::string(40, 'a') + std::string(1, '\0'), "com"}),
        {3, 'w', 'w', 'w', 0xc0, 0},
        Raw{40} + Raw(40, 'w') + Raw{0xc0, 0},
    };
    const auto second = [](const Raw& name) {
        TestReader reader(2);
        return firsts(reader, {message_of(name, opt), message_of(name, opt, {.id = 9})})[1];
    };
    for (size_t i = 0; i < known.size(); ++i) EXPECT_EQ(second(known[i]), 0) << i;
    for (size_t i = 0; i < unknown.size(); ++i) EXPECT_EQ(second(unknown[i]), 1) << i;
}

// Blocks are numbered with 16 bits.
TEST(DnsReader, BlocksLongAgoAreNotThisOne) {
    for (const std::string& last : {std::string("com"), std::string(60, 'l')}) {
        const Raw one = message_of(name_of({"one", "example", last}), opt);
        const Raw two = message_of(name_of({"two", "example", last}), opt);
        TestReader reader(2);
        firsts(reader, {two, one});
        for (int i = 1; i < 65535; ++i) reader.clear();
        EXPECT_EQ(firsts(reader, {one, two}), (std::vector<size_t>{0, 1}));
        for (int i = 0; i < 65535; ++i) reader.clear();
        EXPECT_EQ(firsts(reader, {two, one}), (std::vector<size_t>{0, 1}));
    }
}

// Whatever else comes between and takes a name's place: what is told to be the same name is.
TEST(DnsReader, OnlyTheSameNameIsToldToBe) {
    Random random(5);
    std::vector<Raw> names, messages;
    for (int i = 0; i < 6000; ++i) names.push_back(random_name(random));
    for (int i = 0; i < 20'000; ++i) messages.push_back(message_of(names[random.below(names.size())], opt));
    const auto question = [&](size_t i) {
        const Found found = found_of({messages[i].data(), messages[i].size()});
        return std::pair(found.text, found.message.name);
    };
    TestReader reader(messages.size());
    const auto first = firsts(reader, messages);
    size_t told = 0;
    for (size_t i = 0; i < messages.size(); ++i) {
        if (first[i] == i) continue;
        ++told;
        ASSERT_LT(first[i], i);
        ASSERT_EQ(first[first[i]], first[i]);
        ASSERT_EQ(question(i), question(first[i]));
    }
    EXPECT_GT(told, 5000u);
}

TEST(DnsReader, CutAtEveryByte) {
    for (const Sample& sample : samples()) {
        TestReader knows(1);
        expect_right(knows, sample.message, sample.what, 1);
        for (size_t size = 0; size <= sample.message.size(); ++size) {
            const Raw cut(sample.message.begin(), sample.message.begin() + static_cast<ptrdiff_t>(size));
            TestReader knows_nothing(1);
            expect_right(knows, cut, sample.what);
            expect_right(knows_nothing, cut, sample.what);
            if (HasFatalFailure()) return;
        }
    }
}

TEST(DnsReader, EveryByteOfAQuestionChanged) {
    for (const Sample& sample : samples()) {
        TestReader reader(1);
        Raw message = sample.message;
        for (size_t at = 2; at < std::min<size_t>(message.size(), 110); ++at) {
            const uint8_t was = message[at];
            for (const unsigned value :
                 {0U, 1U, was ^ 0x20U, was + 1U, was - 1U, unsigned{'.'}, 0x3fU, 0x40U, 0xc0U, 0xffU}) {
                expect_right(reader, sample.message, sample.what, 1); // remembered, if it can be
                message[at] = static_cast<uint8_t>(value);
                expect_right(reader, message, sample.what);
                if (HasFatalFailure()) FAIL() << sample.what << ", byte " << at << " is " << value;
            }
            message[at] = was;
        }
    }
}

TEST(DnsReader, NamesOfAllLengths) {
    TestReader reader(1);
    for (size_t length = 1; length <= 127; ++length) {
        for (size_t dot = length < 65 ? 0 : length - 64; dot < std::min<size_t>(length, 64); ++dot) {
            const std::string all(length, dot % 2 ? 'm' : 'M'); // with a dot there; 0: nowhere
            const Raw name = dot == 0 || dot + 1 == length
                                 ? name_of({all})
                                 : name_of({all.substr(0, dot), all.substr(dot + 1)});
            expect_right(reader, message_of(name), "no more behind it");
            expect_right(reader, message_of(name, opt), "EDNS");
            expect_right(reader, message_of(name, Raw(64, 0)), "zeros");
            if (HasFatalFailure()) return;
        }
    }
}

TEST(DnsReader, ReadsNothingBehindThePage) {
    GuardedPages pages;
    TestReader reader(1);
    for (const Sample& sample : samples()) {
        for (size_t size = 0; size <= sample.message.size(); ++size) {
            const Raw cut(sample.message.begin(), sample.message.begin() + static_cast<ptrdiff_t>(size));
            expect_right(reader, pages.at_end(cut), sample.what);
        }
        expect_right(reader, pages.at_end(sample.message + Raw(60, 1)), sample.what);
        if (HasFatalFailure()) return;
    }
}

// Whether a name is known again must not depend on it: what is added to top lists at once would.
TEST(DnsReader, KnowsANameWhereverItLies) {
    GuardedPages pages;
    const Raw one = message_of(name_of({"www", "example", "com"}), opt);
    TestReader reader(2);
    for (size_t begin = page - 100; begin + one.size() <= 2 * page; begin += begin < page + 50 ? 1 : 997) {
        const Bytes message = pages.at(begin, one);
        const wire::Packet packet = packet_of(message);
        DnsEvent events[2];
        reader.clear();
        for (DnsEvent& event : events) reader.read(message, packet, DnsTransport::udp, event);
        ASSERT_EQ(events[1].name_back, 1) << begin;
        ASSERT_EQ(events[1].name, events[0].name);
    }
    reader.clear();
    const Bytes last = pages.at_end(one);
    const wire::Packet packet = packet_of(last);
    DnsEvent events[2];
    for (DnsEvent& event : events) reader.read(last, packet, DnsTransport::udp, event);
    EXPECT_EQ(events[1].name_back, 1);
}

TEST(DnsReader, WhereverAMessageLies) {
    GuardedPages pages;
    TestReader reader(1);
    for (const Sample& sample : samples())
        for (size_t offset = page - 100; offset < page + 2; ++offset) {
            // Bytes behind the message that could be taken for more of it.
            Raw beyond = sample.message + Raw(64, offset % 2 ? 0 : 'a');
            const Bytes all = pages.at(offset, beyond);
            expect_right(reader, all.first(sample.message.size()), sample.what);
            if (HasFatalFailure()) return;
        }
}

TEST(DnsReader, ManyNamesForFewPlaces) {
    Random random(1);
    std::vector<Raw> messages;
    messages.reserve(20'000);
    for (int i = 0; i < 20'000; ++i)
        messages.push_back(message_of(random_name(random), random.below(3) ? opt : Raw{},
                                      {.id = static_cast<unsigned>(i), .qtype = 1 + i % 3U}));
    TestReader reader(1);
    for (int i = 0; i < 100'000; ++i) {
        const size_t some = random.below(8) ? random.below(50) : random.below(messages.size());
        expect_right(reader, messages[some], "random name", 1);
        if (HasFatalFailure()) return;
    }
}

// Names that differ only in one of the bytes a key is made of, at the same length.
TEST(DnsReader, NamesThatNearlyAreOthers) {
    TestReader reader(1);
    for (size_t length = 1; length <= 63; ++length)
        for (size_t at = 0; at < length; ++at) {
            std::string name(length, 'x');
            expect_right(reader, message_of(name_of({name}), opt), "all alike", 1);
            name[at] = 'y';
            expect_right(reader, message_of(name_of({name}), opt), "one not", 1);
            name[at] = 'Y';
            expect_right(reader, message_of(name_of({name}), opt), "upper case", 1);
        }
}

// Whether a name is ordinary does not depend on what stands behind it, nor on what was read before.
TEST(DnsReader, BriefMessagesAreOrdinary) {
    const Raw brief = message_of(name_of({"a", "bc"}));
    TestReader reader(2);
    EXPECT_EQ(firsts(reader, {brief, brief}), (std::vector<size_t>{0, 0}));
}

// A batch of the most messages there may be, as a decoder reads them: all texts stand until clear().
class Messages {
public:
    void add(const Raw& message) {
        Raw& frame = frames_.emplace_back(Raw(14, 0) + message);
        wire::Packet& p = packets_.emplace_back();
        p.data = frame.data();
        p.payload = 14;
        p.payload_len = static_cast<uint32_t>(message.size());
        p.caplen = p.wirelen = static_cast<uint32_t>(frame.size());
        p.flow_hash = packets_.size();
    }
    void expect_right(TestReader& reader) {
        std::vector<const wire::Packet*> order;
        for (const wire::Packet& p : packets_) order.push_back(&p);
        std::vector<DnsEvent> events(order.size());
        reader.clear();
        for (size_t at = 0, n = 1; at < order.size(); at += n, n = n % DnsReader::together + 1) {
            n = std::min(n, order.size() - at);
            reader.read(std::span(order).subspan(at, n), events.data() + at);
        }
        for (size_t i = 0; i < order.size(); ++i)
            ASSERT_EQ(wrong_field(events[i], order[i]->payload_bytes(), *order[i]), "") << "message " << i;
    }

private:
    std::deque<Raw> frames_;
    std::deque<wire::Packet> packets_;
};

TEST(DnsReader, TextsOfABatchStayIntact) {
    constexpr size_t most = 1024;
    Messages mixed, shortest, longest, empty;
    Random random(2);
    for (size_t i = 0; i < most; ++i) {
        mixed.add(i % 3 ? message_of(random_name(random), opt) : samples()[i % samples().size()].message);
        shortest.add(message_of(name_of({std::string(1 + i % 3, static_cast<char>('a' + i % 26))}), opt));
        longest.add(message_of(name_of(
            {std::string(63, '\1'), std::string(63, '\2'), std::string(63, '\3'), std::string(61, '\4')})));
        empty.add(i % 2 ? Raw{} : message_of({0}, opt));
    }
    TestReader reader(most);
    for (int round = 0; round < 2; ++round)
        for (Messages* messages : {&mixed, &shortest, &longest, &empty}) messages->expect_right(reader);
}

// A question asked twice within the messages that are looked up together, and one that takes another's place.
TEST(DnsReader, WhatIsReadTogetherMayBeAlike) {
    Messages messages;
    for (int i = 0; i < 200; ++i) {
        messages.add(message_of(name_of({"host" + std::to_string(i / 5), "example"}), opt));
        messages.add(message_of(name_of({"same", "Example"}), opt, {.id = static_cast<unsigned>(i)}));
    }
    TestReader reader(400);
    messages.expect_right(reader);
    messages.expect_right(reader);
}

} // namespace
} // namespace visor::engine
