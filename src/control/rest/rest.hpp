// The agent over HTTP: which path answers what, who may change something, and what errors are called.
//
// Reading is open to whoever reaches the server. What changes taps or policies exists only with the admin
// interface switched on, and then is guarded: the Host must be one of ours, no page of another site may ask,
// a token or client certificate must be shown where one is configured, and the body must say that it is YAML
// or JSON. Threads: a Rest is called by several at once; it keeps nothing between two requests. Owns: its
// routes; the agent outlives it.
#pragma once

#include "control/agent/agent.hpp"
#include "control/http/guard.hpp"
#include "control/http/router.hpp"

#include <chrono>
#include <functional>
#include <string>

namespace visor::control {

struct RestSettings {
    std::string version;
    std::string prom_instance; // label of every sample; empty: none
    bool admin = false;
    std::string token;                      // asked for when not empty
    bool client_certificate_needed = false; // for changes
    std::string bound_host = "localhost";
    std::function<void()> stop; // what DELETE /api/v1/server does
};

class Rest {
public:
    Rest(Agent& agent, RestSettings settings);
    http::Response operator()(const http::Request& request) const { return router_(request); }
    std::vector<std::string> routes() const { return router_.routes(); }

private:
    using Call = http::Response (Rest::*)(const http::Request&, const http::PathValues&) const;
    void get(std::string_view pattern, Call call);
    void change(std::string method, std::string_view pattern, Call call);
    void add_metric_routes();
    void add_object_routes();
    std::optional<http::Response> refused(const http::Request& request) const;

    http::Response app(const http::Request&, const http::PathValues&) const;
    http::Response rates(const http::Request&, const http::PathValues&) const;
    http::Response alive(const http::Request&, const http::PathValues&) const;
    http::Response ready(const http::Request&, const http::PathValues&) const;
    http::Response old_bucket(const http::Request&, const http::PathValues&) const;
    http::Response old_window(const http::Request&, const http::PathValues&) const;
    http::Response prometheus_default(const http::Request&, const http::PathValues&) const;
    http::Response bucket(const http::Request&, const http::PathValues&) const;
    http::Response window(const http::Request&, const http::PathValues&) const;
    http::Response prometheus(const http::Request&, const http::PathValues&) const;

    http::Response taps(const http::Request&, const http::PathValues&) const;
    http::Response tap(const http::Request&, const http::PathValues&) const;
    http::Response add_tap(const http::Request&, const http::PathValues&) const;
    http::Response put_tap(const http::Request&, const http::PathValues&) const;
    http::Response delete_tap(const http::Request&, const http::PathValues&) const;
    http::Response policies(const http::Request&, const http::PathValues&) const;
    http::Response policy(const http::Request&, const http::PathValues&) const;
    http::Response add_policy(const http::Request&, const http::PathValues&) const;
    http::Response put_policy(const http::Request&, const http::PathValues&) const;
    http::Response delete_policy(const http::Request&, const http::PathValues&) const;
    http::Response stop_server(const http::Request&, const http::PathValues&) const;

    Agent& agent_;
    RestSettings settings_;
    http::HostGuard hosts_;
    http::Router router_;
    std::chrono::steady_clock::time_point started_ = std::chrono::steady_clock::now();
};

} // namespace visor::control
