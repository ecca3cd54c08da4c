#include "control/log_queue.hpp"

#include <condition_variable>
#include <csignal>
#include <deque>
#include <mutex>
#include <pthread.h>
#include <spdlog/details/log_msg_buffer.h>
#include <spdlog/fmt/fmt.h>
#include <utility>

namespace visor::control {

namespace {
using Line = spdlog::details::log_msg_buffer;

size_t bytes_of(const Line& line) {
    return sizeof line + line.payload.size();
}

bool written(spdlog::sinks::sink& to, const spdlog::details::log_msg& line) {
    try {
        to.log(line);
        return true;
    } catch (const std::exception&) {
        return false;
    }
}

bool gap_told(spdlog::sinks::sink& to, const Line& next, uint64_t lines) {
    const std::string text = fmt::format(
        "{} lines of the log are missing here: what it is written to did not keep up, or failed", lines);
    return written(to, spdlog::details::log_msg(next.time, {}, next.logger_name, spdlog::level::warn, text));
}
} // namespace

struct LogQueue::State {
    explicit State(std::shared_ptr<spdlog::sinks::sink> to) : behind(std::move(to)) {}

    mutable std::mutex mutex; // of all below
    std::shared_ptr<spdlog::sinks::sink> behind;
    std::condition_variable more, less;
    std::deque<Line> waiting;
    size_t bytes = 0;
    LogCounts counts;
    uint64_t in_hand = 0; // number of the line that is being written; 0 = none
    uint64_t untold = 0;  // lines missing since the last one that was written
    bool ending = false, ended = false;
    bool given_up = false; // the thread was stuck when it was to end
    unsigned left = 0;     // threads stuck in sinks of before; the one with this number writes

    Line take() {
        Line line = std::move(waiting.front());
        waiting.pop_front();
        bytes -= bytes_of(line);
        return line;
    }
    uint64_t taken() const { return counts.lines - waiting.size(); }
    bool is_settled(uint64_t line) const { return taken() >= line && (in_hand == 0 || in_hand > line); }
};

LogQueue::LogQueue(std::shared_ptr<spdlog::sinks::sink> behind)
    : state_(std::make_shared<State>(std::move(behind))) {}

LogQueue::~LogQueue() {
    end();
}

void LogQueue::begin() {
    if (thread_.joinable() || state_->given_up) return;
    state_->ending = state_->ended = false;
    sigset_t all, before; // signals are for others
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    thread_ = std::thread([state = state_, thread = state_->left] { write_all(*state, thread); });
    pthread_setname_np(thread_.native_handle(), "log");
    pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

void LogQueue::write_all(State& s, unsigned thread) {
    std::unique_lock lock(s.mutex);
    for (;;) {
        s.more.wait(lock, [&] { return s.ending || !s.waiting.empty(); });
        if (s.waiting.empty()) break;
        const Line line = s.take();
        s.in_hand = s.taken();
        const uint64_t untold = std::exchange(s.untold, 0);
        const auto behind = s.behind;
        lock.unlock();
        const bool told = untold == 0 || gap_told(*behind, line, untold);
        const bool done = written(*behind, line);
        lock.lock();
        if (s.left != thread) return; // another one writes by now
        s.in_hand = 0;
        s.counts.failed += !done;
        s.untold += (told ? 0 : untold) + !done;
        s.less.notify_all();
    }
    s.ended = true;
    s.less.notify_all();
}

bool LogQueue::flush_within(std::chrono::milliseconds limit) {
    std::unique_lock lock(state_->mutex);
    const uint64_t last = state_->counts.lines;
    if (state_->is_settled(last)) return true;
    lock.unlock();
    begin();
    lock.lock();
    return state_->less.wait_for(lock, limit, [&] { return state_->is_settled(last); });
}

void LogQueue::replace(std::shared_ptr<spdlog::sinks::sink> behind, std::chrono::milliseconds limit) {
    const bool stuck = !flush_within(limit);
    {
        const std::lock_guard lock(state_->mutex);
        state_->behind = std::move(behind);
        if (!stuck || state_->in_hand == 0 || !thread_.joinable()) return;
        ++state_->left;
        state_->in_hand = 0;
        thread_.detach();
    }
    begin();
}

bool LogQueue::end(std::chrono::milliseconds limit) {
    {
        const std::lock_guard lock(state_->mutex);
        if (state_->given_up) return state_->ended && state_->left == 0;
        if (!thread_.joinable() && state_->waiting.empty()) return state_->left == 0;
    }
    begin();
    std::unique_lock lock(state_->mutex);
    state_->ending = true;
    state_->more.notify_all();
    if (state_->less.wait_for(lock, limit, [&] { return state_->ended; })) {
        const bool alone = state_->left == 0;
        lock.unlock();
        thread_.join();
        return alone;
    }
    state_->given_up = true;
    thread_.detach();
    return false;
}

LogCounts LogQueue::counts() const {
    const std::lock_guard lock(state_->mutex);
    return state_->counts;
}

void LogQueue::log(const spdlog::details::log_msg& message) {
    Line line(message); // allocates, so outside the lock
    {
        const std::lock_guard lock(state_->mutex);
        ++state_->counts.lines;
        state_->bytes += bytes_of(line);
        state_->waiting.push_back(std::move(line));
        while (state_->bytes > bytes_max) {
            state_->take();
            ++state_->untold;
            ++state_->counts.behind;
        }
    }
    state_->more.notify_one();
}

void LogQueue::set_pattern(const std::string& pattern) {
    state_->behind->set_pattern(pattern);
}

void LogQueue::set_formatter(std::unique_ptr<spdlog::formatter> formatter) {
    state_->behind->set_formatter(std::move(formatter));
}

} // namespace visor::control
