// Where pictures come from: an agent over HTTP, or captures read through the engine. Threads: a source is
// asked by one thread at a time. A look at an agent waits for its answer, at most some seconds.
#pragma once

#include "base/result.hpp"
#include "client/picture.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace visor::client {

class Source {
public:
    virtual ~Source() = default;

    // Names in the order the source tells them in. One that knows a single policy tells that one.
    virtual Result<std::vector<std::string>> policies() = 0;

    // What `policy` counted in its newest `minutes` minutes, with the one that is being filled; 1 is that one
    // alone. A source that holds fewer shows as many as it has, and the picture says how many.
    virtual Result<Picture> look(std::string_view policy, uint32_t minutes) = 0;

    // What to call it before it was first looked at: "http://localhost:10853", or the names of files.
    virtual std::string identity() const = 0;

    // Whether another look may show something else. A capture is read once and stays as it is.
    virtual bool live() const = 0;

    // By any thread: what is under way, and whatever is asked from now on, need not be answered.
    virtual void give_up() {}
};

// What to show of a source when nothing else was asked for: "default", or the first, of an input's resources
// last. Null: there is none.
const std::string* usual_policy(const std::vector<std::string>& names);

} // namespace visor::client
