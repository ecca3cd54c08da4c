// Who may ask what: checks on a request before it is allowed to change anything or to see what is not for
// all. Threads: pure functions; a HostGuard is immutable. Wire: RFC 9110 §7.2 (Host), RFC 6454 §7 (Origin),
// RFC 6750 §2.1 (Bearer), RFC 9110 §8.3 (Content-Type).
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace visor::http {

// The host of "host", "host:port", "[::1]:port": lower case, without port, brackets and a final dot. Empty
// when the text is none of them.
std::string host_of(std::string_view authority);

// Against DNS rebinding: a page of evil.example whose name was changed to 127.0.0.1 still says Host:
// evil.example. Allowed are the loopback names, the host the server is bound to and the names configured;
// when it is bound to all addresses, every address too, since no name can be rebound to what is not a name.
class HostGuard {
public:
    HostGuard(std::string_view bound_host, const std::vector<std::string>& names);
    bool allows(std::string_view authority) const;

private:
    std::vector<std::string> hosts_;
    bool any_address_ = false;
};

// Against pages of other sites: Origin is absent (not a browser, or a plain GET), or names the host and port
// that the request was sent to.
bool origin_allowed(std::string_view origin, std::string_view authority);

// "Bearer TOKEN". The time it takes depends on what was sent, not on how much of it is right. An empty token
// allows nobody.
bool bearer_allowed(std::string_view authorization, std::string_view token);

// "type/subtype" in lower case, without parameters; nothing when the text is not a media type.
std::optional<std::string> media_type(std::string_view content_type);

} // namespace visor::http
