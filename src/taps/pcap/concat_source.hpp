// Several capture files read one after another as one source.
//
// All are opened and their headers checked before the first is read, so a wrong name or a foreign file is
// told at once. A regular file is then closed until its turn, so that any number of files needs one
// descriptor; one that has vanished or changed meanwhile is told by trouble(). Pipes stay open.
//
// Threads: as engine::FrameSource. Owns: the file being read and the pipes waiting.
#pragma once

#include "taps/pcap/capture_file.hpp"

namespace visor::taps {

Result<std::unique_ptr<engine::FrameSource>> open_captures(const std::vector<std::string>& paths,
                                                           const CaptureOptions& options);

class ConcatSource final : public engine::FrameSource {
public:
    static Result<std::unique_ptr<engine::FrameSource>> open(const std::vector<std::string>& paths,
                                                             const CaptureOptions& options);
    void next(engine::FrameBlock& block) override;
    bool read_out() const override;
    const engine::SourceLedger& ledger() const override { return sum_; }
    const std::string& name() const override { return name_; }
    std::string trouble() const override;

private:
    struct Part {
        std::string path;
        std::unique_ptr<engine::FrameSource> source; // null while closed
    };
    explicit ConcatSource(CaptureOptions options) : options_(std::move(options)) {}
    bool ready();
    void finish_part();
    void note(const std::string& line);
    void add_up();

    CaptureOptions options_;
    std::vector<Part> parts_;
    size_t current_ = 0;
    engine::SourceLedger finished_; // of the parts already read
    engine::SourceLedger sum_;
    uint64_t bytes_total_ = 0;
    std::string name_;
    std::string trouble_;
};

} // namespace visor::taps
