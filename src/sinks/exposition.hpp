// An exposition in the making: families of series by name, whatever rows, handlers, policies and taps they
// come from, so that every family has one HELP and one TYPE; and its text.
//
// Threads: belongs to one caller; label sets given to series() outlive it. Owns: all else.
// Format: Prometheus text 0.0.4, OpenMetrics 1.0.
#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

namespace visor::sinks {

// Names are literals, of rows or of whoever renders; values are valid UTF-8 (clean_utf8).
struct Label {
    std::string_view name;
    std::string value;
};
using Labels = std::vector<Label>;

// `instance` comes first, the others in the order of their names.
inline bool label_before(std::string_view a, std::string_view b) {
    constexpr std::string_view first = "instance";
    return a == first || b == first ? a == first && b != first : a < b;
}
void sort_labels(Labels& labels);

enum class MetricType : uint8_t { gauge, counter, summary, histogram };

struct Series {
    const Labels* shared = nullptr; // of everything of one handler, sorted
    Labels own;                     // sorted; where both have a name, this one counts
    double value = 0;               // gauge, counter
    // summary and histogram
    double sum = 0;
    uint64_t count = 0;
    std::vector<std::pair<double, double>> steps; // quantile and value, or upper bound and cumulative count
    // histogram, as exponential bins of schema 5: the zero bin, index and count of the others by rising index
    uint64_t zeros = 0;
    std::vector<std::pair<int, uint64_t>> bins;
    bool exponential = false; // it has them
    double created = 0;       // unix seconds since when it counts; 0 = not known
};

// f(label) for all of a series, and one more of a sample, in their order; of equal names the last one counts.
template <class F>
void for_each_label(const Series& series, F&& f, const Label& more = {}) {
    static const Labels none;
    const Labels& shared = series.shared ? *series.shared : none;
    const Label *a = shared.data(), *a_end = a + shared.size();
    const Label *b = series.own.data(), *b_end = b + series.own.size();
    const Label *c = &more, *c_end = c + !more.name.empty();
    const auto least = [](const Label* x, const Label* x_end, const Label* y) {
        return x != x_end && (!y || !label_before(y->name, x->name)) ? x : y;
    };
    while (const Label* next = least(c, c_end, least(b, b_end, least(a, a_end, nullptr)))) {
        const std::string_view name = next->name;
        a += a != a_end && a->name == name;
        b += b != b_end && b->name == name;
        c += c != c_end && c->name == name;
        f(*next);
    }
}

struct Family {
    std::string name; // of a counter without _total
    std::string help, unit;
    MetricType type;
    std::deque<Series> series;
};

class Exposition {
public:
    Exposition() = default;
    Exposition(Exposition&&) = default;
    Exposition(const Exposition&) = delete; // families are pointed at
    Exposition& operator=(Exposition&&) = default;
    Exposition& operator=(const Exposition&) = delete;
    // The family of that name, new or old. Null when it is there as another type: a family has only one.
    Family* family(const std::string& name, MetricType type, std::string_view help,
                   std::string_view unit = {}, std::string_view more_help = {});
    const std::deque<Family>& families() const { return families_; }

private:
    std::deque<Family> families_; // in the order they came
    std::unordered_map<std::string_view, Family*> by_name_;
};

enum class TextForm : uint8_t {
    prometheus, // 0.0.4
    open_metrics
};
std::string exposition_text(const Exposition& exposition, TextForm form);

// What is left of a name when only [a-zA-Z0-9_] may be in it, and no digit in front.
std::string metric_name(std::string_view name);

void append_number(std::string& out, double value); // whole numbers below 2^53 as such

} // namespace visor::sinks
