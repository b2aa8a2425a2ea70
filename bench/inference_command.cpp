#include "tern/bench/inference_command.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <utility>

#include <nlohmann/json.hpp>

#include "tern/apps/console.hpp"
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
#include "tern/training/complete_info.hpp"
#include "tern/training/inference.hpp"
#include "tern/training/ready_model.hpp"

namespace tern::bench {
namespace {

constexpr std::string_view kInference = "--inference";
constexpr int kWarmUpRuns = 3;    // the first records the arenas, the second is the first to use them
constexpr std::size_t kRuns = 5;  // at least
constexpr std::int64_t kMostSeconds = 3600;

struct Flags {
    apps::Flag model, checkpoint, batch_size, threads, seconds, json;
    bool quantized = false;
};

/// What is measured, ready to run.
struct Candidate {
    std::string name;
    Shape image;
    std::unique_ptr<Module> model;
    std::int64_t multiply_adds = 0;  // of one image
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

std::int64_t multiply_adds_of(Module& model, const Shape& image) {
    return describe(model, {1, image[0], image[1], image[2]}).total.multiply_adds;
}

Candidate registered(const Flags& flags) {
    const ModelInfo& info = parse_model(kInference, flags.model.value_or(""));
    const Shape& image = info.image;
    std::unique_ptr<Module> model = make_model(info.name);
    fold_batch_norms(*model, {1, image[0], image[1], image[2]});
    model->eval();
    const std::int64_t multiply_adds = multiply_adds_of(*model, image);
    return {info.name, image, std::move(model), multiply_adds};
}

Candidate of_file(const Flags& flags) {
    const Weights weights = read_weights(*flags.checkpoint);
    const std::string named = flags.model.value_or("");
    const WeightsInfo info = complete_info(weights, named.empty() ? "" : parse_model(kInference, named).name);
    if (flags.quantized && info.quantized)
        apps::usage_error("--quantized", "has no meaning for ", weights.file, ", which is in 8 bits");
    std::unique_ptr<Module> model = model_for(info);
    narrow_to(*model, weights);
    const std::int64_t multiply_adds = multiply_adds_of(*model, info.image);
    return {info.model, info.image,
            ready_model(std::move(model), info.model, info.image, weights, Device::cpu(), DType::float32),
            multiply_adds, info.quantized};
}

Candidate candidate(const Flags& flags) {
    Candidate result = flags.checkpoint ? of_file(flags) : registered(flags);
    if (flags.quantized) {
        result.model = quantize_model(*result.model, {random_images(result.image, 1)});
        result.quantized = true;
    }
    return result;
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

void print(const std::vector<BatchRuns>& rows, const Flags& flags, const Candidate& measured,
           const Peaks& peaks) {
    const std::string file = flags.checkpoint ? " of " + apps::one_line(*flags.checkpoint) : "";
    std::printf("%s%s, inference, batch norms folded, %s, %d threads, peak %.1f GFLOP/s%s\n\n",
                measured.name.c_str(), file.c_str(), measured.quantized ? "8 bits" : "float32", num_threads(),
                peaks.flops * 1e-9, measured.quantized ? " of float32" : "");
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

void write(const std::vector<BatchRuns>& rows, const Flags& flags, const Candidate& measured,
           const Peaks& peaks) {
    using Json = nlohmann::ordered_json;
    Json all{{"model", measured.name},
             {"quantized", measured.quantized},
             {"threads", num_threads()},
             {"peak_flops", peaks.flops}};
    if (flags.checkpoint) all["checkpoint"] = *flags.checkpoint;
    for (const BatchRuns& row : rows)
        all["rows"].push_back({{"batch_size", row.batch_size},
                               {"runs", row.seconds.size()},
                               {"flops", row.flops},
                               {"images_per_second", row.rate(static_cast<double>(row.batch_size))},
                               {"p50", row.percentile(0.5)},
                               {"p90", row.percentile(0.9)},
                               {"p99", row.percentile(0.99)}});
    const std::string text = all.dump(1, ' ', false, Json::error_handler_t::replace) + '\n';
    write_output(*flags.json, std::as_bytes(std::span(text)));
}

void run(const Flags& flags) {
    std::vector<std::int64_t> batch_sizes{1, 64};
    if (flags.batch_size) batch_sizes = {parse_int("--batch-size", *flags.batch_size, kMostBatch)};
    if (flags.threads) set_num_threads(parse_int("--threads", *flags.threads, kMostThreads));
    const int seconds = flags.seconds ? parse_int("--seconds", *flags.seconds, kMostSeconds) : 3;
    if (flags.json) {
        std::vector<std::filesystem::path> read;
        if (flags.checkpoint) read.emplace_back(*flags.checkpoint);
        apps::check_output_flag("--json", *flags.json, read);
    }

    const Candidate measured = candidate(flags);
    const Peaks peaks = measure_peaks();
    std::vector<BatchRuns> rows;
    for (const std::int64_t batch_size : batch_sizes)
        rows.push_back(measure(*measured.model, random_images(measured.image, batch_size),
                               measured.multiply_adds, seconds));
    print(rows, flags, measured, peaks);
    if (flags.json) write(rows, flags, measured, peaks);
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
    app.add_option("--checkpoint", flags.checkpoint, "weight file to measure, also of tern prune or quantize")
        ->type_name("FILE");
    app.add_flag("--quantized", flags.quantized, "in 8 bits, as `tern quantize` makes it");
    app.add_option("--batch-size", flags.batch_size, "images at a time (default: a row for 1 and 64)")
        ->type_name("N");
    app.add_option("--threads", flags.threads, "default: TERN_THREADS, else all CPUs")->type_name("N");
    app.add_option("--seconds", flags.seconds, "measured for each row (default 3)")->type_name("N");
    app.add_option("--json", flags.json, "the numbers into a file, too")->type_name("FILE");
    if (parse(app, argc, argv)) run(flags);
}

}  // namespace tern::bench
