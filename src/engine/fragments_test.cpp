#include "engine/fragments.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <random>
#include <string>

namespace visor::engine {
namespace {

class Receiver {
public:
    // The datagram this part completes; empty when none.
    std::string part(uint64_t key, uint32_t offset, const std::string& bytes, bool more, int64_t now_us = 0) {
        const auto exact = std::make_unique<uint8_t[]>(bytes.size());
        std::copy(bytes.begin(), bytes.end(), exact.get());
        const wire::Fragment fragment{1, offset, more, {exact.get(), bytes.size()}};
        const Bytes whole = fragments.add(key, fragment, now_us, [&](Bytes head) {
            ++asked;
            return head[0] != '!';
        });
        return whole.ok() ? std::string(reinterpret_cast<const char*>(whole.data()), whole.size()) : "";
    }
    const FragmentCounts& counts() const { return fragments.counts(); }

    Fragments fragments;
    int asked = 0;
};

std::string text(size_t size) {
    std::string out(size, ' ');
    for (size_t i = 0; i < size; ++i) out[i] = static_cast<char>('a' + i % 26);
    return out;
}

TEST(Fragments, InOrder) {
    Receiver r;
    const std::string all = text(40);
    EXPECT_EQ(r.part(7, 0, all.substr(0, 16), true), "");
    EXPECT_EQ(r.part(7, 16, all.substr(16, 16), true), "");
    EXPECT_EQ(r.part(7, 32, all.substr(32), false), all);
    EXPECT_EQ(r.counts().fragments, 3u);
    EXPECT_EQ(r.counts().datagrams, 1u);
    EXPECT_EQ(r.asked, 1);
}

TEST(Fragments, AnyOrder) {
    const std::string all = text(40);
    std::vector<uint32_t> order{0, 8, 16, 24, 32};
    uint64_t key = 1;
    Receiver r;
    do {
        ++key;
        for (size_t i = 0; i < order.size(); ++i) {
            const std::string whole = r.part(key, order[i], all.substr(order[i], 8), order[i] != 32);
            ASSERT_EQ(whole, i + 1 == order.size() ? all : "");
        }
    } while (std::next_permutation(order.begin(), order.end()));
    EXPECT_EQ(r.counts().datagrams, 120u);
    EXPECT_EQ(r.counts().no_room, 0u);
}

TEST(Fragments, DuplicatesChangeNothing) {
    Receiver r;
    const std::string all = text(24);
    for (int i = 0; i < 3; ++i) EXPECT_EQ(r.part(7, 8, all.substr(8, 8), true), "");
    for (int i = 0; i < 3; ++i) EXPECT_EQ(r.part(7, 16, all.substr(16), false), "");
    EXPECT_EQ(r.part(7, 0, all.substr(0, 8), true), all);
}

TEST(Fragments, FirstSeenBytesStand) {
    Receiver r;
    EXPECT_EQ(r.part(7, 8, "BBBBBBBB", true), "");
    EXPECT_EQ(r.part(7, 0, std::string(24, 'x'), true), "");
    EXPECT_EQ(r.part(7, 16, std::string(16, 'y'), false), "xxxxxxxxBBBBBBBBxxxxxxxxyyyyyyyy");
}

TEST(Fragments, DatagramsDoNotMix) {
    Receiver r;
    EXPECT_EQ(r.part(1, 0, "aaaaaaaa", true), "");
    EXPECT_EQ(r.part(2, 0, "bbbbbbbb", true), "");
    EXPECT_EQ(r.part(1, 8, "AA", false), "aaaaaaaaAA");
    EXPECT_EQ(r.part(2, 8, "BB", false), "bbbbbbbbBB");
}

TEST(Fragments, UnwantedIsIgnoredToItsEnd) {
    Receiver r;
    EXPECT_EQ(r.part(7, 0, "!aaaaaaa", true), "");
    EXPECT_EQ(r.part(7, 8, "aaaaaaaa", false), "");
    EXPECT_EQ(r.part(7, 0, "baaaaaaa", true), "") << "the mark stays";
    EXPECT_EQ(r.asked, 1);
    EXPECT_EQ(r.part(8, 8, "zz", false), "");
    EXPECT_EQ(r.part(8, 0, "!aaaaaaa", true), "") << "also when it comes late";
}

TEST(Fragments, TimesOut) {
    Receiver r;
    const int64_t t = Fragments::timeout_us;
    EXPECT_EQ(r.part(7, 0, "aaaaaaaa", true, 0), "");
    EXPECT_EQ(r.part(7, 8, "bb", false, t - 1), "aaaaaaaabb");
    EXPECT_EQ(r.part(8, 0, "aaaaaaaa", true, 0), "");
    EXPECT_EQ(r.part(8, 8, "bb", false, t), "") << "a new datagram of the same identification";
    EXPECT_EQ(r.counts().timed_out, 1u);
    EXPECT_EQ(r.part(8, 0, "cccccccc", true, t), "ccccccccbb");
}

TEST(Fragments, ExpireGivesUpTheOld) {
    Receiver r;
    const int64_t t = Fragments::timeout_us;
    r.part(7, 0, "aaaaaaaa", true, 0);
    r.part(8, 0, "aaaaaaaa", true, 5);
    r.part(9, 0, "!aaaaaaa", true, 0);
    r.fragments.expire(t);
    EXPECT_EQ(r.counts().timed_out, 1u);
    EXPECT_EQ(r.part(8, 8, "b", false, t), "aaaaaaaab");
    EXPECT_EQ(r.part(7, 8, "b", false, t), "");
}

TEST(Fragments, OldestMakesRoom) {
    Receiver r;
    const auto key = [](uint64_t i) { return i << 32 | 5; }; // all in one set
    for (uint64_t i = 1; i <= 9; ++i) r.part(key(i), 0, "aaaaaaaa", true, i == 3 ? 1 : 100);
    EXPECT_EQ(r.counts().evicted, 1u);
    EXPECT_EQ(r.part(key(3), 8, "b", false, 200), "");
    EXPECT_EQ(r.part(key(9), 8, "b", false, 200), "aaaaaaaab");
}

TEST(Fragments, TooManyPartsAreRefused) {
    Receiver r;
    const std::string all = text(200 * 8);
    for (uint32_t i = 1; i < 200; i += 2) r.part(7, i * 8, all.substr(i * 8, 8), true);
    EXPECT_EQ(r.counts().no_room, 100u - 48u);
}

TEST(Fragments, Beyond64KiBIsRefused) {
    Receiver r;
    r.part(7, 65528, std::string(8, 'x'), false);
    EXPECT_EQ(r.counts().no_room, 1u);
    r.part(8, 65528, std::string(7, 'x'), false);
    EXPECT_EQ(r.counts().no_room, 1u);
    EXPECT_EQ(r.part(8, 0, text(65528), true), text(65528) + std::string(7, 'x'));
}

TEST(Fragments, EmptyParts) {
    Receiver r;
    EXPECT_EQ(r.part(7, 8, "", true), "");
    EXPECT_EQ(r.counts().no_room, 1u);
    EXPECT_EQ(r.part(7, 8, "", false), "") << "says where the end is";
    EXPECT_EQ(r.part(7, 0, "aaaaaaaa", true), "aaaaaaaa");
    EXPECT_EQ(r.part(9, 0, "", false), "");
}

TEST(Fragments, ShorterLastPartWins) {
    Receiver r;
    EXPECT_EQ(r.part(7, 16, "cccc", false), "");
    EXPECT_EQ(r.part(7, 8, "bb", false), "");
    EXPECT_EQ(r.part(7, 0, "aaaaaaaa", true), "aaaaaaaabb");
}

TEST(Fragments, WithoutRoomOthersGoOn) {
    Receiver r;
    uint64_t key = 1;
    for (; r.counts().no_room == 0 && key < 1000; ++key) r.part(key, 20000, "x", true);
    ASSERT_GT(r.counts().no_room, 0u);
    EXPECT_EQ(r.part(5000, 0, "aaaaaaaa", true), "");
    EXPECT_EQ(r.part(5000, 8, "b", false), "aaaaaaaab") << "small ones have their own pool";
    r.fragments.expire(Fragments::timeout_us);
    const uint64_t no_room = r.counts().no_room;
    r.part(6000, 20000, "x", true, Fragments::timeout_us);
    EXPECT_EQ(r.counts().no_room, no_room);
}

TEST(Fragments, AnyPartsGiveTheSameDatagram) {
    std::mt19937 random(11);
    Receiver r;
    for (uint64_t run = 1; run <= 500; ++run) {
        std::string all(9 + random() % (run % 10 ? 3000 : 60000), ' ');
        for (char& c : all) c = static_cast<char>('a' + random() % 26);
        const auto units = static_cast<uint32_t>(all.size() + 7) / 8;
        struct Piece {
            uint32_t begin, end;
        };
        std::vector<Piece> pieces;
        for (uint32_t at = 0; at < units;) {
            const uint32_t end = std::min(units, at + 1 + static_cast<uint32_t>(random()) % (units / 8 + 1));
            pieces.push_back({at, end});
            if (random() % 4 == 0) // overlaps the one before and the one behind
                pieces.push_back({at - std::min(at, 3U), std::min(units, end + 2)});
            at = end;
        }
        std::shuffle(pieces.begin(), pieces.end(), random);
        std::string whole;
        for (const auto& [begin, end] : pieces) {
            const std::string got =
                r.part(run << 20 | run, begin * 8, all.substr(begin * 8, (end - begin) * 8), end < units);
            if (whole.empty()) whole = got;
        }
        ASSERT_EQ(whole, all) << "run " << run;
    }
    EXPECT_EQ(r.counts().no_room, 0u);
}

} // namespace
} // namespace visor::engine
