// The loop: what it learns, what it reports, and that nothing but the seed decides.
#include "tern/training/trainer.hpp"

#include <cmath>

#include "tern/core/threads/parallel.hpp"
#include "tern/kernels/epoch_order/epoch_order.hpp"
#include "tern/kernels/softmax_cross_entropy/softmax_cross_entropy.hpp"
#include "tern/tests/catch.hpp"
#include "tern/tests/training/small_network.hpp"
#include "tern/training/evaluation.hpp"
#include "tern/training/precise_statistics.hpp"
#include "tern/training/tuner.hpp"

using namespace tern;
using test::SmallRun;
using test::state_bytes;

namespace {

std::vector<double> losses_of(const SmallRun& run) {
    std::vector<double> losses;
    for (const StepLoss& loss : run.losses) losses.push_back(loss.loss);
    return losses;
}

}  // namespace

TEST_CASE("a small network learns the synthetic set") {
    const SmallRun run({.epochs = 8, .batch_size = 16});
    REQUIRE(run.log_lines.size() == 8);
    CHECK(run.log_lines[0].train.loss > 1.0);  // ln 4 = 1.39 at the start
    CHECK(run.last.train.loss < 0.5 * run.log_lines[0].train.loss);
    CHECK(run.last.train.metric("accuracy") > 0.9);
    REQUIRE(run.last.test);
    CHECK(run.last.test->metric("accuracy") > 0.9);
    CHECK(run.last.test->samples == 50);
}

TEST_CASE("precise statistics make a short run evaluate as it trained") {
    // Losses over all 150 samples: in evaluation, and in training mode as one batch.
    const auto losses = [](std::int64_t statistics_samples) {
        SmallRun run({.steps = 5, .batch_size = 150, .statistics_samples = statistics_samples});
        const double evaluated = evaluate(run.network, run.train, {.batch_size = 150}).totals.loss;
        const Batch all = run.train.batch(epoch_order(150, false, 0, 0));
        return std::pair(evaluated, softmax_cross_entropy(run.network(all.input), all.target).item());
    };
    const auto [precise, trained] = losses(150);
    // The statistics are those of this batch, but for the unbiased variance: M / (M - 1) over M = 150 x 8 x 8
    // values.
    CHECK(std::fabs(precise - trained) <= 1e-3);
    const auto [plain, same] = losses(0);
    CHECK(same == trained);
    CHECK(std::fabs(plain - trained) > 0.05);
}

TEST_CASE("precise statistics are a function of the weights, over whole batches") {
    SmallRun run({.steps = 3, .batch_size = 64, .seed = 7});
    const auto taken = [&run](std::int64_t samples, std::int64_t batch_size) {
        take_precise_statistics(run.network, run.train, samples, batch_size);
        return state_bytes(run.network);
    };
    const auto first = taken(64, 64);
    CHECK(taken(128, 64) != first);
    CHECK(taken(1, 64) == first);                            // one batch at least
    CHECK(taken(1000, 64) == taken(128, 64));                // the third would be a short one
    CHECK(taken(1, 1000) == taken(150, 150));                // there are no more
    CHECK(run.network.buffers().back().tensor.item() == 3);  // the steps of training alone are counted
}

TEST_CASE("log lines and losses are counted right") {
    const SmallRun run({.epochs = 2, .batch_size = 64});  // 64 + 64 + 22 samples
    REQUIRE(run.log_lines.size() == 2);
    REQUIRE(run.losses.size() == 6);
    CHECK(run.losses[5].step == 6);
    CHECK(run.losses[5].learning_rate == 0.01);
    CHECK(run.log_lines[1].epoch == 2);
    CHECK(run.log_lines[1].train.samples == 150);
    CHECK(run.log_lines[1].learning_rate == 0.01);
    CHECK(run.log_lines[1].seconds > 0);
    // The epoch's loss is the mean over samples, not over batches.
    const double mean = (64 * run.losses[3].loss + 64 * run.losses[4].loss + 22 * run.losses[5].loss) / 150;
    CHECK(run.log_lines[1].train.loss == Approx(mean).epsilon(1e-12));
}

TEST_CASE("a run of steps continues to the next epoch and gives one log line") {
    const SmallRun steps({.steps = 5, .batch_size = 64}), epochs({.epochs = 2, .batch_size = 64});
    REQUIRE(steps.log_lines.size() == 1);
    CHECK(steps.last.epoch == 2);
    CHECK(steps.last.train.samples == 64 + 64 + 22 + 64 + 64);
    CHECK_FALSE(steps.last.test);
    std::vector<double> first = losses_of(epochs);
    first.resize(5);
    CHECK(losses_of(steps) == first);
    CHECK(SmallRun({.steps = 3, .batch_size = 64}).last.epoch == 1);
}

TEST_CASE("equal seeds give equal bits, for any number of threads") {
    const int before = num_threads();
    std::vector<std::vector<std::byte>> states;
    std::vector<std::vector<double>> losses;
    for (const int threads : {1, 2, 4, 1}) {
        set_num_threads(threads);
        SmallRun run({.epochs = 2, .batch_size = 32, .seed = 3});
        states.push_back(state_bytes(run.network));
        losses.push_back(losses_of(run));
    }
    set_num_threads(before);
    for (std::size_t i = 1; i < states.size(); ++i) {
        CHECK(states[i] == states[0]);
        CHECK(losses[i] == losses[0]);
    }
    CHECK(losses_of(SmallRun({.epochs = 2, .batch_size = 32, .seed = 4})) != losses[0]);
}

TEST_CASE("float32 and float64 runs agree to float32's digits") {
    const SmallRun narrow({.steps = 3, .batch_size = 32}),
        wide({.steps = 3, .batch_size = 32}, DType::float64);
    for (std::size_t i = 0; i < 3; ++i) {
        if (!(std::fabs(narrow.losses[i].loss - wide.losses[i].loss) <= 1e-4)) FAIL_CHECK("step " << i + 1);
        CHECK(narrow.losses[i].loss != wide.losses[i].loss);
    }
}

TEST_CASE("label smoothing raises the loss of a sure network") {
    const SmallRun plain({.epochs = 6, .batch_size = 16}),
        smooth({.epochs = 6, .batch_size = 16}, DType::float32, 0.2);
    CHECK(smooth.last.train.loss > plain.last.train.loss + 0.1);
    // The test loss is plain cross-entropy in both.
    CHECK(smooth.last.test->loss < smooth.last.train.loss);
}

TEST_CASE("a loss that is not a number ends the run with the step") {
    test::SmallNetwork network(4);
    network.parameters().back().tensor.data<float>()[0] = std::nanf("");
    const DatasetSource source = test::small_source(Split::train);
    const auto optimizer = make_optimizer(FlatParameters(network), {});
    const TrainingPlan plan{.epochs = 1, .batch_size = 64};
    Trainer silent({.model = network, .optimizer = *optimizer, .train = source, .plan = plan});
    CHECK_THROWS_WITH(silent.run(),
                      "[train] the loss of epoch 1 is nan by step 1; a lower learning rate may help");
    TrainingCallbacks callbacks;
    callbacks.after_loss = [](const StepLoss&) { FAIL("a loss that is not a number was handed on"); };
    Trainer logged(
        {.model = network, .optimizer = *optimizer, .train = source, .plan = plan, .callbacks = callbacks});
    CHECK_THROWS_WITH(logged.run(), "[train] the loss of step 1 is nan; a lower learning rate may help");
}

TEST_CASE("weights that are not finite are not saved") {
    test::SmallNetwork network(4);
    const DatasetSource source = test::small_source(Split::train);
    const auto optimizer = make_optimizer(FlatParameters(network), {.name = "sgd", .learning_rate = 1e300});
    TrainingCallbacks callbacks;
    callbacks.save = [](const TrainingPosition&, const NamedTensors&) { FAIL("was saved"); };
    Trainer trainer({.model = network,
                     .optimizer = *optimizer,
                     .train = source,
                     .plan = {.steps = 1, .batch_size = 64},
                     .callbacks = callbacks});
    CHECK_THROWS_WITH(
        trainer.run(),
        Catch::Matches("\\[train\\] .* is not finite after step 1; a lower learning rate may help"));
}

TEST_CASE("plans are checked") {
    CHECK_THROWS_WITH(SmallRun({.epochs = 1, .steps = 1}),
                      "[train] one of epochs and steps must be positive, got 1 and 1");
    CHECK_THROWS_WITH(SmallRun({.epochs = 1, .batch_size = 0}), "[train] batches of 0 from 150 samples");
}

TEST_CASE("a batch norm that is frozen in evaluation mode stays as it is") {
    SmallRun run({.steps = 3, .batch_size = 64});
    Module* norm = nullptr;
    run.network.visit([&norm](const std::string&, Module& module) {
        if (dynamic_cast<BatchNorm2d*>(&module) != nullptr) norm = &module;
    });
    REQUIRE(norm != nullptr);
    norm->eval();
    const auto statistics = [norm] {
        std::vector<std::byte> bytes;
        for (const auto& [name, tensor] : norm->buffers())
            bytes.insert(bytes.end(), tensor.raw_data(), tensor.raw_data() + tensor.bytes());
        return bytes;
    };
    const auto before = statistics();
    const TrainingPlan plan{.epochs = 2, .batch_size = 64, .statistics_samples = 64};
    Trainer({.model = run.network,
             .optimizer = *run.optimizer,
             .train = run.train,
             .test = &run.test,
             .plan = plan})
        .run();
    CHECK(run.network.training());
    CHECK_FALSE(norm->training());
    CHECK(statistics() == before);
    tune(run.network, run.train, 16);
    CHECK(run.network.training());
    CHECK_FALSE(norm->training());
    CHECK(statistics() == before);

    run.network.eval();  // as a whole: what a finished run left, which is to be trained
    Trainer({.model = run.network, .optimizer = *run.optimizer, .train = run.train, .plan = {.steps = 1}})
        .run();
    CHECK(norm->training());
    CHECK(statistics() != before);
}

TEST_CASE("evaluation counts every sample once and keeps the mode") {
    SmallRun run({.epochs = 4, .batch_size = 16});
    const Evaluation got =
        evaluate(run.network, run.test, {.batch_size = 16, .confusion = true, .keep_outputs = true});
    CHECK(run.network.training());
    CHECK(got.totals.samples == 50);
    REQUIRE(got.outputs.shape() == Shape{50, 4});
    std::int64_t counted = 0, correct = 0;
    for (std::int64_t i = 0; i < 16; ++i) {
        counted += got.confusion.data<std::int64_t>()[i];
        if (i % 5 == 0) correct += got.confusion.data<std::int64_t>()[i];
    }
    CHECK(counted == 50);
    CHECK(got.totals.metric("accuracy") == static_cast<double>(correct) / 50);
    // Batches of another size give the same logits: each sample is by itself in evaluation mode.
    const Evaluation other = evaluate(run.network, run.test, {.batch_size = 7, .keep_outputs = true});
    CHECK(std::ranges::equal(got.outputs.elements<float>(), other.outputs.elements<float>()));
}

TEST_CASE("a loss is needed") {
    test::SmallNetwork network(4);
    const auto optimizer = make_optimizer(FlatParameters(network), {});
    const DatasetSource train = test::small_source(Split::train);
    CHECK_THROWS_WITH(Trainer({.model = network,
                               .optimizer = *optimizer,
                               .train = train,
                               .loss = Loss(),
                               .plan = {.steps = 1}}),
                      "[train] a loss is needed, got an empty function");
}
