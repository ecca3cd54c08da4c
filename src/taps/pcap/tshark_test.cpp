// Real captures, read here and by tshark: the same frames, lengths and times.

#include "taps/pcap/test_captures.hpp"

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <sstream>

namespace visor::taps::test {
namespace {

namespace fs = std::filesystem;

fs::path shared_folder() {
    const char* named = std::getenv("VISOR_SHARED");
    return named ? fs::path(named) : fs::path(__FILE__).parent_path() / "../../../../shared";
}

std::string output_of(const std::string& command) {
    std::string text;
    FILE* pipe = ::popen(command.c_str(), "r");
    if (!pipe) return text;
    char piece[65536];
    while (const size_t n = std::fread(piece, 1, sizeof piece, pipe)) text.append(piece, n);
    ::pclose(pipe);
    return text;
}

std::vector<fs::path> captures() {
    std::vector<fs::path> paths;
    for (const char* folder : {"captures", "fixtures/pcap"}) {
        std::error_code absent;
        for (const auto& entry : fs::directory_iterator(shared_folder() / folder, absent)) {
            const auto kind = entry.path().extension();
            if (kind == ".pcap" || kind == ".pcapng") paths.push_back(entry.path());
        }
    }
    return paths;
}

std::string as_tshark_prints(const Outcome& got) {
    std::ostringstream text;
    for (const Seen& f : got.frames) {
        char line[80];
        std::snprintf(line, sizeof line, "%lld.%09lld\t%zu\t%u\n",
                      static_cast<long long>(f.ts_ns / 1'000'000'000),
                      static_cast<long long>(f.ts_ns % 1'000'000'000), f.bytes.size(), f.wirelen);
        text << line;
    }
    return text.str();
}

TEST(Tshark, AgreesOnRealCaptures) {
    if (std::system("command -v tshark >/dev/null 2>&1") != 0) GTEST_SKIP() << "tshark is not installed";
    const auto paths = captures();
    if (paths.empty()) GTEST_SKIP() << "no captures in " << shared_folder();
    for (const fs::path& path : paths) {
        auto source = open_capture(path, {});
        if (!source) {
            ADD_FAILURE() << source.error();
            continue;
        }
        const Outcome got = drain(**source);
        EXPECT_EQ(got.trouble, "") << path;
        const std::string told =
            output_of("tshark -n -r '" + path.string() +
                      "' -T fields -e frame.time_epoch -e frame.cap_len -e frame.len 2>/dev/null");
        EXPECT_TRUE(as_tshark_prints(got) == told) << path;
    }
}

} // namespace
} // namespace visor::taps::test
