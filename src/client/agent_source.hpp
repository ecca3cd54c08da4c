// Pictures of an agent, of this version or an earlier one.
//
// What it can is found out at the first question and when it was started anew: whether it tells of its
// policies (3.3 and later) and serves its schema (5 and later). One that keeps fewer minutes than asked for
// is asked for those it keeps. Threads: one at a time. Owns: its transport.
#pragma once

#include "client/answers.hpp"
#include "client/source.hpp"
#include "client/transport.hpp"

#include <memory>
#include <optional>

namespace visor::client {

class AgentSource final : public Source {
public:
    explicit AgentSource(std::unique_ptr<Transport> transport) : transport_(std::move(transport)) {}

    Result<std::vector<std::string>> policies() override;
    Result<Picture> look(std::string_view policy, uint32_t minutes) override;
    std::string identity() const override { return transport_->url(); }
    bool live() const override { return true; }
    void give_up() override { transport_->give_up(); }

    Result<AppInfo> app();
    Result<std::vector<PolicyInfo>> policy_infos(); // of one that tells of none: its one policy alone
    Result<std::vector<TapInfo>> taps();
    Transport& transport() { return *transport_; }

private:
    // An answer's status is 200, or among the others; a transport's fault is an error, as is what is no JSON.
    struct Told {
        int status = 0;
        nlohmann::json json; // with 200
        std::string error;   // otherwise
    };
    Result<Told> get(const std::string& path);
    Result<nlohmann::json> must_get(const std::string& path);
    Result<AppInfo> acquaint();
    Result<Picture> minutes_of(const std::string& policy, uint32_t minutes);
    Error no_such_policy(const std::string& policy);
    const std::string& tap_of(const std::string& policy);

    std::unique_ptr<Transport> transport_;
    bool known_ = false; // what follows is of the agent that runs now
    AppInfo app_;
    bool flat_ = false;
    Schemas schemas_;
    std::string tap_, tap_policy_;
    unsigned tap_looks_ = 0; // since it was asked for
};

} // namespace visor::client
