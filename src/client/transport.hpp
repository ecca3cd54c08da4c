// Asking an agent over HTTP. Threads: a transport is for one thread at a time. Format: RFC 9110.
#pragma once

#include "base/result.hpp"

#include <memory>
#include <string>
#include <string_view>

namespace visor::client {

struct Question {
    std::string method = "GET";
    std::string path;                              // with what follows '?'
    std::string body, type = "application/x-yaml"; // of a change
};

struct Answer {
    int status = 0;
    std::string body;
    std::string location; // where it points to when it is a redirection, which is not followed
};

class Transport {
public:
    virtual ~Transport() = default;
    // Error: no answer came, and why.
    virtual Result<Answer> ask(const Question& question) = 0;
    virtual std::string url() const = 0; // "http://localhost:10853"
    // By any thread: a question under way, and every later one, ends within a second with an error.
    virtual void give_up() {}
};

struct HttpSettings {
    std::string host = "localhost";
    uint16_t port = 10853;
    bool tls = false;
    bool verify = true;  // with TLS: that the certificate is a trusted one, and of this host
    std::string ca_file; // PEM: trust what this signed instead; empty: what the system trusts
    std::string token;   // shown with every question when not empty
    int timeout_ms = 5000;
};

// An IPv6 address may stand in brackets, as in a URL: without them.
std::string bare_host(const std::string& host);

// Over libcurl: the connection is kept, no proxy is used whatever the environment says, nothing is
// redirected, and an answer has its limits in time and size. Error: the host is none.
Result<std::unique_ptr<Transport>> http_transport(const HttpSettings& settings);

// What an answer other than 200 says: its {"error": ...}, or its status.
std::string said(const Answer& answer);

// For use inside a path: whatever is not a letter, a digit or one of -._~ as %XX.
std::string path_escaped(std::string_view name);

} // namespace visor::client
