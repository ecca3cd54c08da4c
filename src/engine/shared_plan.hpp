// A plan in which what several policies ask for alike is done once: a handler of the same version with the
// same settings over the same frames has the same results, whatever policy it is of.
//
// Threads: immutable once made. Owns: the plan with each handler once; the one it was made of outlives it.
#pragma once

#include "engine/window.hpp"

#include <optional>
#include <vector>

namespace visor::engine {

class SharedPlan {
public:
    explicit SharedPlan(const Plan& all);

    const Plan& plan() const { return once_; }
    // Of all policies as planned, from those of plan().
    std::vector<PolicyView> views(const std::vector<PolicyView>& once) const;

private:
    // Where a handler is done.
    struct Place {
        size_t policy, handler;
    };
    std::optional<Place> place_of(const PlannedHandler& handler) const;

    const Plan& all_;
    Plan once_;
    std::vector<std::vector<Place>> places_; // by policy and handler of all_
};

} // namespace visor::engine
