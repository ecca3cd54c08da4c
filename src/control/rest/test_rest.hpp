// An agent and what serves it, asked without a socket.
#pragma once

#include "control/rest/rest.hpp"

#include <gtest/gtest.h>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>

namespace visor::control {

using nlohmann::json;

inline const std::string policy_yaml =
    "visor: {policies: {p: {kind: collection, input: {tap: t, input_type: pcap}, "
    "handlers: {modules: {n: {type: net}}}}}}";
inline const std::string tap_yaml = "visor: {taps: {t: {input_type: pcap, config: {pcap_source: mock}}}}";

class RestTest : public ::testing::Test {
protected:
    RestTest() : agent_({}, [](engine::TapEvent, const std::string&) {}) {
        settings_.version = "9.8.7";
        settings_.stop = [this] { ++stops_; };
    }
    void with_policy() {
        for (const auto& [yaml, kind] :
             {std::pair{tap_yaml, DocumentKind::tap}, {policy_yaml, DocumentKind::policy}}) {
            const auto document = agent_.parse(yaml, kind);
            ASSERT_TRUE(document);
            ASSERT_FALSE(agent_.add(*document));
        }
    }
    static http::Request request(const std::string& method, const std::string& path,
                                 const std::string& body = {}) {
        http::Request request;
        request.method = method;
        request.path = path;
        request.host = "localhost:10853";
        request.body = body;
        if (!body.empty()) request.headers.emplace_back("Content-Type", "application/x-yaml");
        return request;
    }
    http::Response ask(const http::Request& request) {
        if (!rest_) rest_ = std::make_unique<Rest>(agent_, settings_);
        return (*rest_)(request);
    }
    http::Response get(const std::string& path) { return ask(request("GET", path)); }
    static json json_of(const http::Response& reply) { return json::parse(reply.text()); }

    Agent agent_;
    RestSettings settings_;
    std::unique_ptr<Rest> rest_;
    int stops_ = 0;
};

} // namespace visor::control
