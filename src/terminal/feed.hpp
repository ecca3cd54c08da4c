// Asks the source once a second, in a thread of its own, and tells a file descriptor when there is news.
//
// Threads: want() and take() by one thread, which may wait on fd(); the source is asked by the feed's own. It
// ends with the feed, which has the source give up the look that is under way. Owns: the news of the last
// half minute, until they are taken.
#pragma once

#include "client/source.hpp"

#include <atomic>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace visor::terminal {

// What came of a look: a picture, empty where there is no policy, or an error.
struct News {
    std::shared_ptr<const client::Picture> picture;
    std::vector<std::string> policies;
    std::string error;
    int64_t at_ms = 0; // unix time
};

class Feed {
public:
    explicit Feed(client::Source& source);
    ~Feed();
    Feed(const Feed&) = delete;
    Feed& operator=(const Feed&) = delete;

    // Of a policy that is not there, or none, what is usual is shown. Looks at once when that is something
    // else than before.
    void want(const std::string& policy, uint32_t minutes);
    std::vector<News> take(); // all there is since it was last called, the oldest first
    int fd() const { return pipe_[0]; }

private:
    struct Wanted {
        std::string policy;
        uint32_t minutes = 1;
        bool operator==(const Wanted&) const = default;
    };

    void loop();
    Result<client::Picture> look(const Wanted& wanted);
    News news_of(const Wanted& wanted);
    void tell(News news);

    client::Source& source_;
    int pipe_[2] = {-1, -1};
    std::mutex mutex_; // of what follows, to thread_
    std::condition_variable changed_;
    Wanted wanted_;
    bool asked_ = false, stop_ = false;
    std::vector<News> news_;
    std::vector<std::string> policies_; // as last told; the thread's own
    std::thread thread_;
};

} // namespace visor::terminal
