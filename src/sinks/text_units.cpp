#include "sinks/text_units.hpp"

#include "sketch/rate.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <ctime>
#include <limits>
#include <spdlog/fmt/fmt.h>

namespace visor::sinks {

namespace {

using sketch::second_ns;

// Three significant digits.
std::string three_digits(double n) {
    return fmt::format("{:.{}f}", n, n < 9.995 ? 2 : n < 99.95 ? 1 : 0);
}

struct Scaled {
    double n;
    char prefix; // 0 = none
};

Scaled scaled(double n) {
    constexpr std::string_view prefixes = "kMGTPE";
    size_t i = 0;
    for (; n >= 999.5 && i < prefixes.size(); ++i) n /= 1000;
    return {n, i ? prefixes[i - 1] : '\0'};
}

std::tm utc(int64_t seconds) {
    const auto time = static_cast<std::time_t>(seconds);
    std::tm tm{};
    gmtime_r(&time, &tm);
    return tm;
}

int64_t floor_seconds(int64_t ns) {
    return ns / second_ns - (ns % second_ns < 0 ? 1 : 0);
}

} // namespace

uint64_t whole(double n) {
    constexpr double beyond = 0x1p64;
    if (!(n > 0)) return 0;
    return n >= beyond ? std::numeric_limits<uint64_t>::max() : static_cast<uint64_t>(std::round(n));
}

std::string grouped(uint64_t n) {
    const std::string digits = std::to_string(n);
    std::string out;
    for (size_t i = 0; i < digits.size(); ++i) {
        if (i && (digits.size() - i) % 3 == 0) out += ',';
        out += digits[i];
    }
    return out;
}

std::string compact(double n) {
    if (n < 99'999.5) return grouped(whole(n));
    const Scaled s = scaled(n);
    return three_digits(s.n) + s.prefix;
}

std::string prefixed(double n, std::string_view unit) {
    const Scaled s = scaled(n);
    std::string out = s.prefix || n != std::floor(n) ? three_digits(s.n) : fmt::format("{:.0f}", s.n);
    out += ' ';
    if (s.prefix) out += s.prefix;
    return out + std::string(unit);
}

std::string percent(double share) {
    if (share <= 0) return "0%";
    if (share >= 1) return "100%";
    if (share < 0.001) return "<0.1%";
    if (share > 0.999) return ">99.9%";
    return fmt::format("{:.1f}%", share * 100);
}

std::string short_percent(double share) {
    if (share <= 0) return "0%";
    if (share >= 1) return "100%";
    if (share < 0.001) return "<.1%";
    if (share >= 0.99) return "99%";
    return share < 0.0995 ? fmt::format("{:.1f}%", share * 100) : fmt::format("{:.0f}%", share * 100);
}

std::string micros(double us, const Look& look) {
    if (us < 999.5) return fmt::format("{:.0f} {}s", us, look.micro());
    if (us < 999'500) return three_digits(us / 1000) + " ms";
    return three_digits(us / 1e6) + " s";
}

std::string duration(int64_t ns) {
    const double s = static_cast<double>(ns) / 1e9;
    if (s < 59.95) return three_digits(s) + " s";
    const int64_t whole = std::llround(s);
    if (whole < 3600) return fmt::format("{} min {:02} s", whole / 60, whole % 60);
    if (whole < 86'400) return fmt::format("{} h {:02} min", whole / 3600, whole % 3600 / 60);
    return fmt::format("{} d {:02} h", whole / 86'400, whole % 86'400 / 3600);
}

std::string duration_of_minutes(double minutes) {
    constexpr double century_s = 3.2e9;
    return duration(static_cast<int64_t>(std::clamp(minutes * 60, 0.0, century_s) * second_ns));
}

std::string date_time(int64_t ns) {
    const std::tm tm = utc(floor_seconds(ns));
    std::array<char, 64> text{};
    std::strftime(text.data(), text.size(), "%Y-%m-%d %H:%M:%S", &tm);
    return text.data();
}

std::string time_of_day(int64_t seconds) {
    const std::tm tm = utc(seconds);
    return fmt::format("{:02}:{:02}:{:02}", tm.tm_hour, tm.tm_min, tm.tm_sec);
}

std::string measured(double value, std::string_view unit, bool integral, const Look& look) {
    if (unit == "us") return micros(value, look);
    if (unit == "By" || unit == "By/s") return prefixed(value, "B");
    return integral ? compact(value) : three_digits(value);
}

} // namespace visor::sinks
