#include "cmd/pktvisor-cli/options.hpp"

#include <cstdio>
#include <fstream>
#include <gtest/gtest.h>

namespace visor::cmd {
namespace {

using Words = std::vector<std::string>;

TEST(WithOurDashes, WaysOfEarlierVersions) {
    const Words known{"tls", "tls-noverify", "version", "once", "format"};
    EXPECT_EQ(with_our_dashes({"-p", "1", "-p=2", "--p", "3", "--p=4"}, known),
              (Words{"-p", "1", "-p", "2", "-p", "3", "-p", "4"}));
    EXPECT_EQ(with_our_dashes({"-tls", "-tls-noverify", "-version", "-format=json"}, known),
              (Words{"--tls", "--tls-noverify", "--version", "--format=json"}));
    EXPECT_EQ(with_our_dashes({"--once", "-p1", "-", "a=b", "--", "-tls"}, known),
              (Words{"--once", "-p1", "-", "a=b", "--", "-tls"}));
}

struct Parsed {
    explicit Parsed(Words words) {
        words.insert(words.begin(), "pktvisor-cli");
        std::vector<char*> pointers;
        for (std::string& word : words) pointers.push_back(word.data());
        testing::internal::CaptureStderr();
        goes_on = parse_command_line(static_cast<int>(pointers.size()), pointers.data(), options, exit_code);
        errors = testing::internal::GetCapturedStderr();
    }
    CliOptions options;
    int exit_code = 0;
    bool goes_on;
    std::string errors;
};

TEST(CommandLine, AsEarlierVersionsTookIt) {
    const Parsed none({});
    EXPECT_TRUE(none.goes_on && none.options.screen());
    EXPECT_EQ(none.options.agent.host, "localhost");
    EXPECT_EQ(none.options.agent.port, 10853);
    EXPECT_FALSE(none.options.agent.tls);
    const Parsed all({"-p", "1", "-H", "ns1", "-P", "dns", "--tls"});
    EXPECT_TRUE(all.goes_on);
    EXPECT_EQ(all.options.agent.port, 1);
    EXPECT_EQ(all.options.agent.host, "ns1");
    EXPECT_EQ(all.options.policy, "dns");
    EXPECT_TRUE(all.options.agent.tls && all.options.agent.verify);
    const Parsed loose({"-tls-noverify"});
    EXPECT_TRUE(loose.options.agent.tls && !loose.options.agent.verify);
}

TEST(CommandLine, CommandsAndFiles) {
    EXPECT_EQ(Parsed({"top", "dns.qname2", "-n", "3"}).options.lines, 3U);
    EXPECT_EQ(Parsed({"policies", "apply", "-"}).options.words, (Words{"apply", "-"}));
    EXPECT_EQ(Parsed({"a.pcap", "./top"}).options.capture.files, (Words{"a.pcap", "./top"}));
    EXPECT_FALSE(Parsed({"--once"}).options.screen());
    EXPECT_FALSE(Parsed({"status"}).options.screen());
}

TEST(CommandLine, TellsWhatIsWrong) {
    const auto wrong = [](Words words) {
        const Parsed parsed(std::move(words));
        EXPECT_FALSE(parsed.goes_on);
        EXPECT_EQ(parsed.exit_code, 1);
        return parsed.errors.substr(0, parsed.errors.find('\n'));
    };
    EXPECT_EQ(wrong({"top"}), "pktvisor-cli: top takes one list, such as dns.qname2");
    EXPECT_EQ(
        wrong({"a.pcap", "top", "qname2"}),
        "pktvisor-cli: 'top' is a command, and commands ask an agent; what is in a capture is printed by "
        "pktvisor-cli --once a.pcap");
    EXPECT_EQ(wrong({"-H", "192.0.2.0/24", "a.pcap"}),
              "pktvisor-cli: -H is for agents, and this shows a capture: "
              "--host-spec says which hosts are its own");
    EXPECT_EQ(wrong({"--tls-noverify", "a.pcap"}),
              "pktvisor-cli: --tls-noverify is for agents, and this shows a capture");
    EXPECT_EQ(wrong({"-b", "port 53"}), "pktvisor-cli: -b is for captures, and none is named");
    EXPECT_EQ(wrong({"status", "x"}), "pktvisor-cli: status takes nothing");
    EXPECT_EQ(wrong({"taps", "drop"}), "pktvisor-cli: taps takes show, apply or delete, not 'drop'");
    EXPECT_EQ(wrong({"policies", "apply"}), "pktvisor-cli: apply takes one file");
    for (const Words& words : {Words{"-p", "0"}, {"-p", "70000"}, {"--format", "xml"}, {"--minutes", "0"}})
        EXPECT_FALSE(wrong(words).empty());
}

TEST(ReadToken, FirstLineOfAFile) {
    const std::string path = testing::TempDir() + "pktvisor_cli_token";
    const auto token = [&](const char* text) {
        std::ofstream(path) << text;
        return read_token(path);
    };
    EXPECT_EQ(*token("s3cret \r\nmore"), "s3cret");
    for (const char* bad : {"", "\n", "two words\n", "con\x01trol\n"}) EXPECT_FALSE(token(bad)) << bad;
    std::remove(path.c_str());
    EXPECT_EQ(read_token(path).error(), "cannot read a token from " + path);
}

} // namespace
} // namespace visor::cmd
