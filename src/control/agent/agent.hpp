// The running agent: taps that are defined, the streams that are open on them, and the policies that
// summarise them. Everything that changes it changes all of what was asked for, or nothing.
//
// Policies with the same tap and the same effective input share a stream, its workers and its decoding. With
// the first policy of a stream comes one more, "<stream>-resources", and goes with the last.
// Threads: any; changes take turns, and readers get what held at one moment. Owns: the engine, everything
// that runs in it, and the names. Databases are lent. Units: as named.
#pragma once

#include "control/agent/live_input.hpp"
#include "control/databases.hpp"
#include "control/policy.hpp"
#include "engine/live_engine.hpp"
#include "taps/device/interfaces.hpp"

#include <map>
#include <mutex>
#include <set>
#include <span>

namespace visor::control {

struct AgentSettings {
    TapSettings tap;
    WindowSettings window;                      // of policies that say nothing themselves
    std::shared_ptr<const Databases> databases; // none: an empty one
    bool adaptive_sampling = true;              // less deep analysis while workers are behind
};

// An input, and what it was opened with. Does not change.
struct InputStream {
    std::string name; // "default-5f3a9c01"
    std::string tap;
    std::string input_type;
    OptionValues config; // effective: the tap's, the policy's over it
    LiveInput input;
};

// How an input that is open was at one moment.
struct StreamState {
    std::shared_ptr<const InputStream> stream;
    size_t consumers = 0; // policies
    std::string source;   // "af_packet"
    std::vector<std::string> interfaces;
    bool up = false;
    size_t workers = 0, ring_bytes = 0;
    taps::HostAddresses addresses; // of its interfaces
    std::vector<engine::WorkerCounts> counts;
};

struct RunningPolicy {
    struct OnTap {
        std::shared_ptr<const InputStream> stream;
        std::shared_ptr<engine::LivePolicy> live;
    };
    PolicyConfig config;
    bool resources = false; // made for a stream, by the agent itself
    std::vector<OnTap> taps;
};
using PolicyPointer = std::shared_ptr<const RunningPolicy>;

// A trial opens and starts all a change would, and then undoes it: it finds whatever would be in its way.
enum class Extent : uint8_t { trial, done };

class Agent {
public:
    static constexpr size_t streams_max = 32; // each has rings and workers of its own
    // On one stream. While all of them change there are twice as many, and the stream's own.
    static constexpr size_t policies_max = 255;
    static_assert(2 * policies_max + 1 <= engine::policies_max);

    Agent(const AgentSettings& settings, engine::TapNotify notify);
    ~Agent();

    // Everything in the document, or nothing of it.
    Trouble add(const Document& document, Extent extent = Extent::done);
    // As if the agent had been started with `now` in place of `before`: what is the same in both goes on, and
    // so does what came otherwise.
    Trouble reload(const Document& before, const Document& now);
    // A file, with everything defined but what `before` has.
    Result<Document, Refusal> read_in_place_of(const Document& before, const std::string& path,
                                               const OptionValues& given) const;
    Trouble replace_policy(const std::string& name, const Document& document, Extent extent = Extent::done);
    Trouble replace_tap(const std::string& name, const Document& document, Extent extent = Extent::done);
    // Policies that ask for places go on with them: results stay, and name the places of the databases they
    // were counted with.
    Trouble replace_databases(std::shared_ptr<const Databases> databases);
    Trouble remove_policy(const std::string& name, Extent extent = Extent::done);
    Trouble remove_tap(const std::string& name, Extent extent = Extent::done);

    std::vector<TapConfig> taps() const;
    std::vector<PolicyPointer> policies() const;         // by name
    PolicyPointer policy(const std::string& name) const; // null when there is none
    std::map<std::string, StreamState> streams() const;  // by name
    // Figures of their taps no older than a second; waits a tenth of a second at most, for all of them.
    void refresh(std::span<const PolicyPointer> policies);
    // What documents may refer to now.
    Result<Document, Refusal> parse(std::string_view yaml, DocumentKind kind) const;
    // The same as if this policy or tap were not there.
    Result<Document, Refusal> parse_in_place_of(const std::string& name, std::string_view yaml,
                                                DocumentKind kind) const;

    void addresses_changed(); // perhaps: asks again who is host
    // Policies and handlers are added to it.
    void tell_resources(ResourceSample sample);

private:
    struct RunningStream : InputStream {
        std::vector<std::shared_ptr<const engine::PlannedPolicy>> plans{}; // of the policies it serves
        engine::LiveStream* live = nullptr;
        taps::HostAddresses addresses{};
    };
    using StreamPointer = std::shared_ptr<RunningStream>;
    struct Change {
        std::vector<TapConfig> taps;                           // all, once it is done
        std::vector<PolicyConfig> added;                       // also those that replace one
        std::vector<std::string> removed;                      // or replaced
        std::vector<std::shared_ptr<RunningPolicy>> started{}; // those added
    };
    Trouble apply(Change change, Extent extent = Extent::done);
    Trouble too_much(const Change& change) const;
    Trouble name_taken(const Change& change) const;
    Trouble start(Change& change);
    Trouble start_on(RunningPolicy& policy, const TapConfig& tap);
    Result<StreamPointer, Refusal> stream_for(const TapConfig& tap, const OptionValues& values);
    Trouble add_resources_policy(const StreamPointer& stream);
    Trouble attach(RunningPolicy& policy, const StreamPointer& stream, engine::PlannedPolicy plan);
    const std::shared_ptr<const Databases>& databases_for(const PolicyConfig& policy) const;
    void stop(const RunningPolicy& policy);
    void close_if_unused(const StreamPointer& stream);
    engine::DecodeSettings decoding_of(const RunningStream& stream) const;
    // What is defined, but for what has one of these names. Refers to the lists it fills.
    struct Names {
        std::set<std::string> taps, policies;
    };
    struct Defined {
        std::vector<TapConfig> taps;
        std::vector<std::string> policies;
    };
    Known known_without(const Names& names, Defined& defined) const;

    const AgentSettings settings_;
    const sketch::HashKey key_; // random: nobody outside can aim keys at one place of a table
    std::shared_ptr<const Databases> databases_, without_places_;
    engine::TapNotify notify_;
    mutable std::mutex mutex_;
    engine::LiveEngine engine_;
    std::vector<TapConfig> taps_;
    std::map<std::string, StreamPointer> streams_; // by name
    std::map<std::string, std::shared_ptr<RunningPolicy>> policies_;
};

} // namespace visor::control
