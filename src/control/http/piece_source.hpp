// A body that is made while it is sent, such as one of events: it has no length, and ends when its source
// says so or the server stops.
// Threads: one at a time, whichever of the server's is free. Owns: nothing here.
#pragma once

#include <chrono>
#include <memory>
#include <string>

namespace visor::http {

class PieceSource {
public:
    struct Next {
        std::shared_ptr<const std::string> piece{}; // null: there is none yet
        std::chrono::nanoseconds wait{};            // then it is asked for again after that
        bool last = false;                          // nothing comes behind it
    };

    virtual ~PieceSource() = default;
    // What is to be sent now. It is asked for when all before it was sent: what a slow reader missed
    // meanwhile may be left out.
    virtual Next next() = 0;
};

} // namespace visor::http
