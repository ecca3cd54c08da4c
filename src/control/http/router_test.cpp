#include "control/http/router.hpp"

#include <gtest/gtest.h>

namespace visor::http {

namespace {

Router test_router() {
    Router router;
    const auto add = [&](const char* method, const char* pattern) {
        router.add(method, pattern,
                   [text = std::string(pattern)](const Request& request, const PathValues& values) {
                       return Response(200, "text/plain",
                                       request.method + " " + text + " " + std::string(values["name"]) + " " +
                                           std::string(values["n"]));
                   });
    };
    add("GET", "/");
    add("GET", "/metrics");
    add("GET", "/api/v1/policies/{name:word}/metrics/window/{n:number}");
    add("GET", "/api/v1/policies/{name:word}");
    add("DELETE", "/api/v1/policies/{name:word}");
    add("GET", "/api/v1/policies/__all/metrics/window/{n:number}");
    add("GET", "/files/{name}");
    add("GET", "/files/{n:number}");
    return router;
}

std::string ask(const Router& router, const char* method, std::string path) {
    Request request;
    request.method = method;
    request.path = std::move(path);
    const Response response = router(request);
    return response.status == 200 ? std::string(response.text()) : std::to_string(response.status);
}

} // namespace

TEST(Router, FindsThePatternAndWhatItCaptures) {
    const Router router = test_router();
    EXPECT_EQ(ask(router, "GET", "/"), "GET /  ");
    EXPECT_EQ(ask(router, "GET", "/metrics"), "GET /metrics  ");
    EXPECT_EQ(ask(router, "GET", "/api/v1/policies/my-net_1/metrics/window/15"),
              "GET /api/v1/policies/{name:word}/metrics/window/{n:number} my-net_1 15");
    EXPECT_EQ(ask(router, "DELETE", "/api/v1/policies/x"), "DELETE /api/v1/policies/{name:word} x ");
    EXPECT_EQ(ask(router, "HEAD", "/metrics"), "HEAD /metrics  ");
}

TEST(Router, AWordWinsOverACaptureWhateverTheOrderTheyWereAdded) {
    const Router router = test_router();
    EXPECT_EQ(ask(router, "GET", "/api/v1/policies/__all/metrics/window/2"),
              "GET /api/v1/policies/__all/metrics/window/{n:number}  2");
    EXPECT_EQ(ask(router, "GET", "/api/v1/policies/__all"), "GET /api/v1/policies/{name:word} __all ");
    EXPECT_EQ(ask(router, "GET", "/files/17"), "GET /files/{n:number}  17");
    EXPECT_EQ(ask(router, "GET", "/files/17a"), "GET /files/{name} 17a ");
}

TEST(Router, DecodesWhatItCaptures) {
    const Router router = test_router();
    EXPECT_EQ(ask(router, "GET", "/files/a%2Fb%20c+d"), "GET /files/{name} a/b c+d ");
    EXPECT_EQ(ask(router, "GET", "/api/v1/policies/%61bc"), "GET /api/v1/policies/{name:word} abc ");
    EXPECT_EQ(ask(router, "GET", "/%6Detrics"), "GET /metrics  ");
    EXPECT_EQ(ask(router, "GET", "/files/%zz"), "404");
    EXPECT_EQ(ask(router, "GET", "/files/%2"), "404");
}

TEST(Router, WhatIsNotThereIs404WithoutABody) {
    const Router router = test_router();
    for (const char* path :
         {"", "*", "metrics", "/metrics/", "//metrics", "/metricsx", "/api", "/files", "/files/",
          "/files/a/b", "/api/v1/policies/1x", "/api/v1/policies/a%20b", "/api/v1/policies/a/metrics/window/",
          "/api/v1/policies/a/metrics/window/-1", "/api/v1/policies/a/metrics/window/1/"})
        EXPECT_EQ(ask(router, "GET", path), "404") << path;
    EXPECT_EQ(ask(router, "POST", "/metrics"), "404");
    EXPECT_EQ(ask(router, "get", "/metrics"), "404");
    EXPECT_EQ(ask(Router(), "GET", "/"), "404");
    Request request;
    request.method = "PUT";
    request.path = "/metrics";
    EXPECT_EQ(router(request).body, nullptr);
}

TEST(Router, ListsItsRoutes) {
    Router router;
    router.add("GET", "/{name}", {});
    router.add("GET", "/a", {});
    EXPECT_EQ(router.routes(), (std::vector<std::string>{"GET /a", "GET /{name}"}));
}

} // namespace visor::http
