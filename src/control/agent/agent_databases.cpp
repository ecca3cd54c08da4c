#include "control/agent/agent.hpp"
#include "control/plan.hpp"

namespace visor::control {

const std::shared_ptr<const Databases>& Agent::databases_for(const PolicyConfig& policy) const {
    return uses_places(policy) ? databases_ : without_places_;
}

Trouble Agent::replace_databases(std::shared_ptr<const Databases> databases) {
    const std::lock_guard lock(mutex_);
    std::vector<const engine::LivePolicy*> asking;
    for (const auto& [name, policy] : policies_)
        if (uses_places(policy->config))
            for (const auto& on_tap : policy->taps) asking.push_back(on_tap.live.get());
    if (const auto error = engine_.replace_databases(asking, databases->services(key_), databases))
        return Refusal{{error->text}, RefusalKind::unavailable};
    databases_ = std::move(databases);
    without_places_ = databases_->without_places();
    return {};
}

} // namespace visor::control
