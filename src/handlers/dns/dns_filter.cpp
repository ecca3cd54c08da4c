#include "handlers/dns/dns_filter.hpp"

#include "handlers/dns/dns_facts.hpp"

#include <algorithm>
#include <array>

namespace visor::dns {

namespace {
// A value that is one text or a list of them.
std::vector<std::string> texts_of(const OptionValue& value) {
    return value.kind == OptionValue::Kind::list ? value.list : std::vector{value.text};
}

std::string rcode_names() {
    std::string names;
    for (uint16_t code = 0; code < 4096; ++code) {
        const std::string_view name = wire::dns_rcode_name(code);
        if (!name.empty()) (names += name) += ", ";
    }
    return names;
}

std::string lower(std::string_view text) {
    std::string out(text);
    for (char& c : out)
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + 32);
    return out;
}

// A name as events carry it: lower-case, no trailing dot.
std::string as_in_events(std::string_view text) {
    std::string out = lower(text);
    if (out.size() > 1 && out.back() == '.') out.pop_back();
    return out;
}
} // namespace

std::string wrong_rcode(const OptionValue& value) {
    for (const auto& one : texts_of(value))
        if (wire::dns_rcode_number(one) < 0)
            return "DnsStreamHandler: only_rcode filter contained an invalid/unsupported rcode: " + one +
                   ". Valid rcodes: " + rcode_names() + "and their numbers";
    return {};
}

std::string wrong_qtype(const OptionValue& value) {
    for (const auto& one : texts_of(value))
        if (wire::dns_qtype_number(one) < 0)
            return "DnsStreamHandler: only_qtype filter contained an invalid/unsupported qtype: " + one +
                   ". Valid qtypes: A, AAAA, CNAME, HTTPS, MX, NS, PTR, SOA, SRV, TXT and the other names of "
                   "record types, and their numbers";
    return {};
}

Result<Filter> Filter::make(const OptionValues& values, const Services& services) {
    if (std::string wrong = wrong_value(options_v2, values); !wrong.empty()) return Error{std::move(wrong)};
    Filter f;
    f.services_ = services;
    f.kinds_[false] = !values.get_bool("only_responses");
    f.kinds_[true] = !values.get_bool("only_queries");
    f.only_dnssec_ = values.get_bool("only_dnssec_response");
    f.by_count_ = values.has("answer_count");
    f.answer_count_ = static_cast<uint16_t>(values.get_uint("answer_count"));
    f.geoloc_notfound_ = values.get_bool("geoloc_notfound");
    f.asn_notfound_ = values.get_bool("asn_notfound");
    for (const auto& name : values.get_list("only_qname")) f.names_.insert(as_in_events(name));
    for (const auto& suffix : values.get_list("only_qname_suffix"))
        f.suffixes_.emplace_back(as_in_events(suffix));
    f.read_codes(values);
    f.read_directions(values);
    f.by_name_ = !f.names_.empty() || !f.suffixes_.empty();
    f.by_subnet_ = f.geoloc_notfound_ || f.asn_notfound_;
    f.by_more_ = f.only_dnssec_ || f.by_count_ || f.by_subnet_ || f.by_qtype_ || f.by_name_;
    f.active_ = !f.kinds_[false] || !f.kinds_[true] || !f.rcodes_.all() || f.by_more_;
    return f;
}

void Filter::read_codes(const OptionValues& values) {
    rcodes_.set();
    if (values.get_bool("exclude_noerror")) {
        rcodes_.reset(0);
    } else if (const OptionValue* only = values.find("only_rcode")) {
        rcodes_.reset();
        for (const auto& one : texts_of(*only)) rcodes_.set(static_cast<size_t>(wire::dns_rcode_number(one)));
    }
    by_qtype_ = values.has("only_qtype");
    for (const auto& one : values.get_list("only_qtype"))
        qtypes_.set(static_cast<size_t>(wire::dns_qtype_number(one)));
}

void Filter::read_directions(const OptionValues& values) {
    if (!values.has("only_xact_directions")) return;
    directions_.reset();
    for (const auto& one : values.get_list("only_xact_directions")) directions_.set(*directions.find(one));
}

bool Filter::passes_subnet(const DnsEvent& event) const {
    if (!by_subnet_) return true;
    if (event.response()) return false;
    const wire::Ecs ecs = wire::walk_dns_records(event.message()).ecs;
    if (!ecs.present) return false;
    if (geoloc_notfound_ && (!services_.city || services_.city->find(ecs.address) != 0)) return false;
    return !asn_notfound_ || (services_.asn && services_.asn->find(ecs.address) == 0);
}

bool Filter::is_signed(const DnsEvent& event) {
    return event.response() && wire::walk_dns_records(event.message()).rrsig_in_answer;
}

} // namespace visor::dns
