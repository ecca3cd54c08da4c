// Public suffix rules compiled from the list's text form for one question a message: a hash table of every
// rule and of every label sequence that leads to one, walked from the last label on and left at the first
// that is missing.
//
// Threads: immutable once built, shared. Owns: its table. Units: bytes of names.
// Format and algorithm: publicsuffix.org/list; names beyond ASCII are entered as RFC 3492 encodes them.
#pragma once

#include "metric/places.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace visor::engine {

class SuffixRules final : public SuffixList {
public:
    explicit SuffixRules(std::string_view list);
    size_t rules() const { return rules_; }
    size_t memory_bytes() const { return slots_.capacity() * sizeof(Slot) + names_.capacity(); }
    size_t suffix_size(std::string_view lower_name) const override;

private:
    enum : uint8_t { rule = 1, wildcard = 2, exception = 4 }; // none: only leads to a rule
    struct Slot {
        uint32_t hash = 0;
        uint32_t name = 0; // place in names_
        uint8_t size = 0;  // 0 = empty
        uint8_t flags = 0;
    };
    void add(std::string_view name, uint8_t flags);
    Slot& slot_for(std::string_view name, uint32_t hash);
    void grow();
    const Slot* find(std::string_view suffix, uint32_t hash) const;

    std::vector<Slot> slots_;
    std::string names_;
    size_t used_ = 0;
    size_t rules_ = 0;
};

// A name's labels beyond ASCII in their "xn--" form; empty when it is not UTF-8.
std::string ascii_name(std::string_view utf8_name);

} // namespace visor::engine
