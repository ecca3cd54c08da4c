#include "sinks/text.hpp"

#include "sinks/text_headlines.hpp"
#include "sinks/text_notable.hpp"
#include "sinks/text_tables.hpp"
#include "sinks/text_units.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <spdlog/fmt/fmt.h>

namespace visor::sinks {

namespace {

constexpr size_t screen_lines = 48;
using sketch::second_ns;

// From roomy to dense.
constexpr Density densities[] = {
    {5, true, true},  {5, false, true},  {4, false, true},  {4, false, false},
    {3, false, true}, {3, false, false}, {2, false, false},
};

class Page {
public:
    Page(const engine::OfflineRun& run, const TextOptions& options)
        : run_(run), ledger_(run.ledger()), options_(options), look_{options.colour, options.utf8} {}

    std::string text() {
        head();
        Lines ledger = ledger_lines(ledger_, look_);
        const engine::PolicyView& policy = run_.policies().front();
        if (policy.periods_left_out)
            ledger.push_back(Line(look_)
                                 .pad_to(label_width)
                                 .add(fmt::format("of all {} minutes; the tables are of the last {}",
                                                  policy.periods + policy.periods_left_out, policy.periods)));
        for (const Lines& section : fitted_sections(ledger.size()))
            lines_.insert(lines_.end(), section.begin(), section.end());
        lines_.insert(lines_.end(), ledger.begin(), ledger.end());
        std::string out;
        for (const Line& line : lines_) {
            out += line.text();
            out.erase(out.find_last_not_of(' ') + 1);
            out += '\n';
        }
        return out;
    }

private:
    Line& put(std::string_view label = {}) {
        lines_.emplace_back(look_);
        return lines_.back().left(label, label.empty() ? 0 : label_width, Ink::heading);
    }

    void head() {
        title();
        if (!options_.policies.empty())
            put("Policies")
                .add(shortened(printable(options_.policies, look_), page_width - label_width, look_),
                     Ink::title);
        if (ledger_.feed.frames) {
            totals();
            timeline();
            direction();
            health();
        }
        notable();
        if (ledger_.feed.frames) hints();
    }

    void title() {
        const engine::FeedTotals& feed = ledger_.feed;
        const std::string name = printable(options_.title, look_);
        if (feed.frames == 0) {
            put().add(shortened(name, page_width, look_), Ink::title);
            put().add("no packets");
            return;
        }
        const std::string begin = date_time(feed.first_ns), end = date_time(feed.last_ns);
        const bool same_day = begin.substr(0, 10) == end.substr(0, 10);
        const std::string span =
            fmt::format("{} {} {} UTC, {}", begin, look_.dash(), same_day ? end.substr(11) : end,
                        duration(feed.last_ns - feed.first_ns));
        const bool one_line = columns(name) + 2 + columns(span) <= page_width;
        put().add(shortened(name, page_width, look_), Ink::title);
        Line& line = one_line ? lines_.back() : put();
        line.right(span, page_width - line.width());
    }

    int64_t total_seconds() const { return (ledger_.feed.last_ns - ledger_.feed.first_ns) / second_ns + 1; }

    // The time of the i-th of the seconds kept: they end with the capture.
    int64_t time_of(size_t i, size_t seconds) const {
        return ledger_.feed.first_ns / second_ns + total_seconds() - static_cast<int64_t>(seconds) +
               static_cast<int64_t>(i);
    }

    void total(std::string_view label, const std::string& sum, const std::string& mean,
               const engine::Seconds& seconds, double scale, std::string_view unit) {
        Line& line = put(label);
        line.left(sum, 14, Ink::title);
        if (!mean.empty()) line.left(fmt::format("mean {}", mean), 22);
        if (seconds.size() < 2) return;
        const auto peak = std::max_element(seconds.begin(), seconds.end());
        const auto at = static_cast<size_t>(peak - seconds.begin());
        line.add(fmt::format("peak {} at {}", prefixed(static_cast<double>(*peak) * scale, unit),
                             time_of_day(time_of(at, seconds.size()))));
    }

    void totals() {
        const engine::FeedTotals& feed = ledger_.feed;
        traffic_ = traffic_of(run_.policies().front());
        const double s = static_cast<double>(feed.last_ns - feed.first_ns) / 1e9;
        const auto mean = [&](double amount, std::string_view unit) {
            return s > 0 ? prefixed(amount / s, unit) : std::string();
        };
        total("Packets", grouped(feed.frames), mean(static_cast<double>(feed.frames), "pkt/s"),
              traffic_.packets, 1, "pkt/s");
        total("Bytes", prefixed(static_cast<double>(feed.wire_bytes), "B"),
              mean(static_cast<double>(feed.wire_bytes) * 8, "bit/s"), traffic_.bytes, 8, "bit/s");
    }

    void timeline() {
        const engine::Seconds& seconds = traffic_.packets;
        if (seconds.size() < 4) return;
        constexpr size_t most = page_width - label_width;
        const size_t each = (seconds.size() + most - 1) / most;
        const size_t repeat = std::clamp<size_t>(most / seconds.size(), 1, 4); // columns of a second
        std::vector<double> values;
        for (size_t i = 0; i < seconds.size(); i += each) {
            double sum = 0;
            const size_t end = std::min(seconds.size(), i + each);
            for (size_t j = i; j < end; ++j) sum += static_cast<double>(seconds[j]);
            values.insert(values.end(), repeat, sum / static_cast<double>(end - i));
        }
        put("Timeline").add(sparkline(values, look_), Ink::bar);
    }

    void direction() {
        const auto& [unknown, in, out] = ledger_.directions;
        if (in + out == 0) return;
        const auto all = static_cast<double>(unknown + in + out);
        Lines items;
        for (const auto& [name, count] :
             {std::pair("in", in), std::pair("out", out), std::pair("neither", unknown)}) {
            const double share = static_cast<double>(count) / all;
            Line item(look_);
            item.add(name).add(fmt::format(" {}", percent(share)));
            if (count) item.add(" ").add(bar(share, 8, look_), Ink::bar);
            items.push_back(item);
        }
        for (Line& line : wrapped("Direction", label_width, items, 3, look_)) lines_.push_back(line);
    }

    void health() {
        if (run_.policies().size() > 1) return; // each policy's stands with its tables
        for (const engine::HandlerView& handler : run_.policies().front().handlers) {
            RowReader reader(handler);
            for (Line& line : headlines(reader, look_)) lines_.push_back(line);
        }
    }

    // What is abnormal, the furthest beyond its threshold first; then what the ledger says was lost, then
    // counts of what should not be at all.
    std::vector<std::string> notable_sentences() {
        std::vector<Finding> figures;
        for (const engine::PolicyView& policy : run_.policies()) {
            for (const engine::HandlerView& handler : policy.handlers) {
                RowReader reader(handler);
                for (Finding& finding : abnormal_figures(reader)) figures.push_back(std::move(finding));
            }
        }
        if (auto burst = packet_burst(traffic_.packets, time_of(0, traffic_.packets.size())))
            figures.push_back(std::move(*burst));
        std::stable_sort(figures.begin(), figures.end(),
                         [](const Finding& a, const Finding& b) { return a.excess > b.excess; });
        std::vector<std::string> found;
        const auto add = [&](const std::string& sentence) {
            if (std::find(found.begin(), found.end(), sentence) == found.end()) found.push_back(sentence);
        };
        for (const Finding& finding : figures)
            if (finding.excess > 0) add(finding.text);
        for (const std::string& sentence : abnormal_ledger(ledger_)) add(sentence);
        for (const Finding& finding : figures) add(finding.text);
        return found;
    }

    void notable() {
        constexpr size_t most = 8;
        const std::vector<std::string> found = notable_sentences();
        if (found.empty()) {
            if (ledger_.feed.frames) put("Notable").add("nothing abnormal", Ink::good);
            return;
        }
        for (size_t i = 0; i < std::min(found.size(), most); ++i) {
            Line& line = put(i ? "" : "Notable");
            line.pad_to(label_width).add("! ", Ink::alarm);
            line.add(shortened(printable(found[i], look_), page_width - line.width(), look_), Ink::alarm);
        }
        if (found.size() > most)
            put().pad_to(label_width).add(fmt::format("and {} more", found.size() - most), Ink::alarm);
    }

    void hints() {
        const auto& [unknown, in, out] = ledger_.directions;
        if (in + out == 0) {
            const std::string hosts = ledger_.likely_hosts;
            Line& line = put("Hint");
            line.add(hosts.empty() ? "directions unknown: say with -H which addresses are the host's"
                                   : "no -H given, directions unknown: try -H ");
            line.add(shortened(printable(hosts, look_), page_width - line.width(), look_), Ink::title);
        }
        const engine::PolicyView& policy = run_.policies().front();
        if (policy.periods_left_out)
            put("Hint").add(fmt::format("the tables cover the last {} of {} minutes; --periods 1 covers all",
                                        policy.periods, policy.periods + policy.periods_left_out));
    }

    std::string section_title(const engine::PolicyView& policy, const engine::HandlerView& handler) const {
        const std::string_view key = handler.plan->handler->schema().key;
        size_t same = 0;
        for (const engine::HandlerView& other : policy.handlers)
            same += other.plan->handler->schema().key == key;
        const std::string name = same > 1 ? handler.plan->name : std::string(key);
        return run_.policies().size() > 1 ? fmt::format("{}: {}", policy_title(policy), name) : name;
    }

    // With its tap when it is on several.
    std::string policy_title(const engine::PolicyView& policy) const {
        const auto views =
            std::count_if(run_.policies().begin(), run_.policies().end(),
                          [&](const auto& other) { return other.plan->name == policy.plan->name; });
        return views > 1 ? policy.plan->name + "-" + policy.plan->tap : policy.plan->name;
    }

    Lines section(const engine::PolicyView& policy, const engine::HandlerView& handler,
                  const Density& density) const {
        RowReader reader(handler);
        Section section = section_of(reader, section_title(policy, handler), density, look_);
        if (run_.policies().size() > 1) {
            const Lines health = headlines(reader, look_);
            section.lists.insert(section.lists.begin(), health.begin(), health.end());
        }
        Lines lines;
        if (section.empty()) return lines;
        if (density.spaced) lines.emplace_back(look_);
        for (Line& line : drawn(section, density, look_)) lines.push_back(line);
        return lines;
    }

    // Every section as roomy as one screen allows, a step at a time in turn.
    std::vector<Lines> fitted_sections(size_t behind) const {
        constexpr size_t steps = std::size(densities), densest = steps - 1;
        std::vector<std::array<Lines, steps>> drawn; // by section and density
        for (const engine::PolicyView& policy : run_.policies())
            for (const engine::HandlerView& handler : policy.handlers)
                for (size_t i = 0; i < steps; ++i) {
                    if (i == 0) drawn.emplace_back();
                    drawn.back()[i] = section(policy, handler, densities[i]);
                }
        std::vector<size_t> chosen(drawn.size(), densest);
        size_t used = lines_.size() + behind;
        for (const auto& section : drawn) used += section[densest].size();
        for (size_t step = densest; step-- > 0;) {
            for (size_t i = 0; i < drawn.size(); ++i) {
                const size_t then = used - drawn[i][chosen[i]].size() + drawn[i][step].size();
                if (then > screen_lines) continue;
                chosen[i] = step;
                used = then;
            }
        }
        std::vector<Lines> sections;
        for (size_t i = 0; i < drawn.size(); ++i) sections.push_back(std::move(drawn[i][chosen[i]]));
        return sections;
    }

    const engine::OfflineRun& run_;
    const engine::Ledger& ledger_;
    const TextOptions& options_;
    Look look_;
    Traffic traffic_;
    Lines lines_;
};

} // namespace

std::string text_report(const engine::OfflineRun& run, const TextOptions& options) {
    return Page(run, options).text();
}

} // namespace visor::sinks
