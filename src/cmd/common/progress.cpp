#include "cmd/common/progress.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <spdlog/fmt/fmt.h>
#include <string>
#include <unistd.h>

namespace visor::cmd {

namespace {
constexpr std::chrono::milliseconds quiet_at_first{400}, between{100};
constexpr unsigned bar_width = 24;

std::string duration(double seconds) {
    const long s = std::lround(seconds);
    return s < 60 ? fmt::format("{}s", s) : fmt::format("{}m{:02}s", s / 60, s % 60);
}
} // namespace

ProgressBar::ProgressBar() : terminal_(isatty(STDERR_FILENO) == 1), next_(begin_ + quiet_at_first) {}

void ProgressBar::update(const engine::SourceLedger& source, const engine::FeedTotals& totals) {
    if (!terminal_) return;
    const auto now = Clock::now();
    if (now < next_) return;
    next_ = now + between;
    draw(source, totals, std::chrono::duration<double>(now - begin_).count());
}

void ProgressBar::draw(const engine::SourceLedger& source, const engine::FeedTotals& totals, double elapsed) {
    std::string line = fmt::format("\r{:.1f} M packets  {:.2f} M/s", static_cast<double>(totals.frames) / 1e6,
                                   static_cast<double>(totals.frames) / 1e6 / elapsed);
    if (source.bytes_total) {
        const double done =
            std::min(1.0, static_cast<double>(source.bytes_read) / static_cast<double>(source.bytes_total));
        const auto filled = static_cast<unsigned>(done * bar_width);
        line += fmt::format("  [{}{}] {:3.0f}%", std::string(filled, '#'),
                            std::string(bar_width - filled, '.'), done * 100);
        if (done > 0) line += "  " + duration(elapsed / done - elapsed) + " to go";
    }
    line += "\x1b[K";
    std::fputs(line.c_str(), stderr);
    std::fflush(stderr);
    drawn_ = true;
}

void ProgressBar::clear() {
    if (!drawn_) return;
    std::fputs("\r\x1b[K", stderr);
    std::fflush(stderr);
    drawn_ = false;
}

} // namespace visor::cmd
