#include "client/transport.hpp"

#include "client/json_text.hpp"
#include "version.hpp"

#include <algorithm>
#include <atomic>
#include <cctype>
#include <curl/curl.h>
#include <system_error>

namespace visor::client {

namespace {

using Easy = std::unique_ptr<CURL, decltype([](CURL* easy) { curl_easy_cleanup(easy); })>;
using Headers = std::unique_ptr<curl_slist, decltype([](curl_slist* list) { curl_slist_free_all(list); })>;

size_t take(char* bytes, size_t one, size_t count, void* into) {
    auto& body = *static_cast<std::string*>(into);
    if (body.size() + count > json_bytes_max) return 0; // ends it: CURLE_WRITE_ERROR
    body.append(bytes, one * count);
    return count;
}

// Called about once a second whatever happens.
int is_given_up(void* flag, curl_off_t, curl_off_t, curl_off_t, curl_off_t) {
    return *static_cast<const std::atomic<bool>*>(flag) ? 1 : 0;
}

class Http final : public Transport {
public:
    Http(HttpSettings settings, std::string url)
        : settings_(std::move(settings)), url_(std::move(url)), easy_(curl_easy_init()) {}

    std::string url() const override { return url_; }
    void give_up() override { given_up_ = true; }

    Result<Answer> ask(const Question& question) override {
        if (!easy_) return Error{"libcurl cannot be used"};
        Answer answer;
        const Headers headers = prepare(question, answer);
        message_[0] = '\0';
        const CURLcode code = curl_easy_perform(easy_.get());
        if (code != CURLE_OK) return Error{fault(code)};
        long status = 0;
        const char* location = nullptr;
        curl_easy_getinfo(easy_.get(), CURLINFO_RESPONSE_CODE, &status);
        curl_easy_getinfo(easy_.get(), CURLINFO_REDIRECT_URL, &location);
        answer.status = static_cast<int>(status);
        if (location) answer.location = location;
        return answer;
    }

private:
    Headers prepare(const Question& question, Answer& answer) {
        CURL* easy = easy_.get();
        curl_easy_reset(easy); // options only: the connection stays
        curl_easy_setopt(easy, CURLOPT_URL, (url_ + question.path).c_str());
        curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, settings_.tls ? "https" : "http");
        curl_easy_setopt(easy, CURLOPT_PATH_AS_IS, 1L); // a policy may be called ".."
        curl_easy_setopt(easy, CURLOPT_PROXY, "");
        curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
        curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
        curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, static_cast<long>(settings_.timeout_ms));
        curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(settings_.timeout_ms));
        curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, message_);
        curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, take);
        curl_easy_setopt(easy, CURLOPT_WRITEDATA, &answer.body);
        curl_easy_setopt(easy, CURLOPT_NOPROGRESS, 0L);
        curl_easy_setopt(easy, CURLOPT_XFERINFOFUNCTION, is_given_up);
        curl_easy_setopt(easy, CURLOPT_XFERINFODATA, &given_up_);
        curl_easy_setopt(easy, CURLOPT_ACCEPT_ENCODING, "");
        curl_easy_setopt(easy, CURLOPT_USERAGENT, (std::string("pktvisor-cli/") + version_text).c_str());
        curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, settings_.verify ? 1L : 0L);
        curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, settings_.verify ? 2L : 0L);
        if (!settings_.ca_file.empty()) curl_easy_setopt(easy, CURLOPT_CAINFO, settings_.ca_file.c_str());
        curl_slist* list = curl_slist_append(nullptr, "Expect:"); // a body is sent without asking first
        if (!settings_.token.empty())
            list = curl_slist_append(list, ("Authorization: Bearer " + settings_.token).c_str());
        if (question.method == "POST" || question.method == "PUT") {
            list = curl_slist_append(list, ("Content-Type: " + question.type).c_str());
            curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE,
                             static_cast<curl_off_t>(question.body.size()));
            curl_easy_setopt(easy, CURLOPT_POSTFIELDS, question.body.c_str());
        }
        curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, question.method.c_str());
        curl_easy_setopt(easy, CURLOPT_HTTPHEADER, list);
        return Headers(list);
    }

    std::string fault(CURLcode code) const {
        const std::string where = "no agent answers at " + url_ + ": ";
        const std::string detail = message_[0] ? message_ : curl_easy_strerror(code);
        switch (code) {
        case CURLE_COULDNT_CONNECT:
            return where + system_reason(detail) + "; is pktvisord running? -H and -p say where";
        case CURLE_COULDNT_RESOLVE_HOST:
            return where + "no host is called that; -H says where the agent is";
        case CURLE_OPERATION_TIMEDOUT:
            return where + "nothing came within " + std::to_string(settings_.timeout_ms / 1000) + " seconds";
        case CURLE_WRITE_ERROR:
            return "what answers at " + url_ + " sends more than 16 MiB: that is no agent";
        case CURLE_PEER_FAILED_VERIFICATION:
            return "the certificate of " + url_ + " is not trusted (" + detail +
                   "); --tls-ca FILE says what is, --tls-noverify does without";
        case CURLE_SSL_CACERT_BADFILE:
            return "cannot read certificates from " + settings_.ca_file;
        case CURLE_SSL_CONNECT_ERROR:
            return where + "TLS failed (" + detail + "); an agent without TLS is asked without --tls";
        case CURLE_GOT_NOTHING:
        case CURLE_RECV_ERROR:
        case CURLE_WEIRD_SERVER_REPLY:
        case CURLE_UNSUPPORTED_PROTOCOL: // HTTP/0.9, which is to say none
            return where + detail + (settings_.tls ? "" : "; an agent with TLS is asked with --tls");
        default:
            return where + detail;
        }
    }

    // "Connection refused" as "connection refused".
    std::string system_reason(const std::string& otherwise) const {
        long number = 0;
        curl_easy_getinfo(easy_.get(), CURLINFO_OS_ERRNO, &number);
        if (number == 0) return otherwise;
        std::string reason = std::generic_category().message(static_cast<int>(number));
        if (!reason.empty())
            reason[0] = static_cast<char>(std::tolower(static_cast<unsigned char>(reason[0])));
        return reason;
    }

    HttpSettings settings_;
    std::string url_;
    Easy easy_;
    std::atomic<bool> given_up_ = false;
    char message_[CURL_ERROR_SIZE] = {};
};

bool plain(char c) {
    return std::isalnum(static_cast<unsigned char>(c)) || c == '-' || c == '.' || c == '_' || c == '~';
}

} // namespace

std::string bare_host(const std::string& host) {
    const bool bracketed = host.size() > 2 && host.front() == '[' && host.back() == ']';
    return bracketed ? host.substr(1, host.size() - 2) : host;
}

Result<std::unique_ptr<Transport>> http_transport(const HttpSettings& settings) {
    [[maybe_unused]] static const CURLcode ready = curl_global_init(CURL_GLOBAL_DEFAULT);
    std::string host = bare_host(settings.host);
    const bool ipv6 = host.find(':') != std::string::npos;
    const auto usual = [&](char c) { return plain(c) || (ipv6 && (c == ':' || c == '%')); };
    if (host.empty() || !std::all_of(host.begin(), host.end(), usual))
        return Error{"'" + settings.host + "' is no host: its name or address alone, and -p for the port"};
    if (const size_t zone = host.find('%'); zone != std::string::npos) host.replace(zone, 1, "%25");
    const std::string url = std::string(settings.tls ? "https://" : "http://") +
                            (ipv6 ? "[" + host + "]" : host) + ":" + std::to_string(settings.port);
    return std::unique_ptr<Transport>(std::make_unique<Http>(settings, url));
}

std::string said(const Answer& answer) {
    if (auto body = read_json(answer.body))
        if (std::string text = text_at(*body, "error"); !text.empty()) return text;
    if (!answer.location.empty())
        return "it points to " + answer.location + ", and redirections are not followed";
    return "HTTP status " + std::to_string(answer.status);
}

std::string path_escaped(std::string_view name) {
    constexpr const char* digits = "0123456789ABCDEF";
    std::string out;
    for (const char c : name) {
        if (plain(c)) {
            out += c;
            continue;
        }
        const auto byte = static_cast<unsigned char>(c);
        out += '%';
        out += digits[byte >> 4];
        out += digits[byte & 15];
    }
    return out;
}

} // namespace visor::client
