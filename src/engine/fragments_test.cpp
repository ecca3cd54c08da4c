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

TEST(Fragments, SlowOnesAreWaitedFor) {
    Receiver r;
    for (uint32_t i = 0; i < 4; ++i) {
        const int64_t now_us = i * int64_t{40'000'000};
        r.fragments.expire(now_us);
        EXPECT_EQ(r.part(7, i * 8, "aaaaaaaa", i != 3, now_us), i == 3 ? std::string(32, 'a') : "");
    }
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
    constexpr uint64_t most = Fragments::datagrams_max;
    for (uint64_t i = 1; i <= most; ++i) r.part(i, 0, i == 2 ? "!aaaaaaa" : "aaaaaaaa", true);
    EXPECT_EQ(r.counts().evicted, 0u);
    r.part(most + 1, 0, "aaaaaaaa", true);
    EXPECT_EQ(r.counts().evicted, 0u) << "a mark goes first";
    r.part(most + 2, 0, "aaaaaaaa", true);
    EXPECT_EQ(r.counts().evicted, 1u);
    for (uint64_t i = 3; i <= most + 2; ++i) ASSERT_EQ(r.part(i, 8, "b", false), "aaaaaaaab") << i;
    EXPECT_EQ(r.part(1, 8, "b", false), "");
}

TEST(Fragments, ThousandsAtATime) {
    Receiver r;
    const std::string all = text(1980);
    for (uint64_t i = 1; i <= 5000; ++i) r.part(i, 0, all.substr(0, 1480), true);
    for (uint64_t i = 1; i <= 5000; ++i) ASSERT_EQ(r.part(i, 1480, all.substr(1480), false), all);
    EXPECT_EQ(r.counts().evicted, 0u);
    EXPECT_EQ(r.counts().no_room, 0u);
}

TEST(Fragments, TooManyPartsAreRefused) {
    Receiver r;
    const std::string all = text(8000 * 8);
    for (uint32_t i = 1; i < 8000; i += 2) r.part(7, i * 8, all.substr(i * 8, 8), true);
    EXPECT_EQ(r.counts().no_room, 4000u - Fragments::parts_max);
}

TEST(Fragments, SmallestPartsInAnyOrder) {
    Receiver r;
    const std::string all = text(60000);
    std::vector<uint32_t> order(7500);
    for (uint32_t i = 0; i < 7500; ++i) order[i] = 7499 - i;
    std::mt19937 random(4);
    for (uint64_t key = 1; key <= 2; ++key) {
        std::string whole;
        for (const uint32_t i : order) whole = r.part(key, i * 8, all.substr(i * 8, 8), i != 7499);
        EXPECT_EQ(whole, all);
        std::shuffle(order.begin(), order.end(), random);
    }
    EXPECT_EQ(r.counts().no_room, 0u);
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

TEST(Fragments, WithoutRoomTheOldestIsGivenUp) {
    Receiver r;
    const std::string all = text(60000);
    for (uint64_t i = 1; i <= 300; ++i) r.part(i, 0, all.substr(0, 59200), true);
    const uint64_t lost = r.counts().evicted;
    EXPECT_GT(lost, 0u);
    EXPECT_LT(lost, 110u) << "12 MiB hold 205 of them";
    for (uint64_t i = lost + 1; i <= 300; ++i) ASSERT_EQ(r.part(i, 59200, all.substr(59200), false), all);
    EXPECT_EQ(r.counts().evicted, lost);
    for (uint64_t i = 1; i <= 200; ++i) r.part(1000 + i, 0, all.substr(0, 59200), true);
    EXPECT_EQ(r.counts().evicted, lost) << "buffers are free again";
}

TEST(Fragments, OneOfManyPartsMakesRoomToo) {
    Receiver r;
    constexpr uint32_t each = 1000;
    for (uint64_t i = 1; i <= 100; ++i)
        for (uint32_t part = 0; part < each; ++part) r.part(i, 8 + part * 16, "aaaaaaaa", true);
    EXPECT_GT(r.counts().evicted, 100 - Fragments::parts_total / each - 1);
    EXPECT_LT(r.counts().evicted, 100 - Fragments::parts_total / each + 2);
    EXPECT_EQ(r.counts().no_room, 0u);
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
