// Batches of images and of tables, and sources of one's own.
#include "tern/training/batch_source.hpp"

#include <algorithm>
#include <cmath>

#include "tern/data/synthetic.hpp"
#include "tern/layers/initialize.hpp"
#include "tern/layers/linear.hpp"
#include "tern/tests/catch.hpp"
#include "tern/training/trainer.hpp"

using namespace tern;

namespace {

Tensor numbers(std::vector<std::int32_t> values) { return Tensor::from({std::ssize(values)}, values); }

Dataset table() {
    return {Tensor::from({3, 2}, {1.0f, 2.0f, 3.0f, 4.0f, 5.0f, 6.0f}),
            Tensor::from<std::int32_t>({3}, {7, 8, 9})};
}

}  // namespace

TEST_CASE("a table's batch is its rows, normalised, in the precision that is asked for") {
    const DatasetSource plain(table());
    const Batch batch = plain.batch(numbers({2, 0}));
    CHECK(std::ranges::equal(batch.input.elements<float>(), std::vector{5.0f, 6.0f, 1.0f, 2.0f}));
    CHECK(std::ranges::equal(batch.target.elements<std::int32_t>(), std::vector{9, 7}));
    const DatasetSource exact(table(), {{"own", {2, 10}, {0.5, -1}}, DType::float64});
    CHECK(std::ranges::equal(exact.batch(numbers({1})).input.elements<double>(), std::vector{6.5, 39.0}));
    CHECK(DatasetSource(table(), {.precision = DType::bfloat16}).batch(numbers({1})).input.dtype() ==
          DType::bfloat16);
    Dataset heights = table();
    heights.targets = Tensor::from({3, 1}, {0.5f, 1.5f, 2.5f});
    const Batch measured = DatasetSource(heights, {.precision = DType::float64}).batch(numbers({1}));
    CHECK(std::ranges::equal(measured.target.elements<double>(), std::vector{1.5}));
}

TEST_CASE("images without a normalization stay bytes") {
    const Dataset set{Tensor::full({2, 1, 2, 1}, 200, DType::uint8), numbers({0, 1})};
    CHECK(std::ranges::equal(DatasetSource(set).batch(numbers({1})).input.elements<float>(),
                             std::vector{200.0f, 200.0f}));
}

TEST_CASE("a subset has the batches of its samples") {
    const DatasetSource all(table());
    const SubsetSource some(all, numbers({2, 1}));
    CHECK(some.size() == 2);
    const Batch batch = some.batch(numbers({0, 1, 0}), 3);
    CHECK(std::ranges::equal(batch.input.elements<float>(), std::vector{5.0f, 6.0f, 3.0f, 4.0f, 5.0f, 6.0f}));
    CHECK(std::ranges::equal(batch.target.elements<std::int32_t>(), std::vector{9, 8, 9}));
    CHECK_THROWS_WITH(SubsetSource(all, numbers({})),
                      "[SubsetSource] takes at least one sample, got int32 (0) on cpu");
    CHECK_THROWS_WITH(SubsetSource(all, numbers({0, 3})), "[SubsetSource] sample 3 is outside [0, 3)");
}

TEST_CASE("a sample of a subset is augmented as in the whole, and only in training") {
    const Dataset set = make_synthetic({.train_samples = 40}, Split::train);
    const DatasetSource all(set, {.augmentation = {.crop_padding = 4, .flip = true, .seed = 5}}), plain(set);
    const SubsetSource some(all, numbers({7, 30, 31, 32}));
    const auto bytes = [](const Batch& batch) {
        const std::span<const float> values = batch.input.elements<float>();
        return std::vector<float>(values.begin(), values.end());
    };
    CHECK(bytes(some.batch(numbers({1, 3}), 2)) == bytes(all.batch(numbers({30, 32}), 2)));
    CHECK(bytes(some.batch(numbers({1, 3}), 2)) != bytes(some.batch(numbers({1, 3}))));
    CHECK(bytes(some.batch(numbers({1, 3}))) == bytes(plain.batch(numbers({30, 32}))));
}

TEST_CASE("what does not fit is named") {
    CHECK_THROWS_WITH(DatasetSource(Dataset{}), "[DatasetSource] takes samples and targets, got none");
    Dataset set = table();
    set.targets = Tensor::zeros({3}, DType::int64);
    CHECK_THROWS_WITH(DatasetSource(set),
                      "[DatasetSource] takes 3 labels of int32 or targets of float32, got int64 (3) on cpu");
    CHECK_THROWS_WITH(DatasetSource(table(), {.normalization = {"own", {1}, {0}}}),
                      "[DatasetSource] normalizes samples (2) by 2 factors, got 1");
    CHECK_THROWS_WITH(DatasetSource(table(), {.augmentation = {.flip = true}}),
                      "[DatasetSource] augments images only, got float32 (3,2) on cpu");
}

namespace {

// Three images of 4 x 6, each of one grey.
Dataset greys() {
    Dataset set{Tensor::empty({3, 4, 6, 1}, DType::uint8), numbers({1, 0, 2}), {"a", "b", "c"}};
    for (std::int64_t i = 0; i < set.samples.numel(); ++i)
        set.samples.data<std::uint8_t>()[i] = static_cast<std::uint8_t>(i / 24 * 100);
    return set;
}

}  // namespace

TEST_CASE("mixed images come with the parts of their classes, and their labels") {
    const DatasetSource source(greys(), {.augmentation = {.seed = 4, .mixup = 1}});
    const Tensor samples = numbers({0, 1, 2, 0, 1});
    bool mixed = false;
    for (const std::uint32_t epoch : {0u, 1u, 2u}) {
        const Batch batch = source.batch(samples, epoch);
        CHECK(std::ranges::equal(batch.target.elements<std::int32_t>(), std::vector{1, 0, 2, 1, 0}));
        REQUIRE(batch.probabilities.shape() == Shape{5, 3});
        REQUIRE(&batch.loss_target() == &batch.probabilities);
        for (std::int64_t n = 0; n < 5; ++n) {
            const float* const parts = batch.probabilities.data<float>() + 3 * n;
            CHECK(parts[0] + parts[1] + parts[2] == 1);
            CHECK(parts[batch.target.data<std::int32_t>()[n]] >= 0.5f);
            // Greys of classes a, b, c are 100, 0 and 200: the image says what its parts are.
            CHECK(std::abs(batch.input.data<float>()[24 * n] - (100 * parts[0] + 200 * parts[2])) <= 1e-4f);
            mixed = mixed || (parts[batch.target.data<std::int32_t>()[n]] < 0.9f);
        }
    }
    CHECK(mixed);
    const DatasetSource with_one(greys(),
                                 {.augmentation = {.seed = 4, .mixup = 1}, .partners = numbers({2})});
    const Batch one = with_one.batch(samples, 0);
    for (std::int64_t n = 0; n < 5; ++n) {
        const float* const parts = one.probabilities.data<float>() + 3 * n;
        CHECK(parts[one.target.data<std::int32_t>()[n]] + (n == 2 ? 0 : parts[2]) == 1);
    }
    const Batch test = source.batch(samples);
    CHECK_FALSE(test.probabilities.defined());
    CHECK(&test.loss_target() == &test.target);
}

TEST_CASE("images of early epochs are smaller, those of evaluations never") {
    const DatasetSource source(greys(), {.early_epochs = 2, .early_size = 3});
    CHECK(source.batch(numbers({0, 2}), 0).input.shape() == Shape{2, 3, 4, 1});
    CHECK(source.batch(numbers({2}), 1).input.data<float>()[11] == 200);
    CHECK(source.batch(numbers({0, 2}), 2).input.shape() == Shape{2, 4, 6, 1});
    CHECK(source.batch(numbers({0, 2})).input.shape() == Shape{2, 4, 6, 1});
    CHECK(source.batch_kind(0) == source.batch_kind(1));
    CHECK(source.batch_kind(1) != source.batch_kind(2));
}

TEST_CASE("what does not fit an augmentation is named") {
    Dataset set = greys();
    CHECK_THROWS_WITH(DatasetSource(set, {.augmentation = {.hue = 0.1}}),
                      "[DatasetSource] saturation and hue are of images with 3 channels, got 1");
    CHECK_THROWS_WITH(
        DatasetSource(set, {.early_epochs = 1, .early_size = 4}),
        "[DatasetSource] early images must be 1 to 3 pixels wide for at least an epoch, got 4 for 1");
    set.classes.clear();
    CHECK_THROWS_WITH(
        DatasetSource(set, {.augmentation = {.cutmix = 1}}),
        "[DatasetSource] mixes images with labels of named classes only, got 0 names and int32 (3) on cpu");
    set.targets = Tensor::zeros({3, 2});
    CHECK_THROWS_WITH(DatasetSource(set, {.augmentation = {.mixup = 1}}),
                      "[DatasetSource] mixes images with labels of named classes only, got 0 names and "
                      "float32 (3,2) on cpu");
    CHECK_THROWS_WITH(DatasetSource(table(), {.early_epochs = 1, .early_size = 4}),
                      "[DatasetSource] augments images only, got float32 (3,2) on cpu");
}

TEST_CASE("a source of one's own makes its batches as they are needed") {
    // y = 3 x, without a data set: sample i is x = i / 100.
    struct Line : BatchSource {
        std::int64_t size() const override { return 100; }
        Device device() const override { return {}; }
        DType precision() const override { return DType::float32; }
        Batch batch(const Tensor& samples, std::optional<std::uint32_t>) const override {
            const Tensor x = Tensor::empty({samples.dim(0), 1}), y = Tensor::empty(x.shape());
            for (std::int64_t n = 0; n < x.numel(); ++n) {
                x.data<float>()[n] = static_cast<float>(samples.data<std::int32_t>()[n]) / 100;
                y.data<float>()[n] = 3 * x.data<float>()[n];
            }
            return {x, y};
        }
    };
    const Line line;
    Linear model(1, 1);
    model.initialize(Initialization::pytorch, 1);
    const auto optimizer = make_optimizer(FlatParameters(model), {.name = "sgd", .learning_rate = 0.5});
    Trainer trainer({.model = model,
                     .optimizer = *optimizer,
                     .train = line,
                     .loss = mean_squared_error_loss(),
                     .metrics = {},
                     .plan = {.epochs = 40, .batch_size = 10}});
    CHECK(trainer.run()->train.loss < 1e-4);
}
