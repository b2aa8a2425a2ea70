#include "tern/bench/loader_command.hpp"

#include <cstdio>
#include <functional>

#include <nlohmann/json.hpp>

#include "tern/apps/output_flag.hpp"
#include "tern/bench/command_flags.hpp"
#include "tern/bench/timing.hpp"
#include "tern/core/files/output.hpp"
#include "tern/core/threads/parallel.hpp"
#include "tern/data/batches.hpp"
#include "tern/data/image_folder.hpp"
#include "tern/kernels/index_select/index_select.hpp"
#include "tern/models/registry.hpp"
#include "tern/training/loader.hpp"
#include "tern/training/training_step.hpp"

namespace tern::bench {
namespace {

constexpr std::string_view kLoader = "--loader";
constexpr std::int64_t kMostSeconds = 3600;
constexpr std::int64_t kWarmUp = 3;  // steps: the second is the first to use the arena

struct Flags {
    apps::Flag folder, size, model, batch_size, workers, threads, seconds, json;
};

struct LoaderSettings {
    std::int64_t image_size = 32, batch_size = 64;
    double seconds = 10;
    const ModelInfo* model = nullptr;
};

// Counts what it hands over, and how long that was waited for.
class TimedSource : public BatchSource {
  public:
    explicit TimedSource(const BatchSource& source) : source_(source) {}

    std::int64_t size() const override { return source_.size(); }
    Device device() const override { return source_.device(); }
    DType precision() const override { return source_.precision(); }
    Batch batch(const Tensor& samples, std::optional<std::uint32_t> epoch = {}) const override {
        Batch batch;
        waited += seconds_of([&] { batch = source_.batch(samples, epoch); });
        images += samples.numel();
        return batch;
    }

    mutable double waited = 0;
    mutable std::int64_t images = 0;

  private:
    const BatchSource& source_;
};

struct Rate {
    double images_per_second = 0;
    double waited = 0;  // share of the time
};

struct Row {
    int workers = 0;
    Rate loading, training;
};

// Batches of epochs in random order, each handed to `take`, until so many seconds have passed.
Rate run_for(const BatchSource& source, int workers, const LoaderSettings& settings,
             const std::function<void(const BatchSource&, const Tensor&, std::uint32_t)>& take) {
    const std::unique_ptr<Loader> loader = workers > 0 ? std::make_unique<Loader>(source, workers) : nullptr;
    const TimedSource timed(loader ? *loader : source);
    double seconds = 0;
    std::int64_t done = 0;
    for (std::uint32_t epoch = 0; seconds < settings.seconds; ++epoch) {
        const Batches batches(epoch_order(source.size(), true, 0, epoch, Device::cpu()), settings.batch_size);
        const std::int64_t whole = std::max<std::int64_t>(source.size() / settings.batch_size, 1);
        std::vector<Loader::Request> plan;
        for (std::int64_t i = 0; i < whole; ++i) plan.push_back({batches[i], epoch});
        if (loader) loader->start(plan);
        for (std::int64_t i = 0; i < whole && seconds < settings.seconds; ++i) {
            const double step =
                seconds_of([&] { take(timed, plan[static_cast<std::size_t>(i)].samples, epoch); });
            if (++done == kWarmUp) {
                timed.waited = seconds = 0;
                timed.images = 0;
            }
            if (done > kWarmUp) seconds += step;
        }
    }
    return {static_cast<double>(timed.images) / seconds, timed.waited / seconds};
}

Rate load(const BatchSource& source, int workers, const LoaderSettings& settings) {
    return run_for(source, workers, settings,
                   [](const BatchSource& from, const Tensor& samples, std::uint32_t epoch) {
                       from.batch(samples, epoch);
                   });
}

Rate train(const Dataset& set, const BatchSource& source, int workers, const LoaderSettings& settings) {
    const Shape image = set.sample_shape();
    const std::unique_ptr<Module> model = make_model(
        settings.model->name,
        {.classes = set.class_count(), .channels = image[2], .height = image[0], .width = image[1]});
    const auto optimizer = make_optimizer(FlatParameters(*model), {.epsilon = settings.model->adam_epsilon});
    std::unique_ptr<TrainingStep> step;
    return run_for(source, workers, settings,
                   [&](const BatchSource& from, const Tensor& samples, std::uint32_t epoch) {
                       if (!step) step = std::make_unique<TrainingStep>(*model, *optimizer, from);
                       step->run(samples, epoch);
                   });
}

// What the step takes where nothing has to be read: the images of the first batches, held in memory.
Rate demand(const Dataset& set, const DatasetSourceOptions& prepared, const LoaderSettings& settings) {
    const std::int64_t count = std::min(set.size(), 4 * settings.batch_size);
    const Tensor numbers = epoch_order(set.size(), true, 0, 0, Device::cpu()).slice(0, count);
    Dataset held{set.gather(numbers), index_select(set.targets, 0, numbers), set.classes, set.source};
    return train(held, DatasetSource(held, prepared), 0, settings);
}

void print(const std::vector<Row>& rows, const Rate& needed, const LoaderSettings& settings,
           const Dataset& set) {
    std::printf("%lld images of %s, %lld pixels, batches of %lld, %d threads in a step of %s\n\n",
                static_cast<long long>(set.size()), set.source.c_str(),
                static_cast<long long>(settings.image_size), static_cast<long long>(settings.batch_size),
                num_threads(), std::string(settings.model->name).c_str());
    std::printf("%-10s %16s %16s %14s\n", "workers", "read, images/s", "train, images/s", "step waits");
    for (const Row& row : rows)
        std::printf("%-10d %16.0f %16.0f %13.1f%%\n", row.workers, row.loading.images_per_second,
                    row.training.images_per_second, 100 * row.training.waited);
    std::printf("%-10s %16s %16.0f %13.1f%%\n", "in memory", "-", needed.images_per_second,
                100 * needed.waited);
}

void write(const std::string& path, const std::vector<Row>& rows, const Rate& needed,
           const LoaderSettings& settings) {
    nlohmann::ordered_json all{{"model", settings.model->name},
                               {"image_size", settings.image_size},
                               {"batch_size", settings.batch_size},
                               {"threads", num_threads()},
                               {"in_memory_images_per_second", needed.images_per_second},
                               {"rows", nlohmann::ordered_json::array()}};
    for (const Row& row : rows)
        all["rows"].push_back({{"workers", row.workers},
                               {"read_images_per_second", row.loading.images_per_second},
                               {"train_images_per_second", row.training.images_per_second},
                               {"waited_share", row.training.waited}});
    const std::string text = all.dump(1) + '\n';
    write_output(path, std::as_bytes(std::span(text)));
}

std::vector<int> parse_workers(const std::string& text) {
    std::vector<int> workers;
    for (const std::string& part : apps::split_at_commas(text))
        workers.push_back(static_cast<int>(apps::parse_integer("--workers", part, 0, Loader::kMostWorkers)));
    return workers;
}

void run(const Flags& flags) {
    if (!flags.folder || flags.folder->empty())
        apps::usage_error(kLoader, "must name a folder with one folder of images for each class");
    LoaderSettings settings;
    settings.model = &parse_model("--model", flags.model.value_or(""));
    if (flags.size)
        settings.image_size = parse_int("--image-size", *flags.size, ImageFolderOptions::kMostSize);
    if (flags.batch_size) settings.batch_size = parse_int("--batch-size", *flags.batch_size, kMostBatch);
    if (flags.seconds) settings.seconds = parse_int("--seconds", *flags.seconds, kMostSeconds);
    if (flags.threads) set_num_threads(parse_int("--threads", *flags.threads, kMostThreads));
    const std::vector<int> workers = parse_workers(flags.workers.value_or("0,1,2"));
    if (flags.json) apps::check_output_flag("--json", *flags.json);

    const Dataset set =
        read_image_folder(*flags.folder, {.size = settings.image_size, .stay_on_disk = true}).train;
    const DatasetSourceOptions prepared{fixed_normalization("unit", 3)};
    const DatasetSource source(set, prepared);
    std::vector<Row> rows;
    for (const int count : workers)
        rows.push_back({count, load(source, count, settings), train(set, source, count, settings)});
    const Rate needed = demand(set, prepared, settings);
    print(rows, needed, settings, set);
    if (flags.json) write(*flags.json, rows, needed, settings);
}

}  // namespace

bool asks_for_loader(int argc, char** argv) { return asks_for(kLoader, argc, argv); }

void run_loader(int argc, char** argv) {
    Flags flags;
    CLI::App app("Images per second from a folder of files, alone and into training.", "tern-bench --loader");
    app.add_option(std::string(kLoader), flags.folder, "one folder of images for each class")
        ->type_name("DIR");
    app.add_option("--image-size", flags.size, "height and width of the samples (default 32)")
        ->type_name("N");
    app.add_option("--model", flags.model, model_names() + " (default mini_xception)")->type_name("MODEL");
    app.add_option("--batch-size", flags.batch_size, "images per step (default 64)")->type_name("N");
    app.add_option("--workers", flags.workers, "a row for each number (default 0,1,2)")->type_name("N,...");
    app.add_option("--threads", flags.threads, "of a step; default: TERN_THREADS, else all CPUs")
        ->type_name("N");
    app.add_option("--seconds", flags.seconds, "measured for each number (default 10)")->type_name("N");
    app.add_option("--json", flags.json, "the numbers into a file, too")->type_name("FILE");
    if (parse(app, argc, argv)) run(flags);
}

}  // namespace tern::bench
