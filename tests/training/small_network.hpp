// A network of some hundred weights that learns the synthetic set in seconds.
#pragma once

#include "tern/data/synthetic.hpp"
#include "tern/layers/batch_norm2d.hpp"
#include "tern/layers/conv2d.hpp"
#include "tern/layers/dropout.hpp"
#include "tern/layers/initialize.hpp"
#include "tern/layers/linear.hpp"
#include "tern/layers/pool.hpp"
#include "tern/layers/sequential.hpp"
#include "tern/tests/catch.hpp"
#include "tern/training/trainer.hpp"

namespace tern::test {

struct SmallNetwork : Sequential {
    explicit SmallNetwork(std::int64_t classes, DType precision = DType::float32, bool dropout = false,
                          bool hidden = false) {
        append<Conv2d>(3, 16, {.kernel = 5, .stride = 4, .padding = kSame});
        append<BatchNorm2d>(16, BatchNorm2dOptions{.activation = Activation::relu});
        if (dropout) append<Dropout>(0.25);
        if (hidden) append<Conv2d>(16, 16, {.kernel = 1});
        append<GlobalAveragePool>();
        if (dropout) append<Dropout>(0.5);
        append<Linear>(16, classes);
        initialize(Initialization::glorot_uniform, 1);
        to(compute_dtype(precision));
    }
};

/// All parameters and statistics as bytes.
inline std::vector<std::byte> state_bytes(const Module& module) {
    std::vector<std::byte> bytes;
    for (const auto& [name, tensor] : module.state()) {
        bytes.insert(bytes.end(), tensor.raw_data(), tensor.raw_data() + tensor.bytes());
    }
    return bytes;
}

/// Samples of a synthetic set of four classes.
inline constexpr SyntheticOptions kSmallSet{
    .seed = 1, .train_samples = 150, .test_samples = 50, .classes = 4};

/// Its images are 24 pixels wide in the first `early_epochs`.
inline DatasetSource small_source(Split split, DType precision = DType::float32,
                                  const PrepareImagesParams& augmentation = {},
                                  std::int64_t early_epochs = 0) {
    return DatasetSource(
        make_synthetic(kSmallSet, split),
        {fixed_normalization("unit", 3), precision, Device::cpu(), augmentation, {}, early_epochs, 24});
}

/// A run of the small network on a synthetic set of four classes.
struct SmallRun {
    explicit SmallRun(const TrainingPlan& plan, DType precision = DType::float32, double label_smoothing = 0)
        : network(4, precision),
          train(small_source(Split::train, precision)),
          test(small_source(Split::test, precision)),
          optimizer(make_optimizer(FlatParameters(network), {.learning_rate = 0.01})),
          schedule(make_schedule({.learning_rate = 0.01}, RunLength(plan, train.size()))) {
        TrainingCallbacks callbacks;
        callbacks.after_loss = [this](const StepLoss& loss) { losses.push_back(loss); };
        callbacks.after_log_line = [this](const LogLine& line) { log_lines.push_back(line); };
        last = Trainer({.model = network,
                        .optimizer = *optimizer,
                        .train = train,
                        .test = plan.epochs > 0 ? &test : nullptr,
                        .schedule = schedule.get(),
                        .loss = cross_entropy_loss(label_smoothing),
                        .test_loss = cross_entropy_loss(),
                        .plan = plan,
                        .callbacks = callbacks})
                   .run()
                   .value();
    }

    SmallNetwork network;
    DatasetSource train, test;
    std::unique_ptr<Optimizer> optimizer;
    std::unique_ptr<Schedule> schedule;
    std::vector<StepLoss> losses;
    std::vector<LogLine> log_lines;
    LogLine last;
};

inline void check_equal(const NamedTensors& got, const NamedTensors& expected) {
    REQUIRE(got.size() == expected.size());
    for (std::size_t i = 0; i < got.size(); ++i) {
        INFO(got[i].name);
        const auto bytes = [](const Tensor& tensor) {
            return std::vector<std::byte>(tensor.raw_data(), tensor.raw_data() + tensor.bytes());
        };
        CHECK(bytes(got[i].tensor) == bytes(expected[i].tensor));
    }
}

}  // namespace tern::test
