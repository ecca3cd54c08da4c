// What a client may send: requests in any pieces, and the texts inside them. The first byte says which, the
// second the size of the pieces. Whatever the bytes, a request is read the same in one piece and in many.
#include "control/http/encoding.hpp"
#include "control/http/guard.hpp"
#include "control/http/request_reader.hpp"
#include "control/http/router.hpp"
#include "control/http/target.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <string>
#include <string_view>

namespace {

using namespace visor::http;

void must(bool holds) {
    if (!holds) std::abort();
}

// All requests in the bytes and how they end, as one text.
std::string read_all(std::string_view bytes, size_t step) {
    ReadLimits limits;
    limits.header_bytes = 512;
    limits.target_bytes = 100;
    limits.body_bytes = 256;
    RequestReader reader(limits);
    std::string out;
    auto state = RequestReader::State::need_more;
    for (;;) {
        switch (state) {
        case RequestReader::State::need_more: {
            if (bytes.empty()) return out + (reader.begun() ? "unfinished" : "");
            const auto room = reader.room();
            must(room.size != 0);
            const size_t size = std::min({room.size, step, bytes.size()});
            std::memcpy(room.data, bytes.data(), size);
            bytes.remove_prefix(size);
            state = reader.received(size);
            break;
        }
        case RequestReader::State::wants_continue:
            state = reader.resume();
            break;
        case RequestReader::State::ready: {
            const Request request = reader.take();
            must(request.body.size() <= limits.body_bytes && request.path.size() <= limits.target_bytes);
            out += request.method + " " + request.path + " " + request.host + " " + request.body;
            for (const auto& [name, value] : request.headers)
                out.append("\n").append(name).append("=").append(value);
            for (const auto& [name, value] : request.query)
                out.append("\n").append(name).append("?").append(value);
            out += reader.keep_alive() ? "\n+\n" : "\n-\n";
            state = reader.resume();
            break;
        }
        case RequestReader::State::refused:
            must(reader.status() >= 400 && reader.status() < 600);
            return out + "unfinished"; // a fault may be seen at once or when the header is whole
        }
    }
}

Router make_router() {
    Router router;
    const auto answer = [](const Request&, const PathValues& values) {
        for (const char c : values["n"]) must(c >= '0' && c <= '9');
        for (const char c : values["word"]) must(c != '/' && c != '\0');
        return Response(200);
    };
    for (const char* pattern : {"/", "/metrics", "/api/{word:word}/window/{n:number}", "/api/{word:word}",
                                "/api/__all", "/api/{any}/window/{n:number}"})
        router.add("GET", pattern, answer);
    return router;
}

void texts(std::string_view text) {
    static const Router router = make_router();
    Request request;
    request.method = "GET";
    if (const auto target = split_target(text)) {
        request.path = target->path;
        request.query = parse_query(target->query);
    }
    router(request);
    request.path = text;
    router(request);
    if (const auto decoded = percent_decode(text)) must(decoded->size() <= text.size());
    must(parse_query(text).size() <= max_query_pairs);
    if (accepts_gzip(text)) must(text.find_first_of("gG*") != std::string_view::npos);
    is_compressible(text);
    if (const auto type = media_type(text)) must(type->find('/') != std::string::npos);
    const std::string host = host_of(text);
    must(host.find_first_of(" \r\n/@,[]") == std::string::npos);
    static const HostGuard guard("10.0.0.1", {"agent.example"});
    if (guard.allows(text)) must(!host.empty());
    if (!text.empty() && origin_allowed(text, "agent.example:1"))
        must(host_of(text.substr(text.find("//") + 2)) == "agent.example");
    must(!bearer_allowed(text, "a token that is not in the corpus: 7b1f"));
    none_match_names(text, "\"tag\"");
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    if (size < 2) return 0;
    const std::string_view text(reinterpret_cast<const char*>(data) + 2, size - 2);
    if (data[0] % 2 == 0) {
        texts(text);
    } else {
        const std::string whole = read_all(text, SIZE_MAX);
        const std::string pieces = read_all(text, size_t{1} + data[1] % 64);
        must(whole == pieces);
    }
    return 0;
}
