#include "tern/bench/inference_command.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>

#include <nlohmann/json.hpp>

#include "tern/apps/output_flag.hpp"
#include "tern/bench/command_flags.hpp"
#include "tern/bench/peaks.hpp"
#include "tern/bench/timing.hpp"
#include "tern/core/files/output.hpp"
#include "tern/core/random.hpp"
#include "tern/core/threads/parallel.hpp"
#include "tern/layers/fold_batch_norms.hpp"
#include "tern/layers/quantized/quantize_model.hpp"
#include "tern/models/describe.hpp"
#include "tern/training/inference.hpp"

namespace tern::bench {
namespace {

constexpr std::string_view kInference = "--inference";
constexpr int kWarmUpRuns = 3;    // the first records the arenas, the second is the first to use them
constexpr std::size_t kRuns = 5;  // at least
constexpr std::int64_t kMostSeconds = 3600;

struct Flags {
    apps::Flag model, batch_size, threads, seconds, json;
    bool quantized = false;
};

/// Runs of one batch size.
struct BatchRuns {
    std::int64_t batch_size = 0;
    double flops = 0;             // of the products for a batch
    std::vector<double> seconds;  // of each run, ascending

    // The smallest that `share` of the runs do not exceed.
    double percentile(double share) const {
        const double rank = std::ceil(share * static_cast<double>(seconds.size()));
        return seconds[static_cast<std::size_t>(std::max(rank, 1.0)) - 1];
    }
    double rate(double amount) const { return amount / percentile(0.5); }
};

Tensor random_images(const Shape& image, std::int64_t count) {
    const Tensor images = Tensor::empty({count, image[0], image[1], image[2]});
    const RandomStream random{0, RandomPurpose::user, 0};
    std::int64_t at = 0;
    for (float& value : images.elements<float>()) value = random.uniform(static_cast<std::uint64_t>(at++));
    return images;
}

BatchRuns measure(Module& model, const Tensor& images, std::int64_t multiply_adds, double seconds) {
    const std::int64_t batch_size = images.dim(0);
    Inference inference(model);
    for (int i = 0; i < kWarmUpRuns; ++i) inference.run(images);
    BatchRuns row{batch_size, 2.0 * static_cast<double>(multiply_adds * batch_size), {}};
    for (double total = 0; total < seconds || row.seconds.size() < kRuns; total += row.seconds.back())
        row.seconds.push_back(seconds_of([&] { inference.run(images); }));
    std::ranges::sort(row.seconds);
    return row;
}

void print(const std::vector<BatchRuns>& rows, const ModelInfo& model, bool quantized, const Peaks& peaks) {
    std::printf("%s, inference, batch norms folded, %s, %d threads, peak %.1f GFLOP/s%s\n\n",
                std::string(model.name).c_str(), quantized ? "8 bits" : "float32", num_threads(),
                peaks.flops * 1e-9, quantized ? " of float32" : "");
    std::printf("%6s %9s %8s %6s %9s %9s %9s %7s\n", "batch", "images/s", "GFLOP/s", "%peak", "p50 ms",
                "p90 ms", "p99 ms", "runs");
    for (const BatchRuns& row : rows) {
        std::printf("%6lld %9.1f %8.2f %5.1f%% %9.3f %9.3f %9.3f %7zu\n",
                    static_cast<long long>(row.batch_size), row.rate(static_cast<double>(row.batch_size)),
                    row.rate(row.flops) * 1e-9, 100 * row.rate(row.flops) / peaks.flops,
                    row.percentile(0.5) * 1e3, row.percentile(0.9) * 1e3, row.percentile(0.99) * 1e3,
                    row.seconds.size());
    }
}

void write(const std::string& path, const std::vector<BatchRuns>& rows, const ModelInfo& model,
           bool quantized, const Peaks& peaks) {
    nlohmann::ordered_json all{{"model", model.name},
                               {"quantized", quantized},
                               {"threads", num_threads()},
                               {"peak_flops", peaks.flops},
                               {"rows", nlohmann::ordered_json::array()}};
    for (const BatchRuns& row : rows)
        all["rows"].push_back({{"batch_size", row.batch_size},
                               {"runs", row.seconds.size()},
                               {"flops", row.flops},
                               {"images_per_second", row.rate(static_cast<double>(row.batch_size))},
                               {"p50", row.percentile(0.5)},
                               {"p90", row.percentile(0.9)},
                               {"p99", row.percentile(0.99)}});
    const std::string text = all.dump(1) + '\n';
    write_output(path, std::as_bytes(std::span(text)));
}

void run(const Flags& flags) {
    const ModelInfo& info = parse_model(kInference, flags.model.value_or(""));
    std::vector<std::int64_t> batch_sizes{1, 64};
    if (flags.batch_size) batch_sizes = {parse_int("--batch-size", *flags.batch_size, kMostBatch)};
    if (flags.threads) set_num_threads(parse_int("--threads", *flags.threads, kMostThreads));
    const int seconds = flags.seconds ? parse_int("--seconds", *flags.seconds, kMostSeconds) : 3;
    if (flags.json) apps::check_output_flag("--json", *flags.json);

    const Peaks peaks = measure_peaks();
    const std::unique_ptr<Module> model = make_model(info.name);
    fold_batch_norms(*model, {1, info.image[0], info.image[1], info.image[2]});
    model->eval();
    const std::int64_t multiply_adds =
        describe(*model, {1, info.image[0], info.image[1], info.image[2]}).total.multiply_adds;
    std::unique_ptr<Module> quantized;
    if (flags.quantized) quantized = quantize_model(*model, {random_images(info.image, 1)});
    std::vector<BatchRuns> rows;
    for (const std::int64_t batch_size : batch_sizes)
        rows.push_back(measure(flags.quantized ? *quantized : *model, random_images(info.image, batch_size),
                               multiply_adds, seconds));
    print(rows, info, flags.quantized, peaks);
    if (flags.json) write(*flags.json, rows, info, flags.quantized, peaks);
}

}  // namespace

bool asks_for_inference(int argc, char** argv) { return asks_for(kInference, argc, argv); }

void run_inference(int argc, char** argv) {
    Flags flags;
    CLI::App app("Images per second and latency of a model that is not being trained.",
                 "tern-bench --inference");
    app.add_option(std::string(kInference), flags.model, model_names() + " (default mini_xception)")
        ->type_name("MODEL")
        ->expected(0, 1);
    app.add_flag("--quantized", flags.quantized, "in 8 bits, as `tern quantize` makes it");
    app.add_option("--batch-size", flags.batch_size, "images at a time (default: a row for 1 and 64)")
        ->type_name("N");
    app.add_option("--threads", flags.threads, "default: TERN_THREADS, else all CPUs")->type_name("N");
    app.add_option("--seconds", flags.seconds, "measured for each row (default 3)")->type_name("N");
    app.add_option("--json", flags.json, "the numbers into a file, too")->type_name("FILE");
    if (parse(app, argc, argv)) run(flags);
}

}  // namespace tern::bench
