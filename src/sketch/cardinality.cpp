#include "sketch/cardinality.hpp"

#include <algorithm>
#include <array>
#include <cmath>

namespace visor::sketch {

namespace {

constexpr unsigned largest_value = 63;

// sigma and tau of O. Ertl, "New cardinality estimation algorithms for HyperLogLog sketches" (2017), which
// correct the harmonic mean for registers never hit and for saturated ones.
double sigma(double x) {
    if (x == 1.0) return INFINITY;
    double y = 1.0, z = x, previous;
    do {
        x *= x;
        previous = z;
        z += x * y;
        y += y;
    } while (z != previous);
    return z;
}

double tau(double x) {
    if (x == 0.0 || x == 1.0) return 0.0;
    double y = 1.0, z = 1.0 - x, previous;
    do {
        x = std::sqrt(x);
        previous = z;
        y *= 0.5;
        z -= (1.0 - x) * (1.0 - x) * y;
    } while (z != previous);
    return z / 3.0;
}

} // namespace

void Cardinality::add_coupon(uint32_t coupon) {
    // Both halves of a coupon take part: sequential slots must not form runs.
    uint32_t at = (coupon * 0x9e3779b1u) >> 22;
    while (words_[at] != 0) {
        if (words_[at] == coupon) return;
        at = (at + 1) & (table_size - 1);
    }
    if (coupons_ == coupon_limit) {
        become_dense();
        raise_by_coupon(coupon);
        return;
    }
    words_[at] = coupon;
    ++coupons_;
}

void Cardinality::raise_by_coupon(uint32_t coupon) {
    raise(coupon & (register_count - 1), static_cast<uint8_t>(coupon >> 26));
}

void Cardinality::become_dense() {
    uint32_t table[table_size];
    std::memcpy(table, words_, sizeof table);
    std::memset(words_, 0, sizeof table);
    coupons_ = 0;
    dense_ = 1;
    for (const uint32_t coupon : table)
        if (coupon != 0) raise_by_coupon(coupon);
}

void Cardinality::merge(const Cardinality& other) {
    if (other.empty()) return;
    if (!other.dense_) {
        for (uint32_t i = 0; i < table_size; ++i) {
            const uint32_t coupon = other.words_[i];
            if (coupon == 0) continue;
            if (dense_) {
                raise_by_coupon(coupon);
            } else {
                add_coupon(coupon);
            }
        }
        return;
    }
    if (!dense_) become_dense();
    uint8_t* mine = registers();
    const uint8_t* theirs = other.registers();
    for (uint32_t i = 0; i < register_count; ++i) mine[i] = std::max(mine[i], theirs[i]);
}

double Cardinality::estimate() const {
    // Two keys share a coupon with probability 2^-26 / 3: at 768 keys the expected loss is 0.0015 of a key.
    return dense_ ? estimate_dense() : coupons_;
}

double Cardinality::estimate_dense() const {
    std::array<uint32_t, 256> histogram{};
    for (uint32_t i = 0; i < register_count; ++i) ++histogram[registers()[i]];
    constexpr double m = register_count;
    double z = m * tau(1.0 - histogram[largest_value] / m);
    for (unsigned value = largest_value - 1; value >= 1; --value) z = 0.5 * (z + histogram[value]);
    z += m * sigma(histogram[0] / m);
    return m * m / (2.0 * M_LN2 * z);
}

Cardinality::Bounds Cardinality::bounds() const {
    const double middle = estimate();
    if (!dense_) return {middle, middle};
    const double spread = 1.96 * 1.03896 / std::sqrt(static_cast<double>(register_count));
    return {middle / (1.0 + spread), middle / (1.0 - spread)};
}

} // namespace visor::sketch
