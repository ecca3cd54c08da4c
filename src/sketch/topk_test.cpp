#include "sketch/hash.hpp"
#include "sketch/test_streams.hpp"
#include "sketch/topk.hpp"

#include <gtest/gtest.h>
#include <string_view>
#include <unordered_map>

namespace visor::sketch {
namespace {

using test::Random;
using test::zeroed;
using test::Zipf;

struct Event {
    uint64_t key, weight;
};
using Stream = std::vector<Event>;

// What a stream really holds, by hash.
struct Truth {
    uint64_t total = 0;
    std::unordered_map<uint64_t, uint64_t> weight;
    uint64_t of(uint64_t hash) const {
        const auto it = weight.find(hash);
        return it == weight.end() ? 0 : it->second;
    }
};

uint64_t hash_of(uint64_t key) {
    return keyed_hash_u64(offline_hash_key, key);
}

template <class Top>
void add_key(Top& top, uint64_t key, uint64_t weight = 1) {
    top.add(hash_of(key), weight, &key, sizeof key);
}

Stream unweighted(const std::vector<uint64_t>& keys) {
    Stream stream;
    for (const uint64_t key : keys) stream.push_back({key, 1});
    return stream;
}

Truth truth_of(const Stream& stream) {
    Truth truth;
    truth.weight.reserve(stream.size());
    for (const Event& e : stream) {
        truth.total += e.weight;
        truth.weight[hash_of(e.key)] += e.weight;
    }
    return truth;
}

// The promises: every interval holds, nothing unlisted exceeds max_error(), everything above 1.25 N /
// promised is listed, and every text is that of its key.
template <class Top>
void expect_promises(const Top& top, const Truth& truth, const std::string& what) {
    uint64_t violations = 0, wrong_text = 0, listed_twice = 0;
    std::unordered_map<uint64_t, uint64_t> listed;
    top.for_each([&](const TopEntry& e) {
        const uint64_t weight = truth.of(e.hash);
        violations += e.lower > weight || weight > e.upper;
        listed_twice += !listed.emplace(e.hash, e.upper).second;
        if (!e.has_text) return;
        uint64_t key = 0;
        std::memcpy(&key, e.key, sizeof key);
        wrong_text += e.key_len != sizeof key || hash_of(key) != e.hash;
    });
    EXPECT_EQ(violations, 0u) << what;
    EXPECT_EQ(wrong_text, 0u) << what;
    EXPECT_EQ(listed_twice, 0u) << what;
    EXPECT_EQ(top.total(), truth.total) << what;
    const double promised = 1.25 * static_cast<double>(truth.total) / Top::promised;
    uint64_t missed_heavy = 0, missed_beyond_error = 0;
    const uint64_t max_error = top.max_error();
    for (const auto& [hash, weight] : truth.weight) {
        if (listed.count(hash)) continue;
        missed_heavy += static_cast<double>(weight) > promised;
        missed_beyond_error += weight > max_error;
    }
    EXPECT_EQ(missed_heavy, 0u) << what;
    EXPECT_EQ(missed_beyond_error, 0u) << what;
}

template <class Top>
void feed(Top& top, const Stream& stream) {
    for (const Event& e : stream) add_key(top, e.key, e.weight);
}

struct Named {
    std::string name;
    Stream stream;
};

std::vector<Named> streams(uint64_t seed) {
    constexpr size_t n = 200'000;
    Random random(seed);
    std::vector<Named> all;
    for (const double exponent : {0.8, 1.0, 1.2, 1.5})
        all.push_back(
            {"zipf " + std::to_string(exponent), unweighted(Zipf(200'000, exponent).stream(n, seed))});
    Named unique{"all different", {}}, flood{"flood", {}}, weighted{"weighted", {}}, huge{"huge", {}};
    const Zipf zipf(50'000, 1.0);
    for (uint64_t i = 0; i < n; ++i) {
        unique.stream.push_back({i, 1});
        flood.stream.push_back({random.below(10) ? random.next() : zipf.draw(random), 1});
        weighted.stream.push_back({zipf.draw(random), 40 + random.below(1460)});
        huge.stream.push_back({zipf.draw(random), (uint64_t{1} << 33) + random.next() % (uint64_t{1} << 36)});
    }
    for (auto* named : {&unique, &flood, &weighted, &huge}) all.push_back(std::move(*named));
    return all;
}

bool same(const std::vector<TopItem>& a, const std::vector<TopItem>& b) {
    return a.size() == b.size() &&
           std::equal(a.begin(), a.end(), b.begin(), [](const TopItem& x, const TopItem& y) {
               return x.key == y.key && x.lower == y.lower && x.upper == y.upper && x.hash == y.hash;
           });
}

TEST(TopK, zero_bytes_are_empty) {
    const auto top = zeroed<TopNames>();
    EXPECT_TRUE(top->empty());
    EXPECT_EQ(top->max_error(), 0u);
    EXPECT_TRUE(top->top(10).empty());
}

TEST(TopK, keeps_its_promises_on_every_kind_of_stream) {
    for (const auto& [name, stream] : streams(1)) {
        auto names = zeroed<TopNames>();
        feed(*names, stream);
        expect_promises(*names, truth_of(stream), name);
    }
}

// As many keys as an attacker would choose, a little above the promise, drowned in a flood that comes later.
TEST(TopK, a_thousand_keys_just_above_the_promise_outlast_a_flood) {
    for (uint64_t seed = 1; seed <= 8; ++seed) {
        Random random(seed);
        Stream stream;
        for (uint64_t key = 0; key < 1000; ++key) stream.push_back({random.next(), 130});
        for (uint64_t i = 0; i < 270'000; ++i) stream.push_back({random.next(), 1});
        auto names = zeroed<TopNames>();
        feed(*names, stream);
        expect_promises(*names, truth_of(stream), "seed " + std::to_string(seed));
    }
}

TEST(TopK, small_sets_are_exact_and_list_keys_seen_once) {
    auto top = zeroed<TopNames>();
    for (uint64_t key = 0; key < 1000; ++key) add_key(*top, key, key == 7 ? 50 : 1);
    ASSERT_EQ(top->evictions(), 0u);
    const auto items = top->top(5000);
    ASSERT_EQ(items.size(), 1000u);
    EXPECT_EQ(items[0].lower, 50u);
    EXPECT_EQ(items[0].upper, 50u);
    EXPECT_EQ(top->max_error(), 0u);
    for (size_t i = 2; i < items.size(); ++i) EXPECT_LT(items[i - 1].key, items[i].key); // ties by text
    EXPECT_EQ(top->top(3).size(), 3u);
}

TEST(TopK, heavy_keys_have_their_exact_weight_as_lower_bound) {
    const Stream stream = unweighted(Zipf(200'000, 1.2).stream(400'000, 3));
    const Truth truth = truth_of(stream);
    auto top = zeroed<TopNames>();
    feed(*top, stream);
    std::vector<uint64_t> heaviest;
    for (const auto& [hash, weight] : truth.weight) heaviest.push_back(weight);
    std::sort(heaviest.rbegin(), heaviest.rend());
    const auto items = top->top(20);
    for (size_t i = 0; i < items.size(); ++i) {
        EXPECT_EQ(items[i].lower, heaviest[i]);
        EXPECT_EQ(items[i].lower, truth.of(items[i].hash));
    }
}

TEST(TopK, without_sse2_is_the_same) {
    Random random(1);
    for (int i = 0; i < 10'000; ++i) {
        alignas(64) uint32_t words[16];
        for (auto& w : words) w = static_cast<uint32_t>(random.below(4)) * 0x40000001u;
        const auto wanted = static_cast<uint32_t>(random.below(4)) * 0x40000001u;
        ASSERT_EQ(match16(words, wanted), match_scalar<16>(words, wanted));
    }
    using Scalar = TopK<9, TextPool<8192>, match_scalar<16>>;
    for (const auto& [name, stream] : streams(2)) {
        auto simd = zeroed<TopNames>();
        auto scalar = zeroed<Scalar>();
        feed(*simd, stream);
        feed(*scalar, stream);
        static_assert(sizeof *simd == sizeof *scalar);
        EXPECT_TRUE(test::same_bytes(*simd, *scalar)) << name;
    }
}

TEST(TopK, merged_shards_keep_the_promises) {
    for (const auto& [name, stream] : streams(4)) {
        const Truth truth = truth_of(stream);
        for (const size_t shards : {8u, 40u}) {
            auto merged = zeroed<TopNames>();
            for (size_t shard = 0; shard < shards; ++shard) {
                auto part = zeroed<TopNames>();
                // Half of the shards cut the stream by time, the others take turns.
                const size_t n = stream.size() / 2;
                if (shard < shards / 2) {
                    const size_t each = n / (shards / 2);
                    for (size_t i = shard * each; i < (shard + 1) * each; ++i)
                        add_key(*part, stream[i].key, stream[i].weight);
                } else {
                    for (size_t i = n + shard - shards / 2; i < stream.size(); i += shards / 2)
                        add_key(*part, stream[i].key, stream[i].weight);
                }
                merged->merge(*part);
            }
            expect_promises(*merged, truth, name + " in " + std::to_string(shards));
        }
    }
}

TEST(TopK, recall_of_the_heaviest_hundred_survives_forty_shards) {
    const Stream stream = unweighted(Zipf(200'000, 1.0).stream(400'000, 5));
    const Truth truth = truth_of(stream);
    std::vector<std::pair<uint64_t, uint64_t>> heaviest;
    for (const auto& [hash, weight] : truth.weight) heaviest.emplace_back(weight, hash);
    std::sort(heaviest.rbegin(), heaviest.rend());
    auto merged = zeroed<TopNames>();
    for (size_t shard = 0; shard < 40; ++shard) {
        auto part = zeroed<TopNames>();
        for (size_t i = shard; i < stream.size(); i += 40) add_key(*part, stream[i].key);
        merged->merge(*part);
    }
    const auto items = merged->top(100);
    size_t found = 0;
    for (size_t i = 0; i < 100; ++i)
        found += std::any_of(items.begin(), items.end(),
                             [&](const TopItem& it) { return it.hash == heaviest[i].second; });
    EXPECT_GE(found, 97u); // ranks 97 to 104 are a few counts apart
    for (size_t i = 0; i < 20; ++i) EXPECT_EQ(items[i].lower, heaviest[i].first);
}

TEST(TopK, sets_that_never_evicted_merge_to_the_exact_union) {
    for (uint64_t seed = 0; seed < 20; ++seed) {
        Random random(seed);
        const size_t shards = 2 + random.below(6), keys = 100 + random.below(1000);
        auto whole = zeroed<TopNames>();
        std::vector<std::unique_ptr<TopNames>> parts;
        for (size_t i = 0; i < shards; ++i) parts.push_back(zeroed<TopNames>());
        for (int i = 0; i < 20'000; ++i) {
            const std::string name = "host-" + std::to_string(random.below(keys)) + ".example.com";
            const uint64_t hash = keyed_hash(offline_hash_key, name.data(), name.size());
            whole->add(hash, 1, name.data(), static_cast<uint32_t>(name.size()));
            parts[random.below(shards)]->add(hash, 1, name.data(), static_cast<uint32_t>(name.size()));
        }
        while (parts.size() > 1) {
            const size_t from = random.below(parts.size());
            const size_t into = (from + 1 + random.below(parts.size() - 1)) % parts.size();
            parts[into]->merge(*parts[from]);
            parts.erase(parts.begin() + static_cast<ptrdiff_t>(from));
        }
        ASSERT_EQ(whole->evictions(), 0u);
        EXPECT_EQ(parts[0]->evictions(), 0u);
        EXPECT_EQ(parts[0]->text_missing(), 0u);
        EXPECT_TRUE(same(parts[0]->top(5000), whole->top(5000))) << seed;
    }
}

TEST(TopK, two_sets_merge_alike_in_either_order) {
    for (const auto& [name, stream] : streams(6)) {
        auto one = zeroed<TopNames>(), two = zeroed<TopNames>();
        feed(*one, Stream(stream.begin(), stream.begin() + 70'000));
        feed(*two, Stream(stream.begin() + 70'000, stream.end()));
        auto other_way = zeroed<TopNames>();
        *other_way = *two;
        other_way->merge(*one);
        one->merge(*two);
        EXPECT_TRUE(same(one->top(5000), other_way->top(5000))) << name;
        EXPECT_EQ(one->evictions(), other_way->evictions()) << name;
        EXPECT_EQ(one->max_error(), other_way->max_error()) << name;
    }
}

// Keys that all fall into bucket 0, as someone who knew the hash key could make them.
TEST(TopK, an_attack_on_one_bucket_hurts_that_bucket_alone) {
    auto top = zeroed<TopNames>();
    Truth truth;
    for (uint64_t key = 0; key < 500; ++key) { // honest keys
        for (int i = 0; i < 3; ++i) add_key(*top, key);
        truth.weight[hash_of(key)] = 3;
    }
    ASSERT_EQ(top->evictions(), 0u);
    Random random(8);
    for (uint64_t i = 0; i < 100'000; ++i) {
        const uint64_t hash = random.next() * TopNames::buckets;
        top->add(hash, 1, &hash, sizeof hash);
        ++truth.weight[hash];
    }
    size_t honest_elsewhere = 0;
    top->for_each([&](const TopEntry& e) {
        EXPECT_LE(e.lower, truth.of(e.hash));
        EXPECT_GE(e.upper, truth.of(e.hash));
        if (e.hash % TopNames::buckets == 0) return;
        EXPECT_EQ(e.lower, e.upper);
        ++honest_elsewhere;
    });
    EXPECT_GE(honest_elsewhere, 490u);
    EXPECT_NEAR(static_cast<double>(top->max_error()), 100'000 / 16.0, 100);
}

// Fills bucket `low` with 16 keys, so that the next one evicts.
void fill_bucket(TopNames& top, uint64_t low, uint64_t weight = 10) {
    for (uint64_t i = 1; i <= 16; ++i) top.add(i << 32 | low, weight, "x", 1);
}

// The candidates that are remembered may have been counted since, or merged: none goes that is not the least.
TEST(TopK, only_an_entry_of_least_weight_has_to_go) {
    Random random(11);
    auto top = zeroed<TopNames>();
    using Weights = std::unordered_map<uint64_t, uint64_t>; // by hash
    const auto weights = [&] {
        Weights all;
        top->for_each([&](const TopEntry& e) { all[e.hash] = e.upper; });
        return all;
    };
    const auto in_one_bucket = [](uint64_t key) { return hash_of(key) << 32 | key << 16; };
    uint64_t evicted = 0;
    Weights before;
    for (int i = 0; i < 6000; ++i) {
        const uint64_t key = random.below(i % 1000 < 500 ? 30 : 400);
        top->add(in_one_bucket(key), 1 + random.below(i % 7 ? 1 : 5), &key, sizeof key);
        if (i % 1500 == 1499) {
            auto other = zeroed<TopNames>();
            for (uint64_t k = 0; k < 5; ++k) other->add(in_one_bucket(k), 2, &k, sizeof k);
            top->merge(*other);
            before = weights();
            continue;
        }
        const Weights now = weights();
        uint64_t least = UINT64_MAX;
        for (const auto& [hash, weight] : before) least = std::min(least, weight);
        for (const auto& [hash, weight] : before) {
            if (now.count(hash)) continue;
            ++evicted;
            ASSERT_EQ(weight, least) << i;
        }
        before = now;
    }
    EXPECT_GT(evicted, 1000u);
}

TEST(TopK, several_at_once_are_as_one_by_one) {
    Random random(23);
    const Zipf zipf(3000, 1.0); // a key may come twice among those added together
    auto one_by_one = zeroed<TopNames>(), together = zeroed<TopNames>();
    for (int round = 0; round < 4000; ++round) {
        uint64_t keys[TopNames::together];
        TopNames::Seen seen[TopNames::together];
        const size_t n = random.below(TopNames::together + 1);
        for (size_t i = 0; i < n; ++i) {
            keys[i] = zipf.draw(random);
            seen[i] = {hash_of(keys[i]), &keys[i], sizeof keys[i],
                       static_cast<uint32_t>(1 + random.below(3))};
            together->prefetch(seen[i].hash);
        }
        const uint32_t stood = together->add(seen, n);
        for (size_t i = 0; i < n; ++i) {
            const bool was = one_by_one->add(seen[i].hash, seen[i].times, &keys[i], sizeof keys[i]);
            ASSERT_EQ(stood >> i & 1, was) << round << " " << i;
        }
    }
    EXPECT_EQ(one_by_one->evictions(), 0u);
    EXPECT_TRUE(same(one_by_one->top(5000), together->top(5000)));
    EXPECT_EQ(one_by_one->total(), together->total());
}

TEST(TopK, several_at_once_keep_the_promises) {
    for (const Named& named : streams(41)) {
        if (named.name == "huge") continue; // more than a number of times
        auto top = zeroed<TopNames>();
        for (size_t begin = 0; begin < named.stream.size();) {
            TopNames::Seen seen[TopNames::together];
            size_t n = 0;
            for (; n < TopNames::together && begin < named.stream.size(); ++n, ++begin) {
                const Event& e = named.stream[begin];
                seen[n] = {hash_of(e.key), &e.key, sizeof e.key, static_cast<uint32_t>(e.weight)};
            }
            top->add(seen, n);
        }
        expect_promises(*top, truth_of(named.stream), named.name);
    }
}

TEST(TopK, text_of_what_may_be_promised_a_place_does_not_wait) {
    auto top = zeroed<TopNames>();
    fill_bucket(*top, 0);
    for (uint64_t i = 1; i <= 16; ++i) top->add(i << 32 | 1, 10'000, "y", 1); // what weighs lies elsewhere
    constexpr uint32_t total = 160'160, bound = total / TopNames::promised + 1;
    const TopNames::Seen seen[] = {{uint64_t{98} << 32, "light", 5, bound - 11}, // on top of the 10 of before
                                   {uint64_t{99} << 32, "heavy", 5, bound - 9}};
    top->add(seen, 2);
    EXPECT_EQ(top->evictions(), 2u);
    std::string known;
    for (const TopItem& item : top->top(100)) known += item.key.size() == 1 ? "" : item.key;
    EXPECT_EQ(known, "heavy");
}

// It went, and came once more, each time too light to be promised a place; together it is not.
TEST(TopK, what_went_and_came_again_is_listed) {
    constexpr uint64_t key = uint64_t{99} << 32;
    auto sum = zeroed<TopNames>();
    for (int part = 0; part < 8; ++part) {
        auto top = zeroed<TopNames>();
        top->add(key, 500, "back", 4);
        for (uint64_t i = 1; i <= 16; ++i) top->add(i << 32, 501, "x", 1); // the last one takes its place
        for (uint64_t i = 1; i <= 16; ++i) top->add(i << 32 | 1, 249'000, "y", 1);
        top->add(key, 840, "back", 4);
        EXPECT_GT(1340u, top->total() / TopNames::promised * 5 / 4);
        sum->merge(*top);
        for (const TopNames* set : {top.get(), sum.get()}) {
            bool listed = false;
            for (const TopItem& item : set->top(100)) listed |= item.key == "back";
            EXPECT_TRUE(listed) << part;
        }
    }
}

TEST(TopK, after_an_eviction_text_waits_for_the_second_hit) {
    auto top = zeroed<TopNames>();
    fill_bucket(*top, 0);
    for (uint64_t i = 1; i <= 16; ++i) top->add(i << 32 | 1, 10'000, "x", 1); // what weighs lies elsewhere
    EXPECT_EQ(top->top(100).size(), 32u);
    top->add(uint64_t{99} << 32, 1, "late", 4);
    EXPECT_EQ(top->evictions(), 1u);
    const auto has_late = [&] {
        const auto items = top->top(100);
        return std::any_of(items.begin(), items.end(), [](const TopItem& it) { return it.key == "late"; });
    };
    EXPECT_FALSE(has_late());
    top->add(uint64_t{99} << 32, 1, "late", 4);
    EXPECT_TRUE(has_late());
    top->for_each([](const TopEntry& e) {
        if (e.hash != uint64_t{99} << 32) return;
        EXPECT_EQ(e.lower, 2u);
        EXPECT_EQ(e.upper, 12u);
    });
    EXPECT_EQ(top->max_error(), 10'000u);
}

TEST(TopK, a_full_bucket_of_a_set_that_never_evicted_adds_no_error) {
    auto one = zeroed<TopNames>(), two = zeroed<TopNames>();
    fill_bucket(*one, 5);
    two->add(uint64_t{3} << 32 | 5, 1, "x", 1);
    two->add(uint64_t{1} << 32 | 6, 1, "y", 1);
    one->merge(*two);
    EXPECT_EQ(one->evictions(), 0u);
    EXPECT_EQ(one->top(100).size(), 17u);
    one->for_each([](const TopEntry& e) { EXPECT_EQ(e.lower, e.upper); });
}

TEST(TopK, a_merge_that_overflows_a_bucket_says_so) {
    auto one = zeroed<TopNames>(), two = zeroed<TopNames>();
    fill_bucket(*one, 5, 10);
    two->add(uint64_t{77} << 32 | 5, 25, "seventy-seven", 13);
    two->add(uint64_t{78} << 32 | 5, 3, "seventy-eight", 13);
    one->merge(*two);
    EXPECT_EQ(one->evictions(), 2u);
    EXPECT_EQ(one->total(), 188u);
    const auto items = one->top(1);
    ASSERT_EQ(items.size(), 1u);
    EXPECT_EQ(items[0].key, "seventy-seven");
    EXPECT_EQ(items[0].lower, 25u);
    EXPECT_GE(one->max_error(), 3u);
}

TEST(TopK, weightless_events_leave_no_trace) {
    auto top = zeroed<TopNames>();
    top->add(0, 0, "zero", 4);
    top->add(1, 0, "one", 3);
    EXPECT_TRUE(top->empty());
    EXPECT_TRUE(top->top(10).empty());
    top->add(0, 5, "zero", 4); // a hash of zeros is a key like any other
    top->add(uint64_t{1} << 40, 6, "same bucket", 11);
    top->add(0, 5, "zero", 4);
    const auto items = top->top(10);
    ASSERT_EQ(items.size(), 2u);
    EXPECT_EQ(items[0].key, "zero");
    EXPECT_EQ(items[0].lower, 10u);
}

} // namespace
} // namespace visor::sketch
