// tern-test-equal-bits FOLDER SIZE PRECISION [threads=N] [whole] [bucket=BYTES] [steps=N] [stop=STEP] [local=H] [outer]
// [bfloat16|int8|top-k]: mini_xception with dropout added, on mixed images of SIZE x SIZE, smaller in the first epoch, as
// four replicas on the ranks of a launcher, or of so many threads. FOLDER is that of a run, which is continued where there
// is one. For equal_bits.py.
#include <cstdio>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "tern/core/threads/parallel.hpp"
#include "tern/data/augmentation.hpp"
#include "tern/distributed/join.hpp"
#include "tern/distributed/thread_communicators.hpp"
#include "tern/layers/dropout.hpp"
#include "tern/models/registry.hpp"
#include "tern/training/saved_run.hpp"

using namespace tern;

namespace {

constexpr std::int64_t kClasses = 10;

struct Settings {
    std::string folder;
    std::int64_t size = 8;
    DType precision = DType::float32;
    int threads = 0;
    ExchangeOptions exchange = {};
    LocalOptions local = {};
    std::int64_t steps = 50, stop = 0;
};

Settings read_settings(const std::vector<std::string>& words) {
    TERN_CHECK(words.size() >= 3, "usage", "tern-test-equal-bits FOLDER SIZE PRECISION ...");
    Settings settings{.folder = words[0], .size = std::stoll(words[1]), .precision = parse_dtype(words[2])};
    for (std::size_t i = 3; i < words.size(); ++i) {
        const auto equals = words[i].find('=');
        const std::string name = words[i].substr(0, equals);
        const std::int64_t value = equals == std::string::npos ? 0 : std::stoll(words[i].substr(equals + 1));
        if (name == "threads")
            settings.threads = static_cast<int>(value);
        else if (name == "whole")
            settings.exchange.overlap = false;
        else if (name == "bucket")
            settings.exchange.bucket_bytes = value;
        else if (name == "bfloat16")
            settings.exchange.type = ExchangeType::bfloat16;
        else if (name == "int8")
            settings.exchange.type = ExchangeType::int8;
        else if (name == "top-k")
            settings.exchange.type = ExchangeType::top_k;
        else if (name == "local")
            settings.local.steps = value;
        else if (name == "outer")
            settings.local.outer_rate = 0.7, settings.local.outer_momentum = 0.9;
        else if (name == "steps")
            settings.steps = value;
        else if (name == "stop")
            settings.stop = value;
        else
            fail("usage", "no setting ", words[i]);
    }
    return settings;
}

// Random pixels, brighter ones for higher classes: there is something to learn.
Dataset images(std::int64_t count, std::int64_t size, std::uint64_t seed) {
    Dataset set;
    set.samples = Tensor::empty({count, size, size, 3}, DType::uint8);
    set.targets = Tensor::empty({count}, DType::int32);
    const std::int64_t pixels = size * size * 3;
    std::uint64_t state = seed;
    for (std::int64_t n = 0; n < count; ++n) {
        set.targets.data<std::int32_t>()[n] = static_cast<std::int32_t>(n % kClasses);
        for (std::int64_t i = 0; i < pixels; ++i) {
            state = state * 6364136223846793005u + 1442695040888963407u;  // Knuth's
            set.samples.data<std::uint8_t>()[n * pixels + i] =
                static_cast<std::uint8_t>((state >> 57) + static_cast<std::uint64_t>(n % kClasses) * 12);
        }
    }
    for (std::int64_t i = 0; i < kClasses; ++i) set.classes.push_back(std::to_string(i));
    set.source = "random pixels";
    return set;
}

class Network : public Module {
  public:
    explicit Network(std::int64_t size)
        : body_(adopt("body", make_model("mini_xception",
                                         {.seed = 3, .channels = 3, .height = size, .width = size}))) {}
    std::string type() const override { return "Network"; }

  protected:
    Features forward(Features images) override { return last_(body_(first_(std::move(images)))); }

  private:
    Dropout& first_ = add_child<Dropout>("first", 0.1);
    Module& body_;
    Dropout& last_ = add_child<Dropout>("last", 0.25);
};

// 146 samples in batches of 16: the last one of an epoch has 2, which leaves two of four replicas without any.
void train(const Settings& settings, Communicator& ranks) {
    const DatasetSourceOptions prepared{fixed_normalization("unit", 3), settings.precision};
    DatasetSourceOptions augmented = prepared;
    augmented.augmentation = parse_augmentation(
        "crop=2:reflect,flip=alternate,rotate=15,cutout=2,sharpen=1,brightness=0.1,contrast=0.1,saturation=0."
        "5,hue=0.05,"
        "mixup=0.5,cutmix=1");
    augmented.augmentation.seed = 5;
    augmented.early_epochs = 1;
    augmented.early_size = settings.size - 2;
    const DatasetSource train(images(146, settings.size, 1), augmented),
        test(images(50, settings.size, 2), prepared);

    Network model(settings.size);
    model.to(compute_dtype(settings.precision));
    const auto optimizer = make_optimizer(FlatParameters(model), {.learning_rate = 1e-3, .epsilon = 1e-7});
    std::int64_t step = 0;
    TrainingCallbacks callbacks;
    callbacks.after_step = [&](const TrainingProgress& progress) { step = progress.step; };
    callbacks.stop = [&] { return settings.stop > 0 && step >= settings.stop; };
    TrainingPlan plan{
        .batch_size = 16, .seed = 3, .statistics_samples = 64, .replicas = 4, .local = settings.local};
    if (settings.steps % 10 == 0)
        plan.epochs = settings.steps / 10;
    else
        plan.steps = settings.steps;
    train_in_folder(settings.folder,
                    {.model = model,
                     .optimizer = *optimizer,
                     .train = train,
                     .test = &test,
                     .plan = plan,
                     .callbacks = callbacks,
                     .communicator = &ranks,
                     .exchange = settings.exchange},
                    {.log_steps = true});
}

// What an error says, once; the other ranks hear of it.
int run(const Settings& settings, Communicator& ranks) {
    try {
        train(settings, ranks);
        return 0;
    } catch (const std::exception& error) {
        static std::mutex mutex;
        const std::lock_guard lock(mutex);
        std::fprintf(stderr, "rank %d: %s\n", ranks.rank(), error.what());
        ranks.fail(error.what());
        ranks.abort();
        return 1;
    }
}

}  // namespace

int main(int argc, char** argv) try {
    const Settings settings = read_settings({argv + 1, argv + argc});
    set_num_threads(1);
    if (settings.threads == 0) return run(settings, *join_ranks(60));
    auto communicators = make_thread_communicators(settings.threads, 60);
    std::vector<int> status(communicators.size());
    std::vector<std::jthread> threads;
    for (std::size_t rank = 0; rank < status.size(); ++rank)
        threads.emplace_back([&, rank] { status[rank] = run(settings, *communicators[rank]); });
    threads.clear();  // joins
    for (const int one : status)
        if (one != 0) return one;
    return 0;
} catch (const std::exception& error) {
    return std::fprintf(stderr, "%s\n", error.what()), 1;
}
