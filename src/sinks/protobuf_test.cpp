#include "sinks/protobuf.hpp"

#include "sinks/modern.hpp"
#include "sinks/test_results.hpp"

#include <cmath>
#include <gtest/gtest.h>
#include <map>
#include <protozero/pbf_reader.hpp>

namespace visor::sinks {
namespace {
using protozero::pbf_reader;
using test::Results;

// A histogram as a scraper reads it.
struct Read {
    uint64_t count = 0, zeros = 0;
    double sum = 0, zero_threshold = 0;
    int32_t schema = -100;
    std::map<double, uint64_t> classic;
    std::map<int, uint64_t> bins;
    size_t spans = 0;
    std::map<std::string, std::string> labels;
};

// Index and count of bins, as https://prometheus.io/docs/specs/native_histograms has them.
void read_bins(Read& out, const std::vector<std::pair<int32_t, uint32_t>>& spans,
               const std::vector<int64_t>& deltas) {
    out.spans = spans.size();
    size_t at = 0;
    int index = 0;
    int64_t count = 0;
    for (const auto& [offset, length] : spans) {
        index += offset;
        for (uint32_t i = 0; i < length; ++i, ++index) {
            count += deltas.at(at++);
            if (count) out.bins[index] = static_cast<uint64_t>(count);
        }
    }
    EXPECT_EQ(at, deltas.size());
}

Read read_histogram(pbf_reader histogram) {
    Read out;
    std::vector<std::pair<int32_t, uint32_t>> spans;
    std::vector<int64_t> deltas;
    while (histogram.next()) {
        switch (histogram.tag()) {
        case 1:
            out.count = histogram.get_uint64();
            break;
        case 2:
            out.sum = histogram.get_double();
            break;
        case 3: {
            pbf_reader bucket = histogram.get_message();
            uint64_t n = 0;
            while (bucket.next()) {
                if (bucket.tag() == 1)
                    n = bucket.get_uint64();
                else
                    out.classic[bucket.get_double()] = n;
            }
            break;
        }
        case 5:
            out.schema = histogram.get_sint32();
            break;
        case 6:
            out.zero_threshold = histogram.get_double();
            break;
        case 7:
            out.zeros = histogram.get_uint64();
            break;
        case 12: {
            pbf_reader span = histogram.get_message();
            auto& added = spans.emplace_back();
            while (span.next()) {
                if (span.tag() == 1)
                    added.first = span.get_sint32();
                else
                    added.second = span.get_uint32();
            }
            break;
        }
        case 13:
            for (const int64_t delta : histogram.get_packed_sint64()) deltas.push_back(delta);
            break;
        default:
            histogram.skip();
        }
    }
    read_bins(out, spans, deltas);
    return out;
}

Read read_metric(pbf_reader metric) {
    Read out;
    std::map<std::string, std::string> labels;
    while (metric.next()) {
        if (metric.tag() == 7) {
            out = read_histogram(metric.get_message());
        } else if (metric.tag() == 1) {
            pbf_reader pair = metric.get_message();
            std::string name;
            while (pair.next()) {
                const bool is_name = pair.tag() == 1;
                const std::string text = pair.get_string();
                if (is_name)
                    name = text;
                else
                    labels[name] = text;
            }
        } else {
            metric.skip();
        }
    }
    out.labels = labels;
    return out;
}

// The one metric of that family.
Read histogram_of(const std::string& exposition, const std::string& family) {
    const char *at = exposition.data(), *end = at + exposition.size();
    Read out;
    while (at != end) {
        const uint64_t length = protozero::decode_varint(&at, end);
        pbf_reader message(at, length);
        at += length;
        bool wanted = false;
        while (message.next()) {
            if (message.tag() == 1)
                wanted = message.get_string() == family;
            else if (message.tag() == 4 && wanted)
                out = read_metric(message.get_message());
            else
                message.skip();
        }
    }
    return out;
}

Read latency_of(const Results& results) {
    const std::string out = modern_exposition({{{&results.view(), {{"policy", "p"}}}}}, ModernForm::protobuf);
    return histogram_of(out, "pktvisor_dns_xact_out_seconds");
}

TEST(Protobuf, ExponentialBinsHoldTheValues) {
    Results results;
    std::map<int, uint64_t> expected;
    uint64_t count = 0;
    for (uint64_t us = 0; us < 50'000'000; us += 1 + us / 7) {
        results.cells->latency.update(us);
        ++count;
    }
    const Read read = latency_of(results);
    EXPECT_EQ(read.count, count);
    EXPECT_EQ(read.zeros, 1u);
    EXPECT_EQ(read.schema, 5);
    EXPECT_GT(read.zero_threshold, 0);
    EXPECT_LT(read.zero_threshold, 1e-7);
    EXPECT_EQ(read.labels.at("policy"), "p");
    uint64_t seen = read.zeros;
    for (const auto& [index, n] : read.bins) seen += n;
    EXPECT_EQ(seen, count);
    // Of every value below, at most those of a bin's 0.4 % at the edge are on its other side.
    for (uint64_t limit = 1; limit < 50'000'000; limit = limit * 3 + 1) {
        uint64_t below = read.zeros, surely = 0, perhaps = 0;
        const double seconds = static_cast<double>(limit) / 1e6;
        const int index = static_cast<int>(std::floor(std::log2(seconds) * 32));
        for (const auto& [i, n] : read.bins)
            if (i <= index) below += n;
        const double edge = std::exp2(index / 32.0) * 1e6;
        for (uint64_t us = 0; us < 50'000'000; us += 1 + us / 7) {
            surely += static_cast<double>(us) <= edge * 0.9958;
            perhaps += static_cast<double>(us) <= edge * 1.0042;
        }
        EXPECT_GE(below, surely) << limit;
        EXPECT_LE(below, perhaps) << limit;
    }
}

TEST(Protobuf, SmallTimesAreInTheirExactBin) {
    for (uint64_t us = 1; us < 46; ++us) {
        Results results;
        results.cells->latency.update(us);
        const Read read = latency_of(results);
        ASSERT_EQ(read.bins.size(), 1u);
        const double upper = std::exp2(read.bins.begin()->first / 32.0) * 1e6;
        EXPECT_LE(static_cast<double>(us), upper * (1 + 1e-12)) << us;
        EXPECT_GT(static_cast<double>(us), upper * std::exp2(-1 / 32.0)) << us;
    }
}

TEST(Protobuf, RatiosKeepTheirBins) {
    Results results;
    for (const double ratio : {0.0, 1.0, 1.01, 2.0, 2.0, 1000.0}) results.cells->ratio.update(ratio);
    const Read read = histogram_of(modern_exposition({{{&results.view(), {}}}}, ModernForm::protobuf),
                                   "pktvisor_dns_xact_ratio");
    EXPECT_EQ(read.zeros, 1u);
    const int of_1000 = static_cast<int>(std::ceil(std::log2(1000.0) * 32));
    EXPECT_EQ(read.bins, (std::map<int, uint64_t>{{0, 1}, {1, 1}, {32, 2}, {of_1000, 1}}));
    EXPECT_EQ(read.spans, 3u); // neighbours share one
    EXPECT_EQ(read.classic.at(1.0), 2u);
    EXPECT_EQ(read.classic.at(2.0), 5u);
    EXPECT_NEAR(read.sum, 1006.01, 1e-8);
}

TEST(Protobuf, AnEmptyHistogramIsStillAnExponentialOne) {
    const Read read = latency_of(Results());
    EXPECT_EQ(read.count, 0u);
    EXPECT_EQ(read.spans, 1u);
    EXPECT_TRUE(read.bins.empty());
    EXPECT_EQ(read.schema, 5);
}

TEST(Protobuf, NothingIsNothing) {
    EXPECT_EQ(exposition_protobuf(Exposition()), "");
}

} // namespace
} // namespace visor::sinks
