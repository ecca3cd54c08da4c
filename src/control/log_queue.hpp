// A sink that never keeps those who log waiting: lines go into a bounded queue, and a thread writes them to
// another sink. Beyond the bound the oldest lines go; the gap is told where it is, once the next line can be
// written.
// Threads: whoever logs may; begin() and end() are for one. The writing thread begins with begin(), flush()
// or end(), and must not have begun when the process forks or gives up privileges. Owns: the queue, the
// thread and the sink behind it; a thread that is stuck in that sink keeps both alive.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <spdlog/sinks/sink.h>
#include <string>
#include <thread>

namespace visor::control {

struct LogCounts {
    uint64_t lines = 0;  // logged
    uint64_t behind = 0; // of them dropped, as the queue was full
    uint64_t failed = 0; // of them not written, as the sink threw
};

class LogQueue final : public spdlog::sinks::sink {
public:
    static constexpr size_t bytes_max = 1 << 20; // of lines that wait, with what keeps them
    static constexpr std::chrono::milliseconds patience{1000};

    explicit LogQueue(std::shared_ptr<spdlog::sinks::sink> behind);
    LogQueue(const LogQueue&) = delete;
    LogQueue& operator=(const LogQueue&) = delete;
    ~LogQueue() override; // ends

    void begin();
    // Whether all that was logged before is written, or counted as lost, within the limit.
    bool flush_within(std::chrono::milliseconds limit);
    // The same, and the thread is gone. False: it is stuck in the sink, for good as far as this queue goes.
    // The process may then only end without the destructors of what the sink uses: std::_Exit.
    bool end(std::chrono::milliseconds limit = patience);
    // From now on lines go to another sink. A thread that is stuck in the one before is left there, with the
    // line it has in hand; end() gives false then.
    void replace(std::shared_ptr<spdlog::sinks::sink> behind, std::chrono::milliseconds limit = patience);
    LogCounts counts() const;

    void log(const spdlog::details::log_msg& message) override;
    void flush() override { flush_within(patience); }
    void set_pattern(const std::string& pattern) override;
    void set_formatter(std::unique_ptr<spdlog::formatter> formatter) override;

private:
    struct State;
    static void write_all(State& state, unsigned thread);

    std::shared_ptr<State> state_;
    std::thread thread_;
};

} // namespace visor::control
