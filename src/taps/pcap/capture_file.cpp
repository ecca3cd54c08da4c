#include "taps/pcap/capture_file.hpp"

#include "taps/pcap/link_text.hpp"
#include "taps/pcap/pcap_parser.hpp"
#include "taps/pcap/pcapng_parser.hpp"
#include "wire/link.hpp"

#include <algorithm>
#include <cstring>
#include <filesystem>

namespace visor::taps {
namespace {

constexpr size_t page_bytes = 4096;
constexpr size_t head_bytes = 64 * 1024; // read at open: the file header and the first interfaces
constexpr size_t target_min = 16 * 1024;

size_t round_up(size_t n) {
    return (n + page_bytes - 1) & ~(page_bytes - 1);
}

class CaptureFile final : public CaptureSource {
public:
    CaptureFile(std::string name, OpenedBytes opened, std::unique_ptr<RecordParser> parser, size_t header)
        : name_(std::move(name)), stream_(std::move(opened.stream)), parser_(std::move(parser)),
          offset_(header), eof_(opened.head.size() < head_bytes) {
        carry_.assign(opened.head.begin() + static_cast<std::ptrdiff_t>(header), opened.head.end());
        note_progress();
    }
    void next(engine::FrameBlock& block) override;
    bool read_out() const override { return eof_ && !ended_; }
    const engine::SourceLedger& ledger() const override { return ledger_; }
    const std::string& name() const override { return name_; }
    std::string trouble() const override;
    std::optional<int64_t> first_ns() const override { return parser_->first_ns(); }
    void limit_block(size_t bytes) override {
        target_max_ = std::max(bytes, target_min);
        target_ = std::min(target_, target_max_);
    }
    void assume_first_ns(int64_t ts_ns) { parser_->assume_first_ns(ts_ns); }

private:
    void make_room(engine::FrameBlock& block) const;
    void skip_ahead(engine::FrameBlock& block);
    void step(engine::FrameBlock& block);
    void settle(const Walk& walk, const uint8_t* begin, size_t size, const engine::FrameBlock& block);
    void aim(const Walk& walk, const engine::FrameBlock& block);
    void end_of_file();
    void note_progress();

    std::string name_;
    std::unique_ptr<ByteStream> stream_;
    std::unique_ptr<RecordParser> parser_;
    engine::SourceLedger ledger_;
    std::vector<uint8_t> carry_;              // read but not yet walked
    uint64_t skip_ = 0;                       // still to be passed over unread
    uint64_t offset_;                         // in the (decompressed) file, of the first byte of carry_
    size_t target_ = engine::block_bytes / 2; // bytes to have in the buffer for the next block
    size_t target_max_ = engine::block_bytes;
    bool eof_;
    bool ended_ = false;
    std::string trouble_;
};

void CaptureFile::next(engine::FrameBlock& block) {
    block.count = 0;
    while (block.count == 0 && !ended_) {
        make_room(block);
        if (skip_ > 0)
            skip_ahead(block);
        else
            step(block);
    }
    note_progress();
}

// For what is carried over, a full read after it, and the alignment of that read.
void CaptureFile::make_room(engine::FrameBlock& block) const {
    const size_t room = round_up(carry_.size()) + round_up(target_) + 2 * page_bytes;
    if (block.buffer.size() < room) block.buffer.resize(room);
}

void CaptureFile::skip_ahead(engine::FrameBlock& block) {
    const size_t want = static_cast<size_t>(std::min<uint64_t>(skip_, block.buffer.size()));
    const size_t got = eof_ ? 0 : stream_->read(block.buffer.data(), want);
    skip_ -= got;
    offset_ += got;
    if (got < want) {
        eof_ = true;
        end_of_file();
    }
}

void CaptureFile::step(engine::FrameBlock& block) {
    uint8_t* const base = block.buffer.data();
    const size_t misalignment =
        round_up(reinterpret_cast<uintptr_t>(base)) - reinterpret_cast<uintptr_t>(base);
    uint8_t* const fresh = base + misalignment + round_up(carry_.size());
    uint8_t* const begin = fresh - carry_.size();
    if (!carry_.empty()) std::memcpy(begin, carry_.data(), carry_.size());
    size_t size = carry_.size();
    if (!eof_ && target_ > carry_.size()) {
        // Whole pages into whole pages: the kernel copies those fastest.
        const size_t want = round_up(target_ - carry_.size());
        const size_t got = stream_->read(fresh, want);
        eof_ = got < want;
        size += got;
    }
    settle(parser_->walk(begin, size, block, ledger_), begin, size, block);
}

void CaptureFile::settle(const Walk& walk, const uint8_t* begin, size_t size,
                         const engine::FrameBlock& block) {
    aim(walk, block);
    offset_ += std::min(walk.used, size);
    skip_ = walk.used > size ? walk.used - size : 0;
    if (walk.used < size)
        carry_.assign(begin + walk.used, begin + size);
    else
        carry_.clear();
    if (walk.stop == Stop::damaged) {
        ended_ = true;
        trouble_ = name_ + ": damaged at record " + std::to_string(ledger_.received) + " (offset " +
                   std::to_string(offset_) + "): " + parser_->damage();
    } else if (walk.stop == Stop::hungry && eof_) {
        end_of_file();
    }
}

// So much that the next block will just be full if its records are as long as these: what is read too much
// must be copied once more.
void CaptureFile::aim(const Walk& walk, const engine::FrameBlock& block) {
    if (block.count > 0)
        target_ = std::clamp(walk.used * engine::block_frames_max / block.count, target_min, target_max_);
    else if (walk.used == 0)
        target_ = engine::block_bytes + record_bytes_max;
}

void CaptureFile::end_of_file() {
    ended_ = true;
    if (stream_->stopped()) return; // the record at hand was still coming
    if (!carry_.empty() || skip_ > 0 || parser_->inside_record()) {
        ++ledger_.received;
        ++ledger_.cut_short;
        trouble_ = name_ + ": cut short in record " + std::to_string(ledger_.received) + " (offset " +
                   std::to_string(offset_) + ")";
    }
    if (!stream_->error().empty())
        trouble_ = name_ + ": " + stream_->error() + " after record " +
                   std::to_string(ledger_.received - ledger_.cut_short);
}

void CaptureFile::note_progress() {
    ledger_.bytes_read = stream_->stored_read();
    ledger_.bytes_total = stream_->stored_total();
}

std::string CaptureFile::trouble() const {
    const std::string remark = parser_->remark();
    if (remark.empty()) return trouble_;
    return (trouble_.empty() ? name_ + ": " : trouble_ + "; ") + remark;
}

Error cannot_open(const std::string& name, const std::string& why) {
    return Error{"Cannot open pcap/pcapng file: " + name + ": " + why};
}

Error cannot_filter(const std::string& why) {
    return Error{"Cannot set BPF filter to pcap file: " + why};
}

std::string header_incomplete(const OpenedBytes& opened) {
    return opened.stream->stopped() ? "interrupted before its header was there"
                                    : "the file ends inside its header";
}

// What a file is instead, when its first bytes tell.
std::string not_a_capture(const OpenedBytes& opened) {
    if (opened.stream->stopped() && opened.head.size() < pcap_header_bytes) return header_incomplete(opened);
    struct Kind {
        std::string_view magic;
        const char* name;
    };
    using namespace std::string_view_literals;
    static constexpr Kind kinds[] = {
        {"snoop\0\0\0"sv, "a snoop capture"},
        {"GMBU"sv, "a Network Monitor capture"},
        {"RTSS"sv, "a Network Monitor capture"},
        {"\xac\x01\x00\x1c"sv, "an IXIA capture"},
        {"\xab\x01\x00\x1c"sv, "an IXIA capture"},
        {"BZh"sv, "bzip2 data"},
        {"\xfd"
         "7zXZ"sv,
         "xz data"},
        {"\x04\x22\x4d\x18"sv, "lz4 data"},
        {"PK\x03\x04"sv, "a zip archive"},
        {"\x7f"
         "ELF"sv,
         "a program"},
    };
    const std::string inside = opened.compression.empty() ? "" : " inside " + std::string(opened.compression);
    if (!opened.stream->error().empty()) return opened.stream->error();
    if (opened.head.empty()) return "empty file" + inside;
    const std::string_view start(reinterpret_cast<const char*>(opened.head.data()), opened.head.size());
    for (const Kind& kind : kinds)
        if (start.starts_with(kind.magic))
            return "not a pcap or pcapng file but " + std::string(kind.name) + inside;
    return "not a pcap or pcapng file" + inside;
}

using Opened = Result<std::unique_ptr<CaptureFile>>;

Opened open_pcap(OpenedBytes opened, const std::string& name, const CaptureOptions& options) {
    if (opened.head.size() < pcap_header_bytes) return cannot_open(name, header_incomplete(opened));
    const PcapHeader header = read_pcap_header(opened.head.data());
    if (header.major != 2)
        return cannot_open(name, "pcap version " + std::to_string(header.major) + "." +
                                     std::to_string(header.minor) + " is not supported");
    if (!wire::link_supported(header.linktype))
        return cannot_open(name, link_text(header.linktype) + " is not supported; " + supported_links());
    std::unique_ptr<BpfFilter> filter;
    if (!options.bpf.empty()) {
        auto compiled = BpfFilter::compile(options.bpf, header.linktype);
        if (!compiled) return cannot_filter(compiled.error());
        filter = std::move(*compiled);
    }
    engine::FrameBlock first;
    first.count = engine::block_frames_max - 1; // so the walk stops behind the first packet
    engine::SourceLedger unused;
    PcapParser scout(header, nullptr);
    scout.walk(opened.head.data() + pcap_header_bytes, opened.head.size() - pcap_header_bytes, first, unused);
    auto parser = std::make_unique<PcapParser>(header, std::move(filter));
    if (scout.first_ns()) parser->assume_first_ns(*scout.first_ns());
    return std::make_unique<CaptureFile>(name, std::move(opened), std::move(parser), pcap_header_bytes);
}

// Walks on over what has been read already to the first packet with a time.
std::optional<int64_t> find_first_ns(PcapngParser& scout, const std::vector<uint8_t>& head, Walk walk) {
    engine::FrameBlock block;
    engine::SourceLedger unused;
    for (size_t at = walk.used; walk.stop == Stop::full && !scout.first_ns(); at += walk.used) {
        block.count = 0;
        walk = scout.walk(head.data() + at, head.size() - at, block, unused);
    }
    return scout.first_ns();
}

// Walks the blocks before the first packet once, on a parser of its own, to find now what would fail later.
Opened open_pcapng(OpenedBytes opened, const std::string& name, const CaptureOptions& options) {
    PcapngParser scout(options.bpf);
    engine::FrameBlock full;
    full.count = engine::block_frames_max; // so the walk stops at the first packet
    engine::SourceLedger unused;
    const Walk walk = scout.walk(opened.head.data(), opened.head.size(), full, unused);
    const bool damaged = walk.stop == Stop::damaged, whole_file = opened.head.size() < head_bytes;
    if (!scout.saw_section() && (damaged || whole_file))
        return cannot_open(name, damaged ? scout.damage() : header_incomplete(opened));
    if (!scout.filter_error().empty()) return cannot_filter(scout.filter_error());
    const auto syntax = FilterSet(options.bpf).for_link(static_cast<uint16_t>(wire::LinkType::ethernet));
    if (!scout.saw_interface() && !syntax) return cannot_filter(syntax.error());
    auto parser = std::make_unique<PcapngParser>(options.bpf);
    if (const auto first_ns = find_first_ns(scout, opened.head, walk)) parser->assume_first_ns(*first_ns);
    return std::make_unique<CaptureFile>(name, std::move(opened), std::move(parser), 0);
}

Opened open_stream(std::unique_ptr<ByteStream> raw, const std::string& name, const CaptureOptions& options) {
    OpenedBytes opened = look_inside(std::move(raw), head_bytes);
    const uint8_t* head = opened.head.data();
    if (is_pcap(head, opened.head.size())) return open_pcap(std::move(opened), name, options);
    if (is_pcapng(head, opened.head.size())) return open_pcapng(std::move(opened), name, options);
    return cannot_open(name, not_a_capture(opened));
}

Opened open_path(const std::string& path, const CaptureOptions& options) {
    const std::string name = path == "-" ? "standard input" : path;
    auto stream = open_bytes(path, options.stop_fd);
    if (!stream) return cannot_open(name, stream.error());
    return open_stream(std::move(*stream), name, options);
}

// Reads on until a packet has a time.
std::optional<int64_t> search_first_ns(CaptureFile& file) {
    engine::FrameBlock block;
    do {
        file.next(block);
    } while (block.count > 0 && !file.first_ns());
    return file.first_ns();
}

} // namespace

bool can_reopen(const std::string& path) {
    std::error_code ignored;
    return path != "-" && std::filesystem::is_regular_file(path, ignored);
}

Result<std::unique_ptr<CaptureSource>>
open_capture_stream(std::unique_ptr<ByteStream> raw, const std::string& name, const CaptureOptions& options) {
    auto opened = open_stream(std::move(raw), name, options);
    if (!opened) return Error{opened.error()};
    return std::unique_ptr<CaptureSource>(std::move(*opened));
}

Result<std::unique_ptr<CaptureSource>> open_capture(const std::string& path, const CaptureOptions& options) {
    auto opened = open_path(path, options);
    if (!opened) return Error{opened.error()};
    if (!(*opened)->first_ns() && can_reopen(path)) {
        auto again = open_path(path, {});
        const auto first_ns = again ? search_first_ns(**again) : std::nullopt;
        if (first_ns) (*opened)->assume_first_ns(*first_ns);
    }
    return std::unique_ptr<CaptureSource>(std::move(*opened));
}

} // namespace visor::taps
