// Losses and metrics as arguments: tables and regression as well as classes.
#include "tern/training/objective.hpp"

#include <cmath>

#include "tern/core/random.hpp"
#include "tern/kernels/cast/cast.hpp"
#include "tern/layers/activation_layer.hpp"
#include "tern/layers/initialize.hpp"
#include "tern/layers/linear.hpp"
#include "tern/layers/sequential.hpp"
#include "tern/tests/catch.hpp"
#include "tern/training/evaluation.hpp"
#include "tern/training/trainer.hpp"

using namespace tern;

namespace {

// y = 2 a - b + 0.5, of numbers in [-1, 1).
Dataset line_set(std::int64_t count) {
    Dataset set{Tensor::empty({count, 2}), Tensor::empty({count, 1})};
    const RandomStream stream{3, RandomPurpose::user, 0};
    for (std::int64_t i = 0; i < count; ++i) {
        float* const x = set.samples.data<float>() + 2 * i;
        for (std::int64_t k = 0; k < 2; ++k)
            x[k] = 2 * static_cast<float>(stream.uniform(static_cast<std::uint64_t>(2 * i + k))) - 1;
        set.targets.data<float>()[i] = 2 * x[0] - x[1] + 0.5f;
    }
    return set;
}

double read(const Metric& metric, const Tensor& output, const Tensor& target) {
    const Totals totals({metric}, Device::cpu());
    totals.add(output, target, Tensor::zeros({}));
    return totals.read().metric(metric.name);
}

}  // namespace

TEST_CASE("a table of numbers is learnt with a regression loss") {
    const Dataset set = line_set(256);
    for (const DType precision : {DType::float32, DType::float64}) {
        const DatasetSource train(set, {.precision = precision}),
            tests(set.slice(0, 50), {.precision = precision});
        for (const auto& [loss, bound] : {std::pair(mean_squared_error_loss(), 1e-6),
                                          std::pair(smooth_mean_absolute_error_loss(), 1e-6)}) {
            Linear model(2, 1);
            model.initialize(Initialization::pytorch, 1);
            model.to(precision);
            const auto optimizer =
                make_optimizer(FlatParameters(model), {.name = "sgd", .learning_rate = 0.3});
            Trainer trainer({.model = model,
                             .optimizer = *optimizer,
                             .train = train,
                             .test = &tests,
                             .loss = loss,
                             .metrics = {mean_absolute_error()},
                             .plan = {.epochs = 60, .batch_size = 16}});
            const LogLine line = trainer.run().value();
            CHECK(line.test->loss < bound);
            // Exact in the limit: the error left is that of the last steps.
            CHECK(line.test->metric("mean_absolute_error") < 1e-3);
            CHECK_THAT(line.to_json(), Catch::Contains("\"test_mean_absolute_error\":"));
        }
    }
}

TEST_CASE("metrics are sums over samples, whatever the batches") {
    const Tensor logits = Tensor::from(
                     {3, 4}, {1.0f, 2.0f, 3.0f, 4.0f, 4.0f, 3.0f, 2.0f, 1.0f, 0.0f, 9.0f, 0.0f, 8.0f}),
                 labels = Tensor::from<std::int32_t>({3}, {2, 0, 3});
    CHECK(read(accuracy(), logits, labels) == 1.0 / 3);
    CHECK(read(top_k_accuracy(2), logits, labels) == 1);
    CHECK(read(top_k_accuracy(9), logits, labels) == 1);
    const Tensor output = Tensor::from({2, 2}, {1.0f, 2.0f, 3.0f, 4.0f}),
                 target = Tensor::from({2, 2}, {1.0f, 0.0f, 3.0f, 8.0f});
    CHECK(read(mean_absolute_error(), output, target) == 1.5);
    CHECK(read(mean_metric("squares", false, mean_squared_error_loss()), output, target) == 5);
    const Totals totals({accuracy(), mean_metric("own", true, cross_entropy_loss())}, Device::cpu());
    totals.add(logits.slice(0, 1), labels.slice(0, 1), Tensor::full({}, 1));
    totals.add(logits.slice(1, 3), labels.slice(1, 3), Tensor::full({}, 4));
    CHECK(totals.read().loss == 3);
    CHECK(totals.read().samples == 3);
    CHECK(totals.read().metric("accuracy") == 1.0 / 3);
}

TEST_CASE("metrics are checked") {
    CHECK_THROWS_WITH(Totals({Metric{.name = "mine"}}, Device::cpu()),
                      "[metrics] metric \"mine\" counts nothing: its add is empty");
    CHECK_THROWS_WITH(Totals({accuracy(), accuracy()}, Device::cpu()),
                      "[metrics] takes metrics of different names, got accuracy again");
    CHECK_THROWS_WITH(top_k_accuracy(0), "[top_k_accuracy] k must be at least 1, got 0");
    CHECK_THROWS_WITH(Totals({accuracy(), top_k_accuracy(5)}, Device::cpu()).read().metric("recall"),
                      "[metrics] no metric \"recall\", only accuracy, top_5_accuracy");
    CHECK_THROWS_WITH(Totals({}, Device::cpu()).read().metric("recall"),
                      "[metrics] no metric \"recall\", only the loss");
}

TEST_CASE("cross-entropy takes labels, or the probabilities of classes") {
    const Tensor logits = Tensor::from({2, 3}, {1.0f, -2.0f, 0.5f, 3.0f, 0.0f, 1.0f});
    const Tensor labels = Tensor::from<std::int32_t>({2}, {2, 0});
    const Tensor certain = Tensor::from({2, 3}, {0.0f, 0.0f, 1.0f, 1.0f, 0.0f, 0.0f}),
                 mixed = Tensor::from({2, 3}, {0.0f, 0.25f, 0.75f, 0.75f, 0.25f, 0.0f});
    for (const double smoothing : {0.0, 0.1}) {
        const Loss loss = cross_entropy_loss(smoothing);
        const auto value = [&](const Tensor& target) { return loss(logits, target).item(); };
        // Some roundings of numbers up to 4.
        CHECK(std::fabs(value(certain) - value(labels)) <= 16 * 4 * 0x1p-24);
        const double other = value(Tensor::from<std::int32_t>({2}, {1, 1}));
        CHECK(std::fabs(value(mixed) - (0.75 * value(labels) + 0.25 * other)) <= 16 * 4 * 0x1p-24);
    }
    const Tensor half = cross_entropy_loss()(cast(logits, DType::bfloat16), mixed);
    CHECK(std::fabs(half.item() - cross_entropy_loss()(logits, mixed).item()) < 0.01);
}

TEST_CASE("binary cross-entropy takes several labels of a sample") {
    Dataset set = line_set(64);
    Tensor wanted = Tensor::empty({64, 2});
    for (std::int64_t i = 0; i < 128; ++i) wanted.data<float>()[i] = set.samples.data<float>()[i] > 0 ? 1 : 0;
    set.targets = wanted;
    const DatasetSource source(set);
    Linear model(2, 2);
    model.initialize(Initialization::pytorch, 1);
    const auto optimizer = make_optimizer(FlatParameters(model), {.learning_rate = 0.1});
    Trainer trainer({.model = model,
                     .optimizer = *optimizer,
                     .train = source,
                     .loss = binary_cross_entropy_loss(),
                     .metrics = {},
                     .plan = {.epochs = 30, .batch_size = 16}});
    CHECK(trainer.run()->train.loss < 0.2);
    const Evaluation got =
        evaluate(model, source, {.loss = binary_cross_entropy_loss(), .metrics = {}, .keep_outputs = true});
    std::int64_t right = 0;
    for (std::int64_t i = 0; i < 128; ++i)
        right += (got.outputs.data<float>()[i] > 0) == (wanted.data<float>()[i] > 0.5f) ? 1 : 0;
    CHECK(right >= 120);
}
