#include "taps/pcap/merged_source.hpp"

#include <algorithm>
#include <cstring>
#include <limits>

namespace visor::taps {
namespace {

constexpr size_t held_block_bytes = 64 * 1024; // read at once of a file that overlaps with others
constexpr size_t merged_bytes = engine::block_bytes + engine::frame_bytes_max;

void add(engine::SourceLedger& sum, const engine::SourceLedger& part) {
    sum.received += part.received;
    sum.delivered += part.delivered;
    sum.cut_short += part.cut_short;
    sum.bad_record += part.bad_record;
    sum.unsupported_link += part.unsupported_link;
    sum.filtered_bpf += part.filtered_bpf;
    sum.bytes_read += part.bytes_read;
}

int64_t latest(const engine::FrameBlock& block) {
    int64_t ts_ns = std::numeric_limits<int64_t>::min();
    for (uint32_t i = 0; i < block.count; ++i) ts_ns = std::max(ts_ns, block.frames[i].ts_ns);
    return ts_ns;
}

} // namespace

Result<std::unique_ptr<engine::FrameSource>> MergedSource::open(const std::vector<std::string>& paths,
                                                                const CaptureOptions& options) {
    if (paths.empty()) return Error{"Cannot open pcap/pcapng file: no file named"};
    std::unique_ptr<MergedSource> merged(new MergedSource(options));
    bool total_known = true;
    for (const std::string& path : paths) {
        auto source = open_capture(path, options);
        if (!source) return Error{source.error()};
        const uint64_t total = (*source)->ledger().bytes_total;
        total_known = total_known && total > 0;
        merged->bytes_total_ += total;
        // Where it is not known the file is opened at once, and its first frame tells.
        const int64_t first_ns = (*source)->first_ns().value_or(std::numeric_limits<int64_t>::min());
        if (paths.size() > 1 && can_reopen(path)) source->reset();
        merged->waiting_.push_back({path, std::move(*source), first_ns, merged->waiting_.size()});
    }
    std::sort(merged->waiting_.begin(), merged->waiting_.end(), [](const Waiting& a, const Waiting& b) {
        return a.first_ns != b.first_ns ? a.first_ns > b.first_ns : a.order > b.order;
    });
    if (!total_known) merged->bytes_total_ = 0;
    merged->name_ = paths[0];
    if (paths.size() > 1) merged->name_ += " and " + std::to_string(paths.size() - 1) + " more";
    merged->add_up();
    return std::unique_ptr<engine::FrameSource>(std::move(merged));
}

void MergedSource::next(engine::FrameBlock& block) {
    block.count = 0;
    while (block.count == 0 && (alone_ || !heap_.empty() || !waiting_.empty())) {
        if (!alone_ && heap_.empty())
            alone_ = start_next();
        else if (alone_)
            read_alone(block);
        else
            merge(block);
    }
    add_up();
}

bool MergedSource::read_out() const {
    if (alone_) return alone_->source->read_out();
    return !heap_.empty() && std::all_of(heap_.begin(), heap_.end(),
                                         [](const ReaderPtr& reader) { return reader->source->read_out(); });
}

// Opens the earliest file waiting; null, with the reason noted, if it cannot be opened any more.
MergedSource::ReaderPtr MergedSource::start_next() {
    Waiting next = std::move(waiting_.back());
    waiting_.pop_back();
    if (!next.source) {
        auto opened = open_capture(next.path, options_);
        if (!opened) {
            note(opened.error());
            return nullptr;
        }
        next.source = std::move(*opened);
    }
    return ReaderPtr(new Reader{std::move(next.source), next.order, {}, 0});
}

void MergedSource::read_alone(engine::FrameBlock& block) {
    alone_->source->limit_block(engine::block_bytes);
    alone_->source->next(block);
    if (block.count == 0) {
        finish(*alone_);
        alone_.reset();
    } else if (!waiting_.empty() && due(latest(block))) {
        std::swap(block, alone_->block);
        alone_->at = 0;
        block.count = 0;
        heap_.push_back(std::move(alone_));
    }
}

bool MergedSource::due(int64_t ts_ns) const {
    return !waiting_.empty() && waiting_.back().first_ns <= ts_ns;
}

bool MergedSource::later(const ReaderPtr& a, const ReaderPtr& b) {
    const int64_t ta = a->head().ts_ns, tb = b->head().ts_ns;
    return ta != tb ? ta > tb : a->order > b->order;
}

void MergedSource::admit_due() {
    while (!heap_.empty() && due(heap_.front()->head().ts_ns)) {
        if (heap_.size() >= overlap_max) {
            too_many_ = true;
            return;
        }
        if (ReaderPtr reader = start_next()) go_on(std::move(reader));
    }
}

// Reads the next frames of a file none of whose frames are held, and puts it where its time says.
void MergedSource::go_on(ReaderPtr reader) {
    reader->source->limit_block(held_block_bytes);
    reader->source->next(reader->block);
    reader->at = 0;
    if (reader->block.count == 0) return finish(*reader);
    heap_.push_back(std::move(reader));
    std::push_heap(heap_.begin(), heap_.end(), later);
}

void MergedSource::merge(engine::FrameBlock& block) {
    if (block.buffer.size() < merged_bytes) block.buffer.resize(merged_bytes);
    size_t filled = 0;
    while (!heap_.empty() && block.count < engine::block_frames_max && filled < engine::block_bytes) {
        admit_due();
        std::pop_heap(heap_.begin(), heap_.end(), later);
        ReaderPtr reader = std::move(heap_.back());
        heap_.pop_back();
        take_run(*reader, block, filled);
        if (reader->at < reader->block.count) {
            heap_.push_back(std::move(reader));
            std::push_heap(heap_.begin(), heap_.end(), later);
        } else if (heap_.empty()) {
            alone_ = std::move(reader);
        } else {
            go_on(std::move(reader));
        }
    }
}

// The frames of the earliest file up to the next one's first.
void MergedSource::take_run(Reader& reader, engine::FrameBlock& block, size_t& filled) {
    int64_t until_ns =
        std::numeric_limits<int64_t>::max(); // this time too only if named before the next file
    size_t next_order = std::numeric_limits<size_t>::max();
    if (!heap_.empty()) {
        until_ns = heap_.front()->head().ts_ns;
        next_order = heap_.front()->order;
    }
    const bool admits = heap_.size() + 1 < overlap_max;
    do {
        const engine::Frame& frame = reader.head();
        uint8_t* copy = block.buffer.data() + filled;
        if (frame.caplen > 0) std::memcpy(copy, frame.data, frame.caplen);
        block.frames[block.count] = frame;
        block.frames[block.count++].data = copy;
        filled += frame.caplen;
        if (++reader.at == reader.block.count) return;
        const int64_t ts_ns = reader.head().ts_ns;
        if (ts_ns > until_ns || (ts_ns == until_ns && reader.order > next_order)) return;
        if (admits && due(ts_ns)) return;
    } while (block.count < engine::block_frames_max && filled < engine::block_bytes);
}

void MergedSource::finish(const Reader& reader) {
    note(reader.source->trouble());
    add(finished_, reader.source->ledger());
}

void MergedSource::note(const std::string& line) {
    if (!line.empty() && !trouble_.empty()) trouble_ += "; ";
    trouble_ += line;
}

// What is read but not yet handed out has not been received yet.
void MergedSource::add_up() {
    sum_ = finished_;
    if (alone_) add(sum_, alone_->source->ledger());
    for (const ReaderPtr& reader : heap_) {
        add(sum_, reader->source->ledger());
        const uint32_t held = reader->block.count - reader->at;
        sum_.received -= held;
        sum_.delivered -= held;
    }
    sum_.bytes_total = bytes_total_;
}

std::string MergedSource::trouble() const {
    std::string all = trouble_;
    const auto append = [&](const std::string& line) {
        all += (all.empty() || line.empty() ? "" : "; ") + line;
    };
    if (alone_) append(alone_->source->trouble());
    for (const ReaderPtr& reader : heap_) append(reader->source->trouble());
    if (too_many_)
        append("more than " + std::to_string(overlap_max) +
               " files overlap in time: packets of some come after later ones of others");
    return all;
}

} // namespace visor::taps
