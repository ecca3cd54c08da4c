// From options and policies to a plan the engine runs.
// Threads: pure functions.
#pragma once

#include "control/capture_input.hpp"
#include "engine/decoder.hpp"
#include "engine/plan.hpp"

namespace visor::control {

// The analysis of a capture file nobody gave a policy for: net 1.0, dns 1.0 and dhcp, default groups.
engine::Plan default_plan(const WindowSettings& window);

// Policies on taps, all of them over the same frames. Handlers are named policy-tap-module.
engine::Plan plan_of(std::span<const PolicyOnTap> policies);

// Whether a handler of the policy looks up places or networks of addresses.
bool uses_places(const PolicyConfig& policy);

// What the decoder must find out for this plan. The key is that of Services.
engine::DecodeSettings decode_settings(const engine::Plan& plan, PrefixSet hosts,
                                       const sketch::HashKey& key = sketch::offline_hash_key);

} // namespace visor::control
