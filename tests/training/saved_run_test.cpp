// A run in a folder: started again, a program continues where the last one stopped, to the same bits.
#include "tern/training/saved_run.hpp"

#include "tern/core/files/safetensors.hpp"
#include "tern/tests/catch.hpp"
#include "tern/tests/temporary_folder.hpp"
#include "tern/tests/training/small_network.hpp"

using namespace tern;

namespace {

// A program that trains in `folder` and is stopped after `steps` of its 9.
std::vector<std::byte> run_program(const std::filesystem::path& folder, std::int64_t steps = 9,
                                   const RunRecordOptions& record = {}) {
    test::SmallNetwork network(4);
    const DatasetSource train = test::small_source(Split::train), tests = test::small_source(Split::test);
    const auto optimizer = make_optimizer(FlatParameters(network), {.learning_rate = 0.01});
    std::int64_t done = 0;
    TrainingCallbacks callbacks;
    callbacks.after_step = [&done](const TrainingProgress& progress) { done = progress.step; };
    callbacks.stop = [&done, steps] { return steps < 9 && done >= steps; };
    const auto last = train_in_folder(folder,
                                      {.model = network,
                                       .optimizer = *optimizer,
                                       .train = train,
                                       .test = &tests,
                                       .plan = {.epochs = 3, .batch_size = 64},
                                       .callbacks = callbacks},
                                      record);
    CHECK(last.has_value() == (steps == 9));
    return test::state_bytes(network);
}

}  // namespace

TEST_CASE("a run that is stopped and started again ends with the same bits and files") {
    const test::TemporaryFolder folder;
    const std::vector<std::byte> whole = run_program(folder / "whole", 9, {.log_steps = true});
    for (const std::int64_t stop : {1, 3, 7}) {
        const std::filesystem::path path = folder / std::to_string(stop);
        run_program(path, stop, {.log_steps = true});
        CHECK(run_program(path, 9, {.log_steps = true}) == whole);
        CHECK(test::read_text(path / "steps.jsonl") == test::read_text(folder / "whole" / "steps.jsonl"));
        CHECK(test::read_text(path / "best.safetensors") ==
              test::read_text(folder / "whole" / "best.safetensors"));
    }
    // Nothing is left to do.
    test::SmallNetwork network(4);
    const DatasetSource train = test::small_source(Split::train);
    const auto optimizer = make_optimizer(FlatParameters(network), {.learning_rate = 0.01});
    CHECK_FALSE(train_in_folder(folder / "whole", {.model = network,
                                                   .optimizer = *optimizer,
                                                   .train = train,
                                                   .plan = {.epochs = 3, .batch_size = 64}}));
    CHECK(test::state_bytes(network) == whole);
}

TEST_CASE("what is best is what the first metric says, else the smallest loss") {
    const test::TemporaryFolder folder;
    const auto best_of = [&](const std::string& name, const std::vector<Metric>& metrics) {
        test::SmallNetwork network(4);
        const DatasetSource train = test::small_source(Split::train), tests = test::small_source(Split::test);
        const auto optimizer = make_optimizer(FlatParameters(network), {.learning_rate = 0.01});
        std::vector<double> losses;
        TrainingCallbacks callbacks;
        callbacks.after_log_line = [&losses](const LogLine& line) { losses.push_back(line.test->loss); };
        train_in_folder(folder / name,
                        {.model = network,
                         .optimizer = *optimizer,
                         .train = train,
                         .test = &tests,
                         .metrics = metrics,
                         .plan = {.epochs = 4, .batch_size = 64},
                         .callbacks = callbacks},
                        {.keep = 9});
        REQUIRE(losses.size() == 4);
        const std::string best = test::read_text(folder / name / "best.safetensors");
        for (std::size_t epoch = 1; epoch <= 4; ++epoch)
            if (test::read_text(folder / name / "checkpoints" / to_text("step-", 3 * epoch) /
                                "weights.safetensors") == best)
                return std::pair(losses, epoch);
        FAIL("best.safetensors is no checkpoint's");
        return std::pair(losses, std::size_t{0});
    };
    const auto [losses, epoch] = best_of("loss", {});
    CHECK(losses[epoch - 1] == *std::ranges::min_element(losses));
    // The loss as a metric that is to be large: the worst is kept.
    const auto [same, worst] = best_of("worst", {mean_metric("loss_again", true, cross_entropy_loss())});
    CHECK(same == losses);
    CHECK(losses[worst - 1] == *std::ranges::max_element(losses));
}

TEST_CASE("the columns of a log are the metrics") {
    const test::TemporaryFolder folder;
    test::SmallNetwork network(4);
    const DatasetSource train = test::small_source(Split::train);
    const auto optimizer = make_optimizer(FlatParameters(network), {});
    train_in_folder(folder / "run", {.model = network,
                                     .optimizer = *optimizer,
                                     .train = train,
                                     .test = &train,
                                     .metrics = {accuracy(), top_k_accuracy(2)},
                                     .plan = {.epochs = 1, .batch_size = 64}});
    const std::string line = test::read_text(folder / "run" / "metrics.jsonl");
    for (const char* column : {"train_loss", "train_accuracy", "train_top_2_accuracy", "test_loss",
                               "test_accuracy", "test_top_2_accuracy"})
        CHECK_THAT(line, Catch::Contains(to_text('"', column, "\":")));
}
