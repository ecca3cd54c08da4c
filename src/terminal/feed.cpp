#include "terminal/feed.hpp"

#include <algorithm>
#include <chrono>
#include <fcntl.h>
#include <unistd.h>

namespace visor::terminal {

namespace {

constexpr std::chrono::seconds interval{1};
constexpr size_t kept_news = 30; // while nobody takes them, as when a terminal holds its output

int64_t now_ms() {
    const auto now = std::chrono::system_clock::now().time_since_epoch();
    return std::chrono::duration_cast<std::chrono::milliseconds>(now).count();
}

Result<client::Picture> without_policy(const std::string& source) {
    client::Picture picture;
    picture.agent = source;
    picture.taken_ms = now_ms();
    return picture;
}

} // namespace

Feed::Feed(client::Source& source) : source_(source) {
    if (pipe2(pipe_, O_CLOEXEC | O_NONBLOCK) != 0) pipe_[0] = pipe_[1] = -1;
    thread_ = std::thread([this] { loop(); });
}

Feed::~Feed() {
    {
        const std::lock_guard lock(mutex_);
        stop_ = true;
    }
    changed_.notify_one();
    source_.give_up();
    thread_.join();
    for (const int fd : pipe_)
        if (fd >= 0) close(fd);
}

void Feed::want(const std::string& policy, uint32_t minutes) {
    {
        const std::lock_guard lock(mutex_);
        if (asked_ && wanted_ == Wanted{policy, minutes}) return;
        wanted_ = {policy, minutes};
        asked_ = true;
    }
    changed_.notify_one();
}

std::vector<News> Feed::take() {
    char byte = 0;
    while (read(pipe_[0], &byte, 1) > 0) {
    }
    const std::lock_guard lock(mutex_);
    return std::exchange(news_, {});
}

void Feed::tell(News news) {
    {
        const std::lock_guard lock(mutex_);
        if (news_.size() == kept_news) news_.erase(news_.begin());
        news_.push_back(std::move(news));
    }
    const char byte = 0;
    [[maybe_unused]] const auto written = write(pipe_[1], &byte, 1); // full: there is news to be read already
}

Result<client::Picture> Feed::look(const Wanted& wanted) {
    auto policies = source_.policies();
    if (!policies) return Error{policies.error()};
    policies_ = std::move(*policies);
    const bool known = std::find(policies_.begin(), policies_.end(), wanted.policy) != policies_.end();
    const std::string* name = known ? &wanted.policy : client::usual_policy(policies_);
    return name ? source_.look(*name, wanted.minutes) : without_policy(source_.identity());
}

News Feed::news_of(const Wanted& wanted) {
    News news;
    try {
        auto picture = look(wanted);
        if (picture)
            news.picture = std::make_shared<const client::Picture>(std::move(*picture));
        else
            news.error = picture.error();
    } catch (const std::exception& error) { // want of memory, or a library's last word: the screen goes on
        news.error = error.what();
    }
    news.policies = policies_;
    news.at_ms = now_ms();
    return news;
}

void Feed::loop() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return stop_ || asked_; });
    auto next = std::chrono::steady_clock::now();
    while (!stop_) {
        const Wanted wanted = wanted_;
        lock.unlock();
        News news = news_of(wanted);
        const bool done = news.picture && !source_.live(); // stays as it is until something else is wanted
        tell(std::move(news));
        lock.lock();
        next = std::max(next + interval, std::chrono::steady_clock::now());
        const auto other = [&] { return stop_ || wanted_ != wanted; };
        if (done)
            changed_.wait(lock, other);
        else if (changed_.wait_until(lock, next, other))
            next = std::chrono::steady_clock::now();
    }
}

} // namespace visor::terminal
