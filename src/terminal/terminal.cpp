#include "terminal/terminal.hpp"

#include "terminal/curses.hpp"
#include "terminal/feed.hpp"
#include "terminal/screen.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

namespace visor::terminal {

namespace {

// Signals as bytes to read, so that nothing but a write happens where they interrupt. One at a time.
class Signals {
public:
    Signals() {
        if (pipe2(pipe_, O_CLOEXEC | O_NONBLOCK) != 0) pipe_[0] = pipe_[1] = -1;
        to = pipe_[1];
        struct sigaction action {};
        action.sa_handler = [](int number) {
            const int kept = errno;
            const auto byte = static_cast<char>(number);
            [[maybe_unused]] const auto written = write(to, &byte, 1);
            errno = kept;
        };
        action.sa_flags = SA_RESTART;
        for (size_t i = 0; i < numbers.size(); ++i) sigaction(numbers[i], &action, &before_[i]);
    }
    ~Signals() {
        for (size_t i = 0; i < numbers.size(); ++i) sigaction(numbers[i], &before_[i], nullptr);
        for (const int fd : pipe_)
            if (fd >= 0) close(fd);
    }
    Signals(const Signals&) = delete;
    Signals& operator=(const Signals&) = delete;

    int fd() const { return pipe_[0]; }
    int next() { // 0: none
        char byte = 0;
        return read(pipe_[0], &byte, 1) == 1 ? byte : 0;
    }
    // As if the signal had not been handled: returns once the process goes on.
    static void stop() {
        struct sigaction plain {
        }, ours{};
        plain.sa_handler = SIG_DFL;
        sigaction(SIGTSTP, &plain, &ours);
        raise(SIGTSTP);
        sigaction(SIGTSTP, &ours, nullptr);
    }

private:
    static constexpr std::array<int, 6> numbers = {SIGINT, SIGTERM, SIGHUP, SIGTSTP, SIGCONT, SIGWINCH};
    static inline int to = -1;
    int pipe_[2] = {-1, -1};
    std::array<struct sigaction, numbers.size()> before_{};
};

int64_t now_ms() {
    const auto now = std::chrono::system_clock::now().time_since_epoch();
    return std::chrono::duration_cast<std::chrono::milliseconds>(now).count();
}

bool no_colour_wanted() {
    const char* value = std::getenv("NO_COLOR");
    return value && *value;
}

class Session {
public:
    Session(client::Source& source, const Options& options, Signals& signals, Curses& curses)
        : signals_(signals), curses_(curses), feed_(source) {
        look_.utf8 = !options.ascii && sinks::utf8_locale();
        link_.identity = source.identity();
        link_.live = source.live();
        view_.policy = options.policy;
        view_.minutes = options.minutes;
        const auto names = theme_names();
        const auto named = std::find(names.begin(), names.end(), options.theme);
        if (named != names.end()) view_.theme = static_cast<size_t>(named - names.begin());
        feed_.want(view_.policy, view_.minutes);
    }

    int run() {
        bool redraw = true;
        while (!view_.quit && ended_by_ == 0) {
            if (redraw) paint();
            redraw = wait();
        }
        return ended_by_ ? 128 + ended_by_ : 0;
    }

private:
    void paint() {
        const auto [width, height] = curses_.size();
        frame_ = draw({picture_.get(), link_, history_, view_, now_ms(), look_}, width, height);
        curses_.show(frame_.grid, view_.theme);
    }

    // Until there is something new; whether that is to be seen.
    bool wait() {
        constexpr int clock_ms = 1000; // how long a connection is lost goes on being told
        std::array<pollfd, 3> fds = {
            {{STDIN_FILENO, POLLIN, 0}, {signals_.fd(), POLLIN, 0}, {feed_.fd(), POLLIN, 0}}};
        if (poll(fds.data(), fds.size(), clock_ms) == 0) return link_.lost_ms != 0;
        bool changed = false;
        while (const int number = signals_.next()) {
            signal(number);
            changed = true;
        }
        changed |= keys();
        if (fds[2].revents) changed |= news();
        if (fds[0].revents & (POLLHUP | POLLERR | POLLNVAL)) ended_by_ = SIGHUP;
        return changed;
    }

    void signal(int number) {
        switch (number) {
        case SIGWINCH:
            return curses_.resize();
        case SIGTSTP:
            curses_.leave();
            Signals::stop();
            return curses_.enter();
        case SIGCONT: // after a stop that could not be seen coming
            return curses_.enter();
        default:
            ended_by_ = number;
        }
    }

    bool keys() {
        bool any = false;
        while (const auto input = curses_.read()) {
            const bool paused = view_.paused;
            apply(view_, *input, frame_);
            any = true;
            if (paused && !view_.paused) picture_ = newest_;
            // Keys that follow go by what they did so far.
            const auto [width, height] = curses_.size();
            frame_ = draw({picture_.get(), link_, history_, view_, now_ms(), look_}, width, height);
        }
        feed_.want(view_.policy, view_.minutes);
        return any;
    }

    bool news() {
        for (News& one : feed_.take()) {
            if (!one.policies.empty() || one.picture) link_.policies = std::move(one.policies);
            link_.error = one.error;
            if (!one.picture) {
                if (link_.lost_ms == 0) link_.lost_ms = one.at_ms;
                continue;
            }
            link_.lost_ms = 0;
            history_.add(*one.picture);
            newest_ = std::move(one.picture);
            if (view_.policy.empty()) view_.policy = newest_->policy; // empty when there is none yet
            if (!view_.paused) picture_ = newest_;
        }
        return true;
    }

    Signals& signals_;
    Curses& curses_;
    Look look_{false, true};
    Link link_;
    History history_;
    View view_;
    Frame frame_;
    std::shared_ptr<const client::Picture> picture_, newest_; // shown; last come
    int ended_by_ = 0;
    Feed feed_;
};

} // namespace

int run(client::Source& source, const Options& options) {
    Signals signals; // before the terminal, so that it is given back before they are
    auto curses = Curses::open(!options.monochrome && !no_colour_wanted(), options.mouse);
    if (!curses) {
        std::fprintf(stderr, "no live screens: %s\n", curses.error().c_str());
        return 1;
    }
    Session session(source, options, signals, **curses);
    const int status = session.run();
    (*curses)->leave(); // at once: the look that is under way may take a moment to end
    return status;
}

} // namespace visor::terminal
