#include "engine/shared_plan.hpp"

#include <gtest/gtest.h>

namespace visor::engine {
namespace {

const HandlerClass one{"one", "1.0", nullptr, nullptr, {}, nullptr};
const HandlerClass other{"one", "2.0", nullptr, nullptr, {}, nullptr};

PlannedHandler handler(std::string name, const HandlerClass& type = one) {
    PlannedHandler made;
    made.name = std::move(name);
    made.handler = &type;
    return made;
}

PlannedPolicy policy(std::string name, std::vector<PlannedHandler> handlers, bool chain = false) {
    PlannedPolicy made;
    made.name = std::move(name);
    made.chain = chain;
    made.handlers = std::move(handlers);
    return made;
}

// A view for each handler of the plan, with figures of its own.
std::vector<PolicyView> views_of(const Plan& plan) {
    std::vector<PolicyView> views;
    uint32_t number = 0;
    for (const PlannedPolicy& planned_policy : plan.policies) {
        std::vector<HandlerView> handlers;
        for (const PlannedHandler& planned : planned_policy.handlers) {
            handlers.emplace_back();
            handlers.back().plan = &planned;
            handlers.back().periods = ++number;
        }
        views.push_back(policy_view(planned_policy, std::move(handlers)));
    }
    return views;
}

TEST(SharedPlan, EqualHandlersAreDoneOnce) {
    Plan all;
    all.policies = {policy("a", {handler("a-1"), handler("a-2", other)}),
                    policy("b", {handler("b-2", other), handler("b-1")})};
    const SharedPlan shared(all);
    ASSERT_EQ(shared.plan().policies.size(), 2u);
    EXPECT_EQ(shared.plan().policies[0].handlers.size(), 2u);
    EXPECT_EQ(shared.plan().policies[1].handlers.size(), 0u);
    const auto views = shared.views(views_of(shared.plan()));
    ASSERT_EQ(views.size(), 2u);
    EXPECT_EQ(views[1].plan->name, "b");
    ASSERT_EQ(views[1].handlers.size(), 2u);
    EXPECT_EQ(views[1].handlers[0].plan->name, "b-2");
    EXPECT_EQ(views[1].handlers[0].periods, views[0].handlers[1].periods);
    EXPECT_EQ(views[1].handlers[1].plan->name, "b-1");
    EXPECT_EQ(views[1].handlers[1].periods, views[0].handlers[0].periods);
}

// Each differs from the first in one thing.
TEST(SharedPlan, OthersAreNot) {
    std::vector<PlannedHandler> all = {handler("first"),   handler("class", other), handler("groups"),
                                       handler("percent"), handler("values"),       handler("periods")};
    all[2].config.groups = 1;
    all[3].config.deep_sample_rate = 50;
    all[4].config.values.set_bool("only_queries", true);
    all[5].window.periods = all[0].window.periods + 1;
    Plan plan;
    for (const PlannedHandler& one_of : all) plan.policies.push_back(policy(one_of.name, {one_of}));
    const SharedPlan shared(plan);
    for (const PlannedPolicy& policy : shared.plan().policies)
        EXPECT_EQ(policy.handlers.size(), 1u) << policy.name;
}

TEST(SharedPlan, EqualHandlersOfOnePolicyToo) {
    Plan all;
    all.policies = {policy("a", {handler("a-1"), handler("a-2")})};
    const SharedPlan shared(all);
    EXPECT_EQ(shared.plan().policies[0].handlers.size(), 1u);
    const auto views = shared.views(views_of(shared.plan()));
    EXPECT_EQ(views[0].handlers[1].plan->name, "a-2");
}

TEST(SharedPlan, ChainsStayAsTheyAre) {
    Plan all;
    all.policies = {policy("a", {handler("a-1"), handler("a-2")}, true), policy("b", {handler("b-1")}),
                    policy("c", {handler("c-1"), handler("c-2")}, true), policy("d", {handler("d-1")})};
    const SharedPlan shared(all);
    const auto done = [&](size_t p) { return shared.plan().policies[p].handlers.size(); };
    EXPECT_EQ(done(0), 2u);
    EXPECT_EQ(done(1), 1u) << "what a chain's handler gets is not what others get";
    EXPECT_EQ(done(2), 2u);
    EXPECT_EQ(done(3), 0u);
    const auto views = shared.views(views_of(shared.plan()));
    EXPECT_EQ(views[3].handlers[0].periods, views[1].handlers[0].periods);
}

} // namespace
} // namespace visor::engine
