// Everything of the agent put together: databases, server, privileges, taps and policies, in the order that
// lets each be opened with the rights it needs.
// Threads: start(), and what the main loop calls, by one; `stop` given to start() may be called by any.
// Owns: all that runs.
#pragma once

#include "cmd/pktvisord/options.hpp"
#include "cmd/pktvisord/settings.hpp"
#include "control/agent/agent.hpp"
#include "control/http/server.hpp"
#include "control/rest/rest.hpp"

#include <array>
#include <filesystem>
#include <functional>
#include <memory>

namespace visor::cmd {

// A configuration file, under the command line's options.
Result<control::Document> read_configuration(const CommandLine& line, const std::string& path);

// Of the city and of the ASN database.
using DatabaseTimes = std::array<std::filesystem::file_time_type, 2>;

class Running {
public:
    // The error is one line that says what to do.
    static Result<std::unique_ptr<Running>> start(const CommandLine& line, const Settings& settings,
                                                  std::optional<control::Document> document,
                                                  std::function<void()> stop);
    void stop();
    void reload(); // log file and configuration
    void follow_files_and_addresses();
    void tell_resources(const ResourceSample& sample) { agent_->tell_resources(sample); }
    std::string status() const; // one line

private:
    Running(const CommandLine& line, const Settings& settings) : line_(line), settings_(settings) {}
    std::string load_databases();
    void follow_databases();
    std::string open_server();
    std::string read_token();
    std::string begin(control::Document&& document);
    void make_rest(std::function<void()> stop);
    void log_start() const;
    void log_policies() const;
    control::Document of_interface() const;

    const CommandLine line_;
    const Settings settings_;
    control::Document document_; // as read last
    std::string token_;
    std::shared_ptr<const control::Databases> databases_;
    DatabaseTimes databases_times_{};
    std::unique_ptr<taps::AddressWatch> addresses_;
    std::unique_ptr<control::Agent> agent_;
    std::unique_ptr<control::Rest> rest_;
    std::unique_ptr<http::Server> server_; // its threads use all above
};

} // namespace visor::cmd
