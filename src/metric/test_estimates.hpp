// Whether a random estimate is right in the middle: its mean over many runs against the truth, in standard
// errors. Threads: one test at a time.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <gtest/gtest.h>

namespace visor::test {

class Estimates {
public:
    void add(double estimate) {
        ++n_;
        sum_ += estimate;
        squares_ += estimate * estimate;
    }
    double mean() const { return sum_ / static_cast<double>(n_); }
    double deviation() const {
        const auto n = static_cast<double>(n_);
        return std::sqrt(std::max(0.0, (squares_ - n * mean() * mean()) / (n - 1)));
    }
    // Chance alone is further off once in 15 thousand times.
    void expect_unbiased(double truth, const char* what) const {
        ASSERT_GT(deviation(), 0.0) << what << ": nothing was left to chance";
        const double z = (mean() - truth) / (deviation() / std::sqrt(static_cast<double>(n_)));
        EXPECT_LT(std::abs(z), 4.0) << what << ": mean " << mean() << ", truth " << truth;
    }

private:
    size_t n_ = 0;
    double sum_ = 0, squares_ = 0;
};

} // namespace visor::test
