#include "control/http/guard.hpp"

#include "control/http/text.hpp"

#include <arpa/inet.h>
#include <openssl/crypto.h>
#include <openssl/sha.h>

namespace visor::http {

namespace {

struct Authority {
    std::string host;
    std::string_view port; // empty: that of the scheme
};

bool is_port(std::string_view text) {
    return text.size() <= 5 && std::all_of(text.begin(), text.end(), is_digit);
}

bool is_address(const std::string& host) {
    in6_addr out{};
    if (host.find('\0') != std::string::npos) return false; // where inet_pton would stop reading
    return ::inet_pton(AF_INET, host.c_str(), &out) == 1 || ::inet_pton(AF_INET6, host.c_str(), &out) == 1;
}

bool is_name(std::string_view host) {
    return !host.empty() && std::all_of(host.begin(), host.end(), [](char c) {
        return is_letter(c) || is_digit(c) || c == '-' || c == '.' || c == '_';
    });
}

std::optional<Authority> parse_authority(std::string_view text) {
    Authority out;
    std::string_view port;
    if (!text.empty() && text.front() == '[') {
        const size_t end = text.find(']');
        if (end == std::string_view::npos) return std::nullopt;
        out.host = lower(text.substr(1, end - 1));
        if (out.host.find(':') == std::string::npos || !is_address(out.host)) return std::nullopt;
        port = text.substr(end + 1);
    } else {
        const size_t end = std::min(text.find(':'), text.size());
        out.host = lower(text.substr(0, end));
        if (!is_name(out.host)) return std::nullopt;
        if (out.host.back() == '.') out.host.pop_back();
        if (out.host.empty()) return std::nullopt;
        port = text.substr(end);
    }
    if (port.empty()) return out;
    out.port = port.substr(1);
    if (port.front() != ':' || !is_port(out.port)) return std::nullopt;
    return out;
}

} // namespace

std::string host_of(std::string_view authority) {
    auto parsed = parse_authority(trim(authority));
    return parsed ? std::move(parsed->host) : std::string();
}

HostGuard::HostGuard(std::string_view bound_host, const std::vector<std::string>& names)
    : hosts_{"localhost", "127.0.0.1", "::1"} {
    any_address_ =
        bound_host == "0.0.0.0" || bound_host == "::" || bound_host == "[::]" || bound_host.empty();
    const auto add = [this](std::string_view name) {
        const bool bare_ip6 = name.find(':') != std::string_view::npos && is_address(std::string(name));
        std::string host = bare_ip6 ? lower(name) : host_of(name);
        if (!host.empty()) hosts_.push_back(std::move(host));
    };
    add(bound_host);
    for (const std::string& name : names) add(name);
}

bool HostGuard::allows(std::string_view authority) const {
    const std::string host = host_of(authority);
    if (host.empty()) return false;
    return std::find(hosts_.begin(), hosts_.end(), host) != hosts_.end() ||
           (any_address_ && is_address(host));
}

bool origin_allowed(std::string_view origin, std::string_view authority) {
    if (origin.empty()) return true;
    std::string_view default_port;
    for (const auto& [scheme, port] :
         {std::pair<std::string_view, std::string_view>{"http://", "80"}, {"https://", "443"}})
        if (same_ignoring_case(origin.substr(0, scheme.size()), scheme)) {
            origin.remove_prefix(scheme.size());
            default_port = port;
            break;
        }
    if (default_port.empty()) return false; // "null", or what no browser would show this server's pages from
    const auto from = parse_authority(origin);
    const auto to = parse_authority(trim(authority));
    const auto port_of = [&](std::string_view port) { return port.empty() ? default_port : port; };
    return from && to && from->host == to->host && port_of(from->port) == port_of(to->port);
}

bool bearer_allowed(std::string_view authorization, std::string_view token) {
    constexpr std::string_view scheme = "bearer ";
    if (token.empty() || !same_ignoring_case(authorization.substr(0, scheme.size()), scheme)) return false;
    const std::string_view shown = trim(authorization.substr(scheme.size()));
    const auto digest = [](std::string_view text, unsigned char* out) {
        SHA256(reinterpret_cast<const unsigned char*>(text.data()), text.size(), out);
    };
    // Digests are compared, so that not even the token's length can be measured.
    unsigned char ours[SHA256_DIGEST_LENGTH], theirs[SHA256_DIGEST_LENGTH];
    digest(token, ours);
    digest(shown, theirs);
    return CRYPTO_memcmp(ours, theirs, sizeof ours) == 0;
}

std::optional<std::string> media_type(std::string_view content_type) {
    const std::string_view text = trim(take_until(content_type, ';'));
    const size_t slash = text.find('/');
    if (slash == std::string_view::npos || !is_token(text.substr(0, slash)) ||
        !is_token(text.substr(slash + 1)))
        return std::nullopt;
    return lower(text);
}

} // namespace visor::http
