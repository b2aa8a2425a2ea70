// Samples that are held out: what they decide, what they must never decide, and when the tests are looked at.
#include <set>
#include <thread>

#include <nlohmann/json.hpp>

#include "tern/data/hold_out.hpp"
#include "tern/distributed/thread_communicators.hpp"
#include "tern/tests/catch.hpp"
#include "tern/tests/temporary_folder.hpp"
#include "tern/tests/training/small_network.hpp"
#include "tern/training/evaluation.hpp"
#include "tern/training/saved_run.hpp"
#include "tern/training/weights.hpp"

using namespace tern;
using nlohmann::json;

namespace {

// Remembers which samples it was asked for, to train on and otherwise.
struct Watched : BatchSource {
    explicit Watched(const BatchSource& watched) : source(watched) {}

    std::int64_t size() const override { return source.size(); }
    Device device() const override { return source.device(); }
    DType precision() const override { return source.precision(); }
    Batch batch(const Tensor& samples, std::optional<std::uint32_t> epoch) const override {
        for (const std::int32_t sample : samples.elements<std::int32_t>())
            (epoch ? trained : looked_at).insert(sample);
        return source.batch(samples, epoch);
    }

    const BatchSource& source;
    mutable std::multiset<std::int32_t> trained, looked_at;
};

struct Options {
    std::int64_t epochs = 3, early_stop = 0, stop_at = 0, replicas = 1;
    DType precision = DType::float32;
    std::vector<Metric> metrics = {accuracy()};
    Communicator* communicator = nullptr;
};

// 150 samples of which 30 are held out, in 4 batches to an epoch, kept in `folder`.
struct Run {
    explicit Run(const std::filesystem::path& folder, const Options& options = {})
        : network(4),
          parts(hold_out(make_synthetic(test::kSmallSet, Split::train),
                         {.share = 0.2, .stratified = true, .seed = 3})),
          samples(test::small_source(Split::train, options.precision,
                                     {.crop_padding = 4, .flip = true, .seed = 5})),
          tests_alone(test::small_source(Split::test, options.precision)) {
        const SubsetSource train(for_training, parts.train), validation(for_validation, parts.validation);
        const auto optimizer = make_optimizer(FlatParameters(network), {.learning_rate = 0.01});
        std::int64_t step = 0;
        TrainingCallbacks callbacks;
        callbacks.after_step = [&](const TrainingProgress& progress) { step = progress.step; };
        callbacks.after_log_line = [&](const LogLine& line) {
            log_lines.push_back(line);
            tests_before_the_end += tests.looked_at.size();
        };
        callbacks.stop = [&] { return options.stop_at > 0 && step >= options.stop_at; };
        last = train_in_folder(folder,
                               {.model = network,
                                .optimizer = *optimizer,
                                .train = train,
                                .validation = &validation,
                                .test = &tests,
                                .metrics = options.metrics,
                                .plan = {.epochs = options.epochs,
                                         .batch_size = 32,
                                         .seed = 3,
                                         .statistics_samples = 64,
                                         .early_stop = options.early_stop,
                                         .replicas = options.replicas},
                                .callbacks = callbacks,
                                .communicator = options.communicator},
                               {.log_steps = true});
    }

    test::SmallNetwork network;
    HeldOut parts;
    DatasetSource samples, tests_alone;
    Watched for_training{samples}, for_validation{samples}, tests{tests_alone};
    std::vector<LogLine> log_lines;
    std::size_t tests_before_the_end = 0;
    std::optional<LogLine> last;
};

// Without what depends on time.
std::vector<json> lines_of(const std::filesystem::path& folder) {
    std::istringstream text(test::read_text(folder / "metrics.jsonl"));
    std::vector<json> lines;
    for (std::string line; std::getline(text, line);) {
        lines.push_back(json::parse(line));
        lines.back().erase("seconds");
        lines.back().erase("images_per_second");
    }
    return lines;
}

void check_same_end(const std::filesystem::path& got, const std::filesystem::path& expected) {
    for (const char* file : {"steps.jsonl", "last.safetensors", "best.safetensors"}) {
        INFO(file);
        CHECK(test::read_text(got / file) == test::read_text(expected / file));
    }
    CHECK(lines_of(got) == lines_of(expected));
}

std::set<std::int32_t> as_set(const Tensor& samples) {
    const std::span<const std::int32_t> all = samples.elements<std::int32_t>();
    return {all.begin(), all.end()};
}
template <class Samples>
std::set<std::int32_t> as_set(const Samples& samples) {
    return {samples.begin(), samples.end()};
}

// Better in each epoch up to the second: of a validation of one batch.
Metric best_in_epoch_two() {
    return {"made_up", true,
            [calls = std::make_shared<int>(0)](const Tensor& total, const Tensor& output, const Tensor&) {
                if (output.dim(0) != 30) return;  // training's batches have 32 or 24
                const double value = ++*calls == 2 ? 1 : 0;
                total.data<double>()[0] += value;
                total.data<double>()[1] += 1;
            }};
}

}  // namespace

TEST_CASE("what is held out is validated on alone, and the tests are looked at once") {
    const test::TemporaryFolder folder;
    const Run run(folder / "run");
    CHECK(as_set(run.for_training.trained) == as_set(run.parts.train));
    CHECK(run.for_training.trained.size() == 3 * 120);
    // Statistics before each evaluation: two batches of 32.
    CHECK(run.for_training.looked_at.size() == std::size_t{3} * 64);
    for (const std::int32_t sample : as_set(run.for_training.looked_at))
        CHECK(as_set(run.parts.train).contains(sample));
    CHECK(run.for_validation.trained.empty());
    CHECK(as_set(run.for_validation.looked_at) == as_set(run.parts.validation));
    CHECK(run.for_validation.looked_at.size() == 3 * 30);
    CHECK(run.tests_before_the_end == 0);
    CHECK(run.tests.looked_at.size() == 50);
    CHECK(run.tests.trained.empty());
}

TEST_CASE("columns, the best and the last line") {
    const test::TemporaryFolder folder;
    const Run run(folder / "run", {.epochs = 4});
    const std::vector<json> lines = lines_of(folder / "run");
    REQUIRE(lines.size() == 5);
    std::size_t best = 0;
    for (std::size_t i = 0; i < 4; ++i) {
        CHECK(lines[i]["epoch"] == i + 1);
        CHECK(lines[i]["validation_loss"] == run.log_lines[i].validation->loss);
        CHECK(lines[i]["validation_accuracy"] == run.log_lines[i].validation->metric("accuracy"));
        CHECK(lines[i]["test_loss"].is_null());
        CHECK(lines[i]["test_accuracy"].is_null());
        if (lines[i]["validation_accuracy"] > lines[best]["validation_accuracy"]) best = i;
    }
    CHECK(lines[4]["best_epoch"] == best + 1);
    CHECK(std::filesystem::read_symlink(folder / "run" / "best.safetensors") ==
          to_text("checkpoints/step-", 4 * (best + 1), "/weights.safetensors"));
    // The model has these weights.
    test::SmallNetwork network(4);
    load_weights(network, "", read_weights(folder / "run" / "best.safetensors"));
    CHECK(test::state_bytes(network) == test::state_bytes(run.network));
    const Evaluation again = evaluate(network, run.tests_alone, {.batch_size = 32});
    CHECK(lines[4]["test_loss"] == again.totals.loss);
    CHECK(lines[4]["test_accuracy"] == again.totals.metric("accuracy"));
}

TEST_CASE("a validated run that is stopped after any step continues bit for bit") {
    const test::TemporaryFolder folder;
    for (const DType precision : {DType::float32, DType::bfloat16}) {
        const std::filesystem::path whole = folder / to_text("whole-", precision);
        Run(whole, {.precision = precision});
        for (std::int64_t stop = 1; stop <= 12; ++stop) {
            INFO(precision << ", stopped after step " << stop);
            const std::filesystem::path path = folder / to_text("part-", precision, '-', stop);
            const Run first(path, {.stop_at = stop, .precision = precision});
            CHECK(first.tests.looked_at.empty());
            Run(path, {.precision = precision});
            check_same_end(path, whole);
        }
        // Nothing is left to do, and the tests say the same again.
        CHECK_FALSE(Run(whole, {.precision = precision}).last);
        check_same_end(whole, folder / to_text("part-", precision, "-1"));
    }
}

TEST_CASE("a run ends early after so many epochs without a better one, and knows it when it is resumed") {
    const test::TemporaryFolder folder;
    const Run early(folder / "early", {.epochs = 9, .early_stop = 3, .metrics = {best_in_epoch_two()}});
    CHECK(early.log_lines.size() == 5);
    CHECK(lines_of(folder / "early").back()["best_epoch"] == 2);
    const Run again(folder / "early", {.epochs = 9, .early_stop = 3, .metrics = {best_in_epoch_two()}});
    CHECK(again.log_lines.empty());
    CHECK(again.for_training.trained.empty());
    CHECK(lines_of(folder / "early").size() == 6);
    // More patience lets it go on.
    const Run longer(folder / "early",
                     {.epochs = 9,
                      .early_stop = 5,
                      .metrics = {mean_metric("made_up", true, [](const Tensor& x, const Tensor&) {
                          return Tensor::zeros({}, x.dtype());
                      })}});
    CHECK(longer.log_lines.size() == 2);
    CHECK(lines_of(folder / "early").back()["best_epoch"] == 2);
}

TEST_CASE("what counts towards an early end is resumed, too") {
    const test::TemporaryFolder folder;
    const auto never = mean_metric(
        "made_up", false, [](const Tensor& x, const Tensor&) { return Tensor::zeros({}, x.dtype()); });
    const Options options{.epochs = 9, .early_stop = 2, .metrics = {never}};
    CHECK(Run(folder / "whole", options).log_lines.size() == 3);
    for (const std::int64_t stop : {3, 4, 6, 8, 11}) {
        Options part = options;
        part.stop_at = stop;
        const std::filesystem::path path = folder / std::to_string(stop);
        Run(path, part);
        Run(path, options);
        check_same_end(path, folder / "whole");
    }
}

TEST_CASE("two ranks validate, end early and test as one") {
    const test::TemporaryFolder folder;
    const Options options{.epochs = 9, .early_stop = 3, .replicas = 2, .metrics = {}};
    const auto run = [&](int ranks, const std::filesystem::path& path, std::int64_t stop_at = 0) {
        auto communicators = make_thread_communicators(ranks, 30);
        std::vector<std::optional<Run>> runs(static_cast<std::size_t>(ranks));
        std::vector<std::jthread> threads;
        for (std::size_t rank = 0; rank < runs.size(); ++rank)
            threads.emplace_back([&, rank] {
                Options own = options;
                own.communicator = communicators[rank].get();
                own.stop_at = stop_at;
                runs[rank].emplace(path, own);
                communicators[rank].reset();
            });
        threads.clear();
        for (const auto& one : runs) {
            CHECK(one->log_lines.size() == runs[0]->log_lines.size());
            CHECK(test::state_bytes(one->network) == test::state_bytes(runs[0]->network));
        }
    };
    run(1, folder / "one");
    run(2, folder / "two");
    check_same_end(folder / "two", folder / "one");
    run(2, folder / "parts", 7);
    run(1, folder / "parts", 10);
    run(2, folder / "parts");
    check_same_end(folder / "parts", folder / "one");
}

TEST_CASE("a plan of steps cannot end early") {
    test::SmallNetwork network(4);
    const DatasetSource train = test::small_source(Split::train);
    const auto optimizer = make_optimizer(FlatParameters(network), {});
    CHECK_THROWS_WITH(Trainer({.model = network,
                               .optimizer = *optimizer,
                               .train = train,
                               .plan = {.steps = 4, .early_stop = 2}}),
                      "[train] epochs without a better one end a run of epochs alone, got 2 of them");
}
