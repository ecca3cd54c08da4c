// How rates went: of each policy the charts of the overview, and every rate of every handler.
//
// A rate whose seconds the picture has is taken over second by second, so that a chart is full at the first
// look. What is not told by the second is differenced from one picture to the next.
// Threads: one caller. Owns: its values, a limited number. Units: seconds of unix time.
#pragma once

#include "client/picture.hpp"

#include <array>
#include <deque>
#include <map>
#include <optional>
#include <span>
#include <string>

namespace visor::terminal {

// Values one second apart, the newest last; NaN where nothing is known.
class Series {
public:
    void set(int64_t second, double value);
    // The newest `count`, filled up with NaN at the front.
    std::vector<double> newest(size_t count) const;
    // All there is in so many columns, each the most of its seconds; of nothing, nothing.
    std::vector<double> whole(size_t columns) const;
    std::optional<double> last() const;
    std::optional<double> mean() const; // of those known
    int64_t first_second() const { return last_second_ + 1 - static_cast<int64_t>(values_.size()); }
    int64_t last_second() const { return last_second_; }
    bool empty() const { return values_.empty(); }
    size_t known() const;

private:
    static constexpr size_t most = 3600;
    std::deque<double> values_;
    int64_t last_second_ = 0;
};

enum class Chart : uint8_t { packets, bytes, queries, nxdomain, median, tail };
inline constexpr size_t chart_count = 6;

class History {
public:
    void add(const client::Picture& picture);
    size_t size() const { return rates_.size() + counts_.size() + charts_.size(); } // series and counts held

    // Null when the policy has no such thing.
    const Series* chart(const std::string& policy, Chart chart) const;
    const Series* rate(const std::string& policy, const std::string& instance, const std::string& path) const;
    bool alarming(const std::string& policy, Chart chart) const; // at the last look

private:
    struct Count {
        double value = 0;
        int64_t taken_ms = 0, start_ts = 0;
    };
    using Key = std::pair<std::string, std::string>;
    // Of each sort, over all policies looked at: beyond, as when names never come twice, all begins anew.
    static constexpr size_t most = 4'000;

    void add_rates(const client::Picture& picture, const client::Handler& handler);
    void add_traffic(const client::Picture& picture, const client::Handler& handler);
    void add_dns(const client::Picture& picture, const client::Handler& handler);
    // What was added to a count in the last looks, and in how many seconds; at the first, since its start. A
    // few looks, as what an agent tells is now and then as old as a second.
    struct Step {
        double added, seconds;
    };
    std::optional<Step> step(const client::Picture& picture, const client::Handler& handler, const char* what,
                             double value);
    Series& series(const std::string& policy, Chart chart);

    std::map<Key, Series> rates_;
    std::map<Key, std::deque<Count>> counts_; // of the last looks, the newest last
    std::map<std::string, std::array<Series, chart_count>> charts_;
    std::map<std::string, std::array<bool, chart_count>> alarms_;
};

} // namespace visor::terminal
