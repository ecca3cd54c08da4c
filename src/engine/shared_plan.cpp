#include "engine/shared_plan.hpp"

namespace visor::engine {

namespace {
bool same(const PlannedHandler& a, const PlannedHandler& b) {
    return a.handler == b.handler && a.config.groups == b.config.groups &&
           a.config.deep_sample_rate == b.config.deep_sample_rate && a.config.values == b.config.values &&
           a.window.periods == b.window.periods;
}
} // namespace

// What a chain's handler gets depends on the ones before it: chains stay as they are.
SharedPlan::SharedPlan(const Plan& all) : all_(all) {
    for (const PlannedPolicy& policy : all.policies) {
        once_.policies.push_back(policy);
        once_.policies.back().handlers.clear();
        std::vector<Place> places;
        for (const PlannedHandler& handler : policy.handlers) {
            const auto before = policy.chain ? std::nullopt : place_of(handler);
            places.push_back(
                before.value_or(Place{once_.policies.size() - 1, once_.policies.back().handlers.size()}));
            if (!before) once_.policies.back().handlers.push_back(handler);
        }
        places_.push_back(std::move(places));
    }
}

// Of one that is equal.
std::optional<SharedPlan::Place> SharedPlan::place_of(const PlannedHandler& handler) const {
    for (size_t p = 0; p < once_.policies.size(); ++p)
        for (size_t h = 0; h < once_.policies[p].handlers.size(); ++h)
            if (!once_.policies[p].chain && same(once_.policies[p].handlers[h], handler)) return Place{p, h};
    return {};
}

std::vector<PolicyView> SharedPlan::views(const std::vector<PolicyView>& once) const {
    std::vector<PolicyView> views;
    for (size_t p = 0; p < all_.policies.size(); ++p) {
        std::vector<HandlerView> handlers;
        for (size_t h = 0; h < places_[p].size(); ++h) {
            const auto [policy, handler] = places_[p][h];
            handlers.push_back(once[policy].handlers[handler]);
            handlers.back().plan = &all_.policies[p].handlers[h];
        }
        views.push_back(policy_view(all_.policies[p], std::move(handlers)));
    }
    return views;
}

} // namespace visor::engine
