#include "handlers/input_resources/input_resources.hpp"

#include "handlers/input_resources/input_resources_cells.hpp"
#include "metric/sampling.hpp"

namespace visor::input_resources {

namespace {

class InputResources final : public Handler {
public:
    explicit InputResources(const HandlerConfig& config)
        : sampling_(config.deep_sample_rate), sampled_(config.deep_sample_rate < 100) {}

    void on_batch(const Batch& batch, void* cells_ptr) override {
        if (batch.packets.empty()) return;
        auto& cells = *static_cast<InputResourcesCells*>(cells_ptr);
        cells.total += batch.packets.size();
        cells.deep_samples += sampled_ ? deep_samples(batch) : batch.packets.size();
        sketch::SecondRun run(batch.period_start_ns);
        uint64_t frames = 0;
        for (const wire::Packet& packet : batch.packets) {
            if (!run.holds(packet.ts_ns)) [[unlikely]] {
                if (frames) cells.frames.add(run.second(), frames);
                run.enter(packet.ts_ns);
                frames = 0;
            }
            ++frames;
        }
        cells.frames.add(run.second(), frames);
    }

    void on_ordered(const Batch& batch, void* cells_ptr) override {
        auto& cells = *static_cast<InputResourcesCells*>(cells_ptr);
        for (const ResourceSample& sample : batch.resources) {
            cells.cpu_percent.update(sample.cpu_percent);
            cells.memory_bytes.update(sample.memory_bytes);
            cells.policies.set(sample.policies);
            cells.handlers.set(sample.handlers);
        }
    }

private:
    uint64_t deep_samples(const Batch& batch) const {
        uint64_t deep = 0;
        for (const wire::Packet& packet : batch.packets) deep += sampling_.takes(packet.flow_hash);
        return deep;
    }

    DeepSampling sampling_;
    bool sampled_;
};

Result<std::unique_ptr<Handler>> create(const HandlerConfig& config, const Services&) {
    return std::unique_ptr<Handler>(new InputResources(config));
}

} // namespace

const HandlerClass& input_resources_v1() {
    static const HandlerClass handler{"input_resources", "1.0", schema, all_cells<schema>, {}, create};
    return handler;
}

} // namespace visor::input_resources
