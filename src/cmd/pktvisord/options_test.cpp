#include "cmd/pktvisord/options.hpp"

#include "cmd/pktvisord/settings.hpp"
#include "control/policy.hpp"

#include <algorithm>
#include <gtest/gtest.h>
#include <sstream>

namespace visor::cmd {
namespace {

struct Parsed {
    std::optional<int> exit_code;
    CommandLine line;
    std::string out, errors;
};

Parsed parsed(std::vector<const char*> arguments) {
    arguments.insert(arguments.begin(), "pktvisord");
    Parsed result;
    testing::internal::CaptureStdout();
    testing::internal::CaptureStderr();
    result.exit_code = parse_command_line(static_cast<int>(arguments.size()), arguments.data(), result.line);
    result.out = testing::internal::GetCapturedStdout();
    result.errors = testing::internal::GetCapturedStderr();
    return result;
}

OptionValues given(std::vector<const char*> arguments) {
    arguments.push_back("eth0");
    const Parsed result = parsed(std::move(arguments));
    EXPECT_FALSE(result.exit_code) << result.errors;
    return result.line.given;
}

void refuses(std::vector<const char*> arguments, const std::string& saying) {
    const Parsed result = parsed(std::move(arguments));
    EXPECT_EQ(result.exit_code, 1);
    EXPECT_EQ(result.out, "");
    EXPECT_NE(result.errors.find(saying), std::string::npos) << result.errors;
    EXPECT_NE(result.errors.find("\nusage: pktvisord [options] [IFACE]"), std::string::npos);
}

TEST(Help, FitsEightyColumns) {
    for (const char* option : {"--help", "-h", "--hel"}) {
        const Parsed help = parsed({option});
        EXPECT_EQ(help.exit_code, 0);
        EXPECT_EQ(help.errors, "");
        std::istringstream lines(help.out);
        for (std::string text; std::getline(lines, text);) EXPECT_LE(text.size(), 80u) << text;
    }
}

TEST(Help, TellsEveryOptionWithWhatItIsUnlessGiven) {
    const std::string help = parsed({"--help"}).out;
    for (const Option& option : control::process_options)
        EXPECT_NE(help.find("  " + flag_of(option.key)), std::string::npos) << option.key;
    for (const char* text :
         {"IFACE", "-b BPF", "-H HOSTSPEC", "--config FILE", "--check-config FILE", "--version",
          "-p PORT=10853", "-l HOST=localhost", "--periods P=5", "--ring-mb N=64", "Examples:"})
        EXPECT_NE(help.find(text), std::string::npos) << text;
}

TEST(Version, IsOneLine) {
    for (const char* option : {"--version", "--vers"}) {
        const Parsed version = parsed({option});
        EXPECT_EQ(version.exit_code, 0);
        EXPECT_TRUE(version.out.starts_with("pktvisor 5."));
        EXPECT_EQ(std::count(version.out.begin(), version.out.end(), '\n'), 1);
    }
}

TEST(CommandLine, NothingToDo) {
    refuses({}, "pktvisord: nothing to do");
    refuses({"-v", "--tls-cert", "a.pem"}, "nothing to do");
    for (const auto& enough : std::vector<std::vector<const char*>>{
             {"eth0"}, {"--config", "a.yaml"}, {"--admin-api"}, {"--check-config=a.yaml"}, {"--module-list"}})
        EXPECT_FALSE(parsed(enough).exit_code) << enough[0];
}

TEST(CommandLine, TheInterfaceAndWhatIsItsOwn) {
    const Parsed result = parsed({"-b", "port 53", "-H10.0.0.0/8,fd00::/8", "auto", "--config", "a.yaml"});
    EXPECT_FALSE(result.exit_code);
    EXPECT_EQ(result.line.iface, "auto");
    EXPECT_EQ(result.line.bpf, "port 53");
    EXPECT_EQ(result.line.host_spec, "10.0.0.0/8,fd00::/8");
    EXPECT_EQ(result.line.config, "a.yaml");
    EXPECT_TRUE(result.line.given.empty());
}

TEST(CommandLine, WhatIsNotGivenIsNotSaid) {
    EXPECT_TRUE(given({}).empty());
}

TEST(CommandLine, EveryProcessOptionIsUnderstood) {
    for (const Option& option : control::process_options) {
        const std::string flag = flag_of(option.key);
        OptionValues expected;
        std::vector<const char*> arguments{flag.c_str()};
        if (option.type == OptionType::boolean) {
            expected.set_bool(option.key, true);
        } else if (option.type == OptionType::uint) {
            expected.set_uint(option.key, 7);
            arguments.push_back("7");
        } else {
            expected.set_text(option.key, "7");
            arguments.push_back("7");
        }
        EXPECT_EQ(given(arguments), expected) << flag;
    }
}

TEST(CommandLine, WritesOptionsAsDocoptDoes) {
    OptionValues expected;
    expected.set_uint("port", 80);
    EXPECT_EQ(given({"-p", "80"}), expected);
    EXPECT_EQ(given({"-p80"}), expected);
    expected = {};
    expected.set_text("tls_cert", "a=b");
    EXPECT_EQ(given({"--tls-cert", "a=b"}), expected);
    EXPECT_EQ(given({"--tls-cert=a=b"}), expected);
    EXPECT_EQ(given({"--tls-ce=a=b"}), expected);
    expected = {};
    expected.set_bool("admin_api", true);
    expected.set_bool("no_track", true);
    expected.set_text("tls_cert", "a=b");
    EXPECT_EQ(given({"--admin", "--no", "--tls-c=a=b"}), expected); // though newer ones begin with them
    expected = {};
    expected.set_bool("tls", true); // though others begin with it
    expected.set_bool("verbose", true);
    expected.set_bool("daemon", true);
    EXPECT_EQ(given({"--tls", "-vd"}), expected);
}

TEST(CommandLine, ClampsWhatHasAlwaysBeenClamped) {
    EXPECT_EQ(given({"--periods", "99"}).get_uint("periods"), 10u);
    EXPECT_EQ(given({"--periods", "0"}).get_uint("periods"), 1u);
    EXPECT_EQ(given({"--max-deep-sample", "0"}).get_uint("max_deep_sample"), 1u);
    EXPECT_EQ(given({"--max-deep-sample", "101"}).get_uint("max_deep_sample"), 100u);
}

TEST(CommandLine, WrongUseIsTold) {
    refuses({"--nonsense", "eth0"}, "--nonsense");
    refuses({"eth0", "eth1"}, "eth1");
    refuses({"eth0", "-p"}, "-p");
    refuses({"eth0", "-p", "http"}, "-p");
    refuses({"eth0", "-p", "65536"}, "port must be between 0 and 65535");
    refuses({"eth0", "--workers", "0"}, "workers must be between 1 and 64");
    refuses({"eth0", "--periods=-1"}, "--periods: not a number: -1");
    refuses({"eth0", "--periods", "0x5"}, "not a number: 0x5");
    refuses({"eth0", "--port", "1"}, "--port");
    refuses({"eth0", "--ring-mb", "99999999999999999999999"}, "ring_mb must be between 1 and 16384");
    refuses({"eth0", "--tls=false"}, "tls");
    refuses({"eth0", "--geo-c", "x"}, "--geo-c may be --geo-cache-size or --geo-city");
    refuses({"eth0", "--cp", "x"},
            "--cp may be --cp-custom, --cp-disable, --cp-path, --cp-token or --cp-url");
}

} // namespace
} // namespace visor::cmd
