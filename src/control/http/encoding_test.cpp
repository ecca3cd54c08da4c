#include "control/http/encoding.hpp"

#include <gtest/gtest.h>
#include <zlib.h>

namespace visor::http {

namespace {

std::string gunzip(std::string_view packed, size_t size) {
    z_stream stream{};
    inflateInit2(&stream, 15 + 16);
    std::string out(size + 1, '\0');
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(packed.data()));
    stream.avail_in = static_cast<uInt>(packed.size());
    stream.next_out = reinterpret_cast<Bytef*>(out.data());
    stream.avail_out = static_cast<uInt>(out.size());
    const int result = inflate(&stream, Z_FINISH);
    out.resize(result == Z_STREAM_END ? stream.total_out : 0);
    inflateEnd(&stream);
    return out;
}

std::string text_of(size_t size) {
    std::string text;
    while (text.size() < size) text += "{\"name\":" + std::to_string(text.size()) + "},";
    text.resize(size);
    return text;
}

Request get(Fields headers = {}) {
    Request request;
    request.method = "GET";
    request.headers = std::move(headers);
    return request;
}

std::string value(const Response& response, std::string_view name) {
    const std::string* found = response.header(name);
    return found ? *found : "none";
}

} // namespace

TEST(Encoding, GzipIsUsedWhenTheClientTakesIt) {
    for (const char* yes :
         {"gzip", "GZIP", "x-gzip", "deflate, gzip", "gzip;q=0.5", "gzip ; q=1.000", "*", "br, *;q=0.1",
          "gzip, deflate, br, zstd", "identity;q=0.5, gzip;q=0.5", ",,gzip,", "nonsense@, gzip"})
        EXPECT_TRUE(accepts_gzip(yes)) << yes;
    for (const char* no : {"",
                           "identity",
                           "br",
                           "gzip;q=0",
                           "gzip;q=0.000",
                           "*;q=0",
                           "gzip;q=0, *",
                           "gzip;q=2",
                           "gzip;q=",
                           "gzip;q=x",
                           "gzip;q=0.1234",
                           "gzip;q=1.001",
                           "gzip;q=-1",
                           "gzip;level=9",
                           "gzip x",
                           "gz ip",
                           "gzipx",
                           "gzip;q=0.3, identity",
                           ";",
                           ",",
                           "q=1",
                           "\xff\xfe"})
        EXPECT_FALSE(accepts_gzip(no)) << no;
}

TEST(Encoding, OnlyTextIsCompressed) {
    for (const char* yes : {"text/plain", "text/json", "Text/HTML; charset=utf-8", "application/json",
                            "application/x-yaml", "application/vnd.api+json", "image/svg+xml",
                            "application/openmetrics-text; version=1.0.0", "application/javascript"})
        EXPECT_TRUE(is_compressible(yes)) << yes;
    for (const char* no : {"", "image/png", "font/woff2", "application/gzip", "application/octet-stream",
                           "video/json", "application/notjson", "text"})
        EXPECT_FALSE(is_compressible(no)) << no;
}

TEST(Encoding, GzipIsUndoneByZlib) {
    for (const size_t size : {0, 1, 1025, 100'000}) {
        const std::string text = text_of(size);
        EXPECT_EQ(gunzip(gzip(text), text.size()), text);
    }
    EXPECT_LT(gzip(text_of(20'000)).size(), 8'000U);
}

TEST(Encoding, ATagTellsBodiesAndCodingsApart) {
    const std::string tag = entity_tag("a");
    EXPECT_EQ(tag.size(), 34U);
    EXPECT_EQ(tag, entity_tag("a"));
    EXPECT_NE(tag, entity_tag("b"));
    EXPECT_EQ(coded_tag("\"x\"", "gzip"), "\"x-gzip\"");
    EXPECT_EQ(coded_tag("W/\"x\"", "gzip"), "W/\"x\"");
}

TEST(Encoding, IfNoneMatchIsAListOfTags) {
    for (const char* yes : {"\"a\"", "W/\"a\"", "\"b\", \"a\"", "*", " \"a\" ", "\"b\",W/\"a\""})
        EXPECT_TRUE(none_match_names(yes, "\"a\"")) << yes;
    for (const char* no : {"", "a", "\"b\"", "\"a", "\"A\"", ",", "\"*\""})
        EXPECT_FALSE(none_match_names(no, "\"a\"")) << no;
}

TEST(Encoding, VaryIsAddedOnce) {
    Response response;
    add_vary(response, "Accept-Encoding");
    EXPECT_EQ(value(response, "Vary"), "Accept-Encoding");
    add_vary(response, "accept-encoding");
    EXPECT_EQ(value(response, "Vary"), "Accept-Encoding");
    add_vary(response, "Accept");
    EXPECT_EQ(value(response, "Vary"), "Accept-Encoding, Accept");
    response.set_header("vary", "*");
    add_vary(response, "Cookie");
    EXPECT_EQ(value(response, "Vary"), "*");
}

TEST(Encoding, ALargeTextIsSentCompressedToWhoTakesIt) {
    const std::string text = text_of(20'000);
    Response plain(200, "text/json", text);
    finish_response(get(), plain);
    EXPECT_EQ(plain.text(), text);
    EXPECT_EQ(value(plain, "Content-Encoding"), "none");
    EXPECT_EQ(value(plain, "Vary"), "Accept-Encoding");

    Response packed(200, "text/json", text);
    packed.set_header("Vary", "Accept");
    finish_response(get({{"Accept-Encoding", "gzip"}}), packed);
    EXPECT_EQ(value(packed, "Content-Encoding"), "gzip");
    EXPECT_EQ(value(packed, "Vary"), "Accept, Accept-Encoding");
    EXPECT_EQ(gunzip(packed.text(), text.size()), text);
    EXPECT_NE(value(packed, "ETag"), value(plain, "ETag"));

    Response image(200, "image/png", text);
    finish_response(get({{"Accept-Encoding", "gzip"}}), image);
    EXPECT_EQ(value(image, "Content-Encoding"), "none");
    Response small(200, "text/json", text.substr(0, min_compressed_bytes));
    finish_response(get({{"Accept-Encoding", "gzip"}}), small);
    EXPECT_EQ(value(small, "Content-Encoding"), "none");
    Response done(200, "text/html", text);
    done.set_header("Content-Encoding", "br");
    finish_response(get({{"Accept-Encoding", "gzip"}}), done);
    EXPECT_EQ(value(done, "Content-Encoding"), "br");
}

TEST(Encoding, WhatTheClientHasIsNotSentAgain) {
    const std::string text = text_of(5'000);
    for (const char* coding : {"", "gzip"}) {
        Response first(200, "text/json", text);
        finish_response(get({{"Accept-Encoding", coding}}), first);
        Response second(200, "text/json", text);
        finish_response(get({{"Accept-Encoding", coding}, {"If-None-Match", value(first, "ETag")}}), second);
        EXPECT_EQ(second.status, 304);
        EXPECT_EQ(second.body, nullptr);
        EXPECT_EQ(value(second, "ETag"), value(first, "ETag"));
        EXPECT_EQ(value(second, "Vary"), "Accept-Encoding");
        Response changed(200, "text/json", text + " ");
        finish_response(get({{"Accept-Encoding", coding}, {"If-None-Match", value(first, "ETag")}}), changed);
        EXPECT_EQ(changed.status, 200);
    }
}

TEST(Encoding, OnlyASuccessfulReadHasATag) {
    Request post = get();
    post.method = "POST";
    Response created(200, "text/json", "{}");
    finish_response(post, created);
    EXPECT_EQ(value(created, "ETag"), "none");
    Response missing(404, "text/json", "{}");
    finish_response(get({{"If-None-Match", "*"}}), missing);
    EXPECT_EQ(missing.status, 404);
    Response secret(200, "text/json", "{}");
    secret.set_header("Cache-Control", "No-Store");
    finish_response(get({{"If-None-Match", "*"}}), secret);
    EXPECT_EQ(secret.status, 200);
    EXPECT_EQ(value(secret, "ETag"), "none");
    Response own(200, "text/json", "{}");
    own.set_header("ETag", "\"v7\"");
    finish_response(get({{"If-None-Match", "\"v7\""}}), own);
    EXPECT_EQ(own.status, 304);
}

} // namespace visor::http
