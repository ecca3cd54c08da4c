#include "control/agent/agent.hpp"

#include "control/plan.hpp"
#include "control/registry.hpp"

#include <algorithm>
#include <cstdio>
#include <sys/random.h>

namespace visor::control {

namespace {

sketch::HashKey random_key() {
    sketch::HashKey key{};
    if (getrandom(&key, sizeof key, 0) != sizeof key) key = sketch::offline_hash_key; // never below 256 bytes
    return key;
}

// What distinguishes one effective input from another, in the order of its keys.
void put(std::string& text, const OptionValue& value) {
    text += static_cast<char>('0' + static_cast<int>(value.kind));
    text += value.text + '\x1f' + std::to_string(value.number) + (value.boolean ? 't' : 'f');
    for (const auto& item : value.list) text += item + '\x1f';
    for (const auto& entry : value.map.entries()) put(text += entry.key + '=', entry.value);
    text += '\x1e';
}

constexpr std::string_view reserved_policy = "__all"; // all of them, in paths

// The policy that comes with a stream.
std::string resources_of(const std::string& stream) {
    return stream + "-resources";
}

std::string stream_name(const TapConfig& tap, const OptionValues& values) {
    auto entries = std::vector<OptionEntry>(values.entries().begin(), values.entries().end());
    std::sort(entries.begin(), entries.end(), [](const auto& a, const auto& b) { return a.key < b.key; });
    std::string text = tap.input_type == "pcap" ? std::string() : tap.input_type + '\x1e';
    for (const auto& entry : entries) // what is empty is as if it were not there
        if (entry.value.kind != OptionValue::Kind::text || !entry.value.text.empty())
            put(text += entry.key + '=', entry.value);
    char name[24];
    std::snprintf(name, sizeof name, "-%016llx",
                  static_cast<unsigned long long>(
                      sketch::keyed_hash(sketch::offline_hash_key, text.data(), text.size())));
    return tap.name + name;
}

const TapConfig* find_tap(const std::vector<TapConfig>& taps, const std::string& name) {
    const auto at = std::find_if(taps.begin(), taps.end(), [&](const auto& tap) { return tap.name == name; });
    return at == taps.end() ? nullptr : &*at;
}

// Whether the taps of a policy still give it what they gave it before.
bool same_inputs(const PolicyConfig& policy, const std::vector<TapConfig>& before,
                 const std::vector<TapConfig>& now) {
    return std::all_of(policy.taps.begin(), policy.taps.end(), [&](const std::string& name) {
        const TapConfig *old = find_tap(before, name), *tap = find_tap(now, name);
        return old && tap && old->input_type == tap->input_type &&
               effective_input(*old, policy) == effective_input(*tap, policy);
    });
}

bool contains(const std::vector<std::string>& names, const std::string& name) {
    return std::find(names.begin(), names.end(), name) != names.end();
}

bool uses(const PolicyConfig& policy, const std::string& tap) {
    return contains(policy.taps, tap);
}

Refusal refuse(RefusalKind kind, std::string text) {
    return {{std::move(text)}, kind};
}

Refusal no_policy() {
    return refuse(RefusalKind::not_found, "policy does not exists");
}

Refusal no_tap() {
    return refuse(RefusalKind::not_found, "tap does not exists");
}

Refusal defined_already(const std::string& policy) {
    return refuse(RefusalKind::conflict, "policy with name '" + policy + "' already defined");
}

Refusal reserved(const std::string& policy) {
    return refuse(RefusalKind::invalid, "policy name '" + policy + "' is reserved");
}

// The same, and what it is about.
Refusal within(const std::string& what, Refusal refusal) {
    refusal.text.insert(0, what);
    return refusal;
}

// Databases that were replaced are to go.
AgentSettings without_databases(AgentSettings settings) {
    settings.databases = nullptr;
    return settings;
}

} // namespace

Agent::Agent(const AgentSettings& settings, engine::TapNotify notify)
    : settings_(without_databases(settings)), key_(random_key()),
      databases_(settings.databases ? settings.databases : std::make_shared<Databases>()),
      without_places_(databases_->without_places()), notify_(std::move(notify)), engine_(notify_) {}

Agent::~Agent() {
    for (const auto& [name, stream] : streams_) engine_.remove(*stream->live);
}

Trouble Agent::add(const Document& document, Extent extent) {
    const std::lock_guard lock(mutex_);
    Change change{taps_, document.policies, {}};
    change.taps.insert(change.taps.end(), document.taps.begin(), document.taps.end());
    return apply(std::move(change), extent);
}

Trouble Agent::reload(const Document& before, const Document& now) {
    const std::lock_guard lock(mutex_);
    Change change{taps_, {}, {}};
    std::erase_if(change.taps, [&](const auto& tap) { return find_tap(before.taps, tap.name); });
    change.taps.insert(change.taps.end(), now.taps.begin(), now.taps.end());
    const auto named = [](const Document& document, const std::string& name) -> const PolicyConfig* {
        for (const auto& policy : document.policies)
            if (policy.name == name) return &policy;
        return nullptr;
    };
    for (const auto& policy : before.policies) {
        const PolicyConfig* same = named(now, policy.name);
        if (!same || *same != policy || !same_inputs(policy, taps_, change.taps))
            change.removed.push_back(policy.name);
    }
    for (const auto& policy : now.policies)
        if (!named(before, policy.name) || !policies_.contains(policy.name) ||
            contains(change.removed, policy.name))
            change.added.push_back(policy);
    for (const auto& [name, policy] : policies_) {
        if (policy->resources || named(before, name)) continue;
        for (const std::string& tap : policy->config.taps)
            if (!find_tap(change.taps, tap))
                return refuse(
                    RefusalKind::conflict, // NOLINTNEXTLINE(*-inefficient-string-concatenation): once
                    "tap '" + tap + "' cannot go: policy '" + name + "' uses it already");
        if (same_inputs(policy->config, taps_, change.taps)) continue;
        change.removed.push_back(name); // it moves along with its taps
        change.added.push_back(policy->config);
    }
    return apply(std::move(change));
}

Trouble Agent::replace_policy(const std::string& name, const Document& document, Extent extent) {
    const std::lock_guard lock(mutex_);
    const auto at = policies_.find(name);
    if (at == policies_.end()) return no_policy();
    if (at->second->resources) return reserved(name);
    return apply({taps_, document.policies, {name}}, extent);
}

Trouble Agent::remove_policy(const std::string& name, Extent extent) {
    const std::lock_guard lock(mutex_);
    if (!policies_.contains(name)) return no_policy();
    return apply({taps_, {}, {name}}, extent);
}

// Policies on the tap begin anew where their input is no longer the same.
Trouble Agent::replace_tap(const std::string& name, const Document& document, Extent extent) {
    const std::lock_guard lock(mutex_);
    Change change{taps_, {}, {}};
    const auto at = std::find_if(change.taps.begin(), change.taps.end(),
                                 [&](const auto& tap) { return tap.name == name; });
    if (at == change.taps.end()) return no_tap();
    *at = document.taps.front();
    for (const auto& [policy_name, policy] : policies_) {
        if (policy->resources || !uses(policy->config, name)) continue;
        change.removed.push_back(policy_name);
        change.added.push_back(policy->config);
    }
    return apply(std::move(change), extent);
}

Trouble Agent::remove_tap(const std::string& name, Extent extent) {
    const std::lock_guard lock(mutex_);
    Change change{taps_, {}, {}};
    if (std::erase_if(change.taps, [&](const auto& tap) { return tap.name == name; }) == 0) return no_tap();
    std::string users;
    for (const auto& [policy_name, policy] : policies_)
        if (!policy->resources && uses(policy->config, name))
            users += (users.empty() ? "" : ", ") + policy_name;
    if (!users.empty())
        return refuse(RefusalKind::conflict, "tap '" + name + "' is already in use by policies: " + users);
    return apply(std::move(change), extent);
}

// Documents are read before it is their turn: what they were read against may have changed since.
Trouble Agent::name_taken(const Change& change) const {
    std::set<std::string_view> names;
    for (const TapConfig& tap : change.taps)
        if (!names.insert(tap.name).second)
            return refuse(RefusalKind::conflict, "module name '" + tap.name + "' already exists");
    names.clear();
    for (const PolicyConfig& policy : change.added) {
        if (!names.insert(policy.name).second ||
            (policies_.contains(policy.name) && !contains(change.removed, policy.name)))
            return defined_already(policy.name);
        if (policy.name == reserved_policy) return reserved(policy.name);
        for (const auto& [stream, running] : streams_)
            if (policy.name == resources_of(stream)) return reserved(policy.name);
    }
    return {};
}

Trouble Agent::apply(Change change, Extent extent) {
    if (Trouble trouble = name_taken(change)) return trouble;
    Trouble trouble = start(change);
    if (!trouble) trouble = too_much(change);
    if (trouble || extent == Extent::trial) {
        for (const auto& policy : change.started) stop(*policy);
        return trouble;
    }
    for (const std::string& name : change.removed) {
        const auto at = policies_.find(name);
        if (at == policies_.end()) continue; // a stream's own, gone with it
        const auto policy = at->second;
        policies_.erase(at);
        stop(*policy);
    }
    for (const auto& policy : change.started) policies_[policy->config.name] = policy;
    taps_ = std::move(change.taps);
    return {};
}

// What there will be when the change is done. While it is being done there may be twice as much.
Trouble Agent::too_much(const Change& change) const {
    std::map<const InputStream*, size_t> policies;
    const auto count = [&](const RunningPolicy& policy) {
        for (const auto& on_tap : policy.taps) ++policies[on_tap.stream.get()];
    };
    for (const auto& policy : change.started) count(*policy);
    for (const auto& [name, policy] : policies_)
        if (!policy->resources && !contains(change.removed, name)) count(*policy);
    if (policies.size() > streams_max)
        return refuse(RefusalKind::too_many,
                      "too many inputs, that is taps with a configuration and filter of their own: the "
                      "limit is " +
                          std::to_string(streams_max));
    for (const auto& [stream, number] : policies)
        if (number > policies_max)
            return refuse(RefusalKind::too_many,
                          "too many policies on one input: the limit is " + std::to_string(policies_max));
    return {};
}

Trouble Agent::start(Change& change) {
    for (const PolicyConfig& config : change.added) {
        auto& policy = change.started.emplace_back(std::make_shared<RunningPolicy>());
        policy->config = config;
        for (const std::string& name : config.taps) {
            const TapConfig* tap = find_tap(change.taps, name);
            if (!tap) return refuse(RefusalKind::invalid, "tap '" + name + "' does not exist");
            if (auto trouble = start_on(*policy, *tap)) return trouble;
        }
    }
    for (const auto& policy : change.started) { // streams opened just now brought policies along
        const auto at = policies_.find(policy->config.name);
        if (at != policies_.end() && at->second->resources) return reserved(policy->config.name);
    }
    return {};
}

Trouble Agent::start_on(RunningPolicy& policy, const TapConfig& tap) {
    if (const std::string wrong = wrong_input_type(tap, policy.config); !wrong.empty())
        return refuse(RefusalKind::invalid, wrong);
    OptionValues values = effective_input(tap, policy.config);
    values.merge(policy.config.input_filter);
    if (policy.config.name == resources_of(stream_name(tap, values))) return reserved(policy.config.name);
    auto stream = stream_for(tap, values);
    if (!stream) return within(not_opened(tap), stream.reason());
    const PolicyOnTap on_tap{&policy.config, tap.name};
    const auto trouble = attach(policy, *stream, plan_of({&on_tap, 1}).policies.front());
    close_if_unused(*stream);
    if (trouble) return within("policy [" + policy.config.name + "] failed to start: ", *trouble);
    return {};
}

Result<Agent::StreamPointer, Refusal> Agent::stream_for(const TapConfig& tap, const OptionValues& values) {
    const std::string name = stream_name(tap, values);
    if (const auto at = streams_.find(name); at != streams_.end()) return at->second;
    if (streams_.size() >= 2 * streams_max)
        return refuse(RefusalKind::too_many, "too many inputs: the limit is " + std::to_string(streams_max));
    if (policies_.contains(resources_of(name))) return defined_already(resources_of(name));
    if (const auto hosts = PrefixSet::parse(std::string(values.get_text("host_spec"))); !hosts)
        return refuse(RefusalKind::invalid, hosts.error());
    auto stream = std::make_shared<RunningStream>(
        RunningStream{{name, tap.name, tap.input_type, values, LiveInput::from(tap.input_type, values)}});
    auto live = open_tap(stream->input, settings_.tap, notify_);
    if (!live) return refuse(RefusalKind::unavailable, live.error());
    if (!(*live)->interfaces().empty()) stream->addresses = taps::host_addresses((*live)->interfaces());
    stream->live = &engine_.add(std::move(*live), decoding_of(*stream),
                                {stream->input.tcp_connections, settings_.adaptive_sampling});
    streams_[name] = stream;
    if (const auto trouble = add_resources_policy(stream)) {
        close_if_unused(stream);
        return *trouble;
    }
    return stream;
}

// What the process takes for this stream, as a policy of its own.
Trouble Agent::add_resources_policy(const StreamPointer& stream) {
    auto policy = std::make_shared<RunningPolicy>();
    policy->resources = true;
    policy->config.name = resources_of(stream->name);
    policy->config.tap = stream->tap;
    policy->config.taps = {stream->tap};
    policy->config.input_type = stream->input_type;
    policy->config.window = settings_.window;
    policy->config.modules.push_back(
        plain_module("resources", *find_handler("input_resources", "1.0"), settings_.window));
    const PolicyOnTap on_tap{&policy->config, stream->tap};
    if (auto trouble = attach(*policy, stream, plan_of({&on_tap, 1}).policies.front())) return trouble;
    policies_[policy->config.name] = policy;
    return {};
}

Trouble Agent::attach(RunningPolicy& policy, const StreamPointer& stream, engine::PlannedPolicy plan) {
    const auto shared = std::make_shared<const engine::PlannedPolicy>(std::move(plan));
    stream->plans.push_back(shared);
    const auto& databases = databases_for(policy.config);
    auto live =
        engine_.attach(*stream->live, shared, databases->services(key_), decoding_of(*stream), databases);
    if (!live) {
        stream->plans.pop_back();
        return refuse(RefusalKind::unavailable, live.error());
    }
    policy.taps.push_back({stream, std::move(*live)});
    return {};
}

void Agent::stop(const RunningPolicy& policy) {
    for (const auto& on_tap : policy.taps) {
        const auto at = streams_.find(on_tap.stream->name);
        if (at == streams_.end()) continue;
        const StreamPointer stream = at->second;
        engine_.detach(*stream->live, *on_tap.live);
        std::erase_if(stream->plans, [&](const auto& plan) { return plan.get() == &on_tap.live->plan(); });
        close_if_unused(stream);
    }
}

void Agent::close_if_unused(const StreamPointer& stream) {
    const std::string resources = resources_of(stream->name);
    if (std::any_of(stream->plans.begin(), stream->plans.end(),
                    [&](const auto& plan) { return plan->name != resources; })) {
        engine_.set_decoding(*stream->live, decoding_of(*stream));
        return;
    }
    if (const auto own = policies_.find(resources); own != policies_.end() && own->second->resources)
        policies_.erase(own);
    streams_.erase(stream->name);
    engine_.remove(*std::exchange(stream->live, nullptr));
}

engine::DecodeSettings Agent::decoding_of(const RunningStream& stream) const {
    engine::Plan plan;
    for (const auto& policy : stream.plans) plan.policies.push_back(*policy);
    auto hosts = PrefixSet::parse(stream.input.host_spec); // checked when it was read
    if (!hosts) hosts = PrefixSet{};
    for (const IpPrefix& address : stream.addresses.exact) hosts->add(address);
    return decode_settings(plan, std::move(*hosts), key_);
}

std::vector<TapConfig> Agent::taps() const {
    const std::lock_guard lock(mutex_);
    return taps_;
}

std::vector<PolicyPointer> Agent::policies() const {
    const std::lock_guard lock(mutex_);
    std::vector<PolicyPointer> all;
    for (const auto& [name, policy] : policies_) all.push_back(policy);
    return all;
}

PolicyPointer Agent::policy(const std::string& name) const {
    const std::lock_guard lock(mutex_);
    const auto at = policies_.find(name);
    return at == policies_.end() ? nullptr : at->second;
}

void Agent::addresses_changed() {
    const std::lock_guard lock(mutex_);
    for (auto& [name, stream] : streams_) {
        const auto& interfaces = stream->live->tap().interfaces();
        if (interfaces.empty()) continue;
        auto now = taps::host_addresses(interfaces);
        if (now == stream->addresses) continue;
        stream->addresses = std::move(now);
        engine_.set_decoding(*stream->live, decoding_of(*stream));
        notify_(engine::TapEvent::info,
                "addresses of tap '" + stream->tap + "' changed: its hosts are known anew");
    }
}

void Agent::tell_resources(ResourceSample sample) {
    {
        const std::lock_guard lock(mutex_);
        for (const auto& [name, policy] : policies_) {
            sample.policies += !policy->resources;
            if (!policy->resources) sample.handlers += static_cast<uint32_t>(policy->config.modules.size());
        }
    }
    engine_.tell_resources(sample);
}

std::map<std::string, StreamState> Agent::streams() const {
    const std::lock_guard lock(mutex_);
    std::map<std::string, StreamState> all;
    for (const auto& [name, stream] : streams_) {
        const engine::LiveTap& tap = stream->live->tap();
        all[name] = {stream,
                     stream->plans.size(),
                     std::string(tap.kind()),
                     tap.interfaces(),
                     tap.up(),
                     stream->live->workers(),
                     tap.ring_bytes(),
                     stream->addresses,
                     stream->live->counts()};
    }
    return all;
}

void Agent::refresh(std::span<const PolicyPointer> policies) {
    std::vector<const engine::LivePolicy*> all;
    for (const auto& policy : policies)
        for (const auto& on_tap : policy->taps) all.push_back(on_tap.live.get());
    engine_.refresh(all);
}

Known Agent::known_without(const Names& names, Defined& defined) const {
    const std::lock_guard lock(mutex_);
    for (const auto& tap : taps_)
        if (!names.taps.contains(tap.name)) defined.taps.push_back(tap);
    for (const auto& [name, policy] : policies_)
        if (!names.policies.contains(name)) defined.policies.push_back(name);
    return {handler_infos(), input_infos(), defined.taps, defined.policies, settings_.window};
}

Result<Document, Refusal> Agent::parse(std::string_view yaml, DocumentKind kind) const {
    Defined defined;
    return parse_document(yaml, {}, kind, known_without({}, defined));
}

Result<Document, Refusal> Agent::parse_in_place_of(const std::string& name, std::string_view yaml,
                                                   DocumentKind kind) const {
    Defined defined;
    const Names names = kind == DocumentKind::tap ? Names{{name}, {}} : Names{{}, {name}};
    return parse_document(yaml, {}, kind, known_without(names, defined));
}

Result<Document, Refusal> Agent::read_in_place_of(const Document& before, const std::string& path,
                                                  const OptionValues& given) const {
    Defined defined;
    Names names;
    for (const auto& tap : before.taps) names.taps.insert(tap.name);
    for (const auto& policy : before.policies) names.policies.insert(policy.name);
    Known known = known_without(names, defined);
    known.given = given;
    return read_document(path, known);
}

} // namespace visor::control
