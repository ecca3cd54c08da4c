#include "engine/suffix_rules.hpp"

#include <algorithm>

namespace visor::engine {

namespace {

// Rolls from the end of a name towards its start, so one walk has the hash of every suffix.
struct SuffixHash {
    uint32_t state = 2166136261U;
    void add(char c) { state = (state ^ static_cast<uint8_t>(c)) * 16777619U; }
    uint32_t value() const { return state ^ state >> 15; }
};

uint32_t hash_of(std::string_view name) {
    SuffixHash hash;
    for (size_t i = name.size(); i-- > 0;) hash.add(name[i]);
    return hash.value();
}

// False when the text is not well-formed UTF-8.
bool code_points(std::string_view text, std::vector<uint32_t>& out) {
    for (size_t i = 0; i < text.size();) {
        const auto lead = static_cast<uint8_t>(text[i++]);
        const unsigned more = lead < 0x80       ? 0
                              : lead >> 5 == 6  ? 1
                              : lead >> 4 == 14 ? 2
                              : lead >> 3 == 30 ? 3
                                                : 9;
        if (more == 9 || i + more > text.size()) return false;
        uint32_t point = more == 0 ? lead : lead & (0x3fU >> more);
        for (unsigned k = 0; k < more; k++) point = point << 6 | (static_cast<uint8_t>(text[i++]) & 0x3fU);
        out.push_back(point);
    }
    return true;
}

uint32_t adapt(uint32_t delta, uint32_t points, bool first) { // RFC 3492 section 6.1
    delta = first ? delta / 700 : delta / 2;
    delta += delta / points;
    uint32_t k = 0;
    for (; delta > 455; k += 36) delta /= 35;
    return k + 36 * delta / (delta + 38);
}

void append_number(std::string& out, uint32_t value, uint32_t bias) {
    for (uint32_t k = 36;; k += 36) {
        const uint32_t t = k <= bias ? 1 : k >= bias + 26 ? 26 : k - bias;
        const uint32_t digit = value < t ? value : t + (value - t) % (36 - t);
        out += static_cast<char>(digit < 26 ? 'a' + digit : '0' + digit - 26);
        if (value < t) return;
        value = (value - t) / (36 - t);
    }
}

std::string punycode(const std::vector<uint32_t>& points) { // RFC 3492 section 6.3
    std::string out;
    for (const uint32_t p : points)
        if (p < 0x80) out += static_cast<char>(p);
    const auto basic = static_cast<uint32_t>(out.size());
    if (basic) out += '-';
    uint32_t next = 0x80, delta = 0, bias = 72, handled = basic;
    while (handled < points.size()) {
        uint32_t smallest = UINT32_MAX;
        for (const uint32_t p : points)
            if (p >= next) smallest = std::min(smallest, p);
        delta += (smallest - next) * (handled + 1);
        next = smallest;
        for (const uint32_t p : points) {
            if (p < next) delta++;
            if (p != next) continue;
            append_number(out, delta, bias);
            bias = adapt(delta, handled + 1, handled == basic);
            delta = 0;
            handled++;
        }
        delta++;
        next++;
    }
    return out;
}

std::string_view next_line(std::string_view& text) {
    const size_t end = text.find('\n');
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    return line.substr(0, line.find_first_of(" \t\r"));
}

} // namespace

std::string ascii_name(std::string_view name) {
    std::string out;
    while (true) {
        const size_t dot = name.find('.');
        const std::string_view label = name.substr(0, dot);
        if (std::all_of(label.begin(), label.end(), [](char c) { return static_cast<uint8_t>(c) < 0x80; })) {
            out += label;
        } else {
            std::vector<uint32_t> points;
            if (label.size() > 255 || !code_points(label, points)) return {};
            out += "xn--" + punycode(points);
        }
        if (dot == std::string_view::npos) return out;
        out += '.';
        name.remove_prefix(dot + 1);
    }
}

SuffixRules::SuffixRules(std::string_view list) {
    while (!list.empty()) {
        std::string_view line = next_line(list);
        if (line.empty() || line.starts_with("//")) continue;
        uint8_t flags = rule;
        if (line.starts_with('!')) flags = exception, line.remove_prefix(1);
        if (line.starts_with("*.")) flags = wildcard, line.remove_prefix(2);
        const std::string name = ascii_name(line);
        if (name.empty() || name.size() > 253) continue;
        rules_++;
        add(name, flags);
        for (size_t dot = name.find('.'); dot != std::string::npos; dot = name.find('.', dot + 1))
            add(std::string_view(name).substr(dot + 1), 0);
    }
    names_.shrink_to_fit();
}

void SuffixRules::add(std::string_view name, uint8_t flags) {
    if (name.empty()) return;
    if (used_ * 2 >= slots_.size()) grow();
    const uint32_t hash = hash_of(name);
    Slot& slot = slot_for(name, hash);
    if (slot.size == 0) {
        slot = {hash, static_cast<uint32_t>(names_.size()), static_cast<uint8_t>(name.size()), 0};
        names_ += name;
        used_++;
    }
    slot.flags |= flags;
}

SuffixRules::Slot& SuffixRules::slot_for(std::string_view name, uint32_t hash) {
    for (size_t i = hash;; i++) {
        Slot& slot = slots_[i & (slots_.size() - 1)];
        if (slot.size == 0) return slot;
        if (slot.hash == hash && std::string_view(names_).substr(slot.name, slot.size) == name) return slot;
    }
}

void SuffixRules::grow() {
    const std::vector<Slot> old = std::move(slots_);
    slots_.assign(old.empty() ? 1024 : old.size() * 2, {});
    for (const Slot& slot : old)
        if (slot.size) slot_for(std::string_view(names_).substr(slot.name, slot.size), slot.hash) = slot;
}

const SuffixRules::Slot* SuffixRules::find(std::string_view suffix, uint32_t hash) const {
    for (size_t i = hash;; i++) {
        const Slot& slot = slots_[i & (slots_.size() - 1)];
        if (slot.size == 0) return nullptr;
        if (slot.hash == hash && std::string_view(names_).substr(slot.name, slot.size) == suffix)
            return &slot;
    }
}

size_t SuffixRules::suffix_size(std::string_view name) const {
    if (slots_.empty()) return 0;
    size_t best = 0, shorter = 0; // shorter: the sequence of one label less than the one looked at
    bool take_label = true;       // the default rule, and rules with a wildcard
    SuffixHash hash;
    for (size_t at = name.size();;) {
        while (at > 0 && name[at - 1] != '.') hash.add(name[--at]);
        const size_t size = name.size() - at;
        if (take_label) best = size;
        const Slot* slot = find(name.substr(at), hash.value());
        if (!slot) return best;
        if (slot->flags & exception) return shorter;
        if (slot->flags & rule) best = size;
        if (at == 0) return best;
        take_label = slot->flags & wildcard;
        shorter = size;
        hash.add(name[--at]);
    }
}

} // namespace visor::engine
