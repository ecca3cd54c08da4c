// Capture filters in the syntax of pcap-filter(7), compiled once per link type and run on frames in user
// space.
//
// Threads: compile from one thread at a time; matches() from any. Owns: the compiled programs.
#pragma once

#include "base/result.hpp"
#include "engine/frames.hpp"

#include <map>
#include <memory>
#include <pcap/pcap.h>
#include <string>

namespace visor::taps {

class BpfFilter {
public:
    static Result<std::unique_ptr<BpfFilter>> compile(const std::string& expression, uint16_t linktype);
    BpfFilter(const BpfFilter&) = delete;
    BpfFilter& operator=(const BpfFilter&) = delete;
    ~BpfFilter();

    bool matches(const uint8_t* data, uint32_t caplen, uint32_t wirelen) const;

private:
    BpfFilter() = default;
    bpf_program program_{};
};

// One expression for all link types of a file. Without an expression every filter is null, which means "all
// pass".
class FilterSet {
public:
    explicit FilterSet(std::string expression) : expression_(std::move(expression)) {}
    Result<const BpfFilter*> for_link(uint16_t linktype);

private:
    std::string expression_;
    std::map<uint16_t, std::unique_ptr<BpfFilter>> compiled_;
};

} // namespace visor::taps
