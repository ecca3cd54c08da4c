#include "sketch/hash.hpp"
#include "sketch/test_streams.hpp"
#include "sketch/topk.hpp"

#include <gtest/gtest.h>

namespace visor::sketch {
namespace {

using test::Random;
using test::zeroed;

template <class Top>
void add_key(Top& top, uint64_t key, uint64_t weight = 1) {
    top.add(keyed_hash_u64(offline_hash_key, key), weight, &key, sizeof key);
}

TEST(TopK, texts_of_any_length_come_back) {
    auto top = zeroed<TopNames>();
    std::vector<std::string> names;
    for (size_t length = 0; length <= 1100; length += 11)
        names.push_back(std::string(length, static_cast<char>('a' + length % 26)));
    for (const auto& name : names)
        top->add(keyed_hash(offline_hash_key, name.data(), name.size()), 1 + name.size(), name.data(),
                 static_cast<uint32_t>(name.size()));
    const auto items = top->top(200);
    ASSERT_EQ(items.size(), names.size());
    for (size_t i = 0; i < items.size(); ++i)
        EXPECT_EQ(items[i].key, names[names.size() - 1 - i].substr(0, 1024));
}

// The text of a place is "continent/country/region/city" and a location.
TEST(TopK, a_list_of_places_has_room_for_the_text_of_each) {
    auto top = zeroed<TopPlaces>(), sum = zeroed<TopPlaces>();
    for (uint64_t i = 0; i < TopPlaces::capacity; ++i) { // spread evenly: no entry has to go
        std::string text = std::to_string(i);
        text.resize(69, '.');
        top->add(i, 1 + i, text.data(), static_cast<uint32_t>(text.size()));
    }
    sum->merge(*top);
    for (const TopPlaces* list : {top.get(), sum.get()}) {
        EXPECT_TRUE(list->exact());
        size_t with_text = 0;
        list->for_each([&](const TopEntry& entry) {
            const std::string_view key(reinterpret_cast<const char*>(entry.key), entry.key_len);
            with_text += key.size() == 69 && key.substr(0, key.find('.')) == std::to_string(entry.hash);
        });
        EXPECT_EQ(with_text, TopPlaces::capacity);
    }
}

TEST(TopK, a_full_pool_is_counted_and_tried_again) {
    using Tight = TopK<4, TextPool<8>>; // 256 keys, room for 8 short texts
    auto top = zeroed<Tight>();
    for (uint64_t key = 0; key < 40; ++key) add_key(*top, key);
    ASSERT_EQ(top->evictions(), 0u);
    EXPECT_EQ(top->text_missing(), 32u);
    EXPECT_EQ(top->top(100).size(), 8u);
    // The places that hold the cells are taken over; whoever comes to stand in one has a text again.
    for (uint64_t key = 100; key < 1500; ++key) add_key(*top, key);
    EXPECT_EQ(top->top(100).size(), 0u);
    for (int i = 0; i < 5; ++i)
        for (uint64_t key = 2000; key < 2256; ++key) add_key(*top, key, 100);
    const auto items = top->top(100);
    EXPECT_GT(items.size(), 0u);
    EXPECT_LE(items.size(), 8u);
    for (const auto& item : items) EXPECT_GE(item.lower, 100u);
}

TEST(TopK, evicted_texts_give_their_cells_back) {
    auto top = zeroed<TopSmall>();
    Random random(10);
    for (int i = 0; i < 300'000; ++i) { // pairs: every key gets its text and loses it again
        const uint64_t key = random.next();
        add_key(*top, key);
        add_key(*top, key);
    }
    EXPECT_EQ(top->text_missing(), 0u);
    EXPECT_GT(top->evictions(), 250'000u);
}

TEST(TopK, texts_that_a_merge_drops_give_their_cells_back) {
    auto sum = zeroed<TopSmall>();
    Random random(11);
    for (int round = 0; round < 20; ++round) { // each brings about a thousand texts, as many are dropped
        auto part = zeroed<TopSmall>();
        for (int i = 0; i < 1000; ++i) {
            const uint64_t key = random.next();
            add_key(*part, key);
            add_key(*part, key);
        }
        sum->merge(*part);
    }
    EXPECT_EQ(sum->text_missing(), 0u);
    EXPECT_GT(sum->evictions(), 10'000u);
}

} // namespace
} // namespace visor::sketch
