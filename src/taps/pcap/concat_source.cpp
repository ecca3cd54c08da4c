#include "taps/pcap/concat_source.hpp"

#include <filesystem>

namespace visor::taps {
namespace {

void add(engine::SourceLedger& sum, const engine::SourceLedger& part) {
    sum.received += part.received;
    sum.delivered += part.delivered;
    sum.cut_short += part.cut_short;
    sum.bad_record += part.bad_record;
    sum.unsupported_link += part.unsupported_link;
    sum.filtered_bpf += part.filtered_bpf;
    sum.bytes_read += part.bytes_read;
}

bool can_reopen(const std::string& path) {
    std::error_code ignored;
    return path != "-" && std::filesystem::is_regular_file(path, ignored);
}

} // namespace

Result<std::unique_ptr<engine::FrameSource>> open_captures(const std::vector<std::string>& paths,
                                                           const CaptureOptions& options) {
    return ConcatSource::open(paths, options);
}

Result<std::unique_ptr<engine::FrameSource>> ConcatSource::open(const std::vector<std::string>& paths,
                                                                const CaptureOptions& options) {
    if (paths.empty()) return Error{"Cannot open pcap/pcapng file: no file named"};
    std::unique_ptr<ConcatSource> concat(new ConcatSource(options));
    bool total_known = true;
    for (const std::string& path : paths) {
        auto source = open_capture(path, options);
        if (!source) return Error{source.error()};
        const uint64_t total = (*source)->ledger().bytes_total;
        total_known = total_known && total > 0;
        concat->bytes_total_ += total;
        if (can_reopen(path)) source->reset();
        concat->parts_.push_back({path, std::move(*source)});
    }
    if (!total_known) concat->bytes_total_ = 0;
    concat->name_ = paths[0];
    if (paths.size() > 1) concat->name_ += " and " + std::to_string(paths.size() - 1) + " more";
    concat->add_up();
    return std::unique_ptr<engine::FrameSource>(std::move(concat));
}

void ConcatSource::next(engine::FrameBlock& block) {
    block.count = 0;
    while (block.count == 0 && current_ < parts_.size()) {
        if (!ready()) {
            ++current_;
            continue;
        }
        parts_[current_].source->next(block);
        if (block.count == 0) finish_part();
    }
    add_up();
}

bool ConcatSource::ready() {
    Part& part = parts_[current_];
    if (part.source) return true;
    auto opened = open_capture(part.path, options_);
    if (!opened) {
        note(opened.error());
        return false;
    }
    part.source = std::move(*opened);
    return true;
}

void ConcatSource::finish_part() {
    Part& part = parts_[current_++];
    note(part.source->trouble());
    add(finished_, part.source->ledger());
    part.source.reset();
}

void ConcatSource::note(const std::string& line) {
    if (!line.empty() && !trouble_.empty()) trouble_ += "; ";
    trouble_ += line;
}

void ConcatSource::add_up() {
    sum_ = finished_;
    if (current_ < parts_.size() && parts_[current_].source) add(sum_, parts_[current_].source->ledger());
    sum_.bytes_total = bytes_total_;
}

std::string ConcatSource::trouble() const {
    const bool reading = current_ < parts_.size() && parts_[current_].source;
    const std::string now = reading ? parts_[current_].source->trouble() : std::string();
    return trouble_ + (trouble_.empty() || now.empty() ? "" : "; ") + now;
}

} // namespace visor::taps
