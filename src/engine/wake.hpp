// Ends another thread's poll(): a descriptor that becomes readable when somebody calls wake().
//
// Threads: wake() from any; clear() and fd() belong to the thread that polls. Owns: a pipe.
#pragma once

namespace visor::engine {

class Wake {
public:
    Wake();
    Wake(const Wake&) = delete;
    Wake& operator=(const Wake&) = delete;
    ~Wake();
    void wake() const;
    void clear() const;
    int fd() const { return read_; }
    // Waits until woken, at most so long; true when it was.
    bool wait(int wait_ms) const;

private:
    int read_ = -1, write_ = -1;
};

} // namespace visor::engine
