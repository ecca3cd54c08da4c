// Capture files as one source, merged by the times of their packets.
//
// The next frame is always the earliest of those the files have next; among equal times the file named first
// comes first. A file keeps its own order, whatever it is. So files that follow one another are read one
// after another in whatever order they are named, and files that overlap are woven together.
//
// All are opened and their headers checked before the first is read, so a wrong name or a foreign file is
// told at once. A regular file is then closed until the time of its first packet has come; one that has
// vanished or changed meanwhile is told by trouble(). Pipes stay open. A file that overlaps with no other
// hands its blocks on as they are; where files overlap their frames are copied into new blocks.
//
// Threads: as engine::FrameSource. Owns: the files being read, at most overlap_max of them with some 256 KiB
// each (and a decompressor); more that overlap have to wait, which trouble() tells; and the pipes waiting.
#pragma once

#include "taps/pcap/capture_file.hpp"

namespace visor::taps {

class MergedSource final : public engine::FrameSource {
public:
    static constexpr size_t overlap_max = 256;

    static Result<std::unique_ptr<engine::FrameSource>> open(const std::vector<std::string>& paths,
                                                             const CaptureOptions& options);
    void next(engine::FrameBlock& block) override;
    bool read_out() const override;
    const engine::SourceLedger& ledger() const override { return sum_; }
    const std::string& name() const override { return name_; }
    std::string trouble() const override;

private:
    struct Waiting {
        std::string path;
        std::unique_ptr<CaptureSource> source; // null while closed
        int64_t first_ns;
        size_t order; // among the names
    };
    struct Reader {
        std::unique_ptr<CaptureSource> source;
        size_t order;
        engine::FrameBlock block; // frames read and not yet handed out
        uint32_t at;              // the first of them
        const engine::Frame& head() const { return block.frames[at]; }
    };
    using ReaderPtr = std::unique_ptr<Reader>;

    explicit MergedSource(CaptureOptions options) : options_(std::move(options)) {}
    static bool later(const ReaderPtr& a, const ReaderPtr& b);
    bool due(int64_t ts_ns) const;
    ReaderPtr start_next();
    void admit_due();
    void read_alone(engine::FrameBlock& block);
    void merge(engine::FrameBlock& block);
    void take_run(Reader& reader, engine::FrameBlock& block, size_t& filled);
    void go_on(ReaderPtr reader);
    void finish(const Reader& reader);
    void note(const std::string& line);
    void add_up();

    CaptureOptions options_;
    std::vector<Waiting> waiting_; // the earliest last
    std::vector<ReaderPtr> heap_;  // with frames to hand out, the earliest in front
    ReaderPtr alone_;              // the only open file, of which nothing is held
    engine::SourceLedger finished_;
    engine::SourceLedger sum_;
    uint64_t bytes_total_ = 0;
    bool too_many_ = false;
    std::string name_;
    std::string trouble_;
};

} // namespace visor::taps
