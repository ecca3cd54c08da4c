#include "cmd/pktvisor-cli/captures.hpp"

#include "client/answers.hpp"
#include "client/shapes.hpp"
#include "cmd/common/reading.hpp"
#include "cmd/pktvisor-cli/printing.hpp"
#include "control/registry.hpp"
#include "sinks/json.hpp"
#include "sinks/schema_json.hpp"
#include "version.hpp"

#include <algorithm>
#include <chrono>
#include <map>

namespace visor::cmd {

using client::Picture;

namespace {

class Captures final : public client::Source {
public:
    Captures(std::string identity, std::vector<Picture> pictures)
        : identity_(std::move(identity)), pictures_(std::move(pictures)) {}

    Result<std::vector<std::string>> policies() override {
        std::vector<std::string> names;
        for (const Picture& picture : pictures_) names.push_back(picture.policy);
        return names;
    }
    Result<Picture> look(std::string_view policy, uint32_t) override {
        for (const Picture& picture : pictures_)
            if (picture.policy == policy) return picture;
        return Error{"no policy of " + identity_ + " is called '" + std::string(policy) + "'"};
    }
    std::string identity() const override { return identity_; }
    bool live() const override { return false; }

private:
    std::string identity_;
    std::vector<Picture> pictures_;
};

// A policy on several taps is planned once for each, and one answer.
struct Shown {
    nlohmann::json answer; // as an agent would give it
    std::string taps;
};
using ByPolicy = std::map<std::string, Shown>;

void add(const Reading& reading, ByPolicy& shown) {
    constexpr sinks::JsonOptions how{.charts = true, .seconds = client::seconds_max}; // it is looked at once
    for (const engine::PolicyView& view : reading.run->policies()) {
        const engine::PlannedPolicy& plan = *view.plan;
        Shown& policy = shown[plan.name];
        policy.taps += (policy.taps.empty() ? "" : ", ") + plan.tap;
        nlohmann::json& answer = policy.answer[plan.name];
        if (answer.is_null()) answer = nlohmann::json::object();
        for (const engine::HandlerView& handler : view.handlers)
            if (auto json = sinks::handler_json(handler, how); !json.empty())
                answer[handler.plan->name][std::string(handler.plan->handler->schema().key)] =
                    std::move(json);
        answer["ledger"][plan.tap] = sinks::ledger_json(reading.run->ledger());
    }
}

} // namespace

Result<std::unique_ptr<client::Source>> capture_source(CaptureOptions options) {
    auto jobs = make_jobs(options);
    if (!jobs) return Error{jobs.error()};
    const auto databases = load_databases(options, *jobs);
    if (!databases) return Error{databases.error()};
    const Services services = databases->services();
    const StopSignal stop = stop_on_signals();
    ByPolicy shown;
    std::string identity, trouble;
    for (Job& job : *jobs) {
        const auto reading = read_job(options, job, services, stop);
        if (!reading) return Error{reading.error()};
        identity = reading->source;
        if (!reading->trouble.empty() && reading->trouble != trouble) tell(reading->trouble);
        trouble = reading->trouble;
        add(*reading, shown);
        if (stop_signalled()) break;
    }
    const auto schemas = client::Schemas::read(sinks::metrics_schema_json(control::handler_classes()));
    if (!schemas) return Error{schemas.error()};
    std::vector<Picture> pictures;
    for (const auto& [name, policy] : shown) {
        auto picture = client::read_policy(policy.answer, name, *schemas);
        if (!picture) return Error{picture.error()};
        picture->agent = identity;
        picture->version = version_text;
        picture->tap = policy.taps;
        using namespace std::chrono;
        picture->taken_ms = duration_cast<milliseconds>(system_clock::now().time_since_epoch()).count();
        pictures.push_back(std::move(*picture));
    }
    return std::unique_ptr<client::Source>(std::make_unique<Captures>(identity, std::move(pictures)));
}

} // namespace visor::cmd
