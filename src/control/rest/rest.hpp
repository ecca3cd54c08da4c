// The agent over HTTP: which path answers what, who may change something, and what errors are called.
//
// Reading is open to whoever reaches the server. What changes taps or policies exists only with the admin
// interface switched on, and then is guarded: the Host must be one of ours, no page of another site may ask,
// a token or client certificate must be shown where one is configured, and the body must say that it is YAML
// or JSON. Threads: a Rest is called by several at once; between two requests it keeps only what is watched.
// Owns: its routes; the agent outlives it.
#pragma once

#include "control/agent/agent.hpp"
#include "control/http/guard.hpp"
#include "control/http/router.hpp"
#include "control/rest/live_feed.hpp"

#include <chrono>
#include <functional>
#include <string>

namespace visor::sinks {
struct RouteInfo;
}

namespace visor::control {

struct RestSettings {
    std::string version;
    std::string prom_instance; // label of every sample; empty: none
    bool admin = false;
    std::string token;                      // asked for when not empty
    bool client_certificate_needed = false; // for changes
    std::string bound_host = "localhost";
    std::function<void()> stop;                     // what DELETE /api/v1/server does
    std::function<void(const std::string&)> notice; // told what of a document that was taken has no effect
};

struct Route;
struct ScrapeOptions;
struct Routes; // where they are listed

// Names and texts that clients know.
inline constexpr std::string_view all_policies = "__all", default_policy = "default";
inline constexpr std::string_view no_policy = "policy does not exist"; // of its metrics
inline constexpr std::string_view no_such_policy = "policy does not exists",
                                  no_such_tap = "tap does not exists";

class Rest {
public:
    Rest(Agent& agent, RestSettings settings);
    http::Response operator()(const http::Request& request) const { return router_(request); }
    std::vector<std::string> routes() const { return router_.routes(); }
    using Call = http::Response (Rest::*)(const http::Request&, const http::PathValues&) const;

private:
    friend struct Routes;
    std::optional<http::Response> refused(const sinks::RouteInfo& route, const http::Request& request) const;
    void tell_notices(const Document& document) const;

    http::Response page(const http::Request&, const http::PathValues&) const;
    http::Response asset(const http::Request&, const http::PathValues&) const;
    http::Response app(const http::Request&, const http::PathValues&) const;
    http::Response rates(const http::Request&, const http::PathValues&) const;
    http::Response alive(const http::Request&, const http::PathValues&) const;
    http::Response ready(const http::Request&, const http::PathValues&) const;
    http::Response old_bucket(const http::Request&, const http::PathValues&) const;
    http::Response old_window(const http::Request&, const http::PathValues&) const;
    http::Response schema(const http::Request&, const http::PathValues&) const;
    http::Response openapi(const http::Request&, const http::PathValues&) const;
    http::Response scraped(const http::Request& request, const std::vector<PolicyPointer>& policies,
                           ScrapeOptions options) const;
    http::Response prometheus_default(const http::Request&, const http::PathValues&) const;
    http::Response bucket(const http::Request&, const http::PathValues&) const;
    http::Response window(const http::Request&, const http::PathValues&) const;
    http::Response prometheus(const http::Request&, const http::PathValues&) const;
    http::Response live(const http::Request&, const http::PathValues&) const;

    http::Response taps(const http::Request&, const http::PathValues&) const;
    http::Response tap(const http::Request&, const http::PathValues&) const;
    http::Response add_tap(const http::Request&, const http::PathValues&) const;
    http::Response put_tap(const http::Request&, const http::PathValues&) const;
    http::Response delete_tap(const http::Request&, const http::PathValues&) const;
    http::Response policies(const http::Request&, const http::PathValues&) const;
    http::Response planned_reply(const Document& document) const; // its policy, as it would be
    http::Response policy(const http::Request&, const http::PathValues&) const;
    http::Response add_policy(const http::Request&, const http::PathValues&) const;
    http::Response put_policy(const http::Request&, const http::PathValues&) const;
    http::Response delete_policy(const http::Request&, const http::PathValues&) const;
    http::Response stop_server(const http::Request&, const http::PathValues&) const;

    Agent& agent_;
    RestSettings settings_;
    const std::unique_ptr<LiveFeeds> feeds_;
    http::HostGuard hosts_;
    std::string openapi_; // rendered once
    http::Router router_;
    const std::chrono::steady_clock::time_point started_ = std::chrono::steady_clock::now();
    const double started_s_ = static_cast<double>(engine::wall_clock_ns()) / 1e9;
};

} // namespace visor::control
