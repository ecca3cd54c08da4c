// What one update of each sketch costs, over streams like those of a busy resolver.
#include "sketch/cardinality.hpp"
#include "sketch/exact.hpp"
#include "sketch/histogram.hpp"
#include "sketch/rate.hpp"
#include "sketch/test_streams.hpp"
#include "sketch/topk.hpp"
#include "timing.hpp"

#include <string>

namespace {

using namespace visor::bench;
using namespace visor::sketch;
using visor::sketch::test::Random;
using visor::sketch::test::zeroed;
using visor::sketch::test::Zipf;

constexpr size_t updates = 4'000'000;

void nothing() {}

void bench_hashes() {
    std::vector<uint64_t> words(4096);
    Random random(1);
    for (auto& w : words) w = random.next();
    const HashKey key{random.next(), random.next()};
    const auto each = [&](const char* what, auto&& hash) {
        report(what, measure(updates, nothing, [&] {
                   uint64_t sum = 0;
                   for (size_t i = 0; i < updates; ++i) sum += hash(&words[i % 4094]);
                   keep(sum);
               }));
    };
    each("keyed_hash_u64", [&](const uint64_t* w) { return keyed_hash_u64(key, *w); });
    each("keyed_hash_16", [&](const uint64_t* w) { return keyed_hash_16(key, w[0], w[1]); });
    each("murmur3_128_4", [](const uint64_t* w) { return murmur3_128_4(w).h1; });
    each("murmur3_128_8", [](const uint64_t* w) { return murmur3_128_8(w).h1; });
    each("murmur3_128_16", [](const uint64_t* w) { return murmur3_128_16(w).h1; });

    std::vector<std::string> names;
    for (size_t i = 0; i < 4096; ++i)
        names.push_back(std::string(8 + random.below(32), static_cast<char>('a' + i % 26)));
    const auto each_name = [&](const char* what, auto&& hash) {
        report(what, measure(updates, nothing, [&] {
                   uint64_t sum = 0;
                   for (size_t i = 0; i < updates; ++i) sum += hash(names[i % 4096]);
                   keep(sum);
               }));
    };
    each_name("keyed_hash, names of 8..39 bytes",
              [&](const auto& n) { return keyed_hash(key, n.data(), n.size()); });
    each_name("murmur3_128, names of 8..39 bytes",
              [](const auto& n) { return murmur3_128(n.data(), n.size()).h1; });
}

void bench_cardinality(const char* what, const std::vector<uint64_t>& keys) {
    auto sketch = zeroed<Cardinality>();
    report(what, measure(
                     keys.size(), [&] { *sketch = {}; },
                     [&] {
                         for (const auto& k : keys) sketch->update(murmur3_128_8(&k));
                         keep(*sketch);
                     }));
}

template <class Top>
void bench_topk(const char* what, const std::vector<uint64_t>& keys) {
    auto sketch = zeroed<Top>();
    report(what, measure(
                     keys.size(), [&] { *sketch = Top{}; },
                     [&] {
                         for (const auto& k : keys)
                             sketch->add(keyed_hash_u64(offline_hash_key, k), 1, &k, sizeof k);
                         keep(*sketch);
                     }));
}

void bench_streams() {
    struct Stream {
        const char* name;
        std::vector<uint64_t> keys;
    };
    std::vector<uint64_t> unique(updates);
    for (size_t i = 0; i < unique.size(); ++i) unique[i] = i;
    const Stream streams[] = {{"zipf 1.0, 200k keys", Zipf(200'000, 1.0).stream(updates, 1)},
                              {"zipf 1.2, 10M keys", Zipf(10'000'000, 1.2).stream(updates, 2)},
                              {"zipf 1.0, 10M keys", Zipf(10'000'000, 1.0).stream(updates, 3)},
                              {"zipf 1.0, 1000 keys", Zipf(1000, 1.0).stream(updates, 4)},
                              {"all different", unique}};
    for (const auto& s : streams) {
        bench_cardinality((std::string("cardinality + murmur 8 B, ") + s.name).c_str(), s.keys);
        bench_topk<TopNames>((std::string("top 16x256 + keyed hash, ") + s.name).c_str(), s.keys);
        bench_topk<TopSmall>((std::string("top 16x64 + keyed hash, ") + s.name).c_str(), s.keys);
    }
    using Scalar = TopK<9, TextPool<8192>, visor::match_scalar<16>>;
    bench_topk<Scalar>("top 16x256 without SSE2, zipf 1.0, 200k keys", streams[0].keys);
}

template <class Sketch, class Value>
void bench_values(const char* what, const std::vector<Value>& values) {
    auto sketch = zeroed<Sketch>();
    report(what, measure(
                     values.size(), [&] { *sketch = Sketch{}; },
                     [&] {
                         for (const auto v : values) sketch->update(v);
                         keep(*sketch);
                     }));
}

void bench_histograms() {
    Random random(7);
    std::vector<uint64_t> latencies(updates);
    std::vector<double> ratios(updates);
    std::vector<uint32_t> sizes(updates);
    for (size_t i = 0; i < updates; ++i) {
        const double normal = random.unit() + random.unit() + random.unit() + random.unit() - 2.0;
        latencies[i] = static_cast<uint64_t>(std::exp(9.0 + 2.0 * normal));
        ratios[i] = std::exp(normal);
        sizes[i] = random.below(10) < 4 ? 64 : static_cast<uint32_t>(64 + random.below(1436));
    }
    bench_values<LatencyHistogram>("exponential histogram, microseconds", latencies);
    bench_values<RatioHistogram>("exponential histogram, ratios", ratios);
    bench_values<SizeHistogram>("size histogram", sizes);
    bench_values<DecadeHistogram>("decade histogram, microseconds", latencies);

    auto rates = zeroed<RateSlots>();
    report("rate slot", measure(updates, nothing, [&] {
               for (size_t i = 0; i < updates; ++i) rates->add(static_cast<uint32_t>(i >> 16), 1);
               keep(*rates);
           }));
    auto exact = zeroed<ExactCounts<4096>>();
    report("exact count of 4096", measure(updates, nothing, [&] {
               for (size_t i = 0; i < updates; ++i) exact->add(sizes[i]);
               keep(*exact);
           }));
}

template <class Sketch>
void bench_merge(const char* what, const Sketch& from) {
    auto into = zeroed<Sketch>();
    report(what, measure(
                     1, [&] { *into = from; }, [&] { into->merge(from); }, 101));
    keep(*into);
}

void bench_merges() {
    auto names = zeroed<TopNames>();
    auto cardinality = zeroed<Cardinality>();
    auto latency = zeroed<LatencyHistogram>();
    for (const uint64_t k : Zipf(200'000, 1.0).stream(updates, 11)) {
        names->add(keyed_hash_u64(offline_hash_key, k), 1, &k, sizeof k);
        cardinality->update(murmur3_128_8(&k));
        latency->update(k);
    }
    bench_merge("merge top 16x256", *names);
    bench_merge("merge cardinality", *cardinality);
    bench_merge("merge exponential histogram", *latency);
    report("estimate cardinality", measure(
                                       1, nothing, [&] { keep(cardinality->estimate()); }, 101));
    report("top(10)", measure(
                          1, nothing, [&] { keep(names->top(10)); }, 101));
}

} // namespace

int main() {
    bench_hashes();
    bench_streams();
    bench_histograms();
    bench_merges();
}
