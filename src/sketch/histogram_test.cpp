#include "sketch/histogram.hpp"
#include "sketch/test_streams.hpp"

#include <gtest/gtest.h>
#include <map>
#include <string>

namespace visor::sketch {
namespace {

using test::Random;
using test::zeroed;

double normal(Random& random) { // Box and Muller
    return std::sqrt(-2.0 * std::log(1.0 - random.unit())) * std::cos(6.283185307179586 * random.unit());
}

TEST(ExpBins, edges_are_the_rounded_powers) {
    for (int j = 0; j < 32; ++j) {
        const auto want = static_cast<double>(std::exp2(static_cast<long double>(j) / 32.0L));
        EXPECT_EQ(exp_bin_upper(j), want) << j;
        EXPECT_EQ(exp_bin_upper(j - 320), std::ldexp(want, -10)) << j;
    }
}

TEST(ExpBins, upper_edges_are_inside_and_the_next_number_is_not) {
    for (int index = -16 * 32; index <= 63 * 32; ++index) {
        const double edge = exp_bin_upper(index);
        ASSERT_EQ(exp_bin_index(edge), index);
        ASSERT_EQ(exp_bin_index(std::nextafter(edge, INFINITY)), index + 1);
        ASSERT_EQ(exp_bin_index(std::nextafter(edge, 0.0)), index);
    }
}

TEST(ExpBins, integers_fall_where_their_doubles_do) {
    Random random(1);
    const auto check = [](uint64_t v) {
        const int index = exp_bin_index(v);
        ASSERT_EQ(index, exp_bin_index(static_cast<double>(v))) << v;
        ASSERT_LE(static_cast<double>(v), exp_bin_upper(index)) << v;
        ASSERT_GT(static_cast<double>(v), exp_bin_upper(index - 1)) << v;
    };
    for (uint64_t v = 1; v < 100'000; ++v) check(v);
    for (int i = 0; i < 100'000; ++i) check((random.next() >> 11 | 1) >> random.below(50) | 1);
    for (unsigned bit = 0; bit < 64; ++bit)
        EXPECT_EQ(exp_bin_index(uint64_t{1} << bit), static_cast<int>(bit) * 32);
    EXPECT_EQ(exp_bin_index(UINT64_MAX), 64 * 32);
}

TEST(LatencyHistogram, zero_bytes_are_empty) {
    const auto h = zeroed<LatencyHistogram>();
    EXPECT_TRUE(h->empty());
    EXPECT_EQ(h->quantile(0.5), 0.0);
    EXPECT_EQ(h->min(), 0u);
    EXPECT_EQ(h->max(), 0u);
}

TEST(LatencyHistogram, one_value_is_exact_at_every_quantile) {
    for (const uint64_t v : {uint64_t{0}, uint64_t{1}, uint64_t{12'345}, uint64_t{1} << 40, UINT64_MAX}) {
        auto h = zeroed<LatencyHistogram>();
        h->update(v);
        for (const double q : {0.0, 0.5, 0.99, 1.0}) EXPECT_EQ(h->quantile(q), static_cast<double>(v));
        EXPECT_EQ(h->min(), v);
        EXPECT_EQ(h->max(), v);
        EXPECT_EQ(h->sum(), v);
        EXPECT_EQ(h->count(), 1u);
    }
}

TEST(LatencyHistogram, integers_below_46_are_exact) {
    auto h = zeroed<LatencyHistogram>();
    for (uint64_t v = 0; v < 46; ++v) h->update(v);
    h->update(1'000'000);
    for (uint64_t v = 0; v < 46; ++v)
        EXPECT_EQ(h->quantile((static_cast<double>(v) + 0.5) / 47.0), static_cast<double>(v));
}

void expect_quantiles(std::vector<double> values, const char* what) {
    auto integers = zeroed<LatencyHistogram>();
    auto ratios = zeroed<RatioHistogram>();
    std::vector<double> rounded;
    for (const double v : values) {
        rounded.push_back(std::floor(v));
        integers->update(static_cast<uint64_t>(v));
        ratios->update(v / 1024.0);
    }
    std::sort(values.begin(), values.end());
    std::sort(rounded.begin(), rounded.end());
    for (const double q : {0.001, 0.01, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99, 0.999, 1.0}) {
        const auto at = nearest_rank(values.size(), q) - 1;
        EXPECT_NEAR(integers->quantile(q), rounded[at], 0.011 * rounded[at]) << what << " " << q;
        EXPECT_NEAR(ratios->quantile(q) * 1024.0, values[at], 0.011 * values[at]) << what << " " << q;
    }
}

TEST(ExpHistogram, quantiles_are_within_1_1_percent) {
    Random random(3);
    std::vector<double> lognormal, bimodal, constant(10'000, 777.0), pareto;
    for (int i = 0; i < 100'000; ++i) {
        lognormal.push_back(std::exp(8.0 + 1.5 * normal(random)));
        bimodal.push_back(random.below(2) ? 300.0 + random.unit() * 20 : 90'000.0 + random.unit() * 5000);
        pareto.push_back(50.0 * std::pow(1.0 - random.unit(), -1.0 / 1.2));
    }
    expect_quantiles(lognormal, "lognormal");
    expect_quantiles(bimodal, "bimodal");
    expect_quantiles(constant, "constant");
    expect_quantiles(pareto, "pareto");
}

template <class Sketch, class Draw>
void expect_merge_is_exact(uint64_t seed, Draw&& draw) {
    Random random(seed);
    auto whole = zeroed<Sketch>(), merged = zeroed<Sketch>();
    std::vector<std::unique_ptr<Sketch>> parts(7); // some stay empty
    for (auto& part : parts) part = zeroed<Sketch>();
    for (uint64_t i = 0; i < 1 + random.below(5000); ++i) {
        const auto v = draw(random);
        whole->update(v);
        parts[random.below(6)]->update(v);
    }
    for (size_t i = parts.size(); i > 0; --i) merged->merge(*parts[i - 1]);
    EXPECT_TRUE(test::same_bytes(*whole, *merged)) << seed;
}

TEST(Histograms, merging_shards_gives_the_bytes_of_one_pass) {
    for (uint64_t seed = 0; seed < 20; ++seed) {
        expect_merge_is_exact<LatencyHistogram>(seed, [](Random& r) { return r.next() >> r.below(64); });
        expect_merge_is_exact<RatioHistogram>(seed,
                                              [](Random& r) { return std::exp(20.0 * r.unit() - 10.0); });
        expect_merge_is_exact<SizeHistogram>(
            seed, [](Random& r) { return static_cast<uint32_t>(r.next() >> (32 + r.below(32))); });
        expect_merge_is_exact<DecadeHistogram>(seed, [](Random& r) { return r.next() >> r.below(64); });
    }
}

TEST(ExpHistogram, visits_its_bins_in_order) {
    auto h = zeroed<LatencyHistogram>();
    for (const uint64_t v : {0u, 1u, 2u, 2u, 1024u}) h->update(v);
    std::vector<std::pair<int, uint64_t>> bins;
    h->for_each_nonempty([&](int index, uint64_t n) { bins.emplace_back(index, n); });
    EXPECT_EQ(bins, (std::vector<std::pair<int, uint64_t>>{{0, 1}, {32, 2}, {320, 1}}));
    EXPECT_EQ(h->zeros(), 1u);
}

TEST(RatioHistogram, keeps_what_is_out_of_range_at_the_ends) {
    auto h = zeroed<RatioHistogram>();
    for (const double v : {-1.0, std::nan(""), 0.0}) h->update(v);
    EXPECT_EQ(h->zeros(), 3u);
    EXPECT_EQ(h->quantile(1.0), 0.0);
    h->update(1e-9);
    h->update(1e9);
    EXPECT_EQ(h->count(), 5u);
    EXPECT_EQ(h->min(), 0.0);
    EXPECT_EQ(h->max(), 1e9);
    EXPECT_GE(h->quantile(0.8), 1e-9);
    EXPECT_LE(h->quantile(0.8), 0x1p-16);
    EXPECT_GT(h->quantile(1.0), 0x1p19);
    auto thirds = zeroed<RatioHistogram>();
    for (int i = 0; i < 3000; ++i) thirds->update(1.0 / 3.0);
    EXPECT_NEAR(thirds->sum(), 1000.0, 1e-6);
    EXPECT_EQ(thirds->quantile(0.5), 1.0 / 3.0);
}

TEST(SizeHistogram, is_exact_to_2047_and_close_above) {
    auto h = zeroed<SizeHistogram>();
    for (uint32_t v = 0; v < 2048; ++v) h->update(v);
    for (uint32_t v = 0; v < 2048; ++v) ASSERT_EQ(h->quantile((v + 0.5) / 2048.0), v);
    EXPECT_EQ(h->sum(), 2047u * 1024u);
    for (const uint32_t v :
         {2048u, 2055u, 2064u, 4095u, 4096u, 9001u, 65'535u, 262'144u, 1'000'000'000u, UINT32_MAX}) {
        auto around = zeroed<SizeHistogram>();
        around->update(0);
        around->update(v, 3);
        around->update(UINT32_MAX);
        EXPECT_NEAR(around->quantile(0.5), v, 0.004 * v);
        EXPECT_EQ(around->count(), 5u);
    }
}

TEST(SizeHistogram, several_at_once_give_the_bytes_of_one_by_one) {
    Random random(9);
    auto each = zeroed<SizeHistogram>(), together = zeroed<SizeHistogram>();
    together->settle({});
    EXPECT_TRUE(together->empty());
    EXPECT_EQ(together->min(), 0u);
    EXPECT_TRUE(test::same_bytes(*each, *together)); // nothing is not a size
    for (const size_t batch : {1u, 2u, 32u, 1000u}) {
        SizeHistogram::Several sizes;
        for (size_t i = 0; i < batch; ++i) {
            // The largest size only in the first batch, the smallest only in the last.
            const auto size = static_cast<uint32_t>(batch == 1    ? UINT32_MAX
                                                    : batch < 500 ? 100 + random.below(3000)
                                                                  : random.below(uint64_t{1} << 31));
            each->update(size);
            together->put(sizes, size);
        }
        EXPECT_EQ(sizes.count, batch);
        together->settle(sizes);
        ASSERT_TRUE(test::same_bytes(*each, *together)) << batch;
    }
    SizeHistogram::Several zero;
    each->update(0);
    together->put(zero, 0);
    together->settle(zero);
    EXPECT_EQ(together->min(), 0u);
    EXPECT_EQ(together->max(), UINT32_MAX);
    EXPECT_TRUE(test::same_bytes(*each, *together));
}

TEST(DecadeBounds, are_the_truncated_powers) {
    std::vector<uint64_t> want{0};
    for (int k = 0; k <= 18 * 18; ++k) {
        const auto bound =
            static_cast<uint64_t>(std::pow(10.0L, static_cast<long double>(k) / 18.0L) * (1 + 1e-18L));
        if (bound != want.back()) want.push_back(bound);
    }
    ASSERT_EQ(decade_bounds.count, want.size());
    for (uint32_t i = 0; i < decade_bounds.count; ++i) {
        const auto got = static_cast<long double>(decade_bounds.bound[i]),
                   truth = static_cast<long double>(want[i]);
        EXPECT_LE(std::fabs(got - truth), truth < 1e15L ? 0.0L : truth * 1e-17L) << i;
    }
    EXPECT_EQ(decade_bounds.bound[decade_bounds.count - 1], 1'000'000'000'000'000'000u);
}

TEST(DecadeBounds, lookup_equals_a_search) {
    const auto* begin = decade_bounds.bound;
    const auto* end = begin + decade_bounds.count;
    const auto check = [&](uint64_t v) {
        ASSERT_EQ(decade_bin(v), static_cast<uint32_t>(std::lower_bound(begin, end, v) - begin)) << v;
    };
    Random random(9);
    for (uint64_t v = 0; v < 100'000; ++v) check(v);
    for (int i = 0; i < 200'000; ++i) check(random.next() >> random.below(64));
    for (uint32_t i = 0; i < decade_bounds.count; ++i) {
        check(begin[i]);
        check(begin[i] + 1);
        if (begin[i] > 0) check(begin[i] - 1);
    }
    check(UINT64_MAX);
}

TEST(DecadeHistogram, prints_as_the_legacy_one) {
    auto h = zeroed<DecadeHistogram>();
    for (const uint64_t v : {12u, 12u, 1u, 8u, 12u}) h->update(v);
    std::map<std::string, uint64_t> lines;
    h->for_each_nonempty(
        [&](uint64_t bound, uint64_t cumulative) { lines[std::to_string(bound)] = cumulative; });
    EXPECT_EQ(lines, (std::map<std::string, uint64_t>{{"1", 1}, {"8", 2}, {"12", 5}}));
    EXPECT_EQ(h->count(), 5u);
    EXPECT_EQ(h->sum(), 45u);
    h->update(UINT64_MAX); // only "+Inf" has it
    EXPECT_EQ(h->count(), 6u);
}

TEST(Values, are_told_by_what_they_are_taken_for_and_never_exceed) {
    const auto latency = zeroed<LatencyHistogram>();
    const auto sizes = zeroed<SizeHistogram>();
    uint64_t expected = 0;
    for (uint64_t v = 0; v < 100'000; v += 1 + v / 30, ++expected) {
        latency->update(v);
        sizes->update(static_cast<uint32_t>(v));
    }
    const auto check = [&](const auto& histogram, double most_off) {
        double last = -1;
        uint64_t n = 0;
        histogram.for_each_value([&](double middle, double upper, uint64_t count) {
            EXPECT_GT(middle, last);
            EXPECT_LE(middle, upper);
            EXPECT_LE(upper, middle * most_off);
            last = middle;
            n += count;
        });
        EXPECT_EQ(n, expected);
    };
    check(*latency, 1.03);
    check(*sizes, 1.005);
    const auto ratio = zeroed<RatioHistogram>();
    ratio->update(0.0);
    ratio->update(1.0);
    ratio->update(1.0000001);
    std::vector<std::pair<double, uint64_t>> uppers;
    ratio->for_each_value([&](double, double upper, uint64_t count) { uppers.emplace_back(upper, count); });
    EXPECT_EQ(uppers, (std::vector<std::pair<double, uint64_t>>{{0, 1}, {1, 1}, {exp_bin_upper(1), 1}}));
}

} // namespace
} // namespace visor::sketch
