// The dns handlers' filters. Version 1.0 asks them of every message; version 2.0 asks some of queries, the
// others of replies. Threads: immutable once made; a handler exchanges it as a whole. Owns: its lists.
#pragma once

#include "metric/handler.hpp"

#include <algorithm>
#include <array>
#include <bitset>
#include <cstring>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

namespace visor::dns {

// OptionCheck of the values a filter is made from.
std::string wrong_rcode(const OptionValue& value);
std::string wrong_qtype(const OptionValue& value);

inline constexpr std::string_view direction_names[] = {"unknown", "in", "out"}; // by wire::Direction
inline constexpr OptionChoices directions{
    .texts = direction_names,
    .any_case = true,
    .wrong = "DnsStreamHandler: only_xact_directions contained an invalid/unsupported direction: {}. Valid "
             "directions: "};
inline constexpr std::string_view dnstap_type_names[] = {"auth", "client", "forwarder", "resolver",
                                                         "stub", "tool",   "update"};

inline constexpr std::array common_options = {
    Option{"exclude_noerror", OptionType::boolean, "drop messages with rcode NOERROR"},
    Option{
        .key = "only_rcode",
        .type = OptionType::uint_or_list,
        .help = "only messages with one of these response codes (numbers or names)",
        .wrong_type =
            "DnsStreamHandler: wrong value type for only_rcode filter. It should be an integer or an array",
        .check = wrong_rcode},
    Option{"only_dnssec_response", OptionType::boolean, "only replies with an RRSIG in the answer section"},
    Option{.key = "answer_count",
           .type = OptionType::uint,
           .help = "only messages with exactly this many answers",
           .max = 65535,
           .wrong_type =
               "DnsStreamHandler: wrong value type for answer_count filter. It should be an integer"},
    Option{.key = "only_qtype",
           .type = OptionType::list,
           .help = "only messages whose first question has one of these types",
           .check = wrong_qtype},
    Option{"only_qname", OptionType::list, "only messages about one of these names, exactly"},
    Option{"only_qname_suffix", OptionType::list, "only messages about names with one of these endings"},
    Option{"geoloc_notfound", OptionType::boolean,
           "only queries whose client subnet the city database does not know"},
    Option{"asn_notfound", OptionType::boolean,
           "only queries whose client subnet the ASN database does not know"},
    Option{.key = "dnstap_msg_type",
           .type = OptionType::text,
           .help = "only dnstap messages of this type",
           .choices = {.texts = dnstap_type_names,
                       .any_case = true,
                       .wrong = "DnsStreamHandler: dnstap_msg_type contained an invalid/unsupported type. "
                                "Valid types: "}},
    Option{"public_suffix_list", OptionType::boolean,
           "count a public suffix as one label in top_qname2 and top_qname3"},
};

template <size_t N, size_t M>
constexpr std::array<Option, N + M> joined(const std::array<Option, N>& a, const std::array<Option, M>& b) {
    std::array<Option, N + M> all{};
    std::copy(a.begin(), a.end(), all.begin());
    std::copy(b.begin(), b.end(), all.begin() + N);
    return all;
}

inline constexpr auto shared_options = joined(common_options, transaction_options);
inline constexpr auto options_v1 =
    joined(shared_options, std::array{Option{"only_queries", OptionType::boolean, "only queries"},
                                      Option{"only_responses", OptionType::boolean, "only replies"}});
inline constexpr auto options_v2 =
    joined(shared_options, std::array{Option{.key = "only_xact_directions",
                                             .type = OptionType::list,
                                             .help = "only transactions of these directions",
                                             .choices = directions}});

// An ending of names. Most names are told by their last eight bytes not to have it.
class NameSuffix {
public:
    explicit NameSuffix(std::string_view text)
        : text_(text), last_(last_of(text)), looked_at_(all_of(text)) {}

    // The last bytes of a text, zeros before a short one.
    static uint64_t last_of(std::string_view text) {
        uint64_t last = 0;
        const size_t n = std::min(text.size(), sizeof last);
        if (n == sizeof last) [[likely]]
            std::memcpy(&last, text.data() + text.size() - n, n);
        else if (n != 0)
            std::memcpy(reinterpret_cast<char*>(&last) + sizeof last - n, text.data(), n);
        return last;
    }
    bool ends(std::string_view name, uint64_t last_of_name) const {
        return ((last_of_name ^ last_) & looked_at_) == 0 && name.ends_with(text_);
    }
    size_t size() const {
        return text_.starts_with('.') ? text_.size() - 1 : text_.size();
    } // leading dot off

private:
    // Ones where last_of() has bytes of the text.
    static uint64_t all_of(std::string_view text) { return last_of(std::string(text.size(), '\xff')); }

    std::string text_;
    uint64_t last_, looked_at_;
};

class Filter {
public:
    static Result<Filter> make(const OptionValues& values, const Services& services);

    bool active() const { return active_; }
    bool passes(const DnsEvent& event) const {
        if (!kinds_[event.response()] || !rcodes_[event.rcode]) return false;
        return !by_more_ || (passes_reply(event) && passes_query(event));
    }
    // Name and client subnet.
    bool passes_query(const DnsEvent& event) const {
        return !(by_name_ || by_subnet_) || (passes_name(event) && passes_subnet(event));
    }
    // Response code, number of answers, type, DNSSEC.
    bool passes_reply(const DnsEvent& event) const {
        if (!rcodes_[event.rcode]) return false;
        if (by_count_ && event.answers != answer_count_) return false;
        if (by_qtype_ && !(event.has_question && qtypes_[event.qtype])) return false;
        return !only_dnssec_ || is_signed(event);
    }
    bool passes_direction(wire::Direction transaction) const {
        return directions_[static_cast<size_t>(transaction)];
    }

    // Bytes of the configured suffix the name ends with, its leading dot not counted; 0 for none.
    size_t suffix_size(std::string_view name) const {
        const uint64_t last = NameSuffix::last_of(name);
        for (const NameSuffix& suffix : suffixes_)
            if (suffix.ends(name, last)) [[unlikely]]
                return suffix.size();
        return 0;
    }
    bool has_suffixes() const { return !suffixes_.empty(); }

private:
    static bool is_signed(const DnsEvent& event);
    bool passes_name(const DnsEvent& event) const {
        return (names_.empty() || names_.contains(event.qname())) &&
               (suffixes_.empty() || suffix_size(event.qname()) != 0);
    }
    bool passes_subnet(const DnsEvent& event) const;
    void read_codes(const OptionValues& values);
    void read_directions(const OptionValues& values);

    bool active_ = false;
    bool kinds_[2] = {true, true}; // queries, replies
    bool only_dnssec_ = false, by_qtype_ = false, by_count_ = false, by_name_ = false, by_subnet_ = false;
    bool by_more_ = false; // than kind and code: by any of these
    bool geoloc_notfound_ = false, asn_notfound_ = false;
    uint16_t answer_count_ = 0;
    std::bitset<4096> rcodes_; // all that 12 bits can tell
    std::bitset<65536> qtypes_;
    std::bitset<3> directions_{7};
    struct Hash {
        using is_transparent = void;
        size_t operator()(std::string_view s) const { return std::hash<std::string_view>{}(s); }
    };
    std::unordered_set<std::string, Hash, std::equal_to<>> names_;
    std::vector<NameSuffix> suffixes_;
    Services services_;
};

} // namespace visor::dns
