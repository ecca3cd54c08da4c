#include "options.hpp"

#include "cmd/common/command_line.hpp"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cctype>

namespace visor::cmd {

namespace {

constexpr const char* description =
    "Summarises packet captures: what flows, from and to whom, how the DNS and DHCP\n"
    "in it are doing. Reads pcap and pcapng, plain or compressed with gzip or zstd.\n";

constexpr const char* examples =
    "Examples:\n"
    "  pktvisor-pcap --format text capture.pcap       a summary to read\n"
    "  pktvisor-pcap --format html a.pcap >a.html     with charts, for a browser\n"
    "  pktvisor-pcap -H 192.0.2.0/24 capture.pcap     in and out of 192.0.2.0/24\n"
    "  pktvisor-pcap --periods 1 a.pcap b.pcapng.gz   all of both files as one JSON\n"
    "  tcpdump -w - | pktvisor-pcap --format text -   from another program\n";

struct Format {
    const char *name, *what;
};
constexpr Format formats[] = {{"json", "one line"},
                              {"pretty", "indented json"},
                              {"text", "a page to read"},
                              {"html", "a report for browsers, in one file"}};

void declare(CLI::App& app, PcapOptions& o) {
    app.add_option("FILE", o.files,
                   "capture files, merged by the times of their packets; - for standard input")
        ->required()
        ->option_text("...");
    app.add_option("-i", o.input, "input type: pcap")->type_name("INPUT")->capture_default_str();
    app.add_option("-b", o.bpf,
                   "capture filter (pcap-filter(7)): only these frames; with --config, "
                   "of those a policy's own filter lets through")
        ->type_name("BPF");
    app.add_option("-H", o.host_spec,
                   "comma separated CIDRs of the host: what is to and from them is in and "
                   "out; with --config, instead of the taps' host_spec")
        ->type_name("HOSTSPEC");
    app.add_option(
           "--periods", o.periods,
           "minutes to keep: the result merges the last P in which anything came; 1 = everything, as one "
           "(what text and html show unless told otherwise)")
        ->type_name("P")
        ->capture_default_str();
    app.add_option("--max-deep-sample", o.max_deep_sample, "percent of events analysed deeply, 1 to 100")
        ->type_name("N")
        ->capture_default_str();
    std::vector<std::string> names;
    std::string explained; // "json (one line), pretty (indented json)"
    for (const Format& format : formats) {
        names.emplace_back(format.name);
        if (!explained.empty()) explained += ", ";
        explained += std::string(format.name) + " (" + format.what + ")";
    }
    app.add_option("--format", o.format, explained)
        ->type_name("FORMAT")
        ->check(CLI::IsMember(names))
        ->capture_default_str()
        ->option_text("FORMAT=" + o.format);
    app.add_flag("--extended", o.extended, "also the bounds of estimates, rates, and the ledger");
    app.add_option("--config", o.config,
                   "YAML file whose policies to run instead of the default analysis; the "
                   "capture is read once for all policies with the same filter and hosts")
        ->type_name("FILE");
    app.add_option("--geo-city", o.geo_city, "city database (mmdb) for places of addresses")
        ->type_name("FILE");
    app.add_option("--geo-asn", o.geo_asn, "ASN database (mmdb) for autonomous systems of addresses")
        ->type_name("FILE");
    app.add_option(
           "--workers", o.workers,
           "how many parts to analyse in side by side, 1 to 64, with two threads for each where there are as "
           "many processors; the results are the same, top lists within their bounds")
        ->type_name("N")
        ->check(CLI::Range(1, 64))
        ->capture_default_str()
        ->option_text("N=" + std::to_string(o.workers));
    app.add_flag("-v", o.verbose, "log more, and the ledger: where every frame went");
    teach(app, examples);
}

OptionValues given_options(const CLI::App& app, const PcapOptions& o) {
    OptionValues given;
    if (app.count("--periods")) given.set_uint("periods", o.periods);
    if (app.count("--max-deep-sample")) given.set_uint("max_deep_sample", o.max_deep_sample);
    if (app.count("--geo-city")) given.set_text("geo_city", o.geo_city);
    if (app.count("--geo-asn")) given.set_text("geo_asn", o.geo_asn);
    return given;
}

} // namespace

bool parse_command_line(int argc, char** argv, PcapOptions& options, int& exit_code) {
    CLI::App app{description, "pktvisor-pcap"};
    declare(app, options);
    if (const auto ended = parse(app, argc, argv, "FILE...")) {
        exit_code = *ended;
        return false;
    }
    const bool page = options.format == "text" || options.format == "html";
    const bool whole = page && app.count("--periods") == 0; // it is read once
    options.periods = whole ? 1U : std::clamp(options.periods, 1U, 10U);
    std::transform(options.input.begin(), options.input.end(), options.input.begin(),
                   [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    options.max_deep_sample = std::clamp(options.max_deep_sample, 1U, 100U);
    options.given = given_options(app, options);
    return true;
}

} // namespace visor::cmd
