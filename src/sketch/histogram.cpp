#include "sketch/histogram.hpp"

#include <bit>
#include <cmath>

namespace visor::sketch {

double exp_bin_upper(int index) {
    const int octave = index >> 5;
    return std::ldexp(static_cast<double>(detail::exp_edge[index & 31] >> 11), octave - 52);
}

double exp_bin_middle(int index) {
    const double low = exp_bin_upper(index - 1), high = exp_bin_upper(index);
    return 2.0 * low * high / (low + high);
}

double exp_bin_middle_integer(int index) {
    const double low = std::floor(exp_bin_upper(index - 1)) + 1.0, high = std::floor(exp_bin_upper(index));
    return low >= high ? high : 2.0 * low * high / (low + high);
}

// What stands in the outermost of the bins may have been there before; then it was as small or as large
// before.
void SizeHistogram::settle(const Several& sizes) {
    if (sizes.count == 0) return;
    count_ += sizes.count;
    sum_ += sizes.sum;
    if (sizes.largest != 0) {
        extremes_.update(sizes.smallest);
        extremes_.update(sizes.largest);
    }
    if (sizes.bins == 0) return;
    auto first = static_cast<uint32_t>(std::countr_zero(sizes.bins)) * 32;
    auto last = (63 - static_cast<uint32_t>(std::countl_zero(sizes.bins))) * 32 + 31;
    while (bins_[first] == 0) ++first;
    while (bins_[last] == 0) --last;
    extremes_.update(first);
    extremes_.update(last);
}

void SizeHistogram::merge(const SizeHistogram& other) {
    if (other.count_ == 0) return;
    count_ += other.count_;
    sum_ += other.sum_;
    extremes_.merge(other.extremes_);
    const uint32_t last = bin_of(static_cast<uint32_t>(other.max()));
    for (uint32_t i = bin_of(static_cast<uint32_t>(other.min())); i <= last; ++i)
        if (other.bins_[i] != 0) bins_[i] += other.bins_[i];
}

void SizeHistogram::clear() {
    if (empty()) return;
    std::fill(bins_ + bin_of(static_cast<uint32_t>(min())), bins_ + bin_of(static_cast<uint32_t>(max())) + 1,
              0);
    count_ = sum_ = 0;
    extremes_ = {};
}

SizeHistogram::Range SizeHistogram::range_of(uint32_t bin) {
    if (bin < linear) return {static_cast<double>(bin), static_cast<double>(bin)};
    const uint32_t octave = (bin - linear) / 128, part = (bin - linear) % 128;
    const double width = std::ldexp(1.0, static_cast<int>(octave) + 4);
    const double low = (128.0 + part) * width;
    return {low, low + width - 1.0};
}

double SizeHistogram::quantile(double q) const {
    if (count_ == 0) return 0.0;
    const uint32_t first = bin_of(static_cast<uint32_t>(min())), last = bin_of(static_cast<uint32_t>(max()));
    const Range range = range_of(detail::bin_of_rank(bins_, first, last, nearest_rank(count_, q)));
    return std::clamp((range.low + range.high) / 2.0, static_cast<double>(min()), static_cast<double>(max()));
}

uint64_t DecadeHistogram::count() const {
    uint64_t total = above_;
    for (const uint64_t n : bins_) total += n;
    return total;
}

void DecadeHistogram::merge(const DecadeHistogram& other) {
    for (uint32_t i = 0; i < bin_count; ++i) bins_[i] += other.bins_[i];
    above_ += other.above_;
    sum_ += other.sum_;
}

} // namespace visor::sketch
